//! The commit of which the tables of a statement are: one for each store, whatever is committed meanwhile.

use crate::error::{Result, SqlError};
use crate::schemas::MAIN;
use kndb_query::{Interrupt, Settings};
use kndb_storage::{Snapshot, Store};
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What the tables and functions of a session share. Planning takes the snapshots, so that whatever is planned at one time is of one
/// commit; [`crate::Sql`] plans one statement at a time.
pub(crate) struct Pin {
    /// The store in hand.
    pub store: Store,
    /// Of statements in kndb's own language.
    settings: Mutex<Settings>,
    current: Mutex<Option<InHand>>,
}

/// The statement that is being planned.
struct InHand {
    snapshots: HashMap<PathBuf, Arc<Snapshot>>,
    notes: Notes,
    interrupt: Interrupt,
}

/// What there is to know beside an answer, each once.
#[derive(Clone, Debug, Default)]
pub(crate) struct Notes(Arc<Mutex<Vec<String>>>);

/// Ends the planning of a statement when it goes.
pub(crate) struct Planning<'p>(&'p Pin);

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Nothing that is done under these locks can leave what they guard half-way.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Pin {
    pub(crate) fn new(store: &Store, settings: Settings) -> Self {
        Self { store: store.clone(), settings: Mutex::new(settings), current: Mutex::default() }
    }

    pub(crate) fn settings(&self) -> Settings {
        locked(&self.settings).clone()
    }

    pub(crate) fn set(&self, settings: Settings) {
        *locked(&self.settings) = settings;
    }

    /// Refuses attached stores whose names stand for something else here.
    pub(crate) fn check_names(&self) -> Result<()> {
        for (name, _) in self.settings().attached.list() {
            if [MAIN, "information_schema"].contains(&name.as_str()) {
                let reason = format!("a store is attached as {name:?}, which names something else in SQL");
                return Err(SqlError::statement(reason, "attach it by another name"));
            }
        }
        Ok(())
    }

    /// Begins a statement.
    pub(crate) fn begin(&self, notes: &Notes, interrupt: &Interrupt) -> Planning<'_> {
        let (notes, interrupt) = (notes.clone(), interrupt.clone());
        *locked(&self.current) = Some(InHand { snapshots: HashMap::new(), notes, interrupt });
        Planning(self)
    }

    /// The commit of a store for the statement in hand; outside of any, the newest one.
    pub(crate) fn snapshot(&self, store: &Store) -> Result<Arc<Snapshot>> {
        let mut current = locked(&self.current);
        let Some(in_hand) = current.as_mut() else { return Ok(store.snapshot()?) };
        if let Some(snapshot) = in_hand.snapshots.get(store.path()) {
            return Ok(Arc::clone(snapshot));
        }
        let snapshot = store.snapshot()?;
        in_hand.snapshots.insert(store.path().to_owned(), Arc::clone(&snapshot));
        Ok(snapshot)
    }

    pub(crate) fn notes(&self) -> Notes {
        locked(&self.current).as_ref().map(|in_hand| in_hand.notes.clone()).unwrap_or_default()
    }

    pub(crate) fn interrupt(&self) -> Interrupt {
        locked(&self.current).as_ref().map(|in_hand| in_hand.interrupt.clone()).unwrap_or_default()
    }
}

impl std::fmt::Debug for Pin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.store.path().fmt(f)
    }
}

impl Drop for Planning<'_> {
    fn drop(&mut self) {
        *locked(&self.0.current) = None;
    }
}

impl Notes {
    pub(crate) fn add(&self, note: String) {
        let mut notes = locked(&self.0);
        if !notes.contains(&note) {
            notes.push(note);
        }
    }

    pub(crate) fn all(&self) -> Vec<String> {
        locked(&self.0).clone()
    }
}
