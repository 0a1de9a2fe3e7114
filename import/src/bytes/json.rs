//! JSON files, one value at a time over a mapped file: a top-level map is never held as a whole.
//!
//! serde_json does the parsing; this module keeps the position, and turns the parser's complaints
//! into places in the file. Python's `NaN` and `Infinity`, which are not JSON, are read as `null`, or told apart by [`super::json_number`].

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::error::Category;

use crate::bytes::mapped::Mapped;
use crate::error::ImportError;

/// A parse position within `[.., end)` of a file.
pub(crate) struct Cursor {
    pub file: Mapped,
    pub position: usize,
    pub end: usize,
}

impl Cursor {
    /// A cursor at the start of a file, after its byte order mark if it has one.
    pub fn new(file: Mapped) -> Self {
        let position = if file.bytes().starts_with(b"\xEF\xBB\xBF") { 3 } else { 0 };
        let end = file.bytes().len();
        Self { file, position, end }
    }

    /// The next byte that is not white space, left in place.
    pub fn peek(&mut self) -> Option<u8> {
        let rest = &self.file.bytes()[self.position..self.end];
        let skipped = rest.iter().position(|byte| !byte.is_ascii_whitespace()).unwrap_or(rest.len());
        self.position += skipped;
        rest.get(skipped).copied()
    }

    /// Reads one value: a string, an array or an object.
    pub fn value<T: for<'de> Deserialize<'de>>(&mut self) -> Result<T, ImportError> {
        self.peek();
        let rest = &self.file.bytes()[self.position..self.end];
        let mut values = serde_json::Deserializer::from_slice(rest).into_iter::<T>();
        let result = values.next();
        let used = values.byte_offset();
        match result {
            Some(Ok(value)) => {
                self.position += used;
                Ok(value)
            }
            Some(Err(error)) => {
                // Slow path: the value may be JSON but for its NaN and Infinity.
                if error.classify() == Category::Syntax
                    && let Some(length) = extent(rest)
                    && let Cow::Owned(clean) = without_non_finite(&rest[..length])
                    && let Ok(value) = serde_json::from_slice(&clean)
                {
                    self.position += length;
                    return Ok(value);
                }
                Err(parse_error(&self.file, self.position, self.end, &error))
            }
            None => Err(self.ends_early()),
        }
    }

    /// Bytes of the file that lie before the cursor.
    pub fn bytes_read(&self) -> u64 {
        self.file.on_disk(self.position as u64)
    }

    /// The file ends at this cursor's end although more is needed.
    pub fn ends_early(&self) -> ImportError {
        ImportError::Truncated { at: self.file.at_byte(self.end), complete: 0, unit: "facts" }
    }

    /// Something else than `expected` stands at the cursor.
    pub fn unexpected(&self, expected: &str) -> ImportError {
        let rest = &self.file.bytes()[self.position..self.end];
        ImportError::Json {
            at: self.file.at_byte(self.position),
            problem: format!("found `{}`, expected {expected}", excerpt(rest)),
        }
    }
}

/// The entries of a top-level JSON object.
pub(crate) struct TopMap {
    pub cursor: Cursor,
    entries: u64,
    state: State,
    /// Where a value begins that is being read, until it was.
    unread: Option<usize>,
    /// Whether the last member was read.
    just_read: bool,
}

#[derive(PartialEq)]
enum State {
    Start,
    Between,
    End,
}

impl TopMap {
    pub fn new(cursor: Cursor) -> Self {
        Self { cursor, entries: 0, state: State::Start, unread: None, just_read: false }
    }

    /// The next key and value with the byte offsets of both; `None` after the closing brace.
    pub fn next<T: for<'de> Deserialize<'de>>(&mut self) -> Result<Option<Member<T>>, ImportError> {
        self.just_read = false;
        let member = self.read().map_err(|error| match error {
            ImportError::Truncated { at, unit, .. } => ImportError::Truncated { at, complete: self.entries, unit },
            other => other,
        })?;
        self.just_read = member.is_some();
        self.entries += u64::from(member.is_some());
        Ok(member)
    }

    fn read<T: for<'de> Deserialize<'de>>(&mut self) -> Result<Option<Member<T>>, ImportError> {
        let closes = match self.state {
            State::End => return Ok(None),
            State::Start => {
                self.expect(b'{', "an object `{` of facts")?;
                self.cursor.peek() == Some(b'}')
            }
            State::Between => {
                let closes = self.cursor.peek() == Some(b'}');
                if !closes {
                    self.expect(b',', "`,` or `}`")?;
                }
                closes
            }
        };
        self.state = State::Between;
        if closes {
            self.cursor.position += 1;
            self.state = State::End;
            return match self.cursor.peek() {
                None => Ok(None),
                Some(_) => Err(self.cursor.unexpected("the end of the file after the closing `}`")),
            };
        }
        match self.cursor.peek() {
            None => return Err(self.cursor.ends_early()),
            Some(b'"') => {}
            Some(_) => return Err(self.cursor.unexpected("a fact id in double quotes")),
        }
        let key_at = self.cursor.position;
        let key: String = self.cursor.value()?;
        self.expect(b':', "`:` after the fact id")?;
        self.cursor.peek();
        let value_at = self.cursor.position;
        self.unread = Some(value_at);
        let value = self.cursor.value()?;
        self.unread = None;
        Ok(Some(Member { key, key_at, value, value_at }))
    }

    /// Goes on behind a value that could not be read or used; false if that cannot be done, because the value
    /// does not end or something else than a value is wrong.
    pub fn pass_over(&mut self) -> bool {
        let Some(start) = self.unread.take() else { return self.just_read };
        let rest = &self.cursor.file.bytes()[start..self.cursor.end];
        // A list or an object; a text, number or word ends where the next member begins.
        let length = match rest.first() {
            Some(b'[' | b'{') => extent(rest),
            Some(b'"') => string_length(rest),
            _ => rest.iter().position(|byte| matches!(byte, b',' | b'}')),
        };
        let Some(length) = length else { return false };
        self.cursor.position = start + length;
        self.entries += 1;
        true
    }

    fn expect(&mut self, byte: u8, expected: &str) -> Result<(), ImportError> {
        match self.cursor.peek() {
            Some(found) if found == byte => {
                self.cursor.position += 1;
                Ok(())
            }
            Some(_) => Err(self.cursor.unexpected(expected)),
            None => Err(self.cursor.ends_early()),
        }
    }
}

/// One entry of a [`TopMap`].
pub(crate) struct Member<T> {
    pub key: String,
    pub key_at: usize,
    pub value: T,
    pub value_at: usize,
}

/// Members of an object in their order, those of one key twice included.
pub(crate) struct Members<V>(pub Vec<(String, V)>);

impl<'de, V: Deserialize<'de>> Deserialize<'de> for Members<V> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InOrder<V>(PhantomData<V>);

        impl<'de, V: Deserialize<'de>> Visitor<'de> for InOrder<V> {
            type Value = Members<V>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }

        deserializer.deserialize_map(InOrder(PhantomData))
    }
}

/// A parser's complaint about `[base, end)` of a file, as a place in the file.
pub(crate) fn parse_error(file: &Mapped, base: usize, end: usize, error: &serde_json::Error) -> ImportError {
    if error.classify() == Category::Eof {
        return ImportError::Truncated { at: file.at_byte(end), complete: 0, unit: "facts" };
    }
    // serde_json counts lines and columns within the slice; columns are those of the byte read last.
    let slice = &file.bytes()[base..end];
    let line_start = match error.line().checked_sub(2) {
        None => 0,
        Some(n) => slice.iter().enumerate().filter(|&(_, &byte)| byte == b'\n').nth(n).map_or(0, |(at, _)| at + 1),
    };
    let at = file.at_byte(base + line_start + error.column().saturating_sub(1));
    let text = error.to_string();
    let problem = text.split(" at line ").next().unwrap_or_default().to_owned();
    match error.classify() {
        Category::Data => ImportError::Data { at, problem },
        _ => ImportError::Json { at, problem },
    }
}

/// Length of the array or object that `bytes` starts with, by its brackets; `None` if it does not close.
pub(crate) fn extent(bytes: &[u8]) -> Option<usize> {
    let mut depth = 0_usize;
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            b'"' => at += string_length(&bytes[at..])? - 1,
            b'[' | b'{' => depth += 1,
            b']' | b'}' => {
                depth = depth.checked_sub(1)?;
                if depth == 0 {
                    return Some(at + 1);
                }
            }
            _ => {}
        }
        at += 1;
    }
    None
}

/// Length of the string literal that `bytes` starts with, quotes included.
fn string_length(bytes: &[u8]) -> Option<usize> {
    let mut at = 1;
    while at < bytes.len() {
        match bytes[at] {
            b'\\' => at += 2,
            b'"' => return Some(at + 1),
            _ => at += 1,
        }
    }
    None
}

/// The value with Python's `NaN`, `Infinity` and `-Infinity` outside of strings replaced by `null`.
pub(crate) fn without_non_finite(bytes: &[u8]) -> Cow<'_, [u8]> {
    replaced(bytes, false)
}

/// The same put into quotes, for [`super::json_number`]: whoever reads scores must be able to tell them apart.
/// Not for texts, of which a label `"NaN"` would be made.
pub(crate) fn quoting_non_finite(bytes: &[u8]) -> Cow<'_, [u8]> {
    replaced(bytes, true)
}

fn replaced(bytes: &[u8], quoted: bool) -> Cow<'_, [u8]> {
    let mut clean = Vec::new();
    let (mut copied, mut at) = (0, 0);
    while at < bytes.len() {
        let rest = &bytes[at..];
        let token = [&b"NaN"[..], b"Infinity", b"-Infinity"].into_iter().find(|token| rest.starts_with(token));
        if let Some(token) = token {
            clean.extend_from_slice(&bytes[copied..at]);
            if quoted {
                clean.extend([b"\"", token, b"\""].concat());
            } else {
                clean.extend_from_slice(b"null");
            }
            at += token.len();
            copied = at;
        } else if rest[0] == b'"' {
            at += string_length(rest).unwrap_or(rest.len());
        } else {
            at += 1;
        }
    }
    if copied == 0 {
        return Cow::Borrowed(bytes);
    }
    clean.extend_from_slice(&bytes[copied..]);
    Cow::Owned(clean)
}

/// The first bytes of something, to show what was found.
pub(crate) fn excerpt(bytes: &[u8]) -> String {
    const SHOWN: usize = 24;
    let text = String::from_utf8_lossy(&bytes[..bytes.len().min(4 * SHOWN)]);
    let mut shown = String::new();
    for character in text.chars().take(SHOWN) {
        if character.is_control() {
            shown.extend(character.escape_default());
        } else {
            shown.push(character);
        }
    }
    if text.chars().count() > SHOWN {
        shown.push('…');
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extent_minds_strings_and_their_escapes() {
        assert_eq!(extent(br#"{"a]\"}": [1, "}"]} tail"#), Some(19));
        assert_eq!(extent(br#"[1, "]"#), None);
        assert_eq!(extent(b"]"), None);
    }

    #[test]
    fn non_finite_numbers_are_replaced_outside_of_strings() {
        let text = br#"[NaN, -Infinity, "NaN \" Infinity", 1]"#;
        assert_eq!(&*without_non_finite(text), br#"[null, null, "NaN \" Infinity", 1]"#);
        assert_eq!(&*quoting_non_finite(text), br#"["NaN", "-Infinity", "NaN \" Infinity", 1]"#);
        assert!(matches!(without_non_finite(b"[1]"), Cow::Borrowed(_)));
    }
}
