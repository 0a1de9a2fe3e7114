//! Files of tables on their way into the folder.

use crate::error::{ExportError, Result};
use crate::folder::HalfMade;
use crate::format::Watch;
use crate::manifest::{FileOf, Partition};
use crate::names::folder;
use crate::rows::RowSink;
use crate::sinks::{Sink, TableFile};
use crate::table::{Cell, PARTITIONS, Rows, Table};
use std::path::PathBuf;

/// The files of an export.
pub(super) struct Files<'f> {
    folder: &'f mut HalfMade,
    sink: &'static dyn Sink,
    done: Vec<FileOf>,
}

/// A file of a table that is being written.
pub(super) struct Writing {
    table: &'static Table,
    partition: Option<Partition>,
    file: Box<dyn TableFile>,
    path: PathBuf,
    waiting: Rows,
    rows: u64,
}

/// The path of a table's file from the folder.
pub(crate) fn path_of(table: &Table, partition: Option<&Partition>, extension: &str) -> Result<String> {
    let Some(Partition { run, lang, relation }) = partition else {
        return Ok(format!("{}.{extension}", table.name));
    };
    let values = [Some(run.as_str()), Some(lang.as_str()), relation.as_deref()];
    let mut path = table.name.to_owned();
    for (key, value) in PARTITIONS.into_iter().zip(values) {
        path.push('/');
        path.push_str(&folder(key, value)?);
    }
    Ok(format!("{path}/part-0.{extension}"))
}

impl<'f> Files<'f> {
    pub(super) fn new(folder: &'f mut HalfMade, sink: &'static dyn Sink) -> Self {
        Self { folder, sink, done: Vec::new() }
    }

    /// Begins a file; of a partitioned table the one of a partition.
    pub(super) fn begin(&mut self, table: &'static Table, partition: Option<Partition>) -> Result<Writing> {
        let out = self.folder.create(&path_of(table, partition.as_ref(), self.sink.extension())?)?;
        let path = out.path().to_owned();
        let file = self.sink.create(out, &table.schema(), table.sorted)?;
        Ok(Writing { table, partition, file, path, waiting: Rows::of(table), rows: 0 })
    }

    /// Ends a file; says how many rows it has.
    pub(super) fn end(&mut self, mut writing: Writing) -> Result<u64> {
        writing.write()?;
        let written = writing.file.finish()?;
        self.done.push(FileOf {
            path: written.relative,
            table: writing.table.name.to_owned(),
            partition: writing.partition,
            rows: writing.rows,
            bytes: written.bytes,
            xxh3: format!("{:016x}", written.xxh3),
        });
        Ok(writing.rows)
    }

    /// All files, by their paths.
    pub(super) fn done(mut self) -> Vec<FileOf> {
        self.done.sort_unstable_by(|a, b| a.path.cmp(&b.path));
        self.done
    }
}

impl RowSink for Writing {
    fn row(&mut self, cells: &[Cell<'_>]) -> Result<()> {
        self.waiting.push(cells);
        if self.waiting.is_full() { self.write() } else { Ok(()) }
    }
}

/// A file whose writer is watched.
pub(super) struct Watched<'a, 'w>(pub Writing, pub &'a mut Watch<'w>);

impl RowSink for Watched<'_, '_> {
    fn row(&mut self, cells: &[Cell<'_>]) -> Result<()> {
        self.0.row(cells)
    }

    fn look(&mut self) -> Result<()> {
        self.1.look()
    }
}

impl Writing {
    pub(super) fn partition(&self) -> Option<&Partition> {
        self.partition.as_ref()
    }

    fn write(&mut self) -> Result<()> {
        if self.waiting.is_empty() {
            return Ok(());
        }
        self.rows += self.waiting.len() as u64;
        let batch = self.waiting.take().map_err(ExportError::writing(&self.path))?;
        self.file.write(&batch)
    }
}
