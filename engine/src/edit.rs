//! Edits of weights that can be kept: new value vectors of neurons, in memory, as a model folder, or as the difference alone.
//!
//! A value vector is a neuron's row of the second feed-forward matrix: what the neuron adds to the residual stream for each 1 of its
//! activation. Scaling it scales what the neuron does at every token; [`Rewrite`](crate::Rewrite) moves it from one object to another.
//! In memory the new values are rounded to the type of the model's file, so that a network that was edited and one that was saved and
//! loaded again give the same bits.

mod delta;
mod save;
mod tensors;

use crate::error::{Error, Result};
use crate::nn::Linear;
use crate::transformer::{Transformer, to_host};
use burn::tensor::{Tensor, TensorData};
use kndb_storage::Neuron;
use std::collections::BTreeMap;

pub use delta::{apply_delta, write_delta};
pub use save::save_folder;
pub use tensors::EditedTensors;

/// New value vectors.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ValueVectors {
    /// By layer and unit, `[hidden]` each.
    pub(crate) new: BTreeMap<usize, BTreeMap<usize, Vec<f32>>>,
}

impl ValueVectors {
    /// The value vectors of neurons, times a factor: 0 suppresses a neuron at every token, 2 enhances it.
    ///
    /// # Errors
    /// A neuron the network does not have.
    pub fn scaled(network: &Transformer, neurons: &[Neuron], factor: f32) -> Result<Self> {
        Self::of(network, neurons, |vector| vector.iter_mut().for_each(|value| *value *= factor))
    }

    /// The value vectors of neurons, changed.
    pub(crate) fn of(network: &Transformer, neurons: &[Neuron], change: impl Fn(&mut [f32])) -> Result<Self> {
        let width = network.width();
        let mut new = BTreeMap::<usize, BTreeMap<usize, Vec<f32>>>::new();
        for neuron in neurons {
            let (layer, unit) = (neuron.0 as usize / width, neuron.0 as usize % width);
            if layer >= network.blocks.len() {
                return Err(Error::Option {
                    option: "neuron",
                    given: neuron.to_string(),
                    expected: format!("one of the model's {} neurons", network.blocks.len() * width),
                });
            }
            let units = new.entry(layer).or_default();
            units.entry(unit).or_insert_with(|| {
                let mut vector = to_host(network.blocks[layer].feed_forward.output.input_row(unit));
                change(&mut vector);
                vector
            });
        }
        Ok(Self { new })
    }

    /// How many neurons have a new one.
    pub fn len(&self) -> usize {
        self.new.values().map(BTreeMap::len).sum()
    }

    /// Whether none has.
    pub fn is_empty(&self) -> bool {
        self.new.is_empty()
    }

    /// A network with the new value vectors; `network` stays as it is, and shares all other weights.
    pub fn apply(&self, network: &Transformer) -> Transformer {
        let mut edited = network.clone();
        for (&layer, units) in &self.new {
            let output = &mut edited.blocks[layer].feed_forward.output;
            let weight = output.rows();
            let (device, [inputs, outputs]) = (weight.device(), weight.dims());
            // In the order of the file: products of another order add up otherwise, and give other last bits.
            let turned = output.has_rows_of_outputs();
            let mut values = to_host(if turned { weight.transpose() } else { weight });
            for (&unit, vector) in units {
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
