//! What questions can learn from a store, answer by answer, each asked as queries ask it: a damaged store must give the same
//! answer or none.

use kndb_storage::{Error, FactId, LabelTest, LivePart, Neuron, PartKind, ScoreView, Slot, Snapshot, Store};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;

/// As many facts are asked for, and neurons: a store that was made up may speak of billions.
const MANY: usize = 400;

/// The answers of a store by question. A question is a path, `run 1/en/0/scores/fact 3/head`; a refusal is of all that begins so.
#[derive(Default)]
pub struct Answers {
    pub given: BTreeMap<String, String>,
    pub refused: BTreeMap<String, Error>,
}

impl Answers {
    /// Fails where not even a snapshot can be had.
    pub fn of(store: &Store) -> Result<Self, Error> {
        let snapshot = store.snapshot()?;
        let mut answers = Self::default();
        answers.ask_names(&snapshot);
        answers.ask_facts(&snapshot);
        for set in snapshot.saved_sets() {
            answers.note(&format!("set {}", set.name), store.saved_set(&set.name));
        }
        for slot in snapshot.slots() {
            answers.ask_slot(&snapshot, slot, "sets", snapshot.parts(slot));
        }
        for slot in snapshot.group_slots() {
            answers.ask_slot(&snapshot, slot, "groups", snapshot.group_parts(slot));
        }
        Ok(answers)
    }

    fn note(&mut self, question: &str, answer: Result<impl Debug, Error>) {
        match answer {
            Ok(answer) => drop(self.given.insert(question.to_owned(), format!("{answer:?}"))),
            Err(refusal) => drop(self.refused.insert(question.to_owned(), refusal)),
        }
    }

    fn ask_names(&mut self, snapshot: &Snapshot) {
        self.note("runs", Ok(snapshot.runs().collect::<Vec<_>>()));
        self.note("languages", Ok(snapshot.languages().collect::<Vec<_>>()));
        for (relation, name) in snapshot.relations() {
            let called = (relation, snapshot.relation_shown(relation, Some("de")), snapshot.find_relation(name));
            self.note(&format!("relation {name}"), Ok(called));
            self.note(&format!("relation {name}/facts"), snapshot.facts_of_relation(relation));
            for (language, code) in snapshot.languages() {
                self.note(&format!("candidates {name} {code}"), snapshot.candidates(relation, language));
            }
        }
        let templates: BTreeSet<_> = snapshot.templates().map(|template| format!("{template:?}")).collect();
        self.note("templates", Ok(templates));
        for run in snapshot.runs() {
            let counted = snapshot.holds(run.id).map(|holds| (holds.languages, holds.attributed, holds.searched));
            self.note(&format!("run {}/holds", run.id.0), counted);
            self.note(&format!("run {}/losses", run.id.0), Ok(snapshot.losses(run.id)));
        }
    }

    fn ask_facts(&mut self, snapshot: &Snapshot) {
        self.note("fact count", Ok(snapshot.fact_count()));
        for fact in snapshot.facts().into_iter().take(MANY).map(FactId) {
            let question = format!("fact {fact}");
            self.note(&format!("{question}/id"), snapshot.external_id(fact));
            let number = snapshot.external_id(fact).and_then(|id| snapshot.fact(id));
            self.note(&format!("{question}/number"), number);
            self.note(&format!("{question}/relation"), snapshot.fact_relation(fact));
            self.note(&format!("{question}/uris"), snapshot.uris(fact));
            self.note(&format!("{question}/any label"), snapshot.any_label(fact, None));
            for (language, code) in snapshot.languages().take(MANY) {
                self.note(&format!("{question}/label {code}"), snapshot.label(fact, language));
            }
        }
        self.note("unlabelled", snapshot.unlabelled_fact_count());
        self.note("label counts", Ok(snapshot.label_counts()));
        for text in ["Paris", "France", "巴黎"] {
            for test in [LabelTest::Is(text), LabelTest::Contains(&text[..3])] {
                self.note(&format!("facts with subject {test:?}"), snapshot.facts_with_subject(test));
                self.note(&format!("facts with object {test:?}"), snapshot.facts_with_object(test));
            }
        }
        for subject in [true, false] {
            self.note(&format!("labels of subjects: {subject}"), snapshot.distinct_labels(subject));
        }
    }

    fn ask_slot(&mut self, snapshot: &Snapshot, slot: Slot, what: &str, parts: Result<Vec<LivePart<'_>>, Error>) {
        let question = format!("run {}/{}/{}/{what}", slot.run.0, snapshot.language_name(slot.language), slot.prompt.0);
        let parts = match parts {
            Ok(parts) => parts,
            Err(refusal) => return drop(self.refused.insert(question, refusal)),
        };
        let (mut postings, mut all_postings) = (BTreeMap::new(), true);
        for live in parts {
            let facts = match live.part.facts() {
                Ok(facts) => facts.iter().map(|&fact| u32::from_le_bytes(fact)).collect::<Vec<_>>(),
                Err(refusal) => {
                    self.refused.insert(question.clone(), refusal);
                    all_postings = false;
                    continue;
                }
            };
            for (local, fact) in (0..).zip(&facts).filter(|&(local, _)| live.is_live(local)) {
                let question = format!("{question}/fact {fact}");
                self.note(&format!("{question}/place"), live.find(FactId(*fact)).map(|place| place.is_some()));
                self.ask_entry(&live, local, &question);
            }
            if let Err(refusal) = ask_postings(&live, &facts, &mut postings) {
                self.refused.insert(format!("{question}/postings"), refusal);
                all_postings = false;
            }
        }
        // A question over all parts is refused when one of them is.
        postings.retain(|_, _| all_postings);
        for ((tau, neuron), facts) in postings {
            self.note(&format!("{question}/postings/{tau}/{neuron}"), Ok(facts));
        }
    }

    fn ask_entry(&mut self, live: &LivePart<'_>, local: u32, question: &str) {
        let part = live.part;
        for (grid, tau) in part.taus().enumerate() {
            self.note(&format!("{question}/grid {tau}"), grid_set(live, grid, local));
        }
        match part.kind() {
            PartKind::Neurons => {}
            PartKind::Groups => self.note(&format!("{question}/groups"), part.groups(local)),
            PartKind::Scores => {
                let above = |tau: f64| {
                    let view = part.scores_above(local, tau)?;
                    Ok(ranked(&view, view.above_share(tau, 0..view.len())))
                };
                self.note(&format!("{question}/above 0.2"), above(0.2));
                self.note(&format!("{question}/above 0.05"), above(0.05));
                self.note(&format!("{question}/evidence"), part.head(local).map(|view| evidence(&view)));
                let all = part.scores(local).map(|view| {
                    let negative: Vec<_> = view.negative().map(|(neuron, score)| (neuron, score.to_bits())).collect();
                    (ranked(&view, view.len()), negative, view.kept())
                });
                self.note(&format!("{question}/scores"), all);
            }
        }
    }

    /// The first answer that is another than it should be, or is there and should not, or is not there and nothing says so.
    pub fn wrong(&self, healthy: &Self) -> Option<String> {
        let short = |text: &str| text.chars().take(300).collect::<String>();
        for (question, answer) in &self.given {
            match healthy.given.get(question) {
                Some(right) if right == answer => {}
                right => {
                    let right = right.map_or("nothing".into(), |right| short(right));
                    return Some(format!("{question}: {} where {right} is right", short(answer)));
                }
            }
        }
        let refused = |question: &str| self.refused.keys().any(|refused| question.starts_with(refused.as_str()));
        let lost = healthy.given.keys().find(|question| !self.given.contains_key(*question) && !refused(question));
        lost.map(|question| format!("{question}: no answer, and no refusal"))
    }

    /// The runs with something refused.
    pub fn runs_refused(&self) -> BTreeSet<&str> {
        self.refused.keys().map(|question| question.split('/').next().unwrap_or_default()).collect()
    }
}

/// The ready-made set of an entry, in both ways of reading it.
fn grid_set(live: &LivePart<'_>, grid: usize, local: u32) -> Result<(u32, Vec<u32>, Vec<u32>), Error> {
    let sets = live.part.grid(grid)?;
    let (mut neurons, mut single) = (Vec::new(), Vec::new());
    sets.push_to(local, &mut neurons);
    if let Some(values) = sets.single(local).filter(|_| sets.is_single()) {
        values.push_to(0, &mut single);
    }
    Ok((sets.count(local), neurons, single))
}

/// Adds the live facts of neurons: those that occur, and the first ones.
fn ask_postings(
    live: &LivePart<'_>,
    facts: &[u32],
    found: &mut BTreeMap<(String, u32), BTreeSet<u32>>,
) -> Result<(), Error> {
    let part = live.part;
    for (grid, tau) in part.taus().enumerate() {
        let mut neurons: BTreeSet<u32> = (0..100).collect();
        let sets = part.grid(grid)?;
        for local in 0..part.len() {
            let mut set = Vec::new();
            sets.push_to(local, &mut set);
            neurons.extend(set.into_iter().take(MANY));
        }
        for neuron in neurons.into_iter().filter(|&neuron| u64::from(neuron) < part.shape().neurons()) {
            let Some(values) = part.postings(grid, Neuron(neuron))? else { continue };
            let mut locals = Vec::new();
            values.push_to(0, &mut locals);
            let there = locals.into_iter().filter(|&local| live.is_live(local));
            let there: Vec<u32> = there.filter_map(|local| facts.get(local as usize).copied()).collect();
            if !there.is_empty() {
                found.entry((tau.to_string(), neuron)).or_default().extend(there);
            }
        }
    }
    Ok(())
}

fn ranked(view: &ScoreView<'_>, count: usize) -> Vec<(u32, u32)> {
    (0..count).map(|rank| (view.neuron(rank).0, view.score(rank).to_bits())).collect()
}

fn evidence(view: &ScoreView<'_>) -> impl Debug + use<> {
    let layers: Vec<_> = view.layers().map(|layer| format!("{layer:?}")).collect();
    (view.floor().to_bits(), view.max().to_bits(), view.ceiling().to_bits(), layers, view.origin())
}
