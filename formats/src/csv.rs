//! `csv`: comma-separated values, quoted where needed; NULL is an empty field, and a text that is empty is `""`.

use std::io::Write;

use kndb_query::Column;

use super::spelled::{Spelled, Spelling};

/// Fields with a delimiter between, for csv and tsv.
pub struct Delimited {
    delimiter: u8,
    headers: bool,
    columns: usize,
}

/// A sink that writes comma-separated values.
pub fn csv(headers: bool, out: &mut dyn Write) -> Spelled<'_, Delimited> {
    delimited(b',', headers, out)
}

/// A sink that writes fields separated by `delimiter`.
pub fn delimited(delimiter: u8, headers: bool, out: &mut dyn Write) -> Spelled<'_, Delimited> {
    Spelled::new(Delimited { delimiter, headers, columns: 0 }, out)
}

impl Spelling for Delimited {
    fn begin(&mut self, columns: &[Column], out: &mut Vec<u8>) {
        self.columns = columns.len();
        if self.headers {
            let start = out.len();
            for (at, column) in columns.iter().enumerate() {
                self.cell(at, out);
                self.text(column.name, out);
            }
            self.after(start, out);
        }
    }

    fn row(&self, _first: bool, _out: &mut Vec<u8>) {}

    fn cell(&self, at: usize, out: &mut Vec<u8>) {
        if at > 0 {
            out.push(self.delimiter);
        }
    }

    fn after(&self, start: usize, out: &mut Vec<u8>) {
        if out.len() == start {
            // An empty line is no row of one empty field to those who read it.
            out.extend_from_slice(b"\"\"");
        }
        out.push(b'\n');
    }

    fn end(&self, _rows: bool, _out: &mut Vec<u8>) {}

    fn null(&self, _out: &mut Vec<u8>) {}

    fn text(&self, text: &str, out: &mut Vec<u8>) {
        let bytes = text.as_bytes();
        let special = |&byte: &u8| byte == self.delimiter || matches!(byte, b'"' | b'\r' | b'\n');
        if !bytes.is_empty() && !bytes.iter().any(special) {
            return out.extend_from_slice(bytes);
        }
        out.push(b'"');
        for &byte in bytes {
            if byte == b'"' {
                out.push(b'"');
            }
            out.push(byte);
        }
        out.push(b'"');
    }

    // The fewest digits that give the same number; writing into a vector does not fail.
    fn score(&self, score: f32, out: &mut Vec<u8>) {
        let _ = write!(out, "{score:?}");
    }

    fn ratio(&self, ratio: f64, out: &mut Vec<u8>) {
        let _ = write!(out, "{ratio:?}");
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::Mode;
    use crate::testing::{hard_rows, print};

    #[test]
    fn csv_quotes_commas_quotes_and_newlines_and_leaves_null_empty() {
        let expected = "\
subject,layer,score,share
\"日本, \"\"Nippon\"\"\",11,0.1,0.3333333333333333
\"two\nlines|\ttab\",9,1e-10,1.0
,,,
";
        assert_eq!(print(Mode::Csv, true, &hard_rows()), expected);
    }

    #[test]
    fn an_empty_text_is_told_from_null() {
        use kndb_query::Value;
        let rows = [[Value::Text("".into()), Value::Null, Value::Text("x".into()), Value::Text("".into())]];
        assert_eq!(print(Mode::Csv, false, &rows), "\"\",,x,\"\"\n");
        assert_eq!(print(Mode::Tsv, false, &rows), "\"\"\t\tx\t\"\"\n");
        let text = print(Mode::Csv, true, &rows);
        let read = csv::Reader::from_reader(text.as_bytes()).into_records().next().expect("a row").expect("csv");
        assert_eq!(read.iter().collect::<Vec<_>>(), ["", "", "x", ""]);
    }

    #[test]
    fn headers_can_be_left_out() {
        assert_eq!(print(Mode::Csv, false, &hard_rows()[2..]), ",,,\n");
    }

    #[test]
    fn what_is_written_is_read_back_by_another_reader() {
        let text = print(Mode::Csv, true, &hard_rows());
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        let read: Vec<csv::StringRecord> = reader.records().collect::<Result<_, _>>().expect("csv");
        assert_eq!(read.len(), 3);
        assert_eq!((&read[0][0], &read[1][0], &read[2][0]), ("日本, \"Nippon\"", "two\nlines|\ttab", ""));
    }
}
