//! Writes the seeds of `fuzz/corpus/` from small stores.

#[path = "../../../../fuzz/kept.rs"]
pub mod kept;

use super::published::{self, Published};
use crate::toy::{Toy, entry, fact_row, groups, neurons};
use crate::whole::Whole;
use kept::write;
use kndb_storage::{
    CandidatesRow, Entry, EntryData, FactBatch, Keep, Neuron, OnConflict, Origin, RunSpec, SavedSet, ScoreType,
    ScoreValues, Scores, Shape, Store, TemplateRow,
};
use std::collections::BTreeMap;
use std::path::Path;

/// Larger files are no seeds.
const LARGEST: usize = 4_000;

#[test]
#[ignore = "writes files of this repository: cargo xtask fuzz --corpus"]
fn seeds_are_written() {
    let (whole, small) = (Whole::new(), Toy::new());
    fill(&small.store);
    // Its manifest is the seed, so the store is kept with it.
    let _ = std::fs::remove_dir_all(published::kept());
    let published = Published::of(&small.path, &published::kept());
    write("manifest", &[("small", published.manifest())]);
    for (name, store) in [("whole", &whole.toy), ("small", &small)] {
        write_files(name, &store.path);
        write_marks(name, &store.path);
        write_records(name, store);
    }
}

fn write_files(name: &str, store: &Path) {
    for (target, extension) in [("segment", "seg"), ("dictionary", "dict"), ("saved_set", "set")] {
        let files = crate::whole::files_in(&store.join("files"));
        for file in files.iter().filter(|file| file.extension().is_some_and(|found| found == extension)) {
            let bytes = std::fs::read(store.join("files").join(file)).expect("reads");
            if bytes.len() <= LARGEST {
                let number = file.file_stem().expect("a name").to_string_lossy();
                write(target, &[(&format!("{name}-{}", number.trim_start_matches('0')), bytes)]);
            }
        }
    }
}

/// As the target `marks` takes them: which file, which commit.
fn write_marks(name: &str, store: &Path) {
    for (number, file) in ["KNDB", "epoch", "history", "repairs"].into_iter().enumerate() {
        if let Ok(content) = std::fs::read(store.join(file)) {
            let content = &content[..content.len().min(200)];
            write("marks", &[(&format!("{name}-{file}"), [&[number as u8, 1][..], content].concat())]);
        }
    }
}

/// As the targets `records` and `waiting` take them.
fn write_records(name: &str, store: &Toy) {
    let snapshot = store.store.snapshot().expect("reads");
    let runs: BTreeMap<u32, RunSpec> = snapshot.runs().map(|run| (run.id.0, run.spec.clone())).collect();
    let db = sled::Config::new().path(store.path.join("catalogue")).flush_every_ms(None).open().expect("opens");
    let (mut records, mut of_table) = (Vec::new(), BTreeMap::<u8, usize>::new());
    for record in db.iter() {
        let (key, value) = record.expect("reads");
        let number = of_table.entry(key[0]).or_default();
        *number += 1;
        if key[0] == b'u' && *number <= 6 {
            // Table, length of the key, run, language, prompt, kind.
            let (run, kind) = (u32::from_be_bytes(key[3..7].try_into().expect("four")), key[11]);
            let RunSpec { shape, score_type, .. } = &runs[&run];
            if shape.width < 0x80 {
                let head = [kind, *score_type as u8, shape.layers as u8, shape.width as u8];
                write("waiting", &[(&format!("{name}-{number}"), [&head[..], &value].concat())]);
            }
        }
        // All names, because their numbers have no gaps, and of the rest some.
        if *number <= 3 || b"lrc".contains(&key[0]) {
            records.push(key.len() as u8);
            records.extend((value.len() as u16).to_le_bytes());
            records.extend([&key[..], &value[..]].concat());
        }
    }
    write("records", &[(name, records)]);
}

fn spec(name: &str, score_type: ScoreType) -> RunSpec {
    let shape = Shape::new(2, 20).expect("small");
    RunSpec { keep: Keep::Signed(0.05), score_type, ..RunSpec::new(name, "tiny", shape) }
}

fn tiny(fact: &str, seed: u32) -> Entry {
    let values = ScoreValues::Dense((0..40).map(|at| ((at * 7 + seed) % 41) as f32 / 41.0 - 0.2).collect());
    let origin = Origin { question: Some(7), answer: Some("巴黎".into()), rank: Some(2), tokens: Some(1) };
    entry(fact, "en", 0, EntryData::Scores(Scores { values, evidence: Vec::new(), origin: Some(origin) }))
}

/// One segment of each kind and precision, one of a model with more than 65,536 neurons, a dictionary, a set, and entries that wait.
fn fill(store: &Store) {
    for (name, score_type) in [("f32", ScoreType::F32), ("f16", ScoreType::F16), ("bf16", ScoreType::Bf16)] {
        let run = store.open_run(spec(name, score_type)).expect("new");
        run.append_batch(&[tiny("a", 1), tiny("b", 2)], OnConflict::Refuse).expect("appends");
        run.seal().expect("seals");
        run.append(tiny("c", 3)).expect("appends");
    }
    let sets = store.open_run(spec("sets", ScoreType::F32)).expect("new");
    sets.append_batch(&[neurons("a", "en", &[1, 5, 39]), neurons("b", "zh", &[])], OnConflict::Refuse)
        .expect("appends");
    sets.seal().expect("seals");
    sets.append(neurons("c", "en", &[2])).expect("appends");
    let searched = store.open_run(spec("groups", ScoreType::F32)).expect("new");
    searched.append(groups("a", "en", &[&[1, 2], &[3, 4, 5]])).expect("appends");
    searched.seal().expect("seals");
    searched.append(groups("b", "en", &[&[8, 9]])).expect("appends");
    let wide = Shape::new(2, 40_000).expect("fits");
    let wide = store.open_run(RunSpec { score_type: ScoreType::Bf16, ..RunSpec::new("wide", "large", wide) });
    let wide = wide.expect("new");
    let neurons = [3, 70_000, 65_536].map(Neuron).to_vec();
    let values = ScoreValues::Sparse { neurons, scores: vec![1.0, 0.5, 0.02], floor: 0.01 };
    let scores = Scores { values, evidence: Vec::new(), origin: None };
    wide.append(entry("a", "en", 0, EntryData::Scores(scores))).expect("appends");
    wide.seal().expect("seals");
    let template = TemplateRow { relation: "P36".into(), language: "en".into(), text: "[X] [Y]".into() };
    let (subjects, objects) = (vec!["France".into()], vec!["Paris".into()]);
    let candidates = CandidatesRow { relation: "P36".into(), language: "en".into(), subjects, objects };
    for object in ["Rome", "Paris"] {
        let facts = vec![fact_row("a", "P36", "en", "France", object), fact_row("b", "P36", "zh", "法国", "巴黎")];
        let batch = FactBatch {
            facts,
            templates: vec![template.clone()],
            candidates: vec![candidates.clone()],
            ..FactBatch::default()
        };
        store.add_facts(batch).expect("adds");
    }
    let (text, kind) = ("x".into(), "facts".into());
    let set = SavedSet { name: "s".into(), text, kind, runs: vec![1], members: 3, saved: 12 };
    store.save_set(&set, &[7; 40]).expect("saves");
}
