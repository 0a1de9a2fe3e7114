//! Which stored groups are degenerate under a query's thresholds (AMIG Algorithm 1, Eq. 9–10).
//!
//! A group is stored with what suppression did to p: its own evidence decides, and that of its parts. Thresholds that a run
//! cannot tell of have been refused before, by [`crate::plan::groups`].

use crate::error::QueryError;
use crate::plan::groups::{GroupCut, Thresholds};
use crate::plan::{Cell, PartAccess};
use crate::syntax::ast::Interval;
use kndb_storage::{Group, GroupEvidence, Neuron, Shape, Snapshot};
use std::collections::HashMap;

/// What is not stored and would be needed to tell whether a group qualifies.
pub(crate) struct Gap {
    group: Vec<Neuron>,
    /// The part of the group whose evidence is missing; `None` for the group's own.
    part: Option<Vec<Neuron>>,
}

impl GroupCut {
    /// Those of one entry's groups that qualify.
    pub(crate) fn qualifying(&self, mut groups: Vec<Group>) -> Result<Vec<Group>, Gap> {
        if let Some(thresholds) = self.thresholds {
            let measured: HashMap<&[Neuron], &GroupEvidence> =
                groups.iter().filter_map(|group| Some((group.neurons.as_slice(), evidence_of(group)?))).collect();
            let fits = |group: &Group| Ok(self.has_size(group) && is_degenerate(group, thresholds, &measured)?);
            let fit: Vec<bool> = groups.iter().map(fits).collect::<Result<_, Gap>>()?;
            let mut fit = fit.into_iter();
            groups.retain(|_| fit.next() == Some(true));
        } else {
            groups.retain(|group| self.has_size(group));
        }
        Ok(groups)
    }

    fn has_size(&self, group: &Group) -> bool {
        let size = group.neurons.len() as u64;
        let within = |sizes: &Interval| u64::from(sizes.first) <= size && size <= u64::from(sizes.last);
        self.sizes.as_ref().is_none_or(|sizes| sizes.iter().any(within))
    }
}

/// What was measured of a group. What is not a number says nothing, and counts as not measured.
pub(crate) fn evidence_of(group: &Group) -> Option<&GroupEvidence> {
    let is_finite = |of: &&GroupEvidence| {
        of.probability.is_finite() && of.after_all.is_finite() && of.after_each.iter().all(|after| after.is_finite())
    };
    group.evidence.as_ref().filter(is_finite)
}

/// Whether a group qualifies: its own evidence, then that of its proper subsets of two or more.
fn is_degenerate(
    group: &Group,
    thresholds: Thresholds,
    measured: &HashMap<&[Neuron], &GroupEvidence>,
) -> Result<bool, Gap> {
    let neurons = group.neurons.as_slice();
    let Some(evidence) = evidence_of(group) else { return Err(Gap { group: neurons.to_vec(), part: None }) };
    if !thresholds.holds_for(evidence) {
        return Ok(false);
    }
    if neurons.len() == 2 {
        return Ok(true);
    }
    let is_harmful = |of_part: &GroupEvidence| !thresholds.is_harmless(evidence.probability, of_part.after_all);
    // One harmful part settles it, whatever else is missing. The parts of a small group are looked up; a large one
    // has more than any entry stores.
    let mut missing = None;
    if neurons.len() <= 6 {
        for part in parts(neurons) {
            match measured.get(part.as_slice()) {
                Some(of_part) if is_harmful(of_part) => return Ok(false),
                Some(_) => {}
                None => missing = missing.or(Some(part)),
            }
        }
    } else {
        let is_part = |part: &[Neuron]| part.len() < neurons.len() && part.iter().all(|one| neurons.contains(one));
        if measured.iter().any(|(part, of_part)| is_part(part) && is_harmful(of_part)) {
            return Ok(false);
        }
        missing = parts(neurons).find(|part| !measured.contains_key(part.as_slice()));
    }
    match missing {
        None => Ok(true),
        part => Err(Gap { group: neurons.to_vec(), part }),
    }
}

/// The proper subsets of two or more; of a group of more than 62 those of its first 62, which nothing could store.
fn parts(neurons: &[Neuron]) -> impl Iterator<Item = Vec<Neuron>> {
    let masks = 1..1_u64 << neurons.len().min(62);
    let proper = masks.filter(|mask| mask.count_ones() >= 2 && (mask.count_ones() as usize) < neurons.len());
    proper.map(move |mask| {
        let within = (0..62).zip(neurons).filter(|&(bit, _)| mask >> bit & 1 == 1);
        within.map(|(_, &neuron)| neuron).collect()
    })
}

impl Gap {
    /// The error for an entry of which too little is stored.
    pub(crate) fn error(
        &self,
        snapshot: &Snapshot,
        shape: Shape,
        cell: &Cell<'_>,
        part: &PartAccess<'_>,
        local: u32,
    ) -> QueryError {
        let named = |neurons: &[Neuron]| {
            let names: Vec<String> = neurons.iter().map(|&neuron| neuron_name(neuron, shape)).collect();
            names.join(", ")
        };
        let run = snapshot.run(cell.run).map_or("", |run| run.spec.name.as_str());
        let fact = part.fact(local).and_then(|fact| snapshot.external_id(fact).ok()).unwrap_or_default();
        let group = named(&self.group);
        let of_fact = format!("of fact {fact:?} in {:?}", snapshot.language_name(cell.language));
        let span = cell.groups.as_ref().map_or(cell.tau_span, |cut| cut.span);
        let thresholds = cell.groups.as_ref().and_then(|cut| cut.thresholds);
        let at = thresholds.map_or_else(String::new, |t| format!("t_low={} and t_high={} need", t.low, t.high));
        let reason = match &self.part {
            None => {
                format!("run {run:?} has the group {group} {of_fact} without the probabilities behind it, which {at}")
            }
            Some(missing) => format!(
                "run {run:?} has the group {group} {of_fact}, but not what suppressing {} did, which {at}",
                named(missing)
            ),
        };
        QueryError::missing(span, reason).hint("search for the groups again, with `kndb dkn`")
    }
}

/// `layer:unit`.
pub(crate) fn neuron_name(neuron: Neuron, shape: Shape) -> String {
    let (layer, unit) = shape.split(neuron);
    format!("{layer}:{unit}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::syntax::span::Span;

    const CUT: GroupCut = GroupCut {
        thresholds: Some(Thresholds { low: 0.2, high: 0.25 }),
        sizes: None,
        span: Span { start: 0, end: 0 },
    };

    fn group(neurons: Vec<u32>, after_all: f32) -> Group {
        let evidence = GroupEvidence { probability: 1.0, after_each: vec![0.9; neurons.len()], after_all };
        Group { neurons: neurons.into_iter().map(Neuron).collect(), evidence: Some(evidence) }
    }

    /// The group 0, 3, 6, … of some size, and its parts of two or more.
    fn with_parts(size: u32) -> Vec<Group> {
        let masks = (1..1_u32 << size).filter(|mask| mask.count_ones() >= 2);
        let neurons = |mask: u32| (0..size).filter(|bit| mask >> bit & 1 == 1).map(|bit| 3 * bit).collect();
        masks.map(|mask| group(neurons(mask), if mask.count_ones() == size { 0.1 } else { 0.9 })).collect()
    }

    #[test]
    fn every_part_is_needed() {
        for size in 3..=7 {
            let all = with_parts(size);
            let whole = all.last().cloned().expect("the whole");
            assert_eq!(CUT.qualifying(all.clone()).ok(), Some(vec![whole.clone()]));
            for at in 0..all.len() - 1 {
                let mut some = all.clone();
                let missing = some.remove(at).neurons;
                let gap = CUT.qualifying(some).expect_err("a part is missing");
                assert_eq!((gap.group, gap.part), (whole.neurons.clone(), Some(missing)));
            }
        }
    }

    #[test]
    fn what_is_not_a_number_is_missing() {
        for size in 2..=4 {
            let all = with_parts(size);
            for (at, broken) in (0..all.len()).flat_map(|at| (0..3).map(move |broken| (at, broken))) {
                let mut some = all.clone();
                let evidence = some[at].evidence.as_mut().expect("evidence");
                match broken {
                    0 => evidence.probability = f32::NAN,
                    1 => evidence.after_each[0] = f32::NAN,
                    _ => evidence.after_all = f32::INFINITY,
                }
                let said = some[at].neurons.clone();
                let gap = CUT.qualifying(some).expect_err("a group of which nothing is known");
                assert_eq!((gap.group, gap.part), (said, None), "{size} {at} {broken}");
            }
        }
    }

    #[test]
    fn a_group_of_more_neurons_than_bits_is_refused_at_once() {
        for size in [7, 61, 62, 63, 64, 65, 500] {
            let gap = CUT.qualifying(vec![group((0..size).collect(), 0.1)]).expect_err("no part is there");
            assert_eq!(gap.part, Some(vec![Neuron(0), Neuron(1)]));
        }
    }

    #[test]
    fn the_low_threshold_may_be_met_and_the_high_one_must_be_passed() {
        let thresholds = Thresholds { low: 0.25, high: 0.5 };
        let below = |value: f32| value.next_down();
        assert!(thresholds.is_harmless(1.0, 0.75) && !thresholds.is_harmless(1.0, below(0.75)));
        assert!(!thresholds.is_harmful(1.0, 0.5) && thresholds.is_harmful(1.0, below(0.5)));
        // Nothing is less than nothing.
        assert!(thresholds.is_harmless(0.0, 0.0) && !thresholds.is_harmful(0.0, 0.0));
        // What is not a number is neither.
        assert!(!thresholds.is_harmless(f32::NAN, 0.5) && !thresholds.is_harmful(1.0, f32::NAN));
    }
}
