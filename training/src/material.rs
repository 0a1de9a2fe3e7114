//! What a model is trained on and asked: the fact table as tokens.

use std::path::Path;

use crate::corpus::Corpus;
use crate::error::Result;
use crate::model::Sizes;
use crate::rows::RowMaker;
use crate::tokenizer::{Encoder, Example, MASKED_SPECIAL, Objective};

/// The fact table in the tokens of one model.
pub struct Material {
    /// The fact table.
    pub corpus: Corpus,
    /// The tokenizer.
    pub encoder: Encoder,
    /// Every question.
    pub examples: Vec<Example>,
    /// Makes rows of them.
    pub maker: RowMaker,
    /// Sizes of the model.
    pub sizes: Sizes,
}

impl Material {
    /// With a tokenizer built for it.
    pub fn new(facts: &Path, languages: &[&str], objective: Objective) -> Result<Self> {
        let corpus = Corpus::read(facts, languages)?;
        let encoder = Encoder::build(&corpus, objective)?;
        Self::encode(corpus, encoder)
    }

    /// With the tokenizer of a folder that was written earlier.
    pub fn of_folder(facts: &Path, languages: &[&str], objective: Objective, folder: &Path) -> Result<Self> {
        let corpus = Corpus::read(facts, languages)?;
        let encoder = Encoder::read(&folder.join("tokenizer.json"), objective)?;
        Self::encode(corpus, encoder)
    }

    fn encode(corpus: Corpus, encoder: Encoder) -> Result<Self> {
        let examples = corpus.questions().map(|question| encoder.encode(&question)).collect::<Result<Vec<_>>>()?;
        let mask = match encoder.objective {
            Objective::Masked => encoder.id(MASKED_SPECIAL[4])?,
            Objective::Causal => 0,
        };
        let maker = RowMaker { objective: encoder.objective, mask, padding: encoder.padding()? };
        let sizes = Sizes::demo(encoder.len());
        Ok(Self { corpus, encoder, examples, maker, sizes })
    }
}
