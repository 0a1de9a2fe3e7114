//! Tables of scores, a row a neuron, as entries: what Parquet and Arrow files have in common.
//!
//! The rows of one (fact, language, prompt) must be together, so that memory is bounded by one fact.
//! Rows for every neuron of the model make a dense entry. Fewer make a sparse one whose floor is the
//! lowest score given: nothing is known of what lies below. Without scores they are a neuron set.

use std::collections::VecDeque;
use std::fmt::Display;
use std::mem;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use arrow_array::RecordBatch;
use arrow_schema::ArrowError;
use kndb_storage::{Entry, EntryData, Neuron, ScoreValues};

use super::columns::{Columns, Rows};
use crate::bytes::mapped::Mapped;
use crate::error::{ImportError, Place};
use crate::format::Source;
use crate::options::Options;
use crate::source::seen::{Repeat, Seen};
use crate::source::sparse::SparseScores;
use crate::source::tensor::{Key, entry, number_text};

/// Rows dealt with at a time.
pub(super) const BATCH_ROWS: usize = 16 << 10;

/// Batches of rows, however they are read.
pub(super) type Batches = Box<dyn Iterator<Item = Result<RecordBatch, ArrowError>> + Send>;

/// Entries of a table.
pub(super) struct Table {
    file: Mapped,
    format: &'static str,
    batches: Batches,
    columns: Columns,
    /// Bytes of the file that have been read.
    read: Arc<AtomicU64>,
    state: State,
    options: Options,
}

/// What has been read but not yet given out.
#[derive(Default)]
struct State {
    /// What is left of a batch that is large: it is dealt with in pieces.
    pending: Option<RecordBatch>,
    waiting: VecDeque<Entry>,
    current: Option<Current>,
    seen: Seen,
    row: u64,
    duplicates: u64,
}

/// The fact whose rows are being read.
struct Current {
    key: Key,
    rows: SparseScores,
}

/// Calls a reader of the arrow crates, which panic over some files that are damaged. The reader is not
/// used again after an error.
pub(super) fn guarded<T, E: Display>(read: impl FnOnce() -> Result<T, E>) -> Result<T, String> {
    match panic::catch_unwind(AssertUnwindSafe(read)) {
        Ok(result) => result.map_err(|error| error.to_string()),
        Err(payload) => {
            let text = payload.downcast_ref::<String>().map(String::as_str);
            let text = text.or_else(|| payload.downcast_ref::<&str>().copied());
            Err(format!("its reader gave up: {}", text.unwrap_or("no reason given")))
        }
    }
}

impl Table {
    pub fn new(
        file: Mapped,
        format: &'static str,
        batches: Batches,
        columns: Columns,
        read: Arc<AtomicU64>,
        options: &Options,
    ) -> Self {
        Self { file, format, batches, columns, read, state: State::default(), options: options.clone() }
    }

    /// Reads a batch, or a piece of one, into the state; false at the end of the file.
    fn read_batch(&mut self) -> Result<bool, ImportError> {
        let batch = match self.state.pending.take() {
            Some(batch) => Ok(Some(batch)),
            None => guarded(|| self.batches.next().transpose()),
        };
        let batch = batch.map_err(|problem| ImportError::Damaged {
            at: self.file.at(Place::Row(self.state.row)),
            format: self.format,
            problem,
        })?;
        let Some(mut batch) = batch else {
            return self.flush().map(|()| false);
        };
        if let Some(more @ 1..) = batch.num_rows().checked_sub(BATCH_ROWS) {
            self.state.pending = Some(batch.slice(BATCH_ROWS, more));
            batch = batch.slice(0, BATCH_ROWS);
        }
        let rows = self.columns.read(&batch, &self.file, self.state.row)?;
        for index in 0..batch.num_rows() {
            self.add(&rows, index)?;
            self.state.row += 1;
        }
        Ok(true)
    }

    fn add(&mut self, rows: &Rows, index: usize) -> Result<(), ImportError> {
        let fact = rows.fact.value(index);
        let language = rows.language.as_ref().map_or(&*self.options.language, |column| column.value(index));
        let prompt = match &rows.prompt {
            None => self.options.prompt,
            Some(column) => {
                let found = column.value(index);
                u16::try_from(found).map_err(|_| ImportError::Unexpected {
                    at: self.here(),
                    found: format!("prompt {found}"),
                    expected: "the number of a prompt, 0 to 65535".to_owned(),
                })?
            }
        };
        let same = |current: &Current| {
            let key = &current.key;
            key.fact == fact && key.language == language && key.prompt == prompt
        };
        if !self.state.current.as_ref().is_some_and(same) {
            let key = Key { fact: fact.to_owned(), language: language.to_owned(), prompt };
            self.begin(key)?;
        }
        let neuron = self.neuron(rows.layer.value(index), rows.neuron.value(index), fact)?;
        let score = rows.score.as_ref().map_or(0.0, |column| column.value(index));
        if !score.is_finite() {
            let (layer, unit) = self.options.shape.split(neuron);
            return Err(ImportError::BadScore {
                at: self.here(),
                fact: fact.to_owned(),
                layer: layer.0,
                neuron: unit,
                found: number_text(score),
            });
        }
        let most = 2 * self.options.shape.neurons();
        let Some(current) = &mut self.state.current else {
            return Ok(());
        };
        current.rows.push(neuron, score);
        // A fact cannot have more rows than the model has neurons, but for repeats.
        if current.rows.len() as u64 > most {
            let settled = current.rows.settle();
            let at = || self.file.at(Place::Row(self.state.row));
            self.state.duplicates += settled.map_err(|twice| twice.error(at(), fact, self.options.shape))?;
        }
        Ok(())
    }

    fn neuron(&self, layer: i64, unit: i64, fact: &str) -> Result<Neuron, ImportError> {
        let shape = self.options.shape;
        let (Ok(layer), Ok(neuron)) = (u64::try_from(layer), u64::try_from(unit)) else {
            return Err(ImportError::Unexpected {
                at: self.here(),
                found: format!("layer {layer}, neuron {unit} of fact `{fact}`"),
                expected: "numbers from 0".to_owned(),
            });
        };
        let found = u32::try_from(layer).ok().zip(u32::try_from(neuron).ok());
        found.and_then(|(layer, unit)| shape.neuron(layer, unit)).ok_or_else(|| ImportError::NeuronOutside {
            at: self.here(),
            fact: fact.to_owned(),
            layer,
            neuron,
            shape,
        })
    }

    fn here(&self) -> Box<crate::error::Location> {
        self.file.at(Place::Row(self.state.row))
    }

    /// Ends the current fact and begins the next.
    fn begin(&mut self, key: Key) -> Result<(), ImportError> {
        self.flush()?;
        if self.state.seen.note(&key.bytes(), &[], self.state.row) != Repeat::New {
            let Key { fact, language, prompt } = key;
            return Err(ImportError::NotContiguous { at: self.here(), fact, language, prompt });
        }
        self.state.current = Some(Current { key, rows: SparseScores::default() });
        Ok(())
    }

    /// Puts the current fact into `waiting`.
    fn flush(&mut self) -> Result<(), ImportError> {
        let Some(Current { key, rows }) = mem::take(&mut self.state.current) else {
            return Ok(());
        };
        let shape = self.options.shape;
        let (neurons, scores, dropped) = match rows.finish() {
            Ok(finished) => finished,
            Err(twice) => {
                // The rows that disagree lie before this one, among those of the fact.
                let at = self.file.at(Place::Row(self.state.row.saturating_sub(1)));
                return Err(twice.error(at, &key.fact, shape));
            }
        };
        self.state.duplicates += dropped;
        self.state.waiting.push_back(if !self.columns.scored() {
            let data = EntryData::Neurons(neurons);
            Entry { fact: key.fact, language: key.language, prompt: key.prompt, data }
        } else if neurons.len() as u64 == shape.neurons() {
            entry(key, ScoreValues::Dense(scores))
        } else {
            let floor = scores.iter().copied().fold(f32::INFINITY, f32::min);
            entry(key, ScoreValues::Sparse { neurons, scores, floor })
        });
        Ok(())
    }
}

impl Source for Table {
    fn next_entry(&mut self) -> Result<Option<Entry>, ImportError> {
        while self.state.waiting.is_empty() && self.read_batch()? {}
        Ok(self.state.waiting.pop_front())
    }

    fn bytes_read(&self) -> u64 {
        self.read.load(Ordering::Relaxed).min(self.file.len())
    }

    fn duplicates(&self) -> u64 {
        self.state.duplicates
    }

    fn place(&self) -> String {
        self.here().to_string()
    }
}
