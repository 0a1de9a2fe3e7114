//! What was edited, in words: lines of the report, JSON, the edited model's card.

use std::fmt::Write as _;

use kndb_engine::Model;
use kndb_engine::edit::{EditedTensors, Evidence};
use kndb_storage::{Neuron, Shape};
use kndb_wording::probability::shown;
use serde_json::{Value, json};

use super::super::probe::Report;
use super::Fact;
use super::method::{Built, by_neurons, name};
use crate::args::{EditArgs, EditMethod};
use crate::terminal::Terminal;

/// What is done with a fact's neurons, as a sentence's end.
pub(super) fn done(args: &EditArgs, one: &Fact) -> String {
    match (args.method, &one.to) {
        (EditMethod::Rewrite, Some(to)) => format!("value vectors rewritten to {to:?}"),
        (EditMethod::Suppress, _) => "value vectors made 0".into(),
        (EditMethod::Enhance, _) => "value vectors multiplied by 2".into(),
        _ => format!("value vectors multiplied by {}", args.values.factor.unwrap_or(1.0)),
    }
}

/// What the methods that look for something did.
pub(super) fn how(args: &EditArgs, built: &Built, evidence: &[Evidence]) -> Vec<String> {
    if by_neurons(args.method) {
        return Vec::new();
    }
    let mut lines = vec![format!("{}: {}", name(args.method), built.numbers.join(", "))];
    for one in evidence.iter().filter(|_| evidence.len() == 1) {
        if let (Some(first), Some(last)) = (one.losses.first(), one.losses.last()) {
            lines.push(format!(
                "loss {:.3} to {:.3} in {} steps (−ln p of the new object {:.3} to {:.3})",
                first.total(),
                last.total(),
                one.losses.len() - 1,
                first.new_object,
                last.new_object
            ));
        }
    }
    lines
}

/// −ln p of a new object that is more likely than all others together.
const LIKELY: f64 = std::f64::consts::LN_2;

/// Of methods that look for a change step by step: facts of which none was found.
pub(super) fn learnt_nothing(evidence: &[Evidence]) -> Option<String> {
    let stays = |one: &&Evidence| match (one.losses.first(), one.losses.last()) {
        // What was probable from the beginning needs no change.
        (Some(first), Some(last)) => last.new_object >= first.new_object && last.new_object > LIKELY,
        _ => false,
    };
    let count = evidence.iter().filter(stays).count();
    let facts = if evidence.len() > 1 { format!(" of {count} of {} facts", evidence.len()) } else { String::new() };
    (count > 0).then(|| {
        format!("the new object{facts} did not become more probable while the change was looked for; more --steps, or another --rate or --clamp, may find one")
    })
}

pub(super) fn evidence_json(args: &EditArgs, built: &Built, evidence: &[Evidence]) -> Value {
    let loss = |loss: &kndb_engine::edit::Loss| json!([loss.new_object, loss.essence, loss.decay]);
    let of = |one: &Evidence| json!({"layer": one.layer, "losses": one.losses.iter().map(loss).collect::<Vec<_>>()});
    json!({
        "method": name(args.method), "numbers": built.numbers, "contexts": built.contexts,
        "evidence": evidence.iter().map(of).collect::<Vec<_>>(),
    })
}

/// A line a fact, in the language that it was edited in.
pub(super) fn write_many(
    chosen: &[Fact],
    reports: &[Vec<Report<'_>>],
    how: &[String],
    terminal: &mut Terminal,
) -> std::io::Result<()> {
    let out = &mut terminal.out;
    for line in how {
        writeln!(out, "{line}")?;
    }
    for (one, reports) in chosen.iter().zip(reports) {
        for Report { asked, before, after, new } in reports {
            let p =
                |object: &str, before: f64, after: f64| format!("p({object}) {} to {}", shown(before), shown(after));
            let mut parts = vec![p(&asked.object, before.probability, after.probability)];
            parts.extend(new.as_ref().map(|(to, before, after)| p(to, *before, *after)));
            writeln!(out, "{}, {}: {}", one.id, asked.language, parts.join(", "))?;
        }
    }
    Ok(())
}

/// The model card of the edited model: what was done to which model, and by what.
pub(super) fn card(
    model: &Model,
    chosen: &[Fact],
    built: &Built,
    (set, edited): (Option<&str>, &EditedTensors),
    args: &EditArgs,
) -> String {
    let store = args.store.file_name().unwrap_or_default().to_string_lossy();
    let mut lines = vec![
        "---\ntags:\n- knowledge-neurons\n- model-editing\n---\n".to_owned(),
        format!("# {}, edited\n", model.name()),
        "An edited copy of a model: for research on model editing, not for use as a source of facts.\n".into(),
        format!("- Model: {} ({}), weights {}", model.name(), model.architecture(), model.weights_hash()),
    ];
    for one in chosen {
        let filled = one.own.template.replace("[X]", &one.own.subject).replace("[Y]", &one.own.object);
        let to = one.to.as_ref().map_or_else(String::new, |to| format!(" → {to}"));
        lines.push(format!("- Fact: {}, {}: {filled}{to}", one.id, one.own.language));
    }
    lines.push(format!("- Method: {}; {}", name(args.method), built.numbers.join(", ")));
    for one in chosen.iter().filter(|one| !one.neurons.is_empty()) {
        lines.push(format!(
            "- Neurons: `{}` of the store `{store}`{}, {}: {}",
            set.unwrap_or_default(),
            of_run(args),
            done(args, one),
            listed(&one.neurons, model.shape())
        ));
    }
    if let Some(essence) = &built.essence {
        lines.push(format!("- Continuation that stays: {:?}", essence.template));
    }
    lines.extend(built.contexts.iter().map(|context| format!("- Context: {context:?}")));
    lines.push(format!(
        "- Changed tensors: {}",
        edited.names().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
    ));
    let drawn = if built.contexts.is_empty() { "; nothing is drawn at random" } else { "" };
    lines.push(format!("- Made by: kndb {} (`kndb edit`){drawn}", env!("CARGO_PKG_VERSION")));
    let mut text = String::new();
    for line in lines {
        let _ = writeln!(text, "{line}");
    }
    text
}

fn of_run(args: &EditArgs) -> String {
    args.asked.run.as_ref().map_or_else(String::new, |run| format!(", run {run:?}"))
}

/// `layer:unit` of each.
fn listed(neurons: &[Neuron], shape: Shape) -> String {
    let place = |&neuron: &Neuron| {
        let (layer, unit) = shape.split(neuron);
        format!("{}:{unit}", layer.0)
    };
    neurons.iter().map(place).collect::<Vec<_>>().join(", ")
}
