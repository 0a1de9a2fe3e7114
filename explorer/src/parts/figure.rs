//! Figures on a page, drawn by `kndb-plot`, with what there is to know and the statements behind them.

use kndb_query::ErrorKind;
use kndb_report::figures::Illustration;
use maud::{Markup, PreEscaped, html};

use super::{notes, statement};
use crate::frame;
use crate::problem::{Problem, Result};
use crate::view::View;

/// A figure with its statements; or why there is none, as a part of the page: others may be there.
///
/// # Errors
/// When the store cannot be read, or nobody waits any more.
pub(crate) fn figure(view: &View<'_>, illustration: kndb_report::Result<Illustration>) -> Result<Markup> {
    let illustration = match illustration.map_err(Problem::from) {
        Ok(illustration) => illustration,
        Err(problem) => return refused(problem),
    };
    let svg = match illustration.figure.as_ref().map(|figure| figure.inline_svg()).transpose() {
        Ok(svg) => svg,
        Err(error) => return refused(Problem::Figure(error.into())),
    };
    Ok(html! {
        figure.plot {
            @if let Some(svg) = svg { div.drawing tabindex="0" { (PreEscaped(svg)) } } @else { p.nothing { "The answer is empty." } }
            figcaption {
                (notes(&illustration.remarks))
                (statement::behind(view, &illustration.queries))
            }
        }
    })
}

/// A part of a page; or what was refused, told in its place. What ends the whole page goes on as an error.
///
/// # Errors
/// When the store cannot be read, or nobody waits any more.
pub(crate) fn or_refused(part: Result<Markup>) -> Result<Markup> {
    part.or_else(refused)
}

fn refused(problem: Problem) -> Result<Markup> {
    let ends = |kind| matches!(kind, ErrorKind::Storage | ErrorKind::Output | ErrorKind::Interrupted | ErrorKind::Bug);
    let is_fatal = matches!(problem, Problem::Storage(_) | Problem::Bug)
        || problem.query_error().is_some_and(|error| ends(error.kind));
    if is_fatal { Err(problem) } else { Ok(frame::told(&problem)) }
}
