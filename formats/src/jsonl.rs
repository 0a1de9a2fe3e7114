//! `jsonl`: one JSON object a line, for `jq` and data frames.

use std::io::Write;

use kndb_query::Column;

use super::spelled::{Spelled, Spelling};

/// Objects, one a line or in one array.
pub struct Objects {
    in_array: bool,
    /// What stands before each value: `{"fact":`, `,"layer":`.
    names: Vec<Vec<u8>>,
}

/// A sink that writes JSON lines.
pub fn jsonl(out: &mut dyn Write) -> Spelled<'_, Objects> {
    objects(false, out)
}

/// A sink that writes objects.
pub fn objects(in_array: bool, out: &mut dyn Write) -> Spelled<'_, Objects> {
    Spelled::new(Objects { in_array, names: Vec::new() }, out)
}

impl Spelling for Objects {
    fn begin(&mut self, columns: &[Column], out: &mut Vec<u8>) {
        let before = |(at, column): (usize, &Column)| {
            let mut before = vec![if at == 0 { b'{' } else { b',' }];
            quoted(column.name, &mut before);
            before.push(b':');
            before
        };
        self.names = columns.iter().enumerate().map(before).collect();
        if self.in_array {
            out.push(b'[');
        }
    }

    fn row(&self, first: bool, out: &mut Vec<u8>) {
        if self.in_array {
            out.extend_from_slice(if first { b"\n" } else { b",\n" });
        }
    }

    fn cell(&self, at: usize, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.names[at]);
    }

    fn after(&self, start: usize, out: &mut Vec<u8>) {
        out.extend_from_slice(if out.len() == start { b"{}" } else { b"}" });
        if !self.in_array {
            out.push(b'\n');
        }
    }

    fn end(&self, rows: bool, out: &mut Vec<u8>) {
        if self.in_array {
            out.extend_from_slice(if rows { b"\n]\n" } else { b"]\n" });
        }
    }

    fn null(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"null");
    }

    fn text(&self, text: &str, out: &mut Vec<u8>) {
        quoted(text, out);
    }

    fn score(&self, score: f32, out: &mut Vec<u8>) {
        // One that is no number is null.
        let _ = serde_json::to_writer(out, &score);
    }

    fn ratio(&self, ratio: f64, out: &mut Vec<u8>) {
        let _ = serde_json::to_writer(out, &ratio);
    }

    fn spelled(&self, text: &str, out: &mut Vec<u8>) {
        out.extend_from_slice(text.as_bytes());
    }
}

/// Writes a text in quotes.
fn quoted(text: &str, out: &mut Vec<u8>) {
    // A vector takes all, and JSON can say any text.
    let _ = serde_json::to_writer(out, text);
}

#[cfg(test)]
mod tests {
    use crate::testing::Mode;
    use crate::testing::{hard_rows, print};
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
