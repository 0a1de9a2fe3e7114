use super::{assert_holds, filled, save};
use crate::contents::{Contents, assert_same};
use crate::damage::{copy_folder, put};
use crate::toy::{Toy, many, scores, spec};
use kndb_storage::{BackedUp, Error, OnConflict, RunSpec, Store};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

fn backup(toy: &Toy, to: &Path) -> BackedUp {
    toy.store.backup(to, &mut |_, _| {}).expect("backs up")
}

fn place(toy: &Toy) -> PathBuf {
    toy.path.with_file_name("backup")
}

#[test]
fn a_backup_is_a_store_with_all_that_was_there() {
    let toy = filled();
    let (to, healthy) = (place(&toy), Contents::of(&toy.store).expect("reads"));
    let done = backup(&toy, &to);
    assert_eq!((done.copied, done.kept, done.removed), (toy.files().len() as u64, 0, 0));
    assert_eq!(done.commit, toy.store.snapshot().expect("reads").epoch());
    assert_holds(&to, &healthy, "a backup");
    // It is written to like any other.
    let run = Store::open(&to).expect("opens").open_run(spec("open")).expect("there");
    run.append(scores("more", "en", 1)).expect("appends");
    run.finish().expect("finishes");
}

#[test]
fn a_second_backup_copies_what_is_new_and_removes_what_is_gone() {
    let toy = filled();
    let to = place(&toy);
    let first = backup(&toy, &to);
    let again = backup(&toy, &to);
    assert_eq!((again.copied, again.kept, again.commit), (0, first.copied, first.commit));
    let more = toy.store.open_run(spec("more")).expect("new");
    more.append_batch(&many("en", 3), OnConflict::Refuse).expect("appends");
    more.finish().expect("finishes");
    save(&toy.store, 5);
    let second = backup(&toy, &to);
    assert_eq!((second.copied, second.kept, second.removed), (2, first.copied - 1, 1), "a segment and a set are new");
    let healthy = Contents::of(&toy.store).expect("reads");
    assert_holds(&to, &healthy, "the second backup");
    let names = |path: &Path| -> Vec<_> {
        let entries = std::fs::read_dir(path.join("files")).expect("lists");
        let mut names: Vec<_> = entries.map(|entry| entry.expect("an entry").file_name()).collect();
        names.sort();
        names
    };
    assert_eq!(names(&to), names(&toy.path));
}

#[test]
fn a_backup_is_the_store_at_one_commit_while_others_write() {
    let toy = filled();
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let run = toy.store.open_run(spec("busy")).expect("new");
            for number in 0_u64.. {
                run.append(scores(&format!("busy-{number}"), "en", number)).expect("appends");
                if number % 5 == 4 {
                    run.seal().expect("seals");
                    toy.store.compact_run("busy").expect("compacts");
                }
                if stop.load(Ordering::Relaxed) {
                    break;
                }
            }
        });
        for _ in 0..4 {
            let done = backup(&toy, &place(&toy));
            let copy = Store::open(place(&toy)).expect("opens");
            assert!(copy.verify().expect("verifies").problems.is_empty());
            let held = Contents::of(&copy).expect("reads");
            // Each append names its fact in a commit before: numbers of entries have no gap.
            let busy = held.entries.keys().filter(|address| address.0 == "busy").count();
            for number in 0..busy {
                let fact = format!("busy-{number}");
                assert!(
                    held.entries.keys().any(|address| address.3 == fact),
                    "{fact} of {busy}, commit {}",
                    done.commit
                );
            }
        }
        stop.store(true, Ordering::Relaxed);
    });
    backup(&toy, &place(&toy));
    assert_holds(&place(&toy), &Contents::of(&toy.store).expect("reads"), "the last backup");
}

#[test]
fn a_backup_that_was_ended_anywhere_goes_on() {
    let toy = filled();
    let healthy = Contents::of(&toy.store).expect("reads");
    // What a kill leaves after so many files; the copy is no store before its end.
    for files in 0..toy.files().len() {
        let to = toy.path.with_file_name(format!("backup-{files}"));
        let mut passed = 0;
        let ended = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            toy.store.backup(&to, &mut |done, _| {
                passed += usize::from(done == 0 || passed > 0);
                assert!(passed <= 2 * files, "killed");
            })
        }));
        assert!(ended.is_err());
        assert!(Store::open(&to).is_err(), "half a backup opens");
        let done = backup(&toy, &to);
        assert_eq!(done.copied + done.kept, toy.files().len() as u64);
        assert_holds(&to, &healthy, "a backup that went on");
    }
}

#[test]
fn other_folders_and_other_stores_take_no_backup() {
    let (toy, other) = (filled(), filled());
    let refused = |to: &Path, found: &str| {
        let before = std::fs::read_dir(to).map(Iterator::count).ok();
        match toy.store.backup(to, &mut |_, _| {}) {
            Err(error @ Error::Backup { .. }) => assert!(error.to_string().contains(found), "{error}"),
            other => panic!("{other:?}"),
        }
        assert_eq!(std::fs::read_dir(to).map(Iterator::count).ok(), before, "something was written");
    };
    refused(&toy.path, "the store itself");
    refused(&toy.path.join("files").join("backup"), "the store itself");
    refused(&other.path, "a store that is no backup");
    let full = toy.path.with_file_name("full");
    std::fs::create_dir(&full).expect("a folder");
    std::fs::write(full.join("letter"), "dear").expect("writes");
    refused(&full, "a folder with other files");
    backup(&other, &place(&other));
    refused(&place(&other), "a backup of store");
    // A copy of the same store by other means may have gone its own way.
    let copy = toy.path.with_file_name("copy");
    copy_folder(&toy.path, &copy);
    refused(&copy, "a store that is no backup");
}

#[test]
fn a_backup_that_is_later_or_was_written_to_is_refused() {
    let toy = filled();
    let (to, old) = (place(&toy), toy.path.with_file_name("old"));
    copy_folder(&toy.path, &old);
    save(&toy.store, 4);
    backup(&toy, &to);
    let earlier = Store::open(&old).expect("opens").backup(&to, &mut |_, _| {}).expect_err("later");
    assert!(earlier.to_string().contains("later"), "{earlier}");
    save(&toy.store, 6);
    save(&toy.store, 7);
    save(&Store::open(&to).expect("opens"), 5);
    let own = toy.store.backup(&to, &mut |_, _| {}).expect_err("written to");
    assert!(own.to_string().contains("made in the backup itself"), "{own}");
}

#[test]
fn damage_does_not_get_into_a_backup() {
    let toy = filled();
    let to = place(&toy);
    backup(&toy, &to);
    let healthy = Contents::of(&toy.store).expect("reads");
    let more = toy.store.open_run(spec("more")).expect("new");
    more.append_batch(&many("en", 3), OnConflict::Refuse).expect("appends");
    more.finish().expect("finishes");
    let newest = toy.path.join("files").join(toy.files().last().expect("files"));
    let mut bytes = std::fs::read(&newest).expect("reads");
    bytes[64] ^= 1;
    put(&newest, &bytes);
    let error = toy.store.backup(&to, &mut |_, _| {}).expect_err("damaged");
    assert!(error.to_string().contains(&newest.display().to_string()), "{error}");
    assert_holds(&to, &healthy, "the earlier backup");
}

#[test]
fn a_backup_in_the_store_s_place_is_noticed_by_who_has_it_open() {
    let toy = filled();
    let to = place(&toy);
    backup(&toy, &to);
    // Both go on: the open handle knows a later commit than the backup has.
    save(&toy.store, 4);
    save(&toy.store, 5);
    toy.store.snapshot().expect("reads");
    let restored = Store::open(&to).expect("opens");
    for members in 6..12 {
        save(&restored, members);
    }
    drop(restored);
    std::fs::rename(&toy.path, toy.path.with_file_name("lost")).expect("renames");
    std::fs::rename(&to, &toy.path).expect("renames");
    for refused in [toy.store.snapshot().map(drop), toy.store.drop_set("s")] {
        let error = refused.expect_err("another store");
        assert!(matches!(error, Error::Replaced { .. }), "{error}");
    }
    assert_same(
        &Contents::of(&toy.fresh()).expect("reads"),
        &Contents::of(&toy.fresh()).expect("reads"),
        "opened again, it reads",
    );
}

/// What a kill leaves of the catalogue's commit of a second backup: `epoch` says that it has begun.
fn with_the_epoch(path: &Path, begun: u64) {
    put(&path.join("epoch"), format!("{begun:020}+").as_bytes());
}

#[test]
fn a_second_backup_that_was_killed_in_its_commit_leaves_the_first_readable_and_goes_on() {
    let toy = filled();
    let to = place(&toy);
    let first = backup(&toy, &to);
    let before = Contents::of(&toy.store).expect("reads");
    (4..9).for_each(|members| save(&toy.store, members));
    let earlier = toy.path.with_file_name("earlier");
    copy_folder(&to, &earlier);
    let announced = announced(&toy, &to);
    assert_eq!(announced, first.commit + 1, "what is said to be begun is next to what is there");
    // Before sled's batch, and after it without a manifest.
    for name in ["catalogue", "manifests"] {
        let killed = toy.path.with_file_name(format!("killed-{name}"));
        copy_folder(&earlier, &killed);
        if name == "manifests" {
            std::fs::remove_dir_all(killed.join("catalogue")).expect("removes");
            copy_folder(&to.join("catalogue"), &killed.join("catalogue"));
            for file in std::fs::read_dir(to.join("files")).expect("lists").flatten() {
                std::fs::copy(file.path(), killed.join("files").join(file.file_name())).expect("copies");
            }
        }
        let note = std::fs::read_to_string(earlier.join("backup")).expect("reads");
        let coming = note.replace(&format!("coming {}", first.commit), &format!("coming {}", first.commit + 5));
        put(&killed.join("backup"), coming.as_bytes());
        with_the_epoch(&killed, announced);
        let reader = Store::open_read_only(&killed).expect("opens");
        assert_same(&Contents::of(&reader).expect("reads"), &before, "the first backup");
        drop(reader);
        backup(&toy, &killed);
        assert_holds(&killed, &Contents::of(&toy.store).expect("reads"), "the backup that went on");
    }
}

/// Makes the second backup, whose manifest cannot be written: what its commit wrote to `epoch` stays.
fn announced(toy: &Toy, to: &Path) -> u64 {
    let commit = toy.store.snapshot().expect("reads").epoch();
    let in_the_way = to.join("manifests").join(format!("{commit:020}.tmp"));
    std::fs::create_dir(&in_the_way).expect("a folder");
    toy.store.backup(to, &mut |_, _| {}).expect_err("a folder has the name");
    let epoch = std::fs::read_to_string(to.join("epoch")).expect("reads");
    std::fs::remove_dir(&in_the_way).expect("removes");
    epoch.strip_suffix('+').and_then(|number| number.parse().ok()).expect("begun")
}

#[test]
fn a_backup_of_another_copy_of_the_store_is_refused_whatever_the_numbers_say() {
    for commits in [1, 9] {
        let toy = filled();
        let (to, other) = (place(&toy), toy.path.with_file_name("other"));
        backup(&toy, &to);
        copy_folder(&toy.path, &other);
        save(&toy.store, 4);
        backup(&toy, &to);
        let healthy = Contents::of(&toy.store).expect("reads");
        let other = Store::open(&other).expect("opens");
        (0..commits).for_each(|number| save(&other, 10 + number));
        let error = other.backup(&to, &mut |_, _| {}).expect_err("it went its own way").to_string();
        assert!(error.contains("another folder"), "{error}");
        assert_holds(&to, &healthy, "the backup");
        (0..20).for_each(|members| save(&toy.store, members));
        backup(&toy, &to);
        // A backup that is the store from now on has its past.
        let restored = Store::open(&to).expect("opens");
        let third = toy.path.with_file_name("third");
        backup(&toy, &third);
        save(&restored, 3);
        restored.backup(&third, &mut |_, _| {}).expect("the same store, later");
    }
}

#[test]
fn a_commit_s_mark_is_made_up_for_where_it_was_not_written_down() {
    let toy = filled();
    let to = place(&toy);
    backup(&toy, &to);
    std::fs::remove_file(toy.path.join("history")).expect("removes");
    save(&toy.store, 4);
    backup(&toy, &to);
    save(&toy.store, 5);
    std::fs::remove_file(toy.path.join("history")).expect("removes");
    let error = toy.store.backup(&to, &mut |_, _| {}).expect_err("its past is gone").to_string();
    assert!(error.contains("not known to be in this store's past"), "{error}");
}

#[test]
fn a_backup_that_has_what_a_repair_lost_is_not_replaced() {
    let toy = filled();
    let to = place(&toy);
    backup(&toy, &to);
    let healthy = Contents::of(&toy.store).expect("reads");
    let segment = toy.files().into_iter().find(|name| name.ends_with(".seg")).expect("a segment");
    std::fs::remove_file(toy.path.join("files").join(segment)).expect("removes");
    assert!(!toy.fresh().repair().expect("repairs").lost.is_empty());
    let error = toy.fresh().backup(&to, &mut |_, _| {}).expect_err("it would lose them").to_string();
    assert!(error.contains("run \"run\"") && error.contains("another folder"), "{error}");
    assert_holds(&to, &healthy, "the backup from before");
    // Another folder takes it, and that one goes on being the repaired store's.
    let another = toy.path.with_file_name("another");
    for members in [6, 7] {
        toy.fresh().backup(&another, &mut |_, _| {}).expect("backs up");
        save(&toy.fresh(), members);
    }
}

#[test]
fn a_second_backup_at_the_same_moment_hears_of_the_first() {
    let toy = filled();
    let to = place(&toy);
    let mut refusals = 0;
    let first = toy.store.backup(&to, &mut |_, _| {
        let error = toy.fresh().backup(&to, &mut |_, _| {}).expect_err("the first is at work").to_string();
        assert!(error.contains("another backup at work there"), "{error}");
        // What the first has not written yet.
        std::fs::rename(to.join("backup"), to.join("note")).expect("renames");
        let error = toy.fresh().backup(&to, &mut |_, _| {}).expect_err("the first is at work").to_string();
        std::fs::rename(to.join("note"), to.join("backup")).expect("renames");
        assert!(error.contains("another backup at work there"), "{error}");
        refusals += 1;
    });
    first.expect("backs up");
    assert!(refusals > 0);
}

/// The number 0.3 with its sign bit set says *more than 0.3*. Earlier code wrote the next number above 0.3.
fn as_earlier_code_wrote_it(toy: &Toy) {
    let commit = toy.store.refresh().expect("reads").epoch();
    let path = toy.path.join("manifests").join(format!("{commit:020}"));
    let mut bytes = std::fs::read(&path).expect("reads");
    let at = bytes.windows(8).position(|bytes| bytes == (-0.3_f64).to_le_bytes()).expect("the share");
    bytes[at..at + 8].copy_from_slice(&0.3_f64.next_up().to_le_bytes());
    let trailer = bytes.len() - 40;
    let directory = u64::from_le_bytes(bytes[trailer..trailer + 8].try_into().expect("eight")) as usize;
    let sum = xxhash_rust::xxh3::xxh3_64(&bytes[directory..trailer]);
    bytes[trailer + 16..trailer + 24].copy_from_slice(&sum.to_le_bytes());
    put(&path, &bytes);
    // And the mark of these bytes.
    let mut marks = std::fs::read(toy.path.join("history")).expect("reads");
    let last = marks.len() - 8;
    marks[last..].copy_from_slice(&7_u64.to_le_bytes());
    put(&toy.path.join("history"), &marks);
}

#[test]
fn a_store_whose_manifest_is_of_earlier_code_is_backed_up_again_and_again() {
    let toy = filled();
    let strict = RunSpec { prompt_share: 0.3, prompt_share_strict: true, ..spec("strict") };
    drop(toy.store.open_run(strict).expect("new"));
    as_earlier_code_wrote_it(&toy);
    let to = place(&toy);
    for members in 4..7 {
        toy.fresh().backup(&to, &mut |_, _| {}).expect("backs up");
        toy.fresh().backup(&to, &mut |_, _| {}).expect("the same commit");
        save(&toy.fresh(), members);
    }
    toy.fresh().backup(&to, &mut |_, _| {}).expect("backs up");
    assert_holds(&to, &Contents::of(&toy.fresh()).expect("reads"), "the last backup");
}
