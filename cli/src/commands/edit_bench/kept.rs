//! The file that a bench writes edit by edit, and goes on with.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use kndb_study::Report;
use kndb_study::editbench::{BenchReport, BenchRow, Columns, append, read};

use crate::error::{CliError, Result};

/// A file of measurements, open to be appended to.
pub(super) struct KeptRows {
    path: PathBuf,
    rows: Vec<BenchRow>,
    columns: Columns,
    /// And whether it has its header.
    file: Mutex<(File, bool)>,
}

impl KeptRows {
    /// What is in a file already; a new file where there is none. A last line that was cut short is taken away when something is appended.
    pub(super) fn read(path: &Path, columns: Columns) -> Result<Self> {
        if path.exists() && !path.is_file() {
            return Err(CliError::Edit(format!(
                "--csv {}: expected a file, which is read before it is written",
                path.display()
            )));
        }
        let there = if path.exists() { fs::read(path).map_err(CliError::file("read", path))? } else { Vec::new() };
        let (rows, whole) = read(&there).map_err(|error| {
            let what = "expected a file of `kndb edit-bench`, to go on with it, or a name that is not there";
            CliError::Edit(format!("--csv {}: {error}; {what}", path.display()))
        })?;
        let open = || -> io::Result<File> {
            let mut file = OpenOptions::new().create(true).write(true).truncate(false).open(path)?;
            file.seek(SeekFrom::Start(whole as u64))?;
            Ok(file)
        };
        let file = open().map_err(CliError::file("write", path))?;
        Ok(Self { path: path.to_owned(), rows, columns, file: Mutex::new((file, whole > 0)) })
    }

    /// What was in it.
    pub(super) fn rows(&self) -> Vec<BenchRow> {
        self.rows.clone()
    }

    /// Appends the rows of an edit.
    pub(super) fn append(&self, rows: &[BenchRow]) -> io::Result<()> {
        let mut guard = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        let (file, has_header) = &mut *guard;
        let mut text = Vec::new();
        append(rows, self.columns, !*has_header, &mut text)?;
        file.write_all(&text)?;
        // What is left of a longer line that was cut.
        let end = file.stream_position()?;
        file.set_len(end)?;
        *has_header = true;
        Ok(())
    }

    /// Writes all rows in their order, in the place of those that came as edits were done; the file is whole at any time.
    pub(super) fn finish(self, report: &BenchReport) -> Result<()> {
        let mut part = self.path.clone().into_os_string();
        part.push(".part");
        let part = PathBuf::from(part);
        let write = || -> io::Result<()> {
            let mut out = BufWriter::new(File::create(&part)?);
            report.write_csv(&mut out)?;
            out.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()?;
            fs::rename(&part, &self.path)
        };
        write().map_err(CliError::file("write", &self.path))
    }
}
