//! Layers that a run did not score (`kndb attribute --layers`). Nothing is known of them: their neurons are in no set, as if
//! they had scored 0. Asked for by number they are refused, else the reader is told.

use crate::error::QueryError;
use crate::note::Notes;
use crate::syntax::ast::{Expr, ExprKind, Interval, SetOp, Source};
use crate::syntax::conditions::ConditionKey;
use crate::syntax::span::Span;
use kndb_storage::{Run, Shape};
use roaring::RoaringBitmap;
use std::collections::BTreeSet;

/// The layers whose neurons a run has scores or groups of, where these are not all of the model's.
///
/// A run that the engine made says so in its parameter `layers`: `2,3`. Of an import that is free text, a count of layers
/// for instance, and says nothing; the engine's runs are known by the hash of the weights, which no import has.
pub fn scored_layers(run: &Run) -> Option<BTreeSet<u32>> {
    run.spec.weights_hash.as_ref()?;
    let (_, listed) = run.spec.parameters.iter().find(|(name, _)| name == "layers")?;
    let layer = |text: &str| text.trim().parse().ok().filter(|&layer: &u32| layer < run.spec.shape.layers);
    let scored: BTreeSet<u32> = listed.split(',').map(layer).collect::<Option<_>>()?;
    (scored.len() < run.spec.shape.layers as usize).then_some(scored)
}

/// Refuses a source that asks a run for layers it did not score; one that asks for all is noted.
pub(crate) fn check_layers(source: &Source, run: &Run, notes: &Notes) -> Result<(), QueryError> {
    let Some(scored) = scored_layers(run) else { return Ok(()) };
    match source.intervals(ConditionKey::Layer) {
        Some(intervals) => intervals.iter().try_for_each(|&asked| must_be_scored(asked, &scored, run, asked.span)),
        None => {
            notes.add(source.span, note(run, &scored));
            Ok(())
        }
    }
}

/// The same for the neurons that pairs of some runs are filtered by: those given by number, and those of saved sets.
pub(crate) fn check_neurons(neurons: &Expr, runs: &[&Run]) -> Result<(), QueryError> {
    match &neurons.kind {
        ExprKind::Neurons(ranges) => {
            for (run, scored) in runs.iter().filter_map(|run| Some((run, scored_layers(run)?))) {
                for range in ranges {
                    let asked = range.layers;
                    // There is no `*` for layers here, so this is how all of them are asked for.
                    if (asked.first, asked.last) != (0, run.spec.shape.layers - 1) {
                        must_be_scored(asked, &scored, run, range.span)?;
                    }
                }
            }
            Ok(())
        }
        ExprKind::Binary { op, left, right, .. } => {
            check_neurons(left, runs)?;
            // What is taken away may lie anywhere.
            if *op == SetOp::Difference { Ok(()) } else { check_neurons(right, runs) }
        }
        ExprKind::Source(_)
        | ExprKind::NeuronsOf(_)
        | ExprKind::FactsOf(_)
        | ExprKind::OpenNeurons(_)
        | ExprKind::Saved(_)
        | ExprKind::Attached { .. }
        | ExprKind::Rows(_) => Ok(()),
    }
}

/// Notes how many neurons of a saved set lie in layers that one of the runs did not score.
pub(crate) fn note_saved(name: &str, span: Span, set: &RoaringBitmap, runs: &[&Run], notes: &Notes) {
    for (run, scored) in runs.iter().filter_map(|run| Some((run, scored_layers(run)?))) {
        let Shape { width, .. } = run.spec.shape;
        let within = |&layer: &u32| {
            let first = u64::from(layer) * u64::from(width);
            let last = first + u64::from(width) - 1;
            set.range_cardinality(first as u32..=last as u32)
        };
        let outside = set.len().saturating_sub(scored.iter().map(within).sum());
        if outside > 0 {
            let (run, all) = (&run.spec.name, set.len());
            let text =
                format!("{outside} of the {all} neurons of @{name} lie in layers that run {run:?} did not score");
            notes.add(span, text);
        }
    }
}

fn must_be_scored(asked: Interval, scored: &BTreeSet<u32>, run: &Run, span: Span) -> Result<(), QueryError> {
    // A layer outside the model is refused by that.
    let last = asked.last.min(run.spec.shape.layers - 1);
    let missing: BTreeSet<u32> = (asked.first..=last).filter(|layer| !scored.contains(layer)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let missing = plural(&missing);
    let reason = format!("{}, so nothing is known of {missing}", note_of(run, scored));
    let hint = format!("attribute {missing} into another run: `kndb attribute … --layers … --run NAME`");
    Err(QueryError::missing(span, reason).hint(hint))
}

fn note(run: &Run, scored: &BTreeSet<u32>) -> String {
    format!("{}: nothing is known of the others", note_of(run, scored))
}

fn note_of(run: &Run, scored: &BTreeSet<u32>) -> String {
    let (name, all) = (&run.spec.name, run.spec.shape.layers);
    format!("run {name:?} scored {} only, of {all}", plural(scored))
}

/// `layer 3`, `layers 0..2, 5`.
fn plural(layers: &BTreeSet<u32>) -> String {
    let mut ranges: Vec<(u32, u32)> = Vec::new();
    for &layer in layers {
        match ranges.last_mut() {
            Some((_, last)) if *last + 1 == layer => *last = layer,
            _ => ranges.push((layer, layer)),
        }
    }
    let text = |&(first, last): &(u32, u32)| if first == last { first.to_string() } else { format!("{first}..{last}") };
    let listed: Vec<String> = ranges.iter().map(text).collect();
    format!("{} {}", if layers.len() == 1 { "layer" } else { "layers" }, listed.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use kndb_storage::{RunId, RunSpec};

    fn run(layers: &str) -> Run {
        let shape = Shape { layers: 4, width: 2 };
        let parameters = vec![("layers".to_owned(), layers.to_owned())];
        let spec = RunSpec { parameters, weights_hash: Some("h".into()), ..RunSpec::new("r", "m", shape) };
        Run { id: RunId(1), spec, tool: String::new(), begun: 0, finished: true }
    }

    #[test]
    fn only_a_list_of_the_model_s_layers_says_which_were_scored() {
        assert_eq!(scored_layers(&run("3,1")), Some(BTreeSet::from([1, 3])));
        assert_eq!(scored_layers(&run("2, 2")), Some(BTreeSet::from([2])));
        for nothing in ["0,1,2,3", "4", "12", "all", "", "1,x", "1..2"] {
            assert_eq!(scored_layers(&run(nothing)), None, "{nothing:?}");
        }
    }

    #[test]
    fn a_parameter_of_an_import_says_nothing_of_layers() {
        let mut import = run("3");
        import.spec.weights_hash = None;
        assert_eq!(scored_layers(&import), None);
    }

    #[test]
    fn layers_are_written_as_intervals() {
        assert_eq!(plural(&BTreeSet::from([3])), "layer 3");
        assert_eq!(plural(&BTreeSet::from([0, 1, 2, 5, 7, 8])), "layers 0..2, 5, 7..8");
    }
}
