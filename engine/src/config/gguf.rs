//! What config.json would say of a GGUF file: its metadata, under Hugging Face's names.
//!
//! The file is whole by itself, so that a config.json beside it is not needed; where there is one, the sizes that it says
//! must be those of the file. What GGUF has no key for is as llama.cpp computes the architecture. A key that changes what is
//! computed becomes the field that says the same, and is computed or refused with it.

mod beside;
mod rotary;

use super::Config;
use crate::error::Result;
use crate::weights::{Family, Gguf};
use serde_json::{Map, Value, json};
use std::path::Path;

/// Keys behind the architecture's name that a field of the configuration is made of, or that change nothing.
const READ: [&str; 19] = [
    "vocab_size",
    "context_length",
    "embedding_length",
    "block_count",
    "feed_forward_length",
    "tensor_data_layout",
    "expert_used_count",
    "attention.head_count",
    "attention.head_count_kv",
    "attention.key_length",
    "attention.value_length",
    "attention.layer_norm_rms_epsilon",
    "attention.sliding_window",
    "attention.sliding_window_pattern",
    "rope.dimension_count",
    "rope.freq_base",
    "rope.freq_base_swa",
    "rope.scale_linear",
    "rope.scaling.finetuned",
];
/// Keys that change what is computed, with the fields that say so in configurations. 0 and false say nothing in GGUF.
const CHANGES: [(&str, &str); 10] = [
    ("expert_count", "num_experts"),
    ("logit_scale", "logit_scale"),
    ("residual_scale", "residual_multiplier"),
    ("embedding_scale", "embedding_multiplier"),
    ("attention.scale", "attention_multiplier"),
    ("attention.clamp_kqv", "clip_qkv"),
    ("attention.max_alibi_bias", "alibi"),
    ("attention.layer_norm_epsilon", "layer_norm_eps"),
    ("attn_logit_softcapping", "attn_logit_softcapping"),
    ("final_logit_softcapping", "final_logit_softcapping"),
];
/// Layers of the one Gemma 3 (27B) whose scores are divided by √(hidden ∕ heads), not by √(size of a head).
const LAYERS_OF_27B: usize = 62;
/// Each so many-th layer of Gemma 3 sees everything, where the file does not say.
const PATTERN: usize = 6;

impl Config {
    /// The configuration of a GGUF file that lies in a folder.
    ///
    /// # Errors
    /// A key that is missing or means nothing; a config.json beside the file that speaks of another model.
    pub(crate) fn of_gguf(gguf: &Gguf, folder: &Path) -> Result<Self> {
        let values = Made { gguf, name: gguf.family.name() }.fields()?;
        let made = Self { path: gguf.path().to_owned(), values, asked: Default::default(), is_of_gguf: true };
        if folder.join("config.json").exists() {
            made.must_agree(&Self::read(folder)?)?;
        }
        Ok(made)
    }

    /// Whether it was made of the metadata of a GGUF file.
    pub(crate) fn is_of_gguf(&self) -> bool {
        self.is_of_gguf
    }
}

/// A configuration in the making.
struct Made<'a> {
    gguf: &'a Gguf,
    /// Of the architecture.
    name: &'static str,
}

impl Made<'_> {
    fn key(&self, rest: &str) -> String {
        format!("{}.{rest}", self.name)
    }

    fn size(&self, rest: &str) -> Result<usize> {
        self.gguf.metadata.size(&self.key(rest))
    }

    fn maybe_size(&self, rest: &str) -> Result<Option<usize>> {
        Ok(self.gguf.metadata.maybe_size(&self.key(rest))?.filter(|&size| size > 0))
    }

    fn fields(&self) -> Result<Map<String, Value>> {
        let metadata = &self.gguf.metadata;
        let (hidden, heads, layers) =
            (self.size("embedding_length")?, self.size("attention.head_count")?, self.size("block_count")?);
        let size = self.head(hidden, heads)?;
        let epsilon = "attention.layer_norm_rms_epsilon";
        let Some(epsilon) = metadata.number(&self.key(epsilon))? else {
            return Err(metadata.wrong(&self.key(epsilon), "a number"));
        };
        let mut fields = object(json!({
            "hidden_size": hidden,
            "num_attention_heads": heads,
            "num_key_value_heads": self.maybe_size("attention.head_count_kv")?.unwrap_or(heads),
            "num_hidden_layers": layers,
            "head_dim": size,
            "intermediate_size": self.size("feed_forward_length")?,
            "max_position_embeddings": self.size("context_length")?,
            "rms_norm_eps": epsilon,
            "vocab_size": self.vocabulary()?,
            "tie_word_embeddings": !self.gguf.has("output.weight"),
        }));
        if let Some(window) = self.maybe_size("attention.sliding_window")? {
            fields.insert("sliding_window".into(), window.into());
        }
        for token in ["bos", "eos"] {
            if let Some(id) = metadata.maybe_size(&format!("tokenizer.ggml.{token}_token_id"))? {
                fields.insert(format!("{token}_token_id"), id.into());
            }
        }
        fields.extend(self.own(hidden, heads, layers, size)?);
        fields.extend(self.rotary(size)?);
        self.changes(&mut fields)?;
        Ok(fields)
    }

    /// What the architecture alone has.
    fn own(&self, hidden: usize, heads: usize, layers: usize, size: usize) -> Result<Map<String, Value>> {
        let has = |part: &str| self.gguf.has(&format!("blk.0.{part}.bias"));
        Ok(object(match self.gguf.family {
            Family::Llama => json!({
                "model_type": "llama",
                "hidden_act": "silu",
                "attention_bias": has("attn_q"),
                "mlp_bias": has("ffn_up"),
            }),
            Family::Qwen2 => json!({"model_type": "qwen2", "hidden_act": "silu"}),
            Family::Gemma3 => {
                let far = layers != LAYERS_OF_27B;
                json!({
                    "model_type": "gemma3_text",
                    "hidden_activation": "gelu_pytorch_tanh",
                    "query_pre_attn_scalar": if far { size } else { hidden / heads },
                    "layer_types": self.layer_types(layers)?,
                    "rope_local_base_freq": self.gguf.metadata.number(&self.key("rope.freq_base_swa"))?.unwrap_or(10_000.0),
                })
            }
        }))
    }

    /// The size of a head. Queries, keys and values have one size, and whole heads are turned.
    fn head(&self, hidden: usize, heads: usize) -> Result<usize> {
        let metadata = &self.gguf.metadata;
        let size = match self.maybe_size("attention.key_length")? {
            Some(size) => size,
            None if hidden.is_multiple_of(heads) => hidden / heads,
            None => return Err(metadata.wrong(&self.key("attention.key_length"), "the size of a head")),
        };
        for key in ["attention.value_length", "rope.dimension_count"] {
            if self.maybe_size(key)?.is_some_and(|other| other != size) {
                return Err(metadata.wrong(&self.key(key), format!("{size}, the size of a head, or nothing")));
            }
        }
        Ok(size)
    }

    /// The rows of the embedding decide.
    fn vocabulary(&self) -> Result<usize> {
        let rows = self.gguf.shape("token_embd.weight").map(|shape| shape[0]);
        let said = self.maybe_size("vocab_size")?;
        match (rows, said) {
            (Some(rows), Some(said)) if rows != said => {
                let expected = format!("{rows}, the rows of `token_embd.weight`");
                Err(self.gguf.metadata.wrong(&self.key("vocab_size"), expected))
            }
            (Some(rows), _) => Ok(rows),
            // The missing tensor is told by its name.
            (None, said) => Ok(said.unwrap_or(1)),
        }
    }

    /// Which layers of Gemma 3 see a window: all but each so many-th, or as a list says.
    fn layer_types(&self, layers: usize) -> Result<Vec<&'static str>> {
        const MOST: usize = 65_536;
        let (metadata, key) = (&self.gguf.metadata, self.key("attention.sliding_window_pattern"));
        if self.maybe_size("attention.sliding_window")?.is_none() {
            return Err(metadata.wrong(&self.key("attention.sliding_window"), "a number of tokens"));
        }
        if layers > MOST {
            return Err(metadata.wrong(&self.key("block_count"), format!("at most {MOST}")));
        }
        let named = |sees_window: bool| if sees_window { "sliding_attention" } else { "full_attention" };
        if let Ok(list) = metadata.numbers(&key)
            && !list.is_empty()
        {
            if list.len() != layers {
                return Err(metadata.wrong(&key, format!("{layers}, one a layer")));
            }
            return Ok(list.iter().map(|&flag| named(flag != 0.0)).collect());
        }
        let pattern = metadata.maybe_size(&key)?.unwrap_or(PATTERN);
        Ok((0..layers).map(|layer| named(pattern == 0 || !(layer + 1).is_multiple_of(pattern))).collect())
    }

    /// Keys that no field above is made of.
    fn changes(&self, fields: &mut Map<String, Value>) -> Result<()> {
        use crate::weights::GgufValue as In;
        for (key, value) in self.gguf.metadata.iter() {
            let Some(rest) = key.strip_prefix(self.name).and_then(|rest| rest.strip_prefix('.')) else { continue };
            let says_nothing = matches!(value, In::Flag(false)) || *value == In::Number(0.0);
            let value = match value {
                // JSON has no NaN, and null would say nothing.
                In::Number(number) if !number.is_finite() => json!(number.to_string()),
                In::Number(number) => json!(number),
                In::Flag(flag) => json!(flag),
                In::Text(text) => json!(text),
                In::Numbers(_) | In::Texts(_) => json!("a list"),
            };
            let change = CHANGES.iter().find(|(known, _)| *known == rest);
            match (rest, change) {
                ("attention.causal", _) => drop(fields.insert("is_causal".into(), value)),
                ("use_parallel_residual", _) => drop(fields.insert("use_parallel_residual".into(), value)),
                ("rope.dimension_sections", _) => drop(fields.insert("use_mrope".into(), true.into())),
                (_, Some((_, field))) if !says_nothing => drop(fields.insert((*field).into(), value)),
                (_, Some(_)) => {}
                _ if READ.contains(&rest) || rotary::reads(rest) => {}
                // Told as not known.
                _ => drop(fields.insert(key.to_owned(), value)),
            }
        }
        Ok(())
    }
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(fields) => fields,
        _ => Map::new(),
    }
}
