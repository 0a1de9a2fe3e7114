//! What can be chosen about an arena.

use super::Scorer;
use crate::editing::check_bootstrap;
use crate::error::StudyError;
use crate::questions::check_languages;
use crate::statistics::Bootstrap;
use kndb_storage::Shape;
use serde::Serialize;

/// Options of [`super::arena()`].
#[derive(Clone, Debug, Serialize)]
pub struct ArenaOptions {
    /// Languages; facts must be there in each, and are asked in each.
    pub languages: Vec<String>,
    /// Relations whose facts are studied; empty: all. Unrelated facts come from all relations in any case.
    pub relations: Vec<String>,
    /// At most this many facts, drawn at random.
    pub limit: Option<usize>,
    /// Study only facts whose object is the model's own answer in every language: every token of it the most probable one.
    pub answered: bool,
    /// Sizes of the sets, ascending.
    pub sizes: Vec<usize>,
    /// The scorer whose order is the truth about single neurons; `None`: nothing is compared with one.
    pub reference: Option<String>,
    /// Number of the prompt that is asked.
    pub prompt: u16,
    /// Seed of every draw.
    pub seed: u64,
    /// How intervals are made.
    pub bootstrap: Bootstrap,
}

impl ArenaOptions {
    /// Sets of one neuron to three hundred.
    pub const SIZES: [usize; 6] = [1, 3, 10, 30, 100, 300];

    /// All facts with their first prompt, seed 0.
    pub fn new(languages: Vec<String>) -> Self {
        Self {
            languages,
            relations: Vec::new(),
            limit: None,
            answered: false,
            sizes: Self::SIZES.to_vec(),
            reference: None,
            prompt: 0,
            seed: 0,
            bootstrap: Bootstrap::default(),
        }
    }

    /// The largest size.
    pub(super) fn largest(&self) -> usize {
        self.sizes.last().copied().unwrap_or(0)
    }

    pub(super) fn check(&self, scorers: &[&dyn Scorer], shape: Shape) -> Result<(), StudyError> {
        let wrong = |option, found: String, expected| Err(StudyError::Option { option, found, expected });
        let listed = |sizes: &[usize]| sizes.iter().map(usize::to_string).collect::<Vec<_>>().join(", ");
        let mut names: Vec<&str> = scorers.iter().map(|scorer| scorer.name()).collect();
        let named = self.reference.as_deref().is_none_or(|reference| names.contains(&reference));
        names.sort_unstable();
        let twice = names.windows(2).any(|pair| pair[0] == pair[1]);
        check_languages(&self.languages)?;
        match () {
            () if names.is_empty() || twice => wrong("scorers", names.join(", "), "one scorer or more, each once"),
            () if !named => wrong("reference", self.reference.clone().unwrap_or_default(), "one of the scorers"),
            () if self.sizes.first().is_none_or(|&least| least == 0)
                || self.sizes.windows(2).any(|pair| pair[0] >= pair[1]) =>
            {
                wrong("sizes", listed(&self.sizes), "numbers of neurons above 0, ascending")
            }
            // Random neurons are drawn from the others.
            () if self.largest() as u64 * 2 > shape.neurons() => {
                let largest = shape.neurons() / 2;
                let found = format!("{}, where {largest} is the largest that fits", listed(&self.sizes));
                wrong("sizes", found, "at most half of the model's neurons")
            }
            () if self.limit == Some(0) => wrong("limit", "0".into(), "one fact or more"),
            () => check_bootstrap(&self.bootstrap),
        }
    }
}
