//! The fields of one of AMIG's records: neurons, groups, and what is said of them, by the names of [`Role`].

use std::collections::HashMap;
use std::fmt;

use kndb_storage::language;
use serde::de::{Deserialize, Deserializer, Error, IgnoredAny, MapAccess, Visitor};
use serde_json::Value;

use crate::bytes::json::excerpt;
use crate::error::ImportError;
use crate::options::Options;
use crate::source::neurons::Pair;
use crate::source::roles::Role;
use crate::source::told::{At, Row, Told, bad_prompt, ignored, prompt_number};

/// AMIG's name of the groups.
const GROUPS: &str = "synergistic_neurons_this_uuid";
/// AMIG's name of the relation's id.
const RELATION: &str = "relation_name";

/// A record as it is written.
#[derive(Default)]
pub(super) struct Record {
    pub neurons: Option<Vec<Pair>>,
    pub groups: Option<Vec<Vec<Pair>>>,
    /// Its other fields; those that say nothing kndb knows have no value.
    pub others: Vec<(String, Option<Value>)>,
}

impl<'de> Deserialize<'de> for Record {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct RecordVisitor;

        impl<'de> Visitor<'de> for RecordVisitor {
            type Value = Record;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a record with `neurons`")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Record, A::Error> {
                let mut record = Record::default();
                while let Some(name) = map.next_key::<String>()? {
                    if name.eq_ignore_ascii_case(GROUPS) {
                        once(&mut record.groups, &name, map.next_value()?)?;
                    } else if Role::of(&name) == Some(Role::Neuron) {
                        once(&mut record.neurons, &name, map.next_value()?)?;
                    } else if role(&name).is_some() {
                        record.others.push((name, Some(map.next_value()?)));
                    } else {
                        map.next_value::<IgnoredAny>()?;
                        record.others.push((name, None));
                    }
                }
                Ok(record)
            }
        }

        deserializer.deserialize_map(RecordVisitor)
    }
}

fn once<T, E: Error>(field: &mut Option<T>, name: &str, value: Option<T>) -> Result<(), E> {
    if field.is_some() {
        return Err(E::custom(format!("a second field of neurons, `{name}`")));
    }
    *field = value;
    Ok(())
}

/// What a field besides the neurons says.
fn role(name: &str) -> Option<Role> {
    let role = if name.eq_ignore_ascii_case(RELATION) { Some(Role::Relation) } else { Role::of(name) };
    role.filter(|role| matches!(role, Role::Fact | Role::Language | Role::Prompt | Role::Relation | Role::Run))
}

/// Whether two texts say the same of a role.
fn same(role: Role, one: &str, other: &str) -> bool {
    match role {
        Role::Language => language::same(one.trim(), other.trim()),
        Role::Prompt => prompt_number(one) == prompt_number(other),
        _ => one == other,
    }
}

/// The role that an unknown field's name is close to; records have the same fields again and again.
pub(super) type Near = HashMap<String, Option<Role>>;

/// What a record says of itself: the text of each role, and the field in words.
#[derive(Default)]
pub(super) struct Said {
    texts: Vec<(Role, String, String)>,
    prompt: Option<u16>,
}

impl Said {
    /// Reads the fields of a record of `fact`; what is not used is told.
    pub fn read(
        fields: &[(String, Option<Value>)],
        fact: &str,
        options: &Options,
        near: &mut Near,
        told: &mut Told,
        at: At<'_>,
    ) -> Result<Self, ImportError> {
        let mut said = Self::default();
        let mut left = Vec::new();
        for (name, value) in fields {
            match (value, role(name)) {
                (Some(Value::Null), Some(_)) => {}
                (Some(value), Some(role)) if !ignored(options, name) => said.add(role, name, value, fact, at)?,
                _ => left.push(name),
            }
        }
        for name in left {
            let close = near.entry(name.clone()).or_insert_with(|| Role::near(name));
            if let Some(role @ (Role::Language | Role::Prompt)) = *close
                && said.of(role).is_none()
                && !ignored(options, name)
            {
                return Err(ImportError::Unexpected {
                    at: at(),
                    found: format!("a field `{name}`, close to `{}`, and no field `{}`", role.name(), role.name()),
                    expected: format!("the name `{}`, or that it is named as one to leave out", role.name()),
                });
            }
            told.not_used(format!("field {name}"));
        }
        Ok(said)
    }

    fn add(&mut self, role: Role, name: &str, value: &Value, fact: &str, at: At<'_>) -> Result<(), ImportError> {
        let by = format!("the field `{name}`");
        let row = |reason: &str, found: String, expected: &str| {
            let (reason, expected) = (reason.to_owned(), expected.to_owned());
            Err(ImportError::Row { at: at(), reason, found, expected })
        };
        let text = match value {
            Value::String(text) => text.clone(),
            Value::Number(number) if matches!(role, Role::Prompt | Role::Relation | Role::Run) => number.to_string(),
            _ => {
                let found = format!("{} in {by}", excerpt(value.to_string().as_bytes()));
                return row("a field that says something in another form", found, "a text, or the number of a prompt");
            }
        };
        if role == Role::Fact && text != fact {
            let found = format!("the fact `{text}` in {by} of a record of fact `{fact}`");
            return row("two ids of a fact", found, "one id a fact");
        }
        if role == Role::Prompt {
            self.prompt = Some(prompt_number(&text).ok_or_else(|| bad_prompt(at, &text, &by))?);
        }
        match self.of(role) {
            Some((known, first)) if !same(role, known, &text) => {
                let found = format!("`{known}` in {first} and `{text}` in {by}");
                return row("two fields that differ", found, "one of the two fields, or the same in both");
            }
            Some(_) => {}
            None => self.texts.push((role, text, by)),
        }
        Ok(())
    }

    fn of(&self, role: Role) -> Option<(&String, &String)> {
        self.texts.iter().find(|(of, ..)| *of == role).map(|(_, text, by)| (text, by))
    }

    /// The same as of a row.
    pub fn row(&self) -> Row<'_> {
        let text = |role| self.of(role).map(|(text, by)| (text.as_str(), by.as_str()));
        let prompt = self.prompt.zip(text(Role::Prompt)).map(|(prompt, (_, by))| (prompt, by));
        Row { language: text(Role::Language), prompt, relation: text(Role::Relation), run: text(Role::Run) }
    }
}
