//! Named presets (methods.md §3), each a set of plain options.

use crate::job::DRAWN_BY;
use crate::methods::{Baseline, Factor, IntegratedGradients, MethodOptions};
use crate::metric::Metric;
use crate::model::Model;
use crate::probe::Site;
use crate::quadrature::Rule;
use kndb_storage::{Preset, TARGET};

/// Which object tokens are given when a later one is asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Continuation {
    /// The gold tokens (teacher forcing).
    #[default]
    Gold,
    /// What AMIG's released code does: the model's own answer; see [`crate::Asking::released_code`].
    ReleasedCode,
}

/// Where the foils of a difference of logits come from (docs/attribution.md).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FoilRule {
    /// For each fact an object of another fact of its relation, drawn by the facts' ids.
    Drawn,
    /// The same for all facts: an object of the store, by its label in any language or by its id.
    Object(String),
}

impl FoilRule {
    /// The rule's name where it is no object's.
    pub const DRAWN: &'static str = "drawn";

    /// What of runs' parameters says it.
    fn shown(&self) -> &str {
        match self {
            Self::Drawn => Self::DRAWN,
            Self::Object(object) => object,
        }
    }
}

impl From<&str> for FoilRule {
    fn from(text: &str) -> Self {
        if text == Self::DRAWN { Self::Drawn } else { Self::Object(text.to_owned()) }
    }
}

/// Everything that decides the scores of a fact.
#[derive(Clone, Debug, PartialEq)]
pub struct Options {
    /// The preset these began as, if nothing was changed.
    pub preset: Option<&'static str>,
    /// The method.
    pub method: MethodOptions,
    /// What F is, where it is not what the method usually has ([`crate::methods::Method::metric`]).
    pub metric: Option<Metric>,
    /// What objects are set against, where F is a difference of logits.
    pub foil: Option<FoilRule>,
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
    /// Whether more than that share must agree.
    pub prompt_share_strict: bool,
    /// Rows of one pass of points, by default chosen for the device: of a causal model a point is a row, of a bidirectional one a row a token. On the
    /// CPU scores are the same bits with any.
    pub batch: Option<usize>,
}

/// How far off a rule's value is meant to be when fewer points than N are computed, as a share of the largest score
/// (docs/attribution.md, "How good is the integral").
pub const TOLERANCE: f64 = 2e-5;

/// How a preset computes scores: a row of methods.md §3.
struct Recipe {
    preset: &'static str,
    method: IntegratedGradients,
    continuation: Continuation,
    /// Whether the released code takes the values before the non-linearity of a GPT model, where its hook is.
    hooks_before: bool,
}

const AMIG: IntegratedGradients = IntegratedGradients::USUAL;

/// A row for every preset of the store's list, which has their thresholds.
static RECIPES: [Recipe; 5] = [
    Recipe { preset: "amig", method: AMIG, continuation: Continuation::Gold, hooks_before: false },
    Recipe {
        preset: "amig-paper",
        method: IntegratedGradients {
            baseline: Baseline::EachWord,
            rule: Rule::Right,
            factor: Factor::Activation,
            normalise: true,
            ..AMIG
        },
        continuation: Continuation::Gold,
        hooks_before: false,
    },
    Recipe {
        preset: "amig-code",
        method: IntegratedGradients { rule: Rule::Left, factor: Factor::Activation, ..AMIG },
        continuation: Continuation::ReleasedCode,
        hooks_before: true,
    },
    Recipe {
        preset: "kn",
        method: IntegratedGradients { baseline: Baseline::Zero, rule: Rule::Left, factor: Factor::Activation, ..AMIG },
        continuation: Continuation::Gold,
        hooks_before: false,
    },
    Recipe {
        preset: "kn-eleuther",
        method: IntegratedGradients {
            baseline: Baseline::Zero,
            rule: Rule::Inclusive,
            factor: Factor::Activation,
            ..AMIG
        },
        continuation: Continuation::Gold,
        hooks_before: true,
    },
];

impl Options {
    /// The options of a preset for a model: AMIG's and EleutherAI's code take GPT models' values before the non-linearity.
    pub fn preset(name: &str, model: &Model) -> Option<Self> {
        let recipe = RECIPES.iter().find(|recipe| recipe.preset == name)?;
        let thresholds = Preset::named(name)?;
        let before = recipe.hooks_before && model.is_causal() && !model.is_gated();
        Some(Self {
            preset: Some(recipe.preset),
            method: MethodOptions::IntegratedGradients(recipe.method.clone()),
            metric: None,
            foil: None,
            site: if before { Site::Pre } else { Site::Activation },
            continuation: recipe.continuation,
            layers: Vec::new(),
            tau: thresholds.tau,
            language_taus: thresholds.language_taus.to_vec(),
            prompt_share: thresholds.prompt_share,
            prompt_share_strict: thresholds.prompt_share_strict,
            batch: None,
        })
    }

    /// What F is.
    pub fn metric(&self) -> Metric {
        self.metric.unwrap_or_else(|| self.method.build().metric())
    }

    /// Every parameter that decides the scores, as name and value. Of an F that is the probability nothing is said, as by versions that
    /// knew no other.
    pub fn parameters(&self) -> Vec<(String, String)> {
        let mut all = self.method.build().parameters();
        if self.metric() != Metric::Probability {
            all.push((TARGET.into(), self.metric().name().into()));
        }
        if let Some(foil) = &self.foil {
            all.push(("foil".into(), foil.shown().into()));
            if *foil == FoilRule::Drawn {
                all.push(("foils drawn by".into(), DRAWN_BY.into()));
            }
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_preset_says_how_its_scores_are_computed() {
        let recipes = RECIPES.each_ref().map(|recipe| recipe.preset);
        assert_eq!(recipes, kndb_storage::PRESETS.each_ref().map(|preset| preset.name));
    }
}
