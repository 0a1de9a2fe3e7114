//! A fact's neurons with their number in each layer, and what two such sets have in common.

use std::collections::HashSet;

/// Neurons, ascending, each once.
#[derive(Clone, Debug, Default)]
pub(super) struct Layered {
    pub neurons: Vec<u32>,
    /// Layer and number of its neurons, for layers that have any; ascending.
    layers: Vec<(u32, u32)>,
}

impl Layered {
    pub(super) fn of(neurons: Vec<u32>, width: u32) -> Self {
        let mut set = Self { neurons, layers: Vec::new() };
        set.arrange(width);
        set
    }

    /// Becomes the same set as another one, in its own memory.
    pub(super) fn copy(&mut self, other: &Self) {
        self.neurons.clone_from(&other.neurons);
        self.layers.clone_from(&other.layers);
    }

    /// Gives back what it has no use for.
    pub(super) fn fit(&mut self) {
        self.neurons.shrink_to_fit();
        self.layers.shrink_to_fit();
    }

    /// How many bytes it takes.
    pub(super) fn bytes(&self) -> u64 {
        (size_of::<Self>() + 4 * self.neurons.capacity() + 8 * self.layers.capacity()) as u64
    }

    /// Takes the neurons as they were put there: in any order.
    pub(super) fn arrange(&mut self, width: u32) {
        self.neurons.sort_unstable();
        self.layers.clear();
        let mut rest = self.neurons.as_slice();
        while let Some(first) = rest.first() {
            let layer = first / width;
            let count = match layer.checked_add(1).and_then(|next| next.checked_mul(width)) {
                Some(end) => rest.partition_point(|&neuron| neuron < end),
                None => rest.len(),
            };
            self.layers.push((layer, count as u32));
            rest = &rest[count..];
        }
    }
}

/// Models up to this many neurons get a bit for each.
const BITS: u64 = 1 << 27;

/// The neurons of one set, to look those of others up in.
pub(super) enum Marks {
    Bits(Vec<u64>),
    Few(HashSet<u32>),
}

impl Marks {
    /// Bytes that [`Self::new`] takes.
    pub(super) fn bytes(neurons: u64) -> u64 {
        if neurons <= BITS { neurons.next_multiple_of(1 << 16) / 8 } else { 0 }
    }

    pub(super) fn new(neurons: u64) -> Self {
        // Whole containers: no 16-bit value of a damaged file lies outside.
        if neurons <= BITS {
            Self::Bits(vec![0; (neurons as usize).next_multiple_of(1 << 16) / 64])
        } else {
            Self::Few(HashSet::new())
        }
    }

    pub(super) fn set(&mut self, neurons: &[u32]) {
        match self {
            Self::Bits(words) => neurons.iter().for_each(|&neuron| words[neuron as usize / 64] |= 1 << (neuron % 64)),
            Self::Few(set) => set.extend(neurons),
        }
    }

    /// Takes back what [`Self::set`] has set.
    pub(super) fn clear(&mut self, neurons: &[u32]) {
        match self {
            Self::Bits(words) => neurons.iter().for_each(|&neuron| words[neuron as usize / 64] = 0),
            Self::Few(set) => set.clear(),
        }
    }

    pub(super) fn count(&self, neurons: &[u32]) -> u32 {
        match self {
            Self::Bits(words) => {
                neurons.iter().map(|&neuron| (words[neuron as usize / 64] >> (neuron % 64) & 1) as u32).sum()
            }
            Self::Few(set) => neurons.iter().filter(|neuron| set.contains(neuron)).count() as u32,
        }
    }
}

/// What two sets have in a layer, or in all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Met {
    pub layer: u32,
    pub sizes: [u32; 2],
    pub shared: u32,
}

impl Met {
    /// The Jaccard index; `None` where neither set has a neuron.
    pub(super) fn index(&self) -> Option<f64> {
        let union = u64::from(self.sizes[0]) + u64::from(self.sizes[1]) - u64::from(self.shared);
        (union > 0).then(|| f64::from(self.shared) / union as f64)
    }
}

/// What two sets have in each layer in which either has a neuron. `marks` are those of the left one.
pub(super) fn meet(marks: &Marks, left: &Layered, right: &Layered, out: &mut Vec<Met>) {
    out.clear();
    let mut of_left = left.layers.iter().copied().peekable();
    let mut rest = right.neurons.as_slice();
    for &(layer, size) in &right.layers {
        while let Some((before, alone)) = of_left.next_if(|(other, _)| *other < layer) {
            out.push(Met { layer: before, sizes: [alone, 0], shared: 0 });
        }
        let (own, others) = rest.split_at(size as usize);
        let of_both = of_left.next_if(|(other, _)| *other == layer).map_or(0, |(_, size)| size);
        out.push(Met { layer, sizes: [of_both, size], shared: if of_both > 0 { marks.count(own) } else { 0 } });
        rest = others;
    }
    out.extend(of_left.map(|(layer, size)| Met { layer, sizes: [size, 0], shared: 0 }));
}

/// The same of all layers together.
pub(super) fn meet_whole(marks: &Marks, left: &Layered, right: &Layered) -> Met {
    let sizes = [left, right].map(|set| set.neurons.len() as u32);
    Met { layer: 0, sizes, shared: marks.count(&right.neurons) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layered(neurons: &[u32]) -> Layered {
        Layered::of(neurons.to_vec(), 10)
    }

    /// Layers of 10: 0 is of both, 2 of the left, 3 of the right, 5 of both with nothing in common.
    #[test]
    fn sets_meet_layer_by_layer() {
        let (left, right) = (layered(&[51, 3, 1, 25]), layered(&[30, 1, 2, 3, 50]));
        for neurons in [60, BITS + 1] {
            let mut marks = Marks::new(neurons);
            marks.set(&left.neurons);
            let mut met = Vec::new();
            meet(&marks, &left, &right, &mut met);
            let of = |layer, sizes, shared| Met { layer, sizes, shared };
            assert_eq!(met, [of(0, [2, 3], 2), of(2, [1, 0], 0), of(3, [0, 1], 0), of(5, [1, 1], 0)]);
            assert_eq!(meet_whole(&marks, &left, &right), of(0, [4, 5], 2));
            marks.clear(&left.neurons);
            assert_eq!(marks.count(&left.neurons), 0);
        }
        assert_eq!([of_nothing().index(), Some(2.0 / 3.0)], [None, Met { layer: 0, sizes: [2, 3], shared: 2 }.index()]);
    }

    fn of_nothing() -> Met {
        Met { layer: 0, sizes: [0, 0], shared: 0 }
    }

    #[test]
    fn the_last_layer_of_the_largest_model_ends_where_numbers_do() {
        assert_eq!(Layered::of(vec![u32::MAX, u32::MAX - 1], 1 << 31).layers, [(1, 2)]);
    }
}
