//! Stores into one store: shards of a run from several machines, whole runs side by side, or one run of another store.
//!
//! Facts are matched by their external ids, languages and relations by name. Everything is compared before anything is written:
//! where two stores say different things, all is refused. Then facts are added in one commit, and entries in one a segment, as the
//! bytes they are; the run is open meanwhile, and a job of its record says whether it is to be complete in the end. So the same call
//! again goes on after an interruption. Saved sets stay where they are: they are of facts by number.

mod entries;
mod facts;
mod runs;
mod write;

use crate::catalogue::Catalogue;
use crate::claim::Claim;
use crate::error::{Error, Result};
use crate::files::mapped::RELEASED_BYTES;
use crate::run::RunSpec;
use crate::snapshot::{Contents, Snapshot};
use crate::stop::Stop;
use crate::store::{Store, TRIES};
use facts::{Translation, Union};
use runs::RunPlan;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// How far a merge is: of what, how many are done, and how many there are.
pub type MergeProgress<'a> = dyn FnMut(&'static str, u64, u64) + 'a;

/// What a merge did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Merged {
    /// Facts that are new in the store.
    pub facts: u64,
    /// Labels that are new.
    pub labels: u64,
    /// Runs that were merged, or copied.
    pub runs: Vec<MergedRun>,
    /// Saved sets of the sources, which were left there.
    pub sets_left: u64,
}

/// What became of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MergedRun {
    /// Its name.
    pub name: String,
    /// Entries that were copied.
    pub new: u64,
    /// Entries of the sources that were there already, or in several sources.
    pub same: u64,
    /// Whether it is complete.
    pub finished: bool,
}

/// One run of a store, by a name in another.
#[derive(Clone, Copy)]
struct Only<'a> {
    run: &'a str,
    name: &'a str,
}

/// A store to take from.
struct Source {
    snapshot: Arc<Snapshot>,
    path: PathBuf,
    stop: Stop,
}

/// All that is to be done, compared.
struct Plan {
    into: Arc<Snapshot>,
    /// Of the store that it goes into.
    path: PathBuf,
    union: Union,
    /// By source.
    translations: Vec<Translation>,
    runs: Vec<RunPlan>,
}

impl Store {
    /// Unites stores in one, new or not: runs of one name and the same parameters get the entries of all, others stand side by
    /// side. An entry that is in several is taken once.
    ///
    /// # Errors
    /// [`Error::StoresDiffer`], naming what two stores say differently — parameters of a run, a label, a template —, and
    /// [`Error::EntriesDiffer`], before anything is written. Damage of a source, which is told with its place. [`Error::Stopped`] where that
    /// was asked for of a source ([`Self::until`]): while it compares nothing is written; what it has copied by then stays, and the same call
    /// goes on.
    pub fn merge(into: impl AsRef<Path>, sources: &[Self], progress: &mut MergeProgress<'_>) -> Result<Merged> {
        unite(into.as_ref(), sources, None, progress)
    }

    /// Copies a run with its facts into another store, new or not, where it may get another name. A run of that name there gets
    /// what it lacks, as in [`Self::merge`].
    ///
    /// # Errors
    /// As of [`Self::merge`]; no such run.
    pub fn copy_run(
        &self,
        run: &str,
        to: impl AsRef<Path>,
        name: &str,
        progress: &mut MergeProgress<'_>,
    ) -> Result<MergedRun> {
        let snapshot = self.snapshot()?;
        let spec = &snapshot.run_named(run).ok_or_else(|| snapshot.catalogue.unknown_run(run))?.spec;
        RunSpec { name: name.to_owned(), ..spec.clone() }.check()?;
        let only = Some(Only { run, name });
        let done = unite(to.as_ref(), std::slice::from_ref(self), only, progress)?;
        done.runs.into_iter().next().ok_or_else(|| snapshot.catalogue.unknown_run(run))
    }
}

fn unite(into: &Path, sources: &[Store], only: Option<Only<'_>>, progress: &mut MergeProgress<'_>) -> Result<Merged> {
    for source in sources {
        if into.canonicalize().is_ok_and(|path| source.path().canonicalize().is_ok_and(|other| other == path)) {
            return Err(Error::SameStore { path: into.to_owned() });
        }
    }
    let stop = Stop::of(sources);
    let take =
        |store: &Store| Ok(Source { snapshot: store.refresh()?, path: store.path().to_owned(), stop: stop.clone() });
    let taken = sources.iter().map(take);
    let taken: Vec<Source> = taken.collect::<Result<_>>()?;
    let mut there = if is_nothing(into) { None } else { Some(Store::open(into)?.asking(stop.clone())) };
    // What a killed writer has committed is published before it is looked at: else its entries would be found only when
    // they are to be written.
    if let Some(store) = &there {
        drop(store.lock()?);
    }
    // Nobody else fills these runs. Each is claimed again while it is written: a store may have more runs than a process may
    // have files.
    for name in there.iter().flat_map(|_| runs::names(&taken, only)) {
        there.as_ref().map_or(Ok(()), |store| store.claim_run(&name, Claim::Alone, "a merge").map(drop))?;
    }
    for _ in 0..TRIES {
        let before = match &there {
            Some(store) => store.refresh()?,
            None => {
                let nothing = Catalogue::default();
                Arc::new(Snapshot::take(into, nothing, None, None, Contents::All, None)?)
            }
        };
        let plan = Plan::of(before, into, &taken, only)?;
        let mut total = 0;
        for run in &plan.runs {
            progress("compared", total, total);
            total += entries::united(&plan, run, &taken, Some(&stop))?.new.len() as u64;
        }
        let store = match &there {
            Some(store) => store.clone(),
            None => {
                // Refused where another has made one meanwhile: the plan was compared with nothing.
                let made = Store::create(into)?.asking(stop.clone());
                there.insert(made).clone()
            }
        };
        if let Some(done) = plan.carry_out(&store, &taken, total, progress)? {
            return Ok(done);
        }
    }
    Err(there.map_or_else(|| Error::SameStore { path: into.to_owned() }, |store| store.overtaken()))
}

impl Plan {
    /// Gives the pages of all stores back that were read: everything is read here, and would count as this process's memory.
    fn release_pages(&self, sources: &[Source]) {
        let all = sources.iter().map(|source| &source.snapshot).chain([&self.into]);
        all.for_each(|snapshot| snapshot.release_pages(RELEASED_BYTES));
    }
}

/// Which store it is that a source contradicts: the first of those before it with which alone that source cannot be united for the same
/// reason.
fn said_by(
    what: &str,
    (into, path): (Arc<Snapshot>, &Path),
    sources: &[Source],
    only: Option<Only<'_>>,
) -> Option<PathBuf> {
    let alone = |earlier: &Source, source: &Source| {
        let (earlier, source) = (earlier.snapshot.clone(), std::slice::from_ref(source));
        matches!(Plan::compared(earlier, path, source, only), Err(Error::StoresDiffer { what: same, .. }) if same == what)
    };
    let into = Source { snapshot: into, path: path.to_owned(), stop: Stop::default() };
    let before = |number: usize| [&into].into_iter().chain(&sources[..number]);
    let mut pairs = (0..sources.len()).flat_map(|number| before(number).map(move |earlier| (earlier, number)));
    pairs.find(|(earlier, number)| alone(earlier, &sources[*number])).map(|(earlier, _)| earlier.path.clone())
}

/// Whether a store can be made at a path.
fn is_nothing(path: &Path) -> bool {
    match std::fs::read_dir(path) {
        Ok(mut entries) => entries.next().is_none(),
        Err(e) => e.kind() == std::io::ErrorKind::NotFound,
    }
}

impl Plan {
    fn of(before: Arc<Snapshot>, path: &Path, sources: &[Source], only: Option<Only<'_>>) -> Result<Self> {
        Self::compared(before.clone(), path, sources, only).map_err(|error| match error {
            Error::StoresDiffer { what, before: said, given, from, .. } => {
                let other = said_by(&what, (before, path), sources, only).unwrap_or_else(|| path.to_owned());
                Error::StoresDiffer { what, before: said, other: other.into(), given, from }
            }
            error => error,
        })
    }

    fn compared(before: Arc<Snapshot>, path: &Path, sources: &[Source], only: Option<Only<'_>>) -> Result<Self> {
        let mut union = Union::of(&before)?;
        let translate = |source: &Source| match only.and_then(|only| source.snapshot.run_named(only.run)) {
            // Facts whose entries were lost come along: the run says that it lacks them.
            Some(run) => {
                union.absorb(source, Some(&(source.snapshot.held(|of| of == run.id)? | source.snapshot.lost(run.id))))
            }
            None => union.absorb(source, None),
        };
        let translations = sources.iter().map(translate).collect::<Result<_>>()?;
        let runs = runs::plan(&before, sources, only)?;
        Ok(Self { into: before, path: path.to_owned(), union, translations, runs })
    }

    /// Writes all of it; `None` where somebody else has changed what it was made from.
    fn carry_out(
        &self,
        store: &Store,
        sources: &[Source],
        total: u64,
        progress: &mut MergeProgress<'_>,
    ) -> Result<Option<Merged>> {
        if !self.union.commit(store, &self.into)? {
            return Ok(None);
        }
        let mut done = Merged { facts: self.union.new_facts, labels: self.union.new_labels, ..Merged::default() };
        done.sets_left = sources.iter().map(|source| source.snapshot.saved_sets().len() as u64).sum();
        let mut copied = 0;
        for run in &self.runs {
            let merged = write::run(self, store, sources, run, &mut |of_run| {
                progress("copied", copied + of_run, total);
            })?;
            let Some(merged) = merged else { return Ok(None) };
            copied += merged.new;
            done.runs.push(merged);
        }
        Ok(Some(done))
    }
}
