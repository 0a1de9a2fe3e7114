//! A statement that runs in a thread of its own, and is asked for its batches.
//!
//! The thread waits while two batches are ready and nobody takes them: an answer of any size needs the memory of a few batches. Whoever has
//! enough drops it, and the statement stops.

use kndb_query::{Batch, BatchSink, Column, Interrupt, Note, Outcome, QueryError};
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;

/// Batches that wait for being taken: one that is read while the next one is made, and one to even out.
const READY: usize = 2;

/// A statement at work. Dropped, it stops.
pub struct Running {
    interrupt: Interrupt,
    /// `None` only while this is dropped.
    steps: Option<Receiver<Step>>,
    thread: Option<JoinHandle<()>>,
    ended: bool,
}

/// What a statement has come to.
#[derive(Debug)]
pub enum Step {
    /// The columns of its answer; first of all, and not for statements without rows.
    Columns(Arc<[Column]>),
    /// Some rows, at least one.
    Batch(Batch),
    /// It is done; nothing comes after.
    Done {
        /// What it did.
        outcome: Outcome,
        /// What to know beside the rows.
        notes: Vec<Note>,
    },
    /// It failed; nothing comes after.
    Failed(QueryError),
}

impl Running {
    /// Starts a statement: `run` is [`kndb_query::stream`] or that of a prepared one, with settings that have this `interrupt`, and nobody else.
    pub fn start(
        interrupt: Interrupt,
        run: impl FnOnce(&mut dyn BatchSink) -> Result<Outcome, QueryError> + Send + 'static,
    ) -> Self {
        let (sender, steps) = sync_channel(READY);
        let thread = std::thread::spawn(move || {
            let mut sink = Sending { sender, notes: Vec::new() };
            let last = match run(&mut sink) {
                Ok(outcome) => Step::Done { outcome, notes: sink.notes },
                Err(error) => Step::Failed(error),
            };
            // Nobody may be there any more.
            let _ = sink.sender.send(last);
        });
        Self { interrupt, steps: Some(steps), thread: Some(thread), ended: false }
    }

    /// The next step, waited for as long as it takes; `None` after the last one.
    pub fn step(&mut self) -> Option<Step> {
        loop {
            if let Some(step) = self.step_within(Duration::from_secs(3_600)) {
                return Some(step);
            }
            if self.ended {
                return None;
            }
        }
    }

    /// The next step, if it comes in time; `None`, too, after the last one ([`Self::has_ended`]).
    pub fn step_within(&mut self, time: Duration) -> Option<Step> {
        if self.ended {
            return None;
        }
        match self.steps.as_ref()?.recv_timeout(time) {
            Ok(step) => {
                self.ended = matches!(step, Step::Done { .. } | Step::Failed(_));
                Some(step)
            }
            Err(RecvTimeoutError::Timeout) => None,
            Err(RecvTimeoutError::Disconnected) => {
                // Without a last step: the thread is gone by a panic.
                self.ended = true;
                let reason = "the statement ended by a panic, which is a bug in kndb";
                Some(Step::Failed(QueryError::new(kndb_query::ErrorKind::Bug, reason)))
            }
        }
    }

    /// Whether the last step was taken.
    pub fn has_ended(&self) -> bool {
        self.ended
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.interrupt.set();
        // A thread that waits for room hears of it by this.
        self.steps = None;
        if let Some(thread) = self.thread.take() {
            // A panic was told of, if anybody wanted to know.
            let _ = thread.join();
        }
    }
}

struct Sending {
    sender: SyncSender<Step>,
    notes: Vec<Note>,
}

impl BatchSink for Sending {
    fn columns(&mut self, columns: &Arc<[Column]>) -> Result<(), QueryError> {
        // If nobody is there any more, the first batch stops the statement.
        let _ = self.sender.send(Step::Columns(Arc::clone(columns)));
        Ok(())
    }

    fn batch(&mut self, batch: Batch) -> Result<ControlFlow<()>, QueryError> {
        let sent = self.sender.send(Step::Batch(batch));
        Ok(if sent.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) })
    }

    fn note(&mut self, note: &Note) -> Result<(), QueryError> {
        self.notes.push(note.clone());
        Ok(())
    }
}
