//! Another fact of the same relation: the null that tells a fact's neurons from its relation's.
//!
//! A set in one language is compared with sets of *other* facts of the relation in the other languages. What they share is the relation's,
//! the template's or everybody's; only what a fact's own sets share beyond it is the fact's.

use std::collections::HashMap;

/// Facts of one relation, each with a set of neurons in each of some languages.
#[derive(Clone, Debug)]
pub struct OtherFacts {
    languages: usize,
    /// Fact by fact, language by language.
    sets: Vec<Vec<Vec<u32>>>,
}

impl OtherFacts {
    /// No facts yet, in so many languages.
    pub fn new(languages: usize) -> Self {
        Self { languages, sets: Vec::new() }
    }

    /// Adds a fact: its neurons in each language, in any order, none of them twice. A fact without neurons in a language counts, too. One
    /// that was never asked in a language does not belong here. `false`, and nothing is added, if the languages are not as many as was said.
    pub fn add(&mut self, sets: &[Vec<u32>]) -> bool {
        let fits = sets.len() == self.languages;
        if fits {
            self.sets.push(sets.to_vec());
        }
        fits
    }

    /// Number of facts.
    pub fn len(&self) -> usize {
        self.sets.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.sets.is_empty()
    }

    /// How many times each neuron is expected in the intersections over the languages, all facts added up, when every fact keeps its set in
    /// one language, and in each of the others takes that of another fact, drawn independently. The mean over all such draws and over which
    /// language is kept: exact, with no draw made. `None` with fewer than two facts, where no other fact is, or fewer than two languages.
    ///
    /// A neuron of fact f in the language kept is in another fact's set of language i with probability (cᵢ − [f has it there])/(n − 1),
    /// where cᵢ of the n facts have it.
    ///
    /// `is_stopped` is asked once a fact; from then on the answer is `None`, too.
    pub fn expected(&self, is_stopped: &dyn Fn() -> bool) -> Option<HashMap<u32, f64>> {
        let others = self.sets.len().checked_sub(1).filter(|&others| others > 0)? as f64;
        if self.languages < 2 {
            return None;
        }
        let mut counts: Vec<HashMap<u32, u32>> = vec![HashMap::new(); self.languages];
        for set in &self.sets {
            if is_stopped() {
                return None;
            }
            for (counts, neurons) in counts.iter_mut().zip(set) {
                neurons.iter().for_each(|&neuron| *counts.entry(neuron).or_default() += 1);
            }
        }
        let mut expected: HashMap<u32, f64> = HashMap::new();
        for sets in &self.sets {
            if is_stopped() {
                return None;
            }
            let mut own: Vec<Vec<u32>> = sets.clone();
            own.iter_mut().for_each(|set| set.sort_unstable());
            for (kept, neurons) in own.iter().enumerate() {
                for neuron in neurons {
                    let shared = |language: usize| {
                        let all = counts[language].get(neuron).copied().unwrap_or(0);
                        let itself = u32::from(own[language].binary_search(neuron).is_ok());
                        f64::from(all - itself) / others
                    };
                    let share: f64 = (0..self.languages).filter(|&other| other != kept).map(shared).product();
                    if share > 0.0 {
                        *expected.entry(*neuron).or_default() += share / self.languages as f64;
                    }
                }
            }
        }
        Some(expected)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(facts: &[&[&[u32]]]) -> OtherFacts {
        let mut all = OtherFacts::new(facts.first().map_or(0, |fact| fact.len()));
        for fact in facts {
            assert!(all.add(&fact.iter().map(|set| set.to_vec()).collect::<Vec<_>>()));
        }
        all
    }

    /// Neuron 1 is everybody's; 2 and 3 are one fact's each.
    #[test]
    fn what_is_only_a_fact_s_own_is_not_expected() {
        let expected = of(&[&[&[1, 2], &[2, 1]], &[&[1, 3], &[1, 3]]]).expected(&|| false).expect("two facts");
        assert_eq!(expected, HashMap::from([(1, 2.0)]));
    }

    #[test]
    fn what_is_stopped_has_no_answer() {
        let (all, asked) = (of(&[&[&[1], &[1]], &[&[1], &[1]]]), std::cell::Cell::new(0));
        let at = |last: u32| {
            asked.set(0);
            all.expected(&|| asked.replace(asked.get() + 1) >= last)
        };
        // Once for each of the two facts, while they are counted and while they are compared.
        assert!((0..4).all(|last| at(last).is_none()));
        assert!(at(4).is_some());
    }

    /// By all draws: each kept language, and in each of the other languages each other fact.
    #[test]
    fn the_expectation_is_the_mean_over_all_draws() {
        let all = of(&[
            &[&[1, 2, 3], &[2, 3], &[3, 4]],
            &[&[2], &[1, 2, 3, 4], &[1, 3]],
            &[&[4, 3], &[3], &[]],
            &[&[1, 4], &[4, 3], &[4, 1, 3]],
        ]);
        let has = |fact: usize, language: usize, neuron: u32| all.sets[fact][language].contains(&neuron);
        let mut by_draws: HashMap<u32, f64> = HashMap::new();
        for (fact, kept, neuron) in (0..4).flat_map(|f| (0..3).flat_map(move |k| (1..=4).map(move |n| (f, k, n)))) {
            let [a, b] = [(kept + 1) % 3, (kept + 2) % 3];
            let others = || (0..4).filter(move |&other| other != fact);
            let draws = others().flat_map(|one| others().map(move |other| (one, other)));
            let all_have =
                |(one, other): (usize, usize)| has(fact, kept, neuron) && has(one, a, neuron) && has(other, b, neuron);
            let shared = draws.filter(|&draw| all_have(draw)).count();
            if shared > 0 {
                *by_draws.entry(neuron).or_default() += shared as f64 / 9.0 / 3.0;
            }
        }
        let expected = all.expected(&|| false).expect("four facts");
        assert_eq!(expected.len(), by_draws.len());
        for (neuron, found) in expected {
            assert!((found - by_draws[&neuron]).abs() < 1e-12, "{neuron}: {found} for {}", by_draws[&neuron]);
        }
    }

    #[test]
    fn a_fact_alone_in_its_relation_has_no_other() {
        assert_eq!(of(&[&[&[1], &[1]]]).expected(&|| false), None);
        assert_eq!(of(&[&[&[1]], &[&[1]]]).expected(&|| false), None, "one language");
        assert!(!OtherFacts::new(2).add(&[vec![1]]), "one language of two");
    }
}
