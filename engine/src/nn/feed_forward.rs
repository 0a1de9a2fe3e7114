//! The feed-forward block: the layer whose units are the neurons.

use super::{Activation, Linear, Rules};
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
    /// act′ where it was taken, or what a rule has for it; of a gated block, times up.
    slope: Tensor<2>,
    /// act(gate) of a gated block; half of it by a rule for products, as of `slope`.
    active: Option<Tensor<2>>,
}

impl FeedForward {
    /// Number of neurons.
    pub fn width(&self) -> usize {
        self.output.dims()[0]
    }

    /// `[rows × hidden]` to the neurons' activations `[rows × width]`, and what the way back by some rules needs.
    pub fn neurons(&self, x: Tensor<2>, rules: Rules) -> (Tensor<2>, FeedForwardState) {
        let (active, slope) = self.activation.forward_and_slope(self.input.forward(x.clone()), rules);
        match &self.up {
            None => (active, FeedForwardState { slope, active: None }),
            Some(up) => {
                let up = up.forward(x);
                let part = |whole: Tensor<2>| if rules.products { whole.mul_scalar(0.5) } else { whole };
                let state = FeedForwardState { slope: part(slope * up.clone()), active: Some(part(active.clone())) };
                (active * up, state)
            }
        }
    }

    /// The neurons' activations, the values before the non-linearity, and of a gated block x·Wu; nothing kept for a backward pass.
    pub fn trace(&self, x: Tensor<2>) -> (Tensor<2>, Tensor<2>, Option<Tensor<2>>) {
        let before = self.input.forward(x.clone());
        let (active, _) = self.activation.forward_and_derivative(before.clone());
        match &self.up {
            None => (active, before, None),
            Some(up) => {
                let up = up.forward(x);
                (active * up.clone(), before, Some(up))
            }
        }
    }

    /// ∂F/∂x from ∂F/∂w.
    pub fn backward(&self, state: &FeedForwardState, dw: Tensor<2>) -> Tensor<2> {
        let through = self.input.backward(dw.clone() * state.slope.clone());
        match (&self.up, &state.active) {
            (Some(up), Some(active)) => through + up.backward(dw * active.clone()),
            _ => through,
        }
    }
}
