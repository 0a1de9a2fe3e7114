//! The figure of an answer, where `kndb plot` would draw one.

use kndb_query::{Head, Query, Settings, Statement};
use kndb_report::figures::{self, Manner};
use maud::{Markup, html};

use crate::ask::Asked;
use crate::parts::figure;
use crate::parts::link;
use crate::parts::value::whole;
use crate::problem::Result;
use crate::view::View;

/// Answers of so many rows are drawn unasked: more bars than these are no picture that one reads at a glance.
const UNASKED: usize = 64;
/// More rows than these are not drawn, whoever asks: bars thinner than a pixel.
const MOST: usize = 2_000;

/// The figure; nothing where the answer is none, and a word where it was asked for and cannot be.
///
/// # Errors
/// When the store cannot be read, or nobody waits any more.
pub(super) fn figure(view: &View<'_>, settings: &Settings, asked: &Asked) -> Result<Markup> {
    let statement = kndb_query::parse(&asked.statement);
    let Ok(Statement::Query(query)) = &statement else { return Ok(html! {}) };
    let is_wanted = query.plot;
    let rows = asked.answer.rows.len();
    if !is_drawable(query) && !is_wanted {
        return Ok(html! {});
    }
    if rows > MOST || asked.is_cut {
        return Ok(html! {
            @if is_wanted {
                p.note { "It is not drawn: of " (whole(rows as u64)) " rows there would be bars thinner than a pixel. " code { "order by … top …" } " chooses some." }
            }
        });
    }
    if rows > UNASKED && !is_wanted {
        let with_plot = Query { plot: true, ..query.clone() }.to_string();
        return Ok(
            html! { p.note { a href=(link::here(view).with("q", with_plot)) { "Draw it" } ": " (whole(rows as u64)) " rows are not drawn unasked." } },
        );
    }
    let manner = Manner { settings: settings.clone(), ..view.manner() };
    let drawn = figures::of_answer_as(&view.store, &manner, query, &asked.answer, None);
    // It says what cannot be drawn, which nobody has asked for.
    if !is_wanted
        && !matches!(&drawn, Ok(drawn) if drawn.figure.as_ref().is_some_and(|figure| figure.inline_svg().is_ok()))
    {
        return Ok(html! {});
    }
    // Notes stand below the rows, and the statement is in the editor.
    let drawn = drawn.map(|mut drawn| {
        let notes: Vec<String> = asked.answer.notes.iter().map(ToString::to_string).collect();
        drawn.remarks.retain(|remark| !notes.contains(remark));
        drawn.queries.clear();
        if let Some(figure) = &mut drawn.figure {
            figure.caption_mut().title.clear();
        }
        drawn
    });
    figure::figure(view, drawn)
}

/// Whether its rows can be bars, or cells of a matrix.
fn is_drawable(query: &Query) -> bool {
    let is_matrix = matches!(query.head, Head::Between { .. });
    if is_matrix { query.by.is_empty() } else { (1..=2).contains(&query.by.len()) }
}
