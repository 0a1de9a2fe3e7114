//! What is said where there is nothing, or less than usual.

use crate::reading::{is_sound, section, statements, table_of, tables, text};
use crate::served::{Served, encoded, stores};
use crate::toy::{Toy, groups_of, id, measured, scored, searched};
use kndb_storage::{Entry, EntryData, FactBatch, Neuron, RunSpec, Shape};

fn sets(fact: &str, language: &str, neurons: &[u32]) -> Entry {
    let data = EntryData::Neurons(neurons.iter().copied().map(Neuron).collect());
    Entry { fact: fact.into(), language: language.into(), prompt: 0, data }
}

#[test]
fn a_store_of_one_language_has_no_diagram_and_says_why() {
    let made = stores::wide(3);
    let page = Served::of(&[&made.path]).page("/fact/fact-000001");
    is_sound(&page);
    assert!(section(&page, "shared").contains("The run has this fact in one language, <bdi>en</bdi>"), "{page}");
    assert!(!page.contains("Language first") && !page.contains("similarity(kn"), "{page}");
    assert_eq!(table_of(&page, "Neurons and their scores").rows[0], ["neuron", "en"]);
    assert!(section(&page, "labels").contains("The fact has no labels"), "{page}");
    assert!(page.contains("none: no file of facts has named it"), "{page}");
    assert!(section(&page, "groups").contains("Nobody has searched for groups"), "{page}");
}

#[test]
fn sets_without_scores_are_shown_without_scores_and_without_a_threshold() {
    let made = stores::empty("sets");
    let run = made.store.open_run(RunSpec::new("sets", "toy", Shape::new(2, 4).expect("a shape"))).expect("a run");
    for entry in [sets("a", "en", &[1, 6]), sets("a", "zh", &[6]), sets("b", "en", &[6])] {
        run.append(entry).expect("an entry");
    }
    run.finish().expect("finished");
    let served = Served::of(&[&made.path]);
    for address in ["/fact/a", "/fact/a?tau=0.5"] {
        let page = served.page(address);
        is_sound(&page);
        assert!(page.contains("neuron sets without scores of this fact: no threshold applies"), "{page}");
        assert!(!page.contains("name=\"tau\"") && !page.contains("class=\"problem\""), "{page}");
        let table = table_of(&page, "Neurons and their scores");
        assert_eq!(table.body(), [["1:2", "yes", "yes", "2"], ["0:1", "yes", "–", "1"]]);
        assert_eq!(table_of(&page, "Facts that share").column("shared"), ["1"]);
        assert!(statements(&page).iter().all(|statement| !statement.contains("tau")), "{page}");
    }
}

#[test]
fn a_run_of_groups_alone_shows_its_groups_and_says_what_it_lacks() {
    let toy = Toy::empty();
    let group = measured(&[(7, 0), (9, 852)], 0.5, &[0.45, 0.48], 0.1);
    toy.write(searched("groups", &[]), vec![groups_of(1, vec![group])]);
    let served = Served::of(&[toy.store.path()]);
    let page = served.page("/fact/fact-1");
    is_sound(&page);
    assert!(
        page.contains("has no scores or neuron sets of this fact: it was searched for degenerate groups"),
        "{page}"
    );
    let table = table_of(&page, "Groups of run groups");
    assert_eq!(table.column("group"), ["7:0, 9:852"]);
    assert_eq!(table.column("p all"), ["0.1000"]);
    assert!(!page.contains("class=\"problem\""), "{page}");
}

#[test]
fn a_run_without_the_fact_leads_to_those_that_have_it() {
    let toy = Toy::new();
    let served = Served::of(&[toy.store.path()]);
    // Run bert-zh has the first three facts.
    let page = served.page("/fact/fact-5?run=bert-zh");
    is_sound(&page);
    assert!(text(&page).contains("Run bert-zh has no entry of this fact; the runs above have."), "{page}");
    assert!(page.contains("href=\"/fact/fact-5?run=bert%2C+en\""), "{page}");
    assert!(!page.contains("class=\"problem\""), "{page}");
}

#[test]
fn a_fact_that_no_run_has_and_a_store_without_runs_say_so() {
    let made = stores::capitals();
    let facts = vec![stores::fact("f-peru", "P36", "en", "Peru", "Lima")];
    made.store.add_facts(FactBatch { facts: facts.clone(), ..FactBatch::default() }).expect("a fact");
    let page = Served::of(&[&made.path]).page("/fact/f-peru");
    is_sound(&page);
    assert!(page.contains("No run of the store has an entry of this fact"), "{page}");
    let made = stores::empty("new");
    made.store.add_facts(FactBatch { facts, ..FactBatch::default() }).expect("a fact");
    let page = Served::of(&[&made.path]).page("/fact/f-peru");
    is_sound(&page);
    assert!(page.contains("The store has no run yet") && page.contains("kndb attribute"), "{page}");
}

#[test]
fn a_fact_without_a_neuron_is_told_to_have_none() {
    let toy = Toy::empty();
    toy.write(
        RunSpec::new("r", "bert", crate::toy::SHAPE),
        vec![scored(1, "en", 0, &[]), scored(2, "en", 0, &[(0, 1, 1.0)])],
    );
    let page = Served::of(&[toy.store.path()]).page("/fact/fact-1");
    is_sound(&page);
    assert!(page.contains("No neuron passes the threshold in any language."), "{page}");
    assert!(tables(section(&page, "neurons-of")).is_empty());
    assert!(!page.contains("class=\"problem\""), "{page}");
}

#[test]
fn an_id_that_no_fact_has_is_told_with_the_one_that_may_be_meant() {
    let toy = Toy::new();
    let served = Served::of(&[toy.store.path()]);
    for (typed, meant) in [
        // A part of an id, a label, an id with a slip.
        ("cb7007d9", id(0)),
        ("France", id(0)),
        ("法国", id(0)),
        ("cb7007d9-673f-4fa5-8308-ddf2ae28b8c3", id(0)),
        ("fcat-12", "fact-12".to_owned()),
    ] {
        let page = served.get(&format!("/fact/{}", encoded(typed)));
        assert_eq!(page.status, 404, "{typed}");
        is_sound(&page.text());
        let said = text(&page.text());
        assert!(said.contains(&format!("there is no fact \"{typed}\" in the store")), "{typed}: {said}");
        assert!(said.contains(&format!("did you mean \"{meant}\" (")), "{typed}: {said}");
    }
    let page = served.get("/fact/%E2%80%AEzzz");
    assert_eq!(page.status, 404);
    assert!(page.text().contains("the search box finds facts by their labels"), "{}", page.text());
    let made = stores::empty("new");
    assert!(Served::of(&[&made.path]).get("/fact/x").text().contains("the store has no facts yet"));
}
