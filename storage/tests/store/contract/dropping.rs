//! Dropping a run: its entries go, facts and other runs stay.

use crate::contents::Contents;
use crate::toy::{Toy, eventually, groups, many, neurons, scores, spec};
use kndb_storage::{Error, OnConflict};

fn two_runs() -> Toy {
    let toy = Toy::new();
    for name in ["first", "second"] {
        let run = toy.store.open_run(spec(name)).expect("new");
        run.append_batch(&many("en", 6), OnConflict::Refuse).expect("appends");
        run.seal().expect("seals");
        run.append_batch(&[scores("fact-0002", "en", 9)], OnConflict::Replace).expect("replaces");
        run.append(neurons("waiting", "zh", &[1, 2])).expect("appends");
        run.append(groups("fact-0001", "en", &[&[1, 2]])).expect("appends");
        let job = run.job("import", OnConflict::Refuse).expect("begins");
        job.append(&many("fr", 4)).expect("appends");
    }
    toy
}

#[test]
fn facts_and_other_runs_stay() {
    let toy = two_runs();
    let before = Contents::of(&toy.store).expect("reads");
    toy.store.drop_run("first").expect("drops");
    let after = Contents::of(&toy.fresh()).expect("reads");
    assert_eq!(after.runs.keys().collect::<Vec<_>>(), ["second"]);
    assert_eq!(after.facts, before.facts);
    let expected: Vec<_> = before.entries.into_iter().filter(|(address, _)| address.0 == "second").collect();
    assert_eq!(after.entries.into_iter().collect::<Vec<_>>(), expected);
    eventually("the files of the run are gone", || {
        toy.store.collect_garbage().expect("collects");
        toy.files().len() == 2
    });
}

#[test]
fn a_run_begins_anew_where_dropping_it_was_ended_between_the_catalogue_and_the_manifest() {
    let toy = two_runs();
    let commit = toy.store.refresh().expect("reads").epoch() + 1;
    // A commit whose manifest cannot be written is durable, and not published: what a kill leaves there.
    let in_the_way = toy.path.join("manifests").join(format!("{commit:020}.tmp"));
    std::fs::create_dir(&in_the_way).expect("a folder");
    toy.store.drop_run("first").expect_err("is not published");
    std::fs::remove_dir(&in_the_way).expect("removes");
    let store = toy.fresh();
    store.open_run(spec("first")).expect("new").append(scores("f", "en", 1)).expect("appends");
    let entries = Contents::of(&toy.fresh()).expect("reads").entries;
    assert_eq!(entries.keys().filter(|address| address.0 == "first").count(), 1);
}

#[test]
fn a_run_of_the_same_name_begins_empty() {
    let toy = two_runs();
    let old = toy.store.open_run(spec("first")).expect("the same");
    toy.store.drop_run("first").expect("drops");
    let new = toy.store.open_run(spec("first")).expect("new");
    assert_ne!(new.run().id, old.run().id);
    assert!(Contents::of(&toy.fresh()).expect("reads").facts_of("first").is_empty());
    assert_eq!(new.job("import", OnConflict::Refuse).expect("begins").append(&many("fr", 4)).expect("appends").new, 4);
}

#[test]
fn whoever_still_writes_to_it_is_told() {
    let toy = two_runs();
    let old = toy.store.open_run(spec("first")).expect("the same");
    let job = old.job("import", OnConflict::Refuse).expect("goes on");
    toy.fresh().drop_run("first").expect("drops");
    let results = [
        old.append(scores("late", "en", 1)),
        old.append_batch(&many("de", 2), OnConflict::Replace).map(drop),
        job.append(&many("de", 2)).map(drop),
        old.job("another", OnConflict::Refuse).map(drop),
        toy.store.drop_run("first").map(drop),
        toy.store.compact_run("first"),
    ];
    for (number, result) in results.into_iter().enumerate() {
        match result {
            Err(Error::UnknownRun { name, known }) => {
                assert_eq!((name.as_str(), known), ("first", vec!["second".into()]))
            }
            other => panic!("{number}: {other:?}"),
        }
    }
    assert!(matches!(old.finish(), Err(Error::UnknownRun { .. })));
    assert!(Contents::of(&toy.fresh()).expect("reads").facts_of("first").is_empty());
}

#[test]
fn a_writer_can_abandon_its_run() {
    let toy = two_runs();
    toy.store.open_run(spec("second")).expect("the same").abandon().expect("drops");
    assert_eq!(Contents::of(&toy.fresh()).expect("reads").runs.keys().collect::<Vec<_>>(), ["first"]);
}

#[test]
fn an_empty_run_goes_by_its_id_and_a_filled_one_never() {
    let toy = Toy::new();
    let empty = toy.store.open_run(spec("first")).expect("new").run().id;
    assert!(toy.fresh().drop_run_if_empty(empty).expect("drops"));
    assert!(!toy.store.drop_run_if_empty(empty).expect("it is gone already"));

    let filled = toy.store.open_run(spec("first")).expect("new");
    assert!(!toy.store.drop_run_if_empty(empty).expect("looks"), "another run has the name now");
    for fill in [0, 1] {
        match fill {
            0 => filled.append(neurons("waiting", "zh", &[1])).expect("appends"),
            _ => filled.seal().expect("seals"),
        }
        assert!(!toy.fresh().drop_run_if_empty(filled.run().id).expect("looks"), "not sealed, then sealed");
    }
}

#[test]
fn an_import_that_failed_takes_the_empty_run_along_unless_another_is_at_work_on_it() {
    let toy = Toy::new();
    let other = toy.fresh();
    let (good, broken) = (other.open_run(spec("first")).expect("new"), toy.store.open_run(spec("first")).expect("it"));
    let job = good.job("good files", OnConflict::Refuse).expect("begins");
    let failed = broken.job("broken file", OnConflict::Refuse).expect("begins");
    assert!(!failed.give_up().expect("looks"), "the other has stored nothing yet, but will");
    assert_eq!(job.append(&many("en", 3)).expect("the run is there").new, 3);
    job.finish().expect("finishes");
    assert!(!broken.job("broken file", OnConflict::Refuse).expect("again").give_up().expect("looks"));
    assert_eq!(Contents::of(&toy.fresh()).expect("reads").facts_of("first").len(), 3);

    let alone = toy.store.open_run(spec("second")).expect("new");
    assert!(alone.job("broken file", OnConflict::Refuse).expect("begins").give_up().expect("drops"));
    assert!(!Contents::of(&toy.fresh()).expect("reads").runs.contains_key("second"));
}

#[test]
fn two_imports_that_both_failed_leave_no_run() {
    let toy = Toy::new();
    let runs = [toy.fresh().open_run(spec("first")).expect("new"), toy.store.open_run(spec("first")).expect("it")];
    let one = runs[0].job("one file", OnConflict::Refuse).expect("begins");
    let other = runs[1].job("another file", OnConflict::Refuse).expect("begins");
    assert!(!one.give_up().expect("looks"), "the other may store something yet");
    assert!(other.give_up().expect("drops"));
    assert!(Contents::of(&toy.fresh()).expect("reads").runs.is_empty());
}

#[test]
fn a_complete_run_without_entries_outlives_an_import_that_fails() {
    let toy = Toy::new();
    toy.store.open_run(spec("first")).expect("new").finish().expect("finishes");
    let run = toy.store.open_run(spec("first")).expect("it");
    assert!(!run.job("broken file", OnConflict::Refuse).expect("begins").give_up().expect("looks"));
    assert!(Contents::of(&toy.fresh()).expect("reads").runs.contains_key("first"));
}
