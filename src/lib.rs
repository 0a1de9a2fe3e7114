//! kndb: an embedded analytics database for knowledge-neuron attribution scores.
//!
//! It is a library and a folder on disk: per-fact, per-layer neuron scores go in, set-algebra
//! questions about neurons, facts and languages come out. It is not a server, and it does not need a
//! GPU or a network.
//!
//! | for | use |
//! |---|---|
//! | writing scores, runs, facts | [`Database::store`] and [`storage`] |
//! | asking, with all rows in memory, as columns | [`Database::query`] |
//! | asking, with values beside the text | [`Database::query_with`] and [`Parameters`] |
//! | asking the same again and again | [`Database::prepare`] |
//! | asking two stores at once | [`Database::attach`] |
//! | asking, with columns streamed | [`Database::stream`] and [`query`] |
//! | asking, with rows streamed, for printing | [`Database::query_into`] |
//! | stopping a statement from another thread | [`query::Interrupt`] in [`query::Settings`] |
//!
//! ```
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let folder = tempfile::tempdir()?;
//! # let path = folder.path().join("store");
//! use kndb::storage::{Entry, EntryData, RunSpec, ScoreValues, Scores, Shape};
//! use kndb::{Cell, Database};
//!
//! let db = Database::create(&path)?;
//! let shape = Shape::new(2, 3).ok_or("too large")?;
//! let run = db.store().open_run(RunSpec::new("trial", "toy", shape))?;
//! for (language, scores) in [("en", [0.1, 0.9, 0.0, 0.8, 0.0, 0.4]), ("zh", [0.7, 0.6, 0.0, 0.1, 0.0, 0.5])] {
//!     let values = ScoreValues::Dense(scores.to_vec());
//!     let data = EntryData::Scores(Scores { values, evidence: Vec::new(), origin: None });
//!     run.append(Entry { fact: "f1".into(), language: language.into(), prompt: 0, data })?;
//! }
//! run.finish()?;
//!
//! let answer = db.query("likn[lang in (en, zh), tau=0.3] by layer")?;
//! assert_eq!(answer.names(), ["layer", "pairs", "facts", "neurons", "share"]);
//! assert_eq!(answer.to_rows()?[0][..2], [Cell::Integer(0), Cell::Integer(1)]);
//! // The same without a copy.
//! assert_eq!(answer.batches[0].integers("pairs").map(|pairs| pairs[0]), Some(1));
//! // The run is complete and has every layer, so there is nothing to note.
//! assert_eq!(answer.notes, []);
//! # Ok(())
//! # }
//! ```

mod answer;
mod statement;

pub use answer::{Answer, Cell};
pub use kndb_query as query;
pub use kndb_query::{Argument, Note, Parameters};
pub use kndb_storage as storage;
pub use statement::Statement;

use kndb_query::{Attached, BatchSink, Outcome, Prepared, QueryError, Settings, Sink};
use kndb_storage::Store;
use std::path::Path;

/// An open store that answers questions. Clones share it; it can be used from several threads.
#[derive(Clone)]
pub struct Database {
    store: Store,
    attached: Attached,
}

impl Database {
    /// Makes a new store in an empty folder, or one that is not there yet.
    ///
    /// # Errors
    /// When there is something already, or the folder cannot be written.
    pub fn create(path: impl AsRef<Path>) -> storage::Result<Self> {
        Store::create(path).map(Self::from)
    }

    /// Opens a store.
    ///
    /// # Errors
    /// When there is no store at that path, or it is of another format version.
    pub fn open(path: impl AsRef<Path>) -> storage::Result<Self> {
        Store::open(path).map(Self::from)
    }

    /// Opens a store for reading only: every change is refused. Reading never writes, with or without this.
    ///
    /// # Errors
    /// As for [`Self::open`].
    pub fn open_read_only(path: impl AsRef<Path>) -> storage::Result<Self> {
        Store::open_read_only(path).map(Self::from)
    }

    /// Names another store for reading beside this one: `name::kn` in a statement is a set of it. Facts of two stores are the same where
    /// their ids are, neurons where layer and number are. Clones of this database, and statements that it prepared, see it, too; a
    /// statement may do the same: `attach 'PATH' as name`. Settings of the caller's own have stores of their own
    /// ([`query::Settings::attached`]).
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let folder = tempfile::tempdir()?;
    /// use kndb::Database;
    /// use kndb::storage::{Entry, EntryData, Neuron, RunSpec, Shape};
    ///
    /// let stores = ["first", "second"].map(|name| Database::create(folder.path().join(name)));
    /// let [db, other] = [&stores[0], &stores[1]].map(|db| db.as_ref().expect("a new store"));
    /// for (db, facts) in [(db, ["f1", "f2"]), (other, ["f2", "f3"])] {
    ///     let run = db.store().open_run(RunSpec::new("trial", "toy", Shape::new(2, 3).ok_or("too large")?))?;
    ///     for fact in facts {
    ///         let data = EntryData::Neurons(vec![Neuron(4)]);
    ///         run.append(Entry { fact: fact.into(), language: "en".into(), prompt: 0, data })?;
    ///     }
    ///     run.finish()?;
    /// }
    /// db.attach("other", other.store().path())?;
    /// assert_eq!(db.query("facts of other::kn - facts of kn")?.rows(), 1);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// When the name is taken or cannot be one, when no store at the path can be read, and when it is this store or attached already.
    pub fn attach(&self, name: &str, path: impl AsRef<Path>) -> Result<(), QueryError> {
        self.attached.attach(&self.store, name, path)
    }

    /// Forgets the name of an attached store.
    ///
    /// # Errors
    /// When no store has it.
    pub fn detach(&self, name: &str) -> Result<(), QueryError> {
        self.attached.detach(name)
    }

    /// The settings of questions that come without any.
    fn settings(&self) -> Settings {
        Settings { attached: self.attached.clone(), ..Settings::default() }
    }

    /// The store, for writing and for direct reading.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Answers one statement, with all rows in memory, and what to know beside them ([`Answer::notes`]).
    ///
    /// # Errors
    /// When the statement cannot be read or answered; the error says where and why.
    pub fn query(&self, statement: &str) -> Result<Answer, QueryError> {
        let mut answer = Answer::default();
        self.stream(statement, &self.settings(), &mut answer)?;
        Ok(answer)
    }

    /// The same of a statement with parameters (`kn[lang=$l]`), whose values stand beside it.
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let folder = tempfile::tempdir()?;
    /// # let path = folder.path().join("store");
    /// use kndb::storage::{Entry, EntryData, Neuron, RunSpec, Shape};
    /// use kndb::{Cell, Database, Parameters};
    ///
    /// let db = Database::create(&path)?;
    /// let run = db.store().open_run(RunSpec::new("trial", "toy", Shape::new(2, 3).ok_or("too large")?))?;
    /// for (language, neurons) in [("en", vec![1, 4]), ("zh", vec![4])] {
    ///     let data = EntryData::Neurons(neurons.into_iter().map(Neuron).collect());
    ///     run.append(Entry { fact: "f1".into(), language: language.into(), prompt: 0, data })?;
    /// }
    /// run.finish()?;
    ///
    /// let languages = Parameters::default().with("languages", vec!["en", "zh"]).with("most", 10_u32);
    /// let answer = db.query_with("likn[lang in $languages] by layer top $most", &languages)?;
    /// assert_eq!(answer.to_rows()?[0][..2], [Cell::Integer(1), Cell::Integer(1)]);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As for [`Database::query`]; when a parameter has no value, or one that could not be written in its place, and when a
    /// value is for a parameter that the statement does not have.
    pub fn query_with(&self, statement: &str, parameters: &Parameters) -> Result<Answer, QueryError> {
        let statement = kndb_query::parse(statement)?;
        let bound = statement.bind(parameters)?;
        parameters.check_used(statement.parameters().iter().map(|parameter| parameter.name.as_str()))?;
        let mut answer = Answer::default();
        kndb_query::stream(&self.store, &self.settings(), &bound, &mut answer)?;
        Ok(answer)
    }

    /// Reads a statement once, to ask it many times: it is planned anew only when something was committed, or with other parameters.
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let folder = tempfile::tempdir()?;
    /// # let path = folder.path().join("store");
    /// # use kndb::storage::{Entry, EntryData, Neuron, RunSpec, Shape};
    /// use kndb::{Database, Parameters};
    ///
    /// # let db = Database::create(&path)?;
    /// # let run = db.store().open_run(RunSpec::new("trial", "toy", Shape::new(2, 3).ok_or("too large")?))?;
    /// # for (fact, neurons) in [("f1", vec![1, 4]), ("f2", vec![4])] {
    /// #     let data = EntryData::Neurons(neurons.into_iter().map(Neuron).collect());
    /// #     run.append(Entry { fact: fact.into(), language: "en".into(), prompt: 0, data })?;
    /// # }
    /// # run.finish()?;
    /// let neurons = db.prepare("kn[fact=$fact, lang=en]")?;
    /// for (fact, count) in [("f1", 2), ("f2", 1)] {
    ///     let answer = neurons.query(&Parameters::default().with("fact", fact))?;
    ///     assert_eq!(answer.rows(), count);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// When the text is no statement. Whether it can be answered is found when it is asked.
    pub fn prepare(&self, statement: &str) -> Result<Statement, QueryError> {
        Prepared::new(&self.store, self.settings(), statement).map(Statement)
    }

    /// Runs one statement and hands its rows to `sink` as columns, batch by batch.
    ///
    /// # Errors
    /// As for [`Database::query`], and those of the sink.
    pub fn stream(
        &self,
        statement: &str,
        settings: &Settings,
        sink: &mut dyn BatchSink,
    ) -> Result<Outcome, QueryError> {
        kndb_query::stream(&self.store, settings, &kndb_query::parse(statement)?, sink)
    }

    /// Runs one statement and hands its rows to `sink` one by one, as they are found.
    ///
    /// # Errors
    /// As for [`Database::query`], and when the sink fails.
    pub fn query_into(&self, statement: &str, settings: &Settings, sink: &mut dyn Sink) -> Result<Outcome, QueryError> {
        kndb_query::execute(&self.store, settings, &kndb_query::parse(statement)?, sink)
    }
}

impl From<Store> for Database {
    fn from(store: Store) -> Self {
        Self { store, attached: Attached::default() }
    }
}
