//! Tables of a store for a DataFusion that is built into another library of the process: that of the Python package `datafusion`.
//!
//! They cross by DataFusion's C interface ([`datafusion_ffi`]), which holds between libraries of one major version, and of no other: before
//! anything of the other side is looked at, whoever calls must know that its version is [`version`].

use crate::error::{Result, SqlError};
use crate::pin::Pin;
use crate::schemas::{MAIN, Tables, names};
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::catalog::{SchemaProvider, TableProvider};
use datafusion_ffi::schema_provider::FFI_SchemaProvider;
use datafusion_ffi::table_provider::FFI_TableProvider;
use kndb_query::{Attached, Settings, nearest};
use kndb_storage::Store;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::runtime::{Builder, Handle, Runtime};

pub use datafusion_ffi::proto::logical_extension_codec::FFI_LogicalExtensionCodec;
pub use datafusion_ffi::version;

/// The tables of a store, for others. Each scan reads the newest commit: two tables of one statement can be of two.
#[derive(Clone)]
pub struct Lent {
    pin: Arc<Pin>,
    attached: Attached,
}

impl Lent {
    /// Those of a store, and of the stores attached to it. What there is to know beside the rows of a scan is told to `hear`, while it is
    /// planned.
    pub fn new(store: &Store, attached: &Attached, hear: impl Fn(&str) + Send + Sync + 'static) -> Self {
        let settings = Settings { attached: attached.clone(), ..Settings::default() };
        Self { pin: Arc::new(Pin::heard(store, settings, hear)), attached: attached.clone() }
    }

    /// Names of the tables that every store has.
    pub fn names() -> impl Iterator<Item = &'static str> {
        names()
    }

    /// The table `scores`, or `b.scores` of the store that is attached as `b`.
    ///
    /// # Errors
    /// When there is none of that name.
    pub fn table(&self, name: &str) -> Result<LentTable> {
        let (schema, table) = name.split_once('.').unwrap_or((MAIN, name));
        let store = if schema == MAIN {
            self.pin.store.clone()
        } else {
            let known: Vec<String> = self.attached.list().into_iter().map(|(name, _)| name).collect();
            self.attached.store(schema).map_err(|_| {
                let attached =
                    if known.is_empty() { "none is".to_owned() } else { format!("found {}", known.join(", ")) };
                let reason = format!("there is no table {name:?}: no store is attached as {schema:?}, {attached}");
                SqlError::statement(reason, "`attach` names a store for reading beside this one")
            })?
        };
        match Tables::new(&self.pin, store).of_store(table) {
            Some(provider) => Ok(LentTable { provider }),
            None => {
                let near = nearest(table, names()).map(|near| format!("; did you mean {near:?}?")).unwrap_or_default();
                let known = names().collect::<Vec<_>>().join(", ");
                Err(SqlError::statement(format!("there is no table {name:?}{near}"), format!("the tables are {known}")))
            }
        }
    }

    /// All tables of the store, for a session with this codec.
    ///
    /// # Errors
    /// When the system gives no threads.
    pub fn schema_provider(&self, codec: FFI_LogicalExtensionCodec) -> Result<FFI_SchemaProvider> {
        let tables: Arc<dyn SchemaProvider> = Arc::new(Tables::new(&self.pin, self.pin.store.clone()));
        Ok(FFI_SchemaProvider::new_with_ffi_codec(tables, Some(threads()?), codec))
    }
}

/// A table, for others.
pub struct LentTable {
    provider: Arc<dyn TableProvider>,
}

impl LentTable {
    /// Its columns, with texts as views.
    pub fn schema(&self) -> SchemaRef {
        self.provider.schema()
    }

    /// The table for a session with this codec, by which conditions come, with whatever functions the session knows.
    ///
    /// # Errors
    /// When the system gives no threads.
    pub fn provider(&self, codec: FFI_LogicalExtensionCodec) -> Result<FFI_TableProvider> {
        Ok(FFI_TableProvider::new_with_ffi_codec(Arc::clone(&self.provider), true, Some(threads()?), codec))
    }
}

/// What the other side cannot lend: threads for work that waits. They stay for as long as the process does, as tables may.
fn threads() -> Result<Handle> {
    static THREADS: Mutex<Option<Runtime>> = Mutex::new(None);
    let mut threads = THREADS.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(runtime) = threads.as_ref() {
        return Ok(runtime.handle().clone());
    }
    let made = Builder::new_multi_thread().worker_threads(1).thread_name("kndb-lent").build().map_err(|error| {
        SqlError::statement(format!("the system gives no threads: {error}"), "end other programs, and try again")
    })?;
    Ok(threads.insert(made).handle().clone())
}
