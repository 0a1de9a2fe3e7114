//! A script as statements. DataFusion takes one at a time.

use std::ops::Range;

/// Where the statements of a script are: between semicolons that stand in no text, no quoted name and no comment. Those with nothing but
/// blanks and comments are left out.
pub fn split(script: &str) -> Vec<Range<usize>> {
    let mut statements = Vec::new();
    let (mut start, mut at) = (None, 0);
    while at < script.len() {
        let piece = piece(&script[at..]);
        match piece {
            Piece::End => statements.extend(start.take().map(|start| start..at)),
            Piece::Blank(_) | Piece::Open(_) => {}
            Piece::Text(_) => {
                start.get_or_insert(at);
            }
        }
        at += piece.len();
    }
    statements.extend(start.map(|start| start..start + script[start..].trim_end().len()));
    statements
}

/// Whether a script ends where a statement does: with a semicolon, or with nothing.
pub fn is_complete(script: &str) -> bool {
    let (mut is_open, mut at) = (false, 0);
    while at < script.len() {
        let piece = piece(&script[at..]);
        is_open = match piece {
            Piece::End => false,
            // A comment that goes on.
            Piece::Open(_) => true,
            Piece::Blank(_) => is_open,
            Piece::Text(_) => true,
        };
        at += piece.len();
    }
    !is_open
}

/// Whether a word stands in a script, in any case, and in no text, quoted name or comment.
pub(crate) fn has_word(script: &str, word: &str) -> bool {
    let (mut plain, mut at) = (String::new(), 0);
    while at < script.len() {
        let piece = piece(&script[at..]);
        let text = &script[at..at + piece.len()];
        let is_plain = matches!(piece, Piece::Text(_)) && text.chars().count() == 1;
        plain.push_str(if is_plain { text } else { " " });
        at += piece.len();
    }
    let is_of_word = |c: char| c.is_alphanumeric() || c == '_';
    plain.split(|c: char| !is_of_word(c)).any(|found| found.eq_ignore_ascii_case(word))
}

/// A piece of a script, with its bytes.
pub(crate) enum Piece {
    End,
    /// Blanks, or a comment.
    Blank(usize),
    /// A comment without its end.
    Open(usize),
    Text(usize),
}

impl Piece {
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::End => 1,
            Self::Blank(len) | Self::Open(len) | Self::Text(len) => *len,
        }
    }
}

/// The piece that a text begins with; the text is not empty.
pub(crate) fn piece(text: &str) -> Piece {
    let first = text.chars().next().unwrap_or(' ');
    match first {
        ';' => Piece::End,
        '\'' | '"' => Piece::Text(quoted(text, first)),
        '$' => Piece::Text(in_dollars(text).unwrap_or(1)),
        '-' if text.starts_with("--") => Piece::Blank(text.find('\n').map_or(text.len(), |at| at + 1)),
        '/' if text.starts_with("/*") => comment(text).map_or(Piece::Open(text.len()), Piece::Blank),
        _ if first.is_whitespace() => Piece::Blank(first.len_utf8()),
        _ => Piece::Text(first.len_utf8()),
    }
}

/// Bytes of a quoted text; a doubled quote ends one and begins the next, which comes to the same.
fn quoted(text: &str, quote: char) -> usize {
    text[1..].find(quote).map_or(text.len(), |at| at + 2)
}

/// Bytes of `$tag$ … $tag$`.
fn in_dollars(text: &str) -> Option<usize> {
    let tag = &text[..=text[1..].find('$')? + 1];
    let is_tag = tag[1..tag.len() - 1].chars().all(|c| c.is_alphanumeric() || c == '_');
    if !is_tag || tag[1..].starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    Some(text[tag.len()..].find(tag).map_or(text.len(), |at| at + 2 * tag.len()))
}

/// Bytes of a comment, in which there may be others.
fn comment(text: &str) -> Option<usize> {
    let (mut depth, mut at) = (0_usize, 0);
    while at < text.len() {
        let rest = &text[at..];
        if rest.starts_with("/*") {
            (depth, at) = (depth + 1, at + 2);
        } else if rest.starts_with("*/") {
            (depth, at) = (depth - 1, at + 2);
            if depth == 0 {
                return Some(at);
            }
        } else {
            at += rest.chars().next().map_or(1, char::len_utf8);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(script: &str) -> Vec<&str> {
        split(script).into_iter().map(|range| &script[range]).collect()
    }

    #[test]
    fn semicolons_in_texts_names_and_comments_end_nothing() {
        let script = "select ';' as \"a;b\"; -- one; two\n/* three; /* four; */ five; */ select 'it''s;' ; ;select $$;$$, $x$ $$; $x$";
        assert_eq!(texts(script), ["select ';' as \"a;b\"", "select 'it''s;' ", "select $$;$$, $x$ $$; $x$"]);
        assert_eq!(texts(" ; -- nothing\n"), [""; 0]);
        assert_eq!(texts("select 1 -- the end"), ["select 1 -- the end"]);
    }

    #[test]
    fn a_script_is_complete_after_a_semicolon_and_before_its_first_word() {
        for complete in ["", " -- a comment\n", "select 1;", "select 1; -- done"] {
            assert!(is_complete(complete), "{complete:?}");
        }
        for open in ["select 1", "select ';", "select 1; select 2", "select /* ; */ 1", "select $$;", "/* one\n"] {
            assert!(!is_complete(open), "{open:?}");
        }
    }

    #[test]
    fn words_in_texts_names_and_comments_are_none() {
        assert!(has_word("SELECT * FROM t TableSample (10 ROWS)", "tablesample"));
        for text in
            ["SELECT 'tablesample'", "SELECT \"tablesample\"", "SELECT 1 -- tablesample", "SELECT tablesample_of"]
        {
            assert!(!has_word(text, "tablesample"), "{text}");
        }
    }

    #[test]
    fn what_is_left_open_ends_with_the_script() {
        for script in ["'", "\"é", "/*é", "/* /* */", "$$é", "$", "$1", "--"] {
            let _ = (split(script), is_complete(script));
        }
        assert_eq!(texts("select $1; select $2"), ["select $1", "select $2"]);
    }
}
