//! The members of a set, read from the columns of its listing: ids and numbers, no text is made.

use crate::error::QueryError;
use crate::execute::stream;
use crate::memory::Memory;
use crate::note::Note;
use crate::plan::Settings;
use crate::result::{Batch, BatchSink, Column};
use crate::syntax::parser::parse;
use kndb_storage::{Shape, Store};
use roaring::RoaringBitmap;
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::Arc;

/// Neurons by fact, both by their ids ([`kndb_storage::FactId`], [`kndb_storage::Neuron`]).
pub type NeuronsOfFacts = BTreeMap<u32, RoaringBitmap>;

/// Members of a set of some kind, in memory. Not for listings of any length: those are streamed.
#[derive(Clone, Debug, PartialEq)]
pub enum Members {
    /// Of pairs; facts without a neuron are not there.
    Pairs(NeuronsOfFacts),
    /// Of neurons.
    Neurons(RoaringBitmap),
    /// Of facts.
    Facts(RoaringBitmap),
}

/// Finds the members of a set, and what there is to know beside them; `shape` is that of the model whose neurons they are.
///
/// # Errors
/// As [`crate::stream`], about the set in parentheses.
pub fn members(
    store: &Store,
    settings: &Settings,
    set: &str,
    shape: Shape,
) -> Result<(Members, Vec<Note>), QueryError> {
    // In parentheses, so that clauses choose members and add no columns.
    let statement = parse(&format!("({set})"))?;
    let memory = Memory::new(settings.memory, settings.interrupt.clone());
    let mut read = Reading {
        shape,
        memory,
        has: (false, false),
        pairs: BTreeMap::new(),
        alone: RoaringBitmap::new(),
        notes: Vec::new(),
    };
    stream(store, settings, &statement, &mut read)?;
    let members = match read.has {
        (true, true) => Members::Pairs(read.pairs),
        (false, true) => Members::Neurons(read.alone),
        (_, false) => Members::Facts(read.alone),
    };
    Ok((members, read.notes))
}

struct Reading {
    shape: Shape,
    memory: Memory,
    /// Whether members have a fact, and a neuron.
    has: (bool, bool),
    pairs: NeuronsOfFacts,
    /// Neurons or facts.
    alone: RoaringBitmap,
    notes: Vec<Note>,
}

impl BatchSink for Reading {
    fn columns(&mut self, columns: &Arc<[Column]>) -> Result<(), QueryError> {
        let has = |name| columns.iter().any(|column| column.name == name);
        self.has = (has("fact"), has("neuron"));
        Ok(())
    }

    fn batch(&mut self, batch: Batch) -> Result<ControlFlow<()>, QueryError> {
        self.memory.take(4 * batch.rows() as u64, "the members of a set")?;
        let facts = batch.texts("fact").map(|facts| facts.ids());
        let places = batch.numbers("layer").zip(batch.numbers("neuron"));
        let neurons = places.into_iter().flat_map(|(layers, units)| layers.iter().zip(units.iter()));
        let numbers = neurons.filter_map(|(&layer, &unit)| self.shape.neuron(layer, unit)).map(|neuron| neuron.0);
        match (facts, self.has.1) {
            (Some(facts), true) => {
                for (&fact, neuron) in facts.iter().zip(numbers) {
                    self.pairs.entry(fact).or_default().insert(neuron);
                }
            }
            (Some(facts), false) => self.alone.extend(facts.iter().copied()),
            (None, _) => self.alone.extend(numbers),
        }
        Ok(ControlFlow::Continue(()))
    }

    fn note(&mut self, note: &Note) -> Result<(), QueryError> {
        self.notes.push(note.clone());
        Ok(())
    }
}
