//! BERT masked language models (Devlin et al., arXiv 1810.04805), multilingual BERT among them: norms after the
//! additions, learnt positions, a decoder tied to the embedding.

use super::{activation, joined, layer_norm, linear};
use crate::config::Config;
use crate::error::Result;
use crate::nn::{Attention, Block, FeedForward, Head, Linear};
use crate::transformer::{Embedding, Transformer};
use crate::weights::Weights;

pub fn load(config: &Config, weights: &mut Weights) -> Result<Transformer> {
    config.only("position_embedding_type", &"absolute".into())?;
    config.only("is_decoder", &false.into())?;
    config.only("add_cross_attention", &false.into())?;
    config.only("tie_word_embeddings", &true.into())?;
    let hidden = config.size("hidden_size")?;
    let heads = config.size("num_attention_heads")?;
    let width = config.size("intermediate_size")?;
    let vocabulary = config.size("vocab_size")?;
    let positions = config.size("max_position_embeddings")?;
    let segments = config.size("type_vocab_size")?;
    let epsilon = config.number("layer_norm_eps", 1e-12)?;
    let act = activation(config, "hidden_act", "gelu")?;
    if !hidden.is_multiple_of(heads) {
        return Err(config.wrong("hidden_size", hidden, format!("a multiple of num_attention_heads {heads}")));
    }
    let size = hidden / heads;

    let root = if weights.has("bert.embeddings.word_embeddings.weight") { "bert." } else { "" };
    let named = |rest: &str| format!("{root}embeddings.{rest}");
    let tokens = weights.take::<2>(&named("word_embeddings.weight"), [vocabulary, hidden])?;
    let embedding = Embedding {
        tokens: tokens.clone(),
        positions: Some(weights.take(&named("position_embeddings.weight"), [positions, hidden])?),
        segment: Some(
            weights.take::<2>(&named("token_type_embeddings.weight"), [segments, hidden])?.slice_dim(0, 0..1),
        ),
        scale: None,
        norm: Some(layer_norm(weights, &named("LayerNorm"), hidden, epsilon)?),
    };
    let mut blocks = Vec::new();
    for l in 0..config.size("num_hidden_layers")? {
        let at = |rest: &str| format!("{root}encoder.layer.{l}.{rest}");
        let (key, value) = (at("attention.self.key"), at("attention.self.value"));
        blocks.push(Block {
            attention_norm: None,
            attention: Attention {
                query: linear(weights, &at("attention.self.query"), hidden, hidden, true)?,
                key_value: joined(weights, [&key, &value], hidden, hidden, true)?,
                output: linear(weights, &at("attention.output.dense"), hidden, hidden, true)?,
                heads,
                key_value_heads: heads,
                size,
                scale: (size as f32).sqrt().recip(),
                query_norm: None,
                key_norm: None,
                rotary: None,
            },
            attention_post: None,
            after_attention: Some(layer_norm(weights, &at("attention.output.LayerNorm"), hidden, epsilon)?),
            feed_forward_norm: None,
            feed_forward: FeedForward {
                input: linear(weights, &at("intermediate.dense"), hidden, width, true)?,
                up: None,
                activation: act,
                output: linear(weights, &at("output.dense"), width, hidden, true)?,
            },
            feed_forward_post: None,
            after_feed_forward: Some(layer_norm(weights, &at("output.LayerNorm"), hidden, epsilon)?),
        });
    }
    let head = Head {
        transform: Some((linear(weights, "cls.predictions.transform.dense", hidden, hidden, true)?, act)),
        norm: Some(layer_norm(weights, "cls.predictions.transform.LayerNorm", hidden, epsilon)?),
        decoder: Linear::from_rows(tokens, Some(weights.take("cls.predictions.bias", [vocabulary])?)),
    };
    Ok(Transformer { embedding, blocks, head, causal: false, max_tokens: positions })
}

/// Next-sentence prediction, buffers, and the decoder, which is the embedding once more.
pub fn without_use(name: &str) -> bool {
    name.contains("pooler.")
        || name.starts_with("cls.seq_relationship.")
        || name.starts_with("cls.predictions.decoder.")
        || name.ends_with("position_ids")
}
