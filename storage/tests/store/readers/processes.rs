//! Readers in other processes.

use crate::child::{Player, hear, say};
use crate::contents::Contents;
use crate::toy::{Toy, eventually, many, neurons, scores, spec};
use kndb_storage::{OnConflict, Snapshot, Store};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::Path;

fn digest(snapshot: &Snapshot) -> String {
    let mut hasher = DefaultHasher::new();
    format!("{:?}", Contents::of_snapshot(snapshot).expect("reads")).hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}

/// Holds a snapshot and says what it looks like; `new` takes a new one, `let go` holds none.
pub fn look(path: &Path) {
    let store = Store::open(path).expect("opens");
    let mut held = Some(store.snapshot().expect("reads"));
    while let Some(line) = hear() {
        match line.as_str() {
            "new" => held = Some(store.snapshot().expect("reads")),
            "let go" => {
                held = None;
                store.collect_garbage().expect("collects");
            }
            _ => {}
        }
        say(&held.as_ref().map_or_else(|| "nothing".to_owned(), |snapshot| digest(snapshot)));
    }
}

#[test]
fn a_snapshot_in_another_process_stays_and_a_new_one_is_new() {
    let toy = Toy::new();
    let run = toy.store.open_run(spec("run")).expect("new");
    run.append_batch(&many("en", 5), OnConflict::Refuse).expect("appends");
    run.seal().expect("seals");
    run.append(neurons("waits", "en", &[3])).expect("appends");
    let before = digest(&toy.store.snapshot().expect("reads"));
    let mut player = Player::start("look", &toy.path);
    let mut ask = |line: &str| {
        player.tell(line);
        player.said().expect("answers")
    };
    assert_eq!(ask("look"), before);
    for number in 0..4 {
        run.append(scores(&format!("new-{number}"), "en", number)).expect("appends");
        run.append_batch(&many("en", 2), OnConflict::Replace).expect("replaces");
        toy.store.compact().expect("compacts");
        assert_eq!(ask("look"), before);
    }
    let held = "0000000001.seg".to_owned();
    assert!(toy.files().contains(&held), "the other process reads it");
    let now = digest(&toy.store.snapshot().expect("reads"));
    assert_ne!(now, before);
    assert_eq!(ask("new"), now);
    assert_eq!(ask("let go"), "nothing");
    eventually("the file that nobody reads is gone", || {
        toy.store.collect_garbage().expect("collects");
        !toy.files().contains(&held)
    });
    assert_eq!(ask("new"), now);
    player.end();
}

#[test]
fn a_reader_that_is_killed_holds_nothing() {
    let toy = Toy::new();
    let run = toy.store.open_run(spec("run")).expect("new");
    run.append_batch(&many("en", 5), OnConflict::Refuse).expect("appends");
    run.seal().expect("seals");
    let mut player = Player::start("look", &toy.path);
    player.tell("look");
    player.said().expect("answers");
    run.append_batch(&many("en", 5), OnConflict::Replace).expect("replaces");
    toy.store.compact().expect("compacts");
    assert!(toy.files().contains(&"0000000001.seg".to_owned()), "the other process reads it");
    player.process.kill().expect("kills");
    player.process.wait().expect("ends");
    eventually("one file is left", || {
        toy.store.collect_garbage().expect("collects");
        toy.files().len() == 1
    });
    assert_eq!(Contents::of(&toy.store).expect("reads").entries.len(), 5);
}
