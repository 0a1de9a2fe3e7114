//! What the table of conditions says of numbers and words.

use super::*;
use crate::syntax::ast::Number;

fn share(op: Comparison, value: f64) -> bool {
    let ValueKind::Number(tau) = ConditionKey::Tau.row().value else { panic!("a number") };
    let domain = Domain { from: Excluded(0.0), to: Included(1.0), ..tau };
    domain.has(op, Number { value, percent: false })
}

#[test]
fn a_strict_bound_may_be_the_end_that_no_value_has() {
    assert!(share(Comparison::GreaterOrEqual, 1.0) && !share(Comparison::GreaterOrEqual, 0.0));
    assert!(share(Comparison::Greater, 0.0) && !share(Comparison::Greater, 1.0));
    assert!(share(Comparison::Less, 1.0) && !share(Comparison::Less, 0.0));
}

#[test]
fn a_strict_bound_of_whole_numbers_lies_one_beyond() {
    let ValueKind::Number(domain) = ConditionKey::Rank.row().value else { panic!("a number") };
    let has = |op, value| domain.has(op, Number { value, percent: false });
    assert!(has(Comparison::LessOrEqual, 1.0) && !has(Comparison::LessOrEqual, 0.0));
    assert!(has(Comparison::Less, 2.0) && !has(Comparison::Less, 1.0));
    assert!(has(Comparison::Greater, 0.0));
}

#[test]
fn a_percentage_ends_at_a_hundred_whatever_the_numbers_are() {
    let ValueKind::Number(counted) = ConditionKey::Langs.row().value else { panic!("a number") };
    let has = |op, value| counted.has(op, Number { value, percent: true });
    assert!(has(Comparison::GreaterOrEqual, 100.0) && has(Comparison::GreaterOrEqual, 0.5));
    assert!(!has(Comparison::GreaterOrEqual, 0.0) && !has(Comparison::GreaterOrEqual, 100.5));
    assert!(has(Comparison::Greater, 0.0) && !has(Comparison::Greater, 100.0));
}

#[test]
fn a_word_means_one_condition() {
    let words: Vec<&str> = ConditionKey::ALL.iter().flat_map(|key| key.row().also.iter().copied()).collect();
    for word in &words {
        assert_eq!(words.iter().filter(|other| *other == word).count(), 1, "{word}");
        assert_eq!(ConditionKey::from_word(word), None, "{word}");
    }
}
