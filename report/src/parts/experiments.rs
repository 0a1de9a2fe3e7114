//! Results of experiments, as they were read.

use maud::{Markup, html};

use super::{Section, table};
use crate::experiment::{Block, Experiment};

/// The section.
pub fn section(experiments: &[Experiment]) -> Section {
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
        Block::Table { columns, rows } => table::broken(columns, rows),
        Block::Text(text) => html! { pre.text { (text) } },
    }
}
