//! Made-up scores over a few real facts: at once, and without a model. What tests of the command ask.

mod facts;
mod scores;

use std::path::Path;

use kndb_storage::{Entry, EntryData, OnConflict, RunSpec, ScoreValues, Scores, Store};

use crate::error::{CliError, Result};
use crate::terminal::Terminal;
use facts::{DemoFact, LANGUAGES};

/// Name of the demo's run.
const RUN: &str = "synthetic";

/// Makes the store and asks it.
pub fn run(folder: &Path, terminal: &mut Terminal) -> Result<()> {
    let store = make(folder)?;
    let path = folder.display();
    let facts = facts::facts();
    writeln!(
        terminal.out,
        "A demo store is at {path}: {} facts of {} relations in English and Chinese.\n\
         Its facts are real; its scores are synthetic, made by a seeded generator and no model.",
        facts.len(),
        facts::relation_count(),
    )
    .map_err(CliError::Output)?;
    for (question, statement) in questions() {
        super::ask(&store, question, &statement, terminal)?;
    }
    Ok(())
}

/// What the demo asks.
fn questions() -> Vec<(&'static str, String)> {
    let (layer, unit) = scores::landmark(0);
    vec![
        (
            "In which layers are the neurons that English and Chinese share, fact by fact?",
            "likn[lang in (en, zh)] by layer;".into(),
        ),
        (
            "Which neurons do most facts of a relation (P36, capital) use in both languages?",
            "likn[lang in (en, zh), relation=P36] by neuron order by facts top 5;".into(),
        ),
        (
            "Any threshold: how many pairs does 0.6 of a fact's maximum leave, by relation?",
            "kn[lang=en, tau=0.6] by relation order by pairs;".into(),
        ),
        ("Which facts use one neuron?", format!("facts of (kn[lang=en] & neurons({layer}:{unit})) top 5;")),
        (
            "How alike are the two languages? Jaccard, fact by fact, then the mean",
            "similarity(kn[lang=en], kn[lang=zh]) by relation;".into(),
        ),
        ("How is such a question answered, and what does it cost?", "explain analyze likn[lang=*] by layer;".into()),
    ]
}

/// Makes the store.
fn make(folder: &Path) -> Result<Store> {
    let store = Store::create(folder)?;
    store.add_facts(facts::batch())?;
    let spec = RunSpec {
        method: "synthetic".into(),
        parameters: vec![("about".into(), "made by `kndb demo --synthetic`, comes from no model".into())],
        language_taus: vec![("zh".into(), 0.2)],
        ..RunSpec::new(RUN, "no-model", scores::SHAPE)
    };
    let writer = store.open_run(spec)?;
    let entries: Vec<Entry> = facts::facts().iter().enumerate().flat_map(entries_of).collect();
    writer.append_batch(&entries, OnConflict::Refuse)?;
    writer.finish()?;
    Ok(store)
}

/// Scores of a fact in each language, and its degenerate groups.
fn entries_of((number, fact): (usize, &DemoFact)) -> Vec<Entry> {
    let entry = |language: &str, data| Entry { fact: fact.id.clone(), language: language.into(), prompt: 0, data };
    let mut entries = Vec::new();
    for (index, language) in LANGUAGES.iter().enumerate() {
        let values = ScoreValues::Dense(scores::scores(number, fact.relation, index));
        let evidence = Vec::new();
        entries.push(entry(language, EntryData::Scores(Scores { values, evidence, origin: None })));
        let groups = scores::groups(number, fact.relation);
        entries.push(entry(language, EntryData::Groups(groups)));
    }
    entries
}
