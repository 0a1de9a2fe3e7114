//! In how many languages, prompts or runs a pair must be found.

use crate::syntax::ast::{Comparison, Number};

/// How many of those that could have a pair must have it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Quota {
    /// The share of prompts that a run was preset with.
    Preset { share: f64, strict: bool },
    /// `>=3`, `>=60%`, `=1`: as it is asked for.
    Asked(Comparison, Number),
}

impl Quota {
    /// Whether being found in `count` of `all` is what is wanted. What is found nowhere is no pair.
    pub(crate) fn accepts(self, count: u32, all: u32) -> bool {
        match self {
            Self::Preset { share, strict } => kndb_storage::enough_prompts(share, strict, count, all),
            Self::Asked(op, number) => count > 0 && number.compares(op, u64::from(count), u64::from(all)),
        }
    }

    /// Whether being found at all is surely enough.
    pub(crate) fn accepts_any(self) -> bool {
        match self {
            Self::Asked(op, _) if !matches!(op, Comparison::Greater | Comparison::GreaterOrEqual) => false,
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
