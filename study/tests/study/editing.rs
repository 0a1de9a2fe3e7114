//! The sound editing protocol, by hand.
//!
//! Knowledge neurons: of f1 {0, 1} in English and {1, 2} in Chinese, so L = {1}; of f2 {4, 5} and {5, 6}, L = {5}; of f3 {0}
//! and {2}, so it has no L; of g1 {3} in both. f1 to f3 are of P36, g1 of P37, so that the unrelated fact of f1 and f2 is g1.
//! English (Chinese has half of every effect on f1 and f2):
//!
//! | fact | base | effects of the neurons |
//! |---|---|---|
//! | f1 | 0.04 | 0: 0.01, 1: 0.02, 2: 0.004 |
//! | f2 | 0.02 | 4: 0.005, 5: 0.01, 6: 0.002 |
//! | g1 | 0.05 | 0: 0.001, 1: 0.005, 2: 0.002, 4: 0.004, 5: 0.01, 6: 0.003 |

use crate::toy::{Says, TableModel, Toy, measured_test, near, unwatched};
use kndb_query::EntryTest;
use kndb_study::editing::{Cell, EditOptions, EditReport, Method, edit_study};
use kndb_study::statistics::Bootstrap;
use kndb_study::{Report, StudyError};
use std::collections::BTreeSet;

pub fn toy() -> Toy {
    let toy = Toy::new(&[
        ("f1", "P36", "France", "Paris"),
        ("f2", "P36", "Japan", "Tokyo"),
        ("f3", "P36", "Kenya", "Nairobi"),
        ("g1", "P37", "Spain", "Spanish"),
    ]);
    toy.neurons(&[("f1", &[0, 1], &[1, 2]), ("f2", &[4, 5], &[5, 6]), ("f3", &[0], &[2]), ("g1", &[3], &[3])]);
    toy
}

pub fn model() -> TableModel {
    let mut model = TableModel::default();
    let says = |base, effects: &[(u32, f64)], factor: f64| {
        let effects = effects.iter().map(|&(neuron, effect)| (neuron, factor * effect)).collect();
        Says { base, effects, ..Says::default() }
    };
    for (languages, factor) in [(["en"], 1.0), (["zh"], 0.5)] {
        model.say(&languages, "France", "Paris", says(0.04, &[(0, 0.01), (1, 0.02), (2, 0.004)], factor));
        model.say(&languages, "Japan", "Tokyo", says(0.02, &[(4, 0.005), (5, 0.01), (6, 0.002)], factor));
        model.say(&languages, "Kenya", "Nairobi", says(0.02, &[(0, 0.01), (2, 0.01)], factor));
        let spanish = [(0, 0.001), (1, 0.005), (2, 0.002), (4, 0.004), (5, 0.01), (6, 0.003)];
        model.say(&languages, "Spain", "Spanish", says(0.05, &spanish, 1.0));
    }
    model
}

pub fn options() -> EditOptions {
    let bootstrap = Bootstrap { draws: 400, ..Bootstrap::default() };
    let all = EditOptions::new("toy", vec!["en".into(), "zh".into()]);
    EditOptions { relations: vec!["P36".into()], bootstrap, ..all }
}

pub fn cell<'r>(report: &'r EditReport, language: &str, method: &str) -> &'r Cell {
    let found = report.cells.iter().find(|cell| cell.language == language && cell.method.to_string() == method);
    found.expect("the cell")
}

fn study(options: &EditOptions) -> Result<EditReport, StudyError> {
    unwatched(2, |watch| edit_study(&toy().store, &model(), options, watch))
}

#[test]
fn rates_are_those_worked_out_by_hand() {
    let report = study(&options()).expect("a report");
    assert_eq!((report.facts, report.facts_with_likn), (2, 3));
    // LIKN in English. Related: 0.02/0.04 and 0.01/0.02. Unrelated: g1 loses 0.005/0.05 and 0.01/0.05.
    let likn = &cell(&report, "en", "LIKN").all;
    near(likn.suppress.related.value, -0.5);
    near(likn.suppress.unrelated.value, -0.15);
    near(likn.enhance.related.value, 0.5);
    near(likn.enhance.unrelated.value, 0.15);
    near(likn.suppress.rate.value, 0.5 / 0.15);
    near(likn.rate.value, 2.0 * 0.5 / 0.15);
    // In Chinese the facts lose half of that, g1 as much.
    near(cell(&report, "zh", "LIKN").all.rate.value, 0.5 / 0.15);
    // Mono-KN in English edits {1, 2} and {5, 6}: 0.024/0.04 and 0.012/0.02; g1: 0.007/0.05 and 0.013/0.05.
    let mono = &cell(&report, "en", "Mono-KN zh").all;
    near(mono.suppress.related.value, -0.6);
    near(mono.suppress.unrelated.value, -0.2);
    near(mono.rate.value, 6.0);
    // Mono-KN in Chinese edits {0, 1} and {4, 5}, with half the effect: 0.375 both; g1: 0.006/0.05 and 0.014/0.05.
    near(cell(&report, "zh", "Mono-KN en").all.rate.value, 2.0 * 0.375 / 0.2);
}

#[test]
fn sequential_edits_are_all_in_force() {
    let report = study(&options()).expect("a report");
    let sequential = &cell(&report, "en", "Seq-KN").all;
    // Suppressing {0, 1} and {1, 2}: 0.034/0.04, {4, 5} and {5, 6}: 0.017/0.02; g1: 0.008/0.05 and 0.017/0.05.
    near(sequential.suppress.related.value, -0.85);
    near(sequential.suppress.unrelated.value, -0.25);
    // Enhancing scales neurons 1 and 5 twice, by 4: (0.01 + 3 · 0.02 + 0.004)/0.04, and the same for f2.
    near(sequential.enhance.related.value, 1.85);
    // g1: (0.001 + 0.015 + 0.002)/0.05 and (0.004 + 0.03 + 0.003)/0.05.
    near(sequential.enhance.unrelated.value, 0.55);
    near(sequential.rate.value, 0.85 / 0.25 + 1.85 / 0.55);
    assert_eq!(cell(&report, "en", "Seq-KN").neurons, Some(3.0));
}

#[test]
fn the_control_is_measured_on_the_same_facts_and_its_difference_is_paired() {
    let report = study(&options()).expect("a report");
    let (likn, random) = (cell(&report, "en", "LIKN"), cell(&report, "en", "random"));
    assert_eq!((likn.facts, random.facts, random.neurons), (2, 2, Some(1.0)));
    assert!(random.all.above_random.is_none());
    let above = likn.all.above_random.expect("a difference");
    let by_hand = likn.all.rate.value.expect("a rate") - random.all.rate.value.expect("a rate");
    near(above.value, by_hand);
    let unrelated = |method: &Method| {
        let of_method = report.rows.iter().filter(|row| row.language == "en" && row.method == *method);
        of_method.map(|row| (row.fact.clone(), row.unrelated_fact.clone())).collect::<Vec<_>>()
    };
    assert_eq!(unrelated(&Method::Likn), unrelated(&Method::Random));
    assert_eq!(unrelated(&Method::Likn), [("f1".into(), "g1".into()), ("f2".into(), "g1".into())]);
}

/// f1 has neuron 1 and f2 neuron 5: neither has an effect on the other. g1 has no other fact of its relation.
#[test]
fn another_fact_of_the_relation_is_the_sharper_control() {
    let report = study(&options()).expect("a report");
    // f1 under f2's L and f2 under f1's: nothing; g1 loses 0.01/0.05 and 0.005/0.05.
    let other = &cell(&report, "en", "other's LIKN").all;
    near(other.suppress.related.value, 0.0);
    near(other.suppress.unrelated.value, -0.15);
    // f2 under f1's L, f1 under f2's; g1 as under LIKN.
    let on_other = &cell(&report, "en", "LIKN on other").all;
    near(on_other.enhance.related.value, 0.0);
    near(on_other.suppress.unrelated.value, -0.15);
    near(cell(&report, "en", "LIKN").all.above_other.expect("a difference").value, 2.0 * 0.5 / 0.15);
    let of = |method: &Method| {
        let rows = report.rows.iter().filter(|row| row.language == "zh" && row.method == *method);
        rows.map(|row| (row.fact.as_str(), row.other_fact.as_deref(), row.probability)).collect::<Vec<_>>()
    };
    assert_eq!(of(&Method::OtherLikn), [("f1", Some("f2"), 0.04), ("f2", Some("f1"), 0.02)]);
    assert_eq!(of(&Method::LiknOnOther), [("f1", Some("f2"), 0.02), ("f2", Some("f1"), 0.04)]);
}

#[test]
fn a_fact_alone_in_its_relation_has_no_such_control_and_the_report_says_so() {
    let report = study(&EditOptions { relations: vec!["P37".into()], ..options() }).expect("a report");
    let other = cell(&report, "en", "other's LIKN");
    assert_eq!((other.facts, other.neurons, other.all.rate.value), (0, None, None));
    assert_eq!(cell(&report, "en", "LIKN").facts, 1);
    let notes = report.notes().join("\n");
    assert!(notes.contains("1 facts have no other fact of their relation with LIKN"), "{notes}");
}

#[test]
fn two_facts_are_too_few_for_an_interval() {
    let report = study(&options()).expect("a report");
    let likn = &cell(&report, "en", "LIKN").all;
    assert_eq!((likn.rate.interval, likn.rate.too_few_facts), (None, Some(2)));
    assert_eq!(likn.suppress.unstable_draws, 0);
    let mut text = Vec::new();
    report.write_table(&mut text).expect("a vector takes all");
    let text = String::from_utf8(text).expect("text");
    assert!(text.contains("3.333 [too few]") && text.contains("fewer than 10 facts"), "{text}");
}

/// f1 and f2 again, five times each: 10 facts.
#[test]
fn ten_facts_have_an_interval_between_the_least_and_the_greatest() {
    let ids: Vec<(String, &str, String, String)> = (0..10)
        .map(|at| (format!("f{at}"), "P36", format!("subject {at}"), format!("object {at}")))
        .chain([("g1".to_owned(), "P37", "Spain".to_owned(), "Spanish".to_owned())])
        .collect();
    let toy = Toy::new(&ids);
    let sets: Vec<(&str, &[u32], &[u32])> = ids
        .iter()
        .zip(0..)
        .map(|((id, ..), at)| {
            let one: &[u32] = if at % 2 == 0 { &[1] } else { &[5] };
            (id.as_str(), one, one)
        })
        .collect();
    toy.neurons(&sets);
    let mut model = TableModel::default();
    for (at, (_, _, subject, object)) in ids.iter().enumerate() {
        let says = match at {
            10 => Says { base: 0.05, effects: vec![(1, 0.005), (5, 0.01)], ..Says::default() },
            even if even % 2 == 0 => Says { base: 0.04, effects: vec![(1, 0.02)], ..Says::default() },
            _ => Says { base: 0.02, effects: vec![(5, 0.01)], ..Says::default() },
        };
        model.say(&["en", "zh"], subject, object, says);
    }
    let report = unwatched(2, |watch| edit_study(&toy.store, &model, &options(), watch)).expect("a report");
    // Each loses half; g1 loses 0.1 or 0.2: SR is between 2·0.5/0.2 and 2·0.5/0.1.
    let rate = cell(&report, "en", "LIKN").all.rate;
    let interval = rate.interval.expect("an interval");
    near(rate.value, 2.0 * 0.5 / 0.15);
    assert!(5.0 < interval.low && interval.low < 20.0 / 3.0 && interval.high < 10.0, "{interval:?}");
}

#[test]
fn without_draws_there_are_no_intervals() {
    let bootstrap = Bootstrap { draws: 0, ..Bootstrap::default() };
    let report = study(&EditOptions { bootstrap, ..options() }).expect("a report");
    let likn = &cell(&report, "en", "LIKN").all;
    near(likn.rate.value, 2.0 * 0.5 / 0.15);
    assert_eq!((likn.rate.interval, likn.unbounded), (None, false));
}

#[test]
fn every_number_has_its_statement() {
    let report = study(&options()).expect("a report");
    let texts: Vec<(&str, u64)> = report.statements.iter().map(|asked| (asked.text.as_str(), asked.rows)).collect();
    let likn = "likn[lang in (en, zh), run=toy]";
    assert_eq!(
        texts,
        [
            (likn, 3),
            (format!("kn[lang=en, run=toy] & facts of {likn}").as_str(), 5),
            (format!("kn[lang=zh, run=toy] & facts of {likn}").as_str(), 5),
        ]
    );
    let strict = EditOptions { tau: Some(0.5), conditions: vec!["layer=0".into()], ..options() };
    let report = study(&strict).expect("a report");
    assert_eq!(report.statements[0].text, "likn[lang in (en, zh), run=toy, tau=0.5, layer=0]");
    // f2's neurons are of layer 1.
    assert_eq!(report.facts, 1);
}

#[test]
fn sets_filter_what_is_edited() {
    let without = EditOptions { without: vec!["kn by neuron having facts > 1".into()], ..options() };
    let only = EditOptions { only: vec!["neurons(0:*)".into()], ..options() };
    let plain = study(&options()).expect("a report").statements[0].rows;
    let text = |options| study(options).map(|report| (report.statements[0].text.clone(), report.statements[0].rows));
    let (asked, rows) = text(&only).expect("a report");
    assert_eq!(asked, "likn[lang in (en, zh), run=toy] & neurons(0:*)");
    assert!(rows < plain && rows > 0, "{rows} of {plain}");
    match text(&without) {
        Ok((asked, _)) => {
            assert_eq!(asked, "likn[lang in (en, zh), run=toy] - (kn[run=toy] by neuron having facts > 1)");
        }
        Err(StudyError::NoFacts { .. } | StudyError::NoUnrelated { .. }) => {}
        Err(other) => panic!("{other}"),
    }
    for wrong in ["kn) | (kn", "let a = kn", "kn by layer plot"] {
        let refused = study(&EditOptions { only: vec![wrong.into()], ..options() });
        assert!(matches!(refused, Err(StudyError::Query { .. } | StudyError::Option { .. })), "{wrong}: {refused:?}");
    }
}

#[test]
fn the_random_control_is_drawn_from_the_neurons_that_sets_leave() {
    // Chinese leaves {1, 2} of f1 and {5, 6} of f2: beside L that is one neuron each.
    let report = study(&EditOptions { only: vec!["kn[lang=zh]".into()], ..options() }).expect("a report");
    let random = cell(&report, "en", "random");
    near(random.neurons, 1.0);
    near(random.all.enhance.related.value, (0.004 / 0.04 + 0.002 / 0.02) / 2.0);
    near(random.all.enhance.unrelated.value, (0.002 + 0.003) / 0.05 / 2.0);
    assert!(!report.notes().iter().any(|note| note.contains("random has fewer")), "{:?}", report.notes());
    // Both languages leave L alone.
    let both = EditOptions { only: vec!["kn[lang=en]".into(), "kn[lang=zh]".into()], ..options() };
    let report = study(&both).expect("a report");
    near(cell(&report, "en", "random").neurons, 0.0);
    let note = "random has fewer neurons than LIKN of 2 facts: no more are left in its layers beside LIKN";
    assert!(report.notes().iter().any(|told| told == note), "{:?}", report.notes());
}

#[test]
fn outliers_are_kept_and_dropped_beside_each_other() {
    let facts = [("o1", "P36", "A", "a"), ("o2", "P36", "B", "b"), ("o3", "P36", "C", "c"), ("g", "P37", "D", "d")];
    let toy = Toy::new(&facts);
    toy.neurons(&[("o1", &[0], &[0]), ("o2", &[1], &[1]), ("o3", &[2], &[2]), ("g", &[3], &[3])]);
    let mut model = TableModel::default();
    let says = |base, effects: &[(u32, f64)]| Says { base, effects: effects.to_vec(), ..Says::default() };
    model.say(&["en", "zh"], "A", "a", says(0.1, &[(0, 0.05)]));
    // Enhanced: 0.25/0.001 = 250, which is dropped; suppressed: all is lost, −1.
    model.say(&["en", "zh"], "B", "b", says(0.001, &[(1, 0.25)]));
    // Suppressed: 0.0202/0.001 = 20.2, which is dropped; enhanced: −1.
    model.say(&["en", "zh"], "C", "c", says(0.001, &[(2, -0.0202)]));
    model.say(&["en", "zh"], "D", "d", says(0.1, &[(0, 0.01), (1, 0.02), (2, 0.03)]));
    let report = unwatched(1, |watch| edit_study(&toy.store, &model, &options(), watch)).expect("a report");
    let cell = cell(&report, "en", "LIKN");
    near(cell.all.suppress.related.value, (-0.5 - 1.0 + 20.2) / 3.0);
    near(cell.all.enhance.related.value, (0.5 + 250.0 - 1.0) / 3.0);
    near(cell.without_outliers.suppress.related.value, (-0.5 - 1.0) / 2.0);
    near(cell.without_outliers.enhance.related.value, (0.5 - 1.0) / 2.0);
    // Unrelated changes are dropped for themselves: here none.
    near(cell.without_outliers.suppress.unrelated.value, -0.2);
    near(cell.without_outliers.rate.value, 0.75 / 0.2 + 0.25 / 0.2);
    let counts = |effect: &kndb_study::editing::Effect| (effect.related_facts, effect.unrelated_facts);
    assert_eq!([&cell.all, &cell.without_outliers].map(|success| counts(&success.suppress)), [(3, 3), (2, 3)]);
}

#[test]
fn a_rate_without_a_denominator_says_so() {
    let toy = toy();
    let mut model = model();
    for says in model.says.iter_mut().filter(|((_, subject, _), _)| subject == "Spain").map(|(_, says)| says) {
        says.effects.clear();
    }
    let report = unwatched(1, |watch| edit_study(&toy.store, &model, &options(), watch)).expect("a report");
    let likn = &cell(&report, "en", "LIKN").all;
    near(likn.suppress.unrelated.value, 0.0);
    assert_eq!(likn.rate.value, Some(f64::INFINITY));
    assert_eq!(likn.suppress.unstable_draws, report.options.bootstrap.draws);
    assert!(likn.unbounded);
    let mut text = Vec::new();
    report.write_table(&mut text).expect("a vector takes all");
    let text = String::from_utf8(text).expect("text");
    assert!(text.contains("∞ [too few] *") && text.contains("has no upper bound"), "{text}");
    let mut json = Vec::new();
    report.write_json(&mut json).expect("a vector takes all");
    let json: serde_json::Value = serde_json::from_slice(&json).expect("JSON");
    assert!(json["cells"][0]["all"]["rate"]["value"].is_null());
}

/// The neurons of [`toy`], with what was measured: p in English and Chinese, the rank of the right object, and its tokens.
fn measured() -> Toy {
    let toy = Toy::new(&[
        ("f1", "P36", "France", "Paris"),
        ("f2", "P36", "Japan", "Tokyo"),
        ("f4", "P36", "Kenya", "Nairobi"),
        ("g1", "P37", "Spain", "Spanish"),
    ]);
    toy.measured(
        "toy",
        &[
            ("f1", "en", &[0, 1], 0.5, Some(1), 1),
            ("f1", "zh", &[1, 2], 0.1, Some(1), 1),
            ("f2", "en", &[4, 5], 0.5, Some(1), 1),
            ("f2", "zh", &[5, 6], 0.09, Some(3), 1),
            ("f4", "en", &[2], 0.25, None, 2),
            ("f4", "zh", &[2], 0.001, None, 2),
            ("g1", "en", &[3], 0.01, Some(9), 1),
            ("g1", "zh", &[3], 0.01, Some(9), 1),
        ],
    );
    toy
}

fn of_known(conditions: &[EntryTest]) -> Result<EditReport, StudyError> {
    let options = EditOptions { known: conditions.to_vec(), ..options() };
    unwatched(2, |watch| edit_study(&measured().store, &model(), &options, watch))
}

#[test]
fn only_facts_that_are_known_in_every_language_are_studied_and_the_others_are_counted() {
    let report = of_known(&[measured_test("p>=0.1"), measured_test("correct=yes")]).expect("a report");
    let studied: BTreeSet<&str> = report.rows.iter().map(|row| row.fact.as_str()).collect();
    assert_eq!((report.facts, studied), (1, BTreeSet::from(["f1"])));
    let left = [("correct=yes is not known in en".to_owned(), 1), ("p>=0.1 does not hold in zh".to_owned(), 1)];
    assert_eq!(report.left_out, left);
    // Others are drawn from all facts with an L.
    let other = report.rows.iter().find_map(|row| row.other_fact.as_deref()).expect("another fact");
    assert!(["f2", "f4"].contains(&other), "{other}");
    let mut text = Vec::new();
    report.write_table(&mut text).expect("a vector takes all");
    let text = String::from_utf8(text).expect("text");
    assert!(text.contains("LIKN in en, zh, where p>=0.1 and correct=yes"), "{text}");
    assert!(text.contains("left out: 1 × p>=0.1 does not hold in zh"), "{text}");
    let mut json = Vec::new();
    report.write_json(&mut json).expect("a vector takes all");
    let json: serde_json::Value = serde_json::from_slice(&json).expect("JSON");
    assert_eq!(json["options"]["known"], serde_json::json!(["p>=0.1", "correct=yes"]));
}

#[test]
fn a_study_says_what_the_model_knows_of_its_facts() {
    let report = of_known(&[]).expect("a report");
    let rows: Vec<String> =
        kndb_wording::knowledge::rows(&report.knowledge).iter().map(|row| row.join(" | ")).collect();
    // g1 is not of the study.
    assert_eq!(
        rows,
        ["en | P36 (capital) | 3 | 0.5000 | 3 of 3 | 2 of 2", "zh | P36 (capital) | 3 | 0.0900 | 1 of 3 | 1 of 2"]
    );
    let mut text = Vec::new();
    report.write_table(&mut text).expect("a vector takes all");
    let text = String::from_utf8(text).expect("text");
    assert!(text.contains(" zh   | P36 (capital) |       3 |   0.0900 |   1 of 3 |         1 of 2\n"), "{text}");
    assert!(
        text.contains("objects of several tokens: en 1 of 3 entries; zh 1 of 3 entries, 1 with a score above 100·p"),
        "{text}"
    );
}

#[test]
fn a_condition_on_what_was_not_stored_is_refused() {
    let options = EditOptions { known: vec![measured_test("p>0.1")], ..options() };
    let error = unwatched(2, |watch| edit_study(&toy().store, &model(), &options, watch)).expect_err("no p");
    let told = "run \"toy\" does not say p of the right objects, so `p>0.1` cannot be answered";
    assert!(matches!(error, StudyError::NotMeasured { .. }) && error.to_string().starts_with(told), "{error}");
}

#[test]
fn facts_that_cannot_be_asked_are_counted_with_the_reason() {
    let toy = toy();
    let mut model = model();
    model.says.remove(&("zh".into(), "Japan".into(), "Tokyo".into()));
    let report = unwatched(2, |watch| edit_study(&toy.store, &model, &options(), watch)).expect("a report");
    assert_eq!(report.facts, 1);
    assert_eq!(report.left_out, [("not in the table (zh)".to_owned(), 1)]);
    let wanted = EditOptions { limit: Some(1), ..options() };
    // The limit is of facts that can be asked.
    let report = unwatched(2, |watch| edit_study(&toy.store, &model, &wanted, watch)).expect("a report");
    assert_eq!(report.facts, 1);
}

#[test]
fn three_languages_have_two_sources_and_a_longer_sequence() {
    let facts = [("f1", "P36", "France", "Paris"), ("f2", "P36", "Japan", "Tokyo"), ("g1", "P37", "Spain", "Spanish")];
    let toy = Toy::new(&facts);
    let mut model = model();
    for ((language, subject, object), says) in model.says.clone() {
        if language == "en" {
            model.say(&["de"], &subject, &object, says);
        }
    }
    let sets: [(&str, [&[u32]; 3]); 3] =
        [("f1", [&[0, 1], &[1, 2], &[1, 7]]), ("f2", [&[4, 5], &[5, 6], &[5, 7]]), ("g1", [&[3], &[3], &[3]])];
    let of_fact = |(fact, sets): &(&'static str, [&'static [u32]; 3])| {
        ["en", "zh", "de"].into_iter().zip(*sets).map(|(language, set)| (*fact, language, set)).collect::<Vec<_>>()
    };
    toy.neurons_in(&sets.iter().flat_map(of_fact).collect::<Vec<_>>());
    let options = EditOptions { languages: ["en", "zh", "de"].map(str::to_owned).to_vec(), ..options() };
    let report = unwatched(2, |watch| edit_study(&toy.store, &model, &options, watch)).expect("a report");
    assert_eq!(report.cells.len(), 21);
    near(cell(&report, "en", "Mono-KN zh").all.rate.value, 6.0);
    // Neuron 7 does nothing, so what is left is L.
    near(cell(&report, "en", "Mono-KN de").all.rate.value, 2.0 * 0.5 / 0.15);
    // Three edits enhance neurons 1 and 5 by 8: (0.01 + 7 · 0.02 + 0.004)/0.04.
    near(cell(&report, "de", "Seq-KN").all.enhance.related.value, 3.85);
    let mut text = Vec::new();
    report.write_table(&mut text).expect("a vector takes all");
    // The paper's numbers are of two languages.
    assert!(!String::from_utf8(text).expect("text").contains("2.359"));
}

#[test]
fn unrelated_facts_that_cannot_be_asked_are_drawn_again() {
    let toy = Toy::new(&[
        ("f1", "P36", "France", "Paris"),
        ("f2", "P36", "Japan", "Tokyo"),
        ("g1", "P37", "Spain", "Spanish"),
        ("g2", "P37", "Nowhere", "Nothing"),
    ]);
    toy.neurons(&[("f1", &[1], &[1]), ("f2", &[5], &[5]), ("g1", &[3], &[3]), ("g2", &[3], &[3])]);
    let study = |model: &TableModel, seed| {
        let options = EditOptions { seed, ..options() };
        unwatched(1, |watch| edit_study(&toy.store, model, &options, watch))
    };
    let mut model = model();
    for seed in 0..5 {
        let report = study(&model, seed).expect("a report");
        assert!(report.rows.iter().all(|row| row.unrelated_fact == "g1"));
        assert_eq!(report.left_out, []);
    }
    model.say(&["en", "zh"], "Nowhere", "Nothing", Says { base: 0.1, ..Says::default() });
    let drawn = |seed| study(&model, seed).expect("a report").rows.iter().any(|row| row.unrelated_fact == "g2");
    assert!((0..5).any(drawn), "g2 is never drawn");
    // A probability of 0 has no relative change.
    model.say(&["en", "zh"], "Nowhere", "Nothing", Says::default());
    model.say(&["en", "zh"], "Spain", "Spanish", Says::default());
    let error = study(&model, 0).expect_err("nothing to compare with").to_string();
    let reason = |language: &str| format!("2: no unrelated fact that can be asked in 50 draws ({language})");
    assert_eq!(error, format!("no fact is left to study (left out: {}; {})", reason("en"), reason("zh")));
}

#[test]
fn what_makes_no_study_is_refused() {
    let refused = |options: &EditOptions| study(options).expect_err("a refusal").to_string();
    let one = EditOptions { languages: vec!["en".into()], ..options() };
    assert_eq!(refused(&one), "languages is en; expected two languages or more, each once");
    let unknown = EditOptions { run: "other".into(), ..options() };
    assert_eq!(refused(&unknown), "there is no run \"other\"; the store has toy");
    let relation = EditOptions { relations: vec!["P99".into()], ..options() };
    assert_eq!(refused(&relation), "there is no relation \"P99\"; the store has P36, P37");
    let prompt = EditOptions { prompt: 3, ..options() };
    let message = refused(&prompt);
    assert_eq!(
        message,
        "no fact is left to study (left out: 2: no prompt 3 of P36 in en; 1: no prompt 3 of P37 in en)"
    );
    let language = EditOptions { languages: vec!["en".into(), "fr".into()], ..options() };
    assert_eq!(
        refused(&language),
        "run \"toy\" has no language \"fr\"; it has \"en\", \"zh\", in `likn[lang in (en, fr), run=toy]`"
    );
    let alone = Toy::new(&[("f1", "P36", "France", "Paris"), ("f2", "P36", "Japan", "Tokyo")]);
    alone.neurons(&[("f1", &[1], &[1]), ("f2", &[5], &[5])]);
    let error = unwatched(1, |watch| edit_study(&alone.store, &model(), &options(), watch)).expect_err("a refusal");
    assert!(matches!(error, StudyError::NoUnrelated { facts: 2, .. }), "{error}");
}

#[test]
fn the_tables_read_well() {
    let report = study(&options()).expect("a report");
    let (mut text, mut rows) = (Vec::new(), Vec::new());
    report.write_table(&mut text).expect("a vector takes all");
    report.write_csv(&mut rows).expect("a vector takes all");
    insta::assert_snapshot!("edit_table", String::from_utf8(text).expect("text"));
    insta::assert_snapshot!("edit_rows", String::from_utf8(rows).expect("text"));
}
