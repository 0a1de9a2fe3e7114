//! Integrated gradients over the neurons of one layer at a time.

mod settling;
mod walk;

use super::{Baseline, Evidence, LayerScores, Method, MethodOptions, Points, Scorer};
use crate::error::Result;
use crate::preset::TOLERANCE;
use crate::probe::{Probe, Site};
use crate::quadrature::{FIRST_STAGE, Rule, stages};
use settling::Settling;
use walk::{Integral, Path, Walk};

pub(super) const SCORER: Scorer = Scorer {
    name: "integrated-gradients",
    about: "Gradients along a path from a baseline to the prompt",
    options: &["baseline", "rule", "steps", "factor", "normalise", "tolerance", "site", "batch", "target", "foil"],
    build: || MethodOptions::IntegratedGradients(IntegratedGradients::USUAL),
};

/// What the integral is multiplied with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Factor {
    /// w̄ − w′, as the theorem has it (Sundararajan et al., ICML 2017, Eq. 1): the scores are complete.
    Difference,
    /// w̄, as printed in AMIG's Eq. 4 and as both released codes do.
    Activation,
}

impl Factor {
    /// Every factor with its name.
    pub const NAMED: [(&'static str, Self); 2] = [("difference", Self::Difference), ("activation", Self::Activation)];
}

/// Attr(w) = factor · Σ_k c_k ∂F/∂w (w′ + α_k (w̄ − w′)) for all neurons of a layer at a time (methods.md §3).
#[derive(Clone, Debug, PartialEq)]
pub struct IntegratedGradients {
    /// Where paths begin.
    pub baseline: Baseline,
    /// The quadrature rule.
    pub rule: Rule,
    /// N, its number of points.
    pub steps: usize,
    /// What the integral is multiplied with.
    pub factor: Factor,
    /// Whether each layer's scores are divided by their sum (AMIG Eq. 5).
    pub normalise: bool,
    /// How far the rule's value may be off, as a share of the largest score, when it is found from fewer points than N
    /// (`quadrature`); 0: every point of the rule is computed.
    pub tolerance: f64,
}

impl Method for IntegratedGradients {
    fn name(&self) -> &'static str {
        SCORER.name
    }

    fn check(&self, _: Site) -> Result<()> {
        self.rule.check(self.steps)
    }

    fn replaces_words(&self) -> bool {
        self.baseline != Baseline::Zero
    }

    fn parameters(&self) -> Vec<(String, String)> {
        fn name<T: PartialEq>(named: &[(&'static str, T)], value: &T) -> String {
            named.iter().find(|(_, known)| known == value).map_or_else(String::new, |(name, _)| (*name).to_owned())
        }
        vec![
            ("baseline".into(), self.baseline.name().into()),
            ("rule".into(), self.rule.name().into()),
            ("steps".into(), self.steps.to_string()),
            ("factor".into(), name(&Factor::NAMED, &self.factor)),
            ("normalise".into(), if self.normalise { "layer" } else { "no" }.into()),
            ("tolerance".into(), self.tolerance.to_string()),
        ]
    }

    fn points_at_once(&self, layers: usize, _: usize) -> usize {
        layers * if self.tolerance > 0.0 { self.steps.min(FIRST_STAGE) } else { self.steps }
    }

    fn normalises(&self) -> bool {
        self.normalise
    }

    fn scores(&self, probe: &dyn Probe, layers: &[usize]) -> Result<Vec<LayerScores>> {
        let paths = self.paths(probe, layers);
        let integrals = self.integrate(probe, &paths);
        let mut found = Vec::with_capacity(layers.len());
        for &layer in layers {
            let mut scores = vec![0.0; probe.width()];
            let (mut baselines, mut count, mut magnitude, mut points) = (0.0, 0.0, 0.0, Points::default());
            for (path, integral) in paths.iter().zip(&integrals).filter(|(path, _)| path.layer == layer) {
                let factor = self.factors(probe, path);
                for ((score, factor), gradient) in scores.iter_mut().zip(factor).zip(&integral.gradient) {
                    *score += factor * gradient;
                    magnitude += (factor * gradient).abs();
                }
                baselines += integral.baseline;
                count += 1.0;
                points.paths += 1;
                points.gradients += integral.gradients;
                points.values += integral.values;
            }
            let sum: f64 = scores.iter().sum();
            let residual = sum - (count * probe.value() - baselines);
            let evidence =
                Some(Evidence { baseline: if count > 0.0 { baselines / count } else { probe.value() }, residual });
            found.push(LayerScores { scores, magnitude, evidence, points });
        }
        Ok(found)
    }
}

impl IntegratedGradients {
    /// What the preset `amig` takes: the sound choice everywhere.
    pub const USUAL: Self = Self {
        baseline: Baseline::WordMean,
        rule: Rule::GaussLegendre,
        steps: 20,
        factor: Factor::Difference,
        normalise: false,
        tolerance: TOLERANCE,
    };

    fn paths(&self, probe: &dyn Probe, layers: &[usize]) -> Vec<Path> {
        self.baseline.of(probe, layers).into_iter().map(|(layer, from)| Path { layer, from }).collect()
    }

    fn factors<'a>(&self, probe: &'a dyn Probe, path: &'a Path) -> Box<dyn Iterator<Item = f64> + 'a> {
        match self.factor {
            Factor::Activation => Box::new(probe.factor(path.layer).iter().map(|&w| f64::from(w))),
            Factor::Difference => {
                let both = probe.activations(path.layer).iter().zip(&path.from);
                Box::new(both.map(|(&w, &from)| f64::from(w) - f64::from(from)))
            }
        }
    }

    fn integrate(&self, probe: &dyn Probe, paths: &[Path]) -> Vec<Integral> {
        let rule = self.rule.points(self.steps);
        let stages = if self.tolerance > 0.0 { stages(&rule, self.tolerance) } else { Vec::new() };
        let mut walk = Walk::new(probe, paths);
        let mut settling = Settling::new(self, paths);
        let mut open: Vec<usize> = (0..paths.len()).collect();
        let mut chosen: Vec<Vec<(f64, f64)>> = vec![rule.clone(); paths.len()];
        for stage in stages {
            walk.visit(&open, &stage.nodes);
            settling.observe(&open, &walk, &stage);
            open.retain(|&path| {
                let settled = settling.has_settled(path);
                if settled {
                    chosen[path] = stage.weighed();
                }
                !settled
            });
        }
        let alphas: Vec<f64> = rule.iter().map(|&(alpha, _)| alpha).collect();
        walk.visit(&open, &alphas);
        walk.integrals(&chosen)
    }
}
