//! `config.json`, field by field, with errors that name the field, and the fields that nobody asked for; or what it would
//! say of a GGUF file.

mod gguf;

use crate::error::{Error, Result};
use crate::folder::{self, Folder};
use crate::weights::Gguf;
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// A model's configuration.
pub struct Config {
    path: PathBuf,
    values: serde_json::Map<String, serde_json::Value>,
    asked: RefCell<BTreeSet<String>>,
    is_of_gguf: bool,
}

impl Config {
    /// The configuration of what is given as a model: a folder, or a GGUF file.
    ///
    /// # Errors
    /// No model; a configuration that cannot be read.
    pub fn of_model(given: &Path) -> Result<Self> {
        let folder = Folder::find(given)?;
        match &folder.gguf {
            Some(gguf) => Self::of_gguf(&Gguf::open(gguf)?, &folder.path),
            None => Self::read(&folder.path),
        }
    }

    /// Reads `config.json` of a folder.
    pub fn read(root: &Path) -> Result<Self> {
        let path = root.join("config.json");
        match serde_json::from_slice(&folder::text(&path)?) {
            Ok(serde_json::Value::Object(values)) => {
                Ok(Self { path, values, asked: RefCell::default(), is_of_gguf: false })
            }
            Ok(_) => Err(Error::File { path, reason: "not a JSON object".into() }),
            Err(e) => Err(Error::File { path, reason: format!("not JSON: {e}") }),
        }
    }

    /// Where it was read from.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// A whole number that must be there.
    pub fn size(&self, field: &'static str) -> Result<usize> {
        self.maybe_size(field)?.ok_or_else(|| self.wrong(field, "missing", "a positive number"))
    }

    /// A whole number, if it is there and not null.
    pub fn maybe_size(&self, field: &'static str) -> Result<Option<usize>> {
        match self.get(field) {
            None | Some(serde_json::Value::Null) => Ok(None),
            Some(value) => match value.as_u64() {
                // Products of two, and three times that, stay below 2⁶⁴.
                Some(n) if n > 0 && n < 1 << 31 => Ok(Some(n as usize)),
                Some(n) if n > 0 => Err(self.wrong(field, value, "a number below 2147483648")),
                _ => Err(self.wrong(field, value, "a positive number")),
            },
        }
    }

    /// Layers of the model, under the names that architectures have for them; `None` where none of them is there.
    pub fn layers(&self) -> Result<Option<usize>> {
        for field in ["num_hidden_layers", "n_layer", "n_layers", "num_layers"] {
            if let Some(layers) = self.maybe_size(field)? {
                return Ok(Some(layers));
            }
        }
        Ok(None)
    }

    /// A number, or `default` where it is missing.
    pub fn number(&self, field: &'static str, default: f64) -> Result<f64> {
        match self.get(field) {
            None | Some(serde_json::Value::Null) => Ok(default),
            Some(value) => value.as_f64().ok_or_else(|| self.wrong(field, value, "a number")),
        }
    }

    /// True or false, or `default` where it is missing.
    pub fn flag(&self, field: &'static str, default: bool) -> Result<bool> {
        match self.get(field) {
            None | Some(serde_json::Value::Null) => Ok(default),
            Some(value) => value.as_bool().ok_or_else(|| self.wrong(field, value, "true or false")),
        }
    }

    /// A text, if it is there.
    pub fn text(&self, field: &str) -> Option<&str> {
        self.get(field)?.as_str()
    }

    /// Any value.
    pub fn value(&self, field: &str) -> Option<&serde_json::Value> {
        self.get(field).filter(|value| !value.is_null())
    }

    /// Whether the field is there and null.
    pub fn is_null(&self, field: &str) -> bool {
        self.get(field).is_some_and(serde_json::Value::is_null)
    }

    /// Fails unless the field is missing or `expected`: a variant that would be computed wrongly otherwise.
    pub fn only(&self, field: &'static str, expected: &serde_json::Value) -> Result<()> {
        match self.get(field) {
            None | Some(serde_json::Value::Null) => Ok(()),
            Some(value) if value == expected => Ok(()),
            Some(value) => Err(self.wrong(field, value, expected)),
        }
    }

    /// Fields that say something and that nobody has asked for, in order of their names.
    pub fn unread(&self) -> Vec<&str> {
        let asked = self.asked.borrow();
        let said = self.values.iter().filter(|(field, value)| !value.is_null() && !asked.contains(*field));
        said.map(|(field, _)| field.as_str()).collect()
    }

    fn get(&self, field: &str) -> Option<&serde_json::Value> {
        let value = self.values.get(field)?;
        self.asked.borrow_mut().insert(field.to_owned());
        Some(value)
    }

    /// An error about a field.
    pub fn wrong(&self, field: &'static str, found: impl ToString, expected: impl ToString) -> Error {
        Error::Variant { path: self.path.clone(), field, found: found.to_string(), expected: expected.to_string() }
    }
}
