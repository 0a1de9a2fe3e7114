//! Entries that are there already: refused as a whole, and nothing of them stays.

use crate::contents::{Contents, assert_same};
use crate::toy::{Toy, groups, many, neurons, scores, spec};
use kndb_storage::{Entry, Error, OnConflict};

/// A store with `fact-0000` to `fact-0009`, sealed or not.
fn ten(sealed: bool) -> (Toy, Contents) {
    let toy = Toy::new();
    let run = toy.store.open_run(spec("run")).expect("new");
    run.append_batch(&many("en", 10), OnConflict::Refuse).expect("appends");
    if sealed {
        run.seal().expect("seals");
    }
    let contents = Contents::of(&toy.store).expect("reads");
    (toy, contents)
}

fn check(toy: &Toy, before: &Contents, error: &Error, expected: (&str, &str, u64)) {
    match error {
        Error::FactExists { fact, language, prompt: 0, run, count } if run == "run" => {
            assert_eq!((fact.as_str(), language.as_str(), *count), expected);
        }
        other => panic!("{other}"),
    }
    let snapshot = toy.fresh().snapshot().expect("reads");
    assert_same(&Contents::of(&toy.store).expect("reads"), before, "after the refusal");
    assert_eq!(snapshot.fact_count(), 10, "facts that only the refused entries name");
    assert_eq!(snapshot.languages().len(), 1, "languages that only the refused entries name");
}

/// Some that are there, some that are new, one in a new language.
fn mixed() -> Vec<Entry> {
    let mut entries = many("en", 14);
    entries.drain(..7);
    entries.push(scores("fact-0001", "de", 3));
    entries
}

#[test]
fn a_batch_with_entries_that_are_there_is_refused_whole() {
    for sealed in [false, true] {
        let (toy, before) = ten(sealed);
        let run = toy.store.open_run(spec("run")).expect("the same");
        let error = run.append_batch(&mixed(), OnConflict::Refuse).expect_err("three are there");
        check(&toy, &before, &error, ("fact-0007", "en", 3));
        let text = error.to_string();
        assert!(
            text.starts_with("fact fact-0007 (en, prompt 0) is already in run \"run\"; 3 of the facts given are"),
            "{text}"
        );
    }
}

#[test]
fn a_single_entry_that_is_there_is_refused_as_scores_and_as_neurons() {
    for sealed in [false, true] {
        let (toy, before) = ten(sealed);
        let run = toy.store.open_run(spec("run")).expect("the same");
        for again in [scores("fact-0003", "en", 99), neurons("fact-0003", "en", &[1])] {
            let error = run.append(again).expect_err("it is there");
            check(&toy, &before, &error, ("fact-0003", "en", 1));
        }
        run.append(groups("fact-0003", "en", &[&[1, 2]])).expect("groups come on top");
        let error = run.append(groups("fact-0003", "en", &[&[1, 2]])).expect_err("groups are there");
        assert!(matches!(error, Error::FactExists { .. }), "{error}");
    }
}

#[test]
fn a_job_of_another_signature_is_refused_like_any_other() {
    for sealed in [false, true] {
        let (toy, before) = ten(sealed);
        let run = toy.store.open_run(spec("run")).expect("the same");
        let job = run.job("import", OnConflict::Refuse).expect("begins");
        let error = job.append(&mixed()).expect_err("three are there");
        check(&toy, &before, &error, ("fact-0007", "en", 3));
    }
}

#[test]
fn one_batch_names_each_entry_once() {
    let toy = Toy::new();
    let run = toy.store.open_run(spec("run")).expect("new");
    let job = run.job("import", OnConflict::Replace).expect("begins");
    for (first, second) in [
        (scores("f", "en", 1), scores("f", "en", 2)),
        (scores("f", "en", 1), neurons("f", "en", &[1])),
        (neurons("f", "en", &[1]), neurons("f", "en", &[1])),
        (groups("f", "en", &[&[1, 2]]), groups("f", "en", &[])),
    ] {
        let batch = [first, scores("g", "en", 1), second];
        for result in [
            run.append_batch(&batch, OnConflict::Refuse),
            run.append_batch(&batch, OnConflict::Replace),
            job.append(&batch),
        ] {
            let error = result.expect_err("twice");
            assert!(matches!(&error, Error::FactTwice { fact, prompt: 0, .. } if fact == "f"), "{error}");
        }
    }
    let snapshot = toy.fresh().snapshot().expect("reads");
    assert_eq!((snapshot.slots().count(), snapshot.group_slots().count(), snapshot.fact_count()), (0, 0, 0));
    let fine = [scores("f", "en", 1), groups("f", "en", &[&[1, 2]]), scores("f", "zh", 1), scores("g", "en", 1)];
    assert_eq!(run.append_batch(&fine, OnConflict::Refuse).expect("four different entries").new, 4);
}
