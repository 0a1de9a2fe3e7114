//! How reports are written: as text tables for people, as JSON with everything, as CSV with a row a measurement.
//!
//! Writers take a [`Write`] and know no terminal. What is not defined is `–` in tables, `null` in JSON and empty in CSV.

mod knowledge;
mod layout;
mod sets;

pub(crate) use knowledge::write_knowledge;
pub(crate) use layout::{TOO_FEW, Table, UNDEFINED, estimate, number, plain};
pub(crate) use sets::write_sets;

use serde::Serialize;
use std::io::{self, Write};

/// What there is to say where fewer facts are left than were asked for.
pub(crate) fn fewer_than(limit: Option<usize>, facts: usize) -> Option<String> {
    let limit = limit.filter(|&limit| limit > facts)?;
    let were = if facts == 1 { "was" } else { "were" };
    Some(format!("{} {were} studied, of the {limit} of --limit: there are no more", counted(facts, "fact")))
}

/// `1 fact`, `2 facts`.
pub(crate) fn counted(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

/// A finished study that can be written.
pub trait Report: Serialize {
    /// Tables in the paper's layout, the published numbers beside, intervals in brackets.
    ///
    /// # Errors
    /// Those of the writer.
    fn write_table(&self, out: &mut dyn Write) -> io::Result<()>;

    /// A header and a row a measurement.
    ///
    /// # Errors
    /// Those of the writer.
    fn write_csv(&self, out: &mut dyn Write) -> io::Result<()>;

    /// What a reader has to know beside the tables: a sentence each, without its full stop.
    fn notes(&self) -> Vec<String>;

    /// Everything: options, statements, counts, estimates, rows. Numbers that are not finite are null.
    ///
    /// # Errors
    /// Those of the writer.
    fn write_json(&self, out: &mut dyn Write) -> io::Result<()> {
        serde_json::to_writer_pretty(&mut *out, self)?;
        writeln!(out)
    }
}
