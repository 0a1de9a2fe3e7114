//! The end of the thread: what formats write, cut into pieces, and how it ended.

use std::io::{self, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::http::HeaderMap;
use kndb_query::{ErrorKind, Note};
use tokio::runtime::Handle;
use tokio::sync::mpsc::Sender;
use tokio::sync::watch;

use super::{Begin, Piece};
use crate::problem::{Problem, Result};
use crate::server::etag;
use crate::view::View;

/// Bytes of a piece. Answers that are smaller are whole before they are sent.
const PIECE: usize = 64 << 10;

/// The end of the thread.
pub(in crate::api) struct Channel {
    pub(in crate::api) content_type: &'static str,
    pub(in crate::api) notes: Vec<Note>,
    tag: Option<String>,
    is_known: bool,
    /// As long as the answer may take.
    seconds: u64,
    buffer: Arc<Mutex<Buffer>>,
}

/// Bytes of a piece that is not full yet.
struct Buffer {
    bytes: Vec<u8>,
    sender: Sender<Piece>,
    has_begun: bool,
    /// Becomes true when the answer has taken as long as it may, or the server stops.
    over: watch::Receiver<bool>,
    runtime: Handle,
}

impl Buffer {
    /// Waits until the client has taken enough.
    ///
    /// # Errors
    /// When it is gone, or time is over.
    fn send(&mut self, piece: Piece) -> io::Result<()> {
        let Self { sender, over, runtime, .. } = self;
        runtime.block_on(async {
            tokio::select! {
                biased;
                sent = sender.send(piece) => sent.map_err(|_| io::ErrorKind::BrokenPipe.into()),
                _ = over.wait_for(|is_over| *is_over) => Err(io::ErrorKind::TimedOut.into()),
            }
        })
    }
}

impl Channel {
    pub(super) fn new(sender: Sender<Piece>, over: watch::Receiver<bool>, seconds: u64) -> Self {
        let buffer = Buffer { bytes: Vec::new(), sender, has_begun: false, over, runtime: Handle::current() };
        let buffer = Arc::new(Mutex::new(buffer));
        Self { content_type: "", notes: Vec::new(), tag: None, is_known: false, seconds, buffer }
    }

    /// Whether the client has this answer already.
    pub(in crate::api) fn is_known(&mut self, headers: &HeaderMap, view: &View<'_>) -> bool {
        let tag = etag::tag(view);
        self.is_known = etag::is_known(headers, &tag);
        self.tag = Some(tag);
        self.is_known
    }

    /// What formats write into.
    pub(in crate::api) fn clone_writer(&self) -> Writer {
        Writer { buffer: Arc::clone(&self.buffer), content_type: self.content_type, tag: self.tag.clone() }
    }

    /// A text as it is.
    pub(in crate::api) fn text(&self, text: &str) {
        lock(&self.buffer).bytes.extend_from_slice(text.as_bytes());
    }

    /// Sends what is left.
    pub(in crate::api) fn end(self, asked: Result<()>) {
        let Self { content_type, notes, tag, is_known, seconds, buffer } = self;
        let mut buffer = lock(&buffer);
        let rest = std::mem::take(&mut buffer.bytes);
        let over = *buffer.over.borrow();
        // A client that is gone wants nothing more.
        let _ = match asked {
            Err(problem) if over && is_interrupted(&problem) => {
                buffer.send(Piece::Failed(Problem::TooLong { seconds }))
            }
            Err(problem) => buffer.send(Piece::Failed(problem)),
            Ok(()) => {
                let length = Some(rest.len() as u64);
                let begin = Begin { content_type, tag, is_known, notes: notes.clone(), length };
                let begun = if buffer.has_begun { Ok(()) } else { buffer.send(Piece::Begin(begin)) };
                begun
                    .and_then(|()| buffer.send(Piece::Bytes(rest.into())))
                    .and_then(|()| buffer.send(Piece::End(notes)))
            }
        };
    }
}

fn is_interrupted(problem: &Problem) -> bool {
    problem.query_error().is_some_and(|error| error.kind == ErrorKind::Interrupted)
}

fn lock(buffer: &Mutex<Buffer>) -> MutexGuard<'_, Buffer> {
    buffer.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Takes what a format writes.
pub(in crate::api) struct Writer {
    buffer: Arc<Mutex<Buffer>>,
    content_type: &'static str,
    tag: Option<String>,
}

impl Write for Writer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut buffer = lock(&self.buffer);
        buffer.bytes.extend_from_slice(bytes);
        if buffer.bytes.len() >= PIECE {
            if !buffer.has_begun {
                buffer.has_begun = true;
                let begin = Begin { content_type: self.content_type, tag: self.tag.clone(), ..Begin::default() };
                buffer.send(Piece::Begin(begin))?;
            }
            let full = std::mem::replace(&mut buffer.bytes, Vec::with_capacity(PIECE + (PIECE >> 3)));
            buffer.send(Piece::Bytes(full.into()))?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        // What is left goes with the end.
        Ok(())
    }
}
