//! Constant matrices: the weights of linear maps, of embeddings and of decoders.
//!
//! A matrix is kept once (small ones in both orders besides, once they were used), in the order and, if it is of 16 bits, in the type that its file has. Both products with it read it as it lies:
//! x·M row by row, and x·Mᵀ as (M·xᵀ)ᵀ, whose result is turned instead of the weights (the kernels read a transposed right side at half
//! their speed; turning a result costs a few per cent; docs/performance.md).

use super::narrow::Narrow;
use super::{kernels, steady};
use crate::transformer::to_host;
use burn::tensor::{Device, Int, Tensor, TensorData};
use std::ops::Range;
use std::sync::{Arc, OnceLock};

/// Values of a part, widened to f32, and of a small matrix: a mebibyte stays in a core's cache while it is used.
pub(crate) const PART: usize = 1 << 18;

/// A constant matrix of real numbers, `[rows × columns]`. Copies share its memory.
#[derive(Clone, Debug)]
pub struct Matrix {
    kept: Kept,
    /// Of a small one, once it was used: its rows as f32, and its columns.
    both: Arc<OnceLock<[Tensor<2>; 2]>>,
}

#[derive(Clone, Debug)]
enum Kept {
    /// 32-bit numbers, where the computation is.
    Wide(Arc<Tensor<2>>),
    /// 16-bit numbers, widened part by part as they are used; on the CPU only.
    Narrow(Arc<Narrow>),
}

impl From<Tensor<2>> for Matrix {
    fn from(rows: Tensor<2>) -> Self {
        Self { kept: Kept::Wide(Arc::new(rows)), both: Arc::default() }
    }
}

impl From<Narrow> for Matrix {
    fn from(rows: Narrow) -> Self {
        Self { kept: Kept::Narrow(Arc::new(rows)), both: Arc::default() }
    }
}

impl Matrix {
    /// Rows and columns.
    pub fn dims(&self) -> [usize; 2] {
        match &self.kept {
            Kept::Wide(rows) => rows.dims(),
            Kept::Narrow(rows) => [rows.rows(), rows.columns()],
        }
    }

    /// Where products with it are computed.
    pub fn device(&self) -> Device {
        match &self.kept {
            Kept::Wide(rows) => rows.device(),
            Kept::Narrow(_) => Device::flex(),
        }
    }

    /// x·Mᵀ, `[n × columns]` to `[n × rows]`.
    pub fn across(&self, x: Tensor<2>) -> Tensor<2> {
        // Tensors of other kinds, such as autodiff's, do not go through the host's memory.
        if x.device() != Device::flex() {
            return x.matmul(self.whole().transpose());
        }
        if let Some([_, columns]) = self.both() {
            return steady::by_rows(x, |x| x.matmul(columns.clone()));
        }
        steady::by_rows(x, |x| {
            let (n, [rows, _]) = (x.dims()[0], self.dims());
            let mut y = vec![0.0; n * rows];
            for (first, part) in self.parts(usize::MAX) {
                let x = steady::turned(&x, part.dims()[0]);
                kernels::turn(&to_host(part.matmul(x)), n, &mut y[first..], rows);
            }
            Tensor::from_data(TensorData::new(y, [n, rows]), &Device::flex())
        })
    }

    /// x·M, `[n × rows]` to `[n × columns]`.
    pub fn along(&self, x: Tensor<2>) -> Tensor<2> {
        self.along_in_parts(x, usize::MAX)
    }

    /// The same for very many rows: summed in parts of at most `most` rows, because one float32 sum over a vocabulary loses small terms.
    pub fn along_in_parts(&self, x: Tensor<2>, most: usize) -> Tensor<2> {
        if let (Some([rows, _]), true) = (self.both(), most >= self.dims()[0]) {
            return steady::by_rows(x, |x| x.matmul(rows.clone()));
        }
        steady::by_rows(x, |x| {
            let product = |(first, part): (usize, Tensor<2>)| {
                let end = first + part.dims()[0];
                x.clone().slice_dim(1, first..end).matmul(part)
            };
            let mut parts = self.parts(most).map(product);
            let start = parts.next().unwrap_or_else(|| Tensor::zeros([x.dims()[0], self.dims()[1]], &x.device()));
            parts.fold(start, |sum, part| sum + part)
        })
    }

    /// Rows and columns of a matrix of a mebibyte at most, on the CPU: there the products are so small that widening, parts and turned results
    /// would take as long as they do (docs/performance.md), and both orders together are little.
    fn both(&self) -> Option<&[Tensor<2>; 2]> {
        let [rows, columns] = self.dims();
        let is_small = rows * columns <= PART && self.device() == Device::flex();
        is_small.then(|| {
            self.both.get_or_init(|| {
                let whole = self.some(0..rows);
                let turned = steady::laid_out(whole.clone().transpose());
                [whole, turned]
            })
        })
    }

    /// The rows in parts of at most `most`, as f32, each with the index of its first row. What is widened comes in parts that caches hold.
    pub fn parts(&self, most: usize) -> impl Iterator<Item = (usize, Tensor<2>)> + '_ {
        let [rows, columns] = self.dims();
        let step = match self.kept {
            Kept::Wide(_) => rows,
            Kept::Narrow(_) => PART / columns.max(1),
        };
        let step = step.min(most).max(1);
        (0..rows).step_by(step).map(move |first| (first, self.some(first..(first + step).min(rows))))
    }

    /// The rows of a part that suits a pass over all of them which does more than one thing with each.
    pub fn rows_of_part(&self) -> usize {
        (PART / self.dims()[1].max(1)).max(1)
    }

    /// Some rows, as f32.
    pub fn some(&self, rows: Range<usize>) -> Tensor<2> {
        match &self.kept {
            Kept::Wide(all) if rows == (0..all.dims()[0]) => Tensor::clone(all),
            Kept::Wide(all) => Tensor::clone(all).slice_dim(0, rows),
            Kept::Narrow(all) => {
                let dims = [rows.len(), all.columns()];
                let mut values = Vec::with_capacity(dims[0] * dims[1]);
                all.widen(rows, &mut values);
                Tensor::from_data(TensorData::new(values, dims), &Device::flex())
            }
        }
    }

    /// All rows, as f32.
    pub fn whole(&self) -> Tensor<2> {
        self.some(0..self.dims()[0])
    }

    /// The rows of some indices, `[indices × columns]`.
    pub fn select(&self, indices: &[u32]) -> Tensor<2> {
        match &self.kept {
            Kept::Wide(all) => {
                let device = all.device();
                let ids: Vec<i32> = indices.iter().map(|&id| id as i32).collect();
                Tensor::clone(all)
                    .select(0, Tensor::<1, Int>::from_data(TensorData::new(ids, [indices.len()]), &device))
            }
            Kept::Narrow(all) => {
                let mut values = Vec::with_capacity(indices.len() * all.columns());
                indices.iter().for_each(|&id| all.widen(id as usize..id as usize + 1, &mut values));
                Tensor::from_data(TensorData::new(values, [indices.len(), all.columns()]), &Device::flex())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::{Half, Rows};

    /// Of 16 bits, and the same values as f32.
    fn pair(rows: usize, columns: usize) -> [Matrix; 2] {
        let halves: Vec<half::f16> =
            (0..rows * columns).map(|i| half::f16::from_f32((i * 37 % 101) as f32 / 50.0 - 1.0)).collect();
        let values: Vec<f32> = halves.iter().map(|half| half.to_f32()).collect();
        let bytes: Vec<u8> = halves.iter().flat_map(|half| half.to_le_bytes()).collect();
        let all = Rows { bytes: Arc::new(bytes), start: 0, count: rows, kind: Half::F16 };
        let wide = Tensor::<2>::from_data(TensorData::new(values, [rows, columns]), &Device::flex());
        [Narrow::new(vec![all], columns).expect("rows within their bytes").into(), wide.into()]
    }

    fn apart(one: Tensor<2>, other: Tensor<2>) -> f32 {
        assert_eq!(one.dims(), other.dims());
        let (one, other) = (to_host(one), to_host(other));
        assert!(one.iter().all(|value| value.is_finite()), "{one:?}");
        one.iter().zip(other).fold(0.0, |worst, (a, b)| worst.max((a - b).abs()))
    }

    #[test]
    fn products_of_small_matrices_and_of_those_in_parts_are_those_of_the_values() {
        // 48 KiB as f32, kept in both orders, and 1.5 MiB, widened in two parts.
        for (rows, columns) in [(96, 128), (700, 560)] {
            let [narrow, wide] = pair(rows, columns);
            assert_eq!(narrow.parts(usize::MAX).count(), if rows == 96 { 1 } else { 2 });
            let x = |width: usize| pair(5, width)[1].whole();
            let whole = wide.whole();
            for matrix in [&narrow, &wide] {
                let across = x(columns).matmul(whole.clone().transpose());
                assert!(apart(matrix.across(x(columns)), across) <= 1e-4, "{rows} × {columns}, across");
                let along = x(rows).matmul(whole.clone());
                assert!(apart(matrix.along(x(rows)), along.clone()) <= 1e-4, "{rows} × {columns}, along");
                assert!(apart(matrix.along_in_parts(x(rows), 64), along) <= 1e-4, "{rows} × {columns}, 64 at a time");
                assert_eq!(
                    apart(
                        matrix.select(&[3, 0, 3]),
                        Tensor::cat(
                            vec![
                                whole.clone().slice_dim(0, 3..4),
                                whole.clone().slice_dim(0, 0..1),
                                whole.clone().slice_dim(0, 3..4)
                            ],
                            0
                        )
                    ),
                    0.0
                );
            }
        }
    }
}
