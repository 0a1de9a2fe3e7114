//! Results of experiments, as they were read.

use maud::{Markup, html};

use super::{Perhaps, Section, table};
use crate::experiment::{Block, Experiment};

/// The section.
pub fn section(experiments: &[Experiment]) -> Perhaps {
    if experiments.is_empty() {
        return Err("experiments: no results were given (--include)".into());
    }
    let body = html! {
        @for experiment in experiments {
            h3 { (experiment.title) }
            (blocks(experiment))
        }
    };
    Ok(Section { id: "experiments".into(), heading: "Experiments".into(), body })
}

fn blocks(experiment: &Experiment) -> Markup {
    let mut place = experiment.title.as_str();
    html! {
        @for block in &experiment.blocks {
            @if let Block::Heading(heading) = block { ({ place = heading; html! { h4 { (heading) } } }) }
            @else { (shown(place, block)) }
        }
    }
}

fn shown(place: &str, block: &Block) -> Markup {
    match block {
        Block::Heading(heading) => html! { h4 { (heading) } },
        Block::Note(note) => html! { p.remark { (note) } },
        Block::Values(values) => table::pairs(place, values),
        Block::Table { columns, rows } => table::broken(place, columns, rows),
        Block::Text(text) => html! { pre.text tabindex="0" { (text) } },
    }
}
