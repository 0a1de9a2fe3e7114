//! The values of parameters: given with `-p name=value` or `.parameter set`, and which of them a statement used.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

use kndb_query::{Argument, Parameters, QueryError, Statement};

/// What `.parameter` does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ParameterCommand {
    /// Tells all values.
    List,
    /// Gives a parameter a value, or several as a list.
    Set {
        /// Without its `$`.
        name: String,
        /// One or more.
        values: Vec<String>,
    },
    /// Takes all values away.
    Clear,
}

/// Values of a session.
#[derive(Default)]
pub struct Values {
    values: Parameters,
    used: BTreeSet<String>,
}

impl Values {
    /// Gives a parameter one value, or several as a list, in place of what it had.
    pub fn set(&mut self, name: &str, mut values: Vec<String>) {
        let value = match values.len() {
            1 => Argument::Typed(values.remove(0)),
            _ => Argument::List(values.into_iter().map(Argument::Typed).collect()),
        };
        self.values.set(name, value);
    }

    /// The values of `-p name=value`; several of one name are a list.
    pub fn given(parameters: &[(String, String)]) -> Self {
        let mut by_name: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for (name, value) in parameters {
            by_name.entry(name).or_default().push(value.clone());
        }
        let mut all = Self::default();
        by_name.into_iter().for_each(|(name, values)| all.set(name, values));
        all
    }

    /// The text of a statement with its values in it. A text that cannot be read stays as it is: whoever reads it says why.
    pub fn in_text(&mut self, text: &str) -> Result<String, QueryError> {
        match kndb_query::parse(text) {
            Ok(statement) if !statement.parameters().is_empty() => Ok(self.bind(&statement)?.to_string()),
            _ => Ok(text.to_owned()),
        }
    }

    /// Takes all values away.
    pub fn clear(&mut self) {
        self.values = Parameters::default();
    }

    /// A statement with its values.
    pub fn bind(&mut self, statement: &Statement) -> Result<Statement, QueryError> {
        self.used.extend(statement.parameters().into_iter().map(|parameter| parameter.name.clone()));
        statement.bind(&self.values)
    }

    /// The values of which a text names the parameters: `$name`, anywhere in it.
    #[cfg(feature = "sql")]
    pub fn named_in(&mut self, text: &str) -> Parameters {
        let is_named = |name: &str| {
            let more = |at: usize| text[at..].starts_with(|c: char| c.is_alphanumeric() || c == '_');
            text.match_indices(&format!("${name}")).any(|(at, found)| !more(at + found.len()))
        };
        let mut named = Parameters::default();
        for (name, value) in self.values.iter().filter(|(name, _)| is_named(name)) {
            self.used.insert(name.to_owned());
            named.set(name, value.clone());
        }
        named
    }

    /// Whether any parameter has a value.
    pub fn is_empty(&self) -> bool {
        self.values.iter().next().is_none()
    }

    /// Refuses values that none of the names uses.
    pub fn check_used_by(&self, names: &BTreeSet<String>) -> Result<(), QueryError> {
        self.values.check_used(names.iter().map(String::as_str))
    }

    /// Refuses values that no statement has used.
    pub fn check_used(&self) -> Result<(), QueryError> {
        self.values.check_used(self.used.iter().map(String::as_str))
    }

    /// Writes them, one a line.
    pub fn list(&self, out: &mut dyn Write) -> io::Result<()> {
        for (name, value) in self.values.iter() {
            writeln!(out, "${name} = {value}")?;
        }
        out.flush()
    }
}

impl ParameterCommand {
    /// Reads what stands behind `.parameter`; what was expected, where it is something else.
    pub fn parse(argument: &str) -> Result<Self, &'static str> {
        let words = words(argument).ok_or("values whose quotes are closed")?;
        let mut words = words.into_iter();
        let verb = words.next().unwrap_or_default().to_ascii_lowercase();
        let rest: Vec<String> = words.collect();
        match (verb.as_str(), rest.as_slice()) {
            ("" | "list", []) => Ok(Self::List),
            ("clear", []) => Ok(Self::Clear),
            ("set", [name, values @ ..]) if !values.is_empty() => {
                let name = name.strip_prefix('$').unwrap_or(name);
                if !is_name(name) {
                    return Err("a name of letters a-z, digits and `_`, no digit first");
                }
                Ok(Self::Set { name: name.to_owned(), values: values.to_vec() })
            }
            _ => Err("set NAME VALUE, list or clear"),
        }
    }
}

/// Whether `$name` can be written.
pub fn is_name(name: &str) -> bool {
    let plain = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    plain && name.starts_with(|c: char| !c.is_ascii_digit())
}

/// Words, and what stands in quotes as one; `None` where a quote is not closed.
fn words(text: &str) -> Option<Vec<String>> {
    let mut words = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let (word, after) = if matches!(first, '"' | '\'') {
            rest[1..].split_once(first)?
        } else {
            rest.split_at(rest.find(char::is_whitespace).unwrap_or(rest.len()))
        };
        words.push(word.to_owned());
        rest = after.trim_start();
    }
    Some(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_words_or_stand_in_quotes() {
        let set = |line| ParameterCommand::parse(line).expect("a command");
        let of = |values: &[&str]| ParameterCommand::Set {
            name: "s".into(),
            values: values.iter().map(|value| (*value).to_owned()).collect(),
        };
        assert_eq!(set("set s France"), of(&["France"]));
        assert_eq!(set("set $s 'Côte d Ivoire' \"it's\""), of(&["Côte d Ivoire", "it's"]));
        assert_eq!(set("SET s \"\""), of(&[""]));
        assert_eq!(set(""), ParameterCommand::List);
        for wrong in ["set", "set s", "set 1s x", "set s \"open", "clear s", "unset"] {
            assert!(ParameterCommand::parse(wrong).is_err(), "{wrong}");
        }
    }
}
