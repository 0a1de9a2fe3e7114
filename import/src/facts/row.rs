//! One JSON object of a facts file: its fields by name, each with its place.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{MapAccess, Visitor};
use serde_json::value::RawValue;

use super::near;
use super::problem::Problem;
use super::rows::Desk;
use crate::json::excerpt;

/// Names and ids that the store keeps are no longer.
const LONGEST_NAME: usize = 1_000;

/// A JSON object whose values are not parsed before they are asked for.
pub(super) struct Row<'a> {
    /// Where it starts in the file.
    pub start: usize,
    text: &'a [u8],
    fields: Vec<(Cow<'a, str>, &'a RawValue)>,
}

/// A value of a row.
#[derive(Clone, Copy)]
pub(super) struct Field<'a> {
    /// The field's name as it was asked for.
    pub name: &'static str,
    pub raw: &'a RawValue,
    /// Where it starts in the file.
    pub at: usize,
}

impl<'a> Row<'a> {
    /// The object that `text` is, from byte `start` of a file.
    pub fn parse(text: &'a [u8], start: usize) -> Result<Self, serde_json::Error> {
        let Fields(fields) = serde_json::from_slice(text)?;
        Ok(Self { start, text, fields })
    }

    /// Names of its fields, in their order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.fields.iter().map(|(name, _)| &**name)
    }

    /// Whether there is a field of this name in any letter case.
    pub fn has(&self, name: &str) -> bool {
        self.names().any(|found| found.eq_ignore_ascii_case(name))
    }

    /// The value of the first field.
    pub fn first(&self) -> Option<&'a RawValue> {
        self.fields.first().map(|&(_, raw)| raw)
    }

    /// The field of this name in any letter case. Two with different values are refused.
    pub fn field(&self, name: &'static str) -> Result<Option<Field<'a>>, Problem> {
        let mut found: Option<(&str, &RawValue)> = None;
        for (spelled, raw) in self.fields.iter().filter(|(spelled, _)| spelled.eq_ignore_ascii_case(name)) {
            match found {
                Some((first, value)) if value.get() != raw.get() => {
                    let values = format!(", {} and {}", shown(value), shown(raw));
                    let reason = format!("`{first}` and `{spelled}` differ");
                    return Err(Problem::at(self.offset(raw), reason, format!("{values}; expected one of them")));
                }
                _ => found = Some((spelled, raw)),
            }
        }
        Ok(found.map(|(_, raw)| Field { name, raw, at: self.offset(raw) }))
    }

    /// The field of this name; a row without it is refused.
    pub fn need(&self, name: &'static str) -> Result<Field<'a>, Problem> {
        self.field(name)?.ok_or_else(|| {
            let rest = match near::meant_by(self, name) {
                Some(near) => format!("; is `{near}` meant? Expected `{name}`"),
                None => format!("; the row has {}", listed(self.names())),
            };
            Problem::at(self.start, format!("no field `{name}`"), rest)
        })
    }

    /// A text that is not empty.
    pub fn text(&self, name: &'static str) -> Result<String, Problem> {
        self.need(name)?.text()
    }

    /// A text, `None` where the field is missing, null or empty.
    pub fn maybe_text(&self, name: &'static str) -> Result<Option<String>, Problem> {
        let field = self.field(name)?.filter(|field| !matches!(field.raw.get(), "null" | "\"\""));
        field.map(|field| field.text()).transpose()
    }

    /// A text that the store keeps as a name.
    pub fn name(&self, name: &'static str) -> Result<String, Problem> {
        let field = self.need(name)?;
        let text = field.text()?;
        check_name(&text, name, field.at)?;
        Ok(text)
    }

    /// Notes fields that are not used; refuses one that was meant to be a used one that is missing.
    pub fn check(&self, used: &'static [&'static str], desk: &mut Desk) -> Result<(), Problem> {
        let missing = (0..).zip(used).filter(|(_, used)| !self.has(used)).fold(0u64, |bits, (at, _)| bits | 1 << at);
        for (name, raw) in &self.fields {
            if used.iter().any(|used| name.eq_ignore_ascii_case(used)) || desk.is_foreign(name, used, missing) {
                continue;
            }
            let wanted = (0..).zip(used).filter(|(at, _)| missing >> at & 1 == 1).map(|(_, used)| *used);
            if let Some(meant) = near::meant(name, wanted) {
                let reason = format!("`{name}` stands where `{meant}` is read");
                return Err(Problem::at(
                    self.offset(raw),
                    reason,
                    format!("; expected the name `{meant}`, or neither"),
                ));
            }
            desk.foreign(name, used, missing);
        }
        Ok(())
    }

    fn offset(&self, raw: &RawValue) -> usize {
        self.start + (raw.get().as_ptr() as usize).saturating_sub(self.text.as_ptr() as usize)
    }
}

impl<'a> Field<'a> {
    /// Its value, of a type that serde knows.
    pub fn parse<T: Deserialize<'a>>(self, expected: &str) -> Result<T, Problem> {
        serde_json::from_str(self.raw.get()).map_err(|_| self.wrong(expected))
    }

    /// A text that is not empty.
    pub fn text(self) -> Result<String, Problem> {
        const EXPECTED: &str = "a text";
        let text: String = self.parse(EXPECTED)?;
        if text.trim().is_empty() {
            return Err(Problem::at(self.at, format!("`{}` is empty", self.name), format!("; expected {EXPECTED}")));
        }
        Ok(text)
    }

    /// A list's items, or an object's text, where it is one.
    pub fn bytes(self) -> &'a [u8] {
        self.raw.get().as_bytes()
    }

    /// Says what is there instead of `expected`.
    pub fn wrong(self, expected: &str) -> Problem {
        let text = self.raw.get();
        let kind = match text.as_bytes().first() {
            Some(b'n') => {
                return Problem::at(self.at, format!("`{}` is null", self.name), format!("; expected {expected}"));
            }
            Some(b'"') => "a text",
            Some(b'[') => "a list",
            Some(b'{') => "an object",
            Some(b't' | b'f') => "true or false",
            _ => "a number",
        };
        let found = format!(": {}; expected {expected}", excerpt(text.as_bytes()));
        Problem::at(self.at, format!("`{}` is {kind}", self.name), found)
    }
}

/// Refuses what the store would refuse as an id or name, while the place is known.
pub(super) fn check_name(text: &str, field: &str, at: usize) -> Result<(), Problem> {
    if text.len() > LONGEST_NAME {
        let rest = format!(", {} bytes; expected {LONGEST_NAME} at most", text.len());
        return Err(Problem::at(at, format!("`{field}` is too long"), rest));
    }
    if text.chars().any(char::is_control) {
        let rest = format!(": {}; expected a text without them", excerpt(text.as_bytes()));
        return Err(Problem::at(at, format!("`{field}` has control characters"), rest));
    }
    Ok(())
}

/// Names in backquotes, the first twelve of them.
pub(super) fn listed<'a>(names: impl Iterator<Item = &'a str>) -> String {
    const SHOWN: usize = 12;
    let mut names: Vec<_> = names.map(|name| format!("`{}`", excerpt(name.as_bytes()))).collect();
    let more = names.len().saturating_sub(SHOWN);
    names.truncate(SHOWN);
    match (names.is_empty(), more) {
        (true, _) => "no fields".to_owned(),
        (_, 0) => names.join(", "),
        _ => format!("{} and {more} more", names.join(", ")),
    }
}

fn shown(raw: &RawValue) -> String {
    excerpt(raw.get().as_bytes())
}

struct Fields<'a>(Vec<(Cow<'a, str>, &'a RawValue)>);

#[derive(Deserialize)]
struct Name<'a>(#[serde(borrow)] Cow<'a, str>);

impl<'de> Deserialize<'de> for Fields<'de> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;
        impl<'de> Visitor<'de> for Object {
            type Value = Fields<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object `{` with the fields of a row")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut fields = Vec::with_capacity(8);
                while let Some((Name(name), raw)) = map.next_entry::<Name<'de>, &'de RawValue>()? {
                    fields.push((name, raw));
                }
                Ok(Fields(fields))
            }
        }
        deserializer.deserialize_map(Object)
    }
}
