//! Beside a writer: what is committed is there at the next look, and what has not changed is not sent again.

use crate::served::{Served, encoded, stores};

#[test]
fn a_page_is_sent_again_only_after_a_commit() {
    let made = stores::capitals();
    let served = Served::of(&[&made.path]);
    let query = format!("/api/query?q={}", encoded("kn[lang=en] by layer"));
    for path in ["/", "/search?s=paris", "/api/facts?s=paris", query.as_str()] {
        let first = served.get(path);
        let tag = first.header("etag").expect("a tag").to_owned();
        let again = served.with_headers("GET", path, &[("If-None-Match", &tag)]);
        assert_eq!((again.status, again.body.len(), again.header("etag")), (304, 0, Some(tag.as_str())), "{path}");
        let other = served.with_headers("GET", path, &[("If-None-Match", "W/\"other\"")]);
        assert_eq!((other.status, other.body == first.body), (200, true), "{path}");
    }
    let tag = served.get("/").header("etag").expect("a tag").to_owned();
    let run = made.store.open_run(kndb_storage::RunSpec {
        method: "integrated-gradients".into(),
        ..kndb_storage::RunSpec::new("ig", "toy-model", kndb_storage::Shape::new(2, 4).expect("a shape"))
    });
    run.expect("the run").append(stores::scored("f-spain", "zh", vec![1.0; 8])).expect("an entry");
    let after = served.with_headers("GET", "/", &[("If-None-Match", &tag)]);
    assert_eq!(after.status, 200);
    assert!(after.text().contains("6 of 6 labels of facts in these languages (100.0 %)"), "{}", after.text());
    assert_ne!(after.header("etag"), Some(tag.as_str()));
    let commit =
        |response: &crate::served::client::Response| response.header("kndb-commit").and_then(|n| n.parse::<u64>().ok());
    assert!(commit(&after) > Some(1));
}

#[test]
fn each_entry_that_was_acknowledged_is_in_the_next_answer() {
    let made = stores::capitals();
    let served = Served::of(&[&made.path]);
    let shape = kndb_storage::Shape::new(2, 4).expect("a shape");
    let run = made.store.open_run(kndb_storage::RunSpec::new("growing", "toy-model", shape)).expect("a run");
    let address = format!("/api/query?q={}&format=csv", encoded("facts of kn[run=growing, lang=en]"));
    for number in 1..=20 {
        run.append(stores::scored(&format!("new-{number}"), "en", vec![1.0; 8])).expect("an entry");
        let answer = served.get(&address);
        assert_eq!(answer.text().lines().count(), number + 1, "{}", answer.text());
    }
    let facts = served.get("/api/facts?s=new-7").json();
    assert_eq!(facts["facts"][0]["fact"], "new-7", "{facts}");
    let labelled = stores::fact("new-7", "P36", "fi", "Suomi", "Helsinki");
    made.store.add_facts(kndb_storage::FactBatch { facts: vec![labelled], ..Default::default() }).expect("a label");
    let facts = served.get("/api/facts?s=suomi").json();
    assert_eq!(facts["facts"][0]["fact"], "new-7", "{facts}");
}
