//! Sorting and selecting that can be interrupted: a sort of fifty million rows takes the standard library seconds, and nothing
//! stops it.

use crate::error::QueryError;
use crate::interrupt::Interrupt;
use std::cmp::Ordering;

/// So many elements are left to the standard library: some milliseconds even where texts are compared.
const AT_ONCE: usize = 1 << 14;

/// Sorts, unless it is interrupted; what is sorted then is no list to use.
pub(crate) fn sort<T: Copy>(
    list: &mut [T],
    compare: impl Fn(&T, &T) -> Ordering + Copy,
    interrupt: &Interrupt,
) -> Result<(), QueryError> {
    let mut parts = vec![list];
    while let Some(part) = parts.pop() {
        interrupt.check()?;
        if part.len() <= AT_ONCE {
            part.sort_unstable_by(compare);
            continue;
        }
        let middle = partition(part, compare, interrupt)?;
        if is_lopsided(middle, part.len()) {
            part.sort_unstable_by(compare);
            continue;
        }
        let (before, after) = part.split_at_mut(middle);
        parts.push(&mut after[1..]);
        parts.push(before);
    }
    Ok(())
}

/// Brings the first `wanted` elements of an order, which are not all of them, to the front, in any order; the last of them
/// stands last there.
pub(crate) fn select<T: Copy>(
    list: &mut [T],
    wanted: usize,
    compare: impl Fn(&T, &T) -> Ordering + Copy,
    interrupt: &Interrupt,
) -> Result<(), QueryError> {
    let (mut part, mut last) = (list, wanted - 1);
    loop {
        interrupt.check()?;
        if part.len() <= AT_ONCE {
            part.select_nth_unstable_by(last, compare);
            return Ok(());
        }
        let middle = partition(part, compare, interrupt)?;
        if is_lopsided(middle, part.len()) {
            part.select_nth_unstable_by(last, compare);
            return Ok(());
        }
        match last.cmp(&middle) {
            Ordering::Equal => return Ok(()),
            Ordering::Less => part = &mut part[..middle],
            Ordering::Greater => {
                part = &mut part[middle + 1..];
                last -= middle + 1;
            }
        }
    }
}

/// Whether parting a list left nearly all of it in one part: many of its elements are equal, which the standard library knows
/// how to deal with. Rows are told apart by their facts and neurons, so that it does not happen to them.
fn is_lopsided(middle: usize, length: usize) -> bool {
    middle.min(length - middle) < length / 64
}

/// Parts a list of many elements at one of them, which comes to stand where it belongs: smaller ones before it.
fn partition<T: Copy>(
    list: &mut [T],
    compare: impl Fn(&T, &T) -> Ordering + Copy,
    interrupt: &Interrupt,
) -> Result<usize, QueryError> {
    let last = list.len() - 1;
    // The median of 127 from everywhere: a pivot that is far off is next to impossible, also in lists that are sorted already.
    let mut sample: [usize; 127] = std::array::from_fn(|at| at * (last / 126));
    sample.sort_unstable_by(|&a, &b| compare(&list[a], &list[b]));
    list.swap(sample[63], last);
    let pivot = list[last];
    let mut smaller = 0;
    for begin in (0..last).step_by(AT_ONCE) {
        interrupt.check()?;
        for at in begin..last.min(begin + AT_ONCE) {
            // Without a branch: which way it goes cannot be foreseen.
            let is_smaller = compare(&list[at], &pivot) == Ordering::Less;
            list.swap(at, smaller);
            smaller += usize::from(is_smaller);
        }
    }
    list.swap(smaller, last);
    Ok(smaller)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Different numbers, in an order without an order.
    fn shuffled(count: u32) -> Vec<u32> {
        (0..count).map(|number| number.wrapping_mul(2_654_435_761)).collect()
    }

    #[test]
    fn lists_of_every_size_and_order_are_sorted_as_by_the_standard_library() {
        let calm = Interrupt::default();
        for count in [0, 1, 2, AT_ONCE as u32, AT_ONCE as u32 + 1, 200_000] {
            let mut sorted = shuffled(count);
            sorted.sort_unstable();
            let backwards = sorted.iter().rev().copied().collect();
            for mut list in [shuffled(count), sorted.clone(), backwards] {
                sort(&mut list, u32::cmp, &calm).expect("nobody interrupts");
                assert!(list == sorted, "{count}");
            }
        }
    }

    #[test]
    fn many_equal_elements_are_sorted_too() {
        let calm = Interrupt::default();
        let list: Vec<u32> = (0..300_000).map(|number| number % 3).collect();
        let mut sorted = list.clone();
        sort(&mut sorted, u32::cmp, &calm).expect("nobody interrupts");
        assert!(sorted.is_sorted());
        let mut selected = list;
        select(&mut selected, 100_001, u32::cmp, &calm).expect("nobody interrupts");
        assert_eq!((selected[100_000], selected[..100_000].iter().max()), (1, Some(&0)));
    }

    #[test]
    fn the_first_of_an_order_come_to_the_front() {
        let calm = Interrupt::default();
        let mut sorted = shuffled(100_000);
        sorted.sort_unstable();
        for wanted in [1, 2, 777, 50_000, 99_999] {
            let mut list = shuffled(100_000);
            select(&mut list, wanted, u32::cmp, &calm).expect("nobody interrupts");
            assert_eq!(list[wanted - 1], sorted[wanted - 1]);
            list[..wanted].sort_unstable();
            assert!(list[..wanted] == sorted[..wanted], "{wanted}");
        }
    }

    #[test]
    fn a_sort_ends_where_it_is_interrupted() {
        let interrupt = Interrupt::default();
        let compared = std::cell::Cell::new(0_u64);
        let compare = |a: &u32, b: &u32| {
            compared.set(compared.get() + 1);
            if compared.get() == 200_000 {
                interrupt.set();
            }
            a.cmp(b)
        };
        sort(&mut shuffled(1_000_000), compare, &interrupt).expect_err("it was interrupted");
        // To the end it would be some fifteen millions.
        assert!(compared.get() < 600_000, "{}", compared.get());
        interrupt.set();
        select(&mut shuffled(100_000), 10, u32::cmp, &interrupt).expect_err("it was interrupted");
    }
}
