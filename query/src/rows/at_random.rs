//! When sets at random are no fair comparison: they are drawn from whole layers.

use crate::plan::{NeuronFilter, Pairs};
use kndb_storage::Shape;

/// What is said where sets are cut to some neurons of a layer.
const TEXT: &str = "the sets are cut to some neurons of a layer, and chance draws from all of them: what it expects is too little here";

/// Notes sets that a filter has cut within a layer: any two of them share more than sets at random.
pub(crate) fn note_parts_of_layers(sets: &[&Pairs<'_>], shape: Shape, notes: &mut Vec<String>) {
    if sets.iter().any(|pairs| cut(pairs, shape)) {
        notes.push(TEXT.to_owned());
    }
}

/// Whether a filter, pushed down before a plan runs, leaves a part of a layer.
fn cut(pairs: &Pairs<'_>, shape: Shape) -> bool {
    let within = |filter: &Option<NeuronFilter>| filter.as_ref().is_some_and(|filter| within_a_layer(filter, shape));
    match pairs {
        Pairs::Source(source) => within(&source.neurons),
        Pairs::Saved(saved) => within(&saved.neurons),
        Pairs::Rows { neurons, .. } => within(neurons),
        Pairs::Binary { left, right, .. } => cut(left, shape) || cut(right, shape),
        Pairs::WithNeurons { pairs, .. } | Pairs::WithFacts { pairs, .. } => cut(pairs, shape),
    }
}

fn within_a_layer(filter: &NeuronFilter, shape: Shape) -> bool {
    (0..shape.layers).any(|layer| {
        let first = u64::from(layer) * u64::from(shape.width);
        let end = first + u64::from(shape.width);
        let count = filter.set.range_cardinality(first as u32..=(end - 1) as u32);
        count > 0 && count < u64::from(shape.width)
    })
}
