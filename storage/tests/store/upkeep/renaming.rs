use super::filled;
use crate::toy::{scores, spec};
use kndb_storage::{Claim, Error, RunSpec};

#[test]
fn a_renamed_run_has_its_entries_and_is_named_by_what_was_made_from_it() {
    let toy = filled();
    let from_it = RunSpec { parameters: vec![("source".into(), "run".into())], ..spec("groups") };
    toy.store.open_run(from_it).expect("new");
    let before = toy.store.snapshot().expect("reads").run_named("run").expect("there").clone();
    assert_eq!(toy.store.rename_run("run", "bert").expect("renames"), 1);
    for store in [toy.store.clone(), toy.fresh()] {
        let now = store.snapshot().expect("reads");
        let renamed = now.run_named("bert").expect("there");
        assert_eq!(renamed.spec, RunSpec { name: "bert".into(), ..before.spec.clone() });
        assert_eq!((renamed.id, renamed.finished, renamed.begun), (before.id, true, before.begun));
        assert_eq!(now.holds(renamed.id).expect("opens").attributed, 5);
        let groups = now.run_named("groups").expect("there");
        assert_eq!(groups.spec.parameters, [("source".to_owned(), "bert".to_owned())]);
        assert!(now.run_named("run").is_none());
        assert_eq!(store.saved_set("s").expect("there").0.runs, [1]);
    }
    let problems = toy.store.verify().expect("verifies").problems;
    assert!(problems.is_empty(), "{problems:?}");
}

#[test]
fn a_run_does_not_take_another_s_name_or_one_that_is_none() {
    let toy = filled();
    let refused = toy.store.rename_run("run", "open").expect_err("taken");
    assert!(matches!(refused, Error::RunExists { .. }), "{refused}");
    let refused = toy.store.rename_run("ruN", "new").expect_err("unknown");
    assert!(matches!(refused, Error::UnknownRun { .. }), "{refused}");
    for bad in ["", "a\nb"] {
        let refused = toy.store.rename_run("run", bad).expect_err("no name");
        assert!(matches!(refused, Error::Name { .. }), "{refused}");
    }
    assert_eq!(toy.store.rename_run("run", "run").expect("nothing to do"), 0);
}

#[test]
fn a_run_that_is_being_filled_is_not_renamed() {
    let toy = filled();
    for claimed in ["open", "new"] {
        let _claim = toy.store.claim_run(claimed, Claim::Together, "kndb import").expect("free");
        let refused = toy.store.rename_run("open", "new").expect_err("claimed");
        assert!(matches!(&refused, Error::RunClaimed { run, .. } if run == claimed), "{refused}");
    }
    toy.store.rename_run("open", "new").expect("free now");
    let run = toy.store.open_run(spec("new")).expect("there");
    run.append(scores("more", "en", 3)).expect("appends");
}
