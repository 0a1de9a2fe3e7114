//! Numbers and lists in sentences.

/// `1,144`
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `1 fact`, `572 facts`, `2 entries`
pub fn count(number: u64, one: &str, several: &str) -> String {
    format!("{} {}", grouped(number), if number == 1 { one } else { several })
}

/// `en`, `en and zh`, `de, en and zh`, `de, en, es and 50 more`
pub fn list(names: &[String], most: usize) -> String {
    match names {
        [] => "none".into(),
        [one] => one.clone(),
        [others @ .., last] if names.len() <= most => format!("{} and {last}", others.join(", ")),
        _ => format!("{} and {} more", names[..most].join(", "), names.len() - most),
    }
}

/// `93.0 %`
pub fn percent(share: f64) -> String {
    format!("{:.1} %", share * 100.0)
}

/// A note with a capital letter, if it begins with a small one, and a full stop.
pub fn sentence(note: &str) -> String {
    let mut letters = note.chars();
    let first = letters.next().map(|first| first.to_ascii_uppercase());
    first.into_iter().chain(letters).chain(['.']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_lists_read_as_people_write_them() {
        assert_eq!([0, 999, 1_144, 1_234_567].map(grouped), ["0", "999", "1,144", "1,234,567"]);
        assert_eq!((count(1, "fact", "facts"), count(0, "fact", "facts")), ("1 fact".into(), "0 facts".into()));
        let names =
            |count: usize| ["de", "en", "es", "zh"][..count].iter().map(|&name| name.to_owned()).collect::<Vec<_>>();
        let lists = [0, 1, 2, 3, 4].map(|count| list(&names(count), 3));
        assert_eq!(lists, ["none", "de", "de and en", "de, en and es", "de, en, es and 1 more"]);
        assert_eq!((percent(0.930_44), sentence("p is known")), ("93.0 %".into(), "P is known.".into()));
    }
}
