//! The files of an export.

use super::toy::{Toy, files};
use arrow_array::cast::AsArray;
use arrow_array::types::Float32Type;
use kndb_export::{Choice, ExportError, ExportJob, export, formats};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::file::reader::FileReader;
use parquet::file::serialized_reader::{ReadOptionsBuilder, SerializedFileReader};
use std::fs::File;
use std::path::Path;

fn written(toy: &Toy, format: &str, name: &str) -> std::path::PathBuf {
    let to = toy.path(name);
    export(&toy.store, &to, &ExportJob::new(format), &mut |_| {}, &|| false).expect("exported");
    to
}

#[test]
fn two_exports_are_equal_byte_by_byte_also_after_compaction() {
    let toy = Toy::new();
    for format in ["parquet", "arrow", "csv"] {
        let first = files(&written(&toy, format, &format!("{format} 1")));
        toy.store.compact().expect("compacted");
        assert_eq!(first, files(&written(&toy, format, &format!("{format} 2"))), "{format}");
        assert!(first.len() > 12, "{} files", first.len());
    }
}

#[test]
fn folders_are_named_by_run_language_and_relation() {
    let toy = Toy::new();
    let names: Vec<String> = files(&written(&toy, "parquet", "out")).into_iter().map(|(name, _)| name).collect();
    for name in [
        "scores/run=dense/lang=en/relation=P36/part-0.parquet",
        "scores/run=dense/lang=en/relation=__HIVE_DEFAULT_PARTITION__/part-0.parquet",
        "scores/run=half %2F open/lang=zh/relation=P19/part-0.parquet",
        "sets/run=sets/lang=en/relation=P36/part-0.parquet",
        "groups.parquet",
        "kndb-export.json",
    ] {
        assert!(names.iter().any(|known| known == name), "{name} among {names:#?}");
    }
}

fn scores(path: &Path) -> Vec<(String, f32)> {
    let reader = ParquetRecordBatchReaderBuilder::try_new(File::open(path).expect("a file")).expect("Parquet");
    let mut all = Vec::new();
    for batch in reader.build().expect("readable") {
        let batch = batch.expect("rows");
        let facts = batch.column_by_name("fact").expect("facts").as_string::<i32>().clone();
        let scores = batch.column_by_name("score").expect("scores").as_primitive::<Float32Type>().clone();
        all.extend((0..batch.num_rows()).map(|row| (facts.value(row).to_owned(), scores.value(row))));
    }
    all
}

#[test]
fn scores_are_sorted_by_fact_and_from_the_best_down() {
    let toy = Toy::new();
    let found = scores(&written(&toy, "parquet", "out").join("scores/run=dense/lang=en/relation=P36/part-0.parquet"));
    assert!(found.len() > 10 && found.iter().any(|(_, score)| *score < 0.0), "{found:?}");
    assert!(found.is_sorted_by(|a, b| (&a.0, -a.1) <= (&b.0, -b.1)), "{found:?}");
}

#[test]
fn scores_have_a_page_index_and_a_bloom_filter_of_facts() {
    let toy = Toy::new();
    let path = written(&toy, "parquet", "out").join("scores/run=dense/lang=en/relation=P36/part-0.parquet");
    let options = ReadOptionsBuilder::new().with_page_index().build();
    let reader = SerializedFileReader::new_with_options(File::open(path).expect("a file"), options).expect("Parquet");
    let metadata = reader.metadata();
    assert!(metadata.column_index().is_some() && metadata.offset_index().is_some());
    let group = metadata.row_group(0);
    let sorted = group.sorting_columns().expect("sorting columns");
    assert_eq!(sorted.iter().map(|by| (by.column_idx, by.descending)).collect::<Vec<_>>(), [(0, false), (4, true)]);
    let filter = reader.get_row_group(0).expect("a row group");
    let filter = filter.get_column_bloom_filter(0);
    assert!(group.column(0).bloom_filter_offset().is_some() || filter.is_some());
}

#[test]
fn csv_says_what_the_store_has() {
    let toy = Toy::new();
    let to = written(&toy, "csv", "out");
    let text = |name: &str| std::fs::read_to_string(to.join(name)).expect("a file");
    assert_eq!(
        text("facts.csv"),
        "fact,relation,subject_uri,object_uri\nfact 0,P36,Q142,\nfact 2,P36,,\nfact 1,P19,,\nfact 3,P19,,\na fact/without = labels,,,\n"
            .replace("fact 2,P36,,\nfact 1,P19,,\n", "fact 1,P19,,\nfact 2,P36,,\n")
    );
    assert_eq!(
        text("candidates.csv"),
        "relation,lang,subjects,objects\nP36,en,\"[\"\"France\"\"]\",\"[\"\"Paris\"\",\"\"a \\\"\"quoted\\\"\", one\"\"]\"\n"
    );
    let groups = text("groups.csv");
    assert!(
        groups.contains("sets,en,P36,fact 0,0,0,0,1,0.5,0.1,0.45\nsets,en,P36,fact 0,0,0,1,2,0.5,0.1,0.4\n"),
        "{groups}"
    );
}

#[test]
fn a_folder_with_something_in_it_is_left_alone() {
    let toy = Toy::new();
    let to = toy.path("there");
    std::fs::create_dir(&to).expect("made");
    export(&toy.store, &to, &ExportJob::new("csv"), &mut |_| {}, &|| false).expect("an empty folder is taken");
    let before = files(&to);
    let told =
        export(&toy.store, &to, &ExportJob::new("csv"), &mut |_| {}, &|| false).expect_err("refused").to_string();
    assert!(told.contains("found a folder with something in it"), "{told}");
    assert_eq!(files(&to), before);
    std::fs::write(toy.path("a file"), "").expect("written");
    let told = export(&toy.store, &toy.path("a file"), &ExportJob::new("csv"), &mut |_| {}, &|| false);
    assert!(told.expect_err("refused").to_string().contains("found a file"));
}

#[test]
fn names_that_the_store_does_not_have_are_refused() {
    let toy = Toy::new();
    let told = |choice: Choice| {
        let job = ExportJob { choice, ..ExportJob::new("csv") };
        let done = export(&toy.store, &toy.path("out"), &job, &mut |_| {}, &|| false);
        assert!(!toy.path("out").exists());
        match done.expect_err("refused") {
            ExportError::Unknown { what, given, .. } => format!("{what} {given}"),
            other => other.to_string(),
        }
    };
    assert_eq!(told(Choice { runs: vec!["no".into()], ..Choice::default() }), "run no");
    assert_eq!(told(Choice { languages: vec!["fr".into()], ..Choice::default() }), "language fr");
    assert_eq!(told(Choice { relations: vec!["P1".into()], ..Choice::default() }), "relation P1");
}

#[test]
fn a_format_that_there_is_not_is_told_with_those_that_there_are() {
    let toy = Toy::new();
    let done = export(&toy.store, &toy.path("out"), &ExportJob::new("xlsx"), &mut |_| {}, &|| false);
    let told = done.expect_err("refused").to_string();
    assert!(told.starts_with("there is no format \"xlsx\"; known: parquet, arrow, csv, "), "{told}");
    assert!(!toy.path("out").exists());
}

#[test]
fn every_format_has_a_name_of_its_own() {
    let names: Vec<&str> = formats().map(|format| format.name).collect();
    let mut once = names.clone();
    once.sort_unstable();
    once.dedup();
    assert_eq!(once.len(), names.len());
}
