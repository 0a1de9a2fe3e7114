//! Gradients along the paths of integrated gradients.

use crate::nn::Rules;
use crate::probe::Probe;
use crate::sweep::Point;

/// A straight path of one layer's activations, to those of the prompt.
pub(super) struct Path {
    pub layer: usize,
    pub from: Vec<f32>,
}

/// Σ_k c_k ∂F/∂w along a path, and F at its beginning.
pub(super) struct Integral {
    pub gradient: Vec<f64>,
    pub baseline: f64,
    /// Points that were computed, but the prompt's: with the gradient, and F alone.
    pub gradients: usize,
    pub values: usize,
}

/// Gradients along paths, each point computed once.
pub(super) struct Walk<'a> {
    probe: &'a dyn Probe,
    paths: &'a [Path],
    /// By path: α, F, ∂F/∂w.
    seen: Vec<Vec<(f64, f32, Vec<f32>)>>,
}

impl<'a> Walk<'a> {
    pub(super) fn new(probe: &'a dyn Probe, paths: &'a [Path]) -> Self {
        // The end of every path is the prompt itself, whose gradients all layers get in one pass.
        let mut ends = match paths.iter().map(|path| path.layer).min() {
            Some(first) => probe.gradients_at_prompt(first, Rules::EXACT),
            None => Vec::new(),
        };
        let last_use = |index: usize| paths[index + 1..].iter().all(|other| other.layer != paths[index].layer);
        let seen = (0..paths.len())
            .map(|index| {
                let end = &mut ends[paths[index].layer];
                let gradient = if last_use(index) { std::mem::take(end) } else { end.clone() };
                vec![(1.0, probe.value() as f32, gradient)]
            })
            .collect();
        Self { probe, paths, seen }
    }

    pub(super) fn probe(&self) -> &'a dyn Probe {
        self.probe
    }

    pub(super) fn path(&self, path: usize) -> &'a Path {
        &self.paths[path]
    }

    fn at(&self, path: usize, alpha: f64) -> Option<&(f64, f32, Vec<f32>)> {
        self.seen[path].iter().find(|(seen, ..)| (seen - alpha).abs() < 1e-12)
    }

    fn point(&self, path: usize, alpha: f64) -> Point {
        let Path { layer, from } = &self.paths[path];
        let between = |(&w, &from): (&f32, &f32)| (f64::from(from) + alpha * (f64::from(w) - f64::from(from))) as f32;
        Point { layer: *layer, neurons: self.probe.activations(*layer).iter().zip(from).map(between).collect() }
    }

    pub(super) fn visit(&mut self, paths: &[usize], alphas: &[f64]) {
        let mut places = Vec::new();
        for &path in paths {
            places.extend(alphas.iter().filter(|&&alpha| self.at(path, alpha).is_none()).map(|&alpha| (path, alpha)));
        }
        let points: Vec<Point> = places.iter().map(|&(path, alpha)| self.point(path, alpha)).collect();
        for ((path, alpha), response) in places.into_iter().zip(self.probe.respond(&points, true)) {
            self.seen[path].push((alpha, response.value, response.gradient));
        }
    }

    /// Σ c·∂F/∂w over points that were visited.
    pub(super) fn sum(&self, path: usize, weights: &[(f64, f64)]) -> Vec<f64> {
        let mut total = vec![0.0; self.probe.width()];
        for &(alpha, c) in weights {
            let Some((_, _, gradient)) = self.at(path, alpha) else { continue };
            total.iter_mut().zip(gradient).for_each(|(sum, &g)| *sum += c * f64::from(g));
        }
        total
    }

    /// F and ∂F/∂w at points that were visited.
    pub(super) fn at_nodes(&self, path: usize, nodes: &[f64]) -> (Vec<f64>, Vec<&[f32]>) {
        let seen = nodes.iter().filter_map(|&alpha| self.at(path, alpha));
        seen.map(|(_, value, gradient)| (f64::from(*value), gradient.as_slice())).unzip()
    }

    /// dF/dα, of a gradient somewhere on a path.
    pub(super) fn slope(&self, path: usize, gradient: &[f32]) -> f64 {
        let Path { layer, from } = &self.paths[path];
        let both = self.probe.activations(*layer).iter().zip(from);
        both.zip(gradient).map(|((&w, &from), &g)| (f64::from(w) - f64::from(from)) * f64::from(g)).sum()
    }

    /// The integrals with the weights chosen for each path, and F where each path begins.
    pub(super) fn integrals(self, weights: &[Vec<(f64, f64)>]) -> Vec<Integral> {
        let unknown: Vec<usize> = (0..self.paths.len()).filter(|&path| self.at(path, 0.0).is_none()).collect();
        let points: Vec<Point> = unknown.iter().map(|&path| self.point(path, 0.0)).collect();
        let mut starts: Vec<f64> =
            (0..self.paths.len()).map(|path| self.at(path, 0.0).map_or(0.0, |&(_, p, _)| f64::from(p))).collect();
        for (&path, response) in unknown.iter().zip(self.probe.respond(&points, false)) {
            starts[path] = f64::from(response.value);
        }
        let integral = |(path, baseline)| Integral {
            gradient: self.sum(path, &weights[path]),
            baseline,
            gradients: self.seen[path].len() - 1,
            values: usize::from(unknown.contains(&path)),
        };
        starts.into_iter().enumerate().map(integral).collect()
    }
}
