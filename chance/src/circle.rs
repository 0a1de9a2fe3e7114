//! A few others for everybody: a seeded sample of pairs that needs few of them in memory at a time.

use rand::Rng;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

/// The numbers below `of` in random order, to be thought of as a circle: the next k of each are k others, all equally likely.
///
/// For means over pairs of more than can be compared with one another: of each only its neighbours have to be known, and those of the
/// next one are the same but for one. Same seed, same circle, on every machine. Where the k are all others, nothing depends on the seed.
pub fn circle(of: usize, seed: u64) -> Vec<usize> {
    let mut stream = ChaCha8Rng::seed_from_u64(seed);
    let mut order: Vec<usize> = (0..of).collect();
    for at in (1..of).rev() {
        order.swap(at, stream.random_range(0..=at));
    }
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everybody_is_in_the_circle_once_and_the_same_seed_gives_the_same() {
        for of in [0, 1, 2, 100] {
            let mut sorted = circle(of, 7);
            assert_eq!(sorted, circle(of, 7));
            sorted.sort_unstable();
            assert_eq!(sorted, (0..of).collect::<Vec<_>>());
        }
        assert_ne!(circle(100, 7), circle(100, 8));
    }

    /// Over 6,000 circles of four, each of the three others comes next 2,000 times; 5 standard errors are 183.
    #[test]
    fn each_other_comes_next_equally_often() {
        let mut next = [0; 4];
        for seed in 0..6_000 {
            let order = circle(4, seed);
            let at = order.iter().position(|&number| number == 0).expect("everybody is there");
            next[order[(at + 1) % 4]] += 1;
        }
        assert!(next[0] == 0 && next[1..].iter().all(|&count: &i32| (count - 2_000).abs() < 183), "{next:?}");
    }
}
