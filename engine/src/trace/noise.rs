//! The noise that corrupts subjects: how strong it is, and its draws.

use crate::error::{Error, Result};
use crate::transformer::{Transformer, to_host};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};
use std::collections::BTreeMap;
use xxhash_rust::xxh3::xxh3_64;

/// How the draws are made, as runs name it: runs of other draws are not gone on with.
pub(super) const GENERATOR: &str = "chacha8, polar";

/// How strong the noise is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum NoiseLevel {
    /// A multiple of σ, the standard deviation of the embeddings of the subjects' tokens: the paper's 3.
    Multiple(f64),
    /// The standard deviation of the noise itself.
    Absolute(f64),
}

impl NoiseLevel {
    /// The number.
    pub(super) fn value(self) -> f64 {
        match self {
            Self::Multiple(value) | Self::Absolute(value) => value,
        }
    }

    /// The standard deviation of the noise, of embeddings with this one.
    pub fn deviation(self, sigma: f64) -> f64 {
        match self {
            Self::Multiple(times) => times * sigma,
            Self::Absolute(deviation) => deviation,
        }
    }

    /// As a run keeps it: `3 sigma`, `0.1`.
    pub fn shown(self) -> String {
        match self {
            Self::Multiple(times) => format!("{times} sigma"),
            Self::Absolute(deviation) => deviation.to_string(),
        }
    }
}

/// The draws of a run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Draws {
    /// Of all of them.
    pub seed: u64,
    /// How many a question.
    pub count: usize,
    /// Their standard deviation.
    pub deviation: f64,
}

impl Draws {
    /// The draws of a question, `[draw][values]`. They depend on nothing but the seed, the fact's id, the language, the prompt, and each on its
    /// own number: not on how many there are, nor on the order of questions.
    pub fn of(&self, fact: &str, language: &str, prompt: u16, values: usize) -> Vec<Vec<f32>> {
        // Lengths first, so that no two questions have one text.
        let question = format!("{}:{fact}{}:{language}{prompt}", fact.len(), language.len());
        let key = xxh3_64(question.as_bytes()) ^ self.seed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let draw = |number: usize| {
            let mut bits = ChaCha8Rng::seed_from_u64(key);
            bits.set_stream(number as u64);
            let mut normal = Normal { bits, spare: None };
            (0..values).map(|_| (self.deviation * normal.next()) as f32).collect()
        };
        (0..self.count).map(draw).collect()
    }
}

/// Standard normal numbers by Marsaglia's polar method.
struct Normal {
    bits: ChaCha8Rng,
    spare: Option<f64>,
}

impl Normal {
    fn next(&mut self) -> f64 {
        if let Some(spare) = self.spare.take() {
            return spare;
        }
        loop {
            let [u, v] = [self.uniform(), self.uniform()];
            let square = u * u + v * v;
            if square > 0.0 && square < 1.0 {
                let length = (-2.0 * square.ln() / square).sqrt();
                self.spare = Some(v * length);
                return u * length;
            }
        }
    }

    /// From −1 to 1, of 53 bits.
    fn uniform(&mut self) -> f64 {
        (self.bits.next_u64() >> 11) as f64 / (1_u64 << 52) as f64 - 1.0
    }
}

/// The standard deviation of all values of the embeddings of some tokens, each as often as it is counted, as the network reads them
/// ([`Transformer::embed_with`]); of a sample, over n − 1, as `torch.std`.
///
/// # Errors
/// No token at all.
pub(super) fn deviation(network: &Transformer, counts: &BTreeMap<u32, u64>) -> Result<f64> {
    /// Tokens whose embeddings are read at a time.
    const AT_ONCE: usize = 1_024;
    let tokens: Vec<(u32, u64)> = counts.iter().map(|(&token, &count)| (token, count)).collect();
    let hidden = network.hidden();
    let all = tokens.iter().map(|&(_, count)| count).sum::<u64>() as f64 * hidden as f64;
    if all < 2.0 {
        let expected = "facts that can be asked, whose subjects have embeddings".to_owned();
        return Err(Error::Option { option: "noise", given: "a multiple of nothing".into(), expected });
    }
    // Twice: sums of squares alone would cancel where the mean is large.
    let sum = |of: &dyn Fn(f64) -> f64| {
        let mut sum = 0.0;
        for part in tokens.chunks(AT_ONCE) {
            let ids: Vec<u32> = part.iter().map(|&(token, _)| token).collect();
            let rows = to_host(network.word_embeddings(&ids));
            for (row, &(_, count)) in rows.chunks(hidden).zip(part) {
                sum += count as f64 * row.iter().map(|&value| of(f64::from(value))).sum::<f64>();
            }
        }
        sum
    };
    let mean = sum(&|value| value) / all;
    Ok((sum(&|value| (value - mean) * (value - mean)) / (all - 1.0)).sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;

    const DRAWS: Draws = Draws { seed: 7, count: 3, deviation: 0.5 };

    #[test]
    fn a_draw_depends_on_its_question_its_number_and_the_seed_alone() {
        let found = DRAWS.of("f1", "en", 0, 6);
        assert_eq!(found, DRAWS.of("f1", "en", 0, 6));
        assert_eq!(found[..2], Draws { count: 2, ..DRAWS }.of("f1", "en", 0, 6), "not on how many there are");
        let longer = DRAWS.of("f1", "en", 0, 9);
        assert!(found.iter().zip(&longer).all(|(few, many)| few[..] == many[..6]), "nor on how long they are");
        assert!(found[0] != found[1] && found[1] != found[2]);
        let other = [
            DRAWS.of("f2", "en", 0, 6),
            DRAWS.of("f1", "zh", 0, 6),
            DRAWS.of("f1", "en", 1, 6),
            Draws { seed: 8, ..DRAWS }.of("f1", "en", 0, 6),
            DRAWS.of("f1e", "n", 0, 6),
        ];
        assert!(other.iter().all(|other| *other != found));
    }

    #[test]
    fn draws_are_normal_with_their_deviation() {
        let values: Vec<f64> = DRAWS.of("f", "en", 0, 40_000)[0].iter().map(|&value| f64::from(value)).collect();
        let moment =
            |power: i32| values.iter().map(|value| (value / 0.5).powi(power)).sum::<f64>() / values.len() as f64;
        // Of a standard normal distribution 0, 1, 0, 3; their own deviations are 0.005, 0.007, 0.019 and 0.049.
        for (power, expected, within) in [(1, 0.0, 0.02), (2, 1.0, 0.03), (3, 0.0, 0.08), (4, 3.0, 0.2)] {
            assert!((moment(power) - expected).abs() < within, "moment {power}: {}", moment(power));
        }
        let within = values.iter().filter(|value| value.abs() < 0.5).count() as f64 / values.len() as f64;
        assert!((within - 0.6827).abs() < 0.01, "{within}");
    }
}
