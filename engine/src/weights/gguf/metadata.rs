//! What a header says of the model: values by their keys.

use super::bytes::Bytes;
use crate::error::{Error, Result};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// A value of the metadata.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// A whole number, or a real one. One of 32 bits is the shortest decimal number that stands for it: 1e-5, as config.json
    /// has it.
    Number(f64),
    /// True or false.
    Flag(bool),
    /// A text.
    Text(String),
    /// A list of numbers, or of 0 and 1 for false and true.
    Numbers(Vec<f64>),
    /// A list of texts.
    Texts(Vec<String>),
}

/// The metadata of a file.
pub struct Metadata {
    path: PathBuf,
    values: BTreeMap<String, Value>,
}

impl Metadata {
    /// Reads so many keys and values.
    pub(super) fn read(path: &Path, bytes: &mut Bytes, count: usize) -> Result<Self> {
        let mut values = BTreeMap::new();
        for _ in 0..count {
            let key = bytes.utf8("a key")?;
            let value = read_value(bytes, &key)?;
            if values.insert(key.clone(), value).is_some() {
                return Err(bytes.wrong(format!("key `{key}` is there twice")));
            }
        }
        Ok(Self { path: path.to_owned(), values })
    }

    /// The keys and their values.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.values.iter().map(|(key, value)| (key.as_str(), value))
    }

    /// Any value.
    pub fn value(&self, key: &str) -> Option<&Value> {
        self.values.get(key)
    }

    /// A whole number from 0 to below 2³¹. A list of one number for every layer must have the same for all of them.
    pub fn maybe_size(&self, key: &str) -> Result<Option<usize>> {
        let whole =
            |number: f64| (number >= 0.0 && number.fract() == 0.0 && number < 2_147_483_648.0).then_some(number);
        let found = match self.values.get(key) {
            None => return Ok(None),
            Some(Value::Number(number)) => whole(*number),
            Some(Value::Numbers(all)) if !all.is_empty() && all.iter().all(|one| one == &all[0]) => whole(all[0]),
            Some(_) => None,
        };
        match found {
            Some(number) => Ok(Some(number as usize)),
            None => Err(self.wrong(key, "a whole number, the same for every layer")),
        }
    }

    /// The same, which must be there and above 0.
    pub fn size(&self, key: &str) -> Result<usize> {
        match self.maybe_size(key)? {
            Some(0) | None => Err(self.wrong(key, "a whole number above 0")),
            Some(size) => Ok(size),
        }
    }

    /// A finite number.
    pub fn number(&self, key: &str) -> Result<Option<f64>> {
        match self.values.get(key) {
            None => Ok(None),
            Some(Value::Number(number)) if number.is_finite() => Ok(Some(*number)),
            Some(_) => Err(self.wrong(key, "a number")),
        }
    }

    /// True or false.
    pub fn flag(&self, key: &str) -> Result<Option<bool>> {
        match self.values.get(key) {
            None => Ok(None),
            Some(Value::Flag(flag)) => Ok(Some(*flag)),
            Some(_) => Err(self.wrong(key, "true or false")),
        }
    }

    /// A text.
    pub fn text(&self, key: &str) -> Result<Option<&str>> {
        match self.values.get(key) {
            None => Ok(None),
            Some(Value::Text(text)) => Ok(Some(text)),
            Some(_) => Err(self.wrong(key, "a text")),
        }
    }

    /// A list of texts; empty where there is none.
    pub fn texts(&self, key: &str) -> Result<&[String]> {
        match self.values.get(key) {
            None => Ok(&[]),
            Some(Value::Texts(texts)) => Ok(texts),
            Some(_) => Err(self.wrong(key, "a list of texts")),
        }
    }

    /// A list of numbers; empty where there is none.
    pub fn numbers(&self, key: &str) -> Result<&[f64]> {
        match self.values.get(key) {
            None => Ok(&[]),
            Some(Value::Numbers(numbers)) => Ok(numbers),
            Some(_) => Err(self.wrong(key, "a list of numbers")),
        }
    }

    /// An error about a key.
    pub fn wrong(&self, key: &str, expected: impl std::fmt::Display) -> Error {
        let found = match self.values.get(key) {
            None => "missing".to_owned(),
            Some(Value::Number(number)) => number.to_string(),
            Some(Value::Flag(flag)) => flag.to_string(),
            Some(Value::Text(text)) => format!("`{}`", text.chars().take(80).collect::<String>()),
            Some(Value::Numbers(all)) => format!("a list of {} numbers", all.len()),
            Some(Value::Texts(all)) => format!("a list of {} texts", all.len()),
        };
        Error::File { path: self.path.clone(), reason: format!("`{key}` is {found}; expected {expected}") }
    }
}

fn read_value(bytes: &mut Bytes, key: &str) -> Result<Value> {
    match bytes.u32("the type of a value")? {
        7 => read_flag(bytes, key).map(Value::Flag),
        8 => Ok(Value::Text(String::from_utf8_lossy(&bytes.text("a text")?).into_owned())),
        9 => read_list(bytes, key),
        kind => read_number(bytes, key, kind).map(Value::Number),
    }
}

/// Lists of lists are in no model's file.
fn read_list(bytes: &mut Bytes, key: &str) -> Result<Value> {
    let (kind, count) = (bytes.u32("the type of a list")?, bytes.u64("the length of a list")?);
    let size = match kind {
        0 | 1 | 7 => 1,
        2 | 3 => 2,
        4..=6 => 4,
        8 | 10..=12 => 8,
        _ => return Err(bytes.wrong(format!("`{key}` is a list of type {kind}, which is not read"))),
    };
    let count = bytes.must_have(count, size, &format!("values of `{key}`"))?;
    match kind {
        8 => Ok(Value::Texts((0..count).map(|_| bytes.utf8("a text of a list")).collect::<Result<_>>()?)),
        7 => {
            let flags = (0..count).map(|_| read_flag(bytes, key).map(|flag| f64::from(u8::from(flag))));
            Ok(Value::Numbers(flags.collect::<Result<_>>()?))
        }
        _ => Ok(Value::Numbers((0..count).map(|_| read_number(bytes, key, kind)).collect::<Result<_>>()?)),
    }
}

fn read_flag(bytes: &mut Bytes, key: &str) -> Result<bool> {
    match bytes.u8("a flag")? {
        0 => Ok(false),
        1 => Ok(true),
        other => Err(bytes.wrong(format!("`{key}` is {other}, expected 0 or 1 for false or true"))),
    }
}

fn read_number(bytes: &mut Bytes, key: &str, kind: u32) -> Result<f64> {
    let what = "a number";
    Ok(match kind {
        0 => f64::from(bytes.u8(what)?),
        1 => f64::from(bytes.u8(what)?.cast_signed()),
        2 => f64::from(bytes.u16(what)?),
        3 => f64::from(bytes.u16(what)?.cast_signed()),
        4 => f64::from(bytes.u32(what)?),
        5 => f64::from(bytes.u32(what)?.cast_signed()),
        6 => {
            let number = f32::from_bits(bytes.u32(what)?);
            number.to_string().parse().unwrap_or(f64::from(number))
        }
        10 => bytes.u64(what)? as f64,
        11 => bytes.u64(what)?.cast_signed() as f64,
        12 => f64::from_bits(bytes.u64(what)?),
        _ => return Err(bytes.wrong(format!("`{key}` has type {kind}, which is not read"))),
    })
}
