//! Where the statements of a script start and end, without parsing them.
//!
//! For shells, which run a script statement by statement and need to know whether a line is
//! finished. To check a script, use [`crate::parse_script`].

use std::ops::Range;

use crate::syntax::lexer::{skip_blank, string_end};

/// The byte ranges of the statements of a script, without their `;` and without blanks and
/// comments around them. What is blank or comment only is left out.
///
/// ```
/// let script = "kn[lang=en]; -- all of them\n;drop a";
/// let found = kndb_query::split(script);
/// assert_eq!(found, [0..11, 29..35]);
/// ```
pub fn split(text: &str) -> Vec<Range<usize>> {
    let (mut statements, rest) = scan(text);
    statements.extend(rest);
    statements
}

/// Whether the text ends with a finished statement: its last `;` is followed by nothing but
/// blanks and comments.
///
/// ```
/// use kndb_query::is_complete;
/// assert!(is_complete("kn[lang=en]; -- done"));
/// assert!(!is_complete("kn[lang=en] -- not done;"));
/// assert!(!is_complete("  "));
/// ```
pub fn is_complete(text: &str) -> bool {
    let (_, rest) = scan(text);
    rest.is_none() && skip_blank(text, 0) < text.len()
}

/// The statements that a `;` ends, and the one that the text's end cuts short.
fn scan(text: &str) -> (Vec<Range<usize>>, Option<Range<usize>>) {
    let mut finished = Vec::new();
    let mut open: Option<Range<usize>> = None;
    let mut at = 0;
    loop {
        at = skip_blank(text, at);
        let Some(first) = text[at..].chars().next() else {
            return (finished, open);
        };
        let start = at;
        at = match first {
            '"' | '\'' => string_end(text, at).0,
            other => at + other.len_utf8(),
        };
        if first == ';' {
            finished.extend(open.take());
        } else {
            open = Some(open.map_or(start, |range| range.start)..at);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(script: &str) -> Vec<&str> {
        split(script).into_iter().map(|range| &script[range]).collect()
    }

    #[test]
    fn semicolons_in_strings_and_comments_end_nothing() {
        assert_eq!(texts("a \"x;y\" b -- c; d\n e; f"), ["a \"x;y\" b -- c; d\n e", "f"]);
        assert_eq!(texts("'it''s;' ; \"\\\";\""), ["'it''s;'", "\"\\\";\""]);
    }

    #[test]
    fn blanks_and_comments_are_no_statements() {
        assert!(split("").is_empty());
        assert!(split(" ;; -- only this;\n ; ").is_empty());
        assert_eq!(texts("-- first\n kn -- last"), ["kn"]);
    }

    #[test]
    fn an_open_string_ends_with_its_line() {
        assert_eq!(texts("a \"b; c\n d; e"), ["a \"b; c\n d", "e"]);
    }

    #[test]
    fn complete_means_ended_by_a_semicolon() {
        assert!(is_complete("kn;"));
        assert!(is_complete("kn; \n -- end"));
        assert!(is_complete(";"));
        assert!(!is_complete(""));
        assert!(!is_complete("-- ;"));
        assert!(!is_complete("kn; likn"));
        assert!(!is_complete("kn[subject=\"x;"));
    }
}
