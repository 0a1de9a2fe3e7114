//! Runs of a page: which are shown, beside each other and in the table.

use super::*;

#[test]
fn runs_that_do_not_fit_one_figure_are_compared_in_several() {
    let fixture = empty();
    let shape = Shape::new(2, 3).expect("a shape");
    for (name, languages) in [("a", 5), ("b", 4), ("c", 4), ("d", 9)] {
        let run = fixture.store.open_run(RunSpec::new(name, name, shape)).expect("a run");
        for language in 0..languages {
            let data = EntryData::Neurons(vec![Neuron(0)]);
            run.append(Entry { fact: "f".into(), language: format!("l{language}"), prompt: 0, data })
                .expect("an entry");
        }
    }
    let page = written(&fixture.store, &PageOptions::default());
    let (_, section) = page.split_once("<h2>Runs side by side</h2>").expect("the section");
    let (section, _) = section.split_once("</section>").expect("its end");
    let legends = |run: &str| section.matches(&format!("{run}, l0: 1.0000 (1 pair)")).count();
    assert_eq!([legends("a"), legends("b"), legends("c"), legends("d")], [0, 1, 1, 0]);
    assert!(
        section.contains("<title>Knowledge neurons by layer: a</title>"),
        "a figure of one run names it in its title"
    );
    // Knowledge neurons of a, of b and c, of eight languages of d and of its ninth; then those of all languages.
    assert_eq!(pictures(section).len(), 5, "{section}");
    assert!(!page.contains("Not drawn: "), "{page}");
    let ninth = "layer 0, l8: 1.0000";
    assert_eq!(section.matches(ninth).count(), 1, "one of two figures of d");
    assert_eq!(page.matches(ninth).count(), 2, "and again in its own section");
}

#[test]
fn runs_can_be_chosen_and_must_be_there() {
    let fixture = filled();
    let shape = Shape::new(2, 3).expect("a shape");
    drop(fixture.store.open_run(RunSpec::new("second", "toy", shape)).expect("a run"));
    let only = |name: &str| PageOptions { runs: vec![name.into()], ..PageOptions::default() };
    let page = written(&fixture.store, &only("first"));
    assert!(page.contains("<h2>Run first: toy</h2>") && !page.contains("<h2>Run second"), "{page}");
    match kndb_report::page(&fixture.store, &only("frist")) {
        Err(Error::Storage(error)) => assert!(error.to_string().contains("\"first\""), "{error}"),
        other => panic!("expected an unknown run, found {other:?}"),
    }
}

#[test]
fn groups_in_more_languages_than_colours_have_several_figures() {
    let fixture = empty();
    let shape = Shape::new(2, 3).expect("a shape");
    let run = fixture.store.open_run(RunSpec::new("first", "toy", shape)).expect("a run");
    let groups = || EntryData::Groups(vec![Group { neurons: vec![Neuron(1), Neuron(3)], evidence: None }]);
    for language in 0..9 {
        let language = format!("l{language}");
        run.append(Entry { fact: "f".into(), language, prompt: 0, data: groups() }).expect("an entry");
    }
    // Scores in one language, groups in nine: each figure has the languages of its kind.
    let data = EntryData::Neurons(vec![Neuron(0)]);
    run.append(Entry { fact: "f".into(), language: "l3".into(), prompt: 0, data }).expect("an entry");
    let page = written(&fixture.store, &PageOptions::default());
    assert!(!page.contains("Not drawn: ") && !page.contains("Not answered: "), "{page}");
    for language in 0..9 {
        assert!(page.contains(&format!("<code>dkn[lang=l{language}] by layer</code>")), "l{language}: {page}");
    }
    assert_eq!(page.matches("layer 0, l8: 0.5000 (1 pair)").count(), 1);
    assert_eq!(page.matches("<code>kn[lang=l3] by layer</code>").count(), 1);
}

#[test]
fn sets_that_were_imported_have_no_threshold() {
    let fixture = empty();
    let shape = Shape::new(2, 3).expect("a shape");
    let add = |run: &str, fact: &str, data: EntryData| {
        let run = fixture.store.open_run(RunSpec::new(run, run, shape)).expect("a run");
        run.append(Entry { fact: fact.into(), language: "en".into(), prompt: 0, data }).expect("an entry");
    };
    let scores = || {
        let values = ScoreValues::Dense(vec![0.0, 0.9, 0.0, 1.0, 0.0, 0.0]);
        EntryData::Scores(Scores { values, evidence: Vec::new(), origin: None })
    };
    add("sets", "f", EntryData::Neurons(vec![Neuron(0)]));
    let own = |name: &str| written(&fixture.store, &PageOptions { runs: vec![name.into()], ..PageOptions::default() });
    let page = own("sets");
    assert!(page.contains("Run sets; sets as imported."), "{page}");
    let text = plain(&page);
    for row in ["τ\u{1f}\u{1f}sets as imported\u{1f}", "keeps\u{1f}\u{1f}sets as imported\u{1f}"] {
        assert!(text.contains(row), "{row}: {text}");
    }
    add("scores", "f", scores());
    assert!(own("scores").contains("Run scores; τ 0.3."), "a threshold was applied");
    add("both", "f", scores());
    add("both", "g", EntryData::Neurons(vec![Neuron(0)]));
    let page = own("both");
    assert!(page.contains("Run both; τ 0.3; sets as imported."), "{page}");
    let page = written(&fixture.store, &PageOptions::default());
    assert!(page.contains("Each run with its own τ; sets as imported."), "side by side: {page}");
}

#[test]
fn what_is_stored_of_groups_is_not_what_qualifies() {
    let page = written(&filled().store, &PageOptions::default());
    assert!(page.contains(">groups stored</th>") && !page.contains(">groups</th>"), "{page}");
}

#[test]
fn a_run_that_is_named_twice_is_shown_once() {
    let fixture = filled();
    let page = |names: &[&str]| {
        let runs = names.iter().map(|name| (*name).to_owned()).collect();
        written(&fixture.store, &PageOptions { runs, ..PageOptions::default() })
    };
    assert_eq!(page(&["first", "first"]), page(&["first"]));
}

#[test]
fn the_table_of_runs_has_no_more_columns_than_fit_and_state_is_among_them() {
    let page = written(&filled().store, &PageOptions::default());
    let (_, table) = page.split_once("<summary>Runs</summary>").expect("the table");
    let (head, _) = table.split_once("</thead>").expect("its head");
    assert!(head.matches("<th ").count() <= 8 && head.contains(">state</th>"), "{head}");
}
