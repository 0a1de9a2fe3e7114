//! A loaded network: embedding, blocks, head; and the pass of real sentences through it.

use crate::nn::{Block, Cache, Head, Matrix, Norm, NormState, Rules, Trace};
use burn::tensor::{Device, Int, Tensor, TensorData};
use std::ops::Range;

/// From token ids to the first hidden states.
#[derive(Clone, Debug)]
pub struct Embedding {
    /// `[vocabulary × hidden]`.
    pub tokens: Matrix,
    /// Learnt positions, `[positions × hidden]`.
    pub positions: Option<Tensor<2>>,
    /// The padding token, where positions are counted as RoBERTa does: from behind its id on, over all tokens but it, which
    /// has its own id as position.
    pub padding: Option<u32>,
    /// Added to every token, `[1 × hidden]` (BERT's segment 0).
    pub segment: Option<Tensor<2>>,
    /// What token embeddings are multiplied with (Gemma).
    pub scale: Option<f32>,
    /// After the sum (BERT).
    pub norm: Option<Norm>,
}

/// A transformer language model with constant weights.
#[derive(Clone, Debug)]
pub struct Transformer {
    /// The embedding.
    pub embedding: Embedding,
    /// The layers.
    pub blocks: Vec<Block>,
    /// The language-modelling head.
    pub head: Head,
    /// Whether tokens see only earlier ones.
    pub causal: bool,
    /// Longest prompt, in tokens.
    pub max_tokens: usize,
}

/// One layer of the pass of a real prompt: where paths of this layer start.
#[derive(Clone, Debug)]
pub struct LayerPrefix {
    /// What the feed-forward result is added to at the target position, `[1 × hidden]`.
    pub residual: Tensor<2>,
    /// w̄: the neurons' activations there.
    pub neurons: Vec<f32>,
    /// The same before the non-linearity.
    pub before: Vec<f32>,
    /// What the up-projection of a gated block gives there.
    pub up: Option<Vec<f32>>,
    /// Output of the layer at every token, `[tokens × hidden]` (bidirectional models).
    pub output: Option<Tensor<2>>,
    /// Keys and values of the tokens before the last (causal models).
    pub cache: Option<Cache>,
}

/// The pass of a real prompt: everything paths have in common.
#[derive(Clone, Debug)]
pub struct Prefix {
    /// By layer.
    pub layers: Vec<LayerPrefix>,
    /// Length of the prompt.
    pub tokens: usize,
    /// The target position.
    pub position: usize,
    /// Output of the last layer there, `[1 × hidden]`.
    pub last: Tensor<2>,
}

impl Prefix {
    /// Sentences that are the prompt's but for the target position, `[rows·tokens × hidden]`, of that position's `rows:
    /// [rows × hidden]` and a layer's output for the prompt, `[tokens × hidden]`.
    pub(crate) fn in_sentences(&self, rows: Tensor<2>, prompt: &Tensor<2>) -> Tensor<2> {
        let [n, hidden] = rows.dims();
        let (tokens, position) = (self.tokens, self.position);
        let same = |from: usize, to: usize| -> Tensor<3> {
            let part: Tensor<3> = prompt.clone().slice_dim(0, from..to).unsqueeze_dim(0);
            part.expand([n, to - from, hidden])
        };
        let mut parts = Vec::with_capacity(3);
        if position > 0 {
            parts.push(same(0, position));
        }
        parts.push(rows.unsqueeze_dim(1));
        if position + 1 < tokens {
            parts.push(same(position + 1, tokens));
        }
        Tensor::cat(parts, 1).reshape([n * tokens, hidden])
    }
}

impl Transformer {
    /// Number of feed-forward units of a layer.
    pub fn width(&self) -> usize {
        self.blocks.first().map_or(0, |block| block.feed_forward.width())
    }

    /// Size of the hidden states.
    pub fn hidden(&self) -> usize {
        self.embedding.tokens.dims()[1]
    }

    /// Number of tokens the model knows.
    pub fn vocabulary(&self) -> usize {
        self.embedding.tokens.dims()[0]
    }

    /// Where the weights are.
    pub fn device(&self) -> Device {
        self.embedding.tokens.device()
    }

    /// First hidden states of sentences of equal length, `[sentences·tokens × hidden]`.
    fn embed(&self, sentences: &[&[u32]]) -> Tensor<2> {
        self.embed_with(sentences, |words| words)
    }

    /// The same with the word embeddings `[sentences·tokens × hidden]` changed on their way: as the network reads them, multiplied with
    /// [`Embedding::scale`], before positions and norm.
    pub(crate) fn embed_with(&self, sentences: &[&[u32]], change: impl FnOnce(Tensor<2>) -> Tensor<2>) -> Tensor<2> {
        self.embed_keeping(sentences, change).0
    }

    /// The same, with what [`Transformer::embedding_backward`] needs.
    pub(crate) fn embed_keeping(
        &self,
        sentences: &[&[u32]],
        change: impl FnOnce(Tensor<2>) -> Tensor<2>,
    ) -> (Tensor<2>, Option<NormState>) {
        let device = self.device();
        let (rows, tokens, hidden) = (sentences.len(), sentences[0].len(), self.hidden());
        let ids: Vec<u32> = sentences.iter().flat_map(|s| s.iter().copied()).collect();
        let mut x = change(self.word_embeddings(&ids));
        if let Some(positions) = &self.embedding.positions {
            x = match self.embedding.padding {
                None => {
                    let added: Tensor<3> = positions.clone().slice_dim(0, 0..tokens).unsqueeze_dim(0);
                    (x.reshape([rows, tokens, hidden]) + added).reshape([rows * tokens, hidden])
                }
                Some(padding) => {
                    let places: Vec<i32> = sentences.iter().flat_map(|ids| positions_behind(padding, ids)).collect();
                    let places = Tensor::<1, Int>::from_data(TensorData::new(places, [rows * tokens]), &device);
                    x + positions.clone().select(0, places)
                }
            };
        }
        if let Some(segment) = &self.embedding.segment {
            x = x + segment.clone();
        }
        match &self.embedding.norm {
            Some(norm) => {
                let (x, state) = norm.forward(x);
                (x, Some(state))
            }
            None => (x, None),
        }
    }

    /// ∂F by word embeddings as the network reads them, from that by the first hidden states: `[rows × hidden]`.
    pub(crate) fn embedding_backward(&self, state: Option<&NormState>, d: Tensor<2>) -> Tensor<2> {
        match self.embedding.norm.as_ref().zip(state) {
            Some((norm, state)) => norm.backward(state, d, Rules::EXACT),
            None => d,
        }
    }

    /// Word embeddings of tokens as the network reads them, `[tokens × hidden]`.
    pub(crate) fn word_embeddings(&self, ids: &[u32]) -> Tensor<2> {
        let words = self.embedding.tokens.select(ids);
        match self.embedding.scale {
            None => words,
            Some(scale) => words * scale,
        }
    }

    /// The pass of one prompt, kept for paths at `position`. In a causal model that is the last token.
    pub fn prefix(&self, ids: &[u32], position: usize) -> Prefix {
        let tokens = ids.len();
        let at = |t: &Tensor<2>| t.clone().slice_dim(0, position..position + 1);
        let mut x = self.embed(&[ids]);
        let mut layers = Vec::with_capacity(self.blocks.len());
        for block in &self.blocks {
            let cache = self.causal.then(|| block.cache(x.clone(), tokens));
            let trace = block.trace(x, tokens, self.causal);
            layers.push(LayerPrefix {
                residual: at(&trace.residual),
                neurons: to_host(at(&trace.neurons)),
                before: to_host(at(&trace.before)),
                up: trace.up.as_ref().map(|up| to_host(at(up))),
                output: (!self.causal).then(|| trace.output.clone()),
                cache,
            });
            x = trace.output;
        }
        Prefix { layers, tokens, position, last: at(&x) }
    }

    /// A layer's activations, or what else `pick` takes of a trace, at `position` of sentences of equal length, `[layer][sentence]`.
    pub fn neurons(
        &self,
        sentences: &[&[u32]],
        position: usize,
        pick: impl Fn(&Trace) -> Tensor<2>,
    ) -> Vec<Vec<Vec<f32>>> {
        let (rows, tokens) = (sentences.len(), sentences[0].len());
        let mut x = self.embed(sentences);
        let mut layers = Vec::with_capacity(self.blocks.len());
        for block in &self.blocks {
            let trace = block.trace(x, tokens, self.causal);
            let neurons = pick(&trace);
            let width = neurons.dims()[1];
            let picked = neurons.reshape([rows, tokens, width]).slice_dim(1, position..position + 1);
            let values = to_host(picked.reshape([rows, width]));
            layers.push(values.chunks(width).map(<[f32]>::to_vec).collect());
            x = trace.output;
        }
        layers
    }

    /// What each layer's neurons do at some tokens of a sentence, `[tokens × width]`: their activations, and what the non-linearity is taken of.
    pub fn activations(&self, ids: &[u32], tokens: Range<usize>) -> Vec<(Vec<f32>, Vec<f32>)> {
        let mut x = self.embed(&[ids]);
        let mut layers = Vec::with_capacity(self.blocks.len());
        let at = |values: Tensor<2>| to_host(values.slice_dim(0, tokens.clone()));
        for block in &self.blocks {
            let trace = block.trace(x, ids.len(), self.causal);
            layers.push((at(trace.neurons), at(trace.before)));
            x = trace.output;
        }
        layers
    }

    /// The pass of a sentence through the layers up to `last`: `visit` gets each layer's.
    pub(crate) fn traced(&self, ids: &[u32], last: usize, mut visit: impl FnMut(usize, Trace)) {
        let mut x = self.embed(&[ids]);
        for (layer, block) in self.blocks.iter().enumerate().take(last + 1) {
            let trace = block.trace(x, ids.len(), self.causal);
            x = trace.output.clone();
            visit(layer, trace);
        }
    }

    /// The last layer's output at `position` of `rows` variants of one sentence, `[rows × hidden]`: from layer `first` on,
    /// `change` changes the activations of all of them, `[rows·tokens × width]`.
    pub fn variants(
        &self,
        ids: &[u32],
        position: usize,
        rows: usize,
        first: usize,
        change: impl Fn(usize, Tensor<2>) -> Tensor<2>,
    ) -> Tensor<2> {
        let (tokens, hidden) = (ids.len(), self.hidden());
        let mut x = self.embed(&[ids]);
        for (layer, block) in self.blocks.iter().enumerate() {
            if layer == first {
                let one: Tensor<3> = x.unsqueeze_dim(0);
                x = one.expand([rows, tokens, hidden]).reshape([rows * tokens, hidden]);
            }
            let change = |neurons| if layer < first { neurons } else { change(layer, neurons) };
            x = block.trace_with(x, tokens, self.causal, change).output;
        }
        x.reshape([rows, tokens, hidden]).slice_dim(1, position..position + 1).reshape([rows, hidden])
    }

    /// Logits at `position`, one a token of the vocabulary.
    pub fn logits(&self, ids: &[u32], position: usize) -> Vec<f32> {
        to_host(self.head.logits(self.prefix(ids, position).last))
    }
}

/// RoBERTa's positions of a sentence.
fn positions_behind(padding: u32, ids: &[u32]) -> Vec<i32> {
    let mut last = padding as i32;
    let mut place = |&id: &u32| {
        if id == padding {
            return padding as i32;
        }
        last += 1;
        last
    };
    ids.iter().map(&mut place).collect()
}

/// Values of a matrix, row by row.
///
/// # Panics
/// If the matrix is not of f32; all of the engine's are.
pub fn to_host(matrix: Tensor<2>) -> Vec<f32> {
    matrix.into_data().try_into_vec().expect("the engine's tensors are f32")
}
