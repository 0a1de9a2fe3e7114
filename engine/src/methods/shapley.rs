//! Shapley values of the neurons of a layer, by sampling orders.

use super::{Evidence, LayerScores, Method, MethodOptions, Scorer};
use crate::error::{Error, Result};
use crate::probe::{Probe, Site};
use crate::sweep::Point;

/// Points computed at a time: their activations are kept on the host.
const POINTS: usize = 512;

pub(super) const SCORER: Scorer = Scorer {
    name: "shapley",
    about: "Shapley values by sampling orders: one pass a neuron and order",
    options: &["orders", "seed", "site", "batch"],
    build: || MethodOptions::ShapleySampling(ShapleySampling { orders: 10, seed: 1 }),
};

/// score_j = mean change of F when neuron j goes from 0 to w̄_j, over random orders in which the layer's neurons do so one after
/// the other (Castro, Gómez & Tejada, *Computers & Operations Research* 36, 2009). Complete in every order; as many forward
/// passes an order as the layer has neurons, so it is for few facts and layers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShapleySampling {
    /// Orders that are sampled.
    pub orders: usize,
    /// Of the generator of orders: the same seed gives the same scores.
    pub seed: u64,
}

impl Method for ShapleySampling {
    fn name(&self) -> &'static str {
        SCORER.name
    }

    fn check(&self, _: Site) -> Result<()> {
        if self.orders == 0 {
            return Err(Error::Option { option: "orders", given: "0".into(), expected: "at least 1".into() });
        }
        Ok(())
    }

    fn parameters(&self) -> Vec<(String, String)> {
        vec![("orders".into(), self.orders.to_string()), ("seed".into(), self.seed.to_string())]
    }

    fn scores(&self, probe: &dyn Probe, layers: &[usize]) -> Result<Vec<LayerScores>> {
        Ok(layers.iter().map(|&layer| self.layer(probe, layer)).collect())
    }
}

impl ShapleySampling {
    fn layer(&self, probe: &dyn Probe, layer: usize) -> LayerScores {
        let width = probe.width();
        let none = Point { layer, neurons: vec![0.0; width] };
        let baseline = probe.respond(std::slice::from_ref(&none), false)[0].probability;
        // Each layer has its own orders, whichever other layers are scored.
        let mut random = fastrand::Rng::with_seed(self.seed ^ (layer as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15));
        let mut scores = vec![0.0; width];
        let mut order: Vec<usize> = (0..width).collect();
        for _ in 0..self.orders {
            random.shuffle(&mut order);
            let mut neurons = none.neurons.clone();
            let mut before = f64::from(baseline);
            for part in order.chunks(POINTS) {
                let points: Vec<Point> = part
                    .iter()
                    .map(|&unit| {
                        neurons[unit] = probe.activations(layer)[unit];
                        Point { layer, neurons: neurons.clone() }
                    })
                    .collect();
                for (&unit, response) in part.iter().zip(probe.respond(&points, false)) {
                    let now = f64::from(response.probability);
                    scores[unit] += (now - before) / self.orders as f64;
                    before = now;
                }
            }
        }
        let sum: f64 = scores.iter().sum();
        let baseline = f64::from(baseline);
        let evidence = Evidence { baseline, residual: sum - (probe.probability() - baseline) };
        LayerScores { scores, evidence: Some(evidence) }
    }
}
