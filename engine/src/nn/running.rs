//! The softmax of many rows at once, a part of the vocabulary after the other.

use super::kernels::{exp, tanh};
use pulp::{Arch, NullaryFnOnce};

/// The softmax of many rows at once, a part of the vocabulary after the other; of each row, one word is left out of all sums: its own.
pub struct Running {
    /// The cap of logits: l is cap·tanh(l / cap).
    cap: Option<f32>,
    /// By row: the largest of the others' logits so far.
    largest: Vec<f32>,
    /// Σ e^(logit − largest) of the others.
    sums: Vec<f64>,
    /// What the last part made of sums before: e^(largest before − largest).
    shrunk: Vec<f32>,
    /// The own word's logit.
    own: Vec<f32>,
}

impl Running {
    /// Before any word.
    pub fn new(rows: usize, cap: Option<f32>) -> Self {
        Self {
            cap,
            largest: vec![f32::NEG_INFINITY; rows],
            sums: vec![0.0; rows],
            shrunk: vec![0.0; rows],
            own: vec![0.0; rows],
        }
    }

    /// Takes in `logits: [words × rows]` without their biases, and makes of them e^(logit − largest), with `slopes` times the slope of the cap; 0
    /// for the words that are a row's own, `(word, row)`.
    pub fn take(&mut self, logits: &mut [f32], bias: Option<&[f32]>, own: &[(usize, usize)], slopes: bool) {
        let rows = self.own.len();
        if let Some(bias) = bias {
            for (logits, bias) in logits.chunks_exact_mut(rows).zip(bias) {
                logits.iter_mut().for_each(|logit| *logit += bias);
            }
        }
        Arch::new().dispatch(Raise { running: self, logits, own, slopes });
    }

    /// What the last part made of the sums before it, by row.
    pub fn shrunk(&self) -> &[f32] {
        &self.shrunk
    }

    /// Σ e^(logit − largest) of the others.
    pub fn sum(&self, row: usize) -> f64 {
        self.sums[row]
    }

    /// The others' largest logit.
    pub fn largest(&self, row: usize) -> f32 {
        self.largest[row]
    }

    /// The own word's logit.
    pub fn own(&self, row: usize) -> f32 {
        self.own[row]
    }

    /// The slope of the cap there; 1 without one.
    pub fn slope(&self, row: usize) -> f32 {
        self.cap.map_or(1.0, |cap| slope(cap, self.own[row]))
    }
}

/// The slope of a cap where it gives `capped`: 1 − tanh².
#[inline(always)]
fn slope(cap: f32, capped: f32) -> f32 {
    let t = capped / cap;
    1.0 - t * t
}

struct Raise<'a> {
    running: &'a mut Running,
    logits: &'a mut [f32],
    own: &'a [(usize, usize)],
    slopes: bool,
}

impl NullaryFnOnce for Raise<'_> {
    type Output = ();

    // Inlined as a whole into code for the machine's vectors, or `exp` becomes calls.
    #[inline(always)]
    fn call(self) {
        /// Words whose e^logit are added up in float32: more would lose the small ones.
        const BLOCK: usize = 64;
        let Self { running, logits, own, slopes } = self;
        let rows = running.own.len();
        if let Some(cap) = running.cap {
            for logit in logits.iter_mut() {
                *logit = cap * tanh(*logit / cap);
            }
        }
        for &(word, row) in own {
            running.own[row] = logits[word * rows + row];
            logits[word * rows + row] = f32::NEG_INFINITY;
        }
        let mut largest = running.largest.clone();
        for logits in logits.chunks_exact(rows) {
            for (largest, &logit) in largest.iter_mut().zip(logits) {
                *largest = if logit > *largest { logit } else { *largest };
            }
        }
        for ((shrunk, &before), &now) in running.shrunk.iter_mut().zip(&running.largest).zip(&largest) {
            *shrunk = if before == now { 1.0 } else { exp(before - now) };
        }
        for (sum, &shrunk) in running.sums.iter_mut().zip(&running.shrunk) {
            *sum *= f64::from(shrunk);
        }
        let mut part = vec![0.0f32; rows];
        for block in logits.chunks_mut(BLOCK * rows) {
            part.fill(0.0);
            for logits in block.chunks_exact_mut(rows) {
                for ((logit, part), &largest) in logits.iter_mut().zip(&mut part).zip(&largest) {
                    let raised = exp(*logit - largest);
                    *part += raised;
                    *logit = match running.cap {
                        Some(cap) if slopes => raised * slope(cap, *logit),
                        _ => raised,
                    };
                }
            }
            for (sum, &part) in running.sums.iter_mut().zip(&part) {
                *sum += f64::from(part);
            }
        }
        running.largest = largest;
        for &(word, row) in own {
            logits[word * rows + row] = 0.0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Logits of five words, two rows, in parts of two, two and one; the rows' own words are 3 and 0.
    fn taken(cap: Option<f32>, slopes: bool) -> (Running, Vec<[f32; 2]>) {
        let logits = [[1.0, 50.0], [-2.0, 3.0], [0.5, 90.0], [4.0, -1.0], [2.0, 91.0]];
        let mut running = Running::new(2, cap);
        let mut all = Vec::new();
        for (part, own) in [(0..2, vec![(0, 1)]), (2..4, vec![(1, 0)]), (4..5, vec![])] {
            let mut values: Vec<f32> = logits[part].concat();
            running.take(&mut values, None, &own, slopes);
            all.iter_mut().for_each(|[one, two]: &mut [f32; 2]| {
                *one *= running.shrunk()[0];
                *two *= running.shrunk()[1];
            });
            all.extend(values.as_chunks::<2>().0);
        }
        (running, all)
    }

    #[test]
    fn sums_leave_a_row_s_own_word_out_and_follow_the_maximum() {
        let (running, all) = taken(None, false);
        assert_eq!([running.own(0), running.own(1)], [4.0, 50.0]);
        assert_eq!([running.largest(0), running.largest(1)], [2.0, 91.0]);
        let expected = [(-1.0f64).exp() + (-4.0f64).exp() + (-1.5f64).exp() + 1.0, (-1.0f64).exp() + 1.0];
        for (row, expected) in expected.into_iter().enumerate() {
            assert!((running.sum(row) - expected).abs() < 1e-6, "{row}: {}", running.sum(row));
            let kept: f64 = all.iter().map(|values| f64::from(values[row])).sum();
            assert!((kept - expected).abs() < 1e-6, "{row}: {kept}");
        }
        assert_eq!((all[3][0], all[0][1]), (0.0, 0.0), "the own words");
    }

    #[test]
    fn caps_bend_logits_and_their_slopes() {
        // cap·tanh(l / cap) of the first row, cap 2.
        let capped = |logit: f64| 2.0 * (logit / 2.0).tanh();
        let (running, all) = taken(Some(2.0), true);
        let largest = capped(2.0);
        for (word, logit) in [(0, 1.0), (1, -2.0), (2, 0.5), (4, 2.0)] {
            let slope = 1.0 - (capped(logit) / 2.0).powi(2);
            let expected = (capped(logit) - largest).exp() * slope;
            assert!((f64::from(all[word][0]) - expected).abs() < 1e-6, "{word}");
        }
        assert!((f64::from(running.slope(0)) - (1.0 - (capped(4.0) / 2.0).powi(2))).abs() < 1e-6);
        let sum: f64 = [1.0, -2.0, 0.5, 2.0].map(|logit| (capped(logit) - largest).exp()).iter().sum();
        assert!((running.sum(0) - sum).abs() < 1e-6, "slopes are no part of the sum");
    }
}
