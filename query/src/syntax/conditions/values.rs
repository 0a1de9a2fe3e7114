//! What the values of a condition are, and which numbers there are to compare with.

use crate::syntax::ast::{Comparison, Number};
use std::ops::Bound::{self, Excluded, Included};

/// A kind of value: how it is written, and which values there are.
#[derive(Clone, Copy, Debug)]
pub enum ValueKind {
    /// Names, bare or quoted: `=en`, `in (en, zh)`.
    Names {
        /// Where the names come from, for completion.
        of: Listed,
        /// Whether `=*` means all of them.
        every: bool,
        /// Whether `~` finds those that contain a text.
        part: bool,
    },
    /// One of a few words: `=yes`.
    OneOf(&'static [&'static str]),
    /// Whole numbers, several at once: `=2`, `in 7..11`, `in (7, 9..11)`, `=*`.
    Whole {
        /// One of them, with its article.
        one: &'static str,
        /// The least there is.
        least: u32,
        /// Why there is no smaller one.
        why: &'static str,
        /// An interval of them, as an example.
        example: &'static str,
    },
    /// One number, compared: `=0.37`, `>=1e-4`, `<=20`, `>=60%`; or a range of them, `in 0.7..0.8`.
    Number(Domain),
}

/// The numbers that a condition is compared with.
#[derive(Clone, Copy, Debug)]
pub struct Domain {
    /// The comparisons that it takes.
    pub compared: &'static [Comparison],
    /// What the number is, as a noun phrase.
    pub about: &'static str,
    /// Whole numbers only; a percentage may have a fraction.
    pub whole: bool,
    /// The least value there is.
    pub from: Bound<f64>,
    /// The greatest value there is.
    pub to: Bound<f64>,
    /// Of what a percentage is a share, where one makes sense.
    pub percent_of: Option<&'static str>,
    /// What to write instead of a number that there is not.
    pub instead: &'static str,
    /// Whether a range of them may be asked for: `in 0.7..0.8`, or a lower and an upper bound.
    pub ranges: bool,
}

/// Names that a store lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Listed {
    /// Its languages.
    Languages,
    /// Its relations.
    Relations,
    /// Its runs.
    Runs,
    /// What the units of its runs are called, where they are no neurons.
    Roles,
    /// Too many to list.
    Nothing,
}

impl ValueKind {
    /// The operators, as they are written.
    pub fn operators(&self) -> Vec<&'static str> {
        match self {
            Self::Names { part: false, .. } | Self::Whole { .. } => vec!["=", "in"],
            Self::Names { part: true, .. } => vec!["=", "~", "in"],
            Self::OneOf(_) => vec!["="],
            Self::Number(domain) => {
                let compared = domain.compared.iter().map(|op| op.word());
                compared.chain(domain.ranges.then_some("in")).collect()
            }
        }
    }

    /// Whether `=*` means all there are.
    pub fn has_every(&self) -> bool {
        matches!(self, Self::Names { every: true, .. } | Self::Whole { .. })
    }
}

impl Domain {
    /// The least and the greatest number to compare with. `> v` begins beyond v and `< v` ends before it, so the ends differ
    /// from those of the values.
    pub fn ends(&self, op: Comparison, percent: bool) -> (Bound<f64>, Bound<f64>) {
        let (from, to) = if percent { (Excluded(0.0), Included(100.0)) } else { (self.from, self.to) };
        if self.whole && !percent {
            let step = match op {
                Comparison::Greater => -1.0,
                Comparison::Less => 1.0,
                _ => 0.0,
            };
            return (from.map(|end| end + step), to.map(|end| end + step));
        }
        match (op, from, to) {
            (Comparison::Greater, Excluded(from), Included(to)) => (Included(from), Excluded(to)),
            (Comparison::Greater, from, Included(to)) => (from, Excluded(to)),
            (Comparison::Greater, Excluded(from), to) => (Included(from), to),
            (Comparison::Less, Included(from), Excluded(to)) => (Excluded(from), Included(to)),
            (Comparison::Less, Included(from), to) => (Excluded(from), to),
            (Comparison::Less, from, Excluded(to)) => (from, Included(to)),
            _ => (from, to),
        }
    }

    /// Whether a number may be compared with.
    pub fn has(&self, op: Comparison, number: Number) -> bool {
        use std::ops::RangeBounds;
        self.ends(op, number.percent).contains(&number.value)
    }
}
