//! What a method may ask about one prediction: the border between methods and networks.
//!
//! A method sees a [`Probe`] only, so the same code runs on transformers and on the toy networks of the tests.

use crate::device::is_processor;
use crate::error::{Error, Result};
use crate::metric::Goal;
use crate::nn::{Block, Rules, Standing, Trace};
use crate::question::Step;
use crate::shared::{Answer, Ask, Request, Seat, alone};
use crate::sweep::{Point, Response};
use crate::transformer::{LayerPrefix, Prefix, Transformer, to_host};
use burn::tensor::{Tensor, TensorData};
use std::sync::Arc;

/// Which value of a neuron is attributed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Site {
    /// w: what the second feed-forward matrix reads.
    #[default]
    Activation,
    /// The value before the non-linearity (ungated blocks only; AMIG's and EleutherAI's code for GPT models).
    Pre,
    /// What the up-projection gives, which the gate's activation is multiplied with (gated blocks only; QRNCA).
    Up,
}

impl Site {
    /// Every site with its name.
    pub const NAMED: [(&'static str, Self); 3] =
        [("activation", Self::Activation), ("pre", Self::Pre), ("up", Self::Up)];

    /// Its name.
    pub fn name(self) -> &'static str {
        Self::NAMED.iter().find(|(_, known)| *known == self).map_or("", |&(name, _)| name)
    }

    /// Its values in a layer of the prompt's pass; of an ungated block nothing comes from an up-projection.
    pub(crate) fn of(self, layer: &LayerPrefix) -> &[f32] {
        match self {
            Self::Activation => &layer.neurons,
            Self::Pre => &layer.before,
            Self::Up => layer.up.as_deref().unwrap_or_default(),
        }
    }

    /// Its values in the pass of a sentence.
    fn traced(self, trace: &Trace) -> Tensor<2> {
        match (self, &trace.up) {
            (Self::Activation, _) => trace.neurons.clone(),
            (Self::Pre, _) => trace.before.clone(),
            (Self::Up, Some(up)) => up.clone(),
            // `Attribution` refuses this site where blocks have no up-projection.
            (Self::Up, None) => unreachable!("an ungated block has no up-projection"),
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

    /// What a layer writes.
    fn written(&self, layer: usize) -> Written;

    /// What of the inputs of value neurons each neuron of the layers below writes, `[layer][width]`: Σ_n increase_n·⟨w̄_i v_i, κ_n⟩ / ⟨h_n, κ_n⟩.
    ///
    /// # Errors
    /// A network whose residual stream is not a plain sum.
    fn query_effects(&self, value_neurons: &[ValueNeuron]) -> Result<Vec<Vec<f32>>>;

    /// ln p(target | h + v_j) − ln p(target | h) for the value vector v_j = w̄_j·W2\[j\] of each neuron of a layer.
    fn value_effects(&self, layer: usize) -> Result<Vec<f32>>;
}

/// What a layer's second feed-forward matrix writes at the prompt, its bias left out.
#[derive(Clone, Debug, PartialEq)]
pub struct Written {
    /// ‖v_j‖ of each neuron's value vector, its row of that matrix.
    pub values: Vec<f32>,
    /// ‖Σ_j w̄_j v_j‖.
    pub whole: f64,
}

/// A neuron whose value vector raises the answer's log-probability.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ValueNeuron {
    /// Its layer.
    pub layer: usize,
    /// Its unit.
    pub unit: usize,
    /// By how much.
    pub increase: f32,
}

/// A step of a question, asked of a transformer.
pub struct ModelProbe<'a> {
    network: &'a Transformer,
    step: &'a Step,
    goal: Goal,
    prefix: Arc<Prefix>,
    site: Site,
    batch: Option<usize>,
    seat: Option<&'a Seat<'a>>,
    replacement: u32,
    factor: Option<&'a [Vec<f32>]>,
    value: f64,
    standing: Standing,
}

/// Rows of hidden states that one pass computes together, where nothing else is asked: enough for the matrix kernels,
/// few enough for the caches (measured; docs/performance.md).
pub(crate) const ROWS: usize = 512;

/// The same on a GPU: enough for its many units, at a few hundred kilobytes a row for a small model.
const GPU_ROWS: usize = 4_096;

/// Rows of a pass of points: `batch`, or what suits the device.
pub(crate) fn rows_of_a_pass(network: &Transformer, batch: Option<usize>) -> usize {
    batch.unwrap_or(if is_processor(&network.device()) { ROWS } else { GPU_ROWS }).max(1)
}

impl<'a> ModelProbe<'a> {
    /// Runs the prompt. `goal` is what F is; `replacement` the token that stands for a missing word; `batch` the rows of one pass;
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
        let prefix = Arc::new(network.prefix(&step.ids, step.position));
        let standing = network.head.standing(prefix.last.clone(), step.target);
        let value = match goal {
            Goal::Probability { .. } => standing.probability,
            _ => f64::from(network.head.values(prefix.last.clone(), &[goal], None).0[0]),
        };
        Self { network, step, goal, prefix, site, batch, seat: None, replacement, factor, value, standing }
    }

    /// Shares passes with the other probes of the seat's table.
    #[must_use]
    pub(crate) fn sharing(mut self, seat: Option<&'a Seat<'a>>) -> Self {
        self.seat = seat;
        self
    }

    /// What the network answers on the real prompt.
    pub fn standing(&self) -> Standing {
        self.standing
    }

    /// w̄ of every layer.
    pub fn all_activations(&self) -> Vec<Vec<f32>> {
        (0..self.layers()).map(|l| self.activations(l).to_vec()).collect()
    }

    /// κ of a neuron, `[hidden × 1]`: its row of the first matrix times the weight of the normalisation before; and ⟨h, κ⟩ of the residual
    /// stream that is normalised, unless that is so small beside its parts that it says nothing.
    fn read_by(&self, layer: usize, unit: usize) -> (Tensor<2>, Option<f64>) {
        /// Where the parts of a sum cancel out to less than this share of them, float32 does not give shares of the sum to 1e-4.
        const CANCELLED: f64 = 0.01;
        let block = &self.network.blocks[layer];
        let row = block.feed_forward.input.output_row(unit);
        let key = block.feed_forward_norm.as_ref().map_or_else(|| row.clone(), |norm| row.clone() * norm.weight());
        let stream = if block.parallel {
            // It reads what the layer below gives.
            let below = &self.prefix.layers[layer - 1];
            let neurons = TensorData::new(below.neurons.clone(), [1, below.neurons.len()]);
            let neurons = Tensor::from_data(neurons, &self.network.device());
            self.network.blocks[layer - 1].join(below.residual.clone(), neurons).0
        } else {
            self.prefix.layers[layer].residual.clone()
        };
        let parts: Vec<f64> = to_host(stream * key.clone()).into_iter().map(f64::from).collect();
        let (whole, size) = (parts.iter().sum::<f64>(), parts.iter().map(|part| part.abs()).sum::<f64>());
        (key.transpose(), (whole.abs() > CANCELLED * size).then_some(whole))
    }

    /// Asks in passes shared with others, or in its own.
    fn ask(&self, ask: Ask, points: Vec<Point>) -> Answer {
        let request = Request { ask, prefix: Arc::clone(&self.prefix), goal: self.goal, points: points.into() };
        match self.seat {
            Some(seat) => seat.ask(request),
            None => alone(self.network, self.site, rows_of_a_pass(self.network, self.batch), &request),
        }
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
        self.site.of(&self.prefix.layers[layer])
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
            let found = self.network.neurons(&chunk, self.step.position, |trace| self.site.traced(trace));
            for (layer, found) in all.iter_mut().zip(found) {
                layer.extend(found);
            }
        }
        all
    }

    fn respond(&self, points: &[Point], gradient: bool) -> Vec<Response> {
        let mut order: Vec<usize> = (0..points.len()).collect();
        order.sort_by_key(|&i| points[i].layer);
        let sorted = order.iter().map(|&i| points[i].clone()).collect();
        let mut responses = vec![Response::default(); points.len()];
        for (i, response) in order.into_iter().zip(self.ask(Ask::Points { gradient }, sorted).responses) {
            responses[i] = response;
        }
        responses
    }

    fn gradients_at_prompt(&self, first: usize, rules: Rules) -> Vec<Vec<f32>> {
        let prompt = Point { layer: first, neurons: self.activations(first).to_vec() };
        self.ask(Ask::Prompt { rules }, vec![prompt]).layers
    }

    fn written(&self, layer: usize) -> Written {
        let rows = self.network.blocks[layer].feed_forward.output.rows();
        let neurons = &self.prefix.layers[layer].neurons;
        let neurons = TensorData::new(neurons.clone(), [1, neurons.len()]);
        let whole = Tensor::<2>::from_data(neurons, &self.network.device()).matmul(rows.clone());
        let norms = (rows.clone() * rows).sum_dim(1).sqrt();
        let squares = to_host(whole).into_iter().map(|x| f64::from(x) * f64::from(x));
        Written { values: to_host(norms), whole: squares.sum::<f64>().sqrt() }
    }

    fn query_effects(&self, value_neurons: &[ValueNeuron]) -> Result<Vec<Vec<f32>>> {
        must_be_a_stream(self.network)?;
        let blocks = &self.network.blocks;
        let mut all = vec![vec![0.0; self.width()]; self.layers()];
        for &ValueNeuron { layer, unit, increase } in value_neurons.iter().filter(|neuron| neuron.layer > 0) {
            let (key, whole) = self.read_by(layer, unit);
            let Some(whole) = whole else { continue };
            for (below, scores) in all.iter_mut().enumerate().take(layer) {
                let writes = to_host(blocks[below].feed_forward.output.rows().matmul(key.clone()));
                let written = writes.iter().zip(&self.prefix.layers[below].neurons);
                for (score, (&to_key, &w)) in scores.iter_mut().zip(written) {
                    *score += (f64::from(increase) * f64::from(w) * f64::from(to_key) / whole) as f32;
                }
            }
        }
        Ok(all)
    }

    fn value_effects(&self, layer: usize) -> Result<Vec<f32>> {
        must_sum_values(self.network)?;
        let block = &self.network.blocks[layer];
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

/// Refuses networks whose feed-forward results are no sums of value vectors.
pub(crate) fn must_sum_values(network: &Transformer) -> Result<()> {
    if network.blocks.iter().all(|block| block.feed_forward_post.is_none()) {
        return Ok(());
    }
    Err(Error::Option {
        option: "method",
        given: "log-probability".into(),
        expected:
            "another method: this architecture normalises the feed-forward result, so it is no sum of value vectors"
                .into(),
    })
}

/// Refuses networks whose residual stream is no plain sum.
pub(crate) fn must_be_a_stream(network: &Transformer) -> Result<()> {
    if network.blocks.iter().all(Block::adds_to_a_stream) {
        return Ok(());
    }
    Err(Error::Option {
        option: "method",
        given: "query-neurons".into(),
        expected: "another method: this architecture normalises its residual stream or what is added to it, so no neuron's writing reaches a later layer as it is".into(),
    })
}
