//! A second reader: finds what a store holds by `docs/format.md` alone, byte by byte.

use crate::toy::{Toy, entry, fact_row, groups, neurons};
use kndb_storage::{
    EntryData, FactBatch, Keep, LayerEvidence, OnConflict, Origin, RelationNameRow, RunSpec, ScoreValues, Scores,
    Shape, TAU_GRID, question_hash,
};
use roaring::RoaringBitmap;
use std::collections::BTreeMap;
use xxhash_rust::xxh3::xxh3_64;

/// Little-endian numbers at places.
#[derive(Clone, Copy)]
struct At<'a>(&'a [u8]);

impl<'a> At<'a> {
    fn take<const N: usize>(self, at: usize) -> [u8; N] {
        self.0[at..at + N].try_into().expect("so many bytes")
    }

    fn u16(self, at: usize) -> u16 {
        u16::from_le_bytes(self.take(at))
    }

    fn u32(self, at: usize) -> u32 {
        u32::from_le_bytes(self.take(at))
    }

    fn u64(self, at: usize) -> u64 {
        u64::from_le_bytes(self.take(at))
    }

    fn f32(self, at: usize) -> f32 {
        f32::from_le_bytes(self.take(at))
    }

    fn f64(self, at: usize) -> f64 {
        f64::from_le_bytes(self.take(at))
    }

    /// Places of a list's elements.
    fn list(self, at: usize, size: usize) -> Vec<usize> {
        let begin = at as i64 + i64::from(self.u32(at) as i32);
        (0..self.u32(at + 4) as usize).map(|number| begin as usize + number * size).collect()
    }
}

/// A container's directory, its checks done.
fn directory<'a>(file: &'a [u8], magic: &[u8; 8]) -> At<'a> {
    let trailer = At(&file[file.len() - 40..]);
    assert_eq!((&file[..8], &trailer.0[32..]), (&magic[..], &magic[..]));
    assert_eq!((trailer.u32(24), trailer.u32(28)), (2, 0));
    let (offset, len) = (trailer.u64(0) as usize, trailer.u64(8) as usize);
    assert_eq!((offset % 8, offset + len), (0, file.len() - 40));
    let directory = &file[offset..offset + len];
    assert_eq!(xxh3_64(directory), trailer.u64(16));
    At(directory)
}

/// A section that the directory names at a place.
fn section<'a>(file: &'a [u8], directory: At<'_>, at: usize) -> &'a [u8] {
    let (offset, len) = (directory.u64(at) as usize, directory.u64(at + 8) as usize);
    assert_eq!(offset % 8, 0);
    let bytes = &file[offset..offset + len];
    assert_eq!(xxh3_64(bytes), directory.u64(at + 16));
    bytes
}

/// Head and tail of every entry of a part, compared with their checksums.
fn pieces<'a>(file: &'a [u8], directory: At<'_>, part: usize) -> Vec<(At<'a>, At<'a>)> {
    let records = u64s(section(file, directory, part + 57));
    let (heads, tails) = (section(file, directory, part + 81), section(file, directory, part + 105));
    assert_eq!(records[records.len() - 4..], [heads.len() as u64, 0, tails.len() as u64, 0]);
    let piece = |of: &'a [u8], at: usize| {
        let bytes = &of[records[at] as usize..records[at + 4] as usize];
        assert_eq!(xxh3_64(bytes), records[at + 1]);
        At(bytes)
    };
    (0..records.len() / 4 - 1).map(|entry| (piece(heads, 4 * entry), piece(tails, 4 * entry + 2))).collect()
}

fn u32s(bytes: &[u8]) -> Vec<u32> {
    bytes.as_chunks().0.iter().map(|&number| u32::from_le_bytes(number)).collect()
}

fn u64s(bytes: &[u8]) -> Vec<u64> {
    bytes.as_chunks().0.iter().map(|&number| u64::from_le_bytes(number)).collect()
}

fn bitmap(bytes: &[u8]) -> RoaringBitmap {
    RoaringBitmap::deserialize_from(bytes).expect("the portable format")
}

const VALUES: [f32; 8] = [0.0, 1.0, 0.25, 0.125, -1.0, 0.5, 0.5, 0.0];

fn store(width: u32) -> Toy {
    let toy = Toy::new();
    let spec = RunSpec {
        keep: Keep::Signed(0.25),
        parameters: vec![("n".into(), "20".into())],
        ..RunSpec::new("run", "toy", Shape::new(2, width).expect("fits"))
    };
    let run = toy.store.open_run(spec).expect("new");
    let mut values = VALUES[..4].to_vec();
    values.resize(width as usize, 0.0);
    values.extend(&VALUES[4..]);
    values.resize(2 * width as usize, 0.0);
    let evidence = |baseline| LayerEvidence { probability: 0.5, baseline, residual: 0.125 };
    let origin = Origin {
        question: Some(question_hash("[X]: [Y]", "France", "Paris", 0)),
        answer: Some("Lyon".into()),
        rank: Some(2),
        tokens: Some(1),
    };
    let scores = Scores {
        values: ScoreValues::Dense(values),
        evidence: vec![evidence(0.25), evidence(0.0)],
        origin: Some(origin),
    };
    let row = fact_row("f1", "P36", "en", "France", "Paris");
    toy.store.add_facts(FactBatch { facts: vec![row], ..FactBatch::default() }).expect("adds");
    let batch = [
        entry("f1", "en", 0, EntryData::Scores(scores.clone())),
        entry("f2", "en", 0, EntryData::Scores(scores)),
        neurons("f1", "zh", &[7, 0]),
        groups("f2", "en", &[&[5, 1]]),
    ];
    run.append_batch(&batch, OnConflict::Refuse).expect("appends");
    run.seal().expect("seals");
    run.append_batch(&[neurons("f2", "en", &[3, 2])], OnConflict::Replace).expect("replaces");
    toy
}

#[test]
fn a_segment_is_as_described() {
    for width in [4, 40_000] {
        let toy = store(width);
        let file = std::fs::read(toy.path.join("files/0000000002.seg")).expect("the second file");
        let root = directory(&file, b"KNDBSEGM");
        let head = root.0.len() - 21;
        assert_eq!([root.u32(head), root.u32(head + 4), root.u32(head + 8)], [1, 2, width]);
        assert_eq!(root.0[head + 12], 0, "f32");
        let parts = root.list(head + 13, 129);
        let names: Vec<_> = parts.iter().map(|&at| (root.u16(at), root.u16(at + 2), root.0[at + 4])).collect();
        assert_eq!(names, [(0, 0, 0), (0, 0, 2), (1, 0, 1)], "language, prompt, kind");
        scores_part(&file, root, parts[0], width);
        assert_eq!(u32s(section(&file, root, parts[1] + 25)), [1], "the fact of the groups");
        assert!(root.list(parts[1] + 49, 88).is_empty());
        let block = pieces(&file, root, parts[1])[0].0;
        assert_eq!([0, 4, 8, 12, 16].map(|at| block.u32(at)), [1, 2, 4, 1, 5], "one group: two neurons, four numbers");
        assert_eq!([20, 24, 28, 32].map(|at| block.f32(at)), [0.75, 0.125, 1.0 / 64.0, 5.0 / 64.0]);
        assert_eq!(block.0.len(), 36);
        assert!(section(&file, root, parts[1] + 105).is_empty(), "groups have no tails");
        let grids = root.list(parts[2] + 49, 88);
        assert!(grids.len() == 1 && root.f64(grids[0]).is_nan());
        assert_eq!(bitmap(section(&file, root, grids[0] + 56)).iter().collect::<Vec<_>>(), [0, 7]);
        for at in [57, 81, 105] {
            assert!(section(&file, root, parts[2] + at).is_empty(), "neurons have no blocks");
        }
    }
}

fn scores_part(file: &[u8], root: At<'_>, part: usize, width: u32) {
    assert_eq!((root.u32(part + 5), root.u64(part + 9)), (2, 8), "facts, and kept scores of all");
    assert_eq!(root.f64(part + 17), 0.25, "the floor over the maximum");
    assert_eq!(u32s(section(file, root, part + 25)), [0, 1]);
    let ranked = [1, width + 1, width + 2, 2];
    for (head, tail) in pieces(file, root, part) {
        assert_eq!((head.f32(0), head.f32(4), head.f32(8)), (0.25, 1.0, -0.25), "floor, maximum, ceiling");
        assert_eq!([12, 16, 20, 24].map(|at| head.u32(at)), [4, 0, 1, 2], "in the head, in the tail, negative, layers");
        let layer = |layer: usize| [0, 1, 2, 3, 4].map(|number| head.f32(32 + 20 * layer + 4 * number));
        assert_eq!([layer(0), layer(1)], [[1.0, 1.375, 0.5, 0.25, 0.125], [0.5, 0.0, 0.5, 0.0, 0.125]]);
        assert_eq!([72, 76, 80, 84].map(|at| head.f32(at)), [1.0, 0.5, 0.5, 0.25]);
        let size = if width == 4 { 2 } else { 4 };
        let neuron = |of: At<'_>, at: usize| if size == 2 { of.u16(at).into() } else { of.u32(at) };
        assert_eq!([0, 1, 2, 3].map(|number| neuron(head, 88 + number * size)), ranked);
        let origin = At(&head.0[88 + 4 * size..]);
        assert_eq!((head.u32(28) as usize, origin.0[0]), (origin.0.len(), 0b1111), "all of an origin is known");
        assert_eq!(origin.u64(1), question_hash("[X]: [Y]", "France", "Paris", 0));
        assert_eq!((origin.u32(9), origin.u16(13), &origin.0[15..]), (2, 1, "Lyon".as_bytes()));
        assert_eq!((tail.f32(0), neuron(tail, 4), tail.0.len()), (-1.0, width, 4 + size), "the negative one");
    }
    let grids = root.list(part + 49, 88);
    assert_eq!(grids.iter().map(|&at| root.f64(at)).collect::<Vec<_>>(), TAU_GRID);
    let slots = (2 * width).div_ceil(1 << 16);
    for (&grid, size) in grids.iter().zip([4, 4, 3, 3, 1, 1]) {
        let mut set = ranked[..size].to_vec();
        set.sort_unstable();
        assert_eq!(u32s(section(file, root, grid + 32)), [size as u32; 2], "counts");
        let own = |fact: u32| set.iter().map(move |n| (fact * slots + (n >> 16)) << 16 | (n & 0xFFFF));
        let sets = bitmap(section(file, root, grid + 56));
        assert_eq!(sets.iter().collect::<Vec<_>>(), own(0).chain(own(1)).collect::<Vec<_>>());
        let containers = set.iter().map(|n| n >> 16).collect::<std::collections::BTreeSet<_>>().len() as u32;
        assert_eq!(u32s(section(file, root, grid + 8)), [0, containers, 2 * containers], "index");
        let postings = root.list(grid + 80, 24);
        assert_eq!(postings.len(), slots as usize);
        for (high, &at) in (0..).zip(&postings) {
            let here =
                set.iter().filter(|&n| n >> 16 == high).flat_map(|n| [(n & 0xFFFF) << 16, (n & 0xFFFF) << 16 | 1]);
            assert_eq!(bitmap(section(file, root, at)).iter().collect::<Vec<_>>(), here.collect::<Vec<_>>());
        }
    }
}

#[test]
fn the_dictionary_is_as_described() {
    let toy = store(4);
    let file = std::fs::read(toy.path.join("files/0000000001.dict")).expect("the first file");
    let root = directory(&file, b"KNDBDICT");
    let head = root.0.len() - (4 + 8 * 24 + 3 * 8);
    let sections: Vec<&[u8]> = (0..8).map(|number| section(&file, root, head + 4 + 24 * number)).collect();
    let none = u32::MAX.to_le_bytes().to_vec();
    assert_eq!((root.u32(head), u64s(sections[0]), sections[1]), (1, vec![0, 2], &b"f1"[..]));
    assert_eq!((u32s(sections[2]), u32s(sections[3])), (vec![0], vec![0]), "order, relation");
    assert_eq!((sections[4], sections[5]), (&none[..], &none[..]), "no URIs");
    assert_eq!((u64s(sections[6]), sections[7]), (vec![0, 6, 11], &b"FranceParis"[..]));
    let labels = root.list(head + 196, 74);
    assert_eq!((labels.len(), root.u16(labels[0])), (1, 0));
    let lists: Vec<_> = (0..3).map(|number| u32s(section(&file, root, labels[0] + 2 + 24 * number))).collect();
    assert_eq!(lists, [[0], [0], [1]], "fact, subject, object");
}

#[test]
fn facts_with_replaced_labels_are_listed_behind_the_labels() {
    let toy = store(4);
    let row = fact_row("f1", "P36", "en", "France", "Lutetia");
    toy.store.add_facts(FactBatch { facts: vec![row], ..FactBatch::default() }).expect("relabels");
    let name = toy.files().into_iter().rfind(|name| name.ends_with(".dict")).expect("a dictionary");
    let file = std::fs::read(toy.path.join("files").join(name)).expect("reads");
    let root = directory(&file, b"KNDBDICT");
    let labels = root.list(root.0.len() - 24, 74);
    assert_eq!((labels.len(), root.u16(labels[0]), root.u16(labels[1])), (2, 0, 0));
    let lists = |at: usize| [0, 1, 2].map(|number| u32s(section(&file, root, at + 2 + 24 * number)));
    assert_eq!(lists(labels[0]), [[0], [0], [1]], "fact, subject, object of the label of now");
    assert_eq!(lists(labels[1]), [vec![0], vec![], vec![]], "the fact, and no strings");
}

/// Every key and value of the catalogue.
pub fn catalogue(toy: &Toy) -> BTreeMap<Vec<u8>, Vec<u8>> {
    let mut db = None;
    crate::toy::eventually("nobody has the catalogue", || {
        db = sled::Config::new().path(toy.path.join("catalogue")).open().ok();
        db.is_some()
    });
    let all = db.expect("open").iter().map(|pair| pair.expect("reads"));
    all.map(|(key, value)| (key.to_vec(), value.to_vec())).collect()
}

#[test]
fn the_catalogue_is_as_described() {
    let toy = store(4);
    assert_eq!(std::fs::read(toy.path.join("KNDB")).expect("reads"), b"kndb store, format 2\n");
    let epoch = std::fs::read_to_string(toy.path.join("epoch")).expect("reads");
    let all = catalogue(&toy);
    let key = |table: u8, own: &[u8]| [&[table, 0, own.len() as u8], own, &[0; 4]].concat();
    let value = |table, own: &[u8]| At(&all[&key(table, own)]);
    let counters = value(b'c', &[]);
    assert_eq!((counters.0[0], counters.0.len()), (1, 29));
    assert_eq!(epoch, format!("{:020}\n", counters.u64(1)));
    assert_eq!((counters.u32(9), counters.u64(13), counters.u32(21), counters.u32(25)), (1, 2, 2, 0));
    let text = |text: &str| [&[1], &(text.len() as u64).to_le_bytes()[..], text.as_bytes()].concat();
    assert_eq!(value(b'l', &[0, 1]).0, text("zh"));
    assert_eq!(value(b'r', &[0; 4]).0, text("P36"));
    assert_eq!(value(b'n', &[0, 0, 0, 1]).0, text("f2"));
    let size = |name: &str| std::fs::metadata(toy.path.join("files").join(name)).expect("is there").len();
    let segment = value(b'f', &[0, 0, 0, 0, 0, 0, 0, 2]);
    assert_eq!((segment.0[0], segment.u32(1), segment.u32(5), segment.0[9]), (1, 0, 1, 0), "segment, run 1, no job");
    assert_eq!((segment.u64(10), segment.0.len()), (size("0000000002.seg"), 18));
    let dictionary = value(b'f', &[0, 0, 0, 0, 0, 0, 0, 1]);
    assert_eq!((dictionary.u32(1), dictionary.u32(5), dictionary.u64(9)), (1, 1, size("0000000001.dict")));
    let dead = value(b't', &[0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0]);
    assert_eq!(bitmap(dead.0).iter().collect::<Vec<_>>(), [1], "the scores of f2 were replaced");
    assert_eq!(u32s(value(b'u', &[0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 1]).0), [2, 3], "by neurons that wait");
    let run = value(b'R', &[0, 0, 0, 1]).0;
    let expected = [&text("run")[..], &text("toy")[1..], &[0], &[2, 0, 0, 0, 4, 0, 0, 0], &text("imported")[1..], &[0]];
    assert!(run.starts_with(&expected.concat()));
    let rest =
        [&[1, 0, 0, 0, 0, 0, 0, 0], &text("n")[1..], &text("20")[1..], &3_u32.to_le_bytes(), &0.25_f64.to_le_bytes()];
    let at = expected.concat().len();
    assert!(run[at..].starts_with(&rest.concat()), "parameters, keep");
    let after = At(&run[at + rest.concat().len()..]);
    assert_eq!(
        (after.u32(0), after.f64(4), after.u64(12), after.f64(20)),
        (0, 0.3, 0, 0.0),
        "f32, τ, no other τ, share"
    );
    let id = value(b'i', &[]).0;
    assert_eq!((id[0], id.len()), (1, 17), "the store's id");
    let end = |name: &str| std::fs::read(toy.path.join("files").join(name)).expect("reads");
    for (number, name) in [(1, "0000000001.dict"), (2, "0000000002.seg")] {
        let (file, sum) = (end(name), value(b'h', &[0, 0, 0, 0, 0, 0, 0, number]));
        assert_eq!((sum.0[0], sum.u64(1)), (1, At(&file).u64(file.len() - 24)), "checksum of the directory");
    }
    assert_eq!(all.len(), 13, "nothing else: {:?}", all.keys().collect::<Vec<_>>());
}

#[test]
fn names_of_relations_and_what_was_dropped_are_as_described() {
    let toy = store(4);
    let name = RelationNameRow { relation: "P36".into(), language: "zh".into(), name: "首都".into() };
    let batch = FactBatch { relation_names: vec![name], ..FactBatch::default() };
    toy.store.add_facts(batch).expect("names");
    toy.store.fact_ids(&["orphan"]).expect("registers");
    assert_eq!(toy.store.drop_orphans().expect("drops").facts, 1);
    toy.store
        .add_facts(FactBatch { facts: vec![fact_row("f9", "P37", "en", "a", "b")], ..FactBatch::default() })
        .expect("adds");
    toy.store.drop_relation("P37", false).expect("drops");
    let all = catalogue(&toy);
    let text = |text: &str| [&[1], &(text.len() as u64).to_le_bytes()[..], text.as_bytes()].concat();
    assert_eq!(all[&b"N\0\x06P36\0zh\0\0\0\0"[..]], text("首都"));
    let dropped = |key: &[u8]| bitmap(&all[key]).iter().collect::<Vec<_>>();
    assert_eq!(dropped(b"d\0\x01f\0\0\0\0"), [2, 3], "after f1 and f2");
    assert_eq!(dropped(b"d\0\x01r\0\0\0\0"), [1]);
}
