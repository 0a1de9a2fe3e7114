//! Several stores: one is shown, all can be asked.

use crate::served::{Served, encoded, stores};

#[test]
fn each_store_is_shown_under_its_name_and_links_stay_with_it() {
    let (first, second) = (stores::capitals(), stores::wide(3));
    let served = Served::of(&[&first.path, &second.path]);
    assert!(served.page("/").contains("toy-model"));
    let other = served.page("/?store=wide");
    assert!(other.contains("<h3>") && !other.contains("toy-model"), "{other}");
    for part in ["/layers?store=wide", "name=\"store\" value=\"wide\"", "/?store=capitals"] {
        assert!(other.contains(part), "{part}: {other}");
    }
    let found = served.page("/search?s=fact-000001&store=wide");
    assert!(found.contains("/fact/fact-000001?store=wide"), "{found}");
    assert!(served.page("/search?s=fact-000001").contains("No fact has"));
    let unknown = served.get("/?store=none");
    assert_eq!(unknown.status, 400);
    assert!(unknown.text().contains("expected one of capitals, wide"), "{}", unknown.text());
}

#[test]
fn a_statement_can_name_the_other_store_from_either_side() {
    let (first, second) = (stores::capitals(), stores::wide(3));
    let served = Served::of(&[&first.path, &second.path]);
    let rows = |statement: &str, store: &str| {
        let answer = served.get(&format!("/api/query?q={}&format=csv{store}", encoded(statement)));
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.text().lines().count() - 1
    };
    assert_eq!(rows("facts of wide::kn[lang=en]", ""), 3);
    assert_eq!(rows("facts of capitals::kn[lang=en]", "&store=wide"), 3);
    assert_eq!(rows("kn[lang=en]", "&store=wide"), 300);
}

#[test]
fn a_commit_of_the_other_store_changes_what_may_be_shown_of_it() {
    let (first, second) = (stores::capitals(), stores::wide(3));
    let served = Served::of(&[&first.path, &second.path]);
    let address = format!("/api/query?q={}&format=csv", encoded("facts of wide::kn[lang=en]"));
    let tag = served.get(&address).header("etag").expect("a tag").to_owned();
    assert_eq!(served.with_headers("GET", &address, &[("If-None-Match", &tag)]).status, 304);
    let run = second.store.open_run(kndb_storage::RunSpec::new(
        "wide",
        "toy",
        kndb_storage::Shape::new(2, 100).expect("a shape"),
    ));
    run.expect("the run").append(stores::scored("one more", "en", vec![1.0; 200])).expect("an entry");
    let now = served.with_headers("GET", &address, &[("If-None-Match", &tag)]);
    assert_eq!((now.status, now.text().lines().count()), (200, 5));
}

#[test]
fn stores_of_one_name_and_the_same_store_twice() {
    let (first, second) = (stores::capitals(), stores::capitals());
    let served = Served::of(&[&first.path, &second.path]);
    assert!(served.page("/").contains("/?store=capitals2"));
    drop(served);
    let twice = kndb_explorer::Explorer::open(&[&first.path, &first.path], kndb_explorer::Options::default());
    let error = twice.err().expect("the same store").to_string();
    assert!(error.contains("cannot be shown beside the others"), "{error}");
    let none = kndb_explorer::Explorer::open::<&str>(&[], kndb_explorer::Options::default());
    assert!(none.is_err_and(|error| error.to_string().contains("expected the folder of one")));
    let nowhere =
        kndb_explorer::Explorer::open(&[first.folder.path().join("nowhere")], kndb_explorer::Options::default());
    assert!(nowhere.is_err_and(|error| error.to_string().contains("there is nothing at that path")));
}
