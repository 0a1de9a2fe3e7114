//! `tokenizer_config.json`, `special_tokens_map.json` and `added_tokens.json`: settings and names of special tokens.

use super::order;
use crate::error::{Error, Result};
use crate::folder;
use serde_json::{Map, Value};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use tokenizers::AddedToken;

/// A file that is an object of JSON.
pub(super) struct Object {
    pub path: PathBuf,
    pub values: Map<String, Value>,
    /// Fields in the file's order, which decides the ids of new tokens; those of `extra_special_tokens` behind them.
    pub order: Vec<String>,
}

/// The files beside a tokenizer.
pub(super) struct SideFiles {
    pub(super) config: Option<Object>,
    map: Option<Object>,
    /// Read where `tokenizer_config.json` has no list of its own.
    added: Option<Object>,
    added_path: Option<PathBuf>,
}

/// A special token, and the file that names it.
#[derive(Clone)]
pub(super) struct Named {
    pub token: AddedToken,
    pub path: PathBuf,
}

impl SideFiles {
    pub fn read(root: &Path) -> Result<Self> {
        let config = object(root.join("tokenizer_config.json"))?;
        let map = object(root.join("special_tokens_map.json"))?;
        Ok(Self { config, map, added: None, added_path: Some(root.join("added_tokens.json")) })
    }

    /// None, whatever lies there: of a GGUF file with a tokenizer of its own, which they need not be about.
    pub fn none() -> Self {
        Self { config: None, map: None, added: None, added_path: None }
    }

    /// Those that are there.
    pub fn paths(&self) -> Vec<PathBuf> {
        [&self.config, &self.map, &self.added].into_iter().flatten().map(|file| file.path.clone()).collect()
    }

    /// A field of `tokenizer_config.json` that is true, false, or not given.
    pub fn flag(&self, field: &'static str) -> Result<Option<bool>> {
        let Some(file) = &self.config else { return Ok(None) };
        match file.values.get(field) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::Bool(flag)) => Ok(Some(*flag)),
            Some(other) => Err(Error::Variant {
                path: file.path.clone(),
                field,
                found: other.to_string(),
                expected: "true or false".into(),
            }),
        }
    }

    /// A text of `tokenizer_config.json`.
    pub fn text(&self, field: &str) -> Option<&str> {
        self.config.as_ref()?.values.get(field)?.as_str()
    }

    /// Whether a file says that there is none.
    pub fn denies(&self, field: &str) -> bool {
        self.naming().find_map(|file| file.values.get(field)).is_some_and(Value::is_null)
    }

    /// Whether `tokenizer_config.json` has a list of added tokens.
    pub fn has_list(&self) -> bool {
        self.config.as_ref().is_some_and(|file| file.values.contains_key("added_tokens_decoder"))
    }

    /// The map of special tokens, where it counts: as in Hugging Face, not beside a list (`added_tokens_decoder`).
    pub fn counting_map(&self) -> Option<&Object> {
        self.map.as_ref().filter(|_| !self.has_list())
    }

    /// Files that name special tokens; the first that has a field counts.
    fn naming(&self) -> impl Iterator<Item = &Object> {
        [self.counting_map(), self.config.as_ref()].into_iter().flatten()
    }

    /// A special token, written as a text or as an object with `content`.
    pub fn token(&self, field: &str) -> Option<Named> {
        let (file, value) = self.naming().find_map(|file| Some((file, file.values.get(field)?)))?;
        Some(Named { token: added_token(value)?, path: file.path.clone() })
    }

    /// Tokens added to a vocabulary, by id: `added_tokens_decoder`, or in older folders `added_tokens.json`.
    pub fn added_tokens(&mut self) -> Result<Vec<(u32, AddedToken)>> {
        let mut all = Vec::new();
        if let Some(file) = &self.config
            && let Some(listed) = file.values.get("added_tokens_decoder")
        {
            let wrong = || Error::Variant {
                path: file.path.clone(),
                field: "added_tokens_decoder",
                found: listed.to_string().chars().take(80).collect(),
                expected: "an object of tokens by id".into(),
            };
            let named = self.with_field();
            for (id, token) in listed.as_object().ok_or_else(wrong)? {
                let token = listed_token(token, &named).ok_or_else(wrong)?;
                all.push((id.parse().map_err(|_| wrong())?, token));
            }
        } else if let Some(path) = &self.added_path {
            self.added = object(path.clone())?;
            let special = self.special_by_name();
            for (token, id) in self.added.iter().flat_map(|file| &file.values) {
                let id = id.as_u64().and_then(|id| u32::try_from(id).ok()).ok_or_else(|| Error::File {
                    path: path.clone(),
                    reason: format!("`{token}` has id {id}; expected a whole number"),
                })?;
                all.push((id, AddedToken::from(token.clone(), special.contains(token))));
            }
        }
        all.sort_by_key(|(id, _)| *id);
        Ok(all)
    }
}

fn object(path: PathBuf) -> Result<Option<Object>> {
    // A link to nothing is there, and is told.
    if std::fs::symlink_metadata(&path).is_err() {
        return Ok(None);
    }
    let bytes = folder::text(&path)?;
    match serde_json::from_slice(&bytes) {
        Ok(Value::Object(values)) => Ok(Some(Object { path, values, order: order::of(&bytes) })),
        Ok(_) => Err(Error::File { path, reason: "not a JSON object".into() }),
        Err(e) => Err(Error::File { path, reason: format!("not JSON: {e}") }),
    }
}

/// A token of `added_tokens_decoder`, which is special if that says so or a field names it.
fn listed_token(value: &Value, named: &BTreeSet<String>) -> Option<AddedToken> {
    let token = added_token(value)?;
    let flag = |field: &str| value.get(field).and_then(Value::as_bool);
    let special = flag("special").unwrap_or(false) || named.contains(&token.content);
    Some(token.special(special).normalized(flag("normalized").unwrap_or(!special)))
}

pub(super) fn added_token(value: &Value) -> Option<AddedToken> {
    if let Some(content) = value.as_str() {
        return Some(AddedToken::from(content, true));
    }
    let content = value.get("content")?.as_str()?;
    let flag = |field: &str, default: bool| value.get(field).and_then(Value::as_bool).unwrap_or(default);
    let special = flag("special", true);
    Some(
        AddedToken::from(content, special)
            .lstrip(flag("lstrip", false))
            .rstrip(flag("rstrip", false))
            .single_word(flag("single_word", false))
            .normalized(flag("normalized", !special)),
    )
}
