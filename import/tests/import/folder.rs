//! A temporary folder with files, and what reading them gives.

use std::fs;
use std::path::PathBuf;

use kndb_import::{ImportError, ImportJob, Options, Summary, expand, import, open};
use kndb_storage::{Entry, EntryData, Neuron, ScoreValues, Shape, Store};
use tempfile::TempDir;

/// The toy model: 2 layers of 3 neurons.
pub fn shape() -> Shape {
    Shape::new(2, 3).expect("a small shape")
}

pub fn options() -> Options {
    Options::new(shape())
}

pub struct Folder(TempDir);

/// What a file gave.
#[derive(Debug)]
pub struct Read {
    pub format: &'static str,
    pub entries: Vec<Entry>,
    pub duplicates: u64,
    pub bytes: u64,
    pub not_used: Vec<String>,
    pub invalid: Vec<(String, u64)>,
}

impl Folder {
    pub fn new() -> Self {
        Self(tempfile::tempdir().expect("a temporary folder"))
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(path.parent().expect("within the folder")).expect("create the folder");
        fs::write(&path, content).expect("write the file");
        path
    }

    pub fn read_with(&self, name: &str, options: &Options) -> Result<Read, ImportError> {
        let mut reader = open(&self.path(name), options)?;
        let entries = reader.by_ref().collect::<Result<Vec<_>, _>>()?;
        let account = reader.account();
        Ok(Read {
            format: reader.format(),
            entries,
            duplicates: reader.duplicates(),
            bytes: reader.bytes_read(),
            not_used: account.not_used,
            invalid: account.invalid.into_iter().collect(),
        })
    }

    /// Everything in a file.
    pub fn read(&self, name: &str) -> Read {
        self.read_with(name, &options()).expect("a valid file")
    }

    /// The message of an error, without this folder's path.
    pub fn said(&self, error: &ImportError) -> String {
        self.said_of(error)
    }

    /// The same for any error.
    pub fn said_of(&self, error: &dyn std::error::Error) -> String {
        error.to_string().replace(&format!("{}/", self.0.path().display()), "")
    }

    /// The message a file that cannot be read gives.
    pub fn refusal_with(&self, name: &str, options: &Options) -> String {
        self.said(&self.read_with(name, options).expect_err("a file that is refused"))
    }

    /// Imports a file or folder into a run; a refusal by its message.
    pub fn imported(&self, store: &Store, name: &str, job: &ImportJob) -> Result<Summary, String> {
        let inputs = expand(&[self.path(name).display().to_string()]).map_err(|error| self.said(&error))?;
        import(store, &inputs, job, &mut |_| {}).map_err(|error| self.said_of(&error))
    }

    /// Writes a file and returns the message it gives.
    pub fn refusal(&self, name: &str, content: impl AsRef<[u8]>) -> String {
        self.write(name, content);
        self.refusal_with(name, &options())
    }
}

/// An entry as a line of text: fact/language/prompt and its data.
pub fn text(entry: &Entry) -> String {
    let numbers = |neurons: &[Neuron]| neurons.iter().map(|neuron| neuron.0).collect::<Vec<_>>();
    let data = match &entry.data {
        EntryData::Neurons(neurons) => format!("neurons {:?}", numbers(neurons)),
        EntryData::Groups(groups) | EntryData::Searched { groups, .. } => {
            let groups: Vec<_> = groups.iter().map(|group| numbers(&group.neurons)).collect();
            format!("groups {groups:?}")
        }
        EntryData::Stored(_) => panic!("no file has scores that a store has chosen"),
        EntryData::Scores(scores) => match &scores.values {
            ScoreValues::Dense(scores) => format!("dense {scores:?}"),
            ScoreValues::Sparse { neurons, scores, floor } => {
                format!("sparse {:?} {scores:?} floor {floor}", numbers(neurons))
            }
        },
    };
    format!("{}/{}/{} {data}", entry.fact, entry.language, entry.prompt)
}

pub fn texts(read: &Read) -> Vec<String> {
    read.entries.iter().map(text).collect()
}
