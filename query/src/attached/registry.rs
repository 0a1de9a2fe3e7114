//! The attached stores, by name. They are opened for reading alone.

use crate::error::{ErrorKind, QueryError};
use crate::mistakes::nearest::nearest;
use crate::plan::names::listing;
use crate::syntax::ast::Name;
use crate::syntax::parser::stores::check_store_name;
use kndb_storage::{Options, Store};
use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Stores that statements can name beside the one in hand: `a::kn`. Clones share them, so that a prepared statement sees a store
/// that is attached after it was prepared.
///
/// They are read, and never changed. Each statement sees one state of each of them, the newest when it begins.
#[derive(Clone, Default)]
pub struct Attached(Arc<Mutex<BTreeMap<String, Store>>>);

impl Attached {
    /// Names a store beside `hand`, and looks whether it can be read.
    ///
    /// # Errors
    /// When the name is taken or cannot be one, when there is no store at the path or it cannot be read, and when it is the store
    /// in hand or attached already.
    pub fn attach(&self, hand: &Store, name: &str, path: impl AsRef<Path>) -> Result<(), QueryError> {
        let path = path.as_ref();
        check_store_name(name).map_err(|reason| QueryError::new(ErrorKind::Name, reason))?;
        let mut stores = self.stores();
        if let Some(taken) = stores.get(name) {
            let reason = format!("{} is attached as {name} already", taken.path().display());
            return Err(QueryError::new(ErrorKind::Name, reason)
                .hint(format!("`detach {name}` frees the name, or choose another")));
        }
        let store = opened(path)?;
        let found = real(path);
        if real(hand.path()) == found {
            let reason = format!("{} is the store in hand", path.display());
            return Err(QueryError::new(ErrorKind::Name, reason).hint("its sets are asked for without a name: `kn`"));
        }
        if let Some((other, _)) = stores.iter().find(|(_, other)| real(other.path()) == found) {
            let reason = format!("{} is attached as {other} already", path.display());
            return Err(QueryError::new(ErrorKind::Name, reason)
                .hint(format!("ask it as `{other}::kn`; for another name `detach {other}` first")));
        }
        stores.insert(name.to_owned(), store);
        Ok(())
    }

    /// Forgets a name.
    ///
    /// # Errors
    /// When no store has it.
    pub fn detach(&self, name: &str) -> Result<(), QueryError> {
        let mut stores = self.stores();
        match stores.remove(name) {
            Some(_) => Ok(()),
            None => Err(unknown(name, &stores)),
        }
    }

    /// Forgets all names.
    pub fn clear(&self) {
        self.stores().clear();
    }

    /// The stores by name, with their folders.
    pub fn list(&self) -> Vec<(String, PathBuf)> {
        self.stores().iter().map(|(name, store)| (name.clone(), store.path().to_owned())).collect()
    }

    /// The store of a name.
    ///
    /// # Errors
    /// When no store has it, with the nearest name.
    pub fn store(&self, name: &str) -> Result<Store, QueryError> {
        let stores = self.stores();
        stores.get(name).cloned().ok_or_else(|| unknown(name, &stores))
    }

    /// The same of a name that a statement says, where the error points at it.
    pub(crate) fn named(&self, name: &Name) -> Result<Store, QueryError> {
        self.store(&name.text).map_err(|error| error.at(name.span))
    }

    fn stores(&self) -> MutexGuard<'_, BTreeMap<String, Store>> {
        // A store comes and goes whole.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Opens a store for reading. One of format 1 can be read only by a handle that may lock it, as everywhere; nothing changes it.
fn opened(path: &Path) -> Result<Store, QueryError> {
    let read_only = Store::open_read_only(path).map_err(|e| QueryError::storage(e).hint(NO_STORE))?;
    let store = if read_only.format() == 1 { Store::open_with(path, Options::default()) } else { Ok(read_only) };
    let store = store.map_err(QueryError::storage)?;
    // What is damaged is found here, and not in the middle of a script.
    store.snapshot().map_err(QueryError::storage)?;
    Ok(store)
}

const NO_STORE: &str =
    "a store is a folder that `kndb init`, `kndb import` or `kndb attribute` made; `kndb info PATH` shows one";

fn real(path: &Path) -> PathBuf {
    std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned())
}

fn unknown(name: &str, stores: &BTreeMap<String, Store>) -> QueryError {
    let names = || stores.keys().map(String::as_str);
    let known = if stores.is_empty() { String::new() } else { format!("; attached are {}", listing(names())) };
    let hint = match nearest(name, names()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("`attach 'PATH' as {name}` attaches one, in the shell, a script or `kndb query --attach`"),
    };
    QueryError::new(ErrorKind::Name, format!("no store is attached as {name:?}{known}")).hint(hint)
}

impl fmt::Debug for Attached {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.list()).finish()
    }
}

/// Equal where they are shared, or name the same folders.
impl PartialEq for Attached {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || self.list() == other.list()
    }
}

impl Eq for Attached {}
