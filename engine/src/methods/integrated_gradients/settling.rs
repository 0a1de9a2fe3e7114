//! When a rule's value, found from fewer points than it has, is near enough.

use super::{IntegratedGradients, Path, Walk};

/// What is judged together: a path, or, where a layer's scores are divided by their sum, all paths of the layer.
pub(super) struct Unit {
    pub paths: Vec<usize>,
    /// Largest score and sum of the scores, as they were last seen.
    largest: f64,
    sum: f64,
    /// From round to round: by how much a score changed at most, and their sum.
    changes: Vec<(f64, f64)>,
}

/// Units, and what their errors are measured by.
pub(super) struct Settling<'a> {
    method: &'a IntegratedGradients,
    pub units: Vec<Unit>,
    scale: f64,
}

impl<'a> Settling<'a> {
    /// The units of paths, which are in the order of their layers.
    pub fn new(method: &'a IntegratedGradients, paths: &[Path]) -> Self {
        let mut units: Vec<Unit> = Vec::new();
        for (index, path) in paths.iter().enumerate() {
            let unit = units.last_mut().filter(|unit| method.normalise && paths[unit.paths[0]].layer == path.layer);
            match unit {
                Some(unit) => unit.paths.push(index),
                None => units.push(Unit { paths: vec![index], largest: 0.0, sum: 0.0, changes: Vec::new() }),
            }
        }
        Self { method, units, scale: 0.0 }
    }

    /// The paths of some units.
    pub fn paths_of(&self, units: &[usize]) -> Vec<usize> {
        units.iter().flat_map(|&unit| self.units[unit].paths.iter().copied()).collect()
    }

    /// Takes in a round: the sums of some units by the weights of this round and of the one before.
    pub fn observe(&mut self, open: &[usize], walk: &Walk<'_>, fine: &[(f64, f64)], coarse: &[(f64, f64)]) {
        for &unit in open {
            let unit = &mut self.units[unit];
            let width = walk.probe().width();
            let (mut scores, mut apart) = (vec![0.0; width], vec![0.0; width]);
            for &path in &unit.paths {
                let sums = walk.sum(path, fine).into_iter().zip(walk.sum(path, coarse));
                let factors = self.method.factors(walk.probe(), walk.path(path));
                for (((score, apart), factor), (fine, coarse)) in
                    scores.iter_mut().zip(&mut apart).zip(factors).zip(sums)
                {
                    *score += factor * fine;
                    *apart += factor * (fine - coarse);
                }
            }
            let largest = |values: &[f64]| values.iter().fold(0.0f64, |largest, value| largest.max(value.abs()));
            let sum = |values: &[f64]| values.iter().sum::<f64>().abs();
            (unit.largest, unit.sum) = (largest(&scores), sum(&scores));
            unit.changes.push((largest(&apart), sum(&apart)));
        }
        let now =
            self.units.iter().map(|unit| if self.method.normalise { unit.largest / unit.sum } else { unit.largest });
        let now = now.filter(|share| share.is_finite()).fold(0.0, f64::max);
        // A share of a sum may shrink again as the sum grows; the scores of one path stay about what they are.
        self.scale = if self.method.normalise { now } else { now.max(self.scale) };
    }

    /// What an error of one is in a unit's scores: the fact's largest score, or, as the layer's scores will be divided by their
    /// sum, the largest quotient times that sum.
    pub fn scale(&self, unit: usize) -> f64 {
        if self.method.normalise { self.scale * self.units[unit].sum } else { self.scale }
    }

    /// Whether the sums of a unit are near their limit.
    pub fn has_settled(&self, unit: usize) -> bool {
        let allowed = self.method.tolerance * self.scale(unit);
        let unit = &self.units[unit];
        // An error of the sum moves every quotient, the largest most.
        let of_sum = if self.method.normalise { unit.largest / unit.sum } else { 0.0 };
        let changes: Vec<f64> = unit.changes.iter().map(|&(score, sum)| score + of_sum * sum).collect();
        are_dying_down(&changes, allowed)
    }
}

/// Whether a sum that changed by `changes` from round to round is near its limit.
///
/// Either the last two rounds changed next to nothing (one may by chance), or the last three changed ever less: then the
/// next round is taken to shrink as the slower of these did, which is more than an analytic function's would change.
fn are_dying_down(changes: &[f64], allowed: f64) -> bool {
    const CALM: f64 = 8.0;
    match changes {
        [.., second, first] if first.max(second / CALM) <= allowed / 2.0 => true,
        [.., third, second, first] if first <= second && second <= third => {
            let shrinking = (first / second).max(second / third);
            first * shrinking <= allowed / 4.0
        }
        _ => false,
    }
}
