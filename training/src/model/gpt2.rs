//! `GPT2LMHeadModel`: norms before each block, GELU by the hyperbolic tangent, head tied to the embeddings.

use burn::module::{Initializer, Module, Param};
use burn::nn::{Embedding, EmbeddingConfig, LayerNorm, LayerNormConfig};
use burn::tensor::{Device, Tensor, TensorData};
use serde_json::{Value, json};

use super::attention::attend;
use super::{DEVIATION, LanguageModel, POSITIONS, Sizes, at_places};
use crate::error::Result;
use crate::rows::Batch;
use crate::tokenizer::{END_OF_TEXT, Encoder};

const EPSILON: f64 = 1e-5;

/// The model.
#[derive(Module, Debug)]
pub struct Gpt2 {
    transformer: Body,
}

#[derive(Module, Debug)]
struct Body {
    wte: Embedding,
    wpe: Embedding,
    h: Vec<Layer>,
    ln_f: LayerNorm,
}

#[derive(Module, Debug)]
struct Layer {
    ln_1: LayerNorm,
    attn: Attention,
    ln_2: LayerNorm,
    mlp: FeedForward,
}

#[derive(Module, Debug)]
struct Attention {
    c_attn: Conv1D,
    c_proj: Conv1D,
    #[module(skip)]
    heads: usize,
}

#[derive(Module, Debug)]
struct FeedForward {
    c_fc: Conv1D,
    c_proj: Conv1D,
}

/// A linear map whose weights are written `[in, out]`. A struct of its own, since burn's adapter would transpose
/// those of its `Linear`.
#[derive(Module, Debug)]
struct Conv1D {
    weight: Param<Tensor<2>>,
    bias: Param<Tensor<1>>,
}

impl Conv1D {
    fn new(from: usize, to: usize, deviation: f64, device: &Device) -> Self {
        let weight = Initializer::Normal { mean: 0.0, std: deviation }.init([from, to], device);
        Self { weight, bias: Initializer::Zeros.init([to], device) }
    }

    fn forward(&self, x: Tensor<3>) -> Tensor<3> {
        let [rows, length, from] = x.dims();
        let weight = self.weight.val();
        let [_, to] = weight.dims();
        let y = x.reshape([rows * length, from]).matmul(weight) + self.bias.val().unsqueeze();
        y.reshape([rows, length, to])
    }
}

/// `gelu_new`.
fn gelu_new(x: Tensor<3>) -> Tensor<3> {
    let cube = x.clone() * x.clone() * x.clone();
    let inner = (x.clone() + cube * 0.044_715) * (2.0 / std::f64::consts::PI).sqrt();
    x * (inner.tanh() + 1.0) * 0.5
}

impl Layer {
    fn new(sizes: &Sizes, device: &Device) -> Self {
        let norm = || LayerNormConfig::new(sizes.hidden).with_epsilon(EPSILON).init(device);
        // GPT-2 starts what is added to the residual stream smaller, by the number of additions.
        let added = DEVIATION / (2.0 * sizes.layers as f64).sqrt();
        Self {
            ln_1: norm(),
            attn: Attention {
                c_attn: Conv1D::new(sizes.hidden, 3 * sizes.hidden, DEVIATION, device),
                c_proj: Conv1D::new(sizes.hidden, sizes.hidden, added, device),
                heads: sizes.heads,
            },
            ln_2: norm(),
            mlp: FeedForward {
                c_fc: Conv1D::new(sizes.hidden, sizes.feed_forward, DEVIATION, device),
                c_proj: Conv1D::new(sizes.feed_forward, sizes.hidden, added, device),
            },
        }
    }

    fn forward(&self, x: Tensor<3>, mask: Tensor<4>) -> Tensor<3> {
        let together = self.attn.c_attn.forward(self.ln_1.forward(x.clone()));
        let [_, _, width] = x.dims();
        let part = |number: usize| together.clone().narrow(2, number * width, width);
        let attended = attend(part(0), part(1), part(2), mask, self.attn.heads);
        let x = x + self.attn.c_proj.forward(attended);
        let neurons = gelu_new(self.mlp.c_fc.forward(self.ln_2.forward(x.clone())));
        x + self.mlp.c_proj.forward(neurons)
    }
}

/// What a position must not see: everything right of it.
fn look_back_only(length: usize, device: &Device) -> Tensor<4> {
    let hidden = (0..length * length).map(|at| if at % length > at / length { -30_000.0 } else { 0.0 });
    let hidden: Vec<f32> = hidden.collect();
    Tensor::from_data(TensorData::new(hidden, [1, 1, length, length]), device)
}

impl LanguageModel for Gpt2 {
    fn new(sizes: &Sizes, device: &Device) -> Self {
        let embedding = |count, std| {
            let drawn = Initializer::Normal { mean: 0.0, std };
            EmbeddingConfig::new(count, sizes.hidden).with_initializer(drawn).init(device)
        };
        Self {
            transformer: Body {
                wte: embedding(sizes.vocabulary, DEVIATION),
                wpe: embedding(POSITIONS, DEVIATION),
                h: (0..sizes.layers).map(|_| Layer::new(sizes, device)).collect(),
                ln_f: LayerNormConfig::new(sizes.hidden).with_epsilon(EPSILON).init(device),
            },
        }
    }

    fn logits(&self, batch: &Batch) -> Tensor<2> {
        let Body { wte, wpe, h, ln_f } = &self.transformer;
        let [_, length] = batch.ids.dims();
        // Rows are filled up on the right, where nothing looks.
        let mask = look_back_only(length, &batch.ids.device());
        let positions = wpe.weight.val().narrow(0, 0, length).unsqueeze::<3>();
        let mut x = wte.forward(batch.ids.clone()) + positions;
        for layer in h {
            x = layer.forward(x, mask.clone());
        }
        at_places(ln_f.forward(x), batch).matmul(wte.weight.val().transpose())
    }

    fn config(sizes: &Sizes, encoder: &Encoder) -> Result<Value> {
        let end = encoder.id(END_OF_TEXT)?;
        Ok(json!({
            "activation_function": "gelu_new",
            "architectures": ["GPT2LMHeadModel"],
            "attn_pdrop": 0.0,
            "bos_token_id": end,
            "torch_dtype": "float16",
            "embd_pdrop": 0.0,
            "eos_token_id": end,
            "initializer_range": DEVIATION,
            "layer_norm_epsilon": EPSILON,
            "model_type": "gpt2",
            "n_ctx": POSITIONS,
            "n_embd": sizes.hidden,
            "n_head": sizes.heads,
            "n_inner": sizes.feed_forward,
            "n_layer": sizes.layers,
            "n_positions": POSITIONS,
            "resid_pdrop": 0.0,
            "scale_attn_weights": true,
            "tie_word_embeddings": true,
            "vocab_size": sizes.vocabulary
        }))
    }

    fn names() -> &'static [(&'static str, &'static str)] {
        &[]
    }

    fn fields() -> &'static [(&'static str, &'static str)] {
        &[]
    }
}

#[cfg(test)]
mod tests {
    use burn::tensor::{Device, Tensor};

    use super::gelu_new;

    #[test]
    fn gelu_new_is_what_transformers_computes() {
        // torch.nn.functional.gelu(x, approximate="tanh").
        let x = Tensor::<1>::from_floats([-2.0, -0.5, 0.0, 1.0, 3.0], &Device::flex()).unsqueeze::<3>();
        let found = gelu_new(x).into_data().try_to_vec::<f32>().expect("32-bit floats");
        for (found, expected) in found.iter().zip([-0.045_402, -0.154_286, 0.0, 0.841_192, 2.996_363]) {
            assert!((found - expected).abs() < 1e-5, "{found} {expected}");
        }
    }
}
