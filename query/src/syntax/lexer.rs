//! Text to tokens.
//!
//! One rule depends on the place: within `[…]`, a `-` that stands directly between word
//! characters belongs to the word (`zh-classical`, UUIDs); elsewhere it is the difference. Lexing
//! stops at what is no token; the parser reports that only when it gets there, so that an earlier
//! mistake is named first. What is a string and what a comment is decided here for
//! [`crate::split`] too. Do not use it for highlighting: it drops comments.

use crate::error::QueryError;
use crate::mistakes::characters;
use crate::syntax::span::Span;

/// A token and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Token {
    pub(crate) kind: TokenKind,
    pub(crate) span: Span,
}

/// The sorts of tokens. What a word or number says is read from the text.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum TokenKind {
    /// Keyword, name or bare value.
    Word,
    /// Digits, perhaps with a fraction and an exponent.
    Number,
    /// A number with `%` right behind it.
    Percent,
    /// A quoted string, without quotes and escapes.
    Text(String),
    /// `@name`.
    Saved,
    /// `$name`.
    Parameter,
    /// Punctuation.
    Sign(&'static str),
    /// What is no token; nothing follows it.
    Broken,
    /// The end of the text.
    End,
}

/// Longer signs first. Some (`==`, `&&`, …) are no part of the language, but a parser that sees
/// them whole can say what to write instead.
const SIGNS: [&str; 32] = [
    "::", "==", "!=", "<>", "<=", ">=", "=<", "=>", "~=", "=~", "..", "&&", "||", "(", ")", "[", "]", ",", ";", ":",
    "|", "^", "&", "-", "=", "~", "<", ">", "*", "{", "}", "!",
];

/// The tokens of a text, closed by [`TokenKind::End`], or by [`TokenKind::Broken`] and its error.
pub(crate) fn lex(text: &str) -> (Vec<Token>, Option<QueryError>) {
    let mut tokens = Vec::new();
    let mut in_brackets = false;
    let mut at = 0;
    loop {
        at = skip_blank(text, at);
        let start = at;
        let found = match bare_path(text, at, &tokens) {
            Some(path) => Ok(path),
            None => token(text, at, in_brackets),
        };
        let kind = match found {
            Ok((kind, end)) => {
                at = end;
                kind
            }
            Err(error) => {
                let span = error.span.unwrap_or(Span::new(start, text.len()));
                let kind = TokenKind::Broken;
                tokens.push(Token { kind, span });
                return (tokens, Some(error));
            }
        };
        match kind {
            TokenKind::Sign("[") => in_brackets = true,
            // A `;` ends a statement wherever it stands, as it does for `split`.
            TokenKind::Sign("]" | ";") => in_brackets = false,
            _ => {}
        }
        let done = kind == TokenKind::End;
        let span = Span::new(start, at);
        tokens.push(Token { kind, span });
        if done {
            return (tokens, None);
        }
    }
}

/// The path that `attach` is followed by, where it has no quotes: up to the next blank. Nowhere else may text stand so.
fn bare_path(text: &str, at: usize, before: &[Token]) -> Option<(TokenKind, usize)> {
    let (attach, earlier) = before.split_last()?;
    let begins = earlier.last().is_none_or(|token| token.kind == TokenKind::Sign(";"));
    if !begins || !text[attach.span.range()].eq_ignore_ascii_case("attach") {
        return None;
    }
    let rest = &text[at..];
    // What ends a statement or begins a comment does so here, too: `split` has to see the same.
    let ends = |(at, c): (usize, char)| c.is_whitespace() || ";\"'".contains(c) || rest[at..].starts_with("--");
    let length = rest.char_indices().find(|&found| ends(found)).map_or(rest.len(), |(at, _)| at);
    (length > 0).then(|| (TokenKind::Text(rest[..length].to_owned()), at + length))
}

/// The token at `at`, which is no blank, and where it ends.
fn token(text: &str, at: usize, in_brackets: bool) -> Result<(TokenKind, usize), QueryError> {
    let rest = &text[at..];
    let Some(first) = rest.chars().next() else {
        return Ok((TokenKind::End, at));
    };
    if first == '"' || first == '\'' {
        return string(text, at);
    }
    if first == '@' || first == '$' {
        let end = at + 1 + word_length(&rest[1..], false);
        let named = rest[1..].starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
        return if named && !characters::is_letter_at(text, end) {
            Ok((if first == '@' { TokenKind::Saved } else { TokenKind::Parameter }, end))
        } else {
            Err(characters::bad_name(text, at, end))
        };
    }
    if is_word_char(first) {
        let word = word_length(rest, in_brackets);
        let number = number_length(rest);
        // `1e-4` is both within brackets: as a number it can still be read as a word.
        let (kind, end) = if number >= word { (TokenKind::Number, at + number) } else { (TokenKind::Word, at + word) };
        if let Some(error) = characters::after_word(text, at, end) {
            return Err(error);
        }
        return Ok(match kind {
            TokenKind::Number if text[end..].starts_with('%') => (TokenKind::Percent, end + 1),
            kind => (kind, end),
        });
    }
    match SIGNS.iter().find(|sign| rest.starts_with(**sign)) {
        Some(sign) => Ok((TokenKind::Sign(sign), at + sign.len())),
        None => Err(characters::character(text, at, first)),
    }
}

fn is_word_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

/// Bytes of the word at the start of `rest`; 0 if there is none.
fn word_length(rest: &str, hyphens: bool) -> usize {
    let bytes = rest.as_bytes();
    let word_at = |at: usize| bytes.get(at).is_some_and(|byte| is_word_char(char::from(*byte)));
    let mut length = 0;
    loop {
        if word_at(length) {
            length += 1;
        } else if hyphens && length > 0 && bytes.get(length) == Some(&b'-') && word_at(length + 1) {
            length += 2;
        } else {
            return length;
        }
    }
}

/// Whether a text is a number as it is written, without a sign.
pub(crate) fn is_number(text: &str) -> bool {
    !text.is_empty() && number_length(text) == text.len()
}

/// Bytes of the number at the start of `rest`; 0 if there is none.
fn number_length(rest: &str) -> usize {
    let bytes = rest.as_bytes();
    let digits = |from: usize| {
        let tail = bytes.get(from..).unwrap_or_default();
        tail.iter().take_while(|byte| byte.is_ascii_digit()).count()
    };
    let mut length = digits(0);
    if length == 0 {
        return 0;
    }
    // `7..11` is a range, not `7.` and `.11`.
    if bytes.get(length) == Some(&b'.') && digits(length + 1) > 0 {
        length += 1 + digits(length + 1);
    }
    if matches!(bytes.get(length), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(bytes.get(length + 1), Some(b'+' | b'-')));
        let exponent = digits(length + 1 + sign);
        if exponent > 0 {
            length += 1 + sign + exponent;
        }
    }
    length
}

/// Whether a text may stand as a value without quotes.
pub(crate) fn is_bare(text: &str) -> bool {
    !text.is_empty() && word_length(text, true) == text.len()
}

/// Where the next token starts: behind white space and comments.
pub(crate) fn skip_blank(text: &str, mut at: usize) -> usize {
    loop {
        let rest = &text[at..];
        if rest.starts_with("--") {
            at += rest.find('\n').unwrap_or(rest.len());
            continue;
        }
        match rest.chars().next() {
            // A byte order mark is no white space to Unicode, but files start with it.
            Some(c) if c.is_whitespace() || c == '\u{feff}' => at += c.len_utf8(),
            _ => return at,
        }
    }
}

/// Where the string that opens at `at` ends, and whether it is closed. A string ends with its
/// line at the latest, so that a forgotten quote does not swallow the rest of a script.
pub(crate) fn string_end(text: &str, at: usize) -> (usize, bool) {
    let bytes = text.as_bytes();
    let quote = bytes[at];
    let mut here = at + 1;
    while let Some(byte) = bytes.get(here) {
        match *byte {
            b'\n' => return (here, false),
            b'\\' if bytes.get(here + 1).is_some_and(|next| *next != b'\n') => here += 2,
            byte if byte == quote && bytes.get(here + 1) == Some(&quote) => here += 2,
            byte if byte == quote => return (here + 1, true),
            _ => here += 1,
        }
    }
    // A backslash may have skipped into the middle of the last character.
    (text.len(), false)
}

fn string(text: &str, at: usize) -> Result<(TokenKind, usize), QueryError> {
    let (end, closed) = string_end(text, at);
    let quote = &text[at..=at];
    if !closed {
        let shown = text[at..end].trim_end();
        let span = Span::new(at, at + shown.len());
        return Err(QueryError::syntax(span, "this string is not closed on its line")
            .hint(format!("close it with `{quote}`; a line break within a string is `\\n`")));
    }
    let inner = &text[at + 1..end - 1];
    let mut value = String::with_capacity(inner.len());
    let mut chars = inner.char_indices();
    while let Some((index, c)) = chars.next() {
        if c != '\\' {
            value.push(c);
            if quote.starts_with(c) {
                chars.next();
            }
            continue;
        }
        match chars.next().map(|(_, escaped)| escaped) {
            Some('n') => value.push('\n'),
            Some('r') => value.push('\r'),
            Some('t') => value.push('\t'),
            Some(same @ ('\\' | '"' | '\'')) => value.push(same),
            other => {
                let escape: String = ['\\'].into_iter().chain(other).collect();
                let from = at + 1 + index;
                let span = Span::new(from, from + escape.len());
                return Err(QueryError::syntax(span, format!("`{escape}` is no escape"))
                    .hint("known are `\\\"`, `\\'`, `\\\\`, `\\n`, `\\r`, `\\t`; a backslash itself is `\\\\`"));
            }
        }
    }
    Ok((TokenKind::Text(value), end))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pieces(text: &str) -> Vec<&str> {
        let (tokens, error) = lex(text);
        assert!(error.is_none(), "{error:?}");
        tokens.iter().map(|token| &text[token.span.range()]).collect()
    }

    #[test]
    fn hyphens_belong_to_words_within_brackets_only() {
        assert_eq!(pieces("@a-@b"), ["@a", "-", "@b", ""]);
        assert_eq!(pieces("kn[lang=zh-classical]-kn"), ["kn", "[", "lang", "=", "zh-classical", "]", "-", "kn", ""]);
        assert_eq!(pieces("[zh - x, y--c\n]"), ["[", "zh", "-", "x", ",", "y", "]", ""]);
    }

    #[test]
    fn numbers_ranges_and_ids_are_told_apart() {
        assert_eq!(pieces("[7..11, 1e-4, 0.37]"), ["[", "7", "..", "11", ",", "1e-4", ",", "0.37", "]", ""]);
        let id = "1e7007d9-673f-4fa5-8308-ddf2ae28b8c2";
        assert_eq!(pieces(&format!("[{id}]")), ["[", id, "]", ""]);
        assert_eq!(pieces("9:852"), ["9", ":", "852", ""]);
    }

    #[test]
    fn strings_know_both_quotes_and_both_escapes() {
        let texts = |text| {
            let (tokens, _) = lex(text);
            tokens.into_iter().map(|token| token.kind).collect::<Vec<_>>()
        };
        let expected = |value: &str| vec![TokenKind::Text(value.to_owned()), TokenKind::End];
        assert_eq!(texts(r#""a\"b""c\\""#), expected("a\"b\"c\\"));
        assert_eq!(texts(r"'O''Brien; -- no\tcomment'"), expected("O'Brien; -- no\tcomment"));
    }

    #[test]
    fn a_string_ends_with_its_line() {
        let (tokens, error) = lex("kn[subject=\"Par];\nkn");
        assert_eq!(tokens.last().map(|token| token.kind.clone()), Some(TokenKind::Broken));
        assert_eq!(error.and_then(|error| error.span), Some(Span::new(11, 17)));
    }
}
