//! The measurements as CSV, a row a method, number of edits, fact and language; and read again, so that a bench goes on.

use super::row::BenchRow;
use std::io::{self, Write};

/// Writes rows, under a header if it is asked for.
///
/// # Errors
/// Those of the writer.
pub fn append(rows: &[BenchRow], header: bool, out: &mut dyn Write) -> io::Result<()> {
    let mut writer = csv::WriterBuilder::new().has_headers(header).from_writer(out);
    for row in rows {
        writer.serialize(row).map_err(io::Error::other)?;
    }
    writer.flush()
}

/// The rows of a bench, and how many bytes they take: a last line that was cut short is none.
///
/// # Errors
/// What is no bench's.
pub fn read(bytes: &[u8]) -> io::Result<(Vec<BenchRow>, usize)> {
    let whole = bytes.iter().rposition(|&byte| byte == b'\n').map_or(0, |last| last + 1);
    let mut reader = csv::Reader::from_reader(&bytes[..whole]);
    let rows = reader.deserialize().map(|row| row.map_err(io::Error::other)).collect::<io::Result<_>>()?;
    Ok((rows, whole))
}
