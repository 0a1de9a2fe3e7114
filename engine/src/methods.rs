//! The attribution methods, each in a file of its own behind [`Method`].

mod ablation;
mod activation;
mod gradient_activation;
mod integrated_gradients;
mod log_probability;
mod shapley;

use crate::error::Result;
use crate::probe::Probe;

pub use ablation::Ablation;
pub use activation::Activation;
pub use gradient_activation::GradientActivation;
pub use integrated_gradients::{Baseline, Factor, IntegratedGradients};
pub use log_probability::LogProbability;
pub use shapley::ShapleySampling;

/// Scores of one layer for one prediction.
#[derive(Clone, Debug, PartialEq)]
pub struct LayerScores {
    /// One score a neuron.
    pub scores: Vec<f64>,
    /// How good they are, where the method can tell.
    pub evidence: Option<Evidence>,
}

/// Completeness of a path method in one layer: Σ scores should be F(w̄) − F(w′).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Evidence {
    /// F(w′); the mean over paths where there are several.
    pub baseline: f64,
    /// Σ scores − (F(w̄) − F(w′)); summed over paths.
    pub residual: f64,
}

/// A way to score every neuron of chosen layers for one prediction.
pub trait Method: Send + Sync {
    /// Name in runs, as `kndb runs` shows it.
    fn name(&self) -> &'static str;

    /// Scores of `layers`, in their order.
    fn scores(&self, probe: &dyn Probe, layers: &[usize]) -> Result<Vec<LayerScores>>;

    /// Whether a fact's scores are divided, layer by layer, by their sum over the layer (AMIG Eq. 5). That is done when the
    /// steps of the fact have been summed.
    fn normalises(&self) -> bool {
        false
    }

    /// Every parameter of the method, as name and value.
    fn parameters(&self) -> Vec<(String, String)> {
        Vec::new()
    }
}
