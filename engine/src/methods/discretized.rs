//! Discretized integrated gradients: paths through activations of real sentences.

mod path;

use super::{Baseline, Evidence, LayerScores, Method, MethodOptions, Points, Scorer};
use crate::error::Result;
use crate::probe::{Probe, Site};
use crate::quadrature::Rule;
use crate::sweep::Point;

pub(crate) use path::Between;
pub use path::{Anchors, Monotone};

/// Points computed at a time: their activations are kept on the host.
const POINTS: usize = 512;

pub(super) const SCORER: Scorer = Scorer {
    name: "discretized-integrated-gradients",
    about: "Gradients along a path through the activations of sentences with a word replaced (DIG)",
    options: &["baseline", "anchors", "monotone", "rule", "steps", "site", "batch", "target", "foil"],
    build: || MethodOptions::Discretized(DiscretizedGradients::USUAL),
};

/// Attr(w) = Σ_s ∫₀¹ ∂F/∂w (p_s + α (p_{s+1} − p_s)) dα · (p_{s+1} − p_s), for all neurons of a layer at a time, over the segments of a path
/// from the baseline w′ to the prompt's w̄ whose points are anchors, activations of the sentences in which one word is replaced, made
/// monotone: Sanyal & Ren (EMNLP 2021, arXiv 2108.13654), who have embeddings of words for activations.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DiscretizedGradients {
    /// Where paths begin.
    pub baseline: Baseline,
    /// Which anchor comes next.
    pub anchors: Anchors,
    /// How anchors are made monotone.
    pub monotone: Monotone,
    /// The quadrature rule of each segment.
    pub rule: Rule,
    /// N, its number of points.
    pub steps: usize,
}

/// A path of a layer.
struct Path {
    /// Which of the layers asked for.
    slot: usize,
    layer: usize,
    /// From the baseline to the prompt, each once.
    points: Vec<Vec<f32>>,
}

impl Path {
    /// A point between two of the path.
    fn at(&self, segment: usize, alpha: f64) -> Point {
        let (from, to) = (&self.points[segment], &self.points[segment + 1]);
        let between = |(&from, &to): (&f32, &f32)| (f64::from(from) + alpha * (f64::from(to) - f64::from(from))) as f32;
        Point { layer: self.layer, neurons: from.iter().zip(to).map(between).collect() }
    }

    fn segments(&self) -> usize {
        self.points.len() - 1
    }
}

impl Method for DiscretizedGradients {
    fn name(&self) -> &'static str {
        SCORER.name
    }

    fn check(&self, _: Site) -> Result<()> {
        self.rule.check(self.steps)
    }

    fn replaces_words(&self) -> bool {
        true
    }

    fn parameters(&self) -> Vec<(String, String)> {
        vec![
            ("baseline".into(), self.baseline.name().into()),
            ("anchors".into(), self.anchors.name().into()),
            ("monotone".into(), self.monotone.name().into()),
            ("rule".into(), self.rule.name().into()),
            ("steps".into(), self.steps.to_string()),
        ]
    }

    fn points_at_once(&self, layers: usize, _: usize) -> usize {
        (layers * self.steps).min(POINTS)
    }

    fn scores(&self, probe: &dyn Probe, layers: &[usize]) -> Result<Vec<LayerScores>> {
        let real = probe.word_baselines();
        let slot = |layer: usize| layers.iter().position(|&asked| asked == layer).unwrap_or_default();
        let through = |(layer, from): (usize, Vec<f32>)| {
            let points = path::through(&from, probe.activations(layer), &real[layer], self.anchors, self.monotone);
            Path { slot: slot(layer), layer, points }
        };
        let paths: Vec<Path> = self.baseline.among(probe, layers, &real).into_iter().map(through).collect();
        let parts = self.integrate(probe, &paths);
        let starts = starts(probe, &paths);
        let mut found = vec![
            LayerScores {
                scores: vec![0.0; probe.width()],
                magnitude: 0.0,
                evidence: Some(Evidence { baseline: 0.0, residual: 0.0 }),
                points: Points::default(),
            };
            layers.len()
        ];
        let mut sums = vec![0.0; layers.len()];
        for ((path, parts), start) in paths.iter().zip(&parts).zip(&starts) {
            let LayerScores { scores, magnitude, points, .. } = &mut found[path.slot];
            scores.iter_mut().zip(parts).for_each(|(sum, part)| *sum += part);
            *magnitude += parts.iter().map(|part| part.abs()).sum::<f64>();
            sums[path.slot] += start;
            points.paths += 1;
            points.gradients += path.segments() * self.steps;
            points.values += usize::from(path.segments() > 0);
        }
        for (found, sum) in found.iter_mut().zip(sums) {
            let count = found.points.paths as f64;
            let gained = count * probe.value() - sum;
            let baseline = if count > 0.0 { sum / count } else { probe.value() };
            found.evidence = Some(Evidence { baseline, residual: found.scores.iter().sum::<f64>() - gained });
        }
        Ok(found)
    }
}

impl DiscretizedGradients {
    /// From the words' mean, by the rule of the presets.
    pub const USUAL: Self = Self {
        baseline: Baseline::WordMean,
        anchors: Anchors::Greedy,
        monotone: Monotone::Clip,
        rule: Rule::GaussLegendre,
        steps: 3,
    };

    /// Each path's integral, neuron by neuron.
    fn integrate(&self, probe: &dyn Probe, paths: &[Path]) -> Vec<Vec<f64>> {
        let rule = self.rule.points(self.steps);
        let mut parts = vec![vec![0.0; probe.width()]; paths.len()];
        let mut places = Vec::new();
        for (of, path) in paths.iter().enumerate() {
            for segment in 0..path.segments() {
                places.extend(rule.iter().map(|&(alpha, weight)| (of, segment, alpha, weight)));
            }
        }
        for places in places.chunks(POINTS) {
            let points: Vec<Point> =
                places.iter().map(|&(of, segment, alpha, _)| paths[of].at(segment, alpha)).collect();
            for (&(of, segment, _, weight), response) in places.iter().zip(probe.respond(&points, true)) {
                let steps = paths[of].points[segment].iter().zip(&paths[of].points[segment + 1]);
                for ((part, (&from, &to)), &gradient) in parts[of].iter_mut().zip(steps).zip(&response.gradient) {
                    *part += weight * (f64::from(to) - f64::from(from)) * f64::from(gradient);
                }
            }
        }
        parts
    }
}

/// F where each path begins.
fn starts(probe: &dyn Probe, paths: &[Path]) -> Vec<f64> {
    let mut starts = vec![probe.value(); paths.len()];
    // A path of one point begins at the prompt.
    let moved: Vec<usize> = (0..paths.len()).filter(|&of| paths[of].segments() > 0).collect();
    for moved in moved.chunks(POINTS) {
        let points: Vec<Point> = moved.iter().map(|&of| paths[of].at(0, 0.0)).collect();
        for (&of, response) in moved.iter().zip(probe.respond(&points, false)) {
            starts[of] = f64::from(response.value);
        }
    }
    starts
}
