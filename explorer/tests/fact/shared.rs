//! What languages share: exact counts, each with a statement that has as many rows.

use crate::reading::{ask, is_sound, section, statement, table_of};
use crate::served::Served;
use crate::toy::{Toy, id};

/// Rows of the list of regions, and the pairs that the statement behind each number answers.
fn regions(toy: &Toy, served: &Served, address: &str) -> Vec<(String, usize)> {
    let page = served.page(address);
    is_sound(&page);
    let table = table_of(section(&page, "shared"), "Each of the neurons counts in one row");
    let mut found = Vec::new();
    for (row, links) in table.body().iter().zip(&table.links[1..]) {
        let text = statement(&links[0]).expect("a statement");
        let pairs = ask(&toy.store, &text).len();
        assert_eq!(row[1], pairs.to_string(), "{text}");
        found.push((row[0].clone(), pairs));
    }
    found
}

fn owned(expected: &[(&str, usize)]) -> Vec<(String, usize)> {
    expected.iter().map(|(name, count)| ((*name).to_owned(), *count)).collect()
}

#[test]
fn two_languages_are_a_diagram_of_three_numbers() {
    let toy = Toy::new();
    let served = Served::of(&[toy.store.path()]);
    let address = format!("/fact/{}?lang=en&lang=zh", id(0));
    assert_eq!(regions(&toy, &served, &address), owned(&[("en only", 1), ("zh only", 1), ("en and zh", 2)]));
    let page = served.page(&address);
    assert!(page.contains("aria-label=\"Set diagram: en only 1; zh only 1; en and zh 2\""), "{page}");
    assert!(page.contains(">en: 3</text>") && page.contains(">zh: 3</text>"), "{page}");
    // Half of the maximum is equal to 7:0 in English, and more is asked.
    let address = format!("{address}&tau=0.5");
    assert_eq!(regions(&toy, &served, &address), owned(&[("en only", 0), ("zh only", 1), ("en and zh", 1)]));
}

#[test]
fn three_languages_are_a_diagram_of_seven_numbers_whatever_their_prompts() {
    let toy = Toy::new();
    let served = Served::of(&[toy.store.path()]);
    let address = format!("/fact/{}?lang=en&lang=zh&lang=fr", id(0));
    let expected = [
        ("en only", 1),
        ("zh only", 1),
        ("fr only", 2),
        ("en and zh", 1),
        ("en and fr", 0),
        ("zh and fr", 0),
        ("en, zh and fr", 1),
    ];
    assert_eq!(regions(&toy, &served, &address), owned(&expected));
    let page = served.page(&address);
    assert!(page.contains("zh only 1; fr only 2; en and zh 1; en and fr 0; zh and fr 0; en, zh and fr 1\""), "{page}");
    assert!(page.contains("of several prompts the highest score"), "{page}");
}

#[test]
fn more_languages_are_a_list_with_the_largest_combination_first() {
    let toy = Toy::new();
    let served = Served::of(&[toy.store.path()]);
    let address = format!("/fact/{}", id(0));
    let mut found = regions(&toy, &served, &address);
    assert!(found.is_sorted_by_key(|(_, count)| std::cmp::Reverse(*count)), "{found:?}");
    found.sort();
    let mut expected = owned(&[
        ("en, zh, de and fr", 1),
        ("en, zh and de", 1),
        ("en only", 1),
        ("zh only", 1),
        ("fr only", 2),
        ("zh-classical only", 2),
    ]);
    expected.sort();
    assert_eq!(found, expected);
    assert!(!served.page(&address).contains("class=\"venn\""));
}

#[test]
fn languages_are_chosen_by_links_and_boxes_and_a_wrong_one_is_named() {
    let toy = Toy::new();
    let served = Served::of(&[toy.store.path()]);
    let page = served.page(&format!("/fact/{}?lang=zh", id(0)));
    let table = table_of(&page, "Neurons and their scores");
    assert_eq!(table.rows[0][..2], ["neuron", "zh"], "the one that is named comes first");
    assert!(page.contains("<h1 dir=\"auto\"><bdi lang=\"zh\">法国</bdi>"), "{page}");
    let page = served.page(&format!("/fact/{}?lang=fr&lang=de", id(0)));
    assert_eq!(table_of(&page, "Neurons and their scores").rows[0], ["neuron", "fr", "de", "languages"]);
    assert!(
        page.contains("name=\"lang\" value=\"fr\" checked") && page.contains("name=\"lang\" value=\"en\">"),
        "{page}"
    );
    let page = served.get(&format!("/fact/{}?lang=fi", id(0)));
    assert_eq!(page.status, 400);
    assert!(page.text().contains("a language of the store"), "{}", page.text());
}
