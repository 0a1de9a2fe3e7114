//! What is said of JSON files that are wrong. Places are those of the culprit.

use crate::folder::{Folder, options};

#[test]
fn truncated() {
    assert_eq!(
        Folder::new().refusal("n.json", "{\"a\": [[0, 1]],\n \"b\": [[0, 1], [1,"),
        "n.json, line 2, column 19: the JSON ends before it is complete, after 1 complete facts; write or copy the \
         file again"
    );
    assert_eq!(
        Folder::new().refusal("n.json", "{\"a\": [[0, 1]]"),
        "n.json, line 1, column 15: the JSON ends before it is complete, after 1 complete facts; write or copy the \
         file again"
    );
}

#[test]
fn a_neuron_that_the_model_does_not_have() {
    assert_eq!(
        Folder::new().refusal("n.json", "{\"a\": [[0, 0]],\n \"b\": [[0, 1], [0, 3]]}"),
        "n.json, line 2, column 7: layer 0, neuron 3 of fact `b` lies outside the model; expected layers 0 to 1 and \
         neurons 0 to 2 (2 layers × 3); check the run's shape, and that neurons are counted within their layer"
    );
}

#[test]
fn layers_that_are_no_whole_numbers() {
    let folder = Folder::new();
    assert_eq!(
        folder.refusal("n.json", "{\"a\": [[-1, 0]]}"),
        "n.json, line 1, column 10: invalid value: integer `-1`, expected a layer or neuron, which is a whole number \
         from 0"
    );
    assert_eq!(
        folder.refusal("n.json", "{\n\"a\": [[1, 0.5]]}"),
        "n.json, line 2, column 13: invalid value: floating point `0.5`, expected a layer or neuron, which is a whole \
         number from 0"
    );
    assert_eq!(
        folder.refusal("n.json", "{\"a\": [[1, 0, 2]]}"),
        "n.json, line 1, column 16: invalid length 3, expected a neuron as the two numbers [layer, neuron]"
    );
}

#[test]
fn a_fact_that_comes_twice_with_different_neurons() {
    assert_eq!(
        Folder::new().refusal("n.json", "{\"a\": [[0, 1]],\n \"a\": [[0, 2]]}"),
        "n.json, line 2, column 2: fact `a` comes a second time with different content (first at line 1, column 2); \
         expected each fact once; keep the right one"
    );
}

#[test]
fn bad_utf8() {
    assert_eq!(
        Folder::new().refusal("n.json", b"{\"a\xFF\": [[0, 1]]}"),
        "n.json, line 1, column 4: this is not valid JSON: invalid unicode code point"
    );
}

#[test]
fn empty() {
    assert_eq!(Folder::new().refusal("n.json", ""), "n.json is empty: expected attribution scores or neuron sets");
    let folder = Folder::new();
    folder.write("n.json", "");
    let mut options = options();
    options.format = Some("eleutherai".to_owned());
    assert_eq!(
        folder.refusal_with("n.json", &options),
        "n.json is empty: expected a JSON object {uuid: [[layer, neuron], …]}"
    );
}

#[test]
fn no_json_at_all() {
    let known = if cfg!(feature = "parquet") {
        "npy, npz, parquet, arrow, safetensors, records, kn, kn-bag, amig, eleutherai, csv"
    } else {
        "npy, npz, safetensors, records, kn, kn-bag, amig, eleutherai, csv (this kndb was built without parquet and arrow)"
    };
    let folder = Folder::new();
    assert_eq!(
        folder.refusal("n.json", "a,b,c\n0,1,2\n"),
        format!("cannot tell the format of n.json: it starts with `a,b,c\\n0,1,2\\n`; name its format, one of {known}")
    );
    let mut options = options();
    options.format = Some("amig".to_owned());
    assert_eq!(
        folder.refusal_with("n.json", &options),
        "n.json, line 1, column 1: this is not valid JSON: found `a,b,c\\n0,1,2\\n`, expected an object `{` of facts"
    );
    options.format = Some("xlsx".to_owned());
    assert_eq!(
        folder.refusal_with("n.json", &options),
        format!("there is no format named `xlsx`: expected one of {known}")
    );
}

#[test]
fn syntax_errors_and_what_follows_the_object() {
    let folder = Folder::new();
    assert_eq!(
        folder.refusal("n.json", "{\"a\": [[0, 1]]\n \"b\": []}"),
        "n.json, line 2, column 2: this is not valid JSON: found `\"b\": []}`, expected `,` or `}`"
    );
    assert_eq!(
        folder.refusal("n.json", "{\"a\": [[0, 1] [0, 2]]}"),
        "n.json, line 1, column 15: this is not valid JSON: expected `,` or `]`"
    );
    assert_eq!(
        folder.refusal("n.json", "{\"a\": [[0, 1]]}{\"a\": []}"),
        "n.json, line 1, column 16: this is not valid JSON: found `{\"a\": []}`, expected the end of the file after the \
         closing `}`"
    );
}

#[test]
fn a_reader_gives_nothing_after_its_error() {
    let folder = Folder::new();
    let path = folder.write("n.json", r#"{"a": [[0, 1]], "b": [[9, 9]], "c": [[0, 1]]}"#);
    let read: Vec<_> = kndb_import::open(&path, &options()).expect("opens").map(|entry| entry.is_ok()).collect();
    assert_eq!(read, [true, false]);
}
