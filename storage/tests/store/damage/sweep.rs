//! Every kind of damage to every file of a store: what is asked then is answered as before, or refused with file and place.
//!
//! `KNDB_DAMAGED` sets how many stores are damaged: `cargo xtask damage`.

use crate::answers::Answers;
use crate::child::tell;
use crate::toy::{Random, asked};
use crate::whole::{Whole, copy};
use kndb_storage::{Error, Options, Store};
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::sync::{Arc, Mutex};
use std::time::Duration;

const KINDS: [&str; 9] =
    ["bit", "byte", "bytes", "zeroed page", "truncated", "appended", "swapped", "deleted", "stale"];

/// What became of a damaged store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Outcome {
    /// Nothing can be read of it.
    StoreRefused,
    /// Some answers are refused, the others are right.
    AnswersRefused,
    /// All answers are right, and `verify` tells of the damage.
    Verified,
    /// All answers are right, and nothing is told: the bytes say nothing, or were made whole again.
    Same,
}

/// Damages a file of a copy of the store; says which.
fn mutilate(whole: &Whole, kind: &str, copy: &Path, random: &mut Random) -> PathBuf {
    let any = |random: &mut Random| whole.files[random.below(whole.files.len() as u64) as usize].clone();
    match kind {
        "deleted" if random.below(10) == 0 => {
            let folder = ["files", "manifests", "catalogue", "claims"][random.below(4) as usize];
            std::fs::remove_dir_all(copy.join(folder)).expect("removes");
            return folder.into();
        }
        "deleted" => {
            let file = any(random);
            std::fs::remove_file(copy.join(&file)).expect("removes");
            return file;
        }
        "stale" => return make_stale(whole, copy, random),
        _ => {}
    }
    let file = any(random);
    let path = copy.join(&file);
    let mut bytes = std::fs::read(&path).expect("reads");
    if kind == "swapped" {
        let other = copy.join(any(random));
        std::fs::copy(&path, copy.join("aside")).expect("copies");
        std::fs::copy(&other, &path).expect("copies");
        std::fs::rename(copy.join("aside"), &other).expect("renames");
        return file;
    }
    // Much of sled's file is set aside for what comes next.
    let used = bytes.iter().rposition(|&byte| byte > 8).map_or(1, |last| last as u64 + 1);
    let at = random.below(used) as usize;
    match kind {
        _ if bytes.is_empty() => bytes.push(1),
        "bit" => bytes[at] ^= 1 << random.below(8),
        "byte" => bytes[at] = bytes[at].wrapping_add(1 + random.below(255) as u8),
        "bytes" => {
            let end = bytes.len().min(at + 2 + random.below(600) as usize);
            bytes[at..end].iter_mut().for_each(|byte| *byte = random.next() as u8);
        }
        "zeroed page" => {
            let size = [512, 4_096][random.below(2) as usize];
            let begin = at / size * size;
            let end = bytes.len().min(begin + size);
            bytes[begin..end].fill(0);
        }
        "truncated" => bytes.truncate(at),
        "appended" => bytes.extend((0..1 + random.below(100)).map(|_| random.next() as u8)),
        other => panic!("{other:?} is no kind of damage"),
    }
    std::fs::write(&path, bytes).expect("writes");
    file
}

/// Puts a file, or all of sled's, in its place as it was before.
fn make_stale(whole: &Whole, copy: &Path, random: &mut Random) -> PathBuf {
    let before = whole.history[random.below(whole.history.len() as u64) as usize].path();
    let changed = |file: &&PathBuf| {
        before.join(file).exists() && std::fs::read(before.join(file)).ok() != std::fs::read(copy.join(file)).ok()
    };
    let files: Vec<_> = whole.files.iter().filter(changed).collect();
    if files.is_empty() || random.below(4) == 0 {
        let folder = copy.join("catalogue");
        std::fs::remove_dir_all(&folder).expect("removes");
        super::copy_folder(&before.join("catalogue"), &folder);
        return "catalogue".into();
    }
    let file = files[random.below(files.len() as u64) as usize];
    std::fs::copy(before.join(file), copy.join(file)).expect("copies");
    file.clone()
}

/// Whether an error says that something is damaged, and where.
fn is_told(error: &Error) -> bool {
    matches!(
        error,
        Error::Corrupt { .. } | Error::FormatVersion { .. } | Error::MissingFile { .. } | Error::NotAStore { .. }
    )
}

/// Asks a damaged store everything, verifies it, has it compacted and asks again; the reason where one answer is wrong.
fn examine(whole: &Whole, store: &Path, file: Option<&Path>, compact: bool) -> Result<Outcome, String> {
    let options = || Options { lock_timeout: Duration::from_secs(20), ..Options::default() };
    let open = || Store::open_with(store, options());
    let healthy = &whole.healthy;
    let told = |error: Error| if is_told(&error) { Ok(()) } else { Err(format!("not told as damage: {error:?}")) };
    let extension = file.and_then(Path::extension);
    let only_one = extension.is_some_and(|extension| extension == "seg" || extension == "set");
    let handle = match open() {
        Ok(handle) => handle,
        Err(error) => return told(error).map(|()| Outcome::StoreRefused),
    };
    let answers = match Answers::of(&handle) {
        Ok(answers) => answers,
        Err(error) if only_one => return Err(format!("one damaged file refuses the whole store: {error}")),
        Err(error) => return told(error).map(|()| Outcome::StoreRefused),
    };
    if let Some(wrong) = answers.wrong(healthy) {
        return Err(wrong);
    }
    if only_one && answers.runs_refused().len() > 1 {
        return Err(format!("one damaged file, and refused is something of {:?}", answers.runs_refused()));
    }
    let refused = !answers.refused.is_empty();
    answers.refused.into_values().try_for_each(told)?;
    let problems = match handle.verify() {
        Ok(verified) => verified.problems,
        Err(error) => vec![error],
    };
    if refused && problems.is_empty() {
        return Err("answers are refused, and verify finds nothing".into());
    }
    let found = !problems.is_empty();
    problems.into_iter().try_for_each(told)?;
    if compact {
        handle.compact().map_or_else(told, |_| Ok(()))?;
        match open().and_then(|store| Answers::of(&store)) {
            Err(error) => told(error)?,
            Ok(answers) => {
                if let Some(wrong) = answers.wrong(healthy) {
                    return Err(format!("after compaction: {wrong}"));
                }
            }
        }
    }
    Ok(match (refused, found) {
        (true, _) => Outcome::AnswersRefused,
        (false, true) => Outcome::Verified,
        (false, false) => Outcome::Same,
    })
}

/// Damages one store, as its number says.
fn one(whole: &Whole, number: u64, doing: &Mutex<String>) -> (String, String, Result<Outcome, String>) {
    let mut random = Random(number);
    let kind = KINDS[(number % KINDS.len() as u64) as usize];
    let copy = copy(&whole.toy.path);
    let file = mutilate(whole, kind, copy.path(), &mut random);
    let what = format!("store {number}: {kind}, {}", file.display());
    doing.lock().expect("nobody panics with it").clone_from(&what);
    let compact = random.below(2) == 0;
    // Of two that are swapped, the other may be any.
    let alone = Some(file.as_path()).filter(|_| kind != "swapped");
    let examined = catch_unwind(AssertUnwindSafe(|| examine(whole, copy.path(), alone, compact)));
    (kind.to_owned(), what, examined.unwrap_or_else(|_| Err("a panic".into())))
}

#[test]
fn damage_of_any_kind_to_any_file_is_found_or_harmless() {
    let count = asked("KNDB_DAMAGED", 120);
    let from = asked("KNDB_DAMAGED_FROM", 0);
    let whole = Arc::new(Whole::new());
    let workers = std::thread::available_parallelism().map_or(2, usize::from).min(4) as u64;
    let (sender, results) = mpsc::channel();
    let mut doing = Vec::new();
    for worker in 0..workers {
        let (whole, sender, now) = (Arc::clone(&whole), sender.clone(), Arc::new(Mutex::new(String::new())));
        doing.push(Arc::clone(&now));
        std::thread::spawn(move || {
            for number in (from + worker..from + count).step_by(workers as usize) {
                if sender.send(one(&whole, number, &now)).is_err() {
                    return;
                }
            }
        });
    }
    drop(sender);
    let mut table = BTreeMap::<(String, Outcome), u64>::new();
    let mut wrong = Vec::new();
    loop {
        match results.recv_timeout(Duration::from_secs(180)) {
            Ok((kind, _, Ok(outcome))) => *table.entry((kind, outcome)).or_default() += 1,
            Ok((_, what, Err(reason))) => wrong.push(format!("{what}: {reason}")),
            Err(mpsc::RecvTimeoutError::Disconnected) => break,
            Err(mpsc::RecvTimeoutError::Timeout) => panic!("one hangs: {doing:?}"),
        }
    }
    for ((kind, outcome), count) in &table {
        tell(&format!("{kind}: {outcome:?} {count}"));
    }
    assert!(wrong.is_empty(), "{} of {count}:\n{}", wrong.len(), wrong.join("\n"));
    assert_eq!(table.values().sum::<u64>(), count);
}
