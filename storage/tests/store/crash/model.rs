//! What a store must hold, worked out from what its writers were acknowledged: plain text by name, without any store.
//!
//! Each writer has facts, sets and runs of its own, and one run together with the others, so that what is missing is always
//! somebody's.

use crate::contents::{Contents, Stored};
use kndb_storage::{Entry, EntryData, ScoreValues, Store};
use std::collections::BTreeMap;

/// What is of one writer: the name of a thing, and what it is.
pub type State = BTreeMap<String, String>;

/// What one commit changes, at once or not at all.
#[derive(Clone, Debug, Default)]
pub struct Step(pub Vec<(String, Option<String>)>);

impl Step {
    pub fn apply(&self, state: &mut State) {
        for (name, value) in &self.0 {
            match value {
                Some(value) => drop(state.insert(name.clone(), value.clone())),
                // A run goes with its entries.
                None => state.retain(|known, _| known != name && !known.starts_with(&format!("{name}/"))),
            }
        }
    }

    pub fn set(mut self, name: String, value: impl Into<String>) -> Self {
        self.0.push((name, Some(value.into())));
        self
    }

    pub fn gone(mut self, name: String) -> Self {
        self.0.push((name, None));
        self
    }

    /// Entries of a run.
    pub fn entries(mut self, run: &str, entries: &[Entry]) -> Self {
        for entry in entries {
            let groups = matches!(entry.data, EntryData::Groups(_));
            let name = entry_name(run, &entry.fact, &entry.language, groups);
            self = self.set(name, expected(&entry.data));
        }
        self
    }
}

fn entry_name(run: &str, fact: &str, language: &str, groups: bool) -> String {
    format!("run {run}/{fact}/{language}/{groups}")
}

/// What is to be read of an entry: scores best first, of equal ones the lower neuron first, −0 as 0.
fn expected(data: &EntryData) -> String {
    match data {
        EntryData::Scores(scores) => {
            let ScoreValues::Dense(values) = &scores.values else { panic!("dense ones only") };
            let mut ranked: Vec<(u32, f32)> = (0..).zip(values.iter().map(|score| score + 0.0)).collect();
            ranked.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
            format!("{:?}", ranked.into_iter().map(|(neuron, score)| (neuron, score.to_bits())).collect::<Vec<_>>())
        }
        EntryData::Neurons(neurons) => {
            let mut neurons: Vec<u32> = neurons.iter().map(|neuron| neuron.0).collect();
            neurons.sort_unstable();
            format!("{neurons:?}")
        }
        EntryData::Groups(groups) | EntryData::Searched { groups, .. } => format!("{groups:?}"),
        EntryData::Stored(_) => panic!("no writer hands these in"),
    }
}

/// What a store holds, by writer: `w0`, `w1` and so on.
pub fn found(store: &Store) -> BTreeMap<String, State> {
    let contents = Contents::of(store).expect("reads");
    let mut all: BTreeMap<String, State> = BTreeMap::new();
    let mut add = |owner: &str, name: String, value: String| {
        // `w0-…`; whatever else there is belongs to nobody.
        if let Some((owner, _)) = owner.split_once('-').filter(|(owner, _)| owner.starts_with('w')) {
            all.entry(owner.to_owned()).or_default().insert(name, value);
        }
    };
    for (run, text) in &contents.runs {
        add(run, format!("run {run}"), format!("finished: {}", text.ends_with("finished: true")));
    }
    for ((run, language, _, fact, groups), stored) in &contents.entries {
        let value = match stored {
            Stored::Scores { ranked, .. } => format!("{ranked:?}"),
            Stored::Neurons(neurons) => format!("{neurons:?}"),
            Stored::Groups(groups) => groups.clone(),
        };
        add(fact, entry_name(run, fact, language, *groups), value);
    }
    // Facts that an entry alone has named are named by a commit of their own.
    for (fact, text) in contents.facts.iter().filter(|(_, text)| !text.starts_with("None")) {
        add(fact, format!("label {fact}"), text.clone());
    }
    for (set, (_, members)) in &contents.sets {
        add(set, format!("set {set}"), format!("{} of {:?}", members.len(), members.first()));
    }
    all
}
