//! A run gets another name.

use crate::claim::Claim;
use crate::error::{Error, Result};
use crate::run::{Run, RunSpec, SOURCE};
use crate::snapshot::Snapshot;
use crate::store::Store;

impl Store {
    /// Gives a run another name. Runs that were made from it say so by its name (their parameter [`SOURCE`]), and say the new one
    /// then; how many these are. Saved sets know runs by their numbers and stay as they are.
    ///
    /// # Errors
    /// No such run, a run of the new name, a name that cannot be one; [`Error::RunClaimed`] when a job fills the run or one that
    /// was made from it.
    pub fn rename_run(&self, old: &str, new: &str) -> Result<u64> {
        let snapshot = self.for_writing()?;
        let run = snapshot.run_named(old).ok_or_else(|| snapshot.catalogue.unknown_run(old))?.clone();
        RunSpec { name: new.to_owned(), ..run.spec.clone() }.check()?;
        if old == new {
            return Ok(0);
        }
        let mut names = vec![old, new];
        names.extend(made_from(&snapshot, old).map(|run| run.spec.name.as_str()).filter(|&name| name != old));
        let claims = names.iter().map(|name| self.claim_run(name, Claim::Alone, "a renaming"));
        let _claims: Vec<_> = claims.collect::<Result<_>>()?;
        self.write(|locked| {
            // Looked at again: all may have changed before the names were claimed.
            let mut run = locked.now().runs.get(&run.id).filter(|run| run.spec.name == old).cloned();
            let run = run.as_mut().ok_or_else(|| locked.now().unknown_run(old))?;
            if locked.now().run_named(new).is_some() {
                return Err(Error::RunExists { run: new.to_owned() });
            }
            new.clone_into(&mut run.spec.name);
            locked.set_run(run);
            let from_it: Vec<Run> = locked.now().runs.values().filter(|run| is_from(run, old)).cloned().collect();
            for mut other in from_it.iter().cloned() {
                for (_, value) in other.spec.parameters.iter_mut().filter(|(name, _)| name == SOURCE) {
                    new.clone_into(value);
                }
                locked.set_run(&other);
            }
            Ok(from_it.len() as u64)
        })
    }
}

fn made_from<'a>(snapshot: &'a Snapshot, source: &'a str) -> impl Iterator<Item = &'a Run> {
    snapshot.runs().filter(move |run| is_from(run, source))
}

fn is_from(run: &Run, source: &str) -> bool {
    run.spec.parameters.iter().any(|(name, value)| name == SOURCE && value == source)
}
