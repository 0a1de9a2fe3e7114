//! The share of a neuron in what its layer writes.

use super::{LayerScores, Method, MethodOptions, Scorer, log_probability};
use crate::error::Result;
use crate::probe::{Probe, Site};

/// What is added to the norm that is divided by, as the authors' code has it.
const EPSILON: f64 = 1e-8;

pub(super) const SCORER: Scorer = Scorer {
    name: "cett",
    about: "The neuron's share in what its layer writes: |activation| × ‖value vector‖ / ‖sum‖",
    options: &[],
    build: || MethodOptions::Cett,
};

/// score_j = |w̄_j|·‖v_j‖ / (‖Σ_i w̄_i v_i‖ + 1e-8), v_j the row of W2 that neuron j writes, without its bias: what is lost of the layer's
/// result without the neuron, as a share (CETT: Zhang et al. 2024, arXiv 2402.03804; as scores of neurons Gao et al. 2025, arXiv
/// 2512.01797). Over an object of several tokens the mean.
pub struct Cett;

impl Method for Cett {
    fn name(&self) -> &'static str {
        SCORER.name
    }

    fn check(&self, site: Site) -> Result<()> {
        log_probability::must_be_activation(site)
    }

    fn averages(&self) -> bool {
        true
    }

    fn scores(&self, probe: &dyn Probe, layers: &[usize]) -> Result<Vec<LayerScores>> {
        let of = |&layer: &usize| {
            let written = probe.written(layer);
            let whole = written.whole + EPSILON;
            let shares = probe.activations(layer).iter().zip(&written.values);
            LayerScores::plain(shares.map(|(&w, &norm)| f64::from(w).abs() * f64::from(norm) / whole).collect())
        };
        Ok(layers.iter().map(of).collect())
    }
}
