//! Texts to put before prompts, said by the model itself, so that what is looked up does not hang on one sentence's beginning.

use super::method::go_on;
use crate::corpus::around;
use crate::error::{Error, Result};
use crate::nn::Distribution;
use crate::question::Asking;
use crate::transformer::Transformer;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

/// Which texts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContextOptions {
    /// What they begin with; empty: the model's beginning of a text.
    pub starts: Vec<String>,
    /// Tokens of a text, its beginning included, and how many texts of each beginning.
    pub lengths: Vec<(usize, usize)>,
    /// Each token is drawn from this many most probable ones, by their probabilities.
    pub of_best: usize,
    /// The draws'.
    pub seed: u64,
}

impl ContextOptions {
    /// ROME's: ten texts of 5 tokens and ten of 10, from the beginning of a text (`context_template_length_params`).
    pub fn rome() -> Self {
        Self { starts: vec![String::new()], lengths: vec![(5, 10), (10, 10)], of_best: 5, seed: 0 }
    }

    /// MEMIT's: a text of 10 tokens from each of five words.
    pub fn memit() -> Self {
        let starts = ["The", "Therefore", "Because", "I", "You"].map(str::to_owned).to_vec();
        Self { starts, lengths: vec![(10, 1)], ..Self::rome() }
    }
}

/// The texts, each with a full stop behind it as the released codes have it; those that come to nothing are left out.
///
/// # Errors
/// A masked model, which says nothing by itself; a model whose files name no token that begins a text, where one is wanted.
pub fn contexts(
    network: &Transformer,
    asking: &Asking<'_>,
    options: &ContextOptions,
    interrupt: &(dyn Fn() -> bool + Sync),
) -> Result<Vec<String>> {
    let cannot = |given: &str, expected: &str| Error::Option {
        option: "contexts",
        given: given.to_owned(),
        expected: expected.to_owned(),
    };
    let texts_of_your_own = "texts of your own (--contexts FILE), or none (--context-lengths none)";
    if !asking.causal {
        return Err(cannot("to be said by the model, which is a masked one", texts_of_your_own));
    }
    let refused = |why: String| cannot(&format!("to be said by the model, and {why}"), texts_of_your_own);
    let (before, _) = around(asking).map_err(refused)?;
    let mut draws = ChaCha8Rng::seed_from_u64(options.seed);
    let mut texts = Vec::new();
    for &(length, count) in &options.lengths {
        for start in &options.starts {
            let mut begun = before.clone();
            begun.extend(asking.tokenizer.encode(start, false).map_err(refused)?.ids);
            if begun.is_empty() {
                let begin = asking.tokenizer.begin().or_else(|_| asking.tokenizer.end());
                begun.push(begin.map_err(|why| refused(why.to_owned()))?);
            }
            let quiet = if start.is_empty() { begun.len() } else { before.len() };
            for _ in 0..count {
                let mut ids = begun.clone();
                while ids.len() < length.min(asking.max_tokens) {
                    go_on(interrupt)?;
                    let logits = network.logits(&ids, ids.len() - 1);
                    ids.push(drawn(&logits, options.of_best, &mut draws));
                }
                ids.drain(..quiet);
                ids.retain(|id| !before.contains(id));
                texts.extend(said(asking, &ids).map_err(refused)?);
            }
        }
    }
    Ok(texts)
}

/// One of the most probable tokens, by their probabilities.
fn drawn(logits: &[f32], of_best: usize, draws: &mut ChaCha8Rng) -> u32 {
    let mut order: Vec<u32> = (0..logits.len() as u32).collect();
    order.sort_by(|&a, &b| logits[b as usize].total_cmp(&logits[a as usize]).then(a.cmp(&b)));
    order.truncate(of_best.max(1));
    let all = Distribution::of(logits);
    let shares: Vec<f64> = order.iter().map(|&token| all.probability(logits[token as usize])).collect();
    // 53 bits of a draw: a number from 0 to 1.
    let mut at = (draws.next_u64() >> 11) as f64 / (1u64 << 53) as f64 * shares.iter().sum::<f64>();
    for (&token, share) in order.iter().zip(&shares) {
        at -= share;
        if at < 0.0 {
            return token;
        }
    }
    order.last().copied().unwrap_or_default()
}

/// Tokens as a text on one line, without tokens that begin or end texts and without what a template would take for its own.
fn said(asking: &Asking<'_>, ids: &[u32]) -> std::result::Result<Option<String>, String> {
    let ends = [asking.tokenizer.begin().ok(), asking.tokenizer.end().ok()];
    let ids: Vec<u32> = ids.iter().copied().filter(|&id| !ends.contains(&Some(id))).collect();
    let text = asking.tokenizer.decode(&ids)?.replace(['[', ']', '\u{fffd}'], " ");
    let words: Vec<&str> = text.split_whitespace().collect();
    Ok((!words.is_empty()).then(|| format!("{}.", words.join(" "))))
}
