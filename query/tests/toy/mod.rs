//! A small store whose answers can be worked out by hand.
//!
//! The model has 12 layers of 1,000 units. Fact 0 is France – Paris, 1 to 11 are capitals too (P36); 12 to 14
//! are official languages (P37); a last fact has no label. Run `bert, en` has, of the fact with number *n*:
//!
//! | language | prompt | facts | scores |
//! |---|---|---|---|
//! | en | 0 | all | 9:852 1.0, 7:n 0.5, 11:(500+n) 0.35, where n is odd 3:1 0.31, 0:0 0.05 |
//! | zh | 0 | 0 to 13 | 9:852 0.8, where n is even 7:n 0.6, 11:510 0.3 |
//! | de | 0 | 0 to 3 | 9:852 1.0, 7:n 0.5 |
//! | fr | 0, 1 | 0 to 2 | 9:852 1.0, 7:(90+n) 0.5; with prompt 1 also 8:7 0.9 |
//! | zh-classical | 0 | 0 | 2:2 1.0, 2:3 0.4 |
//!
//! Its τ is 0.3, in zh 0.2, and it keeps scores from a hundredth of the maximum on. Groups, in English:
//! 7:0, 9:852 for the facts 0 to 2; 3:1, 7:1, 9:852 for fact 1. Run `bert-zh` has zh of the facts 0 to 2: 9:852 1.0, 5:5 0.9.
//!
//! Run `search` has groups of up to three only, in English, complete for t_low ≤ 0.5 and t_high ≥ 0.1; its own
//! thresholds are 0.2 and 0.25:
//!
//! | fact | p | group | after each | after all |
//! |---|---|---|---|---|
//! | 0 | 0.8 | 7:0, 9:852 | 0.8, 0.7 | 0.5 |
//! | 0 | 0.8 | 7:0, 11:500 | 0.8, 0.6 | 0.3 |
//! | 1 | 0.5 | 3:1, 7:1 | 0.46, 0.5 | 0.47 |
//! | 1 | 0.5 | 3:1, 9:852 | 0.46, 0.48 | 0.42 |
//! | 1 | 0.5 | 7:1, 9:852 | 0.5, 0.48 | 0.46 |
//! | 1 | 0.5 | 3:1, 7:1, 9:852 | 0.46, 0.5, 0.48 | 0.2 |
//! | 2 | 0.4 | 7:0, 9:852 | 0.4, 0.36 | 0.1 |

#![allow(dead_code, reason = "each test uses what it needs")]

pub mod answer;

use answer::Answer;
use kndb_query::{Settings, execute, parse};
use kndb_storage::{
    Entry, EntryData, FactBatch, FactRow, Group, GroupEvidence, Neuron, OnConflict, RunSpec, ScoreValues, Scores,
    Shape, Store,
};

pub const SHAPE: Shape = Shape { layers: 12, width: 1_000 };

const FRANCE: &str = "cb7007d9-673f-4fa5-8308-ddf2ae28b8c2";

/// Relation, subject and object in English, and in Chinese.
const FACTS: [(&str, [&str; 2], [&str; 2]); 15] = [
    ("P36", ["France", "Paris"], ["法国", "巴黎"]),
    ("P36", ["Côte d'Ivoire", "Yamoussoukro"], ["科特迪瓦", "亚穆苏克罗"]),
    ("P36", ["Germany", "Berlin"], ["德国", "柏林"]),
    ("P36", ["Japan", "Tokyo"], ["日本", "东京"]),
    ("P36", ["Kenya", "Nairobi"], ["肯尼亚", "内罗毕"]),
    ("P36", ["Norway", "Oslo"], ["挪威", "奥斯陆"]),
    ("P36", ["Poland", "Warsaw"], ["波兰", "华沙"]),
    ("P36", ["Peru", "Lima"], ["秘鲁", "利马"]),
    ("P36", ["Spain", "Madrid"], ["西班牙", "马德里"]),
    ("P36", ["Sweden", "Stockholm"], ["瑞典", "斯德哥尔摩"]),
    ("P36", ["Thailand", "Bangkok"], ["泰国", "曼谷"]),
    ("P36", ["Tunisia", "Tunis"], ["突尼斯", "突尼斯市"]),
    ("P37", ["France", "French"], ["法国", "法语"]),
    ("P37", ["Germany", "German"], ["德国", "德语"]),
    ("P37", ["Paraguay", "Guaraní"], ["巴拉圭", "瓜拉尼语"]),
];

/// A store in a folder of its own.
pub struct Toy {
    pub store: Store,
    _folder: tempfile::TempDir,
}

impl Toy {
    pub fn empty() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let store = Store::create(folder.path().join("store")).expect("a new store");
        Self { store, _folder: folder }
    }

    /// The store described above.
    pub fn new() -> Self {
        let toy = Self::empty();
        let rows = FACTS.iter().enumerate().flat_map(|(number, (relation, english, chinese))| {
            let row = |language: &str, [subject, object]: [&str; 2]| FactRow {
                id: id(number),
                relation: (*relation).to_owned(),
                language: language.to_owned(),
                subject: subject.to_owned(),
                object: object.to_owned(),
                subject_uri: None,
                object_uri: None,
            };
            [row("en", *english), row("zh", *chinese)]
        });
        toy.store.add_facts(FactBatch { facts: rows.collect(), ..FactBatch::default() }).expect("facts");
        let spec = RunSpec::new("bert, en", "bert", SHAPE);
        let entries = (0..=FACTS.len()).flat_map(entries).collect();
        toy.write(RunSpec { language_taus: vec![("zh".to_owned(), 0.2)], ..spec }, entries);
        let chinese = (0..3).map(|n| scored(n, "zh", 0, &[(9, 852, 1.0), (5, 5, 0.9)])).collect();
        toy.write(RunSpec::new("bert-zh", "bert", SHAPE), chinese);
        let parameters =
            [("t_low", "0.2"), ("t_high", "0.25"), ("keep_low", "0.5"), ("keep_high", "0.1"), ("size", "3")];
        toy.write(searched("search", &parameters), search());
        toy
    }

    pub fn write(&self, spec: RunSpec, entries: Vec<Entry>) {
        let run = self.store.open_run(spec).expect("a new run");
        run.append_batch(&entries, OnConflict::Refuse).expect("entries");
        run.finish().expect("the end of the run");
    }

    /// Runs a statement; the rows as text.
    pub fn run(
        &self,
        settings: &Settings,
        text: &str,
    ) -> Result<(kndb_query::Outcome, String), kndb_query::QueryError> {
        let mut answer = Answer::default();
        let outcome = execute(&self.store, settings, &parse(text)?, &mut answer)?;
        let rows = if answer.columns.is_empty() { String::new() } else { answer.columns.join(" | ") + "\n" };
        let lines = answer.texts().into_iter().map(|row| row.join(" | ") + "\n");
        Ok((outcome, rows + &lines.collect::<String>()))
    }

    /// The notes on a statement that is answered.
    pub fn notes(&self, settings: &Settings, text: &str) -> Vec<String> {
        Answer::of(&self.store, settings, text).unwrap_or_else(|error| panic!("{text}: {error}")).notes
    }
}

/// The id of the fact with a number.
pub fn id(number: usize) -> String {
    if number == 0 { FRANCE.to_owned() } else { format!("fact-{number}") }
}

/// A run of groups with these parameters.
pub fn searched(name: &str, parameters: &[(&str, &str)]) -> RunSpec {
    let parameters = parameters.iter().map(|&(name, value)| (name.to_owned(), value.to_owned()));
    RunSpec { method: "dkn".into(), parameters: parameters.collect(), ..RunSpec::new(name, "bert", SHAPE) }
}

/// The groups of a fact, in English.
pub fn groups_of(fact: usize, groups: Vec<Group>) -> Entry {
    Entry { fact: id(fact), language: "en".into(), prompt: 0, data: EntryData::Groups(groups) }
}

/// A group with p, p after each, and p after all.
pub fn measured(neurons: &[(u32, u32)], probability: f32, after_each: &[f32], after_all: f32) -> Group {
    let evidence = GroupEvidence { probability, after_each: after_each.to_vec(), after_all };
    Group { evidence: Some(evidence), ..group(neurons) }
}

/// The entries of `search`.
fn search() -> Vec<Entry> {
    let pairs = vec![
        measured(&[(3, 1), (7, 1)], 0.5, &[0.46, 0.5], 0.47),
        measured(&[(3, 1), (9, 852)], 0.5, &[0.46, 0.48], 0.42),
        measured(&[(7, 1), (9, 852)], 0.5, &[0.5, 0.48], 0.46),
        measured(&[(3, 1), (7, 1), (9, 852)], 0.5, &[0.46, 0.5, 0.48], 0.2),
    ];
    let france = vec![
        measured(&[(7, 0), (9, 852)], 0.8, &[0.8, 0.7], 0.5),
        measured(&[(7, 0), (11, 500)], 0.8, &[0.8, 0.6], 0.3),
    ];
    let germany = vec![measured(&[(7, 0), (9, 852)], 0.4, &[0.4, 0.36], 0.1)];
    vec![groups_of(0, france), groups_of(1, pairs), groups_of(2, germany)]
}

fn entries(n: usize) -> Vec<Entry> {
    let unit = n as u32;
    let mut english = vec![(9, 852, 1.0), (7, unit, 0.5), (11, 500 + unit, 0.35), (0, 0, 0.05)];
    let mut chinese = vec![(9, 852, 0.8), (11, 510, 0.3)];
    if n % 2 == 1 {
        english.push((3, 1, 0.31))
    } else {
        chinese.push((7, unit, 0.6))
    }
    let mut entries = vec![scored(n, "en", 0, &english)];
    if n < 14 {
        entries.push(scored(n, "zh", 0, &chinese));
    }
    if n < 4 {
        entries.push(scored(n, "de", 0, &[(9, 852, 1.0), (7, unit, 0.5)]));
    }
    if n < 3 {
        let french = [(9, 852, 1.0), (7, 90 + unit, 0.5), (8, 7, 0.9)];
        entries.push(scored(n, "fr", 0, &french[..2]));
        entries.push(scored(n, "fr", 1, &french));
        let mut groups = vec![group(&[(7, 0), (9, 852)])];
        groups.extend((n == 1).then(|| group(&[(3, 1), (7, 1), (9, 852)])));
        entries.push(Entry { fact: id(n), language: "en".into(), prompt: 0, data: EntryData::Groups(groups) });
    }
    if n == 0 {
        entries.push(scored(n, "zh-classical", 0, &[(2, 2, 1.0), (2, 3, 0.4)]));
    }
    entries
}

fn neuron((layer, unit): (u32, u32)) -> Neuron {
    SHAPE.neuron(layer, unit).expect("a neuron of the model")
}

pub fn group(neurons: &[(u32, u32)]) -> Group {
    Group { neurons: neurons.iter().copied().map(neuron).collect(), evidence: None }
}

/// An entry with these scores, and 0 everywhere else.
pub fn scored(number: usize, language: &str, prompt: u16, scores: &[(u32, u32, f32)]) -> Entry {
    let mut dense = vec![0.0; SHAPE.neurons() as usize];
    for &(layer, unit, score) in scores {
        dense[neuron((layer, unit)).0 as usize] = score;
    }
    let data = EntryData::Scores(Scores { values: ScoreValues::Dense(dense), evidence: Vec::new(), origin: None });
    Entry { fact: id(number), language: language.into(), prompt, data }
}
