//! Scores into a run.
//!
//! Values come as buffers of Python and are copied once, since whoever owns them may change them as soon as other threads run. Everything after
//! the copy is done without Python.

use crate::failure::{not_forked, of_store, said};
use crate::halves::{from_bf16, from_f16};
use crate::waiting::wait;
use kndb::storage::{
    Appended, Entry, EntryData, Error, LayerEvidence, Neuron, OnConflict, Origin, RunWriter, ScoreValues, Scores,
    Shape, Slot, Store,
};
use pyo3::buffer::PyBuffer;
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Values as they came.
enum Raw {
    Half(Vec<u16>),
    Brain(Vec<u16>),
    Single(Vec<f32>),
    Double(Vec<f64>),
}

impl Raw {
    fn copied(py: Python<'_>, kind: &str, values: &Bound<'_, PyAny>) -> PyResult<Self> {
        Ok(match kind {
            "float16" => Self::Half(PyBuffer::<u16>::get(values)?.to_vec(py)?),
            "bfloat16" => Self::Brain(PyBuffer::<u16>::get(values)?.to_vec(py)?),
            "float32" => Self::Single(PyBuffer::<f32>::get(values)?.to_vec(py)?),
            "float64" => Self::Double(PyBuffer::<f64>::get(values)?.to_vec(py)?),
            other => {
                let expected = "expected float16, bfloat16, float32 or float64";
                return Err(PyTypeError::new_err(format!("scores of type {other}; {expected}")));
            }
        })
    }

    fn len(&self) -> usize {
        match self {
            Self::Half(values) | Self::Brain(values) => values.len(),
            Self::Single(values) => values.len(),
            Self::Double(values) => values.len(),
        }
    }

    /// The scores of the `at`th of entries of so many neurons.
    fn of(&self, at: usize, neurons: usize) -> Vec<f32> {
        let place = at * neurons..(at + 1) * neurons;
        match self {
            Self::Half(values) => values[place].iter().map(|&half| from_f16(half)).collect(),
            Self::Brain(values) => values[place].iter().map(|&half| from_bf16(half)).collect(),
            Self::Single(values) => values[place].to_vec(),
            Self::Double(values) => values[place].iter().map(|&value| value as f32).collect(),
        }
    }
}

/// What entries say beside their scores: of each as many as there are entries, or, per layer, as many as there are layers of them.
#[derive(FromPyObject)]
struct Beside {
    #[pyo3(item)]
    p: Option<Vec<f32>>,
    #[pyo3(item)]
    baseline: Option<Vec<f32>>,
    #[pyo3(item)]
    residual: Option<Vec<f32>>,
    #[pyo3(item)]
    answer: Option<Vec<Option<String>>>,
    #[pyo3(item)]
    rank: Option<Vec<Option<u32>>>,
    #[pyo3(item)]
    tokens: Option<Vec<Option<u16>>>,
}

impl Beside {
    fn evidence(&self, at: usize, shape: Shape, scores: &[f32]) -> Vec<LayerEvidence> {
        let layers = shape.layers as usize;
        let Some(p) = &self.p else { return Vec::new() };
        let of = |values: &Option<Vec<f32>>, layer: usize| values.as_ref().map(|values| values[at * layers + layer]);
        let of_layer = |layer: usize| {
            let (probability, baseline) = (p[at * layers + layer], of(&self.baseline, layer).unwrap_or(f32::NAN));
            // As methods §3 has it; NaN, which is not known, where the baseline is.
            let width = shape.width as usize;
            let sum =
                || scores[layer * width..(layer + 1) * width].iter().map(|&score| f64::from(score)).sum::<f64>() as f32;
            let residual = of(&self.residual, layer).unwrap_or_else(|| sum() - (probability - baseline));
            LayerEvidence { probability, baseline, residual }
        };
        (0..layers).map(of_layer).collect()
    }

    fn origin(&self, at: usize) -> Option<Origin> {
        let origin = Origin {
            question: None,
            answer: self.answer.as_ref().and_then(|all| all[at].clone()),
            rank: self.rank.as_ref().and_then(|all| all[at]),
            tokens: self.tokens.as_ref().and_then(|all| all[at]),
        };
        (origin != Origin::default()).then_some(origin)
    }
}

/// A run that is open for writing.
#[pyclass(frozen, module = "kndb._kndb")]
pub struct Writer {
    store: Store,
    shape: Shape,
    name: String,
    on_conflict: OnConflict,
    writer: Mutex<Option<Arc<RunWriter>>>,
}

type Place = (String, String, u16);

impl Writer {
    pub fn new(store: Store, writer: RunWriter, on_conflict: OnConflict) -> Self {
        let spec = &writer.run().spec;
        let (shape, name) = (spec.shape, spec.name.clone());
        Self { store, shape, name, on_conflict, writer: Mutex::new(Some(Arc::new(writer))) }
    }

    fn writer(&self, py: Python<'_>) -> PyResult<Arc<RunWriter>> {
        let writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner).clone();
        writer.ok_or_else(|| {
            let reason = format!("the run {:?} is finished", self.name);
            said(py, reason, Some("db.run(...) with the same name and parameters opens it again"))
        })
    }

    fn add(&self, py: Python<'_>, entries: impl FnOnce() -> Vec<Entry> + Send + 'static) -> PyResult<(u64, u64, u64)> {
        not_forked(py)?;
        let (writer, on_conflict) = (self.writer(py)?, self.on_conflict);
        let added = wait(py, move || append(&writer, entries(), on_conflict), || ())?;
        let Appended { new, replaced, skipped, .. } = added.map_err(|error| of_store(py, error))?;
        Ok((new, replaced, skipped))
    }
}

/// Makes something of each, in their order: pieces of several are made at once.
fn on_all_processors<T: Send, U: Send>(mut all: Vec<T>, make: &(impl Fn(T) -> U + Sync)) -> Vec<U> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(all.len() / 16 + 1);
    let share = all.len().div_ceil(threads).max(1);
    let mut pieces = Vec::new();
    while all.len() > share {
        pieces.push(all.split_off(all.len() - share));
    }
    std::thread::scope(|scope| {
        let others: Vec<_> = pieces.into_iter().rev().map(|piece| scope.spawn(|| made(piece, make))).collect();
        let mut made = made(all, make);
        for other in others {
            match other.join() {
                Ok(piece) => made.extend(piece),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        made
    })
}

fn made<T, U>(all: Vec<T>, make: &impl Fn(T) -> U) -> Vec<U> {
    all.into_iter().map(make).collect()
}

fn append(writer: &RunWriter, mut entries: Vec<Entry>, on_conflict: OnConflict) -> Result<Appended, Error> {
    // Of one entry: it shares a commit with those of other threads. Replacing takes a batch.
    if entries.len() == 1
        && on_conflict != OnConflict::Replace
        && let Some(entry) = entries.pop()
    {
        return match writer.append(entry) {
            Ok(()) => Ok(Appended { new: 1, ..Appended::default() }),
            Err(Error::FactExists { .. }) if on_conflict == OnConflict::Skip => {
                Ok(Appended { skipped: 1, ..Appended::default() })
            }
            Err(error) => Err(error),
        };
    }
    writer.append_batch(&entries, on_conflict)
}

#[pymethods]
impl Writer {
    /// Layers and width.
    #[getter]
    fn shape(&self) -> (u32, u32) {
        (self.shape.layers, self.shape.width)
    }

    /// Whether the entry is in the run.
    fn has(&self, py: Python<'_>, fact: &str, language: &str, prompt: u16) -> PyResult<bool> {
        let run = self.writer(py)?.run().id;
        let found = || {
            let snapshot = self.store.snapshot()?;
            let (Some(fact), Some(language)) = (snapshot.fact(fact)?, snapshot.language(language)) else {
                return Ok(false);
            };
            let slot = Slot { run, language, prompt: kndb::storage::PromptId(prompt) };
            for part in snapshot.parts(slot)? {
                if part.find(fact)?.is_some_and(|local| part.is_live(local)) {
                    return Ok(true);
                }
            }
            Ok(false)
        };
        found().map_err(|error| of_store(py, error))
    }

    /// Adds entries with a score for each neuron; returns how many are new, took another's place, and were passed over.
    fn append(
        &self,
        py: Python<'_>,
        places: Vec<Place>,
        kind: &str,
        values: &Bound<'_, PyAny>,
        beside: Beside,
    ) -> PyResult<(u64, u64, u64)> {
        let (shape, neurons) = (self.shape, self.shape.neurons() as usize);
        let raw = Raw::copied(py, kind, values)?;
        let entries = places.len();
        // Python has made them so; what is read past an end would be a panic.
        let mut lengths = vec![(raw.len(), entries * neurons)];
        for per_layer in [&beside.p, &beside.baseline, &beside.residual].into_iter().flatten() {
            lengths.push((per_layer.len(), entries * shape.layers as usize));
        }
        lengths.extend(beside.answer.iter().map(|all| (all.len(), entries)));
        lengths.extend(beside.rank.iter().map(|all| (all.len(), entries)));
        lengths.extend(beside.tokens.iter().map(|all| (all.len(), entries)));
        if let Some((found, expected)) = lengths.into_iter().find(|(found, expected)| found != expected) {
            return Err(PyValueError::new_err(format!("{found} values; expected {expected}")));
        }
        self.add(py, move || {
            let entry = |(at, (fact, language, prompt)): (usize, Place)| {
                let scores = raw.of(at, neurons);
                let evidence = beside.evidence(at, shape, &scores);
                let data = EntryData::Scores(Scores {
                    values: ScoreValues::Dense(scores),
                    evidence,
                    origin: beside.origin(at),
                });
                Entry { fact, language, prompt, data }
            };
            on_all_processors(places.into_iter().enumerate().collect(), &entry)
        })
    }

    /// Adds entries of neurons (layer, unit) without scores.
    fn append_neurons(
        &self,
        py: Python<'_>,
        places: Vec<Place>,
        neurons: Vec<Vec<(u32, u32)>>,
    ) -> PyResult<(u64, u64, u64)> {
        let shape = self.shape;
        let neuron = |&(layer, unit): &(u32, u32)| -> PyResult<Neuron> {
            shape.neuron(layer, unit).ok_or_else(|| {
                let expected = format!("layers from 0 to {} and units from 0 to {}", shape.layers - 1, shape.width - 1);
                PyValueError::new_err(format!("neuron {layer}:{unit}; expected {expected}"))
            })
        };
        let sets = neurons.iter().map(|set| set.iter().map(neuron).collect::<PyResult<Vec<_>>>());
        let sets = sets.collect::<PyResult<Vec<_>>>()?;
        if sets.len() != places.len() {
            return Err(PyValueError::new_err(format!("{} sets; expected {}", sets.len(), places.len())));
        }
        self.add(py, move || {
            let entry = |((fact, language, prompt), set): (Place, Vec<Neuron>)| Entry {
                fact,
                language,
                prompt,
                data: EntryData::Neurons(set),
            };
            places.into_iter().zip(sets).map(entry).collect()
        })
    }

    /// Marks the run complete, when all that was begun is done.
    fn finish(&self, py: Python<'_>) -> PyResult<()> {
        not_forked(py)?;
        let taken = self.writer.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(mut writer) = taken else { return Ok(()) };
        let finished = wait(
            py,
            move || loop {
                match Arc::try_unwrap(writer) {
                    Ok(alone) => return alone.finish(),
                    // Another thread is adding something, or went on with it after Ctrl-C.
                    Err(shared) => writer = shared,
                }
                std::thread::sleep(Duration::from_millis(2));
            },
            || (),
        )?;
        finished.map_err(|error| of_store(py, error))
    }

    /// Leaves the run as it is: open.
    fn leave(&self) {
        self.writer.lock().unwrap_or_else(PoisonError::into_inner).take();
    }
}
