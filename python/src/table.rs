//! Tables of a store for the Python package `datafusion`, which is a DataFusion of its own in this process.
//!
//! What it hands over, and gets, are structures of C whose layout is that of DataFusion's major version. So that of the package is asked first,
//! of Python, and nothing of the session is looked at where it is another.

use crate::failure::{of_sql, said};
use kndb::query::Attached;
use kndb::storage::Store;
use kndb_sql::{FFI_LogicalExtensionCodec, Lent, LentTable};
use pyo3::prelude::*;
use pyo3::types::PyCapsule;
use std::sync::mpsc::sync_channel;
use std::time::Duration;

/// What the package calls itself, and its module.
const PACKAGE: &str = "datafusion";

/// A table that a session of `datafusion` can read.
#[pyclass(frozen, module = "kndb._kndb")]
pub struct Table {
    table: LentTable,
}

impl Table {
    /// The table `scores`, or `b.scores`.
    pub fn of(py: Python<'_>, store: &Store, attached: &Attached, name: &str) -> PyResult<Self> {
        let table = Lent::new(store, attached, warn).table(name).map_err(|error| of_sql(py, error))?;
        Ok(Self { table })
    }
}

#[pymethods]
impl Table {
    /// Names of the columns.
    #[getter]
    fn columns(&self) -> Vec<String> {
        self.table.schema().fields().iter().map(|field| field.name().clone()).collect()
    }

    /// Arrow's C schema.
    fn __arrow_c_schema__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyCapsule>> {
        crate::export::schema_capsule(py, &self.table.schema())
    }

    /// The table for a session.
    #[pyo3(signature = (session = None))]
    fn __datafusion_table_provider__<'py>(
        &self,
        py: Python<'py>,
        session: Option<Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyCapsule>> {
        let provider = self.table.provider(codec(py, session)?).map_err(|error| of_sql(py, error))?;
        PyCapsule::new_with_value(py, provider, c"datafusion_table_provider")
    }
}

/// All tables of a store, for a session.
pub fn schema_provider<'py>(
    py: Python<'py>,
    store: &Store,
    attached: &Attached,
    session: Option<Bound<'py, PyAny>>,
) -> PyResult<Bound<'py, PyCapsule>> {
    let codec = codec(py, session)?;
    let provider = Lent::new(store, attached, warn).schema_provider(codec).map_err(|error| of_sql(py, error))?;
    PyCapsule::new_with_value(py, provider, c"datafusion_schema_provider")
}

/// How a session reads what others encode, and what functions it knows.
fn codec<'py>(py: Python<'py>, session: Option<Bound<'py, PyAny>>) -> PyResult<FFI_LogicalExtensionCodec> {
    let expected = kndb_sql::version();
    let found = version(py, session.as_ref())?;
    if major(&found) != Some(expected) {
        let reason = format!(
            "the Python package {PACKAGE} is of version {found}, expected {expected}: kndb has that DataFusion in it"
        );
        let hint = format!("pip install \"{PACKAGE}=={expected}.*\"; db.sql(…) needs no package");
        return Err(said(py, reason, Some(&hint)));
    }
    let Some(session) = session else {
        let reason = format!("expected a session of the Python package {PACKAGE}, found none");
        return Err(said(py, reason, Some("ctx.register_table(\"scores\", db.table(\"scores\"))")));
    };
    // A session, or what a schema hands over in place of one.
    let capsule = match session.cast_into::<PyCapsule>() {
        Ok(capsule) => capsule,
        Err(other) => {
            let made = other.into_inner().call_method0("__datafusion_logical_extension_codec__")?;
            made.cast_into::<PyCapsule>().map_err(PyErr::from)?
        }
    };
    let pointer = capsule.pointer_checked(Some(c"datafusion_logical_extension_codec"))?;
    #[expect(unsafe_code, reason = "capsules are pointers; this one's name and the package's version say to what")]
    // SAFETY: the capsule owns a codec of its version of DataFusion, and is held until it is copied.
    let (codec, found) = unsafe {
        let codec: &FFI_LogicalExtensionCodec = pointer.cast().as_ref();
        (codec, (codec.version)())
    };
    if found != expected {
        let reason = format!("the session is of DataFusion {found}, expected {expected}: kndb has that one in it");
        return Err(said(py, reason, Some("db.sql(…) asks without the package")));
    }
    Ok(codec.clone())
}

/// The version of the package that a session is of, or the one that is loaded.
fn version(py: Python<'_>, session: Option<&Bound<'_, PyAny>>) -> PyResult<String> {
    let is_of_package = |class: &Bound<'_, PyAny>| -> PyResult<bool> {
        let module: String = class.getattr("__module__")?.extract()?;
        Ok(module.split('.').next() == Some(PACKAGE))
    };
    let mut is_known = match session {
        // Called without one by packages before 52; and capsules say nothing of where they come from.
        None => true,
        Some(session) => session.is_instance_of::<PyCapsule>(),
    };
    if let Some(session) = session {
        // Sessions of others are often made of the package's.
        for class in session.get_type().getattr("__mro__")?.try_iter()? {
            is_known |= is_of_package(&class?)?;
        }
    }
    let loaded = py.import("sys")?.getattr("modules")?.call_method1("get", (PACKAGE,))?;
    if !is_known || loaded.is_none() {
        let kind = session.map(|session| session.get_type().name().map(|name| name.to_string())).transpose()?;
        let reason = format!(
            "expected a session of the Python package {PACKAGE}, found {}, whose version of DataFusion is not known",
            kind.as_deref().unwrap_or("none")
        );
        return Err(said(py, reason, Some("db.sql(…) asks without the package")));
    }
    match loaded.getattr("__version__") {
        Ok(version) => version.extract(),
        Err(_) => py.import("importlib.metadata")?.call_method1("version", (PACKAGE,))?.extract(),
    }
}

/// The major version of `55.0.0`, `55.0.0rc1`, `55`.
fn major(version: &str) -> Option<u64> {
    version.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

/// The longest that a note is waited for.
const TOLD: Duration = Duration::from_millis(100);

/// Tells a note as a Python warning. By another thread, which is not waited for long: whoever plans may have Python waiting for it.
fn warn(note: &str) {
    let (sender, told) = sync_channel(1);
    let note = note.to_owned();
    let spawned = std::thread::Builder::new().spawn(move || {
        // `None` where Python ends.
        let _ = Python::try_attach(|py| {
            let warned = py.import("warnings").and_then(|warnings| warnings.call_method1("warn", (note,)));
            if let Err(error) = warned {
                // Where warnings are made errors: nothing of Python is running that could be ended by it.
                error.write_unraisable(py, None);
            }
        });
        let _ = sender.send(());
    });
    if spawned.is_ok() {
        let _ = told.recv_timeout(TOLD);
    }
}
