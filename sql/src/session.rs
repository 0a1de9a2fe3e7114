//! A store, and SQL statements about it, one after the other.

use crate::answer::Answer;
use crate::error::{Result, SqlError};
use crate::functions::Function;
use crate::pin::{Notes, Pin};
use crate::schemas::{CATALOG, MAIN, Stores};
use crate::statement::Read;
use crate::texts;
use crate::threads::{self, Threads};
use crate::unknown;
use datafusion::arrow::datatypes::DataType;
use datafusion::common::ScalarValue;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::error::DataFusionError;
use datafusion::execution::SendableRecordBatchStream;
use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use datafusion::logical_expr::{DdlStatement, LogicalPlan};
use datafusion::physical_plan::{ExecutionPlan, execute_stream};
use datafusion::prelude::{SessionConfig, SessionContext};
use kndb_query::{Argument, DEFAULT_MEMORY, Interrupt, Parameters, Settings};
use kndb_storage::Store;
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::runtime::Handle;

/// The time between two looks at whether to stop.
const LOOK: Duration = Duration::from_millis(20);

/// A store that answers SQL. Views and settings that statements make stay until it goes; it can be used from several threads, which plan
/// one after the other and run side by side.
pub struct Sql {
    planner: Arc<Planner>,
}

/// What plans its statements.
pub(crate) struct Planner {
    pub(crate) context: SessionContext,
    pin: Arc<Pin>,
    /// Held while a statement is planned: [`Pin`] knows one at a time.
    planning: Mutex<()>,
}

impl Sql {
    /// SQL over a store. Of the settings, `run` and `language` are for statements in kndb's own language, `memory` is what a statement may
    /// take before it goes to temporary files, and attached stores are schemas: `b.scores`.
    ///
    /// # Errors
    /// When DataFusion refuses the memory, which it does of none.
    pub fn new(store: &Store, settings: Settings) -> Result<Self> {
        let memory = usize::try_from(settings.memory.unwrap_or(DEFAULT_MEMORY)).unwrap_or(usize::MAX);
        let environment = RuntimeEnvBuilder::new().with_memory_limit(memory, 1.0).build_arc()?;
        let mut config = SessionConfig::new()
            .with_default_catalog_and_schema(CATALOG, MAIN)
            .with_create_default_catalog_and_schema(false)
            .with_information_schema(true)
            .with_target_partitions(threads::count());
        config.options_mut().sql_parser.dialect = datafusion::config::Dialect::DuckDB;
        let context = SessionContext::new_with_config_rt(config, environment);
        let pin = Arc::new(Pin::new(store, settings));
        context.register_catalog(CATALOG, Arc::new(Stores::new(&pin)));
        for name in Function::NAMES {
            context.register_udtf(name, Arc::new(Function::new(&pin, name)));
        }
        Ok(Self { planner: Arc::new(Planner { context, pin, planning: Mutex::default() }) })
    }

    /// Answers one statement; its rows are found while they are read.
    ///
    /// # Errors
    /// When the text is no statement, more than one, or cannot be answered.
    pub fn query(&self, text: &str) -> Result<Answer> {
        self.query_with(text, &Parameters::default(), &Interrupt::default())
    }

    /// The same with values for the parameters of the statement (`$name`), until it is asked to stop, from elsewhere.
    ///
    /// # Errors
    /// As for [`Self::query`]; when a parameter has no value, a list where one value stands, or one that is for none.
    pub fn query_with(&self, text: &str, parameters: &Parameters, interrupt: &Interrupt) -> Result<Answer> {
        self.planner.pin.check_names()?;
        // What ends the statement ends what it does in kndb's own language, whoever asked for the end.
        let (notes, own) = (Notes::default(), Interrupt::default());
        let threads = Threads::begin()?;
        let stream = self.planned(&threads, text, parameters, &notes, [interrupt, &own])?;
        Answer::new(stream, threads, [interrupt.clone(), own], notes)
    }

    /// Plans a statement on a thread of its own, which whoever asks need not wait for.
    fn planned(
        &self,
        threads: &Threads,
        text: &str,
        parameters: &Parameters,
        notes: &Notes,
        [asked, own]: [&Interrupt; 2],
    ) -> Result<SendableRecordBatchStream> {
        let (sender, planned) = sync_channel(1);
        let (planner, handle) = (Arc::clone(&self.planner), threads.runtime()?.handle().clone());
        let (text, parameters, notes, of_work) = (text.to_owned(), parameters.clone(), notes.clone(), own.clone());
        threads.runtime()?.spawn_blocking(move || {
            // Whoever asked may have gone.
            let _ = sender.send(planner.planned(&handle, &text, &parameters, &notes, &of_work));
        });
        loop {
            if asked.is_set() {
                own.set();
                return Err(SqlError::Interrupted);
            }
            match planned.recv_timeout(LOOK) {
                Ok(planned) => return planned,
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => {
                    let reason = "the statement ended by a panic while it was planned, which is a bug";
                    return Err(SqlError::statement(reason, "please report it"));
                }
            }
        }
    }

    /// Other settings for what is asked from now on; memory stays what it is.
    pub fn set(&self, settings: Settings) {
        self.planner.pin.set(settings);
    }

    pub(crate) fn planner(&self) -> &Planner {
        &self.planner
    }
}

impl Planner {
    fn planned(
        &self,
        handle: &Handle,
        text: &str,
        parameters: &Parameters,
        notes: &Notes,
        interrupt: &Interrupt,
    ) -> Result<SendableRecordBatchStream> {
        let _one = self.planning.lock().unwrap_or_else(PoisonError::into_inner);
        let _planning = self.pin.begin(notes, interrupt, parameters);
        if interrupt.is_set() {
            return Err(SqlError::Interrupted);
        }
        let plan = handle.block_on(self.plan(text, parameters)).map_err(|error| unknown::told(error, &self.context))?;
        let _entered = handle.enter();
        Ok(execute_stream(plan, self.context.task_ctx())?)
    }

    async fn plan(&self, text: &str, given: &Parameters) -> Result<Arc<dyn ExecutionPlan>, DataFusionError> {
        let state = self.context.state();
        let Read { statement, parameters, lists } = Read::new(&state, text, given)?;
        let plan = state.statement_to_plan(statement).await?;
        only_reads(&plan)?;
        has_columns(&plan)?;
        if texts::has_word(text, "tablesample") {
            let reason = "found TABLESAMPLE, which would be passed over";
            return Err(SqlError::statement(reason, "ORDER BY random() LIMIT n takes n rows at random").into());
        }
        // Before anything is done: `CREATE VIEW` is done at once.
        let (types, wanted) = (plan.get_parameter_types()?, plan.get_parameter_names()?);
        if let Some(name) =
            wanted.iter().map(|name| name.trim_start_matches('$')).find(|name| parameters.get(name).is_none())
        {
            let reason = format!("parameter ${name} has no value");
            return Err(SqlError::statement(reason, format!("give one: -p {name}=…, or {name}=… in Python")).into());
        }
        // Those that a statement in kndb's own language has, too.
        let taken = self.pin.taken();
        let is_used = |name: &str| wanted.contains(&format!("${name}")) || lists.contains(name) || taken.contains(name);
        if let Some((name, _)) = given.iter().find(|(name, _)| !is_used(name)) {
            let reason = format!("the statement has no parameter ${name}");
            return Err(
                SqlError::statement(reason, "leave the value out, or name the parameter in the statement").into()
            );
        }
        let values = parameters.iter().filter(|(name, _)| wanted.contains(&format!("${name}"))).map(|(name, value)| {
            let wants_number =
                types.get(&format!("${name}")).and_then(Option::as_ref).is_some_and(DataType::is_numeric);
            Ok((name.to_owned(), scalar(name, value, wants_number)?))
        });
        let values = values.collect::<Result<Vec<_>>>()?;
        let plan = if wanted.is_empty() { plan } else { plan.with_param_values(values)? };
        self.context.execute_logical_plan(plan).await?.create_physical_plan().await
    }
}

/// Refuses a question for no columns, as `FROM facts` is without a SELECT: its answer would look empty.
fn has_columns(plan: &LogicalPlan) -> Result<(), DataFusionError> {
    let asks = !matches!(plan, LogicalPlan::Ddl(_) | LogicalPlan::Statement(_));
    if asks && plan.schema().fields().is_empty() {
        return Err(SqlError::statement("found no columns that are asked for", "write SELECT * FROM …").into());
    }
    Ok(())
}

/// Refuses what writes: files, a store's tables, and tables in memory, which no limit of memory counts.
fn only_reads(plan: &LogicalPlan) -> Result<(), DataFusionError> {
    plan.apply_with_subqueries(|node| {
        let (found, instead) = match node {
            LogicalPlan::Copy(_) => ("COPY", "`kndb sql … -o FILE` writes an answer into a file"),
            LogicalPlan::Dml(_) => {
                ("a statement that changes a table", "`kndb import` and `kndb facts` write into a store")
            }
            LogicalPlan::Ddl(DdlStatement::CreateMemoryTable(_)) => {
                ("CREATE TABLE", "CREATE VIEW … AS SELECT … is computed when it is asked")
            }
            _ => return Ok(TreeNodeRecursion::Continue),
        };
        Err(SqlError::statement(format!("found {found}, expected a question: SQL only reads"), instead).into())
    })?;
    Ok(())
}

/// The value of a parameter. What a person typed is a number where one is wanted, else a text.
fn scalar(name: &str, value: &Argument, wants_number: bool) -> Result<ScalarValue> {
    let whole = |number: f64| number.fract() == 0.0 && number.abs() < 9e15;
    match value {
        Argument::Text(text) => Ok(ScalarValue::from(text.as_str())),
        Argument::Number(number) if whole(*number) => Ok(ScalarValue::from(*number as i64)),
        Argument::Number(number) => Ok(ScalarValue::from(*number)),
        Argument::Percent(percent) => Ok(ScalarValue::from(percent / 100.0)),
        Argument::Typed(text) if wants_number => match (text.parse::<i64>(), text.parse::<f64>()) {
            (Ok(number), _) => Ok(ScalarValue::from(number)),
            (_, Ok(number)) if number.is_finite() => Ok(ScalarValue::from(number)),
            _ => Err(SqlError::statement(
                format!("parameter ${name} is {text:?}, expected a number"),
                "the statement compares it with one",
            )),
        },
        Argument::Typed(text) => Ok(ScalarValue::from(text.as_str())),
        Argument::List(_) => Err(SqlError::statement(
            format!("parameter ${name} has several values, expected one"),
            format!("several stand in `IN (${name})`"),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_waits_for_a_plan_can_be_stopped() {
        let folder = tempfile::tempdir().expect("a folder");
        let store = Store::create(folder.path().join("store")).expect("a store");
        let sql = Sql::new(&store, Settings::default()).expect("SQL");
        let interrupt = Interrupt::default();
        // As long as this is held no statement is planned.
        let planning = sql.planner.planning.lock().expect("the lock");
        let stopper = std::thread::spawn({
            let interrupt = interrupt.clone();
            move || interrupt.set()
        });
        let asked = sql.query_with("SELECT 1", &Parameters::default(), &interrupt);
        assert!(matches!(asked, Err(SqlError::Interrupted)));
        stopper.join().expect("the flag is set");
        drop(planning);
        assert!(
            sql.query("SELECT 1")
                .is_ok_and(|answer| answer.map(|batch| batch.expect("a batch").num_rows()).sum::<usize>() == 1)
        );
    }
}
