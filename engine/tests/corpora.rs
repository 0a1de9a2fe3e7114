//! Activations over texts: parity with PyTorch in float64 on a tiny model of every architecture, LAPE by its authors' steps, and the job.
//!
//! The golden values are made by `fixtures/corpora.py`, which shares no code with the engine.

#[macro_use]
#[path = "goldens/architectures.rs"]
mod architectures;
#[path = "goldens/reading.rs"]
mod reading;

use kndb_engine::corpus::{
    CORPUS, Corpus, CorpusJob, CorpusSummary, LANGUAGE_NEURONS, Lape, RELATIVE_ERROR, SMALLEST, Statistic, Statistics,
    Windows, language_neurons,
};
use kndb_engine::{Model, Result};
use kndb_storage::{FactId, PartKind, Snapshot, Store};
use reading::{PROMISED, difference, golden, load, numbers};
use serde_json::Value;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};

/// A statistic by the name that the golden values have for it.
fn statistic(name: &str) -> Statistic {
    match name {
        "share" => Statistic::Share,
        "mean" => Statistic::Mean,
        "mean-square" => Statistic::MeanSquare,
        quantile => Statistic::Quantile(quantile[1..].parse().expect("a share")),
    }
}

fn measured(model: &Model, windows: &Windows) -> Statistics {
    let shape = model.shape();
    let mut found = Statistics::new(shape.layers as usize, shape.width as usize, true);
    for number in 0..windows.count() {
        let window = windows.window(number);
        found.add(&model.network.activations(&window.ids, window.counted));
    }
    found
}

fn options(lape: &Value) -> Lape {
    let share = |field: &str| lape["options"][field].as_f64().expect("a number");
    Lape { top: share("top"), filter: share("filter"), bar: share("bar") }
}

fn neurons(value: &Value) -> Vec<u32> {
    numbers(value).into_iter().map(|neuron| neuron as u32).collect()
}

fn check(name: &str) {
    let model = load(name);
    let expected = golden(name, "corpora.json");
    let window = expected["window"].as_u64().expect("a number") as usize;
    let mut shares = Vec::new();
    for (language, text) in expected["texts"].as_object().expect("texts") {
        let written = text["text"].as_str().expect("a text");
        let windows = Windows::of(&model.asking(), written, window, None).expect("a text");
        let ids: Vec<Vec<f64>> = (0..windows.count())
            .map(|number| windows.window(number).ids.into_iter().map(f64::from).collect())
            .collect();
        let of = text["windows"].as_array().expect("windows");
        assert_eq!(ids, of.iter().map(numbers).collect::<Vec<_>>(), "{name}, {language}");
        let found = measured(&model, &windows);
        assert_eq!(found.tokens(), text["tokens"].as_u64().expect("a number"), "{name}, {language}");
        for (what, values) in text["statistics"].as_object().expect("statistics") {
            let (values, own) = (numbers(values), found.of(statistic(what)));
            if !what.starts_with('q') {
                let apart = difference(own.iter().map(|&value| f64::from(value)), &values);
                assert!(apart < PROMISED, "{name}, {language}: {what} is off by {apart:e}");
                continue;
            }
            for (found, value) in own.iter().zip(values) {
                let allowed = f64::from(RELATIVE_ERROR) * value.abs() + f64::from(SMALLEST) + 1e-6;
                assert!(
                    (f64::from(*found) - value).abs() <= allowed,
                    "{name}, {language}, {what}: {found}, not {value}"
                );
            }
        }
        shares.push(found.of(Statistic::Share));
    }
    let lape = &expected["lape"];
    let found = language_neurons(&shares, options(lape)).expect("two languages");
    for (what, bound) in [("least", found.least), ("bar", found.bar)] {
        let expected = lape[what].as_f64().expect("a number");
        assert!((bound - expected).abs() < 1e-6, "{name}: {what} is {bound}, not {expected}");
    }
    assert_eq!(found.chosen, neurons(&lape["chosen"]), "{name}");
    let languages: Vec<Vec<u32>> = lape["languages"].as_array().expect("languages").iter().map(neurons).collect();
    assert_eq!(found.of_language, languages, "{name}");
}

every_architecture!(check);

#[test]
fn windows_hold_the_text_once_and_what_the_tokenizer_adds_each() {
    for (name, before, behind) in [("bert", 1, 1), ("llama3", 1, 0), ("gpt2", 0, 0)] {
        let model = load(name);
        let asking = model.asking();
        let windows = Windows::of(&asking, "The capital of France is Paris .\n", 6, None).expect("a text");
        let mut text = Vec::new();
        for number in 0..windows.count() {
            let window = windows.window(number);
            assert_eq!((window.counted.start, window.ids.len() - window.counted.end), (before, behind), "{name}");
            assert!(window.ids.len() <= 6);
            text.extend_from_slice(&window.ids[window.counted]);
        }
        assert_eq!(text, asking.tokenizer.encode("The capital of France is Paris .\n", false).expect("encodes").ids);
        let marked = Windows::of(&asking, "\u{feff}The capital of France is Paris .\n", 6, None).expect("a text");
        let ids = |windows: &Windows| (0..windows.count()).flat_map(|at| windows.window(at).ids).collect::<Vec<_>>();
        assert_eq!(ids(&marked), ids(&windows), "{name}: the mark of Windows' editors is no text");
        let some = Windows::of(&asking, "The capital of France is Paris .\n", 6, Some(3)).expect("a text");
        assert_eq!((some.tokens(), some.count()), (3, 1), "{name}");
        let told = |text: &str, length| Windows::of(&asking, text, length, None).expect_err("a refusal");
        assert_eq!(told("", 6), "the text has no token");
        assert!(told("Paris", before + behind).contains("have no room for text"), "{name}");
    }
}

/// A folder with a store and the golden texts.
struct Bench {
    folder: tempfile::TempDir,
    store: Store,
    model: Model,
    expected: Value,
}

impl Bench {
    fn new(name: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let store = Store::create(folder.path().join("store")).expect("a store");
        let expected = golden(name, "corpora.json");
        for (language, text) in expected["texts"].as_object().expect("texts") {
            std::fs::write(folder.path().join(language), text["text"].as_str().expect("a text")).expect("writes");
        }
        Self { store, model: load(name), expected, folder }
    }

    /// Texts are named by their languages.
    fn path(&self, language: &str) -> PathBuf {
        self.folder.path().join(language)
    }

    fn job(&self, languages: &[&str]) -> CorpusJob {
        let corpora = languages
            .iter()
            .map(|&language| Corpus { language: language.to_owned(), path: self.path(language) })
            .collect();
        CorpusJob {
            name: "acts".into(),
            model: "tiny".into(),
            corpora,
            window: self.expected["window"].as_u64().expect("a number") as usize,
            tokens: None,
            quantiles: vec![0.5, 0.9],
            lape: (languages.len() > 1).then(|| options(&self.expected["lape"])),
            device: "cpu".into(),
            threads: NonZeroUsize::new(2),
        }
    }

    fn run(&self, job: &CorpusJob) -> Result<CorpusSummary> {
        job.run(&self.store, &self.model, &AtomicBool::new(false), &mut |_| {})
    }

    /// The scores of a run in a language, by neuron.
    fn scores(&self, run: &str, language: &str) -> Vec<f32> {
        let snapshot = self.store.snapshot().expect("a snapshot");
        let (part, local) = entry(&snapshot, run, language, CORPUS);
        let slot = snapshot.slots().find(|slot| Some(slot.run) == part && Some(slot.language) == local);
        let parts = snapshot.parts(slot.expect("the language is there")).expect("opens");
        let view = parts[0].part.scores(0).expect("scores");
        let mut scores: Vec<(u32, f32)> = (0..view.len()).map(|rank| (view.neuron(rank).0, view.score(rank))).collect();
        scores.sort_by_key(|&(neuron, _)| neuron);
        scores.into_iter().map(|(_, score)| score).collect()
    }
}

/// The run and the language, having seen that the run has this one fact in it.
fn entry(
    snapshot: &Snapshot,
    run: &str,
    language: &str,
    fact: &str,
) -> (Option<kndb_storage::RunId>, Option<kndb_storage::LanguageId>) {
    let ids = (snapshot.run_named(run).map(|run| run.id), snapshot.language(language));
    let slot = snapshot.slots().find(|slot| (Some(slot.run), Some(slot.language)) == ids).expect("an entry");
    let parts = snapshot.parts(slot).expect("opens");
    let facts: Vec<&str> = parts[0]
        .part
        .facts()
        .expect("facts")
        .iter()
        .map(|&fact| snapshot.external_id(FactId(u32::from_le_bytes(fact))).expect("an id"))
        .collect();
    assert_eq!(facts, [fact], "{run}, {language}");
    ids
}

#[test]
fn a_job_stores_statistics_as_runs_and_language_neurons_as_sets() {
    for name in ["bert", "llama"] {
        let bench = Bench::new(name);
        let summary = bench.run(&bench.job(&["en", "zh"])).expect("the job runs");
        let runs = ["acts-share", "acts-mean", "acts-mean-square", "acts-q0.5", "acts-q0.9", "acts-lape"];
        assert_eq!(summary.runs, runs, "{name}");
        for (language, text) in bench.expected["texts"].as_object().expect("texts") {
            for what in ["share", "mean", "mean-square"] {
                let expected = numbers(&text["statistics"][what]);
                let found = bench.scores(&format!("acts-{what}"), language);
                let apart = difference(found.into_iter().map(f64::from), &expected);
                assert!(apart < PROMISED, "{name}, {language}: {what} is off by {apart:e}");
            }
        }
        let snapshot = bench.store.snapshot().expect("a snapshot");
        assert!(runs.iter().all(|run| snapshot.run_named(run).expect("a run").finished), "{name}");
        for (language, expected) in
            ["en", "zh"].into_iter().zip(bench.expected["lape"]["languages"].as_array().expect("languages"))
        {
            let ids = entry(&snapshot, "acts-lape", language, LANGUAGE_NEURONS);
            let slot = snapshot.slots().find(|slot| (Some(slot.run), Some(slot.language)) == ids).expect("an entry");
            let parts = snapshot.parts(slot).expect("opens");
            assert_eq!(parts[0].part.kind(), PartKind::Neurons);
            let mut found: Vec<u32> = Vec::new();
            parts[0].part.grid(0).expect("a set").push_to(0, &mut found);
            assert_eq!(found, neurons(expected), "{name}, {language}");
        }
        assert_eq!(snapshot.run_named("acts-lape").expect("a run").spec.parameters[0].1, "acts-share");
    }
}

#[test]
fn a_job_goes_on_with_the_languages_that_are_missing_and_has_what_a_whole_one_has() {
    let whole = Bench::new("gpt2");
    whole.run(&whole.job(&["en", "zh"])).expect("the job runs");
    let bench = Bench::new("gpt2");
    let job = bench.job(&["en", "zh"]);
    let stop = AtomicBool::new(false);
    let stopped = job.run(&bench.store, &bench.model, &stop, &mut |at| {
        if at.language == "zh" {
            stop.store(true, Ordering::Relaxed);
        }
    });
    let stopped = stopped.expect("a stop is no error");
    assert!(stopped.stopped && stopped.language_neurons.is_none());
    assert_eq!(stopped.read.len(), 1, "English is done");
    let done = bench.run(&job).expect("the job goes on");
    assert_eq!((done.read[0].1, done.stopped), (0, false), "English is not read again");
    assert!(done.read[1].1 > 0);
    for run in ["acts-share", "acts-mean", "acts-q0.9"] {
        for language in ["en", "zh"] {
            assert_eq!(bench.scores(run, language), whole.scores(run, language), "{run}, {language}");
        }
    }
    let again = bench.run(&job).expect("nothing is left to do");
    assert_eq!(again.language_neurons, done.language_neurons);
}

#[test]
fn what_a_corpus_cannot_be_is_refused_and_leaves_nothing_behind() {
    let bench = Bench::new("gpt2");
    let told = |job: &CorpusJob| bench.run(job).expect_err("a refusal").to_string();
    std::fs::write(bench.path("en"), "").expect("writes");
    assert!(told(&bench.job(&["en", "zh"])).contains("the text has no token"));
    std::fs::write(bench.path("en"), b"a\xff").expect("writes");
    assert!(told(&bench.job(&["en", "zh"])).contains("not UTF-8 behind byte 1"));
    assert!(told(&bench.job(&["zh", "zh"])).contains("given twice for zh"));
    assert!(told(&CorpusJob { lape: Some(Lape::default()), ..bench.job(&["zh"]) }).contains("two languages or more"));
    assert!(told(&CorpusJob { quantiles: vec![1.5], ..bench.job(&["zh"]) }).contains("shares from 0 to 1"));
    assert!(told(&CorpusJob { quantiles: vec![0.5, 0.9, 0.5], ..bench.job(&["zh"]) }).contains("0.5 is given twice"));
    assert!(bench.store.snapshot().expect("a snapshot").runs().next().is_none());
    // Another text under the same names of runs is another run.
    bench.run(&bench.job(&["zh"])).expect("the job runs");
    std::fs::write(bench.path("zh"), "巴黎").expect("writes");
    assert!(told(&bench.job(&["zh"])).contains("corpus zh"), "{}", told(&bench.job(&["zh"])));
}

#[test]
fn options_of_language_neurons_are_refused_before_a_text_is_read() {
    let bench = Bench::new("gpt2");
    let usual = options(&bench.expected["lape"]);
    let told = |lape: Lape| {
        let job = CorpusJob { lape: Some(lape), ..bench.job(&["en", "zh"]) };
        let mut read = 0;
        let found = job.run(&bench.store, &bench.model, &AtomicBool::new(false), &mut |_| read += 1);
        assert_eq!(read, 0, "{lape:?}");
        found.expect_err("a refusal").to_string()
    };
    for (lape, option) in [
        (Lape { filter: 0.0, ..usual }, "lape-filter is 0;"),
        (Lape { filter: 1.0, ..usual }, "lape-filter is 1;"),
        (Lape { bar: 1.0, ..usual }, "lape-bar is 1;"),
        (Lape { top: 0.0, ..usual }, "lape-top is 0;"),
        (Lape { top: 1e-7, ..usual }, "lape-top is 0.0000001;"),
    ] {
        let told = told(lape);
        assert!(told.starts_with(option), "{told}");
    }
    assert!(bench.store.snapshot().expect("a snapshot").runs().next().is_none(), "nothing is left behind");
    // A run of other statistics beside language neurons that were chosen otherwise: those are looked at first.
    bench.run(&bench.job(&["en", "zh"])).expect("the job runs");
    assert!(told(Lape { top: usual.top * 2.0, ..usual }).contains("top="));
}

/// Of texts of one token every share is 0 or 1, and with one of ten neurons and more always active, none is above the quantile.
#[test]
fn language_neurons_of_which_none_is_left_are_refused_and_the_statistics_stay() {
    let bench = Bench::new("gpt2");
    for language in ["en", "zh"] {
        std::fs::write(bench.path(language), "a").expect("writes");
    }
    let usual = options(&bench.expected["lape"]);
    let with = |lape: Lape| CorpusJob { tokens: Some(1), lape: Some(lape), ..bench.job(&["en", "zh"]) };
    let none = Lape { filter: 0.95, bar: 0.95, ..usual };
    let error = bench.run(&with(none)).expect_err("a refusal").to_string();
    let told = "lape-filter is 0.95, with lape-bar 0.95: no neuron is a language's; expected lower quantiles";
    assert!(error.starts_with(told), "{error}");
    let snapshot = bench.store.snapshot().expect("a snapshot");
    assert!(snapshot.run_named("acts-lape").is_none(), "an empty run is not kept");
    assert!(snapshot.run_named("acts-share").expect("a run").finished);
    let shares = bench.scores("acts-share", "en");
    let active = shares.iter().filter(|&&share| share == 1.0).count();
    assert!(active * 10 >= shares.len() && shares.iter().all(|share| [0.0, 1.0].contains(share)), "{active}");
    // Below the share of those that are not active, the others are left.
    let inactive = 0.9 * (1.0 - active as f64 / shares.len() as f64);
    let found = bench.run(&with(Lape { filter: inactive, bar: inactive, ..usual })).expect("lower quantiles");
    assert!(found.read.iter().all(|(_, read)| *read == 0), "the texts are not read again");
    let found = found.language_neurons.expect("were asked for");
    assert!(found.of_language.iter().all(|of| !of.is_empty()));
    assert!(bench.store.snapshot().expect("a snapshot").run_named("acts-lape").expect("a run").finished);
}

#[test]
fn the_order_of_texts_says_nothing() {
    let bench = Bench::new("gpt2");
    let first = bench.run(&bench.job(&["zh", "en"])).expect("the job runs");
    assert_eq!(first.read.iter().map(|(language, _)| language.as_str()).collect::<Vec<_>>(), ["en", "zh"]);
    let again = bench.run(&bench.job(&["en", "zh"])).expect("it is the same run");
    assert_eq!(again.read, [("en".to_owned(), 0), ("zh".to_owned(), 0)]);
    assert_eq!(again.language_neurons, first.language_neurons);
}

#[test]
fn a_text_that_is_not_there_is_told_as_a_text() {
    let bench = Bench::new("gpt2");
    let told = bench.run(&bench.job(&["de"])).expect_err("a refusal").to_string();
    assert!(told.starts_with("cannot read the text "), "{told}");
}
