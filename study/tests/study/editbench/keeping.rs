//! What was measured is gone on with, or refused; nothing else changes a result.

use super::{FACTS, Says, TOY, Toyish, editors, held, held_on, options, toy_of, unedited};
use crate::toy::{Toy, stopped_after, unwatched};
use kndb_study::StudyError;
use kndb_study::editbench::{BenchOptions, Kept, Subject, append, bench, read};
use kndb_study::statistics::Bootstrap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

#[test]
fn what_was_measured_is_not_measured_again_even_if_the_last_line_was_cut() {
    let (toy, options) = (&*TOY, BenchOptions { edits: vec![1, 2], ..options() });
    let whole = unwatched(1, |watch| held_on(toy, &editors(), &options, &Mutex::default(), watch)).expect("a report");
    let file = Mutex::new(Vec::new());
    // Four facts are asked, and prepared; then come four of the unedited model.
    let error = stopped_after(7, |watch| held_on(toy, &editors(), &options, &file, watch)).expect_err("stopped");
    assert!(matches!(error, StudyError::Stopped { done: 7, total: 16, .. }), "{error}");
    let kept = file.lock().expect("no panic").clone();
    // Of the last edit two languages and its control's two: four rows, of which the last is cut.
    assert_eq!(read(&kept).expect("rows").0.len(), 4 * 2 + 3 * 4);
    let file = Mutex::new(kept[..kept.len() - 7].to_vec());
    let editors = editors();
    let report = unwatched(2, |watch| held_on(toy, &editors, &options, &file, watch)).expect("a report");
    assert_eq!((&report.rows, &report.cells), (&whole.rows, &whole.cells));
    // Of the six edits of each, two of the first were whole.
    assert_eq!(editors.each_ref().map(|editor| editor.made.load(Ordering::Relaxed)), [4, 6]);
    let again = unwatched(1, |watch| held_on(toy, &editors, &options, &file, watch)).expect("a report");
    assert_eq!(again.rows, whole.rows);
    assert_eq!(editors.each_ref().map(|editor| editor.made.load(Ordering::Relaxed)), [4, 6]);
    // A further method leaves what is there; a method less does not.
    let one = unwatched(1, |watch| held_on(toy, &editors[..1], &options, &Mutex::default(), watch)).expect("a report");
    let mut first = Vec::new();
    append(&one.rows, options.columns(), true, &mut first).expect("a vector takes all");
    let more = unwatched(1, |watch| held_on(toy, &editors, &options, &Mutex::new(first), watch)).expect("a report");
    assert_eq!(more.rows, whole.rows);
    assert_eq!(editors.each_ref().map(|editor| editor.made.load(Ordering::Relaxed)), [10, 12]);
    let error = unwatched(1, |watch| held_on(toy, &editors[..1], &options, &file, watch)).expect_err("a method less");
    assert!(error.to_string().contains("(clumsy: settings of no such method)"), "{error}");
}

#[test]
fn measurements_of_other_settings_are_refused() {
    let (toy, file) = (&*TOY, Mutex::new(Vec::new()));
    unwatched(1, |watch| held_on(toy, &editors(), &options(), &file, watch)).expect("a report");
    let refused = |toy: &Toy, editors: &[Toyish], options: &BenchOptions| {
        let error = unwatched(1, |watch| held_on(toy, editors, options, &file, watch)).expect_err("a refusal");
        matches!(error, StudyError::OtherSettings { .. })
    };
    assert!(refused(toy, &editors(), &BenchOptions { seed: 1, ..options() }));
    assert!(refused(toy, &editors(), &BenchOptions { neighbours: Some(1), ..options() }));
    assert!(refused(toy, &editors(), &BenchOptions { edits: vec![1, 2], ..options() }));
    assert!(refused(toy, &editors(), &BenchOptions { limit: Some(3), ..options() }));
    let [write, clumsy] = editors();
    assert!(refused(toy, &[Toyish { parameter: 1, ..write }, clumsy], &options()));
    let mut facts = FACTS;
    facts[3].3 = "North Africa";
    assert!(refused(&toy_of(&facts), &editors(), &options()));
    // How intervals are made is no matter of what is measured.
    let other = BenchOptions { bootstrap: Bootstrap { draws: 7, ..Bootstrap::default() }, ..options() };
    assert!(unwatched(1, |watch| held_on(toy, &editors(), &other, &file, watch)).is_ok());
    assert!(read(b"fact,language\nf1,en\n").is_err(), "a file of something else");
}

#[test]
fn what_is_measured_does_not_depend_on_the_threads() {
    let options = BenchOptions { edits: vec![1, 2], ..options() };
    let [one, two] = [1, 2].map(|threads| held(&editors(), &options, threads).expect("a report"));
    assert_eq!((&one.rows, &one.cells), (&two.rows, &two.cells));
    let targets = |seed| {
        let report = held(&editors(), &BenchOptions { seed, ..options.clone() }, 1).expect("a report");
        report.rows.iter().map(|row| row.target.clone()).collect::<Vec<_>>()
    };
    assert!((1..12).any(|seed| targets(seed) != targets(0)), "eleven seeds and the same new objects");
}

#[test]
fn an_edit_that_changes_the_unedited_model_is_found_out() {
    static BROKEN: AtomicBool = AtomicBool::new(false);
    let model = Says(Box::new(|claim| {
        let p = unedited(claim);
        // The last bit alone.
        if BROKEN.load(Ordering::Relaxed) { f64::from_bits(p.to_bits() + 1) } else { p }
    }));
    let editor = Toyish { breaks: Some(&BROKEN), ..Toyish::default() };
    let subject = Subject { model: &model, name: "toy", identity: "weights" };
    let kept = Kept { known: Vec::new(), keep: &|_| Ok(()) };
    let error = unwatched(1, |watch| bench(&TOY.store, subject, &[&editor], &options(), kept, watch));
    let error = error.expect_err("a changed model").to_string();
    assert!(error.contains("an edit has changed the unedited model"), "{error}");
}
