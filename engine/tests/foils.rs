//! Foils of many facts: which is taken, and that everybody takes the same.

#[expect(dead_code, reason = "the facts of other tests")]
mod store;

use kndb_engine::job::{Job, Selection, Shard};
use kndb_engine::{Attribution, FoilRule, Metric, Model, Options, Skip};
use kndb_storage::{FactBatch, FactRow, Keep, Store, TemplateRow};
use std::collections::BTreeMap;
use std::sync::atomic::AtomicBool;
use store::{Contents, model};

/// Fact, language, subject, object, id of the subject, id of the object: all of P36. Objects are one token of BERT's tiny vocabulary but
/// for `Kenya` (two) and `Nairobi` (more).
const LABELS: [(&str, &str, &str, &str, &str, &str); 9] = [
    ("f1", "en", "France", "Paris", "Q142", "Q90"),
    ("f1", "zh", "法国", "巴", "Q142", "Q90"),
    ("f2", "en", "Mali", "city", "Q912", "Q515"),
    ("f2", "zh", "肯尼亚", "法", "Q912", "Q515"),
    ("f3", "en", "Bamako", "capital", "Q3703", "Q5119"),
    // Said of France as well: true of it, and no foil.
    ("f4", "en", "france ", "language", "", "Q315"),
    ("f5", "en", "Nairobi", "Kenya", "Q3870", "Q114"),
    ("f6", "en", "Kenya", "Nairobi", "Q114", "Q3870"),
    ("f6", "zh", "内罗毕", "国", "Q114", "Q3870"),
];

fn filled(labels: &[(&str, &str, &str, &str, &str, &str)]) -> (tempfile::TempDir, Store) {
    let folder = tempfile::tempdir().expect("a folder");
    let store = Store::create(folder.path().join("store")).expect("a store");
    let uri = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let row =
        |&(id, language, subject, object, subject_uri, object_uri): &(&str, &str, &str, &str, &str, &str)| FactRow {
            id: id.into(),
            relation: "P36".into(),
            language: language.into(),
            subject: subject.into(),
            object: object.into(),
            subject_uri: uri(subject_uri),
            object_uri: uri(object_uri),
        };
    let template = |language: &str, text: &str| TemplateRow {
        relation: "P36".into(),
        language: language.into(),
        text: text.into(),
    };
    let templates = vec![template("en", "The capital of [X] is [Y] ."), template("zh", "[X]的首都是[Y]。")];
    store
        .add_facts(FactBatch { facts: labels.iter().map(row).collect(), templates, ..FactBatch::default() })
        .expect("facts");
    (folder, store)
}

fn options(model: &Model, foil: &str) -> Options {
    let mut options = Options::preset("kn", model).expect("a preset");
    options.method = kndb_engine::MethodOptions::named("gradient-activation").expect("a method");
    Options { preset: None, metric: Some(Metric::LogitDifference), foil: Some(FoilRule::from(foil)), ..options }
}

fn job(model: &Model, options: &Options) -> Job {
    let mut job = Job::new("run", model, options, "cpu");
    job.run.keep = Keep::All;
    job
}

/// What a job stored, and how many questions had no foil.
fn run(store: &Store, model: &Model, foil: &str, selection: Selection) -> kndb_engine::Result<(Contents, u64)> {
    let options = options(model, foil);
    let mut job = job(model, &options);
    job.selection = selection;
    let summary = job.run(store, model, &options, &AtomicBool::new(false), &mut |_| {})?;
    let without = summary.skipped.iter().filter(|(place, _)| place.reason == Skip::NoFoil);
    Ok((store::contents(store, "run"), without.map(|(_, count)| count).sum()))
}

/// Scores of a fact with a foil of the test's own choice.
fn expected(model: &Model, language: &str, subject: &str, object: &str, foil: &str) -> Vec<f32> {
    let options = options(model, "drawn");
    let attribution = Attribution::new(model, &options).expect("the options fit");
    let template = if language == "en" { "The capital of [X] is [Y] ." } else { "[X]的首都是[Y]。" };
    let question = attribution.question(template, subject, object).expect("can be asked");
    let question = attribution.against(question, template, subject, foil).expect("the foil parts from the object");
    attribution.scores(&question).expect("finite").expect("can be scored").scores
}

/// The scores of an entry by neuron.
fn scores(contents: &Contents, fact: &str, language: &str) -> Vec<f32> {
    let (scores, _) = &contents[&(fact.to_owned(), language.to_owned(), 0)];
    let by_neuron: BTreeMap<u32, f32> = scores.iter().map(|&(neuron, bits)| (neuron, f32::from_bits(bits))).collect();
    by_neuron.into_values().collect()
}

#[test]
fn a_drawn_foil_is_false_of_the_subject_fits_the_prompt_and_follows_from_the_ids() {
    let (_folder, store) = filled(&LABELS);
    let model = model("bert");
    let (contents, without) = run(&store, &model, "drawn", Selection::default()).expect("the job runs");
    // The order of others by xxh3_64("f1\0f2") and so on, by Python's xxhash: of f1 f2 f5 f4 f3 f6, of f2 f4 f1 f3 f6 f5, of f3 f5 f2 f4 f1 f6.
    assert_eq!(scores(&contents, "f1", "en"), expected(&model, "en", "France", "Paris", "city"));
    // The same fact's object in the other language.
    assert_eq!(scores(&contents, "f1", "zh"), expected(&model, "zh", "法国", "巴", "法"));
    assert_eq!(scores(&contents, "f2", "en"), expected(&model, "en", "Mali", "city", "language"));
    // Kenya (f5) is two tokens.
    assert_eq!(scores(&contents, "f3", "en"), expected(&model, "en", "Bamako", "capital", "city"));
    // Two tokens and more have no foil of as many.
    assert_eq!(without, 2, "Kenya and Nairobi");
    assert!(!contents.contains_key(&("f5".to_owned(), "en".to_owned(), 0)));
}

#[test]
fn shares_and_resumed_runs_have_the_foils_of_a_whole_run() {
    let model = model("bert");
    let (_folder, store) = filled(&LABELS);
    let (whole, _) = run(&store, &model, "drawn", Selection::default()).expect("the job runs");
    let mut shared = Contents::new();
    for number in 1..=3 {
        let (_folder, store) = filled(&LABELS);
        let selection = Selection { shard: Shard::new(number, 3), ..Selection::default() };
        shared.extend(run(&store, &model, "drawn", selection).expect("the job runs").0);
    }
    assert_eq!(shared, whole);
    let (_folder, store) = filled(&LABELS);
    run(&store, &model, "drawn", Selection { limit: Some(2), ..Selection::default() }).expect("the job runs");
    let (resumed, _) = run(&store, &model, "drawn", Selection::default()).expect("the job goes on");
    assert_eq!(resumed, whole);
    // Facts in another order in the store.
    let mut turned = LABELS;
    turned.reverse();
    let (_folder, store) = filled(&turned);
    assert_eq!(run(&store, &model, "drawn", Selection::default()).expect("the job runs").0, whole);
}

#[test]
fn one_object_for_all_facts_is_named_by_a_label_or_an_id() {
    let model = model("bert");
    let mut found = Vec::new();
    for name in ["city", "法", "Q515"] {
        let (_folder, store) = filled(&LABELS);
        found.push(run(&store, &model, name, Selection::default()).expect("the job runs"));
    }
    let (contents, without) = &found[0];
    assert_eq!(scores(contents, "f1", "en"), expected(&model, "en", "France", "Paris", "city"));
    assert_eq!(scores(contents, "f1", "zh"), expected(&model, "zh", "法国", "巴", "法"));
    // Its own two facts, and the two whose objects have more tokens.
    assert_eq!(*without, 4);
    assert_eq!((&found[1], &found[2]), (&found[0], &found[0]));
}

#[test]
fn a_foil_that_no_fact_has_or_that_is_several_objects_is_refused_before_anything_is_computed() {
    let model = model("bert");
    let (_folder, store) = filled(&LABELS);
    let told = |store: &Store, foil| run(store, &model, foil, Selection::default()).expect_err("a refusal").to_string();
    let unknown = told(&store, "Berlin");
    assert!(
        unknown.starts_with("there is no object \"Berlin\"; expected an object of the selected relations"),
        "{unknown}"
    );
    assert!(unknown.contains("Paris"), "{unknown}");
    let (_folder, store) =
        filled(&[("f1", "en", "Tbilisi", "city", "Q994", "Q230"), ("f2", "en", "Atlanta", "city", "Q23556", "Q1428")]);
    assert_eq!(
        told(&store, "city"),
        "foil is \"city\", the label of several objects; expected the id of one of them: Q1428, Q230"
    );
    assert!(store.snapshot().expect("a snapshot").run_named("run").is_none(), "nothing is left behind");
}

#[test]
fn a_run_goes_on_only_with_the_same_target_and_foils() {
    let model = model("bert");
    let (_folder, store) = filled(&LABELS);
    run(&store, &model, "drawn", Selection { limit: Some(1), ..Selection::default() }).expect("the job runs");
    let error = run(&store, &model, "city", Selection::default()).expect_err("other foils").to_string();
    assert!(error.contains("foil"), "{error}");
}
