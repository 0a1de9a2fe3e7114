//! `--where` of the studies: conditions on facts (`p>=0.1 and correct=yes`), and those that stand in the brackets of a set.
//!
//! The query language reads both; which a condition is, its key says.

use kndb_query::{ConditionKey, EntryTest, QueryError, SourceKind, Statement};

/// The sets that studies read.
const SETS: [SourceKind; 2] = [SourceKind::Kn, SourceKind::Dkn];

/// One `--where`, taken apart.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Where {
    /// Conditions on what was measured of the facts.
    pub known: Vec<EntryTest>,
    /// Conditions on the neuron sets, as they stand in brackets.
    pub sets: Vec<String>,
}

/// Reads conditions that are joined by `and` or commas.
pub fn conditions(text: &str) -> Result<Where, String> {
    let mut all = Where::default();
    for piece in pieces(text) {
        let piece = piece.trim();
        match EntryTest::read(piece).map_err(told)? {
            Some(condition) => all.known.push(condition),
            None if piece.is_empty() => {
                return Err("a condition is missing; expected one such as p>=0.1 or layer in 7..11".into());
            }
            None => {
                of_sets(piece)?;
                all.sets.push(piece.to_owned());
            }
        }
    }
    Ok(all)
}

/// Refuses what is no condition on any of the sets that studies read.
fn of_sets(piece: &str) -> Result<(), String> {
    let mut wrong = None;
    for set in SETS {
        match kndb_query::parse(&format!("{set}[{piece}]")) {
            // More than a condition would change the statements of the study.
            Ok(Statement::Query(query)) if query.only_source().is_some_and(|source| source.conditions.len() == 1) => {
                return Ok(());
            }
            Ok(_) => {}
            Err(error) => wrong = wrong.or(Some(told(error))),
        }
    }
    let why = wrong.map(|reason| format!(": {reason}")).unwrap_or_default();
    let suits = |key: &&ConditionKey| SETS.iter().any(|set| key.suits(*set));
    let is_measured = |key: &ConditionKey| matches!(EntryTest::read(key.row().forms[0]), Ok(Some(_)));
    let (of_facts, of_sets): (Vec<_>, Vec<_>) =
        ConditionKey::ALL.iter().filter(suits).partition(|key| is_measured(key));
    let words = |keys: Vec<&ConditionKey>| keys.iter().map(|key| key.word()).collect::<Vec<_>>().join(", ");
    Err(format!(
        "`{piece}` is no condition{why}; expected one on what was measured of facts ({}), or on neuron sets ({})",
        words(of_facts),
        words(of_sets)
    ))
}

/// What is wrong, with what to write, on the one line that an argument's error has.
fn told(error: QueryError) -> String {
    match &error.hint {
        Some(hint) => format!("{}: {hint}", error.reason),
        None => error.reason,
    }
}

/// The text between `and`s and commas that are in no quotes and no parentheses.
fn pieces(text: &str) -> Vec<&str> {
    let (mut pieces, mut begin, mut depth, mut quoted) = (Vec::new(), 0, 0u32, None);
    let mut skip_to = 0;
    for (at, letter) in text.char_indices() {
        if at < skip_to {
            continue;
        }
        match letter {
            '\\' if quoted.is_some() => skip_to = at + 2,
            // Either quote; the other one stands for itself.
            _ if quoted == Some(letter) => quoted = None,
            '"' | '\'' if quoted.is_none() => quoted = Some(letter),
            '(' if quoted.is_none() => depth += 1,
            ')' if quoted.is_none() => depth = depth.saturating_sub(1),
            _ if quoted.is_some() || depth > 0 => {}
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

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (Vec<String>, Vec<String>) {
        let all = conditions(text).expect("conditions");
        (all.known.iter().map(EntryTest::to_string).collect(), all.sets)
    }

    #[test]
    fn conditions_on_facts_and_on_sets_are_told_apart() {
        assert_eq!(read("p>=0.1"), (vec!["p>=0.1".into()], vec![]));
        let (known, sets) = read("P > 0.05 and correct = yes AND tokens=1, object_rank<=3");
        assert_eq!((known.join(" "), sets), ("p>0.05 correct=yes tokens=1 object_rank<=3".into(), vec![]));
        // The rank of a neuron, and subjects that look like conditions.
        let (known, sets) = read("rank<=5, layer in 7..11 and p<0.5");
        assert_eq!((known.join(" "), sets), ("p<0.5".into(), vec!["rank<=5".into(), "layer in 7..11".into()]));
        for one in [
            r#"subject="salt and pepper, p>=0.1""#,
            "subject='Trinidad and Tobago'",
            "subject='a, \"b and c'",
            "object='it''s p>=0.1 and so'",
            "relation in (P36, P37)",
            "prompt=0",
            r#"object="a \" and b""#,
        ] {
            assert_eq!(read(one), (vec![], vec![one.to_owned()]));
        }
    }

    #[test]
    fn what_cannot_be_meant_is_refused() {
        for (text, told) in [
            ("p>=10%", "`p` takes no percentage"),
            ("p>=2", "at most 1"),
            ("p>=", "a number for `p`"),
            ("p", "has no value"),
            ("p in 1..0", "is the wrong way round"),
            ("correct>=yes", "`=` after `correct`"),
            ("correct=maybe", "`yes`, `no`"),
            ("tokens=0", "at least 1"),
            ("object_rank<=1.5", "a whole number"),
            ("tokens<1", "tokens"),
            ("object_rank<1", "object_rank"),
            ("p<0", "p"),
            ("p>1", "p"),
            ("median>=1", "`median>=1` is no condition"),
            ("median>=1", "(p, correct, object_rank, tokens, answer), or on neuron sets (lang, relation"),
            ("not correct", "(p, correct, object_rank, tokens, answer)"),
            ("layer=2] | kn[layer=3", "is no condition"),
            ("p>=0.1 and", "a condition is missing"),
            ("", "a condition is missing"),
        ] {
            let error = conditions(text).expect_err(text);
            assert!(error.contains(told), "{text}: {error}");
        }
    }
}
