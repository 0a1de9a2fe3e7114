//! What stands around a format: it stops at an interrupt, and keeps a failed write and what there is to know beside the rows.
//!
//! The query library only needs to know that it should stop. Why (a closed pipe, a full disk,
//! Ctrl-C) is asked here afterwards.

use std::io;
use std::ops::ControlFlow;
use std::sync::Arc;

use kndb_query::{Batch, BatchSink, Column, Interrupt, Note, QueryError, Sink, Value};

use kndb_formats::Format;

/// Watches rows on their way to a format.
pub struct Delivery<'a> {
    format: Box<dyn Format + 'a>,
    interrupt: &'a Interrupt,
    announced: bool,
    failure: Option<io::Error>,
    delivered: Delivered,
}

/// What came of the rows.
#[derive(Debug, Default)]
pub struct Delivered {
    /// How many rows came.
    pub rows: u64,
    /// Whether an interrupt ended them early.
    pub interrupted: bool,
    /// What a reader has to know beside them.
    pub notes: Vec<Note>,
}

impl<'a> Delivery<'a> {
    /// Delivers rows to `format` until `interrupt` is set.
    pub fn new(format: Box<dyn Format + 'a>, interrupt: &'a Interrupt) -> Self {
        Self { format, interrupt, announced: false, failure: None, delivered: Delivered::default() }
    }

    /// The same, after a statement that was interrupted: rows that the format holds back are written, and what has to be closed
    /// is closed.
    pub fn finish_early(mut self) -> io::Result<Delivered> {
        self.delivered.interrupted = true;
        if self.announced {
            Sink::end(&mut self)?;
        }
        self.finish()
    }

    /// What came of the rows; or the write that failed.
    pub fn finish(self) -> io::Result<Delivered> {
        self.failure.map_or(Ok(self.delivered), Err)
    }
}

/// Batches of answers.
impl BatchSink for Delivery<'_> {
    fn columns(&mut self, columns: &Arc<[Column]>) -> Result<(), QueryError> {
        Sink::columns(self, columns).map_err(QueryError::output)
    }

    fn batch(&mut self, batch: Batch) -> Result<ControlFlow<()>, QueryError> {
        if self.failure.is_some() {
            return Ok(ControlFlow::Break(()));
        }
        let Self { format, interrupt, delivered, .. } = self;
        let mut go_on = || {
            delivered.interrupted |= interrupt.is_set();
            delivered.rows += u64::from(!delivered.interrupted);
            !delivered.interrupted
        };
        match format.batch(&batch, &mut go_on)? {
            Ok(flow) => Ok(flow),
            Err(failure) => {
                self.failure = Some(failure);
                Ok(ControlFlow::Break(()))
            }
        }
    }

    fn end(&mut self) -> Result<(), QueryError> {
        Sink::end(self).map_err(QueryError::output)
    }

    fn note(&mut self, note: &Note) -> Result<(), QueryError> {
        Sink::note(self, note).map_err(QueryError::output)
    }
}

/// Rows that are listed otherwise.
impl Sink for Delivery<'_> {
    fn columns(&mut self, columns: &[Column]) -> io::Result<()> {
        self.announced = true;
        if let Err(failure) = self.format.columns(columns) {
            self.failure = Some(failure);
        }
        Ok(())
    }

    fn row(&mut self, row: &[Value<'_>]) -> io::Result<ControlFlow<()>> {
        if self.interrupt.is_set() {
            self.delivered.interrupted = true;
        }
        if self.delivered.interrupted || self.failure.is_some() {
            return Ok(ControlFlow::Break(()));
        }
        match self.format.row(row) {
            Ok(flow) => {
                self.delivered.rows += 1;
                Ok(flow)
            }
            Err(failure) => {
                self.failure = Some(failure);
                Ok(ControlFlow::Break(()))
            }
        }
    }

    fn end(&mut self) -> io::Result<()> {
        if self.failure.is_none()
            && let Err(failure) = self.format.end()
        {
            self.failure = Some(failure);
        }
        Ok(())
    }

    fn note(&mut self, note: &Note) -> io::Result<()> {
        self.delivered.notes.push(note.clone());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::Mode;
    use crate::output::testing::{columns, hard_rows};

    struct Closed;

    impl io::Write for Closed {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::BrokenPipe.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_closed_pipe_is_told_afterwards_in_every_mode() {
        for mode in <Mode as clap::ValueEnum>::value_variants() {
            let calm = Interrupt::default();
            let mut closed = Closed;
            let mut delivery = Delivery::new(mode.sink(true, &mut closed), &calm);
            Sink::columns(&mut delivery, &columns()).expect("told later");
            let mut flow = ControlFlow::Continue(());
            // Some modes hold a block or a buffer back first.
            for _ in 0..3_000 {
                flow = delivery.row(&hard_rows()[0]).expect("told later");
            }
            assert!(flow.is_break(), "{mode:?}");
            let failure = delivery.finish().expect_err("the pipe was closed");
            assert_eq!(failure.kind(), io::ErrorKind::BrokenPipe, "{mode:?}");
        }
    }

    #[test]
    fn an_interrupt_ends_the_rows() {
        let interrupt = Interrupt::default();
        interrupt.set();
        let mut out = Vec::new();
        let mut delivery = Delivery::new(Mode::Csv.sink(true, &mut out), &interrupt);
        Sink::columns(&mut delivery, &columns()).expect("columns are written");
        assert!(delivery.row(&hard_rows()[0]).expect("no failure").is_break());
        assert!(delivery.finish().expect("no failure").interrupted);
    }
}
