//! The threads that DataFusion works on: those of one statement.
//!
//! Not those of a session: work that looks at nothing but its rows, as a join of everything with everything, goes on for a while after it was
//! told to stop, and the next statement must not wait for it.

use crate::error::{Result, SqlError};
use tokio::runtime::{Builder, Runtime};

/// As many as the machine has processors.
pub(crate) fn count() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// Threads of one process. A fork has none of them, and must neither use nor wait for them.
pub(crate) struct Threads {
    /// `None` only while this is dropped.
    runtime: Option<Runtime>,
    process: u32,
}

impl Threads {
    pub(crate) fn begin() -> Result<Self> {
        let runtime = Builder::new_multi_thread().worker_threads(count()).thread_name("kndb-sql").build();
        let runtime = runtime.map_err(|error| {
            SqlError::statement(format!("the system gives no threads: {error}"), "end other programs, and try again")
        })?;
        Ok(Self { runtime: Some(runtime), process: std::process::id() })
    }

    /// The runtime, in the process that has its threads.
    pub(crate) fn runtime(&self) -> Result<&Runtime> {
        let here = std::process::id();
        self.runtime.as_ref().filter(|_| self.process == here).ok_or_else(|| {
            let reason =
                format!("process {here} was forked from process {}, which asked for this answer", self.process);
            SqlError::statement(reason, "ask again in this process")
        })
    }
}

impl Drop for Threads {
    fn drop(&mut self) {
        let Some(runtime) = self.runtime.take() else { return };
        if self.process == std::process::id() {
            // Not waited for.
            runtime.shutdown_background();
        } else {
            std::mem::forget(runtime);
        }
    }
}
