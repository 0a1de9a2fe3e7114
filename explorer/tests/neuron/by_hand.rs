//! The neuron that all facts of the toy have, and one that few have.

use crate::reading::{ask, is_sound, links, section, statements, table_of, tables, text};
use crate::served::{Served, stores};
use crate::toy::{Toy, id};

const EVERYWHERE: &str = "/neuron/bert%2C%20en/9:852";

#[test]
fn it_is_told_how_many_facts_use_it_by_language_and_relation() {
    let toy = Toy::new();
    let page = Served::of(&[toy.store.path()]).page(EVERYWHERE);
    is_sound(&page);
    assert!(page.contains("<h1 dir=\"auto\">Neuron 9:852</h1>"), "{page}");
    let used = section(&page, "used");
    let told = "It is a knowledge neuron of 16 facts in en, 14 facts in zh, 4 facts in de and 3 facts in fr.";
    assert!(text(used).contains(told), "{used}");
    let table = table_of(used, "Facts that use it");
    assert_eq!(table.rows[0], ["relation", "lang", "facts", "share"]);
    let of = |relation: &str, language: &str| {
        let rows = table.body().iter().filter(|row| row[0] == relation && row[1] == language);
        rows.map(|row| row[2].clone()).collect::<Vec<_>>()
    };
    assert_eq!(of("P36 (capital)", "en"), ["12"]);
    assert_eq!(of("P37 (official language)", "en"), ["3"]);
    assert_eq!(of("P37 (official language)", "zh"), ["2"]);
    // The last fact has no relation.
    assert_eq!(of("–", "en"), ["1"]);
    assert!(table.links[1].iter().any(|link| link == "/relation/P36"), "{table:?}");
}

#[test]
fn the_facts_are_listed_with_their_scores_in_the_language_that_is_looked_at() {
    let toy = Toy::new();
    let served = Served::of(&[toy.store.path()]);
    let page = served.page(EVERYWHERE);
    let table = table_of(&page, "Facts that use it in en");
    assert_eq!(table.rows[0], ["fact", "relation", "subject", "object", "score"]);
    assert_eq!(table.body().len(), 16);
    assert_eq!(table.body()[0], [id(0).as_str(), "P36 (capital)", "France", "Paris", "1.0000"]);
    assert_eq!(table.links[1], [format!("/fact/{}", id(0)), "/relation/P36".to_owned()]);
    // In Chinese the labels are Chinese, and 14 facts have it.
    let page = served.page(&format!("{EVERYWHERE}?lang=zh"));
    let table = table_of(&page, "Facts that use it in zh");
    assert_eq!(table.body().len(), 14);
    assert_eq!(table.body()[0][2..], ["法国", "巴黎", "0.8000"]);
    // Of several prompts each has a row: 8:7 was found with the second alone.
    let page = served.page("/neuron/bert%2C%20en/8:7");
    let table = table_of(&page, "Facts that use it in fr");
    assert_eq!(table.rows[0], ["fact", "relation", "subject", "object", "prompt", "score"]);
    assert_eq!(table.column("prompt"), ["1", "1", "1"]);
    assert_eq!(table.column("score"), ["0.9000", "0.9000", "0.9000"]);
}

#[test]
fn chance_is_that_of_one_neuron_of_a_thousand_a_fact() {
    let toy = Toy::new();
    let page = Served::of(&[toy.store.path()]).page(EVERYWHERE);
    let chance = section(&page, "chance");
    let table = table_of(chance, "Its number of facts");
    assert_eq!(table.rows[0], ["among", "facts", "of", "frequency", "p", "fdr, at most"]);
    // Each fact has one neuron of the layer's 1,000: that 16 of 16 have this one is 1000^-16. Over 12,000 neurons, of which none other is as
    // unlikely, the rate is 12,000 times that.
    assert_eq!(table.body()[0], ["all facts", "16", "16", "1.0000", "1.0e-48", "1.2e-44"]);
    assert_eq!(table.body()[1], ["P36 (capital)", "12", "12", "1.0000", "1.0e-36", "1.2e-32"]);
    assert_eq!(table.body()[2], ["P37 (official language)", "3", "3", "1.0000", "1.0e-9", "1.2e-5"]);
    assert_eq!(table.body().len(), 3, "facts without a relation have no row of their own");
    let whole = "kn[run=\"bert, en\", lang=en] by neuron against chance having layer = 9 and neuron = 852";
    assert!(statements(chance).iter().any(|statement| statement == whole), "{chance}");
    let rate: f64 = ask(&toy.store, whole)[0].last().expect("a rate").parse().expect("a number");
    assert!((rate / 1.2e-44 - 1.0).abs() < 1e-9, "of all layers it is no other here: {rate}");
}

#[test]
fn partners_are_the_neurons_of_the_same_facts_by_jaccard() {
    let toy = Toy::new();
    let served = Served::of(&[toy.store.path()]);
    // 7:0 is France's in English; so is 11:500, and 9:852 is that of 15 other facts, too.
    let page = served.page("/neuron/bert%2C%20en/7:0?lang=en");
    is_sound(&page);
    let partners = section(&page, "partners");
    let table = table_of(partners, "Nearest neurons");
    assert_eq!(table.body(), [["11:500", "1", "1", "1.0000"], ["9:852", "1", "16", "0.0625"]]);
    assert_eq!(table.links[1], ["/neuron/bert%2C%20en/11:500?lang=en"]);
    let layers = table_of(partners, "The other neurons of its facts in en, by layer");
    assert_eq!(layers.column("layer"), ["9", "11"]);
    assert_eq!(layers.column("facts"), ["1", "1"]);
    assert!(!partners.contains("one of fewer facts may be as near"), "all were compared");
    // 11:510 is of seven Chinese facts that have another, too, and of seven that do not; 9:852 of all fourteen.
    let page = served.page("/neuron/bert%2C%20en/11:510?lang=zh");
    let table = table_of(&page, "Nearest neurons");
    assert_eq!(table.body()[0], ["9:852", "14", "14", "1.0000"]);
    assert_eq!(table.body()[1][1..], ["1", "1", "0.0714"]);
}

#[test]
fn a_threshold_chooses_the_facts() {
    let made = stores::capitals();
    let served = Served::of(&[&made.path]);
    let counts = |address: &str| {
        let page = served.page(address);
        is_sound(&page);
        text(section(&page, "used"))
    };
    assert!(counts("/neuron/ig/1:2").contains("2 facts in en and 1 fact in zh."));
    // 0.6 is two thirds of France's highest score, and Germany's is its own.
    assert!(counts("/neuron/ig/1:2?tau=0.7").contains("1 fact in en and 1 fact in zh."));
    let page = served.page("/neuron/ig/1:2?tau=0.7");
    assert_eq!(table_of(&page, "Facts that use it in en").column("subject"), ["Germany"]);
    assert!(links(&page).iter().any(|link| link == "/neuron/ig/1:2?tau=0.7&lang=zh"), "{page}");
    let page = served.page("/neuron/ig/1:2?tau=0.001");
    is_sound(&page);
    assert_eq!(page.matches("keeps scores ≥ 0.01·max").count(), 1, "{page}");
}

#[test]
fn other_runs_and_groups_are_told_where_there_are_any() {
    let toy = Toy::new();
    let served = Served::of(&[toy.store.path()]);
    let page = served.page(EVERYWHERE);
    let runs = section(&page, "elsewhere");
    let table = table_of(runs, "Facts that use it in other runs");
    assert_eq!(table.body(), [["bert-zh", "zh", "3"]]);
    assert!(links(runs).contains(&"/neuron/bert-zh/9:852".to_owned()), "{runs}");
    let groups = section(&page, "groups");
    let found = tables(groups);
    assert_eq!(found.len(), 2);
    assert_eq!(found[0].column("group"), ["7:0, 9:852", "3:1, 7:1, 9:852"]);
    assert_eq!(found[0].column("facts"), ["3", "1"]);
    // The search qualifies France's, Germany's, and the three of fact 1; its group without 9:852 is of another neuron.
    assert_eq!(found[1].column("group"), ["7:0, 9:852", "3:1, 7:1, 9:852"]);
    assert_eq!(found[1].column("facts"), ["2", "1"]);
    assert_eq!(found[1].column("p"), ["0.6000", "0.5000"]);
    // Of a run of its own there is none, and of groups neither.
    let made = stores::capitals();
    let page = Served::of(&[&made.path]).page("/neuron/ig/1:2");
    assert!(!page.contains("In other runs of the model") && !page.contains("Degenerate groups"), "{page}");
}

#[test]
fn every_statement_of_a_page_can_be_asked() {
    let toy = Toy::new();
    let served = Served::of(&[toy.store.path()]);
    for address in [
        EVERYWHERE,
        "/neuron/bert-zh/5:5?tau=0.5",
        "/neuron/bert%2C%20en/8:7",
        "/neuron/search/7:0",
        "/neuron/bert-zh/0:0",
    ] {
        let page = served.page(address);
        is_sound(&page);
        assert!(!page.contains("class=\"problem\""), "{address}: {page}");
        let all = statements(&page);
        assert!(!all.is_empty(), "{address}");
        all.iter().for_each(|statement| {
            ask(&toy.store, statement);
        });
    }
}

#[test]
fn from_a_fact_to_its_neuron_to_another_fact_the_threshold_stays() {
    let toy = Toy::new();
    let served = Served::of(&[toy.store.path()]);
    let page = served.page(&format!("/fact/{}?run=bert-zh&tau=0.5", id(0)));
    let link = table_of(&page, "Neurons and their scores").links[1][0].clone();
    assert_eq!(link, "/neuron/bert-zh/9:852?tau=0.5");
    let page = served.page(&link);
    let table = table_of(&page, "Facts that use it in zh");
    assert_eq!(table.links[2][0], "/fact/fact-1");
    is_sound(&served.page(&table.links[2][0]));
}
