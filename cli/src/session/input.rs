//! Lines on their way to becoming statements, with the place they came from.

use std::ops::Range;

use super::dot::Undotted;
use crate::error::StatementText;

/// The language of a session's statements.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Language {
    /// kndb's own.
    #[default]
    Kndb,
    /// SQL.
    #[cfg(feature = "sql")]
    Sql,
}

impl Language {
    /// Where the statements of a text are.
    pub fn split(self, text: &str) -> Vec<Range<usize>> {
        match self {
            Self::Kndb => kndb_query::split(text),
            #[cfg(feature = "sql")]
            Self::Sql => kndb_sql::split(text),
        }
    }

    /// A statement as an example.
    pub fn sample(self) -> &'static str {
        match self {
            Self::Kndb => "kn[lang=en] & kn[lang=zh] by layer;",
            #[cfg(feature = "sql")]
            Self::Sql => "SELECT layer, count(*) AS n FROM scores WHERE rank <= 10 GROUP BY layer;",
        }
    }

    /// Whether a word without its dot is understood: in SQL `show` and `describe` begin statements.
    #[cfg(not(feature = "sql"))]
    pub fn takes_undotted(self, _: &Undotted) -> bool {
        true
    }

    /// Whether a word without its dot is understood: in SQL `show` and `describe` begin statements.
    #[cfg(feature = "sql")]
    pub fn takes_undotted(self, word: &Undotted) -> bool {
        let leaves = |command: &str| matches!(command, ".quit" | ".exit" | ".help");
        self == Self::Kndb || matches!(word, Undotted::Understood(command) if leaves(command))
    }

    /// Whether a text begins no statement, nor a comment that goes on.
    fn is_nothing(self, text: &str) -> bool {
        match self {
            Self::Kndb => kndb_query::split(text).is_empty(),
            #[cfg(feature = "sql")]
            Self::Sql => kndb_sql::split(text).is_empty() && kndb_sql::is_complete(text),
        }
    }

    /// Whether a text ends where a statement does.
    pub fn is_complete(self, text: &str) -> bool {
        match self {
            Self::Kndb => kndb_query::is_complete(text),
            #[cfg(feature = "sql")]
            Self::Sql => kndb_sql::is_complete(text),
        }
    }
}

/// One script, or one person typing.
#[derive(Debug)]
pub struct Input {
    language: Language,
    origin: String,
    pending: String,
    lines_before: usize,
    lines_pending: usize,
}

impl Input {
    /// An input in kndb's own language that errors shall call `origin`.
    pub fn new(origin: &str) -> Self {
        Self::of(origin, Language::default())
    }

    /// The same in a language.
    pub fn of(origin: &str, language: Language) -> Self {
        Self { language, origin: origin.to_owned(), pending: String::new(), lines_before: 0, lines_pending: 0 }
    }

    /// The lines of the statement that is not finished.
    pub fn text(&self) -> &str {
        &self.pending
    }

    /// Whether no statement has begun.
    pub fn is_blank(&self) -> bool {
        self.pending.is_empty()
    }

    /// Adds a line; one that begins no statement is dropped.
    pub fn push(&mut self, line: &str) {
        self.pending.push_str(line);
        if !line.ends_with('\n') {
            self.pending.push('\n');
        }
        self.lines_pending += self.pending_lines_of(line);
        if self.language.is_nothing(&self.pending) {
            self.discard();
        }
    }

    /// Takes the unfinished statement, or all finished ones.
    pub fn take(&mut self) -> StatementText {
        let taken = StatementText {
            origin: self.origin.clone(),
            text: std::mem::take(&mut self.pending),
            offset: 0,
            lines_before: self.lines_before,
        };
        self.discard();
        taken
    }

    /// Forgets the unfinished statement (Ctrl-C).
    pub fn discard(&mut self) {
        self.pending.clear();
        self.lines_before += std::mem::take(&mut self.lines_pending);
    }

    /// Goes past a line that is no part of a statement, and returns it with its place.
    pub fn skip(&mut self, line: &str) -> StatementText {
        self.pending.push_str(line);
        self.lines_pending += self.pending_lines_of(line);
        self.take()
    }

    /// The editor may give several lines at once.
    fn pending_lines_of(&self, line: &str) -> usize {
        line.trim_end_matches('\n').matches('\n').count() + 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_blank_lines_begin_no_statement_but_are_counted() {
        let mut input = Input::new("script");
        for line in ["-- a comment\n", "\n", " ;\n"] {
            input.push(line);
            assert!(input.is_blank(), "{line:?}");
        }
        input.push("kn[lang=en]\n");
        assert!(!input.is_blank());
        input.push("by layer;\n");
        let taken = input.take();
        assert_eq!(taken.lines_before, 3);
        assert_eq!(taken.text, "kn[lang=en]\nby layer;\n");
        assert_eq!(input.skip(".mode csv\n").lines_before, 5);
    }
}
