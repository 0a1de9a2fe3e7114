//! The order of groups: as it is asked for, then that of their dimensions; and what `top n` keeps of it.

use super::Rows;
use super::against::CHANCE;
use super::digits::compare_tails;
use super::groups::{Group, Naming, is_whole};
use super::keys::is_of_fact;
use super::order::directed;
use crate::error::QueryError;
use crate::memory::Memory;
use crate::note::Notes;
use crate::syntax::ast::{Dimension, Key, Measure};
use std::cmp::Ordering;

impl Naming<'_, '_> {
    /// With `top n`, drops the groups whose leading measure alone keeps them out of the first n.
    pub(super) fn keep_candidates(&self, groups: &mut Vec<Group>) {
        let top = self.grouping.limit().and_then(|top| usize::try_from(top).ok());
        let Some(top) = top.filter(|&top| top > 0 && top < groups.len()) else { return };
        let Some(&(Key::Measure(measure), descending)) = self.grouping.order.first() else { return };
        if !is_whole(measure) && measure != Measure::Share {
            return;
        }
        let rank = |group: &Group| {
            let value = self.measure(group, measure);
            if descending { u64::MAX - value } else { value }
        };
        let mut ranks: Vec<u64> = groups.iter().map(rank).collect();
        let last = *ranks.select_nth_unstable(top - 1).1;
        groups.retain(|group| rank(group) <= last);
    }

    /// With `top n per …`, leaves the first groups of each; they are in order.
    pub(super) fn keep_each(
        &self,
        groups: &mut Vec<Group>,
        (memory, notes): (&Memory, &Notes),
    ) -> Result<(), QueryError> {
        let Some(each) = &self.grouping.each else { return Ok(()) };
        let by = |a: &Group, b: &Group| {
            let dims = each.per.iter().map(|dim| self.compare_dimension(a, b, dim.dimension));
            dims.into_iter().find(|compared| *compared != Ordering::Equal).unwrap_or(Ordering::Equal)
        };
        if each.keep(groups, by, |a, b| self.compare_as_asked(a, b), &memory.interrupt)? {
            each.note(&self.grouping.order, notes);
        }
        Ok(())
    }

    /// Looks whether the first group that is left out equals the last one that is not.
    pub(super) fn look_at_next(&self, last: &Group, next: Option<&Group>, rows: &Rows<'_>, notes: &Notes) {
        let is_equal = next.is_some_and(|next| self.compare_as_asked(last, next) == Ordering::Equal);
        if let Some(first) = self.grouping.top.filter(|_| is_equal && rows.are_all()) {
            first.note(&self.grouping.order, notes);
        }
    }

    /// The query's order, then the dimensions'.
    pub(super) fn compare(&self, a: &Group, b: &Group) -> Ordering {
        let compared = self.compare_as_asked(a, b);
        if compared != Ordering::Equal {
            return compared;
        }
        let mut dims = self.grouping.by.iter().map(|&dimension| self.compare_dimension(a, b, dimension));
        // Subjects of one name are told apart by their facts.
        let by_id = || self.keys.compare(a.fact, b.fact, Dimension::Fact, &self.texts);
        dims.find(|compared| *compared != Ordering::Equal).unwrap_or_else(by_id)
    }

    /// The query's order alone.
    fn compare_as_asked(&self, a: &Group, b: &Group) -> Ordering {
        let texts = &self.texts;
        for &(key, descending) in &self.grouping.order {
            let mut known = [true; 2];
            let compared = match key {
                Key::Measure(Measure::Share) => a.counts.pairs.cmp(&b.counts.pairs),
                Key::Measure(measure) if CHANCE.contains(&measure) => {
                    let tail = |group| self.against.as_ref()?.tail(group, measure, self.shape);
                    let (a, b) = (tail(a), tail(b));
                    known = [a.is_some(), b.is_some()];
                    compare_tails(a, b)
                }
                // Negative ones count by their size, as everywhere.
                Key::Measure(Measure::Score) => {
                    known = [!a.score.is_nan(), !b.score.is_nan()];
                    a.score.abs().total_cmp(&b.score.abs())
                }
                Key::Measure(measure) if !is_whole(measure) => {
                    let (a, b) = (self.number(a, key), self.number(b, key));
                    known = [a.is_some(), b.is_some()];
                    a.unwrap_or(0.0).total_cmp(&b.unwrap_or(0.0))
                }
                Key::Measure(measure) => self.measure(a, measure).cmp(&self.measure(b, measure)),
                // The column, which is the unit; as a dimension of its own a neuron is its layer and unit.
                Key::Dimension(Dimension::Neuron) => self.unit(a).cmp(&self.unit(b)),
                Key::Dimension(dimension) => {
                    known = [a, b].map(|group| self.keys.is_known(group.fact, dimension, texts));
                    self.compare_dimension(a, b, dimension)
                }
                // Of similarities alone.
                Key::Other(_) => Ordering::Equal,
            };
            let compared = directed(compared, known, descending);
            if compared != Ordering::Equal {
                return compared;
            }
        }
        Ordering::Equal
    }

    fn compare_dimension(&self, a: &Group, b: &Group, dimension: Dimension) -> Ordering {
        let (splits, snapshot) = (self.splits, self.names.snapshot);
        let language = |group: &Group| splits.language(group.split).map(|id| snapshot.language_name(id));
        let run = |group: &Group| splits.run(group.split).and_then(|id| snapshot.run(id)).map(|run| &run.spec.name);
        match dimension {
            dimension if is_of_fact(dimension) => self.keys.compare(a.fact, b.fact, dimension, &self.texts),
            Dimension::Layer => self.layer(a).cmp(&self.layer(b)),
            Dimension::Neuron | Dimension::Size => a.neuron.cmp(&b.neuron),
            // In the order of the prompt, not of the alphabet.
            Dimension::Role => self.unit(a).cmp(&self.unit(b)),
            Dimension::Group => self.degenerate.neurons(a).cmp(self.degenerate.neurons(b)),
            Dimension::Lang => language(a).cmp(&language(b)),
            Dimension::Run => run(a).cmp(&run(b)),
            _ => splits.prompt(a.split).cmp(&splits.prompt(b.split)),
        }
    }
}
