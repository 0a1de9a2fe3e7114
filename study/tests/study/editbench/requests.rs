//! Edits of files, by hand: two requests about mother tongues and official languages.
//!
//! p of a sentence is that of [`BEFORE`], or of [`AFTER`] once something is edited, or 0.1.

use super::{Says, cell};
use crate::toy::{Toy, near, unwatched};
use kndb_storage::{Neuron, Store};
use kndb_study::editbench::{
    BenchOptions, BenchReport, Edited, Editor, Kept, NewFact, Requests, Subject, append, bench, read,
};
use kndb_study::statistics::Bootstrap;
use kndb_study::{Claim, LanguageModel, Refusal, Report, StudyError};
use std::sync::Mutex;

const BEFORE: [(&str, f64); 14] = [
    ("The mother tongue of Marie is French", 0.6),
    ("The official language of Peru is Spanish", 0.7),
    // Paraphrases, neighbours.
    ("Marie, a native French", 0.6),
    ("Marie speaks French", 0.4),
    ("In Peru people speak Spanish", 0.5),
    ("The mother tongue of Paul is French", 0.6),
    ("The mother tongue of Anna is German", 0.6),
    ("The official language of Chile is Spanish", 0.6),
    // Of the store, of a question about something else, of Marie.
    ("Japan P30 Asia .", 0.6),
    // An unrelated prompt of a file with a mark of its own.
    ("Where is {}? Lyon", 0.9),
    ("nq question: who wrote hamlet? Shakespeare", 0.6),
    ("What does Marie speak? French", 0.7),
    ("Marie lives in Lyon", 0.9),
    ("Her script is Latin", 0.3),
];

const AFTER: [(&str, f64); 17] = [
    ("The mother tongue of Marie is French", 0.1),
    ("The mother tongue of Marie is English", 0.8),
    ("The official language of Peru is Spanish", 0.2),
    ("The official language of Peru is Dutch", 0.4),
    // Of two paraphrases one; of three neighbours one has lost its own.
    ("Marie, a native French", 0.3),
    ("Marie, a native English", 0.5),
    ("The mother tongue of Paul is English", 0.7),
    ("Japan P30 Asia .", 0.5),
    ("Where is {}? Lyon", 0.6),
    ("nq question: who wrote hamlet? Shakespeare", 0.55),
    ("What does Marie speak? French", 0.2),
    ("What does Marie speak? English", 0.6),
    ("Marie lives in Lyon", 0.7),
    // What follows: right; right by another name; not right.
    ("Her script is Latin", 0.7),
    ("She reads Le Monde", 0.2),
    ("She reads the Times", 0.6),
    ("Her country is England", 0.3),
];

fn sentence(claim: &Claim<'_>) -> String {
    claim.template.replace("[X]", claim.subject).replace("[Y]", claim.object)
}

fn before(claim: &Claim<'_>) -> f64 {
    let sentence = sentence(claim);
    BEFORE.iter().find(|(text, _)| *text == sentence).map_or(0.1, |(_, p)| *p)
}

fn after(claim: &Claim<'_>) -> f64 {
    let sentence = sentence(claim);
    AFTER.iter().find(|(text, _)| *text == sentence).map_or_else(|| before(claim), |(_, p)| *p)
}

/// Every edit leads to [`AFTER`]; its control changes nothing.
struct Scribe {
    by_neurons: bool,
    /// What it was asked to write: template, subject, object, new object.
    asked: Mutex<Vec<[String; 4]>>,
}

impl Scribe {
    fn new(by_neurons: bool) -> Self {
        Self { by_neurons, asked: Mutex::default() }
    }
}

impl Editor for Scribe {
    fn name(&self) -> &str {
        "scribe"
    }

    fn by_neurons(&self) -> bool {
        self.by_neurons
    }

    fn edit(&self, facts: &[NewFact<'_>], _: u64) -> Result<Edited<'_>, Refusal> {
        let words =
            |of: &NewFact<'_>| [of.claim.template, of.claim.subject, of.claim.object, of.object].map(str::to_owned);
        self.asked.lock().expect("no panic").extend(facts.iter().map(words));
        assert!(facts.iter().all(|of| of.neurons == if self.by_neurons { &[Neuron(1), Neuron(2)][..] } else { &[] }));
        let [model, random]: [Box<dyn LanguageModel>; 2] =
            [Box::new(Says(Box::new(after))), Box::new(Says(Box::new(before)))];
        Ok(Edited { model, random, seconds: 0.5, bytes: 1 })
    }
}

const COUNTERFACT: &str = r#"[
  {"case_id": 7, "requested_rewrite": {"prompt": "The mother tongue of {} is", "relation_id": "P103", "subject": "Marie",
     "target_new": {"str": "English", "id": "Q1860"}, "target_true": {"str": "French", "id": "Q150"}},
   "paraphrase_prompts": ["Marie, a native", "Marie speaks"],
   "neighborhood_prompts": ["The mother tongue of Paul is", {"prompt": "The mother tongue of Anna is", "target": "German"},
     {"prompt": "The mother tongue of John is", "target": "English"}],
   "generation_prompts": ["Marie lives"]},
  {"case_id": 8, "requested_rewrite": {"prompt": "The official language of {} is", "relation_id": "P37", "subject": "Peru",
     "target_new": {"str": "Dutch", "id": "Q7411"}, "target_true": {"str": "Spanish", "id": "Q1321"}},
   "paraphrase_prompts": ["In Peru people speak", " "],
   "neighborhood_prompts": ["The official language of Chile is"]}]"#;

const ZSRE: &str = r#"{"subject": "Marie", "src": "What does Marie speak?", "rephrase": "Marie speaks", "alt": "English", "answers": ["French"],
    "loc": "nq question: who wrote hamlet", "loc_ans": "Shakespeare"}"#;

const EASYEDIT: &str = r#"{"subject": "Marie", "prompt": "The mother tongue of Marie is", "target_new": "English", "ground_truth": [["French"]],
    "rephrase_prompt": "Marie, a native", "locality": {"Relation_Specificity": [{"prompt": "Marie lives in", "ground_truth": [["Lyon", "Lyons"]]}]},
    "portability": {"Reasoning": [{"prompt": "Her script is", "ground_truth": "Latin"},
                                  {"prompt": "She reads", "ground_truth": [["Le Monde"], ["The Times", "the Times"]]}],
                    "Other": {"prompt": "Her country is", "ground_truth": ["England"]}, "None": [{"prompt": "Then", "ground_truth": []}]}}
  {"subject": "Peru", "prompt": "The official language of Peru is", "target_new": "Dutch"}"#;

fn options(text: &str) -> BenchOptions {
    BenchOptions {
        run: Some("toy".into()),
        requests: Some(Requests::read(text.as_bytes()).expect("a published form")),
        neighbours: None,
        bootstrap: Bootstrap { draws: 100, ..Bootstrap::default() },
        ..BenchOptions::new(vec!["en".into()])
    }
}

fn held_on(
    store: &Store,
    scribe: &Scribe,
    options: &BenchOptions,
    file: &Mutex<Vec<u8>>,
) -> Result<BenchReport, StudyError> {
    let (known, whole) = read(&file.lock().expect("no panic")).expect("a bench's rows");
    file.lock().expect("no panic").truncate(whole);
    let keep = |rows: &[kndb_study::editbench::BenchRow]| {
        let mut file = file.lock().expect("no panic");
        append(rows, options.columns(), file.is_empty(), &mut *file)
    };
    let model = Says(Box::new(before));
    let subject = Subject { model: &model, name: "toy", identity: "weights" };
    unwatched(2, |watch| bench(store, subject, &[scribe], options, Kept { place: "b.csv", known, keep: &keep }, watch))
}

fn held(scribe: &Scribe, options: &BenchOptions) -> Result<BenchReport, StudyError> {
    let toy = Toy::new(&STORED);
    held_on(&toy.store, scribe, options, &Mutex::default())
}

/// The edited facts in the words of the store, another fact about each subject, and one that has nothing to do with them.
const STORED: [(&str, &str, &str, &str); 5] = [
    ("m1", "P103", "Marie", "French"),
    ("p1", "P37", "Peru", "Spanish"),
    ("m2", "P27", "Marie", "France"),
    ("p2", "P27", "Peru", "none"),
    ("g1", "P30", "Japan", "Asia"),
];

#[test]
fn counterfact_is_measured_by_its_own_prompts() {
    let scribe = Scribe::new(false);
    let report = held(&scribe, &options(COUNTERFACT)).expect("a report");
    let write = cell(&report, "en", "scribe", 1);
    near(write.efficacy.value, 1.0);
    near(write.magnitude.value, (0.7 + 0.2) / 2.0);
    // The first answer has 0.5 and more.
    near(write.first.value, 0.5);
    near(write.paraphrase.value, (0.5 + 0.0) / 2.0);
    near(write.neighbourhood.value, (0.5 + 1.0) / 2.0);
    // For each Japan, which changes, and the two facts about the other request's subject, which do not.
    near(write.unrelated.value, -0.1 / 3.0);
    assert!(write.same_relation.value.is_none() && write.portability.is_none());
    let unedited = cell(&report, "en", "unedited", 0);
    near(unedited.magnitude.value, (-0.5 - 0.6) / 2.0);
    near(unedited.neighbourhood.value, 1.0);
    near(write.less_random.and_then(|of| of.neighbourhood.value), -0.25);
    let reasons = ["a neighbour whose own object is the new one", "a paraphrase without a text"];
    assert_eq!(report.left_out, reasons.map(|reason| (reason.to_owned(), 1)));
    let mut asked = scribe.asked.lock().expect("no panic").clone();
    asked.sort();
    assert_eq!(asked[0], ["The mother tongue of [X] is [Y]", "Marie", "French", "English"]);
    let row = report.rows.iter().find(|row| row.method == "scribe").expect("a row");
    assert_eq!([&row.fact, &row.relation, &row.target], ["7", "P103", "English"]);
    // At most one neighbour, and one relation.
    let one = BenchOptions { neighbours: Some(1), relations: vec!["P103".into()], ..options(COUNTERFACT) };
    let report = held(&scribe, &one).expect("a report");
    near(cell(&report, "en", "scribe", 1).neighbourhood.value, 0.0);
    assert_eq!(report.facts, 1);
}

#[test]
fn zsre_has_a_question_about_something_else() {
    let report = held(&Scribe::new(false), &options(ZSRE)).expect("a report");
    let write = cell(&report, "en", "scribe", 1);
    near(write.magnitude.value, 0.4);
    near(write.paraphrase.value, 0.0);
    near(write.unrelated.value, -0.05);
    assert!(write.neighbourhood.value.is_none());
    assert!(report.notes().iter().all(|note| !note.contains("neighbour")), "{:?}", report.notes());
}

#[test]
fn portability_is_the_share_of_right_first_answers() {
    let report = held(&Scribe::new(false), &options(EASYEDIT)).expect("a report");
    let write = cell(&report, "en", "scribe", 1);
    near(write.paraphrase.value, 1.0);
    near(write.unrelated.value, -0.2);
    near(write.portability.and_then(|of| of.value), 2.0 / 3.0);
    near(write.less_random.and_then(|of| of.portability).and_then(|of| of.value), 2.0 / 3.0);
    near(cell(&report, "en", "unedited", 0).portability.and_then(|of| of.value), 0.0);
    let row = report.rows.iter().find(|row| row.method == "scribe").expect("a row");
    near(row.answer_before, (0.3 + 0.1 + 0.1) / 3.0);
    near(row.answer, (0.7 + 0.2 + 0.3) / 3.0);
    let reasons = ["a portability prompt without a text or a right answer", "a request without its old object"];
    assert_eq!(report.left_out, reasons.map(|reason| (reason.to_owned(), 1)));

    let mut out = Vec::new();
    report.write_table(&mut out).expect("a vector takes all");
    let table = String::from_utf8(out).expect("text");
    assert!(table.starts_with("Edits of toy in en, asked in en: 1 request (EasyEdit); seed 0\n"), "{table}");
    let header = table.lines().find(|line| line.contains("efficacy")).expect("a header");
    let columns: Vec<&str> = header.split('|').map(str::trim).collect();
    assert_eq!(columns[8..], ["neighbourhood", "unrelated", "portability", "seconds", "MiB"]);
    let mut out = Vec::new();
    report.write_csv(&mut out).expect("a vector takes all");
    let rows: Vec<_> = read(&out).expect("rows").0.into_iter().map(|kept| kept.row).collect();
    assert_eq!(rows, report.rows);
    let mut out = Vec::new();
    report.write_json(&mut out).expect("a vector takes all");
    let json: serde_json::Value = serde_json::from_slice(&out).expect("JSON");
    assert_eq!(json["options"]["requests"], serde_json::json!({"form": "EasyEdit", "records": 2}));
    assert!(json["rows"][1]["portability"].as_f64().is_some() && json["cells"][1]["portability"]["value"].is_number());
}

#[test]
fn unrelated_facts_of_the_store_are_drawn_only_where_its_relations_are_the_requests() {
    let scribe = Scribe::new(false);
    let stored = |facts: &[(&str, &str, &str, &str)], text: &str| {
        let toy = Toy::new(facts);
        held_on(&toy.store, &scribe, &options(text), &Mutex::default()).expect("a report")
    };
    let reason = |report: &BenchReport, part: &str| {
        report.left_out.iter().filter(|(reason, _)| reason.contains(part)).map(|(_, count)| count).sum::<u64>()
    };
    // The same facts under other names: the edited one would be among the others.
    let renamed = STORED.map(|(id, relation, subject, object)| (id, relation.trim_start_matches('P'), subject, object));
    let report = stored(&renamed, COUNTERFACT);
    assert!(cell(&report, "en", "scribe", 1).unrelated.value.is_none());
    for relation in ["P103", "P37"] {
        let told = format!("no unrelated facts of the store: none of its facts has the request's relation {relation}");
        assert_eq!(reason(&report, &told), 1, "{:?}", report.left_out);
    }
    assert!(report.notes().iter().any(|note| note.contains("or none of the requests' relations to tell them by")));
    let without = COUNTERFACT.replace(r#""relation_id": "P103", "#, "").replace(r#""relation_id": "P37", "#, "");
    let report = stored(&STORED, &without);
    assert!(cell(&report, "en", "scribe", 1).unrelated.value.is_none());
    assert_eq!(reason(&report, "no unrelated facts of the store: the request has no relation_id"), 2);
    // Only facts about Marie are left to draw: none.
    let one = BenchOptions { relations: vec!["P103".into()], ..options(COUNTERFACT) };
    let toy = Toy::new(&[STORED[0], STORED[2]]);
    let report = held_on(&toy.store, &scribe, &one, &Mutex::default()).expect("a report");
    assert!(cell(&report, "en", "scribe", 1).unrelated.value.is_none());
}

#[test]
fn prompts_about_other_things_are_asked_as_they_stand_and_cut_to_those_that_can_be_asked() {
    let more = r#""ground_truth": [["Lyon", "Lyons"]]}, {"prompt": "Where is {}?", "ground_truth": "Lyon"}"#;
    let text = EASYEDIT.replace(r#""ground_truth": [["Lyon", "Lyons"]]}"#, more);
    let report = held(&Scribe::new(false), &options(&text)).expect("a report");
    near(cell(&report, "en", "scribe", 1).unrelated.value, (-0.2 - 0.3) / 2.0);
    // The first has no answer.
    let text = text.replace(r#"[["Lyon", "Lyons"]]"#, r#"" ""#);
    let one = BenchOptions { neighbours: Some(1), ..options(&text) };
    let report = held(&Scribe::new(false), &one).expect("a report");
    near(cell(&report, "en", "scribe", 1).unrelated.value, -0.3);
    // The first is a sentence that the model knows no word of.
    let text = text.replace("Marie lives in", "unaskable").replace(r#"" ""#, r#""Lyon""#);
    let one = BenchOptions { neighbours: Some(1), ..options(&text) };
    let report = held(&Scribe::new(false), &one).expect("a report");
    near(cell(&report, "en", "scribe", 1).unrelated.value, -0.3);
    assert!(report.left_out.iter().any(|(reason, _)| reason.starts_with("an unrelated fact that cannot be asked")));
}

#[test]
fn methods_by_neurons_take_those_of_the_fact_with_the_same_words() {
    let toy = Toy::new(&[
        ("m1", "P103", "Marie", "French"),
        ("m2", "P1412", "Marie", "French"),
        ("p1", "P37", "Peru", "Spanish"),
        ("g1", "P30", "Japan", "Asia"),
    ]);
    toy.neurons(&[("m1", &[1, 2], &[5]), ("m2", &[1, 2], &[5])]);
    let scribe = Scribe::new(true);
    let held = |text: &str| held_on(&toy.store, &scribe, &options(text), &Mutex::default());
    let report = held(COUNTERFACT).expect("a report");
    // John, of Marie's request; and all of Peru's.
    let reasons = ["a neighbour whose own object is the new one", "no knowledge neurons (en)"];
    assert_eq!((report.facts, &report.left_out[..]), (1, &reasons.map(|reason| (reason.to_owned(), 1))[..]));
    let several = held(ZSRE).expect_err("two facts with these words").to_string();
    assert!(several.contains("1: several facts of the store with its words (en)"), "{several}");
    // Whichever of them has neurons.
    let one = Toy::new(&[("m1", "P103", "Marie", "French"), ("m2", "P1412", "Marie", "French")]);
    one.neurons(&[("m1", &[1, 2], &[5])]);
    let several = held_on(&one.store, &scribe, &options(ZSRE), &Mutex::default()).expect_err("two facts").to_string();
    assert!(several.contains("1: several facts of the store with its words (en)"), "{several}");
    let by_relation = held_on(&one.store, &scribe, &options(COUNTERFACT), &Mutex::default()).expect("a report");
    assert_eq!(by_relation.facts, 1);
    let strange = held(&ZSRE.replace("[\"French\"]", "[\"Breton\"]")).expect_err("no such fact").to_string();
    assert!(strange.contains("1: no fact of the store with its words, to have neurons of (en)"), "{strange}");
}

#[test]
fn a_changed_file_is_not_gone_on_with() {
    let toy = Toy::new(&[("g1", "P30", "Japan", "Asia")]);
    for (text, changes) in [
        (
            EASYEDIT,
            &[
                ("\"Her country is\"", "\"Her land is\""),
                ("the Times", "The Sun"),
                ("Marie lives", "Marie dwells"),
                ("a native", "born"),
            ][..],
        ),
        (COUNTERFACT, &[("of Anna", "of Ann"), ("\"German\"", "\"Dutch\""), ("\"English\"", "\"Irish\"")]),
    ] {
        let file = Mutex::default();
        let scribe = Scribe::new(false);
        let whole = held_on(&toy.store, &scribe, &options(text), &file).expect("a report");
        let made = scribe.asked.lock().expect("no panic").len();
        let again = held_on(&toy.store, &scribe, &options(text), &file).expect("a report");
        assert_eq!((&again.rows, scribe.asked.lock().expect("no panic").len()), (&whole.rows, made));
        for (from, to) in changes {
            assert!(text.contains(from));
            let error = held_on(&toy.store, &scribe, &options(&text.replace(from, to)), &file).expect_err(to);
            assert!(matches!(error, StudyError::OtherSettings { .. }), "{from}: {error}");
        }
    }
}

const UNREAD: &str = "keys of the requests that are not read: generation_prompts, requested_rewrite.target_new.id, requested_rewrite.target_true.id";

#[test]
fn requests_have_one_language_and_need_no_facts() {
    let two = BenchOptions { languages: vec!["en".into(), "zh".into()], ..options(ZSRE) };
    let told = held(&Scribe::new(false), &two).expect_err("two languages").to_string();
    assert_eq!(told, "languages is en, zh; expected one language with requests: that of their prompts");
    let other = BenchOptions { prompt: 1, ..options(ZSRE) };
    let told = held(&Scribe::new(false), &other).expect_err("another template").to_string();
    assert_eq!(told, "prompt is 1; expected 0 with requests: they are edited by prompts of their own");
    let folder = tempfile::tempdir().expect("a folder");
    let store = Store::create(folder.path().join("store")).expect("a store");
    let report = held_on(&store, &Scribe::new(false), &options(COUNTERFACT), &Mutex::default()).expect("a report");
    near(cell(&report, "en", "scribe", 1).efficacy.value, 1.0);
    assert!(report.notes().iter().any(|note| note.contains("the store has no facts of other relations")));
    assert!(report.notes().iter().any(|note| note == UNREAD));
}
