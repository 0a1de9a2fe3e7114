//! Linear maps read as they are used: `nn.Linear` keeps `[outputs × inputs]`, the way forward reads `[inputs × outputs]`.

use super::Weights;
use crate::error::Result;
use crate::nn::Linear;
use std::ops::Range;

/// A linear map while it is filled.
struct Map {
    inputs: usize,
    outputs: usize,
    /// `[inputs × outputs]`.
    weight: Vec<f32>,
    bias: Option<Vec<f32>>,
}

/// Where a row of a file goes: which map, which of its outputs.
type Place = Option<(usize, usize)>;

impl Weights {
    /// `nn.Linear`: `{name}.weight [outputs × inputs]`, and `{name}.bias` if the model has one.
    pub fn linear(&mut self, name: &str, inputs: usize, outputs: usize, bias: bool) -> Result<Linear> {
        self.joined(&[name], inputs, outputs, bias)
    }

    /// Several `nn.Linear`s of the same input as one, with the outputs of the first, then those of the second, and so on.
    pub fn joined(&mut self, names: &[&str], inputs: usize, outputs: usize, bias: bool) -> Result<Linear> {
        let mut map = [self.empty(inputs, outputs.saturating_mul(names.len()), bias)];
        for (i, name) in names.iter().enumerate() {
            self.fill(name, [outputs, inputs], bias, &mut map, |row| Some((0, i * outputs + row)))?;
        }
        let [map] = map;
        self.filled(map)
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
        let mut places: Vec<Place> = vec![None; if self.dry { 0 } else { outputs }];
        if !self.dry {
            for (map, ranges) in picks.iter().enumerate() {
                let rows = ranges.iter().cloned().flatten();
                rows.enumerate().for_each(|(output, row)| places[row] = Some((map, output)));
            }
        }
        let mut maps = picks.map(|ranges| self.empty(inputs, ranges.iter().map(Range::len).sum(), bias));
        self.fill(name, [outputs, inputs], bias, &mut maps, |row| places[row])?;
        let filled = maps.into_iter().map(|map| self.filled(map)).collect::<Result<Vec<_>>>()?;
        Ok(filled.try_into().expect("as many maps as picks"))
    }

    fn empty(&self, inputs: usize, outputs: usize, bias: bool) -> Map {
        let zeros = |n: usize| vec![0.0; if self.dry { 0 } else { n }];
        let weight = zeros(inputs.saturating_mul(outputs));
        Map { inputs, outputs, weight, bias: bias.then(|| zeros(outputs)) }
    }

    /// Puts each row of `{name}.weight: shape` and entry of `{name}.bias` where `place` says.
    fn fill(
        &mut self,
        name: &str,
        shape: [usize; 2],
        bias: bool,
        maps: &mut [Map],
        place: impl Fn(usize) -> Place,
    ) -> Result<()> {
        let weight = self.checked(&format!("{name}.weight"), &shape)?;
        let bias = if bias { self.checked(&format!("{name}.bias"), &shape[..1])? } else { None };
        if self.dry {
            return Ok(());
        }
        let inputs = shape[1];
        if let Some(own) = weight {
            self.read(&own, inputs, |first, part| {
                let rows: Vec<Place> = (0..part.len() / inputs).map(|r| place(first / inputs + r)).collect();
                scatter(part, inputs, &rows, maps);
            })?;
        }
        if let Some(own) = bias {
            for (row, value) in self.values(&own)?.into_iter().enumerate() {
                let Some((map, output)) = place(row) else { continue };
                if let Some(bias) = &mut maps[map].bias {
                    bias[output] = value;
                }
            }
        }
        Ok(())
    }

    fn filled(&mut self, map: Map) -> Result<Linear> {
        let Map { inputs, outputs, weight, bias } = map;
        if self.dry {
            let weight = self.stand_in(true, [inputs, outputs])?;
            let bias = if bias.is_some() { Some(self.stand_in(false, [outputs])?) } else { None };
            return Ok(Linear::new(weight, bias));
        }
        Ok(Linear::new(self.tensor(weight, [inputs, outputs]), bias.map(|bias| self.tensor(bias, [outputs]))))
    }
}

/// Rows of a file, as columns. Input by input, so that what is written lies side by side.
fn scatter(part: &[f32], inputs: usize, rows: &[Place], maps: &mut [Map]) {
    for input in 0..inputs {
        for (r, place) in rows.iter().enumerate() {
            let Some((map, output)) = *place else { continue };
            let map = &mut maps[map];
            map.weight[input * map.outputs + output] = part[r * inputs + input];
        }
    }
}
