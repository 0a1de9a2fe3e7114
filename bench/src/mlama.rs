//! Stores of mLAMA's size: its counts of facts by language and relation, with made-up labels and scores.
//!
//! A store of mLAMA 1.1 whole has 843,143 entries in 53 languages. Sets and heads are as large as a model of m-BERT's shape makes them:
//! the 535 scores of a fact from 0.1·max on, which is what the run keeps. Lower scores would be some 20 GB of tails, which none of the questions
//! here reads.

use crate::{EXPONENT, RANGE, RUN, mix};
use kndb::query::{Column, Settings, Sink, Value};
use kndb::storage::{
    Entry, EntryData, FactBatch, FactRow, Keep, Neuron, OnConflict, Result, RunSpec, ScoreValues, Scores, Shape, Slot,
    Store,
};
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::Path;
use std::time::{Duration, Instant};

const SHAPE: Shape = Shape { layers: 12, width: 3_072 };
/// Least share of the maximum that is kept: that of a head.
const FLOOR: f32 = 0.1;
/// Entries given to the store at a time, each a few kilobytes.
const ENTRIES: usize = 16_384;

/// Facts by language and relation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counts(BTreeMap<String, BTreeMap<String, u32>>);

impl Counts {
    /// Reads a table `lang`, `relation`, `facts`, separated by tabs, with a header.
    ///
    /// # Errors
    /// A sentence that names the line.
    pub fn read(table: &str) -> Result<Self, String> {
        let mut counts = BTreeMap::<_, BTreeMap<_, _>>::new();
        for (number, line) in table.lines().enumerate().skip(1) {
            let fields: Vec<&str> = line.split('\t').collect();
            let [language, relation, facts] = fields[..] else {
                return Err(format!(
                    "line {}: found {} fields, expected lang, relation, facts",
                    number + 1,
                    fields.len()
                ));
            };
            let facts = facts.trim().parse::<u32>();
            let facts = facts.map_err(|e| format!("line {}: found {:?} facts: {e}", number + 1, fields[2]))?;
            counts.entry(language.to_owned()).or_default().insert(relation.to_owned(), facts);
        }
        Ok(Self(counts))
    }

    /// The languages with the most facts, and of each relation a share of its facts.
    #[must_use]
    pub fn part(&self, languages: usize, share: f64) -> Self {
        let mut largest: Vec<_> = self.0.iter().collect();
        largest.sort_by_key(|(_, relations)| std::cmp::Reverse(relations.values().sum::<u32>()));
        let of = |(language, relations): (&String, &BTreeMap<String, u32>)| {
            let some =
                |(relation, &facts): (&String, &u32)| (relation.clone(), (f64::from(facts) * share).ceil() as u32);
            (language.clone(), relations.iter().map(some).collect())
        };
        Self(largest.into_iter().take(languages).map(of).collect())
    }

    /// Number of (fact, language) pairs.
    pub fn entries(&self) -> u64 {
        self.0.values().flat_map(BTreeMap::values).map(|&facts| u64::from(facts)).sum()
    }

    /// The facts of a language: relation and number. A language with fewer facts has the first of each relation.
    fn facts(relations: &BTreeMap<String, u32>) -> impl Iterator<Item = (&str, u32)> {
        relations.iter().flat_map(|(relation, &facts)| (0..facts).map(move |fact| (relation.as_str(), fact)))
    }

    /// Writes a new store.
    ///
    /// # Errors
    /// When there is something at the path already, or the store cannot be written.
    pub fn write(&self, path: &Path, seed: u64) -> Result<Store> {
        let store = Store::create(path)?;
        for (language, relations) in &self.0 {
            let rows = Self::facts(relations).map(|(relation, fact)| FactRow {
                id: id(relation, fact),
                relation: relation.to_owned(),
                language: language.clone(),
                subject: format!("{relation} subject {fact} ({language})"),
                object: format!("{relation} object {} ({language})", fact % 97),
                subject_uri: None,
                object_uri: None,
            });
            store.add_facts(FactBatch { facts: rows.collect(), ..FactBatch::default() })?;
        }
        let mut spec = RunSpec::new(RUN, "generated", SHAPE);
        spec.tau = 0.2;
        spec.keep = Keep::Share(f64::from(FLOOR));
        spec.parameters = vec![("seed".into(), seed.to_string())];
        let run = store.open_run(spec)?;
        let job = run.job("generated", OnConflict::Refuse)?;
        let best = best();
        for (number, (language, relations)) in self.0.iter().enumerate() {
            let facts: Vec<(&str, u32)> = Self::facts(relations).collect();
            let entry = |&(relation, fact): &(&str, u32)| {
                let shared = mix(seed ^ mix(u64::from(fact) << 32 ^ name_hash(relation)));
                let values = scores(&best, shared, mix(shared ^ (number as u64 + 1) << 48));
                let scores = Scores { values, evidence: Vec::new(), origin: None };
                let (fact, language) = (id(relation, fact), language.clone());
                Entry { fact, language, prompt: 0, data: EntryData::Scores(scores) }
            };
            for facts in facts.chunks(ENTRIES) {
                job.append(&facts.iter().map(entry).collect::<Vec<_>>())?;
            }
        }
        job.finish()?;
        run.finish()?;
        Ok(store)
    }
}

fn id(relation: &str, fact: u32) -> String {
    format!("{relation}-{fact:05}")
}

fn name_hash(name: &str) -> u64 {
    name.bytes().fold(0, |hash, byte| mix(hash ^ u64::from(byte)))
}

/// The scores of one fact from 0.1·max on, best first: those of [`crate::table`], by their rank in a model of this shape.
fn best() -> Vec<f32> {
    let neurons = f64::from(SHAPE.layers * SHAPE.width);
    let score = |rank: u32| (1.0 + (f64::from(rank) + 0.5) / neurons * RANGE).powf(-1.0 / EXPONENT) as f32;
    let max = score(0);
    (0..).map(score).take_while(|&score| score >= FLOOR * max).collect()
}

/// Half of the neurons are shared with the other languages, the others are a language's own.
fn scores(best: &[f32], shared: u64, own: u64) -> ScoreValues {
    let all = SHAPE.layers * SHAPE.width;
    let mut taken = vec![false; all as usize];
    let (mut neurons, mut scores) = (Vec::with_capacity(best.len()), Vec::with_capacity(best.len()));
    for (rank, &score) in (0_u64..).zip(best) {
        let ours = mix(shared ^ rank);
        let bits = if ours >> 63 == 1 { ours } else { mix(own ^ rank) };
        let neuron = (bits & 0xFFFF_FFFF) % u64::from(all);
        if !std::mem::replace(&mut taken[neuron as usize], true) {
            neurons.push(Neuron(neuron as u32));
            scores.push(score);
        }
    }
    let floor = FLOOR * best[0];
    ScoreValues::Sparse { neurons, scores, floor }
}

/// The questions that a store of many languages is there for.
pub const QUESTIONS: [&str; 9] = [
    "likn[tau=0.2] by layer",
    "kn[tau=0.2] by lang",
    "kn[tau=0.2] by layer",
    "kn[tau=0.37] by layer",
    "kn[tau=0.37] by lang",
    "kn[tau=0.2] by relation",
    "kn[fact=\"P36-00001\", tau=0.2] by lang",
    "kn[tau=0.2] by neuron top 20",
    "kn[tau=0.11] by fact, neuron top 1",
];

/// A question and how long its answer took.
pub struct Answered {
    /// What was asked.
    pub question: String,
    /// Of the first time, when the pages may have to come from the disk.
    pub first: Duration,
    /// The shortest of the times after it.
    pub warm: Duration,
    /// Rows of the answer.
    pub rows: u64,
}

/// Asks a store some statements, and two questions without words: opening it, and looking one fact up.
///
/// # Errors
/// A sentence, when one cannot be answered.
pub fn ask(path: &Path, statements: &[String]) -> Result<Vec<Answered>, String> {
    let timed = |question: &str, mut answer: Box<dyn FnMut() -> Result<u64, String> + '_>| {
        let mut times = Vec::new();
        let mut rows = 0;
        for _ in 0..6 {
            let begun = Instant::now();
            rows = answer()?;
            times.push(begun.elapsed());
        }
        let first = times.remove(0);
        let warm = times.into_iter().min().unwrap_or(first);
        Ok::<_, String>(Answered { question: question.to_owned(), first, warm, rows })
    };
    let opened = || Store::open(path).and_then(|store| store.snapshot().map(|snapshot| (store, snapshot)));
    let (store, snapshot) = opened().map_err(|e| e.to_string())?;
    let mut answered = vec![timed(
        "opening, to a snapshot",
        Box::new(|| opened().map(|(_, snapshot)| snapshot.fact_count()).map_err(|e| e.to_string())),
    )?];
    for text in statements {
        let statement = kndb::query::parse(text).map_err(|e| e.to_string())?;
        let rows = || {
            let mut count = Rows(0);
            kndb::query::execute(&store, &Settings::default(), &statement, &mut count).map_err(|e| e.to_string())?;
            Ok(count.0)
        };
        answered.push(timed(text, Box::new(rows))?);
    }
    let run = snapshot.run_named(RUN).ok_or("a store of kndb-bench has a run of its name")?.id;
    let fact = snapshot.fact("P36-00001").map_err(|e| e.to_string())?.ok_or("the store has facts of P36")?;
    let grid = kndb::storage::TAU_GRID.iter().position(|&tau| tau == 0.2).unwrap_or(0);
    let slots: Vec<Slot> = snapshot.slots().filter(|slot| slot.run == run).collect();
    let parts: Result<Vec<_>> = slots.iter().map(|&slot| snapshot.parts(slot)).collect();
    let parts = parts.map_err(|e| e.to_string())?;
    let look_up = || {
        let mut neurons = Vec::new();
        for live in parts.iter().flatten() {
            if let Some(local) = live.find(fact).map_err(|e| e.to_string())? {
                live.part.grid(grid).map_err(|e| e.to_string())?.push_to(local, &mut neurons);
            }
        }
        Ok(neurons.len() as u64)
    };
    answered.push(timed("one fact in all languages, as a look-up", Box::new(look_up))?);
    Ok(answered)
}

struct Rows(u64);

impl Sink for Rows {
    fn columns(&mut self, _: &[Column]) -> std::io::Result<()> {
        Ok(())
    }

    fn row(&mut self, _: &[Value<'_>]) -> std::io::Result<ControlFlow<()>> {
        self.0 += 1;
        Ok(ControlFlow::Continue(()))
    }

    fn end(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Memory of this process in megabytes, where the system tells: its own, and pages of mapped files that it has touched.
pub fn resident() -> Option<(u64, u64)> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let megabytes = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name))?;
        Some(line.trim().trim_end_matches(" kB").parse::<u64>().ok()? / 1_000)
    };
    Some((megabytes("RssAnon:")?, megabytes("RssFile:")?))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &str = "lang\trelation\tfacts\nde\tP36\t3\nen\tP36\t4\nen\tP19\t2\n";

    #[test]
    fn a_store_has_the_facts_that_the_table_counts() {
        let counts = Counts::read(TABLE).expect("a table");
        assert_eq!(counts.entries(), 9);
        assert_eq!(counts.part(1, 0.5).entries(), 3, "half of English");
        let folder = tempfile::tempdir().expect("a folder");
        let store = counts.write(&folder.path().join("store"), 1).expect("a store");
        let snapshot = store.snapshot().expect("a snapshot");
        assert_eq!(snapshot.fact_count(), 6, "German has no facts of its own");
        let run = snapshot.run_named(RUN).expect("the run").id;
        assert_eq!(snapshot.holds(run).expect("readable").attributed, 9);
        drop(snapshot);
        let questions = QUESTIONS.map(str::to_owned);
        let answered = ask(&folder.path().join("store"), &questions).expect("answers");
        assert!(answered.iter().all(|it| it.rows > 0));
    }

    #[test]
    fn wrong_tables_are_told_by_their_line() {
        assert_eq!(
            Counts::read("h\na\tb").expect_err("wrong"),
            "line 2: found 2 fields, expected lang, relation, facts"
        );
        assert!(Counts::read("h\na\tb\tc").expect_err("wrong").starts_with("line 2: found \"c\" facts"));
    }
}
