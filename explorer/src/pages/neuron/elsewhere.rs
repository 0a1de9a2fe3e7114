//! The neuron in other runs of its model, and in degenerate groups.

use kndb_storage::{Content, Run};
use maud::{Markup, html};

use super::place::Place;
use crate::parts::chips::{Chip, chips};
use crate::parts::source::Source;
use crate::parts::table::Table;
use crate::parts::{link, notes, statement};
use crate::problem::Result;
use crate::view::View;

/// Other runs of the same model.
pub(super) fn runs(view: &View<'_>, place: &Place<'_>) -> Result<Markup> {
    let runs: Vec<&Run> = view
        .snapshot
        .runs_with(Content::Attributions)
        .filter(|run| run.id != place.run.id && run.spec.model == place.run.spec.model)
        .collect();
    if runs.is_empty() {
        return Ok(html! {});
    }
    let names: Vec<&str> = runs.iter().map(|run| run.spec.name.as_str()).collect();
    let source = Source::new("kn").among("run", &names);
    // Of sets without scores there is no threshold.
    let have_scores = runs.iter().all(|run| !view.snapshot.languages_with(run.id, Content::Scores).is_empty());
    let source = source.tau(place.tau.filter(|_| have_scores));
    let mut asked = view.ask(&format!("{source} & {} by run, lang order by run, facts", place.neurons()))?;
    asked.hide(&["pairs", "neurons", "share"]);
    let to = |name: &str| link::neuron(view, name, place.layer, place.unit).maybe("tau", place.tau);
    let others: Vec<Chip> = names.iter().map(|name| Chip::new(*name, to(name))).collect();
    Ok(html! {
        section aria-labelledby="elsewhere" {
            h2 #elsewhere { "In other runs of the model" }
            (chips("Run", &others))
            @if asked.answer.rows.is_empty() {
                p.nothing { "None of them has it above the threshold." }
                (notes(&asked.answer.notes))
                (statement::behind(view, &[&asked.statement]))
            } @else {
                @if place.tau.is_some() && !have_scores { p.note { "One of them keeps neuron sets without scores, so this is without the threshold." } }
                (Table::new(view, &asked, "Facts that use it in other runs").named("runs").markup()?)
            }
        }
    })
}

/// Degenerate groups that it belongs to.
pub(super) fn groups(view: &View<'_>, place: &Place<'_>) -> Result<Markup> {
    let mut tables = Vec::new();
    for (number, run) in place.searched.iter().enumerate() {
        tables.push(of_run(view, place, run, &format!("groups-{number}"))?);
    }
    Ok(html! {
        @if !tables.is_empty() {
            section aria-labelledby="groups" {
                h2 #groups { "Degenerate groups with it" }
                @for table in &tables { (table) }
            }
        }
    })
}

fn of_run(view: &View<'_>, place: &Place<'_>, run: &Run, table: &str) -> Result<Markup> {
    let (dkn, neurons) = (Source::of_run(view, "dkn", run), place.neurons());
    let mut asked = view.ask(&format!("{dkn} & facts of ({dkn} & {neurons}) by group order by facts"))?;
    // The groups of its facts: those of other neurons are among them.
    let this = format!("{}:{}", place.layer, place.unit);
    let group = asked.answer.column("group");
    asked.answer.rows.retain(|row| {
        let text = group.and_then(|at| row.get(at));
        matches!(text, Some(kndb_query::Value::Text(text)) if text.split(", ").any(|neuron| neuron == this))
    });
    asked.hide(&["share"]);
    let name = &run.spec.name;
    Ok(html! {
        @if asked.answer.rows.is_empty() {
            p.nothing { "Run " bdi { (name) } " has none that qualifies." }
            (notes(&asked.answer.notes))
            (statement::behind(view, &[&asked.statement]))
        } @else {
            (Table::new(view, &asked, format!("Groups of run {name} with it; below is what asks for all groups of its facts")).named(table).of_run(name).markup()?)
        }
    })
}
