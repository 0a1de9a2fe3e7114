//! p-values of data in which there is nothing to find: below 0.05 in 5 % of the cases.
//!
//! Seeded, so that a run is like any other. Of 20,000 p-values, 5 % ± 0.5 % is more than three standard errors.

use kndb_chance::{Draw, Frequency, Overlap, Tail};
use rand::Rng;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

/// A set of so many of a layer's neurons, all sets equally likely.
fn shuffled(width: usize, size: usize, stream: &mut ChaCha8Rng) -> Vec<usize> {
    let mut neurons: Vec<usize> = (0..width).collect();
    for at in 0..size {
        neurons.swap(at, stream.random_range(at..width));
    }
    neurons.truncate(size);
    neurons
}

/// A p-value with ties broken at random: as likely to be below 0.05 as 0.05 says, however coarse the count.
fn fine(at_least: &[Tail], found: usize, stream: &mut ChaCha8Rng) -> f64 {
    let (from, above) = (at_least[found].p(), at_least[found + 1].p());
    above + stream.random::<f64>() * (from - above)
}

fn share_below(p: &[f64], bound: f64) -> f64 {
    p.iter().filter(|&&p| p < bound).count() as f64 / p.len() as f64
}

#[test]
fn an_overlap_of_shuffled_sets_is_significant_in_five_of_a_hundred_cases() {
    let mut stream = ChaCha8Rng::seed_from_u64(11);
    let facts = [(40, 5, 9), (40, 12, 3), (40, 1, 1), (25, 8, 8), (25, 20, 4), (25, 2, 11), (60, 7, 7), (60, 0, 5)];
    let mut overlap = Overlap::default();
    for (width, one, other) in facts {
        overlap.add(&Draw::new(width, &[one, other]).expect("sets of the layer"));
    }
    let tails: Vec<Tail> = (0..60).map(|x| overlap.at_least(x)).collect();
    let p: Vec<f64> = (0..20_000)
        .map(|_| {
            let shared = facts.iter().map(|&(width, one, other)| {
                // One set may as well be the first neurons of the layer.
                let drawn = shuffled(width as usize, other as usize, &mut stream);
                drawn.iter().filter(|&&neuron| neuron < one as usize).count()
            });
            let found = shared.sum();
            fine(&tails, found, &mut stream)
        })
        .collect();
    for (bound, within) in [(0.05, 0.005), (0.5, 0.011), (0.01, 0.002)] {
        assert!((share_below(&p, bound) - bound).abs() < within, "{bound}: {}", share_below(&p, bound));
    }
}

/// With large counts ties are rare, and the one-sided p-value itself holds its level.
#[test]
fn a_large_overlap_needs_no_random_ties() {
    let mut stream = ChaCha8Rng::seed_from_u64(12);
    let draw = Draw::new(400, &[200, 200]).expect("sets of the layer");
    let mut overlap = Overlap::default();
    (0..36).for_each(|_| overlap.add(&draw));
    let (from, to) = (3_400, 3_800);
    let tails: Vec<f64> = (from..to).map(|x| overlap.at_least(x).p()).collect();
    let p: Vec<f64> = (0..8_000)
        .map(|_| {
            let shared: usize =
                (0..36).map(|_| shuffled(400, 200, &mut stream).iter().filter(|&&n| n < 200).count()).sum();
            tails[shared - from as usize]
        })
        .collect();
    let found = share_below(&p, 0.05);
    assert!((0.045..=0.055).contains(&found), "{found}");
}

#[test]
fn a_neuron_of_shuffled_sets_is_significantly_frequent_in_five_of_a_hundred_cases() {
    let mut stream = ChaCha8Rng::seed_from_u64(13);
    let sizes: Vec<u64> = (0..30).map(|fact| [1, 2, 5, 9, 16][fact % 5]).collect();
    let frequency = Frequency::new(40, sizes.iter().copied()).expect("sets of the layer");
    let tails: Vec<Tail> = (0..=31).map(|x| frequency.at_least(x)).collect();
    let mut p = Vec::new();
    for _ in 0..500 {
        let mut facts = [0; 40];
        for &size in &sizes {
            shuffled(40, size as usize, &mut stream).into_iter().for_each(|neuron| facts[neuron] += 1);
        }
        p.extend(facts.map(|facts| fine(&tails, facts, &mut stream)));
    }
    for (bound, within) in [(0.05, 0.005), (0.5, 0.011), (0.01, 0.002)] {
        assert!((share_below(&p, bound) - bound).abs() < within, "{bound}: {}", share_below(&p, bound));
    }
}
