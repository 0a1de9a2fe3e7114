//! How much memory a statement may take, and until when: counted where results grow with the data, and refused in words.
//!
//! Counted is what stays until the rows are out: rows that wait to be sorted, counters of groups, sets that are read whole.
//! What a worker needs for one fact is not, nor are pages of mapped files, which the system takes back as it likes.

use crate::error::{ErrorKind, QueryError};
use crate::interrupt::Interrupt;
use crate::sorting::{select, sort};
use std::cmp::Ordering;
use std::sync::atomic::{self, AtomicU64};

/// What a statement may take where [`crate::Settings`] say nothing: 1 GiB.
pub const DEFAULT_MEMORY: u64 = 1 << 30;

/// So many bytes of mapped files may count as this process's memory.
pub(crate) const MAPPED: u64 = 512 << 20;

/// How often the data is read again for rows that do not fit into memory at once.
const MOST_PASSES: u64 = 64;

/// Fewer rows are not worth a pass, whatever the limit.
const FEWEST_ROWS: usize = 32;

/// What one statement may take: memory, and time until it is interrupted. Its threads share it.
pub(crate) struct Memory {
    pub(crate) interrupt: Interrupt,
    limit: u64,
    used: AtomicU64,
}

impl Memory {
    pub(crate) fn new(limit: Option<u64>, interrupt: Interrupt) -> Self {
        Self::with_taken(limit, interrupt, 0)
    }

    /// The same for a statement of which some was taken when it was planned.
    pub(crate) fn with_taken(limit: Option<u64>, interrupt: Interrupt, taken: u64) -> Self {
        Self { interrupt, limit: limit.unwrap_or(DEFAULT_MEMORY), used: AtomicU64::new(taken) }
    }

    /// Bytes that were taken so far.
    pub(crate) fn used(&self) -> u64 {
        self.used.load(atomic::Ordering::Relaxed)
    }

    /// Bytes that may still be taken.
    pub(crate) fn left(&self) -> u64 {
        self.limit.saturating_sub(self.used())
    }

    /// Takes bytes for the rest of the statement; `what` takes them, a phrase in the plural.
    pub(crate) fn take(&self, bytes: u64, what: &str) -> Result<(), QueryError> {
        let used = self.used.fetch_add(bytes, atomic::Ordering::Relaxed).saturating_add(bytes);
        if used <= self.limit { Ok(()) } else { Err(self.refusal(what, "at least ", used)) }
    }

    /// Room for more values, taken from the system, which may have none.
    pub(crate) fn reserve<T>(&self, list: &mut Vec<T>, more: usize, what: &str) -> Result<(), QueryError> {
        list.try_reserve(more).map_err(|_| no_memory((list.len() + more) * size_of::<T>(), what))
    }

    /// How many values of a type each of some keepers (threads) may keep to sort them. Of what is left a third goes into growing
    /// the lists, and [`Best`] keeps twice as many as are wanted.
    pub(crate) fn rows<T>(&self, keepers: usize) -> usize {
        let rows = self.left() / 3 / (2 * size_of::<T>() as u64) / keepers.max(1) as u64;
        usize::try_from(rows).unwrap_or(usize::MAX / 4).max(FEWEST_ROWS)
    }

    /// Refuses `wanted` sorted rows of which `at_once` fit, if that would need too many passes over the data.
    pub(crate) fn check_passes<T>(&self, wanted: u64, at_once: usize, keepers: usize) -> Result<(), QueryError> {
        if wanted.div_ceil(at_once.max(1) as u64) <= MOST_PASSES {
            return Ok(());
        }
        let needed = wanted.saturating_mul((6 * keepers.max(1) * size_of::<T>()) as u64) / MOST_PASSES;
        Err(self.refusal(&format!("the {wanted} sorted rows of this result"), "at least ", needed))
    }

    /// Refuses rows of which all have to be in memory and only `at_once` fit.
    pub(crate) fn check_at_once<T>(&self, rows: u64, at_once: usize, keepers: usize) -> Result<(), QueryError> {
        if rows <= at_once as u64 {
            return Ok(());
        }
        let needed = rows.saturating_mul((6 * keepers.max(1) * size_of::<T>()) as u64);
        Err(self.refusal(&format!("the {rows} rows that `top … per …` chooses from"), "at least ", needed))
    }

    fn refusal(&self, what: &str, least: &str, needed: u64) -> QueryError {
        let (needed, limit) = (in_words(needed), in_words(self.limit));
        let reason = format!("{what} need {least}{needed} of memory, and a statement may take {limit}");
        QueryError::new(ErrorKind::Memory, reason).hint(
            "ask for less at a time, by a condition such as `relation=…`, fewer dimensions, or `top 1000`; or ask it where more can be allowed: `kndb query --memory 4GB`",
        )
    }
}

/// What is said when the system has no memory left.
pub(crate) fn no_memory(bytes: usize, what: &str) -> QueryError {
    let reason = format!("the system has no memory left: {what} need {} more", in_words(bytes as u64));
    QueryError::new(ErrorKind::Memory, reason).hint(
        "close other programs, ask for less at a time, or set a limit that the machine has: `kndb query --memory`",
    )
}

/// `3.2 GB`, in powers of ten.
fn in_words(bytes: u64) -> String {
    let (size, unit) = match bytes {
        0..1_000_000 => return format!("{bytes} bytes"),
        1_000_000..1_000_000_000 => (bytes as f64 / 1e6, "MB"),
        _ => (bytes as f64 / 1e9, "GB"),
    };
    format!("{size:.1} {unit}")
}

/// The first rows of an order, of however many: keeps at most twice as many as are wanted, and forgets the others.
///
/// What does not fit is found by reading the data again: the first rows *after* the last one that was handed out.
pub(crate) struct Best<T> {
    interrupt: Interrupt,
    kept: Vec<T>,
    wanted: usize,
    /// Rows up to this one were handed out before.
    after: Option<T>,
    /// What comes after it is not among the first.
    last: Option<T>,
    /// Rows that came after `after`.
    pub(crate) seen: u64,
}

impl<T: Copy> Best<T> {
    pub(crate) fn new(wanted: usize, after: Option<T>, interrupt: &Interrupt) -> Self {
        Self { interrupt: interrupt.clone(), kept: Vec::new(), wanted, after, last: None, seen: 0 }
    }

    /// Takes a row into account.
    pub(crate) fn push(&mut self, row: T, compare: impl Fn(&T, &T) -> Ordering + Copy) -> Result<(), QueryError> {
        let handed_out = self.after.is_some_and(|after| compare(&row, &after) != Ordering::Greater);
        if handed_out {
            return Ok(());
        }
        self.seen += 1;
        if self.last.is_some_and(|last| compare(&row, &last) == Ordering::Greater) {
            return Ok(());
        }
        let full = self.wanted.saturating_add(self.wanted.max(512));
        if self.kept.len() == self.kept.capacity() {
            let more = self.kept.len().clamp(64, 1 << 24).min(full.saturating_sub(self.kept.len()).max(1));
            self.kept.try_reserve_exact(more).map_err(|_| {
                no_memory((self.kept.len() + more) * size_of::<T>(), "the rows of this result that are to be sorted")
            })?;
        }
        self.kept.push(row);
        if self.kept.len() >= full { self.cut(compare) } else { Ok(()) }
    }

    fn cut(&mut self, compare: impl Fn(&T, &T) -> Ordering + Copy) -> Result<(), QueryError> {
        if self.wanted == 0 {
            self.kept.clear();
        } else if self.kept.len() > self.wanted {
            select(&mut self.kept, self.wanted, compare, &self.interrupt)?;
            self.last = Some(self.kept[self.wanted - 1]);
            self.kept.truncate(self.wanted);
        }
        Ok(())
    }

    /// Takes another's rows, of other facts.
    pub(crate) fn merge(&mut self, other: Self, compare: impl Fn(&T, &T) -> Ordering + Copy) -> Result<(), QueryError> {
        let seen = self.seen + other.seen;
        for (number, row) in other.kept.into_iter().enumerate() {
            if number % 4_096 == 0 {
                self.interrupt.check()?;
            }
            self.push(row, compare)?;
        }
        self.seen = seen;
        Ok(())
    }

    /// The first rows, in order.
    pub(crate) fn sorted(mut self, compare: impl Fn(&T, &T) -> Ordering + Copy) -> Result<Vec<T>, QueryError> {
        self.cut(compare)?;
        sort(&mut self.kept, compare, &self.interrupt)?;
        Ok(self.kept)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn all_rows_come_in_order_whatever_fits_at_once(
            rows in proptest::collection::btree_set(0u32..100_000, 0..3_000),
            at_once in 1usize..700,
        ) {
            let mut shuffled: Vec<u32> = rows.iter().copied().collect();
            shuffled.sort_by_key(|row| row.wrapping_mul(2_654_435_761));
            let (mut found, mut after) = (Vec::new(), None);
            loop {
                let mut halves = [(); 2].map(|()| Best::new(at_once, after, &Interrupt::default()));
                for (at, &row) in shuffled.iter().enumerate() {
                    halves[at % 2].push(row, u32::cmp).expect("memory");
                }
                let [mut best, other] = halves;
                best.merge(other, u32::cmp).expect("memory");
                prop_assert_eq!(best.seen as usize, rows.len() - found.len());
                let sorted = best.sorted(u32::cmp).expect("nobody interrupts");
                prop_assert!(sorted.len() <= at_once);
                let Some(last) = sorted.last() else { break };
                after = Some(*last);
                found.extend(sorted);
            }
            prop_assert_eq!(found, rows.into_iter().collect::<Vec<_>>());
        }
    }

    #[test]
    fn what_passes_the_limit_is_refused_with_both_sizes() {
        let memory = Memory::new(Some(2_000_000), Interrupt::default());
        memory.take(1_500_000, "the counters").expect("there is room");
        let error = memory.take(1_000_000, "the counters").expect_err("too much");
        assert_eq!(error.kind, ErrorKind::Memory);
        assert_eq!(error.reason, "the counters need at least 2.5 MB of memory, and a statement may take 2.0 MB");
    }

    #[test]
    fn a_list_that_the_system_cannot_hold_is_an_error() {
        let memory = Memory::new(None, Interrupt::default());
        let error = memory.reserve(&mut Vec::<u64>::new(), usize::MAX / 16, "the rows").expect_err("no such memory");
        assert_eq!(error.kind, ErrorKind::Memory);
        assert!(error.reason.starts_with("the system has no memory left: the rows need "), "{error}");
    }
}
