//! Parquet and Arrow files with one byte changed: an error or an entry, never a panic that anybody sees. In a process
//! of its own, because a panic hook belongs to the process.
//!
//! Here a sample of bytes; `KNDB_MUTANTS=all` tries three values of every byte.

#![cfg(feature = "parquet")]

use std::panic;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use arrow_array::{ArrayRef, Float32Array, RecordBatch, StringArray, UInt8Array};
use arrow_ipc::writer::{FileWriter, StreamWriter};
use kndb_import::{ImportError, Options, open};
use kndb_storage::{Entry, Shape};
use parquet::arrow::ArrowWriter;

/// The table in each of the containers.
fn files(table: &RecordBatch) -> Vec<(&'static str, Vec<u8>)> {
    let schema = table.schema();
    let mut parquet = ArrowWriter::try_new(Vec::new(), Arc::clone(&schema), None).expect("a writer");
    parquet.write(table).expect("in memory");
    let mut file = FileWriter::try_new(Vec::new(), &schema).expect("a writer");
    file.write(table).expect("in memory");
    let mut stream = StreamWriter::try_new(Vec::new(), &schema).expect("a writer");
    stream.write(table).expect("in memory");
    vec![
        ("parquet", parquet.into_inner().expect("in memory")),
        ("arrow file", file.into_inner().expect("in memory")),
        ("arrow stream", stream.into_inner().expect("in memory")),
    ]
}

#[test]
fn one_bad_byte_never_panics_where_anybody_sees_it() {
    let rows = 40_usize;
    let facts: Vec<String> = (0..rows).map(|row| format!("fact-{}", row / 6)).collect();
    let fact: ArrayRef = Arc::new(StringArray::from(facts));
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("fact", fact),
        ("layer", Arc::new(UInt8Array::from_iter_values((0..rows).map(|row| (row % 6 / 3) as u8)))),
        ("neuron", Arc::new(UInt8Array::from_iter_values((0..rows).map(|row| (row % 3) as u8)))),
        ("score", Arc::new(Float32Array::from_iter_values((0..rows).map(|row| row as f32)))),
    ];
    let table = RecordBatch::try_from_iter(columns).expect("columns of one length");
    let seen = Arc::new(AtomicU64::new(0));
    // As a program sets it at its start: before anything is read.
    let counted = Arc::clone(&seen);
    panic::set_hook(Box::new(move |_| {
        counted.fetch_add(1, Ordering::Relaxed);
    }));
    let every = if std::env::var_os("KNDB_MUTANTS").is_some() { 1 } else { 5 };
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("m");
    let options = Options::new(Shape::new(2, 3).expect("small"));
    let mut counts = Vec::new();
    for (name, whole) in files(&table) {
        let (mut refused, mut tried) = (0_u64, 0_u64);
        for at in (0..whole.len()).step_by(every) {
            for change in [0x01, 0x80, 0xFF] {
                let mut bytes = whole.clone();
                bytes[at] ^= change;
                std::fs::write(&path, &bytes).expect("write the file");
                let read = || -> Result<Vec<Entry>, ImportError> { open(&path, &options)?.collect() };
                let read = panic::catch_unwind(panic::AssertUnwindSafe(read));
                tried += 1;
                refused += u64::from(read.map_or(true, |read| read.is_err()));
            }
        }
        counts.push((name, refused, tried));
    }
    let panics = seen.load(Ordering::Relaxed);
    let _ = panic::take_hook();
    assert_eq!(panics, 0, "panics that reached the program's hook");
    for (name, refused, tried) in counts {
        assert!(refused > tried / 20, "{name}: {refused} of {tried} were refused");
    }
}
