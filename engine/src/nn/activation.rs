//! Non-linearities of feed-forward blocks, with their derivatives.

use super::{Rules, kernels};
use crate::transformer::to_host;
use burn::tensor::{Device, Tensor, TensorData, activation};

/// The non-linearity of a feed-forward block, by the names of Hugging Face configurations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Activation {
    /// `gelu`: x·Φ(x), with the error function.
    Gelu,
    /// `gelu_new`, `gelu_pytorch_tanh`: its tanh approximation.
    GeluTanh,
    /// `silu`, `swish`: x·σ(x).
    Silu,
    /// `quick_gelu`: x·σ(1.702·x).
    QuickGelu,
    /// `relu`.
    Relu,
}

/// 1/√(2π) of the normal density.
const INVERSE_ROOT_TWO_PI: f32 = 0.398_942_3;
/// √(2/π) of the tanh approximation (Hendrycks & Gimpel, arXiv 1606.08415).
const TANH_SCALE: f32 = 0.797_884_6;
/// Its cubic coefficient.
const TANH_CUBIC: f32 = 0.044_715;
/// The slope of the logistic approximation of Φ.
const QUICK: f32 = 1.702;

impl Activation {
    /// The names that [`Activation::named`] knows.
    pub const NAMES: &'static str = "gelu, gelu_python, gelu_new, gelu_fast, gelu_pytorch_tanh, gelu_python_tanh, \
        gelu_accurate, quick_gelu, silu, swish, relu";

    /// The activation of a Hugging Face name.
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "gelu" | "gelu_python" => Some(Self::Gelu),
            "gelu_new" | "gelu_fast" | "gelu_pytorch_tanh" | "gelu_python_tanh" | "gelu_accurate" => {
                Some(Self::GeluTanh)
            }
            "quick_gelu" => Some(Self::QuickGelu),
            "silu" | "swish" => Some(Self::Silu),
            "relu" => Some(Self::Relu),
            _ => None,
        }
    }

    /// act(x).
    pub fn forward<const D: usize>(self, x: Tensor<D>) -> Tensor<D> {
        match self {
            Self::Gelu => activation::gelu(x),
            Self::GeluTanh => {
                let t = tanh_inner(x.clone()).tanh();
                (x * (t + 1.0)).mul_scalar(0.5)
            }
            Self::Silu => {
                let s = activation::sigmoid(x.clone());
                x * s
            }
            Self::QuickGelu => {
                let s = activation::sigmoid(x.clone() * QUICK);
                x * s
            }
            Self::Relu => activation::relu(x),
        }
    }

    /// act(x)/x, what x is multiplied with: Φ(x), σ(x) or, of `relu`, 0 or 1.
    pub fn share<const D: usize>(self, x: Tensor<D>) -> Tensor<D> {
        match self {
            Self::Gelu => (x * std::f32::consts::FRAC_1_SQRT_2).erf().add_scalar(1.0).mul_scalar(0.5),
            Self::GeluTanh => tanh_inner(x).tanh().add_scalar(1.0).mul_scalar(0.5),
            Self::Silu => activation::sigmoid(x),
            Self::QuickGelu => activation::sigmoid(x * QUICK),
            Self::Relu => x.greater_elem(0.0).float(),
        }
    }

    /// act(x) and the slope that the way back takes: act′(x), or by a rule for activations act(x)/x.
    pub(super) fn forward_and_slope(self, x: Tensor<2>, rules: Rules) -> (Tensor<2>, Tensor<2>) {
        if !rules.activations {
            return self.forward_and_derivative(x);
        }
        let share = self.share(x.clone());
        (x * share.clone(), share)
    }

    /// act(x) and act′(x).
    pub fn forward_and_derivative(self, x: Tensor<2>) -> (Tensor<2>, Tensor<2>) {
        let (device, dims) = (x.device(), x.dims());
        if device != Device::flex() || self == Self::Relu {
            return (self.forward(x.clone()), self.derivative(x));
        }
        let mut values = to_host(x);
        let slopes = match self {
            Self::Gelu => kernels::value_and_slope(
                &mut values,
                #[inline(always)]
                |x| {
                    let cumulative = 0.5 * (1.0 + kernels::erf(x * std::f32::consts::FRAC_1_SQRT_2));
                    let density = INVERSE_ROOT_TWO_PI * kernels::exp(-0.5 * x * x);
                    (x * cumulative, cumulative + x * density)
                },
            ),
            Self::GeluTanh => kernels::value_and_slope(
                &mut values,
                #[inline(always)]
                |x| {
                    let t = kernels::tanh(TANH_SCALE * (TANH_CUBIC * x * x * x + x));
                    let inner = TANH_SCALE * (3.0 * TANH_CUBIC * x * x + 1.0);
                    (0.5 * x * (1.0 + t), 0.5 * (1.0 + t + x * (1.0 - t * t) * inner))
                },
            ),
            Self::QuickGelu => kernels::value_and_slope(
                &mut values,
                #[inline(always)]
                |x| {
                    let s = kernels::sigmoid(QUICK * x);
                    (x * s, s * (1.0 + QUICK * x * (1.0 - s)))
                },
            ),
            _ => kernels::value_and_slope(
                &mut values,
                #[inline(always)]
                |x| {
                    let s = kernels::sigmoid(x);
                    (x * s, s * (1.0 + x * (1.0 - s)))
                },
            ),
        };
        let matrix = |values| Tensor::from_data(TensorData::new(values, dims), &device);
        (matrix(values), matrix(slopes))
    }

    /// act′(x).
    pub fn derivative<const D: usize>(self, x: Tensor<D>) -> Tensor<D> {
        match self {
            // burn's own gelu_backward is an approximation on most backends; this is exact on all.
            Self::Gelu => {
                let cumulative = (x.clone() * std::f32::consts::FRAC_1_SQRT_2).erf().add_scalar(1.0).mul_scalar(0.5);
                let density = (x.clone() * x.clone() * -0.5).exp().mul_scalar(INVERSE_ROOT_TWO_PI);
                cumulative + x * density
            }
            Self::GeluTanh => {
                let t = tanh_inner(x.clone()).tanh();
                let inner = (x.clone() * x.clone()).mul_scalar(3.0 * TANH_CUBIC * TANH_SCALE).add_scalar(TANH_SCALE);
                let slope = (t.clone() * t.clone()).neg().add_scalar(1.0) * inner * x;
                (t + 1.0 + slope).mul_scalar(0.5)
            }
            Self::Silu => {
                let s = activation::sigmoid(x.clone());
                s.clone() * (x * s.neg().add_scalar(1.0) + 1.0)
            }
            Self::QuickGelu => {
                let s = activation::sigmoid(x.clone() * QUICK);
                s.clone() * (x * QUICK * s.neg().add_scalar(1.0) + 1.0)
            }
            Self::Relu => x.greater_elem(0.0).float(),
        }
    }
}

fn tanh_inner<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    let cube = x.clone() * x.clone() * x.clone();
    (cube.mul_scalar(TANH_CUBIC) + x).mul_scalar(TANH_SCALE)
}
