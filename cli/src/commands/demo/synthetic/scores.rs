//! Synthetic attribution scores: heavy-tailed, seeded, the same on every machine.
//!
//! What they imitate: a few neurons of a fact hold most of its score; facts of a relation share
//! some; some are the same in both languages, and those lie in late layers. They come from no model.

use kndb_storage::{Group, Neuron, Shape};

/// The made-up model.
pub const SHAPE: Shape = Shape { layers: 12, width: 256 };

/// The first neuron that all facts of a relation use in both languages: (layer, unit).
pub fn landmark(relation: usize) -> (u32, u32) {
    let neuron = shared_by_relation(relation)[0];
    (neuron / SHAPE.width, neuron % SHAPE.width)
}

/// Scores of all neurons for one fact in one language, layer by layer.
pub fn scores(fact: usize, relation: usize, language: usize) -> Vec<f32> {
    let mut random = Random::new([1, fact, relation, language]);
    let mut scores: Vec<f32> = (0..SHAPE.layers * SHAPE.width).map(|_| 1e-4 * random.heavy_tailed()).collect();
    let mut raise = |neurons: &[u32], strength: f32| {
        for neuron in neurons {
            scores[*neuron as usize] += strength * (0.4 + random.unit());
        }
    };
    raise(&shared_by_relation(relation), 0.025);
    raise(&neurons_of([2, relation, language, 0], 5, 4..12), 0.02);
    raise(&shared_by_languages(fact), 0.03);
    raise(&neurons_of([3, fact, language, 0], 6, 0..12), 0.02);
    scores
}

/// Degenerate groups of a fact: pairs of neurons that can stand in for each other.
pub fn groups(fact: usize, relation: usize) -> Vec<Group> {
    let pair = |a: u32, b: u32| Group { neurons: vec![Neuron(a), Neuron(b)], evidence: None };
    let relation = shared_by_relation(relation);
    let own = shared_by_languages(fact);
    vec![pair(relation[0], relation[1]), pair(relation[0], own[0])]
}

fn shared_by_relation(relation: usize) -> Vec<u32> {
    neurons_of([4, relation, 0, 0], 4, 8..12)
}

fn shared_by_languages(fact: usize) -> Vec<u32> {
    neurons_of([5, fact, 0, 0], 3, 9..12)
}

/// Different neurons of some layers, chosen by a seed.
fn neurons_of(seed: [usize; 4], count: usize, layers: std::ops::Range<u32>) -> Vec<u32> {
    let mut random = Random::new(seed);
    let mut neurons = Vec::with_capacity(count);
    while neurons.len() < count {
        let layer = layers.start + random.below(layers.end - layers.start);
        let neuron = layer * SHAPE.width + random.below(SHAPE.width);
        if !neurons.contains(&neuron) {
            neurons.push(neuron);
        }
    }
    neurons
}

/// SplitMix64: small, and the same everywhere.
struct Random(u64);

impl Random {
    fn new(seed: [usize; 4]) -> Self {
        let mut random = Self(0);
        for part in seed {
            random.0 = random.next() ^ part as u64;
        }
        random
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// From 0 to below 1.
    fn unit(&mut self) -> f32 {
        (self.next() >> 40) as f32 / (1 << 24) as f32
    }

    fn below(&mut self, bound: u32) -> u32 {
        (self.next() % u64::from(bound)) as u32
    }

    /// Pareto-like, of either sign as real scores are, and bounded.
    fn heavy_tailed(&mut self) -> f32 {
        let size = (self.unit() + 1e-3).powf(-0.7);
        if self.below(4) == 0 { -size } else { size }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scores_are_reproducible_and_heavy_tailed() {
        let scores = scores(0, 0, 0);
        assert_eq!(scores, super::scores(0, 0, 0));
        assert_ne!(scores, super::scores(0, 0, 1));
        let most = scores.iter().copied().fold(0.0, f32::max);
        let strong = scores.iter().filter(|score| **score > 0.3 * most).count();
        assert!((4..=30).contains(&strong), "{strong} neurons above the threshold");
    }

    #[test]
    fn the_landmark_scores_high_for_every_fact_of_its_relation_in_both_languages() {
        let (layer, unit) = landmark(2);
        assert!(layer >= 8);
        for fact in 0..20 {
            for language in 0..2 {
                let scores = scores(fact, 2, language);
                let score = scores[(layer * SHAPE.width + unit) as usize];
                let above = scores.iter().filter(|other| **other > score).count();
                assert!(above < 20, "rank {above} for fact {fact}");
            }
        }
    }
}
