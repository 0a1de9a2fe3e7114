//! Points along a path that are added in stages, and how far a stage's values may be off.
//!
//! A stage knows a gradient g at its points and F at the same points. Both are of one function: the integral of Σ_j (w̄_j − w′_j) g_j
//! from one point to another is what F gains between them. The polynomials through the gradients must reproduce that gain between all of
//! a stage's points, though F had no part in them; by how much they fail is a measurement of the error of their sum, and one neuron's share
//! of it is about its share in their coefficients. On paths of the demo's models and random ones of the shapes of BERT and GPT-2, each
//! known at 33 points (over 1,000 predictions, baselines zero, word-mean and each-word), the largest error of a score was in the middle 0.15
//! times this estimate at six or seven Gauss–Lobatto points, 0.2 with the middle, 0.7 with twice as many, 1 and more with four; at Lobatto
//! points 2 times at most. The tail is for what the sum hides.

use super::{Rule, collocated, gauss_lobatto};

/// Points of the first stage.
pub const FIRST_STAGE: usize = 4;

/// From this tolerance on, six points are where most paths end; below, seven.
const ROUGH: f64 = 5e-5;

/// How a stage's points were chosen, which decides how its estimate is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// Part of those of the next: few, so that little is known of what lies between.
    First,
    /// Those of a Gauss–Lobatto rule, which is twice as good as the polynomials.
    Lobatto,
    /// These and the middle, where six do not quite reach: the values are nearly the same, the estimate is better.
    Middle,
    /// Twice as many.
    Halved,
}

impl Kind {
    /// What share of what is allowed the estimate may be, and what share of the tail of the coefficients counts. An estimate that may be ten
    /// times as large as what is allowed was six times too large in the middle.
    fn margins(self) -> (f64, f64) {
        match self {
            Self::First => (1.0, 0.25),
            Self::Lobatto => (10.0, 0.05),
            Self::Middle => (5.0, 0.05),
            Self::Halved => (2.0, 0.05),
        }
    }
}

/// Points of one stage.
#[derive(Clone, Debug)]
pub struct Stage {
    /// The points α, in their order; those of the stage before are among them.
    pub nodes: Vec<f64>,
    /// What each weighs when the rule is applied to the polynomial through them.
    pub weights: Vec<f64>,
    kind: Kind,
    /// By degree: what each point's value gives to the polynomial's Legendre coefficient.
    coefficients: Vec<Vec<f64>>,
    /// By point: what each point's value gives to the polynomial's integral from 0 to there.
    running: Vec<Vec<f64>>,
}

/// The stages for a rule, cheapest first: four points, one more where the rest is seven, the six or seven of Gauss–Lobatto, one more where
/// these were six, twice as many; as long as they are fewer than the rule's own.
pub fn stages(rule: &[(f64, f64)], tolerance: f64) -> Vec<Stage> {
    let lobatto = gauss_lobatto(if tolerance < ROUGH { 7 } else { 6 });
    let some = |picked: &[usize]| picked.iter().map(|&at| lobatto[at]).collect::<Vec<f64>>();
    let mut all = if lobatto.len() == 7 {
        vec![(Kind::First, some(&[0, 2, 4, 6])), (Kind::First, some(&[0, 2, 3, 4, 6])), (Kind::Lobatto, lobatto)]
    } else {
        let middle = [&lobatto[..3], &[0.5], &lobatto[3..]].concat();
        vec![(Kind::First, some(&[0, 2, 3, 5])), (Kind::Lobatto, lobatto), (Kind::Middle, middle)]
    };
    let mut nodes = match all.iter().find(|(kind, _)| *kind == Kind::Lobatto) {
        Some((_, nodes)) => halved(nodes),
        None => Vec::new(),
    };
    while nodes.len() < rule.len() {
        let more = halved(&nodes);
        all.push((Kind::Halved, std::mem::replace(&mut nodes, more)));
    }
    all.retain(|(_, nodes)| nodes.len() < rule.len());
    all.into_iter().map(|(kind, nodes)| Stage::new(kind, nodes, rule)).collect()
}

/// These points and one between each two, in the middle of the arc above them: such points stay dense at the ends, where polynomials
/// through evenly spaced ones go astray.
fn halved(nodes: &[f64]) -> Vec<f64> {
    let arc = |x: f64| (1.0 - 2.0 * x).acos();
    let mut all = vec![nodes[0]];
    for pair in nodes.windows(2) {
        let between = (arc(pair[0]) + arc(pair[1])) / 2.0;
        all.extend([(1.0 - between.cos()) / 2.0, pair[1]]);
    }
    all
}

impl Stage {
    fn new(kind: Kind, nodes: Vec<f64>, rule: &[(f64, f64)]) -> Self {
        let exact = Rule::GaussLegendre.points(nodes.len());
        let coefficient = |k: usize| {
            let weighed: Vec<(f64, f64)> =
                exact.iter().map(|&(x, c)| (x, c * (2 * k + 1) as f64 * legendre_at(k, 2.0 * x - 1.0))).collect();
            collocated(&weighed, &nodes)
        };
        let up_to = |&end: &f64| {
            let part: Vec<(f64, f64)> = exact.iter().map(|&(x, c)| (x * end, c * end)).collect();
            collocated(&part, &nodes)
        };
        let coefficients = (0..nodes.len()).map(coefficient).collect();
        let running = nodes.iter().map(up_to).collect();
        Self { kind, weights: collocated(rule, &nodes), nodes, coefficients, running }
    }

    /// Points and what they weigh.
    pub fn weighed(&self) -> Vec<(f64, f64)> {
        self.nodes.iter().copied().zip(self.weights.iter().copied()).collect()
    }

    /// Legendre coefficients of the polynomial through values at the points, by degree.
    pub fn coefficients(&self, values: impl Fn(usize) -> f64) -> impl Iterator<Item = f64> {
        self.coefficients.iter().map(move |row| row.iter().enumerate().map(|(at, c)| c * values(at)).sum())
    }

    /// By how much the integral of the polynomial through `slopes` misses the gains of `values` at most, of all points: where both are
    /// of one function, it does so only between the points.
    pub fn gap(&self, slopes: &[f64], values: &[f64]) -> f64 {
        let missed = self.running.iter().zip(values).map(|(row, value)| {
            let gained: f64 = row.iter().zip(slopes).map(|(c, slope)| c * slope).sum();
            (gained - (value - values[0])).abs()
        });
        missed.fold(0.0, f64::max)
    }

    /// How large an error of the values may be allowed to be for this stage to be believed: of values whose polynomials have coefficients of
    /// these `sizes`, by degree, where the polynomial of their weighed sum has coefficients `of_sum` and missed its gains by `gap`, of which
    /// `noise` may be no error of the polynomial. A stage of few points, which knows little else, takes all of it for one.
    pub fn error(&self, sizes: &[f64], of_sum: &[f64], gap: f64, noise: f64) -> f64 {
        const NONE: f64 = f64::MIN_POSITIVE;
        let (margin, tail_share) = self.kind.margins();
        // The share of single values in the sum, in the geometric mean over the degrees: in one of them the sum may be small by chance.
        let shares = sizes.iter().zip(of_sum).skip(1).map(|(size, sum)| ((size + NONE) / (sum + NONE)).ln());
        let share = (shares.sum::<f64>() / (sizes.len() - 1) as f64).exp();
        let noise = if self.kind == Kind::First { 0.0 } else { noise };
        let by_gains = if gap > noise { (gap - noise) * share } else { 0.0 };
        // Errors that cancel out in the sum do not show there. What if the last coefficients, which shrank from the largest to `tail`, shrink
        // once more as much?
        let largest = sizes.iter().copied().fold(0.0, f64::max);
        let tail = sizes.iter().rev().take(2).copied().fold(0.0, f64::max);
        let by_tail = if tail > 0.0 { tail * tail / largest } else { 0.0 };
        (by_gains / margin).max(tail_share * by_tail)
    }
}

/// P_k(x).
fn legendre_at(k: usize, x: f64) -> f64 {
    let (mut before, mut p) = (1.0, x);
    if k == 0 {
        return before;
    }
    for k in 2..=k {
        let k = k as f64;
        (before, p) = (p, ((2.0 * k - 1.0) * x * p - (k - 1.0) * before) / k);
    }
    p
}

#[cfg(test)]
mod tests {
    use super::*;

    fn every() -> impl Iterator<Item = (&'static str, Vec<Stage>)> {
        let all = |&(name, rule): &(&'static str, Rule)| [1e-4, 2e-5].map(|t| (name, stages(&rule.points(20), t)));
        Rule::NAMED.iter().flat_map(all).collect::<Vec<_>>().into_iter()
    }

    #[test]
    fn a_stage_has_the_points_of_the_one_before() {
        let counts = |tolerance: f64, steps: usize| -> Vec<usize> {
            stages(&Rule::Left.points(steps), tolerance).iter().map(|stage| stage.nodes.len()).collect()
        };
        assert_eq!(counts(1e-4, 20), [4, 6, 7, 11]);
        assert_eq!(counts(2e-5, 20), [4, 5, 7, 13]);
        assert_eq!(counts(1e-4, 50), [4, 6, 7, 11, 21, 41], "a rule of many points is worth more stages");
        assert_eq!(counts(2e-5, 4), [0; 0], "a rule of few points is computed as it is");
        for (name, all) in every() {
            for pair in all.windows(2) {
                let has = |node: &f64| pair[1].nodes.iter().any(|other| (other - node).abs() < 1e-14);
                assert!(pair[0].nodes.iter().all(has), "{name}: {:?} and {:?}", pair[0].nodes, pair[1].nodes);
            }
        }
    }

    #[test]
    fn a_stage_does_not_magnify_noise() {
        for (name, all) in every() {
            for stage in all {
                let sum: f64 = stage.weights.iter().map(|weight| weight.abs()).sum();
                assert!(sum < 1.1, "{name}, {} points: {sum}", stage.nodes.len());
            }
        }
    }

    #[test]
    fn a_polynomial_has_its_legendre_coefficients() {
        // α² = 1/3 P_0 + 1/2 P_1 + 1/6 P_2 in 2α − 1.
        for (name, all) in every() {
            for stage in all {
                let found: Vec<f64> = stage.coefficients(|at| stage.nodes[at].powi(2)).collect();
                for (found, expected) in found.iter().zip([1.0 / 3.0, 0.5, 1.0 / 6.0].into_iter().chain([0.0; 20])) {
                    assert!((found - expected).abs() < 1e-12, "{name}, {} points: {found}", stage.nodes.len());
                }
            }
        }
    }

    #[test]
    fn gains_are_missed_where_the_slopes_do_not_tell_of_them() {
        for (_, all) in every() {
            for stage in all {
                let of = |f: fn(f64) -> f64| stage.nodes.iter().map(|&x| f(x)).collect::<Vec<f64>>();
                assert!(stage.gap(&of(|x| 3.0 * x * x), &of(|x| 7.0 + x.powi(3))) < 1e-12);
                // A step of 1/4 between two points, with no slope at any.
                let step = stage.gap(&of(|_| 0.0), &of(|x| if x < 0.45 { 2.0 } else { 2.25 }));
                assert!((step - 0.25).abs() < 1e-12, "{step}");
            }
        }
    }

    #[test]
    fn one_value_s_error_is_its_share_of_what_the_sum_missed() {
        let all = stages(&Rule::GaussLegendre.points(20), 2e-5);
        // Coefficients a tenth as large as those of the sum, which vanish fast; the sum missed 0.03.
        let sizes = [1.0, 0.1, 1e-3, 0.0, 0.0, 0.0, 0.0];
        let of_sum = sizes.map(|size| 10.0 * size);
        let lobatto = all.iter().find(|stage| stage.nodes.len() == 7).expect("seven points below a tolerance of 5e-5");
        // Four degrees in which neither has anything have a ratio of 1.
        let share = 0.1f64.powf(2.0 / 6.0);
        assert!((lobatto.error(&sizes, &of_sum, 0.04, 0.01) - 0.03 * share / 10.0).abs() < 1e-12);
        // With no gap the tail alone counts: 0.2, of at most 1, may shrink to 0.04 next, of which a twentieth is taken.
        assert!((lobatto.error(&[1.0, 0.5, 0.3, 0.2, 0.2, 0.1, 0.2], &of_sum, 1e-9, 1e-8) - 0.002).abs() < 1e-12);
        assert!(
            (all[0].error(&[1.0, 0.5, 0.1, 0.2], &of_sum[..4], 0.0, 1e-8) - 0.01).abs() < 1e-12,
            "a quarter, of four points"
        );
    }
}
