//! p of a word among all words, for many rows in one pass over the decoder.
//!
//! A part of the decoder's rows is read once: its logits, their running maximum and Σ e^logit, and for the gradient Σ e^logit·E, are
//! taken while it is in a cache. Neither logits nor probabilities of a whole vocabulary are ever kept (Milakov & Gimelshein, "Online
//! normalizer calculation for softmax", arXiv 1805.02867; Dao et al., "FlashAttention", NeurIPS 2022, the same for attention).

use super::running::Running;
use super::{Cap, Matrix, steady};
use crate::transformer::to_host;
use burn::tensor::{Tensor, TensorData};

/// What a row is asked: p of a token, or ln p.
#[derive(Clone, Copy, Debug)]
pub(super) struct Word {
    pub token: u32,
    pub logarithm: bool,
}

/// A decoder that all words are read of: rows, `[vocabulary × hidden]`, biases, a cap.
pub(super) struct Vocabulary<'a> {
    pub rows: &'a Matrix,
    pub bias: Option<&'a [f32]>,
    pub cap: Option<Cap>,
}

/// Rows that go through one pass: with more, a part's logits would push the part out of the cache.
const ROWS: usize = 512;

impl Vocabulary<'_> {
    /// F of each row of `x: [n × hidden]` on the CPU, and with `gradient` ∂F/∂x.
    pub fn read(&self, x: &Tensor<2>, words: &[Word], gradient: bool) -> (Vec<f32>, Option<Tensor<2>>) {
        let (mut values, mut gradients) = (Vec::with_capacity(words.len()), Vec::new());
        for (i, words) in words.chunks(ROWS).enumerate() {
            let x = x.clone().slice_dim(0, i * ROWS..i * ROWS + words.len());
            let (mut some, mut slope) = match words {
                // Twice: it gets the bits that it has beside others ([`steady`]).
                &[word] => self.read_some(&Tensor::cat(vec![x.clone(), x], 0), &[word; 2], gradient),
                _ => self.read_some(&x, words, gradient),
            };
            some.truncate(words.len());
            slope = slope.map(|slope| slope.slice_dim(0, 0..words.len()));
            values.extend(some);
            gradients.extend(slope);
        }
        (values, gradient.then(|| Tensor::cat(gradients, 0)))
    }

    fn read_some(&self, x: &Tensor<2>, words: &[Word], gradient: bool) -> (Vec<f32>, Option<Tensor<2>>) {
        let [n, hidden] = x.dims();
        let device = x.device();
        let mut running = Running::new(n, self.cap.map(|cap| cap.0));
        let mut sums = vec![0.0f32; if gradient { n * hidden } else { 0 }];
        for (first, part) in self.rows.parts(self.rows.rows_of_part()) {
            let count = part.dims()[0];
            let mut logits = to_host(part.clone().matmul(steady::turned(x, count)));
            let bias = self.bias.map(|bias| &bias[first..first + count]);
            let here = |(row, word): (usize, &Word)| Some(((word.token as usize).checked_sub(first)?, row));
            let own: Vec<(usize, usize)> =
                words.iter().enumerate().filter_map(here).filter(|&(word, _)| word < count).collect();
            // Now e^logit, by the maximum so far; `running.shrunk` is what the sums before were too large by.
            running.take(&mut logits, bias, &own, gradient);
            if gradient {
                let shares = Tensor::<2>::from_data(TensorData::new(logits, [count, n]), &device);
                let more = to_host(shares.transpose().matmul(part));
                for ((sums, more), &shrunk) in sums.chunks_mut(hidden).zip(more.chunks(hidden)).zip(running.shrunk()) {
                    sums.iter_mut().zip(more).for_each(|(sum, more)| *sum = *sum * shrunk + more);
                }
            }
        }
        let answers: Vec<Answer> = (0..n).map(|row| Answer::of(&running, row)).collect();
        let value = |(answer, word): (&Answer, &Word)| {
            (if word.logarithm { answer.logarithm } else { answer.probability }) as f32
        };
        let values = answers.iter().zip(words).map(value).collect();
        if !gradient {
            return (values, None);
        }
        // ∂ ln p/∂x = (1 − p)·c·E_target − Σ_others p_v·c_v·E_v, c the slopes of the cap; ∂p/∂x is p times that. 1 − p is the sum of the
        // others' probabilities: where p is near 1, the difference would lose as many digits as p has nines.
        let tokens: Vec<u32> = words.iter().map(|word| word.token).collect();
        let rows = to_host(self.rows.select(&tokens));
        for (((sums, own), answer), word) in sums.chunks_mut(hidden).zip(rows.chunks(hidden)).zip(&answers).zip(words) {
            let factor = if word.logarithm { 1.0 } else { answer.probability };
            let (own_factor, others) = ((factor * answer.rest * answer.slope) as f32, (factor * answer.of_sum) as f32);
            sums.iter_mut().zip(own).for_each(|(sum, own)| *sum = own_factor * own - others * *sum);
        }
        (values, Some(Tensor::from_data(TensorData::new(sums, [n, hidden]), &device)))
    }
}

/// What came of a row.
struct Answer {
    probability: f64,
    logarithm: f64,
    /// 1 − p.
    rest: f64,
    /// The cap's slope at the word's logit.
    slope: f64,
    /// What the sums over the others have to be multiplied with to be of probabilities.
    of_sum: f64,
}

impl Answer {
    /// From the others' maximum m and Σ e^(logit − m), and the word's own logit. Neither e^logit alone need be a number: the larger of the two
    /// is what both are divided by.
    fn of(running: &Running, row: usize) -> Self {
        let (others, ahead) = (running.sum(row), f64::from(running.own(row)) - f64::from(running.largest(row)));
        let slope = f64::from(running.slope(row));
        if ahead >= 0.0 {
            let beside = others * (-ahead).exp();
            let total = 1.0 + beside;
            let (probability, rest) = (1.0 / total, beside / total);
            Self { probability, logarithm: -beside.ln_1p(), rest, slope, of_sum: (-ahead).exp() / total }
        } else {
            let own = ahead.exp();
            let total = own + others;
            Self {
                probability: own / total,
                logarithm: ahead - total.ln(),
                rest: others / total,
                slope,
                of_sum: 1.0 / total,
            }
        }
    }
}
