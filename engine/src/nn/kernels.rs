//! Non-linearities on the CPU: value and slope in one pass, in whatever vector instructions the machine has.
//!
//! burn's CPU backend calls scalar `erf` and `exp`; these are branch-free, so that the compiler vectorises them (an eighth
//! of a BERT pass otherwise; docs/performance.md). Accurate to a few units in the last place of 1 (tests below).

use pulp::{Arch, NullaryFnOnce};

/// e^x: 2^n·e^r with |r| ≤ ln 2 / 2, and a polynomial for e^r (Cephes `expf`).
#[inline(always)]
pub fn exp(x: f32) -> f32 {
    let x = x.clamp(-87.0, 88.0);
    // Adding and taking away 1.5·2²³ rounds to the nearest whole number.
    let n = (x * std::f32::consts::LOG2_E + 12_582_912.0) - 12_582_912.0;
    let r = n.mul_add(-0.693_359_4, x);
    let r = n.mul_add(2.121_944_4e-4, r);
    let mut p = 1.987_569_1e-4_f32;
    for c in [1.398_199_9e-3, 8.333_452e-3, 4.166_579_6e-2, 1.666_666_5e-1, 0.5] {
        p = p.mul_add(r, c);
    }
    let e = p.mul_add(r * r, r + 1.0);
    e * f32::from_bits(((n as i32 + 127) << 23) as u32)
}

/// The error function as a ratio of polynomials over [−4, 4], ±1 beyond (the approximation of Eigen and XLA).
#[expect(clippy::excessive_precision, reason = "the coefficients as they were published")]
#[inline(always)]
pub fn erf(x: f32) -> f32 {
    let x = x.clamp(-4.0, 4.0);
    let s = x * x;
    let mut p = -2.726_142_3e-10_f32;
    for c in [2.770_681_4e-8, -2.101_024e-6, -5.692_506_4e-5, -7.349_906_3e-4, -2.954_599_8e-3, -1.609_603_3e-2] {
        p = p.mul_add(s, c);
    }
    let mut q = -1.456_607_2e-5_f32;
    for c in [-2.133_740_6e-4, -1.682_827e-3, -7.373_329e-3, -1.426_473_9e-2] {
        q = q.mul_add(s, c);
    }
    x * p / q
}

/// tanh x from e^2x.
#[inline(always)]
pub fn tanh(x: f32) -> f32 {
    1.0 - 2.0 / (exp(2.0 * x) + 1.0)
}

/// 1 / (1 + e^−x).
#[inline(always)]
pub fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + exp(-x))
}

/// Replaces each x by f(x), and returns f′(x).
#[inline(always)]
pub fn value_and_slope(x: &mut [f32], f: impl Fn(f32) -> (f32, f32)) -> Vec<f32> {
    let mut slope = vec![0.0; x.len()];
    Arch::new().dispatch(
        #[inline(always)]
        || {
            for (x, slope) in x.iter_mut().zip(&mut slope) {
                (*x, *slope) = f(*x);
            }
        },
    );
    slope
}

/// Turns rows of `columns` logits into probabilities. Sums are kept in many lanes and in float64 between blocks: one running
/// float32 sum loses the tail of a vocabulary behind one likely word (1e-4 of the probability at 49,152 words).
/// Returns ln Σ e^logit of each row.
pub fn softmax_rows(logits: &mut [f32], columns: usize) -> Vec<f32> {
    Arch::new().dispatch(Softmax { logits, columns })
}

struct Softmax<'a> {
    logits: &'a mut [f32],
    columns: usize,
}

impl NullaryFnOnce for Softmax<'_> {
    type Output = Vec<f32>;

    // Inlined as a whole into code for the machine's vectors, or `exp` becomes calls.
    #[inline(always)]
    fn call(self) -> Vec<f32> {
        const LANES: usize = 16;
        const BLOCK: usize = 64 * LANES;
        let mut totals = Vec::with_capacity(self.logits.len() / self.columns);
        for row in self.logits.chunks_exact_mut(self.columns) {
            let mut largest = f32::NEG_INFINITY;
            for &x in row.iter() {
                largest = if x > largest { x } else { largest };
            }
            let mut sum = 0.0f64;
            for block in row.chunks_mut(BLOCK) {
                let mut lanes = [0.0f32; LANES];
                let (whole, rest) = block.as_chunks_mut::<LANES>();
                for part in whole {
                    for lane in 0..LANES {
                        part[lane] = exp(part[lane] - largest);
                        lanes[lane] += part[lane];
                    }
                }
                for x in rest {
                    *x = exp(*x - largest);
                    lanes[0] += *x;
                }
                for lane in lanes {
                    sum += f64::from(lane);
                }
            }
            totals.push((f64::from(largest) + sum.ln()) as f32);
            let inverse = (1.0 / sum) as f32;
            for x in row {
                *x *= inverse;
            }
        }
        totals
    }
}

/// Puts `matrix: [rows × columns]`, turned, into the columns of another: entry (r, c) comes to `to[c·stride + r]`.
pub fn turn(matrix: &[f32], columns: usize, to: &mut [f32], stride: usize) {
    // In squares, so that of what is read and what is written whole cache lines are used.
    const SIDE: usize = 16;
    let rows = matrix.len() / columns.max(1);
    for top in (0..rows).step_by(SIDE) {
        let bottom = (top + SIDE).min(rows);
        for left in (0..columns).step_by(SIDE) {
            for column in left..(left + SIDE).min(columns) {
                let to = &mut to[column * stride + top..column * stride + bottom];
                to.iter_mut().zip(top..).for_each(|(to, row)| *to = matrix[row * columns + column]);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn worst(f: impl Fn(f32) -> f32, exact: impl Fn(f64) -> f64, relative: bool) -> f64 {
        let mut worst = 0.0f64;
        for i in -80_000..=80_000 {
            let x = i as f32 / 8_000.0;
            let expected = exact(f64::from(x));
            let error = (f64::from(f(x)) - expected).abs() / if relative { expected } else { 1.0 };
            worst = worst.max(error);
        }
        worst
    }

    /// erf by its power series, which converges everywhere; in float64 it is good to 1e-9 up to |x| = 4.
    fn series(x: f64) -> f64 {
        if x.abs() > 4.0 {
            return x.signum();
        }
        let (mut term, mut sum) = (x, x);
        for n in 1..120 {
            term *= -x * x / f64::from(n);
            sum += term / f64::from(2 * n + 1);
        }
        sum * std::f64::consts::FRAC_2_SQRT_PI
    }

    #[test]
    fn kernels_are_as_exact_as_float32() {
        assert!(worst(exp, f64::exp, true) < 3e-7, "exp");
        assert!(worst(erf, series, false) < 4e-7, "erf");
        assert!(worst(tanh, f64::tanh, false) < 3e-7, "tanh");
        assert!(worst(sigmoid, |x| 1.0 / (1.0 + (-x).exp()), false) < 2e-7, "sigmoid");
    }

    #[test]
    fn a_matrix_is_turned_into_the_columns_of_another() {
        // 20 × 18: whole squares and what is left of them, into columns 3 to 23 of 25.
        let matrix: Vec<f32> = (0..360).map(|i| i as f32).collect();
        let mut to = vec![-1.0; 18 * 25];
        turn(&matrix, 18, &mut to[3..], 25);
        for (at, &value) in to.iter().enumerate() {
            let (column, row) = (at / 25, (at % 25).wrapping_sub(3));
            assert_eq!(value, if row < 20 { matrix[row * 18 + column] } else { -1.0 }, "{column}, {row}");
        }
    }

    #[test]
    fn exp_stays_finite_at_the_ends() {
        assert!(exp(1e9).is_finite() && exp(-1e9) > 0.0);
    }
}
