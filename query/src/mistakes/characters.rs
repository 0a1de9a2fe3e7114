//! Errors for characters that are no part of the language: look-alikes from other keyboards,
//! letters of other scripts, habits of other languages.
//!
//! The lexer asks here only when it cannot go on, so nothing here needs to be fast.

use crate::error::QueryError;
use crate::syntax::span::Span;

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
pub(crate) fn after_word(text: &str, start: usize, end: usize) -> Option<QueryError> {
    is_letter_at(text, end).then(|| foreign_word(text, start))
}

/// What is written in the place of a method, as other languages have them: `kn.filter(…)`.
fn method(name: &str) -> &'static str {
    match name.to_ascii_lowercase().as_str() {
        "filter" | "where" | "query" | "loc" | "isin" | "select" => {
            "sets have no methods; conditions stand in brackets: `kn[lang=en] by layer`"
        }
        "head" | "limit" | "take" | "nlargest" | "top" | "first" => {
            "sets have no methods; the first rows are asked for with `top`: `kn by neuron top 10`"
        }
        "sort" | "sort_values" | "order_by" | "orderby" | "sort_by" => {
            "sets have no methods; an order is asked for with `order by`: `kn by neuron order by facts`"
        }
        "intersect" | "intersection" | "join" | "merge" => {
            "sets have no methods; what two have in common is `kn[lang=en] & kn[lang=zh]`"
        }
        "union" | "concat" | "append" => "sets have no methods; two together are `kn[lang=en] | kn[lang=zh]`",
        "difference" | "drop" | "minus" => "sets have no methods; one without the other is `kn[lang=en] - kn[lang=zh]`",
        "plot" => "sets have no methods; `plot` is the last word of a query: `kn by layer plot`",
        _ => "sets have no methods; counts are asked for with `by`: `kn[lang=en] by layer`",
    }
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
    let name = &rest[..rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len())];
    if name.starts_with(|c: char| c.is_ascii_alphabetic())
        && text[..at].ends_with(|c: char| c.is_ascii_alphanumeric() || "_])".contains(c))
    {
        let span = Span::new(at, at + 1 + name.len());
        return QueryError::syntax(span, format!("`.{name}` has no meaning here")).hint(method(name));
    }
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
        '%' => Some("a percentage is a number with `%` right behind it: `10%`"),
        '\\' => Some("backslashes stand only in quoted text"),
        '?' => Some("a parameter has a name: `$name`"),
        _ => None,
    };
    let shown = if c.is_control() { c.escape_default().to_string() } else { c.to_string() };
    QueryError::syntax(span, format!("`{shown}` has no meaning here")).maybe_hint(hint)
}

/// An `@` or a `$` (at `at`) without a proper name (up to `end`).
pub(crate) fn bad_name(text: &str, at: usize, end: usize) -> QueryError {
    let sign = &text[at..=at];
    let what = if sign == "@" { "a saved set is written `@name`" } else { "a parameter is written `$name`" };
    let hint = format!("{what}: letters a-z, digits and `_`, no digit first");
    let found = &text[at..end];
    let reason = if is_letter_at(text, end) {
        format!("the name after `{found}` has letters beyond a-z")
    } else if end > at + 1 {
        format!("`{found}` starts with a digit, which a name cannot")
    } else {
        format!("`{sign}` is not followed by a name")
    };
    QueryError::syntax(Span::new(at, end), reason).hint(hint)
}
