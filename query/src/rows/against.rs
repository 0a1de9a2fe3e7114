//! `by neuron against chance`: how likely it is that so many facts have a neuron, when every fact's neurons are drawn at random.
//!
//! Every fact keeps its number of neurons in each layer; so the number of facts that have a given neuron of a layer is Poisson-binomial, the
//! same for all its neurons. The false-discovery rate is over all neurons of the model: those that no fact has were tested, too.

use super::digits;
use super::groups::Group;
use crate::error::QueryError;
use crate::plan::Pairs;
use crate::run::domain::Execution;
use crate::run::eval::Worker;
use crate::syntax::ast::Measure;
use kndb_chance::{Frequency, Tail, false_discovery};
use kndb_storage::Shape;
use std::collections::HashMap;

/// Facts a thread should have at least, to be worth starting.
const FACTS_A_THREAD: usize = 256;

/// What `against chance` adds to a row.
pub(crate) const CHANCE: [Measure; 2] = [Measure::PChance, Measure::Fdr];

/// Layer and number of neurons there, with the number of facts.
type Sizes = HashMap<(u32, u32), u64>;

/// p and false-discovery rate by layer and number of facts.
#[derive(Default)]
pub(super) struct Against(HashMap<(u32, u64), [Tail; 2]>);

impl Against {
    /// Of the rows of a set of pairs that is counted by neuron.
    pub(super) fn new<'s>(
        execution: &mut Execution<'s>,
        pairs: &Pairs<'s>,
        facts: &[u32],
        groups: &[Group],
    ) -> Result<Self, QueryError> {
        let shape = execution.shape;
        let sizes = sizes(execution, pairs, facts)?;
        let mut by_layer: HashMap<u32, Vec<(u32, u64)>> = HashMap::new();
        for ((layer, size), facts) in sizes {
            by_layer.entry(layer).or_default().push((size, facts));
        }
        let mut known: HashMap<u32, Option<Frequency>> = HashMap::new();
        let mut tails: HashMap<(u32, u64), Tail> = HashMap::new();
        let mut p = Vec::new();
        execution
            .memory
            .take(groups.len() as u64 * 3 * size_of::<Tail>() as u64, "the probabilities of this result's neurons")?;
        for group in groups {
            execution.memory.interrupt.check()?;
            let at = place(group, shape);
            let tail = tails.entry(at).or_insert_with(|| {
                let of_layer = by_layer.get(&at.0).map_or(&[][..], Vec::as_slice);
                let frequency = known.entry(at.0).or_insert_with(|| frequency(shape.width, of_layer));
                frequency.as_ref().map_or(Tail::CERTAIN, |frequency| frequency.at_least(at.1))
            });
            p.push(*tail);
        }
        let rates = false_discovery(&p, shape.neurons());
        let all = groups.iter().zip(p.iter().zip(rates));
        Ok(Self(all.map(|(group, (&p, rate))| (place(group, shape), [p, rate])).collect()))
    }

    /// One of the two, for ordering.
    pub(super) fn tail(&self, group: &Group, measure: Measure, shape: Shape) -> Option<Tail> {
        let tails = self.0.get(&place(group, shape))?;
        CHANCE.iter().position(|of| *of == measure).map(|at| tails[at])
    }

    /// The same as a number.
    pub(super) fn number(&self, group: &Group, measure: Measure, shape: Shape) -> Option<f64> {
        self.tail(group, measure, shape).map(digits::tail)
    }
}

/// Layer and number of facts.
fn place(group: &Group, shape: Shape) -> (u32, u64) {
    (group.neuron / shape.width, group.counts.facts)
}

/// `None` cannot be: a fact has each neuron of a layer once.
fn frequency(width: u32, sizes: &[(u32, u64)]) -> Option<Frequency> {
    let all = sizes.iter().flat_map(|&(size, facts)| (0..facts).map(move |_| u64::from(size)));
    Frequency::new(u64::from(width), all)
}

/// How many neurons each fact has in each layer.
fn sizes<'s>(execution: &mut Execution<'s>, pairs: &Pairs<'s>, facts: &[u32]) -> Result<Sizes, QueryError> {
    let width = execution.shape.width;
    let work = |worker: &mut Worker<'_, 's>, facts: &[u32]| {
        let mut sizes = Sizes::new();
        let (mut neurons, mut of_fact) = (Vec::new(), HashMap::new());
        for &fact in facts {
            neurons.clear();
            worker.pairs(pairs, fact, &mut neurons)?;
            of_fact.clear();
            neurons.iter().for_each(|neuron| *of_fact.entry(neuron / width).or_insert(0_u32) += 1);
            of_fact.iter().for_each(|(&layer, &size)| *sizes.entry((layer, size)).or_default() += 1);
        }
        Ok::<_, QueryError>(sizes)
    };
    let mut all = Sizes::new();
    for share in execution.in_parallel(facts, FACTS_A_THREAD, work)? {
        for (of, facts) in share {
            *all.entry(of).or_default() += facts;
        }
    }
    Ok(all)
}
