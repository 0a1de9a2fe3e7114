//! What really happens when a neuron is lost.

use super::{LayerScores, Method, MethodOptions, Scorer};
use crate::error::Result;
use crate::probe::Probe;
use crate::sweep::Point;

pub(super) const SCORER: Scorer = Scorer {
    name: "ablation",
    about: "What of F, the probability, is lost when the neuron is set to 0: one pass a neuron",
    options: &["site", "batch", "target", "foil"],
    build: || MethodOptions::Ablation,
};

/// score_j = F(w̄) − F(w̄ with w_j = 0), one forward pass a neuron: exact, and width × layers passes a prediction.
pub struct Ablation;

impl Method for Ablation {
    fn name(&self) -> &'static str {
        SCORER.name
    }

    fn points_at_once(&self, _: usize, width: usize) -> usize {
        width
    }

    fn scores(&self, probe: &dyn Probe, layers: &[usize]) -> Result<Vec<LayerScores>> {
        let mut all = Vec::with_capacity(layers.len());
        for &layer in layers {
            let without = |unit: usize| {
                let mut neurons = probe.activations(layer).to_vec();
                neurons[unit] = 0.0;
                Point { layer, neurons }
            };
            let points: Vec<Point> = (0..probe.width()).map(without).collect();
            let lost = probe.respond(&points, false);
            let scores = lost.iter().map(|response| probe.value() - f64::from(response.value)).collect();
            all.push(LayerScores::plain(scores));
        }
        Ok(all)
    }
}
