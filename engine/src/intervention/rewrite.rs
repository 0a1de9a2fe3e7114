//! A fact rewritten in the value vectors of its knowledge neurons.

use crate::edit::ValueVectors;
use crate::error::{Error, Result};
use crate::transformer::{Transformer, to_host};
use kndb_storage::Neuron;

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

    /// The new value vectors.
    ///
    /// # Errors
    /// A neuron or a token the network does not have; no token.
    pub fn value_vectors(&self, network: &Transformer) -> Result<ValueVectors> {
        let (old, new) = (direction(network, &self.old)?, direction(network, &self.new)?);
        ValueVectors::of(network, &self.neurons, |vector| {
            let size = norm(vector);
            for ((value, old), new) in vector.iter_mut().zip(&old).zip(&new) {
                *value += size * (self.learn * new - self.forget * old);
            }
        })
    }

    /// A network with the edited weights; `network` stays as it is, and shares all other weights.
    ///
    /// # Errors
    /// As [`Rewrite::value_vectors`].
    pub fn apply(&self, network: &Transformer) -> Result<Transformer> {
        Ok(self.value_vectors(network)?.apply(network))
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
