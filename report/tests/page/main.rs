//! The page of small stores whose numbers are worked out by hand.

mod looks;
mod results;
mod runs;

use kndb_report::completeness::completeness;
use kndb_report::{Answer, Block, Error, Experiment, PageOptions, page};
use kndb_storage::{
    Entry, EntryData, FactBatch, FactRow, Group, LayerEvidence, Neuron, OnConflict, Origin, RunSpec, ScoreValues,
    Scores, Shape, Store,
};

const NASTY: &str = "<script>alert('1')</script> & \"France\" https://example.org/";

struct Fixture {
    store: Store,
    _folder: tempfile::TempDir,
}

fn empty() -> Fixture {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let store = Store::create(folder.path().join("store")).expect("a store");
    Fixture { store, _folder: folder }
}

fn evidence(probability: f32, baseline: f32, residual: f32) -> LayerEvidence {
    LayerEvidence { probability, baseline, residual }
}

/// Two layers of three neurons; three facts in two languages, with evidence, and a group.
fn filled() -> Fixture {
    let fixture = empty();
    let mut facts = FactBatch::default();
    for (id, subject) in [("f1", NASTY), ("f2", "日本"), ("f3", "Chile")] {
        facts.facts.push(FactRow {
            id: id.into(),
            relation: "P36".into(),
            language: "en".into(),
            subject: subject.into(),
            object: "Paris".into(),
            subject_uri: None,
            object_uri: None,
        });
    }
    fixture.store.add_facts(facts).expect("facts are added");
    let shape = Shape::new(2, 3).expect("a shape");
    let spec = RunSpec { parameters: vec![("note".into(), NASTY.into())], ..RunSpec::new("first", "toy", shape) };
    let run = fixture.store.open_run(spec).expect("a run");
    let of = |fact: &str, language: &str, values: [f32; 6], evidence: Vec<LayerEvidence>| Entry {
        fact: fact.into(),
        language: language.into(),
        prompt: 0,
        data: EntryData::Scores(Scores { values: ScoreValues::Dense(values.to_vec()), evidence, origin: None }),
    };
    let entries = [
        // In layer 0: residuals 0.25, 0.5, 0.125; changes 0.5, 0.5, 0. In layer 1: all 0.
        of("f1", "en", [0.0, 0.9, 0.0, 1.0, 0.0, 0.0], vec![evidence(0.75, 0.25, -0.25), evidence(0.75, 0.5, 0.0)]),
        of("f2", "en", [0.0, 0.0, 0.0, 1.0, 0.9, 0.0], vec![evidence(0.75, 0.25, 0.5), evidence(0.75, 0.5, 0.0)]),
        of("f3", "en", [0.0, 0.0, 0.0, 0.0, 1.0, 0.0], vec![evidence(0.5, 0.5, 0.125), evidence(0.75, 0.5, 0.0)]),
        of("f1", "zh", [0.0, 0.9, 0.0, 0.0, 1.0, 0.0], Vec::new()),
        Entry {
            fact: "f1".into(),
            language: "en".into(),
            prompt: 0,
            data: EntryData::Groups(vec![Group { neurons: vec![Neuron(1), Neuron(3)], evidence: None }]),
        },
    ];
    run.append_batch(&entries, OnConflict::Refuse).expect("entries are added");
    run.finish().expect("the run is finished");
    fixture
}

/// The page without its pictures for phones, which say the same as the others.
fn written(store: &Store, options: &PageOptions) -> String {
    let page = page(store, options).expect("a page");
    let mut parts = page.split("<div class=\"picture narrow\"");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |read, part| read + part.split_once("</svg></div>").expect("its end").1)
}

/// The text of the page without its tags.
fn plain(page: &str) -> String {
    let mut text = String::new();
    for part in page.split('<') {
        text += part.split_once('>').map_or(part, |(_, text)| text);
        text.push('\u{1f}');
    }
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&amp;", "&")
}

/// The pictures in a page.
fn pictures(page: &str) -> Vec<&str> {
    let starts = page.match_indices("<svg").map(|(at, _)| at);
    let ends = page.match_indices("</svg>").map(|(at, end)| at + end.len());
    starts.zip(ends).map(|(start, end)| &page[start..end]).collect()
}

#[test]
fn residuals_are_those_that_were_stored() {
    let fixture = filled();
    let snapshot = fixture.store.snapshot().expect("a snapshot");
    let run = snapshot.run_named("first").expect("the run").id;
    let layers = completeness(&snapshot, run, &|_| true).expect("evidence");
    assert_eq!(layers.iter().map(|layer| layer.layer).collect::<Vec<_>>(), [0, 1]);
    let of = |fact: &str| snapshot.fact(fact).expect("readable").expect("the fact is there");
    let absolute = &layers[0].absolute;
    assert_eq!((absolute.count, absolute.median, absolute.percentile_95, absolute.worst), (3, 0.25, 0.5, 0.5));
    assert_eq!(absolute.worst_of.fact, of("f2"));
    let relative = layers[0].relative.as_ref().expect("two entries whose probability changes");
    // The third fact's probability does not change: no share of nothing.
    assert_eq!((relative.count, relative.median, relative.percentile_95, relative.worst), (2, 0.5, 1.0, 1.0));
    let relative = layers[1].relative.as_ref().map(|relative| relative.count);
    assert_eq!((layers[1].absolute.worst, relative), (0.0, Some(3)));
}

#[test]
fn a_layer_without_a_change_of_probability_keeps_its_absolute_residuals() {
    let fixture = empty();
    let shape = Shape::new(2, 3).expect("a shape");
    let run = fixture.store.open_run(RunSpec::new("first", "toy", shape)).expect("a run");
    let values = ScoreValues::Dense(vec![0.0, 1.0, 0.0, 1.0, 0.0, 0.0]);
    let evidence = vec![evidence(0.5, 0.5, 0.125), evidence(0.75, 0.5, 0.25)];
    let data = EntryData::Scores(Scores { values, evidence, origin: None });
    run.append(Entry { fact: "f".into(), language: "en".into(), prompt: 0, data }).expect("an entry");
    let snapshot = fixture.store.snapshot().expect("a snapshot");
    let layers =
        completeness(&snapshot, snapshot.run_named("first").expect("the run").id, &|_| true).expect("evidence");
    assert_eq!(layers.len(), 2);
    assert_eq!((layers[0].absolute.worst, &layers[0].relative), (0.125, &None));
    assert_eq!(layers[1].relative.as_ref().map(|relative| relative.worst), Some(1.0));
    let text = plain(&written(&fixture.store, &PageOptions::default()));
    let cells = |cells: &[&str]| cells.join("\u{1f}\u{1f}");
    assert!(text.contains(&cells(&["0", "1", "1.2e-1", "1.2e-1", "1.2e-1", "f, en"])), "absolute: {text}");
    assert!(text.contains(&cells(&["0", "0", "–", "–", "–", "–"])), "relative: {text}");
}

#[test]
fn an_object_of_several_tokens_has_an_absolute_residual_and_no_share() {
    let fixture = empty();
    let shape = Shape::new(1, 3).expect("a shape");
    let run = fixture.store.open_run(RunSpec::new("first", "toy", shape)).expect("a run");
    for (fact, tokens) in [("one", 1), ("two", 2)] {
        let origin = Some(Origin { tokens: Some(tokens), ..Origin::default() });
        let values = ScoreValues::Dense(vec![0.5, 0.25, 0.0]);
        let data = EntryData::Scores(Scores { values, evidence: vec![evidence(0.75, 0.25, 0.25)], origin });
        run.append(Entry { fact: fact.into(), language: "en".into(), prompt: 0, data }).expect("an entry");
    }
    let snapshot = fixture.store.snapshot().expect("a snapshot");
    let layers =
        completeness(&snapshot, snapshot.run_named("first").expect("the run").id, &|_| true).expect("evidence");
    let relative = layers[0].relative.as_ref().expect("of the one token");
    assert_eq!((layers[0].absolute.count, relative.count, relative.worst), (2, 1, 0.5));
}

#[test]
fn the_page_says_what_the_models_know_and_which_entries_have_sums_and_products() {
    let page = written(&filled().store, &PageOptions::default());
    let text = plain(&page);
    // p is 0.75, 0.75 and, of the first layer of f3, 0.5; no rank was stored, and no p in Chinese.
    assert!(
        text.contains("en\u{1f}\u{1f}P36 (capital)\u{1f}\u{1f}3\u{1f}\u{1f}0.7500\u{1f}\u{1f}3 of 3\u{1f}\u{1f}–"),
        "{text}"
    );
    assert!(text.contains("P was stored of none of the 1 entries in zh"), "{text}");
    let fixture = empty();
    let run = fixture.store.open_run(RunSpec::new("first", "toy", Shape::new(1, 2).expect("a shape"))).expect("a run");
    let origin = Some(Origin { tokens: Some(2), ..Origin::default() });
    let values = ScoreValues::Dense(vec![0.5, 0.0]);
    let data = EntryData::Scores(Scores { values, evidence: vec![evidence(0.001, 0.0, 0.5)], origin });
    run.append(Entry { fact: "f".into(), language: "en".into(), prompt: 0, data }).expect("an entry");
    let text = plain(&written(&fixture.store, &PageOptions::default()));
    let several = "en 1 of 1 entries, 1 with a score above 100·p";
    assert!(text.contains(&format!("Objects of several tokens: {several}; their score is a sum")), "{text}");
    assert_eq!(text.matches(several).count(), 2, "with p, and with the residuals: {text}");
}

#[test]
fn every_query_on_the_page_is_answered_with_the_numbers_beside_it() {
    let fixture = filled();
    let page = written(&fixture.store, &PageOptions::default());
    let queries: Vec<&str> =
        page.split("<code>").skip(1).map(|part| part.split("</code>").next().expect("a query")).collect();
    for expected in [
        "facts by relation",
        "kn[lang=en] by layer",
        "kn[lang=zh] by layer",
        "likn[lang in (en, zh)] by layer",
        "similarity(kn[lang=en], kn[lang=zh])",
        "kn by neuron",
        "kn by neuron order by facts top 20",
        "dkn[lang=en] by layer",
        "dkn by group order by facts top 20",
        "kn[run=first, lang=en, fact=f2, prompt=0]",
    ] {
        assert!(queries.contains(&expected), "{expected}: {queries:?}");
    }
    for query in &queries {
        let answer = Answer::of(&fixture.store, query).expect("the store answers");
        assert!(!answer.rows.is_empty(), "{query}");
    }
    // By hand: English has 2 + 2 + 1 neurons, one of them in layer 0; both languages share neuron 0:1 of f1.
    assert!(page.contains("layer 0, en: 0.2000 (1 pair)") && page.contains("layer 1, en: 0.8000 (4 pairs)"), "{page}");
    assert!(page.contains("layer 0, en ∩ zh: 1.0000 (1 pair)"), "{page}");
    assert!(page.contains("en and zh: 0.3333"), "one of three neurons: {page}");
    let text = plain(&page);
    for (what, rows) in [
        ("neuron 1:1", "1\u{1f}\u{1f}1\u{1f}\u{1f}3\u{1f}\u{1f}3\u{1f}\u{1f}1\u{1f}"),
        (
            "residuals",
            "0\u{1f}\u{1f}3\u{1f}\u{1f}2.5e-1\u{1f}\u{1f}5.0e-1\u{1f}\u{1f}5.0e-1\u{1f}\u{1f}日本 → Paris, en",
        ),
        ("groups", "0:1, 1:0"),
    ] {
        assert!(text.contains(rows), "{what}: {text}");
    }
}

#[test]
fn nothing_on_the_page_is_loaded_or_run_whatever_names_hold() {
    let fixture = filled();
    let options = PageOptions { title: Some(NASTY.into()), ..PageOptions::default() };
    let page = written(&fixture.store, &options);
    assert!(!page.contains("<script"), "{page}");
    assert!(!page.contains("<link") && !page.contains("<img") && !page.contains("url("), "{page}");
    let addresses = page.matches("://").count();
    let own =
        page.matches("xmlns=\"http://www.w3.org/2000/svg\"").count() + page.matches("https://example.org/").count();
    assert_eq!(addresses, own, "only the names of the data hold an address");
    assert!(plain(&page).contains(NASTY), "names are shown as they are");
    let pictures = pictures(&page);
    assert_eq!(pictures.len(), 6, "kn, likn, overlap, heat map, dkn, p by language");
    for picture in pictures {
        let picture = roxmltree::Document::parse(picture).expect("an SVG is XML");
        assert_eq!(picture.root_element().attribute("role"), Some("img"));
    }
}

#[test]
fn the_same_store_gives_the_same_page() {
    let fixture = filled();
    let first = written(&fixture.store, &PageOptions::default());
    let again = Store::open(fixture.store.path()).expect("the store opens");
    assert_eq!(first, written(&again, &PageOptions::default()));
    let epoch = fixture.store.snapshot().expect("a snapshot").epoch();
    let made = format!("Made by kndb {} from commit {epoch} of the store.", env!("CARGO_PKG_VERSION"));
    assert!(first.contains(&made), "{made}");
    let dated = PageOptions { date: Some("1 May".into()), ..PageOptions::default() };
    assert!(written(&fixture.store, &dated).contains("of the store, 1 May."));
}

/// The headings of the page's sections.
fn headings(page: &str) -> Vec<&str> {
    page.split("<h2>").skip(1).map(|part| part.split("</h2>").next().expect("its end")).collect()
}

#[test]
fn sections_with_nothing_in_them_are_left_out_with_a_word() {
    let page = written(&empty().store, &PageOptions::default());
    assert_eq!(headings(&page), ["The store"]);
    for told in [
        "The store has no facts yet. The store has no run yet.",
        "facts by relation: the store has no facts yet; completeness of the integrals: the store has no run yet; experiments: no results were given",
    ] {
        assert!(page.contains(told), "{told}: {page}");
    }
    assert_eq!(pictures(&page).len(), 0);

    let fixture = filled();
    let shape = Shape::new(2, 3).expect("a shape");
    let run = fixture.store.open_run(RunSpec::new("second", "other", shape)).expect("a run");
    let neurons = EntryData::Neurons(vec![Neuron(0)]);
    run.append(Entry { fact: "f1".into(), language: "en".into(), prompt: 0, data: neurons }).expect("an entry");
    drop(fixture.store.open_run(RunSpec::new("third", "other", shape)).expect("a run"));
    let page = written(&fixture.store, &PageOptions::default());
    let expected = [
        "Runs side by side",
        "Run first: toy",
        "Run second: other",
        "Run third: other",
        "What the models know",
        "Facts by relation",
        "Completeness of the integrals",
        "The store",
    ];
    assert_eq!(headings(&page), expected);
    for told in [
        "the run has one language, en.",
        "No residuals are stored of what is shown of second, third",
        "it holds nothing yet.",
        "kn[run=second, lang=en] by layer",
        "layer 0, other, en: 1.0000 (1 pair)",
        "Not on this page: experiments: no results were given (--include).",
    ] {
        assert!(page.contains(told), "{told}: {page}");
    }
    // Language-independent neurons of one run alone are no comparison.
    let (_, beside) = page.split_once("<h2>Runs side by side</h2>").expect("the section");
    let (beside, _) = beside.split_once("</section>").expect("its end");
    assert!(
        beside.contains("<h3>Knowledge neurons by layer</h3>") && !beside.contains("Language-independent"),
        "{beside}"
    );
}

#[test]
fn what_the_models_know_is_left_out_where_it_is_not_known() {
    let fixture = empty();
    let run = fixture.store.open_run(RunSpec::new("first", "toy", Shape::new(2, 3).expect("a shape"))).expect("a run");
    let data = EntryData::Neurons(vec![Neuron(0)]);
    run.append(Entry { fact: "f".into(), language: "en".into(), prompt: 0, data }).expect("an entry");
    let page = written(&fixture.store, &PageOptions::default());
    assert_eq!(headings(&page), ["Run first: toy", "Facts by relation", "The store"]);
    let told = "Not on this page: what the models know: how likely the right objects were is not stored of any run;";
    assert!(page.contains(told), "{page}");
}
