//! Small random parts of transformers, and gradients by burn's autodiff.

use burn::tensor::{Device, Tensor, TensorData};
use kndb_engine::nn::{Activation, Attention, Block, Cap, FeedForward, Linear, Norm, Rotary};

pub const HIDDEN: usize = 8;
pub const WIDTH: usize = 12;
pub const TOKENS: usize = 5;
pub const ROWS: usize = 3;
const SIZE: usize = 4;
const HEADS: usize = 4;

/// Numbers between −1 and 1, always the same ones.
pub struct Numbers(u64);

impl Numbers {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    fn next(&mut self) -> f32 {
        // Knuth's MMIX constants.
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 40) as f32 / (1u64 << 23) as f32 - 1.0
    }

    pub fn matrix(&mut self, rows: usize, columns: usize) -> Tensor<2> {
        let values: Vec<f32> = (0..rows * columns).map(|_| self.next()).collect();
        Tensor::from_data(TensorData::new(values, [rows, columns]), &cpu())
    }

    pub fn vector(&mut self, size: usize) -> Tensor<1> {
        self.matrix(1, size).reshape([size])
    }

    pub fn linear(&mut self, inputs: usize, outputs: usize, bias: bool) -> Linear {
        let weight = self.matrix(inputs, outputs);
        Linear::new(weight, bias.then(|| self.vector(outputs)))
    }

    pub fn layer_norm(&mut self, size: usize) -> Norm {
        Norm::layer(self.vector(size) + 1.5, self.vector(size), 1e-5)
    }

    pub fn rms_norm(&mut self, size: usize) -> Norm {
        Norm::root_mean_square(self.vector(size) + 1.5, 1e-6)
    }

    /// Attention with as many key-value heads, query and key norms and rotary positions if asked for.
    pub fn attention(&mut self, key_value_heads: usize, norms: bool, rotary: bool) -> Attention {
        Attention {
            query: self.linear(HIDDEN, HEADS * SIZE, true),
            key_value: self.linear(HIDDEN, 2 * key_value_heads * SIZE, true),
            output: self.linear(HEADS * SIZE, HIDDEN, true),
            heads: HEADS,
            key_value_heads,
            size: SIZE,
            scale: 0.5,
            cap: None,
            query_norm: norms.then(|| self.rms_norm(SIZE)),
            key_norm: norms.then(|| self.rms_norm(SIZE)),
            rotary: rotary.then(|| Rotary::new(100.0, SIZE, 16, &cpu())),
        }
    }

    pub fn feed_forward(&mut self, gated: bool, activation: Activation) -> FeedForward {
        FeedForward {
            input: self.linear(HIDDEN, WIDTH, !gated),
            up: gated.then(|| self.linear(HIDDEN, WIDTH, false)),
            activation,
            output: self.linear(WIDTH, HIDDEN, !gated),
        }
    }

    /// The same, capped, with half of each head turned and turned entries longer.
    pub fn capped_attention(&mut self, key_value_heads: usize) -> Attention {
        let rotary = Rotary::scaled(&Rotary::frequencies(100.0, SIZE / 2), 1.25, 16, &cpu());
        Attention { cap: Some(Cap(0.7)), rotary: Some(rotary), ..self.attention(key_value_heads, false, false) }
    }

    /// A block laid out as an architecture does.
    pub fn block(&mut self, layout: Layout) -> Block {
        let plain = Block {
            attention_norm: None,
            attention: match layout {
                Layout::Bert | Layout::Gpt2 => self.attention(HEADS, false, false),
                Layout::Gemma2 | Layout::NeoX | Layout::Phi => self.capped_attention(2),
                Layout::Llama => self.attention(2, false, true),
                Layout::Gemma => self.attention(1, true, true),
            },
            attention_post: None,
            after_attention: None,
            parallel: false,
            feed_forward_norm: None,
            feed_forward: match layout {
                Layout::Bert => self.feed_forward(false, Activation::Gelu),
                Layout::Gpt2 | Layout::Phi => self.feed_forward(false, Activation::GeluTanh),
                Layout::NeoX => self.feed_forward(false, Activation::QuickGelu),
                Layout::Llama => self.feed_forward(true, Activation::Silu),
                Layout::Gemma | Layout::Gemma2 => self.feed_forward(true, Activation::GeluTanh),
            },
            feed_forward_post: None,
            after_feed_forward: None,
        };
        match layout {
            Layout::Bert => Block {
                after_attention: Some(self.layer_norm(HIDDEN)),
                after_feed_forward: Some(self.layer_norm(HIDDEN)),
                ..plain
            },
            Layout::Gpt2 => Block {
                attention_norm: Some(self.layer_norm(HIDDEN)),
                feed_forward_norm: Some(self.layer_norm(HIDDEN)),
                ..plain
            },
            Layout::Llama => Block {
                attention_norm: Some(self.rms_norm(HIDDEN)),
                feed_forward_norm: Some(self.rms_norm(HIDDEN)),
                ..plain
            },
            Layout::NeoX => Block {
                attention_norm: Some(self.layer_norm(HIDDEN)),
                parallel: true,
                feed_forward_norm: Some(self.layer_norm(HIDDEN)),
                ..plain
            },
            Layout::Phi => {
                let norm = Some(self.layer_norm(HIDDEN));
                Block { attention_norm: norm.clone(), parallel: true, feed_forward_norm: norm, ..plain }
            }
            Layout::Gemma | Layout::Gemma2 => Block {
                attention_norm: Some(self.rms_norm(HIDDEN)),
                attention_post: Some(self.rms_norm(HIDDEN)),
                feed_forward_norm: Some(self.rms_norm(HIDDEN)),
                feed_forward_post: Some(self.rms_norm(HIDDEN)),
                ..plain
            },
        }
    }
}

#[derive(Clone, Copy, Debug)]
pub enum Layout {
    Bert,
    Gpt2,
    Llama,
    Gemma,
    Gemma2,
    NeoX,
    Phi,
}

impl Layout {
    pub const CAUSAL: [Self; 6] = [Self::Gpt2, Self::Llama, Self::Gemma, Self::Gemma2, Self::NeoX, Self::Phi];

    pub fn all() -> impl Iterator<Item = Self> {
        [Self::Bert].into_iter().chain(Self::CAUSAL)
    }
}

pub fn cpu() -> Device {
    kndb_engine::device("cpu").expect("the CPU is there")
}

/// ∂/∂x Σ d∘f(x) by autodiff.
pub fn autodiff<const D: usize, const E: usize>(
    x: &Tensor<D>,
    d: &Tensor<E>,
    f: impl FnOnce(Tensor<D>) -> Tensor<E>,
) -> Tensor<D> {
    let x = x.clone().autodiff().require_grad();
    let gradients = (f(x.clone()) * d.clone()).sum().backward();
    x.grad(&gradients).expect("f depends on x")
}

/// The neurons of a feed-forward block, by operations that autodiff can follow; the block's own values are fused on the CPU.
pub fn neurons(part: &FeedForward, x: Tensor<2>) -> Tensor<2> {
    let active = part.activation.forward(part.input.forward(x.clone()));
    match &part.up {
        None => active,
        Some(up) => active * up.forward(x),
    }
}

/// The output of a block whose attention gives `attended(normalised x)`, by operations that autodiff can follow.
pub fn output(block: &Block, x: Tensor<2>, attended: impl FnOnce(Tensor<2>) -> Tensor<2>) -> Tensor<2> {
    let through = |norm: &Option<Norm>, x: Tensor<2>| match norm {
        None => x,
        Some(norm) => norm.forward(x).0,
    };
    let a = through(&block.attention_post, attended(through(&block.attention_norm, x.clone())));
    let h = through(&block.after_attention, x.clone() + a);
    let read = if block.parallel { x } else { h.clone() };
    let w = neurons(&block.feed_forward, through(&block.feed_forward_norm, read));
    let y = through(&block.feed_forward_post, block.feed_forward.output.forward(w));
    through(&block.after_feed_forward, h + y)
}

/// The rows `position`, `position + tokens` ….
pub fn every(x: &Tensor<2>, tokens: usize, position: usize) -> Tensor<2> {
    let [all, columns] = x.dims();
    let cut: Tensor<3> = x.clone().reshape([all / tokens, tokens, columns]);
    cut.slice_dim(1, position..position + 1).reshape([all / tokens, columns])
}

/// Differences are at most 1e-5 of the largest value.
#[track_caller]
pub fn same<const D: usize>(what: &str, found: Tensor<D>, expected: Tensor<D>) {
    assert_eq!(found.dims(), expected.dims(), "{what}");
    let host = |tensor: Tensor<D>| tensor.into_data().iter::<f32>().collect::<Vec<_>>();
    let (found, expected) = (host(found), host(expected));
    let largest = expected.iter().fold(0.0f32, |largest, value| largest.max(value.abs()));
    let apart = found.iter().zip(&expected).fold(0.0f32, |apart, (f, e)| apart.max((f - e).abs()));
    assert!(largest > 0.0 && found.iter().all(|value| value.is_finite()), "{what}: nothing to compare");
    assert!(apart <= 1e-5 * largest, "{what}: differ by {:e} of the largest value", apart / largest);
}
