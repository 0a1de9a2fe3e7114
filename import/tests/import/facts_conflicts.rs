//! Facts that are said twice, and otherwise: within one path, and by two paths of one command.

use kndb_import::facts::{FactsItem, FactsOptions, FactsReader, open, read_names};

use crate::facts_reading::{refusal, understood};
use crate::folder::Folder;

/// What the second of two paths gives after the first.
fn second(folder: &Folder, first: &str, second: &str) -> Result<Vec<FactsItem>, String> {
    let options = FactsOptions::default();
    let opened = |path: &str| open(&folder.path(path), &options).expect("facts");
    let mut earlier: FactsReader = opened(first);
    earlier.by_ref().for_each(|item| drop(item.expect("a valid row")));
    let rows = opened(second).after(earlier).collect::<Result<_, _>>();
    rows.map_err(|error| folder.said(&error))
}

fn row(fields: &str) -> String {
    format!("{{\"uuid\": \"f1\", \"sub_label\": \"France\", {fields}}}\n")
}

#[test]
fn two_paths_that_disagree_are_refused_with_both_files_and_lines() {
    let folder = Folder::new();
    folder.write("one/en/P36.jsonl", row(r#""obj_label": "Paris""#));
    folder.write("two/en/P36.jsonl", format!("\n{}", row(r#""obj_label": "Lyon""#)));
    assert_eq!(
        second(&folder, "one", "two").expect_err("two capitals"),
        "two/en/P36.jsonl, line 2, column 1: found other labels of the fact `f1` in en than at one/en/P36.jsonl, line 1, \
         column 1; expected one row, or equal ones; take out the one that is wrong"
    );
    assert_eq!(second(&folder, "one", "one").expect("the same again").len(), 1);
    folder.write("three/en/P17.jsonl", row(r#""obj_label": "Paris""#));
    let told = second(&folder, "one", "three").expect_err("two relations");
    assert!(told.contains("found other relation of the fact `f1` than at one/en/P36.jsonl, line 1"), "{told}");
}

#[test]
fn ids_of_subjects_and_objects_are_one_in_every_language() {
    let folder = Folder::new();
    folder.write("m/en/P36.jsonl", row(r#""obj_label": "Paris", "sub_uri": "Q142", "obj_uri": "Q90""#));
    folder.write("m/zh/P36.jsonl", row(r#""obj_label": "巴黎", "sub_uri": "Q142""#));
    let (_, items, _) = understood(&folder.path("m"), &FactsOptions::default());
    assert_eq!(items.len(), 2, "what is not said does not disagree");
    folder.write("m/zh/P36.jsonl", row(r#""obj_label": "巴黎", "sub_uri": "Q142", "obj_uri": "Q456""#));
    assert_eq!(
        refusal(&folder, "m", &FactsOptions::default()),
        "m/zh/P36.jsonl, line 1, column 1: found other object's id of the fact `f1` than at m/en/P36.jsonl, line 1, column \
         1; expected one row, or equal ones; take out the one that is wrong"
    );
}

#[test]
fn folders_that_facts_have_no_place_for_are_told() {
    let folder = Folder::new();
    folder.write("run=ig/prompt=2/lang=de/relation=P36/x.jsonl", row(r#""obj_label": "Paris""#));
    let (_, items, notes) = understood(&folder.path("run=ig"), &FactsOptions::default());
    assert_eq!(items, ["f1 P36 de France Paris (None, None)"]);
    assert_eq!(notes.unused_folders.iter().collect::<Vec<_>>(), ["prompt=2", "run=ig"]);
}

#[test]
fn what_holds_no_facts_is_an_error_and_a_file_of_several_is_told() {
    let folder = Folder::new();
    folder.write("en.tsv", "Prompt\tAns\tCandidate Ans\tSubject\n");
    assert_eq!(
        refusal(&folder, "en.tsv", &FactsOptions::default()),
        "no facts at en.tsv: it has no entries that could be stored (it has no rows)"
    );
    let klar = |samples: &str| format!(r#"{{"prompt_templates": [], "samples": [{samples}]}}"#);
    folder.write("klar/en/a.json", klar(""));
    let told = refusal(&folder, "klar", &FactsOptions::default());
    assert!(told.starts_with("no facts at klar: it has no entries"), "{told}");
    folder.write("klar/en/b.json", klar(r#"{"subject": "France", "object": "Paris", "index": 0}"#));
    let (_, items, notes) = understood(&folder.path("klar"), &FactsOptions::default());
    assert_eq!(items.len(), 1);
    assert_eq!(notes.not_read.len(), 1);
    assert!(notes.not_read[0].path.ends_with("klar/en/a.json"));
    for (name, text) in [("n.tsv", "relation\tname\n"), ("n.json", "{}")] {
        let path = folder.write(name, text);
        let told = folder.said(&read_names(&path).expect_err("no names"));
        assert!(told.starts_with(&format!("{name} is empty: ")) && told.ends_with("it has no entries"), "{told}");
    }
}

#[test]
fn names_of_relations_may_be_packed() {
    let folder = Folder::new();
    let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut gz, b"P36\tcapital\n").expect("packs");
    let packed = [
        ("n.tsv.gz", gz.finish().expect("packs")),
        ("n.tsv.zst", zstd::encode_all(&b"P36\tcapital\n"[..], 1).expect("packs")),
    ];
    for (name, bytes) in packed {
        let names = read_names(&folder.write(name, bytes)).expect("names");
        assert_eq!((&*names[0].relation, &*names[0].name), ("P36", "capital"), "{name}");
    }
}
