//! Names that mean something to a statement, to HTML or to SVG are names on the page, and in the queries on it.

use kndb_report::{Answer, PageOptions, page};
use kndb_storage::{
    Entry, EntryData, FactBatch, FactRow, Group, LayerEvidence, Neuron, RunSpec, ScoreValues, Scores, Shape, Store,
};

const RUN: &str = "my. \"run\" 'one', [a]=b; -- </code><script>alert(1)</script> & \\n";
const SECOND: &str = "a second.run </title><script>alert(2)</script>";
const MODEL: &str = "bert \"base\".v1 <script>alert(3)</script> ]]>";
const LANGUAGES: [&str; 2] = ["zh \"x\".<script>alert(4)</script>", "en, (or) de' </desc>"];
const RELATION: &str = "P 36.\"of\" <script>alert(5)</script>";
const FACT: &str = "f 1.\"x\" <script>alert(6)</script>";

struct Fixture {
    store: Store,
    _folder: tempfile::TempDir,
}

fn fixture() -> Fixture {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let store = Store::create(folder.path().join("store")).expect("a store");
    let row = |language: &str| FactRow {
        id: FACT.into(),
        relation: RELATION.into(),
        language: language.into(),
        subject: "<script>alert(7)</script>".into(),
        object: "\"; drop".into(),
        subject_uri: None,
        object_uri: None,
    };
    let facts = LANGUAGES.map(row).to_vec();
    store.add_facts(FactBatch { facts, ..FactBatch::default() }).expect("facts are added");
    for name in [RUN, SECOND] {
        let spec = RunSpec {
            method: MODEL.into(),
            preset: Some(MODEL.into()),
            parameters: vec![(MODEL.into(), MODEL.into())],
            ..RunSpec::new(name, MODEL, Shape::new(2, 3).expect("a shape"))
        };
        let run = store.open_run(spec).expect("a run");
        for language in LANGUAGES {
            let add = |data| {
                run.append(Entry { fact: FACT.into(), language: language.into(), prompt: 0, data }).expect("an entry");
            };
            let values = ScoreValues::Dense(vec![0.0, 0.9, 0.0, 1.0, 0.0, 0.0]);
            let evidence = vec![LayerEvidence { probability: 0.75, baseline: 0.25, residual: 0.125 }; 2];
            add(EntryData::Scores(Scores { values, evidence, origin: None }));
            add(EntryData::Groups(vec![Group { neurons: vec![Neuron(1), Neuron(3)], evidence: None }]));
        }
    }
    Fixture { store, _folder: folder }
}

/// Text as a reader sees it.
fn read(markup: &str) -> String {
    markup.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&#39;", "'").replace("&amp;", "&")
}

/// The inside of each element of this name that has no attributes.
fn inside<'a>(page: &'a str, name: &str) -> Vec<&'a str> {
    let (open, close) = (format!("<{name}>"), format!("</{name}>"));
    page.split(&open).skip(1).map(|part| part.split(&close).next().unwrap_or_default()).collect()
}

#[test]
fn every_query_of_the_page_can_be_asked_whatever_names_are_in_it() {
    let fixture = fixture();
    let page = page(&fixture.store, &PageOptions::default()).expect("a page");
    let queries: Vec<String> = inside(&page, "code").into_iter().map(read).collect();
    for name in [RUN, SECOND] {
        let of_run = |query: &&String| query.contains(&kndb_run(name));
        assert!(queries.iter().filter(of_run).count() >= 10, "{name}: {queries:?}");
    }
    for query in &queries {
        let answer = Answer::of(&fixture.store, query).unwrap_or_else(|error| panic!("{query}: {error}"));
        assert!(!answer.rows.is_empty(), "{query}");
    }
    assert!(!page.contains("Not drawn: ") && !page.contains("Not answered: "), "{page}");
    for name in [RUN, SECOND, MODEL, RELATION, LANGUAGES[0], LANGUAGES[1]] {
        assert!(read(&page).contains(name), "{name} is shown as it is");
    }
}

/// `run=` as a statement has it.
fn kndb_run(name: &str) -> String {
    format!("run=\"{}\"", name.replace('\\', "\\\\").replace('"', "\\\""))
}

#[test]
fn no_name_becomes_an_element() {
    let fixture = fixture();
    let page = page(&fixture.store, &PageOptions::default()).expect("a page");
    assert!(!page.contains("<script"), "{page}");
    let starts: Vec<usize> = page.match_indices("<svg").map(|(at, _)| at).collect();
    // Two runs with kn, likn, overlap, heat map, dkn and p; kn, likn and dkn side by side: for wide pages and for narrow ones.
    assert_eq!(starts.len(), 2 * 15);
    let known = ["svg", "title", "desc", "g", "rect", "line", "text", "path", "tspan"];
    for start in starts {
        let svg = page[start..].split_inclusive("</svg>").next().expect("its end");
        let tree = roxmltree::Document::parse(svg).expect("an SVG is XML");
        for element in tree.descendants().filter(roxmltree::Node::is_element) {
            assert!(known.contains(&element.tag_name().name()), "{:?}", element.tag_name());
        }
        let texts: String = tree.descendants().filter_map(|node| node.text()).collect();
        assert!(texts.contains(MODEL) || texts.contains(RUN), "names are text: {texts}");
    }
}
