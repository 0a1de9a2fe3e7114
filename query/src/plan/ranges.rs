//! Layers and neurons by number → sets of neurons, with the numbers checked against the model.

use crate::error::QueryError;
use crate::mistakes::nearest::nearest;
use crate::plan::lower::Model;
use crate::plan::names::listing;
use crate::rows::roles::names_of;
use crate::syntax::ast::{self, NeuronRange, Units};
use crate::syntax::conditions::ConditionKey;
use crate::syntax::span::Span;
use kndb_storage::{Run, Shape};
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

/// The units of a `role` condition in all layers, by their names in the runs that are asked.
pub(crate) fn roles_of(
    source: &ast::Source,
    runs: &[&Run],
    model: &Model,
) -> Result<Option<RoaringBitmap>, QueryError> {
    let Some(condition) = source.condition(ConditionKey::Role) else { return Ok(None) };
    let known = names_of(runs.iter().copied(), condition.span)?;
    let Some(texts) = condition.names() else { return Ok(None) };
    let mut neurons = RoaringBitmap::new();
    for text in texts {
        let Some(unit) = known.iter().position(|name| *name == text.text) else {
            let near = nearest(&text.text, known.iter().map(String::as_str));
            let near = near.map(|near| format!("did you mean {near:?}?"));
            let runs = listing(runs.iter().map(|run| run.spec.name.as_str()));
            let reason = format!("run {runs} has no role {:?}; its roles are {}", text.text, known.join(", "));
            return Err(QueryError::missing(text.span, reason).maybe_hint(near));
        };
        insert(&mut neurons, model.shape, 0, model.shape.layers - 1, unit as u32, unit as u32);
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
