//! In how many languages, prompts or runs a pair must be found.

use crate::syntax::ast::{Comparison, Number};

/// Languages, prompts or runs of one source that are many.
const MANY: u32 = 256;

/// How many of those that could have a pair must have it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Quota {
    /// The share of prompts that a run was preset with.
    Preset { share: f64, strict: bool },
    /// `>=3`, `>=60%`, `=1`: as it is asked for.
    Asked(Comparison, Number),
    /// `in 2..3`, or a lower and an upper bound.
    Both([(Comparison, Number); 2]),
}

impl Quota {
    /// As some comparisons ask for it; `None` without any.
    pub(crate) fn of(bounds: &[(Comparison, Number)]) -> Option<Self> {
        match *bounds {
            [first, second, ..] => Some(Self::Both([first, second])),
            [(op, number)] => Some(Self::Asked(op, number)),
            [] => None,
        }
    }

    /// Whether being found in `count` of `all` is what is wanted. What is found nowhere is no pair.
    pub(crate) fn accepts(self, count: u32, all: u32) -> bool {
        match self {
            Self::Preset { share, strict } => kndb_storage::enough_prompts(share, strict, count, all),
            Self::Asked(op, number) => count > 0 && number.compares(op, u64::from(count), u64::from(all)),
            Self::Both([(op, number), (other, second)]) => {
                Self::Asked(op, number).accepts(count, all) && Self::Asked(other, second).accepts(count, all)
            }
        }
    }

    /// Whether all of these can hold of a number, where at most so many could have a pair. Where many could, it is not looked into
    /// what a percentage can be one of.
    pub(crate) fn can_hold(all: &[Self], most: u32) -> bool {
        let percent = |quota: &Self| match quota {
            Self::Preset { .. } => true,
            Self::Asked(_, number) => number.percent,
            Self::Both(bounds) => bounds.iter().any(|(_, number)| number.percent),
        };
        let of_any = all.iter().any(percent);
        if of_any && most > MANY {
            return true;
        }
        let of = if of_any { 1..=most } else { most..=most };
        of.into_iter().any(|of| (1..=of).any(|count| all.iter().all(|quota| quota.accepts(count, of))))
    }

    /// Whether being found at all is surely enough.
    pub(crate) fn accepts_any(self) -> bool {
        match self {
            Self::Asked(op, _) if !matches!(op, Comparison::Greater | Comparison::GreaterOrEqual) => false,
            Self::Both(bounds) => bounds.iter().all(|&(op, number)| Self::Asked(op, number).accepts_any()),
            // A lower bound that one of any number reaches.
            _ => self.accepts(1, u32::MAX),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(op: Comparison, value: f64, percent: bool) -> Quota {
        Quota::Asked(op, Number { value, percent })
    }

    #[test]
    fn a_percentage_is_compared_to_the_last_digit() {
        let least = |percent| asked(Comparison::GreaterOrEqual, percent, true);
        // 0.07 × 10,000 is 700.0000000000001 in binary.
        assert!(least(0.07).accepts(7, 10_000) && !least(0.07).accepts(6, 10_000));
        assert!(!asked(Comparison::Greater, 0.07, true).accepts(7, 10_000));
        assert!(asked(Comparison::Equal, 60.0, true).accepts(3, 5));
        assert!(least(70.0).accepts(7, 10) && !least(70.0).accepts(2, 3));
    }

    #[test]
    fn what_is_found_nowhere_is_never_enough() {
        assert!(!asked(Comparison::LessOrEqual, 2.0, false).accepts(0, 3));
        assert!(asked(Comparison::LessOrEqual, 2.0, false).accepts(2, 3));
        assert!(!asked(Comparison::Less, 2.0, false).accepts(2, 3));
    }

    #[test]
    fn what_cannot_hold_is_told_from_what_may() {
        let (few, one) = (asked(Comparison::Less, 30.0, true), asked(Comparison::Equal, 99.0, true));
        assert!(!Quota::can_hold(&[few], 3) && Quota::can_hold(&[few], 4));
        assert!(!Quota::can_hold(&[one], 99) && Quota::can_hold(&[one], 100) && Quota::can_hold(&[one], 1_000));
        assert!(Quota::can_hold(&[asked(Comparison::Equal, 100.0, true)], 1));
        let (more, two) = (asked(Comparison::Greater, 1.0, false), asked(Comparison::Less, 2.0, false));
        assert!(Quota::can_hold(&[more], 2) && Quota::can_hold(&[two], 2) && !Quota::can_hold(&[more, two], 2));
        assert!(!Quota::can_hold(&[more], 1) && !Quota::can_hold(&[asked(Comparison::NotEqual, 1.0, false)], 1));
        assert!(!Quota::can_hold(&[asked(Comparison::GreaterOrEqual, 300.0, false)], 299));
    }

    #[test]
    fn any_number_is_enough_for_a_lower_bound_of_one_alone() {
        assert!(asked(Comparison::GreaterOrEqual, 1.0, false).accepts_any());
        assert!(asked(Comparison::Greater, 0.0, true).accepts_any());
        for quota in [
            asked(Comparison::Equal, 1.0, false),
            asked(Comparison::LessOrEqual, 9.0, false),
            asked(Comparison::GreaterOrEqual, 2.0, false),
            asked(Comparison::GreaterOrEqual, 50.0, true),
            Quota::Preset { share: 0.5, strict: false },
        ] {
            assert!(!quota.accepts_any(), "{quota:?}");
        }
        assert!(Quota::Preset { share: 0.0, strict: false }.accepts_any());
    }
}
