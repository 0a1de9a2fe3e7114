//! Sets of pairs, neurons and facts as plain collections, and the algebra on them.

use super::floor::Doubt;
use super::said::Said;
use std::collections::{BTreeMap, BTreeSet};

/// Neurons by fact; facts without any are not in it.
pub type ByFact = BTreeMap<usize, BTreeSet<u32>>;
/// Groups of degenerate neurons by fact.
pub type GroupsByFact = BTreeMap<usize, Vec<Group>>;
/// Which run, language and prompt.
pub type Where = (usize, String, u16);

/// A degenerate group, with p, the least p after one neuron alone, and p after all, where that is known.
#[derive(Clone, Debug)]
pub struct Group {
    pub neurons: BTreeSet<u32>,
    pub evidence: Option<[f64; 3]>,
}

#[derive(Clone, Debug)]
pub enum Set {
    Pairs(Box<Pairs>),
    Neurons(BTreeSet<u32>),
    Facts(BTreeSet<usize>),
    Entries(Entries),
    /// Facts of chosen entries, of which nothing but `facts of` makes a set.
    Chosen(BTreeSet<usize>),
}

impl Set {
    /// The facts of its members.
    pub fn facts(&self) -> BTreeSet<usize> {
        match self {
            Self::Pairs(pairs) => pairs.members.keys().copied().collect(),
            Self::Facts(facts) | Self::Chosen(facts) => facts.clone(),
            Self::Neurons(_) | Self::Entries(_) => BTreeSet::new(),
        }
    }
}

/// Entries that were asked for.
#[derive(Clone, Debug)]
pub struct Entries {
    /// Where, of which fact, and what was measured.
    pub rows: Vec<(Where, usize, Measured)>,
    /// Where there could be any.
    pub slots: BTreeSet<Where>,
}

impl Entries {
    /// Those of some facts. Where there could be any stays as it was.
    pub fn only(mut self, keep: impl Fn(usize) -> bool) -> Self {
        self.rows.retain(|(_, fact, _)| keep(*fact));
        self
    }
}

/// What was measured of an entry; nothing of neuron sets.
#[derive(Clone, Debug, Default)]
pub struct Measured {
    pub said: Said,
    pub largest: Option<f32>,
    pub kept: Option<u64>,
}

/// A set of pairs, and what is still known of where its pairs come from.
#[derive(Clone, Debug, Default)]
pub struct Pairs {
    pub members: ByFact,
    /// Facts that the set has data for, whether or not a neuron passed.
    pub attributed: BTreeSet<usize>,
    pub doubts: BTreeMap<usize, Doubt>,
    /// Facts that could have had pairs; a saved set does not know them.
    pub asked: Option<BTreeSet<usize>>,
    /// The facts with an entry at each (run, language, prompt), of a `kn` or `dkn` that is filtered at most.
    pub entries: Option<BTreeMap<Where, BTreeSet<usize>>>,
    /// The pairs of each (run, language, prompt), of a `kn` or `dkn` that is filtered at most.
    pub found: Option<BTreeMap<Where, ByFact>>,
    pub groups: Option<BTreeMap<Where, GroupsByFact>>,
    /// Whether a doubt about a fact is one about each of its neurons: the other side of a `&` or `-` may
    /// settle it for some neurons, which tells once others are filtered out.
    pub through: bool,
    /// Scores of pairs; a fact that came as a set has none.
    pub scores: Option<BTreeMap<(usize, u32), f32>>,
}

impl Pairs {
    pub fn of(&self, fact: usize) -> BTreeSet<u32> {
        self.members.get(&fact).cloned().unwrap_or_default()
    }

    pub fn doubt(&self, fact: usize) -> Doubt {
        self.doubts.get(&fact).copied().unwrap_or_default()
    }

    /// Whether the store can say for sure that a fact has no neuron here.
    fn surely_empty(&self, fact: usize) -> bool {
        !self.members.contains_key(&fact) && !self.doubt(fact).must
    }

    /// Doubts of all facts together.
    pub fn all_doubts(&self) -> Doubt {
        self.doubts.values().fold(Doubt::default(), |all, one| all.or(*one))
    }

    fn facts(&self) -> BTreeSet<usize> {
        self.members.keys().chain(self.doubts.keys()).copied().collect()
    }

    fn combine(
        &self,
        other: &Self,
        join: impl Fn(&BTreeSet<u32>, &BTreeSet<u32>) -> BTreeSet<u32>,
        doubt: impl Fn(usize, Doubt) -> Doubt,
    ) -> Self {
        let mut result = Self::default();
        for fact in &self.facts() | &other.facts() {
            result.set(fact, join(&self.of(fact), &other.of(fact)));
            result.doubts.insert(fact, doubt(fact, self.doubt(fact).or(other.doubt(fact))));
        }
        result.attributed = &self.attributed & &other.attributed;
        result
    }

    fn set(&mut self, fact: usize, neurons: BTreeSet<u32>) {
        if !neurons.is_empty() {
            self.members.insert(fact, neurons);
        }
    }

    pub fn intersection(&self, other: &Self) -> Self {
        let sure = |fact| self.surely_empty(fact) || other.surely_empty(fact);
        let both = self.combine(other, |a, b| a & b, |fact, doubt| Doubt { must: doubt.must && !sure(fact), ..doubt });
        Self { asked: self.asked.as_ref().zip(other.asked.as_ref()).map(|(a, b)| a & b), ..both }
    }

    pub fn union(&self, other: &Self) -> Self {
        let mut union = self.combine(other, |a, b| a | b, |_, doubt| doubt);
        union.attributed = &self.attributed | &other.attributed;
        union.through = self.through && other.through;
        union.asked = self.asked_of_either(other);
        union
    }

    pub fn symmetric_difference(&self, other: &Self) -> Self {
        let through = self.through && other.through;
        let (attributed, asked) = (&self.attributed | &other.attributed, self.asked_of_either(other));
        Self { attributed, through, asked, ..self.combine(other, |a, b| a ^ b, |_, doubt| doubt) }
    }

    fn asked_of_either(&self, other: &Self) -> Option<BTreeSet<usize>> {
        self.asked.as_ref().zip(other.asked.as_ref()).map(|(a, b)| a | b)
    }

    pub fn in_any(all: &[Self]) -> Self {
        all.iter().cloned().reduce(|a, b| a.union(&b)).unwrap_or_default()
    }

    /// In whatever order they are intersected.
    pub fn in_all(all: &[Self]) -> Self {
        let mut common = all.iter().cloned().reduce(|a, b| a.intersection(&b)).unwrap_or_default();
        for (fact, doubt) in &mut common.doubts {
            let sure = all.iter().filter(|set| !set.doubt(*fact).must).map(|set| set.of(*fact));
            doubt.must &= sure.reduce(|a, b| &a & &b).is_none_or(|common| !common.is_empty());
        }
        common
    }

    /// Keeps the scores of the left side.
    pub fn difference(&self, other: &Self) -> Self {
        let sure = |fact| self.surely_empty(fact);
        let mut left = self.combine(other, |a, b| a - b, |fact, d| Doubt { must: d.must && !sure(fact), ..d });
        left.scores.clone_from(&self.scores);
        left.attributed.clone_from(&self.attributed);
        left.asked.clone_from(&self.asked);
        left
    }

    pub fn only_facts(mut self, keep: impl Fn(usize) -> bool) -> Self {
        self.members.retain(|fact, _| keep(*fact));
        self.attributed.retain(|fact| keep(*fact));
        self.asked.iter_mut().for_each(|asked| asked.retain(|fact| keep(*fact)));
        for facts in self.entries.iter_mut().flat_map(BTreeMap::values_mut) {
            facts.retain(|fact| keep(*fact));
        }
        self.doubts.retain(|fact, _| keep(*fact));
        for found in self.found.iter_mut().flat_map(BTreeMap::values_mut) {
            found.retain(|fact, _| keep(*fact));
        }
        for groups in self.groups.iter_mut().flat_map(BTreeMap::values_mut) {
            groups.retain(|fact, _| keep(*fact));
        }
        self
    }

    pub fn only_neurons(self, neurons: &BTreeSet<u32>) -> Self {
        self.only_neurons_that(|neuron| neurons.contains(&neuron), !neurons.is_empty())
    }

    /// `some`: whether there is such a neuron at all.
    pub fn only_neurons_that(mut self, keep: impl Fn(u32) -> bool, some: bool) -> Self {
        let keep_in = |of: &mut ByFact| of.values_mut().for_each(|set| set.retain(|&neuron| keep(neuron)));
        keep_in(&mut self.members);
        self.members.retain(|_, set| !set.is_empty());
        self.found.iter_mut().flat_map(BTreeMap::values_mut).for_each(keep_in);
        // A group that lost a neuron is no longer that group.
        for groups in self.groups.iter_mut().flat_map(BTreeMap::values_mut) {
            groups.values_mut().for_each(|list| list.retain(|group| group.neurons.iter().all(|&n| keep(n))));
        }
        for doubt in self.doubts.values_mut() {
            doubt.must &= self.through && some;
        }
        self
    }

    pub fn neurons(&self) -> BTreeSet<u32> {
        self.members.values().flatten().copied().collect()
    }

    pub fn count(&self) -> usize {
        self.members.values().map(BTreeSet::len).sum()
    }
}

/// The same operation on sets of one poorer kind.
pub fn plain<T: Ord + Copy>(op: kndb_query::SetOp, left: &BTreeSet<T>, right: &BTreeSet<T>) -> BTreeSet<T> {
    match op {
        kndb_query::SetOp::Union => left | right,
        kndb_query::SetOp::Intersection => left & right,
        kndb_query::SetOp::Difference => left - right,
        kndb_query::SetOp::SymmetricDifference => left ^ right,
    }
}
