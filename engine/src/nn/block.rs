//! One layer: attention, then the feed-forward block, with the normalisations where the architecture has them.

use super::sentences::{Sentences, picked, placed};
use super::{
    Attention, AttentionState, Cache, CachedState, FeedForward, FeedForwardState, KeysValues, Norm, NormState, Rules,
    Variants,
};
use burn::tensor::Tensor;

/// A layer of any of the architectures: each has some of the six normalisations.
///
/// ```text
/// a  = attention_post( attention( attention_norm(x) ) )        h  = after_attention( x + a )
/// y  = feed_forward_post( w·W2 + b2 ), w from feed_forward_norm(h)     x' = after_feed_forward( h + y )
/// ```
///
/// In a *parallel* block w comes from feed_forward_norm(x): attention and feed-forward block read the same, and both results
/// are added. What the feed-forward result is added to is h as before.
#[derive(Clone, Debug)]
pub struct Block {
    /// Before attention (GPT-2, Llama).
    pub attention_norm: Option<Norm>,
    /// The attention.
    pub attention: Attention,
    /// On attention's result, before it is added (Gemma 3).
    pub attention_post: Option<Norm>,
    /// After the addition (BERT).
    pub after_attention: Option<Norm>,
    /// Whether the feed-forward block reads x instead of h (GPT-NeoX, Phi).
    pub parallel: bool,
    /// Before the feed-forward block (GPT-2, Llama).
    pub feed_forward_norm: Option<Norm>,
    /// The feed-forward block.
    pub feed_forward: FeedForward,
    /// On its result, before it is added (Gemma 3).
    pub feed_forward_post: Option<Norm>,
    /// After the addition (BERT).
    pub after_feed_forward: Option<Norm>,
}

/// What a block's backward pass needs.
#[derive(Clone, Debug)]
pub struct BlockState {
    attention_norm: Option<NormState>,
    attention: Attended,
    attention_post: Option<NormState>,
    after_attention: Option<NormState>,
    feed_forward_norm: Option<NormState>,
    feed_forward: FeedForwardState,
    joined: JoinState,
    rules: Rules,
}

#[derive(Clone, Debug)]
enum Attended {
    Sentences { state: AttentionState, sentences: Vec<Sentences> },
    LastTokens(CachedState),
}

/// State of the end of a block: from the neurons' activations to its output.
#[derive(Clone, Debug)]
pub struct JoinState {
    feed_forward_post: Option<NormState>,
    after_feed_forward: Option<NormState>,
}

/// The forward pass of a real sentence through one block, as paths that start there need it.
#[derive(Clone, Debug)]
pub struct Trace {
    /// What the feed-forward block's result is added to, `[rows·tokens × hidden]`.
    pub residual: Tensor<2>,
    /// The neurons' activations, `[rows·tokens × width]`.
    pub neurons: Tensor<2>,
    /// The same before the non-linearity.
    pub before: Tensor<2>,
    /// What the up-projection of a gated block gives.
    pub up: Option<Tensor<2>>,
    /// The block's output, `[rows·tokens × hidden]`.
    pub output: Tensor<2>,
}

pub(super) fn through(norm: Option<&Norm>, x: Tensor<2>) -> (Tensor<2>, Option<NormState>) {
    match norm {
        None => (x, None),
        Some(norm) => {
            let (y, state) = norm.forward(x);
            (y, Some(state))
        }
    }
}

fn back(norm: Option<&Norm>, state: Option<&NormState>, dy: Tensor<2>, rules: Rules) -> Tensor<2> {
    match norm.zip(state) {
        None => dy,
        Some((norm, state)) => norm.backward(state, dy, rules),
    }
}

impl Block {
    /// Whole sentences, `x: [rows·tokens × hidden]`, nothing kept for a backward pass.
    pub fn trace(&self, x: Tensor<2>, tokens: usize, causal: bool) -> Trace {
        self.trace_with(x, tokens, causal, |neurons| neurons)
    }

    /// The same with the neurons' activations `[rows·tokens × width]` changed on their way.
    pub fn trace_with(
        &self,
        x: Tensor<2>,
        tokens: usize,
        causal: bool,
        change: impl FnOnce(Tensor<2>) -> Tensor<2>,
    ) -> Trace {
        let (normed, _) = through(self.attention_norm.as_ref(), x.clone());
        let sentences = [Sentences::whole(x.dims()[0] / tokens, tokens)];
        let (a, _) = self.attention.forward(normed, &sentences, causal);
        let (residual, _, _) = self.add_attention(x.clone(), a);
        let read = if self.parallel { x } else { residual.clone() };
        let (normed, _) = through(self.feed_forward_norm.as_ref(), read);
        let (neurons, before, up) = self.feed_forward.trace(normed);
        let neurons = change(neurons);
        let (output, _) = self.join(residual.clone(), neurons.clone());
        Trace { residual, neurons, before, up, output }
    }

    /// Whether what the feed-forward block gives is added to the residual stream as it is, and stays so.
    pub fn adds_to_a_stream(&self) -> bool {
        self.after_attention.is_none() && self.after_feed_forward.is_none() && self.feed_forward_post.is_none()
    }

    /// Keys and values of the prompt's tokens before the last one.
    pub fn cache(&self, x: Tensor<2>, tokens: usize) -> Cache {
        let (normed, _) = through(self.attention_norm.as_ref(), x);
        self.attention.cache(normed, tokens)
    }

    /// Whole sentences of a bidirectional model, those of several prompts one after the other. The output has the tokens that ask.
    /// `change` changes the neurons' activations of these on their way, `[rows × width]`. The state is for a way back by `rules`.
    pub fn forward(
        &self,
        x: Tensor<2>,
        sentences: &[Sentences],
        rules: Rules,
        change: impl FnOnce(Tensor<2>) -> Tensor<2>,
    ) -> (Tensor<2>, BlockState) {
        self.forward_seeing(x, sentences, false, rules, change)
    }

    /// The same of models of both kinds: with `causal`, no token sees a later one.
    pub fn forward_seeing(
        &self,
        x: Tensor<2>,
        sentences: &[Sentences],
        causal: bool,
        rules: Rules,
        change: impl FnOnce(Tensor<2>) -> Tensor<2>,
    ) -> (Tensor<2>, BlockState) {
        self.forward_after(x, (sentences, &[]), causal, rules, change)
    }

    /// The same behind beginnings that do not change: for each of `sentences` the keys and values of the tokens before, as in
    /// [`Attention::forward_after`].
    pub fn forward_after(
        &self,
        x: Tensor<2>,
        (sentences, before): (&[Sentences], &[Option<KeysValues>]),
        causal: bool,
        rules: Rules,
        change: impl FnOnce(Tensor<2>) -> Tensor<2>,
    ) -> (Tensor<2>, BlockState) {
        let (normed, attention_norm) = through(self.attention_norm.as_ref(), x.clone());
        let (a, state) = self.attention.forward_after(normed, sentences, before, causal);
        let attended = Attended::Sentences { state, sentences: sentences.to_vec() };
        self.finish(picked(x, sentences), a, attention_norm, attended, rules, change)
    }

    /// Variants of the last tokens of prompts of a causal model, `x: [rows × hidden]`.
    /// `change` changes the neurons' activations `[rows × width]` on their way. The state is for a way back by `rules`.
    pub fn forward_cached(
        &self,
        x: Tensor<2>,
        variants: &[Variants<'_>],
        rules: Rules,
        change: impl FnOnce(Tensor<2>) -> Tensor<2>,
    ) -> (Tensor<2>, BlockState) {
        let (normed, attention_norm) = through(self.attention_norm.as_ref(), x.clone());
        let (a, state) = self.attention.forward_cached(normed, variants);
        self.finish(x, a, attention_norm, Attended::LastTokens(state), rules, change)
    }

    /// The end of the block alone: neurons' activations `[rows × width]` onto the residual `[rows × hidden]`.
    pub fn join(&self, residual: Tensor<2>, neurons: Tensor<2>) -> (Tensor<2>, JoinState) {
        self.add_written(residual, self.feed_forward.output.forward(neurons))
    }

    /// What the feed-forward block writes, `[rows × hidden]`, onto the residual.
    pub fn add_written(&self, residual: Tensor<2>, written: Tensor<2>) -> (Tensor<2>, JoinState) {
        let (y, feed_forward_post) = through(self.feed_forward_post.as_ref(), written);
        let (out, after_feed_forward) = through(self.after_feed_forward.as_ref(), residual + y);
        (out, JoinState { feed_forward_post, after_feed_forward })
    }

    /// ∂F/∂residual and ∂F/∂written from ∂F/∂output.
    pub fn add_written_backward(&self, state: &JoinState, dout: Tensor<2>, rules: Rules) -> (Tensor<2>, Tensor<2>) {
        let dsum = back(self.after_feed_forward.as_ref(), state.after_feed_forward.as_ref(), dout, rules);
        let dy = back(self.feed_forward_post.as_ref(), state.feed_forward_post.as_ref(), dsum.clone(), rules);
        (dsum, dy)
    }

    /// ∂F/∂residual and ∂F/∂neurons from ∂F/∂output.
    pub fn join_backward(&self, state: &JoinState, dout: Tensor<2>, rules: Rules) -> (Tensor<2>, Tensor<2>) {
        let (dsum, dy) = self.add_written_backward(state, dout, rules);
        (dsum, self.feed_forward.output.backward(dy))
    }

    /// ∂F/∂x and ∂F/∂neurons from ∂F/∂output, by the rules of the forward pass.
    pub fn backward(&self, state: &BlockState, dout: Tensor<2>) -> (Tensor<2>, Tensor<2>) {
        let rules = state.rules;
        let (dh, dw) = self.join_backward(&state.joined, dout, rules);
        let dnormed = self.feed_forward.backward(&state.feed_forward, dw.clone());
        let dread = back(self.feed_forward_norm.as_ref(), state.feed_forward_norm.as_ref(), dnormed, rules);
        let (dh, beside) = if self.parallel { (dh, Some(dread)) } else { (dh + dread, None) };
        let dsum = back(self.after_attention.as_ref(), state.after_attention.as_ref(), dh, rules);
        let da = back(self.attention_post.as_ref(), state.attention_post.as_ref(), dsum.clone(), rules);
        let dsum = match beside {
            None => dsum,
            Some(dread) => dsum + dread,
        };
        let norm = self.attention_norm.as_ref();
        let norm_state = state.attention_norm.as_ref();
        let dx = match &state.attention {
            Attended::Sentences { state: attended, sentences } => {
                let (asked, all) = self.attention.backward(attended, da, rules);
                let dnormed = match asked {
                    None => all,
                    Some(asked) => placed(asked, sentences) + all,
                };
                placed(dsum, sentences) + back(norm, norm_state, dnormed, rules)
            }
            Attended::LastTokens(attended) => {
                let dnormed = self.attention.backward_cached(attended, da, rules);
                dsum + back(norm, norm_state, dnormed, rules)
            }
        };
        (dx, dw)
    }

    pub(super) fn add_attention(
        &self,
        x: Tensor<2>,
        a: Tensor<2>,
    ) -> (Tensor<2>, Option<NormState>, Option<NormState>) {
        let (a, post) = through(self.attention_post.as_ref(), a);
        let (h, after) = through(self.after_attention.as_ref(), x + a);
        (h, post, after)
    }

    fn finish(
        &self,
        x: Tensor<2>,
        a: Tensor<2>,
        attention_norm: Option<NormState>,
        attention: Attended,
        rules: Rules,
        change: impl FnOnce(Tensor<2>) -> Tensor<2>,
    ) -> (Tensor<2>, BlockState) {
        let (h, attention_post, after_attention) = self.add_attention(x.clone(), a);
        let read = if self.parallel { x } else { h.clone() };
        let (normed, feed_forward_norm) = through(self.feed_forward_norm.as_ref(), read);
        let (neurons, feed_forward) = self.feed_forward.neurons(normed, rules);
        let (out, joined) = self.join(h, change(neurons));
        let state = BlockState {
            attention_norm,
            attention,
            attention_post,
            after_attention,
            feed_forward_norm,
            feed_forward,
            joined,
            rules,
        };
        (out, state)
    }
}
