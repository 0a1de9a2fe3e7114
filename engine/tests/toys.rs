//! Every method on toy networks whose scores are worked out by hand.

#[path = "toys/discretized.rs"]
mod discretized;
#[path = "toys/network.rs"]
mod network;

use kndb_engine::methods::{
    Ablation, Activation, Baseline, Cett, Evidence, Factor, GradientActivation, IntegratedGradients, LayerScores,
    LogProbability, Method, QueryNeurons, RelevancePatching, Scorer, ShapleySampling,
};
use kndb_engine::probe::Written;
use kndb_engine::quadrature::Rule;
use network::{Layer, Toy, cubic, linear, logistic, product};

/// Gradients leave a toy as f32.
const NOISE: f64 = 1e-6;

/// Every point of the rule is computed.
fn paths(baseline: Baseline, factor: Factor, rule: Rule, steps: usize) -> IntegratedGradients {
    IntegratedGradients { baseline, rule, steps, factor, normalise: false, tolerance: 0.0 }
}

fn scores(toy: &Toy, method: &dyn Method, layers: &[usize]) -> Vec<LayerScores> {
    method.scores(toy, layers).expect("a toy can be scored")
}

/// Scores of layer 0.
fn only(toy: &Toy, method: &dyn Method) -> LayerScores {
    scores(toy, method, &[0]).remove(0)
}

#[track_caller]
fn same(found: &[f64], expected: &[f64]) {
    assert_eq!(found.len(), expected.len());
    for (f, e) in found.iter().zip(expected) {
        assert!((f - e).abs() <= NOISE * e.abs().max(1.0), "found {found:?}, expected {expected:?}");
    }
}

#[track_caller]
fn evident(found: &LayerScores, baseline: f64, residual: f64) {
    let Evidence { baseline: b, residual: r } = found.evidence.expect("paths have evidence");
    assert!((b - baseline).abs() <= NOISE, "F(w') is {b}, expected {baseline}");
    assert!((r - residual).abs() <= NOISE, "the residual is {r}, expected {residual}");
}

/// F = 1/8 + w0/4 + w1/8 at (1, 2): 5/8. Words: (0, 1), (1/2, 2), (1/4, 0); their mean is (1/4, 1).
fn line() -> Toy {
    Toy::new(vec![Layer::new(&[1.0, 2.0], linear).words(&[&[0.0, 1.0], &[0.5, 2.0], &[0.25, 0.0]])])
}

/// F = w0·w1 at (1/2, 1): 1/2. Words: (0, 1/2), (1/4, 1/4); their mean is (1/8, 3/8).
fn rectangle() -> Toy {
    Toy::new(vec![Layer::new(&[0.5, 1.0], product).words(&[&[0.0, 0.5], &[0.25, 0.25]])])
}

/// F = w0²·w1 at (1/2, 2): 1/2. From zero, ∂F/∂w = α²·(2, 1/4).
fn prism() -> Toy {
    Toy::new(vec![Layer::new(&[0.5, 2.0], cubic)])
}

#[test]
fn plain_methods() {
    // The activations themselves.
    same(&only(&line(), &Activation).scores, &[1.0, 2.0]);
    // w̄·∂F/∂w: (1·1/4, 2·1/8); for the product (1/2·1, 1·1/2); for w0²·w1 at (1/2, 2) the gradient is (2, 1/4).
    same(&only(&line(), &GradientActivation::default()).scores, &[0.25, 0.25]);
    same(&only(&rectangle(), &GradientActivation::default()).scores, &[0.5, 0.5]);
    same(&only(&prism(), &GradientActivation::default()).scores, &[1.0, 0.5]);
    // F(w̄) − F(w̄ with w_j = 0): 5/8 − (1/8 + 1/4) twice; a product loses everything with any factor.
    same(&only(&line(), &Ablation).scores, &[0.25, 0.25]);
    same(&only(&rectangle(), &Ablation).scores, &[0.5, 0.5]);
    for method in [&Activation as &dyn Method, &GradientActivation::default(), &Ablation] {
        assert_eq!(only(&line(), method).evidence, None, "{} has no path", method.name());
        assert!(!method.normalises() && method.parameters().is_empty(), "{}", method.name());
    }
}

#[test]
fn gradients_at_the_prompt_times_what_activations_differ_by() {
    // Line: w̄ − w′ = (3/4, 1) from the mean of the words, times (1/4, 1/8); the words' differences sum to (9/4, 3).
    let paired = |baseline| GradientActivation { baseline };
    same(&only(&line(), &paired(Baseline::WordMean)).scores, &[3.0 / 16.0, 1.0 / 8.0]);
    same(&only(&line(), &paired(Baseline::EachWord)).scores, &[9.0 / 16.0, 3.0 / 8.0]);
    assert!(paired(Baseline::WordMean).replaces_words() && !paired(Baseline::Zero).replaces_words());
    // By the rules of relevance the network has other slopes at the prompt (1, 2): (3, −1).
    let mut layer = Layer::new(&[1.0, 2.0], linear).words(&[&[0.0, 1.0], &[0.5, 2.0], &[0.25, 0.0]]);
    layer.relevances = Some(vec![3.0, -1.0]);
    let toy = Toy::new(vec![layer]);
    same(&only(&toy, &RelevancePatching::USUAL).scores, &[3.0, -2.0]);
    let paired = |baseline| RelevancePatching { baseline, ..RelevancePatching::USUAL };
    same(&only(&toy, &paired(Baseline::WordMean)).scores, &[9.0 / 4.0, -1.0]);
    let found = only(&toy, &paired(Baseline::EachWord));
    same(&found.scores, &[27.0 / 4.0, -3.0]);
    // (3, 3/2, 9/4) and (1, 0, 2).
    assert!((found.magnitude - 39.0 / 4.0).abs() < NOISE, "{}", found.magnitude);
}

#[test]
fn ablation_takes_one_evaluation_a_neuron_and_no_gradient() {
    let toy = rectangle();
    only(&toy, &Ablation);
    assert_eq!(toy.evaluations(), [(0, false), (0, false)]);
}

#[test]
fn log_probability_is_what_the_head_says() {
    // Two words, equal logits: p = 1/2. A value vector that raises the target's logit by v gives ln σ(v) − ln ½:
    // v = ln 3: ln(3/4 / 1/2) = ln 3/2; v = 0: 0; v = −ln 3: ln(1/4 / 1/2) = −ln 2.
    let mut layer = Layer::new(&[0.0; 3], |_| (0.5, vec![0.0; 3]));
    let gain = |v: f32| (1.0 / (1.0 + (-v).exp())).ln() - 0.5f32.ln();
    layer.value_effects = Some(vec![gain(3f32.ln()), gain(0.0), gain(-3f32.ln())]);
    let found = only(&Toy::new(vec![layer]), &LogProbability);
    same(&found.scores, &[1.5f64.ln(), 0.0, -2f64.ln()]);
    assert_eq!(found.evidence, None);
    assert!(LogProbability.scores(&line(), &[0]).is_err(), "a network without value vectors is refused");
}

#[test]
fn query_neurons_write_what_the_best_value_neurons_read() {
    // Increases (0, 1/2) and (2, 1, −1): of the three best, 1/2 has no layer below. Neuron 0 below writes 1/4 and 1/2 of what the others read.
    let toy = || {
        let mut below = Layer::new(&[0.0; 2], |_| (0.5, vec![0.0; 2]));
        below.value_effects = Some(vec![0.0, 0.5]);
        below.queries = vec![vec![0.25, 0.75], vec![0.5, -0.5], vec![100.0, 100.0]];
        let mut above = Layer::new(&[0.0; 3], |_| (0.5, vec![0.0; 3]));
        above.value_effects = Some(vec![2.0, 1.0, -1.0]);
        Toy::new(vec![below, above])
    };
    let found = scores(&toy(), &QueryNeurons { value_neurons: 3 }, &[0, 1]);
    same(&found[0].scores, &[2.0 * 0.25 + 0.5, 2.0 * 0.75 - 0.5]);
    same(&found[1].scores, &[0.0; 3]);
    same(&scores(&toy(), &QueryNeurons { value_neurons: 1 }, &[0])[0].scores, &[0.5, 1.5]);
    assert!(QueryNeurons { value_neurons: 0 }.check(kndb_engine::Site::Activation).is_err());
}

#[test]
fn the_share_in_what_a_layer_writes() {
    // Activations (1, −2), values of lengths 3 and 4 that add up to one of length 5: 3/5 and 8/5, whatever their signs.
    let mut layer = Layer::new(&[1.0, -2.0], |_| (0.5, vec![0.0; 2]));
    layer.written = Some(Written { values: vec![3.0, 4.0], whole: 5.0 });
    let found = only(&Toy::new(vec![layer]), &Cett);
    same(&found.scores, &[0.6, 1.6]);
    assert!(found.evidence.is_none() && Cett.averages());
    // A layer that writes nothing has no shares, and nothing is divided by 0.
    let mut layer = Layer::new(&[0.0], |_| (0.5, vec![0.0]));
    layer.written = Some(Written { values: vec![3.0], whole: 0.0 });
    same(&only(&Toy::new(vec![layer]), &Cett).scores, &[0.0]);
}

#[test]
fn from_zero_on_a_line() {
    // The gradient is (1/4, 1/8) everywhere and the weights of every rule sum to one: scores (1/4, 1/4), F(0) = 1/8.
    for (_, rule) in Rule::NAMED {
        for factor in [Factor::Difference, Factor::Activation] {
            let found = only(&line(), &paths(Baseline::Zero, factor, rule, 5));
            same(&found.scores, &[0.25, 0.25]);
            evident(&found, 0.125, 0.0);
        }
    }
}

#[test]
fn every_rule_has_its_own_sum() {
    // Scores are w̄_j·(2, 1/4)_j·S = (S, S/2) with S = Σ c α²; the residual is 3/2·S − 1/2.
    // N = 4: left (0+1+4+9)/64, right (1+4+9+16)/64, midpoint (1+9+25+49)/256, trapezoid over thirds
    // (1/9 + 4/9 + 1/2)/3, inclusive (0+1+4+9)/9/4.
    let four = [
        (Rule::Left, 7.0 / 32.0),
        (Rule::Right, 15.0 / 32.0),
        (Rule::Midpoint, 21.0 / 64.0),
        (Rule::Trapezoid, 19.0 / 54.0),
        (Rule::GaussLegendre, 1.0 / 3.0),
        (Rule::Inclusive, 7.0 / 18.0),
    ];
    for (rule, sum) in four {
        let found = only(&prism(), &paths(Baseline::Zero, Factor::Difference, rule, 4));
        same(&found.scores, &[sum, sum / 2.0]);
        evident(&found, 0.0, 1.5 * sum - 0.5);
    }
    // Fewest points. Left sees only α = 0, right and one-point Gauss–Legendre only 1 and 1/2; the two-point rules the ends.
    let fewest = [
        (Rule::Left, 1, 0.0),
        (Rule::Right, 1, 1.0),
        (Rule::Midpoint, 1, 0.25),
        (Rule::GaussLegendre, 1, 0.25),
        (Rule::GaussLegendre, 2, 1.0 / 3.0),
        (Rule::Trapezoid, 2, 0.5),
        (Rule::Inclusive, 2, 0.5),
    ];
    for (rule, steps, sum) in fewest {
        let found = only(&prism(), &paths(Baseline::Zero, Factor::Difference, rule, steps));
        same(&found.scores, &[sum, sum / 2.0]);
    }
}

#[test]
fn from_the_mean_of_the_words() {
    // Line: w̄ − w′ = (3/4, 1), so (3/16, 1/8); F(1/4, 1) = 5/16.
    let found = only(&line(), &paths(Baseline::WordMean, Factor::Difference, Rule::GaussLegendre, 2));
    same(&found.scores, &[3.0 / 16.0, 1.0 / 8.0]);
    evident(&found, 5.0 / 16.0, 0.0);
    // Times w̄ instead: (1/4, 1/4), too much by 1/2 − 5/16.
    let found = only(&line(), &paths(Baseline::WordMean, Factor::Activation, Rule::GaussLegendre, 2));
    same(&found.scores, &[0.25, 0.25]);
    evident(&found, 5.0 / 16.0, 3.0 / 16.0);
    // Rectangle: from (1/8, 3/8) to (1/2, 1) the mean gradient is (11/16, 5/16), times (3/8, 5/8). F(w′) = 3/64.
    let found = only(&rectangle(), &paths(Baseline::WordMean, Factor::Difference, Rule::GaussLegendre, 2));
    same(&found.scores, &[33.0 / 128.0, 25.0 / 128.0]);
    evident(&found, 3.0 / 64.0, 0.0);
    // The left rule with N = 2 sees α = 0 and 1/2: gradients (3/8, 1/8) and (11/16, 5/16), mean (17/32, 7/32).
    let found = only(&rectangle(), &paths(Baseline::WordMean, Factor::Activation, Rule::Left, 2));
    same(&found.scores, &[17.0 / 64.0, 7.0 / 32.0]);
    evident(&found, 3.0 / 64.0, 31.0 / 64.0 - 29.0 / 64.0);
}

#[test]
fn from_each_word() {
    // Line: differences (1, 1), (1/2, 0), (3/4, 2) sum to (9/4, 3): (9/16, 3/8). F(w′) 1/4, 1/2, 3/16: mean 5/16.
    let found = only(&line(), &paths(Baseline::EachWord, Factor::Difference, Rule::GaussLegendre, 2));
    same(&found.scores, &[9.0 / 16.0, 3.0 / 8.0]);
    evident(&found, 5.0 / 16.0, 0.0);
    // Times w̄: three times (1/4, 1/4); the residual is 3/2 − 3·(5/8 − 5/16).
    let found = only(&line(), &paths(Baseline::EachWord, Factor::Activation, Rule::GaussLegendre, 2));
    same(&found.scores, &[0.75, 0.75]);
    evident(&found, 5.0 / 16.0, 9.0 / 16.0);
    // Rectangle: from (0, 1/2) mean gradient (3/4, 1/4), difference (1/2, 1/2): (3/8, 1/8); from (1/4, 1/4) (5/8, 3/8) and
    // (1/4, 3/4): (5/32, 9/32). F(w′) 0 and 1/16.
    let found = only(&rectangle(), &paths(Baseline::EachWord, Factor::Difference, Rule::GaussLegendre, 2));
    same(&found.scores, &[17.0 / 32.0, 13.0 / 32.0]);
    evident(&found, 1.0 / 32.0, 0.0);
    // Times w̄ = (1/2, 1): (1/2·11/8, 5/8); the residual is 21/16 − (1 − 1/16).
    let found = only(&rectangle(), &paths(Baseline::EachWord, Factor::Activation, Rule::GaussLegendre, 2));
    same(&found.scores, &[11.0 / 16.0, 5.0 / 8.0]);
    evident(&found, 1.0 / 32.0, 3.0 / 8.0);
}

#[test]
fn sequential_integrated_gradients_are_those_from_each_word() {
    // Rectangle as from each word; and the sum over the words of what integrated gradients give from one sentence alone, which is
    // Enguehard's definition with a layer's neurons for features.
    let sequential = (Scorer::named("sequential-integrated-gradients").expect("a row").build)().build();
    let found = only(&rectangle(), &*sequential);
    same(&found.scores, &[17.0 / 32.0, 13.0 / 32.0]);
    evident(&found, 1.0 / 32.0, 0.0);
    assert_eq!(sequential.name(), "integrated-gradients");
    assert!(sequential.parameters().contains(&("baseline".into(), "each-word".into())));
    let words: [&[f32]; 3] = [&[0.0, 0.5], &[0.25, 0.25], &[0.75, 1.5]];
    let with = |words: &[&[f32]]| Toy::new(vec![Layer::new(&[0.5, 1.0], product).words(words)]);
    let alone = words.map(|word| only(&with(&[word]), &IntegratedGradients::USUAL).scores);
    let sum = |neuron: usize| alone.iter().map(|scores| scores[neuron]).sum::<f64>();
    same(&only(&with(&words), &*sequential).scores, &[sum(0), sum(1)]);
}

#[test]
fn another_prompts_activations_as_the_factor() {
    // The factor (4, 8) replaces w̄ = (1, 2) where w̄ is the factor, and nowhere else: (4/4, 8/8) and (1/4, 1/4).
    let toy = line().factor(&[4.0, 8.0]);
    let found = only(&toy, &paths(Baseline::Zero, Factor::Activation, Rule::Midpoint, 3));
    same(&found.scores, &[1.0, 1.0]);
    evident(&found, 0.125, 1.5);
    let found = only(&toy, &paths(Baseline::Zero, Factor::Difference, Rule::Midpoint, 3));
    same(&found.scores, &[0.25, 0.25]);
}

#[test]
fn a_logistic_is_shared_out_by_the_differences() {
    // ∂F/∂w0 = ∂F/∂w1 on the whole path, so each neuron gets its share of F(w̄) − F(w′), whatever the curve:
    // from zero to (3/4, 1/4), 3 : 1 of σ(k·½) − σ(−k·½) with c = ½.
    for k in [0.5, 2.0, 8.0] {
        let toy = Toy::new(vec![Layer::new(&[0.75, 0.25], logistic(k, 0.5))]);
        let gain = (k / 4.0).tanh();
        let found = only(&toy, &paths(Baseline::Zero, Factor::Difference, Rule::GaussLegendre, 20));
        same(&found.scores, &[0.75 * gain, 0.25 * gain]);
        evident(&found, 0.5 - gain / 2.0, 0.0);
    }
}

#[test]
fn a_prompt_without_words_scores_nothing() {
    for baseline in [Baseline::WordMean, Baseline::EachWord] {
        for tolerance in [0.0, 1e-4] {
            let method =
                IntegratedGradients { tolerance, ..paths(baseline, Factor::Difference, Rule::GaussLegendre, 20) };
            let found = only(&prism(), &method);
            same(&found.scores, &[0.0, 0.0]);
            assert_eq!(found.evidence.expect("paths have evidence").residual, 0.0);
        }
    }
}

#[test]
fn layers_know_nothing_of_each_other() {
    // w0·w1 at (1/2, 1), w0²·w1 at (1/2, 2), and 1/4 + w0/4 + w1/8 … at (1, 0)·: all give F = 1/2.
    let toy = || {
        let plane = |w: &[f64]| (0.25 + w[0] / 4.0 + w[1] / 8.0, vec![0.25, 0.125]);
        Toy::new(vec![
            Layer::new(&[0.5, 1.0], product).words(&[&[0.0, 0.5]]),
            Layer::new(&[0.5, 2.0], cubic).words(&[&[0.0, 0.0]]),
            Layer::new(&[1.0, 0.0], plane).words(&[&[0.0, 1.0]]),
        ])
    };
    let method = paths(Baseline::WordMean, Factor::Difference, Rule::GaussLegendre, 4);
    // From (0, 1/2): (3/8, 1/8). From zero: (1/3, 1/6). Plane: (1/4, −1/8), F(w′) = 3/8.
    let expected = [[3.0 / 8.0, 1.0 / 8.0], [1.0 / 3.0, 1.0 / 6.0], [0.25, -0.125]];
    let baselines = [0.0, 0.0, 0.375];
    for layers in [&[0, 1, 2][..], &[2, 0], &[1], &[2]] {
        for tolerance in [0.0, 1e-4] {
            let toy = toy();
            let found = scores(&toy, &IntegratedGradients { tolerance, ..method.clone() }, layers);
            assert_eq!(found.len(), layers.len());
            for (&layer, found) in layers.iter().zip(&found) {
                same(&found.scores, &expected[layer]);
                evident(found, baselines[layer], 0.0);
            }
            let outside = toy.evaluations().into_iter().find(|(layer, _)| !layers.contains(layer));
            assert_eq!(outside, None, "a layer that was not asked for was evaluated");
        }
    }
    let found = scores(&toy(), &GradientActivation::default(), &[2, 1]);
    same(&found[0].scores, &[0.25, 0.0]);
    same(&found[1].scores, &[1.0, 0.5]);
}

#[test]
fn shapley_values_by_hand_and_complete_in_every_order() {
    // A sum: every order gives neuron j its own term, 1/4·1 and 1/8·2.
    let found = only(&line(), &ShapleySampling { orders: 3, seed: 7 });
    same(&found.scores, &[0.25, 0.25]);
    evident(&found, 0.125, 0.0);
    // A product: whichever neuron comes second gets all of 1/2, in half of the orders each.
    let found = only(&rectangle(), &ShapleySampling { orders: 400, seed: 7 });
    assert!((found.scores.iter().sum::<f64>() - 0.5).abs() < NOISE, "{:?}", found.scores);
    assert!((found.scores[0] - 0.25).abs() < 0.05, "{:?}", found.scores);
    evident(&found, 0.0, 0.0);
    assert_eq!(found, only(&rectangle(), &ShapleySampling { orders: 400, seed: 7 }), "the same seed, the same scores");
}
