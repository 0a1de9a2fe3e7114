//! Rotary position embedding (Su et al., arXiv 2104.09864), halves as Hugging Face keeps them.

use burn::tensor::{Device, Tensor, TensorData};

/// Cosines and sines of every position a model may see.
#[derive(Clone, Debug)]
pub struct Rotary {
    /// `[positions × size]`, both halves alike.
    cosine: Tensor<2>,
    /// `[positions × size]`; the first half negated, so that rotating is x·cos + swap(x)·sin.
    sine: Tensor<2>,
    size: usize,
}

impl Rotary {
    /// Angles `position / theta^(2i/size)` for `positions` positions of heads of `size`.
    pub fn new(theta: f64, size: usize, positions: usize, device: &Device) -> Self {
        let half = size / 2;
        let (mut cosine, mut sine) = (Vec::new(), Vec::new());
        for position in 0..positions {
            let angle = |i: usize| position as f64 / theta.powf(2.0 * (i % half) as f64 / size as f64);
            cosine.extend((0..size).map(|i| angle(i).cos() as f32));
            sine.extend((0..size).map(|i| (if i < half { -1.0 } else { 1.0 }) * angle(i).sin() as f32));
        }
        let matrix = |values: Vec<f32>| Tensor::from_data(TensorData::new(values, [positions, size]), device);
        Self { cosine: matrix(cosine), sine: matrix(sine), size }
    }

    /// Rotates `[a × b × tokens × size]`, whose tokens are at positions from `first` on.
    pub fn forward(&self, x: Tensor<4>, first: usize) -> Tensor<4> {
        self.turn(x, first, 1.0)
    }

    /// Gradients turn back by the same angles: a rotation's transpose is its inverse.
    pub fn backward(&self, dy: Tensor<4>, first: usize) -> Tensor<4> {
        self.turn(dy, first, -1.0)
    }

    fn turn(&self, x: Tensor<4>, first: usize, sign: f32) -> Tensor<4> {
        let tokens = x.dims()[2];
        let at = |t: &Tensor<2>| -> Tensor<4> {
            t.clone().slice_dim(0, first..first + tokens).reshape([1, 1, tokens, self.size])
        };
        let half = self.size / 2;
        let low = x.clone().slice_dim(3, 0..half);
        let high = x.clone().slice_dim(3, half..self.size);
        let swapped = Tensor::cat(vec![high, low], 3);
        x * at(&self.cosine) + swapped * (at(&self.sine) * sign)
    }
}
