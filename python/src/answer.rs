//! A statement of a store: checked at once, run when its rows are asked for.

use crate::arguments::arguments;
use crate::cells::{Column, rows};
use crate::export::Stream;
use crate::failure::{not_forked, of_query, said};
use crate::waiting::{LOOK, wait};
use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;
use kndb::query::{
    Attached, Batch, BatchSink, Column as Head, Interrupt, Note, Outcome, QueryError, Settings, Statement, parse,
    stream,
};
use kndb::storage::Store;
use kndb_arrow::{Running, Step, record_batch, schema};
use pyo3::prelude::*;
use pyo3::types::{PyCapsule, PyDict, PyList};
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// All of an answer.
#[derive(Clone)]
pub struct Whole {
    pub columns: Arc<[Head]>,
    pub batches: Arc<Vec<Batch>>,
    pub notes: Vec<Note>,
    pub rows: u64,
    /// What a statement without rows says that it did.
    pub did: Option<String>,
}

/// A statement of a store and, once they were asked for, its rows.
#[pyclass(frozen, module = "kndb._kndb")]
pub struct Answer {
    store: Store,
    /// Stores that the statement can name beside it.
    attached: Attached,
    text: String,
    statement: Statement,
    memory: Option<u64>,
    /// What `explain` says of it; `None` for statements that are no queries.
    plan: Option<String>,
    columns: Mutex<Option<Arc<[Head]>>>,
    whole: Mutex<Option<Arc<Whole>>>,
}

impl Answer {
    /// Plans a statement with its parameters bound. What has no rows to wait for, or changes the store, is done at once.
    pub fn new(
        py: Python<'_>,
        (store, attached): (Store, Attached),
        (text, statement): (String, Statement),
        memory: Option<u64>,
    ) -> PyResult<Self> {
        if matches!(statement, Statement::Let { .. } | Statement::Drop { .. }) {
            not_forked(py)?;
        }
        let plan = match &statement {
            Statement::Query(_) => Some(explained(py, (&store, &attached), &text, &statement)?),
            _ => None,
        };
        let (columns, whole) = (Mutex::default(), Mutex::default());
        let answer = Self { store, attached, text, statement, memory, plan, columns, whole };
        if answer.plan.is_none() {
            answer.whole(py)?;
        }
        Ok(answer)
    }

    fn settings(&self) -> Settings {
        let (interrupt, attached) = (Interrupt::default(), self.attached.clone());
        let settings = Settings { interrupt, attached, ..Settings::default() };
        Settings { memory: self.memory.or(settings.memory), ..settings }
    }

    fn start(&self) -> Running {
        let (settings, store, statement) = (self.settings(), self.store.clone(), self.statement.clone());
        Running::start(settings.interrupt.clone(), move |sink| stream(&store, &settings, &statement, sink))
    }

    /// The next step of a running statement; Ctrl-C is looked for meanwhile.
    fn step(&self, py: Python<'_>, running: &mut Running) -> PyResult<Option<Step>> {
        loop {
            let lent = &mut *running;
            let step = py.detach(move || lent.step_within(LOOK));
            match step {
                Some(Step::Failed(error)) => return Err(of_query(py, error, &self.text)),
                Some(step) => return Ok(Some(step)),
                None if running.has_ended() => return Ok(None),
                None => py.check_signals()?,
            }
        }
    }

    /// All rows, found the first time.
    pub fn whole(&self, py: Python<'_>) -> PyResult<Arc<Whole>> {
        if let Some(whole) = locked(&self.whole).as_ref() {
            return Ok(Arc::clone(whole));
        }
        let mut running = self.start();
        let (mut columns, mut batches): (Arc<[Head]>, _) = (Arc::from([]), Vec::new());
        let mut whole = None;
        while let Some(step) = self.step(py, &mut running)? {
            match step {
                Step::Columns(found) => columns = found,
                Step::Batch(batch) => batches.push(batch),
                Step::Done { outcome, notes } => whole = Some((outcome, notes)),
                Step::Failed(_) => {}
            }
        }
        let Some((outcome, notes)) = whole else {
            return Err(said(py, "the statement did not come to its end, which is a bug in kndb".into(), None));
        };
        let (rows, did) = match outcome {
            Outcome::Rows { rows } => (rows, None),
            Outcome::Explained(text) => (0, Some(text)),
            Outcome::Saved { name, members } => (0, Some(format!("@{name} has {members} members"))),
            Outcome::Dropped { name } => (0, Some(format!("@{name} is gone"))),
            Outcome::Attached { name } => (0, Some(format!("its sets are {name}::kn, …"))),
            Outcome::Detached { name } => (0, Some(format!("{name} is no store any more"))),
        };
        let whole = Arc::new(Whole { columns, batches: Arc::new(batches), notes, rows, did });
        // Where another thread was faster, its rows stay: those that somebody has seen.
        Ok(Arc::clone(locked(&self.whole).get_or_insert(whole)))
    }

    fn heads(&self, py: Python<'_>) -> PyResult<Arc<[Head]>> {
        if let Some(whole) = locked(&self.whole).as_ref() {
            return Ok(Arc::clone(&whole.columns));
        }
        if let Some(columns) = locked(&self.columns).as_ref() {
            return Ok(Arc::clone(columns));
        }
        let mut running = self.start();
        let columns = loop {
            match self.step(py, &mut running)? {
                Some(Step::Columns(columns)) => break columns,
                Some(_) => {}
                None => break Arc::from([]),
            }
        };
        // Stopping it may take a moment.
        py.detach(move || drop(running));
        Ok(Arc::clone(locked(&self.columns).get_or_insert(columns)))
    }

    fn schema(&self, py: Python<'_>) -> PyResult<SchemaRef> {
        Ok(Arc::new(schema(&self.heads(py)?, Some(&self.text))))
    }
}

fn locked<T>(lock: &Mutex<T>) -> MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The plan of a query, without running it.
fn explained(
    py: Python<'_>,
    (store, attached): (&Store, &Attached),
    text: &str,
    statement: &Statement,
) -> PyResult<String> {
    let Statement::Query(query) = statement else { return Ok(String::new()) };
    let explain = Statement::Explain { analyze: false, query: query.clone(), span: kndb::query::Span::default() };
    let (interrupt, attached) = (Interrupt::default(), attached.clone());
    let settings = Settings { interrupt, attached, ..Settings::default() };
    let (interrupt, store) = (settings.interrupt.clone(), store.clone());
    let outcome = wait(py, move || stream(&store, &settings, &explain, &mut Nothing), || interrupt.set())?;
    match outcome.map_err(|error| of_query(py, error, text))? {
        Outcome::Explained(plan) => Ok(plan),
        _ => Ok(String::new()),
    }
}

struct Nothing;

impl BatchSink for Nothing {
    fn batch(&mut self, _: Batch) -> Result<ControlFlow<()>, QueryError> {
        Ok(ControlFlow::Break(()))
    }
}

#[pymethods]
impl Answer {
    /// The statement.
    #[getter]
    fn statement(&self) -> &str {
        &self.text
    }

    /// Names of the columns.
    #[getter]
    fn columns(&self, py: Python<'_>) -> PyResult<Vec<&'static str>> {
        Ok(self.heads(py)?.iter().map(|column| column.name).collect())
    }

    /// What to know beside the rows: sentences.
    #[getter]
    fn notes(&self, py: Python<'_>) -> PyResult<Vec<String>> {
        Ok(self.whole(py)?.notes.iter().map(|note| note.text.clone()).collect())
    }

    /// What a statement without rows says that it did.
    #[getter]
    fn did(&self, py: Python<'_>) -> PyResult<Option<String>> {
        // Queries have rows, and are not to be run for this.
        if self.plan.is_some() { Ok(None) } else { Ok(self.whole(py)?.did.clone()) }
    }

    /// How many rows.
    fn __len__(&self, py: Python<'_>) -> PyResult<usize> {
        Ok(self.whole(py)?.rows as usize)
    }

    /// The plan; with `analyze`, run, with rows and times.
    #[pyo3(signature = (analyze = false))]
    fn explain(&self, py: Python<'_>, analyze: bool) -> PyResult<String> {
        let Statement::Query(query) = &self.statement else {
            return Ok(self.whole(py)?.did.clone().unwrap_or_default());
        };
        if !analyze {
            return Ok(self.plan.clone().unwrap_or_default());
        }
        let explain = Statement::Explain { analyze: true, query: query.clone(), span: kndb::query::Span::default() };
        let (settings, store) = (self.settings(), self.store.clone());
        let interrupt = settings.interrupt.clone();
        let outcome = wait(py, move || stream(&store, &settings, &explain, &mut Nothing), || interrupt.set())?;
        match outcome.map_err(|error| of_query(py, error, &self.text))? {
            Outcome::Explained(text) => Ok(text),
            _ => Ok(String::new()),
        }
    }

    /// All rows as lists of Python's own values.
    fn rows<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        let whole = self.whole(py)?;
        rows(py, &whole.batches, &self.text)
    }

    /// A column of all rows, as buffers.
    fn column(&self, py: Python<'_>, at: usize) -> PyResult<Column> {
        let whole = self.whole(py)?;
        Column::of(py, &whole.batches, &whole.columns[at], at, &self.text)
    }

    /// A table of the first and the last rows, as the shell shows it.
    fn table(&self, py: Python<'_>, most: usize, line: usize) -> PyResult<String> {
        let whole = self.whole(py)?;
        let snapshot = self.store.snapshot().map_err(|error| crate::failure::of_store(py, error))?;
        let made = kndb_cli::embedded::table((&whole.columns, &whole.batches), snapshot, most, line);
        made.map_err(|error| of_query(py, error, &self.text))
    }

    /// Addresses of the numbers of a column, batch by batch, as the engine has them: for tests that nothing is copied.
    fn addresses(&self, py: Python<'_>, at: usize) -> PyResult<Vec<usize>> {
        use kndb::query::Values;
        let address = |batch: &Batch| match &batch.data()[at].values {
            Values::Texts(texts) => texts.dictionary().map_or(0, |made| made.keys.as_ptr() as usize),
            Values::Numbers(values) => values.as_ptr() as usize,
            Values::Integers(values) => values.as_ptr() as usize,
            Values::Scores(values) => values.as_ptr() as usize,
            Values::Ratios(values) => values.as_ptr() as usize,
        };
        Ok(self.whole(py)?.batches.iter().map(address).collect())
    }

    /// All rows again and again, or, if they were not asked for yet, the rows of a run of the statement while it runs. `most` rows a batch.
    #[pyo3(signature = (most = None, whole = false))]
    fn stream(&self, py: Python<'_>, most: Option<usize>, whole: bool) -> PyResult<Stream> {
        let known = locked(&self.whole).clone();
        let known = if whole && known.is_none() { Some(self.whole(py)?) } else { known };
        let Some(known) = known else {
            let schema = self.schema(py)?;
            return Ok(Stream::running(self.start(), schema, most));
        };
        let schema = self.schema(py)?;
        let made: Result<Vec<RecordBatch>, _> =
            known.batches.iter().map(|batch| record_batch(batch, &schema)).collect();
        let made = made.map_err(|error| said(py, error.to_string(), None))?;
        Ok(Stream::known(made, schema, most))
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
        crate::export::schema_capsule(py, &self.schema(py)?)
    }
}

/// A statement that was read, to be asked with other values of its parameters again and again.
#[pyclass(frozen, module = "kndb._kndb")]
pub struct Prepared {
    store: Store,
    attached: Attached,
    text: String,
    statement: Statement,
}

impl Prepared {
    pub fn new(py: Python<'_>, (store, attached): (Store, Attached), text: String) -> PyResult<Self> {
        let statement = parse(&text).map_err(|error| of_query(py, error, &text))?;
        Ok(Self { store, attached, text, statement })
    }

    fn bound(&self, parameters: &kndb::Parameters) -> Result<Statement, QueryError> {
        let bound = self.statement.bind(parameters)?;
        parameters.check_used(self.statement.parameters().iter().map(|parameter| parameter.name.as_str()))?;
        Ok(bound)
    }
}

#[pymethods]
impl Prepared {
    /// The statement.
    #[getter]
    fn statement(&self) -> &str {
        &self.text
    }

    /// Names of its parameters, each once.
    #[getter]
    fn parameters(&self) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        for parameter in self.statement.parameters() {
            if !names.contains(&parameter.name) {
                names.push(parameter.name.clone());
            }
        }
        names
    }

    /// Plans it with its parameters bound.
    pub fn query(&self, py: Python<'_>, parameters: &Bound<'_, PyDict>, memory: Option<u64>) -> PyResult<Answer> {
        let values = arguments(parameters)?;
        let bound = self.bound(&values).map_err(|error| of_query(py, error, &self.text))?;
        Answer::new(py, (self.store.clone(), self.attached.clone()), (self.text.clone(), bound), memory)
    }
}
