//! The work of a scan: ranges of entries, dealt out to partitions so that each has about as many.

use super::pushed::Pushed;
use super::table::{EntryTable, of_entry};
use crate::error::Result;
use datafusion::arrow::array::{ArrayRef, AsArray, BooleanArray, Int32Array, RecordBatch, StringViewArray};
use datafusion::arrow::datatypes::Schema;
use datafusion::common::Result as Planned;
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_expr::utils::collect_columns;
use kndb_export::rows::score_rows;
use kndb_storage::{FactId, LivePart, RunId, Slot, Snapshot};
use roaring::RoaringBitmap;
use std::ops::Range;
use std::sync::Arc;

/// Entries of one unit: so few that partitions come out alike, so many that conditions are evaluated on columns of some length.
const ENTRIES: u32 = 128;
/// With fewer facts in question than one of so many, each is looked for.
const LOOKED_FOR: u64 = 16;

/// Entries of a part, whether they are wanted or not.
#[derive(Clone, Debug)]
pub(super) struct Unit {
    pub slot: Slot,
    /// Whether its part is one of degenerate groups.
    pub groups: bool,
    /// Its place among the parts of the slot.
    pub part: usize,
    pub locals: Locals,
}

#[derive(Clone, Debug)]
pub(super) enum Locals {
    All(Range<u32>),
    Some(Vec<u32>),
}

impl Locals {
    fn len(&self) -> usize {
        match self {
            Self::All(range) => range.len(),
            Self::Some(list) => list.len(),
        }
    }
}

/// All of them.
#[derive(Clone, Debug, Default)]
pub(super) struct Units {
    pub units: Vec<Unit>,
    /// Rows of the parts that are looked at: all of them, whatever conditions say of entries and rows.
    pub rows: u64,
}

impl Units {
    /// The units in which rows can be.
    pub(super) fn of(snapshot: &Snapshot, table: EntryTable, pushed: &Pushed) -> Result<Self> {
        let facts = match &pushed.facts {
            Some(names) => {
                let found = names.iter().filter_map(|name| snapshot.fact(name).transpose());
                Some(found.map(|fact| Ok(fact?.0)).collect::<Result<RoaringBitmap>>()?)
            }
            None => None,
        };
        let mut units = Self::default();
        for (slot, groups) in slots(snapshot, table, pushed)? {
            let parts = if groups { snapshot.group_parts(slot)? } else { snapshot.parts(slot)? };
            for (number, part) in parts.into_iter().enumerate().filter(|(_, part)| table.is_of(part.part.kind())) {
                units.rows += match (table, snapshot.run(slot.run)) {
                    (EntryTable::Entries, _) => part.live_len(),
                    (EntryTable::Scores, Some(run)) => score_rows(run, part)?,
                    _ => part.members()?,
                };
                for locals in locals(part, facts.as_ref())? {
                    units.units.push(Unit { slot, groups, part: number, locals });
                }
            }
        }
        Ok(units)
    }

    /// The units in so many shares, or in fewer; at least one.
    pub(super) fn dealt(self, shares: usize) -> Vec<Arc<[Unit]>> {
        let all: usize = self.units.iter().map(|unit| unit.locals.len()).sum();
        let each = all.div_ceil(shares.max(1)).max(1);
        let (mut dealt, mut hand, mut in_hand) = (Vec::new(), Vec::new(), 0);
        for unit in self.units {
            in_hand += unit.locals.len();
            hand.push(unit);
            if in_hand >= each {
                dealt.push(std::mem::take(&mut hand).into());
                in_hand = 0;
            }
        }
        if !hand.is_empty() || dealt.is_empty() {
            dealt.push(hand.into());
        }
        dealt
    }
}

/// The entries of a part in which the facts in question can be.
fn locals(part: LivePart<'_>, facts: Option<&RoaringBitmap>) -> Result<Vec<Locals>> {
    let len = part.part.len();
    if let Some(facts) = facts.filter(|facts| facts.len() * LOOKED_FOR <= u64::from(len).max(LOOKED_FOR * LOOKED_FOR)) {
        let mut found = Vec::new();
        for fact in facts {
            found.extend(part.part.find(FactId(fact))?.filter(|&local| part.is_live(local)));
        }
        found.sort_unstable();
        return Ok(if found.is_empty() { Vec::new() } else { vec![Locals::Some(found)] });
    }
    let starts = (0..len).step_by(ENTRIES as usize);
    Ok(starts.map(|start| Locals::All(start..len.min(start.saturating_add(ENTRIES)))).collect())
}

/// The slots that conditions on run, language and prompt leave, and whether they are of degenerate groups.
fn slots(snapshot: &Snapshot, table: EntryTable, pushed: &Pushed) -> Result<Vec<(Slot, bool)>> {
    let attributions = snapshot.slots().map(|slot| (slot, false)).filter(|_| table != EntryTable::Groups);
    let groups = matches!(table, EntryTable::Entries | EntryTable::Groups);
    let groups = snapshot.group_slots().map(|slot| (slot, true)).filter(|_| groups);
    let mut slots: Vec<(Slot, bool)> = attributions.chain(groups).collect();
    // In the order of runs as they began, which their numbers have.
    slots.sort_unstable();
    let of_slot = |condition: &&Arc<dyn PhysicalExpr>| {
        collect_columns(condition).iter().all(|column| matches!(column.name(), "run" | "lang" | "prompt"))
    };
    let conditions: Vec<_> = pushed.entry.iter().filter(of_slot).cloned().collect();
    if conditions.is_empty() || slots.is_empty() {
        return Ok(slots);
    }
    let none = std::iter::repeat_n(None::<&str>, slots.len());
    let columns: Vec<ArrayRef> = vec![
        Arc::new(StringViewArray::from_iter_values(slots.iter().map(|(slot, _)| run_name(snapshot, slot.run)))),
        Arc::new(StringViewArray::from_iter_values(
            slots.iter().map(|(slot, _)| snapshot.language_name(slot.language)),
        )),
        Arc::new(Int32Array::from_iter_values(slots.iter().map(|(slot, _)| i32::from(slot.prompt.0)))),
        Arc::new(StringViewArray::from_iter(none)),
        Arc::new(StringViewArray::from_iter_values(std::iter::repeat_n("", slots.len()))),
    ];
    let batch = RecordBatch::try_new(Arc::new(Schema::new(of_entry())), columns)
        .map_err(datafusion::error::DataFusionError::from)?;
    let holds = hold(&conditions, &batch)?;
    let kept = slots.into_iter().zip(holds).filter_map(|(slot, holds)| holds.then_some(slot));
    Ok(kept.collect())
}

/// A run's name; runs of slots are there.
pub(super) fn run_name(snapshot: &Snapshot, run: RunId) -> &str {
    snapshot.run(run).map_or("", |run| run.spec.name.as_str())
}

/// Where all of the conditions hold; what is null does not.
pub(super) fn hold(conditions: &[Arc<dyn PhysicalExpr>], batch: &RecordBatch) -> Planned<Vec<bool>> {
    let mut all = vec![true; batch.num_rows()];
    for condition in conditions {
        let found = condition.evaluate(batch)?.into_array(batch.num_rows())?;
        let found: &BooleanArray = found.as_boolean();
        for (all, holds) in all.iter_mut().zip(found) {
            *all &= holds == Some(true);
        }
    }
    Ok(all)
}
