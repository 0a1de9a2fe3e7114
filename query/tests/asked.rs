//! What a query says of itself: the run it is of, and the layers it asks for.

mod toy;

use kndb_query::{Query, Settings, Statement, layers_asked, parse};
use toy::{SHAPE, Toy};

fn query(text: &str) -> Query {
    match parse(text) {
        Ok(Statement::Query(query)) => query,
        other => panic!("{text}: {other:?}"),
    }
}

#[test]
fn a_run_is_written_into_every_source_that_names_none() {
    for (text, expected) in [
        ("kn by layer", Some("kn[run=\"bert, en\"] by layer")),
        (
            "kn[lang=en] & dkn[run=a] - facts[relation=P36] by layer",
            Some("kn[run=\"bert, en\", lang=en] & dkn[run=a] - facts[relation=P36] by layer"),
        ),
        (
            "neurons of kn & neurons(1:*) & neurons of (likn | @a)",
            Some("neurons of kn[run=\"bert, en\"] & neurons(1:*) & neurons of (likn[run=\"bert, en\"] | @a)"),
        ),
        (
            "similarity(kn[run=b], kn[lang=zh]) by relation",
            Some("similarity(kn[run=b], kn[run=\"bert, en\", lang=zh]) by relation"),
        ),
        ("similarity(kn) between lang", Some("similarity(kn[run=\"bert, en\"]) between lang")),
        ("kn[run=b] by layer", None),
        ("facts by relation", None),
        ("@a & neurons(1:*) by layer", None),
    ] {
        let named = query(text).in_run("bert, en").map(|query| query.to_string());
        assert_eq!(named.as_deref(), expected, "{text}");
        if let Some(named) = named {
            assert_eq!(query(&named).to_string(), named, "it can be asked");
        }
    }
}

/// The rows with a run that the session chose are those with the run written down.
#[test]
fn a_run_that_is_written_down_gives_the_rows_of_the_session() {
    let toy = Toy::new();
    for text in ["kn[lang=en] by layer", "similarity(kn[lang=en], kn[lang=zh]) by relation", "dkn by group"] {
        let session = Settings { run: Some("bert, en".into()), ..Settings::default() };
        let expected = toy.run(&session, text).expect("rows");
        let named = query(text).in_run("bert, en").expect("a source without a run").to_string();
        assert_eq!(toy.run(&Settings::default(), &named).expect("rows"), expected, "{named}");
        assert!(!expected.1.is_empty());
    }
}

#[test]
fn all_layers_are_asked_for_by_one_source_without_layers() {
    let toy = Toy::new();
    let asked = |text: &str| {
        let settings = Settings { run: Some("bert, en".into()), ..Settings::default() };
        layers_asked(&toy.store, &settings, &query(text)).expect("a run")
    };
    for text in ["kn by layer", "(kn[lang=en, layer=*]) by layer, relation", "dkn[size=2] by layer", "likn by layer"] {
        assert_eq!(asked(text), Some(SHAPE.layers), "{text}");
    }
    for text in [
        "kn[layer in 9..11] by layer",
        "kn & neurons(9:*) by layer",
        "kn - dkn by layer",
        "@capitals by layer",
        "facts by relation",
        "neurons(1:*) by layer",
        "similarity(kn[lang=en], kn[lang=zh]) by relation",
    ] {
        assert_eq!(asked(text), None, "{text}");
    }
    let unknown = layers_asked(&toy.store, &Settings::default(), &query("kn[run=nobody] by layer"));
    assert!(unknown.is_err_and(|error| error.to_string().contains("nobody")));
}
