//! A sink for rows as a format: what it keeps is drawn, not written.

use std::io;
use std::ops::ControlFlow;

use kndb_formats::Format;
use kndb_query::{Column, Note, Sink, Value};

/// Rows of batches, handed on one by one.
pub struct Rows<S>(pub S);

impl<S: Sink> Sink for Rows<S> {
    fn columns(&mut self, columns: &[Column]) -> io::Result<()> {
        self.0.columns(columns)
    }

    fn row(&mut self, row: &[Value<'_>]) -> io::Result<ControlFlow<()>> {
        self.0.row(row)
    }

    fn end(&mut self) -> io::Result<()> {
        self.0.end()
    }

    fn note(&mut self, note: &Note) -> io::Result<()> {
        self.0.note(note)
    }
}

impl<S: Sink> Format for Rows<S> {}
