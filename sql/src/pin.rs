//! The commit of which the tables of a statement are: one for each store, whatever is committed meanwhile.

use crate::error::{Result, SqlError};
use crate::schemas::MAIN;
use kndb_query::{Interrupt, Parameters, Settings};
use kndb_storage::{Snapshot, Store};
use std::collections::{BTreeSet, HashMap};
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
    /// Of what is planned outside of any statement of this session.
    beside: Notes,
}

/// The statement that is being planned.
struct InHand {
    snapshots: HashMap<PathBuf, Arc<Snapshot>>,
    notes: Notes,
    interrupt: Interrupt,
    /// Values for statements in kndb's own language, and names of those that one of them has taken.
    parameters: Parameters,
    taken: BTreeSet<String>,
}

/// What there is to know beside an answer, each once; or whoever hears of it at once.
#[derive(Clone, Default)]
pub(crate) struct Notes {
    said: Arc<Mutex<Vec<String>>>,
    hear: Option<Arc<Hear>>,
}

type Hear = dyn Fn(&str) + Send + Sync;

/// Ends the planning of a statement when it goes.
pub(crate) struct Planning<'p>(&'p Pin);

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Nothing that is done under these locks can leave what they guard half-way.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Pin {
    pub(crate) fn new(store: &Store, settings: Settings) -> Self {
        let (settings, beside) = (Mutex::new(settings), Notes::default());
        Self { store: store.clone(), settings, current: Mutex::default(), beside }
    }

    /// One for tables without a session, whose notes are told as they come.
    #[cfg(feature = "ffi")]
    pub(crate) fn heard(store: &Store, settings: Settings, hear: impl Fn(&str) + Send + Sync + 'static) -> Self {
        let beside = Notes { hear: Some(Arc::new(hear)), ..Notes::default() };
        Self { beside, ..Self::new(store, settings) }
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
    pub(crate) fn begin(&self, notes: &Notes, interrupt: &Interrupt, parameters: &Parameters) -> Planning<'_> {
        let (notes, interrupt, parameters) = (notes.clone(), interrupt.clone(), parameters.clone());
        let (snapshots, taken) = (HashMap::new(), BTreeSet::new());
        *locked(&self.current) = Some(InHand { snapshots, notes, interrupt, parameters, taken });
        Planning(self)
    }

    /// Values of the statement in hand for parameters of these names, as far as there are any.
    pub(crate) fn take(&self, names: &[String]) -> Parameters {
        let mut current = locked(&self.current);
        let mut taken = Parameters::default();
        let Some(in_hand) = current.as_mut() else { return taken };
        for name in names {
            if let Some(value) = in_hand.parameters.get(name) {
                taken.set(name.as_str(), value.clone());
                in_hand.taken.insert(name.clone());
            }
        }
        taken
    }

    /// Names of the values that were [taken](Self::take).
    pub(crate) fn taken(&self) -> BTreeSet<String> {
        locked(&self.current).as_ref().map(|in_hand| in_hand.taken.clone()).unwrap_or_default()
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
        locked(&self.current).as_ref().map_or(&self.beside, |in_hand| &in_hand.notes).clone()
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
        if let Some(hear) = &self.hear {
            return hear(&note);
        }
        let mut notes = locked(&self.said);
        if !notes.contains(&note) {
            notes.push(note);
        }
    }

    pub(crate) fn all(&self) -> Vec<String> {
        locked(&self.said).clone()
    }
}
