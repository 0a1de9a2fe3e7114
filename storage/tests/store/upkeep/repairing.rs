use super::filled;
use crate::contents::{Contents, assert_same};
use crate::damage::{Patient, copy_folder, put};
use kndb_storage::{Error, Repair, Store};
use std::path::{Path, PathBuf};

fn change(path: &Path, at: usize) {
    let mut bytes = std::fs::read(path).expect("reads");
    bytes[at] ^= 0x24;
    put(path, &bytes);
}

/// Repairs a store that is opened anew. What is there after is well, and the same as before, or lost by name.
fn repaired(patient: &Patient) -> Result<(Repair, Contents), Error> {
    let store = patient.toy.fresh();
    let planned = store.examine()?;
    let repair = store.repair()?;
    assert_eq!((&planned.lost, planned.rebuilt.len()), (&repair.lost, repair.rebuilt.len()), "what was announced");
    drop(store);
    let store = patient.toy.fresh();
    let verified = store.verify().expect("verifies");
    assert!(verified.problems.is_empty() && verified.catalogue, "{repair:?}: {:?}", verified.problems);
    assert!(store.examine()?.is_nothing(), "a repair of what is repaired");
    let contents = Contents::of(&store).expect("reads");
    for (address, stored) in &contents.entries {
        assert_eq!(Some(stored), patient.healthy.entries.get(address), "{address:?}");
    }
    for (fact, text) in contents.facts.iter().filter(|_| repair.lost.is_empty()) {
        assert_eq!(Some(text), patient.healthy.facts.get(fact));
    }
    let known = &contents.relabelled;
    assert!(patient.healthy.relabelled.is_subset(known), "which labels were replaced: {known:?}");
    let gone = patient.healthy.entries.len() - contents.entries.len();
    assert!(gone == 0 || !repair.lost.is_empty(), "{gone} entries are gone without a word");
    if !repair.is_nothing() {
        let note = store.repairs().expect("reads").expect("a note").text;
        assert!(repair.lost.iter().all(|line| note.contains(line.as_str())), "{note}");
    }
    Ok((repair, contents))
}

/// The first segment, which has scores of four facts, a set and groups.
fn segment(patient: &Patient) -> PathBuf {
    patient.files().into_iter().find(|path| path.extension().is_some_and(|end| end == "seg")).expect("a segment")
}

#[test]
fn without_damage_nothing_is_changed() {
    let patient = Patient::new();
    let store = patient.toy.fresh();
    let epoch = store.snapshot().expect("reads").epoch();
    assert!(store.repair().expect("repairs").is_nothing());
    assert_eq!(store.refresh().expect("reads").epoch(), epoch);
    assert_eq!(store.repairs().expect("reads"), None);
    assert_same(&Contents::of(&store).expect("reads"), &patient.healthy, "nothing was damaged");
}

#[test]
fn a_damaged_block_costs_its_own_entry_and_damaged_sets_cost_nothing() {
    let (mut blocks, mut sets) = (0, 0);
    let len = std::fs::metadata(segment(&Patient::new())).expect("is there").len() as usize;
    for at in (8..len).step_by(263) {
        let patient = Patient::new();
        let path = segment(&patient);
        let original = std::fs::read(&path).expect("reads");
        change(&path, at);
        let damaged = std::fs::read(&path).expect("reads");
        let (repair, contents) = repaired(&patient).expect("repairs");
        if repair.is_nothing() {
            // Bytes between sections say nothing.
            assert_eq!(original[at], 0);
            continue;
        }
        let kept = patient.toy.path.join("damaged").join(path.file_name().expect("a name"));
        assert_eq!(std::fs::read(&kept).expect("is kept"), damaged);
        let gone = patient.healthy.entries.len() - contents.entries.len();
        match (&repair.lost[..], gone) {
            ([], 0) => sets += 1,
            ([one], 1) if one.contains("fact \"") => blocks += 1,
            // Where the blocks of a part lie is told in one place.
            (lost, gone) if lost.len() == gone && lost.iter().all(|line| line.contains(" pieces: ")) => {}
            (lost, gone) => {
                assert!(lost.iter().any(|line| line.contains("not known any more")) && gone > 0, "{lost:?}")
            }
        }
    }
    assert!(blocks > 1 && sets > 1, "{blocks} {sets}");
}

#[test]
fn a_missing_segment_costs_its_entries_only() {
    let patient = Patient::new();
    std::fs::remove_file(segment(&patient)).expect("removes");
    let (repair, contents) = repaired(&patient).expect("repairs");
    let found =
        ["scores of 3 facts (en, prompt 0)", "neuron sets of 1 fact (en, prompt 0)", "groups of 1 fact (zh, prompt 0)"];
    assert_eq!(repair.lost.len(), found.len(), "{repair:?}");
    for (line, expected) in repair.lost.iter().zip(found) {
        assert!(line.starts_with(&format!("{expected} in run \"run\"")), "{line}");
    }
    assert!(contents.entries.keys().any(|address| address.0 == "half"));
    assert!(contents.entries.keys().any(|address| address.3 == "waits"));
}

#[test]
fn a_damaged_set_goes_by_name() {
    let patient = Patient::new();
    let set = patient.files().into_iter().find(|path| path.extension().is_some_and(|end| end == "set"));
    change(&set.expect("a set"), 100);
    let (repair, contents) = repaired(&patient).expect("repairs");
    assert!(matches!(&repair.lost[..], [line] if line.starts_with("saved set @s (x)")), "{repair:?}");
    assert!(contents.sets.is_empty() && contents.entries.len() == patient.healthy.entries.len());
}

#[test]
fn a_catalogue_that_is_gone_or_garbage_comes_from_the_manifest() {
    for garbage in [false, true] {
        let patient = Patient::new();
        let catalogue = patient.toy.path.join("catalogue");
        if garbage {
            std::fs::write(catalogue.join("db"), vec![0x5A; 5_000]).expect("writes");
        } else {
            std::fs::remove_dir_all(&catalogue).expect("removes");
        }
        let (repair, contents) = repaired(&patient).expect("repairs");
        assert!(repair.lost.is_empty() && repair.rebuilt[0].starts_with("catalogue, from the manifest"), "{repair:?}");
        assert_same(&contents, &patient.healthy, "all of it was in the manifest");
        assert_eq!(patient.toy.path.join("catalogue.damaged-1").exists(), garbage);
        let error = patient.toy.store.snapshot().map(drop).expect_err("another catalogue");
        assert!(matches!(error, Error::Replaced { .. }), "{error}");
    }
}

#[test]
fn damaged_manifests_come_from_the_catalogue() {
    for remove in [false, true] {
        let patient = Patient::new();
        for entry in std::fs::read_dir(patient.toy.path.join("manifests")).expect("lists") {
            let path = entry.expect("an entry").path();
            if remove {
                std::fs::remove_file(&path).expect("removes");
            } else {
                change(&path, 40);
            }
        }
        let (repair, contents) = repaired(&patient).expect("repairs");
        assert!(repair.lost.is_empty() && repair.rebuilt[0].starts_with("manifest, from the catalogue"), "{repair:?}");
        assert_same(&contents, &patient.healthy, "all of it was in the catalogue");
    }
}

#[test]
fn of_a_dictionary_all_but_the_ids_can_be_lost() {
    let len = |patient: &Patient| std::fs::metadata(dictionary(patient)).expect("is there").len() as usize;
    let (mut kept, mut refused) = (0, 0);
    for at in (8..len(&Patient::new())).step_by(41) {
        let patient = Patient::new();
        change(&dictionary(&patient), at);
        match repaired(&patient) {
            Ok((_, contents)) => {
                kept += 1;
                assert_eq!(contents.entries, patient.healthy.entries);
            }
            Err(error) => {
                refused += 1;
                assert!(matches!(&error, Error::Corrupt { .. }), "{error}");
                assert!(patient.toy.fresh().repairs().expect("reads").is_none(), "nothing was done");
            }
        }
    }
    assert!(kept > 3 && refused > 3, "{kept} {refused}");
}

fn dictionary(patient: &Patient) -> PathBuf {
    patient.files().into_iter().find(|path| path.extension().is_some_and(|end| end == "dict")).expect("a dictionary")
}

#[test]
fn what_is_damaged_in_several_places_is_repaired_at_once() {
    let patient = Patient::new();
    change(&segment(&patient), 40);
    std::fs::remove_dir_all(patient.toy.path.join("catalogue")).expect("removes");
    let (repair, contents) = repaired(&patient).expect("repairs");
    assert_eq!((repair.lost.len(), repair.rebuilt.len()), (1, 1), "{repair:?}");
    assert_eq!(contents.entries.len(), patient.healthy.entries.len() - 1);
    // It is written to as before.
    let store = Store::open(&patient.toy.path).expect("opens");
    store.compact().expect("compacts");
    assert!(store.verify().expect("verifies").problems.is_empty());
}

#[test]
fn a_run_that_lost_entries_says_so_until_they_are_there_again_wherever_it_goes() {
    let toy = filled();
    let good = toy.path.with_file_name("good");
    copy_folder(&toy.path, &good);
    let name = toy.files().into_iter().find(|name| name.ends_with(".seg")).expect("a segment");
    let path = toy.path.join("files").join(name);
    // Of the scores, which lie first, one block.
    change(&path, 40);
    let store = toy.fresh();
    assert_eq!(store.repair().expect("repairs").lost.len(), 1);
    let losses = |store: &Store| {
        let snapshot = store.refresh().expect("reads");
        snapshot.run_named("run").and_then(|run| snapshot.losses(run.id)).map(|losses| losses.to_string())
    };
    let said = losses(&store).expect("it lost one");
    assert!(said.contains("run \"run\" has lost 1 entry to damage (en 1)"), "{said}");
    let beside = |name: &str| toy.path.with_file_name(name);
    store.copy_run("run", beside("copied"), "run", &mut |_, _, _| {}).expect("copies");
    Store::merge(beside("merged"), std::slice::from_ref(&store), &mut |_, _, _| {}).expect("merges");
    store.backup(beside("backup"), &mut |_, _| {}).expect("backs up");
    let repairs = |path: &Path| {
        let repairs = Store::open(path).expect("opens").repairs().expect("reads").unwrap_or_default();
        (repairs.lost, repairs.brought_back)
    };
    store.compact().expect("compacts");
    for path in [beside("copied"), beside("merged"), beside("backup"), toy.path.clone()] {
        let store = Store::open(&path).expect("opens");
        assert_eq!(losses(&store).as_ref(), Some(&said), "{}", path.display());
        let repaired = store.examine().expect("reads");
        assert!(repaired.is_nothing(), "{repaired:?}");
        let (told, back) = repairs(&path);
        assert!(told <= 1 && back == 0, "stores that it was copied to were not repaired");
        Store::merge(&path, &[Store::open(&good).expect("opens")], &mut |_, _, _| {}).expect("merges");
        assert_eq!(losses(&store), None, "it has them again");
        assert_eq!(repairs(&path), (0, told), "{}", path.display());
    }
    assert_eq!(repairs(&toy.path), (0, 1));
}

#[test]
fn what_was_lost_and_imported_anew_is_told_as_brought_back_and_the_old_backup_is_good_again() {
    let toy = filled();
    let backup = toy.path.with_file_name("backup");
    toy.store.backup(&backup, &mut |_, _| {}).expect("backs up");
    let name = toy.files().into_iter().find(|name| name.ends_with(".seg")).expect("a segment");
    change(&toy.path.join("files").join(name), 40);
    let store = toy.fresh();
    let repair = store.repair().expect("repairs");
    assert_eq!(repair.lost.len(), 1);
    store.backup(&backup, &mut |_, _| {}).expect_err("it has what was lost");
    let run = store.open_run(crate::toy::spec("run")).expect("is there");
    let job = run.job("again", kndb_storage::OnConflict::Skip).expect("begins");
    job.append(&crate::toy::many("en", 4)).expect("appends");
    job.finish_with_run().expect("finishes");
    let repairs = store.repairs().expect("reads").expect("a note");
    assert_eq!((repairs.lost, repairs.brought_back), (0, 1));
    let text = repairs.text;
    assert!(text.contains(&format!("brought back: {}", repair.lost[0])) && !text.contains("lost: "), "{text}");
    store.backup(&backup, &mut |_, _| {}).expect("nothing of it is lost");
}

#[test]
fn entries_of_which_not_even_the_facts_are_known_are_counted_for_good() {
    let patient = Patient::new();
    std::fs::remove_file(segment(&patient)).expect("removes");
    let (_, _) = repaired(&patient).expect("repairs");
    let store = patient.toy.fresh();
    let counted = |store: &Store| {
        let snapshot = store.refresh().expect("reads");
        snapshot.run_named("run").and_then(|run| snapshot.losses(run.id)).map(|losses| losses.languages)
    };
    let expected = Some(vec![("en".to_owned(), 4), ("zh".to_owned(), 1)]);
    assert_eq!(counted(&store), expected);
    let snapshot = store.snapshot().expect("reads");
    let said = snapshot.losses(snapshot.run_named("run").expect("is there").id).expect("it lost some");
    assert_eq!(said.unknown, 5);
    assert!(said.to_string().contains("has lost at least 5 entries to damage (en 4, zh 1)"), "{said}");
    // The catalogue comes from the manifest now, which says it, too.
    std::fs::remove_dir_all(patient.toy.path.join("catalogue")).expect("removes");
    let (_, _) = repaired_again(&patient);
    assert_eq!(counted(&patient.toy.fresh()), expected);
    patient.toy.fresh().drop_run("run").expect("drops");
    let run = patient.toy.fresh().open_run(crate::toy::spec("run")).expect("a new one");
    run.finish().expect("finishes");
    assert_eq!(counted(&patient.toy.fresh()), None, "another run of that name lost nothing");
}

fn repaired_again(patient: &Patient) -> (Repair, Store) {
    let store = patient.toy.fresh();
    (store.repair().expect("repairs"), store)
}

#[test]
fn entries_that_waited_are_lost_by_name() {
    let patient = Patient::new();
    for entry in std::fs::read_dir(patient.toy.path.join("manifests")).expect("lists") {
        let path = entry.expect("an entry").path();
        if path.extension().is_some() {
            std::fs::remove_file(&path).expect("removes");
        }
    }
    std::fs::remove_dir_all(patient.toy.path.join("catalogue")).expect("removes");
    let (repair, contents) = repaired(&patient).expect("repairs");
    let gone = patient.healthy.entries.len() - contents.entries.len();
    assert!(gone > 1 && repair.lost.len() == gone, "{repair:?}");
    for fact in ["waits", "fact-0002"] {
        assert!(repair.lost.iter().any(|line| line.contains(&format!("fact {fact:?} ("))), "{repair:?}");
    }
}

#[test]
fn a_segment_that_no_manifest_tells_of_had_at_least_one_entry() {
    let patient = Patient::new();
    std::fs::remove_file(segment(&patient)).expect("removes");
    std::fs::remove_dir_all(patient.toy.path.join("manifests")).expect("removes");
    patient.toy.fresh().repair().expect("repairs");
    let snapshot = patient.toy.fresh().snapshot().expect("reads");
    let run = snapshot.run_named("run").expect("is there").id;
    let said = snapshot.losses(run).expect("it lost some").to_string();
    assert!(said.contains("has lost at least 1 entry to damage (? 1)"), "{said}");
    assert!(said.contains("of 1 of them nobody knows whose they were, so these count for good"), "{said}");
}
