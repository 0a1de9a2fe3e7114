//! How one value is spelled: for reading, or exactly.

use std::borrow::Cow;

use kndb_carets::disturbs;
use kndb_query::Value;

/// A value for reading: `NULL`, four digits of a ratio, and no control character that could break
/// a line or drive a terminal.
pub fn readable(value: &Value<'_>) -> String {
    match value {
        Value::Null => "NULL".to_owned(),
        // What four digits would show as nothing.
        Value::Ratio(ratio) if *ratio != 0.0 && ratio.abs() < 5e-5 => format!("{ratio:.1e}"),
        Value::Ratio(ratio) => format!("{ratio:.4}"),
        Value::Text(text) | Value::Spelled(text) => escape_controls(text),
        other => exact(other).map(Cow::into_owned).unwrap_or_default(),
    }
}

/// A value from which the same value can be read again; nothing for NULL.
///
/// Scores and ratios have the fewest digits that give the same `f32` or `f64`.
pub fn exact<'v>(value: &'v Value<'_>) -> Option<Cow<'v, str>> {
    match value {
        Value::Null => None,
        Value::Text(text) | Value::Spelled(text) => Some(Cow::Borrowed(text)),
        Value::Integer(number) => Some(Cow::Owned(number.to_string())),
        Value::Score(score) => Some(Cow::Owned(format!("{score:?}"))),
        Value::Ratio(ratio) => Some(Cow::Owned(format!("{ratio:?}"))),
    }
}

fn escape_controls(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        if disturbs(c) {
            escaped.extend(c.escape_default());
        } else {
            escaped.push(c);
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scores_are_the_shortest_that_read_back_as_the_same_f32() {
        for score in [0.1_f32, 1e-10, 123.25, f32::MIN_POSITIVE, 0.3 - 0.1] {
            let value = Value::Score(score);
            let text = exact(&value).expect("a score is not NULL");
            assert_eq!(text.parse::<f32>().expect("a number"), score);
        }
        assert_eq!(exact(&Value::Score(0.1)).as_deref(), Some("0.1"));
        assert_eq!(exact(&Value::Score(1e-10)).as_deref(), Some("1e-10"));
    }

    #[test]
    fn text_for_reading_neither_breaks_a_line_nor_turns_around() {
        let value = Value::Text("a\u{202E}b\u{2028}c\u{2067}d".into());
        assert_eq!(readable(&value), "a\\u{202e}b\\u{2028}c\\u{2067}d");
        let persian = "می\u{200C}خواهم";
        assert_eq!(readable(&Value::Text(persian.into())), persian);
    }

    #[test]
    fn text_for_reading_cannot_drive_a_terminal() {
        let value = Value::Text("a\u{1b}[31mb\n".into());
        assert_eq!(readable(&value), "a\\u{1b}[31mb\\n");
    }
}
