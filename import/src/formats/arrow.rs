//! Arrow IPC with columns `fact`, `language`, `prompt`, `layer`, `neuron`, `score`: files (Feather
//! version 2) and streams. Columns may be left out as in Parquet.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use arrow_array::RecordBatch;
use arrow_ipc::reader::{FileReader, StreamReader};
use arrow_schema::{ArrowError, SchemaRef};

use super::columns;
use super::guarded::guarded;
use crate::bytes::broken::end_missing;
use crate::bytes::ipc_claims::{check_file, check_stream};
use crate::bytes::mapped::Mapped;
use crate::error::{ImportError, Place};
use crate::format::{Context, Format, Probe, Source};
use crate::source::columns::Columns;
use crate::source::rows::Rows;
use crate::source::table::{BATCH_ROWS, Batches, Table};

/// First bytes of an IPC file, of a message in a stream, and of a file of Feather version 1.
const FILE: &[u8] = b"ARROW1";
const STREAM: &[u8] = &[0xFF; 4];
const FEATHER_1: &[u8] = b"FEA1";

pub(crate) struct Arrow;

impl Format for Arrow {
    fn name(&self) -> &'static str {
        "arrow"
    }

    fn about(&self) -> &'static str {
        "Arrow IPC file, stream or Feather 2 of fact, language, prompt, layer, neuron, score"
    }

    fn extensions(&self) -> &'static [&'static str] {
        &["arrow", "arrows", "feather", "ipc"]
    }

    fn recognises(&self, probe: &Probe) -> bool {
        [FILE, STREAM, FEATHER_1].iter().any(|magic| probe.head.starts_with(magic))
    }

    fn open(&self, path: &Path, context: &Context<'_>) -> Result<Box<dyn Source>, ImportError> {
        let file = Mapped::open(path, "an Arrow table")?;
        if file.bytes().starts_with(FEATHER_1) {
            return Err(ImportError::Unexpected {
                at: file.at(Place::File),
                found: "Feather version 1".to_owned(),
                expected: "version 2: write it again with `pyarrow.feather.write_feather(table, path)`".to_owned(),
            });
        }
        let is_file = file.bytes().starts_with(FILE);
        if is_file && let Some(problem) = end_missing(&file, "ARROW1") {
            return Err(ImportError::Damaged { at: file.at(Place::File), format: "arrow", problem });
        }
        let claims =
            guarded(|| -> Result<_, String> { Ok(if is_file { check_file(&file) } else { check_stream(&file) }) });
        let damaged = |problem| ImportError::Damaged { at: file.at(Place::File), format: "arrow", problem };
        claims.map_err(damaged)??;
        let read = Arc::new(AtomicU64::new(0));
        let reader = |columns: Option<Vec<usize>>| {
            let inner =
                File::open(path).map_err(|source| ImportError::Io { file: path.to_owned(), doing: "open", source })?;
            let counted = BufReader::new(Counted { inner, read: Arc::clone(&read) });
            let opened = guarded(|| -> Result<(SchemaRef, Reader), ArrowError> {
                if is_file {
                    let reader = FileReader::try_new(counted, columns)?;
                    Ok((reader.schema(), Box::new(reader)))
                } else {
                    let reader = StreamReader::try_new(counted, columns)?;
                    Ok((reader.schema(), Box::new(reader)))
                }
            });
            opened.map_err(damaged)
        };
        let (schema, _) = reader(None)?;
        let mut told = context.told(path)?;
        told.hint_of_name(path);
        let columns = columns::find(&schema, &file, &mut told, context.options)?;
        let (_, reader) = reader(Some(columns.positions()))?;
        let scored = columns.scored();
        let batches = Messages { reader, pending: None, file: file.clone(), columns, read };
        Ok(Box::new(Table::new(file, Box::new(batches), scored, told, context.options)))
    }
}

type Reader = Box<dyn Iterator<Item = Result<RecordBatch, ArrowError>> + Send>;

struct Messages {
    reader: Reader,
    /// What is left of a batch that is large: it is dealt with in pieces.
    pending: Option<RecordBatch>,
    file: Mapped,
    columns: Columns,
    /// Bytes of the file that have been read.
    read: Arc<AtomicU64>,
}

impl Batches for Messages {
    fn next(&mut self, first: u64) -> Result<Option<Rows>, ImportError> {
        let rows = guarded(|| -> Result<_, String> {
            let batch = match self.pending.take() {
                Some(batch) => Some(batch),
                None => self.reader.next().transpose().map_err(|error| error.to_string())?,
            };
            let Some(mut batch) = batch else { return Ok(None) };
            if let Some(more @ 1..) = batch.num_rows().checked_sub(BATCH_ROWS) {
                self.pending = Some(batch.slice(BATCH_ROWS, more));
                batch = batch.slice(0, BATCH_ROWS);
            }
            Ok(Some(columns::rows(&self.columns, &batch, &self.file)))
        });
        let rows = rows.map_err(|problem| ImportError::Damaged {
            at: self.file.at(Place::Row(first)),
            format: "arrow",
            problem,
        })?;
        rows.transpose()
    }

    fn bytes_read(&self) -> u64 {
        self.read.load(Ordering::Relaxed).min(self.file.len())
    }
}

/// A file that counts the bytes read from it.
struct Counted {
    inner: File,
    read: Arc<AtomicU64>,
}

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.read.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}

impl Seek for Counted {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.inner.seek(to)
    }
}
