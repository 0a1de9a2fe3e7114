//! Linear maps as `nn.Linear` keeps them, `[outputs × inputs]`.

use super::Weights;
use super::matrix::Pieces;
use crate::error::Result;
use crate::nn::Linear;
use burn::tensor::Tensor;
use std::ops::Range;

impl Weights {
    /// `nn.Linear`: `{name}.weight [outputs × inputs]`, and `{name}.bias` if the model has one.
    pub fn linear(&mut self, name: &str, inputs: usize, outputs: usize, bias: bool) -> Result<Linear> {
        self.joined(&[name], inputs, outputs, bias)
    }

    /// Several `nn.Linear`s of the same input as one, with the outputs of the first, then those of the second, and so on.
    pub fn joined(&mut self, names: &[&str], inputs: usize, outputs: usize, bias: bool) -> Result<Linear> {
        let mut pieces = Pieces::new();
        let mut biases = Vec::new();
        for name in names {
            let (weight, bias) = self.both_checked(name, [outputs, inputs], bias)?;
            pieces.extend(weight.map(|own| (own, 0..outputs)));
            biases.extend(bias.map(|own| (own, 0..outputs)));
        }
        let origin = if let [(own, _)] = pieces.as_slice() { Some(own.clone()) } else { None };
        let map = self.filled(pieces, biases, [outputs.saturating_mul(names.len()), inputs], bias)?;
        Ok(origin.into_iter().fold(map, |map, own| map.of_tensor(&own)))
    }

    /// One `nn.Linear` as several: each has the outputs of its ranges, in their order. What no range names is left out.
    pub fn picked<const N: usize>(
        &mut self,
        name: &str,
        inputs: usize,
        outputs: usize,
        bias: bool,
        picks: [Vec<Range<usize>>; N],
    ) -> Result<[Linear; N]> {
        let (weight, own_bias) = self.both_checked(name, [outputs, inputs], bias)?;
        let mut maps = Vec::with_capacity(N);
        for ranges in picks {
            let of = |own: &Option<String>| -> Pieces {
                own.iter().flat_map(|own| ranges.iter().map(|range| (own.clone(), range.clone()))).collect()
            };
            let count = ranges.iter().map(Range::len).sum();
            maps.push(self.filled(of(&weight), of(&own_bias), [count, inputs], bias)?);
        }
        Ok(maps.try_into().expect("as many maps as picks"))
    }

    /// The file's names of `{name}.weight` and `{name}.bias`, where they are there.
    fn both_checked(&mut self, name: &str, shape: [usize; 2], bias: bool) -> Result<(Option<String>, Option<String>)> {
        let weight = self.checked(&format!("{name}.weight"), &shape)?;
        let bias = if bias { self.checked(&format!("{name}.bias"), &shape[..1])? } else { None };
        Ok((weight, bias))
    }

    /// A map whose rows are those of some pieces; in a dry pass a stand-in.
    fn filled(&mut self, rows: Pieces, biases: Pieces, shape: [usize; 2], bias: bool) -> Result<Linear> {
        if self.dry {
            let weight = self.stand_in(true, shape)?;
            let bias = if bias { Some(self.stand_in(false, [shape[0]])?) } else { None };
            return Ok(Linear::from_rows(weight, bias));
        }
        let weight = self.stacked(&rows, shape[1])?;
        Ok(Linear::from_rows(weight, if bias { Some(self.vector(&biases, shape[0])?) } else { None }))
    }

    /// The entries of some pieces, one behind the other.
    fn vector(&self, pieces: &Pieces, length: usize) -> Result<Tensor<1>> {
        let mut values = Vec::with_capacity(length);
        for (own, entries) in pieces {
            values.extend_from_slice(&self.values(own)?[entries.clone()]);
        }
        Ok(self.tensor(values, [length]))
    }
}
