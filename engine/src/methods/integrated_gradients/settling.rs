//! When a rule's value, found from fewer points than it has, is near enough.

use super::{IntegratedGradients, Path, Walk};
use crate::quadrature::Stage;

/// Relative error of F in float32 that is forgiven, that of a probability near 1: there scores may be thousands of times smaller than F. Of
/// small probabilities it is up to 4e-6, which costs some paths more points and hides nothing.
const NOISE: f64 = 5e-7;

/// What is known of a path at the last stage that it reached.
#[derive(Clone, Default)]
struct Known {
    scores: Vec<f64>,
    /// How large an error must be allowed to be: of its scores, and of their sum.
    error: f64,
    error_of_sum: f64,
}

/// A layer: all of its paths.
struct Layer {
    paths: Vec<usize>,
    /// Largest score and sum of the scores, and their errors.
    largest: f64,
    sum: f64,
    error: f64,
    error_of_sum: f64,
}

/// Paths, and what their errors are measured by.
pub(super) struct Settling<'a> {
    method: &'a IntegratedGradients,
    known: Vec<Known>,
    layers: Vec<Layer>,
    /// By path.
    layer_of: Vec<usize>,
    /// The fact's largest score, or, as each layer's scores will be divided by their sum, the largest quotient.
    scale: f64,
}

impl<'a> Settling<'a> {
    /// Paths in the order of their layers.
    pub fn new(method: &'a IntegratedGradients, paths: &[Path]) -> Self {
        let mut layers: Vec<Layer> = Vec::new();
        let mut layer_of = Vec::with_capacity(paths.len());
        for (index, path) in paths.iter().enumerate() {
            match layers.last_mut().filter(|layer| paths[layer.paths[0]].layer == path.layer) {
                Some(layer) => layer.paths.push(index),
                None => {
                    layers.push(Layer { paths: vec![index], largest: 0.0, sum: 0.0, error: 0.0, error_of_sum: 0.0 });
                }
            }
            layer_of.push(layers.len() - 1);
        }
        Self { method, known: vec![Known::default(); paths.len()], layers, layer_of, scale: 0.0 }
    }

    /// Takes in a stage that some paths have reached.
    pub fn observe(&mut self, reached: &[usize], walk: &Walk<'_>, stage: &Stage) {
        for &path in reached {
            self.known[path] = self.judge(path, walk, stage);
        }
        for layer in &mut self.layers {
            let mut scores = vec![0.0; walk.probe().width()];
            (layer.error, layer.error_of_sum) = (0.0, 0.0);
            for &path in &layer.paths {
                let known = &self.known[path];
                scores.iter_mut().zip(&known.scores).for_each(|(sum, score)| *sum += score);
                layer.error += known.error;
                layer.error_of_sum += known.error_of_sum;
            }
            layer.largest = largest(&scores);
            layer.sum = scores.iter().sum::<f64>().abs();
        }
        // What is not known well must not make others' errors look small.
        let at_least = self.layers.iter().map(|layer| {
            let largest = (layer.largest - layer.error).max(0.0);
            if self.method.normalise { largest / (layer.sum + layer.error_of_sum) } else { largest }
        });
        self.scale = at_least.filter(|share| share.is_finite()).fold(0.0, f64::max);
    }

    /// Whether a path's scores are near enough: where several make a layer's, each has its share of the error, which add up like
    /// what has nothing to do with each other.
    pub fn has_settled(&self, path: usize) -> bool {
        let (known, layer) = (&self.known[path], &self.layers[self.layer_of[path]]);
        let share = self.method.tolerance / (layer.paths.len() as f64).sqrt();
        if self.method.normalise {
            // An error of the sum moves every quotient, the largest most.
            let moved = known.error + layer.largest / layer.sum * known.error_of_sum;
            return moved <= share * self.scale * layer.sum;
        }
        known.error <= share * self.scale
    }

    fn judge(&self, path: usize, walk: &Walk<'_>, stage: &Stage) -> Known {
        let (values, gradients) = walk.at_nodes(path, &stage.nodes);
        let factors: Vec<f64> = self.method.factors(walk.probe(), walk.path(path)).collect();
        let mut scores = vec![0.0; factors.len()];
        let (mut sizes, mut sums) = (vec![0.0f64; stage.nodes.len()], vec![0.0f64; stage.nodes.len()]);
        for (neuron, (score, factor)) in scores.iter_mut().zip(&factors).enumerate() {
            let along = |node: usize| factor * f64::from(gradients[node][neuron]);
            *score = stage.weights.iter().enumerate().map(|(node, c)| c * along(node)).sum();
            for ((size, sum), coefficient) in sizes.iter_mut().zip(&mut sums).zip(stage.coefficients(along)) {
                *size = size.max(coefficient.abs());
                *sum += coefficient;
            }
        }
        // dF/dα.
        let slopes: Vec<f64> = gradients.iter().map(|gradient| walk.slope(path, gradient)).collect();
        let (gap, noise) = (stage.gap(&slopes, &values), NOISE * largest(&values));
        let of_sum: Vec<f64> = stage.coefficients(|node| slopes[node]).map(f64::abs).collect();
        sums.iter_mut().for_each(|sum| *sum = sum.abs());
        let error = |sizes: &[f64]| stage.error(sizes, &of_sum, gap, noise);
        Known { scores, error: error(&sizes), error_of_sum: error(&sums) }
    }
}

fn largest(values: &[f64]) -> f64 {
    values.iter().fold(0.0f64, |largest, value| largest.max(value.abs()))
}
