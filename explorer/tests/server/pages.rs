//! The begin, the search, and what is said of what is not there.

use crate::served::{Served, encoded, stores};

#[test]
fn the_begin_has_the_runs_the_counts_the_search_box_and_questions_of_the_gallery() {
    let made = stores::capitals();
    let served = Served::of(&[&made.path]);
    let page = served.page("/");
    assert!(
        page.contains("3 facts of 1 relation with labels in 4 languages, and 1 run of scores or neuron sets."),
        "{page}"
    );
    assert!(page.contains("toy-model") && page.contains("integrated-gradients"), "{page}");
    assert!(page.contains("5 of 6 labels of facts in these languages (83.3 %)"), "{page}");
    assert!(page.contains("<form class=\"search\" role=\"search\" action=\"/search\">"), "{page}");
    let statement = "likn[lang in (en, zh)] by layer";
    assert!(page.contains("Which neurons do not depend on the language?"), "{page}");
    assert!(page.contains(&format!("<code>{statement}</code>")), "{page}");
    assert!(page.contains("/q?q=likn%5Blang+in+%28en%2C+zh%29%5D+by+layer"), "{page}");
    // Neurons of the demo that this model does not have.
    assert!(!page.contains("neurons(3:318)"), "{page}");
    assert!(page.contains("/relation/P36") && page.contains("P36 (capital)"), "{page}");
}

#[test]
fn a_store_without_runs_says_how_one_is_made() {
    let made = stores::empty("new");
    let page = Served::of(&[&made.path]).page("/");
    assert!(page.contains("The store has no run yet") && page.contains("kndb attribute"), "{page}");
}

#[test]
fn facts_are_found_in_every_language_without_case_and_accents_by_parts_ids_and_words() {
    let made = stores::capitals();
    let served = Served::of(&[&made.path]);
    for (text, found) in [
        ("France", vec!["f-france"]),
        ("fRaN", vec!["f-france"]),
        ("法国", vec!["f-france"]),
        ("国", vec!["f-france", "f-germany"]),
        ("espana", vec!["f-spain"]),
        ("paris", vec!["f-france"]),
        ("צרפת", vec!["f-france"]),
        ("madrid", vec!["f-spain"]),
        ("Q183", vec!["f-germany"]),
        ("f-spain", vec!["f-spain"]),
        ("france 巴黎", vec!["f-france"]),
        ("capital berlin", vec!["f-germany"]),
        ("france berlin", vec![]),
        ("Atlantis", vec![]),
    ] {
        let page = served.page(&format!("/search?s={}", encoded(text)));
        let mut ids: Vec<&str> =
            page.split("href=\"/fact/").skip(1).filter_map(|rest| rest.split(['"', '?']).next()).collect();
        ids.sort_unstable();
        assert_eq!(ids, found, "{text}");
        let said = if found.is_empty() { "No fact has" } else { "found, the nearest first" };
        assert!(page.contains(said), "{text}: {page}");
    }
}

#[test]
fn labels_say_their_language_and_relations_are_found_by_name() {
    let made = stores::capitals();
    let served = Served::of(&[&made.path]);
    let page = served.page(&format!("/search?s={}", encoded("法国")));
    assert!(page.contains("<bdi lang=\"zh\">法国</bdi>") && page.contains("<bdi lang=\"en\">France</bdi>"), "{page}");
    let hebrew = served.page(&format!("/search?s={}", encoded("צרפת")));
    assert!(hebrew.contains("<bdi lang=\"he\">צרפת</bdi>"), "{hebrew}");
    for text in ["capital", "P36", "CAPITAL"] {
        let page = served.page(&format!("/search?s={text}"));
        assert!(page.contains("<a href=\"/relation/P36\"><bdi>P36 (capital)</bdi></a>"), "{text}: {page}");
    }
}

#[test]
fn pages_of_what_was_found_are_one_after_the_other_and_have_each_fact_once() {
    let made = stores::empty("many");
    let facts = (0..120).map(|at| stores::fact(&format!("f{at:03}"), "P1", "en", &format!("Town {at:03}"), "Land"));
    let batch = kndb_storage::FactBatch { facts: facts.collect(), ..Default::default() };
    made.store.add_facts(batch).expect("facts");
    let served = Served::of(&[&made.path]);
    let mut ids = Vec::new();
    for page in 1..=3 {
        let text = served.page(&format!("/search?s=town&page={page}"));
        ids.extend(text.split("href=\"/fact/").skip(1).filter_map(|rest| rest.split('"').next().map(str::to_owned)));
        assert_eq!(text.contains("rel=\"next\""), page < 3, "page {page}");
    }
    let expected: Vec<String> = (0..120).map(|at| format!("f{at:03}")).collect();
    assert_eq!(ids, expected);
    assert!(served.page("/search?s=town&page=4").contains("behind the last"));
    assert_eq!(served.get("/search?s=town&page=0").status, 400);
    assert_eq!(served.get("/search?s=town&page=x").status, 400);
}

#[test]
fn what_is_typed_and_what_is_in_labels_is_text_and_no_tag() {
    let made = stores::empty("hostile");
    let label = "<script>alert(1)</script>\" onload=\"x\u{202E}";
    let facts = vec![stores::fact("<b>id</b>", "<i>r</i>", "en", label, "x&y")];
    made.store.add_facts(kndb_storage::FactBatch { facts, ..Default::default() }).expect("a fact");
    let served = Served::of(&[&made.path]);
    for path in [
        "/".to_owned(),
        format!("/search?s={}", encoded("<script>alert(1)")),
        format!("/search?s={}", encoded("\"><script>")),
    ] {
        let page = served.page(&path);
        let scripts = page.matches("<script").count();
        assert_eq!(scripts, 1, "{path}: {page}");
        assert!(!page.contains("<b>id") && !page.contains("<i>r"), "{path}: {page}");
    }
    let found = served.page(&format!("/search?s={}", encoded("<script>alert(1)")));
    assert!(found.contains("/fact/%3Cb%3Eid%3C%2Fb%3E") && found.contains("&lt;script&gt;alert(1)"), "{found}");
}

#[test]
fn what_is_not_there_is_told_with_what_to_do() {
    let made = stores::capitals();
    let served = Served::of(&[&made.path]);
    let page = served.get("/nothing/here");
    assert_eq!((page.status, page.header("content-type")), (404, Some("text/html; charset=utf-8")));
    assert!(page.text().contains("there is no page at /nothing/here"), "{}", page.text());
    let page = served.get("/search?s=%ff");
    assert_eq!(page.status, 400);
    assert!(page.text().contains("no text in UTF-8"), "{}", page.text());
}

#[test]
fn serving_changes_no_file_of_the_store() {
    let made = stores::capitals();
    let state = || {
        let mut all = Vec::new();
        let mut folders = vec![made.path.clone()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).expect("a folder") {
                let entry = entry.expect("an entry");
                let about = entry.metadata().expect("metadata");
                if about.is_dir() {
                    folders.push(entry.path());
                } else {
                    all.push((entry.path(), about.len(), about.modified().expect("a time")));
                }
            }
        }
        all.sort();
        all
    };
    let before = state();
    let mut served = Served::of(&[&made.path]);
    for path in ["/", "/search?s=paris", "/api/query?q=kn%5Blang%3Den%5D", "/api/query?q=let%20a%20%3D%20kn"] {
        served.get(path);
    }
    served.end().expect("it ends in order");
    assert_eq!(state(), before);
}
