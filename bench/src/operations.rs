//! Floating-point operations of the matrix products of an attribution, counted from the shapes; a way back counts like a way forward.

use kndb_engine::methods::Points;
use kndb_engine::nn::{Block, Linear};
use kndb_engine::transformer::Transformer;

/// What a network's passes take for prompts of one length.
pub struct Operations<'a> {
    network: &'a Transformer,
    tokens: f64,
}

impl<'a> Operations<'a> {
    /// Of prompts of so many tokens.
    pub fn new(network: &'a Transformer, tokens: usize) -> Self {
        Self { network, tokens: tokens as f64 }
    }

    /// Operations of a prediction: the prompt's pass, that for the gradients of all layers there, `sentences` in which a word is replaced,
    /// and the points.
    pub fn prediction(&self, sentences: usize, points: &[(usize, Points)]) -> f64 {
        let blocks = &self.network.blocks;
        let sentence: f64 = blocks.iter().map(|block| self.block(block, self.tokens, self.tokens)).sum();
        let cached: f64 = if self.network.causal {
            blocks.iter().map(|block| self.tokens * linear(&block.attention.key_value)).sum()
        } else {
            0.0
        };
        let first = points.iter().map(|&(layer, _)| layer).min();
        let at_prompt = first.map_or(0.0, |first| 2.0 * self.point(first));
        let one = |&(layer, points): &(usize, Points)| {
            self.point(layer) * (2.0 * points.gradients as f64 + points.values as f64)
        };
        sentence * (1 + sentences) as f64 + cached + self.head() + at_prompt + points.iter().map(one).sum::<f64>()
    }

    /// A point's way from its layer to F.
    fn point(&self, layer: usize) -> f64 {
        let top = self.network.blocks.len() - 1;
        let above = self.network.blocks.iter().enumerate().skip(layer + 1).map(|(l, block)| {
            // Causal models carry the last token alone; in the last layer of the others it alone asks.
            let all = if self.network.causal { 1.0 } else { self.tokens };
            self.block(block, all, if l == top { 1.0 } else { all })
        });
        linear(&self.network.blocks[layer].feed_forward.output) + above.sum::<f64>() + self.head()
    }

    /// A block in which `keys` tokens are new and `asking` of them go on.
    fn block(&self, block: &Block, keys: f64, asking: f64) -> f64 {
        let attention = &block.attention;
        let pairs = 4.0 * self.tokens * (attention.heads * attention.size) as f64;
        let forward = &block.feed_forward;
        let each = linear(&attention.query)
            + linear(&attention.output)
            + pairs
            + linear(&forward.input)
            + forward.up.as_ref().map_or(0.0, linear)
            + linear(&forward.output);
        keys * linear(&attention.key_value) + asking * each
    }

    fn head(&self) -> f64 {
        let head = &self.network.head;
        head.transform.as_ref().map_or(0.0, |(transform, _)| linear(transform)) + linear(&head.decoder)
    }
}

fn linear(map: &Linear) -> f64 {
    let [inputs, outputs] = map.dims();
    2.0 * (inputs * outputs) as f64
}
