//! The two architectures, as `transformers` defines them, small.
//!
//! Fields are named like the tensors of a Hugging Face folder, so that writing one is a matter of a few renames.
//! For training only: the engine has its own models.

mod attention;
mod bert;
mod gpt2;

use burn::module::Module;
use burn::tensor::activation::log_softmax;
use burn::tensor::{Device, Tensor};
use serde_json::Value;

use crate::error::Result;
use crate::rows::Batch;
use crate::tokenizer::Encoder;

pub use bert::Bert;
pub use gpt2::Gpt2;

/// Positions a model knows.
pub const POSITIONS: usize = 64;
/// Standard deviation of fresh weights.
const DEVIATION: f64 = 0.02;

/// Sizes of a model.
#[derive(Clone, Copy, Debug)]
pub struct Sizes {
    /// Tokens.
    pub vocabulary: usize,
    /// Layers.
    pub layers: usize,
    /// Width of the hidden state.
    pub hidden: usize,
    /// Neurons of a layer's feed-forward block.
    pub feed_forward: usize,
    /// Attention heads.
    pub heads: usize,
}

impl Sizes {
    /// Those of the demo models.
    pub fn demo(vocabulary: usize) -> Self {
        Self { vocabulary, layers: 4, hidden: 128, feed_forward: 512, heads: 4 }
    }
}

/// A model that can be trained and shipped.
pub trait LanguageModel: Module + Clone + Send + Sync {
    /// A fresh one, its weights drawn from the device's seed.
    fn new(sizes: &Sizes, device: &Device) -> Self;

    /// Logits at the places of a batch, `[places, vocabulary]`.
    fn logits(&self, batch: &Batch) -> Tensor<2>;

    /// `config.json`.
    fn config(sizes: &Sizes, encoder: &Encoder) -> Result<Value>;

    /// Regular expressions that turn field names into names of tensors, with their replacements.
    fn names() -> &'static [(&'static str, &'static str)];

    /// The way back.
    fn fields() -> &'static [(&'static str, &'static str)];
}

/// Cross-entropy of the answers, summed.
pub fn loss(logits: Tensor<2>, batch: &Batch) -> Tensor<1> {
    log_softmax(logits, 1).gather(1, batch.targets.clone()).sum().neg()
}

/// Hidden states at the places of a batch.
fn at_places(hidden: Tensor<3>, batch: &Batch) -> Tensor<2> {
    let [rows, length, width] = hidden.dims();
    hidden.reshape([rows * length, width]).select(0, batch.places.clone())
}

#[cfg(test)]
mod tests {
    use burn::module::Module;
    use burn::tensor::Device;

    use super::{Bert, Gpt2, LanguageModel, Sizes};
    use crate::rows::{Batch, Row};

    const SIZES: Sizes = Sizes { vocabulary: 11, layers: 2, hidden: 8, feed_forward: 16, heads: 2 };

    fn row(ids: &[u32], at: usize) -> Row {
        Row { ids: ids.to_vec(), targets: vec![(at, 1)] }
    }

    /// Logits of the first row, alone and beside a longer one.
    fn alone_and_padded<M: LanguageModel>() -> [Vec<f32>; 2] {
        let device = Device::flex();
        let model = M::new(&SIZES, &device);
        let logits = |rows: &[Row]| {
            let logits =
                model.logits(&Batch::new(rows, 0, &device)).into_data().try_to_vec::<f32>().expect("32-bit floats");
            logits[..SIZES.vocabulary].to_vec()
        };
        [logits(&[row(&[5, 6, 7], 2)]), logits(&[row(&[5, 6, 7], 2), row(&[1, 2, 3, 4, 5, 6], 1)])]
    }

    fn assert_close([left, right]: [Vec<f32>; 2]) {
        assert!(left.iter().zip(&right).all(|(l, r)| (l - r).abs() < 1e-5), "{left:?} {right:?}");
    }

    #[test]
    fn filling_up_changes_no_logit() {
        assert_close(alone_and_padded::<Bert>());
        assert_close(alone_and_padded::<Gpt2>());
    }

    #[test]
    fn a_causal_model_does_not_look_ahead() {
        let device = Device::flex();
        let model = Gpt2::new(&SIZES, &device);
        let logits = |ids| {
            model
                .logits(&Batch::new(&[row(ids, 1)], 0, &device))
                .into_data()
                .try_to_vec::<f32>()
                .expect("32-bit floats")
        };
        assert_close([logits(&[5, 6, 7]), logits(&[5, 6, 9])]);
    }

    #[test]
    fn sizes_of_the_demo_give_about_a_million_parameters() {
        let device = Device::flex();
        let sizes = Sizes::demo(2_000);
        // Embeddings, four layers of attention, feed-forward and two norms each, the last norm or the head.
        let layer = 4 * (128 * 128 + 128) + (128 * 512 + 512) + (512 * 128 + 128) + 2 * 256;
        let bert = 2_000 * 128 + 64 * 128 + 2 * 128 + 256 + 4 * layer + (128 * 128 + 128) + 256 + 2_000;
        assert_eq!(Bert::new(&sizes, &device).num_params(), bert);
        assert_eq!(Gpt2::new(&sizes, &device).num_params(), 2_000 * 128 + 64 * 128 + 4 * layer + 256);
    }
}
