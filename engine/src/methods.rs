//! The attribution methods, each in a file of its own behind [`Method`]. To add one: a file here with its row, the row in
//! [`SCORERS`], and its parameters in [`MethodOptions`].

mod ablation;
mod activation;
mod at_prompt;
mod baseline;
mod cett;
mod discretized;
mod gradient_activation;
mod integrated_gradients;
mod log_probability;
mod query_neurons;
mod relp;
mod sequential;
mod shapley;

use crate::error::Result;
use crate::metric::Metric;
use crate::probe::{Probe, Site};
use crate::transformer::Transformer;

pub use ablation::Ablation;
pub use activation::Activation;
pub use baseline::Baseline;
pub use cett::Cett;
pub(crate) use discretized::Between;
pub use discretized::{Anchors, DiscretizedGradients, Monotone};
pub use gradient_activation::GradientActivation;
pub use integrated_gradients::{Factor, IntegratedGradients};
pub use log_probability::LogProbability;
pub use query_neurons::QueryNeurons;
pub use relp::RelevancePatching;
pub use shapley::ShapleySampling;

/// A row of the table of methods: what the command line offers and refuses.
#[derive(Debug)]
pub struct Scorer {
    /// Its name, as the command line has it, and runs, but those of [another name](Self::is_another) for a method.
    pub name: &'static str,
    /// What a score is, in one line.
    pub about: &'static str,
    /// The options that mean something for it, of those that do not for every method.
    pub options: &'static [&'static str],
    /// The method with its usual parameters.
    pub build: fn() -> MethodOptions,
}

/// Every method. The first is that of the presets.
pub static SCORERS: [Scorer; 11] = [
    integrated_gradients::SCORER,
    sequential::SCORER,
    discretized::SCORER,
    relp::SCORER,
    gradient_activation::SCORER,
    activation::SCORER,
    ablation::SCORER,
    log_probability::SCORER,
    query_neurons::SCORER,
    cett::SCORER,
    shapley::SCORER,
];

impl Scorer {
    /// The row of a name.
    pub fn named(name: &str) -> Option<&'static Self> {
        SCORERS.iter().find(|scorer| scorer.name == name)
    }

    /// Whether it is another name for a method of the table with some of its options set: runs have that one's name.
    pub fn is_another(&self) -> bool {
        (self.build)().build().name() != self.name
    }

    /// Whether an option means something for it.
    pub fn takes(&self, option: &str) -> bool {
        self.options.contains(&option)
    }
}

/// A method and its parameters.
#[derive(Clone, Debug, PartialEq)]
pub enum MethodOptions {
    /// Integrated gradients.
    IntegratedGradients(IntegratedGradients),
    /// Discretized integrated gradients.
    Discretized(DiscretizedGradients),
    /// Relevance patching.
    RelevancePatching(RelevancePatching),
    /// Gradient × activation.
    GradientActivation(GradientActivation),
    /// The activation itself.
    Activation,
    /// Exact ablation.
    Ablation,
    /// Log-probability increase.
    LogProbability,
    /// What writes what value neurons read.
    QueryNeurons(QueryNeurons),
    /// Shares in what layers write.
    Cett,
    /// Shapley values by sampling.
    ShapleySampling(ShapleySampling),
}

impl MethodOptions {
    /// The method.
    pub fn build(&self) -> Box<dyn Method> {
        match self {
            Self::IntegratedGradients(method) => Box::new(method.clone()),
            Self::Discretized(method) => Box::new(method.clone()),
            Self::RelevancePatching(method) => Box::new(method.clone()),
            Self::GradientActivation(method) => Box::new(method.clone()),
            Self::Activation => Box::new(Activation),
            Self::Ablation => Box::new(Ablation),
            Self::LogProbability => Box::new(LogProbability),
            Self::QueryNeurons(method) => Box::new(method.clone()),
            Self::Cett => Box::new(Cett),
            Self::ShapleySampling(method) => Box::new(method.clone()),
        }
    }

    /// The method of a name, with its usual parameters.
    pub fn named(name: &str) -> Option<Self> {
        Scorer::named(name).map(|scorer| (scorer.build)())
    }
}

/// Scores of one layer for one prediction.
#[derive(Clone, Debug, PartialEq)]
pub struct LayerScores {
    /// One score a neuron.
    pub scores: Vec<f64>,
    /// Σ |score| of the parts that the scores are sums of: where it is far more than |Σ scores|, the parts cancel out, and so do
    /// their digits.
    pub magnitude: f64,
    /// How good they are, where the method can tell.
    pub evidence: Option<Evidence>,
    /// What they took beyond what all layers share.
    pub points: Points,
}

/// How many points were sent through the layers above.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Points {
    /// Paths that the layer has.
    pub paths: usize,
    /// With the way back.
    pub gradients: usize,
    /// Without.
    pub values: usize,
}

impl LayerScores {
    /// Scores that are no sums, of a method without evidence.
    fn plain(scores: Vec<f64>) -> Self {
        Self {
            magnitude: scores.iter().map(|score| score.abs()).sum(),
            scores,
            evidence: None,
            points: Points::default(),
        }
    }
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
    /// Name in runs, as `kndb runs` shows it: that of its row.
    fn name(&self) -> &'static str;

    /// Refuses parameters that cannot be carried out at a site.
    ///
    /// # Errors
    /// [`crate::Error::Option`], with the option and what it may be.
    fn check(&self, _: Site) -> Result<()> {
        Ok(())
    }

    /// Refuses networks that the method has no meaning for.
    ///
    /// # Errors
    /// [`crate::Error::Option`], with why.
    fn check_network(&self, _: &Transformer) -> Result<()> {
        Ok(())
    }

    /// Scores of `layers`, in their order.
    fn scores(&self, probe: &dyn Probe, layers: &[usize]) -> Result<Vec<LayerScores>>;

    /// About how many points it asks for at a time, of which passes are filled.
    fn points_at_once(&self, layers: usize, width: usize) -> usize {
        let _ = (layers, width);
        1
    }

    /// Whether a fact's scores are divided, layer by layer, by their sum over the layer (AMIG Eq. 5). That is done when the
    /// steps of the fact have been summed.
    fn normalises(&self) -> bool {
        false
    }

    /// What F is where nothing else is asked for. Of no meaning for scores that are not of an F: their rows do not take `target`.
    fn metric(&self) -> Metric {
        Metric::Probability
    }

    /// Whether scores of an object of several tokens are the mean over its tokens, not their sum.
    fn averages(&self) -> bool {
        false
    }

    /// Whether words of the prompt are replaced by the token that stands for a missing one.
    fn replaces_words(&self) -> bool {
        false
    }

    /// Every parameter of the method, as name and value.
    fn parameters(&self) -> Vec<(String, String)> {
        Vec::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_builds_the_method_of_its_name_or_of_another_row_with_the_options_of_that() {
        for scorer in &SCORERS {
            let name = (scorer.build)().build().name();
            let row = Scorer::named(name).expect("a row");
            assert!(!row.is_another() && scorer.options.iter().all(|option| row.takes(option)), "{}", scorer.name);
        }
        let others = SCORERS.iter().filter(|scorer| scorer.is_another()).map(|scorer| scorer.name);
        assert!(others.eq([sequential::SCORER.name]));
    }
}
