//! Arrow IPC files (Feather 2), packed with LZ4: read without unpacking texts or numbers into other forms.

use super::{Sink, TableFile};
use crate::error::{ExportError, Result};
use crate::out::{Out, Written};
use arrow_array::RecordBatch;
use arrow_ipc::CompressionType;
use arrow_ipc::writer::{FileWriter, IpcWriteOptions};
use arrow_schema::SchemaRef;
use std::path::PathBuf;

pub(crate) struct Arrow;

impl Sink for Arrow {
    fn name(&self) -> &'static str {
        "arrow"
    }

    fn extension(&self) -> &'static str {
        "arrow"
    }

    fn create(&self, out: Out, schema: &SchemaRef, _: &[(&str, bool)]) -> Result<Box<dyn TableFile>> {
        let path = out.path().to_owned();
        let options = IpcWriteOptions::default().try_with_compression(Some(CompressionType::LZ4_FRAME));
        let writer = options.and_then(|options| FileWriter::try_new_with_options(out, schema, options));
        Ok(Box::new(ArrowFile { writer: writer.map_err(ExportError::writing(&path))?, path }))
    }
}

struct ArrowFile {
    writer: FileWriter<Out>,
    path: PathBuf,
}

impl TableFile for ArrowFile {
    fn write(&mut self, batch: &RecordBatch) -> Result<()> {
        self.writer.write(batch).map_err(ExportError::writing(&self.path))
    }

    fn finish(mut self: Box<Self>) -> Result<Written> {
        self.writer.finish().map_err(ExportError::writing(&self.path))?;
        self.writer.into_inner().map_err(ExportError::writing(&self.path))?.finish()
    }
}
