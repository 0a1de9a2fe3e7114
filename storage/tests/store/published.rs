//! A second reader of manifests, written from `docs/format.md`.

use crate::toy::{Toy, fact_row, neurons, scores, spec};
use kndb_storage::{FactBatch, OnConflict, SavedSet};
use xxhash_rust::xxh3::xxh3_64;

/// Reads bincode with fixed-size integers.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> &'a [u8] {
        let (taken, rest) = self.0.split_at(count);
        self.0 = rest;
        taken
    }

    fn number(&mut self, bytes: usize) -> u64 {
        self.take(bytes).iter().rev().fold(0, |number, &byte| number << 8 | u64::from(byte))
    }

    fn bytes(&mut self) -> &'a [u8] {
        let count = self.number(8) as usize;
        self.take(count)
    }

    fn text(&mut self) -> String {
        String::from_utf8(self.bytes().to_vec()).expect("UTF-8")
    }

    fn list<T>(&mut self, mut one: impl FnMut(&mut Self) -> T) -> Vec<T> {
        (0..self.number(8)).map(|_| one(self)).collect()
    }

    fn optional<T>(&mut self, one: impl FnOnce(&mut Self) -> T) -> Option<T> {
        (self.number(1) == 1).then(|| one(self))
    }

    /// The name, and past the rest of the record.
    fn run(&mut self) -> String {
        let (name, _model) = (self.text(), self.text());
        self.optional(Self::text);
        self.take(8);
        self.text();
        self.optional(Self::text);
        self.list(|r| (r.text(), r.text()));
        match self.number(4) {
            0 => 0,
            2 => self.number(4),
            _ => self.number(8),
        };
        self.take(4 + 8);
        self.list(|r| (r.text(), r.number(8)));
        self.take(8);
        self.text();
        self.take(9);
        name
    }

    fn file(&mut self) -> (u64, Vec<u64>) {
        match self.number(4) {
            0 => {
                let run = self.number(4);
                self.optional(|r| r.number(4));
                (0, vec![run, self.number(8)])
            }
            1 => (1, vec![self.number(4), self.number(8)]),
            other => (other, vec![self.number(8)]),
        }
    }

    fn bitmap(&mut self) -> Vec<u32> {
        roaring::RoaringBitmap::deserialize_from(self.bytes()).expect("roaring").iter().collect()
    }
}

/// The directory of the newest manifest.
fn newest(toy: &Toy) -> Vec<u8> {
    let entries = std::fs::read_dir(toy.path.join("manifests")).expect("lists").flatten();
    let newest = entries.map(|entry| entry.path()).filter(|path| path.extension().is_none()).max().expect("one");
    let file = std::fs::read(newest).expect("reads");
    let mut trailer = Reader(&file[file.len() - 40..]);
    let offset = trailer.number(8) as usize;
    file[offset..file.len() - 40].to_vec()
}

#[test]
fn what_a_run_has_lost_is_as_described() {
    let toy = Toy::new();
    let run = toy.store.open_run(spec("run")).expect("new");
    run.append_batch(&[scores("f0", "zh", 1), scores("f1", "en", 1), scores("f2", "en", 2)], OnConflict::Refuse)
        .expect("appends");
    run.seal().expect("seals");
    let segment = toy.path.join("files/0000000001.seg");
    let mut bytes = std::fs::read(&segment).expect("reads");
    bytes[20] ^= 4;
    crate::damage::put(&segment, &bytes);
    assert_eq!(toy.store.repair().expect("repairs").lost.len(), 1);
    let with = newest(&toy);
    // Language 0 is English, whose first tail was damaged: f1, which is fact 1. No unknown entries.
    let record = |r: &mut Reader<'_>| ([r.number(2), r.number(2), r.number(1), r.number(8)], r.bitmap());
    // A list of runs, in it a number and a list of records, each with a bitmap of 18 bytes.
    let at = with.len() - (8 + 4 + 8 + 13 + 8 + 18);
    let mut r = Reader(&with[at..]);
    assert_eq!(r.list(|r| (r.number(4), r.list(record))), [(1, vec![([0, 0, 0, 0], vec![1])])]);
    assert_eq!(r.0, b"", "nothing behind");
    let all = crate::layout::catalogue(&toy);
    assert_eq!(all[&b"L\0\x04\0\0\0\x01\0\0\0\0"[..]], [&[1], &with[at + 12..]].concat(), "the same in the catalogue");
}

#[test]
fn a_manifest_is_as_described() {
    let toy = Toy::new();
    let run = toy.store.open_run(spec("run")).expect("new");
    run.append_batch(&[scores("f1", "en", 1), scores("f2", "zh", 2)], OnConflict::Refuse).expect("appends");
    run.seal().expect("seals");
    let labels = FactBatch { facts: vec![fact_row("f1", "P36", "en", "France", "Paris")], ..FactBatch::default() };
    toy.store.add_facts(labels).expect("adds");
    let set =
        SavedSet { name: "s".into(), text: "x".into(), kind: "facts".into(), runs: vec![1], members: 3, saved: 12 };
    toy.store.save_set(&set, b"abc").expect("saves");
    run.append(neurons("f3", "en", &[7, 9])).expect("appends");
    run.append_batch(&[scores("f1", "en", 5)], OnConflict::Replace).expect("replaces");

    let folder = toy.path.join("manifests");
    let names = std::fs::read_dir(&folder).expect("lists").map(|entry| entry.expect("lists").file_name());
    let newest = names.filter_map(|name| name.into_string().ok()).filter(|name| name.len() == 20).max().expect("one");
    let epoch = std::fs::read_to_string(toy.path.join("epoch")).expect("reads");
    assert_eq!(format!("{newest}\n"), epoch);

    let file = std::fs::read(folder.join(&newest)).expect("reads");
    assert_eq!((&file[..8], &file[file.len() - 8..]), (&b"KNDBMANI"[..], &b"KNDBMANI"[..]));
    let mut trailer = Reader(&file[file.len() - 40..]);
    let (offset, len, sum) = (trailer.number(8) as usize, trailer.number(8) as usize, trailer.number(8));
    assert_eq!((trailer.number(4), offset + len), (2, file.len() - 40));
    let directory = &file[offset..offset + len];
    assert_eq!(xxh3_64(directory), sum);

    let mut r = Reader(directory);
    assert!(r.take(16).iter().any(|&byte| byte > 0), "an id");
    assert_eq!(r.number(8).to_string(), newest.trim_start_matches('0'));
    let (next_run, next_file, next_fact, next_job) = (r.number(4), r.number(8), r.number(4), r.number(4));
    assert_eq!((next_run, next_fact, next_job), (1, 3, 0));
    assert_eq!(r.list(|r| (r.number(4), r.run())), [(1, "run".to_owned())]);
    assert_eq!((r.list(Reader::text), r.list(Reader::text)), (vec!["en".into(), "zh".into()], vec!["P36".into()]));
    assert_eq!(r.list(|r| (r.text(), r.text(), r.text())), []);
    let part = |r: &mut Reader<'_>| [r.number(2), r.number(2), r.number(1), r.number(4)];
    let files = r.list(|r| (r.number(8), r.file(), r.list(part), r.optional(|r| r.number(8)).expect("a checksum")));
    let size = |name: &str| std::fs::metadata(toy.path.join("files").join(name)).expect("is there").len();
    let sum = |name: &str| {
        let file = std::fs::read(toy.path.join("files").join(name)).expect("reads");
        Reader(&file[file.len() - 24..]).number(8)
    };
    let expected = [
        (1, (0, vec![1, size("0000000001.seg")]), vec![[0, 0, 0, 1], [1, 0, 0, 1]], sum("0000000001.seg")),
        (2, (1, vec![2, size("0000000002.dict")]), vec![], sum("0000000002.dict")),
        (3, (2, vec![size("0000000003.set")]), vec![], sum("0000000003.set")),
    ];
    assert_eq!((next_file, files), (3, expected.to_vec()));
    assert_eq!(r.list(|r| (r.number(4), r.number(4), r.text(), r.number(1))), [], "no job");
    assert_eq!(r.list(|r| (r.number(8), r.number(4), r.bitmap())), [(1, 0, vec![0])], "f1 in English was replaced");
    assert_eq!(r.list(|r| (r.number(4), r.text())), [(2, "f3".to_owned())]);
    assert_eq!((r.bitmap(), r.bitmap()), (vec![], vec![]), "nothing was dropped");
    let sets = r.list(|r| {
        let texts = [r.text(), r.text(), r.text()];
        (texts.join(" "), r.list(|r| r.number(4)), r.number(8), r.number(8), r.optional(|r| r.number(8)))
    });
    assert_eq!(sets, [("s x facts".to_owned(), vec![1], 3, 12, Some(3))]);
    let (begun, end) = r.optional(|r| (r.number(8), r.number(8))).expect("entries wait");
    let pieces = r.list(|r| (r.bytes().to_vec(), r.number(8) as usize, r.number(4) as usize, r.number(8)));
    assert_eq!(r.0, b"", "nothing else");

    let waiting = std::fs::read(folder.join(format!("{begun:020}.waiting"))).expect("reads");
    assert_eq!((waiting.len() as u64, pieces.len()), (end, 2));
    for (key, offset, len, sum) in &pieces {
        assert_eq!(xxh3_64(&waiting[*offset..offset + len]), *sum, "{key:?}");
    }
    let key = |kind, fact| [0, 0, 0, 1, 0, 0, 0, 0, kind, 0, 0, 0, fact];
    assert_eq!(pieces.iter().map(|(key, ..)| key.as_slice()).collect::<Vec<_>>(), [key(0, 0), key(1, 2)]);
    // The directory without its end: the begin and end of the waiting file, and keys (a length each), places and sums.
    let places = 17 + 8 + pieces.iter().map(|(key, ..)| 8 + key.len() + 20).sum::<usize>();
    let mut marked = directory[..len - places].to_vec();
    for (key, _, len, sum) in &pieces {
        marked.extend([&key[..], &(*len as u32).to_le_bytes(), &sum.to_le_bytes()].concat());
    }
    let history = std::fs::read(toy.path.join("history")).expect("reads");
    let mut numbers = Reader(&history);
    let first = numbers.number(8);
    let at = 8 + 8 * (newest.parse::<u64>().expect("a number") - first) as usize;
    assert_eq!((history.len(), Reader(&history[at..]).number(8)), (at + 8, xxh3_64(&marked)));
    let members = std::fs::read(toy.path.join("files/0000000003.set")).expect("reads");
    assert_eq!((&members[..8], &members[8..11]), (&b"KNDBNSET"[..], &b"abc"[..]));
}
