//! The passes: clean, corrupted, and corrupted with clean states restored.
//!
//! Restoring at a token of a layer changes what lies above that layer and, in a causal model, at that token and behind it. So the clean and
//! the corrupted passes are kept, a restoration enters the latter at its own layer, and goes through the layers above together with those of
//! lower layers: of a causal model the tokens from the restored one on, with the corrupted pass's keys and values of the tokens before.
//! A pass holds the restorations of all layers at one token in several draws. In the last layer only the target position asks.

use crate::metric::Goal;
use crate::nn::{Behind, KeysValues, Standing};
use crate::question::Step;
use crate::transformer::Transformer;
use burn::tensor::{Tensor, TensorData};
use std::ops::Range;

/// What is restored at a token.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Restore {
    /// The hidden state: the layer's output.
    #[default]
    Hidden,
    /// What the feed-forward block gives, before it is normalised (Gemma 2 and 3) and added.
    FeedForward,
    /// What attention gives, likewise.
    Attention,
}

impl Restore {
    /// Every one with its name.
    pub const NAMED: [(&'static str, Self); 3] =
        [("hidden", Self::Hidden), ("feed-forward", Self::FeedForward), ("attention", Self::Attention)];

    /// Its name.
    pub fn name(self) -> &'static str {
        Self::NAMED.iter().find(|(_, known)| *known == self).map_or("", |&(name, _)| name)
    }
}

/// What came of one prediction.
#[derive(Clone, Debug, PartialEq)]
pub struct StepEffects {
    /// Of the clean prompt.
    pub standing: Standing,
    /// p* of each draw.
    pub corrupted: Vec<f64>,
    /// p with clean states restored, `[token][layer][draw]`.
    pub restored: Vec<Vec<Vec<f64>>>,
}

/// How a prediction's passes are made.
pub(super) struct Passes<'a> {
    pub(super) network: &'a Transformer,
    pub(super) restore: Restore,
    pub(super) window: usize,
    /// Rows that a pass may have.
    pub(super) rows: usize,
}

/// What is kept of a layer.
struct Layer {
    input: Tensor<2>,
    attention: Tensor<2>,
    residual: Tensor<2>,
    /// Of the clean pass alone, where they are put back: they are many.
    neurons: Option<Tensor<2>>,
    output: Tensor<2>,
    keys_values: KeysValues,
}

/// A pass that is kept: rows of sentences, of their tokens from `from` on.
struct Kept {
    layers: Vec<Layer>,
    from: usize,
    tokens: usize,
}

impl Kept {
    /// Rows of one token of some sentences, `[sentences × columns]`.
    fn at(&self, x: &Tensor<2>, sentences: Range<usize>, token: usize) -> Tensor<2> {
        self.tokens(x, sentences.clone(), token..token + 1).reshape([sentences.len(), x.dims()[1]])
    }

    /// The same of several tokens, `[sentences × tokens × columns]`.
    fn tokens(&self, x: &Tensor<2>, sentences: Range<usize>, tokens: Range<usize>) -> Tensor<3> {
        let [rows, columns] = x.dims();
        let all: Tensor<3> = x.clone().reshape([rows / self.tokens, self.tokens, columns]);
        all.slice([sentences, tokens.start - self.from..tokens.end - self.from, 0..columns])
    }
}

/// The restorations of one pass.
struct Batch<'a> {
    step: &'a Step,
    clean: &'a Kept,
    corrupted: &'a Kept,
    /// Where clean states are put back.
    token: usize,
    draws: Range<usize>,
}

impl Passes<'_> {
    /// Effects on one prediction of a subject at these tokens with these draws of noise, `[draw][token of the subject × hidden]`; restored at each of
    /// `tokens`, in a causal model none before the subject.
    pub(super) fn step(&self, step: &Step, subject: Range<usize>, noise: &[Vec<f32>], tokens: &[usize]) -> StepEffects {
        let network = self.network;
        let last = |kept: &Kept, sentences: Range<usize>| {
            let top = kept.layers.last().map(|layer| &layer.output);
            top.map(|output| kept.at(output, sentences, step.position))
        };
        let clean = network.embed_with(&[&step.ids], |words| words);
        let clean = self.kept(clean, None, step.ids.len(), 1, self.restore == Restore::FeedForward);
        // A network without a layer is none that can be loaded.
        let end = last(&clean, 0..1).unwrap_or_else(|| network.embed_with(&[&step.ids], |words| words));
        let standing = network.head.standing(end, step.target);
        let corrupted = self.corrupted(step, &clean, subject, noise);
        let ends = last(&corrupted, 0..noise.len());
        let p_corrupted = ends.map_or_else(Vec::new, |ends| self.probabilities(ends, step.target));
        let layers = network.blocks.len();
        let restored = tokens.iter().map(|&token| {
            let mut of_token = vec![Vec::with_capacity(noise.len()); layers];
            let behind = if network.causal { step.ids.len() - token } else { step.ids.len() };
            let at_once = (self.rows / (layers * behind)).max(1);
            for from in (0..noise.len()).step_by(at_once) {
                let draws = from..(from + at_once).min(noise.len());
                let count = draws.len();
                let batch = Batch { step, clean: &clean, corrupted: &corrupted, token, draws };
                let found = self.probabilities(self.restored(&batch), step.target);
                of_token.iter_mut().zip(found.chunks(count)).for_each(|(all, found)| all.extend_from_slice(found));
            }
            of_token
        });
        StepEffects { standing, corrupted: p_corrupted, restored: restored.collect() }
    }

    /// p of the target at each row of the last layer's output.
    fn probabilities(&self, ends: Tensor<2>, target: u32) -> Vec<f64> {
        let goals = vec![Goal::Probability { target }; ends.dims()[0]];
        self.network.head.values(ends, &goals, None).0.into_iter().map(f64::from).collect()
    }

    /// A pass of `x: [sentences·tokens × hidden]`, behind keys and values of each layer.
    fn kept(
        &self,
        mut x: Tensor<2>,
        before: Option<&[KeysValues]>,
        tokens: usize,
        sentences: usize,
        neurons: bool,
    ) -> Kept {
        let from = tokens - x.dims()[0] / sentences;
        let mut layers = Vec::with_capacity(self.network.blocks.len());
        for (l, block) in self.network.blocks.iter().enumerate() {
            let of = Behind {
                before: before.map(|before| &before[l]),
                tokens: tokens - from,
                only: None,
                causal: self.network.causal,
            };
            let passed = block.behind(x.clone(), of, |a| a, |w| w);
            layers.push(Layer {
                input: x,
                attention: passed.attention,
                residual: passed.residual,
                neurons: neurons.then_some(passed.neurons),
                output: passed.output.clone(),
                keys_values: passed.keys_values,
            });
            x = passed.output;
        }
        Kept { layers, from, tokens: tokens - from }
    }

    /// The pass of each draw. What a causal model computes before the subject is the clean pass's.
    fn corrupted(&self, step: &Step, clean: &Kept, subject: Range<usize>, noise: &[Vec<f32>]) -> Kept {
        let (network, draws, tokens) = (self.network, noise.len(), step.ids.len());
        let hidden = network.hidden();
        let sentences = vec![step.ids.as_slice(); draws];
        let mut x = network.embed_with(&sentences, |words| {
            let values: Vec<f32> = noise.iter().flatten().copied().collect();
            let noise = TensorData::new(values, [draws, subject.len(), hidden]);
            let noise = Tensor::<3>::from_data(noise, &network.device());
            let all: Tensor<3> = words.reshape([draws, tokens, hidden]);
            let of_subject = [0..draws, subject.clone(), 0..hidden];
            let noisy = all.clone().slice(of_subject.clone()) + noise;
            all.slice_assign(of_subject, noisy).reshape([draws * tokens, hidden])
        });
        if !network.causal {
            return self.kept(x, None, tokens, draws, false);
        }
        let from = subject.start;
        let all: Tensor<3> = x.reshape([draws, tokens, hidden]);
        x = all.slice_dim(1, from..tokens).reshape([draws * (tokens - from), hidden]);
        let before: Option<Vec<KeysValues>> =
            clean.layers.iter().map(|layer| Some(layer.keys_values.first(from)?.repeated(draws))).collect();
        self.kept(x, before.as_deref(), tokens, draws, false)
    }

    /// Which layers are restored for the effect of one.
    fn window(&self, layer: usize) -> Range<usize> {
        let layers = self.network.blocks.len();
        layer.saturating_sub(self.window / 2)..(layer + self.window.div_ceil(2)).min(layers)
    }

    /// The last layer's output at the target position, of each layer's restoration in each draw: `[layers·draws × hidden]`.
    fn restored(&self, batch: &Batch<'_>) -> Tensor<2> {
        let &Batch { step, clean, corrupted, token, ref draws } = batch;
        let (network, layers) = (self.network, self.network.blocks.len());
        let first = if network.causal { token } else { 0 };
        let tokens = step.ids.len() - first;
        let windows: Vec<Range<usize>> = (0..layers).map(|layer| self.window(layer)).collect();
        // Windows begin and end in the order of their layers, so those that have begun are the first ones, and those that go on the last of these.
        let (mut x, mut begun): (Option<Tensor<2>>, usize) = (None, 0);
        for (l, block) in network.blocks.iter().enumerate() {
            let only = (l + 1 == layers).then_some(step.position - first);
            let (asking, at) = match only {
                None => (tokens, Some(token - first)),
                Some(_) => (1, (token == step.position).then_some(0)),
            };
            let ended = windows.iter().take(begun).filter(|window| window.end <= l).count();
            let put_back = |rows: Tensor<2>, of: &Tensor<2>| match at {
                Some(at) if ended < begun => {
                    let within = ended * draws.len()..begun * draws.len();
                    put(rows, asking, at, within, clean.at(of, 0..1, token))
                }
                _ => rows,
            };
            let here = &clean.layers[l];
            x = x.map(|x| {
                let before = network.causal.then(|| self.before(batch, l)).flatten();
                let before = before.map(|before| before.repeated(begun));
                let of = Behind { before: before.as_ref(), tokens, only, causal: network.causal };
                let on_attention =
                    |a| if self.restore == Restore::Attention { put_back(a, &here.attention) } else { a };
                let on_neurons = |w| match (self.restore, &here.neurons) {
                    (Restore::FeedForward, Some(neurons)) => put_back(w, neurons),
                    _ => w,
                };
                let output = block.behind(x, of, on_attention, on_neurons).output;
                if self.restore == Restore::Hidden { put_back(output, &here.output) } else { output }
            });
            let beginning = windows.iter().skip(begun).take_while(|window| window.start == l).count();
            if beginning > 0 {
                let rows = corrupted.tokens(&corrupted.layers[l].output, draws.clone(), first..step.ids.len());
                let rows = match only {
                    None => rows,
                    Some(at) => rows.slice_dim(1, at..at + 1),
                };
                let rows: Tensor<2> = rows.reshape([draws.len() * asking, network.hidden()]);
                let rows = match at {
                    None => rows,
                    Some(at) => {
                        let each = self.begin(batch, l);
                        let [count, hidden] = each.dims();
                        let all: Tensor<3> = rows.reshape([count, asking, hidden]);
                        all.slice_assign([0..count, at..at + 1, 0..hidden], each.unsqueeze_dim(1))
                            .reshape([count * asking, hidden])
                    }
                };
                let rows = if beginning == 1 { rows } else { rows.repeat_dim(0, beginning) };
                x = Some(match x {
                    None => rows,
                    Some(x) => Tensor::cat(vec![x, rows], 0),
                });
                begun += beginning;
            }
        }
        // Every window begins in some layer.
        x.unwrap_or_else(|| clean.at(&clean.layers[0].output, 0..1, step.position))
    }

    /// The layer's output at the token where its clean state is put back, `[draws × hidden]`.
    fn begin(&self, batch: &Batch<'_>, l: usize) -> Tensor<2> {
        let &Batch { clean, corrupted, token, ref draws, .. } = batch;
        let (block, count) = (&self.network.blocks[l], draws.len());
        let (here, there) = (&clean.layers[l], &corrupted.layers[l]);
        let of_clean = |x: &Tensor<2>| clean.at(x, 0..1, token).repeat_dim(0, count);
        match (self.restore, &here.neurons) {
            (Restore::Attention, _) => {
                let input = corrupted.at(&there.input, draws.clone(), token);
                let [_, _, output] = block.from_attention(input, of_clean(&here.attention), |w| w);
                output
            }
            (Restore::FeedForward, Some(neurons)) => {
                let residual = corrupted.at(&there.residual, draws.clone(), token);
                block.join(residual, of_clean(neurons)).0
            }
            // Where they are put back, the clean pass keeps its neurons.
            (Restore::Hidden | Restore::FeedForward, _) => of_clean(&here.output),
        }
    }

    /// Keys and values of a layer before the restored token: those of the clean pass before the subject, of the corrupted one from there on.
    fn before(&self, batch: &Batch<'_>, l: usize) -> Option<KeysValues> {
        let &Batch { clean, corrupted, token, ref draws, .. } = batch;
        let unchanged = clean.layers[l].keys_values.first(corrupted.from);
        let noisy = corrupted.layers[l].keys_values.first(token - corrupted.from);
        KeysValues::then(
            unchanged.map(|unchanged| unchanged.repeated(draws.len())),
            noisy.map(|noisy| noisy.sentences(draws.clone())),
        )
    }
}

/// Rows of sentences of so many tokens, `[sentences·tokens × columns]`, with one row at a token of some of the sentences.
fn put(rows: Tensor<2>, tokens: usize, at: usize, sentences: Range<usize>, row: Tensor<2>) -> Tensor<2> {
    let [all, columns] = rows.dims();
    let (rows, count): (Tensor<3>, usize) = (rows.reshape([all / tokens, tokens, columns]), sentences.len());
    let each: Tensor<3> = row.repeat_dim(0, count).unsqueeze_dim(1);
    rows.slice_assign([sentences, at..at + 1, 0..columns], each).reshape([all, columns])
}

#[cfg(test)]
mod tests;
