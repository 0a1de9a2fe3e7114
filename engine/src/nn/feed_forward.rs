//! The feed-forward block: the layer whose units are the neurons.

use super::{Activation, Linear};
use burn::tensor::Tensor;

/// w = act(x·W1 + b1), or act(x·Wg) ∘ (x·Wu) in gated blocks; y = w·W2 + b2. w is the neurons' activation.
#[derive(Clone, Debug)]
pub struct FeedForward {
    /// W1, or Wg in a gated block.
    pub input: Linear,
    /// Wu of a gated block.
    pub up: Option<Linear>,
    /// The non-linearity.
    pub activation: Activation,
    /// W2.
    pub output: Linear,
}

/// What [`FeedForward::backward`] needs.
#[derive(Clone, Debug)]
pub struct FeedForwardState {
    before: Tensor<2>,
    up: Option<Tensor<2>>,
}

impl FeedForward {
    /// Number of neurons.
    pub fn width(&self) -> usize {
        self.output.dims()[0]
    }

    /// `[rows × hidden]` to the neurons' activations `[rows × width]`.
    pub fn neurons(&self, x: Tensor<2>) -> (Tensor<2>, FeedForwardState) {
        let before = self.input.forward(x.clone());
        let up = self.up.as_ref().map(|up| up.forward(x));
        let active = self.activation.forward(before.clone());
        let w = match &up {
            Some(up) => active * up.clone(),
            None => active,
        };
        (w, FeedForwardState { before, up })
    }

    /// ∂F/∂x from ∂F/∂w.
    pub fn backward(&self, state: &FeedForwardState, dw: Tensor<2>) -> Tensor<2> {
        let slope = self.activation.derivative(state.before.clone());
        match (&self.up, &state.up) {
            (Some(map), Some(up)) => {
                let d_up = dw.clone() * self.activation.forward(state.before.clone());
                self.input.backward(dw * up.clone() * slope) + map.backward(d_up)
            }
            _ => self.input.backward(dw * slope),
        }
    }

    /// The value before the non-linearity, `[rows × width]` (site `pre`).
    pub fn before(state: &FeedForwardState) -> Tensor<2> {
        state.before.clone()
    }
}
