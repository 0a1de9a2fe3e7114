//! Removing runs, and facts that nobody needs.
//!
//! A fact's number stands in segments and saved sets, so it is never given to another fact: a fact that is dropped is
//! marked in the catalogue, its id stays, and if that id comes again it is the same fact again.

use crate::catalogue::{Catalogue, FileRecord, Locked};
use crate::claim::Claim;
use crate::dictionary::build::Draft;
use crate::error::{Error, Result};
use crate::ids::{RelationId, RunId};
use crate::snapshot::Snapshot;
use crate::store::{Store, TRIES};
use roaring::RoaringBitmap;

/// What was dropped with facts, or would be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FactsDropped {
    /// Facts that are forgotten.
    pub facts: u64,
    /// Labels (fact, language) that went.
    pub labels: u64,
    /// Templates that went.
    pub templates: u64,
    /// Candidate lists that went.
    pub candidate_lists: u64,
    /// Facts that lose relation and labels, but keep their ids: runs have entries of them.
    pub held: u64,
    /// These runs, oldest first.
    pub runs: Vec<String>,
}

impl Store {
    /// Removes a run and everything of it, and forgets the facts that only it had brought: those without labels and without
    /// entries in another run. The number of these.
    ///
    /// A store with a damaged file loses the run all the same, and then keeps the facts.
    pub fn drop_run(&self, name: &str) -> Result<u64> {
        let forgotten = self.write(|locked| {
            let run = locked.now().run_named(name).map(|run| run.id);
            let run = run.ok_or_else(|| locked.now().unknown_run(name))?;
            // Looked at under the lock: other runs may get entries, and facts labels, until the last moment.
            let facts = self.snapshot_under(locked).and_then(|now| now.only_in(run)).unwrap_or_default();
            remove_run(locked, run);
            locked.drop_facts(&facts);
            Ok(facts.len())
        })?;
        self.collect_garbage()?;
        Ok(forgotten)
    }

    /// Removes a run if nothing is in it and no import is at work on it; says whether it did. Decided inside the commit:
    /// what another process has put there since the caller looked is never lost.
    pub fn drop_run_if_empty(&self, run: RunId) -> Result<bool> {
        self.write(|locked| Ok(remove_if_empty(locked, run)))
    }

    /// Removes the runs that an import began and was ended before it stored anything, so that their shape no longer binds
    /// anybody; their number. A run that somebody has a claim on stays, and so does one without an import, whose writer may
    /// have no claim. Whoever calls this holds no claim.
    pub fn drop_abandoned_runs(&self) -> Result<usize> {
        let snapshot = self.for_writing()?;
        let mut dropped = 0;
        for run in snapshot.runs().filter(|run| is_abandoned(&snapshot.catalogue, run.id)) {
            let _claim = match self.claim_run(&run.spec.name, Claim::Alone, "a clean-up") {
                Err(Error::RunClaimed { .. }) => continue,
                claimed => claimed?,
            };
            let went = self.write(|locked| {
                // It may have been filled or completed since it was listed; no import has begun since it was claimed.
                let abandoned = is_abandoned(locked.now(), run.id);
                if abandoned {
                    remove_run(locked, run.id);
                }
                Ok(abandoned)
            })?;
            dropped += usize::from(went);
        }
        Ok(dropped)
    }

    /// Forgets the facts of [`Snapshot::orphans`]. One that a running import has named and not yet stored comes back with its
    /// first entry.
    pub fn drop_orphans(&self) -> Result<FactsDropped> {
        // Read once without the lock, so that checksums are not computed while others wait.
        self.for_writing()?.orphans()?;
        self.write(|locked| {
            // Runs may have got entries of these facts, and labels may have come, since then.
            let orphans = self.snapshot_under(locked)?.orphans()?;
            locked.drop_facts(&orphans);
            Ok(FactsDropped { facts: orphans.len(), ..FactsDropped::default() })
        })
    }

    /// Drops a relation, given by its id: its facts with their labels, its templates, candidates and names. Where runs have
    /// entries of its facts, [`Error::FactsHeld`], unless `even_held`: then these facts lose relation and labels, and the runs
    /// keep the entries under the ids alone.
    pub fn drop_relation(&self, relation: &str, even_held: bool) -> Result<FactsDropped> {
        for _ in 0..TRIES {
            let snapshot = self.for_writing()?;
            let (id, mut draft) = (snapshot.known_relation(relation)?, Draft::of_snapshot(&snapshot)?);
            let (facts, planned) = snapshot.without_relation(id, &mut draft)?;
            if planned.held > 0 && !even_held {
                return Err(Error::FactsHeld {
                    relation: relation.to_owned(),
                    facts: planned.held,
                    runs: planned.runs,
                });
            }
            // A run may have got entries of these facts since: then the next round refuses, or counts anew.
            let still = |locked: &Locked| {
                let held = self.snapshot_under(locked)?.held(|_| true)? & &facts;
                Ok((held.len() == planned.held).then_some(held))
            };
            let done = self.replace_dictionary(&snapshot, &draft, still, |locked, held| {
                locked.drop_facts(&(&facts - held));
                locked.drop_relation(id);
                locked.remove_relation_names(relation);
                Ok(())
            })?;
            if done.is_some() {
                return Ok(planned);
            }
        }
        Err(self.overtaken())
    }
}

/// Ends a job of a run that may be empty: then the run goes with its last job, unless it is complete.
pub(crate) fn give_up(locked: &mut Locked, run: RunId, job: u32) -> bool {
    let Some(found) = locked.now().runs.get(&run).filter(|_| is_empty(locked.now(), run)) else { return false };
    if found.finished {
        return false;
    }
    // Else the next one to give up would take this one for still at work.
    locked.remove_job(job);
    remove_if_empty(locked, run)
}

fn remove_if_empty(locked: &mut Locked, run: RunId) -> bool {
    let at_work = unfinished_jobs(locked.now(), run) > 0;
    if at_work || !is_empty(locked.now(), run) || !locked.now().runs.contains_key(&run) {
        return false;
    }
    remove_run(locked, run);
    true
}

/// Whether an import began the run and nothing came of it; it may still be at work.
fn is_abandoned(now: &Catalogue, run: RunId) -> bool {
    now.runs.get(&run).is_some_and(|run| !run.finished) && unfinished_jobs(now, run) > 0 && is_empty(now, run)
}

fn unfinished_jobs(now: &Catalogue, run: RunId) -> usize {
    now.jobs.values().filter(|job| job.run == run.0 && !job.finished).count()
}

fn is_empty(now: &Catalogue, run: RunId) -> bool {
    !now.files.values().any(|record| is_of(record, run)) && !now.unsealed.keys().any(|key| key.0 == run)
}

fn is_of(record: &FileRecord, run: RunId) -> bool {
    matches!(record, FileRecord::Segment { run: of, .. } if *of == run.0)
}

fn remove_run(locked: &mut Locked, run: RunId) {
    let files: Vec<_> = locked.now().files.iter().filter(|(_, r)| is_of(r, run)).map(|(&f, _)| f).collect();
    for file in files {
        locked.remove_file(file);
    }
    let unsealed: Vec<_> = locked.now().unsealed.keys().filter(|(of, _)| *of == run).copied().collect();
    for (run, key) in unsealed {
        locked.remove_unsealed(run, key);
    }
    let jobs: Vec<_> = locked.now().jobs.iter().filter(|(_, j)| j.run == run.0).map(|(&j, _)| j).collect();
    for job in jobs {
        locked.remove_job(job);
    }
    locked.remove_run(run);
}

impl Snapshot {
    /// The signatures of a run's jobs that were begun and not finished, oldest first.
    pub fn unfinished_jobs(&self, run: RunId) -> impl Iterator<Item = &str> {
        let jobs = self.catalogue.jobs.values();
        jobs.filter(move |job| job.run == run.0 && !job.finished).map(|job| job.signature.as_str())
    }

    /// Facts that have no labels, and no entries in any run.
    pub fn orphans(&self) -> Result<RoaringBitmap> {
        self.orphans_among(&self.facts())
    }

    /// Those of some facts.
    pub(crate) fn orphans_among(&self, facts: &RoaringBitmap) -> Result<RoaringBitmap> {
        if facts.is_empty() {
            return Ok(RoaringBitmap::new());
        }
        Ok(self.unlabelled_among(facts)? - self.held(|_| true)?)
    }

    /// What [`Store::drop_relation`] would drop.
    pub fn relation_contents(&self, relation: &str) -> Result<FactsDropped> {
        let id = self.known_relation(relation)?;
        Ok(self.without_relation(id, &mut Draft::of_snapshot(self)?)?.1)
    }

    fn known_relation(&self, relation: &str) -> Result<RelationId> {
        self.relation(relation).ok_or_else(|| {
            let known = self.relations().map(|(_, name)| name.to_owned()).collect();
            Error::UnknownRelation { name: relation.to_owned(), known }
        })
    }

    /// Takes a relation out of a draft of this snapshot: its facts, and what goes.
    fn without_relation(&self, id: RelationId, draft: &mut Draft) -> Result<(RoaringBitmap, FactsDropped)> {
        let templates = |draft: &Draft| draft.templates.values().map(Vec::len).sum::<usize>();
        let before = (templates(draft), draft.candidates.len());
        let (facts, labels) = draft.forget_relation(id);
        let held = self.held(|_| true)? & &facts;
        let mut runs = Vec::new();
        for run in self.runs().filter(|_| !held.is_empty()) {
            if !self.held(|of| of == run.id)?.is_disjoint(&facts) {
                runs.push(run.spec.name.clone());
            }
        }
        let dropped = FactsDropped {
            facts: facts.len() - held.len(),
            labels,
            templates: (before.0 - templates(draft)) as u64,
            candidate_lists: (before.1 - draft.candidates.len()) as u64,
            held: held.len(),
            runs,
        };
        Ok((facts, dropped))
    }

    /// Facts without labels that have entries in this run and in no other.
    fn only_in(&self, run: RunId) -> Result<RoaringBitmap> {
        self.unlabelled_among(&(self.held(|of| of == run)? - self.held(|of| of != run)?))
    }
}
