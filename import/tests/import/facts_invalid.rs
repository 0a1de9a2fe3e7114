//! Rows that cannot be used: an error with file, line and field, or counted by reason.

use kndb_import::facts::{FactsFormat, FactsOptions};

use crate::facts_reading::{refusal, understood};
use crate::folder::Folder;

fn skipping() -> FactsOptions {
    FactsOptions { skip_invalid: true, ..FactsOptions::default() }
}

/// What is said of a row in the second line of a file of mLAMA.
fn said_of(row: &str) -> String {
    let folder = Folder::new();
    let good = r#"{"uuid": "u", "sub_label": "a", "obj_label": "b"}"#;
    folder.write("en/P1.jsonl", format!("{good}\n{row}\n"));
    let said = refusal(&folder, "en/P1.jsonl", &FactsOptions::default());
    said.strip_prefix("en/P1.jsonl, line 2, column ").unwrap_or(&said).to_owned()
}

#[test]
fn every_field_of_a_fact_is_checked() {
    let cases = [
        (r#"{"uuid": "u", "sub_label": null, "obj_label": "b"}"#, "28: `sub_label` is null; expected a text"),
        (r#"{"uuid": "u", "sub_label": "a", "obj_label": null}"#, "46: `obj_label` is null; expected a text"),
        (r#"{"uuid": "u", "sub_label": "a", "obj_label": ""}"#, "46: `obj_label` is empty; expected a text"),
        (r#"{"uuid": "u", "sub_label": " ", "obj_label": "b"}"#, "28: `sub_label` is empty; expected a text"),
        (r#"{"uuid": null, "sub_label": "a", "obj_label": "b"}"#, "10: `uuid` is null; expected a text"),
        (r#"{"uuid": 7, "sub_label": "a", "obj_label": "b"}"#, "10: `uuid` is a number: 7; expected a text"),
        (
            r#"{"uuid": "u", "sub_label": "a", "obj_label": ["b"]}"#,
            "46: `obj_label` is a list: [\"b\"]; expected a text",
        ),
        (
            r#"{"uuid": "u", "sub_label": "a", "obj_label": {"en": "b"}}"#,
            "46: `obj_label` is an object: {\"en\": \"b\"}; expected a text",
        ),
        (
            r#"{"uuid": "u", "sub_label": "a", "obj_label": "b", "sub_uri": 5}"#,
            "62: `sub_uri` is a number: 5; expected a text",
        ),
        (
            r#"{"uuid": "u", "sub_label": "a", "obj_label": "b", "sub_label": "c"}"#,
            "64: `sub_label` and `sub_label` differ, \"a\" and \"c\"; expected one of them",
        ),
        (
            r#"{"uuid": "u\u0007", "sub_label": "a", "obj_label": "b"}"#,
            "10: `uuid` has control characters: u\\u{7}; expected a text without them",
        ),
        (
            r#"{"uuid": "u", "sub_label": "a", "obj_label": "b", "predicate_id": "P2"}"#,
            "67: `predicate_id` is another relation, `P2`, but the file says `P1`",
        ),
        (r#"{"uuid": "u", "sub_label": "a"}"#, "1: no field `obj_label`; the row has `uuid`, `sub_label`"),
        (
            r#"{"uuid": "u", "sub_label": "a", "object_label": "b"}"#,
            "49: `object_label` stands where `obj_label` is read; expected the name `obj_label`, or neither",
        ),
        (r#"["u", "a", "b"]"#, "1: invalid type: sequence, expected an object `{` with the fields of a row"),
    ];
    for (row, expected) in cases {
        assert_eq!(said_of(row), expected, "{row}");
    }
    assert_eq!(said_of(&format!(r#"{{"uuid": "{}", "sub_label": "a", "obj_label": "b"}}"#, "u".repeat(1_001))), {
        "10: `uuid` is too long, 1001 bytes; expected 1000 at most"
    });
}

#[test]
fn templates_without_their_places_are_refused() {
    let folder = Folder::new();
    let refused = |file: &str, row: &str| {
        folder.write(file, row);
        refusal(&folder, file, &FactsOptions::default())
    };
    assert_eq!(
        refused("en/templates.jsonl", r#"{"relation": "P1", "template": "[X] is here"}"#),
        "en/templates.jsonl, line 1, column 32: `template` has [Y] nowhere: [X] is here; expected [X] for the subject and [Y] \
         for the object"
    );
    assert_eq!(
        refused("de/P1.jsonl", r#"{"pattern": "[X] and [X] are [Y]"}"#),
        "de/P1.jsonl, line 1, column 13: `pattern` has [X] more than once: [X] and [X] are [Y]; expected [X] for the subject \
         and [Y] for the object"
    );
    assert_eq!(
        refused(
            "c.json",
            r#"[{"requested_rewrite": {"prompt": "no place", "relation_id": "P1", "subject": "a", "target_true": {"str": "b"}}}]"#
        ),
        "c.json, line 1, column 35: `prompt` is not a text with one {}: no place; expected {} for the subject once"
    );
    assert_eq!(
        refused("k/en/r.json", r#"{"prompt_templates": ["<subject> is"], "samples": []}"#),
        "k/en/r.json, line 1, column 22: a prompt without one <subject> and one <mask>: <subject> is; expected <subject> and \
         <mask> once each"
    );
    assert_eq!(
        refused(
            "k/en/r.json",
            r#"{"prompt_templates": ["<subject> is <mask>"], "samples": [{"subject": "a", "object": "b"}]}"#
        ),
        "k/en/r.json, line 1, column 59: no field `index`; the row has `subject`, `object`"
    );
    assert_eq!(
        refused("b/en.tsv", "The <mask> of France\tParis\tParis\n<mask>\ta\tb\tc\n"),
        "cannot tell which data set b/en.tsv is of: it starts with `The <mask> of France\\tPar…`; expected rows with `sub_label` \
         and `obj_label` (mlama, lama, mpararel), `relation` and `template` (mlama, lama), `pattern` (pararel, mpararel), \
         `requested_rewrite` (counterfact), `src` and `answers` (zsre), `prompt_templates` and `samples` (klar), \
         `masked_sentences` (google-re, conceptnet, squad), or lines of four columns with a prompt that has `<mask>` (bmlama)"
    );
    assert_eq!(
        refused("b/en.tsv", "The <mask> of France\tParis\tRome\tFrance\nItaly is <mask>\tRome\tParis\n"),
        "b/en.tsv, line 2, column 1: a line does not have four columns, 3; expected prompt, answer, candidates and subject"
    );
    assert_eq!(
        refused("b/en.tsv", "The <mask> of France\t\tRome\tFrance\n"),
        "b/en.tsv, line 1, column 22: the column of the answer is empty; expected a text"
    );
    assert_eq!(
        refused("z.json", r#"[{"subject": "a", "src": "who is a?", "answers": []}]"#),
        "z.json, line 1, column 50: `answers` has no answer; expected one or several"
    );
    assert_eq!(
        refused("TREx_multilingual_objects/zh.json", r#"{"P1": {"subjects": ["a", ""], "objects": []}}"#),
        "TREx_multilingual_objects/zh.json, line 1, column 21: `subjects` has an empty label; expected a list of texts"
    );
}

#[test]
fn skipped_rows_are_counted_by_reason_and_the_rest_is_read() {
    let folder = Folder::new();
    let rows = [
        r#"{"uuid": "u1", "sub_label": "a", "obj_label": "b"}"#,
        r#"{"uuid": "u2", "sub_label": null, "obj_label": "b"}"#,
        "not JSON",
        r#"{"uuid": "u3", "sub_label": null, "obj_label": "b"}"#,
        r#"{"uuid": "u4", "sub_label": "c", "obj_label": "d"}"#,
        r#"{"uuid": "u5", "sub_label"#,
    ];
    folder.write("en/P1.jsonl", rows.join("\n"));
    let (_, items, notes) = understood(&folder.path("en"), &skipping());
    assert_eq!(items, ["u1 P1 en a b (None, None)", "u4 P1 en c d (None, None)"]);
    let reasons: Vec<_> = notes.skipped.iter().map(|(reason, skipped)| (reason.as_str(), skipped.rows)).collect();
    assert_eq!(reasons, [("`sub_label` is null", 2), ("not valid JSON", 2)]);
    assert!(
        notes.skipped["`sub_label` is null"]
            .first
            .ends_with("en/P1.jsonl, line 2, column 29: `sub_label` is null; expected a text")
    );
}

#[test]
fn a_record_gives_all_it_says_or_nothing() {
    let folder = Folder::new();
    let record = |object: &str| {
        format!(
            r#"{{"requested_rewrite": {{"prompt": "{{}} is", "relation_id": "P1", "subject": "a", "target_true": {object}}}}}"#
        )
    };
    folder
        .write("cf.json", format!("[{}, {}, {}]", record("{\"str\": \"\"}"), record("7"), record("{\"str\": \"b\"}")));
    let (format, items, notes) = understood(&folder.path("cf.json"), &skipping());
    assert_eq!((format, items.len()), (FactsFormat::CounterFact, 2), "{items:?}");
    let reasons: Vec<_> = notes.skipped.keys().map(String::as_str).collect();
    assert_eq!(reasons, ["`str` is empty", "`target_true` is a number"]);
}

#[test]
fn a_list_that_breaks_off_is_an_error_whatever_is_skipped() {
    let folder = Folder::new();
    folder.write("cf.json", r#"[{"requested_rewrite": {"prompt": "{} is", "relation_id": "P1", "subject": "a", "target_true": {"str": "b"}}}, {"#);
    let said = refusal(&folder, "cf.json", &skipping());
    assert!(said.contains("the JSON ends before it is complete, after 1 complete records"), "{said}");
}

#[test]
fn two_different_rows_of_one_fact_are_refused_with_both_places() {
    let folder = Folder::new();
    let row = |object: &str| format!("{{\"uuid\": \"u\", \"sub_label\": \"a\", \"obj_label\": \"{object}\"}}\n");
    folder.write("en/P1.jsonl", [row("b"), row("b"), row("c")].concat());
    let expected = "found other labels of the fact `u` in en than at en/P1.jsonl, line 1, column 1; expected one row, or equal \
        ones; take out the one that is wrong";
    for options in [FactsOptions::default(), skipping()] {
        assert_eq!(refusal(&folder, "en", &options), format!("en/P1.jsonl, line 3, column 1: {expected}"));
    }
    folder.write("en/P1.jsonl", [row("b"), row("b")].concat());
    assert_eq!(understood(&folder.path("en"), &FactsOptions::default()).1.len(), 2, "equal ones are no matter");
    folder.write("en/P1-more.jsonl", row("b").replace('}', ", \"relation\": \"P1\"}"));
    folder.write("en/P1-other.jsonl", row("c").replace('}', ", \"relation\": \"P1\"}"));
    folder.write("de/P1.jsonl", row("d"));
    let said = refusal(&folder, "en", &FactsOptions::default());
    assert!(said.starts_with("en/P1-other.jsonl, line 1, column 1: found other labels of the fact `u` in en than at en/P1-more.jsonl, line 1"), "{said}");
    assert_eq!(understood(&folder.path("de"), &FactsOptions::default()).1.len(), 1);
    let lists = |object: &str| format!(r#""P1": {{"subjects": ["a"], "objects": ["{object}"]}}"#);
    folder.write("c/zh.json", format!("{{{}, {}}}", lists("b"), lists("b")));
    folder.write("d/zh.json", format!("{{{}, {}}}", lists("b"), lists("c")));
    let said = refusal(&folder, "d/zh.json", &FactsOptions::default());
    assert!(said.contains("other candidates of the relation `P1` in zh than at d/zh.json, line 1, column 8"), "{said}");
}

#[test]
fn a_near_miss_is_told_whatever_rows_came_before() {
    let folder = Folder::new();
    let rows = [
        r#"{"uuid": "u", "sub_label": "a", "obj_label": "b", "sub_uri": "Q1", "subject_uri": "x"}"#,
        r#"{"uuid": "v", "sub_label": "a", "obj_label": "b", "subject_uri": "Q2"}"#,
    ];
    folder.write("en/P1.jsonl", rows.join("\n"));
    assert_eq!(
        refusal(&folder, "en", &FactsOptions::default()),
        "en/P1.jsonl, line 2, column 66: `subject_uri` stands where `sub_uri` is read; expected the name `sub_uri`, or neither"
    );
}

#[test]
fn what_klar_says_of_a_whole_file_is_an_error_whatever_is_skipped() {
    let folder = Folder::new();
    let samples = r#""samples": [{"subject": "a", "object": "b", "index": 0}]"#;
    let prompts = r#""prompt_templates": ["<subject> is <mask>"]"#;
    for (head, part) in [
        (format!("\"prompt_templates\": null, {samples}"), "`prompt_templates` is null"),
        (format!("{prompts}, \"language\": \"Chinese\", {samples}"), "`language` is no language"),
        (format!("{prompts}, \"relation_name\": 7, {samples}"), "`relation_name` is a number"),
        (format!("{prompts}, \"samples\": null"), "`samples` is null"),
    ] {
        folder.write("en/r.json", format!("{{{head}}}"));
        let said = refusal(&folder, "en/r.json", &skipping());
        assert!(said.contains(part) && said.ends_with("nothing of the file can be used without it"), "{said}");
    }
    let one_bad = prompts.replace("[", "[\"no place\", ");
    folder.write("en/r.json", format!("{{{one_bad}, {samples}}}"));
    let (_, items, notes) = understood(&folder.path("en/r.json"), &skipping());
    assert_eq!((items.len(), notes.skipped.len()), (2, 1), "one bad prompt is left out alone: {items:?}");
}

#[test]
fn a_relation_by_the_folder_or_the_file_and_by_the_row_must_agree() {
    let folder = Folder::new();
    let counterfact = r#"[{"requested_rewrite": {"prompt": "{} is", "relation_id": "P19", "subject": "a", "target_true": {"str": "b"}}}]"#;
    let template = r#"{"relation": "P19", "template": "[X] [Y]"}"#;
    let concept = r#"{"uuid": "u", "sub_label": "a", "obj_label": "b", "pred": "IsA", "masked_sentences": []}"#;
    let google =
        r#"{"uuid": "u", "sub_label": "a", "obj_label": "b", "pred": "/x/y", "judgments": [], "masked_sentences": []}"#;
    for (path, content, field) in [
        ("lang=en/relation=P36/templates.jsonl", template, "relation"),
        ("en/P36.jsonl", template, "relation"),
        ("relation=P36/cf.json", counterfact, "relation_id"),
        ("P36.json", counterfact, "relation_id"),
        ("relation=P36/test.jsonl", concept, "pred"),
        ("relation=P36/y_test.jsonl", google, "pred"),
    ] {
        folder.write(path, content);
        let said = refusal(&folder, path, &FactsOptions::default());
        assert!(
            said.contains(&format!("`{field}` is another relation")) && said.contains("says `P36`"),
            "{path}: {said}"
        );
    }
    folder.write("relation=IsA/test.jsonl", concept);
    assert_eq!(understood(&folder.path("relation=IsA/test.jsonl"), &FactsOptions::default()).1.len(), 1);
}
