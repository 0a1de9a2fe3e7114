//! What a run's model knows, as commands show it beside what they found.

use std::io::Write;

use kndb_query::{ColumnKind, Value};
use kndb_storage::{Knowledge, Run, Snapshot};
use kndb_wording::knowledge as words;

use crate::error::{CliError, Result};
use crate::output::{Layout, Mode};
use crate::session::listing;

/// Rows that are shown of many relations.
#[cfg(feature = "attribute")]
pub const ROWS: usize = 40;

/// Entries that are read without being asked to: each is a page of its own of a file.
const MOST_ENTRIES: u64 = 200_000;

/// What a command that only lists says of a run: of one with very many entries nothing is read, and damage is told and no error.
pub fn of_listed(snapshot: &Snapshot, run: &Run) -> std::result::Result<Knowledge, String> {
    let entries = snapshot.holds(run.id).map_err(|error| error.to_string())?.attributed;
    if entries > MOST_ENTRIES {
        return Err(format!("{entries} entries are too many to be read here; `kndb report` reads them"));
    }
    snapshot.knowledge(run.id, |_, _| true).map_err(|error| format!("not read: {error}"))
}

/// Writes the table, at most so many rows of it, within so many cells of a terminal, and what there is to know beside.
pub fn write(run: &str, knowledge: &Knowledge, most: usize, out: &mut dyn Write, cells: Option<usize>) -> Result<()> {
    let mut line = |text: String| writeln!(out, "{text}").map_err(CliError::Output);
    if !knowledge.is_known() {
        return words::notes(knowledge).into_iter().try_for_each(|note| line(format!("run {run:?}: {note}")));
    }
    line(format!("what the model of run {run:?} knows: p of the right object"))?;
    let rows = words::rows(knowledge);
    let columns = words::COLUMNS.map(|name| (name, if numeric(name) { ColumnKind::Integer } else { ColumnKind::Text }));
    let shown = rows.iter().take(most).map(|row| row.iter().map(|cell| Value::Text(cell.clone().into())).collect());
    listing::write(
        &columns,
        shown,
        &mut *Mode::Table.laid_out(Layout { headers: true, widths: Vec::new(), line: cells }, out),
    )?;
    let mut line = |text: String| writeln!(out, "{text}").map_err(CliError::Output);
    if let more @ 1.. = rows.len().saturating_sub(most) {
        line(format!("… and {more} more rows: `kndb info` has all"))?;
    }
    words::notes(knowledge).into_iter().try_for_each(|note| line(format!("note: {note}")))
}

/// Whether a column stands right.
fn numeric(name: &str) -> bool {
    !matches!(name, "lang" | "relation")
}
