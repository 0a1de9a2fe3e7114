//! What can go wrong with a statement, as data: where, why, and what to do instead.
//!
//! Drawing an error (carets, colours) is the caller's business; this crate only says what there
//! is to draw. `Display` gives the reason alone.

use std::error::Error;
use std::sync::Arc;

use crate::syntax::span::Span;

/// A statement that cannot be read or carried out.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{reason}")]
#[non_exhaustive]
pub struct QueryError {
    /// What sort of error it is.
    pub kind: ErrorKind,
    /// The text that is at fault, where one can be pointed at.
    pub span: Option<Span>,
    /// A sentence: what was found and what was expected.
    pub reason: String,
    /// What to write or do instead.
    pub hint: Option<String>,
    /// Further places that explain the error, such as the bracket that was opened.
    pub labels: Vec<Label>,
    /// The error below, for those of storage and output.
    #[source]
    pub source: Option<Arc<dyn Error + Send + Sync>>,
}

/// A second place in the text, and what it has to do with the error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// Where.
    pub span: Span,
    /// A few words: `opened here`.
    pub text: String,
}

/// What sort of error a [`QueryError`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The text is not a statement of the language, or a number in it is out of bounds.
    Syntax,
    /// A name is not known: a keyword, a key, a dimension, a saved set.
    Name,
    /// Sets of different kinds are mixed, or a clause does not suit the kind of its set.
    Kind,
    /// The store does not hold what is asked for.
    Missing,
    /// The store could not be read or written.
    Storage,
    /// The rows could not be delivered.
    Output,
    /// The answer takes more memory than a statement may have, or than there is.
    Memory,
    /// The statement was asked to stop, by a [`crate::Interrupt`].
    Interrupted,
    /// The query panicked, which is a bug in kndb.
    Bug,
}

impl QueryError {
    /// An error of the given sort that points at no text.
    pub fn new(kind: ErrorKind, reason: impl Into<String>) -> Self {
        let reason = quoted(reason.into(), LONGEST);
        Self { kind, span: None, reason, hint: None, labels: Vec::new(), source: None }
    }

    /// The text at `span` is not what the language allows there.
    pub fn syntax(span: Span, reason: impl Into<String>) -> Self {
        Self::new(ErrorKind::Syntax, reason).at(span)
    }

    /// The name at `span` is not known.
    pub fn name(span: Span, reason: impl Into<String>) -> Self {
        Self::new(ErrorKind::Name, reason).at(span)
    }

    /// The sets at `span` are of kinds that do not go together.
    pub fn kind(span: Span, reason: impl Into<String>) -> Self {
        Self::new(ErrorKind::Kind, reason).at(span)
    }

    /// What is asked for at `span` is not in the store.
    pub fn missing(span: Span, reason: impl Into<String>) -> Self {
        Self::new(ErrorKind::Missing, reason).at(span)
    }

    /// The store failed; `source` says how, and is the reason.
    pub fn storage(source: impl Error + Send + Sync + 'static) -> Self {
        Self::new(ErrorKind::Storage, source.to_string()).caused_by(source)
    }

    /// The rows could not be delivered; `source` says why, and is the reason.
    pub fn output(source: impl Error + Send + Sync + 'static) -> Self {
        Self::new(ErrorKind::Output, source.to_string()).caused_by(source)
    }

    /// Points at `span`.
    #[must_use]
    pub fn at(mut self, span: Span) -> Self {
        self.span = Some(span);
        self
    }

    /// Says what to write or do instead.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(quoted(hint.into(), LONGEST));
        self
    }

    /// The same with an optional hint; `None` keeps the hint there is.
    #[must_use]
    pub fn maybe_hint(mut self, hint: Option<impl Into<String>>) -> Self {
        if let Some(hint) = hint {
            self = self.hint(hint);
        }
        self
    }

    /// Points at a second place.
    #[must_use]
    pub fn label(mut self, span: Span, text: impl Into<String>) -> Self {
        self.labels.push(Label { span, text: quoted(text.into(), LONGEST) });
        self
    }

    /// Keeps the error below.
    #[must_use]
    pub fn caused_by(mut self, source: impl Error + Send + Sync + 'static) -> Self {
        self.source = Some(Arc::new(source));
        self
    }
}

/// The longest sentence, in characters: one that quotes a word of a megabyte says no more than one that quotes its ends.
const LONGEST: usize = 1_000;
/// The longest quotation of what a statement says at one place.
pub(crate) const LONGEST_QUOTE: usize = 120;

/// A text with the middle left out where it is longer than `longest` characters.
pub(crate) fn quoted(text: String, longest: usize) -> String {
    // As many bytes are at most as many characters.
    let characters = if text.len() <= longest { 0 } else { text.chars().count() };
    if characters <= longest {
        return text;
    }
    let half = longest / 2;
    let at = |number: usize| text.char_indices().nth(number).map_or(text.len(), |(at, _)| at);
    let (begin, end) = (&text[..at(half)], &text[at(characters - half)..]);
    format!("{begin} [… {} characters …] {end}", characters - 2 * half)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_quotations_keep_their_ends() {
        assert_eq!(quoted("ä".repeat(10), 10), "ä".repeat(10));
        assert_eq!(quoted(format!("begin{}end", "ä".repeat(100)), 10), "begin [… 98 characters …] ääend");
    }

    #[test]
    fn no_error_quotes_a_word_of_a_megabyte_whole() {
        let word = "x".repeat(1 << 20);
        for text in [
            word.clone(),
            format!("kn[{word}=en]"),
            format!("kn[lang={word}"),
            format!("kn[subject=\"{word}\" x"),
            format!("kn {word}"),
            format!("kn by {word}"),
            format!("drop @{word}"),
            format!("let a = @{word} by layer"),
            format!("kn[tau=0.{}", "1".repeat(1 << 20)),
            format!("kn top {}", "1".repeat(1 << 20)),
        ] {
            let error = crate::parse(&text).expect_err("a mistake");
            let labels: usize = error.labels.iter().map(|label| label.text.len()).sum();
            let length = error.reason.len() + error.hint.as_ref().map_or(0, String::len) + labels;
            assert!(length < 3_000, "{length} bytes for {}…", &text[..20]);
        }
    }
}
