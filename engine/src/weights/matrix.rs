//! Matrices of the files: 16-bit ones stay where they lie, all others become f32 where the computation is.

use super::Weights;
use super::stored::{Kind, Stored};
use crate::error::{Error, Result};
use crate::nn::{Bytes, Half, Matrix, Narrow, Rows};
use burn::tensor::Device;
use std::ops::Range;
use std::sync::Arc;

/// Rows of tensors, which a matrix is made of in this order: the file's name of each tensor, and which rows.
pub(super) type Pieces = Vec<(String, Range<usize>)>;

impl Weights {
    /// A matrix of a known shape.
    pub fn matrix(&mut self, name: &str, shape: [usize; 2]) -> Result<Matrix> {
        let [matrix] = self.columns(name, shape, [(0, shape[1])])?;
        Ok(matrix)
    }

    /// A matrix as several, each of the columns from one to before another.
    pub fn columns<const N: usize>(
        &mut self,
        name: &str,
        shape: [usize; 2],
        columns: [(usize, usize); N],
    ) -> Result<[Matrix; N]> {
        let own = match self.checked(name, &shape)? {
            Some(own) if !self.dry => own,
            found => {
                let is_there = found.is_some();
                let stand_in = |(from, to)| Ok(self.stand_in(is_there, [shape[0], to - from])?.into());
                return all(columns.map(stand_in));
            }
        };
        if let Some(pieces) = self.narrow(&vec![(own.clone(), 0..shape[0])], shape[1])? {
            let of = |(from, to)| {
                self.made(Narrow::new(pieces.clone(), shape[1])).map(|all| all.with_columns(from..to).into())
            };
            return all(columns.map(of));
        }
        let whole = self.tensor(self.values(&own)?, shape);
        Ok(columns.map(|(from, to)| whole.clone().slice_dim(1, from..to).into()))
    }

    /// A matrix of rows of tensors that were checked.
    pub(super) fn stacked(&mut self, pieces: &Pieces, columns: usize) -> Result<Matrix> {
        if let Some(rows) = self.narrow(pieces, columns)? {
            return Ok(self.made(Narrow::new(rows, columns))?.into());
        }
        let rows: usize = pieces.iter().map(|(_, rows)| rows.len()).sum();
        let mut values = Vec::with_capacity(rows * columns);
        // Of a tensor that several pieces are taken of, what was read last.
        let mut last: Option<(&str, Vec<f32>)> = None;
        for (own, rows) in pieces {
            if rows.len() * columns == self.tensors[own].count() {
                self.read(own, 1, |_, part| values.extend_from_slice(part))?;
                continue;
            }
            let whole = match last.take().filter(|(known, _)| known == own) {
                Some(known) => known,
                None => (own.as_str(), self.values(own)?),
            };
            values.extend_from_slice(&whole.1[rows.start * columns..rows.end * columns]);
            last = Some(whole);
        }
        Ok(self.tensor(values, [rows, columns]).into())
    }

    /// Where the rows of pieces lie, if all are 16-bit numbers of mapped files and the computation is on the CPU. All their values are looked
    /// through first.
    fn narrow(&mut self, pieces: &Pieces, columns: usize) -> Result<Option<Vec<Rows>>> {
        if self.device != Device::flex() {
            return Ok(None);
        }
        let mut found = Vec::with_capacity(pieces.len());
        for (own, rows) in pieces {
            let Stored::Raw { file, start, .. } = &self.tensors[own] else { return Ok(None) };
            let kind = match self.tensors[own].kind() {
                Ok(Kind::F16) => Half::F16,
                Ok(Kind::Bf16) => Half::Bf16,
                _ => return Ok(None),
            };
            let bytes: Bytes = file.map().map_err(|source| Error::Read { path: self.path.clone(), source })?;
            let start = *start as usize + 2 * rows.start * columns;
            found.push(Rows { bytes, start, count: rows.len(), kind });
        }
        let mut looked_at: Vec<&str> = Vec::new();
        for (own, _) in pieces {
            if !looked_at.contains(&own.as_str()) {
                self.read(own, 1, |_, _| {})?;
                looked_at.push(own);
            }
        }
        for (own, _) in pieces {
            if let Stored::Raw { file, .. } = &self.tensors[own]
                && !self.mapped.iter().any(|known| Arc::ptr_eq(known, file))
            {
                self.mapped.push(Arc::clone(file));
            }
        }
        Ok(Some(found))
    }

    fn made(&self, narrow: Option<Narrow>) -> Result<Narrow> {
        // Their places were checked against the file's length when it was opened.
        narrow
            .ok_or_else(|| Error::File { path: self.path.clone(), reason: "is shorter than when it was opened".into() })
    }
}

fn all<const N: usize>(matrices: [Result<Matrix>; N]) -> Result<[Matrix; N]> {
    let found = matrices.into_iter().collect::<Result<Vec<_>>>()?;
    Ok(found.try_into().expect("as many as were asked for"))
}
