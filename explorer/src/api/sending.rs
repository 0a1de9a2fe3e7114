//! Bytes on their way from a statement's thread to a client: a few pieces wait, then the thread does.

mod client;
mod thread;

use axum::body::Bytes;
use kndb_query::Note;

use crate::problem::Problem;
pub(super) use client::Sending;
pub(super) use thread::Channel;

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
