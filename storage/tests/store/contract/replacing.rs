//! A replaced entry is gone from every way of reading, wherever it was.

use crate::contents::{Contents, assert_same};
use crate::toy::{Toy, dense, entry, eventually, groups, many, neurons, scores, shape, spec};
use kndb_storage::{Appended, Entry, EntryData, Neuron, OnConflict, PartKind, Snapshot};

/// Facts that have this neuron in a ready-made set, by postings, replaced entries left out.
fn facts_with(snapshot: &Snapshot, neuron: u32) -> Vec<String> {
    let mut facts = Vec::new();
    for live in snapshot.slots().flat_map(|slot| snapshot.parts(slot).expect("opens")) {
        let ids = live.part.facts().expect("reads");
        for grid in 0..live.part.taus().len() {
            let mut found = Vec::new();
            if let Some(values) = live.part.postings(grid, Neuron(neuron)).expect("reads") {
                values.push_to(0, &mut found);
            }
            for local in found.into_iter().filter(|&local| live.is_live(local)) {
                let fact = kndb_storage::FactId(u32::from_le_bytes(ids[local as usize]));
                facts.push(snapshot.external_id(fact).expect("reads").to_owned());
            }
        }
    }
    facts.sort();
    facts.dedup();
    facts
}

/// How the old entry and the new one are written.
#[derive(Clone, Copy, Debug)]
enum How {
    Waiting,
    Sealed,
    Job,
}

fn write(toy: &Toy, how: How, entries: &[Entry]) -> Appended {
    let run = toy.store.open_run(spec("run")).expect("the same");
    match how {
        How::Job => {
            let job = run.job(&format!("{entries:?}"), OnConflict::Replace).expect("begins");
            let appended = job.append(entries).expect("appends");
            job.finish().expect("finishes");
            appended
        }
        _ => {
            let appended = run.append_batch(entries, OnConflict::Replace).expect("appends");
            if matches!(how, How::Sealed) {
                run.seal().expect("seals");
            }
            appended
        }
    }
}

/// Replaces every entry of `old` that `new` names; the outcome must be that of writing the survivors only.
fn replaces(old: &[Entry], new: &[Entry], count: u64) {
    let place = |e: &Entry| (e.fact.clone(), e.language.clone(), e.prompt, matches!(e.data, EntryData::Groups(_)));
    let expected = Toy::new();
    let survivors: Vec<Entry> =
        old.iter().filter(|o| !new.iter().any(|n| place(n) == place(o))).chain(new).cloned().collect();
    write(&expected, How::Waiting, &survivors);
    // Slots and parts may be others; what is counted is the same.
    let held = |toy: &Toy| {
        let snapshot = toy.fresh().snapshot().expect("reads");
        snapshot.holds(snapshot.run_named("run").expect("is there").id).expect("counts")
    };
    let counted = held(&expected);
    let expected = Contents::of(&expected.store).expect("reads").entries;
    for (first, second) in [How::Waiting, How::Sealed, How::Job]
        .into_iter()
        .flat_map(|first| [How::Waiting, How::Sealed, How::Job].into_iter().map(move |second| (first, second)))
    {
        let toy = Toy::new();
        write(&toy, first, old);
        let snapshot = toy.store.snapshot().expect("reads");
        let before = Contents::of_snapshot(&snapshot).expect("reads");
        let appended = write(&toy, second, new);
        assert_eq!((appended.replaced, appended.new), (count, new.len() as u64 - count), "{first:?}, {second:?}");
        assert_eq!(Contents::of(&toy.fresh()).expect("reads").entries, expected, "{first:?}, {second:?}");
        assert_eq!(Contents::of(&toy.store).expect("reads").entries, expected, "{first:?}, {second:?}");
        assert_same(&Contents::of_snapshot(&snapshot).expect("reads"), &before, "an older snapshot stays");
        assert_eq!(held(&toy), counted, "{first:?}, {second:?}, counted");
        toy.store.compact().expect("compacts");
        assert_eq!(Contents::of(&toy.fresh()).expect("reads").entries, expected, "{first:?}, {second:?}, compacted");
        let snapshot = toy.fresh().snapshot().expect("reads");
        let parts = snapshot.slots().flat_map(|slot| snapshot.parts(slot).expect("opens"));
        assert!(parts.into_iter().all(|part| part.replaced.is_none()), "compaction leaves nothing replaced");
        assert!(toy.store.verify().expect("verifies").problems.is_empty());
    }
}

#[test]
fn scores_by_scores() {
    replaces(
        &many("en", 12),
        &[scores("fact-0003", "en", 77), scores("fact-0011", "en", 78), scores("new", "en", 1)],
        2,
    );
}

#[test]
fn scores_by_neurons_and_back() {
    let sets = [neurons("fact-0000", "en", &[1, 2, 3]), neurons("fact-0004", "en", &[])];
    replaces(&many("en", 6), &sets, 2);
    replaces(&sets, &many("en", 6), 2);
}

#[test]
fn groups_by_groups_without_touching_scores() {
    let old = [many("en", 3), vec![groups("fact-0000", "en", &[&[1, 2]]), groups("fact-0001", "en", &[&[5, 6, 7]])]];
    replaces(&old.concat(), &[groups("fact-0001", "en", &[&[8, 9]]), groups("fact-0002", "en", &[])], 1);
}

#[test]
fn only_in_the_language_and_prompt_named() {
    let other = |prompt, seed| entry("fact-0001", "en", prompt, EntryData::Scores(dense(seed, shape())));
    let old = [many("en", 2), many("zh", 2), vec![other(1, 5), other(2, 6)]].concat();
    replaces(&old, &[other(1, 9)], 1);
}

#[test]
fn postings_forget_the_old_set() {
    for sealed in [false, true] {
        let toy = Toy::new();
        let run = toy.store.open_run(spec("run")).expect("new");
        run.append_batch(&[neurons("a", "en", &[5, 60]), neurons("b", "en", &[5])], OnConflict::Refuse)
            .expect("appends");
        if sealed {
            run.seal().expect("seals");
        }
        run.append_batch(&[neurons("a", "en", &[60, 61])], OnConflict::Replace).expect("replaces");
        let snapshot = toy.fresh().snapshot().expect("reads");
        assert_eq!(facts_with(&snapshot, 5), ["b"]);
        assert_eq!(facts_with(&snapshot, 60), ["a"]);
        assert_eq!(facts_with(&snapshot, 61), ["a"]);
        let parts: Vec<_> = snapshot.slots().flat_map(|slot| snapshot.parts(slot).expect("opens")).collect();
        assert_eq!(parts.iter().map(|part| part.live_len()).sum::<u64>(), 2);
        assert!(parts.iter().all(|part| part.part.kind() == PartKind::Neurons));
    }
}

#[test]
fn the_same_entry_again_and_again() {
    let toy = Toy::new();
    let run = toy.store.open_run(spec("run")).expect("new");
    for round in 0..12 {
        run.append_batch(&[scores("f", "en", round), scores("g", "en", 3)], OnConflict::Replace).expect("replaces");
        if round % 3 == 2 {
            run.seal().expect("seals");
        }
        let contents = Contents::of(&toy.fresh()).expect("reads");
        let alone = Toy::new();
        alone.store.open_run(spec("run")).expect("new").append(scores("f", "en", round)).expect("appends");
        assert_eq!(contents.entry("run", "f"), Contents::of(&alone.store).expect("reads").entry("run", "f"));
        assert_eq!(contents.entries.len(), 2);
    }
    toy.store.compact().expect("compacts");
    assert_eq!(Contents::of(&toy.fresh()).expect("reads").entries.len(), 2);
    eventually("one file is left", || {
        toy.store.collect_garbage().expect("collects");
        toy.files().len() == 1
    });
}
