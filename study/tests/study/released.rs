//! Where the released code of AMIG differs, each difference shown.

use crate::checking;
use crate::editing::{cell, model, options, toy};
use crate::toy::{near, unwatched};
use kndb_study::Report;
use kndb_study::checking::{CheckOptions, CheckProtocol, Detector, fact_check};
use kndb_study::editing::{
    Draws, EditOptions, EditProtocol, EditReport, Method, Population, Sequence, Unrelated, edit_study,
};

fn study(protocol: EditProtocol, seed: u64) -> EditReport {
    let options = EditOptions { protocol, seed, ..options() };
    unwatched(2, |watch| edit_study(&toy().store, &model(), &options, watch)).expect("a report")
}

#[test]
fn any_other_fact_is_unrelated() {
    let related = |protocol| {
        let rows = (0..10).flat_map(|seed| study(protocol, seed).rows);
        rows.filter(|row| row.unrelated_relation == row.relation).count()
    };
    assert_eq!(related(EditProtocol::sound()), 0);
    assert!(related(EditProtocol { unrelated: Unrelated::OtherFact, ..EditProtocol::sound() }) > 0);
    // The table has no objects in lower case.
    let released = EditProtocol { lower_case_objects: false, ..EditProtocol::amig_code() };
    let itself = |seed| study(released, seed).rows.iter().any(|row| row.fact == row.unrelated_fact);
    assert!(!(0..10).any(itself), "a fact is unrelated to itself");
}

#[test]
fn each_method_draws_its_own_unrelated_fact() {
    let differ = |draws| {
        let protocol = EditProtocol { unrelated: Unrelated::OtherFact, draws, ..EditProtocol::sound() };
        let of = |report: &EditReport, method: &Method| {
            let of_method = report.rows.iter().filter(|row| row.method == *method);
            of_method.map(|row| row.unrelated_fact.clone()).collect::<Vec<_>>()
        };
        (0..10).any(|seed| {
            let report = study(protocol, seed);
            of(&report, &Method::Likn) != of(&report, &Method::Sequential)
        })
    };
    assert!(differ(Draws::PerMethod));
    assert!(!differ(Draws::Shared));
}

#[test]
fn the_first_edit_of_a_sequence_is_undone() {
    let protocol = EditProtocol { sequence: Sequence::LastOnly, ..EditProtocol::sound() };
    let report = study(protocol, 0);
    // Only the Chinese neurons are edited: in English that is Mono-KN.
    let (sequential, mono) = (cell(&report, "en", "Seq-KN"), cell(&report, "en", "Mono-KN zh"));
    near(sequential.all.suppress.related.value, -0.6);
    near(sequential.all.rate.value, mono.all.rate.value.expect("a rate"));
    // In Chinese it is the fact's own neurons {1, 2} and {5, 6}, with half the effect: 0.3; g1: 0.2.
    near(cell(&report, "zh", "Seq-KN").all.rate.value, 2.0 * 0.3 / 0.2);
}

#[test]
fn mono_has_facts_of_its_own() {
    let facts = |protocol, method: &str| cell(&study(protocol, 0), "en", method).facts;
    let protocol = EditProtocol { population: Population::PerMethod, ..EditProtocol::sound() };
    // f3 has neurons in both languages, but none in common.
    assert_eq!([facts(protocol, "Mono-KN zh"), facts(protocol, "LIKN"), facts(protocol, "Seq-KN")], [3, 2, 2]);
    assert_eq!(facts(EditProtocol::sound(), "Mono-KN zh"), 2);
    let report = study(protocol, 0);
    assert_eq!(report.statements[1].text, "kn[lang=en, run=toy]");
    // f3 loses 0.01 of 0.02 with neuron 2.
    let f3 = report.rows.iter().find(|row| row.fact == "f3" && row.language == "en").expect("a row of f3");
    near(Some(f3.suppress.related), -0.5);
}

#[test]
fn objects_are_asked_in_lower_case() {
    let protocol = EditProtocol { lower_case_objects: true, ..EditProtocol::sound() };
    let options = EditOptions { protocol, ..options() };
    let error = unwatched(1, |watch| edit_study(&toy().store, &model(), &options, watch)).expect_err("not asked");
    assert_eq!(error.to_string(), "no fact is left to study (left out: 2: not in the table (en))");
    let mut lower = model();
    lower.says = lower.says.into_iter().map(|((l, s, object), says)| ((l, s, object.to_lowercase()), says)).collect();
    let report = unwatched(1, |watch| edit_study(&toy().store, &lower, &options, watch)).expect("a report");
    near(cell(&report, "en", "LIKN").all.rate.value, 2.0 * 0.5 / 0.15);
}

#[test]
fn the_released_table_comes_first_without_outliers() {
    let first_title = |protocol| {
        let mut text = Vec::new();
        study(protocol, 0).write_table(&mut text).expect("a vector takes all");
        let text = String::from_utf8(text).expect("text");
        text.lines().find(|line| line.starts_with("Success rate")).expect("a title").to_owned()
    };
    assert_eq!(first_title(EditProtocol::sound()), "Success rate (Eq. 11), all changes");
    let released = EditProtocol { lower_case_objects: false, ..EditProtocol::amig_code() };
    let expected = "Success rate (Eq. 11), without outliers (suppress > 20, enhance ≥ 250)";
    assert_eq!(first_title(released), expected);
}

#[test]
fn checking_counts_groups_and_takes_other_labels_and_equal_scores() {
    let kept = |options: CheckOptions| {
        let report = unwatched(2, |watch| fact_check(&checking::toy().store, &checking::model(), &options, watch));
        let report = report.expect("a report");
        let kept = &report.languages[0].relations[0].kept;
        (kept.iter().map(|kept| (kept.layer * 4 + kept.unit, kept.count)).collect::<Vec<_>>(), report)
    };
    let (sound, _) = kept(checking::options());
    assert_eq!(sound, [(0, 16), (1, 16), (4, 16), (5, 16), (6, 16), (7, 16)]);
    let (released, report) = kept(checking::options().amig_code());
    // Neuron 4 is in three pairs of every fact: 48, and 0.7 · 48 is more than 16.
    assert_eq!(released, [(4, 48)]);
    assert!(report.statements[0].text.ends_with(" by group"), "{}", report.statements[0].text);
    let detectors: Vec<Detector> = report.languages[0].overall.iter().map(|report| report.detector).collect();
    assert_eq!(detectors, [Detector::AttributionFixed, Detector::Vocabulary]);
    // A score of exactly λ: one fact of the second part has it.
    let accepted = |protocol| {
        let lambda = f64::from(2e-6_f32);
        let (_, report) = kept(CheckOptions { protocol, lambda, ..checking::options() });
        report.languages[0].overall[0].confusion.true_positives
    };
    assert_eq!(accepted(CheckProtocol::sound()), 0);
    assert_eq!(accepted(CheckProtocol { equal_is_true: true, ..CheckProtocol::sound() }), 1);
}
