//! Tables as JSON, an object a row, and what pandas writes otherwise.

use kndb_import::Options;

use crate::folder::{Folder, options, texts};

const ROWS: [&str; 3] = [
    r#"{"fact": "a", "lang": "zh", "layer": 0, "neuron": 1, "score": 0.5}"#,
    r#"{"fact": "a", "lang": "zh", "layer": 1, "neuron": 2.0, "score": 0.25}"#,
    r#"{"fact": "b", "lang": "eng", "layer": 0, "neuron": 0, "score": 1}"#,
];

#[test]
fn a_list_of_objects_and_an_object_a_line_are_one_table() {
    let folder = Folder::new();
    let lists = [
        ("l.json", format!("[{}]", ROWS.join(","))),
        ("p.json", format!("\u{feff}[\n  {}\n]\n", ROWS.join(",\n  "))),
        ("l.jsonl", ROWS.join("\n")),
        ("l.ndjson", ROWS.join("\n") + "\n\n"),
    ];
    for (name, text) in lists {
        folder.write(name, text);
        let read = folder.read(name);
        assert_eq!(read.format, "records", "{name}");
        assert_eq!(
            texts(&read),
            ["a/zh/0 sparse [1, 5] [0.5, 0.25] floor 0.25000003", "b/en/0 sparse [0] [1.0] floor 1.0000001"],
            "{name}"
        );
    }
}

#[test]
fn rows_without_scores_are_neuron_sets_and_other_fields_are_told() {
    let folder = Folder::new();
    folder.write("s.json", r#"[{"Layer": 0, "Neuron": 1, "uuid": 17, "note": [1]}]"#);
    let read = folder.read("s.json");
    assert_eq!(texts(&read), ["17/en/0 neurons [1]"]);
    assert_eq!(read.not_used, ["column note"]);
}

#[test]
fn what_is_wrong_with_a_row_is_named_with_its_line() {
    let folder = Folder::new();
    let first = ROWS[0];
    for (second, part) in [
        (r#"{"fact": "a", "lang": "zh", "layer": 0, "neuron": 2}"#, "t.jsonl, line 2: found a null in column `score`"),
        (r#"{"fact": "a", "lang": "zh", "layer": 0, "neuron": 2, "score": NaN}"#, "of fact `a` is NaN"),
        (r#"{"fact": "a", "lang": "zh", "layer": 0, "neuron": 2, "score": Infinity}"#, "of fact `a` is infinite"),
        (r#"{"fact": "a", "lang": "zh", "layer": 0, "neuron": 2, "score": "much"}"#, "`much` in column `score`"),
        (r#"{"fact": "a", "lang": "zh", "layer": 0, "neuron": [2], "score": 1}"#, "[2] in the field `neuron`"),
        (r#"{"fact": "a", "lang": "zh", "layer": 0, "neuron": 2, "score": 1, "score": 2}"#, "the field `score` twice"),
        (
            r#"{"fact": "a", "lang": "zh", "layer": 0, "neuron": 2, "score": 1, "run": "x"}"#,
            "`run`, which the first row",
        ),
        (r#"{"fact": "a", "lang": "zh", "layer": 0, "neuron": 7, "score": 1}"#, "lies outside the model"),
        (r#"{"fact": "a", "lang": }"#, "line 2, column 23: this is not valid JSON"),
    ] {
        let told = folder.refusal("t.jsonl", format!("{first}\n{second}\n"));
        assert!(told.contains(part), "{told}");
    }
    for (text, part) in [
        (format!("[{first}"), "ends before it is complete, after 1 complete rows"),
        (format!("[{first} {first}]"), "expected `,` or `]`"),
        (format!("[{first}] x"), "the end of the file after the closing"),
        (format!("{first}\n17"), "expected an object `{` with the fields of a row"),
    ] {
        let told = folder.refusal("t.json", text);
        assert!(told.contains(part), "{told}");
    }
    let mut skipping = options();
    skipping.skip_invalid = true;
    folder.write("s.jsonl", format!("{}\n{{\"fact\": }}\n{}\n{}\n", ROWS[2], ROWS[0], ROWS[1]));
    let read = folder.read_with("s.jsonl", &skipping).expect("goes on");
    assert_eq!(texts(&read), [""; 0], "whose row it is cannot be read, so the facts beside it are left out");
    assert_eq!(read.invalid.iter().map(|(_, count)| count).sum::<u64>(), 3);
}

#[test]
fn a_field_close_to_a_missing_one_is_refused() {
    let folder = Folder::new();
    let told = folder.refusal("t.json", r#"[{"fact": "a", "layer": 0, "neuron": 1, "ig_score": 0.5}]"#);
    assert!(told.contains("a column `ig_score`, close to `score`"), "{told}");
    let told = folder.refusal("t.json", r#"[{"fact": "a", "layer": 0, "neuron": 1, "x": 0.5}]"#);
    assert!(told.contains("a column `x` of numbers, and no column `score`"), "{told}");
}

#[test]
fn a_field_of_numbers_is_one_whatever_its_first_row_holds() {
    let folder = Folder::new();
    for first in ["0", "1", "null", "\"\"", "\"n/a\"", "\"0,5\"", "\"0.5\"", "NaN"] {
        let row = |fact: &str, weight: &str| {
            format!("{{\"fact\": \"{fact}\", \"layer\": 0, \"neuron\": 1, \"weight\": {weight}}}\n")
        };
        let told = folder.refusal("t.jsonl", row("a", first) + &row("b", "0.25") + &row("c", "0.5"));
        assert!(told.starts_with("t.jsonl: found a column `weight` of numbers, and no column `score`"), "{told}");
    }
    let told = folder.refusal("t.jsonl", r#"{"fact": "a", "layer": "0", "neuron": "1", "weight": "0.5"}"#);
    assert!(told.contains("a column `weight` of numbers"), "numbers written as texts: {told}");
    let mut skipping = options();
    skipping.skip_invalid = true;
    folder.write("t.jsonl", "{\"fact\": \"a\", \"layer\": 0, \"neuron\": 1, \"weight\": 0}\n{\"fact\": }\n{\"fact\": \"b\", \"layer\": 0, \"neuron\": 1, \"weight\": 0.5}\n");
    assert!(folder.refusal_with("t.jsonl", &skipping).contains("a column `weight` of numbers"), "behind a bad row");
    // The index of pandas is no scores, and one number makes no field of texts one.
    folder.write(
        "t.json",
        r#"[{"index": 0, "fact": "a", "layer": 0, "neuron": 0, "note": "x"}, {"index": 1, "fact": "a", "layer": 0, "neuron": 1, "note": "y"},
            {"index": 2, "fact": "b", "layer": 0, "neuron": 0, "note": 2.5}]"#,
    );
    assert_eq!(folder.read("t.json").entries.len(), 2);
}

#[test]
fn a_list_in_a_field_that_is_left_out_is_left_out() {
    let folder = Folder::new();
    let text = r#"{"fact": "a", "layer": 0, "neuron": 1, "relation": ["P36"]}"#;
    assert!(folder.refusal("t.jsonl", text).contains("[\"P36\"] in the field `relation`"));
    let without = Options { ignore: vec!["relation".to_owned()], ..options() };
    let read = folder.read_with("t.jsonl", &without).expect("without it");
    assert_eq!((texts(&read), read.not_used), (vec!["a/en/0 neurons [1]".into()], vec!["column relation".into()]));
}

#[test]
fn tables_that_pandas_writes_otherwise_are_told_apart() {
    // What pandas 2 writes of a frame of one row with `to_json(orient=…)`.
    let folder = Folder::new();
    for (orient, text) in [
        ("columns", r#"{"fact":{"0":"a"},"layer":{"0":0},"neuron":{"0":1},"score":{"0":0.5}}"#),
        ("split", r#"{"columns":["fact","layer","neuron","score"],"index":[0],"data":[["a",0,1,0.5]]}"#),
        ("index", r#"{"0":{"fact":"a","layer":0,"neuron":1,"score":0.5}}"#),
        ("values", r#"[["a",0,1,0.5]]"#),
        ("table", r#"{"schema":{"fields":[{"name":"index","type":"integer"}]},"data":[{"index":0,"fact":"a"}]}"#),
    ] {
        let told = folder.refusal("t.json", text);
        assert!(told.contains(&format!("`to_json(orient=\"{orient}\")`")), "{told}");
        assert!(told.contains(r#"`to_json(path, orient="records", lines=True)`"#), "{told}");
    }
}

#[test]
fn a_number_too_large_for_64_bits_is_infinite() {
    let folder = Folder::new();
    for (score, found) in [("1e400", "infinite"), ("-1e999", "minus infinity")] {
        let row = |score: &str| format!("{{\"fact\": \"a\", \"layer\": 0, \"neuron\": 1, \"score\": {score}}}\n");
        let told = folder.refusal("t.jsonl", row(score) + &row("0.5"));
        assert!(told.starts_with("t.jsonl, line 1: the score of layer 0, neuron 1 of fact `a` is"), "{told}");
        assert!(told.contains(found), "{told}");
    }
}
