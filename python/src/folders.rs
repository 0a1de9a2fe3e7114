//! Stores as folders of files that others read, and back.

use crate::failure::{of_export, said};
use crate::waiting::wait;
use kndb::storage::Store;
use kndb_export::{Choice, ExportJob, bring_back, export, formats};
use pyo3::prelude::*;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Of each table its name, rows, files and bytes; and notes.
pub type Exported = (Vec<(String, u64, u64, u64)>, Vec<String>);

/// Writes a store, or what is chosen of it, into a folder.
pub fn write(py: Python<'_>, store: &Store, to: PathBuf, format: String, choice: Choice) -> PyResult<Exported> {
    let known: Vec<&str> = formats().map(|format| format.name).collect();
    if !known.contains(&format.as_str()) {
        return Err(said(py, format!("format={format:?}; expected one of {}", known.join(", ")), None));
    }
    let (store, job) = (store.clone(), ExportJob { format, choice });
    let stop = Arc::new(AtomicBool::new(false));
    let asked = Arc::clone(&stop);
    let work = move || export(&store, &to, &job, &mut |_| (), &|| asked.load(Ordering::Relaxed));
    let done = wait(py, work, move || stop.store(true, Ordering::Relaxed))?.map_err(|error| of_export(py, error))?;
    let row = |(name, count): (&str, kndb_export::TableCount)| (name.to_owned(), count.rows, count.files, count.bytes);
    Ok((done.tables.into_iter().map(row).collect(), done.notes))
}

/// Makes a store of a folder that an export wrote: facts, runs, entries, saved sets, bytes read; and notes.
#[pyfunction]
pub fn from_export(py: Python<'_>, folder: PathBuf, path: PathBuf) -> PyResult<([u64; 5], Vec<String>)> {
    crate::failure::not_forked(py)?;
    let stop = Arc::new(AtomicBool::new(false));
    let asked = Arc::clone(&stop);
    let work = move || bring_back(&folder, &path, &mut |_| (), &|| asked.load(Ordering::Relaxed));
    let back = wait(py, work, move || stop.store(true, Ordering::Relaxed))?.map_err(|error| of_export(py, error))?;
    Ok(([back.facts, back.runs, back.entries, back.saved_sets, back.bytes], back.notes))
}
