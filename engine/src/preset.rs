//! Named presets (methods.md §3), each a set of plain options.

use crate::methods::{
    Ablation, Activation, Baseline, Factor, GradientActivation, IntegratedGradients, LogProbability, Method,
    ShapleySampling,
};
use crate::model::Model;
use crate::probe::Site;
use crate::quadrature::Rule;

/// Which object tokens are given when a later one is asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Continuation {
    /// The gold tokens (teacher forcing).
    #[default]
    Gold,
    /// What AMIG's released code does: the model's own answer; see [`crate::Asking::released_code`].
    ReleasedCode,
}

/// Everything that decides the scores of a fact.
#[derive(Clone, Debug, PartialEq)]
pub struct Options {
    /// The preset these began as, if nothing was changed.
    pub preset: Option<&'static str>,
    /// The method.
    pub method: MethodOptions,
    /// Which value of a neuron is attributed.
    pub site: Site,
    /// How objects of several tokens are asked.
    pub continuation: Continuation,
    /// Layers that are scored; empty: all.
    pub layers: Vec<usize>,
    /// Threshold of the knowledge neurons where a query names none.
    pub tau: f64,
    /// Thresholds of single languages.
    pub language_taus: Vec<(&'static str, f64)>,
    /// Share of a fact's prompts that must agree on a neuron where a query names none.
    pub prompt_share: f64,
    /// Points of one pass; by default chosen for the model. Other sizes round differently, in the last bits.
    pub batch: Option<usize>,
}

/// A method and its parameters.
#[derive(Clone, Debug, PartialEq)]
pub enum MethodOptions {
    /// Integrated gradients.
    IntegratedGradients(IntegratedGradients),
    /// Gradient × activation.
    GradientActivation,
    /// The activation itself.
    Activation,
    /// Exact ablation.
    Ablation,
    /// Log-probability increase.
    LogProbability,
    /// Shapley values by sampling.
    ShapleySampling(ShapleySampling),
}

impl MethodOptions {
    /// The method.
    pub fn build(&self) -> Box<dyn Method> {
        match self {
            Self::IntegratedGradients(method) => Box::new(method.clone()),
            Self::GradientActivation => Box::new(GradientActivation),
            Self::Activation => Box::new(Activation),
            Self::Ablation => Box::new(Ablation),
            Self::LogProbability => Box::new(LogProbability),
            Self::ShapleySampling(method) => Box::new(method.clone()),
        }
    }

    /// The methods beside integrated gradients by name, with their usual parameters.
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "gradient-activation" => Some(Self::GradientActivation),
            "activation" => Some(Self::Activation),
            "ablation" => Some(Self::Ablation),
            "log-probability" => Some(Self::LogProbability),
            "shapley" => Some(Self::ShapleySampling(ShapleySampling { orders: 10, seed: 1 })),
            _ => None,
        }
    }
}

/// How far off a rule's value is meant to be when fewer points than N are computed, as a share of the largest score. The
/// worst of 379 questions to a causal demo model was off by five times as much: 1e-4.
pub const TOLERANCE: f64 = 2e-5;

/// The presets.
pub const PRESETS: [&str; 5] = ["amig", "amig-paper", "amig-code", "kn", "kn-eleuther"];

/// What makes a neuron a knowledge neuron, where a query does not say.
#[derive(Clone, Debug, PartialEq)]
pub struct Thresholds {
    /// τ: share of the fact's largest score.
    pub tau: f64,
    /// τ of single languages.
    pub language_taus: Vec<(&'static str, f64)>,
    /// Share of a fact's prompts that must agree, inclusive.
    pub prompt_share: f64,
}

impl Thresholds {
    /// The published thresholds of a preset.
    pub fn of_preset(name: &str) -> Option<Self> {
        let (tau, language_taus, prompt_share) = match name {
            "amig" | "amig-paper" | "amig-code" => (0.3, vec![("zh", 0.2)], 0.0),
            "kn" => (0.2, Vec::new(), 0.7),
            // More than 0.3; the bound of a run is inclusive.
            "kn-eleuther" => (0.3, Vec::new(), 0.3_f64.next_up()),
            _ => return None,
        };
        Some(Self { tau, language_taus, prompt_share })
    }
}

impl Options {
    /// The options of a preset for a model: AMIG's and EleutherAI's code take GPT models' values before the non-linearity.
    pub fn preset(name: &str, model: &Model) -> Option<Self> {
        let name = PRESETS.into_iter().find(|known| *known == name)?;
        let (baseline, rule, factor) = match name {
            "amig" => (Baseline::WordMean, Rule::GaussLegendre, Factor::Difference),
            "amig-paper" => (Baseline::EachWord, Rule::Right, Factor::Activation),
            "amig-code" => (Baseline::WordMean, Rule::Left, Factor::Activation),
            "kn" => (Baseline::Zero, Rule::Left, Factor::Activation),
            _ => (Baseline::Zero, Rule::Inclusive, Factor::Activation),
        };
        let imitates_hooks = matches!(name, "amig-code" | "kn-eleuther");
        let before = imitates_hooks && model.is_causal() && !model.is_gated();
        let Thresholds { tau, language_taus, prompt_share } = Thresholds::of_preset(name)?;
        Some(Self {
            preset: Some(name),
            method: MethodOptions::IntegratedGradients(IntegratedGradients {
                baseline,
                rule,
                steps: 20,
                factor,
                normalise: name == "amig-paper",
                tolerance: TOLERANCE,
            }),
            site: if before { Site::Pre } else { Site::Activation },
            continuation: if name == "amig-code" { Continuation::ReleasedCode } else { Continuation::Gold },
            layers: Vec::new(),
            tau,
            language_taus,
            prompt_share,
            batch: None,
        })
    }

    /// Every parameter that decides the scores, as name and value.
    pub fn parameters(&self) -> Vec<(String, String)> {
        let mut all = self.method.build().parameters();
        all.push(("site".into(), self.site.name().into()));
        let continuation = match self.continuation {
            Continuation::Gold => "gold",
            Continuation::ReleasedCode => "released-code",
        };
        all.push(("continuation".into(), continuation.into()));
        if !self.layers.is_empty() {
            let layers: Vec<String> = self.layers.iter().map(usize::to_string).collect();
            all.push(("layers".into(), layers.join(",")));
        }
        all
    }
}
