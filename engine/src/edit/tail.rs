//! Some sentences from a layer on: what they cost, by the object that shall follow, and the gradient of that.
//!
//! What the layer reads and all below it stays as it is while an edit is looked for, so it is computed once; of a causal model so do the tokens before
//! the one that is changed. A step is one pass of the others through the layers above, and back.

use super::method::Loss;
use super::request::{EditPrompt, Essence};
use crate::error::{Error, Result};
use crate::metric::Goal;
use crate::nn::{Behind, Distribution, KeysValues, Rules, Sentences, rows, stacked};
use crate::transformer::{Transformer, to_host};
use burn::tensor::{Int, Tensor, TensorData};

/// Which of a layer's results is changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// What the second feed-forward matrix writes, with its bias (ROME; the training of that matrix).
    Written,
    /// What the layer gives (MEMIT).
    Output,
}

/// Which tokens are changed, of a causal model: of a bidirectional one it is always all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Changed {
    /// All of them.
    All,
    /// The subject's last one. Those before it do not see it, so that above the layer, too, they stay as they are, and are passed once.
    Subject,
}

/// Sentences of one or several requests, from a layer on.
pub(super) struct Tail<'a> {
    network: &'a Transformer,
    layer: usize,
    place: Place,
    sentences: Vec<Sentences>,
    /// Of each layer above, what comes before each of the sentences; of none where nothing is left out.
    before: Vec<Vec<Option<KeysValues>>>,
    /// By row, a token: `[rows × hidden]`.
    residual: Tensor<2>,
    /// What is changed, as it is without an edit.
    base: Tensor<2>,
    /// What the second matrix reads, `[rows × width]`.
    neurons: Tensor<2>,
    /// The row of the subject's last token of each sentence, those of an essence behind the others.
    subjects: Vec<usize>,
    /// Of each prompt its first sentence's, in their order.
    firsts: Vec<usize>,
    reads: Vec<Weighted>,
    essence: Option<Kept>,
}

/// A token to be predicted at a row, and its share of the mean.
struct Weighted {
    row: usize,
    target: u32,
    weight: f64,
}

/// A continuation that shall stay.
struct Kept {
    row: usize,
    /// What its divergence is multiplied with.
    factor: f64,
    /// ln p of every token without an edit, once it is known.
    before: Option<Vec<f64>>,
}

/// What a pass gives: the loss without what holds the change small, and with a way back its gradient at the place, `[rows × hidden]`.
pub(super) struct Passed {
    pub loss: Loss,
    pub gradient: Option<Tensor<2>>,
}

impl<'a> Tail<'a> {
    /// Runs all sentences up to the layer. The mean is over prompts, each the mean of its tokens.
    pub fn new(
        network: &'a Transformer,
        layer: usize,
        place: Place,
        prompts: &[EditPrompt],
        essence: Option<(&Essence, f64)>,
        changed: Changed,
    ) -> Self {
        let (mut sentences, mut traces) = (Vec::new(), Vec::new());
        let (mut subjects, mut firsts, mut reads, mut row) = (Vec::new(), Vec::new(), Vec::new(), 0);
        let above = &network.blocks[layer + 1..];
        let mut before = vec![Vec::new(); above.len()];
        // Gives the row of a token by its place in the sentence; `first` is the first one that is read or changed.
        let mut add = |ids: &[u32], subject: usize, first: usize| {
            let cut = if network.causal && changed == Changed::Subject { first.min(subject) } else { 0 };
            let from = row;
            network.traced(ids, layer, |at, trace| {
                if at != layer {
                    return;
                }
                let mut x = trace.output.clone().slice_dim(0, 0..cut);
                for (block, before) in above.iter().zip(&mut before) {
                    before.push((cut > 0).then(|| {
                        let of = Behind { before: None, tokens: cut, only: None, causal: true };
                        let passed = block.behind(x.clone(), of, |a| a, |w| w);
                        x = passed.output;
                        passed.keys_values
                    }));
                }
                traces.push((cut, trace));
            });
            sentences.push(Sentences::whole(1, ids.len() - cut));
            subjects.push(from + subject - cut);
            row += ids.len() - cut;
            move |place: usize| from + place - cut
        };
        for prompt in prompts {
            let tokens: usize = prompt.sentences.iter().map(|sentence| sentence.reads.len()).sum();
            let weight = 1.0 / (prompts.len() * tokens.max(1)) as f64;
            for (number, sentence) in prompt.sentences.iter().enumerate() {
                let first = sentence.reads.iter().map(|read| read.position).min().unwrap_or(sentence.subject);
                let row = add(&sentence.ids, sentence.subject, first);
                if number == 0 {
                    firsts.push(row(sentence.subject));
                }
                let read = |read: &super::Read| Weighted { row: row(read.position), target: read.target, weight };
                reads.extend(sentence.reads.iter().map(read));
            }
        }
        let essence = essence.map(|(essence, factor)| {
            let row = add(&essence.ids, essence.subject, essence.position);
            Kept { row: row(essence.position), factor, before: None }
        });
        let together = |pick: &dyn Fn(&crate::nn::Trace) -> Tensor<2>| {
            let of = |(cut, trace): &(usize, crate::nn::Trace)| {
                let all = pick(trace);
                let tokens = all.dims()[0];
                rows(&all, *cut..tokens)
            };
            stacked(traces.iter().map(of).collect())
        };
        let neurons = together(&|trace| trace.neurons.clone());
        let base = match place {
            Place::Written => network.blocks[layer].feed_forward.output.forward(neurons.clone()),
            Place::Output => together(&|trace| trace.output.clone()),
        };
        let residual = together(&|trace| trace.residual.clone());
        Self { network, layer, place, sentences, before, residual, base, neurons, subjects, firsts, reads, essence }
    }

    /// What the second matrix reads, `[rows × width]`.
    pub fn neurons(&self) -> Tensor<2> {
        self.neurons.clone()
    }

    /// The base at the subject's last token of the first prompt.
    pub fn base_at_subject(&self) -> Vec<f64> {
        at_row(&self.base, self.firsts[0])
    }

    /// What the second matrix reads at the subject's last token of each prompt.
    pub fn keys(&self) -> Vec<Vec<f64>> {
        self.firsts.iter().map(|&row| at_row(&self.neurons, row)).collect()
    }

    /// The base with a vector added at the subject's last token of every sentence.
    pub fn with_added(&self, vector: &[f64]) -> Tensor<2> {
        let [rows, hidden] = self.base.dims();
        let mut added = vec![0.0f32; rows * hidden];
        for &row in &self.subjects {
            for (value, &more) in added[row * hidden..(row + 1) * hidden].iter_mut().zip(vector) {
                *value = more as f32;
            }
        }
        self.base.clone() + Tensor::from_data(TensorData::new(added, [rows, hidden]), &self.base.device())
    }

    /// The sum of a gradient over the same rows.
    pub fn summed(&self, gradient: Tensor<2>) -> Vec<f64> {
        let hidden = gradient.dims()[1];
        let values = to_host(gradient);
        let mut sum = vec![0.0; hidden];
        for &row in &self.subjects {
            sum.iter_mut().zip(&values[row * hidden..]).for_each(|(sum, &value)| *sum += f64::from(value));
        }
        sum
    }

    /// What the sentences cost with `x` in the base's place. The first call's `x` is to be the base: the essence stays as it was there.
    ///
    /// # Errors
    /// A loss that is no number.
    pub fn pass(&mut self, x: Tensor<2>, gradient: bool) -> Result<Passed> {
        let (network, block) = (self.network, &self.network.blocks[self.layer]);
        let (mut x, join) = match self.place {
            Place::Output => (x, None),
            Place::Written => {
                let (x, join) = block.add_written(self.residual.clone(), x);
                (x, Some(join))
            }
        };
        let mut states = Vec::new();
        for (block, before) in network.blocks[self.layer + 1..].iter().zip(&self.before) {
            let of = (&*self.sentences, &**before);
            let (out, state) = block.forward_after(x, of, network.causal, Rules::EXACT, |neurons| neurons);
            states.push(state);
            x = out;
        }
        let (dims, device) = (x.dims(), x.device());
        let mut down = vec![0.0f32; if gradient { dims[0] * dims[1] } else { 0 }];
        let mut add = |row: usize, values: &[f32], factor: f64| {
            if gradient {
                let own = down[row * dims[1]..(row + 1) * dims[1]].iter_mut().zip(values);
                own.for_each(|(sum, &value)| *sum += (factor * f64::from(value)) as f32);
            }
        };
        let mut loss = Loss::default();
        let at: Vec<usize> = self.reads.iter().map(|read| read.row).collect();
        let goals: Vec<Goal> = self.reads.iter().map(|read| Goal::LogProbability { target: read.target }).collect();
        let (values, slopes) = network.head.values(chosen(&x, &at), &goals, gradient.then_some(Rules::EXACT));
        let slopes = slopes.map(to_host);
        for (number, (read, value)) in self.reads.iter().zip(values).enumerate() {
            loss.new_object -= read.weight * f64::from(value);
            if let Some(slopes) = &slopes {
                add(read.row, &slopes[number * dims[1]..(number + 1) * dims[1]], -read.weight);
            }
        }
        if let Some(kept) = &mut self.essence {
            let (logits, state) = network.head.logits_and_state(chosen(&x, &[kept.row]));
            let logits = to_host(logits);
            let all = Distribution::of(&logits);
            let now: Vec<f64> = logits.iter().map(|&logit| all.log_probability(logit)).collect();
            let before = kept.before.get_or_insert_with(|| now.clone());
            let divergence: f64 = now.iter().zip(&*before).map(|(now, before)| now.exp() * (now - before)).sum();
            loss.essence = kept.factor * divergence;
            if gradient {
                // ∂KL/∂logit = p·(ln p − ln p₀ − KL).
                let slope = |(now, before): (&f64, &f64)| (now.exp() * (now - before - divergence)) as f32;
                let slopes: Vec<f32> = now.iter().zip(&*before).map(slope).collect();
                let slopes = Tensor::from_data(TensorData::new(slopes, [1, now.len()]), &device);
                add(kept.row, &to_host(network.head.logits_backward(&state, slopes, Rules::EXACT)), kept.factor);
            }
        }
        if !loss.total().is_finite() {
            let value = loss.total() as f32;
            return Err(Error::NotFinite { layer: self.layer as u32, what: "the loss of an edit", value });
        }
        if !gradient {
            return Ok(Passed { loss, gradient: None });
        }
        let mut d = Tensor::<2>::from_data(TensorData::new(down, dims), &device);
        for (block, state) in network.blocks[self.layer + 1..].iter().zip(states).rev() {
            d = block.backward(&state, d).0;
        }
        if let Some(join) = join {
            d = block.add_written_backward(&join, d, Rules::EXACT).1;
        }
        Ok(Passed { loss, gradient: Some(d) })
    }
}

/// Some rows of a matrix, in this order.
fn chosen(x: &Tensor<2>, which: &[usize]) -> Tensor<2> {
    let ids: Vec<i32> = which.iter().map(|&row| row as i32).collect();
    x.clone().select(0, Tensor::<1, Int>::from_data(TensorData::new(ids, [which.len()]), &x.device()))
}

/// One row, in 64 bits.
fn at_row(x: &Tensor<2>, row: usize) -> Vec<f64> {
    to_host(x.clone().slice_dim(0, row..row + 1)).into_iter().map(f64::from).collect()
}

#[cfg(test)]
mod tests {
    use super::super::request::{Read, Sentence};
    use super::*;
    use crate::Model;
    use burn::tensor::Device;
    use std::path::Path;

    /// Loss and gradient of a pass with something added at the subject's last token.
    fn passed(model: &Model, layer: usize, place: Place, changed: Changed) -> (Loss, Vec<f64>) {
        let sentence = |ids: &[u32], subject: usize, reads: &[(usize, u32)]| {
            let reads = reads.iter().map(|&(position, target)| Read { position, target }).collect();
            Sentence { ids: ids.to_vec(), subject, reads }
        };
        // A subject in the middle, one at the very beginning, one that is read, too, and one that is read before it stands.
        let sentences = vec![
            sentence(&[5, 9, 3, 7, 11, 4], 2, &[(4, 6), (5, 8)]),
            sentence(&[7, 2, 6], 0, &[(2, 9)]),
            sentence(&[3, 8, 12, 5], 3, &[(3, 10)]),
            sentence(&[4, 6, 9, 13], 2, &[(1, 7), (3, 5)]),
        ];
        let essence = Essence { ids: vec![8, 5, 3, 10], subject: 1, position: 3 };
        let prompts = [EditPrompt { sentences }];
        let mut tail = Tail::new(&model.network, layer, place, &prompts, Some((&essence, 0.5)), changed);
        let added: Vec<f64> = (0..model.network.hidden()).map(|at| 0.3 * (at as f64 + 1.0).sin()).collect();
        // The first pass keeps what the essence says without a change.
        tail.pass(tail.with_added(&vec![0.0; added.len()]), false).expect("finite");
        let found = tail.pass(tail.with_added(&added), true).expect("finite");
        let gradient = tail.summed(found.gradient.expect("a way back"));
        (found.loss, gradient)
    }

    #[test]
    fn tokens_before_the_subject_are_not_passed_again_and_nothing_else_comes_of_it() {
        let causal = [
            "gpt2",
            "llama",
            "llama3",
            "qwen2",
            "qwen3",
            "gemma",
            "gemma2",
            "gemma3",
            "mistral",
            "gpt-neox",
            "gpt-neox-in-turn",
            "phi",
        ];
        for name in causal {
            let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name);
            let model = Model::load(folder, &Device::flex()).expect("the fixture loads");
            assert!(model.network.blocks.len() >= 3, "{name}: what the first layer above hands on is to be seen");
            for (layer, place) in [(0, Place::Written), (0, Place::Output), (1, Place::Output)] {
                let (all, all_slopes) = passed(&model, layer, place, Changed::All);
                let (some, some_slopes) = passed(&model, layer, place, Changed::Subject);
                let near = |a: f64, b: f64| (a - b).abs() <= 1e-5 * (1.0 + a.abs());
                assert!(near(all.new_object, some.new_object), "{name}, {layer} {place:?}: {all:?} {some:?}");
                assert!(near(all.essence, some.essence), "{name}, {layer} {place:?}: {all:?} {some:?}");
                assert!(all.essence > 0.0, "{name}: the essence is changed");
                let most = all_slopes.iter().fold(0.0f64, |most, slope| most.max(slope.abs()));
                let apart = all_slopes.iter().zip(&some_slopes).fold(0.0f64, |most, (a, b)| most.max((a - b).abs()));
                assert!(most > 0.0 && apart <= 2e-5 * most, "{name}, {layer} {place:?}: slopes {apart:e} of {most:e}");
            }
        }
    }
}
