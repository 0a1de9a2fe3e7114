//! Who fills a run: alone, or with others of a kind.

use crate::toy::{Toy, scores, spec};
use kndb_storage::{Claim, Error, Store};

#[test]
fn one_claim_alone_keeps_every_other_out_until_it_is_dropped() {
    let toy = Toy::new();
    let first = toy.store.claim_run("run", Claim::Alone, "the first").expect("nobody has it");
    for claim in [Claim::Alone, Claim::Together] {
        // Another handle, as another process has.
        let error = toy.fresh().claim_run("run", claim, "the second").expect_err("it is taken");
        let expected = format!(
            "run \"run\" is being filled already, by the first, process {}; nothing was begun here",
            std::process::id()
        );
        assert!(matches!(&error, Error::RunClaimed { run, .. } if run == "run"));
        // Windows locks the text, too.
        if cfg!(unix) {
            assert_eq!(error.to_string(), expected);
        }
    }
    toy.store.claim_run("another", Claim::Alone, "the second").expect("another run is free");
    drop(first);
    toy.fresh().claim_run("run", Claim::Alone, "the second").expect("it was let go");
}

#[test]
fn claims_together_keep_out_only_who_wants_to_be_alone() {
    let toy = Toy::new();
    let claims = ["one", "two"].map(|by| toy.fresh().claim_run("run", Claim::Together, by).expect("together"));
    toy.store.claim_run("run", Claim::Alone, "three").expect_err("two have it");
    let [one, two] = claims;
    drop(one);
    toy.store.claim_run("run", Claim::Alone, "three").expect_err("one has it");
    drop(two);
    toy.store.claim_run("run", Claim::Alone, "three").expect("nobody has it");
}

#[test]
fn a_claim_is_no_matter_to_readers_and_writers() {
    let toy = Toy::new();
    let _claim = toy.store.claim_run("run", Claim::Alone, "the first").expect("nobody has it");
    let run = toy.fresh().open_run(spec("run")).expect("a run");
    run.append(scores("f1", "en", 1)).expect("appends");
    assert_eq!(toy.fresh().snapshot().expect("reads").slots().count(), 1);
    assert!(toy.store.verify().expect("reads").problems.is_empty());
}

#[test]
fn a_run_may_have_any_name() {
    let toy = Toy::new();
    for name in ["../../x", "a/b", "C:\\x", "首都", &"n".repeat(900)] {
        toy.store.claim_run(name, Claim::Alone, "a job").unwrap_or_else(|error| panic!("{name}: {error}"));
    }
}

#[test]
fn who_may_only_read_claims_nothing() {
    let toy = Toy::new();
    let reader = Store::open_read_only(&toy.path).expect("opens");
    let error = reader.claim_run("run", Claim::Together, "a test").expect_err("refused");
    assert!(matches!(error, Error::ReadOnly { .. }), "{error}");
    assert!(!toy.path.join("claims").exists(), "nothing was written");
}
