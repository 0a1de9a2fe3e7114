//! Scorers at equal set sizes, by hand.
//!
//! Facts and model are those of [`crate::editing`], in English; f1, f2 and f3 of P36 are studied, and g1 of P37 is the unrelated fact of each.
//! Three scorers: `truth` knows what each neuron does; `good` takes neuron 6 of f2 for more than neuron 4; `last` likes late neurons.
//!
//! | fact | truth's order | good's | p, and g1's, without truth's best, and best two |
//! |---|---|---|---|
//! | f1 | 1, 0 | 1, 0 | −0.02, −0.03 of 0.04; −0.005, −0.006 of 0.05 |
//! | f2 | 5, 4 | 5, 6 | −0.01, −0.015 of 0.02; −0.01, −0.014 of 0.05 |
//! | f3 | 0, 2 (equal) | 0, 2 | −0.01, −0.02 of 0.02; −0.001, −0.003 of 0.05 |

use crate::editing::{model, toy};
use crate::toy::{Says, TableModel, Toy, near, stopped_after, unwatched};
use kndb_study::arena::{ArenaOptions, ArenaReport, Cell, Scorer, arena};
use kndb_study::statistics::Bootstrap;
use kndb_study::{Claim, Refusal, Report, StudyError};

/// Scores by subject; of other subjects it refuses.
struct Table {
    name: &'static str,
    scores: Vec<(&'static str, [f32; 8])>,
}

impl Scorer for Table {
    fn name(&self) -> &str {
        self.name
    }

    fn parameters(&self) -> Vec<(String, String)> {
        vec![("target".into(), "probability".into())]
    }

    fn scores(&self, claim: &Claim<'_>) -> Result<Vec<f32>, Refusal> {
        let found = self.scores.iter().find(|(subject, _)| *subject == claim.subject);
        found.map(|(_, scores)| scores.to_vec()).ok_or_else(|| Refusal::cannot_ask("no score"))
    }
}

const LAST: [f32; 8] = [0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0];

fn scorers() -> [Table; 3] {
    let france = [0.01, 0.02, 0.004, 0.0, 0.0, 0.0, 0.0, 0.0];
    let kenya = [0.01, 0.0, 0.01, 0.0, 0.0, 0.0, 0.0, 0.0];
    let of = |japan| vec![("France", france), ("Japan", japan), ("Kenya", kenya)];
    [
        Table { name: "truth", scores: of([0.0, 0.0, 0.0, 0.0, 0.005, 0.01, 0.002, 0.0]) },
        Table { name: "good", scores: of([0.0, 0.0, 0.0, 0.0, 0.005, 0.01, 0.007, 0.0]) },
        Table { name: "last", scores: ["France", "Japan", "Kenya"].map(|subject| (subject, LAST)).to_vec() },
    ]
}

fn options() -> ArenaOptions {
    ArenaOptions {
        relations: vec!["P36".into()],
        sizes: vec![1, 2],
        reference: Some("truth".into()),
        bootstrap: Bootstrap { draws: 200, ..Bootstrap::default() },
        ..ArenaOptions::new(vec!["en".into()])
    }
}

fn held(scorers: &[Table], options: &ArenaOptions, threads: usize) -> Result<ArenaReport, StudyError> {
    let scorers: Vec<&dyn Scorer> = scorers.iter().map(|scorer| scorer as &dyn Scorer).collect();
    unwatched(threads, |watch| arena(&toy().store, (&model(), "table"), &scorers, options, watch))
}

fn cell<'r>(report: &'r ArenaReport, scorer: &str, size: usize) -> &'r Cell {
    report.cells.iter().find(|cell| cell.scorer == scorer && cell.size == size).expect("the cell")
}

#[test]
fn changes_are_those_worked_out_by_hand() {
    let report = held(&scorers(), &options(), 2).expect("a report");
    assert_eq!((report.facts, report.cells.len(), report.rows.len()), (3, 6, 18));
    for (scorer, size, related, unrelated, less_first, overlap) in [
        ("truth", 1, -0.5, -0.32 / 3.0, None, 1.0),
        ("truth", 2, -2.5 / 3.0, -0.46 / 3.0, None, 1.0),
        ("good", 1, -0.5, -0.32 / 3.0, Some(0.0), 1.0),
        // Of f2, 0.012 of 0.02 and 0.013 of 0.05; one of its two is among the two best.
        ("good", 2, -2.35 / 3.0, -0.44 / 3.0, Some(0.05), 2.5 / 3.0),
        ("last", 1, 0.0, 0.0, Some(0.5), 0.0),
        // Neuron 6 is 0.002 of f2's 0.02, and 0.003 of g1's 0.05.
        ("last", 2, -0.1 / 3.0, -0.06, Some(2.4 / 3.0), 0.0),
    ] {
        let cell = cell(&report, scorer, size);
        for (effect, sign) in [(&cell.suppress, 1.0), (&cell.enhance, -1.0)] {
            near(effect.related.value, sign * related);
            near(effect.unrelated.value, sign * unrelated);
            assert_eq!(effect.less_first.is_some(), less_first.is_some());
            if let (Some(found), Some(expected)) = (effect.less_first, less_first) {
                near(found.value, sign * expected);
            }
        }
        near(cell.overlap.and_then(|overlap| overlap.value), overlap);
    }
}

#[test]
fn random_neurons_are_of_the_layers_of_the_set() {
    let report = held(&scorers(), &options(), 2).expect("a report");
    let random = |fact: &str, scorer: &str, size: usize| {
        let row = report.rows.iter().find(|row| (&*row.fact, &*row.scorer, row.size) == (fact, scorer, size));
        let row = row.expect("the row");
        assert_eq!(row.random_neurons, size);
        row.suppress.random
    };
    // Beside neuron 1 of f1 the layer has 0, 2 and 3; beside 5 of f2, 4, 6 and 7; beside 6 and 7 only 4 and 5.
    assert!([0.25, 0.1, 0.0].iter().any(|of| (random("f1", "truth", 1) + of).abs() < 1e-9));
    assert!([0.25, 0.1, 0.0].iter().any(|of| (random("f2", "truth", 1) + of).abs() < 1e-9));
    near(Some(random("f2", "last", 2)), -0.75);
    near(Some(random("f1", "last", 2)), 0.0);
    // Beside 0 and 1 of f1: 2 and 3.
    near(Some(random("f1", "truth", 2)), -0.1);
    let two = cell(&report, "last", 2).suppress;
    near(two.random.value, -0.25);
    near(two.less_random.value, -0.1 / 3.0 + 0.25);
}

#[test]
fn orders_are_compared_with_the_reference_over_all_neurons() {
    let report = held(&scorers(), &options(), 1).expect("a report");
    let of = |name: &str| report.scorers.iter().find(|of| of.scorer == name).expect("the scorer");
    near(of("truth").pearson.and_then(|of| of.value), 1.0);
    near(of("truth").spearman.and_then(|of| of.value), 1.0);
    // Ranks of `last` lie 3.5, 2.5, … from their mean; of the truth of f1 2.5, 3.5, 1.5 (neurons 0 to 2) and 1.5 below for the five that
    // share the rest, of f2 the same for neurons 4 to 6, of f3 3 for neurons 0 and 2 and 1 below for six.
    let (of_three, of_two) = ((32.0f64 * 42.0).sqrt(), (24.0f64 * 42.0).sqrt());
    near(of("last").spearman.and_then(|of| of.value), ((-31.0 + 17.0) / of_three - 20.0 / of_two) / 3.0);
    assert!(report.scorers.iter().all(|of| of.seconds >= 0.0 && of.facts == 3));
    // Nothing is compared without a reference.
    let report = held(&scorers(), &ArenaOptions { reference: None, ..options() }, 1).expect("a report");
    assert!(report.scorers.iter().all(|of| of.pearson.is_none()) && report.cells.iter().all(|of| of.overlap.is_none()));
}

/// Twelve facts, of which every other one loses a half, or a quarter; the second scorer finds a neuron that takes a quarter less.
#[test]
fn differences_are_paired() {
    let ids: Vec<(String, &str, String, String)> = (0..12)
        .map(|at| (format!("f{at:02}"), "P36", format!("subject {at}"), format!("object {at}")))
        .chain([("g1".to_owned(), "P37", "Spain".to_owned(), "Spanish".to_owned())])
        .collect();
    let toy = Toy::new(&ids);
    let mut model = TableModel::default();
    for (at, (_, _, subject, object)) in ids.iter().enumerate() {
        let effects = if at % 2 == 0 { vec![(1, 0.02), (5, 0.01)] } else { vec![(1, 0.01)] };
        model.say(&["en"], subject, object, Says { base: 0.04, effects, ..Says::default() });
    }
    struct Always(&'static str, usize);
    impl Scorer for Always {
        fn name(&self) -> &str {
            self.0
        }

        fn scores(&self, _: &Claim<'_>) -> Result<Vec<f32>, Refusal> {
            Ok((0..8).map(|neuron| f32::from(u8::from(neuron == self.1))).collect())
        }
    }
    let options = ArenaOptions { sizes: vec![1], reference: None, ..options() };
    let both: [&dyn Scorer; 2] = [&Always("one", 1), &Always("five", 5)];
    let held = unwatched(2, |watch| arena(&toy.store, (&model, "table"), &both, &options, watch));
    let report = held.expect("a report");
    let [one, five] = ["one", "five"].map(|name| cell(&report, name, 1).suppress);
    near(one.related.value, -0.375);
    near(five.related.value, -0.125);
    let apart = five.less_first.and_then(|of| of.interval).expect("an interval");
    near(Some(apart.low), 0.25);
    near(Some(apart.high), 0.25);
    let alone = five.related.interval.expect("an interval");
    assert!(alone.low < -0.14 && alone.high > -0.11, "{alone:?}");
    // A constant goes with nothing.
    let options = ArenaOptions { reference: Some("one".into()), ..options };
    let both: [&dyn Scorer; 2] = [&Always("one", 1), &Always("none", 8)];
    let report = unwatched(2, |watch| arena(&toy.store, (&model, "table"), &both, &options, watch)).expect("a report");
    assert_eq!(report.scorers[1].pearson.and_then(|of| of.value), None);
}

#[test]
fn what_is_measured_does_not_depend_on_the_threads() {
    let [one, seven] = [1, 7].map(|threads| held(&scorers(), &options(), threads).expect("a report"));
    assert_eq!(one.rows, seven.rows);
    assert_eq!(one.cells, seven.cells);
    let other = held(&scorers(), &ArenaOptions { seed: 1, ..options() }, 1).expect("a report");
    assert_eq!(other.cells[0].suppress.related.value, one.cells[0].suppress.related.value);
    assert!(
        (1..12)
            .any(|seed| held(&scorers(), &ArenaOptions { seed, ..options() }, 1).expect("a report").rows != one.rows)
    );
}

#[test]
fn facts_that_cannot_be_scored_or_are_not_answered_are_counted() {
    let mut scorers = scorers();
    scorers[1].scores.remove(0);
    let report = held(&scorers, &options(), 1).expect("a report");
    assert_eq!(report.left_out, [("good: no score (en)".to_owned(), 1)]);
    assert!(report.rows.iter().all(|row| row.fact != "f1") && cell(&report, "truth", 1).facts == 2);
    let error = held(&scorers, &ArenaOptions { answered: true, ..options() }, 1).expect_err("nothing is answered");
    assert!(error.to_string().contains("3: the object is not what the model answers (en)"), "{error}");
}

#[test]
fn what_makes_no_sense_is_refused() {
    let told = |change: &dyn Fn(&mut ArenaOptions)| {
        let mut options = options();
        change(&mut options);
        held(&scorers(), &options, 1).expect_err("a refusal").to_string()
    };
    assert_eq!(
        told(&|options| options.sizes = vec![1, 5]),
        "sizes is 1, 5, where 4 is the largest that fits; expected at most half of the model's neurons"
    );
    assert!(told(&|options| options.sizes = vec![2, 1]).contains("ascending"));
    assert!(told(&|options| options.sizes = Vec::new()).contains("above 0"));
    assert!(told(&|options| options.reference = Some("exact".into())).contains("one of the scorers"));
    assert!(told(&|options| options.languages.clear()).contains("one language or more"));
    assert!(told(&|options| options.relations = vec!["P1".into()]).contains("there is no relation \"P1\""));
    let twice = [scorers(), scorers()];
    let error = held(twice.as_flattened(), &options(), 1).expect_err("twice");
    assert!(error.to_string().contains("each once"), "{error}");
    let scorers = scorers();
    let scorers: Vec<&dyn Scorer> = scorers.iter().map(|scorer| scorer as &dyn Scorer).collect();
    let alone = Toy::new(&[("f1", "P36", "France", "Paris"), ("f2", "P36", "Japan", "Tokyo")]);
    let error = unwatched(1, |watch| arena(&alone.store, (&model(), "table"), &scorers, &options(), watch));
    let error = error.expect_err("one relation").to_string();
    assert!(error.starts_with("all 2 facts that can be asked are of relation P36"), "{error}");
    let error = stopped_after(1, |watch| arena(&toy().store, (&model(), "table"), &scorers, &options(), watch));
    assert!(matches!(error, Err(StudyError::Stopped { done: 1, total: 3, .. })));
}

#[test]
fn scores_that_are_no_numbers_or_too_few_end_it() {
    struct Wrong(Vec<f32>);
    impl Scorer for Wrong {
        fn name(&self) -> &str {
            "wrong"
        }

        fn scores(&self, _: &Claim<'_>) -> Result<Vec<f32>, Refusal> {
            Ok(self.0.clone())
        }
    }
    let told = |scores: Vec<f32>| {
        let scorer = Wrong(scores);
        let options = ArenaOptions { reference: None, ..options() };
        let held = unwatched(1, |watch| arena(&toy().store, (&model(), "table"), &[&scorer], &options, watch));
        held.expect_err("a wrong answer").to_string()
    };
    assert!(told(vec![1.0; 7]).contains("is 7 scores; expected 8"));
    assert!(told(vec![f32::NAN; 8]).contains("NaN among the scores"));
}

#[test]
fn a_report_is_written_as_tables_and_rows() {
    let report = held(&scorers(), &options(), 2).expect("a report");
    let text = |write: &dyn Fn(&mut Vec<u8>)| {
        let mut out = Vec::new();
        write(&mut out);
        String::from_utf8(out).expect("text")
    };
    let table = text(&|out| report.write_table(out).expect("a vector takes all"));
    let good = table.lines().find(|line| line.starts_with(" en | good ")).expect("a row").to_owned();
    assert!(table.contains("3 facts in en") && table.contains("of truth's k best"), "{table}");
    assert!(good.contains("| 1 |     3 | -0.500 [too few] | -0.107 [too few] |"), "{good}");
    assert!(table.contains("\n en | good   | probability |     3 | "), "{table}");
    let csv = text(&|out| report.write_csv(out).expect("a vector takes all"));
    assert_eq!(csv.lines().count(), 1 + report.rows.len());
    let first = csv.lines().nth(1).expect("a row");
    assert!(first.starts_with("f1,P36,en,truth,1,0.04,g1,P37,0.05,-0.5,"), "{first}");
    let json = text(&|out| report.write_json(out).expect("a vector takes all"));
    let json: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!(json["cells"].as_array().map(Vec::len), Some(6));
    assert_eq!(json["scorers"][1]["parameters"]["target"], "probability");
}
