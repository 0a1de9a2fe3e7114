//! Which tokenizer of Hugging Face a folder is for: that decides what its settings and bare vocabularies mean.

use super::side_files::SideFiles;
use crate::config::Config;
use crate::error::Result;

/// A class of Hugging Face's `transformers`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Class {
    /// BERT's WordPiece.
    Bert,
    /// GPT-2's byte pairs.
    Gpt2,
    /// GPT-2's with NFC.
    GptNeoX,
    /// GPT-2's between `<s>` and `</s>`.
    Roberta,
    /// Byte pairs with a pattern of Qwen's.
    Qwen2,
    /// SentencePiece's byte pairs with a blank before the text.
    Llama,
    /// `tokenizer.json` as it is, whatever the settings.
    Plain,
    /// One that is not known here.
    Other(String),
}

impl Class {
    /// `tokenizer_class` of `tokenizer_config.json`, else of `config.json`, else what goes with `model_type`.
    pub fn of(side: &SideFiles, config: &Config) -> Result<Self> {
        let named = side.text("tokenizer_class").or_else(|| config.text("tokenizer_class"));
        Ok(match named.map(|name| name.strip_suffix("Fast").unwrap_or(name)) {
            Some("BertTokenizer" | "DistilBertTokenizer" | "ElectraTokenizer") => Self::Bert,
            Some("GPT2Tokenizer" | "CodeGenTokenizer") => Self::Gpt2,
            Some("GPTNeoXTokenizer") => Self::GptNeoX,
            Some("RobertaTokenizer") => Self::Roberta,
            Some("Qwen2Tokenizer") => Self::Qwen2,
            Some("LlamaTokenizer" | "CodeLlamaTokenizer") => Self::Llama,
            Some("PreTrainedTokenizer" | "TokenizersBackend") => Self::Plain,
            Some(other) => Self::Other(other.to_owned()),
            None => match config.text("model_type").unwrap_or_default() {
                "bert" | "distilbert" => Self::Bert,
                "gpt2" | "phi" => Self::Gpt2,
                "gpt_neox" => Self::GptNeoX,
                "roberta" => Self::Roberta,
                "qwen2" | "qwen3" => Self::Qwen2,
                _ => Self::Plain,
            },
        })
    }

    /// The name of a special token where no file has one.
    pub fn default_token(&self, field: &str) -> Option<&'static str> {
        match (self, field) {
            (Self::Gpt2 | Self::GptNeoX, "bos_token" | "eos_token") | (Self::Qwen2, "eos_token") => {
                Some("<|endoftext|>")
            }
            (Self::Roberta, "bos_token" | "cls_token") => Some("<s>"),
            (Self::Roberta, "eos_token" | "sep_token") => Some("</s>"),
            (Self::Roberta, "mask_token") => Some("<mask>"),
            (Self::Bert, "cls_token") => Some("[CLS]"),
            (Self::Bert, "sep_token") => Some("[SEP]"),
            (Self::Bert, "mask_token") => Some("[MASK]"),
            (Self::Bert, "unk_token") => Some("[UNK]"),
            _ => None,
        }
    }
}
