//! The page of small stores whose numbers are worked out by hand.

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

#[test]
fn the_page_begins_with_what_stands_out_in_words() {
    let page = written(&filled().store, &PageOptions::default());
    let text = plain(&page).replace('\u{1f}', "");
    let (overview, _) = text.split_once("Made by kndb").expect("how it was made");
    // By hand: in English 2 + 2 + 1 pairs, two more in Chinese, of which 0:1 of f1 is the same; layer 1 has five of the six.
    for told in [
        "The store holds 3 facts of 1 relation, with labels in 1 language (en), and 1 run.",
        "first: toy (2 layers × 3 neurons) by imported, 4 entries in en and zh. 83.3 % of the knowledge neurons (5 of 6 pairs) are in layer 1.",
        " 100.0 % of the language-independent neurons (1 of 1 pair) are in layer 0.",
        " 50.0 % of the degenerate neurons (1 of 2 pairs) are in layer",
    ] {
        assert!(overview.contains(told), "{told}: {overview}");
    }
}

#[test]
fn figures_come_before_tables_and_each_has_its_numbers_as_a_table() {
    let page = written(&filled().store, &PageOptions::default());
    let (_, run) = page.split_once("<h2>Run first: toy</h2>").expect("the run");
    let (run, _) = run.split_once("</section>").expect("its end");
    let last_figure = run.rfind("</figure>").expect("figures");
    let first_table = run.find("<details class=\"part\"").expect("tables");
    assert!(last_figure < first_table, "figures first");
    for figure in run.split("<figure>").skip(1) {
        let (figure, _) = figure.split_once("</figure>").expect("its end");
        let svg = figure.find("<svg").expect("a picture");
        let numbers = figure.find("<summary>Numbers</summary>").expect("its numbers");
        let query = figure.find("<code>").expect("its query");
        assert!(svg < numbers && numbers < query, "{figure}");
    }
    // The numbers of the first figure, cell by cell.
    let text = plain(run);
    let row = ["0", "0.2000 (1 pair)", "0.5000 (1 pair)"].join("\u{1f}\u{1f}");
    assert!(text.contains(&row), "{text}");
}

#[test]
fn tables_say_to_those_who_hear_them_what_they_are() {
    let page = written(&filled().store, &PageOptions::default());
    let tables: Vec<&str> =
        page.split("<table").skip(1).map(|part| part.split("</table>").next().expect("its end")).collect();
    assert!(tables.len() > 10, "{}", tables.len());
    for table in &tables {
        let caption = table.split_once("<caption class=\"heard\">").expect("a caption").1;
        assert!(!caption.starts_with("</caption>"), "{table}");
        let (_, body) = table.split_once("<tbody>").expect("rows");
        let rows = body.matches("<tr>").count();
        assert_eq!(body.matches("<tr><th scope=\"row\"").count(), rows, "each row begins with what it is: {table}");
        assert!(table.matches("<th scope=\"col\"").count() >= 1 || table.contains("class=\"pairs\""), "{table}");
        assert!(!table.contains("<th scope=\"col\"></th>"), "no header is empty: {table}");
    }
    let scrolls = page.matches("class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"").count();
    assert_eq!(scrolls, tables.len(), "whatever scrolls is reached by keys");
}

#[test]
fn long_tables_are_folded_and_short_ones_open() {
    let fixture = empty();
    let shape = Shape::new(2, 20).expect("a shape");
    let run = fixture.store.open_run(RunSpec::new("first", "toy", shape)).expect("a run");
    let data = EntryData::Neurons((0..13).map(Neuron).collect());
    run.append(Entry { fact: "f".into(), language: "en".into(), prompt: 0, data }).expect("an entry");
    let page = written(&fixture.store, &PageOptions::default());
    assert!(
        page.contains("<details class=\"part\"><summary>Neurons that most facts use (13 rows)</summary>"),
        "{page}"
    );
    assert!(page.contains("<details class=\"part\" open><summary>Knowledge neurons by relation</summary>"), "{page}");
}

#[test]
fn a_phone_has_pictures_of_its_width_and_they_say_the_same() {
    let page = page(&filled().store, &PageOptions::default()).expect("a page");
    let of = |class: &str| {
        let begin = format!("<div class=\"picture {class}\"");
        let parts = page.split(&begin).skip(1);
        parts.map(|part| part.split_once("</svg>").expect("its end").0).collect::<Vec<_>>()
    };
    let (wide, narrow) = (of("wide"), of("narrow"));
    assert_eq!((wide.len(), narrow.len()), (6, 6));
    for (wide, narrow) in wide.iter().zip(narrow) {
        assert!(narrow.contains(" width=\"330\""), "{narrow}");
        let numbers = |svg: &str| svg.matches("<title>").count();
        assert_eq!(numbers(wide), numbers(narrow), "each bar and cell is in both");
    }
    assert!(
        page.contains("@media screen and (max-width: 40rem) { .wide { display: none; } .narrow { display: block; } }")
    );
}

#[test]
fn no_element_of_the_page_has_a_style_of_its_own() {
    let page = written(&filled().store, &PageOptions::default());
    assert_eq!((page.matches("<style>").count(), page.matches(" style=").count()), (1, 0));
    assert!(
        page.contains("@media screen and (prefers-color-scheme:dark){.kndb-figure .k-paper{fill:#17171a}"),
        "figures are dark where the page is"
    );
}

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

/// The shape of what `kndb edit-study` writes.
const STUDY: &str = r#"{
  "options": {"run": "first", "seed": 18446744073709551615, "languages": ["en", "zh"]},
  "model": "toy <b>",
  "statements": [{"text": "likn[lang in (en, zh)]", "rows": 7}],
  "cells": [
    {"method": "LIKN", "all": {"rate": {"value": 2.359001, "interval": {"low": 1.5, "high": null}}, "draws": 3}},
    {"method": "random", "all": {"rate": {"value": null, "interval": null}}, "stable": true}
  ],
  "languages": [{"language": "en", "overall": [{"f1": 0.541}], "left_out": [["no template", 3]]}]
}"#;

#[test]
fn results_of_experiments_become_tables_in_the_order_of_their_fields() {
    let experiment = Experiment::read("study.json", STUDY).expect("JSON");
    let text = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
    let table = |columns: &[&str], rows: &[&[&str]]| Block::Table {
        columns: text(columns),
        rows: rows.iter().map(|row| text(row)).collect(),
    };
    let values = |values: &[(&str, &str)]| {
        Block::Values(values.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
    };
    let heading = |text: &str| Block::Heading(text.into());
    assert_eq!(
        experiment.blocks,
        [
            Block::Note("Fractions are rounded to five digits here; the file has all of them.".into()),
            values(&[
                ("options.run", "first"),
                ("options.seed", "18446744073709551615"),
                ("options.languages", "en, zh"),
                ("model", "toy <b>"),
            ]),
            heading("statements"),
            table(&["text", "rows"], &[&["likn[lang in (en, zh)]", "7"]]),
            heading("cells"),
            table(
                &["method", "all.rate", "all.draws", "stable"],
                &[&["LIKN", "2.359 [1.5, ∞]", "3", "–"], &["random", "–", "–", "yes"],]
            ),
            heading("languages.en"),
            values(&[("language", "en")]),
            heading("languages.en.overall"),
            table(&["f1"], &[&["0.541"]]),
            heading("languages.en.left_out"),
            table(&["1", "2"], &[&["no template", "3"]]),
        ]
    );
    let options = PageOptions { experiments: vec![experiment], ..PageOptions::default() };
    let page = written(&empty().store, &options);
    for shown in ["<h3>study.json</h3>", "toy &lt;b&gt;", "2.359 [1.5, ∞]", "<h4>languages.en.overall</h4>"] {
        assert!(page.contains(shown), "{shown}: {page}");
    }
}

#[test]
fn long_tables_are_counted_and_text_is_shown_as_it_is() {
    let rows: Vec<String> = (0..61).map(|row| format!("{{\"row\": {row}}}")).collect();
    let long = Experiment::read("rows.JSON", &format!("[{}]", rows.join(","))).expect("JSON");
    assert_eq!(long.blocks, [Block::Note("61 rows, in the file alone.".into())]);
    let text = Experiment::read("table.txt", " a | b\n 1 | <2>\n\n").expect("text");
    let options = PageOptions { experiments: vec![text], ..PageOptions::default() };
    assert!(
        written(&empty().store, &options).contains("<pre class=\"text\" tabindex=\"0\"> a | b\n 1 | &lt;2&gt;</pre>")
    );
    let refused = Experiment::read("broken.json", "{\"a\": ").expect_err("no JSON").to_string();
    assert!(refused.starts_with("\"broken.json\" cannot be included: EOF while parsing"), "{refused}");
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
fn wide_tables_of_results_are_broken_into_parts_that_begin_with_the_names() {
    let fields: Vec<String> = (0..20).map(|at| format!("\"value_{at}\": {at}")).collect();
    let row = |method: &str| format!("{{\"language\": \"en\", \"method\": \"{method}\", {}}}", fields.join(", "));
    let json = format!("[{}, {}]", row("LIKN"), row("random"));
    let experiment = Experiment::read("study.json", &json).expect("JSON");
    let options = PageOptions { experiments: vec![experiment], ..PageOptions::default() };
    let page = written(&empty().store, &options);
    let (_, tables) = page.split_once("<h3>study.json</h3>").expect("the result");
    let (tables, _) = tables.split_once("</section>").expect("its end");
    let heads: Vec<Vec<String>> = tables
        .split("<thead>")
        .skip(1)
        .map(|table| {
            let (head, rows) = table.split_once("</thead>").expect("its end");
            assert_eq!(rows.matches(">LIKN<").count(), 1, "{rows}");
            let cells = head.split("</th>").map(|cell| plain(cell).replace('\u{1f}', ""));
            cells.filter(|cell| !cell.is_empty()).collect()
        })
        .collect();
    let expected = |from: usize, to: usize| {
        ["language", "method"].map(str::to_owned).into_iter().chain((from..to).map(|at| format!("value_{at}")))
    };
    let expected: Vec<Vec<String>> =
        [(0, 6), (6, 12), (12, 18), (18, 20)].map(|(from, to)| expected(from, to).collect()).to_vec();
    assert_eq!(heads, expected);
    assert!(tables.contains("value_<wbr>19"), "long names may be broken");
    for at in 0..20 {
        assert_eq!(tables.matches(&format!(">{at}</td>")).count(), 2, "each value once a row: {at}");
    }
}

#[test]
fn the_table_of_runs_has_no_more_columns_than_fit_and_state_is_among_them() {
    let page = written(&filled().store, &PageOptions::default());
    let (_, table) = page.split_once("<summary>Runs</summary>").expect("the table");
    let (head, _) = table.split_once("</thead>").expect("its head");
    assert!(head.matches("<th ").count() <= 8 && head.contains(">state</th>"), "{head}");
}
