//! How a study is run changes nothing about its result; stopping it and failing models end it.

use crate::checking;
use crate::editing;
use crate::toy::{SHAPE, TableModel, stopped_after, unwatched};
use kndb_storage::{Neuron, Shape};
use kndb_study::checking::fact_check;
use kndb_study::editing::{EditOptions, edit_study};
use kndb_study::{Claim, Edit, LanguageModel, Progress, Refusal, Report, Stage, StudyError, Watch};
use std::num::NonZeroUsize;
use std::sync::Mutex;
use std::sync::atomic::AtomicBool;

fn json(report: &impl Report) -> String {
    let mut out = Vec::new();
    report.write_json(&mut out).expect("a vector takes all");
    String::from_utf8(out).expect("text")
}

#[test]
fn the_number_of_threads_does_not_change_the_result() {
    let (toy, model) = (editing::toy(), editing::model());
    let options = EditOptions { relations: Vec::new(), ..editing::options() };
    let edit = |threads| unwatched(threads, |watch| edit_study(&toy.store, &model, &options, watch)).expect("a report");
    assert_eq!(json(&edit(1)), json(&edit(7)));
    let (toy, model) = (checking::toy(), checking::model());
    let check = |threads| {
        unwatched(threads, |watch| fact_check(&toy.store, &model, &checking::options(), watch)).expect("a report")
    };
    assert_eq!(json(&check(1)), json(&check(7)));
}

#[test]
fn the_seed_changes_the_draws() {
    let (toy, model) = (editing::toy(), editing::model());
    let with = |seed| {
        let options = EditOptions { seed, ..editing::options() };
        json(&unwatched(1, |watch| edit_study(&toy.store, &model, &options, watch)).expect("a report").rows)
    };
    fn json(rows: &[kndb_study::editing::EditRow]) -> String {
        serde_json::to_string(rows).expect("JSON")
    }
    assert_eq!(with(1), with(1));
    assert!((2..12).any(|seed| with(seed) != with(1)), "ten seeds and the same control for every fact");
}

#[test]
fn the_stop_flag_ends_a_study() {
    let (toy, model) = (editing::toy(), editing::model());
    let error = stopped_after(1, |watch| edit_study(&toy.store, &model, &editing::options(), watch));
    let error = error.expect_err("stopped");
    assert!(matches!(error, StudyError::Stopped { stage: Stage::Asking, done: 1, total: 2 }), "{error}");
    let (toy, model) = (checking::toy(), checking::model());
    let error = stopped_after(3, |watch| fact_check(&toy.store, &model, &checking::options(), watch));
    assert_eq!(error.expect_err("stopped").to_string(), "stopped while scoring claims, after 3 of 20");
}

#[test]
fn progress_counts_up_to_the_end() {
    let (toy, model) = (editing::toy(), editing::model());
    let seen = Mutex::new(Vec::new());
    let stop = AtomicBool::new(false);
    let progress = |progress: Progress| seen.lock().expect("no panic").push(progress);
    let watch = Watch { threads: NonZeroUsize::new(3).expect("three"), stop: &stop, progress: &progress };
    edit_study(&toy.store, &model, &editing::options(), &watch).expect("a report");
    let at = |stage, total| (1..=total).map(move |done| Progress { stage, done, total });
    let expected: Vec<Progress> = at(Stage::Asking, 2).chain(at(Stage::Editing, 4)).collect();
    assert_eq!(*seen.lock().expect("no panic"), expected);
}

/// The table with something wrong.
struct Broken {
    table: TableModel,
    shape: Shape,
    answer: fn(usize) -> Result<Vec<f64>, Refusal>,
}

impl LanguageModel for Broken {
    fn shape(&self) -> Shape {
        self.shape
    }

    fn probabilities(&self, _: &Claim<'_>, edits: &[Vec<Edit>]) -> Result<Vec<f64>, Refusal> {
        (self.answer)(edits.len())
    }

    fn scores(&self, claim: &Claim<'_>, neurons: &[Neuron]) -> Result<Vec<f32>, Refusal> {
        self.table.scores(claim, neurons)
    }

    fn activations(&self, claim: &Claim<'_>, neurons: &[Neuron]) -> Result<Vec<f32>, Refusal> {
        self.table.activations(claim, neurons)
    }

    fn answers(&self, claim: &Claim<'_>) -> Result<bool, Refusal> {
        self.table.answers(claim)
    }
}

#[test]
fn a_model_that_breaks_ends_the_study_with_the_place() {
    let toy = editing::toy();
    let error = |shape, answer| {
        let model = Broken { table: editing::model(), shape, answer };
        let result = unwatched(2, |watch| edit_study(&toy.store, &model, &editing::options(), watch));
        result.expect_err("a broken model").to_string()
    };
    let failed = error(SHAPE, |_| Err(Refusal::failed("out of memory")));
    assert!(failed.starts_with("the model failed on fact f") && failed.ends_with(" in en: out of memory"), "{failed}");
    let nan = error(SHAPE, |count| Ok(vec![f64::NAN; count]));
    assert!(nan.ends_with("in en is NaN among the probabilities; expected finite numbers in their range"), "{nan}");
    let short = error(SHAPE, |_| Ok(Vec::new()));
    assert!(short.ends_with("in en is 0 probabilities; expected 1"), "{short}");
    let other = error(Shape { layers: 3, width: 4 }, |count| Ok(vec![0.5; count]));
    assert_eq!(other, "the model has 3 layers × 4, run \"toy\" was made with 2 layers × 4: it is of another model");
    let nothing = error(SHAPE, |_| Err(Refusal::cannot_ask("no")));
    assert_eq!(nothing, "no fact is left to study (left out: 2: no (en))");
}
