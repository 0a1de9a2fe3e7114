//! `BertForMaskedLM`: norms after each block, GELU with the error function, decoder tied to the embeddings.

use burn::module::{Initializer, Module, Param};
use burn::nn::{Embedding, EmbeddingConfig, LayerNorm, LayerNormConfig, Linear, LinearConfig};
use burn::tensor::activation::gelu;
use burn::tensor::{Device, Int, Tensor};
use serde_json::{Value, json};

use super::attention::attend;
use super::{DEVIATION, LanguageModel, POSITIONS, Sizes, at_places};
use crate::error::Result;
use crate::rows::Batch;
use crate::tokenizer::{Encoder, MASKED_SPECIAL};

const EPSILON: f64 = 1e-12;
const NORMAL: Initializer = Initializer::Normal { mean: 0.0, std: DEVIATION };

/// The model with its head.
#[derive(Module, Debug)]
pub struct Bert {
    bert: Body,
    cls: Head,
}

#[derive(Module, Debug)]
struct Body {
    embeddings: Embeddings,
    encoder: Layers,
}

#[derive(Module, Debug)]
struct Embeddings {
    word_embeddings: Embedding,
    position_embeddings: Embedding,
    token_type_embeddings: Embedding,
    layer_norm: LayerNorm,
}

#[derive(Module, Debug)]
struct Layers {
    layer: Vec<Layer>,
}

#[derive(Module, Debug)]
struct Layer {
    attention: Attention,
    intermediate: Intermediate,
    output: Output,
}

#[derive(Module, Debug)]
struct Attention {
    // `self` in the file, which no field can be called.
    inner: QueryKeyValue,
    output: Output,
    #[module(skip)]
    heads: usize,
}

#[derive(Module, Debug)]
struct QueryKeyValue {
    query: Linear,
    key: Linear,
    value: Linear,
}

#[derive(Module, Debug)]
struct Intermediate {
    dense: Linear,
}

/// Used by the attention and by the feed-forward block.
#[derive(Module, Debug)]
struct Output {
    dense: Linear,
    layer_norm: LayerNorm,
}

#[derive(Module, Debug)]
struct Head {
    predictions: Predictions,
}

#[derive(Module, Debug)]
struct Predictions {
    transform: Output,
    bias: Param<Tensor<1>>,
}

/// Drawn weights, no bias at first.
fn linear(from: usize, to: usize, device: &Device) -> Linear {
    let mut linear = LinearConfig::new(from, to).with_initializer(NORMAL).init(device);
    linear.bias = Some(Initializer::Zeros.init([to], device));
    linear
}

fn embedding(count: usize, width: usize, device: &Device) -> Embedding {
    EmbeddingConfig::new(count, width).with_initializer(NORMAL).init(device)
}

fn norm(width: usize, device: &Device) -> LayerNorm {
    LayerNormConfig::new(width).with_epsilon(EPSILON).init(device)
}

impl Output {
    fn new(from: usize, to: usize, device: &Device) -> Self {
        Self { dense: linear(from, to, device), layer_norm: norm(to, device) }
    }

    fn forward(&self, x: Tensor<3>, residual: Tensor<3>) -> Tensor<3> {
        self.layer_norm.forward(self.dense.forward(x) + residual)
    }
}

impl Layer {
    fn new(sizes: &Sizes, device: &Device) -> Self {
        let square = || linear(sizes.hidden, sizes.hidden, device);
        Self {
            attention: Attention {
                inner: QueryKeyValue { query: square(), key: square(), value: square() },
                output: Output::new(sizes.hidden, sizes.hidden, device),
                heads: sizes.heads,
            },
            intermediate: Intermediate { dense: linear(sizes.hidden, sizes.feed_forward, device) },
            output: Output::new(sizes.feed_forward, sizes.hidden, device),
        }
    }

    fn forward(&self, x: Tensor<3>, mask: Tensor<4>) -> Tensor<3> {
        let QueryKeyValue { query, key, value } = &self.attention.inner;
        let [q, k, v] = [query, key, value].map(|linear| linear.forward(x.clone()));
        let x = self.attention.output.forward(attend(q, k, v, mask, self.attention.heads), x);
        let neurons = gelu(self.intermediate.dense.forward(x.clone()));
        self.output.forward(neurons, x)
    }
}

impl Embeddings {
    fn forward(&self, ids: Tensor<2, Int>) -> Tensor<3> {
        let [_, length] = ids.dims();
        let positions = self.position_embeddings.weight.val().narrow(0, 0, length).unsqueeze::<3>();
        let first_type = self.token_type_embeddings.weight.val().narrow(0, 0, 1).unsqueeze::<3>();
        self.layer_norm.forward(self.word_embeddings.forward(ids) + positions + first_type)
    }
}

impl LanguageModel for Bert {
    fn new(sizes: &Sizes, device: &Device) -> Self {
        let width = sizes.hidden;
        let embeddings = Embeddings {
            word_embeddings: embedding(sizes.vocabulary, width, device),
            position_embeddings: embedding(POSITIONS, width, device),
            token_type_embeddings: embedding(2, width, device),
            layer_norm: norm(width, device),
        };
        let layer = (0..sizes.layers).map(|_| Layer::new(sizes, device)).collect();
        let bias = Initializer::Zeros.init([sizes.vocabulary], device);
        let predictions = Predictions { transform: Output::new(width, width, device), bias };
        Self { bert: Body { embeddings, encoder: Layers { layer } }, cls: Head { predictions } }
    }

    fn logits(&self, batch: &Batch) -> Tensor<2> {
        let mut x = self.bert.embeddings.forward(batch.ids.clone());
        for layer in &self.bert.encoder.layer {
            x = layer.forward(x, batch.padding.clone());
        }
        let Predictions { transform, bias } = &self.cls.predictions;
        let x = transform.layer_norm.forward(gelu(transform.dense.forward(at_places(x, batch))));
        x.matmul(self.bert.embeddings.word_embeddings.weight.val().transpose()) + bias.val().unsqueeze()
    }

    fn config(sizes: &Sizes, encoder: &Encoder) -> Result<Value> {
        Ok(json!({
            "architectures": ["BertForMaskedLM"],
            "attention_probs_dropout_prob": 0.0,
            "torch_dtype": "float16",
            "hidden_act": "gelu",
            "hidden_dropout_prob": 0.0,
            "hidden_size": sizes.hidden,
            "initializer_range": DEVIATION,
            "intermediate_size": sizes.feed_forward,
            "layer_norm_eps": EPSILON,
            "max_position_embeddings": POSITIONS,
            "model_type": "bert",
            "num_attention_heads": sizes.heads,
            "num_hidden_layers": sizes.layers,
            "pad_token_id": encoder.id(MASKED_SPECIAL[0])?,
            "position_embedding_type": "absolute",
            "tie_word_embeddings": true,
            "type_vocab_size": 2,
            "vocab_size": sizes.vocabulary
        }))
    }

    fn names() -> &'static [(&'static str, &'static str)] {
        &[(r"\.layer_norm\.", ".LayerNorm."), (r"attention\.inner\.", "attention.self.")]
    }

    fn fields() -> &'static [(&'static str, &'static str)] {
        &[(r"\.LayerNorm\.", ".layer_norm."), (r"attention\.self\.", "attention.inner.")]
    }
}
