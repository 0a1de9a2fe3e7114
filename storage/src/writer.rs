//! Writing to a run: entries in, an acknowledgement only for what is durable.
//!
//! [`RunWriter::append`] is for jobs that find a fact now and then: the entry goes into the catalogue
//! at once, together with whatever other threads hand in meanwhile (one commit for all), and is sealed
//! into a segment later. [`RunWriter::append_batch`] is for entries by the thousand: they become a
//! segment directly. [`Job`] adds the memory an import needs to go on after an interruption.

use crate::block::{encode_groups, encode_scores};
use crate::catalogue::{FileRecord, JobRecord, Locked};
use crate::entry::{Entry, EntryData};
use crate::error::{Error, Result};
use crate::ids::{FileId, Neuron, PromptId};
use crate::run::Run;
use crate::segment::PartKind;
use crate::segment::build::{EntryKey, SegmentHead, build, le_u32};
use crate::snapshot::{Gone, SEGMENT, Snapshot, file_path, unsealed_of};
use crate::store::Store;
use roaring::RoaringBitmap;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::{Condvar, Mutex, PoisonError};

/// Entries that are not sealed yet are sealed when a run has this many bytes of them.
const SEAL_BYTES: u64 = 16 << 20;
/// A batch of this size becomes a segment directly.
const DIRECT_BYTES: usize = 4 << 20;
/// A finished import that left more segments than this is compacted.
const MANY_SEGMENTS: usize = 4;

/// What to do with an entry whose (fact, language, prompt) is in the run already.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnConflict {
    /// Refuse the whole batch.
    #[default]
    Refuse,
    /// Put the new entry in the old one's place.
    Replace,
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
        let prepared = self.prepare(&[entry])?.pop();
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
            let results = self.commit_group(group);
            queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
            queue.results.extend(tickets.into_iter().zip(results));
            queue.writing = false;
            self.done.notify_all();
        }
    }

    /// One commit for all; when that is refused, each for itself, so that only the culprit fails.
    fn commit_group(&self, group: Vec<Prepared>) -> Vec<Result<Appended>> {
        let count = group.len();
        if count > 1 {
            match self.commit_unsealed(&group, OnConflict::Refuse) {
                Ok(_) => {
                    let sealed = self.seal_if_large();
                    return std::iter::once(sealed.map(|()| Appended::default()))
                        .chain((1..count).map(|_| Ok(Appended::default())))
                        .collect();
                }
                Err(Error::FactExists { .. } | Error::FactTwice { .. }) => {}
                Err(e) => {
                    let text = e.to_string();
                    let again = |_| Err(Error::Group { reason: text.clone() });
                    return std::iter::once(Err(e)).chain((1..count).map(again)).collect();
                }
            }
        }
        let each = group.chunks(1).map(|one| self.commit_unsealed(one, OnConflict::Refuse));
        let mut results: Vec<_> = each.collect();
        if let Err(e) = self.seal_if_large() {
            results[0] = Err(e);
        }
        results
    }

    /// Adds many entries at once, each (fact, language, prompt) at most once; on return all are durable and visible, or none is.
    pub fn append_batch(&self, entries: &[Entry], on_conflict: OnConflict) -> Result<Appended> {
        let prepared = self.prepare(entries)?;
        if prepared.iter().map(|p| p.payload.len()).sum::<usize>() >= DIRECT_BYTES {
            return self.commit_segment(prepared, on_conflict, None);
        }
        let appended = self.commit_unsealed(&prepared, on_conflict)?;
        self.seal_if_large()?;
        Ok(appended)
    }

    /// Begins an import, or goes on with an unfinished one of the same signature.
    pub fn job(&self, signature: &str, on_conflict: OnConflict) -> Result<Job<'_>> {
        let id = self.store.write(|locked| {
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
        Ok(Job { writer: self, id, on_conflict })
    }

    /// Seals what is not sealed yet and marks the run complete. It can be opened and added to again.
    pub fn finish(self) -> Result<()> {
        self.seal()?;
        self.set_finished(true)
    }

    /// Removes the run and everything of it.
    pub fn abandon(self) -> Result<()> {
        self.store.drop_run(&self.run.spec.name)
    }

    fn set_finished(&self, finished: bool) -> Result<()> {
        self.store.write(|locked| {
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
    fn prepare(&self, entries: &[Entry]) -> Result<Vec<Prepared>> {
        for entry in entries {
            check(entry, &self.run)?;
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
        if let Some(twice) = prepared.windows(2).find(|pair| pair[0].key == pair[1].key) {
            let Prepared { key, fact, language, .. } = &twice[0];
            return Err(Error::FactTwice { fact: fact.clone(), language: language.clone(), prompt: key.prompt.0 });
        }
        Ok(prepared)
    }

    fn encode(&self, data: &EntryData) -> (PartKind, Vec<u8>) {
        let spec = &self.run.spec;
        match data {
            EntryData::Scores(scores) => {
                (PartKind::Scores, encode_scores(scores, spec.shape, spec.keep, spec.score_type))
            }
            EntryData::Neurons(neurons) => {
                let mut ascending: Vec<u32> = neurons.iter().map(|neuron| neuron.0).collect();
                ascending.sort_unstable();
                (PartKind::Neurons, le_u32(&ascending))
            }
            EntryData::Groups(groups) => (PartKind::Groups, encode_groups(groups)),
        }
    }

    fn commit_unsealed(&self, entries: &[Prepared], on_conflict: OnConflict) -> Result<Appended> {
        self.store.write(|locked| {
            self.run_in(locked)?;
            let replaced = self.clear_the_way(locked, entries, on_conflict)?;
            for entry in entries {
                locked.set_unsealed(self.run.id, entry.key, entry.payload.clone());
            }
            self.reopen(locked)?;
            Ok(Appended { new: entries.len() as u64 - replaced, replaced, resumed: 0 })
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
        let snapshot = self.store.snapshot()?;
        if let Some(job) = job {
            let mut own = Vec::with_capacity(entries.len());
            for entry in &entries {
                let found = snapshot.find(self.run.id, entry.key)?;
                own.push(
                    found.and_then(|(part, _)| part.file).is_some_and(|file| job_of(&snapshot, file) == Some(job)),
                );
            }
            let mut own = own.into_iter();
            entries.retain(|_| own.next() != Some(true));
        }
        let resumed = (before - entries.len()) as u64;
        if entries.is_empty() {
            return Ok(Appended { new: 0, replaced: 0, resumed });
        }
        if on_conflict == OnConflict::Refuse {
            // Looked at again under the lock; here it saves building what will be refused.
            self.conflicts(&snapshot, &entries, on_conflict)?;
        }
        drop(snapshot);
        let head = self.head();
        let building = self.store.building()?;
        let payloads = entries.iter().map(|entry| (entry.key, Cow::Borrowed(entry.payload.as_slice())));
        let (out, bytes) = build(building.writer()?, head, payloads).map_err(Error::io("write", building.path()))?;
        building.sync(out)?;
        self.store.write(|locked| {
            self.run_in(locked)?;
            let replaced = self.clear_the_way(locked, &entries, on_conflict)?;
            let file = locked.next_file();
            building.rename(&file_path(self.store.path(), file, SEGMENT))?;
            locked.set_file(file, FileRecord::Segment { run: self.run.id.0, job, bytes });
            self.reopen(locked)?;
            Ok(Appended { new: entries.len() as u64 - replaced, replaced, resumed })
        })
    }

    fn head(&self) -> SegmentHead {
        SegmentHead { run: self.run.id, shape: self.run.spec.shape, score_type: self.run.spec.score_type }
    }

    /// Under the lock: refuses entries that are there already, or takes the old ones out of the way.
    fn clear_the_way(&self, locked: &mut Locked, entries: &[Prepared], on_conflict: OnConflict) -> Result<u64> {
        let before = self.store.current();
        let now =
            Snapshot::take(self.store.path(), locked.now().clone(), before.as_deref()).map_err(Gone::into_error)?;
        let old = self.conflicts(&now, entries, on_conflict)?;
        let count = old.len() as u64;
        let mut tombstones: BTreeMap<(FileId, u32), RoaringBitmap> = BTreeMap::new();
        for (key, place) in old {
            match place {
                Some((file, part, local)) => drop(tombstones.entry((file, part)).or_default().insert(local)),
                None => {
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
            if let Some((part, local)) = snapshot.find(self.run.id, entry.key)? {
                found.push((entry.key, part.file.map(|file| (file, part.index as u32, local))));
                first = first.or(Some(entry));
            }
        }
        match first {
            Some(entry) if on_conflict == OnConflict::Refuse => Err(Error::FactExists {
                fact: entry.fact.clone(),
                language: entry.language.clone(),
                prompt: entry.key.prompt.0,
                run: self.run.spec.name.clone(),
                count: found.len() as u64,
            }),
            _ => Ok(found),
        }
    }

    fn seal_if_large(&self) -> Result<()> {
        let snapshot = self.store.snapshot()?;
        let bytes: u64 = unsealed_of(&snapshot.catalogue, self.run.id).map(|(_, payload)| payload.len() as u64).sum();
        if bytes >= SEAL_BYTES { self.seal() } else { Ok(()) }
    }

    /// Moves what waits in the catalogue into a segment.
    pub fn seal(&self) -> Result<()> {
        loop {
            let snapshot = self.store.snapshot()?;
            let mut entries = unsealed_of(&snapshot.catalogue, self.run.id).peekable();
            if entries.peek().is_none() {
                return Ok(());
            }
            let building = self.store.building()?;
            let payloads = entries.map(|(key, payload)| (key, Cow::Borrowed(payload)));
            let (out, bytes) =
                build(building.writer()?, self.head(), payloads).map_err(Error::io("write", building.path()))?;
            building.sync(out)?;
            let sealed = self.store.write(|locked| {
                self.run_in(locked)?;
                let then = || unsealed_of(&snapshot.catalogue, self.run.id);
                let same = |(key, payload): (EntryKey, &[u8])| {
                    locked.now().unsealed.get(&(self.run.id, key)).is_some_and(|now| now == payload)
                };
                if !then().all(same) {
                    return Ok(false);
                }
                for (key, _) in then() {
                    locked.remove_unsealed(self.run.id, key);
                }
                let file = locked.next_file();
                building.rename(&file_path(self.store.path(), file, SEGMENT))?;
                locked.set_file(file, FileRecord::Segment { run: self.run.id.0, job: None, bytes });
                Ok(true)
            })?;
            if sealed {
                return Ok(());
            }
        }
    }
}

/// Where a sealed entry is; `None` for one that waits in the catalogue.
type Place = Option<(FileId, u32, u32)>;

fn job_of(snapshot: &Snapshot, file: FileId) -> Option<u32> {
    match snapshot.catalogue.files.get(&file) {
        Some(FileRecord::Segment { job, .. }) => *job,
        _ => None,
    }
}

/// An import that can go on where it was interrupted: entries it wrote before are passed over.
pub struct Job<'a> {
    writer: &'a RunWriter,
    id: u32,
    on_conflict: OnConflict,
}

impl Job<'_> {
    /// Adds entries as one segment; on return all are durable and visible. Give thousands at a time.
    pub fn append(&self, entries: &[Entry]) -> Result<Appended> {
        let prepared = self.writer.prepare(entries)?;
        self.writer.commit_segment(prepared, self.on_conflict, Some(self.id))
    }

    /// Marks the import complete: the same one again is a new import.
    pub fn finish(self) -> Result<()> {
        let writer = self.writer;
        writer.store.write(|locked| {
            if let Some(mut record) = locked.now().jobs.get(&self.id).cloned() {
                record.finished = true;
                locked.set_job(self.id, record);
            }
            Ok(())
        })?;
        let segments = writer.store.snapshot()?.sealed_segments(writer.run.id).count();
        if segments > MANY_SEGMENTS {
            writer.store.compact_run(&writer.run.spec.name)?;
        }
        Ok(())
    }
}

/// Refuses an entry that does not fit the run.
fn check(entry: &Entry, run: &Run) -> Result<()> {
    let shape = run.spec.shape;
    let wrong = |found: String, expected: String| {
        let (fact, language, prompt) = (entry.fact.clone(), entry.language.clone(), entry.prompt);
        Err(Error::Entry { fact, language, prompt, found, expected })
    };
    let outside = |neuron: &Neuron| u64::from(neuron.0) >= shape.neurons();
    let listed = |neurons: &[Neuron]| {
        if let Some(neuron) = neurons.iter().find(|neuron| outside(neuron)) {
            return wrong(format!("{neuron:?}"), format!("a neuron of {shape}, below {}", shape.neurons()));
        }
        let mut sorted = neurons.to_vec();
        sorted.sort_unstable();
        match sorted.windows(2).find(|pair| pair[0] == pair[1]) {
            Some(pair) => {
                let (layer, unit) = shape.split(pair[0]);
                wrong(format!("neuron {layer}:{unit} twice"), "each neuron once".into())
            }
            None => Ok(()),
        }
    };
    let finite = |scores: &[f32], neuron: &dyn Fn(usize) -> Neuron| match scores.iter().position(|s| !s.is_finite()) {
        Some(at) => {
            let (layer, unit) = shape.split(neuron(at));
            wrong(format!("score {} of neuron {layer}:{unit}", scores[at]), "finite scores".into())
        }
        None => Ok(()),
    };
    match &entry.data {
        EntryData::Neurons(neurons) => listed(neurons),
        EntryData::Groups(groups) => {
            for group in groups {
                listed(&group.neurons)?;
                if group.neurons.len() < 2 {
                    return wrong(format!("a group of {}", group.neurons.len()), "two neurons or more".into());
                }
                let each = group.evidence.as_ref().map_or(group.neurons.len(), |evidence| evidence.after_each.len());
                if each != group.neurons.len() {
                    return wrong(format!("{each} probabilities"), format!("one for each of {}", group.neurons.len()));
                }
            }
            Ok(())
        }
        EntryData::Scores(scores) => {
            let layers = shape.layers as usize;
            if !scores.evidence.is_empty() && scores.evidence.len() != layers {
                return wrong(format!("evidence of {} layers", scores.evidence.len()), format!("none, or {layers}"));
            }
            match &scores.values {
                crate::entry::ScoreValues::Dense(values) if values.len() as u64 != shape.neurons() => {
                    wrong(format!("{} scores", values.len()), format!("{shape} = {}", shape.neurons()))
                }
                crate::entry::ScoreValues::Dense(values) => finite(values, &|at| Neuron(at as u32)),
                crate::entry::ScoreValues::Sparse { neurons, scores, floor } => {
                    if neurons.len() != scores.len() {
                        return wrong(format!("{} neurons", neurons.len()), format!("{} scores", scores.len()));
                    }
                    if floor.is_nan() {
                        return wrong("floor NaN".into(), "a number".into());
                    }
                    listed(neurons)?;
                    finite(scores, &|at| neurons[at])
                }
            }
        }
    }
}
