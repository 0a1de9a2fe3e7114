//! Tensors that go by several names: tied heads, shared biases.

use super::Weights;
use crate::error::{Error, Result};
use crate::nn::Matrix;
use burn::tensor::Tensor;

impl Weights {
    /// One tensor that goes by several names.
    ///
    /// # Errors
    /// Two of them that differ: which one counts is not known.
    pub fn same<const D: usize>(&mut self, names: &[&str], shape: [usize; D]) -> Result<Tensor<D>> {
        let there: Vec<&str> = names.iter().copied().filter(|name| self.has(name)).collect();
        let Some((first, others)) = there.split_first() else { return self.take(names[0], shape) };
        for other in others {
            let pair = (self.checked(first, &shape)?, self.checked(other, &shape)?);
            let (Some(one), Some(two), false) = (pair.0, pair.1, self.dry) else { continue };
            if !self.are_equal(&one, &two)? {
                let reason = format!(
                    "`{one}` and `{two}` are names of one tensor, but their values differ; leave out the one that the \
                     model does not use"
                );
                return Err(Error::File { path: self.path.clone(), reason });
            }
        }
        self.take(first, shape)
    }

    /// The rows of the embedding and those of the head, `[vocabulary × hidden]` both. Of a tied pair either name stands for
    /// both. Where the file holds two that differ, each is used for its own, whatever the configuration says, as Hugging
    /// Face 5 does; the user is told.
    pub fn tied(&mut self, embedding: &str, head: &str, shape: [usize; 2], tied: bool) -> Result<(Matrix, Matrix)> {
        let (has_embedding, has_head) = (self.has(embedding), self.has(head));
        if has_embedding && has_head {
            return self.both(embedding, head, shape, tied);
        }
        if !tied {
            return Ok((self.matrix(embedding, shape)?, self.matrix(head, shape)?));
        }
        let rows = self.matrix(if has_head { head } else { embedding }, shape)?;
        Ok((rows.clone(), rows))
    }

    fn both(&mut self, embedding: &str, head: &str, shape: [usize; 2], tied: bool) -> Result<(Matrix, Matrix)> {
        let pair = (self.checked(embedding, &shape)?, self.checked(head, &shape)?);
        let (Some(one), Some(two), false) = (pair.0, pair.1, self.dry) else {
            return Ok((self.matrix(embedding, shape)?, self.matrix(head, shape)?));
        };
        let equal = self.are_equal(&one, &two)?;
        let rows = self.matrix(embedding, shape)?;
        if equal {
            return Ok((rows.clone(), rows));
        }
        if tied {
            self.note(format!(
                "config.json says that the head is the embedding (`tie_word_embeddings`), but the weights hold another \
                 `{two}` beside it; that one is used, as Hugging Face 5 does"
            ));
        }
        Ok((rows, self.matrix(head, shape)?))
    }

    fn are_equal(&self, one: &str, two: &str) -> Result<bool> {
        if self.tensors[one].is_same_place(&self.tensors[two]) {
            return Ok(true);
        }
        if let Some(equal) = self.tensors[one].has_bytes_of(&self.tensors[two]) {
            return equal.map_err(|source| Error::Read { path: self.path.clone(), source });
        }
        self.holds(two, &self.values(one)?)
    }
}
