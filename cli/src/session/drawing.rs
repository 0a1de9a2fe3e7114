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

/// What is shown in place of rows.
pub struct Drawn {
    /// Bars; `None` where the answer is empty.
    pub bars: Option<String>,
    /// What there is to know beside them, what chance gives among it.
    pub remarks: Vec<String>,
}

/// The answer as bars.
///
/// # Errors
/// When the query has more dimensions than bars can show, or rows of the same names.
pub fn bars(store: &Store, settings: &Settings, query: &Query, answer: &Answer, width: usize) -> Result<Drawn> {
    let drawn = figures::of_answer(store, settings, query, answer, None)?;
    let text = drawn.figure.map(|mut figure| {
        // Whoever typed the statement knows it.
        figure.caption_mut().title.clear();
        figure.text(width)
    });
    Ok(Drawn { bars: text.transpose()?, remarks: drawn.remarks })
}
