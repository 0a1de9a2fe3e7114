//! A store with something of everything.

use kndb_query::{Settings, execute, parse};
use kndb_storage::{
    CandidatesRow, Entry, EntryData, FactBatch, FactRow, Group, GroupEvidence, Keep, LayerEvidence, Neuron, OnConflict,
    Origin, RelationNameRow, RunSpec, ScoreType, ScoreValues, Scores, Shape, Store, TemplateRow,
};
use std::path::{Path, PathBuf};

pub struct Toy {
    pub folder: tempfile::TempDir,
    pub store: Store,
}

const SHAPE: (u32, u32) = (2, 4);

fn shape() -> Shape {
    Shape::new(SHAPE.0, SHAPE.1).expect("a shape")
}

fn label(number: usize, relation: &str, language: &str, object: &str) -> FactRow {
    FactRow {
        id: format!("fact {number}"),
        relation: relation.into(),
        language: language.into(),
        subject: format!("subject {number}, {language}"),
        object: object.into(),
        subject_uri: (number == 0).then(|| "Q142".into()),
        object_uri: None,
    }
}

/// Scores that differ by fact and prompt; some negative, some of equal size.
fn dense(fact: usize, prompt: u16) -> Vec<f32> {
    (0..8_u32).map(|at| ((at * 37 + fact as u32 * 11 + u32::from(prompt) * 5) % 13) as f32 * 0.1 - 0.35).collect()
}

fn scored(fact: usize, language: &str, prompt: u16) -> Entry {
    let layer = |of: f32| LayerEvidence { probability: 0.4, baseline: of, residual: -0.01 * of };
    let origin = Origin {
        question: (fact != 1).then_some(0xFEDC_BA98_7654_3210 + fact as u64),
        answer: Some("Paris".into()).filter(|_| fact == 0),
        rank: Some(1 + fact as u32),
        tokens: Some(1),
    };
    let scores = Scores {
        values: ScoreValues::Dense(dense(fact, prompt)),
        evidence: if fact == 2 { Vec::new() } else { vec![layer(0.1), layer(0.2)] },
        origin: (fact != 2).then_some(origin),
    };
    Entry { fact: format!("fact {fact}"), language: language.into(), prompt, data: EntryData::Scores(scores) }
}

impl Toy {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let store = Store::create(folder.path().join("store")).expect("a store");
        let toy = Self { folder, store };
        toy.facts();
        toy.runs();
        for text in [
            "let both = likn[lang in (en, zh)]",
            "let some = neurons of kn[lang=en]",
            "let places = facts of kn[lang=zh]",
        ] {
            let statement = parse(text).expect("a statement");
            let settings = Settings { run: Some("dense".into()), ..Settings::default() };
            execute(&toy.store, &settings, &statement, &mut Rows::default()).expect("saved");
        }
        toy
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn facts(&self) {
        let mut facts = Vec::new();
        for number in 0..4 {
            // Relations in another order than that of their names.
            let relation = if number % 2 == 0 { "P36" } else { "P19" };
            facts.push(label(number, relation, "zh", "北京"));
            if number != 3 {
                facts.push(label(number, relation, "en", "Paris"));
            }
        }
        let batch = FactBatch {
            facts,
            templates: ["[X] is in [Y] .", "[Y] has [X] ."]
                .map(|text| TemplateRow { relation: "P36".into(), language: "en".into(), text: text.into() })
                .to_vec(),
            candidates: vec![CandidatesRow {
                relation: "P36".into(),
                language: "en".into(),
                subjects: vec!["France".into()],
                objects: vec!["Paris".into(), "a \"quoted\", one".into()],
            }],
            relation_names: vec![RelationNameRow {
                relation: "P36".into(),
                language: "en".into(),
                name: "seat".into(),
            }],
        };
        self.store.add_facts(batch).expect("facts");
        let again = FactBatch { facts: vec![label(0, "P36", "en", "Lyon")], ..FactBatch::default() };
        self.store.add_facts(again).expect("a label is replaced");
    }

    fn runs(&self) {
        let dense = RunSpec {
            keep: Keep::Signed(0.2),
            language_taus: vec![("zh".into(), 0.1 + 0.2)],
            parameters: vec![("steps".into(), "20".into()), ("a=b".into(), "c, d".into())],
            ..RunSpec::new("dense", "toy", shape())
        };
        let run = self.store.open_run(dense).expect("a run");
        let facts = [(0, "en", 0), (0, "en", 1), (1, "en", 0), (2, "en", 0), (0, "zh", 0), (3, "zh", 0)];
        let entries: Vec<Entry> =
            facts.iter().map(|&(fact, language, prompt)| scored(fact, language, prompt)).collect();
        run.append_batch(&entries, OnConflict::Refuse).expect("entries");
        // A fact that only a run has named, and one whose scores were replaced.
        run.append(Entry { fact: "a fact/without = labels".into(), ..scored(2, "en", 0) }).expect("an entry");
        run.append_batch(&[Entry { fact: "fact 1".into(), ..scored(0, "en", 0) }], OnConflict::Replace)
            .expect("replaced");
        run.finish().expect("complete");
        let half =
            RunSpec { keep: Keep::Top(3), score_type: ScoreType::F16, ..RunSpec::new("half / open", "toy", shape()) };
        let run = self.store.open_run(half).expect("a run");
        run.append_batch(&[scored(0, "en", 0), scored(3, "zh", 0)], OnConflict::Refuse).expect("entries");
        let all = RunSpec {
            keep: Keep::All,
            prompt_share: 0.3,
            prompt_share_strict: true,
            ..RunSpec::new("all", "toy", shape())
        };
        let run = self.store.open_run(all).expect("a run");
        run.append_batch(&[scored(0, "en", 0), scored(1, "en", 3)], OnConflict::Refuse).expect("entries");
        run.finish().expect("complete");
        let run = self.store.open_run(RunSpec::new("sets", "toy", shape())).expect("a run");
        for (fact, neurons) in [(0, vec![1, 6]), (1, vec![]), (2, vec![7])] {
            let data = EntryData::Neurons(neurons.into_iter().map(Neuron).collect());
            run.append(Entry { fact: format!("fact {fact}"), language: "en".into(), prompt: 0, data }).expect("a set");
        }
        let evidence = GroupEvidence { probability: 0.5, after_each: vec![0.4, 0.45], after_all: 0.1 };
        let groups = vec![
            Group { neurons: vec![Neuron(6), Neuron(1)], evidence: Some(evidence) },
            Group { neurons: vec![Neuron(0), Neuron(1), Neuron(2)], evidence: None },
        ];
        let searched = EntryData::Searched { groups, question: 7 };
        for (fact, data) in [(0, searched), (1, EntryData::Groups(Vec::new()))] {
            run.append(Entry { fact: format!("fact {fact}"), language: "en".into(), prompt: 0, data }).expect("groups");
        }
        run.finish().expect("complete");
        let empty =
            RunSpec { model: "other".into(), ..RunSpec::new("empty", "other", Shape::new(1, 3).expect("a shape")) };
        self.store.open_run(empty).expect("a run").finish().expect("complete");
    }
}

/// Rows as text.
#[derive(Default)]
pub struct Rows(pub Vec<String>);

impl kndb_query::Sink for Rows {
    fn columns(&mut self, columns: &[kndb_query::Column]) -> std::io::Result<()> {
        self.0.push(format!("{columns:?}"));
        Ok(())
    }

    fn row(&mut self, row: &[kndb_query::Value<'_>]) -> std::io::Result<std::ops::ControlFlow<()>> {
        self.0.push(format!("{row:?}"));
        Ok(std::ops::ControlFlow::Continue(()))
    }

    fn end(&mut self) -> std::io::Result<()> {
        Ok(())
    }

    fn note(&mut self, note: &kndb_query::Note) -> std::io::Result<()> {
        self.0.push(format!("{note:?}"));
        Ok(())
    }
}

/// All files below a folder: their paths and bytes, in order.
pub fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    fn walk(folder: &Path, below: &str, all: &mut Vec<(String, Vec<u8>)>) {
        for entry in std::fs::read_dir(folder).expect("a folder") {
            let entry = entry.expect("an entry");
            let name = format!("{below}{}", entry.file_name().to_string_lossy());
            if entry.path().is_dir() {
                walk(&entry.path(), &format!("{name}/"), all);
            } else {
                all.push((name, std::fs::read(entry.path()).expect("a file")));
            }
        }
    }
    let mut all = Vec::new();
    walk(folder, "", &mut all);
    all.sort();
    all
}
