//! Two small stores whose facts are partly the same, with other numbers.
//!
//! The model `toy` has 2 layers of 4 units: neuron 5 is layer 1, unit 1. In English:
//!
//! | fact | here | neurons here | other | neurons there |
//! |---|---|---|---|---|
//! | f1: P36, France – Paris | 0 | 1, 2 | - | - |
//! | f2: P36, Peru – Lima | 1 | 2, 3 | 2 | 3 |
//! | f3: P37, France – French | 2 | 5 | 1 | 5, 6 |
//! | f9: P36, Japan – Tokyo | - | - | 0 | 2, 7 |
//!
//! There f9 has neuron 7 in Chinese, too; here f1 has 1.

use kndb_query::{Column, Note, Outcome, QueryError, Settings, Sink, Value, execute, parse};
use kndb_storage::{Entry, EntryData, FactBatch, FactRow, Neuron, OnConflict, RunSpec, Shape, Store};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

pub const SHAPE: Shape = Shape { layers: 2, width: 4 };

/// Id, relation, subject, object.
pub type Row = (&'static str, &'static str, &'static str, &'static str);

pub const F1: Row = ("f1", "P36", "France", "Paris");
pub const F2: Row = ("f2", "P36", "Peru", "Lima");
pub const F3: Row = ("f3", "P37", "France", "French");
pub const F9: Row = ("f9", "P36", "Japan", "Tokyo");

/// Both stores; the other is attached as `a`.
pub struct Two {
    pub here: Store,
    pub other: Store,
    pub settings: Settings,
    folder: tempfile::TempDir,
}

impl Two {
    pub fn new() -> Self {
        let two = Self::of(&[F1, F2, F3], &[F9, F3, F2]);
        let english =
            [("f1", "en", vec![1, 2]), ("f2", "en", vec![2, 3]), ("f3", "en", vec![5]), ("f1", "zh", vec![1])];
        write(&two.here, RunSpec::new("here", "toy", SHAPE), &english);
        let english =
            [("f9", "en", vec![2, 7]), ("f3", "en", vec![5, 6]), ("f2", "en", vec![3]), ("f9", "zh", vec![7])];
        write(&two.other, RunSpec::new("there", "toy", SHAPE), &english);
        two
    }

    /// Stores with these facts, and no run.
    pub fn of(here: &[Row], other: &[Row]) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let store = |name: &str, rows: &[Row]| {
            let store = Store::create(folder.path().join(name)).expect("a new store");
            add(&store, rows);
            store
        };
        let (here, other) = (store("here", here), store("other", other));
        let settings = Settings::default();
        settings.attached.attach(&here, "a", other.path()).expect("a store to attach");
        Self { here, other, settings, folder }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn rows(&self, text: &str) -> Vec<String> {
        self.told(text).unwrap_or_else(|error| panic!("{text}: {error}")).rows
    }

    pub fn notes(&self, text: &str) -> Vec<String> {
        self.told(text).unwrap_or_else(|error| panic!("{text}: {error}")).notes
    }

    pub fn told(&self, text: &str) -> Result<Told, QueryError> {
        let mut told = Told::default();
        execute(&self.here, &self.settings, &parse(text)?, &mut told)?;
        Ok(told)
    }

    pub fn outcome(&self, text: &str) -> Result<Outcome, QueryError> {
        execute(&self.here, &self.settings, &parse(text)?, &mut Told::default())
    }

    /// What is refused, and the hint.
    pub fn refusal(&self, text: &str) -> (String, String) {
        let error = self.told(text).err().unwrap_or_else(|| panic!("{text}: answered"));
        (error.reason, error.hint.unwrap_or_default())
    }
}

pub fn add(store: &Store, rows: &[Row]) {
    let row = |&(id, relation, subject, object): &Row| FactRow {
        id: id.into(),
        relation: relation.into(),
        language: "en".into(),
        subject: subject.into(),
        object: object.into(),
        subject_uri: None,
        object_uri: None,
    };
    store.add_facts(FactBatch { facts: rows.iter().map(row).collect(), ..FactBatch::default() }).expect("facts");
}

pub fn write(store: &Store, spec: RunSpec, entries: &[(&str, &str, Vec<u32>)]) {
    let run = store.open_run(spec).expect("a run");
    let entry = |(fact, language, neurons): &(&str, &str, Vec<u32>)| Entry {
        fact: (*fact).into(),
        language: (*language).into(),
        prompt: 0,
        data: EntryData::Neurons(neurons.iter().copied().map(Neuron).collect()),
    };
    let entries: Vec<Entry> = entries.iter().map(entry).collect();
    run.append_batch(&entries, OnConflict::Refuse).expect("entries");
    run.finish().expect("the end of the run");
}

/// All files below a folder.
pub fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
        if entry.path().is_dir() { found.extend(files(&entry.path())) } else { found.push(entry.path()) }
    }
    found
}

/// Rows as text, values between blanks, and notes.
#[derive(Debug, Default)]
pub struct Told {
    pub rows: Vec<String>,
    pub notes: Vec<String>,
}

impl Sink for Told {
    fn columns(&mut self, _: &[Column]) -> std::io::Result<()> {
        Ok(())
    }

    fn row(&mut self, row: &[Value<'_>]) -> std::io::Result<ControlFlow<()>> {
        let text = |value: &Value<'_>| match value {
            Value::Null => "NULL".to_owned(),
            Value::Text(text) | Value::Spelled(text) => text.to_string(),
            Value::Integer(number) => number.to_string(),
            Value::Score(score) => score.to_string(),
            Value::Ratio(ratio) => format!("{ratio:.3}"),
        };
        self.rows.push(row.iter().map(text).collect::<Vec<_>>().join(" "));
        Ok(ControlFlow::Continue(()))
    }

    fn end(&mut self) -> std::io::Result<()> {
        Ok(())
    }

    fn note(&mut self, note: &Note) -> std::io::Result<()> {
        self.notes.push(note.text.clone());
        Ok(())
    }
}
