//! Languages beside each other.

use crate::answers::{answered, many, table};
use crate::served::{Served, stores};

#[test]
fn the_similarity_its_chance_and_the_facts_are_those_worked_out_by_hand() {
    let made = stores::capitals();
    let page = Served::of(&[&made.path]).page("/languages?tau=0.2");
    // France: {0:1, 1:2} and {0:1, 1:3}, 1/3; Germany: {1:2} twice, 1. Spain is in English alone.
    // By chance France has 1/4 + 1/4 in common, Germany 1/4: (0.5/3.5 + 0.25/1.75) / 2 = 1/7.
    // Two or more of three hits of 1/4 each: 10/64.
    let rows = table(&page, "Each two languages");
    assert_eq!(rows.len(), 1);
    let [left, right, similarity, expected, p, _, facts, unpaired] = rows[0].as_slice() else { panic!("{rows:?}") };
    let near = |text: &str, value: f64| (text.parse::<f64>().expect("a number") - value).abs() < 1e-12;
    assert_eq!([left.as_str(), right, facts, unpaired], ["en", "zh", "2", "1"]);
    assert!(near(similarity, 2.0 / 3.0) && near(expected, 1.0 / 7.0) && near(p, 10.0 / 64.0), "{rows:?}");
    let matrix = table(&page, "Languages of ig");
    assert_eq!(matrix[0], ["en", "itself", similarity], "{matrix:?}");
    assert_eq!(matrix[1], ["zh", similarity.as_str(), "itself"], "{matrix:?}");
    assert!(page.contains("expected </span>0.1429</small>"), "chance stands beside it: {page}");
    assert!(page.contains("href=\"/languages?tau=0.2&amp;a=en&amp;b=zh\""), "a cell leads to the two: {page}");
}

#[test]
fn matrix_and_table_have_what_the_statement_answers() {
    let made = many();
    let served = Served::of(&[&made.path]);
    for (address, statement) in [
        ("/languages", "similarity(kn) between lang"),
        ("/languages?tau=0.6", "similarity(kn[tau=0.6]) between lang"),
        ("/languages?lang=fr&lang=zh&tau=0.25", "similarity(kn[lang in (fr, zh), tau=0.25]) between lang"),
    ] {
        let page = served.page(address);
        assert_eq!(table(&page, "Each two languages"), answered(&made.store, statement).rows, "{address}");
        assert!(page.contains(&format!("<code>{statement}</code>")), "{address}: {page}");
    }
}

#[test]
fn two_languages_have_a_page_of_their_own() {
    let made = many();
    let served = Served::of(&[&made.path]);
    let (en, zh) = ("kn[lang=en, tau=0.5]", "kn[lang=zh, tau=0.5]");
    for (show, caption, statement) in [
        ("", "How alike they are, by relation", format!("similarity({en}, {zh}) by relation")),
        ("relations", "How alike they are, by relation", format!("similarity({en}, {zh}) by relation")),
        ("layers", "How alike they are, by layer", format!("similarity({en}, {zh}) by layer")),
        ("neurons", "Neurons that most facts have in both", format!("{en} & {zh} by neuron order by facts top 20")),
        (
            "facts",
            "Facts that are most alike",
            format!("similarity({en}, {zh}) by fact, subject, object order by similarity top 20"),
        ),
    ] {
        let page = served.page(&format!("/languages?a=en&b=zh&tau=0.5&show={show}"));
        let mut rows = answered(&made.store, &statement).rows;
        if caption.ends_with("relation") {
            // As people read them.
            let named = |id: &str| if id == "P36" { "P36 (capital)" } else { "P37 (official language)" };
            rows.iter_mut().for_each(|row| row[0] = named(&row[0]).into());
        }
        assert!(!rows.is_empty(), "{statement}");
        assert_eq!(table(&page, caption), rows, "{caption}");
        assert!(page.contains("aria-current=\"true\"><bdi>"), "what is shown is marked: {page}");
    }
    let page = served.page("/languages?a=en&b=zh&show=neurons");
    assert!(page.contains("<a href=\"/neuron/ig/"), "neurons lead to their pages: {page}");
    for (address, said) in [
        ("/languages?a=en&b=zh&show=x", "relations, layers, neurons, facts"),
        ("/languages?a=en&b=en", "another language than en"),
        ("/languages?a=en&b=xx", "one of en, fr, zh"),
    ] {
        let response = served.get(address);
        assert_eq!(response.status, 400, "{address}");
        assert!(response.text().contains(said), "{}", response.text());
    }
}

#[test]
fn neurons_of_one_language_alone_are_those_seen_in_the_scores() {
    let made = stores::capitals();
    let page = Served::of(&[&made.path]).page("/languages?a=en&b=zh&show=neurons&tau=0.2");
    // en has 0:0, 0:1 and 1:2 of any fact, zh has 0:1, 1:2 and 1:3.
    let row = |cells: [&str; 3]| vec![cells.map(str::to_owned).to_vec()];
    assert_eq!(table(&page, "Neurons of any fact in en, and of none in zh"), row(["0", "1", "1.0"]));
    assert_eq!(table(&page, "Neurons of any fact in zh, and of none in en"), row(["1", "1", "1.0"]));
    let both = table(&page, "Neurons that most facts have in both");
    let neurons: Vec<_> = both.iter().map(|row| (row[0].as_str(), row[1].as_str(), row[3].as_str())).collect();
    assert_eq!(neurons, [("0", "1", "1"), ("1", "2", "1")], "0:1 of France, 1:2 of Germany");
}

#[test]
fn one_language_and_no_run_are_said_in_words() {
    let made = stores::wide(3);
    assert!(Served::of(&[&made.path]).page("/languages").contains("There is one language, en: two are needed"));
    let new = stores::empty("new");
    assert!(Served::of(&[&new.path]).page("/languages").contains("No run has scores or sets of neurons yet"));
}
