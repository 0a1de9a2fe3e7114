//! An unfinished statement as words, texts and signs.

use crate::texts::{Piece, piece};

/// A part of a statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Token<'t> {
    /// A word or a name; of a quoted name what is within the quotes.
    Word(&'t str),
    /// A text without its quotes.
    Text {
        text: &'t str,
        is_open: bool,
    },
    /// A comment that is not closed.
    Comment,
    Sign(char),
}

/// The parts, each with the byte that it begins at.
pub(super) fn tokens(text: &str) -> Vec<(usize, Token<'_>)> {
    let (mut all, mut at) = (Vec::new(), 0);
    while at < text.len() {
        let rest = &text[at..];
        let first = rest.chars().next().unwrap_or(' ');
        let word = rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len());
        let len = if word > 0 { word } else { piece(rest).len() };
        let whole = &rest[..len];
        let token = match (first, piece(rest)) {
            _ if word > 0 => Some(Token::Word(whole)),
            ('\'', _) => {
                // A doubled quote ends a text and begins the next: both are one.
                let from = match all.last() {
                    Some((from, Token::Text { text, is_open: false })) if from + text.len() + 2 == at => *from,
                    _ => at,
                };
                all.truncate(all.len() - usize::from(from < at));
                let inner = &text[from + 1..at + len];
                let is_open = len == 1 || !inner.ends_with('\'');
                let text = inner.strip_suffix('\'').filter(|_| !is_open).unwrap_or(inner);
                all.push((from, Token::Text { text, is_open }));
                None
            }
            ('"', _) => Some(Token::Word(whole.trim_matches('"'))),
            (_, Piece::Open(_)) => Some(Token::Comment),
            // One to the end of the line goes on as long as there is no line feed.
            ('-', Piece::Blank(_)) if !whole.ends_with('\n') => Some(Token::Comment),
            (_, Piece::Blank(_)) => None,
            _ => Some(Token::Sign(first)),
        };
        all.extend(token.map(|token| (at, token)));
        at += len;
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_and_comments_may_be_open() {
        let read = |text| tokens(text).into_iter().map(|(_, token)| token).collect::<Vec<_>>();
        let (word, sign) = (Token::Word, Token::Sign);
        let text = |text, is_open| Token::Text { text, is_open };
        assert_eq!(read("s.\"lang\" = 'e"), [word("s"), sign('.'), word("lang"), sign('='), text("e", true)]);
        assert_eq!(
            read("IN ('en', 'it''s"),
            [word("IN"), sign('('), text("en", false), sign(','), text("it''s", true)]
        );
        assert_eq!(read("'it''s' x"), [text("it''s", false), word("x")]);
        assert_eq!(read("1 -- a\nx /* y"), [word("1"), word("x"), Token::Comment]);
        assert_eq!(read("x -- y"), [word("x"), Token::Comment]);
        assert_eq!(read("'"), [text("", true)]);
    }
}
