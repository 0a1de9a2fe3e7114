//! Shapley values of the neurons of a layer, by sampling orders.

use super::{Evidence, LayerScores, Method, MethodOptions, Scorer};
use crate::error::{Error, Result};
use crate::probe::{Probe, Site};
use crate::sweep::Point;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

/// The generator of orders, as runs name it: runs of another one are not gone on with.
const GENERATOR: &str = "chacha8";

/// Points computed at a time: their activations are kept on the host.
const POINTS: usize = 512;

pub(super) const SCORER: Scorer = Scorer {
    name: "shapley",
    about: "Shapley values by sampling orders: one pass a neuron and order",
    options: &["orders", "seed", "site", "batch", "target", "foil"],
    build: || MethodOptions::ShapleySampling(ShapleySampling { orders: 10, seed: 1 }),
};

/// score_j = mean change of F when neuron j goes from 0 to w̄_j, over random orders in which the layer's neurons do so one after
/// the other (Castro, Gómez & Tejada, *Computers & Operations Research* 36, 2009). Complete in every order; as many forward
/// passes an order as the layer has neurons, so it is for few facts and layers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShapleySampling {
    /// Orders that are sampled.
    pub orders: usize,
    /// Of the generator of orders: the same seed gives the same orders, on every machine and with every version.
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
        vec![
            ("orders".into(), self.orders.to_string()),
            ("seed".into(), self.seed.to_string()),
            ("generator".into(), GENERATOR.into()),
        ]
    }

    fn points_at_once(&self, _: usize, width: usize) -> usize {
        width.min(POINTS)
    }

    fn scores(&self, probe: &dyn Probe, layers: &[usize]) -> Result<Vec<LayerScores>> {
        Ok(layers.iter().map(|&layer| self.layer(probe, layer)).collect())
    }
}

impl ShapleySampling {
    fn layer(&self, probe: &dyn Probe, layer: usize) -> LayerScores {
        let width = probe.width();
        let none = Point { layer, neurons: vec![0.0; width] };
        let baseline = probe.respond(std::slice::from_ref(&none), false)[0].value;
        let mut orders = Orders::new(self.seed, layer);
        let mut scores = vec![0.0; width];
        let mut order: Vec<usize> = (0..width).collect();
        for _ in 0..self.orders {
            orders.shuffle(&mut order);
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
                    let now = f64::from(response.value);
                    scores[unit] += (now - before) / self.orders as f64;
                    before = now;
                }
            }
        }
        let sum: f64 = scores.iter().sum();
        let baseline = f64::from(baseline);
        let evidence = Evidence { baseline, residual: sum - (probe.value() - baseline) };
        LayerScores { evidence: Some(evidence), ..LayerScores::plain(scores) }
    }
}

/// Random orders of a layer's neurons: Fisher & Yates' shuffle with ChaCha8 (Bernstein 2008), whose stream is specified and will not
/// change. Each layer has a stream of its own, whichever other layers are scored.
struct Orders(ChaCha8Rng);

impl Orders {
    fn new(seed: u64, layer: usize) -> Self {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        random.set_stream(layer as u64);
        Self(random)
    }

    fn shuffle(&mut self, order: &mut [usize]) {
        for last in (1..order.len()).rev() {
            // A number below last + 1 from 64 random bits: biased by less than one in 2⁴⁸ for any layer there is.
            let place = (u128::from(self.0.next_u64()) * (last as u128 + 1)) >> 64;
            order.swap(last, place as usize);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn orders<const N: usize>(seed: u64, layer: usize) -> [[usize; 10]; N] {
        let mut orders = Orders::new(seed, layer);
        let mut order = std::array::from_fn(|at| at);
        std::array::from_fn(|_| {
            orders.shuffle(&mut order);
            order
        })
    }

    /// Computed by a ChaCha8 written from its specification in Python, checked with the published vectors.
    #[test]
    fn a_seed_gives_the_orders_it_always_gave() {
        assert_eq!(orders(1, 0), [[2, 7, 8, 5, 3, 6, 1, 9, 0, 4], [1, 5, 4, 6, 8, 7, 2, 0, 3, 9]]);
        assert_eq!(orders(1, 1), [[6, 7, 2, 3, 1, 5, 9, 4, 0, 8]]);
        assert_eq!(orders(2, 0), [[5, 2, 0, 9, 3, 1, 7, 6, 4, 8]]);
    }
}
