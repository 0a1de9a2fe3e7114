//! The data sets that kndb learnt after mLAMA, LAMA and ParaRel, on small files of their shapes.

use std::fs;
use std::path::Path;

use kndb_import::facts::{FactsFormat, FactsOptions, fact_id};

use crate::facts_reading::{read, refusal, understood};
use crate::folder::Folder;

fn all(folder: &Folder, name: &str) -> (FactsFormat, Vec<String>, Vec<(String, u64)>) {
    let (format, items, notes) = understood(&folder.path(name), &FactsOptions::default());
    (format, items, notes.left_out.iter().map(|(what, number)| ((*what).to_owned(), *number)).collect())
}

#[test]
fn mpararel_has_patterns_and_tuples_whose_ids_align_by_their_uris() {
    let folder = Folder::new();
    let tuple = |subject: &str, object: &str| {
        format!(
            r#"{{"sub_uri": "Q142", "obj_uri": "Q90", "obj_label": "{object}", "sub_label": "{subject}", "lineid": 3}}"#
        )
    };
    folder.write("m/patterns/de/P36.jsonl", "{\"pattern\": \"[X] hat [Y]\", \"checked-by-human\": false}\n");
    folder.write("m/tuples/de/P36.jsonl", tuple("Frankreich", "Paris"));
    folder.write("m/tuples/zh-hans/P36.jsonl", tuple("法国", "巴黎"));
    let id = "ce07415a-7e00-5b00-abb5-bf1fe1e43d93";
    let uris = r#"(Some("Q142"), Some("Q90"))"#;
    let (format, items, notes) = understood(&folder.path("m"), &FactsOptions::default());
    assert_eq!(format, FactsFormat::Mpararel);
    assert_eq!(
        items,
        [
            "P36 de [X] hat [Y]".to_owned(),
            format!("{id} P36 de Frankreich Paris {uris}"),
            format!("{id} P36 zh-Hans 法国 巴黎 {uris}"),
        ]
    );
    assert_eq!((notes.files, notes.computed_ids), (3, 2));
    assert_eq!(notes.unused_fields.iter().map(String::as_str).collect::<Vec<_>>(), ["checked-by-human", "lineid"]);
}

#[test]
fn tuples_without_uris_are_known_by_their_labels() {
    let folder = Folder::new();
    folder.write("zh/P36.jsonl", r#"{"sub_label": "法国", "obj_label": "巴黎"}"#);
    folder.write("TREx/P36.jsonl", r#"{"sub_label": "France", "obj_label": "Paris", "predicate_id": "P36"}"#);
    assert_eq!(
        read(&folder.path("zh"), None).1,
        ["705c3057-eb47-5d0c-a602-2be857e0d7e1 P36 zh 法国 巴黎 (None, None)"]
    );
    let id = fact_id("P36", &["France", "Paris"]);
    let expected = (FactsFormat::Lama, vec![format!("{id} P36 en France Paris (None, None)")]);
    assert_eq!(read(&folder.path("TREx"), None), expected);
}

#[test]
fn lamas_relations_bring_names() {
    let folder = Folder::new();
    folder.write("TREx/P36.jsonl", r#"{"uuid": "u1", "sub_label": "a", "obj_label": "b", "predicate_id": "P36"}"#);
    folder.write(
        "relations.jsonl",
        r#"{"relation": "P36", "template": "The capital of [X] is [Y] .", "label": "capital", "type": "1-1"}"#,
    );
    let (_, items) = read(&folder.path("TREx"), None);
    assert_eq!(items[1..], ["P36 en is capital", "P36 en The capital of [X] is [Y] ."]);
}

const COUNTERFACT: &str = r#"[{"case_id": 0, "pararel_idx": 2796,
  "requested_rewrite": {"prompt": "The mother tongue of {} is", "relation_id": "P103",
    "target_new": {"str": "English", "id": "Q1860"}, "target_true": {"str": "French", "id": "Q150"}, "subject": "Ann"},
  "paraphrase_prompts": ["It rains. Ann, a native", "Ann spoke the language"], "neighborhood_prompts": []},
 {"case_id": 1, "requested_rewrite": {"prompt": "The mother tongue of {} is", "relation_id": "P103",
    "target_new": {"str": "German", "id": "Q188"}, "target_true": {"str": "French", "id": "Q150"}, "subject": "Bob"},
  "paraphrase_prompts": []}]"#;

#[test]
fn counterfact_gives_true_facts_and_prompts_that_end_in_the_object() {
    let folder = Folder::new();
    folder.write("counterfact.json", COUNTERFACT);
    let (format, items, left_out) = all(&folder, "counterfact.json");
    let (ann, bob) = (fact_id("P103", &["Ann", "Q150"]), fact_id("P103", &["Bob", "Q150"]));
    assert_eq!(format, FactsFormat::CounterFact);
    assert_eq!(
        items,
        [
            "P103 en The mother tongue of [X] is [Y]".to_owned(),
            format!("{ann} P103 en Ann French (None, Some(\"Q150\"))"),
            format!("{bob} P103 en Bob French (None, Some(\"Q150\"))"),
        ]
    );
    assert_eq!(
        left_out,
        [
            ("objects that are not so (`target_new`)".to_owned(), 2),
            ("paraphrases of single facts (`paraphrase_prompts`)".to_owned(), 2)
        ]
    );
    // A folder of it, and one record a line, are the same.
    folder.write("cf/counterfact.json", COUNTERFACT);
    let records: Vec<serde_json::Value> = serde_json::from_str(COUNTERFACT).expect("JSON");
    folder.write("cf.jsonl", records.iter().map(|record| format!("{record}\n")).collect::<String>());
    assert_eq!(read(&folder.path("cf"), None).1, items);
    assert_eq!(read(&folder.path("cf.jsonl"), None).1, items);
}

#[test]
fn zsre_has_a_question_for_a_relation() {
    let folder = Folder::new();
    folder.write(
        "zsre_mend_eval.json",
        r#"[{"subject": "Ann", "src": "What university did Ann attend?", "pred": "X", "rephrase": "Where was Ann?",
             "alt": "Y", "answers": ["Delft", "TU Delft"], "loc": "nq question: who", "loc_ans": "me", "cond": "X >> Y"},
            {"subject": "a", "src": "What did a eat?", "answers": ["b"], "rephrase": "r", "alt": "c"}]"#,
    );
    let (format, items, left_out) = all(&folder, "zsre_mend_eval.json");
    let relation = "What university did [X] attend?";
    let id = fact_id(relation, &["Ann", "Delft"]);
    assert_eq!(format, FactsFormat::Zsre);
    assert_eq!(items, [format!("{relation} en {relation} [Y]"), format!("{id} {relation} en Ann Delft (None, None)")]);
    let expected = [
        ("answers after the first", 1),
        ("answers that are not so (`alt`)", 1),
        ("facts whose question does not have the subject once", 1),
        ("questions of single facts (`rephrase`)", 1),
    ];
    assert_eq!(left_out, expected.map(|(what, number)| (what.to_owned(), number)));
}

const BMLAMA_EN: &str = "Prompt\tAns\tCandidate Ans\tSubject\r\n\
    The capital of France is <mask>.\tParis\tRome, Paris\tFrance\r\n\
    The capital of Italy is <mask>.\tRome\tRome, Paris\tItaly\r\n\
    The capital of Italy is <mask>.\tRome\tRome, Paris\tItaly\r\n";
const BMLAMA_DE: &str = "Prompt\tAns\tCandidate\tAns\tSubject\n\
    Die Hauptstadt Frankreichs ist <mask>.\tParis\tRom, Paris\tFrankreich \"F\"\n\
    \"Die Hauptstadt von Italien \"\"I\"\" ist <mask>.\"\tRom\tRom, Paris\t\"Italien \"\"I\"\"\"\n\
    Die Hauptstadt von Italien ist <mask>.\tRom\tRom, Paris\tItalien\n";

#[test]
fn bmlamas_lines_are_the_facts_of_the_english_lines() {
    let folder = Folder::new();
    folder.write("BMLAMA17/en.tsv", BMLAMA_EN);
    folder.write("BMLAMA17/de.tsv", BMLAMA_DE);
    let (format, items, left_out) = all(&folder, "BMLAMA17");
    let relation = "The capital of [X] is [Y].";
    let (france, italy) = (fact_id(relation, &["France", "Paris"]), fact_id(relation, &["Italy", "Rome"]));
    assert_eq!(format, FactsFormat::Bmlama);
    let german = [
        format!("{france} {relation} de Frankreich \"F\" Paris (None, None)"),
        format!("{relation} de Die Hauptstadt von [X] ist [Y]."),
        format!("{italy} {relation} de Italien \"I\" Rom (None, None)"),
    ];
    assert_eq!(items[..3], german);
    assert_eq!(
        items[3..],
        [
            format!("{relation} en {relation}"),
            format!("{france} {relation} en France Paris (None, None)"),
            format!("{italy} {relation} en Italy Rome (None, None)"),
        ]
    );
    assert_eq!(
        left_out,
        [
            ("candidates of single facts".to_owned(), 6),
            ("lines whose English line repeats a fact or does not have its subject once".to_owned(), 2),
            ("prompts that do not have their subject once".to_owned(), 1),
        ]
    );
    assert_eq!(read(&folder.path("BMLAMA17/de.tsv"), None).1, german);
}

#[test]
fn bmlama_without_its_english_lines_is_refused() {
    let folder = Folder::new();
    folder.write("b/de.tsv", BMLAMA_DE);
    assert_eq!(
        refusal(&folder, "b", &FactsOptions::default()),
        "no facts at b/de.tsv: it is BMLAMA's, whose lines take their relation from the same line of `en.tsv`, which is not \
         beside it"
    );
    folder.write("b/en.tsv", format!("{BMLAMA_EN}The capital of Spain is <mask>.\tMadrid\tRome\tSpain\n"));
    assert_eq!(
        refusal(&folder, "b", &FactsOptions::default()),
        "b/de.tsv: the file has 4 lines and its English one 5; expected as many, because a line is the same fact in every \
         language"
    );
}

#[test]
fn klar_has_a_file_a_relation_with_prompts_and_numbered_samples() {
    let folder = Folder::new();
    let file = |subject: &str, object: &str, prompt: &str| {
        format!(
            r#"{{
  "relation_name": "capital city",
  "prompt_templates": ["{prompt}"],
  "samples": [{{"subject": "{subject}", "object": "{object}", "index": 12}}]
}}"#
        )
    };
    folder.write("klar/en/capital.json", file("France", "Paris", "Where is <subject> ruled? The answer is: <mask>"));
    folder.write("klar/zh/capital.json", file("法国", "巴黎", "<subject>的首都：<MASK>"));
    folder.write("klar/.DS_Store", "x");
    let (format, items, notes) = understood(&folder.path("klar"), &FactsOptions::default());
    let id = "e0e44480-eb87-55b5-aff7-8860d506eb47";
    assert_eq!(format, FactsFormat::Klar);
    assert_eq!(
        items,
        [
            "capital en is capital city".to_owned(),
            "capital en Where is [X] ruled? The answer is: [Y]".to_owned(),
            format!("{id} capital en France Paris (None, None)"),
            "capital en is capital city".to_owned(),
            "capital zh [X]的首都：[Y]".to_owned(),
            format!("{id} capital zh 法国 巴黎 (None, None)"),
        ]
        .map(|item| item.replace("e0e44480-eb87-55b5-aff7-8860d506eb47", &fact_id("capital", &["12"])))
    );
    assert_eq!(notes.not_read.len(), 1, "{:?}", notes.not_read);
}

const GOOGLE_RE: &str = r#"{"pred": "/people/person/place_of_birth", "sub": "/m/1", "obj": "/m/2", "judgments": [{"rater": "1", "judgment": "yes"}], "sub_w": null, "sub_label": "Ann", "obj_label": "Lebanon", "uuid": "u1", "masked_sentences": ["Ann was born in [MASK] ."]}
{"pred": "/people/person/place_of_birth", "sub": "/m/3", "obj": "/m/4", "judgments": [{"rater": "1", "judgment": "yes"}, {"rater": "2", "judgment": "no"}, {"rater": "3", "judgment": "no"}], "sub_label": "Bob", "obj_label": "Rome", "uuid": "u2", "masked_sentences": ["[MASK] ."]}
"#;

#[test]
fn google_re_joins_with_mlama_and_leaves_out_what_raters_denied() {
    let folder = Folder::new();
    folder.write("Google_RE/place_of_birth_test.jsonl", GOOGLE_RE);
    let (format, items, left_out) = all(&folder, "Google_RE");
    assert_eq!(format, FactsFormat::GoogleRe);
    assert_eq!(items, [r#"u1 place_of_birth en Ann Lebanon (Some("/m/1"), Some("/m/2"))"#]);
    assert_eq!(
        left_out,
        [
            ("facts that most raters denied (`judgments`)".to_owned(), 1),
            ("sentences of single facts (`masked_sentences`)".to_owned(), 2),
        ]
    );
}

#[test]
fn conceptnets_sentences_make_no_templates() {
    let folder = Folder::new();
    folder.write(
        "ConceptNet/test.jsonl",
        r#"{"sub": "alive", "obj": "think", "pred": "HasSubevent", "masked_sentences": ["When alive you [MASK]."], "obj_label": "think", "uuid": "d4f1"}"#,
    );
    let (format, items, left_out) = all(&folder, "ConceptNet");
    assert_eq!(
        (format, items),
        (FactsFormat::ConceptNet, vec!["d4f1 HasSubevent en alive think (None, None)".to_owned()])
    );
    assert_eq!(left_out, [("sentences of single facts (`masked_sentences`)".to_owned(), 1)]);
}

#[test]
fn squads_statements_are_refused_with_the_reason_and_counted() {
    let folder = Folder::new();
    let row = r#"{"masked_sentences": ["To mark it the [MASK] color was used."], "obj_label": "gold", "id": "56be_0", "sub_label": "Squad"}"#;
    folder.write("Squad/test.jsonl", format!("{row}\n{row}\n"));
    assert_eq!(
        refusal(&folder, "Squad", &FactsOptions::default()),
        "Squad/test.jsonl, line 1, column 22: a statement of SQuAD has no subject and no relation (`sub_label` is the data \
         set's name); expected a fact with a subject, because a template has a place for one"
    );
    let skipping = FactsOptions { skip_invalid: true, ..FactsOptions::default() };
    assert_eq!(
        refusal(&folder, "Squad", &skipping),
        "no facts at Squad: it has no entries that could be stored (2 skipped: a statement of SQuAD has no subject)"
    );
}

#[test]
fn every_data_set_is_in_the_documentation_as_it_is_read() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/importing.md");
    let page = fs::read_to_string(page).expect("the page");
    for format in FactsFormat::ALL {
        let row = format!("| `{format}` | {} | {} | {} |\n", format.shape(), format.language(), format.ids());
        assert!(page.contains(&row), "docs/importing.md lacks the row\n{row}");
    }
    assert!(page.contains(r#"uuid.uuid5(uuid.NAMESPACE_URL, "kndb:fact:" + "\0".join([relation, subject, object]))"#));
}
