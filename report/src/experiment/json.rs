//! JSON whose objects keep the order of their fields: it is the order of columns.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

/// A JSON value.
#[derive(Clone, Debug, PartialEq)]
pub enum Json {
    Null,
    Bool(bool),
    Whole(i64),
    Number(f64),
    Text(String),
    List(Vec<Json>),
    Object(Vec<(String, Json)>),
}

impl Json {
    fn field(&self, name: &str) -> Option<&Self> {
        let Self::Object(fields) = self else { return None };
        fields.iter().find(|(field, _)| field == name).map(|(_, value)| value)
    }

    /// The first text among the fields: what an item of a list is called.
    pub fn name(&self) -> Option<String> {
        let Self::Object(fields) = self else { return None };
        fields.iter().find_map(|(_, value)| if let Self::Text(text) = value { Some(text.clone()) } else { None })
    }

    /// A value with an interval, `{value, interval: {low, high}}`, as one text. A bound that is null is infinite; in the place of the
    /// interval of too few facts stands that they are.
    pub fn estimate(&self) -> Option<String> {
        let Self::Object(fields) = self else { return None };
        let (value, interval) = (self.field("value")?, self.field("interval")?);
        let few = self.field("too_few_facts");
        if fields.len() != 2 + usize::from(few.is_some()) {
            return None;
        }
        let bound = |name, infinite: &str| match interval.field(name) {
            Some(Self::Null) | None => infinite.to_owned(),
            Some(bound) => bound.cell(),
        };
        Some(match interval {
            Self::Object(_) => format!("{} [{}, {}]", value.cell(), bound("low", "-∞"), bound("high", "∞")),
            _ if few.is_some() => format!("{} [too few]", value.cell()),
            _ => value.cell(),
        })
    }

    /// Whether [`Json::cell`] writes fewer digits of a number in it than the file has.
    pub fn is_rounded(&self) -> bool {
        match self {
            Self::Number(number) => rounded(*number) != *number,
            Self::List(items) => items.iter().any(Self::is_rounded),
            Self::Object(fields) => fields.iter().any(|(_, value)| value.is_rounded()),
            _ => false,
        }
    }

    /// The value in a cell of a table.
    pub fn cell(&self) -> String {
        match self {
            Self::Null => "–".into(),
            Self::Bool(true) => "yes".into(),
            Self::Bool(false) => "no".into(),
            Self::Whole(number) => number.to_string(),
            Self::Number(number) => written(rounded(*number)),
            Self::Text(text) => shortened(text),
            Self::List(items) => items.iter().map(Self::cell).collect::<Vec<_>>().join(", "),
            Self::Object(fields) => self.estimate().unwrap_or_else(|| {
                fields.iter().map(|(name, value)| format!("{name} {}", value.cell())).collect::<Vec<_>>().join(", ")
            }),
        }
    }
}

/// From here on the digits before the point are enough to say what a number is.
const LARGE: f64 = 1e5;

/// Five digits that mean something. Whole numbers and large ones are left as they are: their digits may be counts.
fn rounded(number: f64) -> f64 {
    if number.fract() == 0.0 || number.abs() >= LARGE {
        return number;
    }
    format!("{number:.4e}").parse().unwrap_or(number)
}

fn written(number: f64) -> String {
    if number != 0.0 && !(1e-4..1e15).contains(&number.abs()) { format!("{number:e}") } else { number.to_string() }
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Values)
    }
}

struct Values;

impl<'de> Visitor<'de> for Values {
    type Value = Json;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Json, E> {
        Ok(Json::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Json, E> {
        Ok(Json::Whole(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Json, E> {
        // Seeds may be larger than an i64; their digits are all that is shown of them.
        Ok(i64::try_from(value).map_or_else(|_| Json::Text(value.to_string()), Json::Whole))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Json, E> {
        Ok(Json::Number(value))
    }

    fn visit_str<E>(self, value: &str) -> Result<Json, E> {
        Ok(Json::Text(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Json, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Json::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Json, A::Error> {
        let mut object = Vec::new();
        while let Some(field) = fields.next_entry()? {
            object.push(field);
        }
        Ok(Json::Object(object))
    }
}

/// A text of many lines' length is cut: a statement may name every fact of a study, and stands in the file.
fn shortened(text: &str) -> String {
    const MOST: usize = 300;
    const SHOWN: usize = 240;
    match (text.chars().count(), text.char_indices().nth(SHOWN)) {
        (length, Some((end, _))) if length > MOST => format!("{}… ({length} characters)", &text[..end]),
        _ => text.to_owned(),
    }
}
