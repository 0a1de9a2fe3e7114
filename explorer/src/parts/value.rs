//! How a value is written on a page: short, with all of it in the title.

use kndb_query::Value;
use maud::{Markup, html};

/// A whole number with commas between thousands.
pub(crate) fn whole(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A number that is no count: four digits after the point, or two that count where these would say 0.
pub(crate) fn short(number: f64) -> String {
    if number != 0.0 && number.abs() < 5e-4 { format!("{number:.1e}") } else { format!("{number:.4}") }
}

/// A share as a percentage: `9.3 %`.
pub(crate) fn percent(share: f64) -> String {
    format!("{:.1} %", 100.0 * share)
}

/// A value of a cell. `column` is its name: layers, neurons and prompts are numbers of something, and have no commas.
pub(crate) fn cell(column: &str, value: &Value<'_>) -> Markup {
    match value {
        Value::Null => html! { span.null { "–" } },
        Value::Text(text) | Value::Spelled(text) => html! { bdi { (visible(text)) } },
        Value::Integer(number) if is_number_of(column) => html! { (number) },
        Value::Integer(number) => html! { (whole(*number)) },
        // As exactly as it is kept.
        Value::Score(score) => html! { span title=(format!("{score:?}")) { (short(f64::from(*score))) } },
        Value::Ratio(ratio) => html! { span title=(format!("{ratio:?}")) { (short(*ratio)) } },
    }
}

/// Whether integers of a column number something and count nothing.
pub(crate) fn is_number_of(column: &str) -> bool {
    matches!(column, "layer" | "neuron" | "prompt" | "other_layer" | "other_neuron")
}

/// A text with signs in place of what would turn or hide what stands beside it.
pub(crate) fn visible(text: &str) -> String {
    let hides = |c: char| {
        c.is_control()
            || matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{2028}' | '\u{2029}' | '\u{FEFF}')
    };
    text.chars().map(|c| if hides(c) { '\u{FFFD}' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short_and_never_wrongly_zero() {
        assert_eq!([0, 999, 1_000, 1_234_567].map(whole), ["0", "999", "1,000", "1,234,567"]);
        assert_eq!(
            [0.0, 1.0, 0.25, 0.000_49, -0.000_01].map(short),
            ["0.0000", "1.0000", "0.2500", "4.9e-4", "-1.0e-5"]
        );
        assert_eq!(percent(0.0929), "9.3 %");
    }

    #[test]
    fn layers_have_no_commas_and_counts_have() {
        assert_eq!(cell("neuron", &Value::Integer(3_071)).into_string(), "3071");
        assert_eq!(cell("pairs", &Value::Integer(3_071)).into_string(), "3,071");
        assert_eq!(cell("score", &Value::Score(0.1)).into_string(), "<span title=\"0.1\">0.1000</span>");
    }

    #[test]
    fn a_label_cannot_turn_the_text_around_it() {
        assert_eq!(visible("a\u{202E}b\u{200F}"), "a\u{FFFD}b\u{200F}");
    }
}
