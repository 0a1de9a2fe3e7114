//! The entries of a partition, one after the other, as batches.

use super::columns::{Columns, Wanted};
use super::exec::Plan;
use super::pushed::numbers;
use super::table::{EntryTable, of_entry};
use super::units::{Locals, Unit, hold, run_name};
use super::viewed;
use crate::error::{Result, SqlError};
use datafusion::arrow::array::{ArrayRef, Int32Array, RecordBatch, StringViewArray};
use datafusion::arrow::datatypes::{Schema, SchemaRef};
use datafusion::common::Result as Planned;
use datafusion::physical_expr::PhysicalExpr;
use kndb_export::ExportError;
use kndb_export::rows::{EntryOf, RowSink, group_rows, plain_row, scored_row};
use kndb_export::table::{Cell, ENTRIES, GROUPS, Rows};
use kndb_storage::{FactId, LivePart, PartKind, RunId, Shape, Snapshot};
use std::collections::HashMap;
use std::sync::Arc;

/// Entries after which a batch is given, even an empty one: whoever waits may want to stop.
const LOOK: usize = 4_096;
/// Units between two looks at how many pages there are: some 500 entries.
const UNITS: usize = 4;
/// Mapped pages that are kept: what was read once is not read again.
const PAGES: u64 = 256 << 20;

/// A partition at work.
pub(super) struct Work {
    plan: Arc<Plan>,
    units: Arc<[Unit]>,
    schema: SchemaRef,
    batch_rows: usize,
    /// Rows that may still be given.
    left: usize,
    /// Conditions that came with the plan.
    conditions: Vec<Arc<dyn PhysicalExpr>>,
    /// Those of joins, which are known once their other side is read.
    dynamic: Vec<Arc<dyn PhysicalExpr>>,
    next: usize,
    /// Of the unit before `next`: entries that are wanted and not read yet, last first.
    entries: Vec<Found>,
    domains: HashMap<RunId, Arc<Domains>>,
    out: Out,
    /// Rows that were made and are more than a batch.
    ready: Option<(RecordBatch, usize)>,
}

/// Numbers of layers and neurons that conditions leave, of the models of a run.
#[derive(Default)]
struct Domains {
    layers: Option<Vec<bool>>,
    neurons: Option<Vec<bool>>,
}

#[derive(Clone, Copy)]
struct Found {
    fact: FactId,
    local: u32,
}

enum Out {
    Columns(Columns),
    /// The columns of the table that are wanted.
    Rows(Rows, SchemaRef, Vec<usize>),
}

/// Rows that are taken as they come.
struct Taking<'r>(&'r mut Rows);

impl RowSink for Taking<'_> {
    fn row(&mut self, cells: &[Cell<'_>]) -> Result<(), ExportError> {
        self.0.push(cells);
        Ok(())
    }
}

impl Work {
    pub(super) fn new(
        plan: &Arc<Plan>,
        units: &Arc<[Unit]>,
        dynamic: &[Arc<dyn PhysicalExpr>],
        batch_rows: usize,
    ) -> Self {
        let schema = Arc::clone(&plan.schema);
        let rows = |table| Out::Rows(Rows::of(table), plan.table.schema(), plan.projection.clone());
        let out = match plan.table {
            EntryTable::Scores | EntryTable::Sets => Out::Columns(Columns::new(plan.table, &schema)),
            EntryTable::Entries => rows(&ENTRIES),
            EntryTable::Groups => rows(&GROUPS),
        };
        Self {
            plan: Arc::clone(plan),
            units: Arc::clone(units),
            schema,
            batch_rows,
            left: plan.limit.unwrap_or(usize::MAX),
            conditions: plan.pushed.entry.clone(),
            dynamic: dynamic.to_vec(),
            next: 0,
            entries: Vec::new(),
            domains: HashMap::new(),
            out,
            ready: None,
        }
    }

    /// The next batch, which may be empty; `None` after the last one.
    fn batch(&mut self) -> Result<Option<RecordBatch>> {
        if let Some(batch) = self.cut() {
            return Ok(Some(batch));
        }
        if self.left == 0 {
            return Ok(None);
        }
        let mut looked_at = 0;
        while self.rows() < self.batch_rows.min(self.left) && looked_at < LOOK {
            if self.entries.is_empty() {
                let Some(unit) = self.units.get(self.next).filter(|_| self.left > 0).cloned() else { break };
                self.next += 1;
                looked_at += self.find(&unit)?;
                continue;
            }
            // Of one unit all at once, as long as they are not too many rows.
            let unit = self.units[self.next - 1].clone();
            looked_at += self.read(&unit)?;
        }
        let rows = self.rows();
        if rows == 0 && self.entries.is_empty() && (self.next == self.units.len() || self.left == 0) {
            return Ok(None);
        }
        let batch = self.take()?;
        self.ready = Some((batch, 0));
        Ok(Some(self.cut().unwrap_or_else(|| RecordBatch::new_empty(Arc::clone(&self.schema)))))
    }

    /// Some of the rows that are ready.
    fn cut(&mut self) -> Option<RecordBatch> {
        let (batch, from) = self.ready.take()?;
        let rows = (batch.num_rows() - from).min(self.batch_rows).min(self.left);
        if rows == 0 {
            return None;
        }
        let cut = batch.slice(from, rows);
        self.left -= rows;
        self.ready = Some((batch, from + rows));
        Some(cut)
    }

    fn rows(&self) -> usize {
        match &self.out {
            Out::Columns(columns) => columns.rows(),
            Out::Rows(rows, ..) => rows.len(),
        }
    }

    fn take(&mut self) -> Result<RecordBatch> {
        let made = match &mut self.out {
            Out::Columns(columns) => columns.take(),
            Out::Rows(rows, schema, projection) => {
                rows.take().and_then(|batch| viewed::batch(&batch, schema)?.project(projection))
            }
        };
        made.map_err(|error| datafusion::error::DataFusionError::from(error).into())
    }

    /// Finds the entries of a unit that are wanted; how many were looked at.
    fn find(&mut self, unit: &Unit) -> Result<usize> {
        let snapshot = Arc::clone(&self.plan.snapshot);
        let part = part_of(&snapshot, unit)?;
        let facts = part.part.facts()?;
        let found = |local: u32| {
            let fact = facts.get(local as usize).filter(|_| part.is_live(local));
            fact.map(|fact| Found { fact: FactId(u32::from_le_bytes(*fact)), local })
        };
        let mut entries: Vec<Found> = match &unit.locals {
            Locals::All(range) => range.clone().filter_map(found).collect(),
            Locals::Some(list) => list.iter().copied().filter_map(found).collect(),
        };
        let looked_at = entries.len();
        if !(self.conditions.is_empty() && self.dynamic.is_empty() || entries.is_empty()) {
            let batch = entries_of(&snapshot, unit, &entries)?;
            let mut holds = hold(&self.conditions, &batch)?;
            // No more than a help: one that fails, as a cast may for entries without any row, leaves all to the join.
            if let Ok(helps) = hold(&self.dynamic, &batch) {
                holds.iter_mut().zip(helps).for_each(|(holds, helps)| *holds &= helps);
            }
            let mut holds = holds.into_iter();
            entries.retain(|_| holds.next().unwrap_or(false));
        }
        entries.reverse();
        self.entries = entries;
        // Asking the system how many pages there are costs more than a small unit; so seldom it does not count, and memory stays bounded.
        if self.next.is_multiple_of(UNITS) {
            snapshot.release_pages(PAGES);
        }
        Ok(looked_at)
    }

    /// Reads wanted entries of a unit, until there are rows for a batch; how many.
    fn read(&mut self, unit: &Unit) -> Result<usize> {
        let plan = Arc::clone(&self.plan);
        let snapshot = &plan.snapshot;
        let part = part_of(snapshot, unit)?;
        let shape = part.part.shape();
        let domains = self.domains(unit.slot.run, shape)?;
        let bounds = &plan.pushed.bounds;
        let wanted = Wanted { bounds, layers: domains.layers.as_deref(), neurons: domains.neurons.as_deref() };
        let least_share = plan.pushed.least_share().filter(|share| *share > 0.0);
        let (run, lang) = (run_name(snapshot, unit.slot.run), snapshot.language_name(unit.slot.language));
        let grid = if plan.table == EntryTable::Sets { Some(part.part.grid(0)?) } else { None };
        let (mut read, mut neurons) = (0, Vec::new());
        while self.rows() < self.batch_rows.min(self.left) {
            let Some(Found { fact, local }) = self.entries.pop() else { break };
            read += 1;
            let relation = snapshot.fact_relation(fact)?.map(|relation| snapshot.relation_name(relation));
            let of = EntryOf { run, lang, relation, fact: snapshot.external_id(fact)?, prompt: unit.slot.prompt.0 };
            match &mut self.out {
                Out::Columns(columns) => {
                    if let Some(grid) = &grid {
                        neurons.clear();
                        grid.push_to(local, &mut neurons);
                        columns.push_set(of, shape, &neurons, &wanted);
                    } else {
                        let view = match least_share {
                            // A little below: where the share is rounded, its own comparison decides.
                            Some(share) => part.part.scores_above(local, share * (1.0 - 1e-9))?,
                            None => part.part.scores(local)?,
                        };
                        columns.push_scores(of, shape, &view, &wanted);
                    }
                }
                Out::Rows(rows, ..) => {
                    let mut sink = Taking(rows);
                    row(plan.table, of, part, Found { fact, local }, shape, &mut sink)?;
                }
            }
        }
        Ok(read)
    }

    /// What conditions leave of the layers and neurons of a run.
    fn domains(&mut self, run: RunId, shape: Shape) -> Result<Arc<Domains>> {
        if let Some(known) = self.domains.get(&run) {
            return Ok(Arc::clone(known));
        }
        let plan = Arc::clone(&self.plan);
        let of = |conditions: &[Arc<dyn PhysicalExpr>], name: &str, until: u32| -> Planned<Option<Vec<bool>>> {
            if conditions.is_empty() {
                return Ok(None);
            }
            let column: ArrayRef = Arc::new(Int32Array::from_iter_values(0..i32::try_from(until).unwrap_or(i32::MAX)));
            let batch = RecordBatch::try_new(Arc::new(numbers(name)), vec![column])?;
            hold(conditions, &batch).map(Some)
        };
        let layers = of(&plan.pushed.layer, "layer", shape.layers)?;
        let neurons = of(&plan.pushed.neuron, "neuron", shape.width)?;
        let domains = Arc::new(Domains { layers, neurons });
        self.domains.insert(run, Arc::clone(&domains));
        Ok(domains)
    }
}

impl Iterator for Work {
    type Item = Planned<RecordBatch>;

    fn next(&mut self) -> Option<Self::Item> {
        let batch = self.batch().map_err(SqlError::into).transpose();
        if matches!(batch, Some(Err(_))) {
            // Nothing comes after an error.
            (self.left, self.next) = (0, self.units.len());
            self.entries.clear();
            self.ready = None;
        }
        batch
    }
}

fn part_of<'s>(snapshot: &'s Snapshot, unit: &Unit) -> Result<LivePart<'s>> {
    let parts = if unit.groups { snapshot.group_parts(unit.slot)? } else { snapshot.parts(unit.slot)? };
    // The same snapshot has the same parts.
    parts.get(unit.part).copied().ok_or_else(|| SqlError::statement("a part of the store is gone", "ask again"))
}

/// What all rows of an entry have, a row an entry.
fn entries_of(snapshot: &Snapshot, unit: &Unit, entries: &[Found]) -> Result<RecordBatch> {
    let (run, lang) = (run_name(snapshot, unit.slot.run), snapshot.language_name(unit.slot.language));
    let prompt = i32::from(unit.slot.prompt.0);
    let (mut relations, mut facts) = (Vec::with_capacity(entries.len()), Vec::with_capacity(entries.len()));
    for entry in entries {
        relations.push(snapshot.fact_relation(entry.fact)?.map(|relation| snapshot.relation_name(relation)));
        facts.push(snapshot.external_id(entry.fact)?);
    }
    let same = |text: &str| StringViewArray::from_iter_values(std::iter::repeat_n(text, entries.len()));
    let columns: Vec<ArrayRef> = vec![
        Arc::new(same(run)),
        Arc::new(same(lang)),
        Arc::new(Int32Array::from(vec![prompt; entries.len()])),
        Arc::new(StringViewArray::from_iter(relations)),
        Arc::new(StringViewArray::from_iter_values(facts)),
    ];
    let batch = RecordBatch::try_new(Arc::new(Schema::new(of_entry())), columns);
    batch.map_err(|error| datafusion::error::DataFusionError::from(error).into())
}

/// The rows that `entries` and `groups` have of an entry.
fn row(
    table: EntryTable,
    of: EntryOf<'_>,
    live: LivePart<'_>,
    Found { fact, local }: Found,
    shape: Shape,
    sink: &mut dyn RowSink,
) -> Result<()> {
    let part = live.part;
    if table == EntryTable::Groups {
        group_rows(of, shape, &part.groups(local)?, sink)?;
        return Ok(());
    }
    match part.kind() {
        PartKind::Scores => scored_row(of, &live.measured(fact, local)?, &part.scores(local)?, sink)?,
        PartKind::Neurons => plain_row(of, "set", None, part.grid(0)?.count(local) as usize, sink)?,
        PartKind::Groups => plain_row(of, "groups", part.question(local)?, part.groups(local)?.len(), sink)?,
    }
    Ok(())
}
