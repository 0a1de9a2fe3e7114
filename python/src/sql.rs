//! SQL statements: planned at once, run when their rows are asked for.

use crate::arguments::arguments;
use crate::export::Stream;
use crate::failure::{of_sql, said};
use crate::waiting::{LOOK, wait};
use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;
use kndb::Parameters;
use kndb::query::{Attached, Interrupt, Settings};
use kndb::storage::Store;
use kndb_cli::embedded::sql_table;
use kndb_sql::arrow::array::{Array, ArrayRef, AsArray};
use kndb_sql::arrow::compute::cast;
use kndb_sql::arrow::datatypes::{DataType, Float64Type, Int64Type, UInt64Type};
use kndb_sql::arrow::util::display::{ArrayFormatter, FormatOptions};
use kndb_sql::{Answer, Sql, Step};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyCapsule, PyDict, PyFloat, PyInt, PyList, PyString, PyTuple};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

fn locked<T>(lock: &Mutex<T>) -> MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The session of a database, begun with its first statement.
#[derive(Default)]
pub struct Session(Mutex<Option<Arc<Sql>>>);

impl Session {
    /// Plans a statement.
    pub fn ask(
        &self,
        py: Python<'_>,
        store: &Store,
        attached: &Attached,
        (text, parameters): (String, &Bound<'_, PyDict>),
    ) -> PyResult<SqlAnswer> {
        let parameters = arguments(parameters)?;
        // Not under the lock, while Python waits: who has it may wait for Python.
        let known = locked(&self.0).clone();
        let sql = match known {
            Some(sql) => sql,
            None => {
                let settings = Settings { attached: attached.clone(), ..Settings::default() };
                let made = Arc::new(Sql::new(store, settings).map_err(|error| of_sql(py, error))?);
                Arc::clone(locked(&self.0).get_or_insert(made))
            }
        };
        SqlAnswer::new(py, sql, text, parameters)
    }
}

/// All of an answer.
struct Whole {
    batches: Vec<RecordBatch>,
    notes: Vec<String>,
    rows: usize,
}

/// A statement of SQL and, once they were asked for, its rows.
#[pyclass(frozen, module = "kndb._kndb")]
pub struct SqlAnswer {
    sql: Arc<Sql>,
    text: String,
    parameters: Parameters,
    schema: SchemaRef,
    /// Planned, for whoever reads first.
    first: Mutex<Option<Answer>>,
    whole: Mutex<Option<Arc<Whole>>>,
}

impl SqlAnswer {
    fn new(py: Python<'_>, sql: Arc<Sql>, text: String, parameters: Parameters) -> PyResult<Self> {
        let first = planned(py, &sql, &text, &parameters)?;
        let schema = first.schema();
        let (first, whole) = (Mutex::new(Some(first)), Mutex::default());
        let answer = Self { sql, text, parameters, schema, first, whole };
        if answer.schema.fields().is_empty() {
            // `CREATE VIEW` and others are done at once.
            answer.whole(py)?;
        }
        Ok(answer)
    }

    /// The statement, planned: the first time it is.
    fn start(&self, py: Python<'_>) -> PyResult<Answer> {
        let first = locked(&self.first).take();
        if let Some(first) = first {
            return Ok(first);
        }
        let again = planned(py, &self.sql, &self.text, &self.parameters)?;
        if again.schema() != self.schema {
            let reason = "asked again, the statement has other columns: what it names was changed".to_owned();
            return Err(said(py, reason, Some("ask anew: db.sql(…)")));
        }
        Ok(again)
    }

    fn whole(&self, py: Python<'_>) -> PyResult<Arc<Whole>> {
        if let Some(whole) = locked(&self.whole).as_ref() {
            return Ok(Arc::clone(whole));
        }
        let (mut answer, mut batches) = (self.start(py)?, Vec::new());
        loop {
            let lent = &mut answer;
            match py.detach(move || lent.step_within(LOOK)) {
                Some(Ok(Step::Batch(batch))) => batches.push(batch),
                Some(Ok(Step::Done)) => break,
                Some(Err(error)) => return Err(of_sql(py, error)),
                None => {}
            }
            py.check_signals()?;
        }
        let rows = batches.iter().map(RecordBatch::num_rows).sum();
        let whole = Arc::new(Whole { batches, notes: answer.notes(), rows });
        // Where another thread was faster, its rows stay: those that somebody has seen.
        Ok(Arc::clone(locked(&self.whole).get_or_insert(whole)))
    }
}

fn planned(py: Python<'_>, sql: &Arc<Sql>, text: &str, parameters: &Parameters) -> PyResult<Answer> {
    let (sql, text, parameters, interrupt) =
        (Arc::clone(sql), text.to_owned(), parameters.clone(), Interrupt::default());
    let of_work = interrupt.clone();
    let work = move || sql.query_with(&text, &parameters, &of_work);
    wait(py, work, || interrupt.set())?.map_err(|error| of_sql(py, error))
}

#[pymethods]
impl SqlAnswer {
    /// The statement.
    #[getter]
    fn statement(&self) -> &str {
        &self.text
    }

    /// Names of the columns.
    #[getter]
    fn columns(&self) -> Vec<String> {
        self.schema.fields().iter().map(|field| field.name().clone()).collect()
    }

    /// What to know beside the rows: sentences.
    #[getter]
    fn notes(&self, py: Python<'_>) -> PyResult<Vec<String>> {
        Ok(self.whole(py)?.notes.clone())
    }

    /// How many rows.
    fn __len__(&self, py: Python<'_>) -> PyResult<usize> {
        Ok(self.whole(py)?.rows)
    }

    /// All rows as tuples of Python's own values.
    fn rows<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        let (whole, list) = (self.whole(py)?, PyList::empty(py));
        for batch in &whole.batches {
            let columns = batch.columns().iter().map(|column| values(py, column)).collect::<PyResult<Vec<_>>>()?;
            for row in 0..batch.num_rows() {
                list.append(PyTuple::new(py, columns.iter().map(|column| &column[row]))?)?;
            }
            py.check_signals()?;
        }
        Ok(list)
    }

    /// A table of the first and the last rows, as the shell shows it.
    fn table(&self, py: Python<'_>, most: usize, line: usize) -> PyResult<String> {
        let whole = self.whole(py)?;
        sql_table(&self.schema, &whole.batches, most, line).map_err(|error| said(py, error.to_string(), None))
    }

    /// All rows again and again, or, if they were not asked for yet, the rows of a run of the statement while it runs. `most` rows a batch.
    #[pyo3(signature = (most = None, whole = false))]
    fn stream(&self, py: Python<'_>, most: Option<usize>, whole: bool) -> PyResult<Stream> {
        let known = locked(&self.whole).clone();
        let known = if whole && known.is_none() { Some(self.whole(py)?) } else { known };
        let schema = Arc::clone(&self.schema);
        Ok(match known {
            Some(known) => Stream::known(known.batches.clone(), schema, most),
            None => Stream::asked(self.start(py)?, schema, most),
        })
    }

    /// Arrow's C stream.
    #[pyo3(signature = (requested_schema = None))]
    fn __arrow_c_stream__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyCapsule>> {
        self.stream(py, None, false)?.capsule(py, requested_schema)
    }

    /// Arrow's C schema.
    fn __arrow_c_schema__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyCapsule>> {
        crate::export::schema_capsule(py, &self.schema)
    }
}

/// The values of a column as Python's own: numbers, texts, true and false, lists of them; anything else as text.
fn values<'py>(py: Python<'py>, column: &ArrayRef) -> PyResult<Vec<Bound<'py, PyAny>>> {
    let failed = |error: kndb_sql::arrow::error::ArrowError| said(py, error.to_string(), None);
    let kind = column.data_type();
    let to = match kind {
        of if of.is_signed_integer() => DataType::Int64,
        of if of.is_unsigned_integer() => DataType::UInt64,
        of if of.is_floating() => DataType::Float64,
        DataType::Dictionary(_, of) => of.as_ref().clone(),
        of => of.clone(),
    };
    let column = &cast(column, &to).map_err(failed)?;
    let none = || py.None().into_bound(py);
    let each = |value: &dyn Fn(usize) -> PyResult<Bound<'py, PyAny>>| {
        (0..column.len()).map(|row| if column.is_null(row) { Ok(none()) } else { value(row) }).collect()
    };
    match to {
        DataType::Int64 => each(&|row| Ok(PyInt::new(py, column.as_primitive::<Int64Type>().value(row)).into_any())),
        DataType::UInt64 => each(&|row| Ok(PyInt::new(py, column.as_primitive::<UInt64Type>().value(row)).into_any())),
        DataType::Float64 => {
            each(&|row| Ok(PyFloat::new(py, column.as_primitive::<Float64Type>().value(row)).into_any()))
        }
        DataType::Boolean => each(&|row| Ok(PyBool::new(py, column.as_boolean().value(row)).to_owned().into_any())),
        DataType::Utf8 => {
            // Of texts that follow each other and are equal, one object.
            let texts = column.as_string::<i32>();
            let mut last: Option<(&str, Bound<'py, PyAny>)> = None;
            let mut list = Vec::with_capacity(texts.len());
            for row in 0..texts.len() {
                if texts.is_null(row) {
                    list.push(none());
                    continue;
                }
                let text = texts.value(row);
                let object = match &last {
                    Some((before, object)) if *before == text => object.clone(),
                    _ => PyString::new(py, text).into_any(),
                };
                last = Some((text, object.clone()));
                list.push(object);
            }
            Ok(list)
        }
        DataType::List(_) => each(&|row| {
            let inner = values(py, &column.as_list::<i32>().value(row))?;
            Ok(PyList::new(py, inner)?.into_any())
        }),
        DataType::Null => Ok((0..column.len()).map(|_| none()).collect()),
        _ => {
            let options = FormatOptions::default();
            let shown = ArrayFormatter::try_new(column, &options).map_err(failed)?;
            each(&|row| Ok(PyString::new(py, &shown.value(row).to_string()).into_any()))
        }
    }
}
