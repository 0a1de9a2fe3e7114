//! What is said of neurons that nobody uses, that no model has, or of which nothing is known.

use crate::reading::{is_sound, table_of, text};
use crate::served::{Served, encoded, stores};
use crate::toy::{SHAPE, Toy, groups_of, measured, scored, searched};
use kndb_storage::{Entry, EntryData, Neuron, RunSpec, Shape};

#[test]
fn a_neuron_that_no_fact_has_is_told_so() {
    let made = stores::capitals();
    let page = Served::of(&[&made.path]).page("/neuron/ig/1:0");
    is_sound(&page);
    assert!(page.contains("No fact of the run has this neuron above the threshold, in any language."), "{page}");
    assert!(!page.contains("<table>") && !page.contains("class=\"problem\""), "{page}");
}

#[test]
fn a_neuron_out_of_the_model_a_word_that_is_none_and_a_run_that_is_not_there_are_named() {
    let made = stores::capitals();
    let served = Served::of(&[&made.path]);
    for (address, found, hint) in [
        (
            "/neuron/ig/2:0",
            "run \"ig\" is of model \"toy-model\", 2 layers × 4: it has no neuron 2:0",
            "its layers are 0 to 1, and the units of each 0 to 3",
        ),
        ("/neuron/ig/0:4", "it has no neuron 0:4", "0 to 3"),
        ("/neuron/ig/99999999999:0", "it has no neuron 99999999999:0", "0 to 1"),
        ("/neuron/ig/x", "found neuron \"x\", expected a layer and a unit", "9:852"),
        ("/neuron/ig/1:", "found neuron \"1:\"", "9:852"),
        ("/neuron/ig/+1:-2", "found neuron \"+1:-2\"", "9:852"),
        ("/neuron/ih/1:1", "there is no run \"ih\"", "did you mean \"ig\"?"),
    ] {
        let page = served.get(address);
        assert_eq!(page.status, 404, "{address}");
        is_sound(&page.text());
        let said = text(&page.text());
        assert!(said.contains(found) && said.contains(hint), "{address}: {said}");
    }
    let page = served.get("/neuron/ig/1:1?lang=fr");
    assert_eq!(page.status, 400);
    assert!(text(&page.text()).contains("expected a language that run \"ig\" has"), "{}", page.text());
    // A language that uses it not, beside one that does.
    let page = served.page("/neuron/ig/0:0?lang=zh");
    is_sound(&page);
    assert!(text(&page).contains("No fact has it above the threshold in zh."), "{page}");
    assert!(page.contains("href=\"/neuron/ig/0:0?lang=en\""), "{page}");
}

#[test]
fn a_layer_that_was_not_scored_is_told_once() {
    let toy = Toy::empty();
    let parameters = vec![("layers".to_owned(), "9".to_owned())];
    let spec = RunSpec { parameters, weights_hash: Some("w".into()), ..RunSpec::new("some", "bert", SHAPE) };
    toy.write(spec, vec![scored(0, "en", 0, &[(9, 852, 1.0)])]);
    let served = Served::of(&[toy.store.path()]);
    let page = served.page("/neuron/some/3:1");
    is_sound(&page);
    assert_eq!(page.matches("class=\"problem\"").count(), 1, "{page}");
    assert!(text(&page).contains("layer 3"), "{page}");
    assert!(!served.page("/neuron/some/9:852").contains("class=\"problem\""));
}

#[test]
fn a_run_of_groups_alone_and_an_empty_one_are_told_apart() {
    let toy = Toy::empty();
    let group = measured(&[(7, 0), (9, 852)], 0.5, &[0.45, 0.48], 0.1);
    toy.write(searched("groups", &[]), vec![groups_of(1, vec![group])]);
    toy.write(RunSpec::new("empty", "bert", SHAPE), Vec::new());
    let served = Served::of(&[toy.store.path()]);
    let page = served.page("/neuron/groups/7:0");
    is_sound(&page);
    assert!(text(&page).contains("Run groups has no scores or neuron sets: it holds degenerate groups."), "{page}");
    assert_eq!(table_of(&page, "Groups of run groups").column("group"), ["7:0, 9:852"]);
    let page = served.page("/neuron/groups/7:1");
    assert!(text(&page).contains("Run groups has none that qualifies."), "{page}");
    let page = served.page("/neuron/empty/7:0");
    assert!(text(&page).contains("Run empty has no scores or neuron sets yet."), "{page}");
}

#[test]
fn sets_without_scores_have_no_threshold_and_no_scores() {
    let made = stores::empty("sets");
    let run = made.store.open_run(RunSpec::new("s", "toy", Shape::new(2, 4).expect("a shape"))).expect("a run");
    for fact in ["a", "b"] {
        let data = EntryData::Neurons(vec![Neuron(6)]);
        run.append(Entry { fact: fact.into(), language: "en".into(), prompt: 0, data }).expect("an entry");
    }
    run.finish().expect("finished");
    let page = Served::of(&[&made.path]).page("/neuron/s/1:2?tau=0.5");
    is_sound(&page);
    assert!(page.contains("neuron sets without scores: no threshold applies"), "{page}");
    let table = table_of(&page, "Facts that use it in en");
    assert_eq!(table.rows[0], ["fact", "relation", "subject", "object"]);
    assert_eq!(table.column("fact"), ["a", "b"]);
    assert!(!page.contains("class=\"problem\"") && !page.contains("tau=0.5]"), "{page}");
}

#[test]
fn hostile_names_are_text() {
    let made = stores::empty("hostile");
    let run = made.store.open_run(RunSpec::new("<u>\"r\"", "<s>m", Shape::new(1, 4).expect("a shape"))).expect("a run");
    for fact in ["<b>a", "<img src=x>"] {
        run.append(stores::scored(fact, "x\"><b>", vec![1.0, 0.5, 0.0, 0.0])).expect("an entry");
    }
    run.finish().expect("finished");
    let page = Served::of(&[&made.path]).page(&format!("/neuron/{}/0:0", encoded("<u>\"r\"")));
    is_sound(&page);
    for tag in ["<u>", "<s>m", "<b>a", "\"><b>", "<img"] {
        assert!(!page.contains(tag), "{tag}: {page}");
    }
    assert_eq!(table_of(&page, "Nearest neurons").body(), [["0:1", "2", "2", "1.0000"]]);
}
