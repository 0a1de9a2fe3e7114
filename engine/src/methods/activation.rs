//! The activation itself, as a score.

use super::{LayerScores, Method, MethodOptions, Scorer};
use crate::error::Result;
use crate::probe::Probe;

pub(super) const SCORER: Scorer = Scorer {
    name: "activation",
    about: "The activation itself",
    options: &["site"],
    build: || MethodOptions::Activation,
};

/// score_j = w̄_j: the baseline that Dai et al. (ACL 2022, §4.1) compare knowledge attribution with.
pub struct Activation;

impl Method for Activation {
    fn name(&self) -> &'static str {
        SCORER.name
    }

    fn scores(&self, probe: &dyn Probe, layers: &[usize]) -> Result<Vec<LayerScores>> {
        let of = |layer: &usize| LayerScores::plain(probe.activations(*layer).iter().map(|&w| f64::from(w)).collect());
        Ok(layers.iter().map(of).collect())
    }
}
