//! Which facts can have members in a plan, and the sets of neurons and facts that plans filter by.

use crate::error::{ErrorKind, QueryError};
use crate::memory::Memory;
use crate::note::Notes;
use crate::plan::explain::NodeStats;
use crate::plan::optimise::{combine, filter, push_facts, push_neurons};
use crate::plan::parts::PartsOfLayers;
use crate::plan::visit::Node;
use crate::plan::{
    Access, Cell, Combine, Entries, FactFilter, Facts, NeuronFilter, Neurons, Pairs, PartAccess, Source,
};
use crate::run::asked::asked_of;
use crate::run::eval::Worker;
use crate::syntax::ast::SetOp;
use kndb_storage::{Neuron, Shape, Snapshot};
use roaring::RoaringBitmap;
use std::borrow::Cow;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Up to this many neurons, postings say which facts to look at.
const POSTINGS_LIMIT: u64 = 256;

/// What plans are run with.
pub(crate) struct Execution<'s> {
    pub snapshot: &'s Snapshot,
    /// Shape of the model; of plans over facts alone, any.
    pub shape: Shape,
    pub cursors: usize,
    /// For `explain analyze`: what each node did.
    pub stats: Option<Vec<NodeStats>>,
    /// Threads to use.
    pub threads: usize,
    pub memory: &'s Memory,
    /// What turned out to be known beside the rows.
    pub notes: Notes,
}

impl<'s> Execution<'s> {
    pub(crate) fn worker(&mut self) -> Worker<'_, 's> {
        Worker::new(self.snapshot, &self.memory.interrupt, self.shape, self.cursors, self.stats.as_deref_mut())
    }

    /// A plan with its filters computed, if it has any that must be, and pushed into its sources.
    pub(crate) fn prepare<'p>(&mut self, pairs: &'p Pairs<'s>) -> Result<Cow<'p, Pairs<'s>>, QueryError> {
        let computes = |node| {
            matches!(node, Node::Pairs(Pairs::WithNeurons { .. } | Pairs::WithFacts { .. } | Pairs::Rows { .. }))
        };
        if Node::Pairs(pairs).any(&computes) {
            return self.computed(pairs.clone()).map(Cow::Owned);
        }
        Ok(Cow::Borrowed(pairs))
    }

    fn computed(&mut self, pairs: Pairs<'s>) -> Result<Pairs<'s>, QueryError> {
        Ok(match pairs {
            Pairs::Source(_) | Pairs::Saved(_) => pairs,
            Pairs::Rows { .. } => return Err(not_found_first()),
            Pairs::Binary { id, op, left, right } => {
                let left = Box::new(self.computed(*left)?);
                Pairs::Binary { id, op, left, right: Box::new(self.computed(*right)?) }
            }
            Pairs::WithNeurons { id, pairs, neurons, keep } => {
                let mut pairs = self.computed(*pairs)?;
                let neurons = NeuronFilter::kept(self.neurons(&neurons)?, keep, self.shape);
                push_neurons(&mut pairs, &neurons, self.shape);
                Pairs::WithNeurons { id, pairs: Box::new(pairs), neurons: known(id, neurons), keep: true }
            }
            Pairs::WithFacts { id, pairs, facts, keep } => {
                let mut pairs = self.computed(*pairs)?;
                let facts = self.facts(&facts)?;
                push_facts(&mut pairs, &facts, keep);
                let facts = Facts::Known { id, text: String::new(), facts };
                Pairs::WithFacts { id, pairs: Box::new(pairs), facts, keep }
            }
        })
    }

    /// The source of some entries, cut to the facts that they are chosen by.
    pub(crate) fn entries<'p>(&mut self, entries: &'p Entries<'s>) -> Result<Cow<'p, Source<'s>>, QueryError> {
        Ok(match entries {
            Entries::Source(source) => Cow::Borrowed(source),
            Entries::WithFacts { entries, facts, keep, .. } => {
                let mut source = self.entries(entries)?.into_owned();
                filter(&mut source.facts, &self.facts(facts)?, *keep);
                Cow::Owned(source)
            }
        })
    }

    /// The members of a set of neurons.
    pub(crate) fn neurons(&mut self, neurons: &Neurons<'s>) -> Result<RoaringBitmap, QueryError> {
        self.neurons_and_parts(neurons).map(|(set, _)| set)
    }

    /// The same, and whether they were cut to parts of layers.
    pub(crate) fn neurons_and_parts(
        &mut self,
        neurons: &Neurons<'s>,
    ) -> Result<(RoaringBitmap, PartsOfLayers), QueryError> {
        let (id, set, parts) = match neurons {
            Neurons::Known { id, neurons, parts, .. } => (*id, (*neurons.set).clone(), *parts),
            Neurons::Rows(_) => return Err(not_found_first()),
            Neurons::Binary { id, op, left, right } => {
                let ((left, of_left), (right, of_right)) =
                    (self.neurons_and_parts(left)?, self.neurons_and_parts(right)?);
                (*id, combine(*op, &left, &right), of_left.max(of_right))
            }
            Neurons::Of { id, pairs } => {
                let pairs = self.prepare(pairs)?;
                let parts = PartsOfLayers::of_pairs(&pairs, self.shape);
                let mut set = RoaringBitmap::new();
                self.for_each_fact(&pairs, |_, neurons| {
                    set.extend(neurons.iter().copied());
                    Ok(true)
                })?;
                (*id, set, parts)
            }
        };
        self.count(id, set.len());
        Ok((set, parts))
    }

    /// The members of a set of facts.
    pub(crate) fn facts(&mut self, facts: &Facts<'s>) -> Result<RoaringBitmap, QueryError> {
        let (id, set) = match facts {
            Facts::Known { id, facts, .. } => (*id, facts.clone()),
            Facts::OfEntries { id, entries } => {
                let source = self.entries(entries)?;
                (*id, without(of_cells(&source)?, source.facts.as_ref()))
            }
            Facts::Rows(_) => return Err(not_found_first()),
            Facts::Binary { id, op, left, right } => (*id, combine(*op, &self.facts(left)?, &self.facts(right)?)),
            Facts::Of { id, pairs, shape } => {
                let outer = std::mem::replace(&mut self.shape, *shape);
                let set = self.facts_of(pairs);
                self.shape = outer;
                (*id, set?)
            }
        };
        self.count(id, set.len());
        Ok(set)
    }

    fn facts_of(&mut self, pairs: &Pairs<'s>) -> Result<RoaringBitmap, QueryError> {
        let pairs = self.prepare(pairs)?;
        let domain = domain(&pairs)?;
        if domain.exact {
            return Ok(domain.facts);
        }
        let mut set = RoaringBitmap::new();
        self.for_each_fact(&pairs, |fact, neurons| {
            if !neurons.is_empty() {
                set.insert(fact);
            }
            Ok(true)
        })?;
        Ok(set)
    }

    /// How many threads [`Self::in_parallel`] takes for some facts.
    pub(crate) fn threads_for(&self, facts: &[u32], least: usize) -> usize {
        if self.stats.is_some() { 1 } else { self.threads.min(facts.len() / least.max(1)).max(1) }
    }

    /// Splits the facts among threads, each with a worker of its own, and gathers what they return, in
    /// the order of the facts. With statistics to keep, one thread does it all.
    pub(crate) fn in_parallel<T: Send>(
        &mut self,
        facts: &[u32],
        least: usize,
        work: impl Fn(&mut Worker<'_, 's>, &[u32]) -> Result<T, QueryError> + Sync,
    ) -> Result<Vec<T>, QueryError> {
        let threads = self.threads_for(facts, least);
        if threads == 1 {
            return Ok(vec![work(&mut self.worker(), facts)?]);
        }
        let share = facts.len().div_ceil(threads);
        let (snapshot, shape, cursors) = (self.snapshot, self.shape, self.cursors);
        let interrupt = &self.memory.interrupt;
        std::thread::scope(|scope| {
            let work = &work;
            let run = move |facts| {
                // A panic is an error of the query: the other threads end by themselves, and the session goes on.
                let found = || work(&mut Worker::new(snapshot, interrupt, shape, cursors, None), facts);
                catch_unwind(AssertUnwindSafe(found)).unwrap_or_else(|panic| Err(panicked(&*panic)))
            };
            let mut shares = facts.chunks(share);
            let first = shares.next().unwrap_or(&[]);
            let start = |facts| std::thread::Builder::new().spawn_scoped(scope, move || run(facts));
            // Where the system gives no further thread, this one does its work.
            let others: Vec<_> = shares.map(|facts| start(facts).map_err(|_| facts)).collect();
            let mut results = vec![run(first)?];
            for other in others {
                results.push(match other.map(|thread| thread.join()) {
                    Ok(Ok(result)) => result?,
                    Ok(Err(panic)) => std::panic::resume_unwind(panic),
                    Err(facts) => run(facts)?,
                });
            }
            Ok(results)
        })
    }

    fn count(&mut self, id: usize, rows: u64) {
        if let Some(stats) = &mut self.stats {
            stats[id].rows += rows;
        }
    }

    /// Calls `each` with every fact that can have members, ascending, and its neurons, until it says stop.
    pub(crate) fn for_each_fact(
        &mut self,
        pairs: &Pairs<'s>,
        mut each: impl FnMut(u32, &[u32]) -> Result<bool, QueryError>,
    ) -> Result<(), QueryError> {
        let facts = domain(pairs)?.facts;
        let mut worker = self.worker();
        let mut neurons = Vec::new();
        for fact in facts {
            neurons.clear();
            worker.pairs(pairs, fact, &mut neurons)?;
            if !each(fact, &neurons)? {
                break;
            }
        }
        Ok(())
    }
}

fn panicked(panic: &(dyn std::any::Any + Send)) -> QueryError {
    let text = panic.downcast_ref::<&str>().copied();
    let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("no message");
    QueryError::new(ErrorKind::Bug, format!("a bug in kndb: a panic while the query was answered: {text}"))
}

fn known<'s>(id: usize, neurons: NeuronFilter) -> Neurons<'s> {
    // A filter that was pushed says what it leaves where it was pushed to.
    Neurons::Known { id, text: String::new(), neurons, parts: PartsOfLayers::None }
}

/// Facts that can have members, and whether each of them surely has.
pub(crate) struct Domain {
    pub facts: RoaringBitmap,
    pub exact: bool,
}

/// The facts to look at for a set of pairs.
pub(crate) fn domain(pairs: &Pairs<'_>) -> Result<Domain, QueryError> {
    match pairs {
        Pairs::Source(source) => of_source(source),
        Pairs::Saved(saved) => {
            let facts = match saved.facts.as_ref().and_then(|filter| filter.only.as_ref()) {
                Some(only) => only.clone(),
                None => saved.pairs.keys().copied().collect(),
            };
            Ok(Domain { facts: without(facts, saved.facts.as_ref()), exact: false })
        }
        Pairs::Binary { op, left, right, .. } => {
            let left = domain(left)?;
            Ok(match op {
                SetOp::Difference => Domain { facts: left.facts, exact: false },
                SetOp::Intersection => Domain { facts: left.facts & domain(right)?.facts, exact: false },
                SetOp::Union | SetOp::SymmetricDifference => {
                    let right = domain(right)?;
                    let exact = left.exact && right.exact && *op == SetOp::Union;
                    Domain { facts: left.facts | right.facts, exact }
                }
            })
        }
        Pairs::WithNeurons { pairs, .. } | Pairs::WithFacts { pairs, .. } => domain(pairs),
        Pairs::Rows { .. } => Err(not_found_first()),
    }
}

/// The facts a set of pairs has data for, whether or not any neuron passed: as [`asked`](crate::run::asked::asked), but for a saved set of which that
/// is not known it is those that have members.
pub(crate) fn attributed(pairs: &Pairs<'_>) -> Result<RoaringBitmap, QueryError> {
    asked_of(pairs, &|saved| {
        // `domain` may name facts that the set does not have.
        let with_pairs = || saved.pairs.keys().copied().collect();
        Ok(without(saved.attributed.clone().unwrap_or_else(with_pairs), saved.facts.as_ref()))
    })
}

/// A query in parentheses whose members were to be found before anything else of its plan runs.
pub(super) fn not_found_first() -> QueryError {
    QueryError::new(ErrorKind::Bug, "a bug in kndb: a query in parentheses was not answered before its statement")
}

/// What a filter leaves of some facts.
pub(crate) fn without(mut facts: RoaringBitmap, filter: Option<&FactFilter>) -> RoaringBitmap {
    if let Some(filter) = filter {
        if let Some(only) = &filter.only {
            facts &= only;
        }
        facts -= &filter.without;
    }
    facts
}

fn of_source(source: &Source<'_>) -> Result<Domain, QueryError> {
    let only = source.facts.as_ref().and_then(|filter| filter.only.as_ref());
    let few_facts = only.filter(|only| only.len() <= POSTINGS_LIMIT);
    let few_neurons = source.neurons.as_ref().filter(|filter| filter.set.len() <= POSTINGS_LIMIT);
    let (facts, exact) = match (few_facts, few_neurons) {
        (Some(only), _) => (only.clone(), false),
        (None, Some(neurons)) => match by_postings(source, &neurons.set)? {
            Some((facts, exact)) => (facts, exact),
            None => (of_cells(source)?, false),
        },
        (None, None) => (of_cells(source)?, false),
    };
    Ok(Domain { facts: without(facts, source.facts.as_ref()), exact })
}

/// Facts of all parts, together or in common.
pub(crate) fn of_cells(source: &Source<'_>) -> Result<RoaringBitmap, QueryError> {
    fold(source, |part| Ok(of_part(part)))
}

/// The facts that a part has now.
pub(crate) fn of_part(part: &PartAccess<'_>) -> RoaringBitmap {
    let facts = part.facts.iter().map(|&fact| u32::from_le_bytes(fact));
    // `facts` was checked to ascend when the part was opened.
    if part.only.is_some() {
        let counted = facts.zip(0..).filter(|&(_, local)| part.has(local));
        return RoaringBitmap::from_sorted_iter(counted.map(|(fact, _)| fact)).unwrap_or_default();
    }
    let mut all = RoaringBitmap::from_sorted_iter(facts).unwrap_or_default();
    for local in part.live.replaced.into_iter().flatten() {
        if let Some(&fact) = part.facts.get(local as usize) {
            all.remove(u32::from_le_bytes(fact));
        }
    }
    all
}

/// Facts that have one of the neurons, by the postings; `None` where those do not reach. Exact where the
/// postings are of the very sets asked for.
fn by_postings(source: &Source<'_>, neurons: &RoaringBitmap) -> Result<Option<(RoaringBitmap, bool)>, QueryError> {
    let parts = || source.cells.iter().flat_map(|cell| &cell.prompts).flat_map(|prompt| &prompt.parts);
    let grid = |part: &PartAccess<'_>| match part.access {
        Access::Grid(grid, _) => Some(grid),
        // A lower threshold's set contains the one asked for.
        Access::Prefix { below, check: false, .. } => below.map(|(grid, _)| grid),
        Access::Prefix { .. } | Access::Signed | Access::Groups => None,
    };
    if parts().any(|part| grid(part).is_none()) {
        return Ok(None);
    }
    let facts = fold(source, |part| {
        let mut locals = Vec::new();
        for neuron in neurons {
            let Some(grid) = grid(part) else { continue };
            if let Some(values) = part.live.part.postings(grid, Neuron(neuron)).map_err(QueryError::storage)? {
                values.push_to(0, &mut locals);
            }
        }
        if neurons.len() > 1 {
            locals.sort_unstable();
            locals.dedup();
        }
        if let Some(&beyond) = locals.last().filter(|&&last| last as usize >= part.facts.len()) {
            let found = part.live.damaged(format!("posting {beyond}"), format!("below {}", part.facts.len()));
            return Err(QueryError::storage(found));
        }
        let live = locals.iter().filter(|&&local| part.has(local));
        let facts = live.filter_map(|&local| part.fact(local)).map(|fact| fact.0);
        // Postings ascend, and so do the facts of a part; where they do not, it is a set all the same.
        Ok(RoaringBitmap::from_sorted_iter(facts.clone()).unwrap_or_else(|_| facts.collect()))
    })?;
    let one_way = |cell: &Cell<'_>| cell.share.accepts_any() || (cell.prompts.len() <= 1 && cell.share.accepts(1, 1));
    let grids = parts().all(|part| matches!(part.access, Access::Grid(..)));
    // In an intersection each language may have another of the neurons.
    let together = source.combine == Combine::Union || source.cells.len() <= 1 || neurons.len() == 1;
    let together = together && !source.counts_places();
    Ok(Some((facts, grids && together && source.cells.iter().all(one_way))))
}

fn fold(
    source: &Source<'_>,
    of_part: impl Fn(&PartAccess<'_>) -> Result<RoaringBitmap, QueryError>,
) -> Result<RoaringBitmap, QueryError> {
    let mut all: Option<RoaringBitmap> = None;
    for cell in &source.cells {
        let mut of_cell = RoaringBitmap::new();
        for part in cell.prompts.iter().flat_map(|prompt| &prompt.parts) {
            source.interrupt.check()?;
            of_cell |= of_part(part)?;
        }
        all = Some(match (all, source.combine) {
            (None, _) => of_cell,
            (Some(before), Combine::Union) => before | of_cell,
            (Some(before), Combine::Intersection) => before & of_cell,
        });
    }
    Ok(all.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use kndb_storage::Store;

    #[test]
    fn a_panic_of_a_thread_is_an_error_of_the_query() {
        let folder = tempfile::tempdir().expect("a folder");
        let store = Store::create(folder.path().join("store")).expect("a store");
        let snapshot = store.snapshot().expect("a snapshot");
        let facts: Vec<u32> = (0..100).collect();
        for at in [0, 50, 99] {
            let shape = Shape { layers: 1, width: 1 };
            let memory = Memory::new(None, crate::Interrupt::default());
            let mut execution = Execution {
                snapshot: &snapshot,
                shape,
                cursors: 0,
                stats: None,
                threads: 4,
                memory: &memory,
                notes: Notes::default(),
            };
            let error = execution.in_parallel(&facts, 1, |_, share| {
                assert!(!share.contains(&at), "no answer about {at}");
                Ok(())
            });
            let error = error.expect_err("a bug");
            assert_eq!(error.kind, ErrorKind::Bug);
            assert!(error.reason.ends_with(&format!(": no answer about {at}")), "{error}");
        }
    }
}
