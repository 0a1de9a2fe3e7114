//! A small store of facts in two languages, of words that the tokenizers of the fixtures know, and what runs hold.

use kndb_engine::{Model, device};
use kndb_storage::{FactBatch, FactRow, Origin, ScoreView, Store, TemplateRow};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// A store in a folder of its own.
pub struct Facts {
    pub store: Store,
    _folder: tempfile::TempDir,
}

/// An entry: neurons with the bits of their scores, best first; F(w̄), F(w′), residual of each layer.
pub type Stored = (Vec<(u32, u32)>, Vec<[u32; 3]>);

/// Fact, language, template.
pub type Key = (String, String, u16);

pub type Contents = BTreeMap<Key, Stored>;

pub const TEMPLATES: [(&str, &str, &str); 5] = [
    ("P36", "en", "The capital of [X] is [Y] ."),
    ("P36", "en", "[X] is a city in [Y] ."),
    ("P36", "zh", "[X]的首都是[Y]。"),
    ("P37", "en", "The official language of [X] is [Y] ."),
    ("P1376", "en", "[Y] is the capital of [X] ."),
];

/// Fact, relation, language, subject, object. `f3` has no Chinese label, `f4` an object in Chinese that BERT's vocabulary
/// lacks; Chinese has no template of P37.
pub const LABELS: [(&str, &str, &str, &str, &str); 10] = [
    ("f1", "P36", "en", "France", "Paris"),
    ("f1", "P36", "zh", "法国", "巴黎"),
    ("f2", "P36", "en", "Kenya", "Nairobi"),
    ("f2", "P36", "zh", "肯尼亚", "内罗毕"),
    ("f3", "P36", "en", "Mali", "Bamako"),
    ("f4", "P36", "en", "Paris", "France"),
    ("f4", "P36", "zh", "巴黎", "東京"),
    ("f5", "P37", "en", "Mali", "Bambara"),
    ("f5", "P37", "zh", "肯尼亚", "法国"),
    ("f6", "P1376", "en", "France", "Paris"),
];

impl Facts {
    /// The facts above.
    pub fn new() -> Self {
        Self::of(&LABELS)
    }

    /// Facts enough to be interrupted among.
    pub fn many() -> Self {
        let ids: Vec<String> = (0..60).map(|number| format!("g{number:02}")).collect();
        let letter = |number: usize| char::from(b'a' + (number % 26) as u8);
        let subjects: Vec<String> = (0..60).map(|n| format!("{}{}", letter(n * 7), letter(n))).collect();
        let labels: Vec<_> = ids
            .iter()
            .zip(&subjects)
            .flat_map(|(id, subject)| {
                [("en", subject.as_str(), "Paris"), ("zh", "法国", "巴黎")]
                    .map(|(language, subject, object)| (id.as_str(), "P36", language, subject, object))
            })
            .collect();
        Self::of(&labels)
    }

    /// Facts of these labels.
    pub fn of(labels: &[(&str, &str, &str, &str, &str)]) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let store = Store::create(folder.path().join("store")).expect("a new store");
        let fact = |&(id, relation, language, subject, object): &(&str, &str, &str, &str, &str)| FactRow {
            id: id.into(),
            relation: relation.into(),
            language: language.into(),
            subject: subject.into(),
            object: object.into(),
            subject_uri: None,
            object_uri: None,
        };
        let template = |(relation, language, text): (&str, &str, &str)| TemplateRow {
            relation: relation.into(),
            language: language.into(),
            text: text.into(),
        };
        let facts = labels.iter().map(fact).collect();
        let templates = TEMPLATES.map(template).into();
        store.add_facts(FactBatch { facts, templates, ..FactBatch::default() }).expect("facts are taken");
        Self { store, _folder: folder }
    }

    /// Gives a fact of P36 other labels.
    #[allow(dead_code, reason = "not every test that shares this file asks")]
    pub fn relabel(&self, id: &str, language: &str, subject: &str, object: &str) {
        let row = FactRow {
            id: id.into(),
            relation: "P36".into(),
            language: language.into(),
            subject: subject.into(),
            object: object.into(),
            subject_uri: None,
            object_uri: None,
        };
        self.store.add_facts(FactBatch { facts: vec![row], ..FactBatch::default() }).expect("labels are taken");
    }

    /// What a run holds.
    pub fn contents(&self, run: &str) -> Contents {
        contents(&self.store, run)
    }

    /// What a run's entries were made from.
    #[allow(dead_code, reason = "not every test that shares this file asks")]
    pub fn origins(&self, run: &str) -> BTreeMap<Key, Origin> {
        entries(&self.store, run, |view| view.origin().expect("an attributed entry has one"))
    }
}

/// What a run of a store holds.
pub fn contents(store: &Store, run: &str) -> Contents {
    let of = |view: &ScoreView<'_>| {
        let scores = (0..view.len()).map(|rank| (view.neuron(rank).0, view.score(rank).to_bits())).collect();
        let evidence = view.layers().map(|layer| layer.evidence);
        let evidence = evidence.map(|it| [it.probability, it.baseline, it.residual].map(f32::to_bits));
        (scores, evidence.collect())
    };
    entries(store, run, of)
}

fn entries<T>(store: &Store, run: &str, of: impl Fn(&ScoreView<'_>) -> T) -> BTreeMap<Key, T> {
    let snapshot = store.snapshot().expect("a snapshot");
    let id = snapshot.run_named(run).map(|run| run.id);
    let mut all = BTreeMap::new();
    for slot in snapshot.slots().filter(|slot| Some(slot.run) == id) {
        for part in snapshot.parts(slot).expect("opens") {
            for local in (0..part.part.len()).filter(|&local| part.is_live(local)) {
                let fact = part.part.facts().expect("facts")[local as usize];
                let fact = kndb_storage::FactId(u32::from_le_bytes(fact));
                let view = part.part.scores(local).expect("scores");
                let name = snapshot.external_id(fact).expect("an id").to_owned();
                let key = (name, snapshot.language_name(slot.language).to_owned(), slot.prompt.0);
                all.insert(key, of(&view));
            }
        }
    }
    all
}

/// A tiny model of the fixtures.
pub fn model(name: &str) -> Model {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name);
    Model::load(folder, &device("cpu").expect("the CPU is there")).expect("the fixture loads")
}
