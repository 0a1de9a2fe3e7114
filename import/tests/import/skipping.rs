//! Rows and facts that cannot be used: an error, or passed over and counted by reason.

use kndb_import::Options;

use crate::folder::{Folder, options, texts};
use crate::npy::{f4, npy};

const LEFT_OUT: &str = "facts left out because a row of theirs is not taken";

fn skipping() -> Options {
    let mut options = options();
    options.skip_invalid = true;
    options
}

/// What is read with `skip_invalid`, and what is counted; without it the file is refused.
fn skipped(name: &str, content: &[u8]) -> (Vec<String>, Vec<(String, u64)>) {
    let folder = Folder::new();
    folder.write("s.npy.ids.txt", "a\nb\nc\n");
    folder.write(name, content);
    folder.refusal_with(name, &options());
    let read = folder.read_with(name, &skipping()).expect("the rest is valid");
    (texts(&read), read.invalid)
}

fn counted(reasons: &[(&str, u64)]) -> Vec<(String, u64)> {
    reasons.iter().map(|&(reason, count)| (reason.to_owned(), count)).collect()
}

#[test]
fn a_table_goes_on_without_the_facts_that_have_such_rows() {
    let table = "fact,layer,neuron,score\n\
                 a,0,0,1\na,0,1,NaN\na,0,2,0.5\n\
                 b,0,0,2\nb,0,1,1\n\
                 ,0,0,1\n\
                 c,0,9,1\nc,x,0,1\n\
                 d,0,0,3\nd,0,1,2\n";
    let (entries, reasons) = skipped("t.csv", table.as_bytes());
    // Without its row of NaN, `a` would say that the neuron scored less than the lowest listed.
    // So would `b`, if the row without a fact was one of its.
    assert_eq!(entries, ["d/en/0 sparse [0, 1] [3.0, 2.0] floor 2.0000002"]);
    let expected = [
        ("a neuron outside the model", 1),
        ("a null in column `fact`", 1),
        ("a score that is NaN", 1),
        (LEFT_OUT, 3),
        ("no whole number in column `layer`", 1),
    ];
    assert_eq!(reasons, counted(&expected));
}

/// What is left of facts `a`, `b` and `c` when one row of `b` is this: those that are stored must be whole.
fn left_of(columns: &str, row: &str) -> (Vec<String>, u64) {
    left_of_all(columns, &["a,en,0,0,0,1", "a,en,0,0,1,1", "b,en,0,0,0,1", row, "c,en,0,0,0,1"])
}

fn left_of_all(columns: &str, rows: &[&str]) -> (Vec<String>, u64) {
    let (entries, reasons) = skipped("t.csv", format!("{columns}\n{}\n", rows.join("\n")).as_bytes());
    let facts = entries.iter().map(|entry| entry.split(' ').next().unwrap_or_default().to_owned()).collect();
    (facts, reasons.iter().find(|(reason, _)| reason == LEFT_OUT).map_or(0, |(_, count)| *count))
}

#[test]
fn a_row_whose_language_or_prompt_cannot_be_read_takes_the_fact_that_it_names_along() {
    let columns = "fact,language,prompt,layer,neuron,score";
    for row in ["b,Chinese,0,0,1,9", "b,,0,0,1,9", "b,en,,0,1,9", "b,en,x,0,1,9", "b,en,0.5,0,1,9"] {
        assert_eq!(left_of(columns, row), (vec!["a/en/0".to_owned(), "c/en/0".to_owned()], 1), "{row}");
    }
    // It may be of either prompt of `b`; the ones after `c` are another's.
    let rows = ["a,en,0,0,0,1", "b,en,0,0,0,1", "b,en,x,0,1,9", "b,en,1,0,0,1", "c,en,0,0,0,1", "b,en,2,0,0,1"];
    assert_eq!(left_of_all(columns, &rows), (["a/en/0", "c/en/0", "b/en/2"].map(str::to_owned).to_vec(), 2));
    // Before the first row of its fact that can be read.
    let rows = ["a,en,0,0,0,1", "b,en,x,0,1,9", "b,en,0,0,0,1", "c,en,0,0,0,1"];
    assert_eq!(left_of_all(columns, &rows), (["a/en/0", "c/en/0"].map(str::to_owned).to_vec(), 1));
}

#[test]
fn a_row_whose_fact_cannot_be_read_takes_the_facts_on_both_sides_along() {
    let columns = "fact,language,prompt,layer,neuron,score";
    for row in [",en,0,0,1,9", "b,en,0,0,1"] {
        assert_eq!(left_of(columns, row), (vec!["a/en/0".to_owned()], 2), "{row}");
    }
    let differ = ["a,a,0,0,1", "b,b,0,0,1", "b,c,0,1,9", "c,c,0,0,1", "d,d,0,0,1"];
    assert_eq!(
        left_of_all("fact,uuid,layer,neuron,score", &differ),
        (["a/en/0", "d/en/0"].map(str::to_owned).to_vec(), 2)
    );
}

#[test]
fn a_line_that_cannot_be_read_is_such_a_row() {
    for line in [&b"b,0"[..], b"b\xFF,0,1"] {
        let table = [b"fact,layer,neuron\na,0,1\n", line, b"\nc,0,2\nd,0,1\n"].concat();
        let (entries, reasons) = skipped("t.csv", &table);
        assert_eq!(entries, ["d/en/0 neurons [1]"], "the broken line may be of `a` or of `c`");
        assert!(reasons.contains(&(LEFT_OUT.to_owned(), 2)), "{reasons:?}");
    }
}

#[test]
fn facts_of_json_are_passed_over_one_by_one() {
    let (entries, reasons) =
        skipped("n.json", br#"{"a": [[0, 1]], "b": [[0, 7]], "c": null, "d": [[0, "x"]], "e": "]", "f": [[1, 0]]}"#);
    assert_eq!(entries, ["a/en/0 neurons [1]", "f/en/0 neurons [3]"]);
    assert_eq!(reasons, counted(&[("a neuron outside the model", 1), ("a value of the wrong kind", 3)]));
    let (entries, reasons) = skipped("r.json", br#"{"a": {"neurons": [[0, 1]]}, "b": {"neurons": 3}, "c": {}}"#);
    assert_eq!(entries, ["a/en/0 neurons [1]"]);
    assert_eq!(reasons, counted(&[("a record without neurons", 1), ("a value of the wrong kind", 1)]));
}

#[test]
fn bags_are_passed_over_and_keep_their_numbers() {
    let line = |scores: &str| format!("[[{{\"relation\": \"P36\"}}, {{\"ig_gold\": {scores}}}]]\n");
    let text = [line("[[0, 0, 1.0]]"), line("[[0, 0, NaN]]"), "oops\n".to_owned(), line("[[0, 1, 1.0]]")].concat();
    let (entries, reasons) = skipped("x.rlt.jsonl", text.as_bytes());
    assert_eq!(entries, ["kn:P36:0/en/0 sparse [0] [1.0] floor 0.1", "kn:P36:3/en/0 sparse [1] [1.0] floor 0.1"]);
    assert_eq!(reasons, counted(&[("a score that is NaN", 1), ("not valid JSON", 1)]));
}

#[test]
fn facts_of_an_array_are_passed_over() {
    let mut scores = [1.0; 18];
    scores[7] = f32::INFINITY;
    let (entries, reasons) = skipped("s.npy", &npy("<f4", false, "(3, 2, 3)", &f4(&scores)));
    assert_eq!(entries.iter().map(|entry| &entry[..1]).collect::<Vec<_>>(), ["a", "c"]);
    assert_eq!(reasons, counted(&[("a score that is infinite (or too large for 32 bits)", 1)]));
}

#[test]
fn a_damaged_file_is_an_error_all_the_same() {
    let folder = Folder::new();
    let whole = npy("<f4", false, "(2, 3)", &f4(&[1.0; 6]));
    for (name, content) in [("n.json", &br#"{"a": [[0, 1]], "b": [[0"#[..]), ("u.npy", &whole[..whole.len() - 1])] {
        folder.write(name, content);
        assert!(folder.read_with(name, &skipping()).is_err(), "{name}");
    }
}
