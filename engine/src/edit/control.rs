//! Controls of edits: changes as large as an edit's, in a direction that says nothing of the fact.

use super::ValueVectors;
use crate::error::{Error, Result};
use crate::transformer::{Transformer, to_host};

impl ValueVectors {
    /// These vectors with what they change turned: place `at` of every neuron's change becomes place `order[at]` of it, times `signs[at]`. With a
    /// random order and random signs each neuron's change is as long as it was, changes stand to each other as they did (so that one of rank one
    /// stays of rank one), and what is written for a prompt is as long, in a random direction.
    ///
    /// # Errors
    /// An order that is none of the network's hidden values, or another number of signs.
    pub fn turned(&self, network: &Transformer, order: &[usize], signs: &[f32]) -> Result<Self> {
        let hidden = network.hidden();
        let mut sorted = order.to_vec();
        sorted.sort_unstable();
        if !sorted.iter().copied().eq(0..hidden) || signs.len() != hidden {
            let given = format!("{} places and {} signs", order.len(), signs.len());
            return Err(Error::Option {
                option: "order",
                given,
                expected: format!("each of 0 to {} once", hidden - 1),
            });
        }
        let mut turned = self.clone();
        for (&layer, rows) in &mut turned.new {
            let old = to_host(network.blocks[layer].feed_forward.output.rows());
            for (unit, vector) in rows.iter_mut() {
                turn(vector, &old[unit * hidden..(unit + 1) * hidden], order, signs);
            }
        }
        Ok(turned)
    }

    /// Bytes that an edited network holds beside the one that it was made of: a matrix a layer, in f32.
    pub fn bytes_held(&self, network: &Transformer) -> u64 {
        4 * (self.new.len() * network.width() * network.hidden()) as u64
    }
}

/// `vector` becomes `old` and the change from it, turned.
fn turn(vector: &mut [f32], old: &[f32], order: &[usize], signs: &[f32]) {
    let change: Vec<f32> = vector.iter().zip(old).map(|(new, old)| new - old).collect();
    for (at, value) in vector.iter_mut().enumerate() {
        *value = old[at] + signs[at] * change[order[at]];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_turned_and_as_long_as_before() {
        let old = [1.0, 1.0, 1.0, 1.0];
        // Changes 1, 2, 0 and −4.
        let mut vector = [2.0, 3.0, 1.0, -3.0];
        turn(&mut vector, &old, &[3, 0, 1, 2], &[-1.0, 1.0, 1.0, -1.0]);
        assert_eq!(vector, [5.0, 2.0, 3.0, 1.0]);
        let long: f32 = vector.iter().zip(old).map(|(new, old)| (new - old).powi(2)).sum();
        assert_eq!(long, 21.0);
    }
}
