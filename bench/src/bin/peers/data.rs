//! Everything that a generated store keeps, as `.npy` files: read back from the store, so that all systems hold the same.
//!
//! | file | content |
//! |---|---|
//! | `meta.json` | sizes, and what the questions single out |
//! | `LANG.offsets.npy` | u64\[facts + 1\]: where each fact's scores begin |
//! | `LANG.neurons.npy` | u16: layer · width + unit, best score first |
//! | `LANG.scores.npy` | f32: the scores, all those of at least 0.01 of the fact's maximum |

use kndb::storage::{FactId, LivePart, Slot};
use kndb_bench::questions::Subject;
use kndb_bench::{Plan, RUN};
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

type Failed = Box<dyn std::error::Error>;

/// Makes the store and the files beside it anew: what another build left there may be laid out otherwise.
pub fn write(folder: &Path, facts: u32) -> Result<(), Failed> {
    std::fs::create_dir_all(folder)?;
    let _ = std::fs::remove_file(folder.join("meta.json"));
    let plan = Plan { facts, ..Plan::default() };
    let subject = Subject::of(facts);
    if subject.relation >= facts {
        return Err(format!("found {facts} facts, expected more than {}: Q4 asks of R{0}", subject.relation).into());
    }
    let at = folder.join("store");
    if at.exists() {
        std::fs::remove_dir_all(&at)?;
    }
    let store = plan.write(&at, |_| {})?;
    let snapshot = store.snapshot()?;
    let run = snapshot.run_named(RUN).ok_or("the store has no generated run")?.id;
    let mut ids = Vec::new();
    for fact in 0..facts {
        ids.push(snapshot.fact(&Plan::fact_id(fact))?.ok_or("the store lacks a fact of the plan")?);
    }
    for language in &plan.languages {
        let id = snapshot.language(language).ok_or("the store lacks a language of the plan")?;
        let slot = Slot { run, language: id, prompt: kndb::storage::PromptId(0) };
        export(folder, language, &ids, &snapshot.parts(slot)?)?;
    }
    let meta = serde_json::json!({
        "facts": facts, "relations": plan.relations, "languages": plan.languages, "layers": plan.layers, "width": plan.width,
        "seed": plan.seed, "fact": subject.fact, "neuron": subject.neuron.0 * plan.width + subject.neuron.1,
        "relation": subject.relation,
        "statements": subject.questions().map(|asked| (asked.name, asked.statement)).into_iter().collect::<std::collections::BTreeMap<_, _>>(),
    });
    // Last: a folder with this file is whole.
    std::fs::write(folder.join("meta.json"), serde_json::to_vec_pretty(&meta)?)?;
    Ok(())
}

fn export(folder: &Path, language: &str, ids: &[FactId], parts: &[LivePart<'_>]) -> Result<(), Failed> {
    let mut views = Vec::with_capacity(ids.len());
    let mut offsets = vec![0u64];
    for &fact in ids {
        let mut found = None;
        for part in parts {
            if let Some(local) = part.find(fact)? {
                found = Some(part.part.scores(local)?);
            }
        }
        let view = found.ok_or("a fact of the plan has no scores in the store")?;
        offsets.push(offsets[offsets.len() - 1] + view.len() as u64);
        views.push(view);
    }
    let total = offsets[ids.len()];
    let mut file = npy(&folder.join(format!("{language}.offsets.npy")), "<u8", offsets.len() as u64)?;
    offsets.iter().try_for_each(|offset| file.write_all(&offset.to_le_bytes()))?;
    file.flush()?;
    let mut neurons = npy(&folder.join(format!("{language}.neurons.npy")), "<u2", total)?;
    let mut scores = npy(&folder.join(format!("{language}.scores.npy")), "<f4", total)?;
    for view in views {
        for rank in 0..view.len() {
            neurons.write_all(&u16::try_from(view.neuron(rank).0)?.to_le_bytes())?;
            scores.write_all(&view.score(rank).to_le_bytes())?;
        }
    }
    neurons.flush()?;
    Ok(scores.flush()?)
}

/// A file of NumPy's format 1.0 (NEP 1) with its header written: a row of numbers.
fn npy(path: &Path, kind: &str, len: u64) -> std::io::Result<BufWriter<File>> {
    let header = format!("{{'descr': '{kind}', 'fortran_order': False, 'shape': ({len},), }}");
    // Magic, version and length take 10 bytes; the whole is a multiple of 64, ending in a newline.
    let padded = (10 + header.len() + 1).next_multiple_of(64) - 10;
    let mut file = BufWriter::with_capacity(1 << 20, File::create(path)?);
    file.write_all(b"\x93NUMPY\x01\x00")?;
    file.write_all(&(padded as u16).to_le_bytes())?;
    file.write_all(format!("{header:<width$}\n", width = padded - 1).as_bytes())?;
    Ok(file)
}
