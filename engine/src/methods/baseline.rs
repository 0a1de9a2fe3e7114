//! Baselines: the activations that w̄ is compared with.

use crate::probe::Probe;

/// Where paths begin, or what activations are compared with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Baseline {
    /// w′ = 0 (Dai et al., ACL 2022, Eq. 2).
    #[default]
    Zero,
    /// w′ = the mean over the sentences in which one word is replaced (AMIG's released code).
    WordMean,
    /// One path from each such sentence, scores summed (AMIG, AAAI 2024, Eq. 3–4).
    EachWord,
}

impl Baseline {
    /// Every baseline with its name.
    pub const NAMED: [(&'static str, Self); 3] =
        [("zero", Self::Zero), ("word-mean", Self::WordMean), ("each-word", Self::EachWord)];

    /// Its name.
    pub fn name(self) -> &'static str {
        Self::NAMED.iter().find(|(_, known)| *known == self).map_or("", |&(name, _)| name)
    }

    /// The baselines of some layers, layer by layer in their order: one each, but one a word of [`Baseline::EachWord`].
    pub(super) fn of(self, probe: &dyn Probe, layers: &[usize]) -> Vec<(usize, Vec<f32>)> {
        let words = if self == Self::Zero { Vec::new() } else { probe.word_baselines() };
        self.among(probe, layers, &words)
    }

    /// The same of [`Probe::word_baselines`] that were asked for already.
    pub(super) fn among(self, probe: &dyn Probe, layers: &[usize], words: &[Vec<Vec<f32>>]) -> Vec<(usize, Vec<f32>)> {
        let width = probe.width();
        if self == Self::Zero {
            return layers.iter().map(|&layer| (layer, vec![0.0; width])).collect();
        }
        let mut all = Vec::new();
        for &layer in layers {
            let sentences = &words[layer];
            if self == Self::EachWord {
                all.extend(sentences.iter().map(|from| (layer, from.clone())));
                continue;
            }
            let mut mean = vec![0.0f64; width];
            for sentence in sentences {
                mean.iter_mut().zip(sentence).for_each(|(sum, &w)| *sum += f64::from(w));
            }
            // A prompt without a word has no sentence: its baseline is the prompt itself, and every score 0.
            let from = match sentences.len() {
                0 => probe.activations(layer).to_vec(),
                n => mean.iter().map(|sum| (sum / n as f64) as f32).collect(),
            };
            all.push((layer, from));
        }
        all
    }
}
