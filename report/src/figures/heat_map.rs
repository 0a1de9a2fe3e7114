//! How many facts use each neuron: layer × neuron; and of runs by role, their mean scores.

use kndb_plot::{Caption, Figure, HeatMap, Unit};
use kndb_query::SourceKind;
use kndb_storage::{Snapshot, Store};

use super::effects::effects;
use super::selection::{RunLanguages, Selection, needs};
use super::{Illustration, Manner};
use crate::answer::{Answer, number};
use crate::error::{Error, Result};

/// Draws the facts that use each neuron of one run, in any of its languages that are selected; of a run whose units are roles of tokens, the
/// mean score of each layer and role.
///
/// # Errors
/// When it is not clear which run is meant, or the query is refused.
pub fn heat_map(store: &Store, selection: &Selection) -> Result<Illustration> {
    heat_map_as(store, &Manner::default(), selection)
}

/// The same, asked in some manner.
///
/// # Errors
/// As [`heat_map`].
pub fn heat_map_as(store: &Store, manner: &Manner, selection: &Selection) -> Result<Illustration> {
    let (snapshot, selection) = (store.snapshot()?, &selection.distinct());
    let conditions = selection.conditions(SourceKind::Kn)?;
    let run = one_run(store, &snapshot, selection, "a heat map")?;
    if let Some(roles) = run.run.spec.units() {
        return effects(store, &snapshot, manner, selection, &run, &roles);
    }
    let languages = if selection.languages.is_empty() { &[][..] } else { &run.languages };
    let query = format!("{} by neuron", selection.source(SourceKind::Kn, &snapshot, &run.run, languages));
    let answer = Answer::with(store, &manner.settings, &query)?;
    let mut remarks = Vec::new();
    answer.add_notes(&mut remarks);
    let columns = (answer.column("layer"), answer.column("neuron"), answer.column("facts"));
    let cells: Vec<(usize, usize, f64)> = answer
        .rows
        .iter()
        .filter_map(|row| {
            let value = |column: Option<usize>| column.and_then(|column| row.get(column)).and_then(number);
            Some((value(columns.0)? as usize, value(columns.1)? as usize, value(columns.2)?))
        })
        .collect();
    let shape = run.run.spec.shape;
    let shown = run.languages.join(", ");
    let figure = (!cells.is_empty()).then(|| {
        Figure::HeatMap(HeatMap {
            caption: Caption {
                title: format!("Facts that use each neuron: {} ({shown})", run.run.spec.model),
                notes: selection
                    .note(&snapshot, SourceKind::Kn, std::slice::from_ref(&run), &conditions)
                    .into_iter()
                    .collect(),
                sources: Vec::new(),
            },
            row_axis: "layer".into(),
            row_names: Vec::new(),
            column_axis: "neuron".into(),
            value_axis: "facts".into(),
            rows: shape.layers as usize,
            columns: shape.width as usize,
            cells,
            unit: Unit::Count,
            linear: false,
        })
    });
    Ok(Illustration::new(figure, vec![query], remarks))
}

/// The run that a figure of one run is of.
pub(super) fn one_run(
    store: &Store,
    snapshot: &Snapshot,
    selection: &Selection,
    figure: &'static str,
) -> Result<RunLanguages> {
    let mut runs = selection.runs(store, snapshot, SourceKind::Kn)?;
    match (runs.pop(), runs.is_empty()) {
        (None, _) => Err(Error::NoRun { figure, expected: needs(SourceKind::Kn) }),
        (Some(run), true) => Ok(run),
        (Some(last), false) => {
            let runs = runs.into_iter().chain([last]).map(|run| run.run.spec.name).collect();
            Err(Error::WhichRun { figure, runs })
        }
    }
}
