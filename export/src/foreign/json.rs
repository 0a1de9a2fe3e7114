//! JSON of neuron sets: EleutherAI's `{uuid: [[layer, neuron], …]}`, and AMIG's records, which hold degenerate groups, too.

use super::{Place, count, each_place};
use crate::error::{ExportError, Result};
use crate::folder::HalfMade;
use crate::format::{Exported, Format, Watch};
use crate::rows::Source;
use crate::tabular::Found;
use kndb_storage::{Neuron, PartKind, Shape};
use serde_json::{Map, Value, json};
use std::io::Write;

/// `{uuid: [[layer, neuron], …]}`
pub(crate) struct Eleuther;
/// `{uuid: {neurons, synergistic_neurons_this_uuid}}`
pub(crate) struct Amig;

impl Format for Eleuther {
    fn name(&self) -> &'static str {
        "eleuther"
    }

    fn about(&self) -> &'static str {
        "JSON {uuid: [[layer, neuron], …]} of EleutherAI/knowledge-neurons, of runs of neuron sets"
    }

    fn write(&self, source: &Source<'_>, folder: &mut HalfMade, watch: &mut Watch<'_>) -> Result<Exported> {
        let mut exported = Exported::default();
        let mut groups = 0;
        each_place(source, watch, |place, watch| {
            let sets: Vec<&[&Found<'_>]> =
                place.entries.chunk_by(|a, b| a.fact == b.fact).filter(|entries| !entries[0].groups).collect();
            groups += place.entries.iter().filter(|entry| entry.groups).count();
            let value = |entries: &[&Found<'_>]| set(place, entries[0], self.name());
            write(place, "neurons.json", &sets, folder, watch, &mut exported, value)
        })?;
        if groups > 0 {
            exported.notes.push(format!("degenerate groups of {groups} entries are left out; `amig` holds them"));
        }
        Ok(exported)
    }
}

impl Format for Amig {
    fn name(&self) -> &'static str {
        "amig"
    }

    fn about(&self) -> &'static str {
        "AMIG's JSON {uuid: {neurons, synergistic_neurons_this_uuid}}, of runs of neuron sets and groups"
    }

    fn write(&self, source: &Source<'_>, folder: &mut HalfMade, watch: &mut Watch<'_>) -> Result<Exported> {
        let mut exported = Exported::default();
        let mut groups = 0;
        each_place(source, watch, |place, watch| {
            let facts: Vec<&[&Found<'_>]> = place.entries.chunk_by(|a, b| a.fact == b.fact).collect();
            let value = |entries: &[&Found<'_>]| {
                groups += entries.iter().filter(|entry| entry.groups).count();
                record(place, entries, self.name())
            };
            write(place, "amig.json", &facts, folder, watch, &mut exported, value)
        })?;
        if groups > 0 {
            exported.notes.push("probabilities of groups, and questions, are not in AMIG's records".to_owned());
        }
        Ok(exported)
    }
}

/// Writes an object with a value a fact, one a line.
fn write(
    place: &Place<'_, '_>,
    name: &str,
    facts: &[&[&Found<'_>]],
    folder: &mut HalfMade,
    watch: &mut Watch<'_>,
    exported: &mut Exported,
    mut value: impl FnMut(&[&Found<'_>]) -> Result<Value>,
) -> Result<()> {
    if facts.is_empty() {
        return Ok(());
    }
    let mut out = folder.create(&format!("{}{name}", place.folder()?))?;
    let path = out.path().to_owned();
    let mut push = |text: String| out.write_all(text.as_bytes()).map_err(ExportError::io("write", &path));
    for (number, entries) in facts.iter().enumerate() {
        watch.look()?;
        let before = if number == 0 { "{\n" } else { ",\n" };
        push(format!("{before}{}: {}", json!(entries[0].id), value(entries)?))?;
    }
    push("\n}\n".to_owned())?;
    watch.progress.rows += facts.len() as u64;
    let written = out.finish()?;
    count(exported, "facts", facts.len() as u64, &written);
    Ok(())
}

/// The neurons of an entry, which must be a set: of scores it would be one of many.
fn set(place: &Place<'_, '_>, entry: &Found<'_>, format: &'static str) -> Result<Value> {
    let part = place.all.part(entry).part;
    if part.kind() != PartKind::Neurons {
        let expected = "neuron sets without scores; `npz`, `safetensors` and `parquet` hold scores, and \
                        `kndb query … -o FILE.csv` the neurons above any threshold";
        return Err(place.unfit(format, "scores", expected));
    }
    let mut neurons = Vec::new();
    part.grid(0)?.push_to(entry.local, &mut neurons);
    Ok(pairs(neurons.into_iter().map(Neuron), place.run.spec.shape))
}

fn record(place: &Place<'_, '_>, entries: &[&Found<'_>], format: &'static str) -> Result<Value> {
    let mut record = Map::new();
    for entry in entries {
        if entry.groups {
            let groups = place.all.part(entry).part.groups(entry.local)?;
            let shape = place.run.spec.shape;
            let groups = groups.iter().map(|group| pairs(group.neurons.iter().copied(), shape)).collect();
            record.insert("synergistic_neurons_this_uuid".to_owned(), Value::Array(groups));
        } else {
            record.insert("neurons".to_owned(), set(place, entry, format)?);
        }
        if let Some(relation) = entry.relation {
            record.insert("relation_name".to_owned(), relation.into());
        }
    }
    Ok(Value::Object(record))
}

/// `[[layer, neuron], …]`
fn pairs(neurons: impl Iterator<Item = Neuron>, shape: Shape) -> Value {
    let pair = |neuron| {
        let (layer, unit) = shape.split(neuron);
        json!([layer.0, unit])
    };
    Value::Array(neurons.map(pair).collect())
}
