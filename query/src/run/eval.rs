//! Runs a plan fact by fact.
//!
//! An expression over pairs is, for every fact, an expression over small sets of neurons. So a worker
//! walks the facts in order, with one cursor a part, and needs memory for a few such sets only,
//! whatever the size of the answer. Workers share the plan and split the facts.

use crate::error::QueryError;
use crate::interrupt::Interrupt;
use crate::memory::MAPPED;
use crate::plan::explain::NodeStats;
use crate::plan::{Access, Cell, Combine, NodeId, Pairs, PartAccess, PromptParts, Source};
use crate::run::algebra::Algebra;
use crate::run::domain::not_found_first;
use crate::run::floor::{below_floor, complete};
use crate::run::often::Often;
use crate::run::stored::widened;
use crate::syntax::ast::SetOp;
use kndb_storage::{Group, LivePart, ScoreView, Shape, Snapshot};
use std::time::Instant;

/// After so many bytes that a worker has read it looks how many there are.
const LOOK: u64 = 64 << 20;
/// Bytes to find one entry: a page of its part's facts, one of its index.
const FINDING: u64 = 2 << 12;

/// One thread's walk over the facts. Facts should come in ascending order; any order is correct.
pub(crate) struct Worker<'p, 's> {
    pub(super) snapshot: &'s Snapshot,
    /// Looked at for every fact.
    interrupt: &'s Interrupt,
    pub(super) shape: Shape,
    pub(super) algebra: Algebra,
    cursors: Vec<u32>,
    spare: Vec<Vec<u32>>,
    /// Scores of one fact: as they are found, and by neuron (NaN between two facts).
    pub(super) scores: Vec<(u32, f32)>,
    pub(super) score_of: Vec<f32>,
    pub(super) stats: Option<&'p mut [NodeStats]>,
    /// About how many bytes of mapped files were read since the last look.
    read: u64,
    /// What enough languages and runs found of the last fact.
    pub(super) often: Often,
}

impl<'p, 's> Worker<'p, 's> {
    pub(crate) fn new(
        snapshot: &'s Snapshot,
        interrupt: &'s Interrupt,
        shape: Shape,
        cursors: usize,
        stats: Option<&'p mut [NodeStats]>,
    ) -> Self {
        let algebra = Algebra::new(shape.neurons());
        Self {
            snapshot,
            interrupt,
            shape,
            algebra,
            cursors: vec![0; cursors],
            spare: Vec::new(),
            scores: Vec::new(),
            score_of: Vec::new(),
            stats,
            read: 0,
            often: Often::default(),
        }
    }

    /// The neurons of a fact in a set of pairs, each once, in no certain order.
    pub(crate) fn pairs(&mut self, pairs: &Pairs<'s>, fact: u32, out: &mut Vec<u32>) -> Result<(), QueryError> {
        self.interrupt.check()?;
        let started = self.begun();
        match pairs {
            Pairs::Source(source) => self.source(source, fact, out)?,
            Pairs::Saved(saved) => {
                if saved.facts.as_ref().is_none_or(|filter| filter.accepts(fact)) {
                    let members = saved.pairs.get(&fact).into_iter().flatten();
                    match &saved.neurons {
                        None => out.extend(members),
                        Some(filter) => out.extend(members.filter(|&neuron| filter.contains(neuron))),
                    }
                }
            }
            Pairs::Binary { op, left, right, .. } if self.both_stored(*op, (left, right), fact, out) => {}
            Pairs::Binary { op, left, right, .. } => {
                self.pairs(left, fact, out)?;
                let pointless = out.is_empty() && matches!(op, SetOp::Intersection | SetOp::Difference);
                if !pointless && !self.apply_in_place(*op, right, fact, out) {
                    let mut other = self.buffer();
                    self.pairs(right, fact, &mut other)?;
                    self.algebra.apply(*op, out, other.iter().copied());
                    self.spare.push(other);
                }
            }
            Pairs::Rows { .. } => return Err(not_found_first()),
            // Filters are computed and pushed into the sources before a plan runs.
            Pairs::WithNeurons { pairs, .. } | Pairs::WithFacts { pairs, .. } => self.pairs(pairs, fact, out)?,
        }
        self.counted(pairs.id(), out.len() as u64, started);
        Ok(())
    }

    /// When the work on a fact begins, if anybody wants to know.
    pub(crate) fn begun(&self) -> Option<Instant> {
        self.stats.is_some().then(Instant::now)
    }

    /// Counts what a node found of a fact.
    pub(crate) fn counted(&mut self, node: NodeId, rows: u64, begun: Option<Instant>) {
        if let (Some(stats), Some(begun)) = (&mut self.stats, begun) {
            let node = &mut stats[node];
            node.facts += 1;
            node.rows += rows;
            node.nanos += begun.elapsed().as_nanos() as u64;
        }
    }

    fn buffer(&mut self) -> Vec<u32> {
        let mut buffer = self.spare.pop().unwrap_or_default();
        buffer.clear();
        buffer
    }

    fn source(&mut self, source: &Source<'s>, fact: u32, out: &mut Vec<u32>) -> Result<(), QueryError> {
        if source.facts.as_ref().is_some_and(|filter| !filter.accepts(fact)) {
            return Ok(());
        }
        match source.combine {
            _ if source.counts_places() => {
                out.extend_from_slice(self.often(source, fact)?);
                Ok(())
            }
            Combine::Intersection => self.intersection(source, fact, out),
            Combine::Union if source.cells.len() == 1 => self.cell(source, &source.cells[0], fact, out),
            Combine::Union if self.two_stored(source, fact, out) => Ok(()),
            Combine::Union => {
                let found = self.join(source, fact, out);
                // Also after an error: nothing may stay marked.
                self.algebra.joined(out);
                found
            }
        }
    }

    fn intersection(&mut self, source: &Source<'s>, fact: u32, out: &mut Vec<u32>) -> Result<(), QueryError> {
        if let [first, second, rest @ ..] = source.cells.as_slice()
            && let Some((first, second)) = self.stored(source, first, fact).zip(self.stored(source, second, fact))
            && self.algebra.keep(first, second, true, out)
        {
            filter(source, out);
            return self.intersect(source, (rest, true), fact, out);
        }
        let Some((first, rest)) = source.cells.split_first() else { return Ok(()) };
        self.cell(source, first, fact, out)?;
        self.intersect(source, (rest, false), fact, out)
    }

    /// `out` with what further cells have in common with it; whether it came from [`Algebra::keep`].
    fn intersect(
        &mut self,
        source: &Source<'s>,
        (cells, of_stored): (&[Cell<'s>], bool),
        fact: u32,
        out: &mut Vec<u32>,
    ) -> Result<(), QueryError> {
        for cell in cells {
            if out.is_empty() {
                break;
            }
            // `out` has passed the source's filter already.
            match self.stored(source, cell, fact) {
                Some(stored) if of_stored => self.algebra.keep_of(out, stored, true),
                Some(stored) => self.algebra.apply(SetOp::Intersection, out, widened(stored)),
                None => {
                    let mut other = self.buffer();
                    self.cell(source, cell, fact, &mut other)?;
                    self.algebra.apply(SetOp::Intersection, out, other.iter().copied());
                    self.spare.push(other);
                }
            }
        }
        Ok(())
    }

    /// Joins the cells of a union.
    fn join(&mut self, source: &Source<'s>, fact: u32, out: &mut Vec<u32>) -> Result<(), QueryError> {
        let mut one = self.buffer();
        for cell in &source.cells {
            let stored = if source.neurons.is_none() { self.stored(source, cell, fact) } else { None };
            if let Some(stored) = stored {
                self.algebra.join(out, widened(stored));
                continue;
            }
            one.clear();
            self.cell(source, cell, fact, &mut one)?;
            self.algebra.join(out, one.iter().copied());
        }
        self.spare.push(one);
        Ok(())
    }

    /// How many different neurons some lists have together.
    pub(crate) fn distinct(&mut self, lists: &[Vec<u32>]) -> u64 {
        let quickly = match lists {
            [one] => Some(one.len()),
            [one, other] => self.algebra.together(one, other),
            _ => None,
        };
        if let Some(count) = quickly {
            return count as u64;
        }
        let mut all = self.buffer();
        for list in lists {
            self.algebra.join(&mut all, list.iter().copied());
        }
        self.algebra.joined(&mut all);
        let count = all.len() as u64;
        self.spare.push(all);
        count
    }

    /// The neurons of a fact in one run and language: of those of its source.
    pub(crate) fn cell(
        &mut self,
        source: &Source<'s>,
        cell: &Cell<'s>,
        fact: u32,
        out: &mut Vec<u32>,
    ) -> Result<(), QueryError> {
        self.of_cell(source, cell, fact, out)?;
        if source.counts_places() {
            let often = self.often(source, fact)?;
            out.retain(|neuron| often.binary_search(neuron).is_ok());
        }
        Ok(())
    }

    /// The same over its prompts, whatever the other cells have.
    pub(super) fn of_cell(
        &mut self,
        source: &Source<'s>,
        cell: &Cell<'s>,
        fact: u32,
        out: &mut Vec<u32>,
    ) -> Result<(), QueryError> {
        self.interrupt.check()?;
        if let [prompt] = cell.prompts.as_slice() {
            let found = self.locate(&prompt.parts, fact);
            if let Some((part, local)) = found {
                self.entry(source, cell, part, local, out)?;
                // A share of one prompt is that prompt, unless the share can never be reached.
                if !cell.share.accepts(1, 1) {
                    out.clear();
                }
            }
        } else {
            let mut prompts = 0;
            for prompt in &cell.prompts {
                if let Some((part, local)) = self.locate(&prompt.parts, fact) {
                    prompts += 1;
                    self.entry(source, cell, part, local, out)?;
                }
            }
            out.sort_unstable();
            let mut kept = 0;
            let mut at = 0;
            while at < out.len() {
                let neuron = out[at];
                let count = out[at..].partition_point(|&other| other == neuron);
                if cell.share.accepts(count as u32, prompts) {
                    out[kept] = neuron;
                    kept += 1;
                }
                at += count;
            }
            out.truncate(kept);
        }
        filter(source, out);
        Ok(())
    }

    /// The neurons of a fact in one prompt of a cell, whatever share of the prompts agrees.
    pub(crate) fn prompt(
        &mut self,
        source: &Source<'s>,
        cell: &Cell<'s>,
        prompt: &PromptParts<'s>,
        fact: u32,
        out: &mut Vec<u32>,
    ) -> Result<(), QueryError> {
        if let Some((part, local)) = self.locate(&prompt.parts, fact) {
            self.entry(source, cell, part, local, out)?;
        }
        Ok(())
    }

    /// `left = left op right`; both are as this worker gave them, or ascend.
    pub(crate) fn apply(&mut self, op: SetOp, left: &mut Vec<u32>, right: &[u32]) {
        self.algebra.apply(op, left, right.iter().copied());
    }

    /// Keeps the pages of mapped files that count as this process's memory few.
    fn has_read(&mut self, bytes: u64) {
        self.read += bytes;
        if self.read > LOOK {
            self.read = 0;
            self.snapshot.release_pages(MAPPED);
        }
    }

    /// The part that has a fact, and its position there.
    pub(crate) fn locate<'a>(&mut self, parts: &'a [PartAccess<'s>], fact: u32) -> Option<(&'a PartAccess<'s>, u32)> {
        self.has_read(FINDING);
        parts.iter().find_map(|part| {
            let cursor = &mut self.cursors[part.cursor];
            *cursor = seek(part.facts, *cursor as usize, fact) as u32;
            let found = part.facts.get(*cursor as usize).is_some_and(|&id| u32::from_le_bytes(id) == fact);
            (found && part.has(*cursor)).then_some((part, *cursor))
        })
    }

    /// Appends the neurons of one entry.
    fn entry(
        &mut self,
        source: &Source<'s>,
        cell: &Cell<'s>,
        part: &PartAccess<'s>,
        local: u32,
        out: &mut Vec<u32>,
    ) -> Result<(), QueryError> {
        let before = out.len();
        let mut bytes = 0;
        match part.access {
            Access::Grid(_, sets) => sets.push_to(local, out),
            Access::Prefix { .. } => {
                let scores = part.live.part.scores_above(local, cell.cut.tau).map_err(QueryError::storage)?;
                let count = self.prefix(cell, part, local, &scores)?;
                scores.push_neurons(count, out);
                if self.algebra.needs_order() {
                    out[before..].sort_unstable();
                }
                self.check(&out[before..], &part.live)?;
                bytes += 64;
            }
            Access::Signed => {
                let passing = self.signed(cell, part, local)?;
                out.extend(passing.iter().map(|&(neuron, _)| neuron));
                if self.algebra.needs_order() {
                    out[before..].sort_unstable();
                }
                self.check(&out[before..], &part.live)?;
                bytes += 64;
            }
            Access::Groups => {
                let groups = self.groups(cell, part, local)?;
                out.extend(groups.iter().flat_map(|group| &group.neurons).map(|neuron| neuron.0));
                out[before..].sort_unstable();
                let mut kept = before;
                for at in before..out.len() {
                    if at == before || out[at] != out[kept - 1] {
                        out[kept] = out[at];
                        kept += 1;
                    }
                }
                out.truncate(kept);
                self.check(&out[before..], &part.live)?;
            }
        }
        // Scores and their neurons.
        self.has_read(8 * (out.len() - before) as u64);
        if let Some(stats) = &mut self.stats {
            let width = if self.shape.neurons() <= 1 << 16 { 2 } else { 4 };
            stats[source.id].bytes += bytes + (out.len() - before) as u64 * width;
        }
        Ok(())
    }

    /// The groups of one entry that qualify.
    pub(crate) fn groups(&self, cell: &Cell<'s>, part: &PartAccess<'s>, local: u32) -> Result<Vec<Group>, QueryError> {
        let groups = part.live.part.groups(local).map_err(QueryError::storage)?;
        match &cell.groups {
            None => Ok(groups),
            Some(cut) => cut.qualifying(groups).map_err(|gap| gap.error(self.snapshot, self.shape, cell, part, local)),
        }
    }

    /// Blocks are checked for their form; that their neurons are of the model is checked here.
    fn check(&self, neurons: &[u32], live: &LivePart<'s>) -> Result<(), QueryError> {
        let limit = self.shape.neurons();
        // The largest of all, many at a time: nearly always there is nothing to find.
        let largest = neurons.iter().copied().fold(0, u32::max);
        let wrong = |neuron: &&u32| u64::from(**neuron) >= limit;
        match if wrong(&&largest) { neurons.iter().find(wrong) } else { None } {
            None => Ok(()),
            Some(neuron) => {
                Err(QueryError::storage(live.damaged(format!("neuron {neuron}"), format!("below {limit}"))))
            }
        }
    }

    /// How many of the best scores pass the cell's conditions.
    pub(crate) fn prefix(
        &self,
        cell: &Cell<'s>,
        part: &PartAccess<'s>,
        local: u32,
        scores: &ScoreView<'s>,
    ) -> Result<usize, QueryError> {
        let (below, above, check) = match part.access {
            Access::Prefix { below, above, check } => (below, above, check),
            Access::Grid(_, sets) => return Ok(sets.count(local) as usize),
            Access::Signed | Access::Groups => return Ok(0),
        };
        let high = below.map_or(scores.len(), |(_, sets)| sets.count(local) as usize);
        let low = above.map_or(0, |sets| sets.count(local) as usize);
        let mut count = scores.above_share(cell.cut.tau, low..high);
        if let Some((least, strict)) = cell.cut.score {
            count = scores
                .prefix(0..count, |score| if strict { f64::from(score) > least } else { f64::from(score) >= least });
        }
        if let Some(rank) = cell.cut.rank {
            let rank = rank as usize;
            if count >= rank
                && let Some(ties) = &cell.ties
            {
                ties.look(scores, rank);
            }
            count = count.min(rank);
        }
        if check && count == scores.len() && !complete(cell.cut, scores, self.shape) {
            return Err(below_floor(self.snapshot, cell, part, local, scores));
        }
        Ok(count)
    }
}

/// Keeps the neurons that a source asks for.
pub(super) fn filter(source: &Source<'_>, out: &mut Vec<u32>) {
    if let Some(filter) = &source.neurons {
        out.retain(|&neuron| filter.contains(neuron));
    }
}

/// The first position whose fact is at least `fact`, searched outwards from `from`.
fn seek(facts: &[[u8; 4]], from: usize, fact: u32) -> usize {
    let at = |index: usize| u32::from_le_bytes(facts[index]);
    let (mut low, mut high) = (0, facts.len());
    if from < high && at(from) < fact {
        let mut step = 1;
        low = from + 1;
        while low + step < high && at(low + step) < fact {
            low += step + 1;
            step *= 2;
        }
        high = high.min(low + step + 1);
    } else if from >= high && high > 0 && at(high - 1) < fact {
        // A part that the walk has left behind: of many parts most are.
        return high;
    } else if from < high {
        if from == 0 || at(from - 1) < fact {
            return from;
        }
        high = from;
    }
    while low < high {
        let middle = low.midpoint(high);
        if at(middle) < fact { low = middle + 1 } else { high = middle }
    }
    low
}

impl crate::plan::FactFilter {
    pub(crate) fn accepts(&self, fact: u32) -> bool {
        self.only.as_ref().is_none_or(|only| only.contains(fact)) && !self.without.contains(fact)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn seek_finds_the_first_position_from_anywhere(facts in proptest::collection::btree_set(0u32..200, 0..80), from in 0usize..100, fact in 0u32..210) {
            let list: Vec<u32> = facts.into_iter().collect();
            let bytes: Vec<[u8; 4]> = list.iter().map(|f| f.to_le_bytes()).collect();
            prop_assert_eq!(seek(&bytes, from, fact), list.partition_point(|&f| f < fact));
        }
    }
}
