//! The measurements as CSV, a row a method, number of edits, fact and language; and read again, so that a bench goes on.

use super::row::BenchRow;
use serde::Serialize;
use std::io::{self, Write};

/// Which columns a bench's file has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Columns {
    /// Those of facts of a store, and of requests without portability.
    Usual,
    /// And those of what follows from edits.
    WithPortability,
}

/// The first line of a bench's file.
const HEADER: &str = "method,edits,fact,relation,language,target,old_before,new_before,old,new,first,paraphrase,neighbourhood,\
                      same_relation,unrelated,seconds,bytes,settings\n";

/// The same with portability.
const WIDE_HEADER: &str = "method,edits,fact,relation,language,target,old_before,new_before,old,new,first,paraphrase,neighbourhood,\
                           same_relation,unrelated,seconds,bytes,settings,portability,answer_before,answer\n";

/// The further columns.
#[derive(Serialize)]
struct Portability {
    portability: Option<f64>,
    answer_before: Option<f64>,
    answer: Option<f64>,
}

/// Writes rows, under a header if it is asked for.
///
/// # Errors
/// Those of the writer.
pub fn append(rows: &[BenchRow], columns: Columns, header: bool, out: &mut dyn Write) -> io::Result<()> {
    let mut writer = csv::WriterBuilder::new().has_headers(header).from_writer(out);
    for row in rows {
        let &BenchRow { portability, answer_before, answer, .. } = row;
        let usual = BenchRow { portability: None, answer_before: None, answer: None, ..row.clone() };
        let written = match columns {
            Columns::Usual => writer.serialize(usual),
            Columns::WithPortability => writer.serialize((usual, Portability { portability, answer_before, answer })),
        };
        written.map_err(io::Error::other)?;
    }
    writer.flush()
}

/// The rows of a bench, and how many bytes they take: a last line that was cut short is none, and neither is a header without rows.
///
/// # Errors
/// What is no bench's.
pub fn read(bytes: &[u8]) -> io::Result<(Vec<BenchRow>, usize)> {
    // Of a file that was cut in its first line there is a part of it.
    let begins = |header: &str| header.as_bytes().starts_with(&bytes[..bytes.len().min(header.len())]);
    if !begins(HEADER) && !begins(WIDE_HEADER) {
        let first = String::from_utf8_lossy(bytes.split(|&byte| byte == b'\n').next().unwrap_or_default()).into_owned();
        return Err(io::Error::new(io::ErrorKind::InvalidData, format!("its first line is {first:?}, not a bench's")));
    }
    let whole = bytes.iter().rposition(|&byte| byte == b'\n').map_or(0, |last| last + 1);
    let mut reader = csv::Reader::from_reader(&bytes[..whole]);
    let rows: Vec<BenchRow> =
        reader.deserialize().map(|row| row.map_err(io::Error::other)).collect::<io::Result<_>>()?;
    let whole = if rows.is_empty() { 0 } else { whole };
    Ok((rows, whole))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row() -> BenchRow {
        BenchRow {
            method: "ft".into(),
            edits: 1,
            fact: "f1".into(),
            relation: "P36".into(),
            language: "en".into(),
            target: "f2".into(),
            old_before: 0.5,
            new_before: 0.25,
            old: 0.125,
            new: 0.75,
            first: true,
            paraphrase: None,
            neighbourhood: Some(1.0),
            same_relation: None,
            unrelated: None,
            seconds: None,
            bytes: None,
            settings: "s".into(),
            portability: None,
            answer_before: None,
            answer: None,
        }
    }

    #[test]
    fn rows_come_back_from_under_the_header_and_other_files_are_refused() {
        let mut file = Vec::new();
        append(&[row()], Columns::Usual, true, &mut file).expect("a writer that never fails");
        assert!(file.starts_with(HEADER.as_bytes()), "{}", String::from_utf8_lossy(&file));
        assert_eq!(read(&file).expect("a bench's"), (vec![row()], file.len()));
        // Cut in the last line, in the first, or before anything was written.
        assert_eq!(read(&file[..file.len() - 3]).expect("a bench's"), (Vec::new(), 0));
        for cut in [0, 1, HEADER.len() - 1] {
            assert_eq!(read(&file[..cut]).expect("a bench's"), (Vec::new(), 0));
        }
        let wide = BenchRow { portability: Some(0.5), answer_before: Some(0.1), answer: Some(0.3), ..row() };
        let rows = [wide, row()];
        let mut file = Vec::new();
        append(&rows[..1], Columns::WithPortability, true, &mut file).expect("a writer that never fails");
        append(&rows[1..], Columns::WithPortability, false, &mut file).expect("a writer that never fails");
        assert!(file.starts_with(WIDE_HEADER.as_bytes()), "{}", String::from_utf8_lossy(&file));
        assert_eq!(read(&file).expect("a bench's"), (rows.to_vec(), file.len()));
        let others: [&[u8]; 4] = [b"a", b"my notes, one line", b"my notes\n", b"edits,method\n1,ft\n"];
        for other in others {
            assert!(read(other).expect_err("not a bench's").to_string().contains("its first line is"));
        }
    }
}
