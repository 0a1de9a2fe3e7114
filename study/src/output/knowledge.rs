//! What the model knows of the facts of a study, above what was found of them.

use super::Table;
use kndb_storage::Knowledge;
use kndb_wording::knowledge as words;
use std::io::{self, Write};

/// The table and what there is to know beside; of entries without the measurement that there is none.
pub(crate) fn write_knowledge(knowledge: &Knowledge, of: &str, out: &mut dyn Write) -> io::Result<()> {
    if knowledge.is_known() {
        writeln!(out, "\nWhat the model knows of {of}: p of the right object, as it was attributed")?;
        let mut table = Table::new(2, words::COLUMNS);
        words::rows(knowledge).into_iter().for_each(|row| table.row(row.into()));
        table.write(out)?;
    }
    words::notes(knowledge)
        .iter()
        .try_for_each(|note| writeln!(out, "{}{note}.", if knowledge.is_known() { "" } else { "\n" }))
}
