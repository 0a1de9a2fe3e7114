//! Answers by Arrow's C stream interface, and its PyCapsules (<https://arrow.apache.org/docs/format/CDataInterface/PyCapsuleInterface.html>).

use crate::waiting::LOOK;
use arrow_array::ffi::FFI_ArrowSchema;
use arrow_array::ffi_stream::FFI_ArrowArrayStream;
use arrow_array::{RecordBatch, RecordBatchReader};
use arrow_schema::{ArrowError, SchemaRef};
use kndb_arrow::{Running, Step, record_batch};
use kndb_sql::Answer;
use pyo3::exceptions::{PyRuntimeError, PyStopIteration};
use pyo3::prelude::*;
use pyo3::types::PyCapsule;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::ThreadId;

/// Where batches come from.
enum From {
    Running(Running),
    /// SQL, while it runs.
    Asked(Box<Answer>),
    Known(VecDeque<RecordBatch>),
}

/// Record batches, each once.
struct Batches {
    from: From,
    schema: SchemaRef,
    /// The most rows of one.
    most: usize,
    /// What is left of a batch that has more.
    rest: Option<RecordBatch>,
    /// The thread that asked for them: only where that one reads, signals may be looked for. Another one might wait for it for ever.
    asked: ThreadId,
}

impl Batches {
    fn whole(&mut self) -> Option<Result<RecordBatch, ArrowError>> {
        loop {
            match &mut self.from {
                From::Known(batches) => return batches.pop_front().map(Ok),
                From::Running(running) => match running.step_within(LOOK) {
                    Some(Step::Batch(batch)) => return Some(record_batch(&batch, &self.schema)),
                    Some(Step::Failed(error)) => return Some(Err(ArrowError::ExternalError(Box::new(error)))),
                    Some(_) => continue,
                    None if running.has_ended() => return None,
                    None => {}
                },
                From::Asked(answer) => match answer.step_within(LOOK) {
                    Some(Ok(kndb_sql::Step::Batch(batch))) => return Some(Ok(batch)),
                    Some(Ok(kndb_sql::Step::Done)) => return None,
                    Some(Err(error)) => return Some(Err(ArrowError::ExternalError(Box::new(error)))),
                    None => {}
                },
            }
            if std::thread::current().id() == self.asked {
                let interrupted = Python::attach(|py| py.check_signals());
                if let Err(error) = interrupted {
                    // What C code is told becomes an error of its library: the signal is to be seen after it, too.
                    Python::attach(|py| again(py, &error));
                    return Some(Err(ArrowError::ComputeError("interrupted: the answer is not complete".into())));
                }
            }
        }
    }
}

/// Puts an interruption back, so that Python raises it as soon as it runs again.
fn again(py: Python<'_>, error: &PyErr) {
    let interrupt = || py.import("_thread")?.call_method0("interrupt_main");
    if interrupt().is_err() {
        error.print(py);
    }
}

impl Iterator for Batches {
    type Item = Result<RecordBatch, ArrowError>;

    fn next(&mut self) -> Option<Self::Item> {
        let batch = match self.rest.take() {
            Some(batch) => batch,
            None => match self.whole()? {
                Ok(batch) => batch,
                error => return Some(error),
            },
        };
        if batch.num_rows() <= self.most {
            return Some(Ok(batch));
        }
        self.rest = Some(batch.slice(self.most, batch.num_rows() - self.most));
        Some(Ok(batch.slice(0, self.most)))
    }
}

impl RecordBatchReader for Batches {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }
}

/// A stream of record batches, to be read once.
#[pyclass(frozen, module = "kndb._kndb")]
pub struct Stream {
    schema: SchemaRef,
    batches: Mutex<Option<Batches>>,
}

impl Stream {
    fn new(from: From, schema: SchemaRef, most: Option<usize>) -> Self {
        let asked = std::thread::current().id();
        let most = most.unwrap_or(usize::MAX).max(1);
        let batches = Batches { from, schema: Arc::clone(&schema), most, rest: None, asked };
        Self { schema, batches: Mutex::new(Some(batches)) }
    }

    /// Of a statement while it runs.
    pub fn running(running: Running, schema: SchemaRef, most: Option<usize>) -> Self {
        Self::new(From::Running(running), schema, most)
    }

    /// Of SQL while it runs.
    pub fn asked(answer: Answer, schema: SchemaRef, most: Option<usize>) -> Self {
        Self::new(From::Asked(Box::new(answer)), schema, most)
    }

    /// Of batches that are there.
    pub fn known(batches: Vec<RecordBatch>, schema: SchemaRef, most: Option<usize>) -> Self {
        Self::new(From::Known(batches.into()), schema, most)
    }

    /// Hands all of it to whoever reads C streams. A wish for another schema is passed over, as the interface allows: readers cast themselves.
    pub fn capsule<'py>(
        &self,
        py: Python<'py>,
        _requested_schema: Option<Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyCapsule>> {
        // Not while Python waits for this thread: who has the lock may wait for Python.
        let taken = py.detach(|| self.batches.lock().unwrap_or_else(PoisonError::into_inner).take());
        let batches =
            taken.ok_or_else(|| PyRuntimeError::new_err("this reader was read already: ask the result for another"))?;
        PyCapsule::new_with_value(py, FFI_ArrowArrayStream::new(Box::new(batches)), c"arrow_array_stream")
    }
}

#[pymethods]
impl Stream {
    #[pyo3(signature = (requested_schema = None))]
    fn __arrow_c_stream__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyCapsule>> {
        self.capsule(py, requested_schema)
    }

    fn __arrow_c_schema__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyCapsule>> {
        schema_capsule(py, &self.schema)
    }

    fn __iter__(this: Py<Self>) -> Py<Self> {
        this
    }

    /// The next batch, as a stream of its own.
    fn __next__(&self, py: Python<'_>) -> PyResult<Self> {
        let next = py.detach(|| {
            let mut batches = self.batches.lock().unwrap_or_else(PoisonError::into_inner);
            batches.as_mut().and_then(Iterator::next)
        });
        match next {
            None => Err(PyStopIteration::new_err(())),
            Some(Ok(batch)) => Ok(Self::known(vec![batch], Arc::clone(&self.schema), None)),
            Some(Err(error)) => {
                py.check_signals()?;
                Err(crate::failure::said(py, error.to_string(), None))
            }
        }
    }
}

/// A schema for whoever reads C schemas.
pub fn schema_capsule<'py>(py: Python<'py>, schema: &SchemaRef) -> PyResult<Bound<'py, PyCapsule>> {
    let made =
        FFI_ArrowSchema::try_from(schema.as_ref()).map_err(|error| PyRuntimeError::new_err(error.to_string()))?;
    PyCapsule::new_with_value(py, made, c"arrow_schema")
}
