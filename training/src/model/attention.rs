//! Attention over several heads, from queries, keys and values that are computed already.

use burn::tensor::Tensor;
use burn::tensor::activation::softmax;

/// `softmax(q kᵀ / √width + mask) v`, head by head. All are `[rows, length, hidden]`; the mask is added, and
/// `[rows or 1, 1, length or 1, length]`.
pub(super) fn attend(q: Tensor<3>, k: Tensor<3>, v: Tensor<3>, mask: Tensor<4>, heads: usize) -> Tensor<3> {
    let [rows, length, hidden] = q.dims();
    let width = hidden / heads;
    let split = |x: Tensor<3>| x.reshape([rows, length, heads, width]).swap_dims(1, 2);
    let scores = split(q).matmul(split(k).transpose()).div_scalar((width as f64).sqrt()) + mask;
    softmax(scores, 3).matmul(split(v)).swap_dims(1, 2).reshape([rows, length, hidden])
}

#[cfg(test)]
mod tests {
    use burn::tensor::{Device, Tensor};

    use super::attend;

    #[test]
    fn by_hand() {
        let device = Device::flex();
        let tensor = |values: [[f32; 2]; 2]| Tensor::<2>::from_floats(values, &device).unsqueeze::<3>();
        // Two heads of width 1. Scores of head 1: [[0, 0], [0, 1]]; of head 2 all 0, so it takes the mean.
        let q = tensor([[0.0, 0.0], [1.0, 0.0]]);
        let k = tensor([[0.0, 1.0], [1.0, 1.0]]);
        let v = tensor([[2.0, 10.0], [4.0, 20.0]]);
        let mask = Tensor::<4>::zeros([1, 1, 2, 2], &device);
        let out = attend(q, k, v, mask, 2).into_data().try_to_vec::<f32>().expect("32-bit floats");
        let second = 2.0 + 2.0 * 1f32.exp() / (1.0 + 1f32.exp());
        for (found, expected) in out.iter().zip([3.0, 15.0, second, 15.0]) {
            assert!((found - expected).abs() < 1e-5, "{out:?}");
        }
    }
}
