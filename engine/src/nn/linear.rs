//! y = x·W + b.

use burn::tensor::Tensor;

/// A linear map with constant weights. They are kept in both orders: a matrix product reads its right side row by row,
/// and the transposed view costs the kernels up to half their speed (measured; docs/performance.md).
#[derive(Clone, Debug)]
pub struct Linear {
    /// `[inputs × outputs]`.
    weight: Tensor<2>,
    /// `[outputs × inputs]`.
    transposed: Tensor<2>,
    /// `[1 × outputs]`.
    bias: Option<Tensor<2>>,
}

impl Linear {
    /// A map of `weight: [inputs × outputs]` and `bias: [outputs]`.
    pub fn new(weight: Tensor<2>, bias: Option<Tensor<1>>) -> Self {
        let transposed = contiguous(weight.clone().transpose());
        Self { weight: contiguous(weight), transposed, bias: bias.map(|b| b.unsqueeze_dim(0)) }
    }

    /// A map of `weight: [outputs × inputs]`, as PyTorch's `nn.Linear` keeps it.
    pub fn from_rows(weight: Tensor<2>, bias: Option<Tensor<1>>) -> Self {
        Self::new(weight.transpose(), bias)
    }

    /// Number of inputs and outputs.
    pub fn dims(&self) -> [usize; 2] {
        self.weight.dims()
    }

    /// `[rows × inputs]` to `[rows × outputs]`.
    pub fn forward(&self, x: Tensor<2>) -> Tensor<2> {
        let y = x.matmul(self.weight.clone());
        match &self.bias {
            Some(bias) => y + bias.clone(),
            None => y,
        }
    }

    /// ∂F/∂x from ∂F/∂y.
    pub fn backward(&self, dy: Tensor<2>) -> Tensor<2> {
        dy.matmul(self.transposed.clone())
    }

    /// The same for very many outputs: summed in parts, because one float32 sum over a vocabulary loses small terms.
    pub fn backward_in_parts(&self, dy: Tensor<2>) -> Tensor<2> {
        const PART: usize = 2_048;
        let outputs = self.dims()[1];
        let part = |from: usize| {
            let to = (from + PART).min(outputs);
            dy.clone().slice_dim(1, from..to).matmul(self.transposed.clone().slice_dim(0, from..to))
        };
        (PART..outputs).step_by(PART).fold(part(0), |sum, from| sum + part(from))
    }

    /// Row j of W: what input j adds to the output when it is 1. `[inputs × outputs]`.
    pub fn rows(&self) -> Tensor<2> {
        self.weight.clone()
    }

    /// The weights of one output, `[1 × inputs]`.
    pub fn output_row(&self, output: usize) -> Tensor<2> {
        self.transposed.clone().slice_dim(0, output..output + 1)
    }

    /// The bias, `[1 × outputs]`.
    pub fn bias(&self) -> Option<Tensor<2>> {
        self.bias.clone()
    }
}

/// The same values, laid out row by row.
fn contiguous(matrix: Tensor<2>) -> Tensor<2> {
    // Data leaves a tensor in row order, whatever its strides were.
    let device = matrix.device();
    Tensor::from_data(matrix.into_data(), &device)
}
