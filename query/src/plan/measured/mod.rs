//! Conditions on what was measured of an entry beside its scores: `p>=0.1`, `correct=yes`, `tokens=1`.
//!
//! An entry that fails one counts as not there ([`keep`]). Statements and the `--where` of studies hold the same code against an
//! entry. Nothing is asked of a model: what is compared was stored when the fact was attributed.

mod keep;
mod none;

pub(crate) use keep::keep_measured;

use crate::error::{ErrorKind, QueryError};
use crate::plan::single;
use crate::syntax::ast::{Comparison, Condition, Source, Statement, Test};
use crate::syntax::conditions::ConditionKey;
use crate::syntax::parser::parse;
use kndb_storage::{Measured, Run, SOURCE, Snapshot};
use std::fmt;

/// A condition on what was measured of an entry.
#[derive(Clone, Debug, PartialEq)]
pub struct EntryTest {
    key: ConditionKey,
    wanted: Wanted,
    text: String,
}

#[derive(Clone, Debug, PartialEq)]
enum Wanted {
    /// All of these: one, or both ends of a range.
    Numbers(Vec<(Comparison, f64)>),
    Correct(bool),
    /// One of these.
    Answer(Vec<String>),
    /// This within it.
    Contains(String),
}

impl EntryTest {
    /// What a condition asks for; `None` for a condition on anything else, and for one with a parameter that has no value yet.
    pub fn of(condition: &Condition) -> Option<Self> {
        use ConditionKey::{Answer, Correct, ObjectRank, P, Tokens};
        let wanted = match (condition.key, &condition.test) {
            (P | ObjectRank | Tokens, Test::Number(..) | Test::Between(..)) => {
                Wanted::Numbers(condition.bounds().map(|(op, number)| (op, number.value)).collect())
            }
            (Correct, Test::Names(texts)) => Wanted::Correct(texts.first()?.text == "yes"),
            (Answer, Test::Names(texts)) => Wanted::Answer(texts.iter().map(|text| text.text.clone()).collect()),
            (Answer, Test::Contains(part)) => Wanted::Contains(part.text.clone()),
            _ => return None,
        };
        Some(Self { key: condition.key, wanted, text: condition.to_string() })
    }

    /// Reads a condition as it stands in the brackets of a set (`p>=0.1`); `None` for one on anything else than what was measured
    /// of an entry, which is not read at all.
    ///
    /// # Errors
    /// When it cannot be read. Nothing is pointed at: the text is not a statement.
    pub fn read(text: &str) -> Result<Option<Self>, QueryError> {
        let text = text.trim();
        let end = text.find(|letter: char| !(letter.is_ascii_alphanumeric() || letter == '_')).unwrap_or(text.len());
        let is_own = |key: &ConditionKey| {
            use ConditionKey::{Answer, Correct, ObjectRank, P, Tokens};
            matches!(key, P | Correct | ObjectRank | Tokens | Answer)
        };
        let Some(key) = ConditionKey::from_word(&text[..end]).filter(is_own) else { return Ok(None) };
        let nowhere = |error: QueryError| QueryError { span: None, labels: Vec::new(), ..error };
        let one = || {
            let reason = format!("expected one condition, as in `{}`, found `{text}`", key.row().forms[0]);
            QueryError::new(ErrorKind::Syntax, reason)
        };
        let Statement::Query(query) = parse(&format!("kn[{text}]")).map_err(nowhere)? else { return Err(one()) };
        let alone = query.by.is_empty() && query.having.is_empty() && query.order.is_empty() && query.top.is_none();
        match query.only_source().filter(|_| alone).map(|source| source.conditions.as_slice()) {
            Some([condition]) => Self::of(condition).map(Some).ok_or_else(one),
            _ => Err(one()),
        }
    }

    /// Those of a source.
    pub(crate) fn of_source(source: &Source) -> Vec<Self> {
        source.conditions.iter().filter_map(Self::of).collect()
    }

    /// Whether it holds; `None` where that is not known.
    pub fn holds(&self, entry: &Measured<'_>) -> Option<bool> {
        Some(match &self.wanted {
            Wanted::Numbers(bounds) => {
                let found = self.number(entry)?;
                let than = |than: f64| if self.key == ConditionKey::P { single(than) } else { than };
                bounds.iter().all(|&(op, bound)| op.holds(found.total_cmp(&than(bound))))
            }
            Wanted::Correct(wanted) => (entry.rank? == 1) == *wanted,
            Wanted::Answer(texts) => {
                // Tokens begin with a blank in many vocabularies, which nobody means.
                let answer = entry.answer?;
                texts.iter().any(|text| text == answer || text == answer.trim())
            }
            Wanted::Contains(part) => entry.answer?.contains(part.as_str()),
        })
    }

    /// The number that it is held against, where it compares one: of `correct`, the rank.
    fn number(&self, entry: &Measured<'_>) -> Option<f64> {
        match self.key {
            ConditionKey::P => entry.probability.map(f64::from),
            ConditionKey::Tokens => entry.tokens.map(f64::from),
            ConditionKey::Answer => None,
            _ => entry.rank.map(f64::from),
        }
    }

    /// Whether what it is about was measured, even if it is not known of this entry: objects of several tokens have no first answer, and where
    /// their later tokens were asked otherwise, no rank.
    pub fn is_measured(&self, entry: &Measured<'_>) -> bool {
        let of_several = self.of_one_token() && entry.tokens.is_some_and(|tokens| tokens > 1);
        of_several || self.holds(entry).is_some()
    }

    /// Whether objects of several tokens may lack what it is about.
    fn of_one_token(&self) -> bool {
        !matches!(self.key, ConditionKey::P | ConditionKey::Tokens)
    }

    /// What it is about, as a noun phrase.
    pub fn about(&self) -> &'static str {
        match self.key {
            ConditionKey::P => "p of the right objects",
            ConditionKey::Tokens => "the number of tokens of the objects",
            ConditionKey::Answer => "the model's answers",
            _ => "the rank of the right objects",
        }
    }
}

/// As it is written: `p>=0.1`, `correct=yes`.
impl fmt::Display for EntryTest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// The run in which the facts of a run were measured: that of the scores itself, or the one that a run of groups was made from; `None`
/// where that is gone, or of other weights by now.
pub fn measured_in<'s>(snapshot: &'s Snapshot, run: &'s Run) -> Option<&'s Run> {
    let source = run.spec.parameters.iter().find(|(name, _)| name == SOURCE);
    let Some((_, source)) = source else { return Some(run) };
    snapshot.run_named(source).filter(|source| source.spec.weights_hash == run.spec.weights_hash)
}

#[cfg(test)]
mod tests {
    use super::*;
    use kndb_storage::FactId;

    fn test(text: &str) -> EntryTest {
        EntryTest::read(text).expect("a condition").expect("on entries")
    }

    fn entry(probability: Option<f32>, rank: Option<u32>, tokens: Option<u16>) -> Measured<'static> {
        Measured {
            fact: FactId(0),
            probability,
            baseline: None,
            answer: rank.map(|_| " Paris"),
            rank,
            tokens,
            residual: None,
            largest: None,
            kept: None,
        }
    }

    #[test]
    fn a_p_of_a_tenth_is_at_least_a_tenth() {
        let tenth = entry(Some(0.1), None, None);
        let holds = ["<=", ">=", "<", ">", "="].map(|op| test(&format!("p{op}0.1")).holds(&tenth));
        assert_eq!(holds, [Some(true), Some(true), Some(false), Some(false), Some(true)]);
    }

    #[test]
    fn what_was_not_measured_neither_holds_nor_fails() {
        let several = entry(Some(0.5), None, Some(2));
        for text in ["correct=yes", "correct=no", "object_rank<=5", "answer=Paris"] {
            assert_eq!((test(text).holds(&several), test(text).is_measured(&several)), (None, true), "{text}");
        }
        assert_eq!(test("tokens=1").holds(&several), Some(false));
        let second = entry(None, Some(2), None);
        assert_eq!(test("correct=no").holds(&second), Some(true));
        assert_eq!(test("object_rank<3").holds(&second), Some(true));
        assert!(!test("p>=0").is_measured(&second) && !test("tokens>=1").is_measured(&second));
    }

    #[test]
    fn a_condition_alone_is_read_and_others_are_left() {
        for (text, canonical) in
            [(" P > 0.05", "p>0.05"), ("correct = YES ", "correct=yes"), ("object_rank<=3", "object_rank<=3")]
        {
            assert_eq!(test(text).to_string(), canonical);
        }
        for other in ["rank<=5", "layer in 7..11", "prompts>=2", "", "nothing", "lang=en"] {
            assert!(matches!(EntryTest::read(other), Ok(None)), "{other}");
        }
        for wrong in
            ["p", "p>=2", "p>=10%", "p>=", "correct=maybe", "tokens=0", "p>=0.1]", "p>=0.1, p<1", "p>=0.1] by layer --"]
        {
            let error = EntryTest::read(wrong).expect_err(wrong);
            assert!(error.span.is_none(), "{error}");
        }
    }

    #[test]
    fn the_blank_that_a_token_begins_with_is_not_meant() {
        let paris = entry(None, Some(1), Some(1));
        for (text, holds) in [
            ("answer=Paris", true),
            ("answer=\" Paris\"", true),
            ("answer in (Lima, Paris)", true),
            ("answer~\"ari\"", true),
            ("answer=paris", false),
            ("answer~Lima", false),
        ] {
            assert_eq!(test(text).holds(&paris), Some(holds), "{text}");
        }
    }
}
