//! y = x·W + b.

use burn::tensor::Tensor;
use std::sync::{Arc, OnceLock};

/// A linear map with constant weights, given in one order. The other is made when it is first needed, and both are kept: a
/// matrix product reads its right side row by row, and the transposed view costs the kernels up to half their speed
/// (measured; docs/performance.md).
#[derive(Clone, Debug)]
pub struct Linear {
    /// `[inputs × outputs]`, for the way forward.
    weight: Order,
    /// `[outputs × inputs]`, for the way back.
    transposed: Order,
    /// Inputs and outputs.
    dims: [usize; 2],
    /// `[1 × outputs]`.
    bias: Option<Tensor<2>>,
}

/// One order of the weights, shared by all copies of a network.
type Order = Arc<OnceLock<Tensor<2>>>;

impl Linear {
    /// A map of `weight: [inputs × outputs]` and `bias: [outputs]`. Shares the weight, a view as well.
    pub fn new(weight: Tensor<2>, bias: Option<Tensor<1>>) -> Self {
        let (dims, bias) = (weight.dims(), bias.map(|b| b.unsqueeze_dim(0)));
        Self { weight: given(weight), transposed: Order::default(), dims, bias }
    }

    /// A map of `weight: [outputs × inputs]`, as PyTorch's `nn.Linear` keeps it. Shares the weight.
    pub fn from_rows(weight: Tensor<2>, bias: Option<Tensor<1>>) -> Self {
        let ([outputs, inputs], bias) = (weight.dims(), bias.map(|b| b.unsqueeze_dim(0)));
        Self { weight: Order::default(), transposed: given(weight), dims: [inputs, outputs], bias }
    }

    /// Number of inputs and outputs.
    pub fn dims(&self) -> [usize; 2] {
        self.dims
    }

    /// `[inputs × outputs]`.
    fn weight(&self) -> &Tensor<2> {
        self.weight.get_or_init(|| other_order(&self.transposed))
    }

    /// `[outputs × inputs]`.
    fn transposed(&self) -> &Tensor<2> {
        self.transposed.get_or_init(|| other_order(&self.weight))
    }

    /// `[rows × inputs]` to `[rows × outputs]`.
    pub fn forward(&self, x: Tensor<2>) -> Tensor<2> {
        let y = x.matmul(self.weight().clone());
        match &self.bias {
            Some(bias) => y + bias.clone(),
            None => y,
        }
    }

    /// ∂F/∂x from ∂F/∂y.
    pub fn backward(&self, dy: Tensor<2>) -> Tensor<2> {
        dy.matmul(self.transposed().clone())
    }

    /// The same for very many outputs: summed in parts, because one float32 sum over a vocabulary loses small terms.
    pub fn backward_in_parts(&self, dy: Tensor<2>) -> Tensor<2> {
        const PART: usize = 2_048;
        let outputs = self.dims()[1];
        let part = |from: usize| {
            let to = (from + PART).min(outputs);
            dy.clone().slice_dim(1, from..to).matmul(self.transposed().clone().slice_dim(0, from..to))
        };
        (PART..outputs).step_by(PART).fold(part(0), |sum, from| sum + part(from))
    }

    /// Row j of W: what input j adds to the output when it is 1. `[inputs × outputs]`.
    pub fn rows(&self) -> Tensor<2> {
        self.weight().clone()
    }

    /// The weights of one output, `[1 × inputs]`.
    pub fn output_row(&self, output: usize) -> Tensor<2> {
        self.transposed().clone().slice_dim(0, output..output + 1)
    }

    /// The bias, `[1 × outputs]`.
    pub fn bias(&self) -> Option<Tensor<2>> {
        self.bias.clone()
    }
}

fn given(weight: Tensor<2>) -> Order {
    Arc::new(weight.into())
}

/// The transposed of the order that is there, laid out row by row.
fn other_order(given: &OnceLock<Tensor<2>>) -> Tensor<2> {
    let given = given.get().expect("one of the two orders is given");
    // Data leaves a tensor in row order, whatever its strides were.
    let device = given.device();
    Tensor::from_data(given.clone().transpose().into_data(), &device)
}
