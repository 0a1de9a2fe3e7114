//! What chance gives beside language-independent neurons: of which facts, of which run, within which memory.

mod fixture;

use fixture::{Fixture, LAYERS, WIDTH, bars, drawn, fixture, neurons};
use kndb_plot::Bars;
use kndb_query::{ErrorKind, Settings, SourceKind, Statement};
use kndb_report::figures::{Illustration, Selection, by_layer, of_answer, of_statement};
use kndb_report::{Answer, Error};
use kndb_storage::{Entry, EntryData, LayerEvidence, RunSpec, ScoreValues, Scores, Shape};

/// f1 and f2 both have neuron 2:0 in both languages, and each one of its own: 1:0 and 1:1, in both.
#[test]
fn beside_language_independent_neurons_stands_what_chance_gives() {
    let fixture = fixture();
    let run = fixture.store.open_run(RunSpec::new("pair", "toy", Shape::new(LAYERS, WIDTH).expect("a shape")));
    let run = run.expect("a run");
    for (fact, own) in [("f1", 0), ("f2", 1)] {
        for language in ["en", "zh"] {
            let data = EntryData::Neurons(neurons(&[(1, own), (2, 0)]));
            run.append(Entry { fact: fact.into(), language: language.into(), prompt: 0, data }).expect("an entry");
        }
    }
    run.finish().expect("the run is complete");
    let selection = Selection { runs: vec!["pair".into()], ..Selection::default() };
    let drawn = by_layer(&fixture.store, SourceKind::Likn, &selection).expect("a figure");
    // Another fact: neuron 2:0 twice. At random: 1·1/3 for each fact and layer.
    let told = "en ∩ zh: 4 LIKN pairs of 2 facts; chance gives 2.0 of another fact's sets of the same relation in the other languages, \
                and 1.3 of random sets of the same sizes in each layer";
    assert_eq!(drawn.remarks, [told]);
    let statement =
        of_statement(&fixture.store, "likn[run=pair, lang in (en, zh)] by layer", None, None).expect("a figure");
    assert_eq!(statement.remarks, [told.trim_start_matches("en ∩ zh: ")]);
    let bars = bars(drawn);
    let of_statement = self::bars(statement);
    let of_series = |bars: &Bars| bars.series.iter().map(|series| series.bars.clone()).collect::<Vec<_>>();
    let values_of = |bars: &Bars| -> Vec<Vec<f64>> {
        of_series(bars).iter().map(|series| series.iter().flatten().map(|bar| bar.value).collect()).collect()
    };
    assert_eq!(values_of(&of_statement), values_of(&bars), "the same of a statement");
    let names: Vec<&str> = bars.series.iter().map(|series| series.name.as_str()).collect();
    assert_eq!(names, ["en ∩ zh", "chance: another fact", "chance: random sets"]);
    let of = |series: usize| -> Vec<f64> { bars.series[series].bars.iter().flatten().map(|bar| bar.value).collect() };
    // Shares of the four pairs that were found.
    assert_eq!((of(0), of(1)), (vec![0.0, 0.5, 0.5, 0.0], vec![0.0, 0.0, 0.5, 0.0]));
    assert!((of(2)[1] - 2.0 / 3.0 / 4.0).abs() < 1e-12 && of(2)[0] == 0.0, "{:?}", of(2));
}

/// Run `three`: f1 and f2 have neuron 2:0 in both languages; f3 has none of layer 2, and f2, with prompt 1 alone, has 2:0 again.
fn three(fixture: &Fixture) {
    let run = fixture.store.open_run(RunSpec::new("three", "toy", Shape::new(LAYERS, WIDTH).expect("a shape")));
    let run = run.expect("a run");
    let add = |fact: &str, prompt: u16, numbers: &[(u32, u32)]| {
        for language in ["en", "zh"] {
            let data = EntryData::Neurons(neurons(numbers));
            run.append(Entry { fact: fact.into(), language: language.into(), prompt, data }).expect("an entry");
        }
    };
    add("f1", 0, &[(1, 0), (2, 0)]);
    add("f2", 0, &[(2, 0)]);
    add("f3", 0, &[(1, 1)]);
    add("f2", 1, &[(2, 0)]);
    add("f3", 1, &[]);
    run.finish().expect("the run is complete");
}

/// What is told of another fact's sets.
fn of_others(drawn: &Illustration) -> String {
    let told = drawn.remarks.last().and_then(|told| told.split_once("chance gives ")).expect("what chance gives").1;
    told.split(' ').next().unwrap_or_default().to_owned()
}

#[test]
fn chance_under_a_condition_on_neurons_is_that_of_the_unrestricted_figure() {
    let fixture = fixture();
    three(&fixture);
    let all = bars(drawn(&fixture, "likn[run=three, prompt=0] by layer"));
    let of_layer = |layer: usize| all.series[1].bars[layer].as_ref().and_then(|bar| bar.note.clone());
    // f1 keeps 2:0 of one language: of the two other facts, one has it in the other. So does f2's, and so in both directions.
    assert_eq!(of_layer(2).as_deref(), Some("1.0 pairs"));
    for conditions in ["layer=2", "layer in 2..3", "layer in (0, 2)"] {
        let restricted = drawn(&fixture, &format!("likn[run=three, prompt=0, {conditions}] by layer"));
        assert_eq!(of_others(&restricted), "1.0", "{conditions}");
    }
}

#[test]
fn chance_is_of_the_facts_that_conditions_on_facts_choose() {
    let fixture = fixture();
    three(&fixture);
    for facts in ["subject=Georgia", "fact in (f1, f2)", "relation=P36, subject~Geo"] {
        let restricted = drawn(&fixture, &format!("likn[run=three, prompt=0, layer=2, {facts}] by layer"));
        // f1 and f2 have but each other.
        assert_eq!(of_others(&restricted), "2.0", "{facts}");
    }
}

#[test]
fn chance_is_of_the_facts_that_were_asked_with_the_prompt_empty_sets_among_them() {
    let fixture = fixture();
    three(&fixture);
    let told = drawn(&fixture, "likn[run=three, prompt=1] by layer").remarks.concat();
    // f3's sets are empty, and f1 was not asked.
    assert!(told.starts_with("1 LIKN pairs of 2 facts; chance gives 0.0 of another fact's"), "{told}");
}

#[test]
fn chance_is_of_the_facts_whose_entries_pass_conditions_on_what_was_measured() {
    let fixture = fixture();
    let run = fixture.store.open_run(RunSpec::new("scored", "toy", Shape::new(LAYERS, WIDTH).expect("a shape")));
    let run = run.expect("a run");
    for (fact, p) in [("f1", 0.5), ("f2", 0.25), ("f3", 0.01)] {
        for language in ["en", "zh"] {
            // Neuron 2:0 is everybody's.
            let values = ScoreValues::Sparse { neurons: neurons(&[(2, 0)]), scores: vec![0.5], floor: 0.01 };
            let layer = LayerEvidence { probability: p, baseline: 0.0, residual: 0.0 };
            let scores = Scores { values, evidence: vec![layer; LAYERS as usize], origin: None };
            let data = EntryData::Scores(scores);
            run.append(Entry { fact: fact.into(), language: language.into(), prompt: 0, data }).expect("an entry");
        }
    }
    run.finish().expect("the run is complete");
    let told = |conditions: &str| drawn(&fixture, &format!("likn[run=scored{conditions}] by layer")).remarks.concat();
    assert!(told("").starts_with("3 LIKN pairs of 3 facts; chance gives 3.0 of"), "{}", told(""));
    let known = told(", p>=0.1");
    assert!(known.starts_with("2 LIKN pairs of 2 facts; chance gives 2.0 of"), "{known}");
}

/// The answer of a session that chose run `three`, drawn with some settings.
fn in_a_session(fixture: &Fixture, settings: &Settings) -> kndb_report::Result<Illustration> {
    let text = "likn[prompt=0] by layer";
    let Ok(Statement::Query(query)) = kndb_query::parse(text) else { panic!("a query") };
    let chosen = Settings { run: settings.run.clone(), ..Settings::default() };
    let answer = Answer::with(&fixture.store, &chosen, text).expect("an answer");
    of_answer(&fixture.store, settings, &query, &answer, None)
}

#[test]
fn chance_is_of_the_run_that_the_session_chose() {
    let fixture = fixture();
    three(&fixture);
    let settings = Settings { run: Some("three".into()), ..Settings::default() };
    let drawn = in_a_session(&fixture, &settings).expect("a figure");
    assert!(drawn.remarks.concat().contains("LIKN pairs of 3 facts; chance gives"), "{:?}", drawn.remarks);
}

#[test]
fn chance_keeps_to_the_session_s_memory_and_says_so() {
    let fixture = fixture();
    three(&fixture);
    let settings = Settings { run: Some("three".into()), memory: Some(700), ..Settings::default() };
    let drawn = in_a_session(&fixture, &settings).expect("a figure");
    assert!(drawn.remarks.concat().contains("a statement may take"), "{:?}", drawn.remarks);
    assert_eq!(bars(drawn).series.len(), 1, "what was found is drawn all the same");
}

#[test]
fn chance_stops_where_the_session_is_interrupted() {
    let fixture = fixture();
    three(&fixture);
    let settings = Settings { run: Some("three".into()), ..Settings::default() };
    settings.interrupt.set();
    match in_a_session(&fixture, &settings) {
        Err(Error::Query { error, .. }) => assert_eq!(error.kind, ErrorKind::Interrupted),
        other => panic!("{other:?}"),
    }
}
