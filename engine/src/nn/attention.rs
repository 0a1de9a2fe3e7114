//! Multi-head attention over whole sentences, with grouped key-value heads, rotary positions and query-key norms.

use super::behind::KeysValues;
use super::sentences::{Sentences, picked, rows, stacked};
use super::{Cap, Linear, Norm, NormState, Rotary, Rules};
use burn::tensor::{Tensor, TensorData, activation::softmax};

/// Attention (Vaswani et al., arXiv 1706.03762). Fewer key-value heads than heads: grouped-query attention
/// (arXiv 2305.13245), head h reads key-value head h / (heads / key_value_heads).
#[derive(Clone, Debug)]
pub struct Attention {
    /// Queries, `hidden → heads · size`.
    pub query: Linear,
    /// Keys, then values, `hidden → 2 · key_value_heads · size`.
    pub key_value: Linear,
    /// `heads · size → hidden`.
    pub output: Linear,
    /// Number of heads.
    pub heads: usize,
    /// Number of key and value heads.
    pub key_value_heads: usize,
    /// Size of a head.
    pub size: usize,
    /// What scores are multiplied with: usually 1/√size.
    pub scale: f32,
    /// Scores s become cap·tanh(s / cap) (Gemma 2).
    pub cap: Option<Cap>,
    /// Normalisation of each query head (Qwen 3, Gemma 3).
    pub query_norm: Option<Norm>,
    /// Normalisation of each key head.
    pub key_norm: Option<Norm>,
    /// Rotary positions.
    pub rotary: Option<Rotary>,
}

/// What [`Attention::backward`] needs.
#[derive(Clone, Debug)]
pub struct AttentionState {
    cores: Vec<Core>,
    query_norm: Option<NormState>,
    key_norm: Option<NormState>,
}

/// Who attends to whom, within some sentences.
#[derive(Clone, Debug)]
struct Core {
    sentences: Sentences,
    /// Tokens before theirs, which count as constant.
    before: usize,
    queries: Tensor<4>,
    keys: Tensor<4>,
    values: Tensor<4>,
    shares: Tensor<4>,
    slope: Option<Tensor<4>>,
}

impl Attention {
    /// Queries `[rows × heads · size]` of `x: [rows × hidden]`, not turned yet.
    pub(super) fn queries(&self, x: Tensor<2>) -> (Tensor<2>, Option<NormState>) {
        normed(self.query.forward(x), self.heads, self.query_norm.as_ref())
    }

    /// Keys, not turned yet, and values, `[rows × key_value_heads · size]`.
    pub(super) fn keys_values(&self, x: Tensor<2>) -> (Tensor<2>, Tensor<2>, Option<NormState>) {
        let half = self.key_value_heads * self.size;
        let both = self.key_value.forward(x);
        let (keys, state) = normed(both.clone().slice_dim(1, 0..half), self.key_value_heads, self.key_norm.as_ref());
        (keys, both.slice_dim(1, half..2 * half), state)
    }

    /// ∂F/∂x from ∂F/∂queries.
    pub(super) fn queries_backward(&self, state: Option<&NormState>, dq: Tensor<2>, rules: Rules) -> Tensor<2> {
        let norm = self.query_norm.as_ref().zip(state);
        self.query.backward(normed_backward(dq, self.heads, norm, rules))
    }

    /// ∂F/∂x from ∂F/∂keys and ∂F/∂values; without the former where keys count as constant.
    pub(super) fn keys_values_backward(
        &self,
        state: Option<&NormState>,
        dk: Option<Tensor<2>>,
        dv: Tensor<2>,
        rules: Rules,
    ) -> Tensor<2> {
        let norm = self.key_norm.as_ref().zip(state);
        let dk = match dk {
            Some(dk) => normed_backward(dk, self.key_value_heads, norm, rules),
            None => dv.zeros_like(),
        };
        self.key_value.backward(Tensor::cat(vec![dk, dv], 1))
    }

    /// Whole sentences: `x: [rows × hidden]`, a row a token, all tokens of `sentences` in their order. The result has as many rows as tokens
    /// ask. With `causal`, no token sees a later one.
    pub fn forward(&self, x: Tensor<2>, sentences: &[Sentences], causal: bool) -> (Tensor<2>, AttentionState) {
        self.forward_after(x, sentences, &[], causal)
    }

    /// The same behind beginnings that do not change, of a causal model: for each of `sentences` the keys and values of the tokens before, if there are
    /// any; an empty list has none.
    pub fn forward_after(
        &self,
        x: Tensor<2>,
        sentences: &[Sentences],
        before: &[Option<KeysValues>],
        causal: bool,
    ) -> (Tensor<2>, AttentionState) {
        let (keys, values, key_norm) = self.keys_values(x.clone());
        let (queries, query_norm) = self.queries(picked(x, sentences));
        let (mut cores, mut mixed) = (Vec::with_capacity(sentences.len()), Vec::with_capacity(sentences.len()));
        let (mut row, mut asked) = (0, 0);
        for (number, &sentences) in sentences.iter().enumerate() {
            let (tokens, asking) = (sentences.rows(), sentences.count * sentences.asking().0);
            let core = self.core(
                (sentences, before.get(number).and_then(Option::as_ref)),
                rows(&queries, asked..asked + asking),
                rows(&keys, row..row + tokens),
                rows(&values, row..row + tokens),
                causal,
            );
            mixed.push(join_heads(core.shares.clone().matmul(core.values.clone())));
            cores.push(core);
            (row, asked) = (row + tokens, asked + asking);
        }
        (self.output.forward(stacked(mixed)), AttentionState { cores, query_norm, key_norm })
    }

    fn core(
        &self,
        (sentences, earlier): (Sentences, Option<&KeysValues>),
        q: Tensor<2>,
        k: Tensor<2>,
        v: Tensor<2>,
        causal: bool,
    ) -> Core {
        let (tokens, (asking, first)) = (sentences.tokens, sentences.asking());
        let before = earlier.map_or(0, KeysValues::tokens);
        let (tokens, first) = (before + tokens, before + first);
        let queries = self.turned(split_heads(q, self.heads, self.size, asking), first);
        let mut keys = self.turned(split_heads(k, self.key_value_heads, self.size, sentences.tokens), before);
        let mut values = split_heads(v, self.key_value_heads, self.size, sentences.tokens);
        if let Some(earlier) = earlier {
            keys = Tensor::cat(vec![earlier.keys.clone(), keys], 2);
            values = Tensor::cat(vec![earlier.values.clone(), values], 2);
        }
        let (keys, values) = (self.for_every_head(keys), self.for_every_head(values));
        let scores = queries.clone().matmul(keys.clone().swap_dims(2, 3)).mul_scalar(self.scale);
        let (mut scores, slope) = Cap::through(self.cap, scores);
        if causal {
            scores = scores + later_tokens(asking, tokens, first, &keys.device());
        }
        Core { sentences, before, queries, keys, values, shares: softmax(scores, 3), slope }
    }

    /// ∂F/∂x of the tokens that asked, nothing where the pattern counts as constant, and ∂F/∂x of all tokens as keys and values.
    pub fn backward(&self, state: &AttentionState, dout: Tensor<2>, rules: Rules) -> (Option<Tensor<2>>, Tensor<2>) {
        let dmixed = self.output.backward(dout);
        let (mut dqueries, mut dkeys, mut dvalues) = (Vec::new(), Vec::new(), Vec::new());
        let mut asked = 0;
        for core in &state.cores {
            let (asking, first) = core.sentences.asking();
            let (count, before) = (core.sentences.count * asking, core.before);
            let own =
                |dx: Tensor<4>| if before == 0 { dx } else { dx.slice_dim(2, before..before + core.sentences.tokens) };
            let dmixed = split_heads(rows(&dmixed, asked..asked + count), self.heads, self.size, asking);
            asked += count;
            let dv = self.sum_of_groups(core.shares.clone().swap_dims(2, 3).matmul(dmixed.clone()));
            dvalues.push(join_heads(own(dv)));
            if rules.attention {
                continue;
            }
            let dcapped = softmax_backward(core.shares.clone(), dmixed.matmul(core.values.clone().swap_dims(2, 3)));
            let dscores = Cap::back(core.slope.as_ref(), dcapped).mul_scalar(self.scale);
            dqueries.push(join_heads(self.turned_back(dscores.clone().matmul(core.keys.clone()), before + first)));
            let dk = self.sum_of_groups(dscores.swap_dims(2, 3).matmul(core.queries.clone()));
            dkeys.push(join_heads(self.turned_back(own(dk), before)));
        }
        let dvalues = stacked(dvalues);
        if rules.attention {
            return (None, self.keys_values_backward(None, None, dvalues, rules));
        }
        let asked = self.queries_backward(state.query_norm.as_ref(), stacked(dqueries), rules);
        (Some(asked), self.keys_values_backward(state.key_norm.as_ref(), Some(stacked(dkeys)), dvalues, rules))
    }

    /// `[a × b × tokens × size]` whose tokens stand at `first` and after.
    pub(super) fn turned(&self, x: Tensor<4>, first: usize) -> Tensor<4> {
        match &self.rotary {
            None => x,
            Some(rotary) => rotary.forward(x, first),
        }
    }

    pub(super) fn turned_back(&self, dx: Tensor<4>, first: usize) -> Tensor<4> {
        match &self.rotary {
            None => dx,
            Some(rotary) => rotary.backward(dx, first),
        }
    }

    /// Heads of one query head.
    pub(super) fn group(&self) -> usize {
        self.heads / self.key_value_heads
    }

    pub(super) fn for_every_head(&self, x: Tensor<4>) -> Tensor<4> {
        let [rows, heads, tokens, size] = x.dims();
        match self.group() {
            1 => x,
            group => x.unsqueeze_dim::<5>(2).expand([rows, heads, group, tokens, size]).reshape([
                rows,
                heads * group,
                tokens,
                size,
            ]),
        }
    }

    fn sum_of_groups(&self, dx: Tensor<4>) -> Tensor<4> {
        let [rows, heads, tokens, size] = dx.dims();
        match self.group() {
            1 => dx,
            group => {
                let grouped: Tensor<5> = dx.reshape([rows, heads / group, group, tokens, size]);
                grouped.sum_dim(2).squeeze_dim(2)
            }
        }
    }
}

/// ∂F/∂scores from ∂F/∂shares, where shares = softmax(scores) over the last dimension.
pub(super) fn softmax_backward<const D: usize>(shares: Tensor<D>, dshares: Tensor<D>) -> Tensor<D> {
    let weighted = shares.clone() * dshares;
    let total = weighted.clone().sum_dim(D - 1);
    weighted - shares * total
}

pub(super) fn split_heads(x: Tensor<2>, heads: usize, size: usize, tokens: usize) -> Tensor<4> {
    let rows = x.dims()[0] / tokens;
    x.reshape([rows, tokens, heads, size]).swap_dims(1, 2)
}

pub(super) fn join_heads(x: Tensor<4>) -> Tensor<2> {
    let [rows, heads, tokens, size] = x.dims();
    x.swap_dims(1, 2).reshape([rows * tokens, heads * size])
}

/// Each head of each row, `[rows × heads · size]`, normalised by itself.
fn normed(x: Tensor<2>, heads: usize, norm: Option<&Norm>) -> (Tensor<2>, Option<NormState>) {
    let Some(norm) = norm else { return (x, None) };
    let [rows, columns] = x.dims();
    let (y, state) = norm.forward(x.reshape([rows * heads, columns / heads]));
    (y.reshape([rows, columns]), Some(state))
}

fn normed_backward(dy: Tensor<2>, heads: usize, norm: Option<(&Norm, &NormState)>, rules: Rules) -> Tensor<2> {
    let Some((norm, state)) = norm else { return dy };
    let [rows, columns] = dy.dims();
    norm.backward(state, dy.reshape([rows * heads, columns / heads]), rules).reshape([rows, columns])
}

/// −∞ where a query would see a later token, else 0: `[1 × 1 × queries × tokens]`.
pub(super) fn later_tokens(queries: usize, tokens: usize, first: usize, device: &burn::tensor::Device) -> Tensor<4> {
    let hidden = |q: usize, k: usize| if k > first + q { f32::MIN } else { 0.0 };
    let values: Vec<f32> = (0..queries).flat_map(|q| (0..tokens).map(move |k| hidden(q, k))).collect();
    Tensor::from_data(TensorData::new(values, [1, 1, queries, tokens]), device)
}
