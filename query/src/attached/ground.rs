//! What one statement is asked of: the store in hand and the attached ones that it names, each as of one commit.

use super::apart::names_in;
use crate::error::QueryError;
use crate::plan::names::Settings;
use crate::result::elsewhere::Elsewhere;
use crate::syntax::ast::{Name, Statement};
use kndb_storage::{Error, Snapshot, Store};
use std::sync::{Arc, OnceLock};

/// The stores of a statement. Plans borrow from it.
pub(crate) struct Ground {
    pub store: Store,
    pub snapshot: Arc<Snapshot>,
    pub settings: Settings,
    /// Attached stores that the statement names, each once.
    pub beside: Vec<Beside>,
    /// What the others say of facts; set when a plan needs it.
    pub elsewhere: OnceLock<Arc<Elsewhere>>,
}

/// An attached store.
pub(crate) struct Beside {
    pub name: String,
    pub ground: Ground,
}

/// Attached stores, each with its newest state.
pub(crate) type Taken = Vec<(String, Store, Arc<Snapshot>)>;

/// Looks at the attached stores that a statement names.
pub(crate) fn take(statement: &Statement, settings: &Settings) -> Result<Taken, QueryError> {
    take_named(&names_in(statement), settings)
}

/// The same of names that were found before.
pub(crate) fn take_named(names: &[Name], settings: &Settings) -> Result<Taken, QueryError> {
    let mut taken = names
        .iter()
        .map(|name| {
            let store = settings.attached.named(name)?;
            let snapshot = store.snapshot().map_err(|e| {
                let gone = matches!(e, Error::Replaced { .. } | Error::NotAStore { .. });
                let hint = gone.then(|| format!("`detach {name}`, then attach it again"));
                in_store(&name.text, QueryError::storage(e).at(name.span).maybe_hint(hint))
            })?;
            Ok((name.text.clone(), store, snapshot))
        })
        .collect::<Result<Taken, _>>()?;
    // Facts are numbered store by store: rows come in one order, however a statement is written.
    taken.sort_by(|(a, ..), (b, ..)| a.cmp(b));
    Ok(taken)
}

impl Ground {
    pub(crate) fn new(store: &Store, snapshot: &Arc<Snapshot>, settings: &Settings, taken: Taken) -> Self {
        let beside = taken.into_iter().map(|(name, store, snapshot)| {
            // The session's run is one of the store in hand.
            let settings = Settings { run: None, attached: super::Attached::default(), ..settings.clone() };
            Beside { name, ground: Self::new(&store, &snapshot, &settings, Vec::new()) }
        });
        let (snapshot, beside) = (Arc::clone(snapshot), beside.collect());
        Self { store: store.clone(), snapshot, settings: settings.clone(), beside, elsewhere: OnceLock::new() }
    }

    /// Whether it is of these very states of the stores.
    pub(crate) fn is_of(&self, snapshot: &Arc<Snapshot>, taken: &Taken) -> bool {
        let same = |(beside, (name, _, snapshot)): (&Beside, &(String, Store, Arc<Snapshot>))| {
            beside.name == *name && Arc::ptr_eq(&beside.ground.snapshot, snapshot)
        };
        Arc::ptr_eq(&self.snapshot, snapshot)
            && self.beside.len() == taken.len()
            && self.beside.iter().zip(taken).all(same)
    }

    /// An attached store, by its name, and which of them it is.
    pub(crate) fn beside(&self, name: &str) -> Option<(usize, &Beside)> {
        self.beside.iter().enumerate().find(|(_, beside)| beside.name == name)
    }
}

/// An error of an attached store, which says so.
pub(crate) fn in_store(name: &str, error: QueryError) -> QueryError {
    QueryError { reason: of_store(name, &error.reason), ..error }
}

/// What is said of an attached store.
pub(crate) fn of_store(name: &str, text: &str) -> String {
    format!("store {name}: {text}")
}
