//! LAPE's masks (RUCAIBox/Language-Specific-Neurons): a torch file of `List[language][layer]` of int64 tensors, the neurons of each.
//!
//! Layout: a zip archive with `data.pkl`, a pickle of protocol 2 in which tensors are views of storages by number, and the storages
//! (<https://docs.pytorch.org/docs/stable/notes/serialization.html>). All tensors here are views of one storage.

use super::zip::Zip;
use super::{asked, count, quoted, write_text};
use crate::error::{ExportError, Result};
use crate::folder::HalfMade;
use crate::format::{Exported, Format, Watch};
use crate::names::folder as folder_name;
use crate::rows::Source;
use kndb_query::{Batch, BatchSink, Note, QueryError};
use kndb_storage::{Content, Run};
use std::ops::ControlFlow;

const NAME: &str = "lape";

pub(crate) struct Lape;

impl Format for Lape {
    fn name(&self) -> &'static str {
        NAME
    }

    fn about(&self) -> &'static str {
        "LAPE's torch file `List[language][layer]` of neurons, by run: those of all facts of a language"
    }

    fn write(&self, source: &Source<'_>, folder: &mut HalfMade, watch: &mut Watch<'_>) -> Result<Exported> {
        let mut exported = Exported::default();
        for run in &source.chosen.runs {
            let languages = source.snapshot.languages_with(run.id, Content::Attributions);
            let languages = languages.into_iter().filter(|&id| source.chosen.has_language(id));
            let codes: Vec<&str> = languages.map(|id| source.snapshot.language_name(id)).collect();
            if codes.is_empty() {
                exported.notes.push(format!("run {:?} has no neurons there: no file is written of it", run.spec.name));
                continue;
            }
            let sets = codes.iter().map(|code| neurons(source, run, code, watch, &mut exported.notes));
            let sets = sets.collect::<Result<Vec<_>>>()?;
            write(folder, run, &codes, &sets, &mut exported)?;
        }
        exported.notes.push(
            "the neurons of a language are those of any of its facts (`neurons of kn`, at each run's own thresholds); facts and scores are not in them"
                .to_owned(),
        );
        Ok(exported)
    }
}

/// The neurons of a run in a language, by layer, ascending.
fn neurons(
    source: &Source<'_>,
    run: &Run,
    code: &str,
    watch: &mut Watch<'_>,
    notes: &mut Vec<String>,
) -> Result<Vec<Vec<u32>>> {
    watch.look()?;
    let mut conditions = format!("run={}, lang={}", quoted(&run.spec.name), quoted(code));
    if let Some(relations) = &source.chosen.relations {
        let names: Vec<String> = relations.iter().map(|&id| quoted(source.snapshot.relation_name(id))).collect();
        conditions.push_str(&format!(", relation in ({})", names.join(", ")));
    }
    let layers = vec![Vec::new(); run.spec.shape.layers as usize];
    let mut sink = ByLayer { layers, notes: Vec::new(), watch, failure: None };
    let done = asked(source, (run, code), NAME, &format!("neurons of kn[{conditions}]"), &mut sink);
    let ByLayer { mut layers, notes: found, failure, .. } = sink;
    if let Some(failure) = failure {
        return Err(failure);
    }
    done?;
    layers.iter_mut().for_each(|units| units.sort_unstable());
    let new: Vec<String> = found.into_iter().filter(|note| !notes.contains(note)).collect();
    notes.extend(new);
    Ok(layers)
}

struct ByLayer<'a, 'w> {
    layers: Vec<Vec<u32>>,
    notes: Vec<String>,
    watch: &'a mut Watch<'w>,
    failure: Option<ExportError>,
}

impl BatchSink for ByLayer<'_, '_> {
    fn batch(&mut self, batch: Batch) -> Result<ControlFlow<()>, QueryError> {
        self.failure = self.watch.look().err();
        if let (Some(layers), Some(units)) = (batch.numbers("layer"), batch.numbers("neuron")) {
            for (&layer, &unit) in layers.iter().zip(units.iter()) {
                self.layers.get_mut(layer as usize).into_iter().for_each(|of_layer| of_layer.push(unit));
            }
        }
        Ok(if self.failure.is_some() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
    }

    fn note(&mut self, note: &Note) -> Result<(), QueryError> {
        self.notes.push(note.text.clone());
        Ok(())
    }
}

/// Writes a run's file, and beside it which languages it has, in its order: the file has no names.
fn write(
    folder: &mut HalfMade,
    run: &Run,
    codes: &[&str],
    sets: &[Vec<Vec<u32>>],
    exported: &mut Exported,
) -> Result<()> {
    let of_run = folder_name("run", Some(&run.spec.name))?;
    let out = folder.create(&format!("{of_run}/lape.pth"))?;
    let path = out.path().to_owned();
    let failed = || ExportError::io("write", &path);
    let mut zip = Zip::new(out);
    let total = sets.iter().flatten().map(Vec::len).sum();
    for (name, bytes) in [
        ("lape/data.pkl", pickle(sets, total)),
        ("lape/byteorder", b"little".to_vec()),
        ("lape/data/0", sets.iter().flatten().flatten().flat_map(|&unit| i64::from(unit).to_le_bytes()).collect()),
        ("lape/version", b"3\n".to_vec()),
    ] {
        let mut member = zip.begin(name).map_err(failed())?;
        member.push(&bytes).map_err(failed())?;
        member.end().map_err(failed())?;
    }
    let written = zip.finish().map_err(failed())?.finish()?;
    count(exported, "neurons", total as u64, &written);
    let names = format!("{}\n", serde_json::json!(codes));
    let written = write_text(folder, &format!("{of_run}/languages.json"), &names)?;
    count(exported, "languages", codes.len() as u64, &written);
    Ok(())
}

/// A list of languages, of layers, of tensors: one after the other in a storage of so many numbers.
fn pickle(sets: &[Vec<Vec<u32>>], total: usize) -> Vec<u8> {
    // Protocol 2. Nothing is remembered for later, so that there are no numbers of memos.
    let mut out = b"\x80\x02](".to_vec();
    let mut begin = 0;
    for layers in sets {
        out.extend(b"](");
        for units in layers {
            out.extend(b"ctorch._utils\n_rebuild_tensor_v2\n((");
            push_text(&mut out, "storage");
            out.extend(b"ctorch\nLongStorage\n");
            push_text(&mut out, "0");
            push_text(&mut out, "cpu");
            push_number(&mut out, total);
            out.extend(b"tQ");
            push_number(&mut out, begin);
            // Its shape (units), its strides (1), no gradient, no hooks.
            push_number(&mut out, units.len());
            out.extend(b"\x85");
            push_number(&mut out, 1);
            out.extend(b"\x85\x89ccollections\nOrderedDict\n)RtR");
            begin += units.len();
        }
        out.push(b'e');
    }
    out.extend(b"e.");
    out
}

fn push_text(out: &mut Vec<u8>, text: &str) {
    out.push(b'X');
    out.extend((text.len() as u32).to_le_bytes());
    out.extend(text.bytes());
}

/// A number of 32 bits: more of them than these count are no archive of this kind.
fn push_number(out: &mut Vec<u8>, number: usize) {
    out.push(b'J');
    out.extend((number as i32).to_le_bytes());
}

#[cfg(test)]
mod tests {
    use super::pickle;

    #[test]
    fn tensors_are_views_of_one_storage_one_after_the_other() {
        let bytes = pickle(&[vec![vec![4, 7], vec![]], vec![vec![5], vec![0, 1]]], 5);
        // Of each tensor the number of the storage's values, where it begins in them, and how many are its.
        let numbers: Vec<i32> = bytes
            .windows(5)
            .filter(|five| five[0] == b'J')
            .map(|five| i32::from_le_bytes([five[1], five[2], five[3], five[4]]))
            .collect();
        assert_eq!(numbers, [5, 0, 2, 1, 5, 2, 0, 1, 5, 2, 1, 1, 5, 3, 2, 1]);
        assert!(bytes.starts_with(b"\x80\x02](](ctorch._utils\n") && bytes.ends_with(b"RtRee."));
    }
}
