//! Power cuts, simulated: a store's work is watched, and the states that a disk may be in afterwards are made and opened.
//!
//! What was not synced may be there or not, sector by sector and name by name, in any order; what was synced is there. Each state must
//! open, hold what was acknowledged, and be written to. `KNDB_STATES` sets how many are made: `cargo xtask power`.

#[path = "../../tests/store/contents.rs"]
#[expect(dead_code, reason = "other tests use the rest")]
mod contents;
mod recorder;
mod states;
mod upkeep;

use crate::{
    Entry, EntryData, Error, FactBatch, FactRow, Neuron, OnConflict, RunSpec, SavedSet, ScoreValues, Scores, Shape,
    Store,
};
use contents::Contents;
use recorder::{Happened, Recorder};
use states::{Random, write_state};
use std::cell::{Cell, RefCell};
use std::path::Path;

thread_local! {
    static RECORDER: RefCell<Option<Recorder>> = const { RefCell::new(None) };
    /// Told of every path that is made durable.
    static WATCH: RefCell<Option<Box<Watch>>> = const { RefCell::new(None) };
    /// How many files can still be made or made durable, where the disk is to be full then.
    static ROOM: Cell<Option<usize>> = const { Cell::new(None) };
}

type Watch = dyn FnMut(&Path);

/// Whether there is room on the disk.
pub(crate) fn has_room() -> std::io::Result<()> {
    match ROOM.get() {
        None => Ok(()),
        Some(0) => Err(std::io::ErrorKind::StorageFull.into()),
        Some(left) => {
            ROOM.set(Some(left - 1));
            Ok(())
        }
    }
}

fn recorded(act: impl FnOnce(&mut Recorder)) {
    RECORDER.with_borrow_mut(|recorder| recorder.as_mut().map(act));
}

/// Something was written, or has another name.
pub(crate) fn changed() {
    recorded(Recorder::look);
}

/// A file or folder was made durable.
pub(crate) fn synced(path: &Path) {
    recorded(|recorder| recorder.synced(path));
    WATCH.with_borrow_mut(|watch| watch.as_mut().map(|watch| watch(path)));
}

fn spec(name: &str) -> RunSpec {
    RunSpec::new(name, "toy", Shape::new(2, 8).expect("small"))
}

fn entry(fact: &str, seed: u32, many: usize) -> Vec<Entry> {
    let entry = |number: usize| {
        let values = (0..16).map(|at| ((at * 7 + seed + number as u32) % 16) as f32 / 16.0).collect();
        let data = match number % 3 {
            2 => EntryData::Neurons(vec![Neuron(seed % 16)]),
            _ => EntryData::Scores(Scores { values: ScoreValues::Dense(values), evidence: Vec::new(), origin: None }),
        };
        Entry { fact: format!("{fact}-{number}"), language: "en".into(), prompt: 0, data }
    };
    (0..many).map(entry).collect()
}

/// Works of every kind, each one commit as far as [`essence`] can tell.
fn work(store: &Store, number: usize) -> Result<(), Error> {
    let run = store.open_run(spec("run"))?;
    let seed = number as u32;
    match number % 12 {
        0 => run.append(entry(&format!("one {number}"), seed, 1).remove(0)),
        1 | 4 => run.append_batch(&entry("batch", seed, 5), OnConflict::Replace).map(drop),
        2 => run.seal(),
        3 => run.job("an import", OnConflict::Replace)?.append(&entry("import", seed, 4)).map(drop),
        5 => run.job("an import", OnConflict::Replace)?.finish_with_run(),
        6 => {
            let facts = vec![FactRow {
                id: format!("batch-{}", number % 5),
                relation: "P36".into(),
                language: "en".into(),
                subject: "France".into(),
                object: format!("Paris {number}"),
                subject_uri: None,
                object_uri: None,
            }];
            store.add_facts(FactBatch { facts, ..FactBatch::default() }).map(drop)
        }
        7 | 8 => {
            let (name, text, kind) = ("set".into(), String::new(), "facts".into());
            let set = SavedSet { name, text, kind, runs: vec![], members: seed.into(), saved: 0 };
            store.save_set(&set, &vec![number as u8; 1_500])
        }
        9 => store.compact().map(drop),
        10 => store.drop_set("set"),
        _ => store.drop_run("run").map(drop),
    }
}

/// What must agree: facts, languages and runs are named by commits of their own, before their entries.
fn essence(store: &Store) -> Result<Contents, Error> {
    let mut contents = Contents::of(store)?;
    contents.facts.retain(|_, text| text.contains("Paris"));
    contents.names.clear();
    // An empty run is about to be filled.
    let filled: Vec<_> = contents.entries.keys().map(|address| address.0.clone()).collect();
    contents.runs.retain(|name, _| filled.contains(name));
    Ok(contents)
}

/// Where stores are made: in folders that are not there, and in an empty one that is.
const PLACES: [&str; 2] = ["new/folders/store", ""];

/// A store's whole life at a place, with what it held after each work.
fn record(works: usize, place: &str) -> (Vec<Happened>, Vec<Contents>) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join(place);
    RECORDER.set(Some(Recorder::new(folder.path())));
    let mut held = Vec::new();
    let store = Store::create(&path).expect("a new store");
    let done = |held: &mut Vec<Contents>| {
        recorded(|recorder| {
            recorder.look();
            recorder.log.push(Happened::Acknowledged(held.len() + 1));
        });
        held.push(essence(&Store::open(&path).expect("opens")).expect("reads"));
    };
    done(&mut held);
    for number in 0..works {
        work(&store, number).expect("works");
        done(&mut held);
    }
    let recorder = RECORDER.take().expect("it was set");
    (recorder.log, held)
}

/// Opens a state and compares; the reason where the promise is broken.
fn examine(path: &Path, held: &[Contents], acknowledged: usize, number: usize) -> Result<(), String> {
    let allowed = &held[acknowledged.saturating_sub(1)..held.len().min(acknowledged + 1)];
    let store = match Store::open(path) {
        Ok(store) => store,
        // Nobody was told yet that there is a store.
        Err(Error::NotAStore { .. }) if acknowledged == 0 => return Ok(()),
        Err(error) => return Err(format!("does not open: {error}")),
    };
    let found = essence(&store).map_err(|error| format!("cannot be read: {error}"))?;
    if !allowed.contains(&found) {
        let differs = allowed.iter().map(|allowed| format!("{:?}", found.difference(allowed)));
        return Err(format!("after {acknowledged} works: {}", differs.collect::<Vec<_>>().join("; ")));
    }
    let problems = store.verify().map_err(|error| format!("cannot be verified: {error}"))?.problems;
    if !problems.is_empty() {
        return Err(format!("verify finds {problems:?}"));
    }
    if number.is_multiple_of(3) {
        // The lock has published what the cut left unpublished: a work that was durable, and nobody was told.
        let found = essence(&store).map_err(|error| format!("cannot be read again: {error}"))?;
        if !allowed.contains(&found) {
            return Err(format!("after {acknowledged} works, read again: neither the one nor the other"));
        }
        let run = store.open_run(spec("run")).map_err(|error| format!("no run can be opened: {error}"))?;
        run.append_batch(&entry("after", 1, 3), OnConflict::Replace).map_err(|error| format!("no entry: {error}"))?;
        let now = Contents::of(&Store::open(path).map_err(|error| error.to_string())?).map_err(|e| e.to_string())?;
        let expected = found.entries.len() + 3;
        if now.entries.len() != expected {
            return Err(format!("{} entries where {expected} should be", now.entries.len()));
        }
    }
    Ok(())
}

#[test]
fn every_state_of_a_disk_after_a_cut_keeps_what_was_acknowledged() {
    let asked = |variable: &str| std::env::var(variable).ok().and_then(|number| number.parse().ok());
    let (from, count) = (asked("KNDB_STATES_FROM").unwrap_or(0), asked("KNDB_STATES").unwrap_or(150_usize));
    let recorded = PLACES.map(|place| record(24, place));
    let (mut wrong, mut cuts) = (Vec::new(), std::collections::BTreeSet::new());
    for number in from..from + count {
        let mut random = Random(number as u64);
        let at = usize::from(number.is_multiple_of(5));
        let (log, held) = &recorded[at];
        let cut = random.below(log.len() + 1);
        let disk = tempfile::tempdir().expect("a folder");
        let acknowledged = write_state(log, cut, &mut random, disk.path());
        cuts.insert((at, cut));
        if let Err(reason) = examine(&disk.path().join(PLACES[at]), held, acknowledged, number) {
            wrong.push(format!("state {number}, cut at {cut} of {}: {reason}", log.len()));
        }
    }
    use std::io::Write;
    let _ = writeln!(std::io::stdout(), "{count} states of {} moments, {} works", cuts.len(), recorded[0].1.len());
    assert!(wrong.is_empty(), "{} of {count}:\n{}", wrong.len(), wrong[..wrong.len().min(20)].join("\n"));
}
