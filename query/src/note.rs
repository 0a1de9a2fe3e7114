//! What a reader has to know beside the rows: an answer that is right, and of less than it seems.
//!
//! A run that is still open, layers that nobody scored, a set that took another's place. Not for what makes an answer wrong:
//! that is an error.

use crate::syntax::span::Span;
use std::cell::RefCell;
use std::fmt;

/// One thing to know about an answer. [`crate::execute`] hands it to [`crate::Sink::note`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Note {
    /// A sentence without its full stop: what was found, and what follows from it.
    pub text: String,
    /// The text of the statement that it is about.
    pub span: Option<Span>,
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// So many of one statement at most.
const MOST: usize = 6;

/// The notes of one statement, from its planning and its running, in the order in which they came up, each text once.
#[derive(Debug, Default)]
pub(crate) struct Notes(RefCell<Vec<Note>>);

impl From<Vec<Note>> for Notes {
    fn from(notes: Vec<Note>) -> Self {
        Self(RefCell::new(notes))
    }
}

impl Notes {
    /// Adds one about the text at `span`.
    pub(crate) fn add(&self, span: Span, text: impl Into<String>) {
        let (text, mut notes) = (text.into(), self.0.borrow_mut());
        // Several sources of one run say it once.
        if !notes.iter().any(|note| note.text == text) {
            notes.push(Note { text, span: Some(span) });
        }
    }

    /// All of them, for a plan that may be run often.
    pub(crate) fn into_all(self) -> Vec<Note> {
        self.0.into_inner()
    }

    /// All of them, or the first with the number of the others: notes must not drown an answer.
    pub(crate) fn into_vec(self) -> Vec<Note> {
        let mut notes = self.0.into_inner();
        if notes.len() > MOST {
            let more = notes.len() - (MOST - 1);
            notes.truncate(MOST - 1);
            notes.push(Note { text: format!("{more} more of the kind"), span: None });
        }
        notes
    }
}
