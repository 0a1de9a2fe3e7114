//! What a method may ask about one prediction: the border between methods and networks.
//!
//! A method sees a [`Probe`] only, so the same code runs on transformers and on the toy networks of the tests.

use crate::error::{Error, Result};
use crate::metric::Goal;
use crate::nn::{Rules, Standing};
use crate::question::Step;
use crate::sweep::{Point, Response, Sweep};
use crate::transformer::{Prefix, Transformer};

/// Which value of a neuron is attributed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Site {
    /// w: what the second feed-forward matrix reads.
    #[default]
    Activation,
    /// The value before the non-linearity (ungated blocks only; AMIG's and EleutherAI's code for GPT models).
    Pre,
}

impl Site {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Activation => "activation",
            Self::Pre => "pre",
        }
    }
}

/// One prediction of a network, F, and how it depends on the neurons of each layer at the target position.
pub trait Probe {
    /// Number of layers.
    fn layers(&self) -> usize;

    /// Neurons of a layer.
    fn width(&self) -> usize;

    /// F(w̄): F on the real prompt.
    fn value(&self) -> f64;

    /// w̄: the layer's activations on the real prompt, `[width]`.
    fn activations(&self, layer: usize) -> &[f32];

    /// What `factor = w̄` multiplies with: w̄, but that of the first step in AMIG's released code.
    fn factor(&self, layer: usize) -> &[f32] {
        self.activations(layer)
    }

    /// The activations in each sentence in which one word of the prompt is replaced, `[layer][word][width]`.
    fn word_baselines(&self) -> Vec<Vec<Vec<f32>>>;

    /// F, and with `gradient` ∂F/∂w, with a layer's activations replaced; one response a point, in the order given.
    fn respond(&self, points: &[Point], gradient: bool) -> Vec<Response>;

    /// ∂F/∂w at w̄ for every layer from `first` on, `[layer][width]`; empty below. By rules other than [`Rules::EXACT`] parts of the
    /// network count as constant.
    fn gradients_at_prompt(&self, first: usize, rules: Rules) -> Vec<Vec<f32>>;

    /// ln p(target | h + v_j) − ln p(target | h) for the value vector v_j = w̄_j·W2\[j\] of each neuron of a layer.
    fn value_effects(&self, layer: usize) -> Result<Vec<f32>>;
}

/// A step of a question, asked of a transformer.
pub struct ModelProbe<'a> {
    network: &'a Transformer,
    step: &'a Step,
    goal: Goal,
    prefix: Prefix,
    site: Site,
    batch: usize,
    replacement: u32,
    factor: Option<&'a [Vec<f32>]>,
    value: f64,
    standing: Standing,
}

/// Rows of hidden states that one pass computes together, where nothing else is asked: enough for the matrix kernels,
/// few enough for the caches (measured; docs/performance.md).
pub(crate) const ROWS: usize = 512;

impl<'a> ModelProbe<'a> {
    /// Runs the prompt. `goal` is what F is; `replacement` the token that stands for a missing word; `batch` the points of one pass;
    /// `factor` the activations of another prompt to use as [`Probe::factor`].
    pub fn new(
        network: &'a Transformer,
        step: &'a Step,
        goal: Goal,
        site: Site,
        batch: Option<usize>,
        replacement: u32,
        factor: Option<&'a [Vec<f32>]>,
    ) -> Self {
        let prefix = network.prefix(&step.ids, step.position);
        let standing = network.head.standing(prefix.last.clone(), step.target);
        let value = match goal {
            Goal::Probability { .. } => standing.probability,
            _ => f64::from(network.head.values(prefix.last.clone(), goal, None).0[0]),
        };
        let per_point = if network.causal { 4 } else { step.ids.len() };
        let batch = batch.unwrap_or(ROWS / per_point).max(1);
        Self { network, step, goal, prefix, site, batch, replacement, factor, value, standing }
    }

    /// What the network answers on the real prompt.
    pub fn standing(&self) -> Standing {
        self.standing
    }

    /// w̄ of every layer.
    pub fn all_activations(&self) -> Vec<Vec<f32>> {
        (0..self.layers()).map(|l| self.activations(l).to_vec()).collect()
    }

    fn sweep(&self) -> Sweep<'_> {
        Sweep { network: self.network, prefix: &self.prefix, goal: self.goal, before: self.site == Site::Pre }
    }
}

impl Probe for ModelProbe<'_> {
    fn layers(&self) -> usize {
        self.network.blocks.len()
    }

    fn width(&self) -> usize {
        self.network.width()
    }

    fn value(&self) -> f64 {
        self.value
    }

    fn activations(&self, layer: usize) -> &[f32] {
        let layer = &self.prefix.layers[layer];
        match self.site {
            Site::Activation => &layer.neurons,
            Site::Pre => &layer.before,
        }
    }

    fn factor(&self, layer: usize) -> &[f32] {
        self.factor.map_or_else(|| self.activations(layer), |all| &all[layer])
    }

    fn word_baselines(&self) -> Vec<Vec<Vec<f32>>> {
        let sentences: Vec<Vec<u32>> = self
            .step
            .words
            .iter()
            .map(|&word| {
                let mut ids = self.step.ids.clone();
                ids[word] = self.replacement;
                ids
            })
            .collect();
        let mut all: Vec<Vec<Vec<f32>>> = vec![Vec::new(); self.layers()];
        for chunk in sentences.chunks((ROWS / self.step.ids.len()).max(1)) {
            let chunk: Vec<&[u32]> = chunk.iter().map(Vec::as_slice).collect();
            let found = self.network.neurons(&chunk, self.step.position, self.site == Site::Pre);
            for (layer, found) in all.iter_mut().zip(found) {
                layer.extend(found);
            }
        }
        all
    }

    fn respond(&self, points: &[Point], gradient: bool) -> Vec<Response> {
        let mut order: Vec<usize> = (0..points.len()).collect();
        order.sort_by_key(|&i| points[i].layer);
        let mut responses = vec![Response::default(); points.len()];
        for chunk in order.chunks(self.batch) {
            let rows: Vec<&Point> = chunk.iter().map(|&i| &points[i]).collect();
            for (&i, response) in chunk.iter().zip(self.sweep().run(&rows, gradient)) {
                responses[i] = response;
            }
        }
        responses
    }

    fn gradients_at_prompt(&self, first: usize, rules: Rules) -> Vec<Vec<f32>> {
        self.sweep().at_prompt(first, rules)
    }

    fn value_effects(&self, layer: usize) -> Result<Vec<f32>> {
        let block = &self.network.blocks[layer];
        if block.feed_forward_post.is_some() {
            return Err(Error::Option {
                option: "method",
                given: "log-probability".into(),
                expected: "another method: this architecture normalises the feed-forward result, so it is no sum of value vectors".into(),
            });
        }
        use burn::tensor::{Tensor, TensorData};
        let prefix = &self.prefix.layers[layer];
        let target = self.step.target as usize;
        let alone = self.network.head.log_probability(prefix.residual.clone(), target)[0];
        let width = self.width();
        let activations =
            Tensor::<2>::from_data(TensorData::new(prefix.neurons.clone(), [width, 1]), &self.network.device());
        let values = block.feed_forward.output.rows() * activations;
        let mut effects = Vec::with_capacity(width);
        for from in (0..width).step_by(ROWS) {
            let rows = values.clone().slice_dim(0, from..(from + ROWS).min(width)) + prefix.residual.clone();
            effects.extend(self.network.head.log_probability(rows, target).iter().map(|with| with - alone));
        }
        Ok(effects)
    }
}
