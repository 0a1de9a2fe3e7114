//! The measures, by hand; what is counted, refused and written.

use super::{FACTS, Toyish, cell, editors, held, held_on, options, toy_of};
use crate::toy::{near, unwatched};
use kndb_study::Report;
use kndb_study::editbench::{BenchOptions, read};
use std::sync::Mutex;
use std::sync::atomic::Ordering;

#[test]
fn what_edits_do_is_worked_out_by_hand() {
    let report = held(&editors(), &options(), 2).expect("a report");
    assert_eq!((report.facts, report.cells.len()), (4, 10));
    for (language, method, measures) in [
        ("en", "unedited", [0.0, -0.5, 0.0, 0.0, 1.0, 1.0, 0.0]),
        ("en", "write", [1.0, 0.7, 1.0, 0.0, 1.0, 1.0, 0.0]),
        ("en", "write random", [0.0, -0.45, 0.0, 0.0, 1.0, 1.0, -0.05]),
        ("en", "clumsy", [1.0, 0.7, 1.0, 1.0, 0.0, 0.0, -0.1]),
        ("zh", "unedited", [0.0, -0.5, 0.0, 0.0, 1.0, 1.0, 0.0]),
        ("zh", "write", [0.0, -0.2, 0.0, 0.0, 1.0, 1.0, 0.0]),
        ("zh", "clumsy", [1.0, 0.5, 1.0, 1.0, 1.0, 1.0, -0.1]),
        ("zh", "clumsy random", [0.0, -0.45, 0.0, 0.0, 1.0, 1.0, -0.05]),
    ] {
        let cell = cell(&report, language, method, usize::from(method != "unedited"));
        let found = [&cell.efficacy, &cell.magnitude, &cell.first, &cell.paraphrase, &cell.neighbourhood];
        let found = found.into_iter().chain([&cell.same_relation, &cell.unrelated]).map(|of| of.value);
        assert_eq!(cell.facts, 4);
        found.zip(measures).for_each(|(found, expected)| near(found, expected));
    }
    let write = cell(&report, "en", "write", 1);
    assert!((write.seconds, write.bytes) == (Some(0.5), Some(1_048_576.0)) && write.less_first.is_none());
    near(write.less_random.and_then(|of| of.magnitude.value), 1.15);
    let less_first = cell(&report, "zh", "clumsy", 1).less_first.expect("the first is write");
    near(less_first.magnitude.value, 0.7);
    near(less_first.neighbourhood.value, 0.0);
    near(cell(&report, "en", "clumsy", 1).less_first.and_then(|of| of.neighbourhood.value), -1.0);
    // Neighbours with the same object are Spain of France and France of Spain; the others have none.
    let of = |fact: &str| report.rows.iter().find(|row| row.fact == fact && row.method == "write").expect("a row");
    assert!(of("f1").neighbourhood.is_some() && of("f3").neighbourhood.is_none() && of("f4").neighbourhood.is_none());
    assert!(["f1", "f2", "f3", "f4"].iter().all(|fact| of(fact).same_relation.is_some() && of(fact).target != *fact));
    assert!(of("f1").old_before == 0.6 && of("f1").new_before == 0.1);
}

#[test]
fn several_facts_are_edited_in_one_network_and_all_of_them_asked() {
    let editors = editors();
    let report = held(&editors, &BenchOptions { edits: vec![1, 2, 3, 9], ..options() }, 1).expect("a report");
    // Four by themselves, two groups of two, one of three, none of nine.
    assert_eq!(editors[0].made.load(Ordering::Relaxed), 7);
    for (edits, facts) in [(1, 4), (2, 4), (3, 3)] {
        let cell = cell(&report, "en", "write", edits);
        assert_eq!((cell.facts, cell.seconds), (facts, Some(0.5)));
        near(cell.magnitude.value, 0.7);
    }
    assert!(report.cells.iter().all(|cell| cell.edits != 9));
    let notes = report.notes().join("\n");
    assert!(notes.contains("9 edits in one network were not made: 4 facts are studied"), "{notes}");
    assert!(notes.contains("1 fact is in no group of 3 edits in one network: 4 facts are studied"), "{notes}");
    assert!(notes.contains("measured on 3 of them, the unedited model on all"), "{notes}");
}

#[test]
fn edits_that_cannot_be_made_are_counted() {
    let [write, clumsy] = editors();
    let editors = [Toyish { cannot: Some("Japan"), ..write }, clumsy];
    let report = held(&editors, &BenchOptions { edits: vec![1, 4], ..options() }, 1).expect("a report");
    let told = ["write of 4 facts in one network: no", "write: no"].map(|reason| (reason.to_owned(), 1));
    assert_eq!(report.left_out, told);
    assert_eq!(cell(&report, "en", "write", 1).facts, 3);
    assert_eq!(cell(&report, "en", "clumsy", 1).facts, 4);
    // Over the three that both could edit.
    near(cell(&report, "zh", "clumsy", 1).less_first.and_then(|of| of.magnitude.value), 0.7);
}

#[test]
fn new_objects_of_another_number_of_tokens_are_counted_or_left_out() {
    let mut facts = FACTS;
    facts[3].3 = "North Africa";
    let toy = toy_of(&facts);
    let held =
        |options: BenchOptions| unwatched(1, |watch| held_on(&toy, &editors(), &options, &Mutex::default(), watch));
    let report = held(options()).expect("a report");
    let other = report.other_tokens.iter().map(|(_, facts)| *facts).collect::<Vec<_>>();
    // Kenya's own, and those that got it.
    let got = report.rows.iter().filter(|row| row.method == "unedited" && row.language == "en" && row.target == "f4");
    assert_eq!(other, [1 + got.count(); 2]);
    assert!(report.notes().iter().any(|note| note.contains(&format!("{} in en, {} in zh of 4", other[0], other[1]))));
    let report = held(BenchOptions { matching_tokens: true, ..options() }).expect("a report");
    let reason = "the new object has another number of tokens (en)".to_owned();
    assert_eq!((report.facts, &report.left_out[..]), (4 - other[0], &[(reason, other[0] as u64)][..]));
    assert!(report.other_tokens.iter().all(|(_, facts)| *facts == 0));
}

#[test]
fn what_makes_no_sense_is_refused() {
    let told = |change: &dyn Fn(&mut BenchOptions)| {
        let mut options = options();
        change(&mut options);
        held(&editors(), &options, 1).expect_err("a refusal").to_string()
    };
    assert_eq!(
        told(&|options| options.run = None),
        "run is not given, for clumsy; expected the run whose knowledge neurons are edited"
    );
    assert!(told(&|options| options.edits = vec![0, 1]).contains("above 0, ascending"));
    assert!(told(&|options| options.edits = vec![10, 1]).contains("above 0, ascending"));
    assert!(told(&|options| options.limit = Some(0)).contains("one fact or more"));
    let limited = told(&|options| (options.edits, options.limit) = (vec![10], Some(3)));
    assert!(limited.contains("edits is 10 with a limit of 3 facts; expected a smallest number"), "{limited}");
    let few = told(&|options| options.edits = vec![5]);
    assert!(few.contains("edits is 5 with 4 facts left to study; expected a smallest number"), "{few}");
    assert!(told(&|options| options.languages = vec!["en".into(), "en".into()]).contains("each once"));
    assert!(told(&|options| options.relations = vec!["P37".into()]).contains("1: no other object in its relation"));
    let error = held(&[Toyish::default(), Toyish::default()], &options(), 1).expect_err("twice").to_string();
    assert!(error.contains("one method or more, each once"), "{error}");
}

#[test]
fn a_report_is_written_as_tables_and_rows() {
    let report = held(&editors(), &options(), 1).expect("a report");
    let text = |write: &dyn Fn(&mut Vec<u8>)| {
        let mut out = Vec::new();
        write(&mut out);
        String::from_utf8(out).expect("text")
    };
    let table = text(&|out| report.write_table(out).expect("a vector takes all"));
    assert!(table.starts_with("Edits of toy in en, asked in en, zh: 4 facts; seed 0\n"), "{table}");
    let row = table.lines().find(|line| line.starts_with(" en       | write         |")).expect("a row");
    assert!(row.contains("|     1 |     4 |    1.000 |     0.700 |") && row.ends_with("|   0.500 | 1.000"), "{row}");
    // Said once, and not in each place.
    assert!(
        table.matches("No interval: of fewer than 10 facts").count() == 1 && !table.contains("[too few]"),
        "{table}"
    );
    // Neither Japan nor Kenya has a neighbour on its continent.
    assert!(
        table.contains(
            "Not all 4 facts have something to ask for each measure; of so many it is a mean: neighbourhood 2."
        ),
        "{table}"
    );
    let csv = text(&|out| report.write_csv(out).expect("a vector takes all"));
    let rows: Vec<_> = read(csv.as_bytes()).expect("rows").0.into_iter().map(|kept| kept.row).collect();
    assert_eq!(rows, report.rows);
    let json = text(&|out| report.write_json(out).expect("a vector takes all"));
    let json: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!(json["cells"].as_array().map(Vec::len), Some(10));
    assert_eq!(json["methods"][0][1]["parameter"], "0");
    assert_eq!(json["facts_with"], serde_json::json!([["neighbourhood", 2]]));
}
