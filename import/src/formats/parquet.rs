//! Parquet with columns `fact`, `language`, `prompt`, `layer`, `neuron`, `score`.
//!
//! `language` and `prompt` may be left out, and so may `score`: rows are then neuron sets.

use std::fs::File;
use std::path::Path;

use ::parquet::arrow::ProjectionMask;
use ::parquet::arrow::arrow_reader::{ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder};

use super::columns;
use super::guarded::guarded;
use crate::bytes::broken::end_missing;
use crate::bytes::mapped::Mapped;
use crate::error::{ImportError, Place};
use crate::format::{Context, Format, Probe, Source};
use crate::source::columns::Columns;
use crate::source::rows::Rows;
use crate::source::table::{BATCH_ROWS, Batches, Table};

pub(crate) struct Parquet;

impl Format for Parquet {
    fn name(&self) -> &'static str {
        "parquet"
    }

    fn about(&self) -> &'static str {
        "table of fact, language, prompt, layer, neuron, score"
    }

    fn extensions(&self) -> &'static [&'static str] {
        &["parquet", "pq"]
    }

    fn recognises(&self, probe: &Probe) -> bool {
        probe.head.starts_with(b"PAR1")
    }

    fn open(&self, path: &Path, context: &Context<'_>) -> Result<Box<dyn Source>, ImportError> {
        let options = context.options;
        let file = Mapped::open(path, "a Parquet table")?;
        let damaged = |problem| ImportError::Damaged { at: file.at(Place::File), format: "parquet", problem };
        if let Some(problem) = end_missing(&file, "PAR1") {
            return Err(damaged(problem));
        }
        let handle =
            File::open(path).map_err(|source| ImportError::Io { file: path.to_owned(), doing: "open", source })?;
        let builder = guarded(|| ParquetRecordBatchReaderBuilder::try_new(handle)).map_err(damaged)?;
        let mut told = context.told(path)?;
        told.hint_of_name(path);
        let columns = columns::find(builder.schema(), &file, &mut told, options)?;
        let mask = ProjectionMask::roots(builder.parquet_schema(), columns.positions());
        let all = builder.metadata().file_metadata().num_rows().max(1) as u64;
        let builder = builder.with_projection(mask).with_batch_size(BATCH_ROWS);
        let reader = guarded(|| builder.build()).map_err(damaged)?;
        let scored = columns.scored();
        let batches = Groups { reader, file: file.clone(), columns, done: 0, all };
        Ok(Box::new(Table::new(file, Box::new(batches), scored, told, options)))
    }
}

/// Rows that the library does not give: packed in a way that this build has no reader for, or damaged.
fn unreadable(file: &Mapped, row: u64, problem: String) -> ImportError {
    let Some((_, codec)) = problem.split_once("Disabled feature at compile time: ") else {
        return ImportError::Damaged { at: file.at(Place::Row(row)), format: "parquet", problem };
    };
    ImportError::Unexpected {
        at: file.at(Place::File),
        found: format!("columns packed with {codec}"),
        expected: "Zstandard, Snappy, LZ4, gzip or none: write it again (in pandas: `to_parquet(path, compression=\"zstd\")`; \
                   in DuckDB: `COPY … (COMPRESSION zstd)`)"
            .to_owned(),
    }
}

struct Groups {
    reader: ParquetRecordBatchReader,
    file: Mapped,
    columns: Columns,
    done: u64,
    all: u64,
}

impl Batches for Groups {
    fn next(&mut self, first: u64) -> Result<Option<Rows>, ImportError> {
        let reader = &mut self.reader;
        let rows = guarded(|| -> Result<_, String> {
            let batch = reader.next().transpose().map_err(|error| error.to_string())?;
            Ok(batch.map(|batch| (batch.num_rows(), columns::rows(&self.columns, &batch, &self.file))))
        });
        let rows = rows.map_err(|problem| unreadable(&self.file, first, problem))?;
        let Some((count, rows)) = rows else { return Ok(None) };
        self.done += count as u64;
        rows.map(Some)
    }

    fn bytes_read(&self) -> u64 {
        (u128::from(self.file.len()) * u128::from(self.done.min(self.all)) / u128::from(self.all)) as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_codec_that_is_not_built_in_has_a_way_out() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("t.parquet");
        std::fs::write(&path, "PAR1").expect("written");
        let file = Mapped::open(&path, "a table").expect("opens");
        let told = unreadable(&file, 0, "Parquet error: Disabled feature at compile time: brotli".to_owned());
        assert!(told.to_string().contains("found columns packed with brotli; expected Zstandard, Snappy"), "{told}");
        let told = unreadable(&file, 7, "Parquet error: bad page".to_owned());
        assert!(
            told.to_string().ends_with("row 7: the file cannot be read as parquet: Parquet error: bad page"),
            "{told}"
        );
    }
}
