//! ROME: one fact written into one layer's second feed-forward matrix.

use super::method::{EditMethod, Edited, Evidence, Needs, go_on};
use super::statistics::{KeyStatistics, Solver};
use super::tail::{Changed, Place, Tail};
use super::vector::{VectorOptions, found};
use super::{EditRequest, ValueVectors};
use crate::error::{Error, Result};
use crate::transformer::{Transformer, to_host};
use std::sync::Arc;

/// Rank-One Model Editing (Meng et al., "Locating and Editing Factual Associations in GPT", NeurIPS 2022, arXiv 2202.05262, §3.1).
///
/// With k* what the second matrix W of a layer reads at the subject's last token, the mean over contexts, and v* what it shall write there
/// instead (`VectorOptions`), W becomes W + Λ·(C⁻¹k*)ᵀ with Λ = (v* − W·k* − b) / (C⁻¹k*)ᵀk*: the smallest change, measured by
/// C = E[k·kᵀ], for which W·k* + b = v*. Several facts are written one after the other.
///
/// It is made for causal models; the equations hold for masked ones, too, where the subject's tokens see the whole sentence. Of gated
/// blocks k is act(gate)·up. Where the architecture normalises what W writes (Gemma 2 and 3), v is what W writes before that.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rome {
    /// The layer; nothing: [`Rome::usual_layer`].
    pub layer: Option<usize>,
    /// How v* is looked for.
    pub vector: VectorOptions,
    /// The key that Λ is divided by.
    pub divisor: Divisor,
    /// C; nothing: the identity.
    pub statistics: Option<Arc<KeyStatistics>>,
    /// A share of C's mean diagonal that is added to its diagonal; 0 in the paper.
    pub ridge: f64,
}

/// The key for which the edited matrix gives v*.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Divisor {
    /// k*, the mean over contexts, as the paper's equation 2 says; Gupta et al. (arXiv 2403.07175) find that it avoids the collapses of the
    /// released code.
    #[default]
    Mean,
    /// k of the prompt without a context, as the released code has it.
    Prompt,
}

/// Layers and `clamp_norm_factor` of the released code (`hparams/ROME` of kmeng01/rome, and for GPT-NeoX-20B of kmeng01/memit); all else is the same.
const PRESETS: [(&str, usize, f64); 5] = [
    ("gpt2-medium", 8, 3.0),
    ("gpt2-large", 12, 4.0),
    ("gpt2-xl", 17, 4.0),
    ("gpt-j", 5, 4.0),
    ("gpt-neox-20b", 15, 4.0),
];

impl Rome {
    /// The numbers of the released code for a model.
    ///
    /// # Errors
    /// A model it has none for.
    pub fn preset(model: &str) -> Result<Self> {
        let names = PRESETS.map(|(name, ..)| name);
        let known = PRESETS.into_iter().find(|(name, ..)| *name == model);
        let (_, layer, clamp) = known.ok_or_else(|| no_preset("rome", model, &names))?;
        let vector = VectorOptions { clamp, ..VectorOptions::default() };
        Ok(Self { layer: Some(layer), vector, ..Self::default() })
    }

    /// The layer of a model with so many that is as deep as the released code's for gpt2-xl, 17 of 48; so are those for gpt2-medium (8 of 24),
    /// gpt2-large (12 of 36) and GPT-NeoX-20B (15 of 44). For GPT-J it has 5 of 28.
    pub fn usual_layer(layers: usize) -> usize {
        17 * layers / 48
    }

    /// The layer that is edited.
    ///
    /// # Errors
    /// One the network does not have.
    pub fn layer_of(&self, network: &Transformer) -> Result<usize> {
        let layers = network.blocks.len();
        let layer = self.layer.unwrap_or_else(|| Self::usual_layer(layers));
        must_have_layer(layer, layers).map(|()| layer)
    }

    fn one(
        &self,
        network: &Transformer,
        (layer, solver): (usize, &Solver),
        request: &EditRequest,
        interrupt: &(dyn Fn() -> bool + Sync),
    ) -> Result<(ValueVectors, Evidence)> {
        let essence = request.essence.as_ref().map(|essence| (essence, self.vector.essence));
        let mut tail = Tail::new(network, layer, Place::Written, &request.prompts, essence, Changed::Subject);
        let vector = found(&mut tail, &self.vector, interrupt)?;
        let keys = tail.keys();
        let key = mean(&keys);
        let along = solver.solved(&key);
        let value = vector.value();
        let output = &network.blocks[layer].feed_forward.output;
        let mut rows = to_host(output.rows());
        let bias = output.bias().map(to_host);
        let reached = match self.divisor {
            Divisor::Mean => written(&rows, bias.as_deref(), &key),
            Divisor::Prompt => vector.before.clone(),
        };
        let by = match self.divisor {
            Divisor::Mean => dot(&along, &key),
            Divisor::Prompt => dot(&along, &keys[0]),
        };
        if by == 0.0 || !by.is_finite() {
            return Err(Error::CannotEdit {
                what: request.name.clone(),
                reason: format!("the product of its key with C⁻¹k* is {by} in layer {layer}; try another --layer"),
            });
        }
        let change: Vec<f64> = value.iter().zip(&reached).map(|(value, reached)| (value - reached) / by).collect();
        let hidden = change.len();
        add_product(&mut rows, &along, &change);
        let evidence = Evidence { layer, losses: vector.losses, key, value, value_before: vector.before };
        Ok((ValueVectors::whole(layer, rows, hidden), evidence))
    }
}

impl EditMethod for Rome {
    fn name(&self) -> &'static str {
        "rome"
    }

    fn needs(&self) -> Needs {
        Needs { object: true, contexts: true, essence: true, ..Needs::default() }
    }

    fn edit(
        &self,
        network: &Transformer,
        requests: &[EditRequest],
        interrupt: &(dyn Fn() -> bool + Sync),
    ) -> Result<Edited> {
        self.needs().must_be_met(self.name(), network, requests)?;
        self.vector.check()?;
        let layer = self.layer_of(network)?;
        let solver = Solver::of(self.statistics.as_deref(), layer, self.ridge)?;
        let (mut network, mut edited) = (network.clone(), Edited::default());
        for request in requests {
            go_on(interrupt)?;
            let (vectors, evidence) = self.one(&network, (layer, &solver), request, interrupt)?;
            network = vectors.apply(&network);
            edited.vectors = edited.vectors.then(vectors);
            edited.evidence.push(evidence);
        }
        Ok(edited)
    }
}

/// Refuses a layer the network does not have.
pub(super) fn must_have_layer(layer: usize, layers: usize) -> Result<()> {
    if layer < layers {
        return Ok(());
    }
    let expected = format!("0 to {}", layers.saturating_sub(1));
    Err(Error::Option { option: "layer", given: layer.to_string(), expected })
}

/// A preset that there is not.
pub(super) fn no_preset(method: &str, given: &str, known: &[&str]) -> Error {
    let expected = format!("one that {method} has: {}", known.join(", "));
    Error::Option { option: "preset", given: given.to_owned(), expected }
}

/// The mean of some vectors.
pub(super) fn mean(all: &[Vec<f64>]) -> Vec<f64> {
    let mut sum = vec![0.0; all.first().map_or(0, Vec::len)];
    for one in all {
        sum.iter_mut().zip(one).for_each(|(sum, value)| *sum += value);
    }
    sum.iter_mut().for_each(|sum| *sum /= all.len().max(1) as f64);
    sum
}

/// W·k + b, of W's rows `[width × hidden]`.
fn written(rows: &[f32], bias: Option<&[f32]>, key: &[f64]) -> Vec<f64> {
    let hidden = rows.len() / key.len().max(1);
    let mut sum: Vec<f64> =
        bias.map_or_else(|| vec![0.0; hidden], |bias| bias.iter().copied().map(f64::from).collect());
    for (row, share) in rows.chunks(hidden.max(1)).zip(key) {
        sum.iter_mut().zip(row).for_each(|(sum, &value)| *sum += share * f64::from(value));
    }
    sum
}

/// W + along·changeᵀ, of W's rows.
fn add_product(rows: &mut [f32], along: &[f64], change: &[f64]) {
    for (row, &share) in rows.chunks_mut(change.len().max(1)).zip(along) {
        row.iter_mut().zip(change).for_each(|(own, change)| *own = (f64::from(*own) + share * change) as f32);
    }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rank_one_update_by_hand() {
        // C = I, W = (1 0; 0 2) by rows, b = (1, 1), k* = (1, 2), v* = (4, 10). W·k* + b = (2, 5), kᵀk = 5, so Λ = (2, 5)/5, and W gains
        // (2/5, 1) in its first row and twice that in its second.
        let (mut rows, key) = ([1.0f32, 0.0, 0.0, 2.0], [1.0, 2.0]);
        let reached = written(&rows, Some(&[1.0, 1.0]), &key);
        assert_eq!(reached, [2.0, 5.0]);
        let by = dot(&key, &key);
        let change: Vec<f64> = [4.0, 10.0].iter().zip(&reached).map(|(to, now)| (to - now) / by).collect();
        add_product(&mut rows, &key, &change);
        assert_eq!(rows, [1.4, 1.0, 0.8, 4.0]);
        let now = written(&rows, Some(&[1.0, 1.0]), &key);
        assert!((now[0] - 4.0).abs() < 1e-6 && (now[1] - 10.0).abs() < 1e-6, "{now:?}");
        // A key at right angles gets what it got: W·(2, −1) = (2, −2).
        let other = written(&rows, None, &[2.0, -1.0]);
        assert!((other[0] - 2.0).abs() < 1e-6 && (other[1] + 2.0).abs() < 1e-6, "{other:?}");
    }

    #[test]
    fn usual_layers_are_those_of_the_released_code() {
        for (model, layers) in [("gpt2-medium", 24), ("gpt2-large", 36), ("gpt2-xl", 48), ("gpt-neox-20b", 44)] {
            let preset = Rome::preset(model).expect("it has one");
            assert_eq!(preset.layer, Some(Rome::usual_layer(layers)), "{model}");
        }
        assert_eq!(Rome::preset("gpt-j").expect("it has one").layer, Some(5));
        let error = Rome::preset("gpt-4").expect_err("it has none").to_string();
        assert!(error.contains("gpt-4") && error.contains("gpt2-xl"), "{error}");
    }
}
