//! Multi-head attention over whole sentences, with grouped key-value heads, rotary positions and query-key norms.

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
    queries: Tensor<4>,
    keys: Tensor<4>,
    values: Tensor<4>,
    shares: Tensor<4>,
    slope: Option<Tensor<4>>,
    query_norm: Option<NormState>,
    key_norm: Option<NormState>,
    query_from: usize,
}

impl Attention {
    /// Queries `[rows × heads × tokens × size]` of `x: [rows·tokens × hidden]`, whose tokens stand at `first` and after.
    pub(super) fn queries(&self, x: Tensor<2>, tokens: usize, first: usize) -> (Tensor<4>, Option<NormState>) {
        let q = self.query.forward(x);
        shape_heads(q, self.heads, self.size, tokens, first, self.query_norm.as_ref(), self.rotary.as_ref())
    }

    /// Keys and values `[rows × key_value_heads × tokens × size]`.
    pub(super) fn keys_values(
        &self,
        x: Tensor<2>,
        tokens: usize,
        first: usize,
    ) -> (Tensor<4>, Tensor<4>, Option<NormState>) {
        let half = self.key_value_heads * self.size;
        let both = self.key_value.forward(x);
        let k = both.clone().slice_dim(1, 0..half);
        let v = both.slice_dim(1, half..2 * half);
        let (keys, state) = shape_heads(
            k,
            self.key_value_heads,
            self.size,
            tokens,
            first,
            self.key_norm.as_ref(),
            self.rotary.as_ref(),
        );
        let (values, _) = shape_heads(v, self.key_value_heads, self.size, tokens, first, None, None);
        (keys, values, state)
    }

    /// ∂F/∂x from ∂F/∂queries.
    pub(super) fn queries_backward(
        &self,
        state: Option<&NormState>,
        dq: Tensor<4>,
        first: usize,
        rules: Rules,
    ) -> Tensor<2> {
        let norm = self.query_norm.as_ref().zip(state);
        self.query.backward(unshape_heads(dq, first, norm, self.rotary.as_ref(), rules))
    }

    /// ∂F/∂x from ∂F/∂keys and ∂F/∂values; without the former where keys count as constant.
    pub(super) fn keys_values_backward(
        &self,
        state: Option<&NormState>,
        dk: Option<Tensor<4>>,
        dv: Tensor<4>,
        first: usize,
        rules: Rules,
    ) -> Tensor<2> {
        let norm = self.key_norm.as_ref().zip(state);
        let v = unshape_heads(dv, first, None, None, rules);
        let k = match dk {
            Some(dk) => unshape_heads(dk, first, norm, self.rotary.as_ref(), rules),
            None => v.zeros_like(),
        };
        self.key_value.backward(Tensor::cat(vec![k, v], 1))
    }

    /// Whole sentences: `x: [rows·tokens × hidden]`. Queries come from all tokens, or from the token `only` of each row
    /// alone; the result has as many rows as there are queries. With `causal`, no token sees a later one.
    pub fn forward(
        &self,
        x: Tensor<2>,
        tokens: usize,
        only: Option<usize>,
        causal: bool,
    ) -> (Tensor<2>, AttentionState) {
        let (keys, values, key_norm) = self.keys_values(x.clone(), tokens, 0);
        let (asked, query_tokens, query_from) = match only {
            None => (x, tokens, 0),
            Some(position) => (pick_token(x, tokens, position), 1, position),
        };
        let (queries, query_norm) = self.queries(asked, query_tokens, query_from);
        let (keys, values) = (self.for_every_head(keys), self.for_every_head(values));
        let scores = queries.clone().matmul(keys.clone().swap_dims(2, 3)).mul_scalar(self.scale);
        let (mut scores, slope) = Cap::through(self.cap, scores);
        if causal {
            scores = scores + later_tokens(query_tokens, tokens, query_from, &keys.device());
        }
        let shares = softmax(scores, 3);
        let mixed = shares.clone().matmul(values.clone());
        let out = self.output.forward(join_heads(mixed));
        (out, AttentionState { queries, keys, values, shares, slope, query_norm, key_norm, query_from })
    }

    /// ∂F/∂x of the tokens that asked, nothing where the pattern counts as constant, and ∂F/∂x of all tokens as keys and values.
    pub fn backward(&self, state: &AttentionState, dout: Tensor<2>, rules: Rules) -> (Option<Tensor<2>>, Tensor<2>) {
        let query_tokens = state.queries.dims()[2];
        let dmixed = split_heads(self.output.backward(dout), self.heads, self.size, query_tokens);
        let dvalues = self.sum_of_groups(state.shares.clone().swap_dims(2, 3).matmul(dmixed.clone()));
        if rules.attention {
            return (None, self.keys_values_backward(None, None, dvalues, 0, rules));
        }
        let dcapped = softmax_backward(state.shares.clone(), dmixed.matmul(state.values.clone().swap_dims(2, 3)));
        let dscores = Cap::back(state.slope.as_ref(), dcapped).mul_scalar(self.scale);
        let dqueries = dscores.clone().matmul(state.keys.clone());
        let dkeys = dscores.swap_dims(2, 3).matmul(state.queries.clone());
        let asked = self.queries_backward(state.query_norm.as_ref(), dqueries, state.query_from, rules);
        let dkeys = self.sum_of_groups(dkeys);
        (Some(asked), self.keys_values_backward(state.key_norm.as_ref(), Some(dkeys), dvalues, 0, rules))
    }

    /// Heads of one query head.
    pub(super) fn group(&self) -> usize {
        self.heads / self.key_value_heads
    }

    fn for_every_head(&self, x: Tensor<4>) -> Tensor<4> {
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

/// The token at `position` of each row of `[rows·tokens × hidden]`.
pub(super) fn pick_token(x: Tensor<2>, tokens: usize, position: usize) -> Tensor<2> {
    let [all, hidden] = x.dims();
    let rows = all / tokens;
    x.reshape([rows, tokens, hidden]).slice_dim(1, position..position + 1).reshape([rows, hidden])
}

fn split_heads(x: Tensor<2>, heads: usize, size: usize, tokens: usize) -> Tensor<4> {
    let rows = x.dims()[0] / tokens;
    x.reshape([rows, tokens, heads, size]).swap_dims(1, 2)
}

fn join_heads(x: Tensor<4>) -> Tensor<2> {
    let [rows, heads, tokens, size] = x.dims();
    x.swap_dims(1, 2).reshape([rows * tokens, heads * size])
}

fn shape_heads(
    x: Tensor<2>,
    heads: usize,
    size: usize,
    tokens: usize,
    first: usize,
    norm: Option<&Norm>,
    rotary: Option<&Rotary>,
) -> (Tensor<4>, Option<NormState>) {
    let (x, state) = match norm {
        None => (x, None),
        Some(norm) => {
            let dims = x.dims();
            let (y, state) = norm.forward(x.reshape([dims[0] * heads, size]));
            (y.reshape(dims), Some(state))
        }
    };
    let x = split_heads(x, heads, size, tokens);
    (rotary.map_or(x.clone(), |rotary| rotary.forward(x, first)), state)
}

fn unshape_heads(
    dx: Tensor<4>,
    first: usize,
    norm: Option<(&Norm, &NormState)>,
    rotary: Option<&Rotary>,
    rules: Rules,
) -> Tensor<2> {
    let [_, heads, _, size] = dx.dims();
    let dx = rotary.map_or(dx.clone(), |rotary| rotary.backward(dx, first));
    let dx = join_heads(dx);
    match norm {
        None => dx,
        Some((norm, state)) => {
            let dims = dx.dims();
            norm.backward(state, dx.reshape([dims[0] * heads, size]), rules).reshape(dims)
        }
    }
}

/// −∞ where a query would see a later token, else 0: `[1 × 1 × queries × tokens]`.
fn later_tokens(queries: usize, tokens: usize, first: usize, device: &burn::tensor::Device) -> Tensor<4> {
    let hidden = |q: usize, k: usize| if k > first + q { f32::MIN } else { 0.0 };
    let values: Vec<f32> = (0..queries).flat_map(|q| (0..tokens).map(move |k| hidden(q, k))).collect();
    Tensor::from_data(TensorData::new(values, [1, 1, queries, tokens]), device)
}
