//! From the last hidden state of the target position to the target's probability.

use super::{Activation, Cap, Linear, Norm, NormState, kernels};
use crate::transformer::to_host;
use burn::tensor::{Device, Tensor, TensorData};

/// The language-modelling head.
#[derive(Clone, Debug)]
pub struct Head {
    /// Dense, activation and normalisation before the decoder (BERT's `cls.predictions.transform`).
    pub transform: Option<(Linear, Activation)>,
    /// The normalisation before the decoder: BERT's transform, or the final one of pre-norm models.
    pub norm: Option<Norm>,
    /// `hidden → vocabulary`.
    pub decoder: Linear,
    /// Logits l become cap·tanh(l / cap) (Gemma 2).
    pub cap: Option<Cap>,
}

/// What [`Head::backward`] needs.
#[derive(Clone, Debug)]
pub struct HeadState {
    decoded: Decoded,
    shares: Tensor<2>,
    target: usize,
}

impl HeadState {
    /// The most probable token of the first row, and the target's rank: 1 more than there are tokens more probable.
    pub fn standing(&self) -> (u32, u32) {
        let columns = self.shares.dims()[1];
        let shares = to_host(self.shares.clone().slice_dim(0, 0..1).reshape([1, columns]));
        let target = shares[self.target];
        let mut best = 0;
        let mut rank = 1;
        for (token, &share) in shares.iter().enumerate() {
            rank += u32::from(share > target);
            if share > shares[best] {
                best = token;
            }
        }
        (best as u32, rank)
    }
}

/// What the way from the last hidden state to the logits leaves.
#[derive(Clone, Debug)]
struct Decoded {
    /// What the transform's activation was taken of.
    before: Option<Tensor<2>>,
    norm: Option<NormState>,
    /// Of the cap, a logit.
    slope: Option<Tensor<2>>,
}

/// The softmax of one row of logits, in 64-bit arithmetic, a token at a time.
#[derive(Clone, Copy, Debug)]
pub struct Distribution {
    largest: f32,
    sum: f64,
}

impl Distribution {
    /// Of all logits of a row.
    pub fn of(logits: &[f32]) -> Self {
        let largest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        Self { largest, sum: logits.iter().map(|&logit| f64::from(logit - largest).exp()).sum() }
    }

    /// p of the token with this logit.
    pub fn probability(&self, logit: f32) -> f64 {
        f64::from(logit - self.largest).exp() / self.sum
    }

    /// ln p of the token with this logit.
    pub fn log_probability(&self, logit: f32) -> f64 {
        f64::from(logit - self.largest) - self.sum.ln()
    }
}

impl Head {
    /// Logits of every token of the vocabulary, `[rows × vocabulary]`.
    pub fn logits(&self, x: Tensor<2>) -> Tensor<2> {
        self.decode(x).0
    }

    /// ln p(target) of each row.
    pub fn log_probability(&self, x: Tensor<2>, target: usize) -> Vec<f32> {
        let logits = self.logits(x);
        let columns = logits.dims()[1];
        let of = |row: &[f32]| Distribution::of(row).log_probability(row[target]) as f32;
        to_host(logits).chunks_exact(columns).map(of).collect()
    }

    /// p(target) of each row, and with `gradient` ∂p/∂x `[rows × hidden]`, some rows at a time: what a vocabulary of
    /// probabilities takes stays in the caches, and below what allocators return to the system at once.
    pub fn target(&self, x: Tensor<2>, target: usize, gradient: bool) -> (Vec<f32>, Option<Tensor<2>>) {
        const VALUES: usize = 1_500_000;
        let rows = x.dims()[0];
        let part = match x.device() == Device::flex() {
            true => (VALUES / self.decoder.dims()[1]).max(8),
            false => rows,
        };
        let (mut all, mut gradients) = (Vec::with_capacity(rows), Vec::new());
        for from in (0..rows).step_by(part) {
            let (p, state) = self.forward(x.clone().slice_dim(0, from..(from + part).min(rows)), target);
            all.extend(to_host(p));
            if gradient {
                gradients.push(self.backward(&state));
            }
        }
        (all, gradient.then(|| Tensor::cat(gradients, 0)))
    }

    /// p(target) of each row, `[rows × 1]`.
    pub fn forward(&self, x: Tensor<2>, target: usize) -> (Tensor<2>, HeadState) {
        let (logits, decoded) = self.decode(x);
        let shares = probabilities(logits);
        let p = shares.clone().slice_dim(1, target..target + 1);
        (p, HeadState { decoded, shares, target })
    }

    /// ∂p(target)/∂x of each row: p·(c_target·E_target − Σ_v p_v·c_v·E_v), back through the transform; c_v is the slope of the
    /// cap, 1 without one.
    ///
    /// The target's own coefficient 1 − p is summed from the others' probabilities. Where p is near 1, the difference as it is
    /// written would lose as many digits as p has nines: 3e-3 of a gradient at p = 0.992 (demo model, Chinese).
    pub fn backward(&self, state: &HeadState) -> Tensor<2> {
        let own = [0..state.shares.dims()[0], state.target..state.target + 1];
        let p = state.shares.clone().slice(own.clone());
        let others = state.shares.clone().slice_assign(own.clone(), p.zeros_like());
        let rest = sum_in_parts(&others);
        let dlogits = Cap::back(state.decoded.slope.as_ref(), others.slice_assign(own, rest.neg()));
        let dx = self.decoder.backward_in_parts(dlogits) * p.neg();
        let dx = match (&self.norm, &state.decoded.norm) {
            (Some(norm), Some(normed)) => norm.backward(normed, dx),
            _ => dx,
        };
        match (&self.transform, &state.decoded.before) {
            (Some((dense, act)), Some(before)) => dense.backward(dx * act.derivative(before.clone())),
            _ => dx,
        }
    }

    fn decode(&self, x: Tensor<2>) -> (Tensor<2>, Decoded) {
        let (x, before) = match &self.transform {
            None => (x, None),
            Some((dense, act)) => {
                let before = dense.forward(x);
                (act.forward(before.clone()), Some(before))
            }
        };
        let (x, norm) = match &self.norm {
            None => (x, None),
            Some(norm) => {
                let (y, state) = norm.forward(x);
                (y, Some(state))
            }
        };
        let (logits, slope) = Cap::through(self.cap, self.decoder.forward(x));
        (logits, Decoded { before, norm, slope })
    }
}

/// Softmax over a vocabulary, summed in parts on every backend: libtorch, too, loses 1e-4 of a probability in one float32 sum.
fn probabilities(logits: Tensor<2>) -> Tensor<2> {
    let (device, dims) = (logits.device(), logits.dims());
    if device != Device::flex() {
        let largest = logits.clone().max_dim(1);
        let shares = (logits - largest).exp();
        let sums = sum_in_parts(&shares);
        return shares / sums;
    }
    let mut values = to_host(logits);
    kernels::softmax_rows(&mut values, dims[1]);
    Tensor::from_data(TensorData::new(values, dims), &device)
}

/// The sum of each row, `[rows × 1]`.
fn sum_in_parts(values: &Tensor<2>) -> Tensor<2> {
    const PART: usize = 2_048;
    let columns = values.dims()[1];
    let part = |from: usize| values.clone().slice_dim(1, from..(from + PART).min(columns)).sum_dim(1);
    Tensor::cat((0..columns).step_by(PART).map(part).collect(), 1).sum_dim(1)
}
