//! Rules for ∫₀¹ g(α) dα, and a cheaper way to their values.
//!
//! A rule of N points is a sum Σ c_k g(α_k). Along a path, g is a smooth function of α, so its values at the N points
//! follow from far fewer: g is taken at some points, the rule is applied to the polynomial through them, and points are
//! added in [`Stage`]s until that is near enough; where it never is, the rule's own points are used.

mod stage;

use crate::error::{Error, Result};

pub use stage::{FIRST_STAGE, Stage, stages};

/// More points than any path needs: of the slowest rules, left and right, the error falls as 1/points and is near 1e-4 here (from the table of
/// docs/performance.md). Beyond it is a number mistyped, which would compute for days.
const MOST_STEPS: usize = 10_000;

/// A quadrature rule over [0, 1].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// α = 0, 1/N … (N−1)/N, weights 1/N.
    Left,
    /// α = 1/N … 1, weights 1/N.
    Right,
    /// α = ½/N, 1½/N …, weights 1/N.
    Midpoint,
    /// α = 0, 1/(N−1) … 1, the ends with half a weight.
    Trapezoid,
    /// The N-point Gauss–Legendre rule: exact for polynomials up to degree 2N − 1.
    GaussLegendre,
    /// α = 0, 1/(N−1) … 1, every weight 1/N: the sum of EleutherAI's code, whose ends weigh too much.
    Inclusive,
}

impl Rule {
    /// Every rule with its name.
    pub const NAMED: [(&'static str, Self); 6] = [
        ("left", Self::Left),
        ("right", Self::Right),
        ("midpoint", Self::Midpoint),
        ("trapezoid", Self::Trapezoid),
        ("gauss-legendre", Self::GaussLegendre),
        ("inclusive", Self::Inclusive),
    ];

    /// The rule of a name.
    pub fn named(name: &str) -> Option<Self> {
        Self::NAMED.iter().find(|(known, _)| *known == name).map(|&(_, rule)| rule)
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        Self::NAMED.iter().find(|(_, rule)| *rule == self).map_or("", |&(name, _)| name)
    }

    /// Fewest points it is defined for.
    pub fn least(self) -> usize {
        match self {
            Self::Trapezoid | Self::Inclusive => 2,
            _ => 1,
        }
    }

    /// Whether it can have so many points.
    ///
    /// # Errors
    /// Too few, or more than any path needs.
    pub(crate) fn check(self, steps: usize) -> Result<()> {
        if (self.least()..=MOST_STEPS).contains(&steps) {
            return Ok(());
        }
        Err(Error::Option {
            option: "steps",
            given: steps.to_string(),
            expected: format!("at least {} for the {} rule, and at most {MOST_STEPS}", self.least(), self.name()),
        })
    }

    /// Points α and weights of the rule with `steps` points.
    pub fn points(self, steps: usize) -> Vec<(f64, f64)> {
        let n = steps as f64;
        let even = |shift: f64| (0..steps).map(|k| ((k as f64 + shift) / n, 1.0 / n)).collect();
        let closed = |k: usize| k as f64 / (n - 1.0);
        match self {
            Self::Left => even(0.0),
            Self::Right => even(1.0),
            Self::Midpoint => even(0.5),
            Self::Inclusive => (0..steps).map(|k| (closed(k), 1.0 / n)).collect(),
            Self::Trapezoid => {
                let weight = |k: usize| if k == 0 || k == steps - 1 { 0.5 } else { 1.0 };
                (0..steps).map(|k| (closed(k), weight(k) / (n - 1.0))).collect()
            }
            Self::GaussLegendre => gauss_legendre(steps),
        }
    }
}

/// P_n(x) and P_n′(x), the Legendre polynomial and its slope, inside of (−1, 1).
fn legendre(n: usize, x: f64) -> (f64, f64) {
    let (mut before, mut p) = (1.0, x);
    for k in 2..=n {
        let k = k as f64;
        (before, p) = (p, ((2.0 * k - 1.0) * x * p - (k - 1.0) * before) / k);
    }
    (p, n as f64 * (x * p - before) / (x * x - 1.0))
}

/// Newton's method from a starting point; `step` is f/f′.
fn root(mut x: f64, step: impl Fn(f64) -> f64) -> f64 {
    for _ in 0..100 {
        let by = step(x);
        x -= by;
        if by.abs() < 1e-16 {
            break;
        }
    }
    x
}

/// Roots of the Legendre polynomial, mapped to [0, 1].
fn gauss_legendre(n: usize) -> Vec<(f64, f64)> {
    let point = |i: usize| {
        let start = (std::f64::consts::PI * (i as f64 - 0.25) / (n as f64 + 0.5)).cos();
        let x = root(start, |x| {
            let (p, slope) = legendre(n, x);
            p / slope
        });
        let slope = legendre(n, x).1;
        ((1.0 + x) / 2.0, 1.0 / ((1.0 - x * x) * slope * slope))
    };
    (1..=n).rev().map(point).collect()
}

/// Both ends of [0, 1] and the n − 2 points between them with which a rule is exact to degree 2n − 3 (Gauss–Lobatto): where the
/// slope of P_{n−1} is 0.
///
/// # Panics
/// If n < 2.
pub fn gauss_lobatto(n: usize) -> Vec<f64> {
    let degree = n - 1;
    let inner = (1..degree).rev().map(|i| {
        let x = root((std::f64::consts::PI * i as f64 / degree as f64).cos(), |x| {
            // (1 − x²)P″ = 2xP′ − n(n + 1)P, Legendre's equation.
            let (p, slope) = legendre(degree, x);
            let bend = (2.0 * x * slope - (degree * (degree + 1)) as f64 * p) / (1.0 - x * x);
            slope / bend
        });
        (1.0 + x) / 2.0
    });
    std::iter::once(0.0).chain(inner).chain(std::iter::once(1.0)).collect()
}

/// What each of `nodes` weighs when `rule` is applied to the polynomial through them (barycentric interpolation; Berrut &
/// Trefethen, SIAM Review 46, 2004).
pub fn collocated(rule: &[(f64, f64)], nodes: &[f64]) -> Vec<f64> {
    let barycentric = |j: usize| -> f64 {
        let others = nodes.iter().enumerate().filter(|&(k, _)| k != j);
        1.0 / others.map(|(_, node)| nodes[j] - node).product::<f64>()
    };
    let scales: Vec<f64> = (0..nodes.len()).map(barycentric).collect();
    let mut weights = vec![0.0; nodes.len()];
    for &(alpha, c) in rule {
        if let Some(same) = nodes.iter().position(|&node| (node - alpha).abs() < 1e-14) {
            weights[same] += c;
            continue;
        }
        let terms: Vec<f64> = nodes.iter().zip(&scales).map(|(node, scale)| scale / (alpha - node)).collect();
        let total: f64 = terms.iter().sum();
        for (weight, term) in weights.iter_mut().zip(terms) {
            *weight += c * term / total;
        }
    }
    weights
}

#[cfg(test)]
mod tests {
    use super::*;

    fn integral(points: &[(f64, f64)], f: impl Fn(f64) -> f64) -> f64 {
        points.iter().map(|&(alpha, c)| c * f(alpha)).sum()
    }

    #[test]
    fn rules_have_the_textbook_values() {
        let square = |x: f64| x * x;
        // N = 4: left (0+1+4+9)/64, right (1+4+9+16)/64, midpoint (1+9+25+49)/256, trapezoid over thirds 19/54.
        for (rule, expected) in [
            (Rule::Left, 14.0 / 64.0),
            (Rule::Right, 30.0 / 64.0),
            (Rule::Midpoint, 84.0 / 256.0),
            (Rule::Trapezoid, 19.0 / 54.0),
            (Rule::GaussLegendre, 1.0 / 3.0),
            (Rule::Inclusive, (1.0 + 4.0 + 9.0) / 9.0 / 4.0),
        ] {
            assert!((integral(&rule.points(4), square) - expected).abs() < 1e-14, "{}", rule.name());
        }
    }

    #[test]
    fn gauss_legendre_is_exact_to_degree_2n_minus_1() {
        for n in 1..=20 {
            let degree = 2 * n as i32 - 1;
            let value = integral(&Rule::GaussLegendre.points(n), |x| x.powi(degree));
            assert!((value - 1.0 / f64::from(degree + 1)).abs() < 1e-14, "{n} points: {value}");
        }
    }

    #[test]
    fn gauss_lobatto_has_the_textbook_points() {
        // On [−1, 1]: 4 points ±1, ±√(1/5); 5 points ±1, ±√(3/7), 0; 6 points ±1, ±√((7 ± 2√7)/21).
        let six = [-1.0f64, 1.0].map(|sign| ((7.0 + sign * 2.0 * 7.0f64.sqrt()) / 21.0).sqrt());
        let known: [&[f64]; 3] = [&[1.0, 0.2f64.sqrt()], &[1.0, (3.0f64 / 7.0).sqrt(), 0.0], &[1.0, six[1], six[0]]];
        for (n, half) in (4..).zip(known) {
            for (place, x) in half.iter().enumerate() {
                let found = gauss_lobatto(n);
                assert!((found[place] - (1.0 - x) / 2.0).abs() < 1e-15, "{n} points: {found:?}");
                assert!((found[n - 1 - place] - (1.0 + x) / 2.0).abs() < 1e-15, "{n} points: {found:?}");
            }
        }
    }

    #[test]
    fn the_integral_by_lobatto_points_is_exact_to_degree_2n_minus_3() {
        for n in 3..=9 {
            let nodes = gauss_lobatto(n);
            let weights = collocated(&Rule::GaussLegendre.points(20), &nodes);
            let degree = 2 * n as i32 - 3;
            let value: f64 = nodes.iter().zip(weights).map(|(x, c)| c * x.powi(degree)).sum();
            assert!((value - 1.0 / f64::from(degree + 1)).abs() < 1e-14, "{n} points: {value}");
        }
    }

    #[test]
    fn collocation_reproduces_any_rule_on_polynomials() {
        for (name, rule) in Rule::NAMED {
            let points = rule.points(20);
            for n in 2..=13 {
                let nodes = gauss_lobatto(n);
                let f = |x: f64| 1.0 + x - 3.0 * x.powi(n as i32 - 1);
                let cheap: f64 = nodes.iter().zip(collocated(&points, &nodes)).map(|(&x, w)| w * f(x)).sum();
                assert!((cheap - integral(&points, f)).abs() < 1e-11, "{name}, {n} points");
            }
        }
    }
}
