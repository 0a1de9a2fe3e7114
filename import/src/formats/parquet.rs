//! Parquet with columns `fact`, `language`, `prompt`, `layer`, `neuron`, `score`.
//!
//! `language` and `prompt` may be left out, and so may `score`: rows are then neuron sets.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use ::parquet::arrow::ProjectionMask;
use ::parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use super::columns::Columns;
use super::table::{BATCH_ROWS, Table, guarded};
use crate::bytes::mapped::Mapped;
use crate::error::{ImportError, Place};
use crate::format::Probe;
use crate::format::{Format, Source};
use crate::options::Options;

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

    fn open(&self, path: &Path, options: &Options) -> Result<Box<dyn Source>, ImportError> {
        let file = Mapped::open(path, "a Parquet table")?;
        let damaged = |problem| ImportError::Damaged { at: file.at(Place::File), format: "parquet", problem };
        let handle =
            File::open(path).map_err(|source| ImportError::Io { file: path.to_owned(), doing: "open", source })?;
        let builder = guarded(|| ParquetRecordBatchReaderBuilder::try_new(handle)).map_err(damaged)?;
        let columns = Columns::find(builder.schema(), &file)?;
        let mask = ProjectionMask::roots(builder.parquet_schema(), columns.used());
        let rows = builder.metadata().file_metadata().num_rows().max(1) as u64;
        let builder = builder.with_projection(mask).with_batch_size(BATCH_ROWS);
        let reader = guarded(|| builder.build()).map_err(damaged)?;

        let (read, bytes) = (Arc::new(AtomicU64::new(0)), file.len());
        let (counter, mut done) = (Arc::clone(&read), 0);
        let batches = reader.inspect(move |batch| {
            done += batch.as_ref().map_or(0, |batch| batch.num_rows() as u64);
            counter.store((u128::from(bytes) * u128::from(done) / u128::from(rows)) as u64, Ordering::Relaxed);
        });
        Ok(Box::new(Table::new(file, "parquet", Box::new(batches), columns.projected(), read, options)))
    }
}
