//! From the last hidden state of the target position to F: the target's probability, or another number made of logits.

use super::vocabulary::{Vocabulary, Word};
use super::{Activation, Cap, Linear, Norm, NormState, Rules, kernels};
use crate::metric::Goal;
use crate::transformer::to_host;
use burn::tensor::{Device, Tensor, TensorData};

/// Words whose terms are added up in one float32 sum: over a whole vocabulary, small ones would be lost.
const PART: usize = 2_048;

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
    transformed: Transformed,
    read: Read,
}

/// What was read of the logits.
#[derive(Clone, Debug)]
enum Read {
    /// All of them: the probabilities, and the slopes of the cap.
    All {
        shares: Tensor<2>,
        slope: Option<Tensor<2>>,
        target: usize,
        /// Whether F is ln p, not p.
        logarithm: bool,
    },
    /// Those of a few tokens: their decoder rows `[tokens × hidden]`, and ∂F/∂logit of each, `[rows × tokens]`.
    Some { weights: Tensor<2>, dlogits: Tensor<2> },
}

/// What [`Head::logits_backward`] needs.
#[derive(Clone, Debug)]
pub struct LogitsState {
    transformed: Transformed,
    slope: Option<Tensor<2>>,
}

/// What a network answers at one position, beside a target.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Standing {
    /// p(target).
    pub probability: f64,
    /// The most probable token.
    pub answer: u32,
    /// The target's rank: 1 more than there are tokens more probable.
    pub rank: u32,
}

/// What the way from the last hidden state to the decoder leaves.
#[derive(Clone, Debug)]
struct Transformed {
    /// What the transform's activation was taken of.
    before: Option<Tensor<2>>,
    norm: Option<NormState>,
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
        Cap::through(self.cap, self.decoder.forward(self.transformed(x).0)).0
    }

    /// The same, with what the way back needs.
    pub fn logits_and_state(&self, x: Tensor<2>) -> (Tensor<2>, LogitsState) {
        let (x, transformed) = self.transformed(x);
        let (logits, slope) = Cap::through(self.cap, self.decoder.forward(x));
        (logits, LogitsState { transformed, slope })
    }

    /// ∂F/∂x from ∂F/∂logits.
    pub fn logits_backward(&self, state: &LogitsState, dlogits: Tensor<2>, rules: Rules) -> Tensor<2> {
        let dlogits = Cap::back(state.slope.as_ref(), dlogits);
        self.through(&state.transformed, self.decoder.by_outputs().along_in_parts(dlogits, PART), rules)
    }

    /// ln p(target) of each row.
    pub fn log_probability(&self, x: Tensor<2>, target: usize) -> Vec<f32> {
        let goals = vec![Goal::LogProbability { target: target as u32 }; x.dims()[0]];
        self.values(x, &goals, None).0
    }

    /// p(target), the answer and the target's rank at the one row of `x: [1 × hidden]`.
    pub fn standing(&self, x: Tensor<2>, target: u32) -> Standing {
        let shares = to_host(probabilities(self.logits(x)).0);
        let of_target = shares[target as usize];
        let (mut best, mut rank) = (0, 1);
        for (token, &share) in shares.iter().enumerate() {
            rank += u32::from(share > of_target);
            if share > shares[best] {
                best = token;
            }
        }
        Standing { probability: f64::from(of_target), answer: best as u32, rank }
    }

    /// F of each row, and with `gradient` ∂F/∂x `[rows × hidden]` by its rules; a goal a row, all of one kind. On the CPU rows that ask for
    /// probabilities go through one pass over the decoder (`vocabulary.rs`); what takes all logits at once would not stay in the caches.
    pub fn values(&self, x: Tensor<2>, goals: &[Goal], gradient: Option<Rules>) -> (Vec<f32>, Option<Tensor<2>>) {
        let words: Option<Vec<Word>> = goals.iter().map(word).collect();
        if let (Some(words), true) = (words, x.device() == Device::flex()) {
            let (x, transformed) = self.transformed(x);
            let rows = self.decoder.by_outputs();
            let bias = self.decoder.bias().map(to_host);
            let vocabulary = Vocabulary { rows: &rows, bias: bias.as_deref(), cap: self.cap };
            let (values, dx) = vocabulary.read(&x, &words, gradient.is_some());
            return (values, dx.zip(gradient).map(|(dx, rules)| self.through(&transformed, dx, rules)));
        }
        let (mut all, mut gradients) = (Vec::with_capacity(goals.len()), Vec::new());
        let mut from = 0;
        for same in goals.chunk_by(|one, other| one == other) {
            let (values, state) = self.forward(x.clone().slice_dim(0, from..from + same.len()), same[0]);
            all.extend(to_host(values));
            gradients.extend(gradient.map(|rules| self.backward(&state, rules)));
            from += same.len();
        }
        (all, gradient.map(|_| Tensor::cat(gradients, 0)))
    }

    /// F of each row, `[rows × 1]`.
    pub fn forward(&self, x: Tensor<2>, goal: Goal) -> (Tensor<2>, HeadState) {
        let (x, transformed) = self.transformed(x);
        let (values, read) = match goal {
            Goal::Probability { target } => self.read_all(x, target as usize, false),
            Goal::LogProbability { target } => self.read_all(x, target as usize, true),
            Goal::Logit { target } => self.read_some(x, &[(target as usize, 1.0)]),
            Goal::LogitDifference { target, foil } => {
                self.read_some(x, &[(target as usize, 1.0), (foil as usize, -1.0)])
            }
        };
        (values, HeadState { transformed, read })
    }

    /// ∂F/∂x of each row, back through the transform.
    ///
    /// Of a probability that is p·(c_target·E_target − Σ_v p_v·c_v·E_v), of its logarithm the same without p; c_v is the slope of the
    /// cap, 1 without one. The target's own coefficient 1 − p is summed from the others' probabilities. Where p is near 1, the
    /// difference as it is written would lose as many digits as p has nines: 3e-3 of a gradient at p = 0.992 (demo model, Chinese).
    /// The slope of the cap is no rule's: it is taken as it is.
    pub fn backward(&self, state: &HeadState, rules: Rules) -> Tensor<2> {
        let dx = match &state.read {
            Read::All { shares, slope, target, logarithm } => {
                let own = [0..shares.dims()[0], *target..target + 1];
                let p = shares.clone().slice(own.clone());
                let others = shares.clone().slice_assign(own.clone(), p.zeros_like());
                let rest = sum_in_parts(&others);
                let dlogits = Cap::back(slope.as_ref(), others.slice_assign(own, rest.neg()));
                let dx = self.decoder.by_outputs().along_in_parts(dlogits, PART);
                if *logarithm { dx.neg() } else { dx * p.neg() }
            }
            Read::Some { weights, dlogits } => dlogits.clone().matmul(weights.clone()),
        };
        self.through(&state.transformed, dx, rules)
    }

    /// ∂F/∂x from ∂F by what the decoder reads.
    fn through(&self, transformed: &Transformed, dx: Tensor<2>, rules: Rules) -> Tensor<2> {
        let dx = match (&self.norm, &transformed.norm) {
            (Some(norm), Some(normed)) => norm.backward(normed, dx, rules),
            _ => dx,
        };
        match (&self.transform, &transformed.before) {
            (Some((dense, act)), Some(before)) => {
                let before = before.clone();
                dense.backward(dx * if rules.activations { act.share(before) } else { act.derivative(before) })
            }
            _ => dx,
        }
    }

    /// What the decoder reads.
    fn transformed(&self, x: Tensor<2>) -> (Tensor<2>, Transformed) {
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
        (x, Transformed { before, norm })
    }

    /// p(target) or its logarithm of each row.
    fn read_all(&self, x: Tensor<2>, target: usize, logarithm: bool) -> (Tensor<2>, Read) {
        let (logits, slope) = Cap::through(self.cap, self.decoder.forward(x));
        let own = [0..logits.dims()[0], target..target + 1];
        let alone = logits.clone().slice(own.clone());
        let (shares, totals) = probabilities(logits);
        let p = shares.clone().slice(own);
        let values = if logarithm { logarithms(p, alone - totals) } else { p };
        (values, Read::All { shares, slope, target, logarithm })
    }

    /// Σ factor·logit over a few tokens: their rows of the decoder are all that is read of it.
    fn read_some(&self, x: Tensor<2>, tokens: &[(usize, f32)]) -> (Tensor<2>, Read) {
        let (device, rows) = (x.device(), x.dims()[0]);
        let weights: Vec<Tensor<2>> = tokens.iter().map(|&(token, _)| self.decoder.output_row(token)).collect();
        // Not as a product of matrices, whose way of adding depends on the number of rows.
        let logit = |weights: &Tensor<2>| (x.clone() * weights.clone()).sum_dim(1);
        let mut logits = Tensor::cat(weights.iter().map(logit).collect(), 1);
        let weights = Tensor::cat(weights, 0);
        if let Some(bias) = self.decoder.bias() {
            let of = |&(token, _): &(usize, f32)| bias.clone().slice_dim(1, token..token + 1);
            logits = logits + Tensor::cat(tokens.iter().map(of).collect(), 1);
        }
        let (logits, slope) = Cap::through(self.cap, logits);
        let factors: Vec<f32> = tokens.iter().map(|&(_, factor)| factor).collect();
        let factors = Tensor::<2>::from_data(TensorData::new(factors, [1, tokens.len()]), &device);
        let values = (logits * factors.clone()).sum_dim(1);
        let dlogits = Cap::back(slope.as_ref(), factors.expand([rows, tokens.len()]));
        (values, Read::Some { weights, dlogits })
    }
}

/// What a goal asks of all words, if it does.
fn word(goal: &Goal) -> Option<Word> {
    match *goal {
        Goal::Probability { target } => Some(Word { token: target, logarithm: false }),
        Goal::LogProbability { target } => Some(Word { token: target, logarithm: true }),
        Goal::Logit { .. } | Goal::LogitDifference { .. } => None,
    }
}

/// Softmax over a vocabulary and the logarithm of what it divides by, `[rows × 1]`. Summed in parts on every backend: libtorch, too,
/// loses 1e-4 of a probability in one float32 sum.
fn probabilities(logits: Tensor<2>) -> (Tensor<2>, Tensor<2>) {
    let (device, dims) = (logits.device(), logits.dims());
    if device != Device::flex() {
        let largest = logits.clone().max_dim(1);
        let shares = (logits - largest.clone()).exp();
        let sums = sum_in_parts(&shares);
        return (shares / sums.clone(), largest + sums.log());
    }
    let mut values = to_host(logits);
    let totals = kernels::softmax_rows(&mut values, dims[1]);
    let matrix = |values, dims: [usize; 2]| Tensor::from_data(TensorData::new(values, dims), &device);
    (matrix(values, dims), matrix(totals, [dims[0], 1]))
}

/// ln p of probabilities `[rows × 1]`. Where p is so small that f32 has few digits of it, or none, `by_logits`: a difference of logits,
/// which where p is near 1 would have few digits itself.
fn logarithms(p: Tensor<2>, by_logits: Tensor<2>) -> Tensor<2> {
    const FEW_DIGITS: f32 = 1e-30;
    let (device, dims) = (p.device(), p.dims());
    let each = to_host(p).into_iter().zip(to_host(by_logits));
    let values: Vec<f32> = each.map(|(p, by_logits)| if p > FEW_DIGITS { p.ln() } else { by_logits }).collect();
    Tensor::from_data(TensorData::new(values, dims), &device)
}

/// The sum of each row, `[rows × 1]`.
fn sum_in_parts(values: &Tensor<2>) -> Tensor<2> {
    let columns = values.dims()[1];
    let part = |from: usize| values.clone().slice_dim(1, from..(from + PART).min(columns)).sum_dim(1);
    Tensor::cat((0..columns).step_by(PART).map(part).collect(), 1).sum_dim(1)
}
