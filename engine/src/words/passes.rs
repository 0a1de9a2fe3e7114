//! F of sentences whose word embeddings are other ones, and its gradient by them.

use super::integral::Gradients;
use crate::metric::Goal;
use crate::nn::{Rules, Sentences};
use crate::question::Step;
use crate::transformer::{Transformer, to_host};
use burn::tensor::{Tensor, TensorData};

/// A prediction, and the words whose embeddings are given.
pub(super) struct Passes<'a> {
    pub(super) network: &'a Transformer,
    pub(super) step: &'a Step,
    /// Their places in the input.
    pub(super) words: &'a [usize],
    /// Rows of hidden states of one pass.
    pub(super) rows: usize,
}

impl Gradients for Passes<'_> {
    fn at(&self, points: &[Vec<f32>], gradient: bool) -> Vec<(f64, Vec<f32>)> {
        let at_once = (self.rows / self.step.ids.len()).max(1);
        points.chunks(at_once).flat_map(|points| self.pass(points, gradient)).collect()
    }
}

impl Passes<'_> {
    /// One pass of all points there and back.
    fn pass(&self, points: &[Vec<f32>], gradient: bool) -> Vec<(f64, Vec<f32>)> {
        let (network, hidden) = (self.network, self.network.hidden());
        let (ids, position) = (&self.step.ids[..], self.step.position);
        let (count, tokens) = (points.len(), ids.len());
        let changed = |words: Tensor<2>| {
            let device = words.device();
            let mut values = to_host(words);
            for (sentence, point) in values.chunks_mut(tokens * hidden).zip(points) {
                for (&at, embedding) in self.words.iter().zip(point.chunks(hidden)) {
                    sentence[at * hidden..(at + 1) * hidden].copy_from_slice(embedding);
                }
            }
            Tensor::from_data(TensorData::new(values, [count * tokens, hidden]), &device)
        };
        let (mut x, embedded) = network.embed_keeping(&vec![ids; count], changed);
        let mut states = Vec::with_capacity(network.blocks.len());
        for (layer, block) in network.blocks.iter().enumerate() {
            // In the last layer only the target position asks.
            let only = (layer + 1 == network.blocks.len()).then_some(position);
            let sentences = [Sentences { count, tokens, only }];
            let (out, state) = block.forward_seeing(x, &sentences, network.causal, Rules::EXACT, |neurons| neurons);
            if gradient {
                states.push(state);
            }
            x = out;
        }
        let goals = vec![Goal::Probability { target: self.step.target }; count];
        let (values, down) = network.head.values(x, &goals, gradient.then_some(Rules::EXACT));
        let values = values.into_iter().map(f64::from);
        let Some(mut d) = down else { return values.map(|value| (value, Vec::new())).collect() };
        for (block, state) in network.blocks.iter().zip(&states).rev() {
            d = block.backward(state, d).0;
        }
        let all = to_host(network.embedding_backward(embedded.as_ref(), d));
        let of_words = |sentence: &[f32]| {
            self.words.iter().flat_map(|&at| sentence[at * hidden..(at + 1) * hidden].iter().copied()).collect()
        };
        values.zip(all.chunks(tokens * hidden).map(of_words)).collect()
    }
}
