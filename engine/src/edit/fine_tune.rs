//! Plain fine-tuning of one layer's second feed-forward matrix: what methods of editing are compared with.

use super::adam::Adam;
use super::method::{EditMethod, Edited, Evidence, Needs, go_on};
use super::rome::{must_have_layer, no_preset};
use super::tail::{Changed, Place, Tail};
use super::{EditRequest, ValueVectors};
use crate::error::{Error, Result};
use crate::transformer::{Transformer, to_host};
use burn::tensor::{Tensor, TensorData};

/// FT of Meng et al. (NeurIPS 2022, appendix E.1), and with a bound FT+L (Zhu et al., arXiv 2012.00363): Adam on the mean of −ln p of the new
/// objects' tokens, those before each given, over all facts together, until it is below `enough`.
///
/// The released code asks for all tokens of an object at the prompt's end, and trains the matrix's bias, too; here each token is asked behind
/// those before it, and the bias stays. Of an object of one token the loss is the same.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FineTune {
    /// The layer; nothing: with a bound 0, as in the released code, without 1, as there for gpt2-xl (GPT-J: 21).
    pub layer: Option<usize>,
    /// Steps at most (`num_steps`).
    pub steps: usize,
    /// Adam's rate (`lr`).
    pub rate: f64,
    /// What weights are multiplied with and added to their gradient, as `torch.optim.Adam` has it (`weight_decay`).
    pub decay: f64,
    /// No weight changes by more (`norm_constraint`).
    pub bound: Option<f64>,
    /// A loss below this ends it; 0.01 in the released code.
    pub enough: f64,
}

impl Default for FineTune {
    /// The released code's (`hparams/FT/gpt2-xl_unconstr.json`).
    fn default() -> Self {
        Self { layer: None, steps: 25, rate: 5e-4, decay: 0.0, bound: None, enough: 0.01 }
    }
}

/// Bounds and layers of the released code (`hparams/FT` of kmeng01/rome).
const PRESETS: [(&str, Option<f64>, usize); 6] = [
    ("gpt2-xl", None, 1),
    ("gpt-j", None, 21),
    ("gpt2-medium", Some(2e-3), 0),
    ("gpt2-large", Some(1e-3), 0),
    ("gpt2-xl", Some(5e-4), 0),
    ("gpt-j", Some(5e-5), 0),
];

impl FineTune {
    /// The numbers of the released code for a model, with a bound or without.
    ///
    /// # Errors
    /// A model it has none for.
    pub fn preset(model: &str, bounded: bool) -> Result<Self> {
        let of_kind = PRESETS.into_iter().filter(|(_, bound, _)| bound.is_some() == bounded);
        let names: Vec<&str> = of_kind.clone().map(|(name, ..)| name).collect();
        let known = of_kind.clone().find(|(name, ..)| *name == model);
        let method = if bounded { "ft-l" } else { "ft" };
        let (_, bound, layer) = known.ok_or_else(|| no_preset(method, model, &names))?;
        Ok(Self { layer: Some(layer), bound, ..Self::default() })
    }

    /// With the bound of the released code for gpt2-xl (`hparams/FT/gpt2-xl_constr.json`).
    pub fn bounded() -> Self {
        Self { bound: Some(5e-4), ..Self::default() }
    }

    /// The layer that is trained.
    ///
    /// # Errors
    /// One the network does not have.
    pub fn layer_of(&self, network: &Transformer) -> Result<usize> {
        let layers = network.blocks.len();
        let usual = if self.bound.is_some() { 0 } else { 1.min(layers.saturating_sub(1)) };
        let layer = self.layer.unwrap_or(usual);
        must_have_layer(layer, layers).map(|()| layer)
    }

    fn check(&self) -> Result<()> {
        let all =
            [("rate", self.rate), ("decay", self.decay), ("enough", self.enough), ("bound", self.bound.unwrap_or(1.0))];
        match all.into_iter().find(|(_, value)| !value.is_finite() || *value < 0.0) {
            None if self.steps == 0 => {
                Err(Error::Option { option: "steps", given: "0".into(), expected: "1 or more".into() })
            }
            None => Ok(()),
            Some((option, value)) => {
                let expected = "a number of 0 or more".to_owned();
                Err(Error::Option { option, given: value.to_string(), expected })
            }
        }
    }
}

impl EditMethod for FineTune {
    fn name(&self) -> &'static str {
        if self.bound.is_some() { "ft-l" } else { "ft" }
    }

    fn needs(&self) -> Needs {
        Needs { object: true, ..Needs::default() }
    }

    fn edit(
        &self,
        network: &Transformer,
        requests: &[EditRequest],
        interrupt: &(dyn Fn() -> bool + Sync),
    ) -> Result<Edited> {
        self.needs().must_be_met(self.name(), network, requests)?;
        self.check()?;
        if requests.is_empty() {
            return Ok(Edited::default());
        }
        let layer = self.layer_of(network)?;
        let prompts: Vec<_> = requests.iter().flat_map(|request| request.prompts.first().cloned()).collect();
        let mut tail = Tail::new(network, layer, Place::Written, &prompts, None, Changed::All);
        let output = &network.blocks[layer].feed_forward.output;
        let (neurons, bias, device) = (tail.neurons(), output.bias(), network.device());
        let dims = output.dims();
        let before: Vec<f64> = to_host(output.rows()).into_iter().map(f64::from).collect();
        let (mut weights, mut adam) = (before.clone(), Adam::new(before.len(), self.rate));
        let mut losses = Vec::with_capacity(self.steps);
        for _ in 0..self.steps {
            go_on(interrupt)?;
            let rows = Tensor::<2>::from_data(TensorData::new(narrow(&weights), dims), &device);
            let mut written = neurons.clone().matmul(rows);
            if let Some(bias) = &bias {
                written = written + bias.clone();
            }
            let passed = tail.pass(written, true)?;
            losses.push(passed.loss);
            let Some(gradient) = passed.gradient.filter(|_| passed.loss.total() >= self.enough) else { break };
            let slopes = to_host(neurons.clone().transpose().matmul(gradient));
            let slopes: Vec<f64> =
                slopes.iter().zip(&weights).map(|(&slope, own)| f64::from(slope) + self.decay * own).collect();
            adam.step(&mut weights, slopes);
            if let Some(bound) = self.bound {
                let each = weights.iter_mut().zip(&before);
                each.for_each(|(own, &before)| *own = own.clamp(before - bound, before + bound));
            }
        }
        let evidence = Evidence { layer, losses, ..Evidence::default() };
        Ok(Edited { vectors: ValueVectors::whole(layer, narrow(&weights), dims[1]), evidence: vec![evidence] })
    }
}

fn narrow(values: &[f64]) -> Vec<f32> {
    values.iter().map(|&value| value as f32).collect()
}
