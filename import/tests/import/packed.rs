//! Packed files of text.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;

use crate::folder::{Folder, options, texts};

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(text).expect("in memory");
    encoder.finish().expect("in memory")
}

fn zstandard(text: &[u8]) -> Vec<u8> {
    zstd::stream::encode_all(text, 3).expect("in memory")
}

#[test]
fn every_format_of_text_may_be_packed() {
    let folder = Folder::new();
    let bag = r#"[[{"relation": "P36"}, {"ig_gold": [[0, 1, 1.0]]}]]"#;
    let cases = [
        ("n.json", r#"{"a": [[0, 1]]}"#, "eleutherai", "a/en/0 neurons [1]"),
        ("r.json", r#"{"a": {"neurons": [[0, 1]]}}"#, "amig", "a/en/0 neurons [1]"),
        ("P36.rlt.jsonl", bag, "kn", "kn:P36:0/en/0 sparse [1] [1.0] floor 0.1"),
        ("kn_bag-P36.json", "[[[0, 1]]]", "kn-bag", "kn:P36:0/en/0 neurons [1]"),
        ("t.csv", "fact,layer,neuron\na,0,1\n", "csv", "a/en/0 neurons [1]"),
        ("t.tsv", "fact\tlayer\tneuron\na\t0\t1\n", "csv", "a/en/0 neurons [1]"),
    ];
    for (name, text, format, entry) in cases {
        for (suffix, packed) in [("gz", gzip(text.as_bytes())), ("zst", zstandard(text.as_bytes()))] {
            let name = format!("{name}.{suffix}");
            folder.write(&name, &packed);
            let read = folder.read(&name);
            assert_eq!((read.format, texts(&read)), (format, vec![entry.to_owned()]), "{name}");
            assert_eq!(read.bytes, packed.len() as u64, "progress counts bytes of the file: {name}");
        }
    }
}

#[test]
fn several_streams_one_after_the_other_are_one_file() {
    let folder = Folder::new();
    let (first, second) = (&b"fact,layer,neuron\na,0,1\n"[..], &b"b,0,2\n"[..]);
    folder.write("t.csv.gz", [gzip(first), gzip(second)].concat());
    folder.write("t.csv.zst", [zstandard(first), zstandard(second)].concat());
    for name in ["t.csv.gz", "t.csv.zst"] {
        assert_eq!(texts(&folder.read(name)), ["a/en/0 neurons [1]", "b/en/0 neurons [2]"]);
    }
}

#[test]
fn a_packed_file_is_found_in_a_folder_and_one_that_is_cut_is_refused() {
    let folder = Folder::new();
    let whole = gzip(&br#"{"a": [[0, 1]]}"#.repeat(50));
    folder.write("in/n.json.gz", &whole);
    let inputs = kndb_import::expand(&[folder.path("in").display().to_string()]).expect("a file");
    assert_eq!(inputs.len(), 1);
    assert!(
        folder
            .refusal("n.json.gz", &whole[..whole.len() - 9])
            .starts_with("n.json.gz: the file cannot be read as gzip")
    );
    let mut wrong = whole.clone();
    let checksum = wrong.len() - 6;
    wrong[checksum] ^= 1;
    assert!(folder.refusal("n.json.gz", wrong).starts_with("n.json.gz: the file cannot be read as gzip"));
    let whole = zstandard(br#"{"a": [[0, 1]]}"#);
    assert!(folder.refusal("n.json.zst", &whole[..whole.len() - 3]).contains("cannot be read as Zstandard"));
}

#[test]
fn a_bomb_is_refused_before_it_is_unpacked() {
    let folder = Folder::new();
    // 100 MB of spaces before the first neuron, in less than 100 kB.
    let mut encoder = zstd::stream::Encoder::new(Vec::new(), 1).expect("in memory");
    encoder.write_all(b"{\"a\": [").expect("in memory");
    (0..100).for_each(|_| encoder.write_all(&[b' '; 1 << 20]).expect("in memory"));
    let bomb = encoder.finish().expect("in memory");
    let told = folder.refusal("n.json.zst", bomb);
    assert!(told.contains("bytes that unpack to more than 67108864"), "{told}");
}

#[test]
fn a_binary_format_is_not_read_packed() {
    let folder = Folder::new();
    let array = crate::npy::npy("<f4", false, "(2, 3)", &[0; 24]);
    assert_eq!(
        folder.refusal("u.npy.gz", gzip(&array)),
        "u.npy.gz: found npy packed with gzip; expected the file itself: unpack it first"
    );
    let mut options = options();
    options.format = Some("npz".to_owned());
    assert!(folder.refusal_with("u.npy.gz", &options).contains("found npz packed with gzip"));
}
