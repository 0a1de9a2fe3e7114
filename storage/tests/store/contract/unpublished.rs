//! What a killed writer has committed and not published: whoever writes next sees it before deciding anything.

use crate::toy::{Toy, many, scores, spec};
use kndb_storage::{Entry, Error, OnConflict, Store};

/// A commit that is durable in the catalogue and has no manifest, as a kill between the two leaves it.
fn unpublished(toy: &Toy, change: impl FnOnce(&Store) -> Result<(), Error>) {
    let commit = toy.store.refresh().expect("reads").epoch() + 1;
    let in_the_way = toy.path.join("manifests").join(format!("{commit:020}.tmp"));
    std::fs::create_dir(&in_the_way).expect("a folder");
    let error = change(&toy.fresh()).expect_err("the manifest cannot be written");
    assert!(matches!(error, Error::Unpublished { .. }), "{error}");
    std::fs::remove_dir(&in_the_way).expect("removes");
}

/// A store with a run, and another that only the catalogue has.
fn with_an_unpublished_run() -> Toy {
    let toy = Toy::new();
    let run = toy.store.open_run(spec("run")).expect("new");
    run.append_batch(&many("en", 3), OnConflict::Refuse).expect("appends");
    unpublished(&toy, |store| store.open_run(spec("late")).map(drop));
    toy
}

#[test]
fn every_writer_s_first_look_has_what_a_killed_one_committed() {
    type Write = fn(&Store) -> Result<bool, Error>;
    let writes: [(&str, Write); 5] = [
        ("rename", |store| store.rename_run("late", "later").map(|_| true)),
        ("compact", |store| store.compact_run("late").map(|()| true)),
        ("drop", |store| store.drop_run("late").map(|_| true)),
        ("open", |store| Ok(store.open_run(spec("late"))?.run().id.0 == 2)),
        ("clean up", |store| store.drop_abandoned_runs().map(|dropped| dropped == 0)),
    ];
    for (what, write) in writes {
        let toy = with_an_unpublished_run();
        let store = toy.fresh();
        assert!(store.snapshot().expect("reads").run_named("late").is_none(), "readers claim nothing");
        assert!(write(&store).unwrap_or_else(|error| panic!("{what}: {error}")), "{what}");
        let named = |run: &str| store.snapshot().expect("reads").run_named(run).is_some();
        assert_eq!((named("late"), named("later")), (!matches!(what, "rename" | "drop"), what == "rename"), "{what}");
    }
}

#[test]
fn an_entry_that_was_not_published_is_refused_before_anything_is_named_for_those_beside_it() {
    let toy = with_an_unpublished_run();
    let late = |fact: &str, language: &str| -> Entry { scores(fact, language, 5) };
    for (fact, language) in [("named", "zh"), ("other", "fr")] {
        toy.store.open_run(spec("late")).expect("is there").append(late(fact, language)).expect("appends");
    }
    let again = toy.store.open_run(spec("late")).expect("is there");
    unpublished(&toy, |_| again.append_batch(&[late("named", "en")], OnConflict::Refuse).map(drop));
    let store = toy.fresh();
    let run = store.open_run(spec("late")).expect("is there");
    // Looked at by a handle that has the run already, too.
    unpublished(&toy, |other| {
        other.open_run(spec("late"))?.append_batch(&[late("named", "fr")], OnConflict::Refuse).map(drop)
    });
    for language in ["en", "fr"] {
        let batch = [late("named", language), late("new", language)];
        let error = run.append_batch(&batch, OnConflict::Refuse).expect_err("one is there");
        assert!(matches!(error, Error::FactExists { count: 1, .. }), "{error}");
    }
    assert_eq!(store.snapshot().expect("reads").fact("new").expect("reads"), None, "nothing was named");
}

#[test]
fn what_is_published_late_is_not_looked_for_again() {
    let toy = with_an_unpublished_run();
    toy.store.open_run(spec("late")).expect("is there");
    let epoch = std::fs::read_to_string(toy.path.join("epoch")).expect("reads");
    assert!(epoch.ends_with('\n'), "{epoch}: the commit is done");
}
