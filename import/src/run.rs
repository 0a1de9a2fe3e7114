//! Files into the store: one job over many files, in batches that are durable one by one.
//!
//! An interrupted job goes on when the same files are imported again with the same options: what was
//! stored before is passed over. Not for single entries from a running model: those go through
//! [`kndb_storage::RunWriter::append`].

use std::collections::HashMap;
use std::fmt::Write as _;
use std::mem;
use std::path::{Path, PathBuf};
use std::time::Instant;

use kndb_storage::{Claim, Entry, EntryData, Job, OnConflict, RunSpec, ScoreValues, Snapshot, Store};
use xxhash_rust::xxh3::{Xxh3, xxh3_128};

use crate::error::ImportError;
use crate::input::Input;
use crate::options::Options;
use crate::reader::{Reader, open};
use crate::seen::{Repeat, Seen};

/// A batch is stored when its entries take this many bytes in memory, or are this many.
const BATCH_BYTES: usize = 32 << 20;
const BATCH_ENTRIES: usize = 4096;
/// Progress is reported after this many entries, and after every file and batch.
const REPORT_ENTRIES: u64 = 256;

/// What to import into.
#[derive(Clone, Debug)]
pub struct ImportJob {
    /// The run, which is begun or gone on with.
    pub run: RunSpec,
    /// How to read the files. The shape must be the run's.
    pub options: Options,
    /// What to do with facts that the run has already.
    pub on_conflict: OnConflict,
}

/// How far an import is.
#[derive(Clone, Copy, Debug)]
pub struct Progress<'a> {
    /// The file that is read.
    pub file: &'a Path,
    /// Its number, from 0.
    pub file_index: usize,
    /// Number of files.
    pub files: usize,
    /// Bytes read, of all files.
    pub bytes_read: u64,
    /// Bytes of all files.
    pub bytes_total: u64,
    /// Entries read.
    pub entries: u64,
}

/// What an import did.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Summary {
    /// Files read.
    pub files: u64,
    /// Different facts.
    pub facts: u64,
    /// Entries read: one a (fact, language, prompt), and one more where it has groups too.
    pub entries: u64,
    /// Neurons in sets.
    pub pairs: u64,
    /// Scores given in files.
    pub scores: u64,
    /// Degenerate groups.
    pub groups: u64,
    /// Different facts of which the store has no labels.
    pub unknown: u64,
    /// Repeats that were dropped: facts, neurons and groups given more than once.
    pub duplicates: u64,
    /// Entries the run did not have.
    pub new: u64,
    /// Entries an interrupted import had stored already.
    pub resumed: u64,
    /// Entries that took another's place.
    pub replaced: u64,
    /// Bytes of the files.
    pub bytes: u64,
    /// Time taken.
    pub seconds: f64,
}

impl Summary {
    /// Megabytes of input a second.
    pub fn megabytes_per_second(&self) -> f64 {
        if self.seconds > 0.0 { self.bytes as f64 / 1e6 / self.seconds } else { 0.0 }
    }
}

/// Why an import stopped. Batches stored before stay, and the same import goes on after them.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ImportRunError {
    /// A file cannot be read.
    #[error(transparent)]
    Import(#[from] ImportError),

    /// The store refused.
    #[error(transparent)]
    Storage(#[from] kndb_storage::Error),

    /// The options' shape is not the run's.
    #[error("the files are read as {options}, but the run is of {run}; expected one shape")]
    Shape {
        /// Shape in the options.
        options: kndb_storage::Shape,
        /// Shape of the run.
        run: kndb_storage::Shape,
    },

    /// Two files give one fact differently.
    #[error(
        "fact `{fact}`, language `{language}`, prompt {prompt} is in {} and, with different content, in {}; \
         expected each once; leave one of the files out",
        first.display(), second.display()
    )]
    TwoFiles {
        /// External id of the fact.
        fact: String,
        /// Language code.
        language: String,
        /// Prompt number.
        prompt: u16,
        /// The file it was in first.
        first: PathBuf,
        /// The other file.
        second: PathBuf,
    },
}

/// Imports files into a run and finishes it.
pub fn import(
    store: &Store,
    inputs: &[Input],
    job: &ImportJob,
    progress: &mut dyn FnMut(Progress<'_>),
) -> Result<Summary, ImportRunError> {
    let started = Instant::now();
    if job.options.shape != job.run.shape {
        return Err(ImportRunError::Shape { options: job.options.shape, run: job.run.shape });
    }
    let signature = signature(inputs, &job.options)?;
    // Other imports may fill it at the same time, an attribution may not: it has looked what is missing.
    let _claim = store.claim_run(&job.run.name, Claim::Together, "kndb import")?;
    let snapshot = store.snapshot()?;
    let run = store.open_run(job.run.clone())?;
    let writer = run.job(&signature, job.on_conflict)?;
    let mut pass = Pass {
        job: &writer,
        snapshot: &snapshot,
        batch: Vec::new(),
        batch_bytes: 0,
        seen: Seen::default(),
        facts: HashMap::new(),
        summary: Summary::default(),
    };
    let bytes_total = inputs.iter().map(|input| input.size).sum();
    let mut bytes_before = 0;
    for (file_index, input) in inputs.iter().enumerate() {
        let mut reader = open(&input.path, &job.options)?;
        let mut report = |reader: &Reader, entries| {
            progress(Progress {
                file: &input.path,
                file_index,
                files: inputs.len(),
                bytes_read: bytes_before + reader.bytes_read(),
                bytes_total,
                entries,
            });
        };
        while let Some(entry) = reader.next() {
            let stored = pass.add(entry?, file_index, inputs)?;
            if stored || pass.summary.entries.is_multiple_of(REPORT_ENTRIES) {
                report(&reader, pass.summary.entries);
            }
        }
        report(&reader, pass.summary.entries);
        pass.summary.duplicates += reader.duplicates();
        pass.summary.files += 1;
        bytes_before += input.size;
    }
    pass.store_batch()?;
    let Pass { mut summary, facts, .. } = pass;
    writer.finish()?;
    run.finish()?;
    summary.facts = facts.len() as u64;
    summary.unknown = facts.values().filter(|labelled| !**labelled).count() as u64;
    summary.bytes = bytes_total;
    summary.seconds = started.elapsed().as_secs_f64();
    Ok(summary)
}

/// One pass over all files.
struct Pass<'a> {
    job: &'a Job<'a>,
    /// The store before the import: facts it registers do not count as known.
    snapshot: &'a Snapshot,
    batch: Vec<Entry>,
    batch_bytes: usize,
    seen: Seen,
    /// Facts met, and whether the store has labels of them.
    facts: HashMap<u128, bool>,
    summary: Summary,
}

impl Pass<'_> {
    /// Takes an entry; true when it completed a batch.
    fn add(&mut self, entry: Entry, file: usize, inputs: &[Input]) -> Result<bool, ImportRunError> {
        match self.seen.note_digest(&key(&entry), digest(&entry), file as u64) {
            Repeat::New => {}
            Repeat::Same => {
                self.summary.duplicates += 1;
                return Ok(false);
            }
            Repeat::Different(first) => {
                return Err(ImportRunError::TwoFiles {
                    fact: entry.fact,
                    language: entry.language,
                    prompt: entry.prompt,
                    first: inputs[first as usize].path.clone(),
                    second: inputs[file].path.clone(),
                });
            }
        }
        let id = xxh3_128(entry.fact.as_bytes());
        if !self.facts.contains_key(&id) {
            let fact = self.snapshot.fact(&entry.fact)?;
            let relation = fact.map(|fact| self.snapshot.fact_relation(fact)).transpose()?.flatten();
            self.facts.insert(id, relation.is_some());
        }
        self.summary.entries += 1;
        match &entry.data {
            EntryData::Neurons(neurons) => self.summary.pairs += neurons.len() as u64,
            EntryData::Groups(groups) => self.summary.groups += groups.len() as u64,
            EntryData::Scores(scores) => {
                self.summary.scores += match &scores.values {
                    ScoreValues::Dense(scores) | ScoreValues::Sparse { scores, .. } => scores.len() as u64,
                };
            }
        }
        self.batch_bytes += bytes(&entry);
        self.batch.push(entry);
        let full = self.batch_bytes >= BATCH_BYTES || self.batch.len() >= BATCH_ENTRIES;
        if full {
            self.store_batch()?;
        }
        Ok(full)
    }

    fn store_batch(&mut self) -> Result<(), ImportRunError> {
        let batch = mem::take(&mut self.batch);
        self.batch_bytes = 0;
        if batch.is_empty() {
            return Ok(());
        }
        let appended = self.job.append(&batch)?;
        self.summary.new += appended.new;
        self.summary.resumed += appended.resumed;
        self.summary.replaced += appended.replaced;
        Ok(())
    }
}

/// What makes two imports the same: the files and everything that decides how they are read.
fn signature(inputs: &[Input], options: &Options) -> Result<String, ImportError> {
    let ids = options.ids.as_deref().map(Input::of_file).transpose()?;
    let mut files: Vec<_> = inputs.iter().chain(&ids).map(named).collect();
    files.sort();
    let Options { shape, format, language, prompt, ids: _, ig } = options;
    let format = format.as_deref().unwrap_or("detected");
    let mut text = format!("{shape}, format {format}, language {language}, prompt {prompt}, {ig}");
    for (name, size, modified) in files {
        // Writing to a String does not fail.
        let _ = write!(text, "\n{name} {size} {modified}");
    }
    Ok(text)
}

fn named(input: &Input) -> (String, u64, u128) {
    let name = input.path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    (name, input.size, input.modified)
}

/// The entry's key in a run: a fact may have a neuron set or scores, and groups besides.
fn key(entry: &Entry) -> Vec<u8> {
    let kind = [u8::from(matches!(entry.data, EntryData::Groups(_)))];
    [entry.fact.as_bytes(), entry.language.as_bytes(), &entry.prompt.to_le_bytes(), &kind].join(&0xFF)
}

fn digest(entry: &Entry) -> u64 {
    let mut hasher = Xxh3::new();
    match &entry.data {
        EntryData::Neurons(neurons) => neurons.iter().for_each(|neuron| hasher.update(&neuron.0.to_le_bytes())),
        EntryData::Groups(groups) => {
            for group in groups {
                hasher.update(&(group.neurons.len() as u64).to_le_bytes());
                group.neurons.iter().for_each(|neuron| hasher.update(&neuron.0.to_le_bytes()));
            }
        }
        EntryData::Scores(scores) => match &scores.values {
            ScoreValues::Dense(scores) => scores.iter().for_each(|score| hasher.update(&score.to_le_bytes())),
            ScoreValues::Sparse { neurons, scores, .. } => {
                neurons.iter().for_each(|neuron| hasher.update(&neuron.0.to_le_bytes()));
                scores.iter().for_each(|score| hasher.update(&score.to_le_bytes()));
            }
        },
    }
    hasher.digest()
}

/// About how much memory an entry takes.
fn bytes(entry: &Entry) -> usize {
    let data = match &entry.data {
        EntryData::Neurons(neurons) => 4 * neurons.len(),
        EntryData::Groups(groups) => groups.iter().map(|group| 40 + 4 * group.neurons.len()).sum(),
        EntryData::Scores(scores) => match &scores.values {
            ScoreValues::Dense(scores) => 4 * scores.len(),
            ScoreValues::Sparse { scores, .. } => 8 * scores.len(),
        },
    };
    size_of::<Entry>() + entry.fact.len() + entry.language.len() + data
}
