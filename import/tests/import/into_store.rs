//! Files into a store.

use kndb_import::{ImportJob, Input, Options, Summary, expand, import};
use kndb_storage::{FactBatch, FactRow, Keep, OnConflict, RunSpec, Store};

use crate::folder::{Folder, shape};
use crate::npy::{f4, npy};

fn job() -> ImportJob {
    let run = RunSpec { keep: Keep::All, ..RunSpec::new("first", "toy", shape()) };
    ImportJob { run, options: Options::new(shape()), on_conflict: OnConflict::Refuse }
}

fn inputs(folder: &Folder, names: &[&str]) -> Vec<Input> {
    let paths: Vec<_> = names.iter().map(|name| folder.path(name).display().to_string()).collect();
    expand(&paths).expect("files")
}

fn store(folder: &Folder) -> Store {
    Store::create(folder.path("store")).expect("a store")
}

/// A summary without what differs from time to time.
fn counts(summary: Summary) -> Summary {
    assert!(summary.seconds > 0.0);
    Summary { seconds: 0.0, ..summary }
}

#[test]
fn a_summary_counts_what_was_read() {
    let folder = Folder::new();
    let store = store(&folder);
    let row = FactRow {
        id: "a".to_owned(),
        relation: "P36".to_owned(),
        language: "en".to_owned(),
        subject: "Azerbaijan".to_owned(),
        object: "Baku".to_owned(),
        subject_uri: None,
        object_uri: None,
    };
    store.add_facts(FactBatch { facts: vec![row], ..FactBatch::default() }).expect("facts");
    folder.write("in/1.json", r#"{"a": [[0, 0], [1, 1], [1, 1]], "b": [[0, 0]]}"#);
    folder.write(
        "in/2.json",
        r#"{"b": {"neurons": [[0, 0]], "synergistic_neurons_this_uuid": [[[0, 0], [1, 1]], [[0, 0], [1, 2]]]}}"#,
    );
    folder.write("in/c.npy", npy("<f4", false, "(2, 3)", &f4(&[0.0, 1.0, 2.0, 3.0, 4.0, 5.0])));
    let mut seen = Vec::new();
    let inputs = inputs(&folder, &["in"]);
    let summary = import(&store, &inputs, &job(), &mut |at| {
        seen.push((at.file_index, at.files, at.bytes_read, at.bytes_total, at.entries));
    });
    let expected = Summary {
        files: 3,
        facts: 3,
        entries: 4,
        languages: [("en".to_owned(), 4)].into(),
        default_language: 4,
        prompts: [0].into(),
        sets: 2,
        pairs: 3,
        scored: 1,
        scores: 6,
        groups: 2,
        unknown: 2,
        duplicates: 2,
        new: 4,
        bytes: inputs.iter().map(|input| input.size).sum(),
        ..Summary::default()
    };
    assert_eq!(counts(summary.expect("valid files")), expected);
    let total = expected.bytes;
    let sizes: Vec<_> = inputs.iter().map(|input| input.size).collect();
    assert_eq!(seen, [(0, 3, sizes[0], total, 2), (1, 3, sizes[0] + sizes[1], total, 3), (2, 3, total, total, 4)]);

    let snapshot = store.snapshot().expect("a snapshot");
    assert!(snapshot.run_named("first").expect("the run").finished);
    let slot = snapshot.slots().next().expect("one slot");
    let stored: u64 = snapshot.parts(slot).expect("opens").iter().map(|live| live.live_len()).sum();
    assert_eq!(stored, 3, "two sets and one array of scores; groups have their own slots");
}

#[test]
fn an_import_that_stopped_goes_on_after_what_it_stored() {
    let folder = Folder::new();
    let store = store(&folder);
    let many: Vec<_> = (0..5000).map(|fact| format!("\"f{fact}\": [[1, 2]]")).collect();
    folder.write("in/1.json", format!("{{{}}}", many.join(", ")));
    folder.write("in/2.json", r#"{"z": [[1, 2]]}"#);
    let inputs = inputs(&folder, &["in"]);
    // The second file is wrong in this pass but right, and of the same size and time, in the next.
    let whole = std::fs::read(folder.path("in/2.json")).expect("just written");
    std::fs::write(folder.path("in/2.json"), r#"{"z": [[1, 9]]}"#).expect("overwrite");
    let error = import(&store, &inputs, &job(), &mut |_| {}).expect_err("neuron 9");
    assert!(folder.said_of(&error).starts_with("in/2.json, line 1, column 7: layer 1, neuron 9"), "{error}");

    let path = folder.path("in/2.json");
    std::fs::write(&path, whole).expect("overwrite");
    let summary = import(&store, &inputs, &job(), &mut |_| {}).expect("valid files");
    assert_eq!((summary.entries, summary.resumed, summary.new), (5001, 4096, 905));
}

#[test]
fn facts_that_are_there_already_are_refused_or_replaced() {
    let folder = Folder::new();
    let store = store(&folder);
    folder.write("1.json", r#"{"a": [[0, 0]]}"#);
    folder.write("2.json", r#"{"a": [[0, 1]], "b": [[0, 1]]}"#);
    let (first, second) = (inputs(&folder, &["1.json"]), inputs(&folder, &["2.json"]));
    import(&store, &first, &job(), &mut |_| {}).expect("valid");
    let error = import(&store, &second, &job(), &mut |_| {}).expect_err("a is there");
    assert!(error.to_string().starts_with("fact a (en, prompt 0) is already in run \"first\""), "{error}");
    let replace = ImportJob { on_conflict: OnConflict::Replace, ..job() };
    let summary = import(&store, &second, &replace, &mut |_| {}).expect("valid");
    assert_eq!((summary.new, summary.replaced, summary.unknown), (1, 1, 2));
}

#[test]
fn a_fact_in_two_files_counts_once_or_is_an_error() {
    let folder = Folder::new();
    let store = store(&folder);
    folder.write("1.json", r#"{"a": [[0, 0]]}"#);
    folder.write("2.json", r#"{"a": [[0, 0]]}"#);
    let both = inputs(&folder, &["1.json", "2.json"]);
    let summary = import(&store, &both, &job(), &mut |_| {}).expect("the same content");
    assert_eq!((summary.entries, summary.duplicates), (1, 1));

    folder.write("2.json", r#"{"a": [[0, 1]]}"#);
    let again = ImportJob { run: RunSpec { name: "second".to_owned(), ..job().run }, ..job() };
    let error = import(&store, &inputs(&folder, &["1.json", "2.json"]), &again, &mut |_| {}).expect_err("they differ");
    assert_eq!(
        folder.said_of(&error),
        "fact `a`, language `en`, prompt 0 is in 1.json and, with different content, in 2.json; expected each once; \
         leave one of the files out"
    );
}

#[test]
fn the_shape_is_the_runs() {
    let folder = Folder::new();
    let mut job = job();
    job.options.shape.width = 4;
    let error = import(&store(&folder), &[], &job, &mut |_| {}).expect_err("two shapes");
    assert_eq!(
        error.to_string(),
        "the files are read as 2 layers × 4, but the run is of 2 layers × 3; expected one shape"
    );
}
