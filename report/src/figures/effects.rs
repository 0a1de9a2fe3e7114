//! Mean scores by layer and role, of runs whose units are roles of tokens: Figure 2 of Meng et al. (NeurIPS 2022) where they are of causal tracing.

use kndb_plot::{Caption, Figure, HeatMap, Unit};
use kndb_query::SourceKind;
use kndb_storage::{Snapshot, Store};

use super::selection::{RunLanguages, Selection};
use super::{Illustration, Manner};
use crate::answer::{Answer, number, written};
use crate::error::Result;

/// Draws a run's mean scores: a column a layer, a row a role, the first at the top.
pub(super) fn effects(
    store: &Store,
    snapshot: &Snapshot,
    manner: &Manner,
    selection: &Selection,
    of: &RunLanguages,
    roles: &[&str],
) -> Result<Illustration> {
    let (run, given) = (&of.run, selection.conditions(SourceKind::Kn)?);
    let mut selection = selection.clone();
    // Effects below 0 are effects.
    if !given.has_sign() {
        selection.conditions.push("sign=any".into());
    }
    let languages = if selection.languages.is_empty() { &[][..] } else { &of.languages };
    let source = selection.source(SourceKind::Kn, snapshot, run, languages);
    let query = format!("{source} by layer, role order by layer, role, mean");
    let answer = Answer::with(store, &manner.settings, &query)?;
    let mut remarks = Vec::new();
    answer.add_notes(&mut remarks);
    let columns = (answer.column("layer"), answer.column("role"), answer.column("mean"));
    let cell = |row: &Vec<kndb_query::Value<'_>>| {
        let role = columns.1.and_then(|column| row.get(column)).map(written)?;
        // Row 0 is drawn lowest.
        let row_of_role = roles.len() - 1 - roles.iter().position(|name| *name == role)?;
        let value = |column: Option<usize>| column.and_then(|column| row.get(column)).and_then(number);
        Some((row_of_role, value(columns.0)? as usize, value(columns.2)?))
    };
    let cells: Vec<(usize, usize, f64)> = answer.rows.iter().filter_map(cell).collect();
    let below = cells.iter().filter(|&&(.., mean)| mean < 0.0).count();
    if below > 0 {
        remarks.push(format!("{below} of {} means are below 0, and drawn as 0", cells.len()));
    }
    let parameter = |name: &str| run.spec.parameters.iter().find(|(known, _)| known == name).map(|(_, value)| value);
    let restored = parameter("restore");
    let title = match restored {
        Some(restored) => format!("Mean indirect effect of restoring {}", words(restored)),
        None => "Mean score by layer and role".to_owned(),
    };
    let mut notes: Vec<String> =
        selection.note(snapshot, SourceKind::Kn, std::slice::from_ref(of), &given).into_iter().collect();
    if let (Some(_), Some(window), Some(noise), Some(draws)) =
        (restored, parameter("window"), parameter("noise"), parameter("draws"))
    {
        notes.push(format!("Window of {window}, noise {noise}, {draws} draws."));
    }
    let figure = (!cells.is_empty()).then(|| {
        Figure::HeatMap(HeatMap {
            caption: Caption {
                title: format!("{title}: {} ({})", run.spec.model, of.languages.join(", ")),
                notes,
                sources: Vec::new(),
            },
            row_axis: "role".into(),
            row_names: roles.iter().rev().map(|role| (*role).to_owned()).collect(),
            column_axis: "layer".into(),
            value_axis: if restored.is_some() { "mean indirect effect" } else { "mean score" }.into(),
            rows: roles.len(),
            columns: run.spec.shape.layers as usize,
            cells,
            unit: Unit::Number,
            linear: true,
        })
    });
    Ok(Illustration::new(figure, vec![query], remarks))
}

/// What is restored, as one says it.
fn words(restored: &str) -> String {
    match restored {
        "hidden" => "hidden states".to_owned(),
        "feed-forward" => "feed-forward results".to_owned(),
        "attention" => "attention's results".to_owned(),
        other => other.to_owned(),
    }
}
