//! Counts of languages, prompts and runs in conditions: what they mean, and random ones.

use kndb_query::{Comparison, Number, Test};
use proptest::prelude::*;
use proptest::sample::select;

/// Whether so many of all are as many as a condition wants: by whole numbers, a percentage in thousandths of one.
pub fn often((op, number): (Comparison, Number), count: usize, all: usize) -> bool {
    let scale = if number.percent { 100_000 } else { 1_000 };
    let wanted = (number.value * 1_000.0).round() as u64 * if number.percent { all as u64 } else { 1 };
    let order = (count as u64 * scale).cmp(&wanted);
    match op {
        Comparison::Equal => order.is_eq(),
        Comparison::NotEqual => order.is_ne(),
        Comparison::Less => order.is_lt(),
        Comparison::LessOrEqual => order.is_le(),
        Comparison::Greater => order.is_gt(),
        Comparison::GreaterOrEqual => order.is_ge(),
    }
}

/// A number of languages, prompts or runs, or a share of them.
pub fn counted() -> impl Strategy<Value = Test> {
    use Comparison::{Equal, Greater, GreaterOrEqual, Less, LessOrEqual};
    let value = prop_oneof![
        (1..4_u8).prop_map(|count| Number { value: f64::from(count), percent: false }),
        select(vec![30.0, 50.0, 60.0, 66.5, 70.0, 100.0]).prop_map(|value| Number { value, percent: true }),
    ];
    let ops = select(vec![GreaterOrEqual, GreaterOrEqual, Greater, Equal, LessOrEqual, Less]);
    let beyond = |op: &Comparison, number: &Number| match (op, number.percent) {
        (Less, false) => number.value == 1.0,
        (Greater, true) => number.value == 100.0,
        _ => false,
    };
    let ranges = prop_oneof![
        (1..3_u8, 0..2_u8).prop_map(|(first, more)| [f64::from(first), f64::from(first + more)].map(|n| (n, false))),
        select(vec![[30.0, 60.0], [50.0, 50.0], [66.5, 100.0]]).prop_map(|ends| ends.map(|n| (n, true))),
    ];
    let ranges = ranges.prop_map(|ends| {
        let [first, last] = ends.map(|(value, percent)| Number { value, percent });
        Test::Between(first, last)
    });
    let counted = (ops, value).prop_filter("no such number", move |(op, number)| !beyond(op, number));
    prop_oneof![5 => counted.prop_map(|(op, number)| Test::Number(op, number)), 1 => ranges]
}
