//! A store, its facts, and its upkeep.

use crate::answer::{Answer, Prepared};
use crate::failure::{not_forked, of_files, of_query, of_store, raise, said};
use crate::folders::{self, Exported};
use crate::pages::Served;
use crate::sql::{Session, SqlAnswer};
use crate::table::{self, Table};
use crate::waiting::wait;
use crate::writing::Writer;
use kndb::query::Attached;
use kndb::storage::{
    Error, FactBatch, FactRow, FactsAdded, OnConflict, PRESETS, Preset, RelationNameRow, RunSpec, Shape, Store,
    TemplateRow,
};
use kndb_export::Choice;
use kndb_import::facts::{FactsItem, FactsOptions, open as open_facts};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyCapsule, PyDict};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// An open store.
#[pyclass(frozen, module = "kndb._kndb")]
pub struct Database {
    store: Store,
    attached: Attached,
    sql: Session,
}

/// id, relation, language, subject, object, and where known the ids of subject and object.
type FactTuple = (String, String, String, String, String, Option<String>, Option<String>);

impl Database {
    fn of(store: Store) -> Self {
        Self { store, attached: Attached::default(), sql: Session::default() }
    }

    /// Does some work with the store; upkeep ends where it is interrupted.
    fn done<T: Send + 'static>(
        &self,
        py: Python<'_>,
        work: impl FnOnce(&Store) -> Result<T, Error> + Send + 'static,
    ) -> PyResult<T> {
        not_forked(py)?;
        let stop = Arc::new(AtomicBool::new(false));
        let asked = Arc::clone(&stop);
        let store = self.store.until(move || asked.load(Ordering::Relaxed));
        wait(py, move || work(&store), move || stop.store(true, Ordering::Relaxed))?
            .map_err(|error| of_store(py, error))
    }
}

#[pymethods]
impl Database {
    /// Opens a store.
    #[staticmethod]
    fn open(py: Python<'_>, path: PathBuf, read_only: bool) -> PyResult<Self> {
        let opened = wait(py, move || if read_only { Store::open_read_only(path) } else { Store::open(path) }, || ())?;
        Ok(Self::of(opened.map_err(|error| of_store(py, error))?))
    }

    /// Makes a store.
    #[staticmethod]
    fn create(py: Python<'_>, path: PathBuf) -> PyResult<Self> {
        not_forked(py)?;
        let made = wait(py, move || Store::create(path), || ())?;
        Ok(Self::of(made.map_err(|error| of_store(py, error))?))
    }

    /// The store's folder.
    #[getter]
    fn path(&self) -> PathBuf {
        self.store.path().to_owned()
    }

    /// Reads, plans and binds a statement.
    fn query(
        &self,
        py: Python<'_>,
        text: String,
        parameters: &Bound<'_, PyDict>,
        memory: Option<u64>,
    ) -> PyResult<Answer> {
        self.prepare(py, text)?.query(py, parameters, memory)
    }

    /// Plans a statement of SQL.
    fn sql(&self, py: Python<'_>, text: String, parameters: &Bound<'_, PyDict>) -> PyResult<SqlAnswer> {
        self.sql.ask(py, &self.store, &self.attached, (text, parameters))
    }

    /// A table for sessions of the package `datafusion`.
    fn table(&self, py: Python<'_>, name: &str) -> PyResult<Table> {
        Table::of(py, &self.store, &self.attached, name)
    }

    /// All tables for such a session.
    #[pyo3(signature = (session = None))]
    fn __datafusion_schema_provider__<'py>(
        &self,
        py: Python<'py>,
        session: Option<Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyCapsule>> {
        table::schema_provider(py, &self.store, &self.attached, session)
    }

    /// Shows the store, and those that are attached to it, in a browser.
    fn serve(&self, py: Python<'_>, models: Vec<PathBuf>, host: Option<String>, port: Option<u16>) -> PyResult<Served> {
        let mut stores = vec![self.store.path().to_owned()];
        stores.extend(self.attached.list().into_iter().map(|(_, path)| path));
        Served::of(py, stores, models, host, port)
    }

    /// Reads a statement, to ask it again and again.
    fn prepare(&self, py: Python<'_>, text: String) -> PyResult<Prepared> {
        Prepared::new(py, (self.store.clone(), self.attached.clone()), text)
    }

    /// Names a store for reading beside this one.
    fn attach(&self, py: Python<'_>, path: PathBuf, name: String) -> PyResult<()> {
        let (attached, store) = (self.attached.clone(), self.store.clone());
        let done = wait(py, move || attached.attach(&store, &name, path), || ())?;
        done.map_err(|error| of_query(py, error, ""))
    }

    /// Forgets the name.
    fn detach(&self, py: Python<'_>, name: &str) -> PyResult<()> {
        self.attached.detach(name).map_err(|error| of_query(py, error, ""))
    }

    /// The runs, as JSON.
    fn runs(&self, py: Python<'_>) -> PyResult<String> {
        let store = self.store.clone();
        wait(py, move || kndb_cli::embedded::runs(&store), || ())?.map_err(|told| raise(py, told, None))
    }

    /// Relations: id, and what it is called.
    fn relations(&self, py: Python<'_>) -> PyResult<Vec<(String, Option<String>)>> {
        let snapshot = self.store.snapshot().map_err(|error| of_store(py, error))?;
        let called = |id| snapshot.relation_called(id, None).map(str::to_owned);
        Ok(snapshot.relations().map(|(id, name)| (name.to_owned(), called(id))).collect())
    }

    /// Languages, and how many facts have labels in each.
    fn labels(&self, py: Python<'_>) -> PyResult<Vec<(String, u64)>> {
        let snapshot = self.store.snapshot().map_err(|error| of_store(py, error))?;
        let counts = snapshot.label_counts();
        Ok(counts.into_iter().map(|(language, count)| (snapshot.language_name(language).to_owned(), count)).collect())
    }

    /// Saved sets: name, statement, kind, members.
    fn sets(&self, py: Python<'_>) -> PyResult<Vec<(String, String, String, u64)>> {
        let snapshot = self.store.snapshot().map_err(|error| of_store(py, error))?;
        Ok(snapshot
            .saved_sets()
            .map(|set| (set.name.clone(), set.text.clone(), set.kind.clone(), set.members))
            .collect())
    }

    /// How many facts.
    fn fact_count(&self, py: Python<'_>) -> PyResult<u64> {
        Ok(self.store.snapshot().map_err(|error| of_store(py, error))?.fact_count())
    }

    /// Adds facts, templates (relation, language, text) and names of relations (relation, language, name).
    fn add_facts<'py>(
        &self,
        py: Python<'py>,
        facts: Vec<FactTuple>,
        templates: Vec<(String, String, String)>,
        names: Vec<(String, String, String)>,
    ) -> PyResult<Bound<'py, PyDict>> {
        let fact = |(id, relation, language, subject, object, subject_uri, object_uri): FactTuple| FactRow {
            id,
            relation,
            language,
            subject,
            object,
            subject_uri,
            object_uri,
        };
        let batch = FactBatch {
            facts: facts.into_iter().map(fact).collect(),
            templates: templates
                .into_iter()
                .map(|(relation, language, text)| TemplateRow { relation, language, text })
                .collect(),
            relation_names: names
                .into_iter()
                .map(|(relation, language, name)| RelationNameRow { relation, language, name })
                .collect(),
            ..FactBatch::default()
        };
        let added = self.done(py, move |store| store.add_facts(batch))?;
        counted(py, &added)
    }

    /// Adds the facts of files and folders.
    fn add_fact_files<'py>(
        &self,
        py: Python<'py>,
        paths: Vec<PathBuf>,
        language: Option<String>,
        skip_invalid: bool,
    ) -> PyResult<Bound<'py, PyDict>> {
        let stopped = Arc::new(AtomicBool::new(false));
        let (store, stop) = (self.store.clone(), Arc::clone(&stopped));
        let read = move || -> Result<FactBatch, kndb_import::ImportError> {
            let mut batch = FactBatch::default();
            for path in paths {
                let options = FactsOptions { language: language.clone(), skip_invalid, ..FactsOptions::default() };
                for item in open_facts(&path, &options)? {
                    match item? {
                        FactsItem::Fact(row) => batch.facts.push(row),
                        FactsItem::Template(row) => batch.templates.push(row),
                        FactsItem::Candidates(row) => batch.candidates.push(row),
                        FactsItem::RelationName(row) => batch.relation_names.push(row),
                    }
                    if stop.load(Ordering::Relaxed) {
                        return Ok(FactBatch::default());
                    }
                }
            }
            Ok(batch)
        };
        let asked = Arc::clone(&stopped);
        let batch =
            wait(py, read, move || asked.store(true, Ordering::Relaxed))?.map_err(|error| of_files(py, error))?;
        let added = wait(py, move || store.add_facts(batch), || ())?.map_err(|error| of_store(py, error))?;
        counted(py, &added)
    }

    /// Opens a run for writing, or begins it.
    #[expect(clippy::too_many_arguments, reason = "the Python around it has keywords for them")]
    fn run(
        &self,
        py: Python<'_>,
        name: String,
        model: Option<String>,
        shape: Option<(u32, u32)>,
        preset: Option<&str>,
        taus: (Option<f64>, Vec<(String, f64)>),
        kept: (Option<&str>, Option<&str>),
        said_of_it: (Option<String>, Vec<(String, String)>, Option<String>),
        if_exists: &str,
    ) -> PyResult<Writer> {
        let on_conflict = match if_exists {
            "refuse" => OnConflict::Refuse,
            "skip" => OnConflict::Skip,
            "replace" => OnConflict::Replace,
            other => {
                return Err(PyValueError::new_err(format!(
                    "if_exists={other:?}; expected \"refuse\", \"skip\" or \"replace\""
                )));
            }
        };
        let known = self.store.snapshot().map_err(|error| of_store(py, error))?;
        let known = known.run_named(&name).map(|run| run.spec.clone());
        let spec = match (model, shape, known) {
            // Its name is enough for a run that is there; what else is given is compared.
            (None, None, Some(known)) => known,
            (Some(model), Some((layers, width)), _) => {
                let shape = Shape::new(layers, width).ok_or_else(|| {
                    PyValueError::new_err(format!(
                        "layers={layers}, width={width}; expected at least 1 of each, and fewer than 2³² neurons"
                    ))
                })?;
                RunSpec::new(name, model, shape)
            }
            _ => {
                let hint = "db.run(name, model=\"bert-base\", layers=12, width=3072) begins one";
                return Err(said(
                    py,
                    format!("the run {name:?} is not there, or only some of model, layers and width are given"),
                    Some(hint),
                ));
            }
        };
        let spec = specified(py, spec, preset, taus, kept, said_of_it)?;
        let writer = self.done(py, move |store| store.open_run(spec))?;
        Ok(Writer::new(self.store.clone(), writer, on_conflict))
    }

    /// Deletes a run; returns how many fact ids went with it.
    fn drop_run(&self, py: Python<'_>, name: String) -> PyResult<u64> {
        self.done(py, move |store| store.drop_run(&name))
    }

    /// Gives a run another name.
    fn rename_run(&self, py: Python<'_>, old: String, new: String) -> PyResult<()> {
        self.done(py, move |store| store.rename_run(&old, &new).map(drop))
    }

    /// Copies the store: commit, files copied, bytes copied, files kept, files removed.
    fn backup(&self, py: Python<'_>, to: PathBuf) -> PyResult<(u64, u64, u64, u64, u64)> {
        let done = self.done(py, move |store| store.backup(to, &mut |_, _| ()))?;
        Ok((done.commit, done.copied, done.copied_bytes, done.kept, done.removed))
    }

    /// Writes the store, or some runs, languages and relations of it, into a folder.
    fn export(
        &self,
        py: Python<'_>,
        to: PathBuf,
        format: String,
        runs: Vec<String>,
        languages: Vec<String>,
        relations: Vec<String>,
    ) -> PyResult<Exported> {
        folders::write(py, &self.store, to, format, Choice { runs, languages, relations })
    }

    /// Takes what other stores have: facts, labels, and of each run its name, new entries, entries that were there, whether it is complete.
    #[expect(clippy::type_complexity, reason = "tuples are what Python gets")]
    fn merge(&self, py: Python<'_>, sources: Vec<PathBuf>) -> PyResult<(u64, u64, Vec<(String, u64, u64, bool)>)> {
        let done = self.done(py, move |store| {
            let mut sources = sources.iter().map(Store::open_read_only).collect::<Result<Vec<_>, _>>()?;
            sources.iter_mut().for_each(|source| *source = source.until_as(store));
            Store::merge(store.path(), &sources, &mut |_, _, _| ())
        })?;
        let runs = done.runs.into_iter().map(|run| (run.name, run.new, run.same, run.finished)).collect();
        Ok((done.facts, done.labels, runs))
    }

    /// Reads every byte: segments, bytes, facts, problems.
    fn verify(&self, py: Python<'_>) -> PyResult<(u64, u64, u64, Vec<String>)> {
        let found = self.done(py, Store::verify)?;
        Ok((found.segments, found.bytes, found.facts, found.problems.iter().map(ToString::to_string).collect()))
    }

    /// Merges small segments.
    fn compact(&self, py: Python<'_>) -> PyResult<()> {
        self.done(py, |store| store.compact().map(drop))
    }
}

fn specified(
    py: Python<'_>,
    mut spec: RunSpec,
    preset: Option<&str>,
    (tau, language_taus): (Option<f64>, Vec<(String, f64)>),
    (keep, score_type): (Option<&str>, Option<&str>),
    (method, parameters, weights_hash): (Option<String>, Vec<(String, String)>, Option<String>),
) -> PyResult<RunSpec> {
    if let Some(name) = preset {
        let Some(preset) = Preset::named(name) else {
            let known: Vec<&str> = PRESETS.iter().map(|preset| preset.name).collect();
            return Err(said(py, format!("preset={name:?}; expected one of {}", known.join(", ")), None));
        };
        preset.apply(&mut spec);
    }
    if let Some(tau) = tau {
        spec.tau = tau;
    }
    for (language, tau) in language_taus {
        spec.language_taus.retain(|(known, _)| *known != language);
        spec.language_taus.push((language, tau));
    }
    let wrong =
        |name: &str, given: &str, expected: String| PyValueError::new_err(format!("{name}={given:?}: {expected}"));
    if let Some(rule) = keep {
        spec.keep = kndb_cli::embedded::keep(rule).map_err(|expected| wrong("keep", rule, expected))?;
    }
    if let Some(name) = score_type {
        spec.score_type =
            kndb_cli::embedded::score_type(name).map_err(|expected| wrong("score_type", name, expected))?;
    }
    if let Some(method) = method {
        spec.method = method;
    }
    if !parameters.is_empty() {
        spec.parameters = parameters;
    }
    if weights_hash.is_some() {
        spec.weights_hash = weights_hash;
    }
    Ok(spec)
}

fn counted<'py>(py: Python<'py>, added: &FactsAdded) -> PyResult<Bound<'py, PyDict>> {
    let counts = PyDict::new(py);
    for (name, count) in [
        ("new_facts", added.new_facts),
        ("new_labels", added.new_labels),
        ("changed_labels", added.changed_labels),
        ("same_labels", added.same_labels),
        ("new_templates", added.new_templates),
        ("candidate_lists", added.candidate_lists),
        ("relation_names", added.relation_names),
    ] {
        counts.set_item(name, count)?;
    }
    Ok(counts)
}
