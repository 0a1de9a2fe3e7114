//! `having` on layers and units that the model does not have: told beside the rows that are not there.

use super::shape::{Grouping, holds};
use crate::note::Notes;
use crate::syntax::ast::{Dimension, Having, Key};
use kndb_storage::Shape;

/// Notes conditions that no layer, or no unit, of the model satisfies.
pub(crate) fn note(grouping: &Grouping, shape: Shape, notes: &Notes) {
    for having in &grouping.having {
        let (what, count) = match having.key {
            Key::Dimension(Dimension::Layer) => ("the layers of the model are", shape.layers),
            Key::Dimension(Dimension::Neuron) => ("the units of its layers are", shape.width),
            _ => continue,
        };
        if !can_hold(having, count) {
            notes.add(having.span, format!("no row is left by `{having}`: {what} 0 to {}", count.saturating_sub(1)));
        }
    }
}

/// Whether one of the numbers below `count` satisfies a condition: the first or the last does, or those beside its value.
fn can_hold(having: &Having, count: u32) -> bool {
    let Some(number) = having.value.value() else { return true };
    let last = f64::from(count.saturating_sub(1));
    let near = number.value.floor().clamp(0.0, last);
    [0.0, near, (near + 1.0).min(last), last].iter().any(|&at| holds(having, Some(at)))
}
