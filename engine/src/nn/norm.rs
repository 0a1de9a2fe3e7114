//! Layer normalisation and root-mean-square normalisation over the last dimension.

use super::Rules;
use burn::tensor::Tensor;

/// A normalisation with constant weights.
#[derive(Clone, Debug)]
pub struct Norm {
    /// `[1 × size]`.
    weight: Tensor<2>,
    /// `[1 × size]`; layer normalisation has one, root-mean-square normalisation none.
    bias: Option<Tensor<2>>,
    epsilon: f64,
    centred: bool,
}

/// What [`Norm::backward`] needs.
#[derive(Clone, Debug)]
pub struct NormState {
    normal: Tensor<2>,
    inverse: Tensor<2>,
}

impl Norm {
    /// Layer normalisation (Ba et al., arXiv 1607.06450): (x − mean) / √(variance + ε) · weight + bias.
    pub fn layer(weight: Tensor<1>, bias: Tensor<1>, epsilon: f64) -> Self {
        Self { weight: weight.unsqueeze_dim(0), bias: Some(bias.unsqueeze_dim(0)), epsilon, centred: true }
    }

    /// Root-mean-square normalisation (Zhang & Sennrich, arXiv 1910.07467): x / √(mean(x²) + ε) · weight.
    pub fn root_mean_square(weight: Tensor<1>, epsilon: f64) -> Self {
        Self { weight: weight.unsqueeze_dim(0), bias: None, epsilon, centred: false }
    }

    /// What normalised values are multiplied with, `[1 × size]`.
    pub fn weight(&self) -> Tensor<2> {
        self.weight.clone()
    }

    /// `[rows × size]`, normalised row by row.
    pub fn forward(&self, x: Tensor<2>) -> (Tensor<2>, NormState) {
        let x = if self.centred {
            let mean = x.clone().mean_dim(1);
            x - mean
        } else {
            x
        };
        let inverse = (x.clone() * x.clone()).mean_dim(1).add_scalar(self.epsilon).sqrt().recip();
        let normal = x * inverse.clone();
        let scaled = normal.clone() * self.weight.clone();
        let y = match &self.bias {
            Some(bias) => scaled + bias.clone(),
            None => scaled,
        };
        (y, NormState { normal, inverse })
    }

    /// ∂F/∂x from ∂F/∂y; by a rule for norms the scale is a constant.
    pub fn backward(&self, state: &NormState, dy: Tensor<2>, rules: Rules) -> Tensor<2> {
        let d = dy * self.weight.clone();
        let along = (!rules.norms).then(|| (d.clone() * state.normal.clone()).mean_dim(1));
        let d = if self.centred {
            let mean = d.clone().mean_dim(1);
            d - mean
        } else {
            d
        };
        let Some(along) = along else { return d * state.inverse.clone() };
        (d - state.normal.clone() * along) * state.inverse.clone()
    }
}
