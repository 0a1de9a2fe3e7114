//! What relations are called: the names that the store has, and the English ones that are built in.
//!
//! An export has the former alone: what came back of the latter would be the store's own.

use kndb_export::Result;
use kndb_export::rows::{RowSink, Source, rows_of};
use kndb_export::table::{Cell, Kind, RELATION_NAMES, Table, has};
use kndb_storage::{Snapshot, language};

/// The language of built-in names.
const ENGLISH: &str = "en";

/// The table.
pub(crate) static TABLE: Table = Table {
    name: RELATION_NAMES.name,
    columns: &[
        has("relation", Kind::Text),
        has("lang", Kind::Text),
        has("name", Kind::Text),
        has("built_in", Kind::Flag),
    ],
    partitioned: false,
    sorted: &[],
};

/// Its rows: what is stored, and after it what is built in for relations of the store that have no stored English name, which would be the one
/// that counts.
pub(crate) fn rows(source: &Source<'_>, snapshot: &Snapshot, sink: &mut dyn RowSink) -> Result<()> {
    rows_of(&RELATION_NAMES, source, &mut Stored(sink))?;
    for (id, relation) in snapshot.relations() {
        let stored = snapshot.names_of_relation(relation).any(|(code, _)| language::same(code, ENGLISH));
        if let Some(name) = snapshot.built_in_relation_name(id).filter(|_| !stored) {
            sink.row(&[Cell::Text(relation), Cell::Text(ENGLISH), Cell::Text(name), Cell::Flag(true)])?;
        }
    }
    Ok(())
}

/// Rows of an export, which are not built in.
struct Stored<'s>(&'s mut dyn RowSink);

impl RowSink for Stored<'_> {
    fn row(&mut self, cells: &[Cell<'_>]) -> Result<()> {
        let cells: Vec<Cell<'_>> = cells.iter().copied().chain([Cell::Flag(false)]).collect();
        self.0.row(&cells)
    }

    fn look(&mut self) -> Result<()> {
        self.0.look()
    }
}
