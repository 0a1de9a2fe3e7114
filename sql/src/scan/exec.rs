//! The scan as a step of DataFusion's plan.

use super::pushed::Pushed;
use super::table::{EntryTable, OF_ENTRY, of_entry};
use super::units::Unit;
use super::work::Work;
use datafusion::arrow::datatypes::{Schema, SchemaRef};
use datafusion::common::stats::Precision;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::common::{Result, Statistics, internal_err};
use datafusion::config::ConfigOptions;
use datafusion::execution::TaskContext;
use datafusion::physical_expr::utils::{collect_columns, reassign_expr_columns};
use datafusion::physical_expr::{EquivalenceProperties, Partitioning, PhysicalExpr};
use datafusion::physical_plan::coop::cooperative;
use datafusion::physical_plan::execution_plan::{Boundedness, EmissionType, ReplaceChildrenOptions, SchedulingType};
use datafusion::physical_plan::filter_pushdown::{
    ChildPushdownResult, FilterPushdownPhase, FilterPushdownPropagation, PushedDown,
};
use datafusion::physical_plan::statistics::StatisticsArgs;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::{
    DisplayAs, DisplayFormatType, ExecutionPlan, PlanProperties, SendableRecordBatchStream,
};
use kndb_storage::Snapshot;
use std::fmt;
use std::sync::Arc;

/// What is read, of one commit.
pub(super) struct Plan {
    pub table: EntryTable,
    pub snapshot: Arc<Snapshot>,
    pub pushed: Pushed,
    /// Columns of the table that are wanted, and their schema.
    pub projection: Vec<usize>,
    pub schema: SchemaRef,
    /// More rows than this are of no use.
    pub limit: Option<usize>,
    /// Rows of the parts that are looked at.
    pub rows: u64,
}

/// The step.
#[derive(Clone)]
pub(super) struct Scan {
    plan: Arc<Plan>,
    partitions: Vec<Arc<[Unit]>>,
    /// Conditions of joins, on what is the same for an entry: known when their other side is read, and no more than a help.
    dynamic: Vec<Arc<dyn PhysicalExpr>>,
    properties: Arc<PlanProperties>,
}

impl Scan {
    pub(super) fn new(plan: Plan, partitions: Vec<Arc<[Unit]>>) -> Self {
        let properties = PlanProperties::new(
            EquivalenceProperties::new(Arc::clone(&plan.schema)),
            Partitioning::UnknownPartitioning(partitions.len()),
            EmissionType::Incremental,
            Boundedness::Bounded,
        );
        let properties = Arc::new(properties.with_scheduling_type(SchedulingType::Cooperative));
        Self { plan: Arc::new(plan), partitions, dynamic: Vec::new(), properties }
    }
}

impl fmt::Debug for Scan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.fmt_as(DisplayFormatType::Default, f)
    }
}

impl DisplayAs for Scan {
    fn fmt_as(&self, t: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Plan { table, pushed, schema, limit, .. } = &*self.plan;
        let columns: Vec<&str> = schema.fields().iter().map(|field| field.name().as_str()).collect();
        let separator = if matches!(t, DisplayFormatType::TreeRender) { "\n" } else { ", " };
        if !matches!(t, DisplayFormatType::TreeRender) {
            write!(f, "KndbScan: ")?;
        }
        write!(f, "table={}{separator}columns=[{}]", table.name(), columns.join(", "))?;
        write!(f, "{separator}partitions={}", self.partitions.len())?;
        if pushed.count > 0 {
            write!(f, "{separator}conditions={}", pushed.count)?;
        }
        if !self.dynamic.is_empty() {
            write!(f, "{separator}of joins={}", self.dynamic.len())?;
        }
        limit.iter().try_for_each(|limit| write!(f, "{separator}limit={limit}"))
    }
}

impl ExecutionPlan for Scan {
    fn name(&self) -> &str {
        "KndbScan"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.properties
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        Vec::new()
    }

    fn apply_expressions(
        &self,
        f: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        datafusion::physical_plan::execution_plan::apply_expression_roots(&self.dynamic, f)
    }

    fn replace_children(
        self: Arc<Self>,
        children: Vec<Arc<dyn ExecutionPlan>>,
        _: ReplaceChildrenOptions,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        if children.is_empty() { Ok(self) } else { internal_err!("a scan of kndb has no children") }
    }

    fn with_new_children(self: Arc<Self>, children: Vec<Arc<dyn ExecutionPlan>>) -> Result<Arc<dyn ExecutionPlan>> {
        if children.is_empty() { Ok(self) } else { internal_err!("a scan of kndb has no children") }
    }

    fn execute(&self, partition: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        let Some(units) = self.partitions.get(partition) else {
            return internal_err!("partition {partition} of {}", self.partitions.len());
        };
        let work = Work::new(&self.plan, units, &self.dynamic, context.session_config().batch_size());
        let stream = RecordBatchStreamAdapter::new(Arc::clone(&self.plan.schema), futures::stream::iter(work));
        Ok(Box::pin(cooperative(stream)))
    }

    fn statistics_from_inputs(&self, _: &[Arc<Statistics>], args: &StatisticsArgs) -> Result<Arc<Statistics>> {
        let mut statistics = Statistics::new_unknown(&self.plan.schema);
        if args.partition().is_none() {
            let rows = self.plan.rows as usize;
            let Pushed { count, .. } = self.plan.pushed;
            let all = count == 0 && self.dynamic.is_empty() && self.plan.limit.is_none();
            // Of groups the store counts no neurons.
            let exact = all && self.plan.table != EntryTable::Groups;
            // Each condition is taken to leave a third, as planners do.
            let estimate = (0..count.min(8)).fold(rows, |rows, _| rows / 3);
            statistics.num_rows = if exact { Precision::Exact(rows) } else { Precision::Inexact(estimate) };
        }
        Ok(Arc::new(statistics))
    }

    fn handle_child_pushdown_result(
        &self,
        phase: FilterPushdownPhase,
        result: ChildPushdownResult,
        _: &ConfigOptions,
    ) -> Result<FilterPushdownPropagation<Arc<dyn ExecutionPlan>>> {
        let answers = vec![PushedDown::No; result.parent_filters.len()];
        let mut propagation = FilterPushdownPropagation::with_parent_pushdown_result(answers);
        if phase != FilterPushdownPhase::Post {
            return Ok(propagation);
        }
        let of_entries = Schema::new(of_entry());
        let mut scan = self.clone();
        for filter in result.parent_filters {
            let columns = collect_columns(&filter.filter);
            if !columns.is_empty() && columns.iter().all(|column| OF_ENTRY.contains(&column.name())) {
                scan.dynamic.push(reassign_expr_columns(filter.filter, &of_entries)?);
            }
        }
        if scan.dynamic.len() > self.dynamic.len() {
            propagation.updated_node = Some(Arc::new(scan));
        }
        Ok(propagation)
    }
}
