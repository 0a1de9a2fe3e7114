//! Edits of weights that can be kept: new value vectors of neurons, in memory, as a model folder, or as the difference alone.
//!
//! A value vector is a neuron's row of the second feed-forward matrix: what the neuron adds to the residual stream for each 1 of its
//! activation. Scaling it scales what the neuron does at every token; [`Rewrite`](crate::Rewrite) moves it from one object to another.
//! In memory the new values are rounded to the type of the model's file, so that a network that was edited and one that was saved and
//! loaded again give the same bits; but for the last ones of a 16-bit model whose second matrix has a row an input (GPT-2) and more than
//! 2^18 values, where products with the file's matrix are added up in parts.

mod adam;
mod contexts;
mod control;
mod delta;
mod fine_tune;
mod memit;
mod method;
mod neurons;
mod request;
mod rome;
mod save;
mod statistics;
mod tail;
mod tensors;
mod vector;

use crate::error::{Error, Result};
use crate::nn::Linear;
use crate::transformer::{Transformer, to_host};
use burn::tensor::{Tensor, TensorData};
use kndb_storage::Neuron;
use std::collections::{BTreeMap, BTreeSet};

pub use contexts::{ContextOptions, contexts};
pub use delta::{apply_delta, write_delta};
pub use fine_tune::FineTune;
pub use memit::Memit;
pub use method::{EditMethod, Edited, Evidence, Loss, Needs};
pub use neurons::{RewriteNeurons, ScaleNeurons};
pub(crate) use request::tokens_of;
pub use request::{EditPrompt, EditRequest, Essence, EssenceRead, EssenceText, FactText, Read, Sentence};
pub use rome::{Divisor, Rome};
pub use save::{check_place, save_folder};
pub use statistics::{KeyStatistics, TextOptions};
pub use tensors::EditedTensors;
pub use vector::VectorOptions;

/// New value vectors.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ValueVectors {
    /// By layer.
    pub(crate) new: BTreeMap<usize, Rows>,
}

/// New value vectors of a layer: of some of its units, or of all.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Rows {
    /// Each once, ascending.
    units: Vec<usize>,
    /// `[units × hidden]`.
    values: Vec<f32>,
    hidden: usize,
}

impl Rows {
    /// A unit and its vector.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (usize, &[f32])> {
        self.units.iter().copied().zip(self.values.chunks(self.hidden.max(1)))
    }

    /// The same, to be changed.
    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = (usize, &mut [f32])> {
        self.units.iter().copied().zip(self.values.chunks_mut(self.hidden.max(1)))
    }
}

impl ValueVectors {
    /// The value vectors of neurons, times a factor: 0 suppresses a neuron at every token, 2 enhances it.
    ///
    /// # Errors
    /// A neuron the network does not have.
    pub fn scaled(network: &Transformer, neurons: &[Neuron], factor: f32) -> Result<Self> {
        Self::of(network, neurons, |vector| vector.iter_mut().for_each(|value| *value *= factor))
    }

    /// All of a layer's, `[width × hidden]`.
    pub(crate) fn whole(layer: usize, values: Vec<f32>, hidden: usize) -> Self {
        let units = (0..values.len() / hidden.max(1)).collect();
        Self { new: BTreeMap::from([(layer, Rows { units, values, hidden })]) }
    }

    /// The value vectors of neurons, changed.
    pub(crate) fn of(network: &Transformer, neurons: &[Neuron], change: impl Fn(&mut [f32])) -> Result<Self> {
        let (width, hidden) = (network.width(), network.hidden());
        let mut places = BTreeMap::<usize, BTreeSet<usize>>::new();
        for neuron in neurons {
            let (layer, unit) = (neuron.0 as usize / width, neuron.0 as usize % width);
            if layer >= network.blocks.len() {
                return Err(Error::Option {
                    option: "neuron",
                    given: neuron.to_string(),
                    expected: format!("one of the model's {} neurons", network.blocks.len() * width),
                });
            }
            places.entry(layer).or_default().insert(unit);
        }
        let rows = |(layer, units): (usize, BTreeSet<usize>)| {
            let mut values = Vec::with_capacity(units.len() * hidden);
            for &unit in &units {
                let mut vector = to_host(network.blocks[layer].feed_forward.output.input_row(unit));
                change(&mut vector);
                values.extend(vector);
            }
            (layer, Rows { units: units.into_iter().collect(), values, hidden })
        };
        Ok(Self { new: places.into_iter().map(rows).collect() })
    }

    /// How many neurons have a new one.
    pub fn len(&self) -> usize {
        self.new.values().map(|rows| rows.units.len()).sum()
    }

    /// Whether none has.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The layers that have new ones, ascending.
    pub fn layers(&self) -> impl Iterator<Item = usize> + '_ {
        self.new.keys().copied()
    }

    /// A neuron's new vector, `[hidden]`, if it has one.
    pub fn vector(&self, layer: usize, unit: usize) -> Option<&[f32]> {
        let rows = self.new.get(&layer)?;
        let at = rows.units.binary_search(&unit).ok()?;
        rows.values.get(at * rows.hidden..(at + 1) * rows.hidden)
    }

    /// These and those of a later edit, which was made of a network that had these already.
    #[must_use]
    pub fn then(mut self, later: Self) -> Self {
        for (layer, rows) in later.new {
            let Some(own) = self.new.get_mut(&layer).filter(|own| own.units != rows.units) else {
                self.new.insert(layer, rows);
                continue;
            };
            let mut all: BTreeMap<usize, &[f32]> = own.iter().collect();
            all.extend(rows.iter());
            let units = all.keys().copied().collect();
            let values = all.into_values().flatten().copied().collect();
            *own = Rows { units, values, hidden: rows.hidden };
        }
        self
    }

    /// A network with the new value vectors; `network` stays as it is, and shares all other weights.
    pub fn apply(&self, network: &Transformer) -> Transformer {
        let mut edited = network.clone();
        for (&layer, rows) in &self.new {
            let output = &mut edited.blocks[layer].feed_forward.output;
            let weight = output.rows();
            let (device, [inputs, outputs]) = (weight.device(), weight.dims());
            // In the order of the file: products of another order add up otherwise, and give other last bits.
            let turned = output.has_rows_of_outputs();
            let mut values = to_host(if turned { weight.transpose() } else { weight });
            for (unit, vector) in rows.iter() {
                for (at, &value) in vector.iter().enumerate() {
                    values[if turned { at * inputs + unit } else { unit * outputs + at }] = value;
                }
            }
            let bias = output.bias().map(|bias| bias.squeeze_dim(0));
            let matrix = |dims: [usize; 2]| Tensor::<2>::from_data(TensorData::new(values, dims), &device);
            *output = match turned {
                true => Linear::from_rows(matrix([outputs, inputs]), bias),
                false => Linear::new(matrix([inputs, outputs]), bias),
            };
        }
        edited
    }
}
