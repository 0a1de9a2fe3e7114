//! A small store and a model that is a table.
//!
//! The model has 2 layers of 4 units. p(object) of a claim is `base` plus, for each neuron with an effect on it, effect × (scale −
//! 1), where the scale is the product of all edits of the neuron; it stays between 0 and 1.

use kndb_query::EntryTest;
use kndb_storage::{
    Entry, EntryData, FactBatch, FactRow, Group, LayerEvidence, Neuron, OnConflict, Origin, RunSpec, SOURCE,
    ScoreValues, Scores, Shape, Store, TemplateRow,
};
use kndb_study::{Change, Claim, Edit, LanguageModel, Progress, Refusal, Watch};
use std::collections::HashMap;
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicBool, Ordering};

pub const SHAPE: Shape = Shape { layers: 2, width: 4 };

/// A condition on what was measured of a fact.
pub fn measured_test(text: &str) -> EntryTest {
    EntryTest::read(text).expect("a condition").expect("on entries")
}

/// Fact, language, knowledge neurons, p, rank of the right object, its tokens.
pub type MeasuredEntry<'a> = (&'a str, &'a str, &'a [u32], f32, Option<u32>, u16);

/// A store in a folder of its own.
pub struct Toy {
    pub store: Store,
    _folder: tempfile::TempDir,
}

impl Toy {
    /// Facts as (id, relation, subject, object), with labels and a template in English, Chinese and German.
    pub fn new<S: AsRef<str>>(facts: &[(S, &str, S, S)]) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let store = Store::create(folder.path().join("store")).expect("a new store");
        let mut batch = FactBatch::default();
        for (id, relation, subject, object) in facts {
            for language in ["en", "zh", "de"] {
                batch.facts.push(FactRow {
                    id: id.as_ref().to_owned(),
                    relation: (*relation).to_owned(),
                    language: language.to_owned(),
                    subject: subject.as_ref().to_owned(),
                    object: object.as_ref().to_owned(),
                    subject_uri: None,
                    object_uri: None,
                });
                let text = format!("[X] {relation} [Y] .");
                batch.templates.push(TemplateRow { relation: (*relation).to_owned(), language: language.into(), text });
            }
        }
        store.add_facts(batch).expect("facts");
        Self { store, _folder: folder }
    }

    /// Writes the run `toy`: knowledge neurons by fact, in English and in Chinese.
    pub fn neurons(&self, sets: &[(&str, &[u32], &[u32])]) {
        let of_fact = |&(fact, en, zh): &(_, _, _)| [(fact, "en", en), (fact, "zh", zh)];
        self.neurons_in(&sets.iter().flat_map(of_fact).collect::<Vec<_>>());
    }

    /// Writes the run `toy`: knowledge neurons by fact and language.
    pub fn neurons_in(&self, sets: &[(&str, &str, &[u32])]) {
        let entry = |&(fact, language, neurons): &(&str, &str, &[u32])| {
            let mut dense = vec![0.0; 8];
            for &neuron in neurons {
                dense[neuron as usize] = 1.0;
            }
            let data =
                EntryData::Scores(Scores { values: ScoreValues::Dense(dense), evidence: Vec::new(), origin: None });
            Entry { fact: fact.to_owned(), language: language.to_owned(), prompt: 0, data }
        };
        self.write(sets.iter().map(entry).collect());
    }

    /// Writes a run: knowledge neurons by fact and language, with p, the rank of the right object, and its tokens.
    pub fn measured(&self, run: &str, entries: &[MeasuredEntry<'_>]) {
        let entry = |&(fact, language, neurons, p, rank, tokens): &MeasuredEntry<'_>| {
            let mut dense = vec![0.0; 8];
            neurons.iter().for_each(|&neuron| dense[neuron as usize] = 1.0);
            let evidence = vec![LayerEvidence { probability: p, baseline: 0.0, residual: 0.0 }; 2];
            let origin = Some(Origin { rank, tokens: Some(tokens), ..Origin::default() });
            let data = EntryData::Scores(Scores { values: ScoreValues::Dense(dense), evidence, origin });
            Entry { fact: fact.to_owned(), language: language.to_owned(), prompt: 0, data }
        };
        self.write_run(RunSpec::new(run, "table", SHAPE), entries.iter().map(entry).collect());
    }

    /// Writes the run `toy`: degenerate groups by fact, in English.
    pub fn groups<S: AsRef<str>>(&self, groups: &[(S, &[&[u32]])]) {
        self.groups_of(None, groups);
    }

    /// The same, of a run that was searched.
    pub fn groups_of<S: AsRef<str>>(&self, source: Option<&str>, groups: &[(S, &[&[u32]])]) {
        let entry = |(fact, groups): &(S, &[&[u32]])| {
            let group =
                |neurons: &&[u32]| Group { neurons: neurons.iter().copied().map(Neuron).collect(), evidence: None };
            let data = EntryData::Groups(groups.iter().map(group).collect());
            Entry { fact: fact.as_ref().to_owned(), language: "en".into(), prompt: 0, data }
        };
        let parameters = source.map(|source| (SOURCE.to_owned(), source.to_owned())).into_iter().collect();
        let spec = RunSpec { parameters, ..RunSpec::new("toy", "table", SHAPE) };
        self.write_run(spec, groups.iter().map(entry).collect());
    }

    fn write(&self, entries: Vec<Entry>) {
        self.write_run(RunSpec::new("toy", "table", SHAPE), entries);
    }

    fn write_run(&self, spec: RunSpec, entries: Vec<Entry>) {
        let run = self.store.open_run(spec).expect("a new run");
        run.append_batch(&entries, OnConflict::Refuse).expect("entries");
        run.finish().expect("the end of the run");
    }
}

/// What the model says of a claim.
#[derive(Clone, Default)]
pub struct Says {
    pub base: f64,
    /// By neuron.
    pub effects: Vec<(u32, f64)>,
    /// The same for every neuron.
    pub score: f32,
    pub activation: f32,
    pub answer: bool,
}

/// A model that is a table: claims by (language, subject, object).
#[derive(Clone, Default)]
pub struct TableModel {
    pub says: HashMap<(String, String, String), Says>,
}

impl TableModel {
    /// Says the same in every language of the list.
    pub fn say(&mut self, languages: &[&str], subject: &str, object: &str, says: Says) {
        for language in languages {
            self.says.insert(((*language).into(), subject.into(), object.into()), says.clone());
        }
    }

    fn of(&self, claim: &Claim<'_>) -> Result<&Says, Refusal> {
        assert!(claim.template.contains("[X]") && claim.template.contains("[Y]"), "{claim:?}");
        let key = (claim.language.to_owned(), claim.subject.to_owned(), claim.object.to_owned());
        self.says.get(&key).ok_or_else(|| Refusal::cannot_ask("not in the table"))
    }
}

impl LanguageModel for TableModel {
    fn shape(&self) -> Shape {
        SHAPE
    }

    fn probabilities(&self, claim: &Claim<'_>, edits: &[Vec<Edit>]) -> Result<Vec<f64>, Refusal> {
        let says = self.of(claim)?;
        let edited = |edits: &Vec<Edit>| {
            let effect = |&(neuron, effect): &(u32, f64)| {
                let of_neuron = edits.iter().filter(|edit| edit.neurons.contains(&Neuron(neuron)));
                let factors = of_neuron.map(|edit| match edit.change {
                    Change::Scale(factor) => f64::from(factor),
                    Change::Set(_) => panic!("studies scale"),
                });
                effect * (factors.product::<f64>() - 1.0)
            };
            (says.base + says.effects.iter().map(effect).sum::<f64>()).clamp(0.0, 1.0)
        };
        Ok(edits.iter().map(edited).collect())
    }

    fn scores(&self, claim: &Claim<'_>, neurons: &[Neuron]) -> Result<Vec<f32>, Refusal> {
        Ok(vec![self.of(claim)?.score; neurons.len()])
    }

    fn activations(&self, claim: &Claim<'_>, neurons: &[Neuron]) -> Result<Vec<f32>, Refusal> {
        Ok(vec![self.of(claim)?.activation; neurons.len()])
    }

    fn answers(&self, claim: &Claim<'_>) -> Result<bool, Refusal> {
        Ok(self.of(claim)?.answer)
    }
}

/// Runs something with a watch of so many threads that nobody looks at.
pub fn unwatched<R>(threads: usize, run: impl FnOnce(&Watch<'_>) -> R) -> R {
    let stop = AtomicBool::new(false);
    let threads = NonZeroUsize::new(threads).expect("a thread");
    run(&Watch { threads, stop: &stop, progress: &|_: Progress| {} })
}

/// Runs something that is stopped after so many facts.
pub fn stopped_after<R>(facts: usize, run: impl FnOnce(&Watch<'_>) -> R) -> R {
    let stop = AtomicBool::new(false);
    let progress = |progress: Progress| {
        if progress.done == facts {
            stop.store(true, Ordering::Relaxed);
        }
    };
    run(&Watch { threads: NonZeroUsize::MIN, stop: &stop, progress: &progress })
}

/// Equal but for rounding.
pub fn near(found: Option<f64>, expected: f64) {
    let found = found.expect("a number");
    assert!((found - expected).abs() < 1e-9, "{found} is not {expected}");
}
