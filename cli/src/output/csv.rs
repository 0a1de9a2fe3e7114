//! `csv`: comma-separated values, quoted where needed; NULL is an empty field.

use std::io::{self, Write};
use std::ops::ControlFlow;

use kndb_query::{Column, Sink, Value};

use super::cell;

/// A sink that writes delimited values, for csv and tsv.
pub struct Delimited<'a> {
    writer: csv::Writer<&'a mut dyn Write>,
    headers: bool,
}

impl<'a> Delimited<'a> {
    /// An empty result with fields separated by `delimiter`.
    pub fn new(delimiter: u8, headers: bool, out: &'a mut dyn Write) -> Self {
        let writer = csv::WriterBuilder::new().delimiter(delimiter).from_writer(out);
        Self { writer, headers }
    }
}

impl Sink for Delimited<'_> {
    fn columns(&mut self, columns: &[Column]) -> io::Result<()> {
        if self.headers {
            self.writer.write_record(columns.iter().map(|column| column.name)).map_err(as_written)?;
        }
        Ok(())
    }

    fn row(&mut self, row: &[Value<'_>]) -> io::Result<ControlFlow<()>> {
        for value in row {
            let field = cell::exact(value).unwrap_or_default();
            self.writer.write_field(field.as_bytes()).map_err(as_written)?;
        }
        self.writer.write_record(None::<&[u8]>).map_err(as_written)?;
        Ok(ControlFlow::Continue(()))
    }

    fn end(&mut self) -> io::Result<()> {
        self.writer.flush()
    }
}

/// The failure of the `Write` below: the crate's own conversion would hide a closed pipe.
fn as_written(error: csv::Error) -> io::Error {
    match error.into_kind() {
        csv::ErrorKind::Io(failure) => failure,
        other => io::Error::other(format!("{other:?}")),
    }
}

#[cfg(test)]
mod tests {
    use crate::output::Mode;
    use crate::output::testing::{hard_rows, print};

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
    fn headers_can_be_left_out() {
        assert_eq!(print(Mode::Csv, false, &hard_rows()[2..]), ",,,\n");
    }
}
