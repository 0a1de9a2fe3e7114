//! The file that a bench writes edit by edit, and goes on with.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, BufWriter, ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use kndb_study::Report;
use kndb_study::editbench::{BenchReport, BenchRow, Columns, KeptRow, append, read};

use crate::error::{CliError, Result};

/// A file of measurements, open to be appended to, and locked: two commands would cut each other's rows.
pub(super) struct KeptRows {
    /// As given.
    path: PathBuf,
    /// What it names, behind links.
    target: PathBuf,
    rows: Vec<KeptRow>,
    columns: Columns,
    open: Mutex<Open>,
}

struct Open {
    file: File,
    has_header: bool,
    /// Made by this command, with nothing in it so far.
    is_new: bool,
}

impl KeptRows {
    /// What is in a file already; a new file where there is none, which goes again if nothing comes into it. A last line that was cut short is
    /// taken away when something is appended.
    pub(super) fn read(path: &Path, columns: Columns) -> Result<Self> {
        let wrong = |found: String| CliError::Edit(format!("--csv {}: {found}", path.display()));
        if path.exists() && !path.is_file() {
            return Err(wrong("it is no file; expected one, which is read before it is written".into()));
        }
        let (mut file, target, is_new) = locked(path)?;
        // Whatever is refused from here on, an empty file is not left behind.
        let mut there = Vec::new();
        let result = file.read_to_end(&mut there).map_err(CliError::file("read", path)).and_then(|_| {
            read(&there).map_err(|error| {
                wrong(format!(
                    "{error}; expected a file of `kndb edit-bench`, to go on with it, or a name that is not there"
                ))
            })
        });
        let result = result.and_then(|(rows, whole)| {
            file.seek(SeekFrom::Start(whole as u64)).map_err(CliError::file("write", path))?;
            Ok((rows, whole))
        });
        let open = Open { file, has_header: result.as_ref().is_ok_and(|(_, whole)| *whole > 0), is_new };
        let mut kept = Self { path: path.to_owned(), target, rows: Vec::new(), columns, open: Mutex::new(open) };
        kept.rows = result?.0;
        Ok(kept)
    }

    /// What was in it.
    pub(super) fn rows(&self) -> Vec<KeptRow> {
        self.rows.clone()
    }

    /// What errors call it.
    pub(super) fn place(&self) -> String {
        format!("--csv {}", self.path.display())
    }

    /// Appends the rows of an edit.
    pub(super) fn append(&self, rows: &[BenchRow]) -> io::Result<()> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let mut text = Vec::new();
        append(rows, self.columns, !open.has_header, &mut text)?;
        open.is_new = false;
        open.file.write_all(&text)?;
        // What is left of a longer line that was cut.
        let end = open.file.stream_position()?;
        open.file.set_len(end)?;
        open.has_header = true;
        Ok(())
    }

    /// Writes all rows in their order, in the place of those that came as edits were done; the file is whole at any time. The lock holds until
    /// the new file stands there: whoever waits for it finds that the file has been replaced.
    pub(super) fn finish(self, report: &BenchReport) -> Result<()> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.is_new = false;
        let write = || -> io::Result<()> {
            let (part, file) = beside(&self.target)?;
            let written = || -> io::Result<()> {
                file.set_permissions(open.file.metadata()?.permissions())?;
                let mut out = BufWriter::new(file);
                report.write_csv(&mut out)?;
                out.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()?;
                fs::rename(&part, &self.target)
            };
            written().inspect_err(|_| {
                // It is of no use, and the error is what there is to say.
                let _ = fs::remove_file(&part);
            })
        };
        write().map_err(CliError::file("write", &self.path))
    }
}

impl Drop for KeptRows {
    fn drop(&mut self) {
        let open = self.open.get_mut().unwrap_or_else(PoisonError::into_inner);
        if open.is_new {
            // Still locked, so it is nobody else's; one that stays is empty, and is taken for none.
            let _ = fs::remove_file(&self.target);
        }
    }
}

/// The file, locked until it is closed; what it is called behind links; and whether it was made.
fn locked(path: &Path) -> Result<(File, PathBuf, bool)> {
    loop {
        let is_new = !path.exists();
        let opened = OpenOptions::new().create(true).read(true).write(true).truncate(false).open(path);
        let file = opened.map_err(CliError::file("write", path))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let told = "is being written by another kndb; wait for it or give another file";
                return Err(CliError::Edit(format!("--csv {} {told}", path.display())));
            }
            Err(TryLockError::Error(source)) => return Err(CliError::file("lock", path)(source)),
        }
        // Another command may have put a new file there, or taken its empty one away, before the lock was free.
        let target = match fs::canonicalize(path) {
            Err(error) if error.kind() == ErrorKind::NotFound => continue,
            target => target.map_err(CliError::file("write", path))?,
        };
        if is_same(&file, &target).map_err(CliError::file("write", path))? {
            return Ok((file, target, is_new));
        }
    }
}

#[cfg(unix)]
fn is_same(file: &File, path: &Path) -> io::Result<bool> {
    use std::os::unix::fs::MetadataExt;
    let of = |metadata: fs::Metadata| (metadata.dev(), metadata.ino());
    match fs::metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        there => Ok(of(there?) == of(file.metadata()?)),
    }
}

/// A file that is open keeps its name here.
#[cfg(not(unix))]
fn is_same(_: &File, path: &Path) -> io::Result<bool> {
    Ok(path.exists())
}

/// A new file beside one, of a name that nobody else has.
fn beside(path: &Path) -> io::Result<(PathBuf, File)> {
    let mut number = 0;
    loop {
        let mut part = path.to_owned().into_os_string();
        part.push(format!(".{}-{number}.part", std::process::id()));
        let part = PathBuf::from(part);
        match OpenOptions::new().write(true).create_new(true).open(&part) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists && number < 1_000 => number += 1,
            opened => return opened.map(|file| (part, file)),
        }
    }
}
