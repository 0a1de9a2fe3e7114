//! Numbers of JSON read to the bit: the text of a number is its shortest, and is read by the standard library.

use serde::{Deserialize, Deserializer, Serializer, de::Error};
use serde_json::value::RawValue;

pub(super) fn serialize<S: Serializer>(number: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(*number)
}

pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    let text = Box::<RawValue>::deserialize(deserializer)?;
    let number: f64 =
        text.get().parse().map_err(|_| Error::custom(format!("{} where a number is expected", text.get())))?;
    if number.is_finite() { Ok(number) } else { Err(Error::custom(format!("{} is no number kndb has", text.get()))) }
}
