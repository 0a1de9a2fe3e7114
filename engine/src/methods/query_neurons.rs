//! Query neurons: what writes that which value neurons read.

use super::{LayerScores, Method, MethodOptions, Scorer, log_probability};
use crate::error::{Error, Result};
use crate::probe::{self, Probe, Site, ValueNeuron};
use crate::transformer::Transformer;

pub(super) const SCORER: Scorer = Scorer {
    name: "query-neurons",
    about: "How much of what the best value neurons (log-probability) read is written by the neuron",
    options: &["value-neurons"],
    build: || MethodOptions::QueryNeurons(QueryNeurons { value_neurons: 30 }),
};

/// score_i = Σ_n inc_n · ⟨w̄_i v_i, κ_n⟩ / ⟨h_n, κ_n⟩ over the value neurons n in layers above neuron i's: those whose value vector raises the
/// answer's log-probability most, by inc_n (the method `log-probability`). κ_n is what n reads (its row of W1, of a gated block of Wgate,
/// times the weight of the normalisation before), h_n the residual stream it reads it from (Yu & Ananiadou, EMNLP 2024, arXiv 2312.12141, §3.4,
/// with the weights and quotients of the authors' code).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueryNeurons {
    /// How many value neurons, of all layers.
    pub value_neurons: usize,
}

impl Method for QueryNeurons {
    fn name(&self) -> &'static str {
        SCORER.name
    }

    fn check(&self, site: Site) -> Result<()> {
        log_probability::must_be_activation(site)?;
        match self.value_neurons {
            0 => Err(Error::Option { option: "value-neurons", given: "0".into(), expected: "at least 1".into() }),
            _ => Ok(()),
        }
    }

    fn check_network(&self, network: &Transformer) -> Result<()> {
        probe::must_be_a_stream(network)
    }

    fn parameters(&self) -> Vec<(String, String)> {
        vec![("value neurons".into(), self.value_neurons.to_string())]
    }

    fn scores(&self, probe: &dyn Probe, layers: &[usize]) -> Result<Vec<LayerScores>> {
        let mut best: Vec<ValueNeuron> = Vec::new();
        for layer in 0..probe.layers() {
            let effects = probe.value_effects(layer)?.into_iter().enumerate();
            best.extend(effects.map(|(unit, increase)| ValueNeuron { layer, unit, increase }));
            // Of equal ones the lower neuron.
            best.sort_by(|a, b| b.increase.total_cmp(&a.increase).then((a.layer, a.unit).cmp(&(b.layer, b.unit))));
            best.truncate(self.value_neurons);
        }
        let found = probe.query_effects(&best)?;
        Ok(layers
            .iter()
            .map(|&layer| LayerScores::plain(found[layer].iter().map(|&s| f64::from(s)).collect()))
            .collect())
    }
}
