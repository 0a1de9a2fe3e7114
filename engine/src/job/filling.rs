//! Answers to questions on their way into a run: computed on several threads, appended in a fixed order.

use super::begun;
use super::in_order::in_order;
use super::selection::{Item, Selection, Work};
use super::{Progress, SkipPlace, Skips, Summary};
use crate::error::{Error, Result};
use crate::question::{Skip, UnknownParts};
use kndb_storage::{Entry, EntryData, OnConflict, RunSpec, RunWriter, Snapshot, Store};
use std::any::Any;
use std::num::NonZeroUsize;
use std::panic::{AssertUnwindSafe, catch_unwind};
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
    /// What is selected.
    pub(crate) selection: &'a Selection,
    /// What becomes of an entry that is there already.
    pub(crate) on_conflict: OnConflict,
    /// The work of another selection on the run, without what it holds by now.
    pub(crate) work_of: &'a dyn Fn(&Snapshot, &Selection) -> Result<Work>,
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
        if !work.items.is_empty() {
            begun::begin(&writer, self.selection)?;
        }
        let mut collected = Collected::new(&writer, work, self.thread_count(), self.on_conflict);
        progress(collected.progress);
        // The question of the last answer: what is stored, or told of, when something goes wrong.
        let mut last = None;
        let outcome = in_order(
            work.items.len(),
            self.thread_count(),
            stop,
            |index| {
                let (item, begun) = (work.items[index], Instant::now());
                // Caught here, a panic is one question's error: it is told in its turn, after what came before is stored.
                let found = match catch_unwind(AssertUnwindSafe(|| answer(item))) {
                    Ok(Err(Error::NotFinite { .. })) => Ok(Err(Skip::NotFinite)),
                    Ok(found) => found,
                    Err(panic) => Err(panicked("asking the model about", Some(item), &*panic, snapshot)),
                };
                Answer { item, found, took: begun.elapsed() }
            },
            |answer| {
                last = answer.as_ref().map_or(last, |answer| Some(answer.item));
                let taken = catch_unwind(AssertUnwindSafe(|| {
                    if let Some(answer) = answer {
                        collected.take(snapshot, answer)?;
                    }
                    collected.commit_if_due()?;
                    progress(collected.progress);
                    Ok(())
                }));
                taken.unwrap_or_else(|panic| Err(panicked("storing", last, &*panic, snapshot)))
            },
        );
        let mut summary = outcome.and_then(|()| collected.end(begun, work));
        let empty = || Ok::<_, Error>(begun::is_empty(&*self.store.snapshot()?, writer.run().id));
        if !self.known && empty()? {
            // Else mistaken options would stay, and the corrected ones be refused for them.
            writer.abandon()?;
        } else if let Ok(done) = &mut summary
            && !done.stopped
        {
            done.left_by_others = begun::done(self.store, &writer, self.selection, &work.items, self.work_of)?;
            if done.left_by_others == 0 {
                writer.finish()?;
            }
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
    on_conflict: OnConflict,
    waiting: Vec<Entry>,
    bytes: usize,
    committed: Instant,
    attributed: u64,
    skips: Skips,
    computing: Duration,
    progress: Progress,
}

impl<'a> Collected<'a> {
    fn new(writer: &'a RunWriter, work: &Work, threads: usize, on_conflict: OnConflict) -> Self {
        let total = work.items.len() as u64;
        let in_work = total.min(threads as u64);
        let progress = Progress { done: 0, total, skipped: work.skips.values().sum(), in_work };
        Self {
            writer,
            on_conflict,
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
        self.progress.in_work = self.progress.in_work.min(self.progress.total - self.progress.done);
        self.computing += took;
        Ok(())
    }

    fn commit_if_due(&mut self) -> Result<()> {
        if self.bytes >= COMMIT_BYTES || self.committed.elapsed() >= COMMIT_EVERY { self.commit() } else { Ok(()) }
    }

    fn commit(&mut self) -> Result<()> {
        if !self.waiting.is_empty() {
            let appended = self.writer.append_batch(&self.waiting, self.on_conflict)?;
            self.attributed += appended.new + appended.replaced;
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
            unknown: UnknownParts::default(),
            left,
            stopped: left > 0,
            left_by_others: 0,
            elapsed: begun.elapsed(),
            computing: self.computing,
        })
    }
}

/// The error for a panic at a question.
fn panicked(doing: &'static str, item: Option<Item>, panic: &(dyn Any + Send), snapshot: &Snapshot) -> Error {
    let named = |Item { fact, language, prompt, .. }| {
        let (fact, language) = (snapshot.external_id(fact).unwrap_or_default(), snapshot.language_name(language));
        format!("{doing} fact {fact:?} ({language}, prompt {prompt})")
    };
    let what = item.map_or_else(|| format!("{doing} answers"), named);
    Error::Panicked { what, message: panic_message(panic) }
}

/// What a panic said.
pub(super) fn panic_message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied();
    let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    text.unwrap_or("no message").to_owned()
}

/// Bytes of an entry that waits, roughly.
fn size_of_data(data: &EntryData) -> usize {
    match data {
        EntryData::Scores(scores) => match &scores.values {
            kndb_storage::ScoreValues::Dense(scores) => size_of_val(scores.as_slice()),
            kndb_storage::ScoreValues::Sparse { scores, .. } => 2 * size_of_val(scores.as_slice()),
        },
        EntryData::Stored(stored) => size_of_val(stored.scores.as_slice()),
        EntryData::Neurons(neurons) => size_of_val(neurons.as_slice()),
        EntryData::Groups(groups) | EntryData::Searched { groups, .. } => {
            groups.iter().map(|group| 64 + 8 * group.neurons.len()).sum()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::job::{Selection, Stored};
    use kndb_storage::{FactBatch, FactRow, Neuron, Shape, TemplateRow};
    use std::sync::mpsc::channel;

    const FACTS: usize = 40;

    fn prepared() -> (tempfile::TempDir, Store) {
        let folder = tempfile::tempdir().expect("a folder");
        let store = Store::create(folder.path().join("store")).expect("a store");
        let fact = |number: usize| FactRow {
            id: format!("f{number:02}"),
            relation: "P36".into(),
            language: "en".into(),
            subject: format!("land {number}"),
            object: "town".into(),
            subject_uri: None,
            object_uri: None,
        };
        let text = "[X] [Y]".to_owned();
        let template = TemplateRow { relation: "P36".into(), language: "en".into(), text };
        let facts = (0..FACTS).map(fact).collect();
        store.add_facts(FactBatch { facts, templates: vec![template], ..FactBatch::default() }).expect("facts");
        (folder, store)
    }

    /// What comes of a job whose worker panics at a fact, or whose progress does after so many. One that hangs fails.
    fn fill(store: &Store, threads: usize, worker_at: Option<usize>, progress_at: Option<u64>) -> Result<Summary> {
        let (sender, ended) = channel();
        let store = store.clone();
        std::thread::spawn(move || {
            let run = RunSpec::new("r", "m", Shape::new(1, 4).expect("a shape"));
            let snapshot = store.snapshot().expect("a snapshot");
            let known = snapshot.run_named("r").map(|run| run.id);
            let selection = Selection::default();
            let templates = selection.templates(&snapshot);
            let stored = Stored::attributions(&snapshot, known).expect("opens");
            let work = selection.work(&snapshot, &templates, &stored).expect("work");
            let filling = Filling {
                store: &store,
                run: &run,
                known: known.is_some(),
                threads: NonZeroUsize::new(threads),
                selection: &selection,
                on_conflict: OnConflict::Refuse,
                work_of: &|_, _| Ok(Work::default()),
            };
            let answer = |item: Item| {
                assert!(worker_at != Some(item.fact.0 as usize), "no answer to {}", item.fact.0);
                Ok(Ok(EntryData::Neurons(vec![Neuron(1)])))
            };
            let mut progress = |at: Progress| assert!(progress_at != Some(at.done), "no news of {}", at.done);
            let stop = AtomicBool::new(false);
            let done = filling.fill(&snapshot, &work, &stop, &mut progress, Instant::now(), answer);
            sender.send(done).expect("the test waits");
        });
        ended.recv_timeout(Duration::from_secs(60)).expect("the job hangs")
    }

    fn facts_of_run(store: &Store) -> Option<u64> {
        let snapshot = store.snapshot().expect("a snapshot");
        snapshot.run_named("r").map(|run| snapshot.holds(run.id).expect("opens").entries())
    }

    #[test]
    fn a_panic_of_a_worker_is_an_error_that_names_the_fact_and_keeps_what_came_before() {
        for threads in [1, 3] {
            let (_folder, store) = prepared();
            let error = fill(&store, threads, Some(17), None).expect_err("a bug");
            assert_eq!(
                error.to_string(),
                "a bug in kndb: a panic while asking the model about fact \"f17\" (en, prompt 0): no answer to 17; what \
                 was stored before is in the run"
            );
            assert_eq!(facts_of_run(&store), Some(17));
            let summary = fill(&store, threads, None, None).expect("the job goes on");
            assert_eq!((summary.already_there, summary.attributed), (17, FACTS as u64 - 17));
        }
    }

    #[test]
    fn a_panic_of_what_takes_the_answers_is_an_error_that_names_the_fact() {
        for threads in [1, 3] {
            let (_folder, store) = prepared();
            let error = fill(&store, threads, None, Some(12)).expect_err("a bug");
            let expected = "a panic while storing fact \"f11\" (en, prompt 0): no news of 12;";
            assert!(error.to_string().contains(expected), "{error}");
            fill(&store, threads, None, None).expect("the job goes on");
            assert_eq!(facts_of_run(&store), Some(FACTS as u64));
        }
    }

    #[test]
    fn a_new_run_whose_first_fact_panics_is_not_left_behind() {
        let (_folder, store) = prepared();
        fill(&store, 2, Some(0), None).expect_err("a bug");
        assert_eq!(facts_of_run(&store), None);
    }
}
