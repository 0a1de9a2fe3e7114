//! The end of the client: a body that is made while it is sent.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use axum::http::{Response, StatusCode};
use http_body::{Frame, SizeHint};
use kndb_query::Note;
use tokio::sync::mpsc::{Receiver, channel};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::thread::Channel;
use super::{Begin, Piece};
use crate::problem::{Problem, Result};
use crate::server::EndOnDrop;
use crate::server::stop::Stop;

/// Pieces that wait for the client.
const WAITING: usize = 4;

const NOTES: HeaderName = HeaderName::from_static("kndb-notes");
/// Notes in a header are as long as this at most; longer ones are in a trailer.
const HEADER: usize = 4 << 10;

/// The end of the client: a body that ends the statement when it is dropped.
pub(in crate::api) struct Sending {
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
    pub(in crate::api) fn new(end: EndOnDrop, stop: &Stop, limit: Duration) -> (Channel, Self) {
        let (sender, pieces) = channel(WAITING);
        let (end_of_time, over) = watch::channel(false);
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
        (
            Channel::new(sender, over, seconds),
            Self { pieces, begin: Begin::default(), has_ended: false, left: None, _end: end, limit },
        )
    }

    /// Waits until it is known how the answer begins.
    ///
    /// # Errors
    /// When the statement is refused, or fails before something was sent.
    pub(in crate::api) async fn begin(&mut self) -> Result<()> {
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
    pub(in crate::api) fn response(mut self) -> Response<Body> {
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
