//! Points of paths through the rest of the network, and back.
//!
//! A point replaces the activations of one layer at the target position. Below that layer nothing changes, so a point
//! enters the pass at its own layer, and rows of many layers share the matrix products of the layers above. Causal
//! models carry one token a row; bidirectional ones whole sentences, but in the last layer only the target position asks.
//!
//! Points of several prompts go through one pass: the rows of a prompt are neighbours, its attention is its own, and so is its F.
//! Linear maps, norms and feed-forward blocks take all rows at once.

use crate::metric::Goal;
use crate::nn::{BlockState, JoinState, Rules, Sentences, Variants, rows, stacked};
use crate::probe::Site;
use crate::transformer::{Prefix, Transformer, to_host};
use burn::tensor::{Tensor, TensorData};
use std::iter;

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

/// Points of one prompt.
pub struct Group<'a> {
    /// The prompt.
    pub prefix: &'a Prefix,
    /// What F is.
    pub goal: Goal,
    /// One at least, in order of their layers.
    pub points: &'a [Point],
}

impl Group<'_> {
    /// Rows of one of its points in what a layer gives.
    fn rows_of_a_point(&self, network: &Transformer, layer: usize) -> usize {
        if network.causal || layer + 1 == network.blocks.len() { 1 } else { self.prefix.tokens }
    }

    /// Which of these is the target position.
    fn target_of(&self, rows_of_a_point: usize) -> usize {
        if rows_of_a_point == 1 { 0 } else { self.prefix.position }
    }
}

/// What the backward pass needs of a layer.
struct Layer {
    /// Of the rows that came from below.
    block: Option<BlockState>,
    /// Of the rows that started here, and how many of each group did.
    joined: Option<(JoinState, Vec<usize>)>,
}

/// Gradients at some points of each group, `[points × width]`.
struct Gradients {
    layer: usize,
    counts: Vec<usize>,
    values: Tensor<2>,
}

/// Passes of rows of points; all weights and the prompts are constant.
pub struct Sweep<'a> {
    /// The network.
    pub network: &'a Transformer,
    /// Which values points are.
    pub site: Site,
}

impl Sweep<'_> {
    /// F of all points, `[group][point]`, and ∂F/∂w with `gradient`.
    pub fn run(&self, groups: &[Group<'_>], gradient: bool) -> Vec<Vec<Response>> {
        let rules = gradient.then_some(Rules::EXACT);
        let (x, layers) = self.ascend(groups, rules, |_, _, neurons| neurons);
        let (values, dx) = self.ends_to_values(groups, x, rules);
        let mut values = values.into_iter();
        let mut responses: Vec<Vec<Response>> = groups
            .iter()
            .map(|group| {
                let own = values.by_ref().take(group.points.len());
                own.map(|value| Response { value, gradient: Vec::new() }).collect()
            })
            .collect();
        let Some(dx) = dx else { return responses };
        let mut open: Vec<usize> = groups.iter().map(|group| group.points.len()).collect();
        for Gradients { counts, values, .. } in self.descend(groups, layers, dx, Rules::EXACT, false) {
            let host = to_host(values);
            let mut found = host.chunks(self.network.width());
            for ((responses, open), count) in responses.iter_mut().zip(&mut open).zip(counts) {
                let from = *open - count;
                for (response, gradient) in responses[from..*open].iter_mut().zip(&mut found) {
                    response.gradient = gradient.to_vec();
                }
                *open = from;
            }
        }
        responses
    }

    /// ∂F/∂w of every layer at the prompts themselves, by some rules, `[group][layer]`: one pass serves all layers. Each group has one point: the
    /// first layer that is asked for, with the values of its prompt.
    pub fn at_prompts(&self, groups: &[Group<'_>], rules: Rules) -> Vec<Vec<Vec<f32>>> {
        let (x, layers) = self.ascend(groups, Some(rules), |_, _, neurons| neurons);
        let mut taps = vec![vec![Vec::new(); self.network.blocks.len()]; groups.len()];
        let Some(dx) = self.ends_to_values(groups, x, Some(rules)).1 else { return taps };
        for Gradients { layer, counts, values } in self.descend(groups, layers, dx, rules, true) {
            let host = to_host(values);
            let mut found = host.chunks(self.network.width());
            for (taps, _) in taps.iter_mut().zip(counts).filter(|&(_, count)| count > 0) {
                taps[layer] = found.next().map_or_else(Vec::new, <[f32]>::to_vec);
            }
        }
        taps
    }

    /// The last layer's output at the target position of each point of one prompt, `[points × hidden]`, where `change(layer, n, w)` changes
    /// the activations w of the first n points above their own layer: `[n·tokens × width]`, in the last layer `[n × width]`.
    pub fn ends(&self, group: Group<'_>, change: impl Fn(usize, usize, Tensor<2>) -> Tensor<2>) -> Tensor<2> {
        self.ascend(&[group], None, change).0
    }

    /// F of the ends of all points, and with `rules` ∂F/∂x of them.
    fn ends_to_values(
        &self,
        groups: &[Group<'_>],
        x: Tensor<2>,
        rules: Option<Rules>,
    ) -> (Vec<f32>, Option<Tensor<2>>) {
        let goals = groups.iter().flat_map(|group| iter::repeat_n(group.goal, group.points.len()));
        self.network.head.values(x, &goals.collect::<Vec<_>>(), rules)
    }

    /// From points to their ends, group by group; with `keep`, what a way back by these rules needs.
    fn ascend(
        &self,
        groups: &[Group<'_>],
        keep: Option<Rules>,
        change: impl Fn(usize, usize, Tensor<2>) -> Tensor<2>,
    ) -> (Tensor<2>, Vec<Layer>) {
        let rules = keep.unwrap_or(Rules::EXACT);
        let blocks = &self.network.blocks;
        let first = lowest(groups);
        let mut layers = Vec::with_capacity(blocks.len() - first);
        let mut x: Option<Tensor<2>> = None;
        let mut started = vec![0; groups.len()];
        for (l, block) in blocks.iter().enumerate().skip(first) {
            let mut state = None;
            x = x.map(|x| {
                let change = |neurons| change(l, started.iter().sum(), neurons);
                let (out, s) = if self.network.causal {
                    block.forward_cached(x, &variants(groups, &started, l), rules, change)
                } else {
                    block.forward(x, &sentences(groups, &started, l + 1 == blocks.len()), rules, change)
                };
                state = Some(s);
                out
            });
            let starting = |(group, &from): (&Group<'_>, &usize)| {
                group.points[from..].iter().take_while(|point| point.layer == l).count()
            };
            let here: Vec<usize> = groups.iter().zip(&started).map(starting).collect();
            let mut joined = None;
            if here.iter().any(|&count| count > 0) {
                let (new, join) = self.start(l, groups, &started, &here);
                x = Some(match x {
                    None => new,
                    Some(old) => {
                        let each: Vec<usize> =
                            groups.iter().map(|group| group.rows_of_a_point(self.network, l)).collect();
                        woven(&old, &started, &new, &here, &each)
                    }
                });
                started.iter_mut().zip(&here).for_each(|(started, here)| *started += here);
                joined = Some((join, here));
            }
            if keep.is_some() {
                layers.push(Layer { block: state, joined });
            }
        }
        // Every group has a point.
        (x.unwrap_or_else(|| groups[0].prefix.last.clone()), layers)
    }

    /// What a layer gives of the points that start there, `here` of each group behind the first `started`.
    fn start(&self, l: usize, groups: &[Group<'_>], started: &[usize], here: &[usize]) -> (Tensor<2>, JoinState) {
        let (block, hidden) = (&self.network.blocks[l], self.network.hidden());
        let mut neurons = self.matrix(groups, started, here);
        match self.site {
            Site::Activation => {}
            Site::Pre => neurons = block.feed_forward.activation.forward(neurons),
            Site::Up => neurons = neurons * self.gates(l, groups, here),
        }
        let residuals = groups.iter().zip(here).filter(|&(_, &count)| count > 0);
        let residuals =
            residuals.map(|(group, &count)| group.prefix.layers[l].residual.clone().expand([count, hidden])).collect();
        let (out, join) = block.join(stacked(residuals), neurons);
        if self.network.causal || l + 1 == self.network.blocks.len() {
            return (out, join);
        }
        let (mut all, mut from) = (Vec::with_capacity(groups.len()), 0);
        for (group, &count) in groups.iter().zip(here).filter(|&(_, &count)| count > 0) {
            let own = rows(&out, from..from + count);
            from += count;
            all.push(match &group.prefix.layers[l].output {
                Some(output) => group.prefix.in_sentences(own, output),
                None => own,
            });
        }
        (stacked(all), join)
    }

    /// From ∂F/∂x of the ends to ∂F/∂w of the points, from the top layer down; with `taps`, of every layer that a point went through, too.
    fn descend(
        &self,
        groups: &[Group<'_>],
        layers: Vec<Layer>,
        mut d: Tensor<2>,
        rules: Rules,
        taps: bool,
    ) -> Vec<Gradients> {
        let first = lowest(groups);
        let mut open: Vec<usize> = groups.iter().map(|group| group.points.len()).collect();
        let mut found = Vec::new();
        for (l, layer) in layers.into_iter().enumerate().map(|(i, layer)| (first + i, layer)).rev() {
            let block = &self.network.blocks[l];
            let each: Vec<usize> = groups.iter().map(|group| group.rows_of_a_point(self.network, l)).collect();
            if let Some((join, here)) = layer.joined {
                open.iter_mut().zip(&here).for_each(|(open, here)| *open -= here);
                let (below, own) = unwoven(&d, &open, &here, &each);
                let (_, dw) = block.join_backward(&join, at_targets(own, groups, &here, &each), rules);
                let values = self.at_site(l, groups, &open, &here, dw);
                found.push(Gradients { layer: l, counts: here, values });
                match below {
                    Some(below) => d = below,
                    None => continue,
                }
            }
            let Some(state) = layer.block else { continue };
            let (dx, dw) = block.backward(&state, d);
            if taps {
                let dw = at_targets(dw, groups, &open, &each);
                let values = match self.site {
                    Site::Activation => dw,
                    Site::Pre => {
                        let open = groups.iter().zip(&open).filter(|&(_, &count)| count > 0);
                        let prompts = open.flat_map(|(group, _)| &group.prefix.layers[l].before);
                        let values: Vec<f32> = prompts.copied().collect();
                        dw * block.feed_forward.activation.derivative(self.matrix_of(values))
                    }
                    Site::Up => dw * self.gates(l, groups, &open),
                };
                found.push(Gradients { layer: l, counts: open.clone(), values });
            }
            d = dx;
        }
        found
    }

    /// ∂F by the values that points are, from ∂F/∂w of `here` points of each group behind the first `started`.
    fn at_site(&self, l: usize, groups: &[Group<'_>], started: &[usize], here: &[usize], dw: Tensor<2>) -> Tensor<2> {
        match self.site {
            Site::Activation => dw,
            Site::Pre => {
                let points = self.matrix(groups, started, here);
                dw * self.network.blocks[l].feed_forward.activation.derivative(points)
            }
            Site::Up => dw * self.gates(l, groups, here),
        }
    }

    /// `here` points of each group behind the first `started`, `[points × width]`.
    fn matrix(&self, groups: &[Group<'_>], started: &[usize], here: &[usize]) -> Tensor<2> {
        let each = groups.iter().zip(started).zip(here);
        let points = each.flat_map(|((group, &from), &count)| &group.points[from..from + count]);
        self.matrix_of(points.flat_map(|point| point.neurons.iter().copied()).collect())
    }

    /// act(gate) of a gated block at each prompt, `counts` times: `[Σ counts × width]`.
    fn gates(&self, l: usize, groups: &[Group<'_>], counts: &[usize]) -> Tensor<2> {
        let activation = &self.network.blocks[l].feed_forward.activation;
        let used = groups.iter().zip(counts).filter(|&(_, &count)| count > 0);
        let gates = used.map(|(group, &count)| {
            let before = self.matrix_of(group.prefix.layers[l].before.clone());
            activation.forward(before).expand([count, self.network.width()])
        });
        stacked(gates.collect())
    }

    /// `[rows × width]`.
    fn matrix_of(&self, values: Vec<f32>) -> Tensor<2> {
        let width = self.network.width();
        let rows = values.len() / width;
        Tensor::from_data(TensorData::new(values, [rows, width]), &self.network.device())
    }
}

/// The lowest layer of a point.
fn lowest(groups: &[Group<'_>]) -> usize {
    groups.iter().filter_map(|group| group.points.first()).map(|point| point.layer).min().unwrap_or(0)
}

/// The rows of a causal model: so many of each group.
fn variants<'a>(groups: &[Group<'a>], counts: &[usize], l: usize) -> Vec<Variants<'a>> {
    let used = groups.iter().zip(counts).filter(|&(_, &count)| count > 0);
    // A causal prompt has a cache in each layer.
    used.filter_map(|(group, &count)| Some(Variants { count, cache: group.prefix.layers[l].cache.as_ref()? })).collect()
}

/// The rows of a bidirectional model. Attention does not know whose a sentence is, so neighbours of one length are one.
fn sentences(groups: &[Group<'_>], counts: &[usize], top: bool) -> Vec<Sentences> {
    let mut all: Vec<Sentences> = Vec::with_capacity(groups.len());
    for (group, &count) in groups.iter().zip(counts).filter(|&(_, &count)| count > 0) {
        let next = Sentences { count, tokens: group.prefix.tokens, only: top.then_some(group.prefix.position) };
        match all.last_mut().filter(|last| (last.tokens, last.only) == (next.tokens, next.only)) {
            Some(last) => last.count += count,
            None => all.push(next),
        }
    }
    all
}

/// Group by group `a` rows of `old` and `b` of `new`, each point of a group with so many rows.
fn woven(old: &Tensor<2>, a: &[usize], new: &Tensor<2>, b: &[usize], each: &[usize]) -> Tensor<2> {
    let (mut parts, mut from) = (Vec::with_capacity(2 * each.len()), [0, 0]);
    for ((&a, &b), &each) in a.iter().zip(b).zip(each) {
        for (which, (x, count)) in [(old, a * each), (new, b * each)].into_iter().enumerate() {
            if count > 0 {
                parts.push(rows(x, from[which]..from[which] + count));
                from[which] += count;
            }
        }
    }
    stacked(parts)
}

/// The two that were woven; nothing where no row of the first is left.
fn unwoven(x: &Tensor<2>, a: &[usize], b: &[usize], each: &[usize]) -> (Option<Tensor<2>>, Tensor<2>) {
    let (mut old, mut new, mut from) = (Vec::with_capacity(each.len()), Vec::with_capacity(each.len()), 0);
    for ((&a, &b), &each) in a.iter().zip(b).zip(each) {
        for (parts, count) in [(&mut old, a * each), (&mut new, b * each)] {
            if count > 0 {
                parts.push(rows(x, from..from + count));
                from += count;
            }
        }
    }
    ((!old.is_empty()).then(|| stacked(old)), stacked(new))
}

/// The target positions of `counts` points of each group, whose points have `each` rows.
fn at_targets(x: Tensor<2>, groups: &[Group<'_>], counts: &[usize], each: &[usize]) -> Tensor<2> {
    if each.iter().all(|&each| each == 1) {
        return x;
    }
    let (columns, mut from) = (x.dims()[1], 0);
    let mut parts = Vec::with_capacity(groups.len());
    for ((group, &count), &each) in groups.iter().zip(counts).zip(each).filter(|&((_, &count), _)| count > 0) {
        let own = rows(&x, from..from + count * each).reshape([count, each, columns]);
        from += count * each;
        let position = group.target_of(each);
        parts.push(own.slice_dim(1, position..position + 1).reshape([count, columns]));
    }
    stacked(parts)
}
