//! Writers at the same time, in several processes.

use crate::child::{Player, say};
use crate::contents::Contents;
use crate::toy::{Toy, scores, spec};
use kndb_storage::{OnConflict, Store};
use std::path::Path;

/// Appends 10 facts one by one and 10 at once, and says which.
pub fn append(path: &Path) {
    let store = Store::open(path).expect("opens");
    let run = store.open_run(spec("run")).expect("the same");
    let own = std::process::id();
    for number in 0..10 {
        let fact = format!("{own}-{number}");
        run.append(scores(&fact, "en", number)).expect("appends");
        say(&fact);
    }
    let batch: Vec<_> = (10..20).map(|number| scores(&format!("{own}-{number}"), "en", number)).collect();
    run.append_batch(&batch, OnConflict::Refuse).expect("appends");
    run.seal().expect("seals");
    for entry in batch {
        say(&entry.fact);
    }
}

#[test]
fn two_processes_and_this_one_write_at_the_same_time() {
    let toy = Toy::new();
    let run = toy.store.open_run(spec("run")).expect("new");
    let mut players = [Player::start("append", &toy.path), Player::start("append", &toy.path)];
    let mut written = Vec::new();
    for number in 0..10 {
        let fact = format!("own-{number}");
        run.append(scores(&fact, "en", number)).expect("appends");
        written.push(fact);
    }
    for player in &mut players {
        while let Some(fact) = player.said() {
            written.push(fact);
        }
    }
    players.into_iter().for_each(Player::end);
    assert_eq!(written.len(), 50);
    written.sort();
    for store in [&toy.store, &toy.fresh()] {
        let contents = Contents::of(store).expect("reads");
        assert_eq!(contents.facts_of("run"), written);
    }
    assert!(toy.store.verify().expect("verifies").problems.is_empty());
}
