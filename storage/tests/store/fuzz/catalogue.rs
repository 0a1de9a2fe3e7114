//! Records of the catalogue that were made up, in a database that is sound.

use super::mutations::mutate;
use super::{Tries, read};
use crate::toy::Random;
use crate::whole::{Whole, copy};
use kndb_storage::{Error, FactBatch, Store};
use std::path::Path;

fn records(store: &Path) -> sled::Db {
    sled::Config::new().path(store.join("catalogue")).flush_every_ms(None).open().expect("opens")
}

/// Changes a value, a key, or how a table ends.
fn change(store: &Path, random: &mut Random) {
    let db = records(store);
    let all: Vec<_> = db.iter().map(|record| record.expect("reads")).collect();
    for _ in 0..1 + random.below(2) {
        let (key, value) = &all[random.below(all.len() as u64) as usize];
        let (mut new_key, mut new_value) = (key.to_vec(), value.to_vec());
        match random.below(8) {
            0 => {
                db.remove(key).expect("removes");
                continue;
            }
            1 => mutate(&mut new_key, random, true),
            2 => {
                db.remove(key).expect("removes");
                mutate(&mut new_key, random, false);
            }
            3 => new_value = all[random.below(all.len() as u64) as usize].1.to_vec(),
            _ => {
                // The first byte is the record's version.
                let mut rest = new_value.split_off(1.min(new_value.len()));
                mutate(&mut rest, random, true);
                new_value.extend(rest);
            }
        }
        db.insert(new_key, new_value).expect("inserts");
    }
    db.flush().expect("flushes");
}

/// Has the catalogue read, and changed: by then every record was believed.
fn examine(store: &Path) -> Result<(), Error> {
    let store = Store::open(store)?;
    read(&store)?;
    store.compact()?;
    store.drop_orphans()?;
    store.add_facts(FactBatch {
        facts: vec![crate::toy::fact_row("fact-0003", "P36", "en", "Spain", "Madrid")],
        ..FactBatch::default()
    })?;
    let first = store.snapshot()?.runs().next().map(|run| run.spec.name.clone());
    first.map_or(Ok(0), |name| store.drop_run(&name))?;
    read(&store)
}

#[test]
fn made_up_records_are_refused_or_read_and_nothing_panics() {
    let whole = Whole::new();
    // Without a manifest, the catalogue alone says what there is.
    for gone in ["manifests", "claims"] {
        std::fs::remove_dir_all(whole.toy.path.join(gone)).expect("removes");
    }
    std::fs::remove_file(whole.toy.path.join("epoch")).expect("removes");
    let mut tries = Tries::new(40);
    while let Some(number) = tries.next() {
        let store = copy(&whole.toy.path);
        change(store.path(), &mut Random(number));
        tries.run(number, "catalogue", || examine(store.path()));
    }
    tries.tell("catalogue records");
}
