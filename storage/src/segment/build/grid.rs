//! The ready-made sets of one threshold, and their postings.

use super::super::GridDirectory;
use super::le_u32;
use crate::block::Form;
use crate::files::container::ContainerWriter;
use crate::packed;
use std::io::Write;

/// Up to so many times 2¹⁶ neurons, postings are counted out, which takes a counter for each neuron; above, they are sorted.
const COUNTED_SLOTS: u32 = 64;

/// The sets of one threshold, fact after fact.
pub(super) struct GridBuilder {
    pub(super) tau: f64,
    counts: Vec<u32>,
    neurons: Vec<u32>,
}

impl GridBuilder {
    pub(super) fn new(tau: f64) -> Self {
        Self { tau, counts: Vec::new(), neurons: Vec::new() }
    }

    /// What it takes in memory.
    pub(super) fn bytes(&self) -> usize {
        4 * self.neurons.len()
    }

    pub(super) fn add(&mut self, ascending: &[u32], form: Form) -> Result<(), String> {
        // Damage that has a checksum of its own, or is older than that, would be signed here for good.
        if let Some(&last) = ascending.last().filter(|&&last| u64::from(last) >= form.shape.neurons()) {
            return Err(format!("neuron {last} in a model of {}", form.shape));
        }
        if !ascending.is_sorted_by(|a, b| a < b) {
            return Err("a neuron twice, or out of order, in a set".into());
        }
        self.counts.push(ascending.len() as u32);
        self.neurons.extend_from_slice(ascending);
        Ok(())
    }

    /// Position and neurons of each fact.
    fn facts(&self) -> impl Iterator<Item = (u32, &[u32])> {
        let mut rest = self.neurons.as_slice();
        (0..).zip(&self.counts).map(move |(fact, &count)| {
            let (of_fact, after) = rest.split_at(count as usize);
            rest = after;
            (fact, of_fact)
        })
    }

    /// The facts of all neurons, ascending: in the upper half what is below 2¹⁶ of a neuron, in the lower half the fact; and where those
    /// of each 2¹⁶ neurons end.
    fn postings(&self, slots: u32) -> (Vec<u32>, Vec<usize>) {
        if slots > COUNTED_SLOTS {
            return self.sorted_postings(slots);
        }
        // Facts ascend, so that each finds its place behind those before it once it is known how many facts each neuron has.
        let mut places = vec![0_usize; (slots as usize) << 16];
        self.neurons.iter().for_each(|&neuron| places[neuron as usize] += 1);
        let mut before = 0;
        for place in &mut places {
            before += std::mem::replace(place, before);
        }
        let begins = places.iter().copied().step_by(1 << 16).skip(1);
        let ends = begins.chain([self.neurons.len()]).collect();
        let mut pairs = vec![0; self.neurons.len()];
        for (fact, neurons) in self.facts() {
            for &neuron in neurons {
                let place = &mut places[neuron as usize];
                pairs[*place] = neuron << 16 | fact;
                *place += 1;
            }
        }
        (pairs, ends)
    }

    fn sorted_postings(&self, slots: u32) -> (Vec<u32>, Vec<usize>) {
        let of_fact = |(fact, neurons): (u32, &[u32])| {
            neurons.iter().map(|&neuron| u64::from(neuron) << 16 | u64::from(fact)).collect::<Vec<_>>()
        };
        let mut pairs: Vec<u64> = self.facts().flat_map(of_fact).collect();
        pairs.sort_unstable();
        let ends = (0..u64::from(slots)).map(|high| pairs.partition_point(|pair| pair >> 32 <= high)).collect();
        (pairs.into_iter().map(|pair| pair as u32).collect(), ends)
    }

    pub(super) fn write<W: Write>(
        &mut self,
        writer: &mut ContainerWriter<W>,
        slots: u32,
        facts: usize,
    ) -> std::io::Result<GridDirectory> {
        let mut keys = Vec::with_capacity(self.neurons.len());
        let mut index = Vec::with_capacity(facts + 1);
        let mut containers = 0_u32;
        for (fact, neurons) in self.facts() {
            index.push(containers);
            let mut slot_before = None;
            for &neuron in neurons {
                let slot = fact * slots + (neuron >> 16);
                containers += u32::from(slot_before != Some(slot));
                slot_before = Some(slot);
                keys.push(slot << 16 | neuron & 0xFFFF);
            }
        }
        index.push(containers);
        let sets = writer.section(&packed::pack(keys.into_iter()))?;
        let mut postings = Vec::with_capacity(slots as usize);
        let (pairs, ends) = self.postings(slots);
        self.neurons = Vec::new();
        let mut begin = 0;
        for end in ends {
            postings.push(writer.section(&packed::pack(pairs[begin..end].iter().copied()))?);
            begin = end;
        }
        Ok(GridDirectory {
            tau: self.tau,
            index: writer.section(&le_u32(&index))?,
            counts: writer.section(&le_u32(&self.counts))?,
            sets,
            postings,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    proptest! {
        #[test]
        fn postings_that_are_counted_out_are_those_that_are_sorted(
            sets in proptest::collection::vec(proptest::collection::btree_set(0u32..200_000, 0..40), 0..20),
        ) {
            let mut grid = GridBuilder::new(0.2);
            for set in &sets {
                grid.counts.push(set.len() as u32);
                grid.neurons.extend(set);
            }
            let counted = grid.postings(4);
            prop_assert_eq!(&counted, &grid.sorted_postings(4));
            let all: BTreeSet<(u32, u32)> =
                (0..).zip(&sets).flat_map(|(fact, set)| set.iter().map(move |&neuron| (neuron, fact))).collect();
            let expected: Vec<u32> = all.iter().map(|&(neuron, fact)| neuron << 16 | fact).collect();
            prop_assert_eq!(&counted.0, &expected);
            prop_assert_eq!(counted.1[3], expected.len());
        }
    }
}
