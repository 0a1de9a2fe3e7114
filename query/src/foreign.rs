//! Errors for characters that are no part of the language: look-alikes from other keyboards,
//! letters of other scripts, habits of other languages.
//!
//! The lexer asks here only when it cannot go on, so nothing here needs to be fast.

use crate::error::QueryError;
use crate::span::Span;

/// The ASCII that a character looks like, and what the character is.
fn look_alike(c: char) -> Option<(&'static str, &'static str)> {
    let found = match c {
        '“' | '”' | '„' | '«' | '»' | '「' | '」' | '『' | '』' | '″' => ("\"", "quotation mark"),
        '‘' | '’' | '‚' | '′' | '´' => ("'", "quotation mark"),
        '、' | '،' | '､' => (",", "comma"),
        '；' | '؛' | '\u{37e}' => (";", "semicolon"),
        '。' | '｡' => (";", "full stop"),
        '【' | '〔' | '［' => ("[", "bracket"),
        '】' | '〕' | '］' => ("]", "bracket"),
        '（' => ("(", "bracket"),
        '）' => (")", "bracket"),
        '‐' | '‑' | '‒' | '–' | '—' | '−' | '－' | '∖' => ("-", "dash"),
        '…' | '‥' => ("..", "ellipsis"),
        '≤' | '⩽' => ("<=", "sign"),
        '≥' | '⩾' => (">=", "sign"),
        '≠' => ("!=", "sign"),
        '≈' | '∼' => ("~", "sign"),
        '∪' | '∨' => ("|", "sign"),
        '∩' | '∧' => ("&", "sign"),
        '△' | '⊕' | '∆' => ("^", "sign"),
        '×' | '∗' | '•' => ("*", "sign"),
        _ => return None,
    };
    Some(found)
}

/// The ASCII character of which this is the full-width form.
fn narrow(c: char) -> Option<char> {
    let offset = u32::from('！') - u32::from('!');
    ('！'..='～').contains(&c).then(|| char::from_u32(u32::from(c) - offset)).flatten()
}

/// Whether a letter or digit beyond ASCII stands at `at`.
pub(crate) fn is_letter_at(text: &str, at: usize) -> bool {
    text[at..].chars().next().is_some_and(|c| !c.is_ascii() && c.is_alphanumeric() && narrow(c).is_none())
}

/// A word that holds letters beyond ASCII: the whole of it, up to a blank or a sign.
fn foreign_word(text: &str, start: usize) -> QueryError {
    let ends = |c: char| {
        c.is_whitespace()
            || (c.is_ascii() && !c.is_ascii_alphanumeric() && c != '_' && c != '-')
            || look_alike(c).is_some()
            || narrow(c).is_some()
    };
    let rest = &text[start..];
    let word = &rest[..rest.find(ends).unwrap_or(rest.len())];
    let span = Span::new(start, start + word.len());
    let reason = format!("`{word}` has letters beyond a-z, which only quoted text may have");
    QueryError::syntax(span, reason).hint(format!("as a value of a condition: `\"{word}\"`"))
}

/// An error if what follows the word or number `start..end` cannot follow it.
pub(crate) fn after_word(text: &str, start: usize, end: usize, number: bool) -> Option<QueryError> {
    if is_letter_at(text, end) {
        return Some(foreign_word(text, start));
    }
    if number && text[end..].starts_with('%') {
        let digits = &text[start..end];
        let reason = "percentages are not part of the language; shares are numbers from 0 to 1";
        let error = QueryError::syntax(Span::new(start, end + 1), reason);
        let value: Option<f64> = digits.parse().ok();
        return Some(error.maybe_hint(value.map(|value| format!("write `{}`", value / 100.0))));
    }
    None
}

/// A character that starts no token.
pub(crate) fn character(text: &str, at: usize, c: char) -> QueryError {
    let span = Span::new(at, at + c.len_utf8());
    if let Some((ascii, what)) = look_alike(c) {
        let reason = format!("found the {what} `{c}`, which is not the ASCII `{ascii}`");
        return QueryError::syntax(span, reason).hint(format!("write `{ascii}`"));
    }
    if let Some(ascii) = narrow(c) {
        let reason = format!("found the full-width `{c}`, which is not the ASCII `{ascii}`");
        return QueryError::syntax(span, reason).hint(format!("write `{ascii}`"));
    }
    if is_letter_at(text, at) {
        return foreign_word(text, at);
    }
    let rest = text[at..].strip_prefix('.').unwrap_or_default();
    let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    if digits > 0 {
        let number = &text[at..=at + digits];
        let reason = format!("`{number}` has no digit before its point");
        let span = Span::new(at, at + number.len());
        return QueryError::syntax(span, reason).hint(format!("write `0{number}`"));
    }
    let hint = match c {
        '+' => Some("the union of two sets is `a | b`"),
        '/' | '#' => Some("a comment starts with `--`"),
        '.' => Some("an interval is written `7..11`"),
        '`' => Some("text is quoted with `\"`; keywords and columns are not quoted"),
        '\\' => Some("backslashes stand only in quoted text"),
        '?' | '$' => Some("statements have no parameters: write the value itself"),
        _ => None,
    };
    let shown = if c.is_control() { c.escape_default().to_string() } else { c.to_string() };
    QueryError::syntax(span, format!("`{shown}` has no meaning here")).maybe_hint(hint)
}

/// An `@` (at `at`) without a proper name (up to `end`).
pub(crate) fn bad_saved_name(text: &str, at: usize, end: usize) -> QueryError {
    let hint = "a saved set is written `@name`: letters a-z, digits and `_`, no digit first";
    let found = &text[at..end];
    let reason = if is_letter_at(text, end) {
        format!("the name after `{found}` has letters beyond a-z")
    } else if end > at + 1 {
        format!("`{found}` starts with a digit, which a name cannot")
    } else {
        "`@` is not followed by a name".to_owned()
    };
    QueryError::syntax(Span::new(at, end), reason).hint(hint)
}
