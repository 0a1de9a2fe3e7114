//! The answer of a statement as a file.

use super::toy::{Rows, Toy};
use arrow_array::RecordBatch;
use arrow_array::cast::AsArray;
use arrow_array::types::{Float32Type, UInt32Type};
use arrow_ipc::reader::FileReader;
use kndb_export::{Answered, write_answer};
use kndb_query::{Settings, execute, parse};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use std::fs::File;
use std::path::Path;

const STATEMENT: &str = "kn[run=all, lang=en, prompt=0, tau=0.1]";

fn written(toy: &Toy, name: &str) -> Answered {
    let statement = parse(STATEMENT).expect("a statement");
    write_answer(&toy.store, &Settings::default(), &statement, &toy.path(name)).expect("written")
}

/// Fact, layer, neuron and score of each row.
fn rows(batches: impl Iterator<Item = RecordBatch>) -> Vec<(String, u32, u32, f32)> {
    let mut rows = Vec::new();
    for batch in batches {
        let column = |name: &str| batch.column_by_name(name).expect(name);
        let numbers = |name| column(name).as_primitive::<UInt32Type>();
        let (facts, scores) = (column("fact").as_string::<i32>(), column("score").as_primitive::<Float32Type>());
        let (layers, neurons) = (numbers("layer"), numbers("neuron"));
        rows.extend(
            (0..batch.num_rows())
                .map(|row| (facts.value(row).to_owned(), layers.value(row), neurons.value(row), scores.value(row))),
        );
    }
    rows
}

fn parquet(path: &Path) -> Vec<(String, u32, u32, f32)> {
    let reader = ParquetRecordBatchReaderBuilder::try_new(File::open(path).expect("a file")).expect("Parquet");
    rows(reader.build().expect("readable").map(|batch| batch.expect("rows")))
}

#[test]
fn parquet_and_arrow_have_the_rows_of_the_answer() {
    let toy = Toy::new();
    let mut shown = Rows::default();
    execute(&toy.store, &Settings::default(), &parse(STATEMENT).expect("a statement"), &mut shown).expect("an answer");
    let answered = written(&toy, "a.parquet");
    let found = parquet(&toy.path("a.parquet"));
    assert!(found.len() > 3 && answered.bytes > 0, "{answered:?}");
    // The first line of what is shown has the columns, the last ones the notes.
    assert_eq!((found.len() as u64, found.len() + 1 + answered.notes.len()), (answered.rows, shown.0.len()));
    written(&toy, "a.feather");
    let reader = FileReader::try_new(File::open(toy.path("a.feather")).expect("a file"), None).expect("Arrow");
    assert_eq!(rows(reader.map(|batch| batch.expect("rows"))), found);
}

#[test]
fn csv_has_a_line_a_row_and_a_file_that_is_there_is_replaced() {
    let toy = Toy::new();
    std::fs::write(toy.path("a.csv"), "old").expect("written");
    let answered = written(&toy, "a.csv");
    let text = std::fs::read_to_string(toy.path("a.csv")).expect("a file");
    assert!(text.starts_with("fact,relation,subject,object,"), "{text}");
    assert_eq!(text.lines().count() as u64, answered.rows + 1);
}

#[test]
fn what_cannot_be_written_leaves_what_is_there() {
    let toy = Toy::new();
    let told = |statement: &str, name: &str| {
        let statement = parse(statement).expect("a statement");
        let done = write_answer(&toy.store, &Settings::default(), &statement, &toy.path(name));
        done.expect_err("refused").to_string()
    };
    assert!(told("kn[run=all]", "a.json").contains("found extension \"json\", expected one of .parquet, .arrow, .csv"));
    assert!(told("let new = likn[run=all]", "a.csv").contains("found no rows, expected a query"));
    std::fs::write(toy.path("a.csv"), "old").expect("written");
    assert!(told("kn[run=nobody]", "a.csv").contains("nobody"));
    assert_eq!(std::fs::read_to_string(toy.path("a.csv")).expect("a file"), "old");
    assert_eq!(std::fs::read_dir(toy.folder.path()).expect("a folder").count(), 2, "the store and the file");
}
