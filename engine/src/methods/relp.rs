//! Relevance patching.

use super::{Baseline, LayerScores, Method, MethodOptions, Scorer, at_prompt};
use crate::error::{Error, Result};
use crate::metric::Metric;
use crate::nn::Rules;
use crate::probe::{Probe, Site};

pub(super) const SCORER: Scorer = Scorer {
    name: "relp",
    about: "Relevance patching (RelP): activation × a gradient by the rules of relevance propagation",
    options: &["baseline", "rules", "target", "foil"],
    build: || MethodOptions::RelevancePatching(RelevancePatching::USUAL),
};

/// score_j = (w̄_j − w′_j) · ∂̃F/∂w_j at w̄ (Jafari et al. 2025, arXiv 2508.21258; Arora et al. 2026, arXiv 2601.22594): gradient × activation, but
/// on the way back the parts of the network that are not linear count as linear ([`Rules`]). One pass for all layers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RelevancePatching {
    /// What activations are compared with; 0 by default, paired inputs otherwise.
    pub baseline: Baseline,
    /// What counts as constant.
    pub rules: Rules,
}

impl RelevancePatching {
    /// All rules, against 0.
    pub const USUAL: Self = Self { baseline: Baseline::Zero, rules: Rules::ALL };
}

impl Method for RelevancePatching {
    fn name(&self) -> &'static str {
        SCORER.name
    }

    fn metric(&self) -> Metric {
        Metric::Logit
    }

    fn check(&self, site: Site) -> Result<()> {
        match site {
            Site::Activation => Ok(()),
            other => Err(Error::Option {
                option: "site",
                given: other.name().into(),
                expected: "`activation`: by the rules, relevance is the same on either side of the non-linearity"
                    .into(),
            }),
        }
    }

    fn replaces_words(&self) -> bool {
        self.baseline != Baseline::Zero
    }

    fn parameters(&self) -> Vec<(String, String)> {
        let rules: Vec<&str> = self.rules.named().into_iter().filter(|(_, on)| *on).map(|(name, _)| name).collect();
        vec![("baseline".into(), self.baseline.name().into()), ("rules".into(), rules.join(","))]
    }

    fn scores(&self, probe: &dyn Probe, layers: &[usize]) -> Result<Vec<LayerScores>> {
        Ok(at_prompt::scores(probe, layers, self.baseline, self.rules))
    }
}
