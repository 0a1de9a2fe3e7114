//! The rows that tables have of a store: for an export's files, and for whoever reads the tables without files.
//!
//! | module | of which tables |
//! |---|---|
//! | `facts` | `facts`, `labels`, `templates`, `candidates`, `relation_names` |
//! | `entries` | `entries`, `groups`, an entry at a time |
//! | `runs` | `runs` |
//! | `saved` | `saved_sets` |

mod entries;
mod facts;
mod runs;
mod saved;

use crate::choice::{Choice, Chosen};
use crate::error::Result;
use crate::table::{CANDIDATES, Cell, FACTS, LABELS, RELATION_NAMES, RUNS, SAVED, TEMPLATES, Table};
pub(crate) use entries::check_shape;
pub use entries::{EntryOf, group_rows, place_of, plain_row, scored_row};
use kndb_storage::{Snapshot, Store};
pub use runs::score_rows;
pub(crate) use runs::{RunCount, rows as run_rows};
pub(crate) use saved::{SavedSets, rows as saved_rows};
use std::sync::Arc;

/// Who takes rows.
pub trait RowSink {
    /// A row: a cell for each column of the table, in its order.
    ///
    /// # Errors
    /// Whatever keeps the sink from taking it; nothing comes after.
    fn row(&mut self, cells: &[Cell<'_>]) -> Result<()>;

    /// Asked now and then, between rows and where there are none.
    ///
    /// # Errors
    /// [`crate::ExportError::Stopped`] if it is not to go on.
    fn look(&mut self) -> Result<()> {
        Ok(())
    }
}

/// A store, what is chosen of it, and one commit.
pub struct Source<'s> {
    pub(crate) store: &'s Store,
    pub(crate) snapshot: &'s Arc<Snapshot>,
    pub(crate) chosen: Chosen<'s>,
}

impl<'s> Source<'s> {
    /// All of a store, as of a snapshot of it.
    ///
    /// # Errors
    /// Those of finding what is chosen, which all of a store never has.
    pub fn whole(store: &'s Store, snapshot: &'s Arc<Snapshot>) -> Result<Self> {
        Ok(Self { store, snapshot, chosen: Choice::default().of(snapshot)? })
    }
}

/// Tables that are not of entries: [`rows_of`] makes their rows.
pub static WITHOUT_ENTRIES: [&Table; 7] = [&RUNS, &FACTS, &LABELS, &TEMPLATES, &CANDIDATES, &RELATION_NAMES, &SAVED];

/// The rows of one of [`WITHOUT_ENTRIES`]; of other tables none.
///
/// # Errors
/// When the store is damaged, and those of the sink.
pub fn rows_of(table: &Table, source: &Source<'_>, sink: &mut dyn RowSink) -> Result<()> {
    match table.name {
        "runs" => runs::rows(source, &runs::counted(source)?, sink),
        "facts" => facts::facts(source, sink),
        "labels" => facts::labels(source, sink),
        "templates" => facts::templates(source, sink),
        "candidates" => facts::candidates(source, sink),
        "relation_names" => facts::relation_names(source, sink),
        "saved_sets" => saved::rows(source, sink).map(drop),
        _ => Ok(()),
    }
}
