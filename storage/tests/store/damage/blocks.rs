//! A changed byte of a head, a tail or a group block: found by whoever reads that piece, by `compact` and by `verify`, and by
//! nobody else.

use super::{copy_folder, put};
use crate::toy::{Toy, entry, groups, spec};
use kndb_storage::{
    EntryData, Error, LivePart, Neuron, OnConflict, PartKind, Result, ScoreValues, Scores, Snapshot, Store,
};
use std::ops::Range;
use std::path::{Path, PathBuf};
use xxhash_rust::xxh3::xxh3_64;

/// Facts of the store: each with its own scores, and groups.
const FACTS: usize = 3;

/// A store with one segment: scores in `en`, groups in `zh`, and where their pieces are in the file.
struct Patient {
    toy: Toy,
    file: PathBuf,
    good: Vec<u8>,
}

fn scores(number: usize) -> EntryData {
    let values =
        (0..120).map(|neuron| if neuron < 8 { 1.0 + (neuron + number) as f32 } else { neuron as f32 / 1024.0 });
    EntryData::Scores(Scores { values: ScoreValues::Dense(values.collect()), evidence: Vec::new(), origin: None })
}

impl Patient {
    fn new() -> Self {
        let toy = Toy::new();
        let run = toy.store.open_run(spec("run")).expect("new");
        for number in 0..FACTS {
            let (fact, other) = (format!("fact-{number}"), number as u32 + 40);
            let batch = [entry(&fact, "en", 0, scores(number)), groups(&fact, "zh", &[&[1, other], &[2, 3, other]])];
            run.append_batch(&batch, OnConflict::Refuse).expect("appends");
        }
        run.seal().expect("seals");
        // Something to merge with.
        run.append_batch(&[entry("later", "en", 0, scores(9))], OnConflict::Refuse).expect("appends");
        let file = toy.path.join("files/0000000001.seg");
        let good = std::fs::read(&file).expect("reads");
        Self { toy, file, good }
    }

    /// The pieces of the facts' scores (head, tail) and groups, found by what they must be: the places are in the section that
    /// ends with the lengths of heads and tails.
    fn pieces(&self) -> Pieces {
        let words = |at: usize| -> [u64; 4] {
            std::array::from_fn(|n| {
                u64::from_le_bytes(self.good[at + 8 * n..at + 8 * n + 8].try_into().expect("eight"))
            })
        };
        let mut found = Vec::new();
        for at in (0..self.good.len() - 32 * (FACTS + 1)).step_by(8) {
            let records: Vec<[u64; 4]> = (0..=FACTS).map(|n| words(at + 32 * n)).collect();
            let last = records[FACTS];
            if records[0][0] != 0 || records[0][2] != 0 || last[1] != 0 || last[3] != 0 || last[0] == 0 {
                continue;
            }
            for begin in (8..self.good.len()).step_by(8) {
                let piece = |of: usize, n: usize, begin: usize| {
                    let (first, end) = (records[n][of] as usize, records[n + 1][of] as usize);
                    (begin + first..begin + end, records[n][of + 1])
                };
                let fits = |of: usize| {
                    (0..FACTS).all(|n| {
                        let (range, sum) = piece(of, n, begin);
                        self.good.get(range).is_some_and(|bytes| xxh3_64(bytes) == sum)
                    })
                };
                for of in [0, 2] {
                    if records[FACTS][of] > 0 && fits(of) {
                        found.push((0..FACTS).map(|n| piece(of, n, begin).0).collect::<Vec<_>>());
                    }
                }
            }
        }
        // In the file tails come before heads, and scores before groups.
        let [tails, heads, groups] = found.try_into().unwrap_or_else(|found: Vec<_>| panic!("{} lists", found.len()));
        let (heads, tails) = if heads[0].start < tails[0].start { (tails, heads) } else { (heads, tails) };
        Pieces { heads, tails, groups }
    }

    /// A copy of the store with one byte changed.
    fn with_changed(&self, at: usize) -> (tempfile::TempDir, Store) {
        let copy = tempfile::tempdir().expect("a folder");
        copy_folder(&self.toy.path, copy.path());
        let mut bad = self.good.clone();
        bad[at] ^= 0x10;
        put(&copy.path().join("files/0000000001.seg"), &bad);
        let store = Store::open(copy.path()).expect("opens");
        (copy, store)
    }
}

struct Pieces {
    heads: Vec<Range<usize>>,
    tails: Vec<Range<usize>>,
    groups: Vec<Range<usize>>,
}

/// What reading an entry gives, in every way there is.
struct Reading {
    head: Result<()>,
    all: Result<()>,
    groups: Result<()>,
}

fn part(snapshot: &Snapshot, kind: PartKind) -> LivePart<'_> {
    let slots: Vec<_> = snapshot.slots().chain(snapshot.group_slots()).collect();
    let parts = slots
        .iter()
        .flat_map(|&slot| [snapshot.parts(slot).expect("opens"), snapshot.group_parts(slot).expect("opens")].concat());
    let mut parts = parts.filter(|live| live.part.kind() == kind && live.part.len() == FACTS as u32);
    parts.next().expect("is there")
}

fn read(store: &Store, local: u32) -> Reading {
    let snapshot = store.snapshot().expect("opens");
    let scores = part(&snapshot, PartKind::Scores).part;
    let of = |view: kndb_storage::ScoreView<'_>, high: bool| {
        assert_eq!((view.neuron(0), view.max()), (Neuron(7), 8.0 + local as f32));
        assert_eq!(view.len(), if high { 8 } else { 120 });
    };
    Reading {
        head: scores
            .head(local)
            .map(|view| of(view, true))
            .and(scores.scores_above(local, 0.15).map(|view| of(view, true))),
        all: scores.scores(local).map(|view| of(view, false)).and(scores.scores_above(local, 0.05).map(drop)),
        groups: part(&snapshot, PartKind::Groups).part.groups(local).map(|found| assert_eq!(found.len(), 2)),
    }
}

/// The place that an error names, for one about damage to the segment.
fn place<T>(result: Result<T>, file: &Path) -> String {
    match result {
        Err(Error::Corrupt { path, place, .. }) if path.ends_with(file.file_name().expect("a name")) => place,
        Err(other) => panic!("{other}"),
        Ok(_) => panic!("damage was not found"),
    }
}

/// Every place of a piece, or some of a longer one.
fn some(range: &Range<usize>) -> impl Iterator<Item = usize> + use<> {
    range.clone().step_by(range.len().div_ceil(7))
}

/// Compaction and verification name the piece; the file stays as it was.
fn upkeep_finds(patient: &Patient, at: usize, fact: usize, piece: &str) {
    let (copy, store) = patient.with_changed(at);
    let compacted = place(store.compact(), &patient.file);
    assert!(compacted.contains(&format!("fact \"fact-{fact}\"")), "{compacted}");
    assert!(compacted.contains(&format!("{piece} at byte ")), "{compacted}");
    let kept = std::fs::read(copy.path().join("files/0000000001.seg")).expect("is there");
    assert!(
        kept != patient.good && kept.len() == patient.good.len(),
        "the damaged file stays, for what can be read of it"
    );
    let mut problems = store.verify().expect("verifies").problems;
    assert_eq!(problems.len(), 1, "{problems:?}");
    let verified = place(Err::<(), _>(problems.remove(0)), &patient.file);
    assert!(verified.contains(&format!("{piece} at byte ")), "{verified}");
}

#[test]
fn a_changed_byte_of_a_head_is_found_by_whoever_reads_that_fact() {
    let patient = Patient::new();
    let pieces = patient.pieces();
    for (fact, head) in pieces.heads.iter().enumerate() {
        for at in some(head) {
            let (_copy, store) = patient.with_changed(at);
            for local in 0..FACTS {
                let reading = read(&store, local as u32);
                assert!(reading.groups.is_ok());
                if local == fact {
                    let (one, both) = (place(reading.head, &patient.file), place(reading.all, &patient.file));
                    assert!(one == both && one.contains(&format!("head at byte {}", head.start)), "{one}, {both}");
                } else {
                    assert!(reading.head.is_ok() && reading.all.is_ok(), "another fact's");
                }
            }
        }
        upkeep_finds(&patient, head.start + 9, fact, "head");
    }
}

#[test]
fn a_changed_byte_of_a_tail_is_found_by_whoever_reads_it_and_disturbs_no_reading_of_the_head() {
    let patient = Patient::new();
    let pieces = patient.pieces();
    for (fact, tail) in pieces.tails.iter().enumerate() {
        for at in some(tail) {
            let (_copy, store) = patient.with_changed(at);
            for local in 0..FACTS {
                let reading = read(&store, local as u32);
                assert!(reading.head.is_ok() && reading.groups.is_ok());
                if local == fact {
                    let found = place(reading.all, &patient.file);
                    assert!(found.contains(&format!("tail at byte {}", tail.start)), "{found}");
                } else {
                    assert!(reading.all.is_ok(), "another fact's");
                }
            }
        }
        upkeep_finds(&patient, tail.start + 9, fact, "tail");
    }
}

#[test]
fn a_changed_byte_of_a_group_block_is_found_by_whoever_reads_it() {
    let patient = Patient::new();
    for (fact, block) in patient.pieces().groups.iter().enumerate() {
        for at in block.clone() {
            let (_copy, store) = patient.with_changed(at);
            for local in 0..FACTS {
                let reading = read(&store, local as u32);
                assert!(reading.head.is_ok() && reading.all.is_ok());
                if local == fact {
                    let found = place(reading.groups, &patient.file);
                    assert!(found.contains(&format!("head at byte {}", block.start)), "{found}");
                } else {
                    assert!(reading.groups.is_ok(), "another fact's");
                }
            }
        }
        upkeep_finds(&patient, block.start + 9, fact, "head");
    }
}

#[test]
fn a_damaged_run_keeps_no_other_from_being_compacted() {
    let patient = Patient::new();
    let at = patient.pieces().tails[0].start;
    let (_copy, store) = patient.with_changed(at);
    let other = store.open_run(spec("zzz")).expect("new");
    for number in 0..2 {
        other
            .append_batch(&[entry(&format!("fact-{number}"), "en", 0, scores(1))], OnConflict::Refuse)
            .expect("appends");
        other.seal().expect("seals");
    }
    let before = store.snapshot().expect("reads").segment_files().0;
    assert!(place(store.compact(), &patient.file).contains("fact-0"));
    // What waits of the damaged run was sealed; the two segments of the other are one.
    assert_eq!(store.snapshot().expect("reads").segment_files().0, before);
    assert_eq!(store.snapshot().expect("reads").holds(other.run().id).expect("reads").attributed, 2);
}

#[test]
fn a_zeroed_page_makes_no_fact_vanish() {
    let patient = Patient::new();
    let pieces = patient.pieces();
    let healthy = crate::contents::Contents::of(&patient.toy.fresh()).expect("reads").entries;
    let step = 64;
    for begin in (0..patient.good.len()).step_by(step) {
        let copy = tempfile::tempdir().expect("a folder");
        copy_folder(&patient.toy.path, copy.path());
        let mut bad = patient.good.clone();
        let end = bad.len().min(begin + step);
        bad[begin..end].fill(0);
        put(&copy.path().join("files/0000000001.seg"), &bad);
        let found = Store::open(copy.path()).and_then(|store| crate::contents::Contents::of(&store));
        match found {
            Err(Error::Corrupt { .. }) => {}
            Err(other) => panic!("{other}"),
            Ok(found) => assert!(found.entries == healthy, "{begin}..{end} of {} bytes", patient.good.len()),
        }
    }
    assert!(!pieces.groups.is_empty());
}

#[test]
fn damage_in_a_file_of_format_1_is_found_when_a_block_is_read_and_not_signed_by_compaction() {
    let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/v1");
    // The first section of a segment of format 1 is its blocks.
    for at in (8..200).step_by(5) {
        let copy = tempfile::tempdir().expect("a folder");
        copy_folder(&fixture, copy.path());
        let path = copy.path().join("files/0000000002.seg");
        let mut bad = std::fs::read(&path).expect("reads");
        bad[at] ^= 0x10;
        put(&path, &bad);
        let store = Store::open(copy.path()).expect("opens");
        let read = crate::contents::Contents::of(&store).map(|contents| contents.entries.len());
        assert!(place(read, &path).contains("blocks"), "byte {at}");
        assert!(place(store.compact(), &path).contains("blocks"), "byte {at}");
        assert_eq!(std::fs::read(&path).expect("is there"), bad);
    }
}
