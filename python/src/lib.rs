//! The native part of the Python package `kndb`. What users call is Python, in `python/kndb`; it is documented there.
//!
//! | module | what it is for |
//! |---|---|
//! | `waiting` | work in a thread of its own, while Python looks for Ctrl-C |
//! | `failure` | errors of kndb as `kndb.KndbError` |
//! | `database` | a store, its facts, and its upkeep |
//! | `answer` | a statement of a store: checked at once, run when its rows are asked for |
//! | `arguments` | Python's values as values of parameters |
//! | `export` | answers by Arrow's C stream interface |
//! | `folders` | stores as folders of files, and back |
//! | `cells` | answers as Python objects and as buffers |
//! | `pages` | stores as pages in a browser |
//! | `sql` | SQL statements |
//! | `table` | tables for sessions of the package `datafusion` |
//! | `writing` | scores into a run |
//! | `halves` | 16-bit numbers as 32-bit ones |
//!
//! Nothing here needs pyarrow, pandas, Polars or NumPy.

mod answer;
mod arguments;
mod cells;
mod database;
mod export;
mod failure;
mod folders;
mod halves;
mod pages;
mod sql;
mod table;
mod waiting;
mod writing;

use pyo3::prelude::*;
use std::ffi::OsString;

/// Does what a command line says, in this process, and returns its exit status.
#[pyfunction]
fn command(py: Python<'_>, line: Vec<OsString>) -> u8 {
    // It waits for other threads, and none of them needs Python.
    py.detach(|| kndb_cli::run(line))
}

/// The module `kndb._kndb`.
#[pymodule]
fn _kndb(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add("__version__", env!("CARGO_PKG_VERSION"))?;
    module.add_function(wrap_pyfunction!(command, module)?)?;
    module.add_function(wrap_pyfunction!(folders::from_export, module)?)?;
    module.add_class::<database::Database>()?;
    module.add_class::<answer::Answer>()?;
    module.add_class::<answer::Prepared>()?;
    module.add_class::<cells::Column>()?;
    module.add_class::<export::Stream>()?;
    module.add_class::<pages::Served>()?;
    module.add_class::<sql::SqlAnswer>()?;
    module.add_class::<table::Table>()?;
    module.add_class::<writing::Writer>()
}
