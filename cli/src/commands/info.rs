//! `kndb info`: what a store holds.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::result::Result as StdResult;

use kndb_storage::Knowledge;
use serde_json::json;

use crate::args::ReportArgs;
use crate::error::{CliError, Result};
use crate::knowledge::{self, of_listed};
use crate::output::{Elided, Mode};
use crate::overview::{Overview, notes_of_runs, readable_bytes};
use crate::session::listing;
use crate::terminal::Terminal;

/// Runs it.
pub fn run(args: ReportArgs, terminal: &mut Terminal) -> Result<()> {
    let store = super::opened(&args.store, terminal)?;
    let snapshot = store.snapshot()?;
    for note in notes_of_runs(&snapshot, store.path())? {
        writeln!(terminal.messages, "note: {note}").map_err(CliError::Output)?;
    }
    let overview = Overview::of(&store)?;
    if args.json {
        let knows: Vec<_> = overview.runs.iter().map(|it| of_listed(&snapshot, &it.run)).collect();
        return writeln!(terminal.out, "{:#}", as_json(&overview, &knows)).map_err(CliError::Output);
    }
    let (mut fitted, columns) = (None, terminal.columns);
    let out: &mut dyn Write = match columns {
        Some(columns) => fitted.insert(Elided::new(&mut terminal.out, columns)),
        None => &mut terminal.out,
    };
    write_text(&overview, &args.store.display().to_string(), out).map_err(CliError::Output)?;
    if overview.runs.is_empty() {
        return Ok(());
    }
    writeln!(out).map_err(CliError::Output)?;
    listing::runs(&store, &mut *Mode::Line.sink(true, out))?;
    for run in overview.runs.iter().filter(|it| it.scored && it.entries > 0).map(|it| &it.run) {
        writeln!(out).map_err(CliError::Output)?;
        match of_listed(&snapshot, run) {
            Ok(knows) => knowledge::write(&run.spec.name, &knows, usize::MAX, out, columns)?,
            Err(why) => {
                let name = &run.spec.name;
                writeln!(out, "what the model of run {name:?} knows: {why}").map_err(CliError::Output)?;
            }
        }
    }
    Ok(())
}

fn write_text(overview: &Overview, path: &str, out: &mut dyn Write) -> io::Result<()> {
    let mut line = |name: &str, value: String| writeln!(out, "{name:<12} {value}");
    let labels = overview.labels.iter();
    let labels: Vec<String> = labels.map(|(code, count)| format!("{code} {count}")).collect();
    let or_none = |text: String| if text.is_empty() { "none".to_owned() } else { text };
    line("store", format!("{path} (format {})", overview.format))?;
    line("size", readable_bytes(overview.bytes))?;
    line(
        "facts",
        match overview.facts_without_labels {
            0 => overview.facts.to_string(),
            bare => format!("{}, {bare} of them without labels", overview.facts),
        },
    )?;
    line("labels", or_none(labels.join(", ")))?;
    line("relations", or_none(overview.relations_shown.join(", ")))?;
    line("templates", overview.templates.to_string())?;
    line(
        "segments",
        match overview.unsealed {
            0 => overview.segments.to_string(),
            waiting => format!("{}, {waiting} entries not sealed yet", overview.segments),
        },
    )?;
    for (name, text, members) in &overview.saved_sets {
        line("saved set", format!("@{name} = {text} ({members} members)"))?;
    }
    if let Some(repairs) = &overview.repairs {
        let back = match repairs.brought_back {
            0 => String::new(),
            back => format!(", {back} brought back"),
        };
        line("repaired", format!("{} losses{back}; the file `repairs` in the store says which", repairs.lost))?;
    }
    line("runs", overview.runs.len().to_string())
}

/// What is known by run: null where it was not read.
fn as_json(overview: &Overview, knows: &[StdResult<Knowledge, String>]) -> serde_json::Value {
    let labels: serde_json::Map<_, _> =
        overview.labels.iter().map(|(code, count)| (code.clone(), json!(count))).collect();
    let sets = overview.saved_sets.iter();
    let sets: Vec<_> =
        sets.map(|(name, text, members)| json!({"name": name, "text": text, "members": members})).collect();
    let runs: Vec<_> = overview
        .runs
        .iter()
        .zip(knows)
        .map(|(it, knows)| {
            let spec = &it.run.spec;
            let pairs = |list: &[(String, String)]| -> serde_json::Map<_, _> {
                list.iter().map(|(key, value)| (key.clone(), json!(value))).collect()
            };
            let taus: serde_json::Map<_, _> =
                spec.language_taus.iter().map(|(code, tau)| (code.clone(), json!(tau))).collect();
            json!({
                "run": spec.name,
                "model": spec.model,
                "weights_hash": spec.weights_hash,
                "layers": spec.shape.layers,
                "width": spec.shape.width,
                "method": spec.method,
                "preset": spec.preset,
                "parameters": pairs(&spec.parameters),
                "keeps": it.keeps(),
                "type": it.scored.then(|| spec.score_type.to_string()),
                "tau": it.scored.then_some(spec.tau),
                "language_taus": taus,
                "prompt_share": spec.prompt_share,
                "prompt_share_strict": spec.prompt_share_strict,
                "tool": it.run.tool,
                "begun": it.run.begun,
                "finished": it.run.finished,
                "languages": it.languages,
                "entries": it.entries,
                "kept": it.kept,
                "groups": it.groups,
                "knows": knows.as_ref().ok(),
                "lost_entries": it.lost,
                "lost_entries_unknown": it.lost_unknown,
                "asked_with_other_labels": it.asked_otherwise.iter().cloned().collect::<BTreeMap<_, _>>(),
            })
        })
        .collect();
    let relations = overview.relations.iter();
    let (ids, called): (Vec<&str>, Vec<Option<&str>>) =
        relations.map(|(id, called)| (id.as_str(), called.as_deref())).unzip();
    let names = ids.iter().zip(called).filter_map(|(id, called)| Some(((*id).to_owned(), json!(called?))));
    let names: serde_json::Map<_, _> = names.collect();
    json!({
        "format": overview.format,
        "bytes": overview.bytes,
        "facts": overview.facts,
        "facts_without_labels": overview.facts_without_labels,
        "labels": labels,
        "relations": ids,
        "relation_names": names,
        "templates": overview.templates,
        "segments": overview.segments,
        "unsealed": overview.unsealed,
        "saved_sets": sets,
        "runs": runs,
        "repairs": overview.repairs.as_ref().map(|repairs| &repairs.text),
    })
}
