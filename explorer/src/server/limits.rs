//! How much one request may take, and how many are answered at once.

use std::time::Duration;

use kndb_query::Interrupt;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::problem::{Problem, Result};
use std::sync::Arc;

/// What requests may take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Rows of an answer that a page holds, to be sorted and paged; more are said to be there and not shown. Answers of the interface are
    /// streamed, and have [`Self::streamed_rows`].
    pub rows: usize,
    /// Rows that the interface sends of one answer. One with more is broken off, so that nobody takes it for whole.
    pub streamed_rows: u64,
    /// Entries of a run that a page looks at where its address does not ask for more: about a microsecond each.
    pub unasked: u64,
    /// Bytes of memory that a statement may take for its answer.
    pub memory: u64,
    /// How long a page may take.
    pub page: Duration,
    /// How long an answer of the interface may take, its sending included.
    pub stream: Duration,
    /// How long a connection may keep the server waiting: for the head of a request, and for taking what is sent.
    pub idle: Duration,
    /// Pages that are made at once; others wait.
    pub pages: usize,
    /// Answers of the interface that are sent at once; others wait.
    pub streams: usize,
    /// Connections that are open at once; others wait to be accepted.
    pub connections: usize,
}

impl Default for Limits {
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(2, usize::from);
        Self {
            rows: 20_000,
            streamed_rows: 100_000_000,
            unasked: 150_000,
            memory: 512 << 20,
            page: Duration::from_secs(30),
            stream: Duration::from_secs(600),
            idle: Duration::from_secs(30),
            pages: cores.max(4),
            streams: 8,
            connections: 256,
        }
    }
}

/// Places for those who are answered.
pub(crate) struct Places {
    pages: Arc<Semaphore>,
    streams: Arc<Semaphore>,
}

/// What a place is wanted for.
#[derive(Clone, Copy, Debug)]
pub(crate) enum For {
    Page,
    Stream,
}

/// How long somebody waits for a place.
const WAIT: Duration = Duration::from_secs(20);

impl Places {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self { pages: Arc::new(Semaphore::new(limits.pages)), streams: Arc::new(Semaphore::new(limits.streams)) }
    }

    /// A place, waited for.
    ///
    /// # Errors
    /// When none got free in time.
    pub(crate) async fn take(&self, what: For, limits: &Limits) -> Result<OwnedSemaphorePermit> {
        let (places, others) = match what {
            For::Page => (&self.pages, limits.pages),
            For::Stream => (&self.streams, limits.streams),
        };
        match tokio::time::timeout(WAIT, Arc::clone(places).acquire_owned()).await {
            Ok(Ok(place)) => Ok(place),
            // Nobody closes the semaphore.
            Ok(Err(_)) | Err(_) => Err(Problem::Busy { others }),
        }
    }
}

/// Ends what is asked when nobody waits for it any more: a client that is gone drops what it waited for.
pub(crate) struct EndOnDrop(pub(crate) Interrupt);

impl Drop for EndOnDrop {
    fn drop(&mut self) {
        self.0.set();
    }
}
