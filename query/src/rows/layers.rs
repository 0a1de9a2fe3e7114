//! Which layers some neurons are of: a bit for each.
//!
//! Where the neurons of a model are numbers of 16 bits, a layer is a multiplication and a shift instead of a division, which processors do for
//! eight neurons at a time, in whatever order these come.

use kndb_storage::Shape;
use pulp::Arch;

/// The layers of a model of at most 64.
pub(super) struct Layers {
    width: u32,
    quick: Option<Quick>,
    arch: Arch,
}

/// `neuron / width` of every 16-bit number as `neuron * factor >> shift`.
#[derive(Clone, Copy)]
struct Quick {
    factor: u32,
    shift: u32,
}

/// Layers whose bits fit 32, and one bit more for what lies behind the last layer, which only a damaged file can name.
const FEW: u32 = 31;

impl Layers {
    pub(super) fn new(shape: Shape) -> Self {
        let quick = Quick::of(shape.width).filter(|_| shape.layers <= FEW && shape.neurons() <= 1 << 16);
        Self { width: shape.width, quick, arch: Arch::new() }
    }

    /// A bit for each layer that has one of some neurons, the last bit for what lies behind all layers, and all bits of the neurons together.
    pub(super) fn of(&self, neurons: &[u32]) -> (u64, u32) {
        let Some(Quick { factor, shift }) = self.quick else {
            return (self.one_by_one(neurons), neurons.iter().fold(0, |all, neuron| all | neuron));
        };
        let (seen, all) = self.arch.dispatch(
            #[inline(always)]
            || {
                let (mut seen, mut all) = (0_u32, 0);
                for &neuron in neurons {
                    seen |= 1 << (neuron.wrapping_mul(factor) >> shift).min(FEW);
                    all |= neuron;
                }
                (seen, all)
            },
        );
        // Of a larger number the product did not fit.
        (if all >> 16 == 0 { seen.into() } else { self.one_by_one(neurons) }, all)
    }

    fn one_by_one(&self, neurons: &[u32]) -> u64 {
        // Neurons of one layer mostly come one after the other: a division for each would be most of the work.
        let width = self.width;
        let (mut first, mut seen) = (u32::MAX, 0);
        for &neuron in neurons {
            if first == u32::MAX || neuron.wrapping_sub(first) >= width {
                let layer = (neuron / width).min(63);
                first = layer * width;
                seen |= 1 << layer;
            }
        }
        seen
    }
}

impl Quick {
    /// With 2^shift the factor is (2^shift + over) / width, with over < width. The product is too large by neuron · over / (width · 2^shift) of
    /// a layer then, which must be less than 1 / width of one; and it must fit 32 bits.
    fn of(width: u32) -> Option<Self> {
        let largest = u64::from(u16::MAX);
        (0..32).rev().find_map(|shift| {
            let power = 1_u64 << shift;
            let factor = power.div_ceil(width.into());
            let over = factor * u64::from(width) - power;
            let fits = largest * factor <= u32::MAX.into() && largest * over < power;
            fits.then_some(Self { factor: factor as u32, shift })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_multiplication_divides_every_neuron_by_every_width_that_has_one() {
        let mut without = 0;
        for width in (1..=4_100).chain([5_120, 6_912, 11_008, 14_336, 28_672, 65_535]) {
            let Some(Quick { factor, shift }) = Quick::of(width) else {
                without += 1;
                continue;
            };
            // Where a quotient steps up, and before it, is where it could be wrong.
            let ends = (0..=u32::from(u16::MAX) / width).flat_map(|layer| [layer * width, layer * width + width - 1]);
            for neuron in ends.filter(|&neuron| neuron <= u16::MAX.into()).chain([u16::MAX.into()]) {
                assert_eq!((neuron * factor) >> shift, neuron / width, "{neuron} of layers of {width}");
            }
        }
        assert!(without < 2_000, "{without} widths have none");
        for usual in [768, 1_024, 2_048, 3_072, 4_096, 512, 1_536, 2_560, 5_120] {
            assert!(Quick::of(usual).is_some(), "{usual}");
        }
    }

    #[test]
    fn layers_are_told_alike_in_both_ways() {
        let mut state = 1_u32;
        let mut random = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            state >> 8
        };
        for (layers, width) in [(12, 3_072), (1, 1), (31, 2_000), (3, 7), (64, 100), (40, 20_000)] {
            let shape = Shape { layers, width };
            let layers = Layers::new(shape);
            for length in 0..70 {
                let neurons: Vec<u32> = (0..length).map(|_| random() % shape.neurons() as u32).collect();
                let seen = neurons.iter().fold(0_u64, |seen, neuron| seen | 1 << (neuron / width));
                assert_eq!(layers.of(&neurons).0, seen, "{shape}");
                assert_eq!(layers.one_by_one(&neurons), seen, "{shape}");
            }
        }
    }
}
