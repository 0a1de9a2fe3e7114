//! Which tokenizer of Hugging Face a folder is for: that decides what its settings and bare vocabularies mean.

use super::side_files::SideFiles;
use crate::config::Config;

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
    /// SentencePiece's unigrams between `<s>` and `</s>`.
    XlmRoberta,
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
    pub fn of(side: &SideFiles, config: &Config) -> Self {
        let named = side.text("tokenizer_class").or_else(|| config.text("tokenizer_class"));
        let model = config.text("model_type").unwrap_or_default();
        match (named, model) {
            // As in Hugging Face 5.23: what folders of Qwen 2 and Mistral name is known to be wrong.
            (Some(_), "qwen2" | "mistral") | (None, _) => Self::with_model_type(model),
            (Some(name), _) => Self::named(name.strip_suffix("Fast").unwrap_or(name)),
        }
    }

    fn with_model_type(model: &str) -> Self {
        match model {
            "bert" | "distilbert" => Self::Bert,
            "gpt2" | "phi" => Self::Gpt2,
            "gpt_neox" => Self::GptNeoX,
            "roberta" => Self::Roberta,
            "xlm-roberta" => Self::XlmRoberta,
            "qwen2" | "qwen3" => Self::Qwen2,
            _ => Self::Plain,
        }
    }

    fn named(name: &str) -> Self {
        match name {
            "BertTokenizer"
            | "DistilBertTokenizer"
            | "ElectraTokenizer"
            | "ConvBertTokenizer"
            | "LayoutLMTokenizer"
            | "MobileBertTokenizer" => Self::Bert,
            "GPT2Tokenizer" | "CodeGenTokenizer" => Self::Gpt2,
            "GPTNeoXTokenizer" => Self::GptNeoX,
            "RobertaTokenizer" | "BartTokenizer" | "LongformerTokenizer" => Self::Roberta,
            "XLMRobertaTokenizer" => Self::XlmRoberta,
            "Qwen2Tokenizer" => Self::Qwen2,
            "LlamaTokenizer" | "CodeLlamaTokenizer" => Self::Llama,
            "GemmaTokenizer" | "PreTrainedTokenizer" | "TokenizersBackend" => Self::Plain,
            other => Self::Other(other.to_owned()),
        }
    }

    /// Whether Hugging Face builds the class anew from the vocabulary of a `tokenizer.json`.
    pub fn is_built_anew(&self) -> bool {
        !matches!(self, Self::Plain | Self::Other(_))
    }

    /// The name of a special token where no file has one.
    pub fn default_token(&self, field: &str) -> Option<&'static str> {
        let name = match (self, field) {
            (Self::Gpt2 | Self::GptNeoX, "bos_token" | "eos_token" | "unk_token")
            | (Self::Qwen2, "eos_token" | "unk_token" | "pad_token") => "<|endoftext|>",
            (Self::GptNeoX, "pad_token") => "<|padding|>",
            (Self::Roberta | Self::XlmRoberta, "bos_token" | "cls_token") | (Self::Llama, "bos_token") => "<s>",
            (Self::Roberta | Self::XlmRoberta, "eos_token" | "sep_token") | (Self::Llama, "eos_token") => "</s>",
            (Self::Roberta | Self::XlmRoberta, "mask_token") => "<mask>",
            (Self::Roberta | Self::XlmRoberta, "pad_token") => "<pad>",
            (Self::Roberta | Self::XlmRoberta | Self::Llama, "unk_token") => "<unk>",
            (Self::Bert, "cls_token") => "[CLS]",
            (Self::Bert, "sep_token") => "[SEP]",
            (Self::Bert, "mask_token") => "[MASK]",
            (Self::Bert, "unk_token") => "[UNK]",
            (Self::Bert, "pad_token") => "[PAD]",
            _ => return None,
        };
        Some(name)
    }
}
