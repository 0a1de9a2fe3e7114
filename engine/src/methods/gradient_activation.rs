//! Gradient × activation at the prompt.

use super::{Baseline, LayerScores, Method, MethodOptions, Scorer, at_prompt};
use crate::error::Result;
use crate::nn::Rules;
use crate::probe::Probe;

pub(super) const SCORER: Scorer = Scorer {
    name: "gradient-activation",
    about: "Gradient × activation at the prompt (attribution patching)",
    options: &["baseline", "site", "target", "foil"],
    build: || MethodOptions::GradientActivation(GradientActivation::default()),
};

/// score_j = w̄_j · ∂F/∂w_j at w̄ (gradient × input, Shrikumar et al., arXiv 1605.01713), or (w̄_j − w′_j) · ∂F/∂w_j: what attribution
/// patching (Nanda 2023; Syed et al., arXiv 2310.10348) estimates that patching w′ in would cost. One pass for all layers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GradientActivation {
    /// What activations are compared with.
    pub baseline: Baseline,
}

impl Method for GradientActivation {
    fn name(&self) -> &'static str {
        SCORER.name
    }

    fn replaces_words(&self) -> bool {
        self.baseline != Baseline::Zero
    }

    fn parameters(&self) -> Vec<(String, String)> {
        // Of 0 nothing is said, as by versions that knew no other.
        let of = |baseline: Baseline| ("baseline".to_owned(), baseline.name().to_owned());
        Some(self.baseline).filter(|baseline| *baseline != Baseline::Zero).map(of).into_iter().collect()
    }

    fn scores(&self, probe: &dyn Probe, layers: &[usize]) -> Result<Vec<LayerScores>> {
        Ok(at_prompt::scores(probe, layers, self.baseline, Rules::EXACT))
    }
}
