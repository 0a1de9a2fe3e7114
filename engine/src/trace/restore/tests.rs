//! Two layers and two tokens, worked out by hand.
//!
//! Hidden states are (s, o). Token 0 is the subject, (1, 0), token 1 the last, (0, 0). Layer 0 has no attention, and its one neuron writes relu(s) into
//! o. Layer 1 has no neurons, and its attention looks at all tokens alike: it adds the mean of their o to s. The object's logit is s of the last
//! token, the other word's 0, so p = σ(s).
//!
//! Clean: o of the subject becomes 1, the mean is ½, p = σ(½). With noise 2 on s of the subject it becomes 3, the mean 3/2, p* = σ(3/2); with
//! noise −4 it stays 0, p* = σ(0).

use super::*;
use crate::nn::{Activation, Attention, Block, FeedForward, Head, Linear};
use crate::transformer::Embedding;
use burn::tensor::Device;

fn matrix<const R: usize, const C: usize>(rows: [[f32; C]; R]) -> Tensor<2> {
    Tensor::from_data(TensorData::from(rows), &Device::flex())
}

fn network() -> Transformer {
    let nothing = || Linear::new(matrix([[0.0; 2]; 2]), None);
    // Keys, then values: the value of a token is (o, 0).
    let of_values = Linear::new(matrix([[0.0, 0.0, 0.0, 0.0], [0.0, 0.0, 1.0, 0.0]]), None);
    let block = |output: Linear, key_value: Linear, written: f32| Block {
        attention_norm: None,
        attention: Attention {
            query: nothing(),
            key_value,
            output,
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
        feed_forward_norm: None,
        feed_forward: FeedForward {
            input: Linear::new(matrix([[1.0], [0.0]]), None),
            up: None,
            activation: Activation::Relu,
            output: Linear::new(matrix([[0.0, written]]), None),
        },
        feed_forward_post: None,
        after_feed_forward: None,
    };
    let identity = Linear::new(matrix([[1.0, 0.0], [0.0, 1.0]]), None);
    let nowhere = Linear::new(matrix([[0.0; 4]; 2]), None);
    let embedding = Embedding {
        tokens: matrix([[1.0, 0.0], [0.0, 0.0]]).into(),
        positions: None,
        padding: None,
        segment: None,
        scale: None,
        norm: None,
    };
    Transformer {
        embedding,
        blocks: vec![block(nothing(), nowhere, 1.0), block(identity, of_values, 0.0)],
        head: Head {
            transform: None,
            norm: None,
            decoder: Linear::from_rows(matrix([[1.0, 0.0], [0.0, 0.0]]), None),
            cap: None,
        },
        causal: true,
        max_tokens: 4,
    }
}

fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

/// Of both draws, `[token][layer]`.
fn restored(restore: Restore, window: usize, rows: usize) -> Vec<Vec<Vec<f64>>> {
    let network = network();
    let step = Step { ids: vec![0, 1], position: 1, target: 0, words: vec![0, 1] };
    let passes = Passes { network: &network, restore, window, rows };
    let found = passes.step(&step, 0..1, &[vec![2.0, 0.0], vec![-4.0, 0.0]], &[0, 1]);
    let near = |a: f64, b: f64| (a - b).abs() < 1e-6;
    assert!(near(found.standing.probability, sigmoid(0.5)));
    assert!(near(found.corrupted[0], sigmoid(1.5)) && near(found.corrupted[1], 0.5), "{:?}", found.corrupted);
    found.restored
}

#[test]
fn what_is_put_back_where_the_fact_passes_restores_p() {
    // Token, layer.
    for (restore, window, whole) in [
        (Restore::Hidden, 1, [(0, 0), (1, 1)].as_slice()),
        (Restore::FeedForward, 1, &[(0, 0)]),
        (Restore::Attention, 1, &[(1, 1)]),
        // Of layer 0 the window is layer 0 alone, of layer 1 both.
        (Restore::FeedForward, 2, &[(0, 0), (0, 1)]),
        (Restore::Attention, 2, &[(1, 1)]),
        (Restore::Hidden, 2, &[(0, 0), (0, 1), (1, 1)]),
        // Of either layer both.
        (Restore::Attention, 3, &[(1, 0), (1, 1)]),
    ] {
        for rows in [1, 100] {
            let found = restored(restore, window, rows);
            for (token, layers) in found.iter().enumerate() {
                for (layer, draws) in layers.iter().enumerate() {
                    let clean = whole.contains(&(token, layer));
                    let expected = if clean { [sigmoid(0.5); 2] } else { [sigmoid(1.5), 0.5] };
                    let apart = draws.iter().zip(expected).map(|(found, expected)| (found - expected).abs());
                    assert!(
                        draws.len() == 2 && apart.fold(0.0, f64::max) < 1e-6,
                        "{restore:?}, window {window}, token {token}, layer {layer}: {draws:?}, not {expected:?}"
                    );
                }
            }
        }
    }
}
