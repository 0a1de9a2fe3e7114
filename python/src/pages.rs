//! Stores as pages in a browser, shown by a thread of this process.

use crate::failure::raise;
use crate::waiting::wait;
use kndb_cli::embedded::Pages;
use pyo3::prelude::*;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A server of pages.
#[pyclass(frozen, module = "kndb._kndb")]
pub struct Served {
    pages: Arc<Pages>,
    /// The process that has the thread: one that it forks has none.
    process: u32,
}

impl Served {
    /// Begins to show stores.
    pub fn of(
        py: Python<'_>,
        stores: Vec<PathBuf>,
        models: Vec<PathBuf>,
        host: Option<String>,
        port: Option<u16>,
    ) -> PyResult<Self> {
        let begin = move || {
            let stores: Vec<&Path> = stores.iter().map(AsRef::as_ref).collect();
            Pages::of(&stores, &models, host, port)
        };
        let pages = wait(py, begin, || ())?.map_err(|told| raise(py, told, None))?;
        Ok(Self { pages: Arc::new(pages), process: std::process::id() })
    }

    fn is_here(&self) -> bool {
        self.process == std::process::id()
    }
}

#[pymethods]
impl Served {
    /// The address of the first page.
    #[getter]
    fn url(&self) -> &str {
        self.pages.url()
    }

    /// What to know of an address that others reach, too.
    #[getter]
    fn warning(&self) -> Option<&'static str> {
        self.pages.warning()
    }

    /// Whether pages are shown still.
    #[getter]
    fn is_shown(&self) -> bool {
        self.is_here() && self.pages.is_shown()
    }

    /// Ends it.
    fn stop(&self, py: Python<'_>) -> PyResult<()> {
        if !self.is_here() {
            return Ok(());
        }
        let pages = Arc::clone(&self.pages);
        wait(py, move || pages.end(), || ())?.map_err(|told| raise(py, told, None))
    }
}
