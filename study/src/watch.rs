//! Long work that can be watched and stopped, shared out over threads.
//!
//! Results come back in the order of the work, whatever the threads did. Not for work of microseconds.

use crate::error::StudyError;
use std::fmt;
use std::num::NonZeroUsize;
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
    /// Scoring claims.
    Scoring,
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Asking => "asking facts",
            Self::Editing => "editing neurons",
            Self::Scoring => "scoring claims",
        })
    }
}

/// Does the work for every item; results in the items' order. Of several errors, the first item's.
pub(crate) fn for_each<T: Sync, R: Send>(
    watch: &Watch<'_>,
    stage: Stage,
    items: &[T],
    work: impl Fn(&T) -> Result<R, StudyError> + Sync,
) -> Result<Vec<R>, StudyError> {
    let (next, failed, done) = (AtomicUsize::new(0), AtomicBool::new(false), Mutex::new(0));
    let total = items.len();
    let worker = || {
        let mut results = Vec::new();
        while !watch.stop.load(Ordering::Relaxed) && !failed.load(Ordering::Relaxed) {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let Some(item) = items.get(at) else { break };
            let result = work(item);
            failed.fetch_or(result.is_err(), Ordering::Relaxed);
            results.push((at, result));
            // Under the lock, so that the caller sees the numbers grow.
            let mut done = done.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
            *done += 1;
            (watch.progress)(Progress { stage, done: *done, total });
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
