//! Gradient × activation at the prompt.

use super::{LayerScores, Method, MethodOptions, Scorer};
use crate::error::Result;
use crate::probe::Probe;

pub(super) const SCORER: Scorer = Scorer {
    name: "gradient-activation",
    about: "Gradient × activation at the prompt",
    options: &["site", "target", "foil"],
    build: || MethodOptions::GradientActivation,
};

/// score_j = w̄_j · ∂F/∂w_j at w̄ (gradient × input, Shrikumar et al., arXiv 1605.01713; attribution patching against 0, Nanda 2023): one
/// pass for all layers.
pub struct GradientActivation;

impl Method for GradientActivation {
    fn name(&self) -> &'static str {
        SCORER.name
    }

    fn scores(&self, probe: &dyn Probe, layers: &[usize]) -> Result<Vec<LayerScores>> {
        let gradients = probe.gradients_at_prompt(layers.iter().copied().min().unwrap_or(0));
        let of = |&layer: &usize| {
            let products = probe.activations(layer).iter().zip(&gradients[layer]);
            LayerScores::plain(products.map(|(&w, &g)| f64::from(w) * f64::from(g)).collect())
        };
        Ok(layers.iter().map(of).collect())
    }
}
