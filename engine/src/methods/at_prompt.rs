//! Gradients at the prompt times what the activations differ by from their baselines.

use super::{Baseline, LayerScores, Points};
use crate::nn::Rules;
use crate::probe::Probe;

/// score_j = Σ (w̄_j − w′_j) · ∂F/∂w_j at w̄, over a layer's baselines w′: one pass back for all layers.
pub(super) fn scores(probe: &dyn Probe, layers: &[usize], baseline: Baseline, rules: Rules) -> Vec<LayerScores> {
    let gradients = probe.gradients_at_prompt(layers.iter().copied().min().unwrap_or(0), rules);
    let baselines = baseline.of(probe, layers);
    let of = |&layer: &usize| {
        let (mut scores, mut magnitude) = (vec![0.0; probe.width()], 0.0);
        for (_, from) in baselines.iter().filter(|(of, _)| *of == layer) {
            let differences = probe.activations(layer).iter().zip(from);
            for ((score, (&w, &from)), &gradient) in scores.iter_mut().zip(differences).zip(&gradients[layer]) {
                let part = (f64::from(w) - f64::from(from)) * f64::from(gradient);
                *score += part;
                magnitude += part.abs();
            }
        }
        LayerScores { scores, magnitude, evidence: None, points: Points::default() }
    };
    layers.iter().map(of).collect()
}
