//! Neuron sets and degenerate pairs of AMIG's code.

use crate::folder::{Folder, texts};

#[test]
fn neurons_and_groups_of_one_record_are_two_entries() {
    let folder = Folder::new();
    folder.write(
        "results.json",
        r#"{"a": {"suppression": {"related": {"pct_change": [-0.5]}}, "relation_name": "P36",
            "neurons": [[1, 2], [0, 0]], "synergistic_neurons_this_uuid": [[[0, 0], [1, 2]], [[1, 2], [0, 0]]]},
           "b": {"neurons": [[0, 1]], "relation_name": "P36"},
           "c": {"synergistic_neurons_this_uuid": []}}"#,
    );
    let read = folder.read("results.json");
    assert_eq!(read.format, "amig");
    assert_eq!(
        texts(&read),
        ["a/en/0 neurons [0, 5]", "a/en/0 groups [[0, 5]]", "b/en/0 neurons [1]", "c/en/0 groups []"]
    );
    assert_eq!(read.duplicates, 1, "the second pair says what the first does");
}

#[test]
fn of_several_documents_the_last_is_the_truth() {
    let folder = Folder::new();
    let first = r#"{"a": {"neurons": [[0, 0]]}}"#;
    let second = r#"{"a": {"neurons": [[0, 1]]}, "b": {"neurons": []}}"#;
    folder.write("2temp_0.json", format!("{first}{second}\n"));
    let read = folder.read("2temp_0.json");
    assert_eq!(texts(&read), ["a/en/0 neurons [1]", "b/en/0 neurons []"]);
    assert_eq!(read.bytes, (first.len() + second.len()) as u64);
}

#[test]
fn python_nan_in_fields_that_are_not_read_does_no_harm() {
    let folder = Folder::new();
    folder.write("r.json", r#"{"a": {"pct_change": [NaN, Infinity, -Infinity], "x": "}", "neurons": [[0, 0]]}}"#);
    assert_eq!(texts(&folder.read("r.json")), ["a/en/0 neurons [0]"]);
}

#[test]
fn a_last_document_that_is_cut_short_is_refused() {
    let folder = Folder::new();
    let first = r#"{"a": {"neurons": [[0, 0]]}}"#;
    assert_eq!(
        folder.refusal("2temp.json", format!("{first}{first}{}", &first[..20])),
        "2temp.json, line 1, column 77: the last JSON document, which starts at byte 56, ends before it is complete; \
         2 are complete before it, first bytes 0 to 28, last bytes 28 to 56; each repeats the one before, so cut \
         the file at byte 56 to import the last complete one, or write it again"
    );
    assert_eq!(
        folder.refusal("one.json", &first[..20]),
        "one.json, line 1, column 21: the JSON ends before it is complete, after 0 complete facts; write or copy \
         the file again"
    );
}

#[test]
fn a_group_needs_two_neurons_and_a_record_needs_neurons() {
    let folder = Folder::new();
    assert_eq!(
        folder.refusal("g.json", r#"{"a": {"synergistic_neurons_this_uuid": [[[0, 0], [0, 0]]]}}"#),
        "g.json, line 1, column 7: found a group of 1 neuron(s) of fact `a`; expected two different neurons or more \
         in each degenerate group"
    );
    assert_eq!(
        folder.refusal("r.json", r#"{"a": {"relation_name": "P36"}}"#),
        "r.json, line 1, column 7: found a record of fact `a` without neurons; expected a field `neurons` or \
         `synergistic_neurons_this_uuid`"
    );
}
