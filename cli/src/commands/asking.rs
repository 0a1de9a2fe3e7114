//! How commands begin that ask a model for the store's facts and write what they find into a run.

use std::collections::HashMap;
use std::num::NonZeroUsize;

use kndb_engine::job::Selection;
use kndb_engine::{FoilRule, device};
use kndb_storage::{Claim, Store};

use crate::args::{JobArgs, SelectionArgs};
use crate::error::{CliError, Result};
use crate::job::Shown;
use crate::relations;
use crate::terminal::Terminal;

/// What is known before a model is loaded.
pub struct Begun {
    /// The store.
    pub store: Store,
    /// What is asked.
    pub selection: Selection,
    names: HashMap<String, String>,
}

impl Begun {
    /// Finds everything that can be wrong without the model: loading it may take minutes. `foil` is what objects are set against, `command`
    /// what other programs are told that the run, if it is named, waits for.
    ///
    /// # Errors
    /// No such device, no store, no facts, a selection of what the store does not have, a run that another process writes.
    pub fn of(
        args: &JobArgs,
        selection: SelectionArgs,
        foil: Option<&FoilRule>,
        (run, command): (Option<&String>, &str),
        terminal: &Terminal,
    ) -> Result<Self> {
        device(&args.device)?;
        let store = super::opened(&args.store, terminal)?;
        let snapshot = store.snapshot()?;
        if snapshot.label_counts().is_empty() {
            return Err(CliError::NoFacts { path: args.store.clone() });
        }
        let mut selection = Selection::from(selection);
        selection.relations = relations::ids(&snapshot, &selection.relations)?;
        selection.check(&snapshot)?;
        if let Some(foil) = foil {
            selection.check_foil(&snapshot, foil)?;
        }
        let names = relations::by_id(&snapshot);
        // A snapshot keeps the files it reads.
        drop(snapshot);
        if let Some(run) = run {
            // Let go at once: the job claims it for itself.
            drop(store.claim_run(run, Claim::Alone, command)?);
        }
        Ok(Self { store, selection, names })
    }

    /// What a person sees.
    pub fn shown(&self, args: &JobArgs, terminal: &Terminal) -> Shown {
        let bar = terminal.messages_to_person && !args.quiet;
        Shown { bar, summary: !args.quiet, relations: self.names.clone() }
    }
}

impl JobArgs {
    /// Threads of the job, by default one a core.
    pub fn threads(&self) -> Option<NonZeroUsize> {
        // libtorch spreads one fact over the cores by itself.
        self.threads.or_else(|| (self.device != "cpu").then_some(NonZeroUsize::MIN))
    }
}
