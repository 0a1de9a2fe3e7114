//! Special tokens by their names, from all files of a folder, as Hugging Face 5 puts them together.

use super::class::Class;
use super::side_files::{Object, SideFiles, added_token};
use super::special_tokens::FIELDS;
use serde_json::Value;
use std::collections::BTreeSet;
use tokenizers::AddedToken;

impl SideFiles {
    /// All special tokens, in the order in which Hugging Face adds those that are new: the usual fields, fields that only
    /// one class knows, lists.
    pub fn special_tokens(&self, class: &Class) -> Vec<AddedToken> {
        let usual = FIELDS.iter().filter_map(|field| match self.token(field) {
            Some(named) => Some(named.token),
            None if self.denies(field) => None,
            None => class.default_token(field).map(|name| AddedToken::from(name, true)),
        });
        let (newer, older) = self.lists();
        let listed = newer.or(older).unwrap_or_default();
        let listed = listed.iter().filter_map(added_token);
        usual.chain(self.fields_of_classes()).chain(listed).collect()
    }

    /// The names of all special tokens that have a field of their own.
    pub fn with_field(&self) -> BTreeSet<String> {
        let usual = FIELDS.iter().filter_map(|field| self.token(field)).map(|named| named.token);
        usual.chain(self.fields_of_classes()).map(|token| token.content).collect()
    }

    /// The names that make a token of `added_tokens.json` special: those of the usual fields and of the newer list.
    pub fn special_by_name(&self) -> BTreeSet<String> {
        let usual = FIELDS.iter().filter_map(|field| self.token(field)).map(|named| named.token);
        let (newer, _) = self.lists();
        let listed = newer.unwrap_or_default();
        usual.chain(listed.iter().filter_map(added_token)).map(|token| token.content).collect()
    }

    /// The contents of `added_tokens_decoder`, if there is one.
    pub fn listed(&self) -> Option<BTreeSet<String>> {
        let listed = self.config.as_ref()?.values.get("added_tokens_decoder")?.as_object()?;
        Some(listed.values().filter_map(added_token).map(|token| token.content).collect())
    }

    /// Those of fields that only one class knows (`image_token`), and of `extra_special_tokens` where that has names. Texts of
    /// `tokenizer_config.json` and names go before other values, but behind them in order.
    fn fields_of_classes(&self) -> Vec<AddedToken> {
        let mut all: Vec<(&str, AddedToken)> = Vec::new();
        let mut put = |name, value: &Value| {
            let Some(token) = added_token(value) else { return };
            match all.iter_mut().find(|(known, _)| *known == name) {
                Some(known) => known.1 = token,
                None => all.push((name, token)),
            }
        };
        let config = self.config.as_ref();
        let texts = |(_, value): &(&str, &Value)| value.is_string();
        own_fields(config).filter(|field| !texts(field)).for_each(|(name, value)| put(name, value));
        own_fields(self.counting_map()).for_each(|(name, value)| put(name, value));
        own_fields(config).filter(texts).for_each(|(name, value)| put(name, value));
        for file in [config, self.counting_map()].into_iter().flatten() {
            if let Some(named) = extra(file).and_then(Value::as_object) {
                let in_order = file.order.iter().filter_map(|name| named.get_key_value(name));
                in_order.for_each(|(name, value)| put(name.as_str(), value));
            }
        }
        all.into_iter().map(|(_, token)| token).collect()
    }

    /// `extra_special_tokens`, and what older files call `additional_special_tokens`, which counts where nothing has the newer
    /// name.
    fn lists(&self) -> (Option<Vec<Value>>, Option<Vec<Value>>) {
        let list = |value: Option<&Value>| value.and_then(Value::as_array).cloned();
        let older = |file: &Object| list(file.values.get("additional_special_tokens"));
        let empty = |value: &Value| match value {
            Value::Array(list) => list.is_empty(),
            Value::Object(named) => named.is_empty(),
            other => other.is_null(),
        };
        let config = self.config.as_ref();
        let said = config.and_then(extra);
        let mut left = config.and_then(older);
        let mut found = match said {
            said if said.is_none_or(empty) && left.is_some() => left.take(),
            Some(Value::Object(_)) | None => None,
            said => Some(list(said).unwrap_or_default()),
        };
        if let Some(map) = self.counting_map() {
            match extra(map) {
                Some(Value::Array(more)) => found.get_or_insert_default().extend(more.iter().cloned()),
                Some(Value::Object(_)) => found = None,
                _ => {}
            }
            left = older(map).or(left);
        }
        (found, left)
    }
}

/// Fields that name a token and that only one class knows, in the file's order.
fn own_fields(file: Option<&Object>) -> impl Iterator<Item = (&str, &Value)> {
    let fields = file.into_iter().flat_map(|file| file.order.iter().filter_map(|name| file.values.get_key_value(name)));
    let fields = fields.map(|(name, value)| (name.as_str(), value));
    fields.filter(|(name, value)| {
        name.ends_with("_token") && !FIELDS.contains(name) && (value.is_string() || value.is_object())
    })
}

fn extra(file: &Object) -> Option<&Value> {
    file.values.get("extra_special_tokens")
}
