//! `--where` of the studies: conditions on facts (`p>=0.1 and correct=yes`), and those that stand in the brackets of a set.
//!
//! The query language will read both; until then this is the only place that tells them apart.

use kndb_study::{Comparison, KnownIf};

/// One `--where`, taken apart.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Where {
    /// Conditions on what was measured of the facts.
    pub known: Vec<KnownIf>,
    /// Conditions on the neuron sets, as they stand in brackets.
    pub sets: Vec<String>,
}

/// Reads conditions that are joined by `and` or commas.
pub fn conditions(text: &str) -> Result<Where, String> {
    let mut all = Where::default();
    for piece in pieces(text) {
        let piece = piece.trim();
        match known(piece)? {
            Some(condition) => all.known.push(condition),
            None if piece.is_empty() => {
                return Err("a condition is missing; expected one such as p>=0.1 or layer in 7..11".into());
            }
            None => all.sets.push(piece.to_owned()),
        }
    }
    Ok(all)
}

/// The text between `and`s and commas that are in no quotes and no parentheses.
fn pieces(text: &str) -> Vec<&str> {
    let (mut pieces, mut begin, mut depth, mut quoted) = (Vec::new(), 0, 0u32, false);
    let mut skip_to = 0;
    for (at, letter) in text.char_indices() {
        if at < skip_to {
            continue;
        }
        match letter {
            '\\' if quoted => skip_to = at + 2,
            '"' => quoted = !quoted,
            '(' if !quoted => depth += 1,
            ')' if !quoted => depth = depth.saturating_sub(1),
            _ if quoted || depth > 0 => {}
            ',' => {
                pieces.push(&text[begin..at]);
                begin = at + 1;
            }
            _ if is_and(text, at) => {
                pieces.push(&text[begin..at]);
                begin = at + 3;
                skip_to = begin;
            }
            _ => {}
        }
    }
    pieces.push(&text[begin..]);
    pieces
}

/// Whether the word `and` stands at a place.
fn is_and(text: &str, at: usize) -> bool {
    let is_edge = |letter: Option<char>| letter.is_none_or(char::is_whitespace);
    let word = text.get(at..at + 3).is_some_and(|word| word.eq_ignore_ascii_case("and"));
    word && is_edge(text[..at].chars().next_back()) && is_edge(text[at + 3..].chars().next())
}

/// A condition on a fact; `None` for other conditions.
fn known(piece: &str) -> Result<Option<KnownIf>, String> {
    let end = piece.find(|letter: char| !(letter.is_ascii_alphabetic() || letter == '_')).unwrap_or(piece.len());
    let (key, rest) = (piece[..end].to_ascii_lowercase(), piece[end..].trim_start());
    if !matches!(key.as_str(), "p" | "correct" | "object_rank" | "tokens") {
        return Ok(None);
    }
    let Some(comparison) = Comparison::ALL.into_iter().find(|comparison| rest.starts_with(comparison.sign())) else {
        return Err(format!(
            "`{piece}` compares nothing; expected <, <=, =, >= or > after `{key}`, as in {}",
            example(&key)
        ));
    };
    let value = rest[comparison.sign().len()..].trim();
    Ok(Some(match key.as_str() {
        "p" => KnownIf::P(comparison, probability(value)?),
        "correct" => KnownIf::Correct(yes_or_no(comparison, value)?),
        "object_rank" => KnownIf::Rank(comparison, from_one(&key, value)?),
        _ => KnownIf::Tokens(comparison, from_one(&key, value)?),
    }))
}

fn example(key: &str) -> &'static str {
    match key {
        "p" => "p>=0.1",
        "correct" => "correct=yes",
        "object_rank" => "object_rank<=5",
        _ => "tokens=1",
    }
}

fn probability(value: &str) -> Result<f64, String> {
    if value.ends_with('%') {
        return Err(format!(
            "p is a probability, not a share; found {value:?}, expected a number from 0 to 1, as in p>=0.1"
        ));
    }
    let number = value.parse::<f64>().ok().filter(|p| (0.0..=1.0).contains(p));
    number.ok_or_else(|| format!("{value:?} is no probability; expected a number from 0 to 1, as in p>=0.1"))
}

fn yes_or_no(comparison: Comparison, value: &str) -> Result<bool, String> {
    match (comparison, value.to_ascii_lowercase().as_str()) {
        (Comparison::Equal, "yes") => Ok(true),
        (Comparison::Equal, "no") => Ok(false),
        _ => Err(format!("`correct{}{value}` says neither; expected correct=yes or correct=no", comparison.sign())),
    }
}

fn from_one(key: &str, value: &str) -> Result<u32, String> {
    let number = value.parse::<u32>().ok().filter(|&number| number > 0);
    number.ok_or_else(|| {
        format!("{value:?} is no number of {key}; expected a whole number from 1 on, as in {}", example(key))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (Vec<String>, Vec<String>) {
        let all = conditions(text).expect("conditions");
        (all.known.iter().map(KnownIf::to_string).collect(), all.sets)
    }

    #[test]
    fn conditions_on_facts_and_on_sets_are_told_apart() {
        assert_eq!(read("p>=0.1"), (vec!["p>=0.1".into()], vec![]));
        let (known, sets) = read("P > 0.05 and correct = yes AND tokens=1, object_rank<=3");
        assert_eq!((known.join(" "), sets), ("p>0.05 correct=yes tokens=1 object_rank<=3".into(), vec![]));
        // The rank of a neuron, and subjects that look like conditions.
        let (known, sets) = read("rank<=5, layer in 7..11 and p<0.5");
        assert_eq!((known.join(" "), sets), ("p<0.5".into(), vec!["rank<=5".into(), "layer in 7..11".into()]));
        for one in
            [r#"subject="salt and pepper, p>=0.1""#, "relation in (P36, P37)", "prompt=0", r#"object="a \" and b""#]
        {
            assert_eq!(read(one), (vec![], vec![one.to_owned()]));
        }
    }

    #[test]
    fn what_cannot_be_meant_is_refused() {
        for (text, told) in [
            ("p>=10%", "a probability, not a share"),
            ("p>=2", "no probability"),
            ("p>=", "no probability"),
            ("p", "compares nothing"),
            ("p in 0..1", "compares nothing"),
            ("correct>=yes", "correct=yes or correct=no"),
            ("correct=maybe", "correct=yes or correct=no"),
            ("tokens=0", "from 1 on"),
            ("object_rank<=1.5", "from 1 on"),
            ("p>=0.1 and", "a condition is missing"),
            ("", "a condition is missing"),
        ] {
            let error = conditions(text).expect_err(text);
            assert!(error.contains(told), "{text}: {error}");
        }
    }
}
