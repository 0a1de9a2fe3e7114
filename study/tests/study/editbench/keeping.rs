//! What was measured is gone on with, or refused; nothing else changes a result.

use super::{FACTS, Says, TOY, Toyish, editors, held, held_on, options, toy_of, unedited};
use crate::toy::{Toy, stopped_after, unwatched};
use kndb_study::editbench::{BenchOptions, BenchReport, Kept, Subject, append, bench, read};
use kndb_study::statistics::Bootstrap;
use kndb_study::{Report, StudyError};
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
    // Of the edit that was cut three rows were left, and are there twice now.
    assert_eq!((report.known, report.again), (4 * 2 + 2 * 4, 3));
    assert!(report.notes().iter().any(|note| note == "16 measurements were there already, and not made again"));
    let again = unwatched(1, |watch| held_on(toy, &editors, &options, &file, watch)).expect("a report");
    assert_eq!((&again.rows, again.known, again.again), (&whole.rows, whole.rows.len(), 0));
    assert_eq!(editors.each_ref().map(|editor| editor.made.load(Ordering::Relaxed)), [4, 6]);
    // A further method leaves what is there; a method less does not.
    let one = unwatched(1, |watch| held_on(toy, &editors[..1], &options, &Mutex::default(), watch)).expect("a report");
    let mut first = Vec::new();
    append(&one.rows, options.columns(), true, &mut first).expect("a vector takes all");
    let more = unwatched(1, |watch| held_on(toy, &editors, &options, &Mutex::new(first), watch)).expect("a report");
    assert_eq!(more.rows, whole.rows);
    assert_eq!(editors.each_ref().map(|editor| editor.made.load(Ordering::Relaxed)), [10, 12]);
    let error = unwatched(1, |watch| held_on(toy, &editors[..1], &options, &file, watch)).expect_err("a method less");
    let told = error.to_string();
    assert!(
        told.contains("column method: \"clumsy\"; expected a method that takes part: unedited, write, write random"),
        "{told}"
    );
}

#[test]
fn measurements_of_other_settings_are_refused() {
    let (toy, file) = (&*TOY, Mutex::new(Vec::new()));
    unwatched(1, |watch| held_on(toy, &editors(), &options(), &file, watch)).expect("a report");
    let refused = |toy: &Toy, editors: &[Toyish], options: &BenchOptions| {
        let error = unwatched(1, |watch| held_on(toy, editors, options, &file, watch)).expect_err("a refusal");
        assert!(error.to_string().starts_with("b.csv is of other settings: line "), "{error}");
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

/// A bench of one number of edits as CSV: its lines, each in its cells.
fn lines(options: &BenchOptions) -> Vec<Vec<String>> {
    let file = Mutex::new(Vec::new());
    unwatched(1, |watch| held_on(&TOY, &editors(), options, &file, watch)).expect("a report");
    let text = String::from_utf8(file.into_inner().expect("no panic")).expect("text");
    text.lines().map(|line| line.split(',').map(str::to_owned).collect()).collect()
}

fn gone_on_with(lines: &[Vec<String>], options: &BenchOptions) -> Result<BenchReport, StudyError> {
    let text: String = lines.iter().map(|line| line.join(",") + "\n").collect();
    unwatched(1, |watch| held_on(&TOY, &editors(), options, &Mutex::new(text.into_bytes()), watch))
}

#[test]
fn rows_that_no_measurement_gives_are_refused_with_their_line_and_column() {
    let whole = lines(&options());
    assert!(gone_on_with(&whole, &options()).is_ok());
    let column = |name: &str| whole[0].iter().position(|of| of == name).expect("a column");
    // The edit of France by the first editor, in English.
    let edit = whole.iter().position(|line| line[0] == "write" && line[2] == "f1").expect("a row");
    for (name, value, told) in [
        ("new", "5.0", "5.0; expected a number from 0 to 1"),
        ("new", "inf", "inf; expected a number from 0 to 1"),
        ("old", "NaN", "NaN; expected a number from 0 to 1"),
        ("old", "-1", "-1.0; expected a number from 0 to 1"),
        ("paraphrase", "7", "7.0; expected a number from 0 to 1"),
        ("paraphrase", "0.5", "0.5; expected a share of 1, the prompts that are asked"),
        ("neighbourhood", "", "nothing; expected a number"),
        ("unrelated", "1e9", "1000000000.0; expected a number from -0.6 to 0.4"),
        ("seconds", "-1e300", "-1e300; expected a number of 0 or more"),
        ("seconds", "", "nothing; expected a number"),
        ("bytes", "", "nothing; expected a whole number"),
        ("old_before", "0.61", "0.61; expected 0.6, as the unedited model says now"),
        ("new_before", "0.2", "0.2; expected 0.1, as the unedited model says now"),
        ("relation", "P31", "\"P31\"; expected \"P30\""),
        ("target", "g1", "\"g1\"; expected \"f"),
        ("fact", "g1", "\"g1\"; expected one of the 4 facts that are studied"),
        ("language", "de", "\"de\"; expected en or zh"),
        ("edits", "7", "7 of write; expected 1"),
    ] {
        let mut lines = whole.clone();
        lines[edit][column(name)] = value.into();
        let error = gone_on_with(&lines, &options()).expect_err(name).to_string();
        let place = format!("b.csv, line {}, column {name}: {told}", edit + 1);
        assert!(error.starts_with(&place), "{error}, and not {place}");
    }
    let of = |method: &str, name: &str, value: &str| {
        let mut lines = whole.clone();
        let at = lines.iter().position(|line| line[0] == method && line[2] == "f3").expect("a row");
        lines[at][column(name)] = value.into();
        gone_on_with(&lines, &options()).expect_err("a refusal").to_string()
    };
    assert!(of("unedited", "old", "0.5").contains("column old: 0.5; expected 0.6"));
    assert!(of("write", "neighbourhood", "1.0").contains("1.0; expected nothing"), "Japan has no neighbour");
    assert!(of("write random", "seconds", "1.0").contains("1.0; expected nothing"), "controls cost nothing");
    assert!(of("unedited", "edits", "1").contains("1 of unedited; expected 0"));
    // Three of four facts are in a group of three.
    let three = BenchOptions { edits: vec![3], ..options() };
    let mut groups = lines(&three);
    let grouped = |fact: &str| groups.iter().any(|line| line[0] == "write" && line[2] == fact);
    let alone = ["f1", "f2", "f3", "f4"].into_iter().find(|fact| !grouped(fact)).expect("one is left over");
    let at = groups.iter().position(|line| line[0] == "write").expect("a row");
    groups[at][column("fact")] = alone.into();
    let error = gone_on_with(&groups, &three).expect_err("a refusal").to_string();
    assert!(error.contains("expected a fact that is in a group of 3 edits in one network"), "{error}");
}

#[test]
fn a_row_may_come_twice_but_not_with_other_numbers() {
    let whole = lines(&options());
    let column = |name: &str| whole[0].iter().position(|of| of == name).expect("a column");
    let of_edit = |line: &&Vec<String>| line[0].starts_with("write") && line[2] == "f1";
    let edit: Vec<Vec<String>> = whole.iter().filter(of_edit).cloned().collect();
    assert_eq!(edit.len(), 4, "two languages, and as many of the control");
    let with = |further: &[Vec<String>]| gone_on_with(&[&whole[..], further].concat(), &options());
    let mut slower = edit.clone();
    slower[0][column("seconds")] = "9.0".into();
    let report = with(&slower).expect("the same but for its seconds");
    assert_eq!(report.known, report.rows.len());
    let mut other = edit.clone();
    other[0][column("new")] = "0.7".into();
    let at = whole.iter().position(|line| line == &edit[0]).expect("a row");
    let error = with(&other).expect_err("another number").to_string();
    let told =
        format!("line {}, column method: another measurement of the same than in line {}", whole.len() + 1, at + 1);
    assert!(error.contains(&told), "{error}");
    // An edit that was cut short and made again, on a device whose last bits are others, is that which is whole.
    let cut: Vec<Vec<String>> = whole.iter().filter(|line| !edit[1..].contains(line)).cloned().collect();
    let report = gone_on_with(&[&cut[..], &other].concat(), &options()).expect("made again");
    assert_eq!((report.known, report.again), (report.rows.len(), 0));
    let row = report.rows.iter().find(|row| row.method == "write" && row.fact == "f1").expect("a row");
    assert_eq!(row.new, 0.7);
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
    let kept = Kept { place: "b.csv", known: Vec::new(), keep: &|_| Ok(()) };
    let error = unwatched(1, |watch| bench(&TOY.store, subject, &[&editor], &options(), kept, watch));
    let error = error.expect_err("a changed model").to_string();
    assert!(error.contains("an edit has changed the unedited model"), "{error}");
}
