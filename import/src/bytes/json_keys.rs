//! Keys that a JSON object has twice, of which parsers keep the last.

use std::collections::HashSet;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

/// The first key that an object, or an object right inside it, has twice. `None` also for what is no object.
pub(crate) fn repeated_key(text: &[u8]) -> Option<String> {
    let object: Pairs<'_> = serde_json::from_slice(text).ok()?;
    let inside =
        || object.0.iter().filter_map(|(_, value)| serde_json::from_str::<Pairs<'_>>(value.get()).ok()).find_map(twice);
    twice(Pairs(object.0.clone())).or_else(inside)
}

fn twice(object: Pairs<'_>) -> Option<String> {
    let mut seen = HashSet::with_capacity(object.0.len());
    object.0.into_iter().map(|(key, _)| key).find(|key| !seen.insert(key.clone()))
}

/// The members of an object, in order.
struct Pairs<'a>(Vec<(String, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for Pairs<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct PairsVisitor;

        impl<'de> Visitor<'de> for PairsVisitor {
            type Value = Vec<(String, &'de RawValue)>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut pairs = Vec::new();
                while let Some(pair) = map.next_entry()? {
                    pairs.push(pair);
                }
                Ok(pairs)
            }
        }

        deserializer.deserialize_map(PairsVisitor).map(Pairs)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_that_comes_twice_is_found_in_an_object_and_one_level_below() {
        assert_eq!(repeated_key(br#"{"a": 1, "b": {"c": 1, "c": 2}}"#).as_deref(), Some("c"));
        assert_eq!(repeated_key(br#"{"a": 1, "b": 1, "\u0061": 2}"#).as_deref(), Some("a"));
        assert_eq!(repeated_key(br#"{"a": {"x": 1}, "b": {"x": 1}}"#), None);
    }
}
