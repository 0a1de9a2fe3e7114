//! Random numbers that depend on what they are for, and on nothing else.
//!
//! Every draw has its own ChaCha8 stream, seeded by XXH3 of the study's seed, the purpose of the draw and the id of the fact. So
//! a draw is the same on every machine, for every number of threads, and whichever other facts are in the study. Not for
//! anything that must be hard to guess.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use xxhash_rust::xxh3::xxh3_64_with_seed;

/// The stream for a purpose and what it is about (ids, in a fixed order).
pub(crate) fn stream(seed: u64, purpose: &str, about: &[&str]) -> ChaCha8Rng {
    ChaCha8Rng::seed_from_u64(key(seed, purpose, about))
}

/// A number that puts things into a random order which does not change when others join or leave.
pub(crate) fn key(seed: u64, purpose: &str, about: &[&str]) -> u64 {
    let mut bytes = purpose.as_bytes().to_vec();
    for id in about {
        // Lengths keep ("ab", "c") apart from ("a", "bc").
        bytes.extend((id.len() as u64).to_le_bytes());
        bytes.extend(id.as_bytes());
    }
    xxh3_64_with_seed(&bytes, seed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::Rng;

    #[test]
    fn a_stream_is_known_by_seed_purpose_and_ids() {
        let first = |seed, purpose, about: &[&str]| stream(seed, purpose, about).random::<u64>();
        let one = first(1, "split", &["ab", "c"]);
        assert_eq!(one, first(1, "split", &["ab", "c"]));
        for other in [first(2, "split", &["ab", "c"]), first(1, "draw", &["ab", "c"]), first(1, "split", &["a", "bc"])]
        {
            assert_ne!(one, other);
        }
    }

    /// Written down once: a new version of a dependency that changes the draws changes published numbers. What is drawn are
    /// facts and bootstrap weights (`random_range`) and the neurons of random controls (`sample`, by one algorithm for few
    /// of many and by another for many of few).
    #[test]
    fn draws_do_not_change_with_versions() {
        let mut stream = stream(7, "test", &["fact"]);
        let draws: Vec<usize> = (0..8).map(|_| stream.random_range(0..1000)).collect();
        assert_eq!(draws, [726, 883, 317, 366, 130, 431, 636, 40]);
        let mut sample = |of, count| rand::seq::index::sample(&mut stream, of, count).into_vec();
        assert_eq!(sample(3072, 5), vec![682, 289, 327, 2572, 888]);
        assert_eq!(sample(8, 7), vec![5, 7, 3, 4, 0, 6, 1]);
        assert_eq!(sample(512, 200)[..5], [364, 492, 16, 245, 90]);
    }
}
