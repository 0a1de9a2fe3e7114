//! `top n` that parts rows of equal measures: which are shown is documented, and that there are others is told.

mod toy;

use kndb_query::Settings;
use toy::Toy;

fn settings() -> Settings {
    Settings { run: Some("bert, en".into()), ..Settings::default() }
}

/// The keys in which the last row that is shown equals one that is not, where a note says so.
fn equal_in(toy: &Toy, text: &str) -> Option<String> {
    let notes = toy.notes(&settings(), text);
    let note = notes.iter().find(|note| note.contains(" leaves out rows that are equal to the last one in "))?;
    assert!(note.starts_with("`top ") && note.ends_with("are shown"), "{note}");
    Some(note.split(" in ").nth(1)?.split(": ").next()?.to_owned())
}

#[test]
fn rows_of_every_kind_tell_of_equals_that_are_left_out() {
    let toy = Toy::new();
    for (text, expected) in [
        // 9:852 has 16 facts, 3:1 has 8, all others one.
        ("kn[lang=en] by neuron top 3", Some("`pairs`")),
        ("kn[lang=en] by neuron top 2", None),
        ("kn[lang=en] by neuron order by neurons, facts top 3", Some("`neurons`, `facts`")),
        ("kn[lang=en] by neuron having facts = 1 top 1", Some("`pairs`")),
        ("kn[lang=en] by neuron against chance order by p_chance top 3", Some("`p_chance`")),
        // Layers 7, 9 and 11 have 16 pairs each, layer 3 has 8.
        ("kn[lang=en] by layer top 1", Some("`pairs`")),
        ("kn[lang=en] by layer top 3", None),
        ("kn[lang=en] by layer order by pairs asc top 1", None),
        ("kn[lang=en] by layer top 100", None),
        // Facts of odd numbers have four neurons, the others three.
        ("kn[lang=en] by fact top 2", Some("`pairs`")),
        ("kn[lang=en] by fact top 8", None),
        ("kn[lang=en] by fact top 9", Some("`pairs`")),
        ("kn[lang=en] by fact, layer order by fact, pairs top 1", Some("`fact`, `pairs`")),
        ("kn[lang=en] by fact, neuron order by score top 16", None),
        ("kn[lang=en] by fact, neuron order by score top 15", Some("`score`")),
        ("kn[lang=en] by size order by neurons top 1", None),
        // Of each language and layer.
        ("kn[lang in (en, de)] by lang, layer top 3", None),
        ("kn[lang in (en, de)] by lang, layer top 2", Some("`pairs`")),
        // A list of pairs, ordered by their scores where nothing else is said.
        ("kn[lang=en] top 16", None),
        ("kn[lang=en] top 17", Some("`score`")),
        ("kn[lang=en] order by score, layer top 14", Some("`score`, `layer`")),
        ("kn[lang=en] order by score, fact top 14", None),
        // Two facts about France, two about Germany.
        ("facts by subject top 1", Some("`facts`")),
        ("facts by subject top 2", None),
        ("neurons(7..8:1) by layer top 1", Some("`neurons`")),
        ("dkn[lang=en] by group top 2", None),
        ("similarity(kn[lang=en], kn[lang=de]) by fact order by facts top 1", Some("`facts`")),
        ("similarity(kn[lang=en]) between relation top 1", None),
        ("entries[lang=en] by relation order by correct top 1", Some("`correct`")),
        ("entries[lang=en] order by tokens top 1", Some("`tokens`")),
        // What is in a set is decided, too.
        ("(kn[lang=en] by neuron top 3) by layer", Some("`pairs`")),
        ("(kn[lang=en] order by score top 17) by layer", Some("`score`")),
        ("facts of (entries[lang=en] order by kept top 1)", Some("`kept`")),
        // Names alone: that others follow is no news.
        ("kn[lang=en] order by layer top 1", None),
        ("kn[lang=en] by fact, neuron order by fact top 1", None),
        ("facts order by relation top 1", None),
        ("facts top 1", None),
        ("likn[lang in (en, zh)] top 1", None),
    ] {
        assert_eq!(equal_in(&toy, text).as_deref(), expected, "{text}");
    }
}

#[test]
fn equals_come_by_their_dimensions_the_least_first() {
    let toy = Toy::new();
    let first = |text: &str| {
        let (_, rows) = toy.run(&settings(), text).expect(text);
        rows.lines().skip(1).map(|row| row.split(" | ").take(2).collect::<Vec<_>>().join(":")).collect::<Vec<_>>()
    };
    assert_eq!(first("kn[lang=en] by neuron top 5"), ["9:852", "3:1", "7:0", "7:1", "7:2"]);
    assert_eq!(first("kn[lang in (en, de)] by lang, layer top 3"), ["en:7", "en:9", "en:11"]);
    assert_eq!(first("kn[lang in (en, de)] by layer, lang top 3"), ["7:en", "9:en", "11:en"]);
    assert_eq!(first("neurons(8:1) | neurons(7:3..4) by neuron top 2"), ["7:3", "7:4"]);
}

/// Rows that do not fit into memory at once are found in several passes.
#[test]
fn a_small_memory_changes_nothing() {
    let toy = Toy::new();
    let small = Settings { memory: Some(1), ..settings() };
    for (top, told) in [(40, true), (16, false), (31, true)] {
        let text = format!("kn[lang=en] order by score top {top}");
        let notes = toy.notes(&small, &text);
        assert_eq!(notes.iter().any(|note| note.contains("equal to the last one")), told, "{text}: {notes:?}");
    }
}
