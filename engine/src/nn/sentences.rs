//! Which rows of a pass are which tokens, and rows taken and put together.

use burn::tensor::Tensor;
use std::ops::Range;

/// Sentences of one length, one after the other among the rows of a pass. Rows of several prompts share linear maps and norms; tokens
/// attend within their own sentence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sentences {
    /// How many.
    pub count: usize,
    /// Tokens of each.
    pub tokens: usize,
    /// The one token of each that asks; by default all do.
    pub only: Option<usize>,
}

impl Sentences {
    /// Sentences whose tokens all ask.
    pub fn whole(count: usize, tokens: usize) -> Self {
        Self { count, tokens, only: None }
    }

    /// Rows of their tokens.
    pub(super) fn rows(&self) -> usize {
        self.count * self.tokens
    }

    /// How many tokens of each ask, and the first of them.
    pub(super) fn asking(&self) -> (usize, usize) {
        self.only.map_or((self.tokens, 0), |position| (1, position))
    }
}

/// Some rows of a matrix.
pub(crate) fn rows(x: &Tensor<2>, range: Range<usize>) -> Tensor<2> {
    if range.len() == x.dims()[0] { x.clone() } else { x.clone().slice_dim(0, range) }
}

/// Matrices, one below the other.
pub(crate) fn stacked(mut parts: Vec<Tensor<2>>) -> Tensor<2> {
    if parts.len() == 1 { parts.remove(0) } else { Tensor::cat(parts, 0) }
}

/// The rows of the tokens that ask.
pub(super) fn picked(x: Tensor<2>, sentences: &[Sentences]) -> Tensor<2> {
    if sentences.iter().all(|sentences| sentences.only.is_none()) {
        return x;
    }
    let (mut row, hidden) = (0, x.dims()[1]);
    let pick = |sentences: &Sentences| {
        let all = rows(&x, row..row + sentences.rows());
        row += sentences.rows();
        match sentences.only {
            None => all,
            Some(position) => {
                let cut = all.reshape([sentences.count, sentences.tokens, hidden]);
                cut.slice_dim(1, position..position + 1).reshape([sentences.count, hidden])
            }
        }
    };
    stacked(sentences.iter().map(pick).collect())
}

/// The rows of the tokens that ask as rows of all tokens; those of the others are 0.
pub(super) fn placed(x: Tensor<2>, sentences: &[Sentences]) -> Tensor<2> {
    if sentences.iter().all(|sentences| sentences.only.is_none()) {
        return x;
    }
    let (mut row, hidden, device) = (0, x.dims()[1], x.device());
    let place = |&Sentences { count, tokens, only }: &Sentences| {
        let Some(position) = only else {
            row += count * tokens;
            return rows(&x, row - count * tokens..row);
        };
        let own = rows(&x, row..row + count);
        row += count;
        let zeros = |n: usize| Tensor::<3>::zeros([count, n, hidden], &device);
        let mut parts = Vec::with_capacity(3);
        if position > 0 {
            parts.push(zeros(position));
        }
        parts.push(own.unsqueeze_dim(1));
        if position + 1 < tokens {
            parts.push(zeros(tokens - position - 1));
        }
        Tensor::cat(parts, 1).reshape([count * tokens, hidden])
    };
    stacked(sentences.iter().map(place).collect())
}
