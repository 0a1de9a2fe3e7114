//! Processes that are killed while they commit: what was acknowledged is there, nothing is half there.
//!
//! `KNDB_KILLS` sets how many are killed: `cargo xtask crash`.

mod model;
pub mod pairs;

use crate::child::{Player, hear, say};
use crate::contents::{Contents, assert_same};
use crate::toy::{Random, Toy, asked, fact_row, groups, neurons, scores, spec};
use kndb_storage::{FactBatch, OnConflict, SavedSet, Store};
use std::path::Path;
use std::time::Duration;

fn kills() -> u64 {
    asked("KNDB_KILLS", 10)
}

/// The commit with this number. Doing it twice is as good as once.
fn commit(store: &Store, number: u64) {
    let run = store.open_run(spec("run")).expect("a run");
    let fact = format!("fact-{:03}", number % 60);
    let batch = || {
        let of = |part: u64| format!("batch-{:02}-{part}", number % 9);
        vec![
            scores(&of(0), "en", number),
            neurons(&of(1), "zh", &[number as u32 % 120]),
            groups(&of(2), "en", &[&[1, 2]]),
        ]
    };
    let done = match number % 11 {
        0 | 1 => run.append_batch(&[scores(&fact, "en", number)], OnConflict::Replace).map(drop),
        2 | 3 => run.append_batch(&[neurons(&fact, "en", &[number as u32 % 100])], OnConflict::Replace).map(drop),
        4 => run.append_batch(&batch(), OnConflict::Replace).map(drop),
        5 => run.job(&number.to_string(), OnConflict::Replace).and_then(|job| {
            job.append(&batch())?;
            job.finish()
        }),
        6 => run.seal(),
        7 => {
            let row = fact_row(&fact, "P36", "en", "France", &format!("Paris {number}"));
            store.add_facts(FactBatch { facts: vec![row], ..FactBatch::default() }).map(drop)
        }
        8 => {
            let name = format!("set-{}", number % 3);
            let set =
                SavedSet { name, text: String::new(), kind: "facts".into(), runs: vec![], members: number, saved: 0 };
            store.save_set(&set, &vec![number as u8; 60_000])
        }
        9 => store.compact_run("run"),
        _ => match store.open_run(spec(&format!("passing-{number}"))).and_then(|passing| {
            passing.append_batch(&batch(), OnConflict::Replace)?;
            passing.abandon()
        }) {
            Err(kndb_storage::Error::UnknownRun { .. }) => Ok(()),
            other => other,
        },
    };
    done.expect("commits");
}

/// Commits from a number on, saying before and after which.
pub fn commit_until_killed(path: &Path) {
    let store = Store::open(path).expect("opens");
    let from: u64 = hear().expect("a number").parse().expect("a number");
    for number in from.. {
        say(&format!("try {number}"));
        commit(&store, number);
        say(&format!("done {number}"));
    }
}

/// What must agree exactly. Facts and languages are named by a commit of their own, before their entries.
fn essence(store: &Store) -> Contents {
    let mut contents = Contents::of(store).expect("reads");
    contents.facts.retain(|_, text| text.contains("Paris"));
    contents.names.clear();
    contents.runs.retain(|name, _| name == "run");
    contents.entries.retain(|address, _| address.0 == "run");
    contents
}

#[test]
fn nothing_acknowledged_is_lost_and_nothing_is_half_there() {
    let (toy, mirror) = (Toy::new(), Toy::new());
    let mut random = Random(kills());
    let mut next = 0;
    for kill in 0..kills() {
        let mut player = Player::start("commit until killed", &toy.path);
        player.tell(&next.to_string());
        let begun = next;
        let enough = 1 + random.below(8);
        let mut tried = None;
        while let Some(line) = player.said() {
            match line.split_once(' ') {
                Some(("try", number)) => tried = number.parse::<u64>().ok(),
                Some(("done", number)) => {
                    assert_eq!(number.parse(), Ok(next), "one after the other");
                    commit(&mirror.store, next);
                    next += 1;
                    tried = None;
                }
                _ => panic!("{line:?}"),
            }
            if next == begun + enough && tried.is_some() {
                // Somewhere in the middle of a commit, or of the one after.
                std::thread::sleep(Duration::from_micros(random.below(20_000)));
                player.process.kill().expect("kills");
            }
        }
        let store = toy.fresh();
        let found = essence(&store);
        if found != essence(&mirror.store) {
            // The commit that was not acknowledged may be there, but then all of it.
            assert_eq!(tried, Some(next), "kill {kill}: an acknowledged commit is not as it was");
            commit(&mirror.store, next);
            next += 1;
            assert_same(&found, &essence(&mirror.store), &format!("kill {kill}: commit {} is there in part", next - 1));
        }
        assert!(store.verify().expect("verifies").problems.is_empty());
        commit(&store, next);
        commit(&mirror.store, next);
        next += 1;
        assert_same(&essence(&toy.fresh()), &essence(&mirror.store), &format!("kill {kill}: writing goes on"));
    }
    for store in [&toy.store, &mirror.store] {
        store.compact().expect("compacts");
    }
    assert_same(&essence(&toy.fresh()), &essence(&mirror.store), "at the end");
    // Segments of imports that were killed before their end stay apart.
    assert!(toy.files().len() as u64 <= 10 + kills(), "what was half done is gone: {:?}", toy.files());
}

#[test]
fn a_snapshot_of_sled_that_was_cut_short_is_passed_over() {
    let toy = Toy::new();
    let run = toy.store.open_run(spec("run")).expect("new");
    run.append(scores("a", "en", 1)).expect("appends");
    let before = Contents::of(&toy.fresh()).expect("reads");
    let catalogue = toy.path.join("catalogue");
    let names = || std::fs::read_dir(&catalogue).expect("lists").map(|entry| entry.expect("lists").file_name());
    let whole = names().find(|name| name.to_string_lossy().starts_with("snap.")).expect("sled has written one");
    let bytes = std::fs::read(catalogue.join(whole)).expect("reads");
    for len in [0, 5, 12, 13, bytes.len() - 1, bytes.len()] {
        // As if the process had been killed while it wrote its next snapshot.
        let half = catalogue.join("snap.00000000FFFFFFFF.generating");
        std::fs::write(&half, &bytes[..len]).expect("writes");
        assert_same(&Contents::of(&toy.fresh()).expect("reads"), &before, &format!("{len} bytes"));
        run.append_batch(&[scores("a", "en", 1)], OnConflict::Replace).expect("writing goes on");
        assert!(!half.exists());
    }
    assert_same(&Contents::of(&toy.fresh()).expect("reads"), &before, "at the end");
}

#[test]
fn a_reader_that_is_killed_while_it_opens_harms_nobody() {
    let toy = Toy::new();
    let run = toy.store.open_run(spec("run")).expect("new");
    let mut random = Random(3);
    for kill in 0..kills() {
        let mut player = Player::start("look", &toy.path);
        run.append(scores(&format!("f{kill}"), "en", kill)).expect("appends");
        std::thread::sleep(Duration::from_micros(random.below(10_000)));
        player.process.kill().expect("kills");
    }
    let contents = Contents::of(&toy.fresh()).expect("reads");
    assert_eq!(contents.entries.len() as u64, kills());
}
