//! JSON with the columns of the other tables, an object a row: a list of objects, or one after the other, a line each.
//! `DataFrame.to_json(path, orient="records")` of pandas and `write_ndjson` of Polars write such files.
//!
//! The first object names the columns. What pandas writes otherwise is told by [`other_orient`].

use std::borrow::Cow;
use std::path::Path;

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::bytes::json::{Cursor, Members, excerpt, extent, parse_error, quoting_non_finite, without_non_finite};
use crate::bytes::mapped::Mapped;
use crate::error::{ImportError, Place};
use crate::format::{Context, Format, Probe, Source};
use crate::options::Options;
use crate::source::columns::{Columns, Header};
use crate::source::lines::{Lines, RowReader};
use crate::source::roles::Role;
use crate::source::table::Table;
use crate::source::told::ignored;

pub(crate) struct Records;

impl Format for Records {
    fn name(&self) -> &'static str {
        "records"
    }

    fn about(&self) -> &'static str {
        "JSON of fact, language, prompt, layer, neuron, score, an object a row"
    }

    fn extensions(&self) -> &'static [&'static str] {
        &["json", "jsonl", "ndjson"]
    }

    fn reads_packed(&self) -> bool {
        true
    }

    fn recognises(&self, probe: &Probe) -> bool {
        is_of_a_neuron(&fields_of(probe))
    }

    fn open(&self, path: &Path, context: &Context<'_>) -> Result<Box<dyn Source>, ImportError> {
        let file = Mapped::unpacked(path, "a JSON object a row")?;
        let mut told = context.told(path)?;
        told.hint_of_name(path);
        let mut objects = Lines::new(Objects::new(file.clone(), context.options));
        let header = |(at, name): (usize, &String)| Header {
            name: name.clone(),
            kind: objects.kind(at),
            type_name: "JSON".to_owned(),
        };
        let headers: Vec<_> = objects.reader().names.iter().enumerate().map(header).collect();
        // Without a first object that can be read there are no columns to look for: its error comes when it is read.
        let mut scored = false;
        if !headers.is_empty() {
            let columns = Columns::find(&headers, false, &file, &mut told, context.options)?;
            objects.choose(&columns, &headers);
            scored = columns.scored();
        }
        Ok(Box::new(Table::new(file, Box::new(objects), scored, told, context.options)))
    }
}

/// Names of the fields with single values of a file's first object, of a list or not.
pub(crate) fn fields_of(probe: &Probe) -> Vec<String> {
    let head = probe.text();
    fields(head.strip_prefix(b"[").unwrap_or(head))
}

/// Names of the fields with single values of the object that a text begins with.
fn fields(text: &[u8]) -> Vec<String> {
    let text = text.trim_ascii_start();
    let Some(length) = extent(text).filter(|_| text.starts_with(b"{")) else { return Vec::new() };
    let clean = without_non_finite(&text[..length]);
    // Values are not read: one may be a number that is too large.
    let Ok(Members(members)) = serde_json::from_slice::<Members<&RawValue>>(&clean) else { return Vec::new() };
    let single = members.into_iter().filter(|(_, value)| !value.get().starts_with(['[', '{']));
    single.map(|(name, _)| name).collect()
}

fn is_of_a_neuron(names: &[String]) -> bool {
    let has = |role| names.iter().any(|name| Role::of(name) == Some(role));
    has(Role::Layer) && has(Role::Neuron)
}

/// The `orient` with which pandas writes a table as this JSON begins, where that is none that is read.
pub(crate) fn other_orient(probe: &Probe) -> Option<&'static str> {
    let head = probe.text();
    let start: Vec<u8> = probe.tokens().take(24).collect();
    if start.starts_with(b"{\"columns\":[") {
        return Some("split");
    }
    if start.starts_with(b"{\"schema\":{\"fields\"") {
        return Some("table");
    }
    if start.starts_with(b"[[\"") || (start.starts_with(b"[[") && start.get(2).is_some_and(u8::is_ascii_digit)) {
        return Some("values");
    }
    // The first member: its name, and the object that it is.
    let rest = head.strip_prefix(b"{")?.trim_ascii_start().strip_prefix(b"\"")?;
    let end = rest.iter().position(|&byte| byte == b'"')?;
    let (name, rest) = (String::from_utf8_lossy(&rest[..end]), rest[end + 1..].trim_ascii_start());
    let inner = rest.strip_prefix(b":")?.trim_ascii_start();
    let digits = |text: &[u8]| !text.is_empty() && text.iter().all(u8::is_ascii_digit);
    if digits(&rest_of_key(inner)) && (Role::of(&name).is_some() || Role::near(&name).is_some()) {
        return Some("columns");
    }
    (digits(name.as_bytes()) && is_of_a_neuron(&fields(inner))).then_some("index")
}

/// The first key of the object that a text begins with.
fn rest_of_key(text: &[u8]) -> Vec<u8> {
    let key = text.strip_prefix(b"{").map(<[u8]>::trim_ascii_start).and_then(|text| text.strip_prefix(b"\""));
    key.map(|key| key.iter().copied().take_while(|&byte| byte != b'"').collect()).unwrap_or_default()
}

/// The members of an object in which a number is too large for 64 bits, `1e400`: infinite, as Python reads it.
fn with_too_large(text: &[u8]) -> Option<Members<Value>> {
    let Members(members) = serde_json::from_slice::<Members<&RawValue>>(text).ok()?;
    let value = |raw: &RawValue| {
        let infinite = || {
            let number = raw.get().parse::<f64>().ok().filter(|number| number.is_infinite())?;
            Some(Value::String(if number > 0.0 { "Infinity" } else { "-Infinity" }.to_owned()))
        };
        serde_json::from_str(raw.get()).ok().or_else(infinite)
    };
    let members = members.into_iter().map(|(name, raw)| Some((name, value(raw)?)));
    members.collect::<Option<_>>().map(Members)
}

/// A row: its values by name, and the line that it begins at.
type Object = (Vec<(String, Value)>, u64);

/// The objects of a file.
struct Objects {
    cursor: Cursor,
    /// Whether they stand in one list.
    list: bool,
    read: u64,
    ended: bool,
    /// The line that a byte is in, counted as far as was read.
    line: u64,
    counted: usize,
    /// The fields of the first row.
    names: Vec<String>,
    options: Options,
}

impl Objects {
    fn new(file: Mapped, options: &Options) -> Self {
        let mut cursor = Cursor::new(file);
        let list = cursor.peek() == Some(b'[');
        cursor.position += usize::from(list);
        let options = options.clone();
        Self { cursor, list, read: 0, ended: false, line: 1, counted: 0, names: Vec::new(), options }
    }

    /// What ends the reading: nothing after it can be used.
    fn damaged(&self, problem: &str) -> ImportError {
        let rest = &self.cursor.file.bytes()[self.cursor.position..self.cursor.end];
        ImportError::Damaged {
            at: self.cursor.file.at_byte(self.cursor.position),
            format: "records",
            problem: format!("found `{}`, expected {problem}", excerpt(rest)),
        }
    }

    fn object(&mut self) -> Result<Option<Object>, ImportError> {
        if self.ended {
            return Ok(None);
        }
        let mut next = self.cursor.peek();
        if self.list {
            match next {
                Some(b']') => {
                    self.ended = true;
                    self.cursor.position += 1;
                    let rest = self.cursor.peek();
                    return rest.map_or(Ok(None), |_| Err(self.damaged("the end of the file after the closing `]`")));
                }
                Some(b',') if self.read > 0 => {
                    self.cursor.position += 1;
                    next = self.cursor.peek();
                }
                Some(_) if self.read > 0 => return Err(self.damaged("`,` or `]`")),
                _ => {}
            }
        }
        let start = self.cursor.position;
        match next {
            Some(b'{') => {}
            None if !self.list => return Ok(None),
            None => return Err(self.cut_short()),
            Some(_) => return Err(self.damaged("an object `{` with the fields of a row")),
        }
        let file = self.cursor.file.clone();
        let rest = &file.bytes()[start..self.cursor.end];
        let Some(length) = extent(rest) else { return Err(self.cut_short()) };
        self.cursor.position = start + length;
        self.read += 1;
        self.line += file.bytes()[self.counted..start].iter().filter(|&&byte| byte == b'\n').count() as u64;
        self.counted = start;
        let clean = quoting_non_finite(&rest[..length]);
        let mut parser = serde_json::Deserializer::from_slice(&clean);
        let members = Members::deserialize(&mut parser).or_else(|error| with_too_large(&clean).ok_or(error));
        let Members(members) = members.map_err(|error| parse_error(&file, start, start + length, &error))?;
        self.check(&members)?;
        if self.names.is_empty() {
            self.names = members.iter().map(|(name, _)| name.clone()).collect();
        }
        Ok(Some((members, self.line)))
    }

    fn cut_short(&self) -> ImportError {
        let at = self.cursor.file.at_byte(self.cursor.end);
        ImportError::Truncated { at, complete: self.read, unit: "rows" }
    }

    /// Refuses a field that comes twice, one that the first row does not have, and one that is no value.
    fn check(&self, members: &[(String, Value)]) -> Result<(), ImportError> {
        let bad = |reason: &str, found: String, expected: &str| {
            let at = self.cursor.file.at(Place::TextRow(self.line));
            Err(ImportError::Row { at, reason: reason.to_owned(), found, expected: expected.to_owned() })
        };
        for (at, (name, value)) in members.iter().enumerate() {
            if members[..at].iter().any(|(other, _)| other == name) {
                return bad("a field that comes twice", format!("the field `{name}` twice"), "each field once");
            }
            if !self.names.is_empty() && !self.names.contains(name) {
                let found = format!("a field `{name}`, which the first row does not have");
                return bad("a field that the first row does not have", found, "the same fields in every row");
            }
            let is_used = || Role::of(name).is_some() && !ignored(&self.options, name);
            if matches!(value, Value::Array(_) | Value::Object(_)) && is_used() {
                let found = format!("{} in the field `{name}`", excerpt(value.to_string().as_bytes()));
                return bad("a list or an object where a value belongs", found, "a text or a number");
            }
        }
        Ok(())
    }
}

impl RowReader for Objects {
    type Row = Vec<(String, Value)>;

    fn read(&mut self) -> Result<Option<(Self::Row, u64)>, ImportError> {
        self.object()
    }

    fn cell<'r>(&'r self, row: &'r Self::Row, at: usize) -> Cow<'r, str> {
        match row.iter().find(|(field, _)| *field == self.names[at]) {
            None | Some((_, Value::Null)) => "".into(),
            Some((_, Value::String(text))) => text.trim().into(),
            Some((_, other)) => other.to_string().into(),
        }
    }

    fn bytes_read(&self) -> u64 {
        self.cursor.bytes_read()
    }
}
