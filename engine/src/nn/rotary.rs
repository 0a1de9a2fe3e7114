//! Rotary position embedding (Su et al., arXiv 2104.09864), halves as Hugging Face keeps them.

use burn::tensor::{Device, Tensor, TensorData};

/// Cosines and sines of every position a model may see.
#[derive(Clone, Debug)]
pub struct Rotary {
    /// `[positions × turned]`, both halves alike.
    cosine: Tensor<2>,
    /// `[positions × turned]`; the first half negated, so that rotating is x·cos + swap(x)·sin.
    sine: Tensor<2>,
    /// How many entries of a head are turned; those behind them stay as they are.
    turned: usize,
}

impl Rotary {
    /// Angles `position / theta^(2i/size)` for `positions` positions of heads of `size`.
    pub fn new(theta: f64, size: usize, positions: usize, device: &Device) -> Self {
        Self::scaled(&Self::frequencies(theta, size), 1.0, positions, device)
    }

    /// The angle that pair i turns by from one position to the next, `theta^(-2i/size)`, for `size / 2` pairs.
    pub fn frequencies(theta: f64, size: usize) -> Vec<f64> {
        (0..size / 2).map(|i| theta.powf(-2.0 * i as f64 / size as f64)).collect()
    }

    /// Angles `position · frequencies[i]`, of the first `2 · frequencies.len()` entries of a head. Turned entries are
    /// multiplied by `length` (YaRN's attention factor; Peng et al., arXiv 2309.00071).
    pub fn scaled(frequencies: &[f64], length: f64, positions: usize, device: &Device) -> Self {
        let turned = 2 * frequencies.len();
        let (mut cosine, mut sine) = (Vec::new(), Vec::new());
        for position in 0..positions {
            let angles = || frequencies.iter().map(|frequency| position as f64 * frequency);
            let signed = |sign: f64| angles().map(move |angle| (sign * length * angle.sin()) as f32);
            let both = || angles().map(|angle| (length * angle.cos()) as f32);
            cosine.extend(both().chain(both()));
            sine.extend(signed(-1.0).chain(signed(1.0)));
        }
        let matrix = |values: Vec<f32>| Tensor::from_data(TensorData::new(values, [positions, turned]), device);
        Self { cosine: matrix(cosine), sine: matrix(sine), turned }
    }

    /// Rotates `[a × b × tokens × size]`, whose tokens are at positions from `first` on.
    pub fn forward(&self, x: Tensor<4>, first: usize) -> Tensor<4> {
        self.turn(x, first, 1.0)
    }

    /// Gradients turn back by the same angles: a rotation's transpose is its inverse, and a length is a factor.
    pub fn backward(&self, dy: Tensor<4>, first: usize) -> Tensor<4> {
        self.turn(dy, first, -1.0)
    }

    fn turn(&self, x: Tensor<4>, first: usize, sign: f32) -> Tensor<4> {
        let [_, _, tokens, size] = x.dims();
        let at = |t: &Tensor<2>| -> Tensor<4> {
            t.clone().slice_dim(0, first..first + tokens).reshape([1, 1, tokens, self.turned])
        };
        let half = self.turned / 2;
        let low = x.clone().slice_dim(3, 0..half);
        let high = x.clone().slice_dim(3, half..self.turned);
        let swapped = Tensor::cat(vec![high, low], 3);
        if self.turned == size {
            return x * at(&self.cosine) + swapped * (at(&self.sine) * sign);
        }
        let rest = x.clone().slice_dim(3, self.turned..size);
        let part = x.slice_dim(3, 0..self.turned);
        Tensor::cat(vec![part * at(&self.cosine) + swapped * (at(&self.sine) * sign), rest], 3)
    }
}
