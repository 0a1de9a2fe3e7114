//! Figures on a page, drawn by `kndb-plot`, with what there is to know and the statements behind them.

use kndb_plot::Look;
use kndb_query::ErrorKind;
use kndb_report::figures::Illustration;
use maud::{Markup, PreEscaped, html};

use super::{notes, statement};
use crate::frame;
use crate::problem::{Problem, Result};
use crate::view::View;

/// Width of a picture on a phone, in pixels: what a screen of 360 has between its margins.
const NARROW: f64 = 320.0;

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
    // A narrow page shows it drawn for its width, as large as its letters are read; where it cannot be drawn so, it is scrolled.
    let look = Look { width: Some(NARROW), ..Look::default() };
    let narrow = illustration.figure.as_ref().and_then(|figure| look.inline_svg(figure).ok());
    Ok(html! {
        figure.plot {
            @match (svg, narrow) {
                (Some(svg), Some(narrow)) => {
                    div.drawing.broad tabindex="0" { (PreEscaped(svg)) }
                    div.drawing.narrow { (PreEscaped(narrow)) }
                }
                (Some(svg), None) => { div.drawing.alone tabindex="0" { (PreEscaped(svg)) } }
                (None, _) => { p.nothing { "The answer is empty." } }
            }
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
