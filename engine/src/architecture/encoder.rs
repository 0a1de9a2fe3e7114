//! Masked models with norms after the additions, learnt positions and a transform before the decoder: BERT and its relatives.

use super::{joined, layer_norm, linear, words};
use crate::config::Config;
use crate::error::Result;
use crate::nn::{Activation, Attention, Block, FeedForward, Head, Linear, Matrix};
use crate::transformer::{Embedding, Transformer};
use crate::weights::Weights;
use burn::tensor::Tensor;

/// Names of tensors.
pub(super) struct Names {
    /// Of what is below the head.
    pub base: &'static str,
    /// Of layers, below `base`.
    pub layers: &'static str,
    pub query: &'static str,
    pub key: &'static str,
    pub value: &'static str,
    pub attention_output: &'static str,
    pub attention_norm: &'static str,
    /// W1.
    pub input: &'static str,
    /// W2.
    pub output: &'static str,
    pub output_norm: &'static str,
    /// The head's dense layer, its norm, its decoder, and the decoder's bias by each of its names.
    pub transform: &'static str,
    pub transform_norm: &'static str,
    pub decoder: &'static str,
    pub decoder_bias: [&'static str; 2],
}

/// A masked model's sizes and choices.
pub(super) struct Encoder {
    pub names: Names,
    pub hidden: usize,
    pub heads: usize,
    pub size: usize,
    pub width: usize,
    pub vocabulary: usize,
    pub layers: usize,
    /// Rows of the table of positions.
    pub positions: usize,
    /// Rows of the table of segments, if there is one.
    pub segments: Option<usize>,
    /// The padding token, if positions are counted from behind its id.
    pub padding: Option<u32>,
    pub epsilon: f64,
    pub activation: Activation,
    /// That of the head's transform.
    pub head_activation: Activation,
}

impl Encoder {
    pub fn build(&self, config: &Config, weights: &mut Weights) -> Result<Transformer> {
        let (hidden, vocabulary) = (self.hidden, self.vocabulary);
        let base = self.names.base;
        let at = |rest: &str| format!("{base}embeddings.{rest}");
        let embedding = at("word_embeddings.weight");
        let (tokens, rows) = words(config, weights, [&embedding, self.names.decoder], [vocabulary, hidden], true)?;
        let segment = |weights: &mut Weights, rows| -> Result<Tensor<2>> {
            Ok(weights.take::<2>(&at("token_type_embeddings.weight"), [rows, hidden])?.slice_dim(0, 0..1))
        };
        let embedding = Embedding {
            tokens,
            positions: Some(weights.take(&at("position_embeddings.weight"), [self.positions, hidden])?),
            padding: self.padding,
            segment: self.segments.map(|rows| segment(weights, rows)).transpose()?,
            scale: None,
            norm: Some(layer_norm(weights, &at("LayerNorm"), hidden, self.epsilon)?),
        };
        let blocks = (0..self.layers).map(|l| self.block(weights, l)).collect::<Result<Vec<_>>>()?;
        let head = self.head(weights, rows)?;
        let max_tokens = self.positions - self.padding.map_or(0, |padding| padding as usize + 1);
        Ok(Transformer { embedding, blocks, head, causal: false, max_tokens })
    }

    fn block(&self, weights: &mut Weights, layer: usize) -> Result<Block> {
        let (hidden, names) = (self.hidden, &self.names);
        let at = |rest: &str| format!("{}{}.{layer}.{rest}", names.base, names.layers);
        Ok(Block {
            attention_norm: None,
            attention: Attention {
                query: linear(weights, &at(names.query), hidden, hidden, true)?,
                key_value: joined(weights, [&at(names.key), &at(names.value)], hidden, hidden, true)?,
                output: linear(weights, &at(names.attention_output), hidden, hidden, true)?,
                heads: self.heads,
                key_value_heads: self.heads,
                size: self.size,
                scale: (self.size as f32).sqrt().recip(),
                cap: None,
                query_norm: None,
                key_norm: None,
                rotary: None,
            },
            attention_post: None,
            after_attention: Some(layer_norm(weights, &at(names.attention_norm), hidden, self.epsilon)?),
            parallel: false,
            feed_forward_norm: None,
            feed_forward: FeedForward {
                input: linear(weights, &at(names.input), hidden, self.width, true)?,
                up: None,
                activation: self.activation,
                output: linear(weights, &at(names.output), self.width, hidden, true)?,
            },
            feed_forward_post: None,
            after_feed_forward: Some(layer_norm(weights, &at(names.output_norm), hidden, self.epsilon)?),
        })
    }

    fn head(&self, weights: &mut Weights, rows: Matrix) -> Result<Head> {
        let (hidden, names) = (self.hidden, &self.names);
        let transform = linear(weights, names.transform, hidden, hidden, true)?;
        let bias = weights.same(&names.decoder_bias, [self.vocabulary])?;
        Ok(Head {
            transform: Some((transform, self.head_activation)),
            norm: Some(layer_norm(weights, names.transform_norm, hidden, self.epsilon)?),
            decoder: Linear::from_rows(rows, Some(bias)),
            cap: None,
        })
    }
}
