//! Arrow IPC with columns `fact`, `language`, `prompt`, `layer`, `neuron`, `score`: files (Feather
//! version 2) and streams. Columns may be left out as in Parquet.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use arrow_ipc::reader::{FileReader, StreamReader};
use arrow_schema::{ArrowError, SchemaRef};

use super::columns::Columns;
use super::table::{Batches, Table, guarded};
use crate::bytes::ipc_claims::{check_file, check_stream};
use crate::bytes::mapped::Mapped;
use crate::error::{ImportError, Place};
use crate::format::Probe;
use crate::format::{Format, Source};
use crate::options::Options;

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

    fn open(&self, path: &Path, options: &Options) -> Result<Box<dyn Source>, ImportError> {
        let file = Mapped::open(path, "an Arrow table")?;
        if file.bytes().starts_with(FEATHER_1) {
            return Err(ImportError::Unexpected {
                at: file.at(Place::File),
                found: "Feather version 1".to_owned(),
                expected: "version 2: write it again with `pyarrow.feather.write_feather(table, path)`".to_owned(),
            });
        }
        let is_file = file.bytes().starts_with(FILE);
        if is_file { check_file(&file) } else { check_stream(&file) }?;
        let damaged = |problem| ImportError::Damaged { at: file.at(Place::File), format: "arrow", problem };
        let read = Arc::new(AtomicU64::new(0));
        let reader = |columns: Option<Vec<usize>>| {
            let inner =
                File::open(path).map_err(|source| ImportError::Io { file: path.to_owned(), doing: "open", source })?;
            let counted = BufReader::new(Counted { inner, read: Arc::clone(&read) });
            let opened = guarded(|| -> Result<(SchemaRef, Batches), ArrowError> {
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
        let columns = Columns::find(&schema, &file)?;
        let (_, batches) = reader(Some(columns.used()))?;
        Ok(Box::new(Table::new(file, "arrow", batches, columns.projected(), read, options)))
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
