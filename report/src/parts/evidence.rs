//! Figures and answers with the queries that give their numbers.

use kndb_plot::Look;
use kndb_query::ErrorKind;
use maud::{Markup, PreEscaped, html};

use super::Parts;
use super::table::{folded, table};
use crate::answer::{Answer, written};
use crate::error::{Error, Result};
use crate::figures::Illustration;

/// More queries than these are folded away.
const OPEN: usize = 3;

impl Parts<'_> {
    /// Queries, each to be copied as a whole, or to be asked where the page has a place for that.
    pub fn queries(&self, queries: &[String]) -> Markup {
        let one = |query: &String| {
            let address = self.link.and_then(|link| link(query));
            html! { pre.query { code { @match address { Some(address) => { a href=(address) { (query) } }, None => { (query) } } } } }
        };
        let all = html! { @for query in queries { (one(query)) } };
        html! {
            @if queries.len() > OPEN {
                details { summary { "The " (queries.len()) " queries behind it" } (all) }
            } @else { (all) }
        }
    }

    /// A figure with its remarks, its numbers as a table, and its queries; or why there is none.
    ///
    /// # Errors
    /// When the store could not be read. What was refused, or cannot be drawn, is said in the figure's place.
    pub fn figure(&self, illustration: Result<Illustration>) -> Result<Markup> {
        let illustration = match self.refused(illustration)? {
            Ok(illustration) => illustration,
            Err(told) => return Ok(told),
        };
        let Illustration { figure, queries, remarks } = &illustration;
        let picture = match figure.as_ref().map(picture).transpose() {
            Ok(picture) => picture,
            Err(error) => return Ok(html! { p.nothing { "Not drawn: " (error) "." } (self.queries(queries)) }),
        };
        Ok(html! {
            figure {
                @if let Some(picture) = picture { (picture) } @else { p.nothing { "The answer is empty." } }
                figcaption {
                    @for remark in remarks { p.remark { (remark) "." } }
                    @if let Some(numbers) = figure.as_ref().map(numbers).transpose()? { (numbers) }
                    (self.queries(queries))
                }
            }
        })
    }

    /// The answer of a query as a table that can be folded, with the query; or why there is none.
    ///
    /// # Errors
    /// When the store could not be read.
    pub fn answer(&self, heading: &str, query: &str) -> Result<Markup> {
        let mut answer = match self.refused(Answer::of(self.store, query))? {
            Ok(answer) => answer,
            Err(told) => return Ok(html! { h3 { (heading) } (told) }),
        };
        answer.name_relations(self.snapshot, None);
        let columns: Vec<&str> = answer.columns.iter().map(|column| column.name).collect();
        let rows: Vec<Vec<String>> = answer.rows.iter().map(|row| row.iter().map(written).collect()).collect();
        let body = html! {
            (table(heading, &columns, &rows))
            @for note in &answer.notes { p.remark { (note.to_string()) "." } }
            (self.queries(&[query.to_owned()]))
        };
        Ok(folded(heading, rows.len(), &body))
    }

    /// Tells a refusal (`Err` within) from a store that cannot be read.
    fn refused<T>(&self, result: Result<T>) -> Result<Result<T, Markup>> {
        match result {
            Ok(value) => Ok(Ok(value)),
            Err(Error::Query { statement, error }) if !matches!(error.kind, ErrorKind::Storage | ErrorKind::Output) => {
                let told = html! { p.nothing { "Not answered: " (error) "." } (self.queries(&[statement])) };
                Ok(Err(told))
            }
            Err(error @ (Error::NoRun { .. } | Error::RunWithout { .. } | Error::Plot(_))) => {
                Ok(Err(html! { p.nothing { "Not drawn: " (error) "." } }))
            }
            Err(error) => Err(error),
        }
    }
}

/// Width of a picture on a phone, in pixels: what a screen of 360 has between its margins.
const NARROW: f64 = 330.0;

/// The picture, as large as its letters are read: a narrow page shows it drawn for its width, and where it cannot be drawn so, scrolls it.
fn picture(figure: &kndb_plot::Figure) -> Result<Markup, kndb_plot::Error> {
    let label = format!("Figure: {}", figure.caption().title);
    let wide = figure.inline_svg()?;
    let narrow = Look { width: Some(NARROW), ..Look::default() }.inline_svg(figure).ok();
    let frame = |class: &str, svg: &str| {
        html! { div class=(class) tabindex="0" role="group" aria-label=(label) { (PreEscaped(svg)) } }
    };
    Ok(html! {
        @match &narrow {
            Some(narrow) => { (frame("picture wide", &wide)) (frame("picture narrow", narrow)) }
            None => { (frame("picture", &wide)) }
        }
    })
}

/// The numbers of a figure, folded.
fn numbers(figure: &kndb_plot::Figure) -> Result<Markup, kndb_plot::Error> {
    let numbers = figure.table()?;
    let caption = format!("Numbers of the figure {}", figure.caption().title);
    Ok(html! { details { summary { "Numbers" } (table(&caption, &numbers.columns, &numbers.rows)) } })
}
