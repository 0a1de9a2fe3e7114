//! Names to tables: `scores` is of the store in hand, `b.scores` of the one that is attached as `b`.

use crate::pin::Pin;
use crate::scan::{EntryTable, Scanned};
use crate::whole::{self, Whole};
use async_trait::async_trait;
use datafusion::catalog::{CatalogProvider, SchemaProvider, TableProvider};
use datafusion::common::{Result, exec_err};
use kndb_storage::Store;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The catalogue, and in it the schema of the store in hand.
pub(crate) const CATALOG: &str = "kndb";
pub(crate) const MAIN: &str = "main";

/// The schemas of a session: a store each.
#[derive(Debug)]
pub(crate) struct Stores {
    pin: Arc<Pin>,
    main: Arc<Tables>,
}

impl Stores {
    pub(crate) fn new(pin: &Arc<Pin>) -> Self {
        Self { pin: Arc::clone(pin), main: Arc::new(Tables::new(pin, pin.store.clone())) }
    }
}

impl CatalogProvider for Stores {
    fn schema_names(&self) -> Vec<String> {
        let attached = self.pin.settings().attached.list().into_iter().map(|(name, _)| name);
        std::iter::once(MAIN.to_owned()).chain(attached).collect()
    }

    fn schema(&self, name: &str) -> Option<Arc<dyn SchemaProvider>> {
        if name == MAIN {
            return Some(Arc::clone(&self.main) as Arc<dyn SchemaProvider>);
        }
        let store = self.pin.settings().attached.store(name).ok()?;
        Some(Arc::new(Tables::new(&self.pin, store)))
    }
}

/// The tables of a store, and what the session has made beside them: views, files that it has named.
pub(crate) struct Tables {
    pin: Arc<Pin>,
    store: Store,
    own: Mutex<BTreeMap<String, Arc<dyn TableProvider>>>,
}

impl Tables {
    pub(crate) fn new(pin: &Arc<Pin>, store: Store) -> Self {
        Self { pin: Arc::clone(pin), store, own: Mutex::default() }
    }

    fn own(&self) -> MutexGuard<'_, BTreeMap<String, Arc<dyn TableProvider>>> {
        self.own.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn of_store(&self, name: &str) -> Option<Arc<dyn TableProvider>> {
        if let Some(table) = EntryTable::named(name) {
            return Some(Arc::new(Scanned::new(table, &self.pin, self.store.clone())));
        }
        let table = whole::tables().find(|table| table.name == name)?;
        Some(Arc::new(Whole::new(table, &self.pin, self.store.clone())))
    }
}

/// Names of the tables that every store has.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    EntryTable::ALL.into_iter().map(EntryTable::name).chain(whole::tables().map(|table| table.name))
}

impl std::fmt::Debug for Tables {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.store.path().fmt(f)
    }
}

#[async_trait]
impl SchemaProvider for Tables {
    fn table_names(&self) -> Vec<String> {
        names().map(str::to_owned).chain(self.own().keys().cloned()).collect()
    }

    async fn table(&self, name: &str) -> Result<Option<Arc<dyn TableProvider>>> {
        Ok(self.of_store(name).or_else(|| self.own().get(name).cloned()))
    }

    fn register_table(&self, name: String, table: Arc<dyn TableProvider>) -> Result<Option<Arc<dyn TableProvider>>> {
        if names().any(|taken| taken == name) {
            return exec_err!("{name:?} is a table of every store, which cannot be replaced: choose another name");
        }
        if self.store.path() != self.pin.store.path() {
            return exec_err!("views and files belong to the store in hand: leave out the name of the attached one");
        }
        Ok(self.own().insert(name, table))
    }

    fn deregister_table(&self, name: &str) -> Result<Option<Arc<dyn TableProvider>>> {
        if names().any(|taken| taken == name) {
            return exec_err!("{name:?} is a table of every store, which cannot be dropped: SQL only reads");
        }
        Ok(self.own().remove(name))
    }

    fn table_exist(&self, name: &str) -> bool {
        names().any(|known| known == name) || self.own().contains_key(name)
    }
}
