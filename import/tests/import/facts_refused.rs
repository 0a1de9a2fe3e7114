//! What is said of files and folders that are no facts, or of several data sets.

use std::io::Write;

use kndb_import::facts::{FactsFormat, FactsOptions};

use crate::facts_reading::{refusal, understood};
use crate::folder::Folder;

const SOUGHT: &str = "expected rows with `sub_label` and `obj_label` (mlama, lama, mpararel), `relation` and `template` \
    (mlama, lama), `pattern` (pararel, mpararel), `requested_rewrite` (counterfact), `src` and `answers` (zsre), \
    `prompt_templates` and `samples` (klar), `masked_sentences` (google-re, conceptnet, squad), or lines of four columns \
    with a prompt that has `<mask>` (bmlama)";

fn of(format: FactsFormat) -> FactsOptions {
    FactsOptions { format: Some(format), ..FactsOptions::default() }
}

#[test]
fn lines_that_are_cut_are_told_with_their_place() {
    let folder = Folder::new();
    let good = r#"{"uuid": "u", "sub_label": "a", "obj_label": "b"}"#;
    folder.write("en/P2.jsonl", format!("{good}\n{}", &good[..20]));
    assert_eq!(
        refusal(&folder, "en/P2.jsonl", &FactsOptions::default()),
        "en/P2.jsonl, line 2, column 21: the JSON ends before it is complete, after 1 complete lines; write or copy the \
         file again"
    );
}

#[test]
fn folders_and_files_that_are_no_facts() {
    let folder = Folder::new();
    let all = FactsOptions::default();
    assert_eq!(refusal(&folder, "nowhere", &all), "no facts at nowhere: it is not there");
    folder.write("notes/a.txt", "hello");
    folder.write("notes/.DS_Store", "x");
    folder.write("notes/b.jsonl", "\n");
    assert_eq!(
        refusal(&folder, "notes", &all),
        "no facts at notes: it has no rows of facts, only .DS_Store (hidden), a.txt (not named as a file of facts), b.jsonl \
         (empty)"
    );
    std::fs::create_dir(folder.path("empty")).expect("a folder");
    assert_eq!(refusal(&folder, "empty", &all), "no facts at empty: it is empty");
    folder.write("zero.jsonl", "");
    assert_eq!(refusal(&folder, "zero.jsonl", &all), "no facts at zero.jsonl: it is empty");
    folder.write("x/a.jsonl", "{\"b\": 1, \"a\": 2}\n");
    assert_eq!(
        refusal(&folder, "x", &all),
        format!("cannot tell which data set x/a.jsonl is of: it starts with a row of `b`, `a`; {SOUGHT}")
    );
    folder.write("scores.npy", b"\x93NUMPY\x01\x00");
    let said = refusal(&folder, "scores.npy", &all);
    assert!(said.contains("not facts; `kndb import DB FILE --run NAME` takes those"), "{said}");
    folder.write("scores.csv", "fact,layer,neuron,score\nf,0,0,1\n");
    let said = refusal(&folder, "scores.csv", &all);
    assert!(said.contains("not facts; `kndb import DB FILE --run NAME` takes those"), "{said}");
    folder.write("facts.csv", "uuid,relation,lang,sub_label,obj_label\nu,P36,en,France,Paris\n");
    let said = refusal(&folder, "facts.csv", &all);
    assert!(said.contains("CSV of facts, which is not read; write JSON lines, in pandas `df.to_json("), "{said}");
}

#[test]
fn a_misspelled_field_is_named() {
    let folder = Folder::new();
    folder.write("en/P1.jsonl", r#"{"uuid": "u", "sublabel": "a", "obj_label": "b"}"#);
    assert_eq!(
        refusal(&folder, "en", &FactsOptions::default()),
        format!(
            "cannot tell which data set en/P1.jsonl is of: it has rows with the field `sublabel`; is `sub_label` meant?; {SOUGHT}"
        )
    );
}

#[test]
fn a_data_set_that_is_asked_for_is_looked_for_alone() {
    let folder = Folder::new();
    folder.write("p/P36.jsonl", "{\"pattern\": \"[X] [Y]\"}\n");
    assert_eq!(
        refusal(&folder, "p", &of(FactsFormat::Lama)),
        format!("cannot tell which data set p is of: it holds pararel (P36.jsonl) data, not lama; {SOUGHT}")
    );
    folder.write("a.jsonl", "{\"b\": 1}\n");
    assert_eq!(
        refusal(&folder, "a.jsonl", &of(FactsFormat::Lama)),
        "a.jsonl, line 1, column 1: no field `sub_label`; the row has `b`"
    );
}

#[test]
fn several_data_sets_in_one_folder_are_not_chosen_from() {
    let folder = Folder::new();
    folder.write("data/TREx/P36.jsonl", r#"{"uuid": "u", "sub_label": "a", "obj_label": "b", "predicate_id": "P36"}"#);
    folder.write(
        "data/Squad/test.jsonl",
        r#"{"masked_sentences": ["[MASK]"], "obj_label": "b", "id": "1", "sub_label": "Squad"}"#,
    );
    folder.write("data/relations.jsonl", r#"{"relation": "P36", "template": "[X] [Y]", "label": "capital"}"#);
    assert_eq!(
        refusal(&folder, "data", &FactsOptions::default()),
        "data holds several data sets: squad (Squad/test.jsonl), lama (TREx/P36.jsonl); expected one data set"
    );
    let (format, items, notes) = understood(&folder.path("data"), &of(FactsFormat::Lama));
    assert_eq!((format, items.len()), (FactsFormat::Lama, 3), "{items:?}");
    assert_eq!(notes.not_read.len(), 1);
    assert_eq!(notes.not_read[0].why, "another data set");

    folder.write("both.jsonl", r#"{"pattern": "[X] [Y]", "sub_label": "a", "obj_label": "b"}"#);
    assert_eq!(
        refusal(&folder, "both.jsonl", &FactsOptions::default()),
        "both.jsonl has rows of `pattern`, `sub_label`, `obj_label`, which fit pararel, mpararel, mlama, lama, mpararel; \
         expected one data set"
    );
}

#[test]
#[cfg(unix)]
fn links_and_other_files_are_told_not_passed_over() {
    let folder = Folder::new();
    folder.write("p/P36.jsonl", "{\"pattern\": \"[X] [Y]\"}\n");
    folder.write("p/README.md", "about");
    folder.write("p/info.json", "{\"version\": 1}");
    folder.write("p/P17.jsonl", "");
    let link = |from: &str, to: &str| {
        std::os::unix::fs::symlink(folder.path(from), folder.path(to)).expect("a link");
    };
    link("p", "p/loop");
    link("gone", "p/P1.jsonl");
    let (_, items, notes) = understood(&folder.path("p"), &FactsOptions::default());
    assert_eq!(items, ["P36 en [X] [Y]"]);
    let root = folder.path("p");
    let told = notes
        .not_read
        .iter()
        .map(|left| (left.path.strip_prefix(&root).expect("within").display().to_string(), left.why.as_str()));
    let told: Vec<_> = told.collect();
    let expected = [
        ("P1.jsonl", "a link that leads nowhere"),
        ("README.md", "not named as a file of facts"),
        ("loop", "a link to a folder"),
        ("P17.jsonl", "empty"),
        ("info.json", "JSON, but no facts"),
    ];
    assert_eq!(told, expected.map(|(name, why)| (name.to_owned(), why)));
}

#[test]
fn packed_files_are_read_as_what_is_in_them() {
    let folder = Folder::new();
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    packed.write_all(b"{\"pattern\": \"[X] [Y]\"}\n").expect("packed");
    folder.write("de/P36.jsonl.gz", packed.finish().expect("packed"));
    let row: &[u8] = b"{\"pattern\": \"[X], [Y]\"}\n";
    folder.write("de/P37.jsonl.zst", zstd::encode_all(row, 3).expect("packed"));
    let (_, items, _) = understood(&folder.path("de"), &FactsOptions::default());
    assert_eq!(items, ["P36 de [X] [Y]", "P37 de [X], [Y]"]);
    folder.write("de/P38.jsonl.gz", b"\x1f\x8b\x08no more");
    let said = refusal(&folder, "de", &FactsOptions::default());
    assert!(said.starts_with("de/P38.jsonl.gz: the file cannot be read as gzip: "), "{said}");
}

#[test]
fn lamas_templates_above_its_facts_are_found_packed_and_others_are_told() {
    let folder = Folder::new();
    folder.write("data/TREx/P36.jsonl", r#"{"uuid": "u", "sub_label": "a", "obj_label": "b", "predicate_id": "P36"}"#);
    let template: &[u8] = br#"{"relation": "P36", "template": "[X] [Y]", "label": "capital"}"#;
    folder.write("data/relations.jsonl", "{\"about\": \"other\"}\n");
    let (_, items, notes) = understood(&folder.path("data/TREx"), &FactsOptions::default());
    assert_eq!((items.len(), notes.not_read.len()), (1, 1));
    assert_eq!(notes.not_read[0].why, "no templates");
    folder.write("data/relations.jsonl.zst", zstd::encode_all(template, 3).expect("packed"));
    let (_, items, _) = understood(&folder.path("data/TREx"), &FactsOptions::default());
    assert_eq!(items.len(), 3, "a fact, a template, a name: {items:?}");
}
