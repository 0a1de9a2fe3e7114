//! Work on several threads, results in the order of the work.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How far work may run ahead of the oldest unfinished piece, per thread: results wait in memory.
const AHEAD: usize = 8;
/// The same of many threads together, beside what they work on.
const AHEAD_IN_ALL: usize = 64;
/// How long `take` waits for news at most.
const TICK: Duration = Duration::from_millis(500);

/// Calls `compute(0)` … `compute(count − 1)` on `threads` threads and hands each result to `take`, in that order, on this
/// thread. `take(None)` comes now and then while there is nothing to hand over. After `stop`, what is in work is finished
/// and handed over, and nothing new begun. The first error of `take` ends everything and is returned.
///
/// A panic of either goes on to the caller when all threads have ended; nothing new is begun after it. A caller that wants
/// an error, and the piece it is about, catches it within `compute` and `take`.
pub(crate) fn in_order<T: Send, E>(
    count: usize,
    threads: usize,
    stop: &AtomicBool,
    compute: impl Fn(usize) -> T + Sync,
    mut take: impl FnMut(Option<T>) -> Result<(), E>,
) -> Result<(), E> {
    let threads = threads.clamp(1, count.max(1));
    let ahead = (threads * AHEAD).min(threads + AHEAD_IN_ALL);
    let claims = Claims { state: Mutex::default(), moved: Condvar::new(), count, ahead, stop };
    let (sender, results) = channel();
    std::thread::scope(|scope| {
        // The scope waits for the workers, who would wait for a `take` that has panicked.
        let _close = CloseOnPanic(&claims);
        let workers: Vec<_> = (0..threads)
            .map(|_| {
                let (sender, claims, compute) = (sender.clone(), &claims, &compute);
                scope.spawn(move || {
                    let _close = CloseOnPanic(claims);
                    while let Some(index) = claims.claim() {
                        if sender.send((index, compute(index))).is_err() {
                            break;
                        }
                    }
                })
            })
            .collect();
        drop(sender);
        let mut waiting = BTreeMap::new();
        let mut next = 0;
        let taken = loop {
            let done = match results.recv_timeout(TICK) {
                Ok((index, result)) => {
                    waiting.insert(index, result);
                    let mut done = Ok(());
                    while let (Ok(()), Some(result)) = (&done, waiting.remove(&next)) {
                        next += 1;
                        done = take(Some(result));
                    }
                    claims.taken(next);
                    done
                }
                Err(RecvTimeoutError::Timeout) => take(None),
                Err(RecvTimeoutError::Disconnected) => break Ok(()),
            };
            if done.is_err() {
                claims.close();
                break done;
            }
        };
        drop(results);
        for worker in workers {
            if let Err(panic) = worker.join() {
                std::panic::resume_unwind(panic);
            }
        }
        taken
    })
}

/// Who works on what.
struct Claims<'a> {
    state: Mutex<State>,
    moved: Condvar,
    count: usize,
    ahead: usize,
    stop: &'a AtomicBool,
}

#[derive(Default)]
struct State {
    next: usize,
    taken: usize,
    closed: bool,
}

impl Claims<'_> {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next piece of work, once it is not too far ahead.
    fn claim(&self) -> Option<usize> {
        let mut state = self.state();
        loop {
            if state.closed || state.next == self.count || self.stop.load(Ordering::Relaxed) {
                return None;
            }
            if state.next < state.taken + self.ahead {
                state.next += 1;
                return Some(state.next - 1);
            }
            state = self.moved.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn taken(&self, taken: usize) {
        self.state().taken = taken;
        self.moved.notify_all();
    }

    fn close(&self) {
        self.state().closed = true;
        self.moved.notify_all();
    }
}

/// Without it, the others would wait for a result that never comes, or for one to be taken.
struct CloseOnPanic<'a>(&'a Claims<'a>);

impl Drop for CloseOnPanic<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.close();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::job::filling::panic_message;
    use std::panic::{AssertUnwindSafe, catch_unwind};

    fn slow_first(index: usize) -> usize {
        // The first piece of every five takes longest.
        if index.is_multiple_of(5) {
            std::thread::sleep(Duration::from_millis(3));
        }
        index
    }

    #[test]
    fn results_come_in_order_whatever_takes_long() {
        let (mut seen, stop) = (Vec::new(), AtomicBool::new(false));
        let done: Result<(), ()> = in_order(200, 4, &stop, slow_first, |result| {
            seen.extend(result);
            Ok(())
        });
        assert_eq!((done, seen), (Ok(()), (0..200).collect()));
    }

    #[test]
    fn after_a_stop_what_was_begun_is_handed_over() {
        let (mut seen, stop) = (Vec::new(), AtomicBool::new(false));
        let begun = AtomicBool::new(false);
        let work = |index| {
            begun.store(true, Ordering::Relaxed);
            slow_first(index)
        };
        let done: Result<(), ()> = in_order(10_000, 3, &stop, work, |result| {
            seen.extend(result);
            stop.store(seen.len() >= 50, Ordering::Relaxed);
            Ok(())
        });
        assert_eq!(done, Ok(()));
        assert!(seen.len() >= 50 && seen.len() < 50 + 3 * AHEAD + 3, "{}", seen.len());
        assert_eq!(seen, (0..seen.len()).collect::<Vec<_>>());
    }

    #[test]
    fn the_first_error_ends_it() {
        let (mut seen, stop) = (0, AtomicBool::new(false));
        let done = in_order(1_000, 2, &stop, slow_first, |result| {
            seen += usize::from(result.is_some());
            if result == Some(20) { Err("enough") } else { Ok(()) }
        });
        assert_eq!((done, seen), (Err("enough"), 21));
    }

    /// What comes of work that panics; a job that hangs instead fails the test.
    fn panicked(job: impl FnOnce() + Send + 'static) -> String {
        let (sender, ended) = channel();
        std::thread::spawn(move || {
            let panic = catch_unwind(AssertUnwindSafe(job)).expect_err("it panics");
            sender.send(panic_message(&*panic)).expect("the test waits");
        });
        ended.recv_timeout(Duration::from_secs(60)).expect("the job hangs")
    }

    #[test]
    fn a_panic_of_a_worker_ends_all_and_is_passed_on() {
        for threads in [1, 4] {
            let told = panicked(move || {
                let work = |index| assert!(index != 30, "a bug in piece {index}");
                let _: Result<(), ()> = in_order(100_000, threads, &AtomicBool::new(false), work, |_| Ok(()));
            });
            assert_eq!(told, "a bug in piece 30");
        }
    }

    #[test]
    fn a_panic_of_the_taker_ends_all_and_is_passed_on() {
        for threads in [1, 4] {
            let told = panicked(move || {
                let take = |taken: Option<usize>| -> Result<(), ()> {
                    assert!(taken != Some(30), "a bug in what takes");
                    Ok(())
                };
                let _ = in_order(100_000, threads, &AtomicBool::new(false), slow_first, take);
            });
            assert_eq!(told, "a bug in what takes");
        }
    }
}
