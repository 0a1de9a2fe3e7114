//! `json`: one array of objects, written row by row.

use std::io::{self, Write};
use std::ops::ControlFlow;

use kndb_query::{Column, Sink, Value};

use super::jsonl::write_object;

/// A sink that writes one JSON array.
pub struct Json<'a> {
    out: &'a mut dyn Write,
    names: Vec<&'static str>,
    rows: u64,
}

impl<'a> Json<'a> {
    /// An empty result.
    pub fn new(out: &'a mut dyn Write) -> Self {
        Self { out, names: Vec::new(), rows: 0 }
    }
}

impl Sink for Json<'_> {
    fn columns(&mut self, columns: &[Column]) -> io::Result<()> {
        self.names = columns.iter().map(|column| column.name).collect();
        self.out.write_all(b"[")
    }

    fn row(&mut self, row: &[Value<'_>]) -> io::Result<ControlFlow<()>> {
        self.out.write_all(if self.rows == 0 { b"\n" } else { b",\n" })?;
        self.rows += 1;
        write_object(&self.names, row, self.out)?;
        Ok(ControlFlow::Continue(()))
    }

    fn end(&mut self) -> io::Result<()> {
        self.out.write_all(if self.rows == 0 { b"]\n" } else { b"\n]\n" })?;
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use crate::output::Mode;
    use crate::output::testing::{hard_rows, print};

    #[test]
    fn json_is_one_array_that_parses() {
        let text = print(Mode::Json, true, &hard_rows());
        let parsed: serde_json::Value = serde_json::from_str(&text).expect("valid JSON");
        let rows = parsed.as_array().expect("an array");
        assert_eq!(rows.len(), 3);
        assert_eq!(rows[1]["subject"], "two\nlines|\ttab");
        assert_eq!(rows[0]["layer"], 11);
        assert!(rows[2]["score"].is_null());
        assert!(text.contains("\"score\":0.1,"), "{text}");
    }

    #[test]
    fn no_rows_are_an_empty_array() {
        assert_eq!(print(Mode::Json, true, &[]), "[]\n");
    }
}
