//! AMIG's Table 2 as printed.

use serde::Serialize;

/// A published success rate.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct PublishedSuccess {
    /// `m-BERT` or `m-GPT`.
    pub model: &'static str,
    /// Language it was measured in.
    pub language: &'static str,
    /// `LIKN`, `Mono-KN` or `Seq-KN`.
    pub method: &'static str,
    /// SR (Eq. 11).
    pub rate: f64,
}

const fn rate(model: &'static str, language: &'static str, method: &'static str, rate: f64) -> PublishedSuccess {
    PublishedSuccess { model, language, method, rate }
}

/// Table 2 of the paper.
pub const PUBLISHED_SUCCESS: &[PublishedSuccess] = &[
    rate("m-BERT", "en", "LIKN", 2.359),
    rate("m-BERT", "en", "Mono-KN", 2.139),
    rate("m-BERT", "en", "Seq-KN", 3.800),
    rate("m-GPT", "en", "LIKN", 2.542),
    rate("m-GPT", "en", "Mono-KN", 2.400),
    rate("m-GPT", "en", "Seq-KN", 4.285),
    rate("m-BERT", "zh", "LIKN", 7.175),
    rate("m-BERT", "zh", "Mono-KN", 2.292),
    rate("m-BERT", "zh", "Seq-KN", 4.092),
    rate("m-GPT", "zh", "LIKN", 8.868),
    rate("m-GPT", "zh", "Mono-KN", 2.350),
    rate("m-GPT", "zh", "Seq-KN", 3.654),
];
