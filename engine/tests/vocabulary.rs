//! The head over as many words as real models have, against float64.
//!
//! A softmax sums e^logit over the whole vocabulary. Added up one after the other in float32, words that are unlikely by
//! themselves but not together are lost behind a likely one, and a probability and every score with them.

use burn::tensor::{Tensor, TensorData};
use kndb_engine::nn::{Head, Linear, Rules};
use kndb_engine::transformer::to_host;
use kndb_engine::{Goal, device};

const HIDDEN: usize = 4;
/// The first word's logit; the others' are around 0, as in SmolLM2 after "The capital of France is". Their e^logit are
/// then about 4e-8 of the first word's, of which float32 at 1 sees nothing.
const AHEAD: f32 = 17.0;
/// Largest difference allowed. Logits of that size have errors of 1e-6 in float32; the project promises 1e-4 of the scores.
const ALLOWED: f64 = 1e-5;

/// Numbers between −1 and 1, always the same ones.
fn numbers(count: usize, mut state: u64) -> Vec<f32> {
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 40) as f32 / (1u64 << 23) as f32 - 1.0
    };
    (0..count).map(|_| next()).collect()
}

/// p(target), ln p(target) and ∂p(target)/∂x in float64; `words` are the rows of the decoder.
fn exact(x: &[f32], words: &[f32], bias: &[f32], target: usize) -> (f64, f64, Vec<f64>) {
    let dot = |word: &[f32]| word.iter().zip(x).map(|(w, x)| f64::from(*w) * f64::from(*x)).sum::<f64>();
    let raised = words.chunks(HIDDEN).zip(bias).map(|(word, bias)| (dot(word) + f64::from(*bias)).exp());
    let raised: Vec<f64> = raised.collect();
    let total: f64 = raised.iter().sum();
    let p = raised[target] / total;
    let mean = |i: usize| -> f64 {
        raised.iter().zip(words.chunks(HIDDEN)).map(|(e, word)| e / total * f64::from(word[i])).sum()
    };
    let gradient = (0..HIDDEN).map(|i| p * (f64::from(words[target * HIDDEN + i]) - mean(i))).collect();
    (p, p.ln(), gradient)
}

fn apart(found: &[f32], expected: &[f64]) -> f64 {
    assert!(found.len() == expected.len() && found.iter().all(|value| value.is_finite()), "{found:?}");
    found.iter().zip(expected).fold(0.0f64, |worst, (f, e)| worst.max((f64::from(*f) - e).abs()))
}

// burn-flex 0.22.1 adds e^logit up in one float32 (`ops/activation.rs`, softmax, pass 2): with it F of SmolLM2 was off by
// 1.4e-4 and `kn` scores by 3.9e-4. `Head` sums in parts and in float64.
#[test]
fn no_probability_is_lost_in_a_large_vocabulary() {
    let mut wrong = Vec::new();
    // A toy, SmolLM2, m-BERT, Gemma 3.
    for vocabulary in [100, 49_152, 119_547, 262_144] {
        let cpu = device(&std::env::var("KNDB_DEVICE").unwrap_or_else(|_| "cpu".into())).expect("the device is there");
        let (words, x) = (numbers(vocabulary * HIDDEN, 1), numbers(HIDDEN, 2));
        let mut bias = vec![0.0; vocabulary];
        bias[0] = AHEAD;
        let matrix = |values: &[f32], rows: usize| {
            Tensor::<2>::from_data(TensorData::new(values.to_vec(), [rows, HIDDEN]), &cpu)
        };
        let biases = Tensor::<1>::from_data(TensorData::new(bias.clone(), [vocabulary]), &cpu);
        let decoder = Linear::from_rows(matrix(&words, vocabulary), Some(biases));
        let head = Head { transform: None, norm: None, decoder, cap: None };
        for target in [0, vocabulary / 3] {
            let token = target as u32;
            let (p, state) = head.forward(matrix(&x, 1), Goal::Probability { target: token });
            let (log, log_state) = head.forward(matrix(&x, 1), Goal::LogProbability { target: token });
            let logarithm = head.log_probability(matrix(&x, 1), target);
            let (exact_p, exact_logarithm, gradient) = exact(&x, &words, &bias, target);
            let of_logarithm: Vec<f64> = gradient.iter().map(|slope| slope / exact_p).collect();
            let goals = [Goal::Probability { target: token }, Goal::LogProbability { target: token }];
            let at_once = goals.map(|goal| head.values(matrix(&x, 1), &[goal], Some(Rules::EXACT)));
            let [(once, once_slope), (once_log, once_log_slope)] =
                at_once.map(|(values, slopes)| (values, to_host(slopes.expect("was asked for"))));
            for (what, apart) in [
                ("p in parts", apart(&once, &[exact_p]) / exact_p),
                ("ln p in parts", apart(&once_log, &[exact_logarithm])),
                ("∂p/∂x in parts", apart(&once_slope, &gradient) / exact_p),
                ("∂ ln p/∂x in parts", apart(&once_log_slope, &of_logarithm)),
                ("p", apart(&to_host(p), &[exact_p]) / exact_p),
                // An error of ln p is one of p, relative to p.
                ("ln p", (f64::from(logarithm[0]) - exact_logarithm).abs()),
                // A difference of weights up to 1, times p.
                ("F = ln p", apart(&to_host(log), &[exact_logarithm])),
                ("∂ ln p/∂x", apart(&to_host(head.backward(&log_state, Rules::EXACT)), &of_logarithm)),
                ("∂p/∂x", apart(&to_host(head.backward(&state, Rules::EXACT)), &gradient) / exact_p),
            ] {
                if apart.is_nan() || apart > ALLOWED {
                    wrong.push(format!("{what} of word {target} of {vocabulary} is off by {apart:.1e}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
