//! Answers to questions on their way into a run: computed on several threads, appended in a fixed order.

use super::in_order::in_order;
use super::selection::{Item, Work};
use super::{Progress, SkipPlace, Skips, Summary};
use crate::error::{Error, Result};
use crate::question::Skip;
use kndb_storage::{Entry, EntryData, OnConflict, RunSpec, RunWriter, Snapshot, Store};
use std::num::NonZeroUsize;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

/// What is found becomes durable at least this often.
const COMMIT_EVERY: Duration = Duration::from_secs(1);
/// And when this many bytes of scores wait in memory.
const COMMIT_BYTES: usize = 64 << 20;

/// A run that is filled.
pub(crate) struct Filling<'a> {
    pub(crate) store: &'a Store,
    pub(crate) run: &'a RunSpec,
    /// Whether the run was there before.
    pub(crate) known: bool,
    pub(crate) threads: Option<NonZeroUsize>,
}

/// What a worker found.
struct Answer {
    item: Item,
    found: Result<std::result::Result<EntryData, Skip>>,
    took: Duration,
}

impl Filling<'_> {
    /// Does the work; `answer` is called on several threads.
    pub(crate) fn fill(
        &self,
        snapshot: &Snapshot,
        work: &Work,
        stop: &AtomicBool,
        progress: &mut dyn FnMut(Progress),
        begun: Instant,
        answer: impl Fn(Item) -> Result<std::result::Result<EntryData, Skip>> + Sync,
    ) -> Result<Summary> {
        let writer = self.store.open_run(self.run.clone())?;
        let mut collected = Collected::new(&writer, work);
        let outcome = in_order(
            work.items.len(),
            self.thread_count(),
            stop,
            |index| {
                let (item, begun) = (work.items[index], Instant::now());
                let found = match answer(item) {
                    Err(Error::NotFinite { .. }) => Ok(Err(Skip::NotFinite)),
                    found => found,
                };
                Answer { item, found, took: begun.elapsed() }
            },
            |answer| {
                if let Some(answer) = answer {
                    collected.take(snapshot, answer)?;
                }
                collected.commit_if_due()?;
                progress(collected.progress);
                Ok(())
            },
        );
        let summary = outcome.and_then(|()| collected.end(begun, work));
        let id = writer.run().id;
        let empty = || {
            let now = self.store.snapshot()?;
            let filled = now.slots().chain(now.group_slots()).any(|slot| slot.run == id);
            Ok::<_, Error>(!filled)
        };
        if !self.known && empty()? {
            // Else mistaken options would stay, and the corrected ones be refused for them.
            writer.abandon()?;
        } else if summary.as_ref().is_ok_and(|summary| !summary.stopped) {
            writer.finish()?;
        }
        summary
    }

    fn thread_count(&self) -> usize {
        let threads = self.threads.or_else(|| std::thread::available_parallelism().ok());
        threads.map_or(1, NonZeroUsize::get)
    }
}

/// Answers, in order, on their way into the store.
struct Collected<'a> {
    writer: &'a RunWriter,
    waiting: Vec<Entry>,
    bytes: usize,
    committed: Instant,
    attributed: u64,
    skips: Skips,
    computing: Duration,
    progress: Progress,
}

impl<'a> Collected<'a> {
    fn new(writer: &'a RunWriter, work: &Work) -> Self {
        let progress = Progress { done: 0, total: work.items.len() as u64, skipped: work.skips.values().sum() };
        Self {
            writer,
            waiting: Vec::new(),
            bytes: 0,
            committed: Instant::now(),
            attributed: 0,
            skips: work.skips.clone(),
            computing: Duration::ZERO,
            progress,
        }
    }

    fn take(&mut self, snapshot: &Snapshot, answer: Answer) -> Result<()> {
        let Answer { item, found, took } = answer;
        let found = match found {
            Ok(found) => found,
            // What came before is not lost to the failure of this one.
            Err(error) => return self.commit().and(Err(error)),
        };
        match found {
            Ok(data) => {
                self.bytes += size_of_data(&data);
                self.waiting.push(Entry {
                    fact: snapshot.external_id(item.fact)?.to_owned(),
                    language: snapshot.language_name(item.language).to_owned(),
                    prompt: item.prompt.0,
                    data,
                });
            }
            Err(skip) => {
                let place = SkipPlace::of(snapshot, skip, item.relation, item.language);
                *self.skips.entry(place).or_default() += 1;
                self.progress.skipped += 1;
            }
        }
        self.progress.done += 1;
        self.computing += took;
        Ok(())
    }

    fn commit_if_due(&mut self) -> Result<()> {
        if self.bytes >= COMMIT_BYTES || self.committed.elapsed() >= COMMIT_EVERY { self.commit() } else { Ok(()) }
    }

    fn commit(&mut self) -> Result<()> {
        if !self.waiting.is_empty() {
            self.attributed += self.writer.append_batch(&self.waiting, OnConflict::Refuse)?.new;
            self.waiting.clear();
            self.bytes = 0;
        }
        self.committed = Instant::now();
        Ok(())
    }

    fn end(mut self, begun: Instant, work: &Work) -> Result<Summary> {
        self.commit()?;
        let left = self.progress.total - self.progress.done;
        Ok(Summary {
            facts: work.facts,
            attributed: self.attributed,
            already_there: work.already_there,
            skipped: self.skips,
            left,
            stopped: left > 0,
            elapsed: begun.elapsed(),
            computing: self.computing,
        })
    }
}

/// Bytes of an entry that waits, roughly.
fn size_of_data(data: &EntryData) -> usize {
    match data {
        EntryData::Scores(scores) => match &scores.values {
            kndb_storage::ScoreValues::Dense(scores) => size_of_val(scores.as_slice()),
            kndb_storage::ScoreValues::Sparse { scores, .. } => 2 * size_of_val(scores.as_slice()),
        },
        EntryData::Neurons(neurons) => size_of_val(neurons.as_slice()),
        EntryData::Groups(groups) => groups.iter().map(|group| 64 + 8 * group.neurons.len()).sum(),
    }
}
