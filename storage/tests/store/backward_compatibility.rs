//! Every format version that was ever released is read by today's code: `tests/fixtures/v1` and so on
//! are stores as that version wrote them.
//!
//! A new version's fixture is made once, with `cargo test -p kndb-storage --test store make_fixture --
//! --ignored`, and never changed. It is the store's folder as it is, but for the empty end of sled's
//! `db`, half a megabyte set aside for what comes next, which sled does without.

use crate::contents::{Contents, Stored};
use crate::damage::copy_folder;
use crate::toy::{Toy, entry, fact_row, groups, neurons};
use kndb_storage::{
    CandidatesRow, Entry, EntryData, FORMAT_VERSION, FactBatch, Keep, LayerEvidence, Neuron, OnConflict, Origin,
    RunSpec, SavedSet, ScoreType, ScoreValues, Scores, Shape, Store, TemplateRow,
};
use std::path::{Path, PathBuf};

fn fixture(version: u32) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/fixtures/v{version}"))
}

fn spec(name: &str) -> RunSpec {
    RunSpec {
        weights_hash: Some("abc".into()),
        preset: Some("amig".into()),
        parameters: vec![("steps".into(), "20".into())],
        keep: Keep::Share(0.25),
        language_taus: vec![("zh".into(), 0.2)],
        prompt_share: 0.5,
        ..RunSpec::new(name, "toy", Shape::new(2, 4).expect("small"))
    }
}

fn scores(fact: &str, language: &str, values: [f32; 8]) -> Entry {
    let layer = |baseline| LayerEvidence { probability: 0.5, baseline, residual: 0.125 };
    let evidence = vec![layer(0.25), layer(0.0)];
    let scores = Scores { values: ScoreValues::Dense(values.to_vec()), evidence, origin: None };
    entry(fact, language, 0, EntryData::Scores(scores))
}

fn sparse(fact: &str, language: &str) -> Entry {
    let values = ScoreValues::Sparse { neurons: vec![Neuron(6), Neuron(1)], scores: vec![0.5, 0.75], floor: 0.375 };
    entry(fact, language, 1, EntryData::Scores(Scores { values, evidence: Vec::new(), origin: None }))
}

/// What format 2 has and format 1 had not.
fn with_origin() -> Entry {
    let mut entry = scores("f1", "en", FIRST);
    if let EntryData::Scores(scores) = &mut entry.data {
        scores.origin = Some(origin());
    }
    entry
}

fn origin() -> Origin {
    Origin { question: Some(0x0123_4567_89AB_CDEF), answer: Some("巴黎".into()), rank: Some(3), tokens: Some(2) }
}

const FIRST: [f32; 8] = [0.0, 1.0, 0.25, 0.125, -1.0, 0.5, 0.5, 0.0];

/// A bit of everything a store can hold, in as few commits as show it.
fn fill(store: &Store) {
    let run = store.open_run(spec("run")).expect("new");
    let labels = FactBatch {
        facts: vec![
            kndb_storage::FactRow {
                subject_uri: Some("Q142".into()),
                ..fact_row("f1", "P36", "en", "France", "Paris")
            },
            fact_row("f1", "P36", "zh", "法国", "巴黎"),
        ],
        templates: vec![TemplateRow { relation: "P36".into(), language: "en".into(), text: "[X]: [Y]".into() }],
        candidates: vec![CandidatesRow {
            relation: "P36".into(),
            language: "en".into(),
            subjects: vec!["France".into()],
            objects: vec!["Paris".into(), "Rome".into()],
        }],
        relation_names: Vec::new(),
    };
    store.add_facts(labels).expect("adds");
    let batch = [
        scores("f1", "en", FIRST),
        scores("f2", "en", FIRST),
        sparse("f1", "en"),
        neurons("f1", "zh", &[7, 0]),
        groups("f1", "en", &[&[5, 1]]),
    ];
    run.append_batch(&batch, OnConflict::Refuse).expect("appends");
    run.seal().expect("seals");
    let mut second = FIRST;
    second[7] = 2.0;
    run.append_batch(&[scores("f2", "en", second)], OnConflict::Replace).expect("replaces");
    let half = RunSpec { score_type: ScoreType::F16, keep: Keep::Top(3), ..spec("half") };
    let half = store.open_run(half).expect("new");
    half.job("import of f1", OnConflict::Refuse)
        .expect("begins")
        .append(&[scores("f1", "en", FIRST)])
        .expect("appends");
    let signed = store.open_run(RunSpec { keep: Keep::Signed(0.5), ..spec("signed") }).expect("new");
    signed.append(Entry { language: "zh".into(), ..with_origin() }).expect("appends");
    signed.seal().expect("seals");
    signed.append(with_origin()).expect("appends");
    let text = "likn(en, zh)".into();
    let set =
        SavedSet { name: "likn".into(), text, kind: "neurons".into(), runs: vec![1], members: 2, saved: 1_800_000_000 };
    store.save_set(&set, &[1, 2, 3]).expect("saves");
}

#[test]
#[ignore = "writes the fixture of a new format version"]
fn make_fixture() {
    let folder = fixture(FORMAT_VERSION);
    if folder.exists() {
        return;
    }
    let toy = Toy::new();
    fill(&toy.store);
    copy_folder(&toy.path, &folder);
    let db = folder.join("catalogue/db");
    let bytes = std::fs::read(&db).expect("reads");
    let used = bytes.iter().rposition(|&byte| byte != bytes[bytes.len() - 1]).expect("something is written") + 1;
    std::fs::write(db, &bytes[..used]).expect("writes");
    check(FORMAT_VERSION, &folder);
}

/// Neurons and scores, best first.
fn ranked(contents: &Contents, run: &str, language: &str, prompt: u16, fact: &str) -> Vec<(u32, f32)> {
    match &contents.entries[&(run.into(), language.into(), prompt, fact.into(), false)] {
        Stored::Scores { ranked, .. } => {
            ranked.iter().map(|&(neuron, score)| (neuron, f32::from_bits(score))).collect()
        }
        other => panic!("{other:?}"),
    }
}

fn check(version: u32, fixture: &Path) {
    let copy = tempfile::tempdir().expect("a folder");
    copy_folder(fixture, copy.path());
    let store = Store::open(copy.path()).unwrap_or_else(|error| panic!("format {version}: {error}"));
    assert!(store.verify().expect("verifies").problems.is_empty());
    let snapshot = store.snapshot().expect("reads");
    assert_eq!(snapshot.run_named("run").expect("is there").spec, spec("run"));
    assert_eq!(snapshot.run_named("half").expect("is there").spec.keep, Keep::Top(3));
    assert_eq!(snapshot.unsealed().0, if version == 1 { 1 } else { 2 });
    let contents = Contents::of(&store).expect("reads");
    assert_eq!(contents.facts.len(), 2);
    let france = r#"Some("P36") (Some("Q142"), None) en: ("France", "Paris") zh: ("法国", "巴黎")"#;
    assert_eq!(contents.facts["f1"], france);
    assert_eq!(contents.facts["f2"], "None (None, None)");
    assert_eq!(contents.prompts["P36 en 0"], "[X]: [Y]");
    assert_eq!(contents.prompts["P36 en candidates"], r#"(["France"], ["Paris", "Rome"])"#);
    assert_eq!(contents.sets["likn"].1, [1, 2, 3]);
    assert_eq!(contents.entries.len(), if version == 1 { 6 } else { 8 });
    assert_eq!(ranked(&contents, "run", "en", 0, "f1"), [(1, 1.0), (5, 0.5), (6, 0.5), (2, 0.25)]);
    assert_eq!(ranked(&contents, "run", "en", 0, "f2"), [(7, 2.0), (1, 1.0), (5, 0.5), (6, 0.5)]);
    assert_eq!(ranked(&contents, "run", "en", 1, "f1"), [(1, 0.75), (6, 0.5)]);
    assert_eq!(ranked(&contents, "half", "en", 0, "f1"), [(1, 1.0), (5, 0.5), (6, 0.5)]);
    match &contents.entry("run", "f1").expect("is there") {
        Stored::Scores { grids, layers, max, .. } => {
            let expected: [&[u32]; 6] = [&[1, 2, 5, 6], &[1, 2, 5, 6], &[1, 5, 6], &[1, 5, 6], &[1], &[1]];
            assert_eq!(grids, &expected);
            assert_eq!(layers[0].map(f32::from_bits), [1.0, 1.375, 0.5, 0.25, 0.125]);
            assert_eq!(layers[1].map(f32::from_bits), [0.5, 0.0, 0.5, 0.0, 0.125]);
            assert_eq!(f32::from_bits(*max), 1.0);
        }
        other => panic!("{other:?}"),
    }
    let of = |language: &str, groups| &contents.entries[&("run".into(), language.into(), 0, "f1".into(), groups)];
    assert_eq!(of("zh", false), &Stored::Neurons(vec![0, 7]));
    let Stored::Groups(text) = of("en", true) else { panic!("groups") };
    let evidence = "probability: 0.75, after_each: [0.015625, 0.078125], after_all: 0.125";
    assert!(text.contains("[neuron-1, neuron-5]") && text.contains(evidence), "{text}");
    for language in ["en", "zh"].into_iter().filter(|_| version > 1) {
        let address = ("signed".into(), language.into(), 0, "f1".into(), false);
        let Stored::Scores { ranked, negative, origin: found, .. } = &contents.entries[&address] else {
            panic!("scores")
        };
        assert_eq!(*ranked, [(1, 1.0_f32), (5, 0.5), (6, 0.5)].map(|(neuron, score)| (neuron, score.to_bits())));
        assert_eq!((&negative[..], found), (&[(4, (-1.0_f32).to_bits())][..], &Some(origin())));
    }
    // A snapshot holds on to replaced files.
    drop(snapshot);
    goes_on(&store);
    let files = std::fs::read_dir(copy.path().join("files")).expect("lists").map(|file| file.expect("lists").path());
    for path in files.filter(|path| path.extension().is_some_and(|extension| extension == "seg")) {
        let bytes = std::fs::read(&path).expect("reads");
        assert_eq!(bytes[bytes.len() - 16], FORMAT_VERSION as u8, "{}: compacted into today's format", path.display());
    }
}

/// Today's code writes to it, too.
fn goes_on(store: &Store) {
    let half = store.open_run(RunSpec { score_type: ScoreType::F16, keep: Keep::Top(3), ..spec("half") });
    let half = half.expect("the same");
    let job = half.job("import of f1", OnConflict::Refuse).expect("goes on");
    let appended = job.append(&[scores("f1", "en", FIRST), scores("f2", "zh", FIRST)]).expect("appends");
    assert_eq!((appended.resumed, appended.new), (1, 1));
    job.finish().expect("finishes");
    let before = Contents::of(store).expect("reads").entries;
    store.compact().expect("compacts");
    assert_eq!(Contents::of(store).expect("reads").entries, before);
    store
        .add_facts(FactBatch { facts: vec![fact_row("f2", "P36", "en", "Italy", "Rome")], ..FactBatch::default() })
        .expect("adds");
    assert!(store.verify().expect("verifies").problems.is_empty());
}

#[test]
fn every_released_format_is_read() {
    for version in 1..=FORMAT_VERSION {
        check(version, &fixture(version));
    }
}
