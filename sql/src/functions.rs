//! kndb's own language within SQL: `kndb('likn[lang in (en, zh)] by layer')`, and for the sets that are asked most `kn('lang=en, tau=0.3')` and
//! `likn('…')`.

use crate::error::SqlError;
use crate::pin::{Notes, Pin};
use async_trait::async_trait;
use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::catalog::streaming::StreamingTable;
use datafusion::catalog::{Session, TableFunctionArgs, TableFunctionImpl, TableProvider};
use datafusion::common::Result;
use datafusion::execution::TaskContext;
use datafusion::logical_expr::{Expr, TableType};
use datafusion::physical_plan::stream::RecordBatchReceiverStreamBuilder;
use datafusion::physical_plan::streaming::PartitionStream;
use datafusion::physical_plan::{ExecutionPlan, SendableRecordBatchStream};
use kndb_query::{
    Batch, BatchSink, Column, ErrorKind, ExprKind, Head, Note, Parameters, Prepared, Query, QueryError, Settings,
    Statement,
};
use kndb_storage::Snapshot;
use std::ops::ControlFlow;
use std::sync::Arc;
use tokio::sync::mpsc::Sender;

/// Batches that wait for being taken.
const READY: usize = 2;

/// A function whose rows are those of a statement.
#[derive(Debug)]
pub(crate) struct Function {
    pin: Arc<Pin>,
    name: &'static str,
}

impl Function {
    /// All of them.
    pub(crate) const NAMES: [&str; 3] = ["kndb", "kn", "likn"];

    pub(crate) fn new(pin: &Arc<Pin>, name: &'static str) -> Self {
        Self { pin: Arc::clone(pin), name }
    }

    /// The statement that is meant by the arguments of a call.
    fn statement(&self, arguments: &[Expr]) -> Result<String, SqlError> {
        let texts: Option<Vec<&str>> = arguments.iter().map(text).collect();
        let source = self.name != "kndb";
        match texts.as_deref() {
            Some([text]) if !source => Ok((*text).to_owned()),
            Some([]) if source => Ok(self.name.to_owned()),
            Some([conditions]) if source && conditions.trim().is_empty() => Ok(self.name.to_owned()),
            Some([conditions]) if source => Ok(format!("{}[{conditions}]", self.name)),
            _ => {
                let found = arguments.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
                let (expected, example) = if source {
                    ("conditions as one text, or nothing", format!("{}('lang=en, tau=0.3')", self.name))
                } else {
                    ("a query of kndb's own language as one text", "kndb('likn[lang in (en, zh)] by layer')".to_owned())
                };
                let reason = format!("{}({found}): expected {expected}", self.name);
                Err(SqlError::statement(reason, format!("write {example}")))
            }
        }
    }
}

fn text(expr: &Expr) -> Option<&str> {
    match expr {
        Expr::Literal(value, _) => value.try_as_str().flatten(),
        _ => None,
    }
}

impl TableFunctionImpl for Function {
    fn call_with_args(&self, arguments: TableFunctionArgs<'_, '_>) -> Result<Arc<dyn TableProvider>> {
        let text = self.statement(arguments.exprs())?;
        let (asked, statement) = asked(&self.pin, &text, None)?;
        // Conditions that close the bracket and go on would be another question.
        if self.name != "kndb" && !is_source(&statement) {
            let reason = format!("{text:?} is more than {}[…]", self.name);
            return Err(SqlError::statement(reason, "kndb('…') takes any question").into());
        }
        let Asked { schema, parameters, .. } = asked;
        Ok(Arc::new(OfStatement { pin: Arc::clone(&self.pin), text, parameters, schema }))
    }
}

/// Whether a statement is a source with conditions, and nothing around it.
fn is_source(statement: &Statement) -> bool {
    let Statement::Query(query) = statement else { return false };
    let Query { head, by, having, order, top, .. } = query;
    matches!(head, Head::Set(expr) if matches!(expr.kind, ExprKind::Source(_)))
        && by.is_empty()
        && having.is_empty()
        && order.is_empty()
        && top.is_none()
}

/// A statement as a table. A view may have it for long: each scan plans it anew, for the commit of the statement in hand.
struct OfStatement {
    pin: Arc<Pin>,
    text: String,
    /// Values of its parameters, those of the statement that named it.
    parameters: Parameters,
    schema: SchemaRef,
}

impl std::fmt::Debug for OfStatement {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text)
    }
}

#[async_trait]
impl TableProvider for OfStatement {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    fn table_type(&self) -> TableType {
        TableType::Temporary
    }

    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let (asked, _) = asked(&self.pin, &self.text, Some(&self.parameters))?;
        if asked.schema != self.schema {
            let reason = format!("{:?} has other columns than when it was named", self.text);
            return Err(SqlError::statement(reason, "make the view anew").into());
        }
        let table = StreamingTable::try_new(Arc::clone(&self.schema), vec![Arc::new(asked)])?;
        table.scan(state, projection, filters, limit).await
    }
}

/// A statement, planned for the commit of the statement in hand, with these values for its parameters, or those of the statement in hand.
fn asked(pin: &Arc<Pin>, text: &str, parameters: Option<&Parameters>) -> Result<(Asked, Statement)> {
    let settings = Settings { interrupt: pin.interrupt(), ..pin.settings() };
    let wrong = |error| SqlError::Query { error: Box::new(error), text: text.to_owned() };
    let prepared = Prepared::new(&pin.store, settings, text).map_err(wrong)?;
    if !matches!(prepared.statement(), Statement::Query(_)) {
        let reason = format!("kndb({text:?}): expected a query, which has rows");
        return Err(SqlError::statement(reason, "`let`, `drop`, `explain` and `attach` stand in `kndb query`").into());
    }
    let snapshot = pin.snapshot(&pin.store)?;
    let parameters = parameters.map_or_else(|| pin.take(prepared.parameters()), Clone::clone);
    let mut looking = Looking::default();
    let done = prepared.stream_at(&snapshot, &parameters, &mut looking);
    let Some(columns) = looking.0 else {
        return Err(done
            .err()
            .map_or_else(|| SqlError::statement("a query without columns", "ask something"), wrong)
            .into());
    };
    let (schema, statement) = (Arc::new(kndb_arrow::schema(&columns, None)), prepared.statement().clone());
    let (prepared, text, notes) = (Arc::new(prepared), text.to_owned(), pin.notes());
    Ok((Asked { prepared, parameters, text, snapshot, schema, notes }, statement))
}

/// Takes the columns of an answer, and nothing else.
#[derive(Default)]
struct Looking(Option<Arc<[Column]>>);

impl BatchSink for Looking {
    fn columns(&mut self, columns: &Arc<[Column]>) -> Result<(), QueryError> {
        self.0 = Some(Arc::clone(columns));
        Err(QueryError::new(ErrorKind::Interrupted, "the columns are known"))
    }

    fn batch(&mut self, _: Batch) -> Result<ControlFlow<()>, QueryError> {
        Ok(ControlFlow::Break(()))
    }

    fn note(&mut self, _: &Note) -> Result<(), QueryError> {
        Ok(())
    }
}

/// A statement that can be asked, of one commit.
struct Asked {
    prepared: Arc<Prepared>,
    parameters: Parameters,
    text: String,
    snapshot: Arc<Snapshot>,
    schema: SchemaRef,
    notes: Notes,
}

impl std::fmt::Debug for Asked {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text)
    }
}

impl PartitionStream for Asked {
    fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    fn execute(&self, _: Arc<TaskContext>) -> SendableRecordBatchStream {
        let (prepared, snapshot) = (Arc::clone(&self.prepared), Arc::clone(&self.snapshot));
        let (schema, text, notes) = (Arc::clone(&self.schema), self.text.clone(), self.notes.clone());
        let parameters = self.parameters.clone();
        let mut stream = RecordBatchReceiverStreamBuilder::new(Arc::clone(&schema), READY);
        let to = stream.tx();
        stream.spawn_blocking(move || {
            let mut sink = Sending { schema, notes, to };
            let done = prepared.stream_at(&snapshot, &parameters, &mut sink);
            done.map_err(|error| match error.kind {
                ErrorKind::Interrupted => SqlError::Interrupted,
                _ => SqlError::Query { error: Box::new(error), text },
            })?;
            Ok(())
        });
        stream.build()
    }
}

/// Batches on their way to whoever waits for them.
struct Sending {
    schema: SchemaRef,
    notes: Notes,
    to: Sender<Result<RecordBatch>>,
}

impl BatchSink for Sending {
    fn columns(&mut self, _: &Arc<[Column]>) -> Result<(), QueryError> {
        Ok(())
    }

    fn batch(&mut self, batch: Batch) -> Result<ControlFlow<()>, QueryError> {
        let batch = kndb_arrow::record_batch(&batch, &self.schema).map_err(Into::into);
        // If nobody wants more, that is all.
        let sent = self.to.blocking_send(batch);
        Ok(if sent.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) })
    }

    fn note(&mut self, note: &Note) -> Result<(), QueryError> {
        self.notes.add(note.text.clone());
        Ok(())
    }
}
