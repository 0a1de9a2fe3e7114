//! Facts without labels wait in the catalogue, and move to the dictionary when they are many.

use crate::contents::Contents;
use crate::toy::{Toy, fact_row, neurons, spec};
use kndb_storage::{FactBatch, OnConflict};

#[test]
fn three_thousand_facts_without_labels_are_folded_into_the_dictionary() {
    let toy = Toy::new();
    let run = toy.store.open_run(spec("run")).expect("new");
    let mut ids = Vec::new();
    for batch in 0..4_u32 {
        let names: Vec<String> = (0..800).map(|number| format!("fact {batch} {number}")).collect();
        let entries: Vec<_> = names.iter().map(|name| neurons(name, "en", &[batch, 50 + batch])).collect();
        run.append_batch(&entries, OnConflict::Refuse).expect("appends");
        let snapshot = toy.store.snapshot().expect("reads");
        ids.extend(names.into_iter().map(|name| (snapshot.fact(&name).expect("reads"), name)));
    }
    let dictionaries = toy.files().iter().filter(|name| name.ends_with(".dict")).count();
    assert_eq!(dictionaries, 1, "{:?}", toy.files());
    let snapshot = toy.fresh().snapshot().expect("reads");
    assert!(snapshot.dictionary_bytes() > 0);
    assert_eq!((snapshot.fact_count(), snapshot.unlabelled_fact_count().expect("reads")), (3_200, 3_200));
    for (id, name) in &ids {
        assert_eq!(snapshot.fact(name).expect("reads"), *id);
        assert_eq!(snapshot.external_id(id.expect("given out")).expect("reads"), name);
    }
    let before = Contents::of(&toy.store).expect("reads");
    assert_eq!(before.entries.len(), 3_200);
    let row = fact_row("fact 1 7", "P36", "en", "France", "Paris");
    toy.store.add_facts(FactBatch { facts: vec![row], ..FactBatch::default() }).expect("adds");
    let after = Contents::of(&toy.fresh()).expect("reads");
    assert_eq!(after.entries, before.entries);
    assert_eq!(after.facts.len(), 3_200);
    assert!(after.facts["fact 1 7"].contains("France"));
}

#[test]
fn folding_while_another_handle_registers_facts_loses_none() {
    let toy = Toy::new();
    let other = toy.fresh();
    std::thread::scope(|scope| {
        for (store, name) in [(&toy.store, "one"), (&other, "two")] {
            scope.spawn(move || {
                for batch in 0..6 {
                    let names: Vec<String> = (0..500).map(|number| format!("{name} {batch} {number}")).collect();
                    let names: Vec<&str> = names.iter().map(String::as_str).chain(["both"]).collect();
                    let ids = store.fact_ids(&names).expect("registers");
                    assert_eq!(store.fact_ids(&names).expect("knows"), ids);
                }
            });
        }
    });
    let contents = Contents::of(&toy.fresh()).expect("reads");
    assert_eq!(contents.facts.len(), 6_001);
}
