//! Generated attribution scores of any size, always the same for a seed, and the benchmarks that ask questions of them.
//!
//! The scores have the shape that was measured on m-BERT (heavy-tailed: of 36,864 scores about 4,200 are
//! at least 0.01 of the fact's maximum and about 260 at least 0.2 of it), and half of a fact's scores are
//! shared between languages. They are synthetic: good for sizes and times, not for findings.

pub mod mlama;
#[cfg(feature = "engine")]
pub mod operations;
pub mod questions;

use kndb::storage::{
    Entry, EntryData, FactBatch, FactRow, OnConflict, Result, RunSpec, ScoreValues, Scores, Shape, Store,
};
use std::path::Path;

/// What to generate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Seed of everything.
    pub seed: u64,
    /// Number of facts.
    pub facts: u32,
    /// Number of relations they are spread over.
    pub relations: u32,
    /// Languages.
    pub languages: Vec<String>,
    /// Feed-forward layers of the model.
    pub layers: u32,
    /// Units of a layer.
    pub width: u32,
    /// Number of runs, each with all the entries.
    pub runs: u32,
}

impl Default for Plan {
    /// The size all published numbers of kndb are measured at: 3.02 GB of scores.
    fn default() -> Self {
        let languages = vec!["en".to_owned(), "zh".to_owned()];
        Self { seed: 1, facts: 10_240, relations: 40, languages, layers: 12, width: 3_072, runs: 1 }
    }
}

/// Name of the generated run; of several, of the first.
pub const RUN: &str = "generated";
/// Scores given to the store at a time, in bytes: those of 256 facts of a model of BERT's shape.
const BATCH_BYTES: usize = 256 * 36_864 * 4;
/// Exponent and range of the truncated power law that gives the two counts above.
const EXPONENT: f64 = 0.835;
const RANGE: f64 = 402.0;

impl Plan {
    /// External id of a fact.
    pub fn fact_id(fact: u32) -> String {
        format!("fact-{fact:07}")
    }

    /// Relation of a fact.
    pub fn relation(&self, fact: u32) -> String {
        format!("R{}", fact % self.relations)
    }

    /// All scores of one fact in one language.
    pub fn scores(&self, table: &[f32], fact: u32, language: usize) -> Vec<f32> {
        let neurons = self.layers * self.width;
        let shared = mix(self.seed ^ u64::from(fact) << 32);
        let own = mix(shared ^ (language as u64 + 1) << 48);
        let score = |neuron: u32| {
            let ours = mix(shared ^ u64::from(neuron));
            // One bit decides whether the languages agree on this neuron.
            let bits = if ours >> 63 == 1 { ours } else { mix(own ^ u64::from(neuron)) };
            let fine = (bits >> 16 & 0xFFFF) as f32 / 65_536.0;
            table[(bits & 0xFFFF) as usize] * (1.0 + fine / 4_096.0)
        };
        (0..neurons).map(score).collect()
    }

    /// Writes a new store with the generated facts and scores.
    ///
    /// # Errors
    /// When there is something at the path already, or the store cannot be written.
    pub fn write(&self, path: &Path, mut progress: impl FnMut(u32)) -> Result<Store> {
        let store = Store::create(path)?;
        let row = |fact: u32, language: &String| FactRow {
            id: Self::fact_id(fact),
            relation: self.relation(fact),
            language: language.clone(),
            subject: format!("subject {fact} ({language})"),
            object: format!("object {} ({language})", fact % 97),
            subject_uri: Some(format!("S{fact}")),
            object_uri: Some(format!("O{}", fact % 97)),
        };
        let facts = (0..self.facts).flat_map(|fact| self.languages.iter().map(move |language| row(fact, language)));
        store.add_facts(FactBatch { facts: facts.collect(), ..FactBatch::default() })?;
        for number in 0..self.runs {
            self.write_run(&store, &Self::run_name(number), &mut progress)?;
        }
        Ok(store)
    }

    /// Name of a run by its number.
    fn run_name(number: u32) -> String {
        if number == 0 { RUN.to_owned() } else { format!("{RUN}-{number}") }
    }

    /// Writes one run with all entries.
    fn write_run(&self, store: &Store, name: &str, progress: &mut impl FnMut(u32)) -> Result<()> {
        let shape = Shape { layers: self.layers, width: self.width };
        let mut spec = RunSpec::new(name, "generated", shape);
        spec.tau = 0.2;
        spec.parameters = vec![("seed".into(), self.seed.to_string())];
        let run = store.open_run(spec)?;
        let job = run.job("generated", OnConflict::Refuse)?;
        let table = table();
        let batch = (BATCH_BYTES / (shape.neurons() as usize * 4)).max(1);
        for first in (0..self.facts).step_by(batch) {
            let facts: Vec<u32> = (first..self.facts.min(first + batch as u32)).collect();
            for (number, language) in self.languages.iter().enumerate() {
                let entry = |&fact: &u32| Entry {
                    fact: Self::fact_id(fact),
                    language: language.clone(),
                    prompt: 0,
                    data: EntryData::Scores(Scores {
                        values: ScoreValues::Dense(self.scores(&table, fact, number)),
                        evidence: Vec::new(),
                        origin: None,
                    }),
                };
                let entries: Vec<Entry> = std::thread::scope(|scope| {
                    let halves = facts.chunks(facts.len().div_ceil(2));
                    let halves: Vec<_> =
                        halves.map(|half| scope.spawn(|| half.iter().map(entry).collect::<Vec<_>>())).collect();
                    let joined = halves.into_iter().map(|half| match half.join() {
                        Ok(entries) => entries,
                        Err(panic) => std::panic::resume_unwind(panic),
                    });
                    joined.flatten().collect()
                });
                job.append(&entries)?;
            }
            progress(first + facts.len() as u32);
        }
        job.finish()?;
        run.finish()
    }
}

/// Scores by the quantile they stand for.
pub fn table() -> Vec<f32> {
    let score = |at: u32| {
        let quantile = (f64::from(at) + 0.5) / 65_536.0;
        (1.0 + quantile * RANGE).powf(-1.0 / EXPONENT) as f32
    };
    (0..65_536).map(score).collect()
}

/// SplitMix64's finaliser (Steele, Lea, Flood 2014): a good hash of a counter.
fn mix(value: u64) -> u64 {
    let value = value.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let value = (value ^ value >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let value = (value ^ value >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
    value ^ value >> 31
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scores_have_the_measured_shape() {
        let (plan, table) = (Plan::default(), table());
        let (mut kept, mut high) = (0, 0);
        for fact in 0..20 {
            let scores = plan.scores(&table, fact, 0);
            let max = scores.iter().copied().fold(0.0, f32::max);
            kept += scores.iter().filter(|&&score| score >= 0.01 * max).count();
            high += scores.iter().filter(|&&score| score >= 0.2 * max).count();
        }
        assert!((kept / 20).abs_diff(4_206) < 200, "{} scores ≥ 0.01·max", kept / 20);
        assert!((high / 20).abs_diff(260) < 30, "{} scores ≥ 0.2·max", high / 20);
    }

    #[test]
    fn languages_share_half_of_their_scores() {
        let (plan, table) = (Plan::default(), table());
        let (en, zh) = (plan.scores(&table, 7, 0), plan.scores(&table, 7, 1));
        let same = en.iter().zip(&zh).filter(|(a, b)| a == b).count();
        assert!(same.abs_diff(en.len() / 2) < en.len() / 50, "{same} of {}", en.len());
    }
}
