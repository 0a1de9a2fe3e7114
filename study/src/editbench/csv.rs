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

/// A row of a bench's file.
#[derive(Clone, Debug, PartialEq)]
pub struct KeptRow {
    /// The line that it begins in, from 1.
    pub line: u64,
    /// What was measured.
    pub row: BenchRow,
}

/// What spreadsheet programs begin a file with.
const BOM: &[u8] = b"\xef\xbb\xbf";

/// The rows of a bench, and how many bytes they take: a last line that was cut short is none, and neither is a header without rows. A byte-order mark
/// and line ends of Windows, as spreadsheet programs write them, change nothing.
///
/// # Errors
/// What is no bench's.
pub fn read(bytes: &[u8]) -> io::Result<(Vec<KeptRow>, usize)> {
    let text = bytes.strip_prefix(BOM).unwrap_or(bytes);
    let wrong = |found: String| io::Error::new(io::ErrorKind::InvalidData, found);
    let first = text.split(|&byte| byte == b'\n').next().unwrap_or_default();
    let is_cut = first.len() == text.len();
    let header = String::from_utf8_lossy(first.strip_suffix(b"\r").unwrap_or(first)).into_owned();
    let is_header = |found: &str| {
        // Of a file that was cut in its first line there is a part of it.
        let is = |whole: &str| found == whole.trim_end() || is_cut && whole.starts_with(found);
        is(HEADER) || is(WIDE_HEADER)
    };
    if !is_header(&header) {
        let first = cell(&header);
        let with_commas = |other: char| is_header(&header.replace(other, ","));
        return Err(wrong(match [';', '\t'].into_iter().find(|&other| with_commas(other)) {
            Some(other) => {
                let by = if other == ';' { "semicolons" } else { "tabs" };
                format!("its columns are parted by {by}, as a spreadsheet program saves them; commas are needed")
            }
            None => format!("its first line is {first:?}, not a bench's"),
        }));
    }
    let mark = bytes.len() - text.len();
    let whole = text.iter().rposition(|&byte| byte == b'\n').map_or(0, |last| last + 1);
    let mut reader = csv::Reader::from_reader(&text[..whole]);
    let names = reader.headers().map_err(io::Error::other)?.clone();
    let (mut rows, mut line, mut begin) = (Vec::new(), 1, 0);
    for record in reader.records() {
        let record = record.map_err(|error| wrong(broken(&error, text)))?;
        let next = record.position().map_or(begin, |position| begin_of(position, text));
        line += lines(&text[begin..next]);
        begin = next;
        let row = record.deserialize(Some(&names)).map_err(|error| {
            let at = match error.kind() {
                csv::ErrorKind::Deserialize { err, .. } => err.field().and_then(|field| usize::try_from(field).ok()),
                _ => None,
            };
            let (name, found) = (at.and_then(|at| names.get(at)), at.and_then(|at| record.get(at)));
            match (name, found) {
                (Some(name), Some(found)) => {
                    wrong(format!("line {line}, column {name} has {:?}; expected {}", cell(found), kind(name)))
                }
                _ => wrong(format!("line {line}: {}", cell(&error.to_string()))),
            }
        })?;
        rows.push(KeptRow { line, row });
    }
    let whole = if rows.is_empty() { 0 } else { mark + whole };
    Ok((rows, whole))
}

/// The beginning of a cell, which may have a whole file in it.
pub(super) fn cell(text: &str) -> String {
    const SHOWN: usize = 60;
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

fn broken(error: &csv::Error, text: &[u8]) -> String {
    let line = error.position().map_or(1, |position| 1 + lines(&text[..begin_of(position, text)]));
    match error.kind() {
        csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
            format!("line {line} has {len} columns, the header {expected_len}")
        }
        csv::ErrorKind::Utf8 { .. } => format!("line {line} is not UTF-8"),
        _ => cell(&error.to_string()),
    }
}

/// Where a record begins: the reader has not passed the second half of a line end of Windows, nor counted it.
fn begin_of(position: &csv::Position, text: &[u8]) -> usize {
    let at = usize::try_from(position.byte()).unwrap_or(text.len()).min(text.len());
    at + usize::from(text.get(at) == Some(&b'\n'))
}

fn lines(text: &[u8]) -> u64 {
    text.iter().filter(|&&byte| byte == b'\n').count() as u64
}

/// What a column has.
fn kind(column: &str) -> &'static str {
    match column {
        "edits" | "bytes" => "a whole number",
        "first" => "true or false",
        _ => "a number",
    }
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
        assert_eq!(read(&file).expect("a bench's"), (vec![KeptRow { line: 2, row: row() }], file.len()));
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
        let [two, three] = rows;
        let kept = vec![KeptRow { line: 2, row: two }, KeptRow { line: 3, row: three }];
        assert_eq!(read(&file).expect("a bench's"), (kept, file.len()));
        let others: [&[u8]; 4] = [b"a", b"my notes, one line", b"my notes\n", b"edits,method\n1,ft\n"];
        for other in others {
            assert!(read(other).expect_err("not a bench's").to_string().contains("its first line is"));
        }
    }

    #[test]
    fn what_a_spreadsheet_program_saves_is_read_or_its_fault_is_named() {
        let mut file = Vec::new();
        append(&[row(), row()], Columns::Usual, true, &mut file).expect("a writer that never fails");
        let text = String::from_utf8(file).expect("text");
        let of = |text: &str| read(text.as_bytes());
        let windows = format!("\u{feff}{}", text.replace('\n', "\r\n"));
        let (rows, whole) = of(&windows).expect("a bench's");
        assert_eq!((rows, whole), (of(&text).expect("a bench's").0, windows.len()));
        let half = &windows[..windows.len() - 5];
        assert_eq!(of(half).expect("a bench's").0.len(), 1, "the last line was cut");
        assert_eq!(of("\u{feff}").expect("nothing yet"), (Vec::new(), 0));
        let told = |text: &str| of(text).expect_err("a refusal").to_string();
        assert!(told(&text.replace(',', ";")).contains("parted by semicolons"));
        assert!(
            told(&text.replace("true", "WAHR")).contains("line 2, column first has \"WAHR\"; expected true or false")
        );
        let other = text.replacen("0.125", "x", 2).replacen(",x,", ",0.125,", 1);
        assert!(told(&other).contains("line 3, column old has \"x\"; expected a number"), "{}", told(&other));
        assert!(told(&text.replacen(",s\n", "\n", 1)).contains("line 2 has 17 columns, the header 18"));
        let [first, last] = ["line 2 has 17", "line 3 has 17"];
        assert!(told(&windows.replacen(",s\r\n", "\r\n", 1)).contains(first));
        let (before, _) = windows.rsplit_once(",s").expect("a row");
        assert!(told(&format!("{before}\r\n")).contains(last));
        assert!(told(&"\0".repeat(9_000)).chars().count() < 500, "a file of nothing is not shown whole");
        let long = text.replacen("0.125", &"9x".repeat(9_000), 1);
        assert!(told(&long).chars().count() < 200, "{}", told(&long));
    }
}
