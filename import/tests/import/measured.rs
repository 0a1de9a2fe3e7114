//! Columns of tables that say of an entry what was measured beside its scores: p, answer, rank, tokens.

use kndb_import::Options;
use kndb_storage::{Entry, EntryData, Origin};

use crate::folder::{Folder, options, texts};

/// The probability of each layer, and what the model said.
fn measured(entry: &Entry) -> (Vec<Option<f32>>, Option<Origin>) {
    let EntryData::Scores(scores) = &entry.data else { panic!("scores") };
    assert!(scores.evidence.iter().all(|layer| layer.baseline.is_nan() && layer.residual.is_nan()));
    let known = scores.evidence.iter().map(|layer| Some(layer.probability).filter(|p| !p.is_nan()));
    (known.collect(), scores.origin.clone())
}

fn origin(answer: Option<&str>, rank: Option<u32>, tokens: Option<u16>) -> Option<Origin> {
    Some(Origin { question: None, answer: answer.map(str::to_owned), rank, tokens })
}

#[test]
fn what_was_measured_of_an_entry_stands_in_each_of_its_rows() {
    let folder = Folder::new();
    folder.write(
        "t.csv",
        "fact,layer,neuron,score,P,Answer,rank,tokens\n\
         a,0,0,0.5,0.25,\"Paris, France\",1,2\n\
         a,1,2,1.0,0.25,\"Paris, France\",1.0,2\n\
         b,0,1,0.5,1,None,,\n\
         c,0,1,0.5,nan,,7,\n\
         d,0,1,0.5,,,,\n",
    );
    let read = folder.read("t.csv");
    let found: Vec<_> = read.entries.iter().map(measured).collect();
    assert_eq!(
        found,
        [
            (vec![Some(0.25); 2], origin(Some("Paris, France"), Some(1), Some(2))),
            (vec![Some(1.0); 2], origin(Some("None"), None, None)),
            (vec![], origin(None, Some(7), None)),
            (vec![], None),
        ]
    );
    assert_eq!(texts(&read)[0], "a/en/0 sparse [0, 5] [0.5, 1.0] floor 0.50000006");
    assert!(read.not_used.is_empty(), "{:?}", read.not_used);
}

#[test]
fn rows_of_json_say_it_as_tables_do() {
    let folder = Folder::new();
    let rows = [
        r#"{"fact": "a", "layer": 0, "neuron": 0, "score": 0.5, "p": 0.25, "answer": "Paris", "rank": 1, "tokens": 2}"#,
        r#"{"fact": "a", "layer": 1, "neuron": 2, "score": 1.0, "p": 0.25, "answer": "Paris", "rank": 1.0, "tokens": 2}"#,
        r#"{"fact": "b", "layer": 0, "neuron": 1, "score": 0.5, "p": NaN, "answer": null, "rank": 7, "tokens": null}"#,
        r#"{"fact": "c", "layer": 0, "neuron": 1, "score": 0.5}"#,
    ];
    folder.write("t.jsonl", rows.join("\n"));
    folder.write("t.json", format!("[{}]", rows.join(",\n")));
    for name in ["t.jsonl", "t.json"] {
        let read = folder.read(name);
        let found: Vec<_> = read.entries.iter().map(measured).collect();
        let expected = [
            (vec![Some(0.25); 2], origin(Some("Paris"), Some(1), Some(2))),
            (vec![], origin(None, Some(7), None)),
            (vec![], None),
        ];
        assert_eq!(found, expected, "{name}");
        assert!(read.not_used.is_empty(), "{name}: {:?}", read.not_used);
    }
    let told = folder.refusal("t.jsonl", [rows[0], &rows[1].replace("Paris", "Rome")].join("\n"));
    assert!(told.contains("found `Paris` and `Rome` in column `answer`"), "{told}");
}

#[test]
fn what_is_not_so_or_not_the_same_in_all_rows_is_refused() {
    let folder = Folder::new();
    let refusal = |row: &str| {
        let text = format!("fact,layer,neuron,score,p,answer,rank,tokens\na,0,0,1,0.5,Paris,3,1\n{row}\n");
        folder.refusal("t.csv", text).strip_prefix("t.csv, line 3: ").expect("of the third line").to_owned()
    };
    assert_eq!(refusal("b,0,0,1,1.5,Paris,3,1"), "found `1.5` in column `p`; expected a probability from 0 to 1");
    assert_eq!(refusal("b,0,0,1,-0.1,Paris,3,1"), "found `-0.1` in column `p`; expected a probability from 0 to 1");
    assert_eq!(refusal("b,0,0,1,high,Paris,3,1"), "found `high` in column `p`; expected a probability from 0 to 1");
    assert_eq!(refusal("b,0,0,1,inf,Paris,3,1"), "found `inf` in column `p`; expected a probability from 0 to 1");
    assert_eq!(refusal("b,0,0,1,0.5,Paris,0,1"), "found `0` in column `rank`; expected a rank from 1");
    assert_eq!(refusal("b,0,0,1,0.5,Paris,2.5,1"), "found `2.5` in column `rank`; expected a whole number");
    assert_eq!(
        refusal("b,0,0,1,0.5,Paris,3,65536"),
        "found `65536` in column `tokens`; expected a number of tokens from 1 to 65535"
    );
    let long = "é".repeat(501);
    assert_eq!(
        refusal(&format!("b,0,0,1,0.5,{long},3,1")),
        "found `1002 bytes` in column `answer`; expected an answer of at most 1,000 bytes"
    );
    // A rank of neurons, from the best one on, is not that of the right object.
    let told = refusal("a,0,1,1,0.5,Paris,4,1");
    assert!(told.starts_with("found `3` and `4` in column `rank` in rows of one entry; expected the same"), "{told}");
    let told = refusal("a,0,1,1,0.5,,3,1");
    assert!(told.starts_with("found `Paris` and `nothing` in column `answer`"), "{told}");
    let mut without = options();
    without.ignore = vec!["rank".to_owned()];
    folder.write("t.csv", "fact,layer,neuron,score,p,rank\na,0,0,1,0.5,1\na,0,1,0.5,0.5,2\n");
    let read = folder.read_with("t.csv", &without).expect("left out");
    assert_eq!((measured(&read.entries[0]), read.not_used), ((vec![Some(0.5); 2], None), vec!["column rank".into()]));
}

#[test]
fn a_rank_alone_may_be_of_neurons_and_sets_have_nothing_that_was_measured() {
    let folder = Folder::new();
    folder.write("t.csv", "fact,layer,neuron,score,rank,tokens\na,0,0,1,1,3\na,0,1,0.5,2,3\n");
    let read = folder.read("t.csv");
    assert_eq!(measured(&read.entries[0]), (vec![], None));
    assert_eq!(read.not_used, ["column rank", "column tokens"]);
    folder.write("sets.csv", "fact,layer,neuron,answer\na,0,0,Paris\na,0,1,Rome\n");
    assert_eq!(folder.read("sets.csv").not_used, ["column answer"]);
    // Without scores it may be one itself.
    assert!(folder.refusal("u.csv", "fact,layer,neuron,p\na,0,0,0.5\n").contains("a column `p` of numbers"));
}

#[test]
fn rows_that_are_passed_over_take_their_fact_with_them() {
    let folder = Folder::new();
    let options = Options { skip_invalid: true, ..options() };
    folder
        .write("t.csv", "fact,layer,neuron,score,p\na,0,0,1,0.5\na,0,1,1,0.75\nb,0,0,1,0.5\nc,0,0,1,2\nd,0,0,1,0.25\n");
    let read = folder.read_with("t.csv", &options).expect("the others");
    assert_eq!(read.entries.iter().map(|entry| entry.fact.as_str()).collect::<Vec<_>>(), ["b", "d"]);
}

#[cfg(feature = "parquet")]
#[test]
fn typed_columns_have_nulls_and_nan_for_what_is_not_known() {
    use crate::tables::{Columns, batch, write};
    use arrow_array::{ArrayRef, Float32Array, Float64Array, Int64Array, StringArray};
    use std::sync::Arc;
    let folder = Folder::new();
    let columns = |p: ArrayRef| -> Columns {
        vec![
            ("fact", Arc::new(StringArray::from(vec!["a", "a", "b", "c"]))),
            ("layer", Arc::new(Int64Array::from(vec![0, 1, 0, 0]))),
            ("neuron", Arc::new(Int64Array::from(vec![0, 1, 0, 0]))),
            ("score", Arc::new(Float32Array::from(vec![1.0, 0.5, 1.0, 1.0]))),
            ("p", p),
            ("answer", Arc::new(StringArray::from(vec![Some("x"), Some("x"), None, Some("y")]))),
            // As pandas has whole numbers of which some are missing.
            ("rank", Arc::new(Float64Array::from(vec![2.0, 2.0, f64::NAN, 1.0]))),
        ]
    };
    let p = [Some(0.5), Some(0.5), None, Some(f64::NAN)];
    for name in ["t.parquet", "t.arrow", "t.arrows"] {
        write(&folder, name, &[batch(columns(Arc::new(Float64Array::from(p.to_vec()))))]);
        let found: Vec<_> = folder.read(name).entries.iter().map(measured).collect();
        let expected = [
            (vec![Some(0.5); 2], origin(Some("x"), Some(2), None)),
            (vec![], None),
            (vec![], origin(Some("y"), Some(1), None)),
        ];
        assert_eq!(found, expected, "{name}");
    }
    let flags: ArrayRef = Arc::new(arrow_array::BooleanArray::from(vec![true; 4]));
    write(&folder, "t.parquet", &[batch(columns(flags))]);
    assert!(folder.refusal_with("t.parquet", &options()).contains("`Boolean`; expected numbers"));
}
