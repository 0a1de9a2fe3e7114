//! Points of paths through the rest of the network, and back.
//!
//! A point replaces the activations of one layer at the target position. Below that layer nothing changes, so a point
//! enters the pass at its own layer, and rows of many layers share the matrix products of the layers above. Causal
//! models carry one token a row; bidirectional ones whole sentences, but in the last layer only the target position asks.

use crate::metric::Goal;
use crate::nn::{BlockState, JoinState, Rules};
use crate::probe::Site;
use crate::transformer::{Prefix, Transformer, to_host};
use burn::tensor::{Tensor, TensorData};

/// One set of activations to put in the place of a layer's.
#[derive(Clone, Debug)]
pub struct Point {
    /// The layer.
    pub layer: usize,
    /// The activations, one a neuron.
    pub neurons: Vec<f32>,
}

/// What came of a point.
#[derive(Clone, Debug, Default)]
pub struct Response {
    /// F at the point.
    pub value: f32,
    /// ∂F/∂w at the point; empty where it was not asked for.
    pub gradient: Vec<f32>,
}

/// What the backward pass needs of a layer.
struct Layer {
    /// Of the rows that came from below.
    block: Option<BlockState>,
    /// Of the rows that started here.
    joined: Option<(JoinState, usize)>,
}

/// Rows of one pass; all weights and the prompt are constant.
pub struct Sweep<'a> {
    /// The network.
    pub network: &'a Transformer,
    /// The prompt.
    pub prefix: &'a Prefix,
    /// What F is.
    pub goal: Goal,
    /// Which values points are.
    pub site: Site,
}

impl Sweep<'_> {
    /// F of points in order of their layers, and ∂F/∂w with `gradient`.
    pub fn run(&self, points: &[&Point], gradient: bool) -> Vec<Response> {
        let rules = gradient.then_some(Rules::EXACT);
        let (x, layers) = self.ascend(points, rules, |_, _, neurons| neurons);
        let (values, dx) = self.network.head.values(x, &vec![self.goal; points.len()], rules);
        let mut responses: Vec<Response> =
            values.into_iter().map(|value| Response { value, gradient: Vec::new() }).collect();
        if let Some(dx) = dx {
            self.descend(points, layers, dx, Rules::EXACT, &mut responses, None);
        }
        responses
    }

    /// ∂F/∂w of every layer at the prompt itself, by some rules: one pass serves all layers.
    pub fn at_prompt(&self, first: usize, rules: Rules) -> Vec<Vec<f32>> {
        let point = Point { layer: first, neurons: self.site.of(&self.prefix.layers[first]).to_vec() };
        let (x, layers) = self.ascend(&[&point], Some(rules), |_, _, neurons| neurons);
        let mut taps = vec![Vec::new(); self.network.blocks.len()];
        let mut responses = vec![Response::default()];
        if let (_, Some(dx)) = self.network.head.values(x, &[self.goal], Some(rules)) {
            self.descend(&[&point], layers, dx, rules, &mut responses, Some(&mut taps));
        }
        taps[first] = std::mem::take(&mut responses[0].gradient);
        taps
    }

    /// The last layer's output at the target position of each point, `[points × hidden]`, where `change(layer, n, w)` changes
    /// the activations w of the first n points above their own layer: `[n·tokens × width]`, in the last layer `[n × width]`.
    pub fn ends(&self, points: &[&Point], change: impl Fn(usize, usize, Tensor<2>) -> Tensor<2>) -> Tensor<2> {
        self.ascend(points, None, change).0
    }

    /// From points in order of their layers to the ends; with `keep`, what a way back by these rules needs.
    fn ascend(
        &self,
        points: &[&Point],
        keep: Option<Rules>,
        change: impl Fn(usize, usize, Tensor<2>) -> Tensor<2>,
    ) -> (Tensor<2>, Vec<Layer>) {
        let (device, rules) = (self.network.device(), keep.unwrap_or(Rules::EXACT));
        let top = self.network.blocks.len() - 1;
        let first = points[0].layer;
        let mut layers = Vec::with_capacity(top + 1 - first);
        let mut x: Option<Tensor<2>> = None;
        let mut started = 0;
        for (l, block) in self.network.blocks.iter().enumerate().skip(first) {
            let prefix = &self.prefix.layers[l];
            let mut state = None;
            x = x.map(|x| {
                let change = |neurons| change(l, started, neurons);
                let (out, s) = match &prefix.cache {
                    Some(cache) => block.forward_cached(x, cache, rules, change),
                    None => {
                        let only = (l == top).then_some(self.prefix.position);
                        block.forward(x, self.prefix.tokens, only, rules, change)
                    }
                };
                state = Some(s);
                out
            });
            let here = points[started..].iter().take_while(|point| point.layer == l).count();
            let mut joined = None;
            if here > 0 {
                let width = self.network.width();
                let values: Vec<f32> =
                    points[started..started + here].iter().flat_map(|point| point.neurons.iter().copied()).collect();
                let mut neurons = Tensor::<2>::from_data(TensorData::new(values, [here, width]), &device);
                match self.site {
                    Site::Activation => {}
                    Site::Pre => neurons = block.feed_forward.activation.forward(neurons),
                    Site::Up => neurons = neurons * self.gates(l).expand([here, width]),
                }
                let hidden = self.network.hidden();
                let residual = prefix.residual.clone().expand([here, hidden]);
                let (out, join) = block.join(residual, neurons);
                let out = match &prefix.output {
                    Some(output) if l < top => self.prefix.in_sentences(out, output),
                    _ => out,
                };
                joined = Some((join, here));
                started += here;
                x = Some(match x {
                    None => out,
                    Some(x) => Tensor::cat(vec![x, out], 0),
                });
            }
            if keep.is_some() {
                layers.push(Layer { block: state, joined });
            }
        }
        (x.unwrap_or_else(|| self.prefix.last.clone()), layers)
    }

    fn descend(
        &self,
        points: &[&Point],
        layers: Vec<Layer>,
        mut d: Tensor<2>,
        rules: Rules,
        responses: &mut [Response],
        mut taps: Option<&mut Vec<Vec<f32>>>,
    ) {
        let top = self.network.blocks.len() - 1;
        let first = points[0].layer;
        let mut open = points.len();
        for (l, layer) in layers.into_iter().enumerate().map(|(i, layer)| (first + i, layer)).rev() {
            let block = &self.network.blocks[l];
            let tokens = if self.network.causal || l == top { 1 } else { self.prefix.tokens };
            let position = if tokens == 1 { 0 } else { self.prefix.position };
            if let Some((join, here)) = layer.joined {
                let from = open - here;
                let own = d.clone().slice_dim(0, from * tokens..open * tokens);
                let (_, dw) = block.join_backward(&join, at_position(own, tokens, position), rules);
                let width = self.network.width();
                let dw = self.at_site(l, &points[from..open], dw);
                for (response, gradient) in responses[from..open].iter_mut().zip(to_host(dw).chunks(width)) {
                    response.gradient = gradient.to_vec();
                }
                if from > 0 {
                    d = d.slice_dim(0, 0..from * tokens);
                }
                open = from;
            }
            let Some(state) = layer.block else { continue };
            let (dx, dw) = block.backward(&state, self.prefix.layers[l].cache.as_ref(), d);
            if let Some(taps) = taps.as_deref_mut() {
                let dw = dw.slice_dim(0, position..position + 1);
                let prompt = Point { layer: l, neurons: self.site.of(&self.prefix.layers[l]).to_vec() };
                taps[l] = to_host(self.at_site(l, &[&prompt], dw));
            }
            d = dx;
        }
    }

    /// ∂F by the values that points are, from ∂F/∂w.
    fn at_site(&self, layer: usize, points: &[&Point], dw: Tensor<2>) -> Tensor<2> {
        match self.site {
            Site::Activation => dw,
            Site::Pre => dw * self.slope(layer, points),
            Site::Up => {
                let dims = dw.dims();
                dw * self.gates(layer).expand(dims)
            }
        }
    }

    /// act(gate) of a gated block at the prompt, `[1 × width]`.
    fn gates(&self, layer: usize) -> Tensor<2> {
        let before = self.prefix.layers[layer].before.clone();
        let gates = Tensor::from_data(TensorData::new(before, [1, self.network.width()]), &self.network.device());
        self.network.blocks[layer].feed_forward.activation.forward(gates)
    }

    /// act′ at points before the non-linearity.
    fn slope(&self, layer: usize, points: &[&Point]) -> Tensor<2> {
        let values: Vec<f32> = points.iter().flat_map(|point| point.neurons.iter().copied()).collect();
        let matrix =
            Tensor::from_data(TensorData::new(values, [points.len(), self.network.width()]), &self.network.device());
        self.network.blocks[layer].feed_forward.activation.derivative(matrix)
    }
}

fn at_position(x: Tensor<2>, tokens: usize, position: usize) -> Tensor<2> {
    let [all, hidden] = x.dims();
    let rows = all / tokens;
    x.reshape([rows, tokens, hidden]).slice_dim(1, position..position + 1).reshape([rows, hidden])
}
