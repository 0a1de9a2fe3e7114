//! Errors of the query language, drawn into their statements: the line at fault, and a caret under the place.
//!
//! It is: the one way in which the command and the explorer draw an error, so that it looks the same in both. It is not: the sentence above
//! the drawing or the hint below it, which [`kndb_query::QueryError`] has, and not a printer.
//!
//! | module | what it keeps |
//! |---|---|
//! | `drawing` | the drawing: ariadne's, around the place in very long lines |
//! | `disturbing` | which characters of a text must not be drawn as they are |
//!
//! ```
//! use kndb_carets::{StatementText, draw};
//!
//! let text = "kn[lnag=en] by layer";
//! let error = kndb_query::parse(text).expect_err("a mistake");
//! let statement = StatementText { origin: "statement".into(), text: text.into(), ..StatementText::default() };
//! let drawing = draw(&error, &statement, false).expect("it points at a place");
//! assert!(String::from_utf8_lossy(&drawing).contains("statement:1:4"));
//! ```

mod disturbing;
mod drawing;

pub use disturbing::disturbs;
pub use drawing::draw;

/// Where the text of a statement came from, to point into it.
#[derive(Clone, Debug, Default)]
pub struct StatementText {
    /// The script, or `command`, or `shell`.
    pub origin: String,
    /// The text.
    pub text: String,
    /// Bytes of it before the statement the error's spans count from.
    pub offset: usize,
    /// Lines of the script before the text.
    pub lines_before: usize,
}
