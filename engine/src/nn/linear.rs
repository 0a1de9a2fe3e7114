//! y = x·W + b.

use super::Matrix;
use burn::tensor::Tensor;
use std::sync::Arc;

/// A linear map with constant weights, kept in the order that its file has.
#[derive(Clone, Debug)]
pub struct Linear {
    weight: Matrix,
    /// Whether a row of the matrix is an output's (`nn.Linear`), not an input's (`Conv1D`).
    rows_are_outputs: bool,
    /// `[1 × outputs]`.
    bias: Option<Tensor<2>>,
    /// The tensor that holds the weight, where it is one of a model's.
    origin: Option<Arc<str>>,
}

impl Linear {
    /// A map of `weight: [inputs × outputs]` and `bias: [outputs]`. Shares the weight, a view as well.
    pub fn new(weight: impl Into<Matrix>, bias: Option<Tensor<1>>) -> Self {
        Self { weight: weight.into(), rows_are_outputs: false, bias: bias.map(|b| b.unsqueeze_dim(0)), origin: None }
    }

    /// A map of `weight: [outputs × inputs]`, as PyTorch's `nn.Linear` keeps it. Shares the weight.
    pub fn from_rows(weight: impl Into<Matrix>, bias: Option<Tensor<1>>) -> Self {
        Self { rows_are_outputs: true, ..Self::new(weight, bias) }
    }

    /// The same, read from a tensor of this name.
    pub(crate) fn of_tensor(self, name: &str) -> Self {
        Self { origin: Some(name.into()), ..self }
    }

    /// The name of the tensor that holds its weight; `None` of maps that are made of several, or of none.
    pub(crate) fn origin(&self) -> Option<&str> {
        self.origin.as_deref()
    }

    /// Whether the tensor has a row an output, not a row an input.
    pub(crate) fn has_rows_of_outputs(&self) -> bool {
        self.rows_are_outputs
    }

    /// Number of inputs and outputs.
    pub fn dims(&self) -> [usize; 2] {
        let [rows, columns] = self.weight.dims();
        if self.rows_are_outputs { [columns, rows] } else { [rows, columns] }
    }

    /// x·W, `[rows × inputs]` to `[rows × outputs]`.
    pub fn times(&self, x: Tensor<2>) -> Tensor<2> {
        if self.rows_are_outputs { self.weight.across(x) } else { self.weight.along(x) }
    }

    /// `[rows × inputs]` to `[rows × outputs]`.
    pub fn forward(&self, x: Tensor<2>) -> Tensor<2> {
        let y = self.times(x);
        match &self.bias {
            Some(bias) => y + bias.clone(),
            None => y,
        }
    }

    /// ∂F/∂x from ∂F/∂y.
    pub fn backward(&self, dy: Tensor<2>) -> Tensor<2> {
        if self.rows_are_outputs { self.weight.along(dy) } else { self.weight.across(dy) }
    }

    /// All of W, `[inputs × outputs]`: row j is what input j adds to the output when it is 1.
    pub fn rows(&self) -> Tensor<2> {
        let whole = self.weight.whole();
        if self.rows_are_outputs { whole.transpose() } else { whole }
    }

    /// Row j of W, `[1 × outputs]`.
    pub fn input_row(&self, input: usize) -> Tensor<2> {
        if self.rows_are_outputs {
            return self.rows().slice_dim(0, input..input + 1);
        }
        self.weight.some(input..input + 1)
    }

    /// The weights of one output, `[1 × inputs]`.
    pub fn output_row(&self, output: usize) -> Tensor<2> {
        if self.rows_are_outputs {
            return self.weight.some(output..output + 1);
        }
        self.weight.whole().slice_dim(1, output..output + 1).transpose()
    }

    /// The matrix whose rows are the outputs' weights, `[outputs × inputs]`.
    pub(super) fn by_outputs(&self) -> Matrix {
        if self.rows_are_outputs { self.weight.clone() } else { self.weight.whole().transpose().into() }
    }

    /// The bias, `[1 × outputs]`.
    pub fn bias(&self) -> Option<Tensor<2>> {
        self.bias.clone()
    }
}
