//! Figures and pages that are kept to sets, and what chance gives beside them.

mod fixture;

use fixture::{Fixture, LAYERS, WIDTH, bars, fixture, neurons};
use kndb_query::{SourceKind, Within};
use kndb_report::figures::{Illustration, Selection, by_layer, heat_map, overlap};
use kndb_report::{PageOptions, page};
use kndb_storage::{Entry, EntryData, RunSpec, Shape};

/// Run `three`: in English and Chinese, f1 has neurons 1:0 and 2:0, f2 2:0 and 2:1, f3 1:1.
fn three() -> Fixture {
    let fixture = fixture();
    let run = fixture.store.open_run(RunSpec::new("three", "toy", Shape::new(LAYERS, WIDTH).expect("a shape")));
    let run = run.expect("a run");
    for (fact, numbers) in [("f1", &[(1, 0), (2, 0)][..]), ("f2", &[(2, 0), (2, 1)]), ("f3", &[(1, 1)])] {
        for language in ["en", "zh"] {
            let data = EntryData::Neurons(neurons(numbers));
            run.append(Entry { fact: fact.into(), language: language.into(), prompt: 0, data }).expect("an entry");
        }
    }
    run.finish().expect("the run is complete");
    fixture
}

fn within(only: &[&str], without: &[&str]) -> Within {
    let texts = |sets: &[&str]| sets.iter().map(|&set| set.to_owned()).collect::<Vec<_>>();
    Within::read(&texts(only), &texts(without)).expect("sets")
}

fn likn(fixture: &Fixture, only: &[&str], without: &[&str]) -> Illustration {
    let selection = Selection { runs: vec!["three".into()], within: within(only, without), ..Selection::default() };
    by_layer(&fixture.store, SourceKind::Likn, &selection).expect("a figure")
}

/// Pairs that chance gives: of other facts, and of random sets.
fn chance(drawn: &Illustration) -> [String; 2] {
    let told = drawn.remarks.last().expect("what chance gives");
    let number = |before: &str| {
        let (rest, _) = told.split_once(before).unwrap_or_else(|| panic!("{before:?} is not in {told}"));
        rest.rsplit(' ').next().expect("a number").to_owned()
    };
    [number(" of another fact's sets"), number(" of random sets")]
}

#[test]
fn random_sets_are_drawn_from_the_neurons_that_are_left() {
    let fixture = three();
    // All: f1 1·1/3 in two layers, f2 2·2/3, f3 1/3.
    assert_eq!(chance(&likn(&fixture, &[], &[])), ["1.0", "2.3"]);
    // Of layer 2 two neurons are left: f1 1·1/2, f2 2·2/2, which is 2. The others' sets: 2:0 of each of two in both directions, of three facts.
    let two = likn(&fixture, &["neurons(2:0..1)"], &[]);
    assert_eq!(chance(&two), ["1.0", "2.5"]);
    assert!(two.remarks.last().is_some_and(|told| told.contains("drawn from the neurons that the sets leave")));
    // The same said the other way.
    assert_eq!(chance(&likn(&fixture, &[], &["neurons(0..1:*, 3:*)", "neurons(2:2)"])), ["1.0", "2.5"]);
    // Pairs leave each fact its own: f1 may have 1:0 and 2:0 alone, f2 2:0 and 2:1, f3 1:1.
    assert_eq!(chance(&likn(&fixture, &["kn[lang=en]"], &[])), ["1.0", "5.0"]);
    let bars = bars(two);
    assert_eq!(bars.series[0].bars[2].as_ref().map(|bar| bar.value), Some(1.0), "all three pairs are in layer 2");
    assert!(bars.caption.notes[0].contains("only `neurons(2:0..1)`"), "{:?}", bars.caption.notes);
}

#[test]
fn facts_that_are_left_out_are_none_that_others_are_compared_with() {
    let fixture = three();
    let drawn = likn(&fixture, &[], &["facts[subject=Chile]"]);
    // f1 and f2 have but each other: 2:0, twice.
    assert_eq!(chance(&drawn), ["2.0", "2.0"]);
    assert_eq!(drawn.queries, ["(likn[run=three, lang in (en, zh)] - (facts[subject=Chile])) by layer"]);
}

#[test]
fn sets_that_name_no_run_are_of_the_figure_s() {
    let fixture = three();
    let selection = |run: &str| {
        let within = within(&["kn by neuron having facts >= 2"], &[]);
        Selection { runs: vec![run.into()], within, ..Selection::default() }
    };
    let heat = heat_map(&fixture.store, &selection("three")).expect("a figure");
    let set = "(kn[run=three] by neuron having facts >= 2)";
    assert_eq!(heat.queries, [format!("(kn[run=three] & {set}) by neuron")]);
    let similar = overlap(&fixture.store, &selection("three"), None).expect("a figure");
    assert!(similar.queries[1].contains(&format!("(kn[run=three, lang=zh] & {set})")), "{:?}", similar.queries);
    let dkn = by_layer(&fixture.store, SourceKind::Dkn, &selection("first")).expect("a figure");
    assert!(dkn.queries[0].contains("(kn[run=first] by neuron having facts >= 2)"), "{:?}", dkn.queries);
}

#[test]
fn a_page_says_at_its_top_what_it_is_kept_to() {
    let fixture = three();
    let options = |sets: Within| PageOptions { runs: vec!["three".into()], within: sets, ..PageOptions::default() };
    let made = page(&fixture.store, &options(within(&[], &["facts[subject=Chile]"]))).expect("a page");
    let (top, rest) = made.split_once("<main>").expect("a page");
    assert!(top.contains("Not everything is shown: without `facts[subject=Chile]`."), "{top}");
    assert!(rest.contains("<code>(facts - (facts[subject=Chile])) by relation</code>"), "{rest}");
    assert!(rest.contains("<code>(kn[run=three] - (facts[subject=Chile])) by relation</code>"), "{rest}");
    let whole = page(&fixture.store, &options(Within::default())).expect("a page");
    assert!(!whole.contains("Not everything is shown"));
    let wrong = page(&fixture.store, &options(within(&["kn by layer"], &[]))).expect_err("no set");
    assert!(wrong.to_string().contains("are no set"), "{wrong}");
}
