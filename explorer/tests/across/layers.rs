//! Shares by layer, and the threshold that is moved.

use crate::answers::{answered, many, table};
use crate::served::{Served, stores};

#[test]
fn shares_by_layer_are_those_worked_out_by_hand_at_two_thresholds() {
    let made = stores::capitals();
    let served = Served::of(&[&made.path]);
    let shares = |address: &str| table(&served.page(address), "share of");
    // en: France 0:1 (0.9) and 1:2 (0.6), Germany 1:2, Spain 0:0; zh: France 0:1 (0.8) and 1:3 (0.4), Germany 1:2.
    assert_eq!(
        shares("/layers?tau=0.2"),
        [["0", "0.5", "0.3333333333333333"], ["1", "0.5", "0.6666666666666666"]]
            .map(|row| row.map(str::to_owned).to_vec())
    );
    // 0.6 of 0.9 and 0.4 of 0.8 are no more than 0.7 of it.
    assert_eq!(
        shares("/layers?tau=0.7"),
        [["0", "0.6666666666666666", "0.5"], ["1", "0.3333333333333333", "0.5"]]
            .map(|row| row.map(str::to_owned).to_vec())
    );
    let likn = served.page("/layers?kind=likn&tau=0.2");
    assert!(likn.contains("en ∩ zh"), "{likn}");
    let found: Vec<String> = table(&likn, "share of").into_iter().map(|row| row[1].clone()).collect();
    assert_eq!(found, ["0.5", "0.5"], "0:1 of France and 1:2 of Germany");
}

#[test]
fn shares_are_what_the_statements_beside_them_answer() {
    let made = many();
    let served = Served::of(&[&made.path]);
    for tau in [0.05, 0.31, 0.5, 0.9] {
        for relation in ["", "P36", "P37"] {
            let address = format!("/layers?tau={tau}&relation={relation}");
            let shown = table(&served.page(&address), "share of");
            assert_eq!(shown.len(), 3);
            for (column, language) in [(1, "en"), (2, "fr"), (3, "zh")] {
                let of = if relation.is_empty() { String::new() } else { format!(", relation={relation}") };
                let rows = answered(&made.store, &format!("kn[lang={language}{of}, tau={tau}] by layer"));
                let share = rows.columns.iter().position(|name| *name == "share").expect("a share");
                let layers: Vec<(String, String)> =
                    rows.rows.iter().map(|row| (row[0].clone(), row[share].clone())).collect();
                let pages: Vec<(String, String)> = shown
                    .iter()
                    .map(|row| (row[0].clone(), row[column].clone()))
                    .filter(|(_, share)| share != "0.0")
                    .collect();
                assert_eq!(pages, layers, "{address} {language}");
            }
        }
    }
}

#[test]
fn without_a_script_the_threshold_is_a_form_that_keeps_the_rest_of_the_address() {
    let made = many();
    let page = Served::of(&[&made.path]).page("/layers?kind=kn&lang=en&lang=zh&relation=P36&tau=0.5");
    let form =
        page.split("<form class=\"sliders\"").nth(1).and_then(|rest| rest.split("</form>").next()).expect("a form");
    assert!(form.starts_with(" method=\"get\" action=\"/layers\" data-parts=\"choices answer\">"), "{form}");
    for field in [("kind", "kn"), ("lang", "en"), ("lang", "zh"), ("relation", "P36")] {
        let hidden = format!("<input type=\"hidden\" name=\"{}\" value=\"{}\">", field.0, field.1);
        assert_eq!(form.matches(&hidden).count(), 1, "{form}");
    }
    assert_eq!(form.matches("name=\"tau\"").count(), 1, "{form}");
    assert!(form.contains("min=\"0.01\"") && form.contains("value=\"0.5\""), "the floor of what was kept: {form}");
    assert!(form.contains("<label for=\"slider-tau\">") && form.contains("<button type=\"submit\">"), "{form}");
    // What the script puts in the place of what is there is there once.
    for id in ["choices", "answer"] {
        assert_eq!(page.matches(&format!("id=\"{id}\"")).count(), 1, "{page}");
    }
    assert!(page.contains("<p class=\"said\" role=\"status\">en: "), "{page}");
}

#[test]
fn a_click_on_a_language_takes_it_away_or_adds_it() {
    let made = many();
    let served = Served::of(&[&made.path]);
    let page = served.page("/layers?tau=0.5");
    assert!(
        page.contains("href=\"/layers?tau=0.5&amp;lang=en&amp;lang=fr\" aria-current=\"true\"><bdi>zh</bdi>"),
        "{page}"
    );
    let page = served.page("/layers?lang=en");
    assert!(page.contains("href=\"/layers?lang=en&amp;lang=zh\"><bdi>zh</bdi>"), "{page}");
    assert!(!table(&page, "share of").iter().any(|row| row.len() != 2), "one language: {page}");
}

#[test]
fn what_cannot_be_shown_is_said_in_words() {
    let made = stores::capitals();
    let served = Served::of(&[&made.path]);
    assert!(served.page("/layers?kind=dkn").contains("No run has degenerate groups"), "groups");
    assert!(served.page("/layers?kind=likn&lang=en").contains("LIKN takes two languages"), "one language");
    let below = served.page("/layers?tau=0.001");
    assert!(below.contains("tau=0.001 is below that floor"), "{below}");
    assert!(below.contains("<form class=\"sliders\""), "it can be moved back: {below}");
    let new = stores::empty("new");
    assert!(Served::of(&[&new.path]).page("/layers").contains("No run has scores or sets of neurons yet"), "no run");
}

#[test]
fn what_is_not_there_or_no_number_is_refused_with_what_there_is() {
    let made = stores::capitals();
    let served = Served::of(&[&made.path]);
    for (address, status, said) in [
        ("/layers?kind=x", 400, "expected kn, likn or dkn"),
        ("/layers?tau=2", 400, "0 ≤ tau &lt; 1"),
        ("/layers?tau=NaN", 400, "0 ≤ tau &lt; 1"),
        ("/layers?lang=fr", 400, "one of en, zh"),
        ("/layers?run=igg", 404, "did you mean &quot;ig&quot;?"),
        ("/layers?relation=P37", 404, "there is no relation &quot;P37&quot;"),
    ] {
        let response = served.get(address);
        assert_eq!(response.status, status, "{address}");
        assert!(response.text().contains(said), "{address}: {}", response.text());
    }
}

#[test]
fn a_run_of_sets_has_no_threshold_to_move() {
    let made = stores::empty("sets");
    let run = made
        .store
        .open_run(kndb_storage::RunSpec::new("sets", "toy", kndb_storage::Shape::new(2, 4).expect("a shape")))
        .expect("a run");
    let data = kndb_storage::EntryData::Neurons(vec![kndb_storage::Neuron(1), kndb_storage::Neuron(6)]);
    run.append(kndb_storage::Entry { fact: "f".into(), language: "en".into(), prompt: 0, data }).expect("an entry");
    let page = Served::of(&[&made.path]).page("/layers");
    assert!(page.contains("there is no threshold to move") && !page.contains("<form class=\"sliders\""), "{page}");
    assert_eq!(table(&page, "share of").len(), 2);
}
