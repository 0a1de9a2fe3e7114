//! Writing to a run: entries in, an acknowledgement only for what is durable.
//!
//! [`RunWriter::append`] is for jobs that find a fact now and then: the entry goes into the catalogue
//! at once, together with whatever other threads hand in meanwhile (one commit for all), and is sealed
//! into a segment later. [`RunWriter::append_batch`] is for entries by the thousand: they become a
//! segment directly. [`Job`] adds the memory an import needs to go on after an interruption.

mod job;
mod sealing;

use crate::block::{Form, encode_groups, encode_scores, encode_stored};
use crate::catalogue::{FileRecord, JobRecord, Locked};
use crate::check::{check_entry, check_twice};
use crate::entry::{Entry, EntryData};
use crate::error::{Error, Result};
use crate::files::{SEGMENT, file_path};
use crate::ids::{FileId, PromptId};
use crate::run::Run;
use crate::segment::PartKind;
use crate::segment::build::{EntryKey, SegmentHead, build, le_u32};
use crate::snapshot::{Place, Snapshot};
use crate::store::Store;
use roaring::RoaringBitmap;
use std::borrow::Cow;
use std::collections::{BTreeMap, HashSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Condvar, Mutex, PoisonError};

pub use job::Job;

/// A batch of this size becomes a segment directly.
const DIRECT_BYTES: usize = 4 << 20;
/// A run or import that is finished with more segments than this is compacted.
pub(crate) const MANY_SEGMENTS: usize = 4;

/// What to do with an entry whose (fact, language, prompt) is in the run already.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnConflict {
    /// Refuse the whole batch.
    #[default]
    Refuse,
    /// Put the new entry in the old one's place.
    Replace,
    /// Leave the old entry as it is, whatever the new one says.
    Skip,
}

/// What appending did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Appended {
    /// Entries that are in the run now and were not before.
    pub new: u64,
    /// Entries that took another's place.
    pub replaced: u64,
    /// Entries that an earlier, interrupted pass of the same job had written.
    pub resumed: u64,
    /// Entries passed over because the run had them: [`OnConflict::Skip`].
    pub skipped: u64,
}

/// Writes entries into a run. Share it between threads by reference.
pub struct RunWriter {
    store: Store,
    run: Run,
    queue: Mutex<Queue>,
    done: Condvar,
}

#[derive(Default)]
struct Queue {
    waiting: Vec<(u64, Prepared)>,
    next_ticket: u64,
    writing: bool,
    results: BTreeMap<u64, Result<Appended>>,
}

/// An entry as it will be stored.
struct Prepared {
    key: EntryKey,
    payload: Vec<u8>,
    fact: String,
    language: String,
}

impl RunWriter {
    pub(crate) fn new(store: Store, run: Run) -> Self {
        Self { store, run, queue: Mutex::default(), done: Condvar::new() }
    }

    /// The run as it was opened.
    pub fn run(&self) -> &Run {
        &self.run
    }

    /// Adds one entry; on return it is durable and visible. Entries that several threads add at the
    /// same time share one commit. An entry that is there already is refused.
    pub fn append(&self, entry: Entry) -> Result<()> {
        let prepared = self.prepare(&[entry], OnConflict::Refuse, None)?.pop();
        let Some(prepared) = prepared else { return Ok(()) };
        let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        let ticket = queue.next_ticket;
        queue.next_ticket += 1;
        queue.waiting.push((ticket, prepared));
        loop {
            if let Some(result) = queue.results.remove(&ticket) {
                return result.map(drop);
            }
            if queue.writing {
                queue = self.done.wait(queue).unwrap_or_else(PoisonError::into_inner);
                continue;
            }
            // This thread commits for everyone who waits.
            queue.writing = true;
            let (tickets, group): (Vec<u64>, Vec<Prepared>) = std::mem::take(&mut queue.waiting).into_iter().unzip();
            drop(queue);
            let results = self.commit_group_or_fail(group);
            queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
            queue.results.extend(tickets.into_iter().zip(results));
            queue.writing = false;
            self.done.notify_all();
        }
    }

    /// A panic is an error of all who wait: they would wait for ever for a thread that is gone.
    fn commit_group_or_fail(&self, group: Vec<Prepared>) -> Vec<Result<Appended>> {
        let failed = |_: &Prepared| Err(Error::Group { reason: "a panic, which is a bug in kndb".into() });
        let failed = group.iter().map(failed).collect();
        catch_unwind(AssertUnwindSafe(|| self.commit_group(group))).unwrap_or(failed)
    }

    /// One commit for all; when that is refused, each for itself, so that only the culprit fails.
    fn commit_group(&self, group: Vec<Prepared>) -> Vec<Result<Appended>> {
        let count = group.len();
        // Of two entries for one place, the later one must see the earlier one.
        let places: HashSet<_> = group.iter().map(|entry| entry.key.place()).collect();
        if count > 1 && places.len() == count {
            match self.commit_unsealed(&group, OnConflict::Refuse) {
                Ok(_) => {
                    let sealed = self.seal_if_large().map_err(Error::after_commit);
                    return std::iter::once(sealed.map(|()| Appended::default()))
                        .chain((1..count).map(|_| Ok(Appended::default())))
                        .collect();
                }
                Err(Error::FactExists { .. }) => {}
                Err(e) => {
                    let text = e.to_string();
                    let again = |_| Err(Error::Group { reason: text.clone() });
                    return std::iter::once(Err(e)).chain((1..count).map(again)).collect();
                }
            }
        }
        let each = group.chunks(1).map(|one| self.commit_unsealed(one, OnConflict::Refuse));
        let mut results: Vec<_> = each.collect();
        if let (Err(e), true) = (self.seal_if_large(), results[0].is_ok()) {
            results[0] = Err(e.after_commit());
        }
        results
    }

    /// Adds many entries at once, each (fact, language, prompt) at most once; on return all are durable and visible, or none is.
    pub fn append_batch(&self, entries: &[Entry], on_conflict: OnConflict) -> Result<Appended> {
        let mut prepared = self.prepare(entries, on_conflict, None)?;
        if prepared.iter().map(|p| p.payload.len()).sum::<usize>() >= DIRECT_BYTES {
            return self.commit_segment(prepared, on_conflict, None);
        }
        let skipped = self.pass_over(&mut prepared, &*self.store.for_writing()?, on_conflict)?;
        let appended = self.commit_unsealed(&prepared, on_conflict)?;
        self.seal_if_large().map_err(Error::after_commit)?;
        Ok(Appended { skipped, ..appended })
    }

    /// Begins an import, or goes on with an unfinished one of the same signature.
    pub fn job(&self, signature: &str, on_conflict: OnConflict) -> Result<Job<'_>> {
        let known = self.store.for_writing()?.facts();
        let id = self.store.write(|locked| {
            // The run may have been dropped since it was opened, and another process may have begun the same import.
            self.run_in(locked)?;
            let same = |job: &JobRecord| job.run == self.run.id.0 && job.signature == signature && !job.finished;
            if let Some((&id, _)) = locked.now().jobs.iter().find(|(_, job)| same(job)) {
                return Ok(id);
            }
            let counters = locked.counters();
            counters.next_job += 1;
            let id = counters.next_job;
            let signature = signature.to_owned();
            locked.set_job(id, JobRecord { run: self.run.id.0, signature, finished: false });
            Ok(id)
        })?;
        Ok(Job { writer: self, id, on_conflict, known })
    }

    /// Seals what is not sealed yet and marks the run complete. It can be opened and added to again.
    pub fn finish(self) -> Result<()> {
        self.seal()?;
        self.set_finished(true)?;
        self.tidy_up().map_err(Error::after_commit)
    }

    /// What is due when a job is done, and can wait if it fails.
    fn tidy_up(&self) -> Result<()> {
        self.store.tell_what_came_back()?;
        self.compact_if_many()
    }

    fn compact_if_many(&self) -> Result<()> {
        if self.store.for_writing()?.sealed_count(self.run.id) > MANY_SEGMENTS {
            self.store.compact_run(&self.run.spec.name)?;
        }
        Ok(())
    }

    /// Removes the run and everything of it.
    pub fn abandon(self) -> Result<()> {
        self.store.drop_run(&self.run.spec.name).map(drop)
    }

    fn set_finished(&self, finished: bool) -> Result<()> {
        self.store.write(|locked| {
            // The run may have been dropped since it was opened, renamed, or finished by another.
            let mut run = self.run_in(locked)?;
            if run.finished != finished {
                run.finished = finished;
                locked.set_run(&run);
            }
            Ok(())
        })
    }

    fn run_in(&self, locked: &Locked) -> Result<Run> {
        let run = locked.now().runs.get(&self.run.id).cloned();
        run.ok_or_else(|| locked.now().unknown_run(&self.run.spec.name))
    }

    /// Checks entries, translates names to ids, and builds what will be stored. Sorted by key.
    fn prepare(&self, entries: &[Entry], on_conflict: OnConflict, job: Option<u32>) -> Result<Vec<Prepared>> {
        for entry in entries {
            check_entry(entry, &self.run)?;
        }
        check_twice(entries)?;
        if on_conflict == OnConflict::Refuse {
            self.refuse_known(entries, job)?;
        }
        let ids: Vec<&str> = entries.iter().map(|entry| entry.fact.as_str()).collect();
        let facts = self.store.fact_ids(&ids)?;
        let names: std::collections::BTreeSet<&str> = entries.iter().map(|e| e.language.as_str()).collect();
        let names: Vec<&str> = names.into_iter().collect();
        let languages: BTreeMap<&str, _> = names.iter().copied().zip(self.store.language_ids(&names)?).collect();
        let prepare_one = &|(entry, &fact): (&Entry, _)| {
            let (kind, payload) = self.encode(&entry.data);
            let key =
                EntryKey { language: languages[entry.language.as_str()], prompt: PromptId(entry.prompt), kind, fact };
            Prepared { key, payload, fact: entry.fact.clone(), language: entry.language.clone() }
        };
        let threads = std::thread::available_parallelism().map_or(1, usize::from).min(entries.len() / 16 + 1);
        let share = entries.len().div_ceil(threads).max(1);
        let mut prepared: Vec<Prepared> = if threads == 1 {
            entries.iter().zip(&facts).map(prepare_one).collect()
        } else {
            std::thread::scope(|scope| {
                let pieces = entries.chunks(share).zip(facts.chunks(share));
                let workers: Vec<_> = pieces
                    .map(|(entries, facts)| {
                        scope.spawn(move || entries.iter().zip(facts).map(prepare_one).collect::<Vec<_>>())
                    })
                    .collect();
                let joined = workers.into_iter().map(|worker| match worker.join() {
                    Ok(prepared) => prepared,
                    Err(panic) => std::panic::resume_unwind(panic),
                });
                joined.flatten().collect()
            })
        };
        prepared.sort_by_key(|p| p.key);
        Ok(prepared)
    }

    /// Refuses entries that are there already, before new facts and languages are registered for them.
    /// Looked at again under the lock.
    fn refuse_known(&self, entries: &[Entry], job: Option<u32>) -> Result<()> {
        let snapshot = self.store.for_writing()?;
        let mut known = Vec::new();
        for entry in entries {
            let kind = PartKind::of(&entry.data);
            let (language, prompt) = (snapshot.language(&entry.language), PromptId(entry.prompt));
            if let (Some(language), Some(fact)) = (language, snapshot.fact(&entry.fact)?)
                && let Some(place) = snapshot.find(self.run.id, EntryKey { language, prompt, kind, fact })?
                && (job.is_none() || job_of(&snapshot, place) != job)
            {
                known.push(entry);
            }
        }
        match known.first() {
            None => Ok(()),
            Some(first) => Err(self.exists(&first.fact, &first.language, first.prompt, known.len())),
        }
    }

    fn exists(&self, fact: &str, language: &str, prompt: u16, count: usize) -> Error {
        Error::FactExists {
            fact: fact.to_owned(),
            language: language.to_owned(),
            prompt,
            run: self.run.spec.name.clone(),
            count: count as u64,
        }
    }

    fn encode(&self, data: &EntryData) -> (PartKind, Vec<u8>) {
        let spec = &self.run.spec;
        match data {
            EntryData::Scores(scores) => {
                let form = Form { shape: spec.shape, score_type: spec.score_type };
                (PartKind::Scores, encode_scores(scores, form, spec.keep))
            }
            EntryData::Stored(scores) => {
                let form = Form { shape: spec.shape, score_type: spec.score_type };
                (PartKind::Scores, encode_stored(scores, form))
            }
            EntryData::Neurons(neurons) => {
                let mut ascending: Vec<u32> = neurons.iter().map(|neuron| neuron.0).collect();
                ascending.sort_unstable();
                (PartKind::Neurons, le_u32(&ascending))
            }
            EntryData::Groups(groups) => (PartKind::Groups, encode_groups(groups, None)),
            EntryData::Searched { groups, question } => (PartKind::Groups, encode_groups(groups, Some(*question))),
        }
    }

    fn commit_unsealed(&self, entries: &[Prepared], on_conflict: OnConflict) -> Result<Appended> {
        self.store.write(|locked| {
            // The run may have been dropped since, and others may have written some of these entries, or forgotten their facts.
            self.run_in(locked)?;
            let replaced = self.clear_the_way(locked, entries, on_conflict)?;
            for entry in entries {
                locked.set_unsealed(self.run.id, entry.key, &entry.payload);
            }
            locked.revive(entries.iter().map(|entry| entry.key.fact));
            self.reopen(locked)?;
            Ok(Appended { new: entries.len() as u64 - replaced, replaced, ..Appended::default() })
        })
    }

    /// A finished run that gets more entries is not finished any more.
    fn reopen(&self, locked: &mut Locked) -> Result<()> {
        let mut run = self.run_in(locked)?;
        if std::mem::take(&mut run.finished) {
            locked.set_run(&run);
        }
        Ok(())
    }

    fn commit_segment(
        &self,
        mut entries: Vec<Prepared>,
        on_conflict: OnConflict,
        job: Option<u32>,
    ) -> Result<Appended> {
        let before = entries.len();
        let snapshot = self.store.for_writing()?;
        if let Some(job) = job {
            let mut own = Vec::with_capacity(entries.len());
            for entry in &entries {
                let found = snapshot.find(self.run.id, entry.key)?;
                own.push(found.is_some_and(|place| job_of(&snapshot, place) == Some(job)));
            }
            let mut own = own.into_iter();
            entries.retain(|_| own.next() != Some(true));
        }
        let resumed = (before - entries.len()) as u64;
        let skipped = self.pass_over(&mut entries, &snapshot, on_conflict)?;
        if entries.is_empty() {
            return Ok(Appended { resumed, skipped, ..Appended::default() });
        }
        drop(snapshot);
        let head = self.head();
        let building = self.store.building()?;
        let payloads = entries.iter().map(|entry| (entry.key, Cow::Borrowed(entry.payload.as_slice())));
        let (out, bytes) = build(building.writer()?, head, payloads).map_err(Error::io("write", building.path()))?;
        building.sync(out)?;
        self.store.write(|locked| {
            // As for entries that are to wait: run, entries and facts may have changed while the file was built.
            self.run_in(locked)?;
            let replaced = self.clear_the_way(locked, &entries, on_conflict)?;
            let file = locked.next_file();
            building.rename(&file_path(self.store.path(), file, SEGMENT))?;
            locked.set_file(file, FileRecord::Segment { run: self.run.id.0, job, bytes });
            locked.revive(entries.iter().map(|entry| entry.key.fact));
            self.reopen(locked)?;
            Ok(Appended { new: entries.len() as u64 - replaced, replaced, resumed, skipped })
        })
    }

    /// With [`OnConflict::Skip`], takes out the entries that the run has already; returns how many.
    fn pass_over(&self, entries: &mut Vec<Prepared>, now: &Snapshot, on_conflict: OnConflict) -> Result<u64> {
        if on_conflict != OnConflict::Skip {
            return Ok(0);
        }
        let there = entries.iter().map(|entry| Ok(now.find(self.run.id, entry.key)?.is_some()));
        let mut there = there.collect::<Result<Vec<bool>>>()?.into_iter();
        let before = entries.len();
        entries.retain(|_| there.next() == Some(false));
        Ok((before - entries.len()) as u64)
    }

    fn head(&self) -> SegmentHead {
        SegmentHead { run: self.run.id, shape: self.run.spec.shape, score_type: self.run.spec.score_type }
    }

    /// Under the lock: refuses entries that are there already, or takes the old ones out of the way.
    fn clear_the_way(&self, locked: &mut Locked, entries: &[Prepared], on_conflict: OnConflict) -> Result<u64> {
        let now = self.store.snapshot_under(locked)?;
        let old = self.conflicts(&now, entries, on_conflict)?;
        let count = old.len() as u64;
        let mut tombstones: BTreeMap<(FileId, u32), RoaringBitmap> = BTreeMap::new();
        for (key, place) in old {
            match place {
                Place::Sealed { file, part, local } => {
                    tombstones.entry((file, part)).or_default().insert(local);
                }
                Place::Unsealed => {
                    // The entry may have been a set and become scores, or the other way round.
                    for kind in [PartKind::Scores, PartKind::Neurons, PartKind::Groups] {
                        if kind.is_attribution() == key.kind.is_attribution() {
                            locked.remove_unsealed(self.run.id, EntryKey { kind, ..key });
                        }
                    }
                }
            }
        }
        for ((file, part), locals) in tombstones {
            locked.add_tombstones(file, part, &locals);
        }
        Ok(count)
    }

    /// Entries that the snapshot has already: segment, part and position, or `None` for unsealed ones.
    fn conflicts(
        &self,
        snapshot: &Snapshot,
        entries: &[Prepared],
        on_conflict: OnConflict,
    ) -> Result<Vec<(EntryKey, Place)>> {
        let mut found = Vec::new();
        let mut first = None;
        for entry in entries {
            if let Some(place) = snapshot.find(self.run.id, entry.key)? {
                found.push((entry.key, place));
                first = first.or(Some(entry));
            }
        }
        match first {
            // What is to be skipped was taken out before: this one came in between.
            Some(entry) if on_conflict != OnConflict::Replace => {
                Err(self.exists(&entry.fact, &entry.language, entry.key.prompt.0, found.len()))
            }
            _ => Ok(found),
        }
    }
}

fn job_of(snapshot: &Snapshot, place: Place) -> Option<u32> {
    let Place::Sealed { file, .. } = place else { return None };
    match snapshot.catalogue.files.get(&file) {
        Some(FileRecord::Segment { job, .. }) => *job,
        _ => None,
    }
}
