//! `… plot`: an answer as bars, in place of its rows.

use kndb_query::{Query, Settings, Statement};
use kndb_report::{Answer, figures};
use kndb_storage::Store;

use crate::error::Result;

/// Terminal cells that a figure takes where no terminal says how many there are.
pub const FIGURE_WIDTH: usize = 80;

/// The query whose rows are to be drawn, if they are.
pub fn plotted(statement: &Statement) -> Option<&Query> {
    match statement {
        Statement::Query(query) if statement.wants_plot() => Some(query),
        _ => None,
    }
}

/// The answer as bars; `None` where it is empty.
///
/// # Errors
/// When the query has more dimensions than bars can show, or rows of the same names.
pub fn bars(
    store: &Store,
    settings: &Settings,
    query: &Query,
    answer: &Answer,
    width: usize,
) -> Result<Option<String>> {
    let Some(mut figure) = figures::of_answer(store, settings, query, answer, None)?.figure else { return Ok(None) };
    // Whoever typed the statement knows it.
    figure.caption_mut().title.clear();
    Ok(Some(figure.text(width)?))
}
