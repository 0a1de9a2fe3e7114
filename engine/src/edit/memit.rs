//! MEMIT: many facts written at once into the second feed-forward matrices of some layers.

use super::method::{EditMethod, Edited, Evidence, Needs, go_on};
use super::rome::{mean, must_have_layer, no_preset};
use super::statistics::{KeyStatistics, spread};
use super::tail::{Changed, Place, Tail};
use super::vector::{VectorOptions, found};
use super::{EditRequest, ValueVectors};
use crate::error::{Error, Result};
use crate::nn::Block;
use crate::transformer::{Transformer, to_host};
use std::sync::Arc;

/// Mass-Editing Memory in a Transformer (Meng et al., ICLR 2023, arXiv 2210.07229, §4).
///
/// z* of each fact is looked for as ROME's v*, but of what the last of the layers gives at the subject's last token. Then, layer by layer from
/// the first on, with the layers before already changed: k of each fact, what the layer's second matrix reads there; what z lacks of z*,
/// divided by the layers that are left, as R; and W becomes W + (λC + KKᵀ)⁻¹K·Rᵀ, with a column of K and R a fact.
///
/// k is half that of the prompt by itself and half the mean over contexts, as the released code has it. What is written has to be
/// added to the residual stream as it is: architectures that normalise it are refused.
#[derive(Clone, Debug, PartialEq)]
pub struct Memit {
    /// The first and the last layer; nothing: [`Memit::usual_layers`].
    pub layers: Option<(usize, usize)>,
    /// How z* is looked for.
    pub vector: VectorOptions,
    /// λ, what C is multiplied with (`mom2_update_weight`).
    pub weight: f64,
    /// C of each layer; nothing: the identity.
    pub statistics: Option<Arc<KeyStatistics>>,
    /// A share of the mean diagonal of λC + KKᵀ that is added to its diagonal; 0 in the paper.
    pub ridge: f64,
}

impl Default for Memit {
    /// The numbers of the released code for gpt2-xl (`hparams/MEMIT/gpt2-xl.json`).
    fn default() -> Self {
        let vector = VectorOptions { clamp: 0.75, ..VectorOptions::default() };
        Self { layers: None, vector, weight: 20_000.0, statistics: None, ridge: 0.0 }
    }
}

impl Memit {
    /// The numbers of the released code for a model (`hparams/MEMIT` of kmeng01/memit).
    ///
    /// # Errors
    /// A model it has none for.
    pub fn preset(model: &str) -> Result<Self> {
        let usual = Self::default();
        match model {
            "gpt2-xl" => Ok(Self { layers: Some((13, 17)), ..usual }),
            "gpt-j" => {
                let vector = VectorOptions { steps: 25, ..usual.vector };
                Ok(Self { layers: Some((3, 8)), vector, weight: 15_000.0, ..usual })
            }
            _ => Err(no_preset("memit", model, &["gpt2-xl", "gpt-j"])),
        }
    }

    /// The layers of a model with so many that are as deep as the released code's for gpt2-xl, 13 to 17 of 48. For GPT-J it has 3 to 8 of 28.
    pub fn usual_layers(layers: usize) -> (usize, usize) {
        (13 * layers / 48, 17 * layers / 48)
    }

    /// The layers that are edited.
    ///
    /// # Errors
    /// Layers the network does not have, or in the wrong order.
    pub fn layers_of(&self, network: &Transformer) -> Result<(usize, usize)> {
        let layers = network.blocks.len();
        let (first, last) = self.layers.unwrap_or_else(|| Self::usual_layers(layers));
        must_have_layer(last, layers)?;
        if first <= last {
            return Ok((first, last));
        }
        let expected = "the lower layer first".to_owned();
        Err(Error::Option { option: "layers", given: format!("{first} to {last}"), expected })
    }
}

impl EditMethod for Memit {
    fn name(&self) -> &'static str {
        "memit"
    }

    fn needs(&self) -> Needs {
        Needs { object: true, contexts: true, essence: true, ..Needs::default() }
    }

    fn must_fit(&self, network: &Transformer) -> Result<()> {
        if !network.blocks.iter().all(Block::adds_to_a_stream) {
            return Err(Error::Option {
                option: "method",
                given: "memit".into(),
                expected: "another method (rome): this architecture normalises its residual stream or what is added to it, so what several layers write does not add up".into(),
            });
        }
        self.layers_of(network).map(|_| ())
    }

    fn edit(
        &self,
        network: &Transformer,
        requests: &[EditRequest],
        interrupt: &(dyn Fn() -> bool + Sync),
    ) -> Result<Edited> {
        self.needs().must_be_met(self.name(), network, requests)?;
        self.vector.check()?;
        self.must_fit(network)?;
        if !(self.weight.is_finite() && self.weight > 0.0) {
            let expected = "a number above 0".to_owned();
            return Err(Error::Option { option: "weight", given: self.weight.to_string(), expected });
        }
        let (first, last) = self.layers_of(network)?;
        let mut edited = Edited::default();
        for request in requests {
            let essence = request.essence.as_ref().map(|essence| (essence, self.vector.essence));
            let mut tail = Tail::new(network, last, Place::Output, &request.prompts, essence, Changed::Subject);
            let vector = found(&mut tail, &self.vector, interrupt)?;
            let (key, value) = (halves(&tail.keys()), vector.value());
            edited.evidence.push(Evidence {
                layer: last,
                losses: vector.losses,
                key,
                value,
                value_before: vector.before,
            });
        }
        let mut network = network.clone();
        for layer in first..=last {
            go_on(interrupt)?;
            let left = (last - layer + 1) as f64;
            let (mut keys, mut lacking) = (Vec::new(), Vec::new());
            for (request, evidence) in requests.iter().zip(&edited.evidence) {
                keys.push(halves(
                    &Tail::new(&network, layer, Place::Output, &request.prompts, None, Changed::All).keys(),
                ));
                let now = Tail::new(&network, last, Place::Output, &request.prompts[..1], None, Changed::All)
                    .base_at_subject();
                lacking.push(evidence.value.iter().zip(&now).map(|(to, now)| (to - now) / left).collect::<Vec<f64>>());
            }
            let shares = spread(self.statistics.as_deref(), layer, (self.weight, self.ridge), &keys)?;
            let hidden = network.hidden();
            let mut rows = to_host(network.blocks[layer].feed_forward.output.rows());
            for (unit, row) in rows.chunks_mut(hidden).enumerate() {
                for (at, own) in row.iter_mut().enumerate() {
                    let change: f64 = shares.iter().zip(&lacking).map(|(share, lack)| share[unit] * lack[at]).sum();
                    *own = (f64::from(*own) + change) as f32;
                }
            }
            let vectors = ValueVectors::whole(layer, rows, hidden);
            network = vectors.apply(&network);
            edited.vectors = edited.vectors.then(vectors);
        }
        Ok(edited)
    }
}

/// Half of the first, half of the mean of the others; the first where it is alone.
fn halves(keys: &[Vec<f64>]) -> Vec<f64> {
    match keys {
        [alone] => alone.clone(),
        [bare, others @ ..] => mean(&[bare.clone(), mean(others)]),
        [] => Vec::new(),
    }
}
