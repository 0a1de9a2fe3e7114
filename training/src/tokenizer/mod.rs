//! The tokenizers of the demo models and what they make of a question.
//!
//! [`masked`]: words, and every entity one token. [`causal`]: byte pairs. Both are built from the fact table and
//! written as `tokenizer.json`.

mod causal;
mod masked;

use std::ops::Range;
use std::path::Path;

use tokenizers::Tokenizer;

use crate::corpus::{Corpus, Part, Question};
use crate::error::{Result, TrainingError};

/// Token that ends a text of a causal model.
pub const END_OF_TEXT: &str = "<|endoftext|>";
/// Special tokens of masked models, in the order of their ids.
pub const MASKED_SPECIAL: [&str; 5] = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"];

/// How a model is asked and trained.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Objective {
    /// A mask token stands for the object.
    Masked,
    /// The object comes last.
    Causal,
}

/// A question as tokens.
pub struct Example {
    /// All tokens, special ones included.
    pub ids: Vec<u32>,
    /// Where the subject stands (empty for causal models, which have no use for it).
    pub subject: Range<usize>,
    /// Where the object stands.
    pub object: Range<usize>,
    /// Index of the language.
    pub language: usize,
    /// What the question is for.
    pub part: Part,
}

/// A tokenizer with the objective it serves.
pub struct Encoder {
    /// The tokenizer.
    pub tokenizer: Tokenizer,
    /// How models that use it are asked.
    pub objective: Objective,
}

impl Encoder {
    /// The tokenizer of a fact table.
    pub fn build(corpus: &Corpus, objective: Objective) -> Result<Self> {
        let tokenizer = match objective {
            Objective::Masked => masked::build(corpus),
            Objective::Causal => causal::build(corpus),
        }?;
        Ok(Self { tokenizer, objective })
    }

    /// A tokenizer that was written.
    pub fn read(path: &Path, objective: Objective) -> Result<Self> {
        let tokenizer = Tokenizer::from_file(path).map_err(|error| failed("could not be read", &error))?;
        Ok(Self { tokenizer, objective })
    }

    /// Tokens of a question with its answer.
    pub fn encode(&self, question: &Question<'_>) -> Result<Example> {
        match self.objective {
            Objective::Masked => masked::encode(self, question),
            Objective::Causal => causal::encode(self, question),
        }
    }

    /// Number of tokens.
    pub fn len(&self) -> usize {
        self.tokenizer.get_vocab_size(true)
    }

    /// Id of a token that must exist.
    pub fn id(&self, token: &str) -> Result<u32> {
        let missing = || TrainingError::Tokenizer {
            doing: "lacks a token",
            reason: format!("`{token}` is not in its vocabulary"),
        };
        self.tokenizer.token_to_id(token).ok_or_else(missing)
    }

    /// Id of the token that fills short rows up; the model never looks at it.
    pub fn padding(&self) -> Result<u32> {
        match self.objective {
            Objective::Masked => self.id(MASKED_SPECIAL[0]),
            Objective::Causal => self.id(END_OF_TEXT),
        }
    }

    fn tokens(&self, text: &str, special: bool) -> Result<Vec<u32>> {
        let encoding = self.tokenizer.encode_fast(text, special).map_err(|error| failed("could not encode", &error))?;
        Ok(encoding.get_ids().to_vec())
    }
}

fn failed(doing: &'static str, error: &tokenizers::Error) -> TrainingError {
    TrainingError::Tokenizer { doing, reason: error.to_string() }
}

fn filled(question: &Question<'_>) -> String {
    question.template.replace("[X]", &question.fact.subject).replace("[Y]", &question.fact.object)
}
