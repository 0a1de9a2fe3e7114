//! Backward passes by hand against burn's autodiff, and the cached forward pass against the whole sentence.

#[path = "backward/parts.rs"]
mod parts;

use burn::tensor::{Tensor, TensorData};
use kndb_engine::Goal;
use kndb_engine::nn::{Activation, Attention, AttentionState, Cap, Head, Linear, Rotary, Rules, Sentences, Variants};
use parts::{HIDDEN, Layout, Numbers, ROWS, TOKENS, WIDTH, autodiff, cpu, every, same};

const ACTIVATIONS: [Activation; 5] =
    [Activation::Gelu, Activation::GeluTanh, Activation::QuickGelu, Activation::Silu, Activation::Relu];

/// Attention as BERT and GPT-2, Llama and Qwen 2, Qwen 3, Gemma 3, Gemma 2 have it; the last with half of each head turned.
fn attentions() -> Vec<(&'static str, Attention)> {
    let mut numbers = Numbers::new(1);
    vec![
        ("plain", numbers.attention(4, false, false)),
        ("grouped, rotary", numbers.attention(2, false, true)),
        ("grouped, rotary, norms", numbers.attention(2, true, true)),
        ("one key-value head, norms", numbers.attention(1, true, false)),
        ("grouped, capped, partly rotary, longer", numbers.capped_attention(2)),
    ]
}

/// act(x) and act′(x) in float64; Φ by Simpson's rule, as Rust has no error function.
fn exact(activation: Activation, x: f64) -> (f64, f64) {
    let density = |x: f64| (-x * x / 2.0).exp() / (2.0 * std::f64::consts::PI).sqrt();
    let logistic = |x: f64| 1.0 / (1.0 + (-x).exp());
    match activation {
        Activation::Gelu => {
            const PARTS: usize = 2000;
            let step = x / PARTS as f64;
            let weight = |i: usize| if i == 0 || i == PARTS { 1.0 } else { 2.0 + 2.0 * (i % 2) as f64 };
            let sum: f64 = (0..=PARTS).map(|i| weight(i) * density(i as f64 * step)).sum();
            let cumulative = 0.5 + sum * step / 3.0;
            (x * cumulative, cumulative + x * density(x))
        }
        Activation::GeluTanh => {
            // tanh u = 2σ(2u) − 1, so that act(x) = x·σ(2u).
            let scale = 2.0 * (2.0 / std::f64::consts::PI).sqrt();
            let s = logistic(scale * (x + 0.044_715 * x.powi(3)));
            (x * s, s + x * s * (1.0 - s) * scale * (1.0 + 3.0 * 0.044_715 * x * x))
        }
        Activation::Silu => {
            let s = logistic(x);
            (x * s, s + x * s * (1.0 - s))
        }
        Activation::QuickGelu => {
            let s = logistic(1.702 * x);
            (x * s, s + x * s * (1.0 - s) * 1.702)
        }
        Activation::Relu => (x.max(0.0), if x > 0.0 { 1.0 } else { 0.0 }),
    }
}

#[test]
fn activations_and_derivatives_against_their_formulas() {
    // Not against autodiff: burn's own backward pass of GELU is an approximation on some backends.
    let mut points: Vec<f32> = (-240..=240).map(|i| i as f32 / 40.0).collect();
    points.extend([-30.0, -12.5, -1e-4, 1e-4, 9.0, 25.0]);
    for activation in ACTIVATIONS {
        let x = Tensor::<1>::from_data(TensorData::new(points.clone(), [points.len()]), &cpu());
        let host = |tensor: Tensor<1>| tensor.into_data().iter::<f32>().map(f64::from).collect::<Vec<_>>();
        let (values, slopes) = (host(activation.forward(x.clone())), host(activation.derivative(x.clone())));
        let (fused, fused_slopes) = activation.forward_and_derivative(x.unsqueeze_dim(0));
        let row = |tensor: Tensor<2>| host(tensor.reshape([points.len()]));
        for (values, slopes) in [(values, slopes), (row(fused), row(fused_slopes))] {
            for ((&x, value), slope) in points.iter().zip(values).zip(slopes) {
                let (exact_value, exact_slope) = exact(activation, f64::from(x));
                let allowed = 1e-6 * f64::from(x.abs()).max(1.0);
                assert!((value - exact_value).abs() <= allowed, "{activation:?}({x}) is {value}");
                assert!((slope - exact_slope).abs() <= 2e-6, "{activation:?}'({x}) is {slope}, not {exact_slope}");
            }
        }
    }
}

#[test]
fn linear() {
    let mut numbers = Numbers::new(2);
    for bias in [false, true] {
        let map = numbers.linear(HIDDEN, WIDTH, bias);
        let (x, d) = (numbers.matrix(ROWS, HIDDEN), numbers.matrix(ROWS, WIDTH));
        same("linear", map.backward(d.clone()), autodiff(&x, &d, |x| map.forward(x)));
        let turned = Linear::from_rows(map.rows().transpose(), map.bias().map(|bias| bias.reshape([WIDTH])));
        same("from rows", turned.forward(x.clone()), map.forward(x));
        same("from rows, back", turned.backward(d.clone()), map.backward(d));
        same("an output's weights", map.output_row(5), map.rows().slice_dim(1, 5..6).transpose());
    }
}

#[test]
fn norms() {
    let mut numbers = Numbers::new(3);
    for (what, norm) in [("layer", numbers.layer_norm(HIDDEN)), ("root mean square", numbers.rms_norm(HIDDEN))] {
        let (x, d) = (numbers.matrix(ROWS, HIDDEN) * 3.0 + 0.7, numbers.matrix(ROWS, HIDDEN));
        let (_, state) = norm.forward(x.clone());
        let expected = autodiff(&x, &d, |x| norm.forward(x).0);
        same(what, norm.backward(&state, d, Rules::EXACT), expected);
    }
}

#[test]
fn rotary() {
    let mut numbers = Numbers::new(4);
    let rotary = Rotary::new(10_000.0, 6, 20, &cpu());
    let mut heads = || numbers.matrix(2 * 3 * TOKENS, 6).reshape([2, 3, TOKENS, 6]);
    let (x, d): (Tensor<4>, Tensor<4>) = (heads(), heads());
    for first in [0, 7, 15] {
        same("rotary", rotary.backward(d.clone(), first), autodiff(&x, &d, |x| rotary.forward(x, first)));
        same("and back", rotary.backward(rotary.forward(x.clone(), first), first), x.clone());
    }
    same("nothing turns at position 0", rotary.forward(x.clone(), 0).slice_dim(2, 0..1), x.slice_dim(2, 0..1));
}

#[test]
fn rotary_turns_halves_by_position() {
    // Head size 4, θ = 100: angles p and p/10. (1, 0, 0, 0) turns in the plane of entries 0 and 2, (0, 1, 0, 0) of 1 and 3.
    let rotary = Rotary::new(100.0, 4, 8, &cpu());
    let unit = |i: usize| {
        let mut values = [0.0f32; 4];
        values[i] = 1.0;
        Tensor::<4>::from_data(TensorData::new(values.to_vec(), [1, 1, 1, 4]), &cpu())
    };
    let expect = |values: [f32; 4]| Tensor::<4>::from_data(TensorData::new(values.to_vec(), [1, 1, 1, 4]), &cpu());
    let (p, q) = (3f32, 0.3f32);
    same("fast", rotary.forward(unit(0), 3), expect([p.cos(), 0.0, p.sin(), 0.0]));
    same("slow", rotary.forward(unit(3), 3), expect([0.0, -q.sin(), 0.0, q.cos()]));
}

#[test]
fn rotary_of_a_part_of_a_head_leaves_the_rest() {
    // One pair of four entries, half a turn's angle a position, twice as long: (1, 2, 3, 4) at position 2 with angle 1.
    let rotary = Rotary::scaled(&[0.5], 2.0, 8, &cpu());
    let tensor = |values: [f32; 4]| Tensor::<4>::from_data(TensorData::new(values.to_vec(), [1, 1, 1, 4]), &cpu());
    let (c, s) = (2.0 * 1f32.cos(), 2.0 * 1f32.sin());
    same("turned", rotary.forward(tensor([1.0, 2.0, 3.0, 4.0]), 2), tensor([c - 2.0 * s, 2.0 * c + s, 3.0, 4.0]));
}

/// ROWS sentences, all tokens of which ask.
const WHOLE: Sentences = Sentences { count: ROWS, tokens: TOKENS, only: None };

/// ∂F/∂x of what asked, and of all tokens.
fn back(attention: &Attention, state: &AttentionState, d: &Tensor<2>) -> (Tensor<2>, Tensor<2>) {
    let (asked, all) = attention.backward(state, d.clone(), Rules::EXACT);
    (asked.expect("the pattern is no constant"), all)
}

#[test]
fn attention_over_whole_sentences() {
    let mut numbers = Numbers::new(5);
    for (name, attention) in attentions() {
        for causal in [false, true] {
            let (x, d) = (numbers.matrix(ROWS * TOKENS, HIDDEN), numbers.matrix(ROWS * TOKENS, HIDDEN));
            let (whole, state) = attention.forward(x.clone(), &[WHOLE], causal);
            let (asked, all) = back(&attention, &state, &d);
            let expected = autodiff(&x, &d, |x| attention.forward(x, &[WHOLE], causal).0);
            same(&format!("{name}, causal {causal}"), asked + all, expected);
            for position in [0, 2, TOKENS - 1] {
                let what = format!("{name}, causal {causal}, only {position}");
                let d = every(&d, TOKENS, position);
                let one = [Sentences { only: Some(position), ..WHOLE }];
                let (out, state) = attention.forward(x.clone(), &one, causal);
                same(&what, out, every(&whole, TOKENS, position));
                let (asked, all) = back(&attention, &state, &d);
                let expected = autodiff(&x, &d, |x| attention.forward(x, &one, causal).0);
                // What the token gets as the one that asks and as one of those that are asked.
                let own = asked + every(&all, TOKENS, position);
                same(&what, own, every(&expected, TOKENS, position));
                let other = if position == 0 { 1 } else { 0 };
                if !causal || other < position {
                    same(&what, every(&all, TOKENS, other), every(&expected, TOKENS, other));
                }
            }
        }
    }
}

/// `x: [tokens × hidden]` once for each row of `last`, with that row as its last token.
fn sentences(x: &Tensor<2>, last: &Tensor<2>, tokens: usize) -> Tensor<2> {
    let rows = last.dims()[0];
    let parts = (0..rows).flat_map(|row| {
        let before = (tokens > 1).then(|| x.clone().slice_dim(0, 0..tokens - 1));
        before.into_iter().chain([last.clone().slice_dim(0, row..row + 1)])
    });
    Tensor::cat(parts.collect(), 0)
}

#[test]
fn attention_to_a_cache() {
    let mut numbers = Numbers::new(6);
    for (name, attention) in attentions() {
        for tokens in [1, 2, TOKENS] {
            let what = format!("{name}, {tokens} tokens");
            let (x, last) = (numbers.matrix(tokens, HIDDEN), numbers.matrix(ROWS, HIDDEN));
            let d = numbers.matrix(ROWS, HIDDEN);
            let cache = attention.cache(x.clone(), tokens);
            let variants = [Variants { count: ROWS, cache: &cache }];
            let (out, state) = attention.forward_cached(last.clone(), &variants);
            let all = Sentences::whole(ROWS, tokens);
            let (whole, _) = attention.forward(sentences(&x, &last, tokens), &[all], true);
            same(&what, out, every(&whole, tokens, tokens - 1));
            let expected = autodiff(&last, &d, |last| attention.forward_cached(last, &variants).0);
            same(&what, attention.backward_cached(&state, d.clone(), Rules::EXACT), expected);
            let slow = autodiff(&last, &d, |last| {
                let one = Sentences { only: Some(tokens - 1), ..all };
                let (whole, _) = attention.forward(sentences(&x, &last, tokens), &[one], true);
                whole
            });
            same(&what, attention.backward_cached(&state, d, Rules::EXACT), slow);
        }
    }
}

#[test]
fn feed_forward() {
    let mut numbers = Numbers::new(7);
    for activation in ACTIVATIONS {
        for gated in [false, true] {
            let part = numbers.feed_forward(gated, activation);
            assert_eq!(part.width(), WIDTH);
            let (x, d) = (numbers.matrix(ROWS, HIDDEN), numbers.matrix(ROWS, WIDTH));
            let what = format!("{activation:?}, gated {gated}");
            let (neurons, state) = part.neurons(x.clone(), Rules::EXACT);
            same(&what, neurons, parts::neurons(&part, x.clone()));
            same(&what, part.backward(&state, d.clone()), autodiff(&x, &d, |x| parts::neurons(&part, x)));
            let (traced, before, up) = part.trace(x.clone());
            assert_eq!(up.is_some(), gated, "{what}");
            same(&what, traced, parts::neurons(&part, x.clone()));
            same(&what, before, part.input.forward(x));
        }
    }
}

#[test]
fn blocks_over_whole_sentences() {
    let mut numbers = Numbers::new(8);
    for layout in Layout::all() {
        let block = numbers.block(layout);
        let (x, d) = (numbers.matrix(ROWS * TOKENS, HIDDEN), numbers.matrix(ROWS * TOKENS, HIDDEN));
        for only in [None, Some(0), Some(3), Some(TOKENS - 1)] {
            let what = format!("{layout:?}, only {only:?}");
            let at = |t: &Tensor<2>| only.map_or_else(|| t.clone(), |position| every(t, TOKENS, position));
            let d = at(&d);
            let asking = [Sentences { only, ..WHOLE }];
            let (out, state) = block.forward(x.clone(), &asking, Rules::EXACT, |neurons| neurons);
            let (dx, dw) = block.backward(&state, d.clone());
            let expected = autodiff(&x, &d, |x| {
                let attended = |x| block.attention.forward(x, &[WHOLE], false).0;
                at(&parts::output(&block, x, attended))
            });
            same(&what, dx, expected);
            let trace = block.trace(x.clone(), TOKENS, false);
            same(&what, out, at(&trace.output));
            let (residual, neurons) = (at(&trace.residual), at(&trace.neurons));
            same(&what, dw, autodiff(&neurons, &d, |neurons| block.join(residual, neurons).0));
        }
    }
}

/// Some rows of a matrix.
fn part(x: &Tensor<2>, rows: std::ops::Range<usize>) -> Tensor<2> {
    x.clone().slice_dim(0, rows)
}

#[test]
fn sentences_of_several_prompts_know_nothing_of_each_other() {
    let mut numbers = Numbers::new(12);
    for layout in Layout::all() {
        let block = numbers.block(layout);
        for only in [[None; 3], [Some(4), Some(0), Some(1)], [None, Some(2), None]] {
            let lengths = [(2, TOKENS), (1, 3), (3, 2)].into_iter().zip(only);
            let all: Vec<Sentences> =
                lengths.map(|((count, tokens), only)| Sentences { count, tokens, only }).collect();
            let (rows, asking) = (10 + 3 + 6, |s: &Sentences| s.only.map_or(s.count * s.tokens, |_| s.count));
            let (x, d) = (numbers.matrix(rows, HIDDEN), numbers.matrix(all.iter().map(asking).sum(), HIDDEN));
            let (out, state) = block.forward(x.clone(), &all, Rules::EXACT, |neurons| neurons);
            let (dx, dw) = block.backward(&state, d.clone());
            let (mut row, mut asked) = (0, 0);
            for own in &all {
                let what = format!("{layout:?}, {own:?}");
                let (rows, asking) = (row..row + own.count * own.tokens, asked..asked + asking(own));
                (row, asked) = (rows.end, asking.end);
                let (alone, state) = block.forward(part(&x, rows.clone()), &[*own], Rules::EXACT, |neurons| neurons);
                same(&what, part(&out, asking.clone()), alone);
                let (dx_alone, dw_alone) = block.backward(&state, part(&d, asking.clone()));
                same(&what, part(&dx, rows), dx_alone);
                same(&what, part(&dw, asking), dw_alone);
            }
        }
    }
}

#[test]
fn last_tokens_of_several_prompts_know_nothing_of_each_other() {
    let mut numbers = Numbers::new(13);
    for layout in Layout::CAUSAL {
        let block = numbers.block(layout);
        let caches = [TOKENS, 1, 2].map(|tokens| block.cache(numbers.matrix(tokens, HIDDEN), tokens));
        let all: Vec<Variants<'_>> =
            [2, 3, 1].into_iter().zip(&caches).map(|(count, cache)| Variants { count, cache }).collect();
        let (x, d) = (numbers.matrix(6, HIDDEN), numbers.matrix(6, HIDDEN));
        let (out, state) = block.forward_cached(x.clone(), &all, Rules::EXACT, |neurons| neurons);
        let (dx, dw) = block.backward(&state, d.clone());
        let mut row = 0;
        for own in &all {
            let what = format!("{layout:?}, {} rows from {row}", own.count);
            let rows = row..row + own.count;
            row = rows.end;
            let (alone, state) = block.forward_cached(part(&x, rows.clone()), &[*own], Rules::EXACT, |neurons| neurons);
            same(&what, part(&out, rows.clone()), alone);
            let (dx_alone, dw_alone) = block.backward(&state, part(&d, rows.clone()));
            same(&what, part(&dx, rows.clone()), dx_alone);
            same(&what, part(&dw, rows), dw_alone);
        }
    }
}

#[test]
fn the_end_of_a_block() {
    let mut numbers = Numbers::new(9);
    for layout in Layout::all() {
        let block = numbers.block(layout);
        let (residual, neurons) = (numbers.matrix(ROWS, HIDDEN), numbers.matrix(ROWS, WIDTH));
        let d = numbers.matrix(ROWS, HIDDEN);
        let (_, state) = block.join(residual.clone(), neurons.clone());
        let (dresidual, dneurons) = block.join_backward(&state, d.clone(), Rules::EXACT);
        let what = format!("{layout:?}");
        same(&what, dresidual, autodiff(&residual, &d, |residual| block.join(residual, neurons.clone()).0));
        same(&what, dneurons, autodiff(&neurons, &d, |neurons| block.join(residual, neurons).0));
    }
}

#[test]
fn blocks_with_a_cache() {
    let mut numbers = Numbers::new(10);
    for layout in Layout::CAUSAL {
        let block = numbers.block(layout);
        for tokens in [1, 2, TOKENS] {
            let what = format!("{layout:?}, {tokens} tokens");
            let (x, last) = (numbers.matrix(tokens, HIDDEN), numbers.matrix(ROWS, HIDDEN));
            let d = numbers.matrix(ROWS, HIDDEN);
            let cache = block.cache(x.clone(), tokens);
            let variants = [Variants { count: ROWS, cache: &cache }];
            let (out, state) = block.forward_cached(last.clone(), &variants, Rules::EXACT, |neurons| neurons);
            let trace = block.trace(sentences(&x, &last, tokens), tokens, true);
            same(&what, out, every(&trace.output, tokens, tokens - 1));
            let (dx, dw) = block.backward(&state, d.clone());
            let expected = autodiff(&last, &d, |last| {
                let attended = |x| block.attention.forward_cached(x, &variants).0;
                parts::output(&block, last, attended)
            });
            same(&what, dx, expected);
            let at = |t: Tensor<2>| every(&t, tokens, tokens - 1);
            let (residual, neurons) = (at(trace.residual), at(trace.neurons));
            same(&what, dw, autodiff(&neurons, &d, |neurons| block.join(residual, neurons).0));
        }
    }
}

#[test]
fn heads() {
    const VOCABULARY: usize = 17;
    let mut numbers = Numbers::new(11);
    for (what, transform, normed, cap) in [
        ("BERT", true, true, None),
        ("GPT-2", false, true, None),
        ("Gemma 2", false, true, Some(Cap(0.8))),
        ("bare", false, false, None),
    ] {
        let head = Head {
            transform: transform.then(|| (numbers.linear(HIDDEN, HIDDEN, true), Activation::Gelu)),
            norm: normed.then(|| numbers.layer_norm(HIDDEN)),
            decoder: numbers.linear(HIDDEN, VOCABULARY, transform),
            cap,
        };
        let x = numbers.matrix(ROWS, HIDDEN);
        for target in [0, 9, VOCABULARY - 1] {
            let what = format!("{what}, target {target}");
            let ones = Tensor::ones([ROWS, 1], &cpu());
            let column = |t: Tensor<2>, at: usize| t.slice_dim(1, at..at + 1);
            let (token, foil) = (target as u32, 4);
            let share = |x| column(burn::tensor::activation::softmax(head.logits(x), 1), target);
            let log = |x| column(burn::tensor::activation::log_softmax(head.logits(x), 1), target);
            let logit = |x| column(head.logits(x), target);
            let apart = |x: Tensor<2>| column(head.logits(x.clone()), target) - column(head.logits(x), foil);
            let goals: [(Goal, &dyn Fn(Tensor<2>) -> Tensor<2>); 4] = [
                (Goal::Probability { target: token }, &share),
                (Goal::LogProbability { target: token }, &log),
                (Goal::Logit { target: token }, &logit),
                (Goal::LogitDifference { target: token, foil: foil as u32 }, &apart),
            ];
            for (goal, expected) in goals {
                let what = format!("{what}, {goal:?}");
                let (value, state) = head.forward(x.clone(), goal);
                same(&what, value.clone(), expected(x.clone()));
                same(&what, head.backward(&state, Rules::EXACT), autodiff(&x, &ones, expected));
                let (values, gradient) = head.values(x.clone(), &[goal; ROWS], Some(Rules::EXACT));
                same(&what, Tensor::from_data(TensorData::new(values, [ROWS, 1]), &cpu()), value);
                same(&what, gradient.expect("was asked for"), head.backward(&state, Rules::EXACT));
            }
            let logs = TensorData::new(head.log_probability(x.clone(), target), [ROWS, 1]);
            same(&what, Tensor::from_data(logs, &cpu()), log(x.clone()));
        }
    }
}

#[test]
fn a_logarithm_of_a_probability_is_right_where_the_probability_is_0_and_where_it_is_1() {
    // Logits 0 and x: ln p = −ln(1 + e^∓x). e^200 is infinite in f32, and 1 − 1e-6 has one digit less than it needs.
    let identity = Tensor::<2>::from_data(TensorData::new(vec![1.0f32, 0.0], [1, 2]), &cpu());
    let head = Head { transform: None, norm: None, decoder: Linear::new(identity, None), cap: None };
    for x in [-200.0f32, -40.0, -3.0, 0.0, 3.0, 14.0] {
        let at = Tensor::<2>::from_data(TensorData::new(vec![x], [1, 1]), &cpu());
        let (values, gradient) = head.values(at, &[Goal::LogProbability { target: 0 }], Some(Rules::EXACT));
        let wide = f64::from(x);
        let (expected, slope) = (-(-wide).exp().ln_1p(), 1.0 / (1.0 + wide.exp()));
        let expected = if wide < -50.0 { wide } else { expected };
        assert!(
            (f64::from(values[0]) - expected).abs() <= 1e-7 * expected.abs().max(1.0),
            "ln p at {x} is {}",
            values[0]
        );
        let found = f64::from(gradient.expect("was asked for").into_scalar::<f32>());
        assert!((found - slope).abs() <= 1e-6 * slope, "its slope at {x} is {found}, not {slope}");
    }
}
