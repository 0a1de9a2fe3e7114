//! The report: one page about a store, with no need of a network or a script.
//!
//! The same store gives the same page: no time and no path is in it, unless it is given.

mod completeness;
mod evidence;
mod facts;
mod overview;
mod run;
mod table;

use kndb_storage::{Run, Snapshot, Store};
use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::error::Result;
use crate::experiment::{Block, Experiment};
use crate::figures::Selection;

/// What a report is about, besides the store.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PageOptions {
    /// Title; `kndb report` without it.
    pub title: Option<String>,
    /// A date or a remark to print at the end. Nothing is asked of a clock.
    pub date: Option<String>,
    /// Names of runs; all without any.
    pub runs: Vec<String>,
    /// Results of experiments, in the order in which they are shown.
    pub experiments: Vec<Experiment>,
}

/// A part of the page: what the table of contents names.
struct Section {
    /// A word for links.
    id: String,
    heading: String,
    body: Markup,
}

/// Writes the page.
///
/// # Errors
/// When a run is not in the store, or the store cannot be read. A query that is refused is no error: the page says so in the
/// place of its answer.
pub fn page(store: &Store, options: &PageOptions) -> Result<String> {
    let snapshot = store.snapshot()?;
    let runs = chosen(&snapshot, &options.runs)?;
    let mut sections = vec![overview::section(&snapshot, &runs)?, facts::section(store, &snapshot)?];
    if runs.len() > 1 {
        let names = runs.iter().map(|run| run.spec.name.clone()).collect();
        sections.push(run::comparison(store, &Selection { runs: names, ..Selection::default() })?);
    }
    for (at, run) in runs.iter().enumerate() {
        sections.push(run::section(store, &snapshot, run, at)?);
    }
    sections.push(completeness::section(&snapshot, &runs)?);
    sections.push(experiments(&options.experiments));
    let title = options.title.as_deref().unwrap_or("kndb report");
    Ok(document(title, &sections, &generated(&snapshot, options)).into_string())
}

/// The runs of these names, or all.
fn chosen(snapshot: &Snapshot, names: &[String]) -> Result<Vec<Run>> {
    let known = || snapshot.runs().map(|run| run.spec.name.clone()).collect();
    let run = |name: &String| {
        let unknown = || kndb_storage::Error::UnknownRun { name: name.clone(), known: known() };
        snapshot.run_named(name).cloned().ok_or_else(unknown)
    };
    if names.is_empty() {
        return Ok(snapshot.runs().cloned().collect());
    }
    Ok(names.iter().map(run).collect::<Result<_, _>>()?)
}

fn generated(snapshot: &Snapshot, options: &PageOptions) -> String {
    let date = options.date.as_ref().map(|date| format!(", {date}")).unwrap_or_default();
    format!("Made by kndb {} from commit {} of the store{date}.", env!("CARGO_PKG_VERSION"), snapshot.epoch())
}

fn document(title: &str, sections: &[Section], generated: &str) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                // Names come from files: whatever they hold, nothing is loaded and nothing is run.
                meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'";
                title { (title) }
                style { (PreEscaped(include_str!("page/style.css"))) }
            }
            body {
                header {
                    h1 { (title) }
                    p.generated { (generated) }
                    nav aria-label="Contents" {
                        ul { @for section in sections { li { a href={ "#" (section.id) } { (section.heading) } } } }
                    }
                }
                main {
                    @for section in sections {
                        section id=(section.id) { h2 { (section.heading) } (section.body) }
                    }
                }
            }
        }
    }
}

fn experiments(experiments: &[Experiment]) -> Section {
    let body = html! {
        @if experiments.is_empty() { p.nothing { "No results of experiments were given." } }
        @for experiment in experiments {
            h3 { (experiment.title) }
            @for block in &experiment.blocks { (shown(block)) }
        }
    };
    Section { id: "experiments".into(), heading: "Experiments".into(), body }
}

fn shown(block: &Block) -> Markup {
    match block {
        Block::Heading(heading) => html! { h4 { (heading) } },
        Block::Note(note) => html! { p.remark { (note) } },
        Block::Values(values) => table::pairs(values),
        Block::Table { columns, rows } => table::table(columns, rows),
        Block::Text(text) => html! { pre.text { (text) } },
    }
}
