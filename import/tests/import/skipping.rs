//! Rows and facts that cannot be used: an error, or passed over and counted by reason.

use kndb_import::Options;

use crate::folder::{Folder, options, texts};
use crate::npy::{f4, npy};

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
    assert_eq!(
        entries,
        ["b/en/0 sparse [0, 1] [2.0, 1.0] floor 1.0000001", "d/en/0 sparse [0, 1] [3.0, 2.0] floor 2.0000002"]
    );
    let expected = [
        ("a neuron outside the model", 1),
        ("a null in column `fact`", 1),
        ("a score that is NaN", 1),
        ("facts left out because a row of theirs is not taken", 2),
        ("no whole number in column `layer`", 1),
    ];
    assert_eq!(reasons, counted(&expected));
}

#[test]
fn a_line_with_too_few_values_is_one_too() {
    let (entries, reasons) = skipped("t.csv", b"fact,layer,neuron\na,0,1\nb,0\nc,0,2\n");
    assert_eq!(entries, ["c/en/0 neurons [2]"], "the broken line may be of `a`, too");
    let expected =
        [("another number of values than columns", 1), ("facts left out because a row of theirs is not taken", 1)];
    assert_eq!(reasons, counted(&expected));
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
