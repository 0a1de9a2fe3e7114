//! What F is: a number made of the logits at the target position, whose change scores explain.
//!
//! Every method that explains an F can explain any of these; which of them is a parameter of the run.

/// The kinds of F.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Metric {
    /// p of the object's token (methods.md §2).
    #[default]
    Probability,
    /// ln p of it.
    LogProbability,
    /// Its logit, behind the cap where the architecture has one (Gemma 2).
    Logit,
    /// Its logit less that of a foil's token in the same place (Wang et al., *Interpretability in the Wild*, ICLR 2023, §2).
    LogitDifference,
}

impl Metric {
    /// Every metric with its name.
    pub const NAMED: [(&'static str, Self); 4] = [
        ("probability", Self::Probability),
        ("log-probability", Self::LogProbability),
        ("logit", Self::Logit),
        ("logit-difference", Self::LogitDifference),
    ];

    /// Its name.
    pub fn name(self) -> &'static str {
        Self::NAMED.iter().find(|(_, known)| *known == self).map_or("", |&(name, _)| name)
    }

    /// F of a question before any of its steps is counted.
    pub(crate) fn of_no_step(self) -> f64 {
        if self == Self::Probability { 1.0 } else { 0.0 }
    }

    /// F of a question with one step more: probabilities of an object's tokens multiply, all else adds up, as logarithms do.
    pub(crate) fn with_step(self, steps: f64, step: f64) -> f64 {
        if self == Self::Probability { steps * step } else { steps + step }
    }
}

/// F of one prediction: the metric and its tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Goal {
    /// p(target).
    Probability {
        /// The object's token.
        target: u32,
    },
    /// ln p(target).
    LogProbability {
        /// The object's token.
        target: u32,
    },
    /// logit(target).
    Logit {
        /// The object's token.
        target: u32,
    },
    /// logit(target) − logit(foil).
    LogitDifference {
        /// The object's token.
        target: u32,
        /// The foil's.
        foil: u32,
    },
}
