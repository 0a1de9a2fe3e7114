//! A table of entries as DataFusion asks it.

use super::exec::{Plan, Scan};
use super::pushed::{Pushed, takes};
use super::table::EntryTable;
use super::units::Units;
use super::{beyond, spelling};
use crate::error::SqlError;
use crate::pin::Pin;
use async_trait::async_trait;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::Result;
use datafusion::logical_expr::{Expr, TableProviderFilterPushDown, TableType};
use datafusion::physical_plan::ExecutionPlan;
use kndb_storage::{Snapshot, Store};
use std::sync::Arc;

/// A table of entries.
pub(crate) struct Scanned {
    table: EntryTable,
    pin: Arc<Pin>,
    store: Store,
    schema: SchemaRef,
}

impl Scanned {
    pub(crate) fn new(table: EntryTable, pin: &Arc<Pin>, store: Store) -> Self {
        Self { table, pin: Arc::clone(pin), store, schema: table.schema() }
    }
}

impl std::fmt::Debug for Scanned {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.table.name())
    }
}

#[async_trait]
impl TableProvider for Scanned {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    fn supports_filters_pushdown(&self, filters: &[&Expr]) -> Result<Vec<TableProviderFilterPushDown>> {
        let answer = |filter: &&Expr| {
            if takes(self.table, filter) {
                TableProviderFilterPushDown::Exact
            } else {
                TableProviderFilterPushDown::Unsupported
            }
        };
        Ok(filters.iter().map(answer).collect())
    }

    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let snapshot = self.pin.snapshot(&self.store)?;
        check_shapes(&snapshot)?;
        spelling::look(filters, &snapshot, &self.pin.notes()).map_err(SqlError::from)?;
        let pushed = Pushed::new(self.table, filters)?;
        beyond::look(&pushed, &snapshot, &self.pin.notes())?;
        let units = Units::of(&snapshot, self.table, &pushed)?;
        let projection: Vec<usize> = projection.map_or_else(|| (0..self.schema.fields().len()).collect(), Clone::clone);
        let schema = Arc::new(self.schema.project(&projection)?);
        let rows = units.rows;
        let partitions = units.dealt(state.config().target_partitions());
        let plan = Plan { table: self.table, snapshot, pushed, projection, schema, limit, rows };
        Ok(Arc::new(Scan::new(plan, partitions)))
    }
}

/// Layers and neurons are 32-bit numbers with a sign, as in an export.
fn check_shapes(snapshot: &Snapshot) -> Result<(), SqlError> {
    let most = i32::MAX as u32;
    match snapshot.runs().find(|run| run.spec.shape.layers.max(run.spec.shape.width) > most) {
        None => Ok(()),
        Some(run) => Err(SqlError::statement(
            format!(
                "run {:?} has {}, expected at most {most} layers, and neurons in a layer",
                run.spec.name, run.spec.shape
            ),
            "ask in kndb's own language: `kndb query`",
        )),
    }
}
