//! Attention of one more token to a prefix that does not change: what a causal model computes along a path.
//!
//! Everything left of the last position is the same at every point of a path, so its keys and values are kept once and
//! shared by all rows; each row is one token.

use super::attention::softmax_backward;
use super::{Attention, Cap, NormState, Rules};
use burn::tensor::{Tensor, activation::softmax};

/// Keys and values of the tokens before the last one.
#[derive(Clone, Debug)]
pub struct Cache {
    /// `[key_value_heads × tokens × size]`; nothing where the prompt is one token long.
    before: Option<(Tensor<3>, Tensor<3>)>,
    /// Position of the last token.
    position: usize,
}

/// What [`Attention::backward_cached`] needs. Leading dimension: key-value heads.
#[derive(Clone, Debug)]
pub struct CachedState {
    queries: Tensor<4>,
    own_keys: Tensor<4>,
    own_values: Tensor<4>,
    shares: Tensor<3>,
    slope: Option<Tensor<3>>,
    query_norm: Option<NormState>,
    key_norm: Option<NormState>,
}

impl Cache {
    /// Keeps the first `tokens − 1` tokens of row 0 of `keys` and `values`.
    pub fn new(keys: &Tensor<4>, values: &Tensor<4>) -> Self {
        let [_, heads, tokens, size] = keys.dims();
        let keep = |t: &Tensor<4>| -> Tensor<3> {
            t.clone().slice_dim(0, 0..1).slice_dim(2, 0..tokens - 1).reshape([heads, tokens - 1, size])
        };
        let before = (tokens > 1).then(|| (keep(keys), keep(values)));
        Self { before, position: tokens - 1 }
    }
}

impl Attention {
    /// Keys and values of a whole prompt, to keep.
    pub fn cache(&self, x: Tensor<2>, tokens: usize) -> Cache {
        let (keys, values, _) = self.keys_values(x, tokens, 0);
        Cache::new(&keys, &values)
    }

    /// `x: [rows × hidden]`, each row a variant of the last token.
    pub fn forward_cached(&self, x: Tensor<2>, cache: &Cache) -> (Tensor<2>, CachedState) {
        let rows = x.dims()[0];
        let (heads, group, size) = (self.key_value_heads, self.group(), self.size);
        let (queries, query_norm) = self.queries(x.clone(), 1, cache.position);
        let (own_keys, own_values, key_norm) = self.keys_values(x, 1, cache.position);
        let queries: Tensor<4> = queries.reshape([rows, heads, group, size]).swap_dims(0, 1);
        let own_keys = own_keys.swap_dims(0, 1);
        let own_values = own_values.swap_dims(0, 1);

        let own: Tensor<3> = (queries.clone() * own_keys.clone()).sum_dim(3).reshape([heads, rows * group, 1]);
        let scores = match &cache.before {
            None => own,
            Some((keys, _)) => {
                let flat: Tensor<3> = queries.clone().reshape([heads, rows * group, size]);
                Tensor::cat(vec![flat.matmul(keys.clone().swap_dims(1, 2)), own], 2)
            }
        };
        let (scores, slope) = Cap::through(self.cap, scores.mul_scalar(self.scale));
        let shares = softmax(scores, 2);
        let (before, own) = self.split_shares(shares.clone(), rows);
        let mut mixed: Tensor<4> = own * own_values.clone();
        if let (Some(before), Some((_, values))) = (before, &cache.before) {
            mixed = mixed + before.matmul(values.clone()).reshape([heads, rows, group, size]);
        }
        let out = self.output.forward(mixed.swap_dims(0, 1).reshape([rows, heads * group * size]));
        (out, CachedState { queries, own_keys, own_values, shares, slope, query_norm, key_norm })
    }

    /// ∂F/∂x from ∂F/∂output.
    pub fn backward_cached(&self, state: &CachedState, cache: &Cache, dout: Tensor<2>, rules: Rules) -> Tensor<2> {
        let rows = dout.dims()[0];
        let (heads, group, size) = (self.key_value_heads, self.group(), self.size);
        let dmixed: Tensor<4> = self.output.backward(dout).reshape([rows, heads, group, size]).swap_dims(0, 1);
        let flat: Tensor<3> = dmixed.clone().reshape([heads, rows * group, size]);
        let (_, own) = self.split_shares(state.shares.clone(), rows);

        let dvalues: Tensor<4> = (dmixed.clone() * own).sum_dim(2).swap_dims(0, 1);
        if rules.attention {
            return self.keys_values_backward(None, None, dvalues, cache.position, rules);
        }
        let dshare_own: Tensor<3> = (dmixed * state.own_values.clone()).sum_dim(3).reshape([heads, rows * group, 1]);
        let dshares = match &cache.before {
            None => dshare_own,
            Some((_, values)) => Tensor::cat(vec![flat.matmul(values.clone().swap_dims(1, 2)), dshare_own], 2),
        };
        let dcapped = softmax_backward(state.shares.clone(), dshares);
        let dscores = Cap::back(state.slope.as_ref(), dcapped).mul_scalar(self.scale);
        let (before, own) = self.split_shares(dscores, rows);
        let dkeys: Tensor<4> = (own.clone() * state.queries.clone()).sum_dim(2);
        let mut dqueries: Tensor<4> = own * state.own_keys.clone();
        if let (Some(before), Some((keys, _))) = (before, &cache.before) {
            dqueries = dqueries + before.matmul(keys.clone()).reshape([heads, rows, group, size]);
        }
        let dqueries = dqueries.swap_dims(0, 1).reshape([rows, heads * group, 1, size]);
        let from_queries = self.queries_backward(state.query_norm.as_ref(), dqueries, cache.position, rules);
        let dkeys = Some(dkeys.swap_dims(0, 1));
        from_queries + self.keys_values_backward(state.key_norm.as_ref(), dkeys, dvalues, cache.position, rules)
    }

    /// `[heads × rows·group × tokens]` as the part of the tokens before, and the own part `[heads × rows × group × 1]`.
    fn split_shares(&self, shares: Tensor<3>, rows: usize) -> (Option<Tensor<3>>, Tensor<4>) {
        let [heads, _, tokens] = shares.dims();
        let own = shares.clone().slice_dim(2, tokens - 1..tokens).reshape([heads, rows, self.group(), 1]);
        ((tokens > 1).then(|| shares.slice_dim(2, 0..tokens - 1)), own)
    }
}
