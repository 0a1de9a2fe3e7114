//! Parquet and Arrow tables.

use std::fs::File;
use std::sync::Arc;

use arrow_array::types::Int8Type;
use arrow_array::{
    ArrayRef, BinaryArray, BinaryViewArray, BooleanArray, Decimal128Array, DictionaryArray, Float16Array, Float32Array,
    Float64Array, Int64Array, LargeStringArray, RecordBatch, StringArray, StringViewArray, UInt8Array, UInt16Array,
    UInt64Array,
};
use arrow_ipc::CompressionType;
use arrow_ipc::writer::{FileWriter, IpcWriteOptions, StreamWriter};
use half::f16;
use parquet::arrow::ArrowWriter;

use crate::folder::{Folder, options, texts};

pub type Columns = Vec<(&'static str, ArrayRef)>;

pub fn batch(columns: Columns) -> RecordBatch {
    RecordBatch::try_from_iter(columns).expect("columns of one length")
}

/// Writes batches as a Parquet file, an IPC file or a stream, by the name's extension.
pub fn write(folder: &Folder, name: &str, batches: &[RecordBatch]) {
    let file = File::create(folder.path(name)).expect("create the file");
    let schema = batches[0].schema();
    if name.ends_with(".parquet") {
        let mut writer = ArrowWriter::try_new(file, schema, None).expect("a writer");
        batches.iter().for_each(|batch| writer.write(batch).expect("write"));
        writer.close().expect("close");
    } else if name.ends_with(".arrow") {
        let mut writer = FileWriter::try_new(file, &schema).expect("a writer");
        batches.iter().for_each(|batch| writer.write(batch).expect("write"));
        writer.finish().expect("finish");
    } else {
        let mut writer = StreamWriter::try_new(file, &schema).expect("a writer");
        batches.iter().for_each(|batch| writer.write(batch).expect("write"));
        writer.finish().expect("finish");
    }
}

/// Three columns that every table has, of five rows of two facts.
fn needed() -> Columns {
    vec![
        ("fact", Arc::new(StringArray::from(vec!["a", "a", "a", "b", "b"]))),
        ("layer", Arc::new(Int64Array::from(vec![1, 0, 0, 0, 1]))),
        ("neuron", Arc::new(UInt8Array::from(vec![2, 0, 1, 0, 1]))),
    ]
}

fn scores() -> ArrayRef {
    Arc::new(Float32Array::from(vec![0.5, 0.25, -0.125, 1.0, 2.0]))
}

fn table() -> RecordBatch {
    let mut columns = needed();
    columns.push(("score", scores()));
    batch(columns)
}

#[test]
fn every_container_gives_the_same_entries_however_it_is_cut() {
    let folder = Folder::new();
    let expected = [
        "a/en/0 sparse [0, 1, 5] [0.25, -0.125, 0.5] floor -0.12499999",
        "b/en/0 sparse [0, 4] [1.0, 2.0] floor 1.0000001",
    ];
    let cut: Vec<_> = (0..5).map(|row| table().slice(row, 1)).collect();
    for (name, format) in [("t.parquet", "parquet"), ("t.arrow", "arrow"), ("t.arrows", "arrow"), ("t.bin", "arrow")] {
        for batches in [&[table()][..], &cut] {
            write(&folder, name, batches);
            let read = folder.read(name);
            assert_eq!((texts(&read), read.format), (expected.map(str::to_owned).to_vec(), format), "{name}");
        }
    }
}

#[test]
fn languages_prompts_and_columns_that_are_not_used() {
    let folder = Folder::new();
    let mut columns: Columns = vec![("split", Arc::new(StringArray::from(vec!["x"; 5])))];
    columns.extend(needed());
    columns.push(("lang", Arc::new(StringArray::from(vec!["en", "en", "zh", "zh", "zh"]))));
    columns.push(("prompt", Arc::new(UInt16Array::from(vec![0, 1, 1, 1, 65535]))));
    columns.push(("score", scores()));
    for name in ["t.parquet", "t.arrow", "t.arrows"] {
        write(&folder, name, &[batch(columns.clone())]);
        assert_eq!(
            texts(&folder.read(name)),
            [
                "a/en/0 sparse [5] [0.5] floor 0.50000006",
                "a/en/1 sparse [0] [0.25] floor 0.25000003",
                "a/zh/1 sparse [1] [-0.125] floor -0.12499999",
                "b/zh/1 sparse [0] [1.0] floor 1.0000001",
                "b/zh/65535 sparse [4] [2.0] floor 2.0000002",
            ]
        );
    }
}

#[test]
fn metadata_of_a_schema_whose_name_is_close_to_one_that_counts_is_refused() {
    let folder = Folder::new();
    let with = |columns: Columns, about: &[(&str, &str)]| {
        let table = batch(columns);
        let about: std::collections::HashMap<_, _> =
            about.iter().map(|&(key, value)| (key.to_owned(), value.to_owned())).collect();
        let schema = table.schema().as_ref().clone().with_metadata(about);
        table.with_schema(Arc::new(schema)).expect("the same columns")
    };
    for name in ["t.parquet", "t.arrow", "t.arrows"] {
        for (key, close) in [("locale", "language"), ("languge", "language"), ("prompt_text", "prompt")] {
            write(&folder, name, &[with(needed(), &[(key, "zh")])]);
            let told = folder.refusal_with(name, &options());
            assert!(told.contains(&format!("`{key}` in the metadata, a name close to `{close}`")), "{told}");
            let mut without = options();
            without.ignore = vec![key.to_owned()];
            let read = folder.read_with(name, &without).expect("left out");
            assert_eq!(read.not_used, [format!("metadata {key}")]);
        }
        // Where the language is said, the other name says nothing that is missing.
        let about = [("lang", "zh"), ("locale", "zh_CN"), ("note", "x")];
        write(&folder, name, &[with(needed(), &about)]);
        assert_eq!(folder.read(name).not_used, ["metadata locale", "metadata note"]);
    }
}

#[test]
fn a_fact_with_every_neuron_is_dense_and_one_without_scores_is_a_set() {
    let folder = Folder::new();
    let mut columns: Columns = vec![
        ("fact", Arc::new(StringArray::from(vec!["a"; 7]))),
        ("layer", Arc::new(UInt8Array::from(vec![1, 1, 1, 0, 0, 0, 0]))),
        ("neuron", Arc::new(UInt8Array::from(vec![0, 1, 2, 0, 1, 2, 2]))),
    ];
    write(&folder, "set.parquet", &[batch(columns.clone())]);
    let read = folder.read("set.parquet");
    assert_eq!((texts(&read), read.duplicates), (vec!["a/en/0 neurons [0, 1, 2, 3, 4, 5]".to_owned()], 1));
    columns.push(("score", Arc::new(Float64Array::from(vec![3.0, 4.0, 5.0, 0.0, 1.0, 2.0, 2.0]))));
    write(&folder, "dense.parquet", &[batch(columns)]);
    let read = folder.read("dense.parquet");
    assert_eq!((texts(&read), read.duplicates), (vec!["a/en/0 dense [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]".to_owned()], 1));
}

#[test]
fn types_that_writers_choose() {
    let folder = Folder::new();
    let facts: [ArrayRef; 4] = [
        Arc::new(LargeStringArray::from(vec!["a", "b"])),
        Arc::new(StringViewArray::from(vec!["a", "b"])),
        Arc::new(vec!["a", "b"].into_iter().collect::<DictionaryArray<Int8Type>>()),
        Arc::new(StringArray::from(vec!["a", "b"])),
    ];
    let scores: [ArrayRef; 3] = [
        Arc::new(Float16Array::from(vec![f16::from_f32(0.5), f16::from_f32(0.25)])),
        Arc::new(Float32Array::from(vec![0.5, 0.25])),
        Arc::new(Float64Array::from(vec![0.5, 0.25])),
    ];
    for (name, fact) in ["t.arrow", "t.parquet"].into_iter().flat_map(|name| facts.iter().map(move |fact| (name, fact)))
    {
        for score in &scores {
            let layers: ArrayRef = Arc::new(UInt64Array::from(vec![1, 0]));
            let neurons: ArrayRef = Arc::new(Int64Array::from(vec![1, 0]));
            let columns =
                vec![("fact", fact.clone()), ("layer", layers), ("neuron", neurons), ("score", score.clone())];
            write(&folder, name, &[batch(columns)]);
            assert_eq!(
                texts(&folder.read(name)),
                ["a/en/0 sparse [4] [0.5] floor 0.50000006", "b/en/0 sparse [0] [0.25] floor 0.25000003"]
            );
        }
    }
}

/// The message about a table with one column replaced.
fn refusal_of(name: &'static str, column: ArrayRef) -> String {
    let folder = Folder::new();
    let mut columns = needed();
    columns.push(("score", scores()));
    columns.push(("prompt", Arc::new(UInt8Array::from(vec![0; 5]))));
    for (found, values) in &mut columns {
        if *found == name {
            *values = Arc::clone(&column);
        }
    }
    write(&folder, "t.parquet", &[batch(columns)]);
    folder.refusal_with("t.parquet", &options())
}

#[test]
fn rows_that_are_wrong() {
    assert_eq!(
        refusal_of("fact", Arc::new(StringArray::from(vec!["a", "a", "b", "b", "a"]))),
        "t.parquet, row 4: fact `a`, language `en`, prompt 0 comes back after other rows; expected the rows of one fact \
         together; sort the table by fact, language, prompt"
    );
    assert_eq!(
        refusal_of("score", Arc::new(Float64Array::from(vec![0.0, 0.0, f64::NAN, 0.0, 0.0]))),
        "t.parquet, row 2: the score of layer 0, neuron 1 of fact `a` is NaN; expected a finite 32-bit number; repeat \
         this fact's attribution or take it out of the file"
    );
    assert_eq!(
        refusal_of("score", Arc::new(Float32Array::from(vec![Some(0.0), None, None, None, None]))),
        "t.parquet, row 1: found a null in column `score`; expected a value in every row"
    );
    assert_eq!(
        refusal_of("layer", Arc::new(Int64Array::from(vec![1, 0, 0, 2, 1]))),
        "t.parquet, row 3: layer 2, neuron 0 of fact `b` lies outside the model; expected layers 0 to 1 and neurons 0 to \
         2 (2 layers × 3); check the run's shape, and that neurons are counted within their layer"
    );
    assert_eq!(
        refusal_of("layer", Arc::new(Int64Array::from(vec![1, -1, 0, 0, 1]))),
        "t.parquet, row 1: found layer -1, neuron 0 of fact `a`; expected numbers from 0"
    );
    assert_eq!(
        refusal_of("prompt", Arc::new(Int64Array::from(vec![0, 0, 0, 70_000, 0]))),
        "t.parquet, row 3: found prompt 70000 in column `prompt`; expected the number of a prompt, 0 to 65535"
    );
    let twice = refusal_of("neuron", Arc::new(UInt8Array::from(vec![2, 0, 0, 0, 1])));
    assert_eq!(
        twice,
        "t.parquet, row 2: layer 0, neuron 0 of fact `a` has the scores 0.25 and -0.125; expected one; keep the right one"
    );
}

#[test]
fn columns_that_are_wrong() {
    assert_eq!(
        refusal_of("layer", Arc::new(BooleanArray::from(vec![true; 5]))),
        "t.parquet, array `layer`: found values of type `Boolean`; expected whole numbers of any type"
    );
    assert_eq!(
        refusal_of("score", Arc::new(BooleanArray::from(vec![true; 5]))),
        "t.parquet, array `score`: found values of type `Boolean`; expected numbers: float16, float32, float64, whole \
         numbers or decimals"
    );
    assert_eq!(
        refusal_of("fact", Arc::new(Float64Array::from(vec![0.0; 5]))),
        "t.parquet, array `fact`: found values of type `Float64`; expected strings (utf8, large_utf8, string view, or a \
         dictionary of them), whole numbers or UUIDs of 16 bytes"
    );
    let folder = Folder::new();
    write(&folder, "t.arrow", &[batch(needed()[..2].to_vec())]);
    assert_eq!(
        folder.refusal_with("t.arrow", &options()),
        "t.arrow: found the columns fact, layer; expected a column `neuron` (columns: fact, language, prompt, layer, \
         neuron, score)"
    );
}

#[test]
fn what_texts_may_hold_columns_of_other_types_may() {
    let folder = Folder::new();
    let decimals = |values: Vec<i128>, precision, scale| -> ArrayRef {
        Arc::new(Decimal128Array::from(values).with_precision_and_scale(precision, scale).expect("they fit"))
    };
    let facts: [(ArrayRef, &str); 3] = [
        (Arc::new(BinaryArray::from(vec![&b"f7"[..], b"f7"])), "f7"),
        (Arc::new(BinaryViewArray::from(vec![&b"f7"[..], b"f7"])), "f7"),
        (Arc::new(Int64Array::from(vec![7, 7])), "7"),
    ];
    let scores: [ArrayRef; 3] = [
        decimals(vec![50, 25], 3, 2),
        Arc::new(StringArray::from(vec!["0.5", "0.25"])),
        Arc::new(Float64Array::from(vec![0.5, 0.25])),
    ];
    for name in ["t.parquet", "t.arrow"] {
        for ((fact, id), score) in facts.iter().zip(&scores) {
            let columns: Columns = vec![
                ("fact", Arc::clone(fact)),
                ("prompt", Arc::new(LargeStringArray::from(vec!["3", "3"]))),
                ("layer", decimals(vec![1, 0], 1, 0)),
                ("neuron", Arc::new(StringArray::from(vec!["2", "0"]))),
                ("score", Arc::clone(score)),
            ];
            write(&folder, name, &[batch(columns)]);
            let expected = format!("{id}/en/3 sparse [0, 5] [0.25, 0.5] floor 0.25000003");
            assert_eq!(texts(&folder.read(name)), [expected], "{name}");
        }
    }
    let bytes: ArrayRef = Arc::new(BinaryArray::from(vec![&b"\xFF"[..]; 5]));
    assert!(refusal_of("fact", bytes).starts_with("t.parquet, array `fact`: the file cannot be read as a column"));
}

#[test]
fn a_column_that_says_which_rows_are_neurons_is_not_dropped() {
    let folder = Folder::new();
    let flags: [ArrayRef; 4] = [
        Arc::new(BooleanArray::from(vec![true, false, true, true, false])),
        Arc::new(StringArray::from(vec!["yes", "no", "yes", "yes", "no"])),
        Arc::new(UInt8Array::from(vec![1, 0, 1, 1, 0])),
        Arc::new(Int64Array::from(vec![1, 2, 3, 1, 2])),
    ];
    for (name, flag) in ["t.parquet", "t.arrow"].into_iter().flat_map(|name| flags.iter().map(move |flag| (name, flag)))
    {
        let mut columns = needed();
        columns.push(("is_kn", Arc::clone(flag)));
        write(&folder, name, &[batch(columns.clone())]);
        let told = folder.refusal_with(name, &options());
        assert!(told.contains("a column `is_kn` of ") && told.contains("and no column `score`"), "{told}");
        let mut without = options();
        without.ignore = vec!["is_kn".to_owned()];
        folder.read_with(name, &without).expect("left out");
        columns.push(("score", scores()));
        write(&folder, name, &[batch(columns)]);
        assert_eq!(folder.read(name).not_used, ["column is_kn"], "where there are scores, they say it");
    }
}

#[test]
fn words_that_may_be_yes_and_no_are_none_beside_others_in_whichever_piece() {
    let folder = Folder::new();
    let facts = |flags: &[&str]| {
        let columns: Columns = vec![
            ("fact", Arc::new(StringArray::from(vec!["a"; flags.len()]))),
            ("layer", Arc::new(UInt8Array::from(vec![0; flags.len()]))),
            ("neuron", Arc::new(UInt8Array::from(vec![1; flags.len()]))),
            ("sex", Arc::new(StringArray::from(flags.to_vec()))),
        ];
        batch(columns)
    };
    write(&folder, "t.arrow", &[facts(&["F", "M"]), facts(&["F"]), facts(&["N", "F"])]);
    assert_eq!(folder.read("t.arrow").entries.len(), 1);
    write(&folder, "t.arrow", &[facts(&["F", "N"]), facts(&["F"])]);
    assert!(folder.refusal_with("t.arrow", &options()).contains("a column `sex` of yes and no"));
}

#[test]
fn a_second_column_of_layers_in_floats_must_agree_unless_it_has_fractions() {
    let folder = Folder::new();
    let with = |floats: [f64; 5]| {
        let mut columns = needed();
        columns.push(("layer_order", Arc::new(Float64Array::from(floats.to_vec()))));
        columns.push(("score", scores()));
        batch(columns)
    };
    for name in ["t.parquet", "t.arrow"] {
        write(&folder, name, &[with([0.0, 1.0, 1.0, 1.0, 0.0])]);
        let told = folder.refusal_with(name, &options());
        assert!(told.contains("`1` in column `layer` and `0` in column `layer_order`"), "{told}");
        write(&folder, name, &[with([1.0, 0.0, 0.0, 0.0, 1.0])]);
        folder.read(name);
        write(&folder, name, &[with([0.5, 0.0, 0.0, 0.0, 0.5])]);
        assert_eq!(folder.read(name).not_used, ["column layer_order"]);
    }
    folder.write("t.csv", "fact,layer,source_layer,neuron,score\na,0,1.0,0,0.5\na,1,0.0,0,0.5\n");
    let told = folder.refusal_with("t.csv", &options());
    assert!(told.contains("in column `layer` and `1` in column `source_layer`"), "{told}");
}

#[test]
fn a_second_column_of_layers_must_agree_and_so_must_metadata_about_their_order() {
    let folder = Folder::new();
    for (name, other) in [("layer_order", [0, 1, 1, 1, 0]), ("source_layer", [1, 0, 0, 0, 0])] {
        let mut columns = needed();
        columns.push((name, Arc::new(Int64Array::from(other.to_vec()))));
        columns.push(("score", scores()));
        write(&folder, "t.parquet", &[batch(columns)]);
        let told = folder.refusal_with("t.parquet", &options());
        assert!(told.contains("in column `layer` and ") && told.contains(&format!("in column `{name}`")), "{told}");
    }
    let with = |layers: &str| {
        let about: std::collections::HashMap<_, _> = [("layers".to_owned(), layers.to_owned())].into_iter().collect();
        let schema = table().schema().as_ref().clone().with_metadata(about);
        table().with_schema(Arc::new(schema)).expect("the same columns")
    };
    write(&folder, "t.parquet", &[with("[0, 1]")]);
    folder.read("t.parquet");
    write(&folder, "t.parquet", &[with("[1, 0]")]);
    let told = folder.refusal_with("t.parquet", &options());
    assert!(told.contains("`layers` that says `1, 0`, which is not all layers in order, 0 to 1"), "{told}");
}

#[test]
fn files_that_were_cut_short() {
    let folder = Folder::new();
    for name in ["t.parquet", "t.arrow", "t.arrows"] {
        write(&folder, name, &[table()]);
        let whole = std::fs::read(folder.path(name)).expect("just written");
        let message = folder.refusal(name, &whole[..whole.len() - 40]);
        // A stream says of each message how long it is.
        let expected = if name == "t.arrows" { "was cut short" } else { ": the file cannot be read as " };
        assert!(message.contains(expected), "{message}");
    }
    assert_eq!(
        folder.refusal("old.feather", b"FEA1...."),
        "old.feather: found Feather version 1; expected version 2: write it again with \
         `pyarrow.feather.write_feather(table, path)`"
    );
}

#[test]
fn compressed_buffers_that_promise_terabytes() {
    let folder = Folder::new();
    let rows = 30_000_usize;
    let options = IpcWriteOptions::default().try_with_compression(Some(CompressionType::LZ4_FRAME)).expect("lz4");
    let columns: Columns = vec![
        ("fact", Arc::new(StringArray::from(vec!["a"; rows]))),
        ("layer", Arc::new(UInt8Array::from(vec![1; rows]))),
        ("neuron", Arc::new(UInt8Array::from(vec![2; rows]))),
        ("score", Arc::new(Float32Array::from(vec![0.5; rows]))),
    ];
    let table = batch(columns);
    let file = |name: &str| File::create(folder.path(name)).expect("create the file");
    let mut writer =
        FileWriter::try_new_with_options(file("t.arrow"), &table.schema(), options.clone()).expect("a writer");
    writer.write(&table).expect("write");
    writer.finish().expect("finish");
    let mut writer = StreamWriter::try_new_with_options(file("t.arrows"), &table.schema(), options).expect("a writer");
    writer.write(&table).expect("write");
    writer.finish().expect("finish");

    for name in ["t.arrow", "t.arrows"] {
        let read = folder.read(name);
        let set = vec!["a/en/0 sparse [5] [0.5] floor 0.50000006".to_owned()];
        assert_eq!((texts(&read), read.duplicates), (set, rows as u64 - 1), "repeats over several pieces of a batch");

        let mut bytes = std::fs::read(folder.path(name)).expect("just written");
        let unpacked = (4 * rows as u64).to_le_bytes();
        let at = bytes.windows(8).position(|window| window == unpacked).expect("the scores' unpacked length");
        bytes[at..at + 8].copy_from_slice(&(1_u64 << 40).to_le_bytes());
        let message = folder.refusal(name, bytes);
        let expected = format!("{name}, byte {at}: an unpacked buffer takes 1099511627776 bytes by its header, but");
        assert!(message.starts_with(&expected), "{message}");
    }
}

#[test]
fn a_footer_that_promises_terabytes() {
    let folder = Folder::new();
    let table = batch(vec![
        ("fact", Arc::new(StringArray::from(vec!["a"]))),
        ("layer", Arc::new(UInt8Array::from(vec![1]))),
        ("neuron", Arc::new(UInt8Array::from(vec![2]))),
    ]);
    let mut writer = FileWriter::try_new(Vec::new(), &table.schema()).expect("a writer");
    writer.write(&table).expect("in memory");
    let mut bytes = writer.into_inner().expect("in memory");
    folder.write("t.arrow", &bytes);
    assert_eq!(texts(&folder.read("t.arrow")), ["a/en/0 neurons [5]"]);
    // A block of the footer: the message's offset, the lengths of its metadata and, after padding, of its body.
    let number = |at: usize| u64::from_le_bytes(bytes[at..at + 8].try_into().expect("eight"));
    let begins = |at: &usize| {
        let offset = number(*at) as usize;
        offset > 8 && bytes.get(offset..offset + 4) == Some(&[0xFF; 4]) && number(at + 16) < 1_000
    };
    let block = (0..bytes.len() - 24).rev().find(begins).expect("a block");
    let (offset, body) = (number(block), block + 16);
    bytes[body..body + 8].copy_from_slice(&(1_u64 << 40).to_le_bytes());
    let told = folder.refusal("t.arrow", &bytes);
    let held = bytes.len() as u64 - offset;
    assert!(told.starts_with(&format!("t.arrow, byte {offset}: a message takes 10995116")), "{told}");
    assert!(told.contains(&format!("but the file has {held} for it")), "{told}");
}

#[test]
fn a_stream_whose_messages_promise_gigabytes() {
    let folder = Folder::new();
    let table = batch(vec![
        ("fact", Arc::new(StringArray::from(vec!["a"]))),
        ("layer", Arc::new(UInt8Array::from(vec![1]))),
        ("neuron", Arc::new(UInt8Array::from(vec![2]))),
    ]);
    let mut writer = StreamWriter::try_new(Vec::new(), &table.schema()).expect("a writer");
    writer.write(&table).expect("in memory");
    writer.finish().expect("in memory");
    let good = writer.into_inner().expect("in memory");
    folder.write("t.arrows", &good);
    assert_eq!(texts(&folder.read("t.arrows")), ["a/en/0 neurons [5]"]);
    let word = |at: usize| u32::from_le_bytes(good[at..at + 4].try_into().expect("four")) as usize;
    // A message is four bytes of ones, its length, itself, and its body; the schema has none.
    let second = 8 + word(4);
    for (at, of) in [(0, "first"), (second, "second")] {
        let mut bytes = good.clone();
        bytes[at + 4..at + 8].copy_from_slice(&0x7FFF_FFF0_u32.to_le_bytes());
        let held = good.len() - at - 8;
        let expected =
            format!("t.arrows, byte {at}: a message takes 2147483632 bytes by its header, but the file has {held}");
        let told = folder.refusal("t.arrows", bytes);
        assert!(told.starts_with(&expected), "{of}: {told}");
    }
    // As streams were framed before version 0.15, without the ones.
    let mut bytes = vec![0xFF, 0xFF, 0xFF, 0x41];
    bytes.extend(&good);
    folder.write("t.arrows", &bytes);
    let named = kndb_import::Options { format: Some("arrow".into()), ..options() };
    let told = folder.refusal_with("t.arrows", &named);
    assert!(told.starts_with("t.arrows, byte 0: a message takes 1107296255 bytes by its header"), "{told}");
    // Cut within the body of the second message.
    let body = second + 8 + word(second + 4);
    let told = folder.refusal("t.arrows", &good[..body + 1]);
    assert!(told.starts_with(&format!("t.arrows, byte {body}: the body of a message takes")), "{told}");
}
