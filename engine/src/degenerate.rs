//! Degenerate knowledge neurons: groups of a fact's knowledge neurons that can stand in for each other.
//!
//! [`Suppression`] is AMIG's Algorithm 1 (Eq. 9–10), which suppresses neurons alone and together; [`Clustering`] is Neurological
//! Topology Clustering (Chen et al., ACL 2025), which starts from the weights between neurons, and [`ReleasedClustering`] what
//! its authors' code does. All see a network through [`Suppressed`] only, so the same code runs on toy networks. [`DegenerateJob`] does it for many facts.

mod choice;
mod clustering;
mod job;
mod released;
mod suppression;

use crate::error::Result;
use kndb_storage::{Group, GroupEvidence, Neuron};

pub use choice::{CHOSEN, Choice, members_hash};
pub use clustering::{Clustering, Connections, WeightConnections};
pub use job::{DegenerateJob, SOURCE_SCORES, identity};
pub use released::ReleasedClustering;
pub use suppression::Suppression;

/// How degenerate groups are found.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Search {
    /// By suppressing neurons alone and together (AMIG Algorithm 1).
    Suppression(Suppression),
    /// By clusters of connected neurons (NTC).
    Clustering(Clustering),
    /// By clusters of connected neurons, as NTC was released.
    Released(ReleasedClustering),
}

impl Search {
    /// Its name in a run's description.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Suppression(_) => "dkn",
            Self::Clustering(_) => "ntc",
            Self::Released(_) => "ntc-code",
        }
    }

    /// Its parameters, as a run keeps them. Queries on degenerate groups read `t_low`, `t_high`, `keep_low`, `keep_high` and
    /// `size`.
    pub fn parameters(&self) -> Vec<(String, String)> {
        let named =
            |list: &[(&str, String)]| list.iter().map(|(name, value)| ((*name).into(), value.clone())).collect();
        match self {
            Self::Suppression(s) => named(&[
                ("t_low", s.t_low.to_string()),
                ("t_high", s.t_high.to_string()),
                ("keep_low", s.keep_low.to_string()),
                ("keep_high", s.keep_high.to_string()),
                ("size", s.size.to_string()),
            ]),
            Self::Clustering(c) => named(&[
                ("span", c.span.to_string()),
                ("persistence", c.persistence.to_string()),
                ("within", c.within.to_string()),
            ]),
            Self::Released(r) => named(&[
                ("far", r.far.to_string()),
                ("distance_quantile", r.distance_quantile.to_string()),
                ("shortest", r.shortest.to_string()),
                ("persistence_quantile", r.persistence_quantile.to_string()),
                ("within", r.within.to_string()),
            ]),
        }
    }
}

/// The target probability of one fact with neurons suppressed (activation × 0), one probability a set; of the empty set, p
/// itself.
pub trait Suppressed {
    /// Their probabilities, in the order of the sets.
    fn probabilities(&mut self, sets: &[Vec<Neuron>]) -> Result<Vec<f64>>;
}

impl<F: FnMut(&[Vec<Neuron>]) -> Result<Vec<f64>>> Suppressed for F {
    fn probabilities(&mut self, sets: &[Vec<Neuron>]) -> Result<Vec<f64>> {
        self(sets)
    }
}

/// Probabilities rounded as a store keeps them, so that what is decided here is what a query decides.
fn rounded(fact: &mut dyn Suppressed, sets: &[Vec<Neuron>]) -> Result<Vec<f32>> {
    Ok(fact.probabilities(sets)?.into_iter().map(|p| p as f32).collect())
}

/// p ≥ p₀ · (1 − share): suppression did little harm.
fn is_harmless(p: f32, untouched: f32, share: f64) -> bool {
    f64::from(p) >= f64::from(untouched) * (1.0 - share)
}

fn group(neurons: Vec<Neuron>, probability: f32, after_each: Vec<f32>, after_all: f32) -> Group {
    Group { neurons, evidence: Some(GroupEvidence { probability, after_each, after_all }) }
}
