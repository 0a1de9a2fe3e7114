//! Plans → stores, and the same as plain data.

use super::groups::{is_candidate, is_degenerate, subsets};
use super::said::Said;
use super::scenario::{FactPlan, How, RunPlan, Scenario, SearchPlan, Sets, Then};
use super::world::{Attribution, Groups, HandedIn, Key, Scores, World};
use kndb_storage::{
    Entry, EntryData, FactBatch, FactRow, Group, GroupEvidence, Neuron, OnConflict, RunSpec, ScoreValues, Shape, Store,
};
use std::collections::{BTreeMap, BTreeSet};

/// A number that looks random but follows from its parts.
pub fn mixed(parts: &[u64]) -> u64 {
    parts.iter().fold(0x9E37_79B9_7F4A_7C15, |sum, part| {
        let mut mixed = (sum ^ part).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed ^= mixed >> 31;
        mixed = mixed.wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ mixed >> 29
    })
}

/// Coarse scores: ties, exact thresholds, zeros and negatives are common.
const SCORES: [f32; 22] = [
    1.0, 1.0, 0.75, 0.7, 0.5, 0.5, 0.37, 0.3, 0.25, 0.2, 0.1, 0.05, 0.05, 0.01, 0.0, -0.5, -0.5, -1.0, -0.37, -0.1,
    -0.05, -0.01,
];

/// A store, and what it should hold.
pub struct Mirror {
    pub store: Store,
    pub world: World,
    folder: tempfile::TempDir,
    new: bool,
}

impl Mirror {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let store = Store::create(folder.path().join("store")).expect("a new store");
        Self { store, world: World::default(), folder, new: true }
    }

    /// Carries a plan out.
    pub fn build(plan: &Scenario) -> Self {
        let mut mirror = Self::new();
        mirror.add_facts(plan, true);
        for run in &plan.runs {
            let spec = spec(run, shape_of(run.model, plan));
            mirror.store.open_run(spec.clone()).expect("a new run");
            mirror.world.runs.push(spec);
        }
        for (number, stage) in plan.stages.iter().enumerate() {
            for run in 0..plan.runs.len() {
                let entries = mirror.entries_of(plan, run, number, stage.how);
                mirror.write(run, entries, stage.how);
                if stage.then == Then::Seal {
                    mirror.seal(run);
                }
            }
            match stage.then {
                Then::Compact => drop(mirror.store.compact().expect("compaction")),
                Then::Reopen => mirror.reopen(),
                Then::Nothing | Then::Seal => {}
            }
        }
        mirror.add_facts(plan, false);
        mirror.world.languages = mirror.languages();
        mirror
    }

    /// Replaces entries, and adds some.
    pub fn change(&mut self, plan: &Scenario) {
        for run in 0..plan.runs.len() {
            let entries = self.entries_of(plan, run, plan.stages.len(), How::Replace);
            self.write(run, entries, How::Replace);
        }
        self.world.languages = self.languages();
    }

    fn languages(&self) -> Vec<String> {
        let snapshot = self.store.snapshot().expect("a snapshot");
        for (number, fact) in self.world.facts.iter().enumerate() {
            let id = snapshot.fact(&fact.id).expect("readable facts").map(|id| id.0 as usize);
            assert_eq!(id, Some(number), "facts are numbered in the order of their registration");
        }
        snapshot.languages().map(|(_, name)| name.to_owned()).collect()
    }

    fn seal(&self, run: usize) {
        let writer = self.store.open_run(self.world.runs[run].clone()).expect("a known run");
        writer.seal().expect("sealing");
    }

    /// Whether the store is still as it was built.
    pub fn is_new(&self) -> bool {
        self.new
    }

    pub fn seal_all(&mut self) {
        self.new = false;
        (0..self.world.runs.len()).for_each(|run| self.seal(run));
    }

    pub fn reopen(&mut self) {
        self.store = Store::open(self.folder.path().join("store")).expect("the store again");
    }

    fn add_facts(&mut self, plan: &Scenario, early: bool) {
        let facts = plan.facts.iter().enumerate().filter(|(_, fact)| fact.early == early);
        let rows: Vec<FactRow> = facts.flat_map(|(number, fact)| labels(number, fact, plan)).collect();
        rows.iter().for_each(|row| self.world.add(row));
        if !rows.is_empty() {
            self.store.add_facts(FactBatch { facts: rows, ..FactBatch::default() }).expect("facts");
        }
    }

    /// The entries that a stage writes to a run, each with the whole truth.
    fn entries_of(&self, plan: &Scenario, run: usize, stage: usize, how: How) -> Vec<(Entry, Truth)> {
        let run_plan = &plan.runs[run];
        let shape = self.world.runs[run].shape;
        let mut entries = Vec::new();
        for (l, language) in plan.languages.iter().enumerate() {
            for &prompt in &plan.prompts {
                for fact in 0..plan.facts.len() {
                    let place = [plan.seed, run as u64, l as u64, u64::from(prompt), fact as u64];
                    let entry = |(data, truth)| {
                        (Entry { fact: name(plan.ids[fact]), language: (*language).into(), prompt, data }, truth)
                    };
                    let chance = |what: u64| mixed(&[mixed(&place), what]);
                    let missing = mixed(&place[..4]).is_multiple_of(8) || chance(1) % 100 >= run_plan.coverage;
                    let now = chance(2) % plan.stages.len() as u64 == stage as u64;
                    let again = matches!(how, How::Replace | How::ReplaceByJob) && chance(3 + stage as u64) % 4 == 0;
                    if missing || !(now || again) {
                        continue;
                    }
                    let seed = chance(100 + stage as u64);
                    let sets = match run_plan.sets {
                        Sets::None => false,
                        Sets::Some => seed % 3 == 0,
                        Sets::All => true,
                    };
                    if run_plan.scores {
                        entries.push(entry(if sets {
                            set(seed, shape)
                        } else {
                            with_said(scores(seed, shape, run_plan.sparse), seed, shape, run_plan.measured)
                        }));
                    }
                    if run_plan.groups && seed % 3 != 1 {
                        entries.push(entry(match &run_plan.search {
                            None => groups(seed, shape),
                            Some(search) => searched(seed, shape, search),
                        }));
                    }
                }
            }
        }
        entries
    }

    fn write(&mut self, run: usize, mut planned: Vec<(Entry, Truth)>, how: How) {
        let replaces = matches!(how, How::Replace | How::ReplaceByJob);
        planned.retain(|(entry, _)| replaces || !self.has(run, entry));
        let entries: Vec<Entry> = planned.iter().map(|(entry, _)| entry.clone()).collect();
        let on_conflict = if replaces { OnConflict::Replace } else { OnConflict::Refuse };
        let writer = self.store.open_run(self.world.runs[run].clone()).expect("a known run");
        let alone = if how == How::One { entries.len().min(4) } else { 0 };
        for entry in &entries[..alone] {
            writer.append(entry.clone()).expect("an entry");
        }
        let rest = &entries[alone..];
        match how {
            _ if rest.is_empty() => {}
            How::Job | How::ReplaceByJob => {
                let job = writer.job("an import", on_conflict).expect("a job");
                job.append(rest).expect("entries");
                job.finish().expect("the end of a job");
            }
            _ => drop(writer.append_batch(rest, on_conflict).expect("entries")),
        }
        planned.into_iter().for_each(|(entry, truth)| self.take(run, entry, truth));
    }

    fn has(&self, run: usize, entry: &Entry) -> bool {
        let Some(fact) = self.world.find(&entry.fact) else { return false };
        let key = Key { run, language: entry.language.clone(), prompt: entry.prompt, fact };
        match entry.data {
            EntryData::Groups(_) => self.world.groups.contains_key(&key),
            _ => self.world.entries.contains_key(&key),
        }
    }

    /// Puts an entry among the plain data.
    fn take(&mut self, run: usize, entry: Entry, truth: Truth) {
        let fact = self.world.fact(&entry.fact);
        let key = Key { run, language: entry.language, prompt: entry.prompt, fact };
        let attribution = match entry.data {
            EntryData::Groups(groups) | EntryData::Searched { groups, .. } => {
                let stored = groups.into_iter().map(|group| {
                    let evidence = group.evidence.map(|evidence| {
                        let alone = evidence.after_each.iter().copied().fold(f32::INFINITY, f32::min);
                        [evidence.probability, alone, evidence.after_all].map(f64::from)
                    });
                    (group.neurons.into_iter().map(|n| n.0).collect(), evidence)
                });
                self.world.groups.insert(key, Groups { stored: stored.collect(), ..truth.groups });
                return;
            }
            EntryData::Neurons(neurons) => Attribution::Set(neurons.into_iter().map(|n| n.0).collect()),
            EntryData::Scores(scores) => {
                let handed_in = match scores.values {
                    ScoreValues::Dense(_) => HandedIn::All,
                    ScoreValues::Sparse { neurons, floor, .. } => {
                        HandedIn::Some { floor, listed: neurons.into_iter().map(|neuron| neuron.0).collect() }
                    }
                };
                Attribution::Scores(Scores { of: truth.scores, handed_in, said: truth.said })
            }
            EntryData::Stored(_) => panic!("no plan has entries of another store"),
        };
        self.world.entries.insert(key, attribution);
    }
}

/// What an entry was made from.
#[derive(Clone, Default)]
struct Truth {
    /// The score of every neuron that did not score 0.
    scores: BTreeMap<u32, f32>,
    /// What suppression does.
    groups: Groups,
    said: Said,
}

/// The shape of a model.
pub fn shape_of(model: &str, plan: &Scenario) -> Shape {
    if model == "gpt" { Shape { layers: 2, width: 5 } } else { plan.shape }
}

pub fn name(fact: usize) -> String {
    format!("fact-{fact}")
}

fn spec(run: &RunPlan, shape: Shape) -> RunSpec {
    RunSpec {
        parameters: run.search.as_ref().map(parameters).unwrap_or_default(),
        keep: run.keep,
        score_type: run.score_type,
        tau: run.tau,
        language_taus: run.zh_tau.map(|tau| ("zh".to_owned(), tau)).into_iter().collect(),
        prompt_share: run.prompt_share.0,
        prompt_share_strict: run.prompt_share.1,
        ..RunSpec::new(run.name, run.model, shape)
    }
}

/// What a run says of its search.
fn parameters(search: &SearchPlan) -> Vec<(String, String)> {
    let size = search.says_size.then(|| search.searched.to_string());
    let source = search.source.map(str::to_owned);
    let mut all = vec![("about", Some("groups".to_owned())), ("size", size), ("source", source)];
    for ((low, high), values) in [(("t_low", "t_high"), search.own), (("keep_low", "keep_high"), search.kept)] {
        let (l, h) = values.map(|(low, high)| (low.to_string(), high.to_string())).unzip();
        all.extend([(low, l), (high, h)]);
    }
    let mut all: BTreeMap<&str, String> = all.into_iter().filter_map(|(name, text)| Some((name, text?))).collect();
    match search.wrong {
        Some((name, Some(text))) => drop(all.insert(name, text.to_owned())),
        Some((name, None)) => drop(all.remove(name)),
        None => {}
    }
    all.into_iter().map(|(name, text)| (name.to_owned(), text)).collect()
}

fn labels(number: usize, fact: &FactPlan, plan: &Scenario) -> Vec<FactRow> {
    let languages = fact.labels.iter().filter_map(|&at| plan.languages.get(at));
    let row = |language: &&str| {
        let label = |what: &str, of: usize| match (of + language.len() + usize::from(*language == "zh")) % 5 {
            0 => "Paris".to_owned(),
            other => format!("{what} {other}"),
        };
        let uri = |what: &str, of: usize| format!("{what}{of}");
        FactRow {
            id: name(plan.ids[number]),
            relation: fact.relation.to_owned(),
            language: (*language).to_owned(),
            subject: label("Name", fact.subject),
            object: label("Côte", fact.object),
            subject_uri: fact.uris.0.then(|| uri("Q", fact.subject)),
            object_uri: fact.uris.1.then(|| uri("R", fact.object)),
        }
    };
    languages.map(row).collect()
}

/// Scores of a small model for every neuron; of a large one for a few.
fn scores(seed: u64, shape: Shape, sparse: bool) -> (EntryData, Truth) {
    let scale = [1.0, 1.0, 0.1, 1e-4, 3.0][(seed >> 40) as usize % 5];
    let rare = 1 + (seed >> 20) % 6;
    let score = |n: u64| match mixed(&[seed, n]) {
        _ if seed.is_multiple_of(23) => 0.0,
        h if seed % 23 == 1 => -0.25 * (1 + h % 3) as f32,
        h if h % rare != 0 => 0.0,
        h => SCORES[(h >> 32) as usize % SCORES.len()] * scale,
    };
    let neurons = shape.neurons();
    let large = neurons > 5_000;
    let truth: BTreeMap<u32, f32> = match large {
        false => (0..neurons).map(|n| (n as u32, score(n))).collect(),
        true => (0..150).map(|n| ((mixed(&[seed, 77, n]) % neurons) as u32, score(n))).collect(),
    };
    let dense = || (0..neurons as u32).map(|n| truth.get(&n).copied().unwrap_or(0.0)).collect();
    let choice = seed >> 50;
    let some = (sparse && choice.is_multiple_of(4)) || large && (neurons > 1 << 18 || choice % 4 != 1);
    if !some {
        return (handed(ScoreValues::Dense(dense())), Truth { scores: truth, ..Truth::default() });
    }
    let floors = [f32::from_bits(1), f32::MIN_POSITIVE, 0.05 * scale, 0.1 * scale, 0.3 * scale, 0.5 * scale, 0.1, 2.0];
    let floor = floors[(choice >> 2) as usize % if sparse { floors.len() } else { 2 }];
    let also = |n: u32| match choice >> 5 & 3 {
        0 => true,
        1 => mixed(&[seed, 5, u64::from(n)]).is_multiple_of(4),
        _ => false,
    };
    let listed = truth.iter().filter(|&(&n, &s)| s >= floor || also(n));
    let (neurons, scores) = listed.map(|(&n, &s)| (Neuron(n), s)).unzip();
    (handed(ScoreValues::Sparse { neurons, scores, floor }), Truth { scores: truth, ..Truth::default() })
}

fn handed(values: ScoreValues) -> EntryData {
    EntryData::Scores(kndb_storage::Scores { values, evidence: Vec::new(), origin: None })
}

/// Scores with what was measured beside them.
fn with_said((data, truth): (EntryData, Truth), seed: u64, shape: Shape, shares: (u64, u64)) -> (EntryData, Truth) {
    let EntryData::Scores(scores) = data else { return (data, truth) };
    let said = Said::random(seed, shape.layers, shares);
    let scores = kndb_storage::Scores { evidence: said.evidence(), origin: said.origin(), ..scores };
    (EntryData::Scores(scores), Truth { said, ..truth })
}

fn set(seed: u64, shape: Shape) -> (EntryData, Truth) {
    let count = seed % 12;
    let neurons: BTreeSet<u32> = (0..count).map(|n| (mixed(&[seed, n]) % shape.neurons()) as u32).collect();
    (EntryData::Neurons(neurons.into_iter().rev().map(Neuron).collect()), Truth::default())
}

/// Groups of a few neurons each, from a choice that is small enough for groups to come again.
fn groups(seed: u64, shape: Shape) -> (EntryData, Truth) {
    let group = |number: u64| {
        let kind = mixed(&[seed, number]) % 5;
        let neuron = |at: u64| (mixed(&[kind, at]) % shape.neurons()) as u32;
        let neurons: BTreeSet<u32> = (0..2 + kind % 3).map(neuron).collect();
        Group { neurons: neurons.into_iter().map(Neuron).collect(), evidence: None }
    };
    let groups: BTreeSet<Vec<Neuron>> =
        (0..seed % 4).map(group).map(|group| group.neurons).filter(|neurons| neurons.len() > 1).collect();
    let groups = groups.into_iter().enumerate().map(|(number, neurons)| {
        let p = |at: usize| PROBABILITIES[mixed(&[seed, number as u64, at as u64]) as usize % PROBABILITIES.len()];
        let after_each = (0..neurons.len()).map(p).collect();
        let evidence = GroupEvidence { probability: p(90), after_each, after_all: p(91) };
        Group { neurons, evidence: (seed >> 9 & 3 != number as u64).then_some(evidence) }
    });
    (EntryData::Groups(groups.collect()), Truth::default())
}

/// Few and dyadic: thresholds are met exactly, and sums do not depend on their order.
const PROBABILITIES: [f32; 5] = [0.5, 0.75, 1.0, 0.25, 0.0];

/// What is left of p: 1 and more are as common as all the rest of the harmless ones.
const LEFT: [f32; 11] = [1.0, 1.0, 1.125, 0.875, 0.75, 0.75, 0.8125, 0.9375, 0.5, 0.625, 0.25];

/// What a search finds among a few candidates: it measures the sets of which each part is harmless, and keeps
/// the harmful ones with all their parts.
fn searched(seed: u64, shape: Shape, search: &SearchPlan) -> (EntryData, Truth) {
    let kind = mixed(&[seed, 1]) % 6;
    let candidates: BTreeSet<u32> = (0..2 + kind % 4).map(|at| (mixed(&[kind, at]) % shape.neurons()) as u32).collect();
    let p = PROBABILITIES[(seed >> 30) as usize % PROBABILITIES.len()];
    let after = |set: &BTreeSet<u32>| {
        let choice = set.iter().fold(mixed(&[seed, 2]), |sum, &neuron| mixed(&[sum, u64::from(neuron)])) as usize;
        match set.len() {
            0 => p,
            // Larger sets must be reached.
            1 => (p * LEFT[choice % 7]).min(1.0),
            2 => (p * LEFT[choice % 10]).min(1.0),
            _ => (p * LEFT[choice % LEFT.len()]).min(1.0),
        }
    };
    let all = subsets(&candidates);
    let after: BTreeMap<BTreeSet<u32>, f32> = all.iter().map(|set| (set.clone(), after(set))).collect();
    let (low, high) = search.kept.or(search.own).unwrap_or((0.5, 0.0));
    let larger = |set: &&BTreeSet<u32>| set.len() >= 2 && set.len() <= search.searched;
    let found: Vec<&BTreeSet<u32>> =
        all.iter().filter(larger).filter(|set| is_degenerate(set, (low, high), &after)).collect();
    let needed = |set: &&BTreeSet<u32>| found.iter().any(|found| set.is_subset(found));
    let measured = all.iter().filter(larger).filter(|set| is_candidate(set, low, &after));
    let kept = measured.filter(|set| search.everything || needed(set));
    let mut groups: Vec<Group> = kept
        .map(|set| {
            let neurons: Vec<u32> = set.iter().rev().copied().collect();
            let after_each = neurons.iter().map(|&neuron| after[&BTreeSet::from([neuron])]).collect();
            let evidence = GroupEvidence { probability: p, after_each, after_all: after[set] };
            Group { neurons: neurons.into_iter().map(Neuron).collect(), evidence: Some(evidence) }
        })
        .collect();
    let damaged = search.damaged && !groups.is_empty() && seed >> 12 & 1 == 1;
    if damaged {
        let at = (seed >> 13) as usize % groups.len();
        if seed >> 33 & 1 == 1 { groups[at].evidence = None } else { drop(groups.remove(at)) }
    }
    let groups_of = Groups { stored: BTreeMap::new(), after, searched: search.searched, damaged };
    (EntryData::Groups(groups), Truth { groups: groups_of, ..Truth::default() })
}
