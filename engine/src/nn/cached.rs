//! Attention of one more token to a prefix that does not change: what a causal model computes along a path.
//!
//! Everything left of the last position is the same at every point of a path, so its keys and values are kept once and
//! shared by all rows; each row is one token.

use super::attention::{join_heads, softmax_backward};
use super::sentences::{rows, stacked};
use super::steady::{self, products};
use super::{Attention, Cap, NormState, Rules};
use burn::tensor::{Tensor, activation::softmax};

/// Keys and values of the tokens before the last one.
#[derive(Clone, Debug)]
pub struct Cache {
    /// Nothing where the prompt is one token long.
    before: Option<Before>,
    /// Position of the last token.
    position: usize,
}

/// Variants of the last token of one prompt: neighbouring rows of a pass.
#[derive(Clone, Copy, Debug)]
pub struct Variants<'a> {
    /// How many.
    pub count: usize,
    /// What came before it.
    pub cache: &'a Cache,
}

/// What [`Attention::backward_cached`] needs.
#[derive(Clone, Debug)]
pub struct CachedState {
    cores: Vec<Core>,
    query_norm: Option<NormState>,
    key_norm: Option<NormState>,
}

/// Who attends to whom, of one prompt. Leading dimension: key-value heads.
#[derive(Clone, Debug)]
struct Core {
    cache: Cache,
    queries: Tensor<4>,
    own_keys: Tensor<4>,
    own_values: Tensor<4>,
    shares: Tensor<3>,
    slope: Option<Tensor<3>>,
}

#[derive(Clone, Debug)]
struct Before {
    keys: Kept,
    values: Kept,
}

/// What products are taken with, in both orders.
#[derive(Clone, Debug)]
struct Kept {
    /// `[key_value_heads × tokens × size]`.
    rows: Tensor<3>,
    /// `[key_value_heads × size × tokens]`.
    columns: Tensor<3>,
}

impl Kept {
    /// The first `tokens` tokens of row 0.
    fn of(all: &Tensor<4>, tokens: usize) -> Self {
        let [_, heads, _, size] = all.dims();
        let first = all.clone().slice_dim(0, 0..1).slice_dim(2, 0..tokens);
        let rows: Tensor<3> = first.reshape([heads, tokens, size]);
        Self { columns: steady::laid_out(rows.clone().swap_dims(1, 2)), rows }
    }
}

impl Cache {
    /// Keeps the first `tokens − 1` tokens of row 0 of `keys` and `values`.
    pub fn new(keys: &Tensor<4>, values: &Tensor<4>) -> Self {
        let position = keys.dims()[2] - 1;
        let before = || Before { keys: Kept::of(keys, position), values: Kept::of(values, position) };
        Self { before: (position > 0).then(before), position }
    }
}

impl Attention {
    /// Keys and values of a whole prompt, to keep.
    pub fn cache(&self, x: Tensor<2>, tokens: usize) -> Cache {
        let (keys, values, _) = self.keys_values(x);
        let shape =
            |x: Tensor<2>| -> Tensor<4> { x.reshape([1, tokens, self.key_value_heads, self.size]).swap_dims(1, 2) };
        Cache::new(&self.turned(shape(keys), 0), &shape(values))
    }

    /// `x: [rows × hidden]`, each row a variant of the last token of its prompt.
    pub fn forward_cached(&self, x: Tensor<2>, variants: &[Variants<'_>]) -> (Tensor<2>, CachedState) {
        let (queries, query_norm) = self.queries(x.clone());
        let (keys, values, key_norm) = self.keys_values(x);
        let (mut cores, mut mixed) = (Vec::with_capacity(variants.len()), Vec::with_capacity(variants.len()));
        let mut row = 0;
        for &Variants { count, cache } in variants {
            let own = |x: &Tensor<2>| rows(x, row..row + count);
            let (core, out) = self.cached_core(cache, own(&queries), own(&keys), own(&values));
            mixed.push(out);
            cores.push(core);
            row += count;
        }
        (self.output.forward(stacked(mixed)), CachedState { cores, query_norm, key_norm })
    }

    fn cached_core(&self, cache: &Cache, q: Tensor<2>, k: Tensor<2>, v: Tensor<2>) -> (Core, Tensor<2>) {
        let rows = q.dims()[0];
        let (heads, group, size) = (self.key_value_heads, self.group(), self.size);
        let queries = self.turned(q.reshape([rows, heads * group, 1, size]), cache.position);
        let queries: Tensor<4> = queries.reshape([rows, heads, group, size]).swap_dims(0, 1);
        let own_keys = self.turned(k.reshape([rows, heads, 1, size]), cache.position).swap_dims(0, 1);
        let own_values: Tensor<4> = v.reshape([rows, heads, 1, size]).swap_dims(0, 1);

        let own: Tensor<3> = (queries.clone() * own_keys.clone()).sum_dim(3).reshape([heads, rows * group, 1]);
        let scores = match &cache.before {
            None => own,
            Some(Before { keys, .. }) => {
                let flat: Tensor<3> = queries.clone().reshape([heads, rows * group, size]);
                Tensor::cat(vec![products(flat, keys.columns.clone()), own], 2)
            }
        };
        let (scores, slope) = Cap::through(self.cap, scores.mul_scalar(self.scale));
        let shares = softmax(scores, 2);
        let (before, own) = self.split_shares(shares.clone(), rows);
        let mut mixed: Tensor<4> = own * own_values.clone();
        if let (Some(before), Some(Before { values, .. })) = (before, &cache.before) {
            mixed = mixed + products(before, values.rows.clone()).reshape([heads, rows, group, size]);
        }
        let mixed = mixed.swap_dims(0, 1).reshape([rows, heads * group * size]);
        (Core { cache: cache.clone(), queries, own_keys, own_values, shares, slope }, mixed)
    }

    /// ∂F/∂x from ∂F/∂output.
    pub fn backward_cached(&self, state: &CachedState, dout: Tensor<2>, rules: Rules) -> Tensor<2> {
        let dmixed = self.output.backward(dout);
        let (mut dqueries, mut dkeys, mut dvalues) = (Vec::new(), Vec::new(), Vec::new());
        let mut row = 0;
        for core in &state.cores {
            let count = core.queries.dims()[1];
            let (dv, rest) = self.cached_core_backward(core, rows(&dmixed, row..row + count), rules);
            row += count;
            dvalues.push(dv);
            if let Some((dq, dk)) = rest {
                dqueries.push(dq);
                dkeys.push(dk);
            }
        }
        let dvalues = stacked(dvalues);
        if rules.attention {
            return self.keys_values_backward(None, None, dvalues, rules);
        }
        self.queries_backward(state.query_norm.as_ref(), stacked(dqueries), rules)
            + self.keys_values_backward(state.key_norm.as_ref(), Some(stacked(dkeys)), dvalues, rules)
    }

    /// ∂F/∂values, and ∂F/∂queries and ∂F/∂keys, unless the pattern counts as constant.
    fn cached_core_backward(
        &self,
        core: &Core,
        dmixed: Tensor<2>,
        rules: Rules,
    ) -> (Tensor<2>, Option<(Tensor<2>, Tensor<2>)>) {
        let (rows, cache) = (dmixed.dims()[0], &core.cache);
        let (heads, group, size) = (self.key_value_heads, self.group(), self.size);
        let dmixed: Tensor<4> = dmixed.reshape([rows, heads, group, size]).swap_dims(0, 1);
        let flat: Tensor<3> = dmixed.clone().reshape([heads, rows * group, size]);
        let (_, own) = self.split_shares(core.shares.clone(), rows);

        let dvalues: Tensor<4> = (dmixed.clone() * own).sum_dim(2).swap_dims(0, 1);
        let dvalues = join_heads(dvalues);
        if rules.attention {
            return (dvalues, None);
        }
        let dshare_own: Tensor<3> = (dmixed * core.own_values.clone()).sum_dim(3).reshape([heads, rows * group, 1]);
        let dshares = match &cache.before {
            None => dshare_own,
            Some(Before { values, .. }) => Tensor::cat(vec![products(flat, values.columns.clone()), dshare_own], 2),
        };
        let dcapped = softmax_backward(core.shares.clone(), dshares);
        let dscores = Cap::back(core.slope.as_ref(), dcapped).mul_scalar(self.scale);
        let (before, own) = self.split_shares(dscores, rows);
        let dkeys: Tensor<4> = (own.clone() * core.queries.clone()).sum_dim(2);
        let mut dqueries: Tensor<4> = own * core.own_keys.clone();
        if let (Some(before), Some(Before { keys, .. })) = (before, &cache.before) {
            dqueries = dqueries + products(before, keys.rows.clone()).reshape([heads, rows, group, size]);
        }
        let dqueries = dqueries.swap_dims(0, 1).reshape([rows, heads * group, 1, size]);
        let turned_back = |dx: Tensor<4>| join_heads(self.turned_back(dx, cache.position));
        (dvalues, Some((turned_back(dqueries), turned_back(dkeys.swap_dims(0, 1)))))
    }

    /// `[heads × rows·group × tokens]` as the part of the tokens before, and the own part `[heads × rows × group × 1]`.
    fn split_shares(&self, shares: Tensor<3>, rows: usize) -> (Option<Tensor<3>>, Tensor<4>) {
        let [heads, _, tokens] = shares.dims();
        let own = shares.clone().slice_dim(2, tokens - 1..tokens).reshape([heads, rows, self.group(), 1]);
        ((tokens > 1).then(|| shares.slice_dim(2, 0..tokens - 1)), own)
    }
}
