//! The order of rows of which something is not known.

use std::cmp::Ordering;

/// What one key of an order says of two rows: how they compare by it, and of which of them it is known. What is not known comes last, whichever way the
/// order goes: who asks for the least five shall not get five unknown ones.
pub(crate) fn directed(compared: Ordering, known: [bool; 2], descending: bool) -> Ordering {
    match known {
        [true, false] => Ordering::Less,
        [false, true] => Ordering::Greater,
        _ if descending => compared.reverse(),
        _ => compared,
    }
}

/// The same of two numbers.
pub(crate) fn of_numbers(numbers: [Option<f64>; 2], descending: bool) -> Ordering {
    let [a, b] = numbers;
    let compared = a.zip(b).map_or(Ordering::Equal, |(a, b)| a.total_cmp(&b));
    directed(compared, [a.is_some(), b.is_some()], descending)
}

/// The same of two texts, or whatever else can be compared.
pub(crate) fn of_texts<T: Ord>(texts: [Option<T>; 2], descending: bool) -> Ordering {
    let [a, b] = texts;
    let known = [a.is_some(), b.is_some()];
    directed(a.cmp(&b), known, descending)
}
