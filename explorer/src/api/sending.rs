//! Bytes on their way from a statement's thread to a client: a few pieces wait, then the thread does.

use std::io::{self, Write};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use axum::http::{Response, StatusCode};
use http_body::{Frame, SizeHint};
use kndb_query::{ErrorKind, Note};
use tokio::runtime::Handle;
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::problem::{Problem, Result};
use crate::server::stop::Stop;
use crate::server::{EndOnDrop, etag};
use crate::view::View;

/// Bytes of a piece. Answers that are smaller are whole before they are sent.
const PIECE: usize = 64 << 10;
/// Pieces that wait for the client.
const WAITING: usize = 4;

const NOTES: HeaderName = HeaderName::from_static("kndb-notes");
/// Notes in a header are as long as this at most; longer ones are in a trailer.
const HEADER: usize = 4 << 10;

/// What the thread tells.
enum Piece {
    /// Before everything else.
    Begin(Begin),
    Bytes(Bytes),
    /// All was sent.
    End(Vec<Note>),
    Failed(Problem),
}

#[derive(Default)]
struct Begin {
    content_type: &'static str,
    tag: Option<String>,
    is_known: bool,
    /// Those of an answer that is whole already, …
    notes: Vec<Note>,
    /// … and its length.
    length: Option<u64>,
}

/// The end of the thread.
pub(super) struct Channel {
    pub(super) content_type: &'static str,
    pub(super) notes: Vec<Note>,
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
    /// Whether the client has this answer already.
    pub(super) fn is_known(&mut self, headers: &HeaderMap, view: &View<'_>) -> bool {
        let tag = etag::tag(view);
        self.is_known = etag::is_known(headers, &tag);
        self.tag = Some(tag);
        self.is_known
    }

    /// What formats write into.
    pub(super) fn clone_writer(&self) -> Writer {
        Writer { buffer: Arc::clone(&self.buffer), content_type: self.content_type, tag: self.tag.clone() }
    }

    /// A text as it is.
    pub(super) fn text(&self, text: &str) {
        lock(&self.buffer).bytes.extend_from_slice(text.as_bytes());
    }

    /// Sends what is left.
    pub(super) fn end(self, asked: Result<()>) {
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

fn lock(buffer: &Mutex<Buffer>) -> std::sync::MutexGuard<'_, Buffer> {
    buffer.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Takes what a format writes.
pub(super) struct Writer {
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

/// The end of the client: a body that ends the statement when it is dropped.
pub(super) struct Sending {
    pieces: Receiver<Piece>,
    begin: Begin,
    has_ended: bool,
    /// Bytes that are still to come, where that is known: then notes are told already.
    left: Option<u64>,
    _end: EndOnDrop,
    limit: JoinHandle<()>,
}

impl Sending {
    /// Both ends. The statement is ended after a time, and when the server stops.
    pub(super) fn new(end: EndOnDrop, stop: &Stop, limit: Duration) -> (Channel, Self) {
        let (sender, pieces) = channel(WAITING);
        let (end_of_time, over) = watch::channel(false);
        let buffer = Buffer { bytes: Vec::new(), sender, has_begun: false, over, runtime: Handle::current() };
        let (interrupt, stop) = (end.0.clone(), stop.clone());
        let seconds = limit.as_secs();
        let limit = tokio::spawn(async move {
            tokio::select! {
                () = tokio::time::sleep(limit) => {}
                () = stop.asked() => {}
            }
            interrupt.set();
            end_of_time.send_replace(true);
        });
        let buffer = Arc::new(Mutex::new(buffer));
        let channel = Channel { content_type: "", notes: Vec::new(), tag: None, is_known: false, seconds, buffer };
        (channel, Self { pieces, begin: Begin::default(), has_ended: false, left: None, _end: end, limit })
    }

    /// Waits until it is known how the answer begins.
    ///
    /// # Errors
    /// When the statement is refused, or fails before something was sent.
    pub(super) async fn begin(&mut self) -> Result<()> {
        match self.pieces.recv().await {
            Some(Piece::Begin(begin)) => {
                self.begin = begin;
                Ok(())
            }
            Some(Piece::Failed(problem)) => Err(problem),
            // The thread is gone without a word: a panic.
            Some(Piece::Bytes(_) | Piece::End(_)) | None => Err(Problem::Bug),
        }
    }

    /// The response, whose body is what comes.
    pub(super) fn response(mut self) -> Response<Body> {
        let Begin { content_type, tag, is_known, notes, length } = std::mem::take(&mut self.begin);
        let mut headers = HeaderMap::new();
        if let Some(tag) = tag.as_deref().and_then(|tag| HeaderValue::from_str(tag).ok()) {
            headers.insert(header::ETAG, tag);
        }
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
        if is_known {
            let mut response = Response::new(Body::empty());
            *response.status_mut() = StatusCode::NOT_MODIFIED;
            *response.headers_mut() = headers;
            return response;
        }
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
        match written(&notes) {
            None => self.left = length,
            Some(notes) if notes.len() <= HEADER => {
                headers.insert(NOTES, notes);
                self.left = length;
            }
            Some(_) => {}
        }
        if self.left.is_none() {
            headers.insert(header::TRAILER, HeaderValue::from_static("kndb-notes"));
        }
        let mut response = Response::new(Body::new(self));
        *response.headers_mut() = headers;
        response
    }
}

impl Drop for Sending {
    fn drop(&mut self) {
        self.limit.abort();
    }
}

impl http_body::Body for Sending {
    type Data = Bytes;
    type Error = Problem;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>>>> {
        let piece = std::task::ready!(self.pieces.poll_recv(cx));
        Poll::Ready(match piece {
            Some(Piece::Bytes(bytes)) => {
                self.left = self.left.map(|left| left.saturating_sub(bytes.len() as u64));
                Some(Ok(Frame::data(bytes)))
            }
            Some(Piece::End(notes)) => {
                self.has_ended = true;
                let notes = if self.left.is_some() { None } else { written(&notes) };
                notes.map(|notes| {
                    let mut trailers = HeaderMap::new();
                    trailers.insert(NOTES, notes);
                    Ok(Frame::trailers(trailers))
                })
            }
            // Breaks the transfer off, as does a thread that is gone without a word.
            Some(Piece::Failed(problem)) => Some(Err(problem)),
            None if self.has_ended => None,
            Some(Piece::Begin(_)) | None => Some(Err(Problem::Bug)),
        })
    }

    fn size_hint(&self) -> SizeHint {
        self.left.map_or_else(SizeHint::default, SizeHint::with_exact)
    }
}

/// Notes as a JSON array in ASCII; `None` without any.
fn written(notes: &[Note]) -> Option<HeaderValue> {
    if notes.is_empty() {
        return None;
    }
    HeaderValue::from_str(&ascii(&notes.iter().map(ToString::to_string).collect::<Vec<_>>())).ok()
}

/// Texts as a JSON array in ASCII.
fn ascii(texts: &[String]) -> String {
    let mut ascii = String::new();
    for unit in serde_json::json!(texts).to_string().encode_utf16() {
        match u8::try_from(unit) {
            Ok(byte @ 0x20..0x7f) => ascii.push(char::from(byte)),
            _ => ascii += &format!("\\u{unit:04x}"),
        }
    }
    ascii
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_in_a_header_are_json_in_ascii() {
        let texts = ["ä 法 \"x\"".to_owned(), "😀".to_owned()];
        let ascii = ascii(&texts);
        assert!(ascii.is_ascii() && HeaderValue::from_str(&ascii).is_ok(), "{ascii}");
        assert_eq!(serde_json::from_str::<Vec<String>>(&ascii).expect("JSON"), texts);
    }
}
