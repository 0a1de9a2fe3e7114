//! `jsonl`: one JSON object a line, for `jq` and data frames.

use std::io::{self, Write};
use std::ops::ControlFlow;

use kndb_query::{Column, Sink, Value};

/// A sink that writes JSON lines.
pub struct Jsonl<'a> {
    out: &'a mut dyn Write,
    names: Vec<&'static str>,
}

impl<'a> Jsonl<'a> {
    /// An empty result.
    pub fn new(out: &'a mut dyn Write) -> Self {
        let names = Vec::new();
        Self { out, names }
    }
}

impl Sink for Jsonl<'_> {
    fn columns(&mut self, columns: &[Column]) -> io::Result<()> {
        self.names = columns.iter().map(|column| column.name).collect();
        Ok(())
    }

    fn row(&mut self, row: &[Value<'_>]) -> io::Result<ControlFlow<()>> {
        write_object(&self.names, row, self.out)?;
        self.out.write_all(b"\n")?;
        Ok(ControlFlow::Continue(()))
    }

    fn end(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// Writes one row as an object with its columns in order.
pub fn write_object(names: &[&str], row: &[Value<'_>], out: &mut dyn Write) -> io::Result<()> {
    for (index, (name, value)) in names.iter().zip(row).enumerate() {
        out.write_all(if index == 0 { b"{" } else { b"," })?;
        serde_json::to_writer(&mut *out, name)?;
        out.write_all(b":")?;
        match value {
            Value::Null => out.write_all(b"null")?,
            Value::Text(text) => serde_json::to_writer(&mut *out, text.as_ref())?,
            Value::Integer(number) => serde_json::to_writer(&mut *out, number)?,
            Value::Score(score) => serde_json::to_writer(&mut *out, score)?,
            Value::Ratio(ratio) => serde_json::to_writer(&mut *out, ratio)?,
        }
    }
    out.write_all(if names.is_empty() { b"{}" } else { b"}" })
}

#[cfg(test)]
mod tests {
    use crate::output::Mode;
    use crate::output::testing::{hard_rows, print};
    use kndb_query::Value;

    #[test]
    fn jsonl_is_one_object_a_line_with_null_for_null() {
        let expected = r#"{"subject":"日本, \"Nippon\"","layer":11,"score":0.1,"share":0.3333333333333333}
{"subject":"two\nlines|\ttab","layer":9,"score":1e-10,"share":1.0}
{"subject":null,"layer":null,"score":null,"share":null}
"#;
        assert_eq!(print(Mode::Jsonl, true, &hard_rows()), expected);
    }

    #[test]
    fn json_has_no_nan_so_it_becomes_null() {
        let row = [Value::Null, Value::Null, Value::Score(f32::NAN), Value::Null];
        let text = print(Mode::Jsonl, true, &[row]);
        assert!(text.contains(r#""score":null"#), "{text}");
    }
}
