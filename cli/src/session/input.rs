//! Lines on their way to becoming statements, with the place they came from.

use crate::error::StatementText;

/// One script, or one person typing.
#[derive(Debug)]
pub struct Input {
    origin: String,
    pending: String,
    lines_before: usize,
    lines_pending: usize,
}

impl Input {
    /// An input that errors shall call `origin`.
    pub fn new(origin: &str) -> Self {
        Self { origin: origin.to_owned(), pending: String::new(), lines_before: 0, lines_pending: 0 }
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
        if kndb_query::split(&self.pending).is_empty() {
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
