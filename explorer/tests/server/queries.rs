//! `/api/query`: the answers of the language, in each format; refusals with their places.

use crate::served::{Served, encoded, stores};
use arrow_array::{Array, RecordBatch, cast::AsArray, types};
use kndb_query::Value;
use kndb_report::Answer;
use kndb_storage::Store;
use serde_json::json;

fn address(statement: &str, format: &str) -> String {
    format!("/api/query?q={}&format={format}", encoded(statement))
}

/// Cells of an answer as this test reads them from each format.
type Cells = Vec<Vec<Option<String>>>;

fn asked(store: &Store, statement: &str) -> Cells {
    let answer = Answer::of(store, statement).expect("an answer");
    let cell = |value: &Value<'_>| match value {
        Value::Null => None,
        Value::Text(text) | Value::Spelled(text) => Some(text.to_string()),
        Value::Integer(number) => Some(number.to_string()),
        Value::Score(score) => Some(format!("{score:?}")),
        Value::Ratio(ratio) => Some(format!("{ratio:?}")),
    };
    answer.rows.iter().map(|row| row.iter().map(cell).collect()).collect()
}

fn of_csv(text: &str) -> Cells {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let cell = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    reader.records().map(|row| row.expect("csv").iter().map(cell).collect()).collect()
}

pub fn of_arrow(bytes: &[u8]) -> Vec<RecordBatch> {
    let reader = arrow_ipc::reader::StreamReader::try_new(bytes, None).expect("a stream");
    reader.map(|batch| batch.expect("a batch")).collect()
}

#[test]
fn each_format_has_the_answer_of_the_language() {
    let made = stores::capitals();
    let served = Served::of(&[&made.path]);
    for statement in
        ["kn[lang=en] by layer", "kn[lang=en] order by score top 3", "likn[lang in (en, zh)]", "facts[relation=P36]"]
    {
        let expected = asked(&made.store, statement);
        assert!(!expected.is_empty(), "{statement}");
        let csv = served.get(&address(statement, "csv"));
        assert_eq!(csv.header("content-type"), Some("text/csv; charset=utf-8"));
        assert_eq!(of_csv(&csv.text()), expected, "{statement}");
        let tsv = served.get(&address(statement, "tsv")).text();
        assert_eq!(tsv.lines().count(), expected.len() + 1, "{statement}");
        let lines = served.get(&address(statement, "jsonl")).text();
        assert_eq!(lines.lines().count(), expected.len(), "{statement}");
        let batches = of_arrow(&served.get(&address(statement, "arrow")).body);
        assert_eq!(batches.iter().map(RecordBatch::num_rows).sum::<usize>(), expected.len(), "{statement}");
    }
}

#[test]
fn json_keeps_the_order_of_columns_and_exact_numbers() {
    let made = stores::capitals();
    let served = Served::of(&[&made.path]);
    let answer = served.get(&address("kn[lang=en] by layer", "json"));
    assert_eq!((answer.status, answer.header("content-type")), (200, Some("application/json")));
    // By hand: France 0:1 and 1:2, Germany 1:2, Spain 0:0; of four pairs each layer has two.
    let expected = "[\n{\"layer\":0,\"pairs\":2,\"facts\":2,\"neurons\":2,\"share\":0.5},\n\
                    {\"layer\":1,\"pairs\":2,\"facts\":2,\"neurons\":1,\"share\":0.5}\n]\n";
    assert_eq!(answer.text(), expected);
    assert!(answer.is_whole && !answer.is_chunked, "a short answer says how long it is");
    assert_eq!(
        served.get(&format!("/api/query?q={}", encoded("kn[lang=en] by layer"))).text(),
        expected,
        "json is the usual"
    );
    // Scores have the digits that give the same 32 bits.
    let scores = served.get(&address("kn[lang=en] order by score top 2", "json")).json();
    assert_eq!((&scores[0]["score"], &scores[1]["score"]), (&json!(1.0), &json!(0.9)), "{scores}");
}

#[test]
fn arrow_has_dictionaries_of_names_and_the_statement() {
    let made = stores::capitals();
    let served = Served::of(&[&made.path]);
    let statement = "kn[lang=en] order by score top 2";
    let response = served.get(&address(statement, "arrow"));
    assert_eq!(response.header("content-type"), Some("application/vnd.apache.arrow.stream"));
    let batches = of_arrow(&response.body);
    let batch = batches.first().expect("a batch");
    assert_eq!(batch.schema().metadata().get("kndb.statement").map(String::as_str), Some(statement));
    let facts = batch.column_by_name("fact").expect("facts").as_dictionary::<types::UInt32Type>();
    let names = facts.values().as_string::<i32>();
    let texts: Vec<&str> = facts.keys().values().iter().map(|&key| names.value(key as usize)).collect();
    assert_eq!(texts, ["f-spain", "f-france"]);
    let scores = batch.column_by_name("score").expect("scores").as_primitive::<types::Float32Type>();
    assert_eq!(scores.values()[..], [1.0, 0.9]);
    assert_eq!(scores.null_count(), 0);
}

#[test]
fn notes_are_beside_the_answer_in_ascii() {
    let made = stores::capitals();
    let served = Served::of(&[&made.path]);
    // The run is open, which the language notes.
    let answer = served.get(&address("kn[lang=en] by layer", "csv"));
    let notes = answer.header("kndb-notes").expect("notes");
    let told: Vec<String> = serde_json::from_str(notes).expect("JSON");
    let expected: Vec<String> = Answer::of(&made.store, "kn[lang=en] by layer")
        .expect("an answer")
        .notes
        .iter()
        .map(ToString::to_string)
        .collect();
    assert!(!expected.is_empty() && notes.is_ascii());
    assert_eq!(told, expected);
}

#[test]
fn a_mistake_is_told_with_its_place_and_what_to_write() {
    let made = stores::capitals();
    let served = Served::of(&[&made.path]);
    for format in ["json", "csv", "arrow"] {
        let refused = served.get(&address("kn[lnag=en] by layer", format));
        assert_eq!((refused.status, refused.header("content-type")), (400, Some("application/json")), "{format}");
        let error = &refused.json()["error"];
        assert_eq!((&error["code"], &error["span"]), (&json!("name"), &json!([3, 7])), "{error}");
        assert_eq!(error["statement"], "kn[lnag=en] by layer");
        assert!(error["hint"].as_str().is_some_and(|hint| hint.contains("lang")), "{error}");
    }
    let missing = served.get(&address("kn[run=none] by layer", "json"));
    assert_eq!((missing.status, &missing.json()["error"]["code"]), (404, &json!("missing")));
    for (path, reason) in [
        ("/api/query".to_owned(), "found q=\"\", expected a statement"),
        (address("kn by layer", "xml"), "found format=\"xml\", expected json, jsonl, csv, tsv or arrow"),
    ] {
        let refused = served.get(&path);
        assert_eq!((refused.status, &refused.json()["error"]["reason"]), (400, &json!(reason)));
    }
}

#[test]
fn what_would_change_something_is_refused_by_name_with_the_command_that_does() {
    let made = stores::capitals();
    let served = Served::of(&[&made.path]);
    for (statement, word) in [
        ("let a = kn[lang=en]", "let"),
        ("drop a", "drop"),
        ("attach 'elsewhere' as e", "attach"),
        ("detach e", "detach"),
    ] {
        let refused = served.get(&address(statement, "json"));
        let error = &refused.json()["error"];
        assert_eq!((refused.status, &error["code"]), (403, &json!("writes")), "{statement}");
        assert!(error["reason"].as_str().is_some_and(|reason| reason.starts_with(&format!("`{word}`"))), "{error}");
        assert!(error["hint"].as_str().is_some_and(|hint| !hint.is_empty()), "{error}");
    }
    assert_eq!(made.store.snapshot().expect("reads").saved_sets().count(), 0);
}

#[test]
fn a_plan_is_drawn_as_text() {
    let made = stores::capitals();
    let served = Served::of(&[&made.path]);
    let drawn = served.get(&address("explain kn[lang=en] by layer", "csv"));
    assert_eq!((drawn.status, drawn.header("content-type")), (200, Some("text/plain; charset=utf-8")));
    assert!(drawn.text().contains("kn"), "{}", drawn.text());
}

#[test]
fn the_run_and_the_language_of_labels_can_be_given_beside() {
    let made = stores::capitals();
    let served = Served::of(&[&made.path]);
    let other = made.store.open_run(kndb_storage::RunSpec::new(
        "second",
        "toy-model",
        kndb_storage::Shape::new(2, 4).expect("a shape"),
    ));
    let other = other.expect("a run");
    other.append(stores::scored("f-france", "en", vec![0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0])).expect("an entry");
    let rows = |path: String| served.get(&path).json().as_array().expect("rows").len();
    assert_eq!(rows(address("kn[lang=en]", "json") + "&run=ig"), 4);
    assert_eq!(rows(address("kn[lang=en]", "json") + "&run=second"), 1);
    let labels = |language: &str| {
        served.get(&(address("kn[lang=en] order by score top 1", "json") + "&run=second&labels=" + language)).text()
    };
    assert!(labels("zh").contains("法国") && labels("en").contains("France"), "{}", labels("zh"));
}
