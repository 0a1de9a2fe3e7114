//! Tables as pandas, polars and Spark write them: column names, types and near misses.

use std::sync::Arc;

use arrow_array::types::{Int8Type, UInt32Type};
use arrow_array::{
    ArrayRef, DictionaryArray, FixedSizeBinaryArray, Float32Array, Float64Array, Int64Array, LargeStringArray,
    ListArray, StringArray, StringViewArray,
};

use crate::folder::{Folder, Read, options, texts};
use crate::tables::{Columns, batch, write};

const CONTAINERS: [&str; 3] = ["t.parquet", "t.arrow", "t.arrows"];

fn strings(values: &[&str]) -> ArrayRef {
    Arc::new(StringArray::from(values.to_vec()))
}

fn whole(values: &[i64]) -> ArrayRef {
    Arc::new(Int64Array::from(values.to_vec()))
}

fn floats(values: &[f64]) -> ArrayRef {
    Arc::new(Float64Array::from(values.to_vec()))
}

/// Three rows of two facts, as the data frame has them that all these files are made from.
fn frame() -> Columns {
    vec![
        ("fact", strings(&["a", "a", "b"])),
        ("layer", whole(&[0, 1, 1])),
        ("neuron", whole(&[0, 1, 2])),
        ("score", floats(&[0.5, 0.25, 0.125])),
        ("note", Arc::new(StringArray::from(vec![Some("x"), None, Some("y")]))),
    ]
}

const ENTRIES: [&str; 2] =
    ["a/en/0 sparse [0, 4] [0.5, 0.25] floor 0.25000003", "b/en/0 sparse [5] [0.125] floor 0.12500001"];

/// The frame with some columns replaced, renamed or added.
fn with(changes: Columns) -> Columns {
    let mut columns = frame();
    for (name, values) in changes {
        match columns.iter_mut().find(|(known, _)| *known == name) {
            Some(column) => column.1 = values,
            None => columns.push((name, values)),
        }
    }
    columns
}

fn without(name: &str) -> Columns {
    frame().into_iter().filter(|(known, _)| *known != name).collect()
}

fn read(columns: &Columns) -> Vec<Read> {
    let folder = Folder::new();
    let read = |name: &&str| {
        write(&folder, name, &[batch(columns.clone())]);
        folder.read(name)
    };
    CONTAINERS.iter().map(read).collect()
}

fn refusal(columns: Columns) -> String {
    let folder = Folder::new();
    let mut told: Vec<String> = CONTAINERS
        .iter()
        .map(|name| {
            write(&folder, name, &[batch(columns.clone())]);
            folder.refusal_with(name, &options()).replacen(name, "t", 1)
        })
        .collect();
    told.dedup();
    assert_eq!(told.len(), 1, "every container says the same: {told:?}");
    told.remove(0)
}

#[test]
fn whole_numbers_kept_as_floats_are_whole_numbers() {
    let single: ArrayRef = Arc::new(Float32Array::from(vec![0.0, 1.0, 2.0]));
    for read in
        read(&with(vec![("layer", floats(&[0.0, 1.0, 1.0])), ("neuron", single), ("prompt", floats(&[2.0; 3]))]))
    {
        assert_eq!(texts(&read), ENTRIES.map(|entry| entry.replace("/en/0", "/en/2")));
    }
    assert_eq!(
        refusal(with(vec![("layer", floats(&[0.0, 3.5, 1.0]))])),
        "t, row 1: found `3.5` in column `layer`; expected a whole number"
    );
    assert_eq!(
        refusal(with(vec![("neuron", floats(&[0.0, 1.0, f64::NAN]))])),
        "t, row 2: found `NaN` in column `neuron`; expected a whole number"
    );
    assert!(refusal(with(vec![("prompt", floats(&[0.0, 0.5, 0.0]))])).contains("`0.5` in column `prompt`"));
}

#[test]
fn categories_views_nullable_and_large_columns() {
    let facts: [ArrayRef; 4] = [
        Arc::new(vec!["a", "a", "b"].into_iter().collect::<DictionaryArray<Int8Type>>()),
        Arc::new(vec!["a", "a", "b"].into_iter().collect::<DictionaryArray<UInt32Type>>()),
        Arc::new(StringViewArray::from(vec!["a", "a", "b"])),
        Arc::new(LargeStringArray::from(vec!["a", "a", "b"])),
    ];
    for fact in facts {
        let nullable: ArrayRef = Arc::new(Int64Array::from(vec![Some(0), Some(1), Some(1)]));
        for read in read(&with(vec![("fact", fact), ("layer", nullable)])) {
            assert_eq!(
                (texts(&read), read.not_used),
                (ENTRIES.map(str::to_owned).to_vec(), vec!["column note".to_owned()])
            );
        }
    }
    let null: ArrayRef = Arc::new(Int64Array::from(vec![Some(0), None, Some(1)]));
    assert_eq!(
        refusal(with(vec![("layer", null)])),
        "t, row 1: found a null in column `layer`; expected a value in every row"
    );
}

#[test]
fn uuids_of_sixteen_bytes_are_written_as_people_write_them() {
    let bytes: Vec<Vec<u8>> =
        [0, 0, 1].map(|last| [&[0x48, 0xA2, 0xB3, 0x23][..], &[0; 11], &[last]].concat()).to_vec();
    let fact: ArrayRef = Arc::new(FixedSizeBinaryArray::try_from_iter(bytes.into_iter()).expect("16 bytes each"));
    for read in read(&with(vec![("fact", fact)])) {
        let facts: Vec<_> = read.entries.iter().map(|entry| entry.fact.as_str()).collect();
        assert_eq!(facts, ["48a2b323-0000-0000-0000-000000000000", "48a2b323-0000-0000-0000-000000000001"]);
    }
}

#[test]
fn other_names_and_letter_cases_are_used() {
    for (fact, score) in [("uuid", "attribution"), ("Fact", "Score"), ("fact_id", "scores"), ("FACT ID", "SCORE")] {
        let mut columns = frame();
        (columns[0].0, columns[3].0) = (fact, score);
        for read in read(&columns) {
            assert_eq!(texts(&read), ENTRIES, "{fact}, {score}");
        }
    }
    for language in ["Language", "LANG", "lang", "languages"] {
        for read in read(&with(vec![(language, strings(&["zh_CN", "zh-cn", "ZH-CN"]))])) {
            assert_eq!(texts(&read), ENTRIES.map(|entry| entry.replace("/en/", "/zh-CN/")), "{language}");
        }
    }
}

#[test]
fn two_columns_for_one_thing_must_agree() {
    let both = |other: &[&str]| with(vec![("lang", strings(&["zh", "zh", "zh"])), ("language", strings(other))]);
    for read in read(&both(&["zh", "zh", "zh"])) {
        assert_eq!(texts(&read), ENTRIES.map(|entry| entry.replace("/en/", "/zh/")));
    }
    assert_eq!(
        refusal(both(&["zh", "en", "en"])),
        "t, row 1: found `zh` in column `lang` and `en` in column `language`; expected the same in both, or that one \
         of them is named as one to leave out"
    );
    assert!(
        refusal(with(vec![("scores", floats(&[0.5, 0.25, 0.5]))]))
            .contains("in column `score` and `0.5` in column `scores`")
    );
    assert!(refusal(with(vec![("unit", whole(&[0, 1, 1]))])).contains("in column `neuron` and `1` in column `unit`"));
}

#[test]
fn a_near_miss_is_named_instead_of_dropped() {
    let renamed = |from: &str, to: &'static str| {
        let mut columns = frame();
        columns.iter_mut().filter(|(name, _)| *name == from).for_each(|column| column.0 = to);
        columns
    };
    for near in ["scroe", "ig_score", "value", "score_gold"] {
        assert_eq!(
            refusal(renamed("score", near)),
            format!(
                "t: found a column `{near}`, close to `score`, and no column `score`; expected the name `score`, or that \
                 it is named as one to leave out"
            )
        );
    }
    assert!(
        refusal(renamed("score", "strength")).contains("found a column `strength` of numbers, and no column `score`")
    );
    assert!(refusal(renamed("fact", "id")).contains("a column `id`, close to `fact`"));
    assert!(
        refusal(with(vec![("langauge", strings(&["zh"; 3]))])).contains("a column `langauge`, close to `language`")
    );
    assert!(refusal(with(vec![("template_id", whole(&[1; 3]))])).contains("a column `template_id`, close to `prompt`"));
    assert!(refusal(with(vec![("lang", strings(&["Chinese"; 3]))])).contains("`Chinese` is a language's name"));
    // Beside the right column, a near miss is only not used.
    for read in read(&with(vec![("ig_score", floats(&[9.0; 3]))])) {
        assert_eq!(
            (texts(&read), read.not_used),
            (ENTRIES.map(str::to_owned).to_vec(), vec!["column note".into(), "column ig_score".into()])
        );
    }
}

#[test]
fn an_index_of_pandas_is_a_column_like_the_others() {
    // `to_parquet` writes a named index as columns behind the others, an unnamed one as `__index_level_0__`.
    let mut columns = without("fact");
    columns.retain(|(name, _)| *name != "layer");
    columns.push(("fact", strings(&["a", "a", "b"])));
    columns.push(("layer", whole(&[0, 1, 1])));
    columns.push(("__index_level_0__", whole(&[0, 1, 2])));
    for read in read(&columns) {
        assert_eq!(texts(&read), ENTRIES);
    }
}

#[test]
fn what_is_no_table_of_neurons_is_refused() {
    assert!(refusal(without("layer")).contains("expected a column `layer`"));
    let lists: ArrayRef =
        Arc::new(ListArray::from_iter_primitive::<Int8Type, _, _>(vec![Some(vec![Some(0), Some(1)])]));
    assert!(
        refusal(vec![("fact", strings(&["a"])), ("neurons", lists)]).contains("array `neurons`: found values of type")
    );
    assert!(refusal(with(vec![("fact", strings(&["a", "b", "a"]))])).contains("comes back after other rows"));
    assert!(refusal(with(vec![("fact", strings(&["a", "", "b"]))])).contains("an empty fact id in column `fact`"));
    for (bad, found) in
        [(f64::NAN, "NaN"), (f64::INFINITY, "infinite"), (f64::NEG_INFINITY, "minus infinity"), (1e39, "infinite")]
    {
        let told = refusal(with(vec![("score", floats(&[0.5, bad, 0.125]))]));
        assert!(told.contains(&format!("neuron 1 of fact `a` is {found}")), "{told}");
    }
}

#[test]
fn the_lowest_score_of_a_table_is_a_floor_that_ties_may_lie_below() {
    use kndb_storage::{RunSpec, Store};
    let folder = Folder::new();
    write(&folder, "t.parquet", &[batch(frame())]);
    let store = Store::create(folder.path("store")).expect("a store");
    let run = store.open_run(RunSpec::new("top", "toy", crate::folder::shape())).expect("a run");
    run.append_batch(&folder.read("t.parquet").entries, kndb_storage::OnConflict::Refuse).expect("appends");
    let snapshot = store.snapshot().expect("reads");
    let slot = snapshot.slots().next().expect("one");
    let part = snapshot.parts(slot).expect("opens")[0].part;
    let scores = part.scores(0).expect("reads");
    // Of fact `a` 0.5 and 0.25 are listed. Others may score 0.25, too; above it all are known.
    assert!(scores.knows_from(0.25, true), "more than 0.25");
    assert!(!scores.knows_from(0.25, false), "at least 0.25");
    assert!(!scores.knows_from(0.2, true));
}
