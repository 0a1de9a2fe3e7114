//! The answer to an SQL statement: batches as they are found.
//!
//! DataFusion works on threads of its own, and hands batches over through a short queue, so that whoever waits for them can give up at any
//! time, whatever the work is at.

use crate::error::{Result, SqlError};
use crate::names;
use crate::pin::Notes;
use crate::scan::viewed;
use crate::threads::Threads;
use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::error::DataFusionError;
use datafusion::execution::SendableRecordBatchStream;
use futures::StreamExt;
use kndb_query::Interrupt;
use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::Semaphore;
use tokio::task::AbortHandle;

/// The time between two looks at whether to stop.
const LOOK: Duration = Duration::from_millis(20);
/// Batches that wait for being taken.
const READY: usize = 2;

/// What an answer has come to.
#[derive(Debug)]
pub enum Step {
    /// Some rows, at least one.
    Batch(RecordBatch),
    /// All rows are given.
    Done,
}

/// Rows in batches, read while they are found; dropped, it stops the statement.
pub struct Answer {
    schema: SchemaRef,
    /// `None` after the last batch.
    work: Option<(Arc<Queue>, AbortHandle)>,
    threads: Threads,
    /// The caller's flag, and the statement's own.
    interrupts: [Interrupt; 2],
    notes: Notes,
}

/// Batches on their way from DataFusion's threads.
struct Queue {
    batches: Mutex<VecDeque<Option<Result<RecordBatch, DataFusionError>>>>,
    ready: Condvar,
    room: Semaphore,
}

impl Queue {
    fn batches(&self) -> MutexGuard<'_, VecDeque<Option<Result<RecordBatch, DataFusionError>>>> {
        self.batches.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn push(&self, batch: Option<Result<RecordBatch, DataFusionError>>) {
        self.batches().push_back(batch);
        self.ready.notify_one();
    }

    /// The next one, if it comes in time; within, `None` is the end.
    fn pop(&self, time: Duration) -> Option<Option<Result<RecordBatch, DataFusionError>>> {
        let (until, mut batches) = (Instant::now() + time, self.batches());
        while batches.is_empty() {
            let left = until.checked_duration_since(Instant::now())?;
            batches = self.ready.wait_timeout(batches, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        let batch = batches.pop_front();
        self.room.add_permits(1);
        batch
    }
}

/// Tells of the end, however the work comes to it: of one by a panic as of a failure, not as of all rows.
struct Ending {
    queue: Arc<Queue>,
    is_done: bool,
}

impl Drop for Ending {
    fn drop(&mut self) {
        if !self.is_done {
            let reason = "the statement ended by a panic, which is a bug: please report it";
            self.queue.push(Some(Err(DataFusionError::Execution(reason.into()))));
        }
        self.queue.push(None);
    }
}

async fn work(mut stream: SendableRecordBatchStream, mut ending: Ending) {
    while let Some(batch) = stream.next().await {
        let is_failure = batch.is_err();
        // It is never closed.
        if let Ok(room) = ending.queue.room.acquire().await {
            room.forget();
        }
        ending.queue.push(Some(batch));
        if is_failure {
            break;
        }
    }
    ending.is_done = true;
}

impl Answer {
    pub(crate) fn new(
        stream: SendableRecordBatchStream,
        threads: Threads,
        interrupts: [Interrupt; 2],
        notes: Notes,
    ) -> Result<Self> {
        let schema = names::apart(&viewed::plain_schema(&stream.schema()));
        let queue = Arc::new(Queue { batches: Mutex::default(), ready: Condvar::new(), room: Semaphore::new(READY) });
        let ending = Ending { queue: Arc::clone(&queue), is_done: false };
        let task = threads.runtime()?.spawn(work(stream, ending));
        let work = Some((queue, task.abort_handle()));
        Ok(Self { schema, work, threads, interrupts, notes })
    }

    /// Names and types of the columns. Texts are plain ones, which every reader of Arrow knows, or dictionaries of them.
    pub fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    /// What there is to know beside the rows: of names that the store does not have at once, of statements in kndb's own language
    /// after the last row.
    pub fn notes(&self) -> Vec<String> {
        self.notes.all()
    }

    /// The next batch if it comes in time: `None` if it does not, [`Step::Done`] after the last one.
    ///
    /// # Errors
    /// Those of the statement, after which nothing comes.
    pub fn step_within(&mut self, time: Duration) -> Option<Result<Step>> {
        let step = self.step(time).transpose();
        if !matches!(step, None | Some(Ok(Step::Batch(_)))) {
            self.end();
        }
        step
    }

    fn step(&mut self, time: Duration) -> Result<Option<Step>> {
        let Some((queue, _)) = &self.work else { return Ok(Some(Step::Done)) };
        self.threads.runtime()?;
        if self.interrupts[0].is_set() {
            return Err(SqlError::Interrupted);
        }
        match queue.pop(time) {
            None => Ok(None),
            Some(None) => Ok(Some(Step::Done)),
            Some(Some(batch)) => {
                let batch = batch?;
                if batch.num_rows() == 0 {
                    return Ok(None);
                }
                Ok(Some(Step::Batch(viewed::plain(&batch, &self.schema).map_err(DataFusionError::from)?)))
            }
        }
    }

    /// Stops what is left of the work.
    fn end(&mut self) {
        self.interrupts[1].set();
        if let Some((_, task)) = self.work.take() {
            task.abort();
        }
    }
}

impl Iterator for Answer {
    type Item = Result<RecordBatch>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            match self.step_within(LOOK) {
                Some(Ok(Step::Batch(batch))) => return Some(Ok(batch)),
                Some(Ok(Step::Done)) => return None,
                Some(Err(error)) => return Some(Err(error)),
                None => {}
            }
        }
    }
}

impl Drop for Answer {
    fn drop(&mut self) {
        self.end();
    }
}
