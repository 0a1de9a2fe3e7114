//! Everything a store holds, by name, as plain values: two stores with the same contents compare equal,
//! whatever segments they are made of.

use kndb_storage::{Error, LivePart, Origin, PartKind, Slot, Snapshot, Store};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;

/// What a reader can learn from a store. Ids are left out: names are what must agree.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Contents {
    /// Languages and relations.
    pub names: BTreeSet<String>,
    pub runs: BTreeMap<String, String>,
    pub facts: BTreeMap<String, String>,
    /// Labels that were replaced: language and fact.
    pub relabelled: BTreeSet<String>,
    pub prompts: BTreeMap<String, String>,
    pub sets: BTreeMap<String, (String, Vec<u8>)>,
    pub entries: BTreeMap<Address, Stored>,
}

/// Where an entry is: run, language, prompt, fact, and whether it is degenerate groups.
pub type Address = (String, String, u16, String, bool);

/// What an entry is. Floats as their bits, so that NaN equals NaN.
#[derive(Clone, Debug, PartialEq)]
pub enum Stored {
    Scores {
        floor: u32,
        max: u32,
        /// Neuron and score, best first.
        ranked: Vec<(u32, u32)>,
        /// Maximum, sum, probability, baseline, residual.
        layers: Vec<[u32; 5]>,
        /// The ready-made set of every threshold.
        grids: Vec<Vec<u32>>,
        /// Neuron and score, most negative first.
        negative: Vec<(u32, u32)>,
        origin: Option<Origin>,
    },
    Neurons(Vec<u32>),
    Groups(String),
}

impl Contents {
    pub fn of(store: &Store) -> Result<Self, Error> {
        let snapshot = store.refresh()?;
        let mut contents = Self::of_snapshot(&snapshot)?;
        for set in snapshot.saved_sets() {
            let (head, members) = store.saved_set(&set.name)?;
            contents.sets.insert(set.name.clone(), (format!("{head:?}"), members));
        }
        Ok(contents)
    }

    /// Without the members of saved sets, which snapshots do not hold.
    pub fn of_snapshot(snapshot: &Snapshot) -> Result<Self, Error> {
        let mut contents = Self::default();
        for run in snapshot.runs() {
            contents.runs.insert(run.spec.name.clone(), format!("{:?} finished: {}", run.spec, run.finished));
        }
        contents.names.extend(snapshot.languages().map(|(_, name)| format!("language {name}")));
        contents.names.extend(snapshot.relations().map(|(_, name)| format!("relation {name}")));
        for (relation, _) in snapshot.relations() {
            let names = snapshot.names_of_relation(snapshot.relation_name(relation));
            contents.names.extend(names.map(|name| format!("{relation:?} is called {name:?}")));
        }
        let facts = snapshot.facts();
        assert_eq!(facts.len(), snapshot.fact_count());
        for fact in facts.into_iter().map(kndb_storage::FactId) {
            let mut text = format!("{:?}", snapshot.fact_relation(fact)?.map(|r| snapshot.relation_name(r)));
            text.push_str(&format!(" {:?}", snapshot.uris(fact)?));
            for (language, name) in snapshot.languages() {
                if let Some(label) = snapshot.label(fact, language)? {
                    text.push_str(&format!(" {name}: {label:?}"));
                }
            }
            let id = snapshot.external_id(fact)?.to_owned();
            assert_eq!(snapshot.fact(&id)?, Some(fact), "the id {id:?} leads back to its fact");
            assert_eq!(contents.facts.insert(id, text), None, "every id once");
        }
        for (language, name) in snapshot.languages() {
            for fact in snapshot.relabelled(language)? {
                let id = snapshot.external_id(kndb_storage::FactId(fact))?;
                contents.relabelled.insert(format!("label of {id} in {name} was replaced"));
            }
        }
        for (relation, language, prompt, text) in snapshot.templates() {
            let key = format!("{} {} {prompt}", snapshot.relation_name(relation), snapshot.language_name(language));
            assert_eq!(contents.prompts.insert(key, text.to_owned()), None, "every template once");
        }
        for (relation, name) in snapshot.relations() {
            for (language, code) in snapshot.languages() {
                if let Some(candidates) = snapshot.candidates(relation, language)? {
                    contents.prompts.insert(format!("{name} {code} candidates"), format!("{candidates:?}"));
                }
            }
        }
        for slot in snapshot.slots() {
            contents.add_slot(snapshot, slot, snapshot.parts(slot)?)?;
        }
        for slot in snapshot.group_slots() {
            contents.add_slot(snapshot, slot, snapshot.group_parts(slot)?)?;
        }
        Ok(contents)
    }

    fn add_slot(&mut self, snapshot: &Snapshot, slot: Slot, parts: Vec<LivePart<'_>>) -> Result<(), Error> {
        let run = snapshot.run(slot.run).map_or("no run", |run| &run.spec.name).to_owned();
        let language = snapshot.language_name(slot.language).to_owned();
        for live in parts {
            check_postings(&live)?;
            for (local, &fact) in (0..).zip(live.part.facts()?) {
                if !live.is_live(local) {
                    continue;
                }
                let fact = snapshot.external_id(kndb_storage::FactId(u32::from_le_bytes(fact)))?.to_owned();
                let groups = live.part.kind() == PartKind::Groups;
                let address = (run.clone(), language.clone(), slot.prompt.0, fact, groups);
                let stored = stored(&live, local)?;
                assert_eq!(self.entries.insert(address.clone(), stored), None, "{address:?} is in two parts");
            }
        }
        Ok(())
    }

    /// The first thing that is not the same, in short.
    pub fn difference(&self, other: &Self) -> Option<String> {
        fn first<K: Ord + Clone + Debug, V: PartialEq + Debug>(
            a: &BTreeMap<K, V>,
            b: &BTreeMap<K, V>,
        ) -> Option<String> {
            let keys: BTreeSet<&K> = a.keys().chain(b.keys()).collect();
            let key = keys.into_iter().find(|key| a.get(key) != b.get(key))?;
            let short = |value: Option<&V>| format!("{value:?}").chars().take(300).collect::<String>();
            Some(format!("{key:?}: {} and {}", short(a.get(key)), short(b.get(key))))
        }
        let names = self.names.symmetric_difference(&other.names).next().cloned();
        names
            .or_else(|| self.relabelled.symmetric_difference(&other.relabelled).next().cloned())
            .or_else(|| first(&self.runs, &other.runs))
            .or_else(|| first(&self.facts, &other.facts))
            .or_else(|| first(&self.prompts, &other.prompts))
            .or_else(|| first(&self.sets, &other.sets))
            .or_else(|| first(&self.entries, &other.entries))
    }

    /// The entry of a fact in the run's language `en`, prompt 0.
    pub fn entry(&self, run: &str, fact: &str) -> Option<&Stored> {
        self.entries.get(&(run.to_owned(), "en".to_owned(), 0, fact.to_owned(), false))
    }

    /// The facts that a run has entries for.
    pub fn facts_of(&self, run: &str) -> Vec<&str> {
        self.entries.keys().filter(|address| address.0 == run).map(|address| address.3.as_str()).collect()
    }
}

/// Fails with the first difference.
#[track_caller]
pub fn assert_same(found: &Contents, expected: &Contents, when: &str) {
    if let Some(difference) = found.difference(expected) {
        panic!("{when}: {difference}");
    }
}

/// One entry, through every way of reading it but the postings.
pub fn stored(live: &LivePart<'_>, local: u32) -> Result<Stored, Error> {
    let part = live.part;
    match part.kind() {
        PartKind::Groups => Ok(Stored::Groups(format!("{:?}", part.groups(local)?))),
        PartKind::Neurons => Ok(Stored::Neurons(set(live, 0, local)?)),
        PartKind::Scores => {
            let view = part.scores(local)?;
            let layers = view.layers().map(|layer| {
                let evidence = layer.evidence;
                [layer.max, layer.sum, evidence.probability, evidence.baseline, evidence.residual].map(f32::to_bits)
            });
            Ok(Stored::Scores {
                floor: view.floor().to_bits(),
                max: view.max().to_bits(),
                ranked: (0..view.len()).map(|rank| (view.neuron(rank).0, view.score(rank).to_bits())).collect(),
                layers: layers.collect(),
                negative: view.negative().map(|(neuron, score)| (neuron.0, score.to_bits())).collect(),
                origin: view.origin(),
                grids: (0..part.taus().len()).map(|grid| set(live, grid, local)).collect::<Result<_, _>>()?,
            })
        }
    }
}

/// The ready-made set of one threshold. Its three ways of reading must agree.
pub fn set(live: &LivePart<'_>, grid: usize, local: u32) -> Result<Vec<u32>, Error> {
    let sets = live.part.grid(grid)?;
    let mut neurons = Vec::new();
    sets.push_to(local, &mut neurons);
    assert_eq!(sets.count(local) as usize, neurons.len(), "the count of the set");
    if sets.is_single() {
        let mut single = Vec::new();
        if let Some(values) = sets.single(local) {
            values.push_to(0, &mut single);
        }
        assert_eq!(single, neurons, "the one container of the set");
    }
    Ok(neurons)
}

/// Postings are the sets turned round, for every neuron that occurs and those beside it.
fn check_postings(live: &LivePart<'_>) -> Result<(), Error> {
    let part = live.part;
    for grid in 0..part.taus().len() {
        let mut expected: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
        for local in 0..part.len() {
            for neuron in set(live, grid, local)? {
                expected.entry(neuron).or_default().push(local);
                for beside in [neuron.saturating_sub(1), neuron + 1] {
                    expected.entry(beside).or_default();
                }
            }
        }
        for (neuron, facts) in expected.into_iter().filter(|&(neuron, _)| u64::from(neuron) < part.shape().neurons()) {
            let mut found = Vec::new();
            if let Some(values) = part.postings(grid, kndb_storage::Neuron(neuron))? {
                values.push_to(0, &mut found);
                assert!(found.iter().all(|&fact| values.contains(fact as u16)), "postings of neuron {neuron}");
            }
            assert_eq!(found, facts, "postings of neuron {neuron} at threshold {grid}");
        }
    }
    Ok(())
}
