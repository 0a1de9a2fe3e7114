//! Rules for ∫₀¹ g(α) dα, and a cheaper way to their values.
//!
//! A rule of N points is a sum Σ c_k g(α_k). Along a path, g is a smooth function of α, so its values at the N points
//! follow from far fewer: g is taken at nested Chebyshev points, and the rule is applied to the polynomial through them
//! (Trefethen, *Is Gauss Quadrature Better than Clenshaw–Curtis?*, SIAM Review 50, 2008). Points are added until two
//! levels agree; where they do not, the rule's own points are used.

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

/// Chebyshev points of a level on [0, 1]: 2, 4, 8 … intervals, each level holding the one before.
pub fn chebyshev(intervals: usize) -> Vec<f64> {
    (0..=intervals)
        .map(|j| match j {
            0 => 0.0,
            j if j == intervals => 1.0,
            j if 2 * j == intervals => 0.5,
            j => (1.0 - (std::f64::consts::PI * j as f64 / intervals as f64).cos()) / 2.0,
        })
        .collect()
}

/// What each Chebyshev point of a level weighs when `rule` is applied to the polynomial through them
/// (barycentric interpolation; Berrut & Trefethen, SIAM Review 46, 2004).
pub fn collocated(rule: &[(f64, f64)], intervals: usize) -> Vec<f64> {
    let nodes = chebyshev(intervals);
    let end = |j: usize| if j == 0 || j == intervals { 0.5 } else { 1.0 };
    let sign = |j: usize| if j.is_multiple_of(2) { 1.0 } else { -1.0 };
    let mut weights = vec![0.0; nodes.len()];
    for &(alpha, c) in rule {
        if let Some(same) = nodes.iter().position(|&node| (node - alpha).abs() < 1e-14) {
            weights[same] += c;
            continue;
        }
        let terms: Vec<f64> = (0..nodes.len()).map(|j| sign(j) * end(j) / (alpha - nodes[j])).collect();
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
            for intervals in [2, 4, 8, 16] {
                let f = |x: f64| 1.0 + x - 3.0 * x.powi(intervals as i32);
                let cheap: f64 =
                    chebyshev(intervals).iter().zip(collocated(&points, intervals)).map(|(&x, w)| w * f(x)).sum();
                assert!((cheap - integral(&points, f)).abs() < 1e-12, "{name}, {intervals} intervals");
            }
        }
    }
}
