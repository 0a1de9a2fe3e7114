//! The sound fact-checking protocol, by hand.
//!
//! Twenty facts of P36, "S*n*" has "O*n*"; sixteen are the first part. Every fact has the groups {0, 1}, {4, 5}, {4, 6} and {4, 7},
//! so those six neurons count 16 each and are kept; facts with an even number have {2, 3} too, which count 10 at most and are not.
//! The model of a fact with number n:
//!
//! | | right object | wrong object |
//! |---|---|---|
//! | attribution | n even: 2e-6, odd: 5e-7 | 4e-7 |
//! | activation | 1 | 3 |
//! | own answer | n divisible by 4 | no |
//! | p(object) | 0.2 | 0.01; n odd: 0.4 for the next fact's object |

use crate::toy::{Says, TableModel, Toy, measured_test, near, unwatched};
use kndb_study::checking::{CheckOptions, CheckReport, CheckRow, DetectorReport, Part, RelationReport, fact_check};
use kndb_study::statistics::{Bootstrap, Confusion};
use kndb_study::{Report, StudyError};

const FACTS: usize = 20;

fn named(letter: &str) -> Vec<String> {
    (0..FACTS).map(|number| format!("{letter}{number:02}")).collect()
}

fn labelled() -> Toy {
    let (ids, subjects, objects) = (named("fact"), named("S"), named("O"));
    let facts: Vec<_> =
        (0..FACTS).map(|n| (ids[n].as_str(), "P36", subjects[n].as_str(), objects[n].as_str())).collect();
    Toy::new(&facts)
}

pub fn toy() -> Toy {
    let toy = labelled();
    search(&toy, None);
    toy
}

/// Writes the groups of all facts.
fn search(toy: &Toy, source: Option<&str>) {
    let ids = named("fact");
    let groups: [&[u32]; 5] = [&[0, 1], &[4, 5], &[4, 6], &[4, 7], &[2, 3]];
    let of_fact = |n: usize| (ids[n].as_str(), if n.is_multiple_of(2) { &groups[..] } else { &groups[..4] });
    toy.groups_of(source, &(0..FACTS).map(of_fact).collect::<Vec<_>>());
}

fn toy_of_scores() -> Toy {
    let toy = labelled();
    let ids = named("fact");
    let entry = |n: usize| {
        let p = if n.is_multiple_of(2) { 0.5 } else { 0.01 };
        (ids[n].as_str(), "en", &[0, 1][..], p, Some(1 + (n % 2) as u32), 1)
    };
    toy.measured("scored", &(0..FACTS).map(entry).collect::<Vec<_>>());
    search(&toy, Some("scored"));
    toy
}

pub fn model() -> TableModel {
    let mut model = TableModel::default();
    let (subjects, objects) = (named("S"), named("O"));
    for (n, subject) in subjects.iter().enumerate() {
        for (m, object) in objects.iter().enumerate() {
            let says = if n == m {
                let score = if n % 2 == 0 { 2e-6 } else { 5e-7 };
                Says { base: 0.2, score, activation: 1.0, answer: n % 4 == 0, ..Says::default() }
            } else {
                let base = if n % 2 == 1 && m == (n + 1) % FACTS { 0.4 } else { 0.01 };
                Says { base, score: 4e-7, activation: 3.0, answer: false, ..Says::default() }
            };
            model.say(&["en"], subject, object, says);
        }
    }
    model
}

pub fn options() -> CheckOptions {
    let bootstrap = Bootstrap { draws: 400, ..Bootstrap::default() };
    CheckOptions { bootstrap, ..CheckOptions::new("toy", vec!["en".into()]) }
}

fn study(options: &CheckOptions) -> CheckReport {
    unwatched(2, |watch| fact_check(&toy().store, &model(), options, watch)).expect("a report")
}

fn relation(report: &CheckReport) -> &RelationReport {
    &report.languages[0].relations[0]
}

fn detector<'r>(report: &'r CheckReport, name: &str) -> &'r DetectorReport {
    let found = report.languages[0].overall.iter().find(|detector| detector.detector.to_string() == name);
    found.expect("the detector")
}

fn second(report: &CheckReport) -> Vec<&CheckRow> {
    report.rows.iter().filter(|row| row.part == Part::Second).collect()
}

fn number(row: &CheckRow) -> usize {
    row.fact.trim_start_matches("fact").parse().expect("a number")
}

/// The groups of [`toy`], searched among the scores of run `scored`, in which the facts with an even number have p 0.5.
#[test]
fn facts_are_chosen_by_what_the_run_of_their_scores_measured() {
    let toy = toy_of_scores();
    let options = CheckOptions { known: vec![measured_test("p>=0.1")], ..options() };
    let report = unwatched(2, |watch| fact_check(&toy.store, &model(), &options, watch)).expect("a report");
    assert!(report.rows.iter().all(|row| number(row).is_multiple_of(2)) && report.rows.len() == 10);
    assert_eq!(report.languages[0].left_out, [("p>=0.1 does not hold in en".to_owned(), 10)]);
    let rows = kndb_wording::knowledge::rows(&report.knowledge);
    assert_eq!(rows[0], ["en", "P36 (capital)", "10", "0.5000", "10 of 10", "10 of 10"]);
}

/// The second part of seed 0, which the numbers below are worked out from: one even number, and it is divisible by 4.
const SECOND: [usize; 4] = [3, 9, 12, 15];

#[test]
fn the_second_part_is_a_fifth_and_each_fact_has_a_wrong_object() {
    let report = study(&options());
    let mut numbers: Vec<usize> = second(&report).into_iter().map(number).collect();
    numbers.sort_unstable();
    assert_eq!(numbers, SECOND);
    assert_eq!((relation(&report).first_part, relation(&report).second_part, report.rows.len()), (16, 4, 20));
    for row in &report.rows {
        assert_eq!(row.object.right, format!("O{:02}", number(row)));
        assert_ne!(row.object.wrong, row.object.right);
    }
}

#[test]
fn a_fact_has_the_same_wrong_object_and_part_whichever_others_are_studied() {
    let all = study(&options());
    let some = study(&CheckOptions { limit: Some(10), ..options() });
    assert_eq!(some.rows.len(), 10);
    for row in &some.rows {
        let same = all.rows.iter().find(|other| other.fact == row.fact).expect("studied too");
        assert_eq!((&same.object, same.attribution), (&row.object, row.attribution));
    }
}

#[test]
fn kept_neurons_are_those_of_almost_all_facts() {
    let report = study(&options());
    let kept: Vec<(u32, u32, u64)> =
        relation(&report).kept.iter().map(|kept| (kept.layer, kept.unit, kept.count)).collect();
    assert_eq!(kept, [(0, 0, 16), (0, 1, 16), (1, 0, 16), (1, 1, 16), (1, 2, 16), (1, 3, 16)]);
    let statement = &report.statements[0];
    assert!(statement.text.starts_with("dkn[lang=en, run=toy, relation=P36, fact in ("), "{}", statement.text);
    assert!(statement.text.ends_with(")] by neuron"), "{}", statement.text);
    // All eight neurons of the model.
    assert_eq!(statement.rows, 8);
    let report = study(&CheckOptions { conditions: vec!["layer=0".into()], ..options() });
    assert!(relation(&report).kept.iter().all(|kept| kept.layer == 0) && relation(&report).kept.len() == 2);
    // t = 0.3 lets the even facts' neurons in: they count 9 of 16, for one even number is in the second part.
    let report = study(&CheckOptions { keep_share: 0.3, ..options() });
    assert_eq!(
        relation(&report).kept.iter().map(|kept| kept.count).collect::<Vec<_>>(),
        [16, 16, 9, 9, 16, 16, 16, 16]
    );
}

#[test]
fn attribution_against_the_fixed_lambda() {
    // 2e-6 is above 1e-6, and nothing else: facts of an even number are accepted with their right object.
    let report = study(&options());
    let fixed = detector(&report, "with_dkn attribution, λ fixed");
    let expected = Confusion { true_positives: 1, false_positives: 0, true_negatives: 4, false_negatives: 3 };
    assert_eq!(fixed.confusion, expected);
    near(fixed.precision.value, 1.0);
    near(fixed.recall.value, 0.25);
    near(fixed.f1.value, 0.4);
    near(fixed.accuracy.value, 0.625);
    near(fixed.balanced_accuracy.value, 0.625);
    near(fixed.auroc.value, 1.0);
}

#[test]
fn learnt_lambdas_part_what_the_first_part_parts() {
    let report = study(&options());
    // Between 4e-7 and 5e-7 every statement is judged rightly.
    let between = f64::midpoint(f64::from(4e-7_f32), f64::from(5e-7_f32));
    assert_eq!(relation(&report).attribution_lambda, Some(between));
    let attribution = detector(&report, "with_dkn attribution, λ learnt");
    near(attribution.accuracy.value, 1.0);
    // Activations are the wrong way round: nothing is better than to accept all.
    let activation = detector(&report, "with_dkn activation, λ learnt");
    near(activation.precision.value, 0.5);
    near(activation.recall.value, 1.0);
    near(activation.f1.value, 2.0 / 3.0);
    near(activation.auroc.value, 0.0);
}

#[test]
fn nothing_is_learnt_from_the_second_part() {
    let before = study(&options());
    let mut model = model();
    let names = SECOND.map(|n| format!("S{n:02}"));
    for (_, says) in model.says.iter_mut().filter(|((_, subject, _), _)| names.contains(subject)) {
        (says.score, says.activation) = (-says.score, 7.0);
    }
    let after = unwatched(2, |watch| fact_check(&toy().store, &model, &options(), watch)).expect("a report");
    let learnt = |report: &CheckReport| {
        let relation = relation(report);
        (relation.kept.clone(), relation.attribution_lambda, relation.activation_lambda)
    };
    assert_eq!(learnt(&before), learnt(&after));
    let recall = |report: &CheckReport| detector(report, "with_dkn attribution, λ learnt").recall.value;
    assert_eq!((recall(&before), recall(&after)), (Some(1.0), Some(0.0)));
}

#[test]
fn the_models_own_answers() {
    let report = study(&options());
    let vocabulary = detector(&report, "wo_dkn vocabulary");
    let expected = Confusion { true_positives: 1, false_positives: 0, true_negatives: 4, false_negatives: 3 };
    assert_eq!(vocabulary.confusion, expected);
    let candidates = detector(&report, "wo_dkn candidates");
    // An odd fact's answer is the next fact's object, which may be its wrong object.
    near(candidates.recall.value, 0.25);
    let next = |row: &&&CheckRow| row.object.wrong == format!("O{:02}", (number(row) + 1) % FACTS);
    assert_eq!(second(&report).iter().filter(next).count() as u64, candidates.confusion.false_positives);
    for row in second(&report) {
        // 0.2 of the right one, 0.01 of the others, or 0.4 of one of them.
        let sum = if number(row).is_multiple_of(2) { 0.2 + 19.0 * 0.01 } else { 0.2 + 18.0 * 0.01 + 0.4 };
        near(row.candidate_share.map(|share| share.right), 0.2 / sum);
        near(row.probability.map(|p| p.right), 0.2);
    }
}

#[test]
fn only_what_a_detector_needs_is_measured() {
    use kndb_study::checking::Detector;
    let report = study(&CheckOptions { detectors: vec![Detector::Vocabulary], ..options() });
    assert_eq!(report.rows.len(), 4);
    for row in &report.rows {
        assert!(row.attribution.is_none() && row.activation.is_none() && row.candidate_share.is_none());
        near(row.probability.map(|p| p.right), 0.2);
    }
    let learnt = CheckOptions { detectors: vec![Detector::AttributionLearnt], learn_from: Some(3), ..options() };
    assert_eq!(study(&learnt).rows.iter().filter(|row| row.part == Part::First).count(), 3);
}

#[test]
fn relations_that_cannot_be_checked_are_told_with_the_reason() {
    let mut facts: Vec<(String, &str, String, String)> = Vec::new();
    for n in 0..5 {
        facts.push((format!("a{n}"), "P30", format!("A{n}"), "Europe".into()));
        facts.push((format!("b{n}"), "P37", format!("B{n}"), format!("b{n}")));
        facts.push((format!("d{n}"), "P19", format!("D{n}"), format!("d{n}")));
    }
    facts.extend((0..4).map(|n| (format!("c{n}"), "P36", format!("C{n}"), format!("c{n}"))));
    facts.push(("e".into(), "P17", "E".into(), "e".into()));
    let toy = Toy::new(&facts);
    // P37 has groups of no neurons at all: searched for, and none found.
    let pair: &[&[u32]] = &[&[0, 1]];
    let groups: Vec<(String, &[&[u32]])> = facts
        .iter()
        .filter(|(id, ..)| id != "e")
        .map(|(id, relation, ..)| (id.clone(), if *relation == "P37" { &[][..] } else { pair }))
        .collect();
    toy.groups(&groups);
    let mut model = TableModel::default();
    for (_, relation, subject, _) in &facts {
        let objects = facts.iter().filter(|other| other.1 == *relation);
        for (.., object) in objects.filter(|_| *relation != "P19") {
            model.say(&["en"], subject, object, Says { base: 0.1, ..Says::default() });
        }
    }
    let options =
        CheckOptions { relations: ["P17", "P19", "P30", "P36", "P37"].map(str::to_owned).to_vec(), ..options() };
    let report = unwatched(1, |watch| fact_check(&toy.store, &model, &options, watch)).expect("a report");
    let mut reasons: Vec<(&str, &str)> = report.languages[0]
        .relations
        .iter()
        .map(|relation| (relation.relation.as_str(), relation.left_out_because.as_deref().unwrap_or("studied")))
        .collect();
    reasons.sort_unstable();
    assert_eq!(
        reasons,
        [
            ("P17", "no fact of it has degenerate groups in this run"),
            ("P19", "none of its second part could be asked"),
            ("P30", "0 facts to check; expected 5 or more (5 have no wrong object: all objects are alike)"),
            ("P36", "4 facts to check; expected 5 or more"),
            ("P37", "no degenerate neurons in its first part"),
        ]
    );
    let left_out = &report.languages[0].left_out;
    assert_eq!(
        left_out.as_slice(),
        [("no wrong object among those of P30".to_owned(), 5), ("not in the table".to_owned(), 5)]
    );
    assert!(report.languages[0].overall.iter().all(|detector| detector.facts == 0 && detector.f1.value.is_none()));
}

#[test]
fn what_makes_no_study_is_refused() {
    let refused = |options: CheckOptions| {
        let result = unwatched(1, |watch| fact_check(&toy().store, &model(), &options, watch));
        result.expect_err("a refusal")
    };
    let share = refused(CheckOptions { first_share: 1.0, ..options() });
    assert_eq!(share.to_string(), "first share is 1; expected a share above 0 and below 1");
    // zh has labels, and no groups.
    let chinese = refused(CheckOptions { languages: vec!["zh".into()], ..options() });
    assert!(matches!(chinese, StudyError::NoGroups { .. }), "{chinese}");
    assert_eq!(chinese.to_string(), "run \"toy\" has no degenerate groups in zh; it has them in en");
    let nobody = refused(CheckOptions { languages: vec!["fr".into()], ..options() });
    assert_eq!(nobody.to_string(), "there is no language \"fr\"; the store has de, en, zh");
}

#[test]
fn the_tables_read_well() {
    let report = study(&options());
    let (mut text, mut rows) = (Vec::new(), Vec::new());
    report.write_table(&mut text).expect("a vector takes all");
    report.write_csv(&mut rows).expect("a vector takes all");
    insta::assert_snapshot!("check_table", String::from_utf8(text).expect("text"));
    insta::assert_snapshot!("check_rows", String::from_utf8(rows).expect("text"));
}
