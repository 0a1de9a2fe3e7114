//! Long work that can be watched and stopped, shared out over threads.
//!
//! Results come back in the order of the work, whatever the threads did. Not for work of microseconds.

use crate::error::StudyError;
use std::any::Any;
use std::fmt;
use std::num::NonZeroUsize;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// How a study is run, and who looks on. None of it changes the result.
#[derive(Clone, Copy)]
pub struct Watch<'a> {
    /// Threads that ask the model.
    pub threads: NonZeroUsize,
    /// Ends the study when raised: after the claims that are being asked, with [`StudyError::Stopped`].
    pub stop: &'a AtomicBool,
    /// Told after each fact.
    pub progress: &'a (dyn Fn(Progress) + Sync),
}

/// How far a study is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// What is being done.
    pub stage: Stage,
    /// How many are done.
    pub done: usize,
    /// Of how many.
    pub total: usize,
}

/// What is being done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Stage {
    /// Asking facts of the untouched model.
    Asking,
    /// Editing neurons and asking again.
    Editing,
    /// Editing facts and asking again.
    EditingFacts,
    /// Scoring claims.
    Scoring,
    /// Scoring neurons in several ways, and editing them.
    Comparing,
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Asking => "asking facts",
            Self::Editing => "editing neurons",
            Self::EditingFacts => "editing facts",
            Self::Scoring => "scoring claims",
            Self::Comparing => "comparing scorers",
        })
    }
}

/// Does the work for every item; results in the items' order. Of several errors, the first item's. A panic is the error of its
/// item, whose fact `fact_of` names.
pub(crate) fn for_each<T: Sync, R: Send>(
    watch: &Watch<'_>,
    stage: Stage,
    items: &[T],
    fact_of: impl Fn(&T) -> String + Sync,
    work: impl Fn(&T) -> Result<R, StudyError> + Sync,
) -> Result<Vec<R>, StudyError> {
    let (next, failed, done) = (AtomicUsize::new(0), AtomicBool::new(false), Mutex::new(0));
    let total = items.len();
    let worker = || {
        let mut results = Vec::new();
        while !watch.stop.load(Ordering::Relaxed) && !failed.load(Ordering::Relaxed) {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let Some(item) = items.get(at) else { break };
            let asked = || {
                let result = work(item)?;
                // Under the lock, so that the caller sees the numbers grow.
                let mut done = done.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
                *done += 1;
                (watch.progress)(Progress { stage, done: *done, total });
                Ok(result)
            };
            // Else the other threads would go on to the last item before anybody learns of it.
            let result = catch_unwind(AssertUnwindSafe(asked)).unwrap_or_else(|panic| {
                Err(StudyError::Panicked { stage, fact: fact_of(item), message: panic_message(&*panic) })
            });
            failed.fetch_or(result.is_err(), Ordering::Relaxed);
            results.push((at, result));
        }
        results
    };
    let threads = watch.threads.get().min(total.max(1));
    let mut results: Vec<(usize, Result<R, StudyError>)> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(worker)).collect();
        let finish = |worker: std::thread::ScopedJoinHandle<'_, Vec<_>>| match worker.join() {
            Ok(results) => results,
            Err(panic) => std::panic::resume_unwind(panic),
        };
        workers.into_iter().flat_map(finish).collect()
    });
    results.sort_unstable_by_key(|(at, _)| *at);
    let done = results.len();
    let results = results.into_iter().map(|(_, result)| result).collect::<Result<Vec<R>, _>>()?;
    if done < total {
        return Err(StudyError::Stopped { stage, done, total });
    }
    Ok(results)
}

/// What a panic said.
fn panic_message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied();
    let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    text.unwrap_or("no message").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::channel;
    use std::time::Duration;

    /// What comes of work on a thousand items; work that hangs fails the test.
    fn outcome(
        work: impl Fn(&usize) -> Result<usize, StudyError> + Send + Sync + 'static,
        progress: impl Fn(Progress) + Send + Sync + 'static,
    ) -> Result<Vec<usize>, StudyError> {
        let (sender, ended) = channel();
        std::thread::spawn(move || {
            let (stop, items) = (AtomicBool::new(false), (0..1_000).collect::<Vec<usize>>());
            let threads = NonZeroUsize::new(3).expect("a number");
            let watch = Watch { threads, stop: &stop, progress: &progress };
            let done = for_each(&watch, Stage::Scoring, &items, |item| format!("f{item}"), work);
            sender.send(done).expect("the test waits");
        });
        ended.recv_timeout(Duration::from_secs(60)).expect("the study hangs")
    }

    #[test]
    fn results_come_in_the_order_of_the_items() {
        let found = outcome(|&item| Ok(item * 2), |_| {}).expect("all are done");
        assert!(found.iter().enumerate().all(|(at, &it)| it == 2 * at) && found.len() == 1_000);
    }

    #[test]
    fn a_panic_ends_the_study_with_an_error_that_names_the_fact() {
        let asked = std::sync::Arc::new(AtomicUsize::new(0));
        let counted = std::sync::Arc::clone(&asked);
        let work = move |&item: &usize| {
            counted.fetch_add(1, Ordering::Relaxed);
            assert!(item != 17, "no answer to {item}");
            // Later ones take long: telling of the panic takes a while on a busy machine.
            std::thread::sleep(Duration::from_millis(if item < 100 { 1 } else { 50 }));
            Ok(item)
        };
        let error = outcome(work, |_| {}).expect_err("a bug");
        assert_eq!(error.to_string(), "a bug in kndb: a panic while scoring claims, at fact f17: no answer to 17");
        assert!(asked.load(Ordering::Relaxed) < 1_000, "nothing new is begun after it");

        let progress = |at: Progress| assert!(at.done != 5, "no news");
        let error = outcome(|&item| Ok(item), progress).expect_err("a bug");
        assert!(error.to_string().ends_with(": no news"), "{error}");
    }
}
