//! The parts of a transformer, each with its forward pass and its backward pass by hand.
//!
//! Why by hand: attribution needs the gradient with respect to one activation only. The weights are constants, and the
//! backward pass of each part is a few lines; a tape would record, allocate and keep more. Each part is checked against
//! burn's autodiff (`tests/backward.rs`).
//!
//! Convention: hidden states are matrices `[rows × hidden]`, a row a token. `forward` returns the output and what
//! `backward` needs; `backward` takes ∂F/∂output and returns ∂F/∂input.

mod activation;
mod attention;
mod behind;
mod block;
mod cached;
mod cap;
mod feed_forward;
mod head;
mod kernels;
mod linear;
mod matrix;
mod narrow;
mod norm;
mod rotary;
mod rules;
mod running;
mod sentences;
mod steady;
mod vocabulary;

pub use activation::Activation;
pub use attention::{Attention, AttentionState};
pub use behind::{Behind, KeysValues, Passed};
pub use block::{Block, BlockState, JoinState, Trace};
pub use cached::{Cache, CachedState, Variants};
pub use cap::Cap;
pub use feed_forward::{FeedForward, FeedForwardState};
pub use head::{Distribution, Head, HeadState, LogitsState, Standing};
pub use linear::Linear;
pub use matrix::Matrix;
pub(crate) use matrix::PART;
pub use narrow::{Bytes, Half, Narrow, Rows};
pub use norm::{Norm, NormState};
pub use rotary::Rotary;
pub use rules::Rules;
pub use sentences::Sentences;
pub(crate) use sentences::{rows, stacked};
