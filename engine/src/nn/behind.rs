//! Tokens behind a beginning that does not change: what a causal model computes of sentences that differ from some token on.
//!
//! As `cached.rs`, but for several tokens a row of sentences, each with a beginning of its own, and with attention's result, the neurons and
//! the output changed on their way. Without a beginning it is a pass of whole sentences, also of a bidirectional model. No way back: that is
//! [`Attention::forward_after`]'s.

use super::attention::{join_heads, later_tokens, split_heads};
use super::block::through;
use super::sentences::{Sentences, picked};
use super::{Attention, Block, Cap, Rules};
use burn::tensor::{Tensor, activation::softmax};
use std::ops::Range;

/// Keys, turned to their positions, and values: `[sentences × key-value heads × tokens × size]` each.
#[derive(Clone, Debug)]
pub struct KeysValues {
    pub(super) keys: Tensor<4>,
    pub(super) values: Tensor<4>,
}

/// Which tokens a pass is of.
#[derive(Clone, Copy, Debug)]
pub struct Behind<'a> {
    /// What came before them, for each sentence; nothing: the tokens are whole sentences.
    pub before: Option<&'a KeysValues>,
    /// Tokens of each sentence.
    pub tokens: usize,
    /// The one token of each that asks; by default all do.
    pub only: Option<usize>,
    /// Whether tokens see only earlier ones.
    pub causal: bool,
}

/// What a layer gave of the tokens that ask: rows in the order of the sentences.
#[derive(Clone, Debug)]
pub struct Passed {
    /// What attention gives, before any normalisation of it, `[rows × hidden]`.
    pub attention: Tensor<2>,
    /// What the feed-forward block's result is added to, `[rows × hidden]`.
    pub residual: Tensor<2>,
    /// The neurons' activations, `[rows × width]`.
    pub neurons: Tensor<2>,
    /// The layer's output, `[rows × hidden]`.
    pub output: Tensor<2>,
    /// Keys and values of all tokens of the pass.
    pub keys_values: KeysValues,
}

impl KeysValues {
    fn map(&self, of: impl Fn(&Tensor<4>) -> Tensor<4>) -> Self {
        Self { keys: of(&self.keys), values: of(&self.values) }
    }

    /// Those of the first tokens; nothing of none.
    pub fn first(&self, tokens: usize) -> Option<Self> {
        (tokens > 0).then(|| self.map(|x| x.clone().slice_dim(2, 0..tokens)))
    }

    /// Those of some sentences.
    pub fn sentences(&self, range: Range<usize>) -> Self {
        self.map(|x| x.clone().slice_dim(0, range.clone()))
    }

    /// All sentences, so many times over.
    pub fn repeated(&self, times: usize) -> Self {
        if times == 1 { self.clone() } else { self.map(|x| x.clone().repeat_dim(0, times)) }
    }

    /// Those of each sentence with later tokens' behind them.
    pub fn then(earlier: Option<Self>, later: Option<Self>) -> Option<Self> {
        match (earlier, later) {
            (Some(a), Some(b)) => Some(Self {
                keys: Tensor::cat(vec![a.keys, b.keys], 2),
                values: Tensor::cat(vec![a.values, b.values], 2),
            }),
            (one, other) => one.or(other),
        }
    }

    pub(super) fn tokens(&self) -> usize {
        self.keys.dims()[2]
    }
}

impl Attention {
    /// `x: [sentences·tokens × hidden]`. The result has as many rows as tokens ask; keys and values are those of the pass.
    pub fn forward_behind(&self, x: Tensor<2>, of: Behind<'_>) -> (Tensor<2>, KeysValues) {
        let Behind { before, tokens, only, causal } = of;
        let sentences = [Sentences { count: x.dims()[0] / tokens, tokens, only }];
        let first = before.map_or(0, KeysValues::tokens);
        let (asking, asked_from) = (only.map_or(tokens, |_| 1), first + only.unwrap_or(0));
        let (keys, values, _) = self.keys_values(x.clone());
        let (queries, _) = self.queries(picked(x, &sentences));
        let queries = self.turned(split_heads(queries, self.heads, self.size, asking), asked_from);
        let own = KeysValues {
            keys: self.turned(split_heads(keys, self.key_value_heads, self.size, tokens), first),
            values: split_heads(values, self.key_value_heads, self.size, tokens),
        };
        let all = KeysValues::then(before.cloned(), Some(own.clone())).unwrap_or_else(|| own.clone());
        let (keys, values) = (self.for_every_head(all.keys), self.for_every_head(all.values));
        let scores = queries.matmul(keys.swap_dims(2, 3)).mul_scalar(self.scale);
        let (mut scores, _) = Cap::through(self.cap, scores);
        if causal {
            scores = scores + later_tokens(asking, first + tokens, asked_from, &values.device());
        }
        let mixed = softmax(scores, 3).matmul(values);
        (self.output.forward(join_heads(mixed)), own)
    }
}

impl Block {
    /// `x: [sentences·tokens × hidden]`; attention's result `[rows × hidden]` and the neurons' activations `[rows × width]` of the tokens that
    /// ask are changed on their way.
    pub fn behind(
        &self,
        x: Tensor<2>,
        of: Behind<'_>,
        on_attention: impl FnOnce(Tensor<2>) -> Tensor<2>,
        on_neurons: impl FnOnce(Tensor<2>) -> Tensor<2>,
    ) -> Passed {
        let sentences = [Sentences { count: x.dims()[0] / of.tokens, tokens: of.tokens, only: of.only }];
        let (normed, _) = through(self.attention_norm.as_ref(), x.clone());
        let (a, keys_values) = self.attention.forward_behind(normed, of);
        let attention = on_attention(a);
        let [residual, neurons, output] = self.from_attention(picked(x, &sentences), attention.clone(), on_neurons);
        Passed { attention, residual, neurons, output, keys_values }
    }

    /// The layer from attention's result on, token by token: what the feed-forward result is added to, the neurons, the output.
    pub fn from_attention(
        &self,
        x: Tensor<2>,
        attention: Tensor<2>,
        on_neurons: impl FnOnce(Tensor<2>) -> Tensor<2>,
    ) -> [Tensor<2>; 3] {
        let (residual, _, _) = self.add_attention(x.clone(), attention);
        let read = if self.parallel { x } else { residual.clone() };
        let (normed, _) = through(self.feed_forward_norm.as_ref(), read);
        let (neurons, _) = self.feed_forward.neurons(normed, Rules::EXACT);
        let neurons = on_neurons(neurons);
        let (output, _) = self.join(residual.clone(), neurons.clone());
        [residual, neurons, output]
    }
}
