//! Neuron sets and degenerate pairs of AMIG's code.

use crate::folder::{Folder, options, texts};

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
fn fields_that_say_one_thing_in_two_ways_agree() {
    let folder = Folder::new();
    folder.write(
        "r.json",
        r#"{"a": {"neurons": [[0, 0]], "lang": "eng", "language": "en", "prompt": 2, "prompt_id": "2.0", "Relation_Name": "P36"}}"#,
    );
    let read = folder.read("r.json");
    assert_eq!((texts(&read), read.not_used), (vec!["a/en/2 neurons [0]".into()], Vec::<String>::new()));
    let told = folder.refusal("r.json", r#"{"a": {"neurons": [[0, 0]], "lang": "zh-CN", "language": "zh-TW"}}"#);
    assert!(told.contains("`zh-CN` in the field `lang` and `zh-TW` in the field `language`"), "{told}");
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

#[test]
fn fields_that_say_something_are_read_by_the_names_that_columns_go_by() {
    let folder = Folder::new();
    for (fields, key) in [
        (r#""Language": "zh""#, "u/zh/0"),
        (r#""languages": "zh_CN", "lang": null"#, "u/zh-CN/0"),
        (r#""lang_code": "pt-BR", "Prompt": 2"#, "u/pt-BR/2"),
        (r#""prompt_id": "3", "uuid": "u""#, "u/en/3"),
    ] {
        folder.write("r.json", format!(r#"{{"u": {{"Neurons": [[0, 1]], {fields}}}}}"#));
        let read = folder.read("r.json");
        assert_eq!((texts(&read), read.not_used), (vec![format!("{key} neurons [1]")], vec![]), "{fields}");
    }
    // One fact in two languages and with two prompts, as JSON can write it.
    let record = |about: &str| format!(r#""u": {{"neurons": [[0, 1]], {about}}}"#);
    let records = [r#""lang": "en""#, r#""lang": "zh""#, r#""lang": "zh", "prompt": 1"#].map(record);
    folder.write("r.json", format!("{{{}}}", records.join(", ")));
    assert_eq!(texts(&folder.read("r.json")), ["u/en/0 neurons [1]", "u/zh/0 neurons [1]", "u/zh/1 neurons [1]"]);
}

#[test]
fn a_field_that_is_not_used_is_told_and_one_with_a_name_that_is_close_is_refused() {
    let folder = Folder::new();
    folder.write("r.json", r#"{"u": {"neurons": [[0, 1]], "suppression": {"a": [1]}, "n_refined_neurons": 1}}"#);
    assert_eq!(folder.read("r.json").not_used, ["field suppression", "field n_refined_neurons"]);
    for (name, close) in [("locale", "language"), ("languge", "language"), ("template", "prompt")] {
        let told = folder.refusal("r.json", format!(r#"{{"u": {{"neurons": [[0, 1]], "{name}": "zh"}}}}"#));
        assert!(told.contains(&format!("found a field `{name}`, close to `{close}`")), "{told}");
        let mut without = options();
        without.ignore = vec![name.to_owned()];
        assert_eq!(folder.read_with("r.json", &without).expect("left out").not_used, [format!("field {name}")]);
    }
}

#[test]
fn fields_that_disagree_or_have_another_form_are_refused() {
    let folder = Folder::new();
    for (fields, part) in [
        (r#""lang": "zh", "language": "de""#, "found `zh` in the field `lang` and `de` in the field `language`"),
        (r#""language": ["zh"]"#, "in the field `language`; expected a text"),
        (r#""prompt": "The capital of [X] is [Y]""#, "in the field `prompt`; expected the number of a prompt"),
        (r#""prompt": 1.5"#, "found prompt 1.5 in the field `prompt`"),
        (r#""uuid": "v""#, "found the fact `v` in the field `uuid` of a record of fact `u`"),
        (r#""language": "Chinese""#, "the field `language`: `Chinese` is a language's name; expected its code, `zh`"),
        (r#""NEURONS": [[0, 0]]"#, "a second field of neurons, `NEURONS`"),
    ] {
        let told = folder.refusal("r.json", format!(r#"{{"u": {{"neurons": [[0, 1]], {fields}}}}}"#));
        assert!(told.contains(part), "{told}");
    }
}
