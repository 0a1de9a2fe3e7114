//! Figures of small stores whose numbers are worked out by hand: no row is lost, and no layer invented.

mod fixture;

use fixture::{Fixture, LAYERS, WIDTH, bars, drawn, fixture, neurons};
use kndb_plot::{Bar, Bars, Figure, Unit};
use kndb_query::{Measure, Settings, SourceKind};
use kndb_report::figures::{DepthAxis, Illustration, Selection, by_layer, heat_map, of_statement, overlap};
use kndb_report::{Answer, Error};
use kndb_storage::{
    Entry, EntryData, FactBatch, FactRow, Group, GroupEvidence, Keep, Neuron, RunSpec, ScoreValues, Scores, Shape,
    Store, UNITS,
};

/// Categories with the values of the first series.
fn values(bars: &Bars) -> Vec<(&str, Option<f64>)> {
    let values = bars.series[0].bars.iter().map(|bar: &Option<Bar>| bar.as_ref().map(|bar| bar.value));
    bars.categories.iter().map(String::as_str).zip(values).collect()
}

#[test]
fn rows_of_one_name_stay_rows_of_their_own() {
    let fixture = fixture();
    let all = bars(drawn(&fixture, "kn[lang=en] by subject"));
    let mut found = values(&all);
    found.sort_by(|a, b| a.partial_cmp(b).expect("numbers"));
    assert_eq!(found, [("Chile", Some(0.2)), ("Georgia", Some(0.2)), ("Georgia", Some(0.6))]);
    let svg = Figure::Bars(all).svg().expect("a picture");
    assert!(svg.contains("Georgia: 0.2000 (1 pair)") && svg.contains("Georgia: 0.6000 (3 pairs)"), "{svg}");
}

#[test]
fn two_dimensions_refuse_rows_that_names_do_not_tell_apart() {
    let fixture = fixture();
    match of_statement(&fixture.store, "kn[lang=en] by subject, relation", None, None) {
        Err(Error::SameNames { names, .. }) => assert_eq!(names, ["Georgia", "P36 (capital)"]),
        other => panic!("{other:?}"),
    }
    let told = bars(drawn(&fixture, "kn[lang=en] by fact, relation"));
    assert_eq!(told.categories.len(), 3);
}

#[test]
fn layers_of_one_source_are_all_drawn_up_to_the_last_of_the_model() {
    let fixture = fixture();
    let pairs = [("0", Some(0.0)), ("1", Some(0.4)), ("2", Some(0.6)), ("3", Some(0.0))];
    for statement in ["kn[lang=en] by layer", "kn[lang=en, layer=*] by layer"] {
        assert_eq!(values(&bars(drawn(&fixture, statement))), pairs, "{statement}");
    }
    let two = bars(drawn(&fixture, "kn by layer, lang"));
    assert_eq!(two.categories, ["0", "1", "2", "3"]);
    assert!(two.series.iter().all(|series| series.bars.iter().all(Option::is_some)), "{two:?}");
}

#[test]
fn layers_that_a_statement_leaves_out_are_not_drawn() {
    let fixture = fixture();
    let run = |text: &str| {
        let parsed = kndb_query::parse(text).expect("a statement");
        let mut answer = Answer::default();
        kndb_query::execute(&fixture.store, &Settings::default(), &parsed, &mut answer).expect("saved");
    };
    run("let some = kn[lang=en] & neurons(2:*)");
    for (statement, expected) in [
        ("kn[lang=en, layer in 2..3] by layer", &[("2", Some(1.0))][..]),
        ("kn[lang=en] & neurons(2:*) by layer", &[("2", Some(1.0))]),
        ("@some by layer", &[("2", Some(1.0))]),
        ("kn[lang=en] by layer having pairs > 2", &[("2", Some(0.6))]),
        ("kn[lang=en] by layer order by pairs", &[("2", Some(0.6)), ("1", Some(0.4))]),
    ] {
        assert_eq!(values(&bars(drawn(&fixture, statement))), expected, "{statement}");
    }
    // Nothing says that layer 1 was asked for in Chinese.
    let two = bars(drawn(&fixture, "kn[lang=en] & neurons(1:*) | kn[lang=zh] by layer, relation"));
    let missing = two.series.iter().flat_map(|series| &series.bars).filter(|bar| bar.is_none()).count();
    assert_eq!((two.categories.len(), two.series.len(), missing), (2, 2, 1), "{two:?}");
}

#[test]
fn probabilities_of_groups_are_ratios_and_are_never_filled_up() {
    let fixture = fixture();
    for (value, expected) in [(Measure::P, 0.75), (Measure::PAlone, 0.5), (Measure::PAll, 0.125)] {
        let drawn = of_statement(&fixture.store, "dkn by group", None, Some(value)).expect("a figure");
        let bars = bars(drawn);
        assert_eq!((values(&bars), bars.unit), (vec![("1:0, 2:0", Some(expected))], Unit::Ratio));
    }
}

/// In English one fact has three neurons and two have one.
#[test]
fn a_histogram_of_sizes_counts_facts_and_has_its_gaps() {
    let fixture = fixture();
    let sizes = bars(drawn(&fixture, "kn[lang=en] by size"));
    assert_eq!(values(&sizes), [("0", Some(0.0)), ("1", Some(2.0)), ("2", Some(0.0)), ("3", Some(1.0))]);
    assert_eq!((sizes.value_axis.as_str(), sizes.unit), ("facts", Unit::Count));
    let none = bars(drawn(&fixture, "kn[lang=en] & neurons(2:2) by size"));
    assert_eq!(values(&none), [("0", Some(2.0)), ("1", Some(1.0))]);
}

#[test]
fn the_query_of_a_figure_names_its_run() {
    let fixture = fixture();
    let shape = Shape::new(2, 5).expect("a shape");
    let run = fixture.store.open_run(RunSpec::new("a second \"run\"", "other", shape)).expect("a run");
    let data = EntryData::Neurons(vec![Neuron(7)]);
    run.append(Entry { fact: "f1".into(), language: "en".into(), prompt: 0, data }).expect("an entry");
    let of_run = |statement: &str, run: &str| of_statement(&fixture.store, statement, Some(run), None);
    let first = of_run("kn[lang=en] by layer", "first").expect("a figure");
    assert_eq!(first.queries, ["kn[run=first, lang=en] by layer"]);
    let second = of_run("similarity(kn[lang=en], kn[run=\"a second \\\"run\\\"\"]) by relation", "a second \"run\"");
    let second = second.expect("a figure");
    let expected = r#"similarity(kn[run="a second \"run\"", lang=en], kn[run="a second \"run\""]) by relation"#;
    assert_eq!(second.queries, [expected]);
    for drawn in [first, second] {
        let query = drawn.queries[0].clone();
        let again = of_statement(&fixture.store, &query, None, None).expect("it can be asked");
        assert_eq!(again, drawn, "the query alone gives the figure");
    }
    match of_run("kn[run=first] by layer", "a second \"run\"") {
        Err(error @ Error::NoSourceFor { .. }) => assert!(error.to_string().contains("takes a run"), "{error}"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn languages_that_are_named_twice_count_once() {
    let fixture = fixture();
    let selection = |names: &[&str]| Selection {
        languages: names.iter().map(|name| (*name).to_owned()).collect(),
        ..Selection::default()
    };
    let one = by_layer(&fixture.store, SourceKind::Likn, &selection(&["en", "en"])).expect("no figure");
    assert_eq!(one.figure, None);
    assert_eq!(one.remarks, ["run first is left out: LIKN takes two languages, found 1"]);
    let store = &fixture.store;
    type Draw = fn(&Store, &Selection) -> kndb_report::Result<Illustration>;
    let figures: [Draw; 4] = [
        |store, selection| by_layer(store, SourceKind::Kn, selection),
        |store, selection| by_layer(store, SourceKind::Likn, selection),
        heat_map,
        |store, selection| overlap(store, selection, None),
    ];
    for (at, figure) in figures.into_iter().enumerate() {
        let twice = figure(store, &selection(&["en", "zh", "en"])).expect("a figure");
        assert_eq!(twice, figure(store, &selection(&["en", "zh"])).expect("a figure"), "figure {at}");
        assert!(twice.figure.is_some());
    }
    let relations = Selection { relations: vec!["P36".into(); 2], ..selection(&["en"]) };
    assert_eq!(
        by_layer(store, SourceKind::Kn, &relations).expect("a figure").queries,
        ["kn[lang=en, relation=P36] by layer"]
    );
}

#[test]
fn an_overlap_of_too_many_languages_asks_nothing_and_what_is_not_compared_is_one_remark() {
    let fixture = fixture();
    match overlap(&fixture.store, &Selection::default(), Some(1)) {
        Err(Error::Plot(kndb_plot::Error::TooMany { found: 2, most: 1, .. })) => {}
        other => panic!("{other:?}"),
    }
    let run = fixture.store.open_run(RunSpec::new("first", "toy", Shape::new(LAYERS, WIDTH).expect("a shape")));
    let data = EntryData::Neurons(neurons(&[(0, 0)]));
    let entry = Entry { fact: "f1".into(), language: "de".into(), prompt: 0, data };
    let run = run.expect("the run");
    run.append(entry).expect("an entry");
    run.finish().expect("the run is complete");
    let drawn = overlap(&fixture.store, &Selection::default(), Some(3)).expect("a figure");
    // English has f1 to f3, Chinese f1 and f4, German f1.
    let expected = "facts that have only one of two languages are not compared: en and zh 3, en and de 2, zh and de 1";
    assert_eq!(drawn.remarks, [expected]);
}

/// The fixture's groups again, in a run that says for which thresholds it was searched, and searched Chinese in vain.
fn searched(fixture: &Fixture, name: &str, t_high: &str) {
    let thresholds = [("t_low", "0.2"), ("t_high", t_high), ("keep_low", "0.5"), ("keep_high", "0.05")];
    let parameters = thresholds.map(|(key, value)| (key.to_owned(), value.to_owned())).to_vec();
    let shape = Shape::new(LAYERS, WIDTH).expect("a shape");
    let run = fixture.store.open_run(RunSpec { parameters, ..RunSpec::new(name, name, shape) }).expect("a run");
    let group = |after_all| {
        let evidence = GroupEvidence { probability: 0.5, after_each: vec![0.5, 0.5], after_all };
        EntryData::Groups(vec![Group { neurons: neurons(&[(1, 0), (2, 0)]), evidence: Some(evidence) }])
    };
    for (fact, language, data) in [
        ("f1", "en", group(0.25)),
        ("f2", "en", group(0.4375)),
        ("f1", "zh", EntryData::Groups(Vec::new())),
        ("f1", "de", group(0.25)),
    ] {
        run.append(Entry { fact: fact.into(), language: language.into(), prompt: 0, data }).expect("an entry");
    }
    run.finish().expect("the run is complete");
}

/// A run that scored the layers 1 and 3 only, and is still open.
#[test]
fn layers_that_were_not_scored_have_no_bar_and_notes_are_remarks() {
    let fixture = fixture();
    let parameters = vec![("layers".to_owned(), "1,3".to_owned())];
    let shape = Shape::new(LAYERS, WIDTH).expect("a shape");
    let spec = RunSpec { parameters, weights_hash: Some("xxh3-0".into()), ..RunSpec::new("two", "toy", shape) };
    let run = fixture.store.open_run(spec).expect("a run");
    let data = EntryData::Neurons(neurons(&[(1, 0), (1, 2)]));
    run.append(Entry { fact: "f1".into(), language: "en".into(), prompt: 0, data }).expect("an entry");
    let remarks = [
        "run \"two\" is not finished, so facts may be missing: what fills it goes on where it is started again",
        "run \"two\" scored layers 1, 3 only, of 4: nothing is known of the others",
    ];
    let selection = Selection { runs: vec!["two".into()], ..Selection::default() };
    let by_layer = by_layer(&fixture.store, SourceKind::Kn, &selection).expect("a figure");
    assert_eq!(by_layer.remarks, remarks);
    let values = |bars: &Bars| -> Vec<Option<f64>> {
        bars.series[0].bars.iter().map(|bar| bar.as_ref().map(|bar| bar.value)).collect()
    };
    assert_eq!(values(&bars(by_layer)), [None, Some(1.0), None, Some(0.0)]);
    let statement = drawn(&fixture, "kn[run=two] by layer");
    assert_eq!(statement.remarks, remarks);
    let statement = bars(statement);
    assert_eq!((&statement.categories[..], values(&statement)), (&["1".to_owned()][..], vec![Some(1.0)]));
    assert_eq!(heat_map(&fixture.store, &selection).expect("a figure").remarks, remarks);
}

#[test]
fn a_heat_map_of_a_run_by_role_has_its_mean_effects() {
    let fixture = fixture();
    let mut spec = RunSpec {
        keep: Keep::All,
        tau: 0.0,
        ..RunSpec::new("traced", "toy by role", Shape::new(2, 3).expect("a shape"))
    };
    let parameters = [
        (UNITS, "first-subject,last-subject,last"),
        ("restore", "hidden"),
        ("window", "1"),
        ("noise", "3 sigma"),
        ("draws", "10"),
    ];
    spec.parameters = parameters.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    let run = fixture.store.open_run(spec).expect("a run");
    // By layer and role; of `f2`, whose subject is of one token, as of `f1`.
    for (fact, scores) in [("f1", [0.5, 0.25, 0.0, 0.0, -0.5, 0.75]), ("f2", [0.25, 0.25, 0.0, 0.0, 0.0, 0.25])] {
        let data = EntryData::Scores(Scores {
            values: ScoreValues::Dense(scores.to_vec()),
            evidence: Vec::new(),
            origin: None,
        });
        run.append(Entry { fact: fact.into(), language: "en".into(), prompt: 0, data }).expect("an entry");
    }
    run.finish().expect("the run is complete");
    let selection = Selection { runs: vec!["traced".into()], ..Selection::default() };
    let drawn = heat_map(&fixture.store, &selection).expect("a figure");
    assert_eq!(drawn.queries, ["kn[run=traced, sign=any] by layer, role order by layer, role, mean"]);
    assert_eq!(drawn.remarks, ["1 of 4 means are below 0, and drawn as 0"]);
    let Some(Figure::HeatMap(map)) = &drawn.figure else { panic!("{drawn:?}") };
    assert_eq!(map.row_names, ["last", "last-subject", "first-subject"], "the first at the top");
    assert_eq!((map.rows, map.columns, map.linear), (3, 2, true));
    assert_eq!(map.cells, [(2, 0, 0.375), (1, 0, 0.25), (1, 1, -0.25), (0, 1, 0.5)]);
    assert_eq!(map.caption.title, "Mean indirect effect of restoring hidden states: toy by role (en)");
    assert_eq!(map.caption.notes[1], "Window of 1, noise 3 sigma, 10 draws.");
    // Conditions of the figure are those of its query.
    let above = Selection { conditions: vec!["role=last".into(), "sign=positive".into()], ..selection };
    let drawn = heat_map(&fixture.store, &above).expect("a figure");
    assert_eq!(drawn.queries, ["kn[run=traced, role=last, sign=positive] by layer, role order by layer, role, mean"]);
    assert!(drawn.remarks.is_empty());
}

fn notes(drawn: &Illustration) -> Vec<String> {
    drawn.figure.as_ref().map(|figure| figure.caption().notes.clone()).unwrap_or_default()
}

/// Names, notes and colours of series.
fn legend(bars: &Bars) -> Vec<(&str, &str, Option<usize>)> {
    let series = bars.series.iter();
    series.map(|one| (one.name.as_str(), one.note.as_deref().unwrap_or_default(), one.color)).collect()
}

#[test]
fn figures_of_groups_say_their_thresholds_and_all_say_their_pairs() {
    let fixture = fixture();
    let dkn = |selection: Selection| by_layer(&fixture.store, SourceKind::Dkn, &selection).expect("a figure");
    let only = |name: &str| Selection { runs: vec![name.into()], ..Selection::default() };
    assert_eq!(notes(&dkn(only("first"))), ["Run first; groups as they were found, no thresholds."]);
    searched(&fixture, "second", "0.25");
    let second = dkn(only("second"));
    assert_eq!(notes(&second), ["Run second; t_low 0.2, t_high 0.25."]);
    assert_eq!(second.remarks, ["zh has no degenerate neurons"]);
    // At 0.25 the group of f1 qualifies, which cost half of p, and not that of f2, which cost an eighth.
    assert_eq!(legend(&bars(second)), [("en", "2 pairs", Some(0)), ("de", "2 pairs", Some(2))]);
    let lower = dkn(Selection { conditions: vec!["t_high=0.1".into()], ..only("second") });
    assert_eq!(notes(&lower), ["Run second; t_low 0.2, t_high 0.1; where t_high=0.1."]);
    assert_eq!(lower.queries[0], "dkn[run=second, lang=en, t_high=0.1] by layer");
    assert_eq!(legend(&bars(lower))[0], ("en", "4 pairs", Some(0)));
    searched(&fixture, "third", "0.25");
    let both = Selection { runs: vec!["second".into(), "third".into()], ..Selection::default() };
    assert_eq!(notes(&dkn(both.clone())), ["Each run with t_low 0.2, t_high 0.25."]);
    searched(&fixture, "fourth", "0.1");
    let all = notes(&dkn(Selection { languages: vec!["en".into()], ..Selection::default() }));
    let expected = "Run first with groups as they were found, no thresholds; run second with t_low 0.2, t_high 0.25; run third \
                    with t_low 0.2, t_high 0.25; run fourth with t_low 0.2, t_high 0.1.";
    assert_eq!(all, [expected]);
    let kn = by_layer(&fixture.store, SourceKind::Kn, &only("first")).expect("a figure");
    assert_eq!(legend(&bars(kn)), [("en", "5 pairs", Some(0)), ("zh", "2 pairs", Some(1))]);
    let likn = by_layer(&fixture.store, SourceKind::Likn, &only("first")).expect("a figure");
    // f1 alone has both languages, so there is no other fact: 2 neurons and 1 of a layer of 3.
    let random = ("chance: random sets", "0.7 pairs", Some(2));
    assert_eq!(legend(&bars(likn)), [("en ∩ zh", "1 pair", Some(0)), random]);
}

/// It read "en has no knowledge neurons", as if somebody had looked.
#[test]
fn a_relation_that_was_never_attributed_is_not_said_to_have_no_neurons() {
    let fixture = fixture();
    let fact = FactRow {
        id: "f9".into(),
        relation: "P30".into(),
        language: "en".into(),
        subject: "Chile".into(),
        object: "America".into(),
        subject_uri: None,
        object_uri: None,
    };
    fixture.store.add_facts(FactBatch { facts: vec![fact], ..FactBatch::default() }).expect("a fact");
    let of = |relation: &str| {
        let selection =
            Selection { relations: vec![relation.into()], languages: vec!["en".into()], ..Selection::default() };
        by_layer(&fixture.store, SourceKind::Kn, &selection).expect("a figure").remarks
    };
    assert_eq!(of("P30"), ["run \"first\" holds nothing of relation \"P30\" in \"en\"; it has \"P36\""]);
    // Attributed, with a set that has no neuron.
    let run = fixture.store.open_run(RunSpec::new("first", "toy", Shape::new(LAYERS, WIDTH).expect("a shape")));
    let data = EntryData::Neurons(Vec::new());
    let entry = Entry { fact: "f9".into(), language: "en".into(), prompt: 0, data };
    let run = run.expect("the run");
    run.append(entry).expect("an entry");
    run.finish().expect("complete");
    assert_eq!(of("P30"), ["en has no knowledge neurons"]);
}

#[test]
fn a_series_has_the_colour_of_its_place_among_all_that_are_asked_for() {
    let fixture = fixture();
    for name in ["second", "third"] {
        searched(&fixture, name, "0.25");
    }
    let colors = |languages: &[&str], runs: &[&str]| {
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        let selection = Selection { languages: names(languages), runs: names(runs), ..Selection::default() };
        let bars = bars(by_layer(&fixture.store, SourceKind::Dkn, &selection).expect("a figure"));
        bars.series.into_iter().map(|series| (series.name, series.color)).collect::<Vec<_>>()
    };
    let told = |told: &[(&str, Option<usize>)]| {
        told.iter().map(|(name, color)| ((*name).to_owned(), *color)).collect::<Vec<_>>()
    };
    // The first run was not searched in Chinese, the others found nothing there.
    let all = colors(&["zh", "en"], &[]);
    assert_eq!(all, told(&[("toy, en", Some(1)), ("second, en", Some(3)), ("third, en", Some(5))]));
    assert_eq!(colors(&["zh", "de"], &["second"]), told(&[("de", Some(1))]));
    for name in ["fourth", "fifth"] {
        searched(&fixture, name, "0.25");
    }
    // Thirteen places, nine of them with groups: colours come again, so places are no longer told apart by them.
    assert!(colors(&[], &[]).iter().all(|(_, color)| color.is_none()));
}

#[test]
fn further_conditions_are_in_every_query_and_change_what_is_said() {
    let fixture = fixture();
    let store = &fixture.store;
    let with = |condition: &str| Selection { conditions: vec![condition.into()], ..Selection::default() };
    let layers = with("layer in 2..3");
    for drawn in [
        by_layer(store, SourceKind::Kn, &layers),
        by_layer(store, SourceKind::Likn, &layers),
        heat_map(store, &layers),
        overlap(store, &layers, None),
    ] {
        let drawn = drawn.expect("a figure");
        assert!(drawn.queries.iter().all(|query| query.contains("layer in 2..3]")), "{drawn:?}");
        assert!(notes(&drawn)[0].ends_with("; where layer in 2..3."), "{drawn:?}");
    }
    let tau = by_layer(store, SourceKind::Likn, &with("tau=0.5"));
    assert!(matches!(tau, Err(Error::Query { .. })), "sets as imported have no threshold: {tau:?}");
    let kn = bars(by_layer(store, SourceKind::Kn, &layers).expect("a figure"));
    assert_eq!(values(&kn), [("0", None), ("1", None), ("2", Some(1.0)), ("3", Some(0.0))], "not asked, none found");
    let refused = |condition: &str| by_layer(store, SourceKind::Kn, &with(condition)).expect_err("no condition");
    for condition in ["lang=en] | kn[lang=zh", "lang=en] by layer having layer in (1, 2", "lang=en] & neurons(2:*"] {
        match refused(condition) {
            Error::NotACondition { text } => assert_eq!(text, condition),
            Error::Query { .. } => {}
            other => panic!("{condition}: {other:?}"),
        }
    }
    assert!(matches!(refused("lang=en] | kn[lang=zh"), Error::NotACondition { .. }));
    assert!(matches!(refused("t_high=0.1"), Error::Query { .. }), "of groups alone");
}

#[test]
fn series_that_are_numbers_ascend_and_others_keep_the_order_of_the_answer() {
    let fixture = fixture();
    let names = |statement: &str| {
        let series = bars(drawn(&fixture, statement)).series;
        series.into_iter().map(|series| series.name).collect::<Vec<_>>()
    };
    // The row with most pairs comes first, and is of layer 2.
    assert_eq!(bars(drawn(&fixture, "kn by layer order by pairs")).categories, ["2", "1"]);
    let two = bars(drawn(&fixture, "kn by fact, layer order by pairs"));
    let names_of: Vec<&str> = two.series.iter().map(|series| series.name.as_str()).collect();
    assert_eq!((two.categories[0].as_str(), names_of), ("f1", vec!["1", "2"]));
    let first = two.series[1].bars[0].as_ref().map(|bar| bar.value);
    // Neurons 2:0 and 2:1 of f1, of six pairs: both languages together count a pair once.
    assert_eq!(first, Some(2.0 / 6.0), "its bars go with it");
    assert_eq!(names("kn by layer, lang order by pairs"), ["en", "zh"]);
    assert_eq!(names("kn by layer, lang order by lang desc"), ["zh", "en"]);
}

/// The runs of one figure by layer: two of four layers, and one of two.
fn of_two_depths() -> Fixture {
    let fixture = fixture();
    let run = fixture.store.open_run(RunSpec::new("flat", "flat", Shape::new(2, 5).expect("a shape"))).expect("a run");
    let data = EntryData::Neurons([2, 7, 8, 9].map(Neuron).to_vec());
    run.append(Entry { fact: "f1".into(), language: "en".into(), prompt: 0, data }).expect("an entry");
    run.finish().expect("the run is complete");
    fixture
}

#[test]
fn models_of_different_depth_are_drawn_over_the_relative_depth() {
    let fixture = of_two_depths();
    let of = |axis, runs: &[&str]| {
        let runs = runs.iter().map(|name| (*name).to_owned()).collect();
        let selection = Selection { axis, runs, languages: vec!["en".into()], ..Selection::default() };
        by_layer(&fixture.store, SourceKind::Kn, &selection).expect("a figure")
    };
    let drawn = of(DepthAxis::Fitting, &[]);
    assert_eq!(drawn.queries, ["kn[run=first, lang=en] by layer", "kn[run=flat, lang=en] by layer"]);
    let Some(Figure::Curves(curves)) = drawn.figure else { panic!("{drawn:?}") };
    let points = |at: usize| {
        let points = curves.curves[at].points.iter().flatten();
        points.map(|point| (point.place, point.value)).collect::<Vec<_>>()
    };
    // Two of five pairs in layer 1 and three in layer 2, of four layers; one and three of four in two.
    assert_eq!(points(0), [(0.125, 0.0), (0.375, 0.4 * 4.0), (0.625, 0.6 * 4.0), (0.875, 0.0)]);
    assert_eq!(points(1), [(0.25, 0.5), (0.75, 1.5)]);
    let last = curves.curves[1].points[1].as_ref().expect("a point");
    assert_eq!((last.name.as_str(), last.note.as_deref()), ("layer 1", Some("share 0.7500, 3 pairs")));
    assert_eq!(curves.curves[1].note.as_deref(), Some("4 pairs, 2 layers"));
    let notes = &curves.caption.notes;
    assert!(notes.last().is_some_and(|note| note.contains("multiplied by the number of layers")), "{notes:?}");
    assert!(matches!(of(DepthAxis::Layer, &[]).figure, Some(Figure::Bars(bars)) if bars.categories.len() == 4));
    assert!(matches!(of(DepthAxis::Fitting, &["flat"]).figure, Some(Figure::Bars(bars)) if bars.categories.len() == 2));
    assert!(matches!(of(DepthAxis::Relative, &["flat"]).figure, Some(Figure::Curves(_))));
}
