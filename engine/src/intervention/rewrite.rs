//! A fact rewritten in the value vectors of its knowledge neurons.

use crate::error::{Error, Result};
use crate::nn::Linear;
use crate::transformer::{Transformer, to_host};
use burn::tensor::{Tensor, TensorData};
use kndb_storage::Neuron;
use std::collections::BTreeMap;

/// The weight edit of Dai et al. (ACL 2022, §5.1 "updating facts"): the row v of W2 of every chosen neuron becomes
/// v − λ1·‖v‖·e(old)/‖e(old)‖ + λ2·‖v‖·e(new)/‖e(new)‖, where e(t) is the row of the output embedding of token t (the word
/// embedding, where the two are tied), or the mean of such rows for an object of several tokens.
#[derive(Clone, Debug, PartialEq)]
pub struct Rewrite {
    /// The neurons whose value vectors change.
    pub neurons: Vec<Neuron>,
    /// Tokens of the object the model shall forget.
    pub old: Vec<u32>,
    /// Tokens of the object it shall give instead.
    pub new: Vec<u32>,
    /// λ1; 1 in the paper.
    pub forget: f32,
    /// λ2; 8 in the paper.
    pub learn: f32,
}

impl Rewrite {
    /// With the paper's λ1 = 1 and λ2 = 8.
    pub fn new(neurons: Vec<Neuron>, old: Vec<u32>, new: Vec<u32>) -> Self {
        Self { neurons, old, new, forget: 1.0, learn: 8.0 }
    }

    /// A network with the edited weights; `network` stays as it is, and shares all other weights.
    ///
    /// # Errors
    /// A neuron or a token the network does not have; no token.
    pub fn apply(&self, network: &Transformer) -> Result<Transformer> {
        let width = network.width();
        let mut layers: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for neuron in &self.neurons {
            let (layer, unit) = (neuron.0 as usize / width, neuron.0 as usize % width);
            if layer >= network.blocks.len() {
                return Err(Error::Option {
                    option: "neuron",
                    given: neuron.to_string(),
                    expected: format!("one of the model's {} neurons", network.blocks.len() * width),
                });
            }
            let units = layers.entry(layer).or_default();
            if !units.contains(&unit) {
                units.push(unit);
            }
        }
        let (old, new) = (direction(network, &self.old)?, direction(network, &self.new)?);
        let mut edited = network.clone();
        for (layer, units) in layers {
            let output = &mut edited.blocks[layer].feed_forward.output;
            let weight = output.rows();
            let (device, dims) = (weight.device(), weight.dims());
            let mut rows = to_host(weight);
            for unit in units {
                let row = &mut rows[unit * dims[1]..(unit + 1) * dims[1]];
                let size = norm(row);
                for ((value, old), new) in row.iter_mut().zip(&old).zip(&new) {
                    *value += size * (self.learn * new - self.forget * old);
                }
            }
            let bias = output.bias().map(|bias| bias.squeeze_dim(0));
            *output = Linear::new(Tensor::from_data(TensorData::new(rows, dims), &device), bias);
        }
        Ok(edited)
    }
}

/// The mean of tokens' output embeddings, as a unit vector.
fn direction(network: &Transformer, tokens: &[u32]) -> Result<Vec<f32>> {
    let wrong = |given: String| Error::Option {
        option: "object",
        given,
        expected: format!("at least one token, each below {}", network.vocabulary()),
    };
    if tokens.is_empty() {
        return Err(wrong("no token".into()));
    }
    let mut mean = vec![0.0; network.hidden()];
    for &token in tokens {
        if token as usize >= network.vocabulary() {
            return Err(wrong(format!("token {token}")));
        }
        let row = to_host(network.head.decoder.output_row(token as usize));
        mean.iter_mut().zip(row).for_each(|(sum, value)| *sum += value / tokens.len() as f32);
    }
    let size = norm(&mean);
    if size > 0.0 {
        mean.iter_mut().for_each(|value| *value /= size);
    }
    Ok(mean)
}

fn norm(row: &[f32]) -> f32 {
    row.iter().map(|&value| f64::from(value).powi(2)).sum::<f64>().sqrt() as f32
}
