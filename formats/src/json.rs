//! `json`: one array of objects, written row by row.

use std::io::Write;

use super::jsonl::{Objects, objects};
use super::spelled::Spelled;

/// A sink that writes one JSON array.
pub fn json(out: &mut dyn Write) -> Spelled<'_, Objects> {
    objects(true, out)
}

#[cfg(test)]
mod tests {
    use crate::testing::Mode;
    use crate::testing::{hard_rows, print};

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
