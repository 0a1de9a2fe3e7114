//! Log-probability increase of a neuron's value vector.

use super::{LayerScores, Method, MethodOptions, Scorer};
use crate::error::{Error, Result};
use crate::probe::{self, Probe, Site};
use crate::transformer::Transformer;

pub(super) const SCORER: Scorer = Scorer {
    name: "log-probability",
    about: "Increase of the answer's log-probability by the neuron's value vector",
    options: &[],
    build: || MethodOptions::LogProbability,
};

/// Refuses other sites than the activation for methods of value vectors.
pub(super) fn must_be_activation(site: Site) -> Result<()> {
    match site {
        Site::Activation => Ok(()),
        other => Err(Error::Option {
            option: "site",
            given: other.name().into(),
            expected: "`activation`: value vectors are those of activations".into(),
        }),
    }
}

/// score_j = ln p(target | h + v_j) − ln p(target | h), read directly from the head: h is what the feed-forward result is
/// added to, v_j = w̄_j·W2\[j\] (Yu & Ananiadou, arXiv 2312.12141). Later layers play no part, so it is cheap.
pub struct LogProbability;

impl Method for LogProbability {
    fn name(&self) -> &'static str {
        SCORER.name
    }

    fn check(&self, site: Site) -> Result<()> {
        must_be_activation(site)
    }

    fn check_network(&self, network: &Transformer) -> Result<()> {
        probe::must_sum_values(network)
    }

    fn scores(&self, probe: &dyn Probe, layers: &[usize]) -> Result<Vec<LayerScores>> {
        let mut all = Vec::with_capacity(layers.len());
        for &layer in layers {
            let scores = probe.value_effects(layer)?.into_iter().map(f64::from).collect();
            all.push(LayerScores::plain(scores));
        }
        Ok(all)
    }
}
