//! Soft caps: scores and logits that stay within bounds.

use burn::tensor::Tensor;

/// x becomes cap·tanh(x / cap), which is x where x is small and never beyond ±cap (Gemma 2, arXiv 2408.00118, §2).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cap(pub f32);

impl Cap {
    /// The capped values and their slopes, 1 − tanh²; without a cap the values as they are.
    pub(super) fn through<const D: usize>(cap: Option<Self>, x: Tensor<D>) -> (Tensor<D>, Option<Tensor<D>>) {
        let Some(Self(cap)) = cap else { return (x, None) };
        let t = x.div_scalar(cap).tanh();
        let slope = (t.clone() * t.clone()).neg().add_scalar(1.0);
        (t.mul_scalar(cap), Some(slope))
    }

    /// ∂F/∂x from ∂F/∂(capped x).
    pub(super) fn back<const D: usize>(slope: Option<&Tensor<D>>, dy: Tensor<D>) -> Tensor<D> {
        match slope {
            None => dy,
            Some(slope) => dy * slope.clone(),
        }
    }
}
