//! `by fact` and other dimensions: every fact is a group of its own, finished when the fact is.
//!
//! So in the order of the facts, which is the usual one, rows go out as they are found. In another one nothing is kept but the rows that
//! are wanted next: the first `top n`, or as many as fit into memory; where that is not all, the facts are walked again for the rows
//! after them.

use super::Out;
use super::found::{Places, places_of};
use super::groups::{Group, Naming};
use super::scores::scores_of;
use super::tally::{Counts, Split, Tally, TallyPlan};
use crate::error::QueryError;
use crate::memory::Best;
use crate::plan::Pairs;
use crate::run::algebra::ascends;
use crate::run::domain::Execution;
use crate::run::eval::Worker;
use crate::syntax::ast::{Dimension, Key, Measure};

/// Facts a thread should have at least, to be worth starting.
const FACTS_A_THREAD: usize = 256;

/// What one walk over the facts found.
struct Found {
    best: Best<Group>,
    /// Pairs of all facts that were looked at.
    pairs: u64,
}

/// Rows of a set of pairs that is grouped by fact.
pub(super) fn rows<'s>(
    execution: &mut Execution<'s>,
    pairs: &Pairs<'s>,
    facts: &[u32],
    mut naming: Naming<'_, 's>,
    out: Out<'_>,
) -> Result<u64, QueryError> {
    if is_in_fact_order(&naming) && naming.grouping.each.is_none() {
        return in_order(execution, pairs, facts, naming, out);
    }
    let memory = execution.memory;
    let threads = execution.threads_for(facts, FACTS_A_THREAD);
    let at_once = memory.rows::<Group>(threads);
    let top = naming.grouping.limit().unwrap_or(u64::MAX);
    // One more shows whether equals are parted.
    let mut left = top.saturating_add(1);
    // A share is one of the whole, which must be known before it is compared.
    if naming.grouping.having.iter().any(|having| having.key == Key::Measure(Measure::Share)) {
        // `explain analyze` counts the walk that finds the rows.
        let stats = execution.stats.take();
        let found = walk(execution, pairs, facts, &naming, (0, None));
        execution.stats = stats;
        naming.total = found?.pairs;
    }
    let wanted = |left: u64| at_once.min(usize::try_from(left).unwrap_or(usize::MAX));
    let first = walk(execution, pairs, facts, &naming, (wanted(left), None))?;
    naming.total = first.pairs;
    memory.check_passes::<Group>(first.best.seen.min(top), at_once, threads)?;
    let mut best = first.best;
    if naming.grouping.each.is_some() {
        memory.check_at_once::<Group>(best.seen, at_once, threads)?;
        let mut groups = best.sorted(|a, b| naming.compare(a, b))?;
        naming.keep_each(&mut groups, (memory, &execution.notes))?;
        let mut rows = naming.rows(out, memory)?;
        for group in &groups {
            if !naming.push(group, &mut rows)? {
                break;
            }
        }
        return rows.end();
    }
    let mut rows = naming.rows(out, memory)?;
    loop {
        let rows_left = best.seen > wanted(left) as u64;
        let sorted = best.sorted(|a, b| naming.compare(a, b))?;
        left -= sorted.len() as u64;
        for (at, group) in sorted.iter().enumerate() {
            if !naming.push(group, &mut rows)? {
                naming.look_at_next(group, sorted.get(at + 1), &rows, &execution.notes);
                return rows.end();
            }
        }
        let Some(&last) = sorted.last().filter(|_| rows_left && left > 0) else { return rows.end() };
        best = walk(execution, pairs, facts, &naming, (wanted(left), Some(last)))?.best;
    }
}

/// The same in the order of the facts: rows go out as facts are finished, and nothing is kept but those of one.
fn in_order<'s>(
    execution: &mut Execution<'s>,
    pairs: &Pairs<'s>,
    facts: &[u32],
    mut naming: Naming<'_, 's>,
    out: Out<'_>,
) -> Result<u64, QueryError> {
    // A share is one of the whole, which is counted first; so no row precedes an error of a fact. `explain analyze` counts the walk that
    // finds the rows.
    let stats = execution.stats.take();
    let counted = walk(execution, pairs, facts, &naming, (0, None));
    execution.stats = stats;
    naming.total = counted?.pairs;
    let memory = execution.memory;
    let mut rows = naming.rows(out, memory)?;
    let plain = naming.is_plain() && !rows.are_members();
    let plan = TallyPlan::new(naming.shape, naming.split, false);
    let mut worker = execution.worker();
    let (mut lists, mut groups) = (Vec::new(), Vec::new());
    for &fact in facts {
        if plain {
            naming.splits.neurons(&mut worker, pairs, fact, &mut lists)?;
            if !ascends(&lists[0]) {
                lists[0].sort_unstable();
            }
            if !naming.push_neurons(fact, &lists[0], &mut rows)? {
                break;
            }
            continue;
        }
        groups.clear();
        of_fact(&naming, (&mut worker, pairs, &plan), fact, &mut lists, |group| {
            groups.push(group);
            Ok(())
        })?;
        groups.sort_unstable_by(|a, b| naming.compare(a, b));
        for (at, group) in groups.iter().enumerate() {
            if !naming.push(group, &mut rows)? {
                naming.look_at_next(group, groups.get(at + 1), &rows, &execution.notes);
                return rows.end();
            }
        }
    }
    rows.end()
}

/// The wanted groups of one fact, in any order. Returns how many pairs it has.
fn of_fact<'s>(
    naming: &Naming<'_, 's>,
    (worker, pairs, plan): (&mut Worker<'_, 's>, &Pairs<'s>, &TallyPlan),
    fact: u32,
    lists: &mut Vec<Vec<u32>>,
    mut each: impl FnMut(Group) -> Result<(), QueryError>,
) -> Result<u64, QueryError> {
    let found = naming.splits.neurons(worker, pairs, fact, lists)?;
    if found == 0 {
        return Ok(0);
    }
    let key = naming.keys.of(fact);
    let mut scores = Vec::new();
    for (number, neurons) in lists.iter_mut().enumerate().filter(|(_, neurons)| !neurons.is_empty()) {
        if naming.grouping.score.is_some() {
            neurons.sort_unstable();
            scores_of(worker, (pairs, naming.splits), number, fact, neurons, &mut scores)?;
        }
        let places = match naming.grouping.found.zip(pairs.only_source()) {
            Some((_, source)) => places_of(worker, source, &naming.splits.entries(number, source), fact)?,
            _ => Places::default(),
        };
        for (at, (neuron, counts)) in counted(plan, fact, neurons).into_iter().enumerate() {
            let mut group = Group::new((key, number as u16, neuron), counts);
            group.found = places.count(neuron);
            // Groups are neurons then, in the order of the list.
            group.score = scores.get(at).copied().unwrap_or(f32::NAN);
            if naming.is_wanted(&group, places.of) {
                each(group)?;
            }
        }
    }
    Ok(found)
}

/// Whether rows come in the order of their facts.
fn is_in_fact_order(naming: &Naming<'_, '_>) -> bool {
    match naming.grouping.order.first() {
        Some(first) => *first == (Key::Dimension(Dimension::Fact), false),
        None => naming.grouping.by.first() == Some(&Dimension::Fact),
    }
}

/// The first rows of some facts after those that were handed out.
fn walk<'s>(
    execution: &mut Execution<'s>,
    pairs: &Pairs<'s>,
    facts: &[u32],
    naming: &Naming<'_, 's>,
    (wanted, after): (usize, Option<Group>),
) -> Result<Found, QueryError> {
    let plan = TallyPlan::new(naming.shape, naming.split, false);
    let interrupt = &execution.memory.interrupt;
    let work = |worker: &mut Worker<'_, 's>, facts: &[u32]| {
        let mut found = Found { best: Best::new(wanted, after, interrupt), pairs: 0 };
        let mut lists = Vec::new();
        for &fact in facts {
            if wanted == 0 {
                found.pairs += naming.splits.neurons(worker, pairs, fact, &mut lists)?;
                continue;
            }
            let best = &mut found.best;
            let push = |group| best.push(group, |a, b| naming.compare(a, b));
            found.pairs += of_fact(naming, (&mut *worker, pairs, &plan), fact, &mut lists, push)?;
        }
        Ok::<_, QueryError>(found)
    };
    let mut shares = execution.in_parallel(facts, FACTS_A_THREAD, work)?.into_iter();
    let mut found = shares.next().unwrap_or(Found { best: Best::new(wanted, after, interrupt), pairs: 0 });
    for share in shares {
        found.pairs += share.pairs;
        found.best.merge(share.best, |a, b| naming.compare(a, b))?;
    }
    Ok(found)
}

/// The groups of one fact's neurons: by neuron in any order, by layer, or one.
fn counted(plan: &TallyPlan, fact: u32, neurons: &[u32]) -> Vec<(u32, Counts)> {
    if neurons.is_empty() {
        return Vec::new();
    }
    match plan.split {
        Split::Neurons => neurons.iter().map(|&neuron| (neuron, Counts { pairs: 1, facts: 1, neurons: 1 })).collect(),
        Split::Whole => {
            let count = neurons.len() as u64;
            vec![(0, Counts { pairs: count, facts: 1, neurons: count })]
        }
        Split::Layers | Split::Units => {
            let mut tally = Tally::new(plan);
            tally.add(plan, fact, neurons);
            tally.groups(plan, None)
        }
    }
}
