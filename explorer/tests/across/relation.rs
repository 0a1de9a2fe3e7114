//! A relation.

use crate::answers::{answered, many, table};
use crate::served::{Served, stores};

#[test]
fn its_neurons_and_what_chance_gives_are_those_worked_out_by_hand() {
    let made = stores::capitals();
    let page = Served::of(&[&made.path]).page("/relation/P36?tau=0.2");
    assert!(page.contains("<h1 dir=\"auto\">P36 (capital)</h1>") && page.contains("3 facts"), "{page}");
    let rows = table(&page, "Neurons of most facts");
    // 1:2 is in the sets of France and Germany: 1/4 · 1/4. Of eight neurons it is the least likely: 8 · 1/16.
    // 0:0 and 0:1 are in one of France and Spain each: 1 − (3/4)², which is no news.
    let row = |cells: [&str; 6]| cells.map(str::to_owned).to_vec();
    assert_eq!(rows[0][..3], row(["1", "2", "2", "0.5", "0.0625", "0.5"])[..3], "{rows:?}");
    assert_eq!(rows[0][4..], ["0.0625", "0.5"], "{rows:?}");
    let others: Vec<_> =
        rows[1..].iter().map(|row| (row[0].as_str(), row[1].as_str(), row[4].as_str(), row[5].as_str())).collect();
    assert_eq!(others, [("0", "0", "0.4375", "1.0"), ("0", "1", "0.4375", "1.0")]);
    assert!(page.contains("The store has no other relation."), "{page}");
    let facts = table(&page, "What was measured");
    assert_eq!(facts.len(), 3, "{facts:?}");
    assert!(page.contains("href=\"/fact/f-france\""), "{page}");
}

#[test]
fn its_tables_have_what_the_statements_answer() {
    let made = many();
    let served = Served::of(&[&made.path]);
    let page = served.page("/relation/P37?lang=zh&tau=0.4");
    let neurons =
        answered(&made.store, "kn[relation=P37, lang=zh, tau=0.4] by neuron against chance order by facts top 20");
    let hidden =
        ["pairs", "neurons"].map(|name| neurons.columns.iter().position(|column| *column == name).expect("a column"));
    let rows: Vec<Vec<String>> = neurons
        .rows
        .iter()
        .map(|row| {
            row.iter().enumerate().filter(|(at, _)| !hidden.contains(at)).map(|(_, cell)| cell.clone()).collect()
        })
        .collect();
    assert_eq!(table(&page, "Neurons of most facts"), rows);
    let languages = answered(&made.store, "similarity(kn[relation=P37, tau=0.4]) between lang");
    assert_eq!(table(&page, "Each two languages"), languages.rows);
    let other = answered(&made.store, "similarity(kn[lang=zh, tau=0.4]) between relation order by similarity");
    let shown = table(&page, "Neurons that any fact has, beside those of other relations");
    assert_eq!(shown.len(), 1);
    assert_eq!(shown[0][..2], ["P37 (official language)", "P36 (capital)"], "this one stands on the left");
    assert_eq!(shown[0][2..], other.rows[0][2..]);
    assert!(page.contains("40 facts"), "{page}");
}

#[test]
fn many_other_relations_are_compared_when_somebody_asks_for_it() {
    let made = stores::empty("relations");
    let facts = (0..7).map(|at| stores::fact(&format!("f{at}"), &format!("R{at}"), "en", "a", "b")).collect();
    made.store.add_facts(kndb_storage::FactBatch { facts, ..Default::default() }).expect("facts");
    let run =
        made.store.open_run(kndb_storage::RunSpec::new("ig", "toy", kndb_storage::Shape::new(2, 4).expect("a shape")));
    let run = run.expect("a run");
    for at in 0..7 {
        let scores = (0..8).map(|neuron| if neuron == at || neuron == 7 { 1.0 } else { 0.0 }).collect();
        run.append(stores::scored(&format!("f{at}"), "en", scores)).expect("an entry");
    }
    let served = Served::of(&[&made.path]);
    let page = served.page("/relation/R3");
    assert!(
        page.contains("href=\"/relation/R3?others=yes#relations\">Compare it with the 6 other relations</a>"),
        "{page}"
    );
    let shown = table(&served.page("/relation/R3?others=yes"), "Neurons that any fact has");
    let others: Vec<&str> = shown.iter().map(|row| row[1].as_str()).collect();
    assert_eq!(others, ["R0", "R1", "R2", "R4", "R5", "R6"]);
    assert!(shown.iter().all(|row| row[0] == "R3" && row[2] == "0.3333333333333333"), "one neuron of three: {shown:?}");
}

#[test]
fn it_is_found_by_its_name_and_one_that_is_not_there_is_not() {
    let made = many();
    let served = Served::of(&[&made.path]);
    assert!(served.page("/relation/capital").contains("P36 (capital)"));
    let response = served.get("/relation/P360");
    assert_eq!(response.status, 404);
    assert!(response.text().contains("there is no relation &quot;P360&quot;"), "{}", response.text());
    assert!(response.text().contains("did you mean &quot;P36&quot;?"), "{}", response.text());
}

#[test]
fn without_a_run_it_has_its_facts() {
    let made = stores::empty("facts");
    let facts = vec![stores::fact("f1", "P36", "en", "France", "Paris")];
    made.store.add_facts(kndb_storage::FactBatch { facts, ..Default::default() }).expect("facts");
    let page = Served::of(&[&made.path]).page("/relation/P36");
    assert!(page.contains("No run has scores or sets of neurons yet") && page.contains("France"), "{page}");
}
