//! Rules for ∫₀¹ g(α) dα, and a cheaper way to their values.
//!
//! A rule of N points is a sum Σ c_k g(α_k). Along a path, g is a smooth function of α, so its values at the N points
//! follow from far fewer: g is taken at some points, the rule is applied to the polynomial through them, and points are
//! added two at a time until that changes nothing any more; where it never settles, the rule's own points are used.

use std::sync::LazyLock;

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

/// Roots of the Legendre polynomial by Newton's method, mapped to [0, 1].
fn gauss_legendre(n: usize) -> Vec<(f64, f64)> {
    let legendre = |x: f64| {
        let (mut before, mut p) = (1.0, x);
        for k in 2..=n {
            let k = k as f64;
            (before, p) = (p, ((2.0 * k - 1.0) * x * p - (k - 1.0) * before) / k);
        }
        (p, n as f64 * (x * p - before) / (x * x - 1.0))
    };
    let mut points: Vec<(f64, f64)> = (1..=n)
        .map(|i| {
            let mut x = (std::f64::consts::PI * (i as f64 - 0.25) / (n as f64 + 0.5)).cos();
            for _ in 0..100 {
                let (p, slope) = legendre(x);
                let step = p / slope;
                x -= step;
                if step.abs() < 1e-16 {
                    break;
                }
            }
            let slope = legendre(x).1;
            ((1.0 + x) / 2.0, 1.0 / ((1.0 - x * x) * slope * slope))
        })
        .collect();
    points.reverse();
    points
}

/// Points of [0, 1] in the order they are added: the ends, the middle, then pairs x, 1 − x, each where the product of the
/// distances to the points before it is largest (Leja points; Bos, De Marchi et al., *J. Approx. Theory*, 2010). Any
/// beginning of them interpolates well, so that points can be added two at a time.
pub fn leja() -> &'static [f64] {
    static POINTS: LazyLock<Vec<f64>> = LazyLock::new(|| {
        const GRID: usize = 20_000;
        let mut points = vec![0.0, 1.0, 0.5];
        while points.len() < MOST_POINTS {
            let distance = |x: f64| points.iter().map(|point| f64::ln((x - point).abs())).sum::<f64>();
            let inner = (1..GRID / 2).map(|i| i as f64 / GRID as f64);
            let best = inner.max_by(|a, b| distance(*a).total_cmp(&distance(*b))).unwrap_or(0.25);
            points.extend([best, 1.0 - best]);
        }
        points
    });
    &POINTS
}

/// Most points that [`leja`] gives.
pub const MOST_POINTS: usize = 17;

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
    fn collocation_reproduces_any_rule_on_polynomials() {
        for (name, rule) in Rule::NAMED {
            let points = rule.points(20);
            for n in (3..=MOST_POINTS).step_by(2) {
                let nodes = &leja()[..n];
                let f = |x: f64| 1.0 + x - 3.0 * x.powi(n as i32 - 1);
                let cheap: f64 = nodes.iter().zip(collocated(&points, nodes)).map(|(&x, w)| w * f(x)).sum();
                assert!((cheap - integral(&points, f)).abs() < 1e-11, "{name}, {n} points");
            }
        }
    }

    #[test]
    fn collocation_does_not_magnify_noise() {
        for (name, rule) in Rule::NAMED {
            for n in (3..=MOST_POINTS).step_by(2) {
                let sum: f64 = collocated(&rule.points(20), &leja()[..n]).iter().map(|w| w.abs()).sum();
                assert!(sum < 2.0, "{name}, {n} points: {sum}");
            }
        }
    }
}
