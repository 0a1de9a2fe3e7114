//! What makes two imports one job, and what an import that fails leaves behind.

use kndb_import::{ImportJob, Options, expand, import};
use kndb_storage::{Claim, Entry, EntryData, FactBatch, FactRow, Neuron, OnConflict, RunSpec, Shape, Store};

use crate::folder::{Folder, shape};
use crate::npy::{f4, npy};

fn job() -> ImportJob {
    let run = RunSpec::new("first", "toy", shape());
    ImportJob { run, options: Options::new(shape()), on_conflict: OnConflict::Refuse }
}

fn new_store(folder: &Folder) -> Store {
    Store::create(folder.path("store")).expect("a store")
}

/// An array of 5,000 facts, of which the last is wrong: what comes before it is stored.
fn stopped(folder: &Folder, store: &Store, job: &ImportJob) {
    let ids: Vec<_> = (0..5000).map(|fact| format!("f{fact}")).collect();
    folder.write("v3.ids.txt", ids.join("\n"));
    let mut scores = vec![1.0; 6 * 5000];
    scores[29_999] = f32::NAN;
    folder.write("v3.npy", npy("<f4", false, "(5000, 2, 3)", &f4(&scores)));
    let told = folder.imported(store, "v3.npy", job).expect_err("NaN");
    assert!(told.contains("index 4999"), "{told}");
    // The file is mended in place, as it was when a kill stopped the import: same name, size and time.
    let path = folder.path("v3.npy");
    let time = std::fs::metadata(&path).and_then(|file| file.modified()).expect("a time");
    scores[29_999] = 1.0;
    folder.write("v3.npy", npy("<f4", false, "(5000, 2, 3)", &f4(&scores)));
    std::fs::File::options().write(true).open(&path).and_then(|file| file.set_modified(time)).expect("set back");
}

#[test]
fn the_same_files_go_on_and_a_corrected_list_of_ids_is_another_job() {
    let folder = Folder::new();
    let store = new_store(&folder);
    stopped(&folder, &store, &job());
    let ids = std::fs::read_to_string(folder.path("v3.ids.txt")).expect("written");
    folder.write("v3.ids.txt", ids.replace("f0\n", "g0\n"));
    let told = folder.imported(&store, "v3.npy", &job()).expect_err("other facts");
    assert!(told.contains("is already in run \"first\""), "{told}");
    folder.write("v3.ids.txt", ids);
    let summary = folder.imported(&store, "v3.npy", &job()).expect("goes on");
    assert_eq!((summary.resumed, summary.new), (4096, 904));
}

#[test]
fn a_list_of_ids_of_an_option_belongs_to_the_job_too() {
    let folder = Folder::new();
    let store = new_store(&folder);
    let mut job = job();
    let list: Vec<_> = (0..5000).map(|fact| format!("f{fact}")).collect();
    job.options.ids = Some(folder.write("list.txt", list.join("\n")));
    stopped(&folder, &store, &job);
    std::fs::remove_file(folder.path("v3.ids.txt")).expect("the same list");
    let time = std::fs::metadata(folder.path("list.txt")).and_then(|file| file.modified()).expect("a time");
    folder.write("list.txt", list.join("\n").replace("f0\n", "g0\n"));
    std::fs::File::options()
        .write(true)
        .open(folder.path("list.txt"))
        .and_then(|file| file.set_modified(time))
        .expect("set back");
    let told = folder.imported(&store, "v3.npy", &job).expect_err("same size and time, other facts");
    assert!(told.contains("is already in run"), "{told}");
}

#[test]
fn an_import_that_fails_takes_the_run_it_began_along_and_no_other() {
    let folder = Folder::new();
    let store = new_store(&folder);
    folder.write("good.json", r#"{"a": [[0, 0]]}"#);
    folder.write("bad.json", r#"{"a": [[0, 9]]}"#);
    folder.imported(&store, "bad.json", &job()).expect_err("neuron 9");
    assert!(store.refresh().expect("reads").run_named("first").is_none());
    folder.imported(&store, "good.json", &job()).expect("valid");
    folder.imported(&store, "bad.json", &job()).expect_err("neuron 9");
    assert!(store.refresh().expect("reads").run_named("first").is_some());
}

#[test]
fn a_run_that_another_import_fills_meanwhile_stays() {
    let folder = Folder::new();
    let store = new_store(&folder);
    // The first file is read and reported, then the other process imports, then the second file is wrong.
    folder.write("in/1.json", "{}");
    folder.write("in/2.json", r#"{"a": [[0, 9]]}"#);
    folder.write("good.json", r#"{"b": [[0, 0]]}"#);
    let inputs = expand(&[folder.path("in").display().to_string()]).expect("files");
    let mut other = None;
    let error = import(&store, &inputs, &job(), &mut |_| {
        other.get_or_insert_with(|| {
            folder.imported(&Store::open(folder.path("store")).expect("opens"), "good.json", &job())
        });
    });
    assert!(error.is_err());
    assert_eq!(other.expect("was called").expect("valid").new, 1);
    let snapshot = store.refresh().expect("reads");
    let run = snapshot.run_named("first").expect("it was not this import's to drop");
    assert_eq!(snapshot.holds(run.id).expect("opens").attributed, 1);
}

#[test]
fn the_last_of_several_imports_that_fail_takes_the_run_along() {
    let folder = Folder::new();
    let store = new_store(&folder);
    folder.write("in/1.json", "{}");
    folder.write("in/2.json", r#"{"a": [[0, 9]]}"#);
    folder.write("bad.json", r#"{"b": [[0, 9]]}"#);
    let inputs = expand(&[folder.path("in").display().to_string()]).expect("files");
    let mut other = None;
    let error = import(&store, &inputs, &job(), &mut |_| {
        other.get_or_insert_with(|| {
            folder.imported(&Store::open(folder.path("store")).expect("opens"), "bad.json", &job())
        });
    });
    assert!(error.is_err() && other.expect("was called").is_err());
    assert!(store.refresh().expect("reads").run_named("first").is_none());
}

#[test]
fn the_shape_of_an_import_that_was_killed_before_its_first_entry_binds_nobody() {
    let folder = Folder::new();
    let store = new_store(&folder);
    folder.write("good.json", r#"{"a": [[0, 0]]}"#);
    let mistyped = RunSpec::new("first", "toy", Shape::new(3, 2).expect("a shape"));
    let second = ImportJob { run: RunSpec::new("second", "toy", shape()), ..job() };
    for corrected in [job(), second] {
        let killed = store.open_run(mistyped.clone()).expect("new");
        // What is left of it is its run and its job.
        let _ = killed.job("some files", OnConflict::Refuse).expect("begins");
        let alive = store.claim_run("first", Claim::Together, "another import").expect("free");
        let told = folder.imported(&store, "good.json", &corrected).expect_err("the other is at work");
        assert!(told.contains("shape"), "{told}");
        drop(alive);
        assert_eq!(folder.imported(&store, "good.json", &corrected).expect("valid").new, 1);
        store.drop_run(&corrected.run.name).expect("drops");
    }
    // One with entries stays.
    let run = store.open_run(mistyped).expect("new");
    let data = EntryData::Neurons(vec![Neuron(0)]);
    run.append(Entry { fact: "a".into(), language: "en".into(), prompt: 0, data }).expect("appends");
    folder.imported(&store, "good.json", &job()).expect_err("another shape");
}

#[test]
fn a_run_that_was_complete_and_empty_outlives_an_import_that_fails() {
    let folder = Folder::new();
    let store = new_store(&folder);
    folder.write("bad.json", r#"{"a": [[0, 9]]}"#);
    // As an older kndb left it after a file without entries.
    store.open_run(job().run).expect("new").finish().expect("complete");
    folder.imported(&store, "bad.json", &job()).expect_err("neuron 9");
    assert!(store.refresh().expect("reads").run_named("first").is_some());
}

#[test]
fn a_glob_that_has_grown_goes_on_with_what_is_new() {
    let folder = Folder::new();
    let store = new_store(&folder);
    folder.write("in/1.json", r#"{"a": [[0, 0]], "b": [[0, 1]]}"#);
    folder.imported(&store, "in", &job()).expect("valid");
    folder.write("in/2.json", r#"{"c": [[0, 2]]}"#);
    folder.imported(&store, "in", &job()).expect_err("a and b are there");
    let skip = ImportJob { on_conflict: OnConflict::Skip, ..job() };
    let summary = folder.imported(&store, "in", &skip).expect("passed over");
    assert_eq!((summary.new, summary.skipped, summary.entries), (1, 2, 3));
}

/// An English fact of a relation.
fn row(id: &str, relation: &str) -> FactRow {
    FactRow {
        id: id.to_owned(),
        relation: relation.to_owned(),
        language: "en".to_owned(),
        subject: "s".to_owned(),
        object: "o".to_owned(),
        subject_uri: None,
        object_uri: None,
    }
}

#[test]
fn a_relation_is_compared_with_the_store_s() {
    let folder = Folder::new();
    let store = new_store(&folder);
    store
        .add_facts(FactBatch { facts: vec![row("a", "P36"), row("b", "P19")], ..FactBatch::default() })
        .expect("facts");
    folder.write("t.csv", "fact,relation,layer,neuron\na,P36,0,0\nc,P36,0,0\n");
    let summary = folder.imported(&store, "t.csv", &job()).expect("agrees");
    assert_eq!((summary.relations, summary.relations_not_used), (1, 1), "the store knows no relation of c");
    folder.write("t.csv", "fact,relation,layer,neuron\nb,P36,0,0\n");
    assert_eq!(
        folder.imported(&store, "t.csv", &job()).expect_err("disagrees"),
        "t.csv: it says that fact `b` is of relation `P36`, but in the store it is of `P19 (place of birth)`; expected \
         the store's, by its id or a name of it; correct the one that is wrong, give the relation that name, or leave the \
         file's relation out"
    );
    folder.write("relation=P37/n.json", r#"{"b": [[0, 0]]}"#);
    assert!(folder.imported(&store, "relation=P37", &job()).expect_err("disagrees").contains("of relation `P37`"));
}

/// A store with a fact `a` of P36, one `b` of P19, and a name of P36.
fn with_relations(folder: &Folder) -> Store {
    let store = new_store(folder);
    let names = vec![kndb_storage::RelationNameRow {
        relation: "P36".to_owned(),
        language: "fr".to_owned(),
        name: "capitale".to_owned(),
    }];
    let facts = vec![row("a", "P36"), row("b", "P19")];
    store.add_facts(FactBatch { facts, relation_names: names, ..FactBatch::default() }).expect("facts");
    store
}

#[test]
fn a_relation_is_known_by_its_id_in_any_case_and_by_its_names() {
    let folder = Folder::new();
    let store = with_relations(&folder);
    let skip = ImportJob { on_conflict: OnConflict::Skip, ..job() };
    for name in ["P36", "p36", " P36 ", "capital", "Capital", "capitale", "P36 (capital)", "P36 (capitale)"] {
        folder.write("t.csv", format!("fact,relation,layer,neuron\na,{name},0,0\n"));
        let told = folder.imported(&store, "t.csv", &skip).map(|summary| summary.relations);
        assert_eq!(told, Ok(1), "{name}");
    }
    for name in ["P36 (official language)", "P19 (capital)", "P36 (capital"] {
        folder.write("t.csv", format!("fact,relation,layer,neuron\na,{name},0,0\n"));
        let told = folder.imported(&store, "t.csv", &skip).expect_err(name);
        assert!(told.contains(&format!("is of relation `{name}`, but in the store it is of `P36")), "{told}");
    }
    folder.write("relation=p36 /n.json", r#"{"a": [[0, 0]]}"#);
    folder.imported(&store, "relation=p36 ", &skip).expect("P36");
}

#[test]
fn a_relation_that_is_not_the_store_s_is_refused_whatever_it_looks_like() {
    let folder = Folder::new();
    let store = with_relations(&folder);
    for name in ["official language", "french", "P37x", "q36", "place_of_birth", "P19", "https://example.org"] {
        folder.write("t.csv", format!("fact,relation,layer,neuron\na,{name},0,0\n"));
        let told = folder.imported(&store, "t.csv", &job()).expect_err("another");
        assert!(told.contains(&format!("fact `a` is of relation `{name}`, but in the store it is of `P36")), "{told}");
    }
    let mut without = job();
    without.options.ignore = vec!["relation".to_owned()];
    folder.imported(&store, "t.csv", &without).expect("left out");
    without.on_conflict = OnConflict::Replace;
    folder.write("r.json", r#"{"a": {"neurons": [[0, 1]], "relation_name": "P19"}}"#);
    folder.imported(&store, "r.json", &without).expect("the field of another format, too");
    folder.write("kn_bag-v2.json", "[[[0, 1]]]");
    folder.write("kn_bag-v2.json.ids.txt", "a");
    let replace = ImportJob { on_conflict: OnConflict::Replace, ..job() };
    folder.imported(&store, "kn_bag-v2.json", &replace).expect("no relation is called `v2`");
}

#[test]
fn two_relations_of_a_fact_are_refused_though_the_store_knows_it_not() {
    let folder = Folder::new();
    let store = new_store(&folder);
    folder.write("t.csv", "fact,lang,relation,layer,neuron\na,en,P36,0,0\na,zh,P37,0,1\n");
    assert_eq!(
        folder.imported(&store, "t.csv", &job()).expect_err("two"),
        "t.csv: it says that fact `a` is of relation `P37`, where it was of `P36` before; expected one relation a fact, in \
         all languages; correct the one that is wrong, or leave the file's relation out"
    );
    folder.write("in/relation=P36/lang=en/n.json", r#"{"a": [[0, 0]]}"#);
    folder.write("in/relation=P37/lang=zh/n.json", r#"{"a": [[0, 0]]}"#);
    assert!(folder.imported(&store, "in", &job()).expect_err("two files").contains("it was of `P36` before"));
    folder.write("t.csv", "fact,lang,relation,layer,neuron\na,en,P36,0,0\nb,en,P37,0,1\na,zh,p36,0,1\n");
    folder.imported(&store, "t.csv", &job()).expect("one relation a fact");
}

#[test]
fn whether_two_relations_of_a_fact_agree_does_not_depend_on_their_order() {
    let folder = Folder::new();
    let store = new_store(&folder);
    let facts = vec![row("a", "P19"), row("b", "place_of_birth")];
    store.add_facts(FactBatch { facts, ..FactBatch::default() }).expect("two relations of one name");
    let skip = ImportJob { on_conflict: OnConflict::Skip, ..job() };
    let import = |fact: &str, relations: [&str; 3]| {
        let rows: Vec<_> = ["en", "fr", "zh"]
            .iter()
            .zip(relations)
            .map(|(language, relation)| format!("{fact},{language},{relation},0,0\n"))
            .collect();
        folder.write("t.csv", format!("fact,lang,relation,layer,neuron\n{}", rows.concat()));
        folder.imported(&store, "t.csv", &skip)
    };
    // `a` has a relation in the store, `new` has none.
    for fact in ["a", "new"] {
        for agreeing in [
            ["place of birth", "P19", "Place of birth"],
            ["P19", "place of birth", "p19"],
            ["P19 (place of birth)", "p19", "place of birth"],
            ["p19", "P19 (place of birth)", "P19"],
        ] {
            import(fact, agreeing).unwrap_or_else(|told| panic!("{fact} {agreeing:?}: {told}"));
        }
        for two in [["place of birth", "P19", "place_of_birth"], ["P19", "place of birth", "place_of_birth"]] {
            let told = import(fact, two).expect_err("two relations by one name");
            assert!(told.contains("`place_of_birth`"), "{told}");
        }
    }
}

#[test]
fn the_run_that_a_file_names_must_be_the_one_imported_into() {
    let folder = Folder::new();
    let store = new_store(&folder);
    folder.write("t.csv", "fact,run,layer,neuron\na,second,0,0\n");
    assert_eq!(
        folder.imported(&store, "t.csv", &job()).expect_err("another run"),
        "t.csv, line 2: column `run` says run `second`, but the name of the run to import into says `first`; \
         expected one run; correct the one that is wrong, or leave it out"
    );
    folder.write("t.csv", "fact,run,layer,neuron\na,first,0,0\n");
    folder.imported(&store, "t.csv", &job()).expect("this run");
}

#[test]
fn files_without_entries_are_an_error_and_leave_no_run() {
    let folder = Folder::new();
    let store = new_store(&folder);
    let empty_array = npy("<f4", false, "(0, 2, 3)", &[]);
    let files: [(&str, &[u8]); 8] = [
        ("header.csv", b"fact,layer,neuron,score\n"),
        ("header.tsv", b"fact\tlayer\tneuron\r\n\r\n"),
        ("object.json", b"{}"),
        ("bags.json", b"{ \n }"),
        ("nothing.rlt.jsonl", b"\n\n"),
        ("none.npz", b"PK\x05\x06\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"),
        ("none.safetensors", b"\x02\0\0\0\0\0\0\0{}"),
        ("stack.npy", &empty_array),
    ];
    folder.write("stack.npy.ids.txt", "\n");
    for (name, content) in files {
        folder.write(name, content);
        let told = folder.imported(&store, name, &job()).expect_err(name);
        assert!(told.contains("no entries") || told.contains("is empty"), "{name}: {told}");
        let snapshot = store.refresh().expect("reads");
        assert!(snapshot.run_named("first").is_none(), "{name} left a run");
    }
    // Beside a file with entries it is told and no more.
    folder.write("in/1.json", r#"{"a": [[0, 0]]}"#);
    folder.write("in/2.csv", "fact,layer,neuron\n");
    let summary = folder.imported(&store, "in", &job()).expect("one has entries");
    assert_eq!((summary.new, summary.without_entries), (1, vec![folder.path("in/2.csv")]));
    // A run that has entries stays as it is.
    folder.imported(&store, "header.csv", &job()).expect_err("nothing new");
    assert!(store.refresh().expect("reads").run_named("first").is_some());
}

#[test]
fn rows_of_which_none_can_be_used_are_no_entries() {
    let folder = Folder::new();
    let store = new_store(&folder);
    folder.write("t.csv", "fact,layer,neuron,score\na,0,0,\na,0,9,1\n");
    let mut skipping = job();
    skipping.options.skip_invalid = true;
    let told = folder.imported(&store, "t.csv", &skipping).expect_err("nothing is left");
    assert!(told.starts_with("no entries in t.csv: what there is, 3 rows or facts, cannot be used: "), "{told}");
    assert!(told.contains("a null in column `score`") && told.contains("a neuron outside the model"), "{told}");
    assert!(store.refresh().expect("reads").run_named("first").is_none());
}

#[test]
fn the_summary_says_what_said_each_language() {
    let folder = Folder::new();
    let store = new_store(&folder);
    folder.write("t.csv", "fact,lang,layer,neuron\na,eng,0,0\na,zho_Hans,0,1\n");
    folder.write("deu/n.json", r#"{"a": [[0, 0]]}"#);
    let inputs = ["t.csv", "deu"].map(|name| folder.path(name).display().to_string());
    let inputs = expand(&inputs).expect("files");
    let summary = import(&store, &inputs, &job(), &mut |_| {}).expect("valid");
    let by: Vec<_> = summary.language_by.iter().map(|(code, by)| format!("{code}: {by:?}")).collect();
    assert_eq!(
        by,
        [
            r#"de: {"the folder `deu`, which says `deu`"}"#,
            r#"en: {"column `lang`, which says `eng`"}"#,
            r#"zh-Hans: {"column `lang`, which says `zho_Hans`"}"#,
        ]
    );
}
