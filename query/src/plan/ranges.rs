//! Layers and neurons by number → sets of neurons, with the numbers checked against the model.

use crate::error::QueryError;
use crate::plan::lower::Model;
use crate::syntax::ast::{self, NeuronRange, Units};
use crate::syntax::conditions::ConditionKey;
use crate::syntax::span::Span;
use kndb_storage::Shape;
use roaring::RoaringBitmap;

/// The neurons of `layer` conditions.
pub(crate) fn layers_of(source: &ast::Source, model: &Model) -> Result<Option<RoaringBitmap>, QueryError> {
    let Some(intervals) = source.intervals(ConditionKey::Layer) else { return Ok(None) };
    let mut neurons = RoaringBitmap::new();
    for interval in intervals {
        check_layer(interval.last, interval.span, model)?;
        insert(&mut neurons, model.shape, interval.first, interval.last, 0, model.shape.width - 1);
    }
    Ok(Some(neurons))
}

/// The neurons of `neurons(…)`.
pub(crate) fn neurons_in(ranges: &[NeuronRange], model: &Model) -> Result<RoaringBitmap, QueryError> {
    let mut neurons = RoaringBitmap::new();
    for range in ranges {
        check_layer(range.layers.last, range.layers.span, model)?;
        let (first, last) = match range.units {
            Units::Every => (0, model.shape.width - 1),
            Units::Within(units) => (units.first, units.last),
        };
        if last >= model.shape.width {
            let reason =
                format!("there is no unit {last}: the layers of {:?} are {} wide", model.name, model.shape.width);
            let hint = format!("units are 0 to {}", model.shape.width - 1);
            return Err(QueryError::missing(range.span, reason).hint(hint));
        }
        insert(&mut neurons, model.shape, range.layers.first, range.layers.last, first, last);
    }
    Ok(neurons)
}

fn insert(neurons: &mut RoaringBitmap, shape: Shape, first: u32, last: u32, unit: u32, last_unit: u32) {
    for layer in first..=last {
        neurons.insert_range(layer * shape.width + unit..=layer * shape.width + last_unit);
    }
}

fn check_layer(layer: u32, span: Span, model: &Model) -> Result<(), QueryError> {
    if layer < model.shape.layers {
        return Ok(());
    }
    let reason = format!("there is no layer {layer}: model {:?} has {} layers", model.name, model.shape.layers);
    Err(QueryError::missing(span, reason).hint(format!("layers are 0 to {}", model.shape.layers - 1)))
}
