//! Integrals from fewer points than the rule has: how near they are to those of every point, and what they cost.

#[path = "toys/network.rs"]
mod network;

use kndb_engine::methods::{Baseline, Factor, IntegratedGradients, LayerScores, Method};
use kndb_engine::preset::TOLERANCE;
use kndb_engine::quadrature::Rule;
use network::{Layer, Toy, cubic, linear, logistic, product};

/// N of the presets.
const STEPS: usize = 20;
/// Most evaluations a path may take: its rule's points, 13 points of the search of which the last is the prompt, and F(w′), where
/// that is not among them.
const MOST: usize = STEPS + 13;
/// Most evaluations of a path whose gradients are a parabola.
const FEW: usize = 4;

fn zero(rule: Rule, tolerance: f64) -> IntegratedGradients {
    IntegratedGradients {
        baseline: Baseline::Zero,
        rule,
        steps: STEPS,
        factor: Factor::Difference,
        normalise: false,
        tolerance,
    }
}

fn scores(toy: &Toy, method: &IntegratedGradients) -> Vec<LayerScores> {
    let layers: Vec<usize> = (0..kndb_engine::probe::Probe::layers(toy)).collect();
    method.scores(toy, &layers).expect("a toy can be scored")
}

fn all(found: &[LayerScores]) -> Vec<f64> {
    found.iter().flat_map(|layer| layer.scores.iter().copied()).collect()
}

/// Largest difference between the cheap scores and those of every point, as a share of the largest score.
fn error(toy: &Toy, method: &IntegratedGradients) -> f64 {
    let every = all(&scores(toy, &IntegratedGradients { tolerance: 0.0, ..method.clone() }));
    let cheap = all(&scores(toy, method));
    assert!(every.len() == cheap.len() && cheap.iter().all(|score| score.is_finite()), "{cheap:?}");
    let largest = every.iter().fold(0.0f64, |largest, score| largest.max(score.abs()));
    every.iter().zip(&cheap).fold(0.0f64, |worst, (e, c)| worst.max((e - c).abs())) / largest
}

/// From zero to (1, 0): F = σ(k·(α − centre)).
fn steep(k: f64, centre: f64) -> Layer {
    Layer::new(&[1.0, 0.0], logistic(k, centre))
}

/// Evaluations of one layer, and how many of them with a gradient.
fn cost(toy: &Toy, layer: usize) -> (usize, usize) {
    let of: Vec<bool> = toy.evaluations().into_iter().filter(|&(l, _)| l == layer).map(|(_, g)| g).collect();
    (of.len(), of.iter().filter(|&&gradient| gradient).count())
}

#[test]
fn every_point_costs_what_the_rule_has() {
    // The prompt itself (α = 1) is known; F(w′) costs a forward pass where the rule leaves α = 0 out.
    for (rule, expected) in [
        (Rule::Left, (20, 20)),
        (Rule::Right, (20, 19)),
        (Rule::Midpoint, (21, 20)),
        (Rule::Trapezoid, (19, 19)),
        (Rule::GaussLegendre, (21, 20)),
        (Rule::Inclusive, (19, 19)),
    ] {
        let toy = Toy::new(vec![Layer::new(&[0.5, 2.0], cubic)]);
        scores(&toy, &zero(rule, 0.0));
        assert_eq!(cost(&toy, 0), expected, "{}", rule.name());
    }
}

#[test]
fn a_smooth_path_takes_few_evaluations_with_any_rule() {
    // Gradients of degree 0, 1 and 2 along the path: four points are exact, and one more confirms it.
    let toys: [fn() -> Layer; 3] =
        [|| Layer::new(&[1.0, 2.0], linear), || Layer::new(&[0.5, 1.0], product), || Layer::new(&[0.5, 2.0], cubic)];
    for layer in toys {
        for (name, rule) in Rule::NAMED {
            let toy = Toy::new(vec![layer()]);
            scores(&toy, &zero(rule, TOLERANCE));
            let (found, with_gradient) = cost(&toy, 0);
            assert!(found <= FEW && found == with_gradient, "{name}: {found} evaluations, {with_gradient} gradients");
            assert!(error(&Toy::new(vec![layer()]), &zero(rule, TOLERANCE)) < 1e-6, "{name}");
        }
    }
}

#[test]
fn exact_sums_of_twenty_points_come_from_few() {
    // w0²·w1 at (1/2, 2): scores (S, S/2), S = Σ c α². Left Σ k²/8000 for k < 20 = 2470/8000, right 2870/8000,
    // midpoint 1/3 − 1/(12·400), trapezoid 1/3 + 1/(6·361), inclusive 2470/361/20.
    for (rule, sum) in [
        (Rule::Left, 247.0 / 800.0),
        (Rule::Right, 287.0 / 800.0),
        (Rule::Midpoint, 1.0 / 3.0 - 1.0 / 4800.0),
        (Rule::Trapezoid, 1.0 / 3.0 + 1.0 / 2166.0),
        (Rule::GaussLegendre, 1.0 / 3.0),
        (Rule::Inclusive, 13.0 / 38.0),
    ] {
        let found = scores(&Toy::new(vec![Layer::new(&[0.5, 2.0], cubic)]), &zero(rule, TOLERANCE)).remove(0);
        assert!((found.scores[0] - sum).abs() < 1e-6, "{}: {:?}, expected {sum}", rule.name(), found.scores);
        assert!((found.scores[1] - sum / 2.0).abs() < 1e-6, "{}: {:?}", rule.name(), found.scores);
        let evidence = found.evidence.expect("paths have evidence");
        assert!((evidence.residual - (1.5 * sum - 0.5)).abs() < 1e-6, "{}: {evidence:?}", rule.name());
    }
}

#[test]
fn a_curved_path_takes_more_and_stays_near() {
    for k in [1.0, 2.0, 4.0, 6.0] {
        for (name, rule) in Rule::NAMED {
            let layer = || steep(k, 0.3);
            let toy = Toy::new(vec![layer()]);
            scores(&toy, &zero(rule, TOLERANCE));
            let (found, _) = cost(&toy, 0);
            assert!(found <= 16, "{name}, k = {k}: {found} evaluations");
            let error = error(&Toy::new(vec![layer()]), &zero(rule, TOLERANCE));
            assert!(error <= TOLERANCE, "{name}, k = {k}: off by {error:e}");
        }
    }
}

#[test]
fn a_hard_path_costs_no_more_than_every_point_and_the_search() {
    for k in [15.0, 30.0, 60.0, 100.0, 1000.0] {
        for centre in [0.1, 0.25, 0.5, 0.7] {
            for (name, rule) in Rule::NAMED {
                let toy = Toy::new(vec![steep(k, centre)]);
                scores(&toy, &zero(rule, TOLERANCE));
                let (found, _) = cost(&toy, 0);
                assert!(found <= MOST, "{name}, k = {k}, {centre}: {found} evaluations");
            }
        }
    }
}

#[test]
fn completeness_of_gauss_legendre_from_fewer_points() {
    for k in [0.5, 2.0, 5.0, 10.0, 20.0] {
        let found = scores(&Toy::new(vec![steep(k, 0.5)]), &zero(Rule::GaussLegendre, TOLERANCE)).remove(0);
        let gain = (k / 4.0).tanh();
        let sum: f64 = found.scores.iter().sum();
        assert!((sum - gain).abs() < 1e-3 * gain, "k = {k}: {sum}, expected {gain}");
        let evidence = found.evidence.expect("paths have evidence");
        assert!((evidence.residual - (sum - gain)).abs() < 1e-6, "k = {k}: {evidence:?}");
        assert!((evidence.baseline - (0.5 - gain / 2.0)).abs() < 1e-6, "k = {k}: {evidence:?}");
    }
}

#[test]
fn an_easy_layer_does_not_pay_for_a_hard_one() {
    let layers = || vec![Layer::new(&[0.5, 2.0], cubic), steep(40.0, 0.3), Layer::new(&[0.5, 1.0], product)];
    let toy = Toy::new(layers());
    scores(&toy, &zero(Rule::GaussLegendre, TOLERANCE));
    assert!(cost(&toy, 0).0 <= FEW && cost(&toy, 2).0 <= FEW);
    assert!(cost(&toy, 1).0 > STEPS && cost(&toy, 1).0 <= MOST);
    assert!(error(&Toy::new(layers()), &zero(Rule::GaussLegendre, TOLERANCE)) <= TOLERANCE);
}

#[test]
fn each_word_has_a_path_of_its_own() {
    let words = || Layer::new(&[0.5, 1.0], product).words(&[&[0.0, 0.5], &[0.25, 0.25], &[0.5, 1.0]]);
    let method = IntegratedGradients { baseline: Baseline::EachWord, ..zero(Rule::Right, TOLERANCE) };
    let toy = Toy::new(vec![words()]);
    scores(&toy, &method);
    let one = Toy::new(vec![Layer::new(&[0.5, 1.0], product)]);
    scores(&one, &zero(Rule::Right, TOLERANCE));
    assert_eq!(cost(&toy, 0).0, 3 * cost(&one, 0).0, "three paths");
    assert!(error(&Toy::new(vec![words()]), &method) < 1e-6);
}

#[test]
fn the_tolerance_is_of_scores_not_of_gradients() {
    // A factor that is not w̄ − w′ weighs the differences: with (0, 1) only the second neuron counts.
    let method = IntegratedGradients { factor: Factor::Activation, ..zero(Rule::Left, TOLERANCE) };
    let toy = || Toy::new(vec![steep(6.0, 0.4)]).factor(&[0.0, 1.0]);
    assert!(error(&toy(), &method) <= TOLERANCE);
    assert_eq!(scores(&toy(), &method)[0].scores[0], 0.0);
    // A looser tolerance takes fewer points.
    let evaluations = |tolerance: f64| {
        let toy = Toy::new(vec![steep(8.0, 0.4)]);
        scores(&toy, &zero(Rule::GaussLegendre, tolerance));
        cost(&toy, 0).0
    };
    assert!(evaluations(1e-2) < evaluations(1e-9), "{} {}", evaluations(1e-2), evaluations(1e-9));
}

#[test]
fn few_points_are_all_computed() {
    // A rule of no more points than the first stage is not worth interpolating.
    for steps in [1, 3, 4] {
        let toy = Toy::new(vec![Layer::new(&[0.5, 1.0], product)]);
        scores(&toy, &IntegratedGradients { steps, ..zero(Rule::Left, TOLERANCE) });
        assert_eq!(cost(&toy, 0), (steps, steps));
    }
}

#[test]
fn a_hard_path_is_as_near_as_promised() {
    // Among them toys on which one round of the search happens to agree with the one before: σ(20.7·(α − 0.6)) with the
    // left rule, 24.7 and 0.55 with Gauss–Legendre.
    let mut wrong = Vec::new();
    for k in [8.0, 10.0, 15.0, 20.0, 20.707_724, 24.699_37, 30.0, 45.0, 60.0, 100.0] {
        for centre in [0.1, 0.25, 0.45, 0.5, 0.55, 0.6, 0.7] {
            for (name, rule) in Rule::NAMED {
                let error = error(&Toy::new(vec![steep(k, centre)]), &zero(rule, TOLERANCE));
                // A little more than the tolerance, which is an estimate.
                if error.is_nan() || error > 1.5 * TOLERANCE {
                    wrong.push(format!("{name}, k = {k}, centre {centre}: off by {error:.1e}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} toys:\n{}", wrong.len(), wrong.join("\n"));
}

/// Toys with an easy layer, whose scores set the scale, and a step of `k` logits somewhere in another.
fn missed(k: f64) -> Vec<String> {
    let mut wrong = Vec::new();
    for centre in 1..20 {
        let centre = f64::from(centre) / 20.0;
        let easy = Layer::new(&[1.0, 0.0], |w| (w[0], vec![1.0, 0.0]));
        let error = error(&Toy::new(vec![easy, steep(k, centre)]), &zero(Rule::GaussLegendre, TOLERANCE));
        if error.is_nan() || error > 1.5 * TOLERANCE {
            wrong.push(format!("k = {k}, centre {centre}: off by {error:.1e}"));
        }
    }
    wrong
}

#[test]
fn a_step_between_the_points_is_not_missed() {
    for k in [30.0, 50.0, 80.0] {
        assert_eq!(missed(k), Vec::<String>::new());
    }
}

// At k = 120 a step between 7 points changes nothing at them; that their own integral is not complete gives it away.
#[test]
fn no_step_is_so_steep_that_it_is_missed() {
    assert_eq!(missed(120.0), Vec::<String>::new());
}
