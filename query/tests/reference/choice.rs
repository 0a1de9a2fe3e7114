//! Which rows `having` keeps, and in which order they come.

use super::keys::Naming;
use super::rows::{Row, cell, column};
use super::table::Cell;
use kndb_query::{Comparison, Dimension, Direction, Having, Key, Measure, Number, OrderKey};
use std::cmp::Ordering;

pub fn satisfies(row: &Row, having: &Having, naming: &Naming) -> bool {
    let name = column(having.key);
    if number(having).percent {
        let (Cell::Integer(count), Some(of)) = (&row.measures[name], row.of.get(name)) else { return false };
        // In whole numbers: 33.3 % of 9 is 333 × 9 ÷ 1,000.
        let written = number(having).value.to_string();
        let (whole, fraction) = written.split_once('.').unwrap_or((&written, ""));
        let digits: u128 = format!("{whole}{fraction}").parse().expect("a percentage without an exponent");
        let scale = 10_u128.pow(fraction.len() as u32);
        return holds_in_order(having.op, (u128::from(*count) * 100 * scale).cmp(&(digits * u128::from(*of))));
    }
    let value = match cell(row, name, naming) {
        Cell::Integer(number) => number as f64,
        // Means of what is stored in 32 bits; a similarity's p is a tail.
        Cell::Ratio(ratio)
            if ["median", "p_alone", "p_all"].contains(&name)
                || name == "p" && !row.measures.contains_key("expected") =>
        {
            let than = number(having).value as f32;
            return (ratio as f32).partial_cmp(&than).is_some_and(|order| holds_in_order(having.op, order));
        }
        Cell::Ratio(ratio) => ratio,
        // 32 bits are compared with 32 bits.
        Cell::Score(score) => {
            let than = number(having).value as f32;
            return score.partial_cmp(&than).is_some_and(|order| holds_in_order(having.op, order));
        }
        Cell::Null | Cell::Text(_) => return false,
    };
    holds_in_order(having.op, value.partial_cmp(&number(having).value).expect("numbers"))
}

/// What a column is compared with: statements here have no parameters.
pub fn number(having: &Having) -> Number {
    having.value.value().expect("a number")
}

fn holds_in_order(op: Comparison, order: Ordering) -> bool {
    match op {
        Comparison::Equal => order == Ordering::Equal,
        Comparison::NotEqual => order != Ordering::Equal,
        Comparison::Less => order == Ordering::Less,
        Comparison::LessOrEqual => order != Ordering::Greater,
        Comparison::Greater => order == Ordering::Greater,
        Comparison::GreaterOrEqual => order != Ordering::Less,
    }
}

/// Whether only a count of 0 could satisfy a condition, which no row has.
pub fn asks_for_none(having: &Having) -> bool {
    let counts = ["entries", "pairs", "facts", "neurons", "langs", "prompts", "runs"].contains(&column(having.key));
    let (op, value) = (having.op, number(having).value);
    let none = match op {
        Comparison::Equal => value == 0.0,
        Comparison::LessOrEqual => (0.0..1.0).contains(&value),
        Comparison::Less => value > 0.0 && value <= 1.0,
        _ => false,
    };
    counts && none && (!number(having).percent || value == 0.0)
}

pub fn in_order(a: &Row, b: &Row, order: &OrderKey, naming: &Naming) -> Ordering {
    let cells = [a, b].map(|row| match cell(row, column(order.key), naming) {
        // The blank that a token begins with is not meant.
        Cell::Text(text) if order.key == Key::Dimension(Dimension::Answer) => Cell::Text(text.trim().to_owned()),
        cell => cell,
    });
    let compared = match order.key {
        Key::Dimension(Dimension::Fact) => a.key.fact.cmp(&b.key.fact),
        Key::Dimension(Dimension::Group) => a.key.group.cmp(&b.key.group),
        // What is not known comes last, up and down.
        _ if cells.iter().filter(|cell| **cell == Cell::Null).count() == 1 => {
            return if cells[0] == Cell::Null { Ordering::Greater } else { Ordering::Less };
        }
        // A maximum is a number; only scores of pairs are the stronger the further they are from 0.
        Key::Measure(Measure::Largest) => match &cells {
            [Cell::Score(a), Cell::Score(b)] => a.total_cmp(b),
            [a, b] => compare_cells(a, b),
        },
        _ => compare_cells(&cells[0], &cells[1]),
    };
    // What chance would hardly give comes first.
    let least_first = match order.key {
        Key::Measure(Measure::P) => a.measures.contains_key("expected"),
        key => key == Key::Measure(Measure::PChance) || key == Key::Measure(Measure::Fdr),
    };
    // What rows are split by is no measure of theirs.
    let split = match order.key {
        Key::Measure(Measure::Tokens) => a.key.tokens.is_some(),
        Key::Measure(Measure::Correct) => a.key.correct.is_some(),
        _ => false,
    };
    let first = matches!(order.key, Key::Measure(_)) && !least_first && !split;
    let descends = order.direction.map_or(first, |d| d == Direction::Descending);
    if descends { compared.reverse() } else { compared }
}

/// What is not known is least.
pub fn compare_cells(a: &Cell, b: &Cell) -> Ordering {
    match (a, b) {
        (Cell::Text(a), Cell::Text(b)) => a.cmp(b),
        (Cell::Integer(a), Cell::Integer(b)) => a.cmp(b),
        // The strongest first, whatever their sign.
        (Cell::Score(a), Cell::Score(b)) => a.abs().total_cmp(&b.abs()),
        (Cell::Ratio(a), Cell::Ratio(b)) => a.total_cmp(b),
        (a, b) => (*a != Cell::Null).cmp(&(*b != Cell::Null)),
    }
}
