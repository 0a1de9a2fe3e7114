//! Runs: all, one, two.

use crate::answers::{answered, many, table};
use crate::served::{Served, stores};
use kndb_storage::{RunSpec, Shape, Store};

/// A run of the model of `ig` in [`stores::capitals`], with one more neuron of France in English, and nothing in Chinese.
fn second(store: &Store) {
    let spec = RunSpec {
        parameters: vec![("steps".into(), "20".into())],
        ..RunSpec::new("ig20", "toy-model", Shape::new(2, 4).expect("a shape"))
    };
    let run = store.open_run(spec).expect("a run");
    for (fact, scores) in [
        ("f-france", [0.9, 0.9, 0.0, 0.0, 0.0, 0.0, 0.6, 0.0]),
        ("f-germany", [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.5]),
    ] {
        run.append(stores::scored(fact, "en", scores.to_vec())).expect("an entry");
    }
    run.finish().expect("finished");
}

#[test]
fn all_runs_are_listed_with_what_they_are_and_hold() {
    let made = stores::capitals();
    second(&made.store);
    let page = Served::of(&[&made.path]).page("/runs");
    let rows = table(&page, "Runs");
    let runs: Vec<[&str; 5]> = rows.iter().map(|row| [0, 1, 7, 8, 10].map(|at| row[at].as_str())).collect();
    assert_eq!(
        runs,
        [["ig", "toy-model", "en zh", "5", "open"], ["ig20", "toy-model", "en", "2", "finished"]],
        "a comma is left out by this test"
    );
    assert!(page.contains("<a href=\"/runs?run=ig20\">"), "{page}");
}

/// Their statements name no run, and were all refused.
#[test]
fn questions_to_begin_with_are_answered_where_there_are_several_runs() {
    let made = stores::capitals();
    second(&made.store);
    let served = Served::of(&[&made.path]);
    let page = served.page("/");
    let (_, questions) = page.split_once("id=\"questions\"").expect("questions");
    let (questions, _) = questions.split_once("</section>").expect("their end");
    let links: Vec<String> = questions
        .split("href=\"")
        .skip(1)
        .filter_map(|rest| Some(rest.split_once('"')?.0.replace("&amp;", "&")))
        .collect();
    assert!(links.len() > 5, "{questions}");
    for link in links {
        assert!(link.starts_with("/q?") && link.ends_with("&run=ig"), "{link}");
        let response = served.get(&link);
        // What this small store lacks is refused as that, never for want of a run.
        assert!(!response.text().contains("does not say which is meant"), "{link}: {}", response.text());
    }
}

#[test]
fn runs_of_one_model_are_compared_as_worked_out_by_hand() {
    let made = stores::capitals();
    second(&made.store);
    let served = Served::of(&[&made.path]);
    let page = served.page("/runs?lang=en&tau=0.2");
    // France: {0:1, 1:2} and {0:0, 0:1, 1:2}, 2/3; Germany: {1:2} and {1:3}, 0. Spain is in the first run alone.
    let rows = table(&page, "Each two runs of toy-model");
    assert_eq!(rows[0][..3], ["ig", "ig20", "0.3333333333333333"].map(str::to_owned), "{rows:?}");
    assert_eq!(rows[0][6..], ["2", "1"].map(str::to_owned), "{rows:?}");
    let statement = "similarity(kn[run in (ig, ig20), lang=en, tau=0.2]) between run";
    assert_eq!(rows, answered(&made.store, statement).rows);
    assert!(page.contains("href=\"/runs?tau=0.2&amp;a=ig&amp;b=ig20&amp;lang=en\""), "{page}");
}

#[test]
fn two_runs_have_a_page_of_their_own() {
    let made = stores::capitals();
    second(&made.store);
    let served = Served::of(&[&made.path]);
    let page = served.page("/runs?a=ig&b=ig20&lang=en&tau=0.2&show=neurons");
    let neurons: Vec<(String, String)> = table(&page, "Neurons that most facts have in both")
        .into_iter()
        .map(|row| (row[0].clone(), row[1].clone()))
        .collect();
    assert_eq!(neurons, [("0".to_owned(), "1".to_owned()), ("1".to_owned(), "2".to_owned())], "those of France");
    let facts = table(&served.page("/runs?a=ig&b=ig20&lang=en&tau=0.2&show=facts"), "Facts that are most alike");
    let facts: Vec<(&str, &str)> = facts.iter().map(|row| (row[1].as_str(), row[3].as_str())).collect();
    let alike = [("France", "0.6666666666666666"), ("Germany", "0.0"), ("Spain", "NULL")];
    assert_eq!(facts, alike, "Spain is in one of them alone");
    assert!(page.contains("<a href=\"/runs?run=ig\"><bdi>ig</bdi></a>"), "{page}");
    for (address, status, said) in [
        ("/runs?a=ig&b=ig", 400, "another run than &quot;ig&quot;"),
        ("/runs?a=ig&b=ig21", 404, "did you mean &quot;ig20&quot;?"),
        ("/runs?a=ig&b=ig20&show=x", 400, "relations, layers, neurons, facts"),
    ] {
        let response = served.get(address);
        assert_eq!(response.status, status, "{address}");
        assert!(response.text().contains(said), "{address}: {}", response.text());
    }
}

#[test]
fn one_run_says_how_it_was_made_what_it_holds_and_how_good_it_is() {
    let made = stores::capitals();
    second(&made.store);
    let served = Served::of(&[&made.path]);
    let page = served.page("/runs?run=ig20");
    for (name, value) in [
        ("model", "toy-model"),
        ("shape", "2 layers × 4"),
        ("parameters", "steps = 20"),
        ("entries", "2"),
        ("state", "finished"),
    ] {
        assert!(page.contains(&format!("<dt>{name}</dt><dd><bdi>{value}</bdi></dd>")), "{name}: {page}");
    }
    let measured = table(&page, "Entries by language");
    assert_eq!(measured[0][..3], ["en", "2", "2"].map(str::to_owned), "{measured:?}");
    let neurons = served.page("/runs?run=ig20&show=neurons");
    assert!(neurons.contains("<svg"), "a picture of the neurons: {neurons}");
    let most: Vec<(String, String)> = table(&neurons, "Neurons that most facts use")
        .into_iter()
        .map(|row| (row[0].clone(), row[1].clone()))
        .collect();
    assert_eq!(most.len(), 4, "0:0, 0:1 and 1:2 of France, 1:3 of Germany: {most:?}");
    let integrals = served.page("/runs?run=ig20&show=completeness");
    assert!(integrals.contains("no scores of it have evidence of an integral"), "{integrals}");
    assert_eq!(served.get("/runs?run=nobody").status, 404);
    assert_eq!(served.get("/runs?run=ig&show=x").status, 400);
}

#[test]
fn residuals_are_those_that_were_stored() {
    use kndb_storage::{Entry, EntryData, LayerEvidence, ScoreValues, Scores};
    let made = stores::empty("integrals");
    let run = made.store.open_run(RunSpec::new("ig", "toy", Shape::new(2, 2).expect("a shape"))).expect("a run");
    for (fact, residual) in [("f1", 0.25), ("f2", 0.5), ("f3", 0.125)] {
        let evidence = [residual, 0.0].map(|residual| LayerEvidence { residual, probability: 0.75, baseline: 0.25 });
        let values = ScoreValues::Dense(vec![0.5, 0.0, 0.25, 0.0]);
        let data = EntryData::Scores(Scores { values, evidence: evidence.to_vec(), origin: None });
        run.append(Entry { fact: fact.into(), language: "en".into(), prompt: 0, data }).expect("an entry");
    }
    let page = Served::of(&[&made.path]).page("/runs?run=ig&show=completeness");
    // Three residuals in layer 0, of which 0.25 is the middle one and 0.5 the largest; half of that are shares of a change of 0.5.
    assert!(page.contains("2.5e-1") && page.contains("5.0e-1") && page.contains("f2, en"), "{page}");
}

#[test]
fn what_there_is_nothing_to_compare_with_is_said_in_words() {
    let new = stores::empty("new");
    assert!(Served::of(&[&new.path]).page("/runs").contains("The store has no run yet"));
    let one = many();
    assert!(Served::of(&[&one.path]).page("/runs").contains("No two runs with neurons are of one model"));
    let empty = stores::empty("empty");
    empty.store.open_run(RunSpec::new("nothing", "toy", Shape::new(2, 4).expect("a shape"))).expect("a run");
    let served = Served::of(&[&empty.path]);
    assert!(served.page("/runs?run=nothing").contains("It holds nothing yet."));
    for show in ["neurons", "completeness"] {
        served.page(&format!("/runs?run=nothing&show={show}"));
    }
}
