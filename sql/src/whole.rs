//! The tables that are not of entries: facts, labels, runs and what is said of relations. They are small beside scores, and are read whole.
//!
//! They are those of an export, but for `relation_names`, which has the names that are built in, too.

use crate::error::SqlError;
use crate::named;
use crate::pin::Pin;
use crate::scan::{spelling, viewed};
use async_trait::async_trait;
use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::catalog::streaming::StreamingTable;
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::Result;
use datafusion::execution::TaskContext;
use datafusion::logical_expr::{Expr, TableProviderFilterPushDown, TableType};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::SendableRecordBatchStream;
use datafusion::physical_plan::stream::RecordBatchReceiverStreamBuilder;
use datafusion::physical_plan::streaming::PartitionStream;
use kndb_export::ExportError;
use kndb_export::rows::{RowSink, Source, WITHOUT_ENTRIES, rows_of};
use kndb_export::table::{Cell, Rows, Table};
use kndb_storage::{Snapshot, Store};
use std::sync::Arc;
use tokio::sync::mpsc::Sender;

/// Batches that wait for being taken.
const READY: usize = 2;

/// All of them.
pub(crate) fn tables() -> impl Iterator<Item = &'static Table> {
    WITHOUT_ENTRIES.into_iter().map(|table| if table.name == named::TABLE.name { &named::TABLE } else { table })
}

/// A table as a whole.
pub(crate) struct Whole {
    table: &'static Table,
    pin: Arc<Pin>,
    store: Store,
    schema: SchemaRef,
}

impl Whole {
    pub(crate) fn new(table: &'static Table, pin: &Arc<Pin>, store: Store) -> Self {
        Self { table, pin: Arc::clone(pin), store, schema: viewed::schema(&table.schema()) }
    }
}

impl std::fmt::Debug for Whole {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.table.name)
    }
}

#[async_trait]
impl TableProvider for Whole {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    fn supports_filters_pushdown(&self, filters: &[&Expr]) -> Result<Vec<TableProviderFilterPushDown>> {
        // None is taken over; but what they name is looked for.
        let filters: Vec<Expr> = filters.iter().map(|filter| (*filter).clone()).collect();
        let snapshot = self.pin.snapshot(&self.store)?;
        spelling::look(&filters, &snapshot, &self.pin.notes()).map_err(SqlError::from)?;
        Ok(vec![TableProviderFilterPushDown::Unsupported; filters.len()])
    }

    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let snapshot = self.pin.snapshot(&self.store)?;
        let part = Part { table: self.table, store: self.store.clone(), snapshot, schema: Arc::clone(&self.schema) };
        let table = StreamingTable::try_new(Arc::clone(&self.schema), vec![Arc::new(part)])?;
        table.scan(state, projection, filters, limit).await
    }
}

/// Its rows, all in one stream.
struct Part {
    table: &'static Table,
    store: Store,
    snapshot: Arc<Snapshot>,
    schema: SchemaRef,
}

impl std::fmt::Debug for Part {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.table.name)
    }
}

impl PartitionStream for Part {
    fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    fn execute(&self, _: Arc<TaskContext>) -> SendableRecordBatchStream {
        let (table, store, snapshot) = (self.table, self.store.clone(), Arc::clone(&self.snapshot));
        let schema = Arc::clone(&self.schema);
        let mut stream = RecordBatchReceiverStreamBuilder::new(Arc::clone(&schema), READY);
        let to = stream.tx();
        stream.spawn_blocking(move || {
            let source = Source::whole(&store, &snapshot).map_err(SqlError::from)?;
            let mut sink = Sending { rows: Rows::of(table), schema, to };
            let done = match table.name {
                name if name == named::TABLE.name => named::rows(&source, &snapshot, &mut sink),
                _ => rows_of(table, &source, &mut sink),
            };
            let done = done.and_then(|()| sink.send());
            match done {
                // Nobody wants more.
                Err(ExportError::Stopped) => Ok(()),
                done => Ok(done.map_err(SqlError::from)?),
            }
        });
        stream.build()
    }
}

/// Rows on their way into batches, and those to whoever waits for them.
struct Sending {
    rows: Rows,
    schema: SchemaRef,
    to: Sender<Result<RecordBatch>>,
}

impl Sending {
    fn send(&mut self) -> kndb_export::Result<()> {
        if self.rows.is_empty() {
            return Ok(());
        }
        let batch = self.rows.take().and_then(|batch| viewed::batch(&batch, &self.schema));
        self.to.blocking_send(batch.map_err(Into::into)).map_err(|_| ExportError::Stopped)
    }
}

impl RowSink for Sending {
    fn row(&mut self, cells: &[Cell<'_>]) -> kndb_export::Result<()> {
        self.rows.push(cells);
        if self.rows.is_full() { self.send() } else { Ok(()) }
    }

    fn look(&mut self) -> kndb_export::Result<()> {
        if self.to.is_closed() { Err(ExportError::Stopped) } else { Ok(()) }
    }
}
