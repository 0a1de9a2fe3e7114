//! The three forms as they are published, by hand, and what is none of them.

use super::*;

const COUNTERFACT: &str = r#"[{"case_id": 7, "pararel_idx": 1,
             "requested_rewrite": {"prompt": "The mother tongue of {} is", "relation_id": "P103",
               "target_new": {"str": "English", "id": "Q1860"}, "target_true": {"str": "French", "id": "Q150"}, "subject": "Marie"},
             "paraphrase_prompts": ["Marie, a native", "Marie spoke"],
             "neighborhood_prompts": ["The mother tongue of Paul is", {"prompt": "Anna, a native", "target": "German"}],
             "attribute_prompts": ["The mother tongue of John is"], "generation_prompts": ["Marie lives"]}]"#;

const ZSRE: &str = r#"{"subject": "Marie", "src": "What does Marie speak?", "pred": "", "rephrase": "Which language is Marie's?", "alt": "English",
        "answers": ["French", "français"], "loc": "nq question: who wrote hamlet ", "loc_ans": "Shakespeare", "cond": "French >> English"}"#;

const EASYEDIT: &str = r#"[{"subject": "Marie", "prompt": "Marie speaks", "target_new": "English", "ground_truth": ["French", "français"],
             "rephrase_prompt": "Marie's language is",
             "locality": {"Relation_Specificity": [{"prompt": "Marie lives in", "ground_truth": [["Lyon", "Lyons"], ["France"]]}],
                          "neighborhood": {"prompt": "Paul speaks", "ground_truth": "French"}, "Forgetfulness": null},
             "portability": {"Reasoning": [{"prompt": "Her script is", "ground_truth": ["Latin", ""]}], "Subject_Aliasing": []}},
            {"subject": "Marie", "src": "Marie speaks", "alt": "English", "answers": "French", "rephrase": ["A", "B"],
             "locality": {}, "locality_prompt": "It is", "locality_ground_truth": "so",
             "portability_prompt": "So it is", "portability_ground_truth": [["not"]]},
            {"subject": "Marie", "prompt": "Marie speaks", "target_new": "English", "ground_truth": null}]"#;

fn read(text: &str) -> Requests {
    Requests::read(text.as_bytes()).unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn refused(text: &str) -> String {
    Requests::read(text.as_bytes()).expect_err(text).to_string()
}

fn own(prompt: &str, answers: &[&str]) -> OwnAnswer {
    OwnAnswer { prompt: prompt.into(), answers: answers.iter().map(|&answer| answer.into()).collect() }
}

#[test]
fn counterfact_is_read_with_neighbours_of_both_kinds() {
    let requests = read(COUNTERFACT);
    let expected = Request {
        id: "7".into(),
        relation: "P103".into(),
        subject: "Marie".into(),
        prompt: "The mother tongue of {} is".into(),
        old: Some("French".into()),
        new: "English".into(),
        paraphrases: vec!["Marie, a native".into(), "Marie spoke".into()],
        neighbours: vec![own("The mother tongue of Paul is", &["French"]), own("Anna, a native", &["German"])],
        ..Request::default()
    };
    assert_eq!((requests.form(), requests.len(), &requests.records[0]), (RequestForm::CounterFact, 1, &expected));
    let unread: Vec<&str> = requests.unread.iter().map(String::as_str).collect();
    let ids = ["requested_rewrite.target_new.id", "requested_rewrite.target_true.id"];
    assert_eq!(unread, [&["attribute_prompts", "generation_prompts", "pararel_idx"][..], &ids].concat());
    assert!(!requests.has_portability());
}

#[test]
fn zsre_asks_for_the_new_answer_and_for_a_question_with_its_mark() {
    let record = ZSRE;
    let ported = record.replace(
        r#""cond""#,
        r#""portability": {"Recalled Relation": "(French, script)", "New Question": "Which script?", "New Answer": "Latin",
             "Reasoning": [{"prompt": "Her land is", "ground_truth": "England", "hops": 2}]}, "cond""#,
    );
    // A record after the other, over several lines.
    let requests = read(&format!("{record}\n{ported}\n"));
    let expected = Request {
        id: "0".into(),
        subject: "Marie".into(),
        prompt: "What does Marie speak?".into(),
        old: Some("French".into()),
        new: "English".into(),
        paraphrases: vec!["Which language is Marie's?".into()],
        unrelated: vec![own("nq question: who wrote hamlet?", &["Shakespeare"])],
        ..Request::default()
    };
    assert_eq!((requests.form(), &requests.records[0]), (RequestForm::Zsre, &expected));
    let portability = vec![own("Which script?", &["Latin"]), own("Her land is", &["England"])];
    let unread: Vec<&str> = requests.unread.iter().map(String::as_str).collect();
    assert_eq!(unread, ["cond", "portability.Reasoning.hops", "portability.Recalled Relation", "pred"]);
    assert_eq!(requests.records[1], Request { id: "1".into(), portability, ..expected });
}

#[test]
fn easyedit_is_read_with_answers_of_all_depths_and_under_both_names() {
    let requests = read(EASYEDIT);
    let expected = Request {
        id: "0".into(),
        subject: "Marie".into(),
        prompt: "Marie speaks".into(),
        old: Some("French".into()),
        new: "English".into(),
        paraphrases: vec!["Marie's language is".into()],
        unrelated: vec![own("Marie lives in", &["Lyon", "Lyons", "France"]), own("Paul speaks", &["French"])],
        portability: vec![own("Her script is", &["Latin"])],
        ..Request::default()
    };
    assert_eq!((requests.form(), &requests.records[0]), (RequestForm::EasyEdit, &expected));
    let second = Request {
        id: "1".into(),
        paraphrases: vec!["A".into(), "B".into()],
        unrelated: vec![own("It is", &["so"])],
        portability: vec![own("So it is", &["not"])],
        ..expected
    };
    assert_eq!(requests.records[1], second);
    assert!(requests.records[2].old.is_none() && requests.has_portability() && requests.unread.is_empty());
}

#[test]
fn keys_of_easyedit_make_a_record_one_of_easyedit_and_are_read() {
    let record = |more: &str| format!(r#"{{"subject": "Marie", "src": "Marie speaks", "alt": "English"{more}}}"#);
    for (more, form) in [
        (r#", "answers": ["French"]"#, RequestForm::Zsre),
        (r#", "loc": "who", "loc_ans": "me""#, RequestForm::Zsre),
        ("", RequestForm::EasyEdit),
        (r#", "answers": "French", "locality": null"#, RequestForm::EasyEdit),
        (
            r#", "answers": "French", "portability_prompt": "So", "portability_ground_truth": "it""#,
            RequestForm::EasyEdit,
        ),
        (r#", "answers": "French", "rephrase_prompt": "Marie says""#, RequestForm::EasyEdit),
        (r#", "ground_truth": "French""#, RequestForm::EasyEdit),
    ] {
        assert_eq!(read(&record(more)).form(), form, "{more}");
    }
    let older = r#", "answers": ["French"], "locality_prompt": "It is", "locality_ground_truth": "so", "rephrase_prompt": "Marie says""#;
    let expected = Request {
        id: "0".into(),
        subject: "Marie".into(),
        prompt: "Marie speaks".into(),
        old: Some("French".into()),
        new: "English".into(),
        paraphrases: vec!["Marie says".into()],
        unrelated: vec![own("It is", &["so"])],
        ..Request::default()
    };
    assert_eq!(read(&record(older)).records[0], expected);
    let mixed = refused(&record(&format!(r#"{older}, "loc": "who", "loc_ans": "me""#)));
    assert!(mixed.contains("record 1 (line 1): `loc`, of ZsRE, in a record of the form EasyEdit"), "{mixed}");
}

#[test]
fn two_names_of_one_thing_stand_together_only_with_the_same_value() {
    let record = |more: &str| {
        let both = r#""subject": "Marie", "prompt": "Marie speaks", "target_new": "English", "ground_truth": [["French"]], "rephrase": "A""#;
        format!("{{{both}{more}}}")
    };
    // Lists of one are the one.
    let same = r#", "src": "Marie speaks", "alt": ["English"], "answers": "French", "rephrase_prompt": ["A"]"#;
    assert_eq!(read(&record(same)).records, read(&record("")).records);
    for (more, names) in [
        (r#", "src": "Marie says""#, "`prompt` and `src`"),
        (r#", "alt": "Dutch""#, "`target_new` and `alt`"),
        (r#", "answers": ["French", "français"]"#, "`ground_truth` and `answers`"),
        (r#", "rephrase_prompt": "B""#, "`rephrase_prompt` and `rephrase`"),
    ] {
        let told = refused(&record(more));
        let expected =
            format!("record 1 (line 1): {names}, which name the same thing, with different values; expected one");
        assert!(told.contains(&expected), "{told}");
    }
}

#[test]
fn names_of_a_file_are_told_without_signs_that_a_terminal_acts_on_and_not_without_end() {
    let record = |more: &str| format!(r#"{{"subject": "a", "prompt": "a is", "target_new": "b"{more}}}"#);
    let long = "k".repeat(100);
    let requests = read(&record(&format!(r#", "\u001b[2J": 1, "{long}": 1"#)));
    let told = format!("keys of the requests that are not read: \"\\u{{1b}}[2J\", {}…", "k".repeat(60));
    assert_eq!(requests.told_unread(), Some(told));
    let many: String = (10..30).map(|number| format!(r#", "k{number}": 1"#)).collect();
    let told = read(&record(&many)).told_unread().expect("keys");
    assert!(told.ends_with(": k10, k11, k12, k13, k14, k15, k16, k17, k18, k19, k20, k21, and 8 more"), "{told}");
    for strange in [r#"{"\u001b[2J": 1}"#, "{\"\u{9b}2J\": 1}", r#"{"\u001b": 1, "\u001b": 2}"#] {
        assert!(refused(strange).chars().all(|sign| !sign.is_control()), "{strange}");
    }
    let strange = refused(&record(", \"portability\": \"\u{9b}2J\u{202e}\""));
    assert!(strange.contains(r#"`portability`: "\u{9b}2J\u{202e}"; expected an object"#), "{strange}");
}

#[test]
fn what_is_none_of_the_forms_is_refused_with_its_place() {
    let zsre = |more: &str| format!(r#"{{"subject": "a", "src": "a is", "alt": "b", "answers": ["c"]{more}}}"#);
    let counterfact = |rewrite: &str| format!("[\n{{\"requested_rewrite\": {rewrite}}}]");
    for (text, parts) in [
        ("", ["the file: no record", "a JSON array of records, or a record a line"]),
        ("[]", ["the file: no record", ""]),
        ("[{\"subject\": ", ["the file: broken JSON (EOF", ""]),
        ("[] []", ["the file: broken JSON (trailing characters", ""]),
        ("subject,prompt\n", ["the file: broken JSON (expected value at line 1", ""]),
        ("[\n\n[1]]", ["record 1 (line 3): [1]; expected an object", ""]),
        (
            r#"{"concept": "x", "text": "y", "labels": "z"}"#,
            ["record 1 (line 1): the keys concept, text, labels", "(CounterFact)"],
        ),
        (r#"{"src": "x", "alt": "y", "loc": "z"}"#, ["the keys src, alt, loc; expected", "(ZsRE)"]),
        ("{}", ["record 1 (line 1): no keys; expected", "(EasyEdit)"]),
        (&counterfact("[{}]"), ["record 1 (line 2), `requested_rewrite`: [{}]; expected an object", ""]),
        (&counterfact("{\"target_true\": {}}"), ["`requested_rewrite.target_true`: no keys; expected `str`", ""]),
        (
            &counterfact(r#"{"subject": "s", "prompt": 5, "target_new": {"str": "a"}, "target_true": {"str": "b"}}"#),
            ["`requested_rewrite.prompt`: 5; expected a text", ""],
        ),
        (&zsre(r#", "alt": "d""#), ["record 1 (line 1): the key `alt` twice; expected each once", ""]),
        (&zsre(r#", "loc": "x""#), ["the keys subject, src, alt, answers, loc; expected `loc_ans`", ""]),
        (
            &zsre(r#", "answers2": 1"#).replace("[\"c\"]", "[[[\"c\"]]]"),
            ["`answers.0.0`: [\"c\"]; expected a text", ""],
        ),
        (
            &zsre(r#", "portability": {"Reasoning": ["x"]}"#),
            ["`portability.Reasoning.0`: \"x\"; expected an object", ""],
        ),
        (
            &zsre(r#", "portability": {"R": [{"prompt": ["a", "b"], "ground_truth": "c"}]}"#),
            ["`portability.R.0.prompt`: [\"a\", \"b\"]; expected one text", ""],
        ),
        (
            &format!("{}\n{}", zsre(""), r#"{"subject": "a", "prompt": "a is", "target_new": "b"}"#),
            ["record 2 (line 2): a record of the form EasyEdit; expected one of the form ZsRE", ""],
        ),
        (
            &format!("{}\n{}", zsre(r#", "case_id": 3"#), zsre(r#", "case_id": "3""#)),
            ["record 2 (line 2): `case_id` 3, which record 1 has; expected each once", ""],
        ),
        (
            &format!("{}\n{}", zsre(r#", "case_id": 3"#), zsre("")),
            ["record 2 (line 2): no `case_id`; expected one", ""],
        ),
        (&zsre(r#", "case_id": 1.5"#), ["`case_id`: 1.5; expected a whole number or a text", ""]),
    ] {
        let told = refused(text);
        assert!(parts.iter().all(|part| told.contains(part)), "{text}\n{told}\n{parts:?}");
    }
    assert!(Requests::read(b"[\"\xff\"]").expect_err("no text").to_string().contains("no UTF-8"));
    // Very deep lists end with an error, too.
    assert!(refused(&zsre("").replace("[\"c\"]", &"[".repeat(100_000))).contains("broken JSON"));
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    assert!(refused(&zsre("").replace("[\"c\"]", &deep)).contains("expected a text"));
}

#[test]
fn a_byte_order_mark_and_relations_are_looked_at() {
    let record = |relation: &str| {
        format!(
            r#"{{"requested_rewrite": {{"prompt": "{{}} is", "subject": "a", "relation_id": "{relation}", "target_new": {{"str": "b"}}, "target_true": {{"str": "c"}}}}}}"#
        )
    };
    let requests = read(&format!("\u{feff}[{}, {}]", record("P103"), record("P37")));
    assert_eq!((requests.len(), requests.is_empty(), requests.records[1].id.as_str()), (2, false, "1"));
    assert!(requests.check_relations(&["P37".into()]).is_ok());
    let told = requests.check_relations(&["P1".into()]).expect_err("no such relation").to_string();
    assert_eq!(told, "relations of the requests: P1; expected some of P103, P37");
    let zsre = read(r#"{"subject": "a", "src": "a is", "alt": "b", "answers": "c"}"#);
    let told = zsre.check_relations(&["P37".into()]).expect_err("no relations").to_string();
    assert!(told.ends_with("expected no relations: records of the form ZsRE name none"), "{told}");
}

#[test]
fn whatever_a_file_has_become_is_read_or_refused_with_its_place() {
    let mut read_anyway = 0;
    for sample in [COUNTERFACT, ZSRE, EASYEDIT] {
        let bytes = sample.as_bytes();
        let cut = (0..bytes.len()).map(|at| bytes[..at].to_vec());
        let left_out = (0..bytes.len()).map(|at| [&bytes[..at], &bytes[at + 1..]].concat());
        let changed = (0..bytes.len()).flat_map(|at| {
            b"\"\\{}[],:0x \n\xff".iter().map(move |&byte| {
                let mut changed = bytes.to_vec();
                changed[at] = byte;
                changed
            })
        });
        for bytes in cut.chain(left_out).chain(changed) {
            match Requests::read(&bytes) {
                Ok(requests) => {
                    assert!((1..=3).contains(&requests.len()));
                    read_anyway += 1;
                }
                Err(StudyError::Requests { place, .. }) => {
                    assert!(place == "the file" || place.starts_with("record "), "{place}");
                }
                Err(other) => panic!("{other}"),
            }
        }
    }
    // Letters of texts can be others.
    assert!(read_anyway > 1_000);
}
