//! The order of an object's fields, which the library of JSON forgets.

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};
use std::fmt;

/// Fields of an object, and behind them those of its `extra_special_tokens`, as the file has them.
pub(super) fn of(bytes: &[u8]) -> Vec<String> {
    let fields: Fields = serde_json::from_slice(bytes).unwrap_or_default();
    fields.own.into_iter().chain(fields.extra).collect()
}

#[derive(Default)]
struct Fields {
    own: Vec<String>,
    extra: Vec<String>,
}

impl<'de> Deserialize<'de> for Fields {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_map(InOrder)
    }
}

struct InOrder;

impl<'de> Visitor<'de> for InOrder {
    type Value = Fields;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields, A::Error> {
        let mut fields = Fields::default();
        while let Some(name) = map.next_key::<String>()? {
            match name.as_str() {
                "extra_special_tokens" => {
                    if let Extra::Named(named) = map.next_value()? {
                        fields.extra = named.own;
                    }
                }
                _ => drop(map.next_value::<IgnoredAny>()?),
            }
            fields.own.push(name);
        }
        Ok(fields)
    }
}

/// Tokens by name; a list has its order.
#[derive(Deserialize)]
#[serde(untagged)]
enum Extra {
    Named(Fields),
    Other(IgnoredAny),
}
