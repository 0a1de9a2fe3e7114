//! Answers of kndb written for programs: every value exactly, a row at a time, into whatever takes bytes.
//!
//! It is: what the command writes with `--mode csv` and its like, and what the explorer's interface sends. It is not: a place for formats that
//! people read (those are the command's), nor for files of Arrow and Parquet (`kndb-arrow`, `kndb-export`).
//!
//! | module | what it is for |
//! |---|---|
//! | `format` | what every output format is |
//! | `spelled` | columns of a batch spelled value by value |
//! | `csv`, `tsv` | delimited fields |
//! | `json`, `jsonl` | objects, in one array or one a line |
//!
//! ```
//! use kndb_formats::csv;
//! use kndb_query::{Column, ColumnKind, Sink, Value};
//!
//! let mut out = Vec::new();
//! let mut sink = csv(true, &mut out);
//! sink.columns(&[Column { name: "layer", kind: ColumnKind::Integer }, Column { name: "share", kind: ColumnKind::Ratio }])?;
//! assert!(sink.row(&[Value::Integer(9), Value::Ratio(0.5)])?.is_continue());
//! sink.end()?;
//! drop(sink);
//! assert_eq!(out, b"layer,share\n9,0.5\n");
//! # Ok::<(), std::io::Error>(())
//! ```

mod csv;
mod format;
mod json;
mod jsonl;
mod spelled;
mod tsv;

pub use csv::{Delimited, csv, delimited};
pub use format::{Format, Written};
pub use json::json;
pub use jsonl::{Objects, jsonl, objects};
pub use spelled::{Spelled, Spelling};
pub use tsv::tsv;

#[cfg(test)]
mod testing {
    //! One result with everything that is hard to print, for the tests of all formats.

    use super::{Format, csv, json, jsonl, tsv};
    use kndb_query::{Column, ColumnKind, Value};
    use std::io::Write;

    #[derive(Clone, Copy)]
    pub enum Mode {
        Csv,
        Tsv,
        Json,
        Jsonl,
    }

    impl Mode {
        fn sink<'a>(self, headers: bool, out: &'a mut dyn Write) -> Box<dyn Format + 'a> {
            match self {
                Self::Csv => Box::new(csv(headers, out)),
                Self::Tsv => Box::new(tsv(headers, out)),
                Self::Json => Box::new(json(out)),
                Self::Jsonl => Box::new(jsonl(out)),
            }
        }
    }

    pub fn columns() -> Vec<Column> {
        [
            ("subject", ColumnKind::Text),
            ("layer", ColumnKind::Integer),
            ("score", ColumnKind::Score),
            ("share", ColumnKind::Ratio),
        ]
        .map(|(name, kind)| Column { name, kind })
        .to_vec()
    }

    pub fn print(mode: Mode, headers: bool, rows: &[[Value<'_>; 4]]) -> String {
        let mut out = Vec::new();
        let mut sink = mode.sink(headers, &mut out);
        sink.columns(&columns()).expect("columns are written");
        for row in rows {
            assert!(sink.row(row).expect("a row is written").is_continue());
        }
        sink.end().expect("the end is written");
        drop(sink);
        String::from_utf8(out).expect("output is UTF-8")
    }

    pub fn hard_rows() -> [[Value<'static>; 4]; 3] {
        [
            [Value::Text("日本, \"Nippon\"".into()), Value::Integer(11), Value::Score(0.1), Value::Ratio(1.0 / 3.0)],
            [Value::Text("two\nlines|\ttab".into()), Value::Integer(9), Value::Score(1e-10), Value::Ratio(1.0)],
            [Value::Null, Value::Null, Value::Null, Value::Null],
        ]
    }
}
