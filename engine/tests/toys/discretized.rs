//! Discretized integrated gradients of F = w0·w1: along a segment from p to q, neuron 0 gets (q0 − p0)·(p1 + q1)/2.

use super::network::{Layer, Toy, linear, product};
use super::{evident, only, same};
use kndb_engine::methods::{Anchors, Baseline, DiscretizedGradients, Method, Monotone};
use kndb_engine::quadrature::Rule;

fn along(baseline: Baseline, anchors: Anchors) -> DiscretizedGradients {
    DiscretizedGradients { baseline, anchors, ..DiscretizedGradients::USUAL }
}

fn toy(activations: &[f32], words: &[&[f32]]) -> Toy {
    Toy::new(vec![Layer::new(activations, product).words(words)])
}

#[test]
fn a_path_through_two_sentences() {
    // From 0 through (1/2, 1/2), as (1/2, 5/4) is clipped, and (3/4, 1/2) to (1, 1): 1/8 + 1/8 + 3/16 and 1/8 + 0 + 7/16. The authors' way
    // through (1/2, 1/4): 1/16 + 3/32 + 3/16 and 1/16 + 5/32 + 7/16.
    let toy = || toy(&[1.0, 1.0], &[&[0.5, 1.25], &[0.75, 0.5]]);
    for anchors in [Anchors::Greedy, Anchors::MaxCount] {
        let clipped = along(Baseline::Zero, anchors);
        let shared = DiscretizedGradients { monotone: Monotone::Share, ..clipped.clone() };
        for (method, expected) in [(clipped, [7.0 / 16.0, 9.0 / 16.0]), (shared, [11.0 / 32.0, 21.0 / 32.0])] {
            let found = only(&toy(), &method);
            same(&found.scores, &expected);
            evident(&found, 0.0, 0.0);
            assert!((found.magnitude - 1.0).abs() < 1e-6, "{}", found.magnitude);
        }
    }
    // The authors' sum: the gradient where each segment begins, (0, 0), (1/4, 1/2) and (1/2, 3/4): 1/16 + 1/8 and 1/8 + 3/8.
    let released = DiscretizedGradients {
        monotone: Monotone::Share,
        rule: Rule::Left,
        steps: 1,
        ..along(Baseline::Zero, Anchors::Greedy)
    };
    let found = only(&toy(), &released);
    same(&found.scores, &[3.0 / 16.0, 0.5]);
    evident(&found, 0.0, -5.0 / 16.0);
    // With a point in the middle of each, as its `factor` of 1 puts there: of (1/8 + 0, 3/8 + 1/4, 3/4 + 1/2)/2 and so on.
    let found = only(&toy(), &DiscretizedGradients { steps: 2, ..released });
    same(
        &found.scores,
        &[
            (0.5 * 0.125 + 0.25 * (0.25 + 0.375) + 0.25 * (0.5 + 0.75)) / 2.0,
            (0.25 * 0.25 + 0.25 * (0.5 + 0.625) + 0.5 * (0.75 + 0.875)) / 2.0,
        ],
    );
}

#[test]
fn the_two_ways_to_choose_anchors_give_other_paths() {
    // Greedy passes (1/2, 0) and (1, 0), where F is 0; the other (1/2, 0) and (1/2, 1).
    let toy = || toy(&[1.0, 1.0], &[&[0.5, 3.0], &[1.125, -0.125]]);
    let found = only(&toy(), &along(Baseline::Zero, Anchors::Greedy));
    same(&found.scores, &[0.0, 1.0]);
    let found = only(&toy(), &along(Baseline::Zero, Anchors::MaxCount));
    same(&found.scores, &[0.5, 0.5]);
}

#[test]
fn from_each_word_through_the_others() {
    // From (0, 1/2) through (1/4, 1/2), as (1/4, 1/4) is clipped: (5/16, 3/16). From (1/4, 1/4) through (1/4, 1/2): (3/16, 1/4).
    let found = only(&toy(&[0.5, 1.0], &[&[0.0, 0.5], &[0.25, 0.25]]), &along(Baseline::EachWord, Anchors::Greedy));
    same(&found.scores, &[0.5, 7.0 / 16.0]);
    evident(&found, 1.0 / 32.0, 0.0);
    assert_eq!((found.points.paths, found.points.gradients, found.points.values), (2, 12, 2));
}

#[test]
fn where_the_gradient_is_the_same_everywhere_so_are_the_scores() {
    // Line: w̄ − w′ = (3/4, 1) from the mean of the words, times (1/4, 1/8), whatever the path.
    let line = || Toy::new(vec![Layer::new(&[1.0, 2.0], linear).words(&[&[0.0, 1.0], &[0.5, 2.0], &[0.25, 0.0]])]);
    for anchors in [Anchors::Greedy, Anchors::MaxCount] {
        let found = only(&line(), &along(Baseline::WordMean, anchors));
        same(&found.scores, &[3.0 / 16.0, 1.0 / 8.0]);
        evident(&found, 5.0 / 16.0, 0.0);
    }
}

#[test]
fn one_word_alone_and_none_leave_the_straight_path() {
    for baseline in [Baseline::WordMean, Baseline::EachWord] {
        // From (0, 1/2) to (1/2, 1): (3/8, 1/8).
        let found = only(&toy(&[0.5, 1.0], &[&[0.0, 0.5]]), &along(baseline, Anchors::Greedy));
        same(&found.scores, &[3.0 / 8.0, 1.0 / 8.0]);
        let none = only(&toy(&[0.5, 1.0], &[]), &along(baseline, Anchors::Greedy));
        same(&none.scores, &[0.0, 0.0]);
        evident(&none, 0.5, 0.0);
    }
    let toy = toy(&[0.5, 1.0], &[]);
    same(&only(&toy, &along(Baseline::Zero, Anchors::Greedy)).scores, &[0.25, 0.25]);
    assert_eq!(toy.evaluations().len(), 4, "three points of one segment, and F at 0");
}

#[test]
fn rules_of_too_few_points_are_refused() {
    let method = DiscretizedGradients { rule: Rule::Trapezoid, steps: 1, ..DiscretizedGradients::USUAL };
    let told = method.check(kndb_engine::Site::Activation).expect_err("one point").to_string();
    assert!(told.contains("at least 2 for the trapezoid rule"), "{told}");
}
