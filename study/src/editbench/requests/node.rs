//! JSON with places: which record, which line, which key. What is no value of the expected kind is an error there.

use crate::error::StudyError;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::collections::{BTreeSet, HashSet};
use std::fmt;

/// A value of a record.
#[derive(Clone, Debug)]
pub(super) struct Node<'a> {
    raw: &'a RawValue,
    /// The record's number from 1, and the line it begins in.
    record: (usize, usize),
    /// `requested_rewrite.target_new.str`; empty of the record itself.
    path: String,
}

/// The beginning of a text of a file for messages: signs that a terminal would act on, or not show, by their numbers.
fn visible(text: &str) -> String {
    const SHOWN: usize = 60;
    let mut shown = String::new();
    for sign in text.chars().take(SHOWN) {
        match sign {
            '"' | '\'' | '\\' => shown.push(sign),
            sign => shown.extend(sign.escape_debug()),
        }
    }
    if text.chars().nth(SHOWN).is_some() {
        shown.push('…');
    }
    shown
}

/// A name of a file for messages: bounded, and in marks where it has signs that a terminal would act on, or not show.
pub(in crate::editbench) fn plain(name: &str) -> String {
    let shown = visible(name);
    // What is escaped has become longer.
    let is_as_it_was = name.starts_with(shown.trim_end_matches('…'));
    if is_as_it_was { shown } else { format!("\"{shown}\"") }
}

/// The records of a file: the elements of an array, or one value after the other.
pub(super) fn nodes(bytes: &[u8]) -> Result<Vec<Node<'_>>, StudyError> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let whole = |found: String| StudyError::Requests {
        place: "the file".into(),
        found,
        expected: "a JSON array of records, or a record a line".into(),
    };
    let text = std::str::from_utf8(bytes).map_err(|error| whole(format!("{error}, no UTF-8")))?;
    let raw: Vec<&RawValue> = match text.trim_start().starts_with('[') {
        true => serde_json::from_str(text).map_err(|error| whole(format!("broken JSON ({error})")))?,
        false => {
            let records = serde_json::Deserializer::from_str(text).into_iter::<&RawValue>();
            records.collect::<Result<_, _>>().map_err(|error| whole(format!("broken JSON ({error})")))?
        }
    };
    let (mut line, mut counted) = (1, 0);
    let mut all = Vec::with_capacity(raw.len());
    for (number, raw) in raw.into_iter().enumerate() {
        // A value that is borrowed lies in the text.
        let at = raw.get().as_ptr() as usize - text.as_ptr() as usize;
        line += text.as_bytes()[counted..at].iter().filter(|&&byte| byte == b'\n').count();
        counted = at;
        all.push(Node { raw, record: (number + 1, line), path: String::new() });
    }
    Ok(all)
}

impl<'a> Node<'a> {
    /// What was found in its place, and what was expected.
    pub(super) fn wrong(&self, found: impl Into<String>, expected: impl Into<String>) -> StudyError {
        let (record, line) = self.record;
        let key = if self.path.is_empty() { String::new() } else { format!(", `{}`", plain(&self.path)) };
        let place = format!("record {record} (line {line}){key}");
        StudyError::Requests { place, found: found.into(), expected: expected.into() }
    }

    fn no(&self, expected: &str) -> StudyError {
        // As it stands in the file, its marks too.
        self.wrong(visible(self.raw.get()), expected)
    }

    pub(super) fn path(&self) -> &str {
        &self.path
    }

    fn is_null(&self) -> bool {
        self.raw.get() == "null"
    }

    pub(super) fn begins_with(&self, with: char) -> bool {
        self.raw.get().starts_with(with)
    }

    fn below(&self, raw: &'a RawValue, step: &str) -> Self {
        let path = if self.path.is_empty() { step.to_owned() } else { format!("{}.{step}", self.path) };
        Self { raw, record: self.record, path }
    }

    pub(super) fn text(&self) -> Result<String, StudyError> {
        serde_json::from_str(self.raw.get()).map_err(|_| self.no("a text"))
    }

    /// A whole number, or a text.
    pub(super) fn number_or_text(&self) -> Result<String, StudyError> {
        match serde_json::from_str::<u64>(self.raw.get()) {
            Ok(number) => Ok(number.to_string()),
            Err(_) => serde_json::from_str(self.raw.get()).map_err(|_| self.no("a whole number or a text")),
        }
    }

    fn list(&self, expected: &str) -> Result<Vec<Self>, StudyError> {
        let all: Vec<&RawValue> = serde_json::from_str(self.raw.get()).map_err(|_| self.no(expected))?;
        Ok(all.into_iter().enumerate().map(|(at, raw)| self.below(raw, &at.to_string())).collect())
    }

    /// The elements of a list, or the one value in its place; of nothing none.
    pub(super) fn each(&self) -> Result<Vec<Self>, StudyError> {
        match self.begins_with('[') {
            true => self.list("a list"),
            false => Ok(vec![self.clone()]),
        }
    }

    /// A text, or a list of texts.
    pub(super) fn texts(&self) -> Result<Vec<String>, StudyError> {
        self.each()?.iter().map(Self::text).collect()
    }

    /// A text, a list of texts, or a list of lists of them, in which an inner list has other names of one answer: all of them, but for blank ones.
    pub(super) fn answers(&self) -> Result<Vec<String>, StudyError> {
        let mut all = Vec::new();
        for answer in self.each()? {
            all.extend(answer.texts()?);
        }
        all.retain(|answer| !answer.trim().is_empty());
        Ok(all)
    }

    /// A text, or a list of one.
    pub(super) fn one_text(&self) -> Result<String, StudyError> {
        match &self.texts()?[..] {
            [one] => Ok(one.clone()),
            _ => Err(self.no("one text")),
        }
    }

    /// The members of an object.
    pub(super) fn fields(&self) -> Result<Fields<'a>, StudyError> {
        if !self.begins_with('{') {
            return Err(self.no("an object"));
        }
        let Members(members) =
            serde_json::from_str(self.raw.get()).map_err(|error| self.wrong(error.to_string(), "an object"))?;
        let mut names = HashSet::with_capacity(members.len());
        if let Some((twice, _)) = members.iter().find(|(name, _)| !names.insert(name.as_str())) {
            return Err(self.wrong(format!("the key `{}` twice", plain(twice)), "each once"));
        }
        let below = |(name, raw): (String, &'a RawValue)| {
            let node = self.below(raw, &name);
            (name, node)
        };
        Ok(Fields { node: self.clone(), members: members.into_iter().map(below).collect() })
    }
}

/// The members of an object, each once.
pub(super) struct Fields<'a> {
    node: Node<'a>,
    members: Vec<(String, Node<'a>)>,
}

impl<'a> Fields<'a> {
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.members.iter().map(|(name, _)| name.as_str())
    }

    /// The members whose names are none of these, but for null.
    pub(super) fn others(&self, names: &[&str]) -> impl Iterator<Item = &Node<'a>> {
        let others = self.members.iter().filter(move |(name, _)| !names.contains(&name.as_str()));
        others.map(|(_, node)| node).filter(|node| !node.is_null())
    }

    /// Notes the keys that are none of these, by their place in a record.
    pub(super) fn note_unread(&self, read: &[&str], unread: &mut BTreeSet<String>) {
        for name in self.names().filter(|name| !read.contains(name)) {
            // Of elements of a list their numbers say nothing.
            let steps = self.node.path.split('.').filter(|step| step.parse::<usize>().is_err() && !step.is_empty());
            unread.insert(steps.chain([name]).collect::<Vec<_>>().join("."));
        }
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// Null is nothing.
    pub(super) fn get(&self, name: &str) -> Option<&Node<'a>> {
        let found = self.members.iter().find(|(there, _)| there == name);
        found.map(|(_, node)| node).filter(|node| !node.is_null())
    }

    pub(super) fn need(&self, name: &str) -> Result<&Node<'a>, StudyError> {
        self.get(name).ok_or_else(|| self.lacks(&format!("`{name}`")))
    }

    /// What stands under either of two names of the same thing; under both only where it is the same.
    pub(super) fn either<T: PartialEq>(
        &self,
        [first, second]: [&str; 2],
        read: impl Fn(&Node<'a>) -> Result<T, StudyError>,
    ) -> Result<Option<T>, StudyError> {
        let [one, other] = [first, second].map(|name| self.get(name).map(&read).transpose());
        match (one?, other?) {
            (Some(one), Some(other)) if one != other => {
                let found = format!("`{first}` and `{second}`, which name the same thing, with different values");
                Err(self.node.wrong(found, "one of them, or both with the same"))
            }
            (one, other) => Ok(one.or(other)),
        }
    }

    /// As [`Self::either`], of what may not be missing.
    pub(super) fn need_either<T: PartialEq>(
        &self,
        names: [&str; 2],
        read: impl Fn(&Node<'a>) -> Result<T, StudyError>,
    ) -> Result<T, StudyError> {
        let [first, second] = names;
        self.either(names, read)?.ok_or_else(|| self.lacks(&format!("`{first}` or `{second}`")))
    }

    /// The texts of a key, which may be missing.
    pub(super) fn texts(&self, name: &str) -> Result<Vec<String>, StudyError> {
        self.get(name).map_or_else(|| Ok(Vec::new()), Node::texts)
    }

    /// A key of ZsRE in a record that is otherwise EasyEdit's.
    pub(super) fn mixed(&self, name: &str) -> StudyError {
        let found = format!("`{name}`, of ZsRE, in a record of the form EasyEdit");
        self.node.wrong(found, "a record of one form: what is asked beside stands in `locality` there")
    }

    /// What it has, where something else was expected.
    pub(super) fn lacks(&self, expected: &str) -> StudyError {
        const SHOWN: usize = 12;
        let mut names: Vec<String> = self.names().take(SHOWN).map(plain).collect();
        if self.members.len() > SHOWN {
            names.push("…".into());
        }
        let found = if names.is_empty() { "no keys".to_owned() } else { format!("the keys {}", names.join(", ")) };
        self.node.wrong(found, expected)
    }
}

/// The members of an object in order, those that come twice, too.
struct Members<'a>(Vec<(String, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct MembersVisitor;

        impl<'de> Visitor<'de> for MembersVisitor {
            type Value = Vec<(String, &'de RawValue)>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(members)
            }
        }

        deserializer.deserialize_map(MembersVisitor).map(Members)
    }
}
