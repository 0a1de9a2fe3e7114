//! The rules of relevance patching, worked out by hand: each by itself, and a network of two layers.

use burn::tensor::{Tensor, TensorData};
use kndb_engine::methods::{GradientActivation, Method, RelevancePatching};
use kndb_engine::nn::{Activation, Attention, Block, FeedForward, Head, Linear, Norm, Rules};
use kndb_engine::probe::{ModelProbe, Probe};
use kndb_engine::transformer::{Embedding, Transformer, to_host};
use kndb_engine::{Goal, Site, Step, device};

fn matrix<const R: usize, const C: usize>(rows: [[f32; C]; R]) -> Tensor<2> {
    let cpu = device("cpu").expect("the CPU is there");
    Tensor::from_data(TensorData::new(rows.concat(), [R, C]), &cpu)
}

fn vector<const N: usize>(values: [f32; N]) -> Tensor<1> {
    matrix([values]).reshape([N])
}

#[track_caller]
fn same(found: &[f32], expected: &[f64]) {
    assert_eq!(found.len(), expected.len());
    let near = |(f, e): (&f32, &f64)| (f64::from(*f) - e).abs() <= 1e-6 * e.abs().max(1.0);
    assert!(found.iter().zip(expected).all(near), "found {found:?}, expected {expected:?}");
}

const NORMS: Rules = Rules { norms: true, ..Rules::EXACT };

#[test]
fn the_scale_of_a_norm_is_a_constant() {
    // (1, 7) has the root mean square 5; ∂F/∂y = (3, 4) times the weights (1, 2) is (3, 8).
    let (x, dy, weight) = (matrix([[1.0, 7.0]]), matrix([[3.0, 4.0]]), vector([1.0, 2.0]));
    let norm = Norm::root_mean_square(weight.clone(), 0.0);
    let (y, state) = norm.forward(x.clone());
    same(&to_host(y), &[0.2, 2.8]);
    same(&to_host(norm.backward(&state, dy.clone(), NORMS)), &[3.0 / 5.0, 8.0 / 5.0]);
    // As it is: (d − n·mean(d·n))/5 with n = (1/5, 7/5), whose products with d are (3/5, 56/5): mean 59/10.
    same(&to_host(norm.backward(&state, dy.clone(), Rules::EXACT)), &[(3.0 - 1.18) / 5.0, (8.0 - 8.26) / 5.0]);
    // Around the mean 4: (−3, 3), deviation 3. The mean is subtracted on the way back, too: (3, 8) − 11/2.
    let norm = Norm::layer(weight, vector([0.5, 0.5]), 0.0);
    let (_, state) = norm.forward(x);
    same(&to_host(norm.backward(&state, dy, NORMS)), &[-2.5 / 3.0, 2.5 / 3.0]);
}

#[test]
fn an_activation_is_its_input_times_a_constant_and_a_product_halves() {
    // x = ln 3: σ(x) = 3/4, act(x) = 3/4·ln 3, and up = ln 3.
    let one = || Linear::new(matrix([[1.0]]), None);
    let block = |up| FeedForward { input: one(), up, activation: Activation::Silu, output: one() };
    let (x, dw, ln3) = (3f32.ln(), matrix([[1.0]]), 3f64.ln());
    let back = |block: &FeedForward, rules| {
        let (neurons, state) = block.neurons(matrix([[x]]), rules);
        (to_host(neurons), to_host(block.backward(&state, dw.clone())))
    };
    let activations = Rules { activations: true, ..Rules::EXACT };
    let (neurons, slope) = back(&block(None), activations);
    same(&neurons, &[0.75 * ln3]);
    same(&slope, &[0.75]);
    // As it is: σ·(1 + x·(1 − σ)).
    same(&back(&block(None), Rules::EXACT).1, &[0.75 * (1.0 + ln3 / 4.0)]);
    let gated = block(Some(one()));
    let both = Rules { products: true, ..activations };
    let (neurons, slope) = back(&gated, both);
    same(&neurons, &[0.75 * ln3 * ln3]);
    // Half of up·σ and half of act: what comes in, ln 3, times that is what goes out.
    same(&slope, &[0.75 * ln3]);
    same(&back(&gated, activations).1, &[1.5 * ln3]);
    // x·Φ(x) and the like: at 0 all but relu are half of it.
    for activation in [Activation::Gelu, Activation::GeluTanh, Activation::QuickGelu, Activation::Silu] {
        let shares = to_host(activation.share(matrix([[0.0, 9.0, -9.0]])));
        assert!(
            (shares[0] - 0.5).abs() < 1e-6 && (shares[1] - 1.0).abs() < 1e-3 && shares[2].abs() < 1e-3,
            "{activation:?}"
        );
        let x = matrix([[-1.5, 0.25, 2.0]]);
        let whole: Vec<f64> = to_host(activation.forward(x.clone())).into_iter().map(f64::from).collect();
        same(&to_host(x.clone() * activation.share(x)), &whole);
    }
    same(&to_host(Activation::Relu.share(matrix([[-1.0, 2.0]]))), &[0.0, 1.0]);
}

/// Two layers over hidden states of two, attention that adds nothing, relu, and a root-mean-square norm before each feed-forward block.
/// The only token is (1, 1). Layer 0: normalised (1, 1), neurons (1, 1) with values (0, 2) and (0, 4): (1, 7). Layer 1: normalised
/// (1/5, 7/5), which are the neurons, with values (10, 0) and (5, −5): (1, 7) + (2, 0) + (7, −7) = (10, 0). Logits: (1, 2)·h = 10 and
/// (0, 1)·h = 0.
fn network() -> Transformer {
    let identity = || Linear::new(matrix([[1.0, 0.0], [0.0, 1.0]]), None);
    let nothing = |outputs: usize| Linear::new(matrix([[0.0; 2]; 2]).repeat_dim(1, outputs / 2), None);
    let block = |values: [[f32; 2]; 2]| Block {
        attention_norm: None,
        attention: Attention {
            query: nothing(2),
            key_value: nothing(4),
            output: nothing(2),
            heads: 1,
            key_value_heads: 1,
            size: 2,
            scale: 1.0,
            cap: None,
            query_norm: None,
            key_norm: None,
            rotary: None,
        },
        attention_post: None,
        after_attention: None,
        parallel: false,
        feed_forward_norm: Some(Norm::root_mean_square(vector([1.0, 1.0]), 0.0)),
        feed_forward: FeedForward {
            input: identity(),
            up: None,
            activation: Activation::Relu,
            output: Linear::new(matrix(values), None),
        },
        feed_forward_post: None,
        after_feed_forward: None,
    };
    let embedding = Embedding {
        tokens: matrix([[1.0, 1.0], [0.0, 0.0]]).into(),
        positions: None,
        padding: None,
        segment: None,
        scale: None,
        norm: None,
    };
    Transformer {
        embedding,
        blocks: vec![block([[0.0, 2.0], [0.0, 4.0]]), block([[10.0, 0.0], [5.0, -5.0]])],
        head: Head {
            transform: None,
            norm: None,
            decoder: Linear::from_rows(matrix([[1.0, 2.0], [0.0, 1.0]]), None),
            cap: None,
        },
        causal: true,
        max_tokens: 4,
    }
}

fn scores(goal: Goal, method: &dyn Method) -> Vec<Vec<f64>> {
    let network = network();
    let step = Step { ids: vec![0], position: 0, target: 0, words: vec![0] };
    let probe = ModelProbe::new(&network, &step, goal, Site::Activation, None, 0, None);
    let p = 1.0 / (1.0 + (-10f64).exp());
    let value = match goal {
        Goal::Probability { .. } => p,
        Goal::LogProbability { .. } => p.ln(),
        _ => 10.0,
    };
    assert!((probe.value() - value).abs() < 1e-5, "F is {}", probe.value());
    method.scores(&probe, &[0, 1]).expect("can be scored").into_iter().map(|layer| layer.scores).collect()
}

#[track_caller]
fn near(found: &[Vec<f64>], expected: [[f64; 2]; 2]) {
    let pairs = found.iter().flatten().zip(expected.iter().flatten());
    assert!(pairs.into_iter().all(|(f, e)| (f - e).abs() < 1e-5), "found {found:?}, expected {expected:?}");
}

#[test]
fn a_network_by_hand() {
    // Layer 1: ∂F/∂h = (1, 2), so values give (10, −5): scores 1/5·10 and 7/5·(−5). Down: (10, −5)/5 by the rule, and (1, 2) beside the
    // block: (3, 1). Layer 0: values give 2 and 4. All of the logit is there: 1·3 + 7·1 = 10.
    near(&scores(Goal::Logit { target: 0 }, &RelevancePatching::USUAL), [[2.0, 4.0], [2.0, -7.0]]);
    // The gradient: the norm turns (10, −5), whose products with (1/5, 7/5) have the mean −5/2, into (21/10, −3/10).
    near(&scores(Goal::Logit { target: 0 }, &GradientActivation::default()), [[3.4, 6.8], [2.0, -7.0]]);
    // Less the other token's logit: ∂F/∂h = (1, 1), values give (10, 0); down (2, 0) and (1, 1).
    let difference = Goal::LogitDifference { target: 0, foil: 1 };
    near(&scores(difference, &RelevancePatching::USUAL), [[2.0, 4.0], [2.0, 0.0]]);
    // ln p = −ln(1 + e^−(difference)): the same times 1 − p. p: times p·(1 − p).
    let p = 1.0 / (1.0 + (-10f64).exp());
    let log = scores(Goal::LogProbability { target: 0 }, &RelevancePatching::USUAL);
    let each = log.iter().flatten().zip([2.0, 4.0, 2.0, 0.0]);
    assert!(each.into_iter().all(|(f, e)| (f - e * (1.0 - p)).abs() < 1e-9), "{log:?}");
    let plain = scores(Goal::Probability { target: 0 }, &RelevancePatching::USUAL);
    let each = plain.iter().flatten().zip([2.0, 4.0, 2.0, 0.0]);
    assert!(each.into_iter().all(|(f, e)| (f - e * p * (1.0 - p)).abs() < 1e-9), "{plain:?}");
}
