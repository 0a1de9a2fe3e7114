//! Files of other formats: what is exported is imported again, by kndb's own importer.

use kndb_export::{ExportJob, export};
use kndb_import::{Options, open_input};
use kndb_storage::{
    Entry, EntryData, FactBatch, FactRow, Group, GroupEvidence, Keep, Neuron, OnConflict, RunSpec, ScoreType,
    ScoreValues, Scores, Shape, Store,
};
use std::collections::BTreeMap;

type ByPlace = BTreeMap<(String, String, u16, bool), EntryData>;

fn shape() -> Shape {
    Shape::new(2, 3).expect("a shape")
}

struct Made {
    folder: tempfile::TempDir,
    store: Store,
}

impl Made {
    fn new(keep: Keep, score_type: ScoreType, entries: &[Entry]) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let store = Store::create(folder.path().join("store")).expect("a store");
        let row = |id: &str| FactRow {
            id: id.into(),
            relation: "P36".into(),
            language: "en".into(),
            subject: "France".into(),
            object: "Paris".into(),
            subject_uri: None,
            object_uri: None,
        };
        store.add_facts(FactBatch { facts: vec![row("a"), row("中 / 2")], ..FactBatch::default() }).expect("facts");
        let spec = RunSpec { keep, score_type, ..RunSpec::new("run one", "toy", shape()) };
        let run = store.open_run(spec).expect("a run");
        run.append_batch(entries, OnConflict::Refuse).expect("entries");
        run.finish().expect("complete");
        Self { folder, store }
    }

    fn export(&self, format: &str) -> Result<kndb_export::Exported, String> {
        let to = self.folder.path().join(format);
        export(&self.store, &to, &ExportJob::new(format), &mut |_| {}, &|| false).map_err(|error| error.to_string())
    }

    /// What the importer reads of an export.
    fn imported(&self, format: &str) -> ByPlace {
        let folder = self.folder.path().join(format);
        let inputs = kndb_import::expand(&[folder.to_string_lossy().into_owned()]).expect("files");
        assert!(!inputs.is_empty(), "no files in {}", folder.display());
        let mut all = ByPlace::new();
        for input in &inputs {
            for entry in open_input(input, &Options::new(shape())).expect("opens") {
                let entry = entry.expect("an entry");
                let groups = matches!(entry.data, EntryData::Groups(_) | EntryData::Searched { .. });
                all.insert((entry.fact, entry.language, entry.prompt, groups), entry.data);
            }
        }
        all
    }
}

fn entry(fact: &str, language: &str, prompt: u16, data: EntryData) -> Entry {
    Entry { fact: fact.into(), language: language.into(), prompt, data }
}

fn dense(scores: [f32; 6]) -> EntryData {
    EntryData::Scores(Scores { values: ScoreValues::Dense(scores.to_vec()), evidence: Vec::new(), origin: None })
}

fn neurons(list: &[u32]) -> EntryData {
    EntryData::Neurons(list.iter().copied().map(Neuron).collect())
}

fn scored() -> Vec<Entry> {
    vec![
        entry("a", "en", 0, dense([0.5, -0.25, 0.0, 1.5, 0.125, 0.75])),
        entry("a", "zh", 2, dense([0.25; 6])),
        entry("中 / 2", "en", 0, dense([-1.0, 0.5, 0.25, 2.0, 0.0, 0.1])),
    ]
}

fn expected(entries: &[Entry], score_type: ScoreType) -> ByPlace {
    let of = |entry: &Entry| {
        let data = match &entry.data {
            EntryData::Scores(scores) => {
                let ScoreValues::Dense(values) = &scores.values else { panic!("dense scores") };
                let values = ScoreValues::Dense(values.iter().map(|&score| score_type.rounded(score)).collect());
                EntryData::Scores(Scores { values, evidence: Vec::new(), origin: None })
            }
            other => other.clone(),
        };
        ((entry.fact.clone(), entry.language.clone(), entry.prompt, matches!(data, EntryData::Groups(_))), data)
    };
    entries.iter().map(of).collect()
}

#[test]
fn arrays_of_all_scores_are_imported_as_they_were() {
    for score_type in [ScoreType::F32, ScoreType::F16, ScoreType::Bf16] {
        let entries = scored();
        let made = Made::new(Keep::All, score_type, &entries);
        for format in ["npz", "safetensors"] {
            let done = made.export(format).expect("exported");
            assert_eq!(done.tables["score arrays"].rows, 3);
            assert_eq!(made.imported(format), expected(&entries, score_type), "{format} of {score_type}");
        }
    }
}

#[test]
fn arrays_with_gaps_are_refused() {
    let made = Made::new(Keep::Share(0.3), ScoreType::F32, &scored());
    for format in ["npz", "safetensors"] {
        let told = made.export(format).expect_err("refused");
        assert!(told.contains("scores of fact \"a\" (scores ≥ 0.3·max), expected a score of every neuron"), "{told}");
        assert!(!made.folder.path().join(format).exists());
    }
}

fn sets() -> Vec<Entry> {
    let evidence = GroupEvidence { probability: 0.5, after_each: vec![0.4, 0.45], after_all: 0.1 };
    let groups = vec![
        Group { neurons: vec![Neuron(1), Neuron(4)], evidence: Some(evidence) },
        Group { neurons: vec![Neuron(0), Neuron(2)], evidence: None },
    ];
    vec![
        entry("a", "en", 0, neurons(&[1, 5])),
        entry("a", "zh", 1, neurons(&[2])),
        entry("中 / 2", "en", 0, neurons(&[0])),
        entry("a", "en", 0, EntryData::Groups(groups)),
    ]
}

/// Groups without what AMIG's records do not hold.
fn bare(mut all: ByPlace) -> ByPlace {
    for data in all.values_mut() {
        if let EntryData::Groups(groups) = data {
            groups.iter_mut().for_each(|group| group.evidence = None);
        }
    }
    all
}

#[test]
fn neuron_sets_are_imported_as_they_were() {
    let entries = sets();
    let made = Made::new(Keep::All, ScoreType::F32, &entries);
    let done = made.export("eleuther").expect("exported");
    assert_eq!(done.notes, ["degenerate groups of 1 entries are left out; `amig` holds them"]);
    let mut without_groups = expected(&entries, ScoreType::F32);
    without_groups.retain(|(.., groups), _| !groups);
    assert_eq!(made.imported("eleuther"), without_groups);
    let done = made.export("amig").expect("exported");
    assert_eq!(done.notes, ["probabilities of groups, and questions, are not in AMIG's records"]);
    assert_eq!(made.imported("amig"), bare(expected(&entries, ScoreType::F32)));
}

#[test]
fn scores_are_no_neuron_sets_and_sets_no_scores() {
    let made = Made::new(Keep::All, ScoreType::F32, &scored());
    for format in ["eleuther", "amig"] {
        let told = made.export(format).expect_err("refused");
        assert!(told.contains("found scores, expected neuron sets without scores"), "{told}");
    }
    let made = Made::new(Keep::All, ScoreType::F32, &sets());
    let told = made.export("npz").expect_err("refused");
    assert!(
        told.contains("run \"run one\" in en cannot be written as npz: found neuron sets without scores"),
        "{told}"
    );
}

#[test]
fn states_of_clickhouse_hold_the_neurons_above_the_threshold() {
    let made = Made::new(Keep::All, ScoreType::F32, &scored());
    made.export("clickhouse").expect("exported");
    let folder = made.folder.path().join("clickhouse");
    let mut row = vec![7];
    row.extend(b"run one");
    row.extend([2]);
    row.extend(b"en");
    // Fact 0, two neurons above 0.3 · 1.5: 0.5, 1.5, 0.75 are three.
    row.extend([0, 0, 0, 0, 0, 3, 0, 0, 0, 0, 3, 0, 0, 0, 5, 0, 0, 0]);
    let bytes = std::fs::read(folder.join("kn.rowbinary")).expect("sets");
    assert!(bytes.windows(row.len()).any(|window| window == row), "{bytes:?}");
    let facts = std::fs::read(folder.join("facts.rowbinary")).expect("facts");
    assert_eq!(
        facts,
        [b"\0\0\0\0\x01a\0\x03P36".as_slice(), b"\x01\0\0\0\x07", "中 / 2".as_bytes(), b"\0\x03P36"].concat()
    );
    let schema = std::fs::read_to_string(folder.join("schema.sql")).expect("SQL");
    assert!(
        schema.contains("AggregateFunction(groupBitmap, UInt32)") && schema.contains("run = 'run one'"),
        "{schema}"
    );
}

/// With NumPy and safetensors themselves.
#[test]
#[ignore = "needs a Python with numpy and safetensors, named by KNDB_PYTHON"]
fn numpy_and_safetensors_read_the_arrays() {
    let made = Made::new(Keep::All, ScoreType::F32, &scored());
    made.export("npz").expect("exported");
    made.export("safetensors").expect("exported");
    let python = std::env::var("KNDB_PYTHON").unwrap_or_else(|_| "python3".into());
    let script = "
import sys, json, numpy as np
from safetensors import safe_open
a = np.load(sys.argv[1] + '/npz/run=run one/lang=en/prompt=0/scores-0.npz')
with safe_open(sys.argv[1] + '/safetensors/run=run one/lang=en/prompt=0/scores-0.safetensors', 'np') as f:
    b, facts = f.get_tensor('scores'), json.loads(f.metadata()['facts'])
assert list(a['facts']) == facts == ['a', '中 / 2'], (a['facts'], facts)
assert a['scores'].shape == (2, 2, 3) and (a['scores'] == b).all() and a['scores'].dtype == np.float32
assert a['scores'][0].tolist() == [[0.5, -0.25, 0.0], [1.5, 0.125, 0.75]]
print('read')
";
    let ran =
        std::process::Command::new(&python).args(["-c", script]).arg(made.folder.path()).output().expect("it runs");
    assert_eq!(String::from_utf8_lossy(&ran.stdout).trim(), "read", "{}", String::from_utf8_lossy(&ran.stderr));
}

#[test]
fn neurons_of_each_language_are_a_torch_file_by_layer() {
    let made = Made::new(Keep::All, ScoreType::F32, &sets());
    let done = made.export("lape").expect("exported");
    assert_eq!((done.tables["neurons"].rows, done.tables["languages"].rows), (4, 2));
    let folder = made.folder.path().join("lape/run=run one");
    assert_eq!(std::fs::read_to_string(folder.join("languages.json")).expect("text"), "[\"en\",\"zh\"]\n");
    let bytes = std::fs::read(folder.join("lape.pth")).expect("a file");
    // English: 0 and 1 of layer 0 and 2 of layer 1, of two facts; Chinese: 2 of layer 0.
    let storage: Vec<u8> = [0_i64, 1, 2, 2].into_iter().flat_map(i64::to_le_bytes).collect();
    assert_eq!(bytes.windows(storage.len()).filter(|window| *window == storage).count(), 1);
    for name in ["lape/data.pkl", "lape/byteorder", "lape/data/0", "lape/version"] {
        // At its content, and in the directory at the end.
        assert_eq!(bytes.windows(name.len()).filter(|window| *window == name.as_bytes()).count(), 2, "{name}");
    }
}

#[test]
fn a_run_of_groups_alone_has_no_torch_file_and_is_told_of() {
    let groups = sets().into_iter().filter(|entry| matches!(entry.data, EntryData::Groups(_))).collect::<Vec<_>>();
    let made = Made::new(Keep::All, ScoreType::F32, &groups);
    let done = made.export("lape").expect("exported");
    assert!(done.notes[0].starts_with("run \"run one\" has no neurons there"), "{:?}", done.notes);
    assert!(!made.folder.path().join("lape/run=run one").exists());
}
