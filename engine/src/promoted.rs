//! What a neuron writes, in words: its value vector in the space of the vocabulary.

use crate::error::{Error, Result};
use crate::model::Model;
use crate::transformer::to_host;

/// A token, and how much a value vector moves its logit.
#[derive(Clone, Debug, PartialEq)]
pub struct TokenWeight {
    /// Its id.
    pub id: u32,
    /// Its text: that of a part of a word, with the blank before it where it has one.
    pub text: String,
    /// e·v: by how much its logit grows for each 1 of the neuron's activation, as far as what stands between them does not change it.
    pub weight: f32,
}

/// The ends of the vocabulary as a value vector orders it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Promoted {
    /// Tokens whose logits it raises most, the most first.
    pub raised: Vec<TokenWeight>,
    /// Tokens whose logits it lowers most, the most first.
    pub lowered: Vec<TokenWeight>,
}

impl Model {
    /// The tokens that a neuron's value vector v promotes, and those it holds down: e·v for the output embedding e of each token of the
    /// tokenizer (Geva et al., EMNLP 2022, arXiv 2203.14680, §3: "r = E·v"). As there, the last normalisation and BERT's transform before the
    /// decoder are left out: they change with the prompt. `count` of each, fewer of a small vocabulary.
    ///
    /// # Errors
    /// A neuron that the model does not have; an architecture that normalises the feed-forward result, so that it is no sum of value vectors.
    pub fn promoted(&self, layer: u32, neuron: u32, count: usize) -> Result<Promoted> {
        let shape = self.shape();
        if layer >= shape.layers || neuron >= shape.width {
            return Err(Error::Option {
                option: "neuron",
                given: format!("{layer}:{neuron}"),
                expected: format!("a neuron of {}, which has {shape}", self.name()),
            });
        }
        let block = &self.network.blocks[layer as usize];
        if block.feed_forward_post.is_some() {
            return Err(Error::Option {
                option: "neuron",
                given: format!("{layer}:{neuron} of {}", self.architecture()),
                expected: "an architecture that adds value vectors as they are: this one normalises their sum".into(),
            });
        }
        let at = neuron as usize;
        let value = block.feed_forward.output.input_row(at);
        let weights = to_host(self.network.head.decoder.times(value));
        self.must_be_unchanged()?;
        let known = |id: &u32| self.tokenizer.has_text(*id);
        let mut ids: Vec<u32> = (0..weights.len() as u32).filter(known).collect();
        let weight = |id: u32| weights[id as usize];
        // Equals by their ids, so that the same model gives the same list.
        ids.sort_by(|&a, &b| weight(b).total_cmp(&weight(a)).then(a.cmp(&b)));
        let told = |id: &u32| {
            let text = self.tokenizer.decode(&[*id]).unwrap_or_default();
            TokenWeight { id: *id, text, weight: weight(*id) }
        };
        let raised = ids.iter().take(count).filter(|&&id| weight(id) > 0.0).map(told).collect();
        let lowered = ids.iter().rev().take(count).filter(|&&id| weight(id) < 0.0).map(told).collect();
        Ok(Promoted { raised, lowered })
    }
}
