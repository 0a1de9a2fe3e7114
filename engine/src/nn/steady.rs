//! Products of matrices on the CPU in which no row depends on how many others there are.
//!
//! gemm, which burn's CPU backend multiplies with, sums in another order where a side has a single row or column, and where the result is
//! small and both sides lie along the sum. So a row of a pass would have other last bits beside other rows, and scores would depend on
//! which facts share a pass. Here such products take the way of all others: a second row or column, and another layout.

use burn::tensor::{Device, Tensor};

/// Values of a result up to which gemm takes its way for small ones.
const SMALL: usize = 256;

/// Whether it matters: other backends choose their own way, and tensors of autodiff are not computed with.
fn matters(device: &Device) -> bool {
    *device == Device::flex()
}

/// f of the rows of a matrix, row by row, as if there were never just one.
pub(super) fn by_rows(x: Tensor<2>, f: impl FnOnce(Tensor<2>) -> Tensor<2>) -> Tensor<2> {
    if x.dims()[0] == 1 && matters(&x.device()) { f(twice(x, 0)).slice_dim(0, 0..1) } else { f(x) }
}

/// xᵀ, `[k × n]`, for a product with rows `[rows × k]` on its left.
pub(super) fn turned(x: &Tensor<2>, rows: usize) -> Tensor<2> {
    let turned = x.clone().transpose();
    if rows * x.dims()[0] <= SMALL && matters(&x.device()) { laid_out(turned) } else { turned }
}

/// Row by row in memory: data leaves a tensor in this order, whatever its strides were.
pub(super) fn laid_out<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    let device = x.device();
    if matters(&device) { Tensor::from_data(x.into_data(), &device) } else { x }
}

/// a·b of each of several pairs of matrices, `[heads × n × k]` and, laid out row by row, `[heads × k × m]`.
pub(super) fn products(a: Tensor<3>, b: Tensor<3>) -> Tensor<3> {
    let (n, m) = (a.dims()[1], b.dims()[2]);
    if !matters(&a.device()) || (n > 1 && m > 1) {
        return a.matmul(b);
    }
    let a = if n == 1 { twice(a, 1) } else { a };
    let b = if m == 1 { twice(b, 2) } else { b };
    a.matmul(b).slice_dim(1, 0..n).slice_dim(2, 0..m)
}

fn twice<const D: usize>(x: Tensor<D>, dimension: usize) -> Tensor<D> {
    Tensor::cat(vec![x.clone(), x], dimension)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::{Activation, Head, Linear, Norm};
    use crate::{Goal, device};
    use burn::tensor::TensorData;

    fn matrix(rows: usize, columns: usize) -> Tensor<2> {
        // Knuth's MMIX constants.
        let mut state = (rows * 31 + columns) as u64;
        let mut next = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 40) as f32 / (1u64 << 23) as f32 - 1.0
        };
        let values: Vec<f32> = (0..rows * columns).map(|_| next()).collect();
        Tensor::from_data(TensorData::new(values, [rows, columns]), &device("cpu").expect("the CPU is there"))
    }

    fn bits(x: Tensor<2>) -> Vec<u32> {
        x.into_data().iter::<f32>().map(f32::to_bits).collect()
    }

    const ROWS: usize = 600;

    /// Every row has the bits that it has among 600, whatever rows are beside it.
    #[track_caller]
    fn rows_are_alone(what: &str, inputs: usize, f: impl Fn(Tensor<2>) -> Tensor<2>) {
        let x = matrix(ROWS, inputs);
        let all = f(x.clone());
        for count in [1, 2, 3, 4, 5, 8, 17, 64, 65, 128, 257, 513] {
            for from in [0, 13, ROWS - count] {
                let rows = from..from + count;
                let some = bits(f(x.clone().slice_dim(0, rows.clone())));
                assert!(some == bits(all.clone().slice_dim(0, rows)), "{what}: {count} rows from {from}");
            }
        }
    }

    #[test]
    fn a_row_of_a_linear_map_has_the_same_bits_beside_any_others() {
        for (inputs, outputs) in [(32, 48), (48, 32), (128, 512), (512, 128), (576, 1536), (1536, 576)] {
            for map in [Linear::new(matrix(inputs, outputs), None), Linear::from_rows(matrix(outputs, inputs), None)] {
                rows_are_alone(&format!("{inputs} → {outputs}"), inputs, |x| map.forward(x));
                rows_are_alone(&format!("{inputs} ← {outputs}"), outputs, |d| map.backward(d));
            }
        }
    }

    #[test]
    fn so_have_those_of_a_head() {
        for (hidden, words) in [(32, 90), (96, 3_000)] {
            let head = Head {
                transform: Some((Linear::from_rows(matrix(hidden, hidden), None), Activation::Gelu)),
                norm: Some(Norm::layer(matrix(1, hidden).reshape([hidden]), matrix(1, hidden).reshape([hidden]), 1e-5)),
                decoder: Linear::from_rows(matrix(words, hidden), None),
                cap: None,
            };
            let goals = [
                Goal::Probability { target: 7 },
                Goal::LogProbability { target: 80 },
                Goal::Logit { target: 7 },
                Goal::LogitDifference { target: 7, foil: 80 },
            ];
            for goal in goals {
                let read = |x: Tensor<2>| {
                    let n = x.dims()[0];
                    let (values, dx) = head.values(x.clone(), &vec![goal; n], Some(crate::nn::Rules::EXACT));
                    let values = Tensor::from_data(TensorData::new(values, [n, 1]), &x.device());
                    Tensor::cat(vec![values, dx.expect("was asked for")], 1)
                };
                rows_are_alone(&format!("{goal:?}, {hidden} → {words}"), hidden, read);
            }
        }
    }

    #[test]
    fn so_have_products_with_what_is_kept_of_a_prompt() {
        for (size, tokens) in [(4, 1), (16, 1), (16, 2), (64, 15), (64, 70)] {
            let shape = |x: Tensor<2>| -> Tensor<3> { x.unsqueeze_dim(0) };
            let (across, along) = (laid_out(matrix(tokens, size).transpose()), matrix(tokens, size));
            let what = format!("{tokens} tokens of {size}");
            rows_are_alone(&what, size, |x| products(shape(x), shape(across.clone())).squeeze_dim(0));
            rows_are_alone(&what, tokens, |x| products(shape(x), shape(along.clone())).squeeze_dim(0));
        }
    }
}
