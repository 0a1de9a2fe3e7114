//! Degenerate groups of the fact: neurons that can stand in for each other.

use kndb_storage::{Content, Run, SOURCE};
use maud::{Markup, html};

use super::choice::Choice;
use crate::parts::source::Source;
use crate::parts::statement;
use crate::parts::table::Table;
use crate::problem::Result;
use crate::view::View;

pub(super) fn section(view: &View<'_>, choice: &Choice<'_>) -> Result<Markup> {
    let searched: Vec<&Run> = view.snapshot.runs_with(Content::Groups).filter(|run| is_of(run, choice)).collect();
    let mut tables = Vec::new();
    for (number, run) in searched.iter().enumerate() {
        tables.push(of_run(view, choice, run, &format!("groups-{number}"))?);
    }
    Ok(html! {
        section aria-labelledby="groups" {
            h2 #groups { "Degenerate groups" }
            @if searched.is_empty() {
                p.nothing { "Nobody has searched for groups in this run: " code { "kndb dkn" } " does." }
            } @else {
                p.of { "Of the neurons of a group each may be lost, and not all: p is then lost, too." }
                @for table in &tables { (table) }
            }
        }
    })
}

/// Whether a run's groups were searched for in the run that is looked at, or are its own; of imported ones it is not said.
fn is_of(run: &Run, choice: &Choice<'_>) -> bool {
    let Some(looked_at) = choice.run else { return false };
    let source = run.spec.parameters.iter().find(|(name, _)| name == SOURCE);
    match source {
        Some((_, source)) => *source == looked_at.spec.name || run.id == looked_at.id,
        None => run.id == looked_at.id || run.spec.model == looked_at.spec.model,
    }
}

fn of_run(view: &View<'_>, choice: &Choice<'_>, run: &Run, table: &str) -> Result<Markup> {
    let source = Source::of_run(view, "dkn", run).is("fact", choice.id);
    let asked = view.ask(&format!("{source} by group, lang"))?;
    let name = &run.spec.name;
    Ok(html! {
        @if asked.answer.rows.is_empty() {
            p.nothing { "Run " bdi { (name) } ": the fact has no group that qualifies, or was not searched." }
            (crate::parts::notes(&asked.answer.notes))
            (statement::behind(view, &[&asked.statement]))
        } @else {
            (Table::new(view, &asked, format!("Groups of run {name}, with p, the least p without one of them, and p without all")).named(table).of_run(name).markup()?)
        }
    })
}
