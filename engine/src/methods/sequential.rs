//! Sequential integrated gradients: a name for integrated gradients from each word.

use super::{Baseline, IntegratedGradients, MethodOptions, Scorer};

/// SIG (Enguehard, Findings of ACL 2023, arXiv 2305.15853) integrates from x̄ⁱ to x, x̄ⁱ the sentence with word i alone replaced, for each word i. Over
/// a layer's neurons those paths are the ones of [`Baseline::EachWord`], with w̄ − w′ for the factor: so this row builds that, and what it
/// makes is a run of the method `integrated-gradients`. docs/methods.md says why they are the same.
pub(super) const SCORER: Scorer = Scorer {
    name: "sequential-integrated-gradients",
    about: "Integrated gradients from each sentence with one word replaced, summed (SIG): --baseline each-word",
    options: &["rule", "steps", "factor", "normalise", "tolerance", "site", "batch", "target", "foil"],
    build: || {
        MethodOptions::IntegratedGradients(IntegratedGradients {
            baseline: Baseline::EachWord,
            ..IntegratedGradients::USUAL
        })
    },
};
