//! Statistics of corpora into a store: what `kndb activations` does.
//!
//! A statistic is a run, with one entry a language: the fact [`CORPUS`], whose scores are the statistic of every neuron. Language
//! neurons are a run of neuron sets, the fact [`LANGUAGE_NEURONS`] in each language. A language is stored when its text is done, so a job
//! that was interrupted goes on with the next language.

use super::lape::{LanguageNeurons, Lape, language_neurons};
use super::statistics::{Statistic, Statistics};
use super::windows::Windows;
use crate::error::{Error, Result};
use crate::job::{claimed, in_order};
use crate::model::Model;
use kndb_storage::{
    Entry, EntryData, FactId, Keep, LanguageId, Neuron, OnConflict, RunId, RunSpec, RunWriter, SOURCE, ScoreValues,
    Scores, Snapshot, Store,
};
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use xxhash_rust::xxh3::xxh3_128;

/// The fact whose scores are a corpus's statistics.
pub const CORPUS: &str = "corpus";

/// The fact whose neurons are a language's.
pub const LANGUAGE_NEURONS: &str = "language-specific";

/// The method of runs of statistics.
pub(crate) const STATISTICS: &str = "activation-statistics";

/// The method of a run of language neurons.
pub(crate) const LAPE: &str = "lape";

/// A text in a language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Corpus {
    /// The language's code.
    pub language: String,
    /// The file: UTF-8.
    pub path: PathBuf,
}

/// What is measured, and where it goes.
#[derive(Clone, Debug)]
pub struct CorpusJob {
    /// Runs are named by this, a hyphen and what they hold: `NAME-share`, `NAME-mean`, …, `NAME-lape`.
    pub name: String,
    /// The model's name in the runs.
    pub model: String,
    /// The texts.
    pub corpora: Vec<Corpus>,
    /// Tokens of a window, those that the tokenizer adds included.
    pub window: usize,
    /// At most so many tokens of each text.
    pub tokens: Option<usize>,
    /// Quantiles to keep.
    pub quantiles: Vec<f64>,
    /// How language neurons are chosen; nothing: they are not.
    pub lape: Option<Lape>,
    /// The device, as in [`crate::device()`].
    pub device: String,
    /// Windows at a time.
    pub threads: Option<NonZeroUsize>,
}

/// How far a job is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CorpusProgress<'a> {
    /// The language whose text is read.
    pub language: &'a str,
    /// Tokens read of all texts.
    pub done: u64,
    /// Tokens of all texts that are not in the runs yet.
    pub total: u64,
}

/// What a job did.
#[derive(Clone, Debug, PartialEq)]
pub struct CorpusSummary {
    /// Tokens of each language that were read now; of those that were in the runs already none.
    pub read: Vec<(String, u64)>,
    /// The runs, in order, with what they hold.
    pub runs: Vec<String>,
    /// Language neurons, where they were asked for and all texts are done.
    pub language_neurons: Option<LanguageNeurons>,
    /// Whether it was stopped before all texts were done.
    pub stopped: bool,
}

/// A text, ready.
struct Prepared<'a> {
    language: &'a str,
    windows: Windows,
    hash: String,
}

impl CorpusJob {
    /// Does it. After `stop`, languages that are done stay.
    ///
    /// # Errors
    /// A text that cannot be read or has no token, options that mean nothing, runs of the same names of other texts or options.
    pub fn run(
        &self,
        store: &Store,
        model: &Model,
        stop: &AtomicBool,
        progress: &mut dyn FnMut(CorpusProgress<'_>),
    ) -> Result<CorpusSummary> {
        let prepared = self.prepared(model)?;
        let specs = self.specs(model, &prepared);
        let names: Vec<String> = specs.iter().map(|(_, spec)| spec.name.clone()).collect();
        let (mut claims, mut snapshot) = (Vec::new(), store.snapshot()?);
        let lape = self.lape_spec(model, &specs[0].1);
        for spec in specs.iter().map(|(_, spec)| spec).chain(&lape) {
            let (claim, now) = claimed(store, &spec.name, "kndb activations")?;
            claims.push(claim);
            snapshot = now;
        }
        // An earlier run's choice of language neurons is told before a text is read; a new run begins when all are.
        if let Some(spec) = &lape {
            abandon_if_empty(store, store.open_run(spec.clone())?)?;
        }
        let writers = specs.iter().map(|(_, spec)| Ok(store.open_run(spec.clone())?)).collect::<Result<Vec<_>>>()?;
        let filled = self.fill(&specs, &writers, &prepared, &snapshot, model, stop, progress);
        if !matches!(filled, Ok((_, false))) {
            for writer in writers {
                abandon_if_empty(store, writer)?;
            }
            let (read, stopped) = filled?;
            return Ok(CorpusSummary { read, runs: names, language_neurons: None, stopped });
        }
        let (read, stopped) = filled?;
        for writer in writers {
            writer.finish()?;
        }
        let mut summary = CorpusSummary { read, runs: names, language_neurons: None, stopped };
        if let (Some(spec), Some(lape)) = (lape, self.lape) {
            let found = self.language_neurons(store, &specs[0].1.name, &prepared, lape)?;
            if found.of_language.iter().all(Vec::is_empty) {
                return Err(Error::Option {
                    option: "lape-filter",
                    given: format!("{}, with lape-bar {}: no neuron is a language's", lape.filter, lape.bar),
                    expected: "lower quantiles, as shares are equal at these; the statistics are stored, and their texts are not read again"
                        .into(),
                });
            }
            summary.runs.push(spec.name.clone());
            let writer = store.open_run(spec)?;
            for (text, neurons) in prepared.iter().zip(&found.of_language) {
                let neurons = neurons.iter().map(|&neuron| Neuron(neuron)).collect();
                let entry = entry(LANGUAGE_NEURONS, text.language, EntryData::Neurons(neurons));
                writer.append_batch(&[entry], OnConflict::Replace)?;
            }
            writer.finish()?;
            summary.language_neurons = Some(found);
        }
        Ok(summary)
    }

    /// Reads the texts that are not in the runs yet: how many tokens of each, and whether the job was stopped before all were done.
    #[expect(clippy::too_many_arguments, reason = "what one job has at hand, in two pieces for its end")]
    fn fill(
        &self,
        specs: &[(Statistic, RunSpec)],
        writers: &[RunWriter],
        texts: &[Prepared<'_>],
        snapshot: &Snapshot,
        model: &Model,
        stop: &AtomicBool,
        progress: &mut dyn FnMut(CorpusProgress<'_>),
    ) -> Result<(Vec<(String, u64)>, bool)> {
        let runs: Vec<&str> = specs.iter().map(|(_, spec)| spec.name.as_str()).collect();
        let there = texts.iter().map(|text| has(snapshot, &runs, text.language)).collect::<Result<Vec<_>>>()?;
        let tokens = |text: &Prepared<'_>| text.windows.tokens() as u64;
        let total = texts.iter().zip(&there).filter(|(_, there)| !**there).map(|(text, _)| tokens(text)).sum();
        let (mut read, mut done) = (Vec::new(), 0);
        for (text, there) in texts.iter().zip(there) {
            if there {
                read.push((text.language.to_owned(), 0));
                continue;
            }
            let mut at = |tokens| progress(CorpusProgress { language: text.language, done: done + tokens, total });
            let Some(found) = self.measured(model, &text.windows, stop, &mut at)? else { return Ok((read, true)) };
            for ((statistic, spec), writer) in specs.iter().zip(writers) {
                let values = found.of(*statistic);
                if let Some(at) = values.iter().position(|value| !value.is_finite()) {
                    let layer = at as u32 / spec.shape.width;
                    return Err(Error::NotFinite { layer, what: "an activation", value: values[at] });
                }
                let scores = Scores { values: ScoreValues::Dense(values), evidence: Vec::new(), origin: None };
                // A job that was killed between two statistics of a language left some of them.
                writer.append_batch(&[entry(CORPUS, text.language, EntryData::Scores(scores))], OnConflict::Replace)?;
            }
            done += found.tokens();
            read.push((text.language.to_owned(), found.tokens()));
        }
        Ok((read, false))
    }

    fn prepared(&self, model: &Model) -> Result<Vec<Prepared<'_>>> {
        self.check(model)?;
        let mut all: Vec<Prepared<'_>> = Vec::new();
        for Corpus { language, path } in &self.corpora {
            let bytes = std::fs::read(path).map_err(|source| Error::Text { path: path.clone(), source })?;
            let text = std::str::from_utf8(&bytes).map_err(|why| Error::File {
                path: path.clone(),
                reason: format!("not UTF-8 behind byte {}; expected a text", why.valid_up_to()),
            })?;
            let windows = Windows::of(&model.asking(), text, self.window, self.tokens);
            let windows = windows.map_err(|reason| Error::File { path: path.clone(), reason })?;
            let hash = format!("xxh3-{:032x}", xxh3_128(&bytes));
            all.push(Prepared { language, windows, hash });
        }
        // The order in which texts are given says nothing: it is one run.
        all.sort_by_key(|text| text.language);
        Ok(all)
    }

    /// What can be wrong before a text is read.
    fn check(&self, model: &Model) -> Result<()> {
        let wrong = |option, given: String, expected: &str| Error::Option { option, given, expected: expected.into() };
        if self.corpora.is_empty() {
            return Err(wrong("corpus", "missing".into(), "a text in a language, as in en=wiki.en.txt"));
        }
        if let Some(q) = self.quantiles.iter().find(|q| !(0.0..=1.0).contains(*q)) {
            return Err(wrong("quantiles", q.to_string(), "shares from 0 to 1"));
        }
        for (place, q) in self.quantiles.iter().enumerate() {
            if self.quantiles[..place].contains(q) {
                return Err(wrong("quantiles", format!("a list in which {q} is given twice"), "each once"));
            }
        }
        for (place, Corpus { language, .. }) in self.corpora.iter().enumerate() {
            if self.corpora[..place].iter().any(|earlier| earlier.language == *language) {
                return Err(wrong("corpus", format!("given twice for {language}"), "one file a language"));
            }
        }
        let Some(lape) = self.lape else { return Ok(()) };
        if self.corpora.len() < 2 {
            return Err(wrong(
                "corpus",
                "given for one language".into(),
                "two languages or more for language neurons (--lape)",
            ));
        }
        lape.check(model.shape().neurons() as usize, self.corpora.len())
    }

    /// The runs of statistics, the share first.
    fn specs(&self, model: &Model, texts: &[Prepared<'_>]) -> Vec<(Statistic, RunSpec)> {
        let quantiles = self.quantiles.iter().map(|&q| Statistic::Quantile(q));
        let statistics = [Statistic::Share, Statistic::Mean, Statistic::MeanSquare].into_iter().chain(quantiles);
        let spec = |statistic: Statistic| {
            let mut parameters = vec![("statistic".to_owned(), statistic.name())];
            parameters.push(("window".into(), self.window.to_string()));
            parameters.extend(texts.iter().map(|text| {
                (format!("corpus {}", text.language), format!("{}, {} tokens", text.hash, text.windows.tokens()))
            }));
            self.spec(model, &statistic.name(), STATISTICS, parameters)
        };
        statistics.map(|statistic| (statistic, spec(statistic))).collect()
    }

    fn lape_spec(&self, model: &Model, share: &RunSpec) -> Option<RunSpec> {
        let Lape { top, filter, bar } = self.lape?;
        let mut parameters = vec![(SOURCE.to_owned(), share.name.clone())];
        let options = [("top", top), ("filter", filter), ("bar", bar)];
        parameters.extend(options.map(|(name, value)| (name.to_owned(), value.to_string())));
        parameters.extend(share.parameters.iter().filter(|(name, _)| name.starts_with("corpus ")).cloned());
        Some(self.spec(model, "lape", LAPE, parameters))
    }

    fn spec(&self, model: &Model, what: &str, method: &str, mut parameters: Vec<(String, String)>) -> RunSpec {
        parameters.push(("architecture".into(), model.architecture().into()));
        parameters.extend(model.parameters());
        parameters.push(("device".into(), self.device.split(':').next().unwrap_or(&self.device).into()));
        RunSpec {
            weights_hash: Some(model.weights_hash().to_owned()),
            method: method.to_owned(),
            parameters,
            keep: Keep::All,
            ..RunSpec::new(format!("{}-{what}", self.name), self.model.clone(), model.shape())
        }
    }

    /// The statistics of a text; nothing where the job was stopped before its end.
    fn measured(
        &self,
        model: &Model,
        windows: &Windows,
        stop: &AtomicBool,
        progress: &mut dyn FnMut(u64),
    ) -> Result<Option<Statistics>> {
        let shape = model.shape();
        let mut found = Statistics::new(shape.layers as usize, shape.width as usize, !self.quantiles.is_empty());
        let threads = self.threads.or_else(|| std::thread::available_parallelism().ok());
        progress(0);
        in_order(
            windows.count(),
            threads.map_or(1, NonZeroUsize::get),
            stop,
            |number| {
                let window = windows.window(number);
                model.network.activations(&window.ids, window.counted)
            },
            |layers| {
                if let Some(layers) = layers {
                    found.add(&layers);
                }
                progress(found.tokens());
                Ok::<_, Error>(())
            },
        )?;
        model.must_be_unchanged()?;
        let whole = found.tokens() == windows.tokens() as u64;
        debug_assert!(whole || stop.load(Ordering::Relaxed));
        Ok(whole.then_some(found))
    }

    /// From the stored shares: those of languages that an earlier job read are not at hand otherwise.
    fn language_neurons(
        &self,
        store: &Store,
        run: &str,
        texts: &[Prepared<'_>],
        lape: Lape,
    ) -> Result<LanguageNeurons> {
        let snapshot = store.snapshot()?;
        let shares = texts.iter().map(|text| stored(&snapshot, run, text.language)).collect::<Result<Vec<_>>>()?;
        language_neurons(&shares, lape)
    }
}

fn entry(fact: &str, language: &str, data: EntryData) -> Entry {
    Entry { fact: fact.to_owned(), language: language.to_owned(), prompt: 0, data }
}

/// Whether every run has a language.
fn has(snapshot: &Snapshot, runs: &[&str], language: &str) -> Result<bool> {
    let (Some(language), Some(fact)) = (snapshot.language(language), snapshot.fact(CORPUS)?) else { return Ok(false) };
    for run in runs {
        let run = snapshot.run_named(run).map(|run| run.id);
        if !found_in(snapshot, run, language, fact)? {
            return Ok(false);
        }
    }
    Ok(true)
}

fn found_in(snapshot: &Snapshot, run: Option<RunId>, language: LanguageId, fact: FactId) -> Result<bool> {
    for slot in snapshot.slots().filter(|slot| Some(slot.run) == run && slot.language == language) {
        for part in snapshot.parts(slot)? {
            if part.find(fact)?.is_some() {
                return Ok(true);
            }
        }
    }
    Ok(false)
}

/// The scores of a run's corpus in a language, of every neuron.
fn stored(snapshot: &Snapshot, run: &str, language: &str) -> Result<Vec<f32>> {
    let found = snapshot.run_named(run);
    let (id, neurons) = (found.map(|run| run.id), found.map_or(0, |run| run.spec.shape.neurons() as usize));
    let (language, fact) = (snapshot.language(language), snapshot.fact(CORPUS)?);
    let mut scores = vec![0.0; neurons];
    for slot in snapshot.slots().filter(|slot| Some(slot.run) == id && Some(slot.language) == language) {
        for part in snapshot.parts(slot)? {
            let Some(local) = fact.map(|fact| part.find(fact)).transpose()?.flatten() else { continue };
            let view = part.part.scores(local)?;
            for rank in 0..view.len() {
                scores[view.neuron(rank).0 as usize] = view.score(rank);
            }
        }
    }
    Ok(scores)
}

/// A run into which nothing came is not kept: mistaken options would stay with it.
fn abandon_if_empty(store: &Store, writer: RunWriter) -> Result<()> {
    let run = writer.run().id;
    let snapshot = store.snapshot()?;
    if !snapshot.slots().any(|slot| slot.run == run) {
        writer.abandon()?;
    }
    Ok(())
}
