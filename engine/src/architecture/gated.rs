//! Causal models with gated feed-forward blocks, root-mean-square norms and rotary positions: Llama and its relatives.

use super::fields::epsilon;
use super::{joined, linear, words};
use crate::config::Config;
use crate::error::Result;
use crate::nn::{Activation, Attention, Block, Cap, FeedForward, Head, Norm, Rotary};
use crate::transformer::{Embedding, Transformer};
use crate::weights::Weights;

/// Sizes that all of them have.
pub(super) struct Sizes {
    pub hidden: usize,
    pub heads: usize,
    pub key_value_heads: usize,
    /// Of a head.
    pub size: usize,
    pub width: usize,
    pub vocabulary: usize,
    pub layers: usize,
    pub epsilon: f64,
}

/// What a family's class in Hugging Face Transformers has for sizes that the configuration does not name.
#[derive(Clone, Copy)]
pub(super) struct Unsaid {
    /// Of a head; `None`: hidden size over heads.
    pub size: Option<usize>,
    /// Key-value heads; `None`: as many as heads. A field that is null says that of every family.
    pub key_value_heads: Option<usize>,
}

impl Sizes {
    pub fn read(config: &Config, unsaid: Unsaid) -> Result<Self> {
        let hidden = config.size("hidden_size")?;
        let heads = config.size("num_attention_heads")?;
        let key_value_heads = key_value_heads(config, heads, unsaid.key_value_heads)?;
        let size = match config.maybe_size("head_dim")?.or(unsaid.size) {
            Some(size) => size,
            None if hidden.is_multiple_of(heads) => hidden / heads,
            None => {
                let expected = format!("a multiple of num_attention_heads {heads}, or a head_dim beside it");
                return Err(config.wrong("hidden_size", hidden, expected));
            }
        };
        Ok(Self {
            hidden,
            heads,
            key_value_heads,
            size,
            width: config.size("intermediate_size")?,
            vocabulary: config.size("vocab_size")?,
            layers: config.size("num_hidden_layers")?,
            epsilon: epsilon(config, "rms_norm_eps", 1e-6)?,
        })
    }
}

fn key_value_heads(config: &Config, heads: usize, unsaid: Option<usize>) -> Result<usize> {
    let field = "num_key_value_heads";
    let said = config.maybe_size(field)?;
    let unsaid = if config.is_null(field) { None } else { unsaid };
    let number = said.or(unsaid).unwrap_or(heads);
    if heads.is_multiple_of(number) {
        return Ok(number);
    }
    let expected = format!("a divisor of num_attention_heads {heads}");
    let found = if said.is_some() { number.to_string() } else { format!("missing, which stands for {number}") };
    Err(config.wrong(field, found, expected))
}

/// How members of the family differ.
pub(super) struct Member {
    pub sizes: Sizes,
    /// Longest prompt.
    pub max_tokens: usize,
    pub activation: Activation,
    /// Biases of queries, keys and values.
    pub attention_bias: bool,
    /// Bias of attention's output.
    pub output_bias: bool,
    /// Biases of the feed-forward block.
    pub feed_forward_bias: bool,
    /// Norms on query and key heads.
    pub head_norms: bool,
    /// Norms also after attention and feed-forward block (Gemma 2 and 3).
    pub norms_after: bool,
    /// Norms are kept as a distance from 1 (Gemma).
    pub norms_from_one: bool,
    /// Embeddings are multiplied with √hidden (Gemma).
    pub scaled_embedding: bool,
    /// What attention scores are multiplied with.
    pub scale: f32,
    /// Caps of attention scores and of logits (Gemma 2).
    pub caps: [Option<Cap>; 2],
    /// Whether head and embedding are one where the configuration does not say.
    pub tied: bool,
}

impl Member {
    /// As Llama is.
    pub fn plain(sizes: Sizes, max_tokens: usize, activation: Activation) -> Self {
        let scale = (sizes.size as f32).sqrt().recip();
        Self {
            sizes,
            max_tokens,
            activation,
            attention_bias: false,
            output_bias: false,
            feed_forward_bias: false,
            head_norms: false,
            norms_after: false,
            norms_from_one: false,
            scaled_embedding: false,
            scale,
            caps: [None, None],
            tied: false,
        }
    }

    /// The network, with the rotary positions of each layer.
    pub fn build<'a>(
        &self,
        config: &Config,
        weights: &mut Weights,
        rotary: impl Fn(usize) -> &'a Rotary,
    ) -> Result<Transformer> {
        let Sizes { hidden, vocabulary, .. } = self.sizes;
        let names = ["model.embed_tokens.weight", "lm_head.weight"];
        let (tokens, rows) = words(config, weights, names, [vocabulary, hidden], self.tied)?;
        let embedding = Embedding {
            tokens,
            positions: None,
            padding: None,
            segment: None,
            scale: self.scaled_embedding.then(|| (hidden as f32).sqrt()),
            norm: None,
        };
        let layers = 0..self.sizes.layers;
        let blocks = layers.map(|l| self.block(weights, l, rotary(l))).collect::<Result<Vec<_>>>()?;
        let norm = self.norm(weights, "model.norm", hidden)?;
        let decoder = crate::nn::Linear::from_rows(rows, None);
        let head = Head { transform: None, norm: Some(norm), decoder, cap: self.caps[1] };
        Ok(Transformer { embedding, blocks, head, causal: true, max_tokens: self.max_tokens })
    }

    fn block(&self, weights: &mut Weights, layer: usize, rotary: &Rotary) -> Result<Block> {
        let hidden = self.sizes.hidden;
        let at = |rest: &str| format!("model.layers.{layer}.{rest}");
        let (before, after) = if self.norms_after {
            ("pre_feedforward_layernorm", Some("post_feedforward_layernorm"))
        } else {
            ("post_attention_layernorm", None)
        };
        let after_attention = self.norms_after.then_some("post_attention_layernorm");
        let maybe = |weights: &mut Weights, name: Option<&str>| {
            name.map(|name| self.norm(weights, &at(name), hidden)).transpose()
        };
        Ok(Block {
            attention_norm: Some(self.norm(weights, &at("input_layernorm"), hidden)?),
            attention: self.attention(weights, &at("self_attn"), rotary)?,
            attention_post: maybe(weights, after_attention)?,
            after_attention: None,
            parallel: false,
            feed_forward_norm: maybe(weights, Some(before))?,
            feed_forward: self.feed_forward(weights, &at("mlp"))?,
            feed_forward_post: maybe(weights, after)?,
            after_feed_forward: None,
        })
    }

    fn attention(&self, weights: &mut Weights, name: &str, rotary: &Rotary) -> Result<Attention> {
        let Sizes { hidden, heads, key_value_heads, size, .. } = self.sizes;
        let (inner, outer) = (key_value_heads * size, heads * size);
        let at = |rest: &str| format!("{name}.{rest}");
        let head_norm = |weights: &mut Weights, rest: &str| {
            self.head_norms.then(|| self.norm(weights, &at(rest), size)).transpose()
        };
        Ok(Attention {
            query: linear(weights, &at("q_proj"), hidden, outer, self.attention_bias)?,
            key_value: joined(weights, [&at("k_proj"), &at("v_proj")], hidden, inner, self.attention_bias)?,
            output: linear(weights, &at("o_proj"), outer, hidden, self.output_bias)?,
            heads,
            key_value_heads,
            size,
            scale: self.scale,
            cap: self.caps[0],
            query_norm: head_norm(weights, "q_norm")?,
            key_norm: head_norm(weights, "k_norm")?,
            rotary: Some(rotary.clone()),
        })
    }

    fn feed_forward(&self, weights: &mut Weights, name: &str) -> Result<FeedForward> {
        let (hidden, width, bias) = (self.sizes.hidden, self.sizes.width, self.feed_forward_bias);
        let at = |rest: &str| format!("{name}.{rest}");
        Ok(FeedForward {
            input: linear(weights, &at("gate_proj"), hidden, width, bias)?,
            up: Some(linear(weights, &at("up_proj"), hidden, width, bias)?),
            activation: self.activation,
            output: linear(weights, &at("down_proj"), width, hidden, bias)?,
        })
    }

    fn norm(&self, weights: &mut Weights, name: &str, size: usize) -> Result<Norm> {
        let weight = weights.take::<1>(&format!("{name}.weight"), [size])?;
        let weight = if self.norms_from_one { weight + 1.0 } else { weight };
        Ok(Norm::root_mean_square(weight, self.sizes.epsilon))
    }
}

/// Kept angles, which are computed.
pub(super) fn without_use(name: &str) -> bool {
    name.ends_with("rotary_emb.inv_freq")
}
