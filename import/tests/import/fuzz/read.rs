//! Reads bytes as a file of a format, whatever they are: they are refused with an error, or every entry that they give can be stored.
//!
//! The libFuzzer targets of `fuzz/` use this file, too.

use kndb_import::facts::{FactsOptions, read_names};
use kndb_import::{IgKind, ImportError, Options, formats, open};
use kndb_storage::{Entry, EntryData, ScoreValues, Shape};
use std::path::Path;

/// Where a file of facts lies says what it is; the first byte of what is read chooses.
pub const FACTS: [&str; 15] = [
    "mlama/en/P36.jsonl",
    "mlama/en/templates.jsonl",
    "mlama/TREx_multilingual_objects/zh.json",
    "lama/TREx/P36.jsonl",
    "lama/relations.jsonl",
    "pararel/P36.jsonl",
    "mpararel/patterns/de/P36.jsonl",
    "mpararel/tuples/de/P36.jsonl",
    "bmlama/en.tsv",
    "klar/en/capital.json",
    "cf/counterfact.json",
    "zsre/zsre_mend_eval.json",
    "re/Google_RE/place_of_birth_test.jsonl",
    "cn/ConceptNet/test.jsonl",
    "sq/Squad/test.jsonl",
];

/// A longer message quotes what it should not.
const LONGEST: usize = 3_000;

/// The model of all files: 2 layers of 3.
pub fn shape() -> Shape {
    Shape::new(2, 3).expect("small")
}

/// The targets: one a format, and one each for any format, facts, names of relations and lists of ids.
pub fn targets() -> Vec<String> {
    let formats = formats().into_iter().map(|format| format.name.replace('-', "_"));
    formats.chain(["any", "facts", "names", "ids"].map(str::to_owned)).map(|name| format!("import_{name}")).collect()
}

/// Reads a target's file, in a folder of its own.
pub fn read(target: &str, folder: &Path, bytes: &[u8]) -> Result<(), String> {
    let name = target.strip_prefix("import_").unwrap_or(target);
    match name {
        "facts" => facts(folder, bytes),
        "names" => said(read_names(&written(folder, "names", bytes))).map(drop),
        "ids" => {
            let array = written(folder, "array.npy", ARRAY);
            let ids = Some(written(folder, "list", bytes));
            entries(&array, &Options { ids, ..Options::new(shape()) })
        }
        "any" => scores(folder, "file", None, bytes),
        _ => {
            let format = formats().into_iter().find(|format| format.name.replace('-', "_") == name);
            let format = format.unwrap_or_else(|| panic!("no format {name}"));
            scores(folder, &format!("kn_bag-P36.{}", format.extensions[0]), Some(format.name), bytes)
        }
    }
}

/// Scores of two facts, without their ids.
const ARRAY: &[u8] = b"\x93NUMPY\x01\x00\x3a\x00{'descr': '<f2', 'fortran_order': False, 'shape': (2, 6)}\n\
                       \0\x3c\0\x3c\0\x3c\0\x3c\0\x3c\0\x3c\0\x3c\0\x3c\0\x3c\0\x3c\0\x3c\0\x3c";

fn written(folder: &Path, name: &str, bytes: &[u8]) -> std::path::PathBuf {
    let path = folder.join(name);
    std::fs::create_dir_all(path.parent().expect("a folder")).expect("creates");
    std::fs::write(&path, bytes).expect("writes");
    path
}

fn said<T>(read: Result<T, ImportError>) -> Result<T, String> {
    read.map_err(|error| {
        let said = error.to_string();
        assert!(!said.is_empty() && said.len() < LONGEST, "{} bytes: {said}", said.len());
        said
    })
}

/// As it is; passing over what is wrong; and with a list of ids.
fn scores(folder: &Path, name: &str, format: Option<&str>, bytes: &[u8]) -> Result<(), String> {
    let path = written(folder, name, bytes);
    let ids = Some(written(folder, "ids.txt", b"x\ny\n"));
    let plain = Options { format: format.map(str::to_owned), ..Options::new(shape()) };
    let skipping = Options { skip_invalid: true, ig: IgKind::Pred, ..plain.clone() };
    let listed = Options { ids, ..plain.clone() };
    let read = [plain, skipping, listed].map(|options| entries(&path, &options));
    read.into_iter().reduce(Result::or).expect("three")
}

fn entries(path: &Path, options: &Options) -> Result<(), String> {
    let mut reader = said(open(path, options))?;
    while let Some(entry) = reader.next() {
        check(&said(entry)?);
        reader.place();
    }
    let length = path.metadata().expect("is there").len();
    assert!(reader.bytes_read() <= length, "{} of {length} bytes", reader.bytes_read());
    reader.account();
    Ok(())
}

/// Whether a store would take it.
fn check(entry: &Entry) {
    let all = shape().neurons();
    let known = |neuron: u32| u64::from(neuron) < all;
    match &entry.data {
        EntryData::Neurons(neurons) => assert!(neurons.iter().all(|neuron| known(neuron.0)), "{entry:?}"),
        EntryData::Groups(groups) | EntryData::Searched { groups, .. } => {
            let mut neurons = groups.iter().flat_map(|group| &group.neurons);
            assert!(neurons.all(|neuron| known(neuron.0)), "{entry:?}");
        }
        EntryData::Stored(_) => panic!("no file has scores that a store has chosen"),
        EntryData::Scores(scores) => match &scores.values {
            ScoreValues::Dense(values) => {
                assert!(values.len() as u64 == all && values.iter().all(|score| score.is_finite()), "{entry:?}");
            }
            ScoreValues::Sparse { neurons, scores, .. } => {
                let one_each = neurons.len() == scores.len() && scores.iter().all(|score| score.is_finite());
                assert!(one_each && neurons.iter().all(|neuron| known(neuron.0)), "{entry:?}");
            }
        },
    }
}

fn facts(folder: &Path, bytes: &[u8]) -> Result<(), String> {
    let Some((&which, content)) = bytes.split_first() else { return Err("no file".into()) };
    let path = written(folder, FACTS[usize::from(which) % FACTS.len()], content);
    let read = [false, true].map(|skip_invalid| {
        let options = FactsOptions { skip_invalid, ..FactsOptions::default() };
        let mut reader = said(kndb_import::facts::open(&path, &options))?;
        while let Some(item) = reader.next() {
            said(item)?;
            reader.place();
        }
        reader.understood();
        Ok(())
    });
    // Another file of that name would be read by another's rows.
    std::fs::remove_file(&path).expect("removes");
    read.into_iter().reduce(Result::or).expect("two")
}
