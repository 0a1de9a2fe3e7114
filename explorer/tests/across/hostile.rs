//! Names that try to be something else: tags, statements, paths, directions of writing.

use crate::served::stores::{empty, fact, scored};
use crate::served::{Served, encoded};
use kndb_storage::{FactBatch, RunSpec, Shape};

const RUN: &str = "a\" onload=\"x<script>alert(1)</script>'] by layer -- ";
const RELATION: &str = "P</title><script>alert(2)</script>/../%2e?#&\u{202e}";
const SUBJECT: &str = "<img src=x onerror=alert(3)>'\"\\";

#[test]
fn names_stay_names_on_every_page() {
    let made = empty("hostile.kndb");
    let languages = ["en", "zz-<u>"];
    let facts = languages.map(|language| fact("f/1?#\"<u>", RELATION, language, SUBJECT, "</textarea>")).to_vec();
    made.store.add_facts(FactBatch { facts, ..FactBatch::default() }).expect("facts");
    for name in [RUN, "second"] {
        let run =
            made.store.open_run(RunSpec::new(name, "<i>model</i>", Shape::new(2, 4).expect("a shape"))).expect("a run");
        for language in languages {
            run.append(scored("f/1?#\"<u>", language, vec![0.1, 0.9, 0.0, 0.0, 0.0, 0.0, 0.6, 0.0])).expect("an entry");
        }
    }
    let served = Served::of(&[&made.path]);
    let (run, relation) = (encoded(RUN), encoded(RELATION));
    for address in [
        format!("/layers?run={run}"),
        format!("/layers?run={run}&run=second&kind=likn&relation={relation}"),
        format!("/layers?run={run}&lang={}&tau=0.5", encoded("zz-<u>")),
        format!("/languages?run={run}"),
        format!("/languages?run={run}&a=en&b={}", encoded("zz-<u>")),
        format!("/relation/{relation}?run={run}"),
        format!("/q?q={}&run={run}", encoded("kn by fact, subject, object, lang")),
        format!(
            "/q?q={}",
            encoded(&format!(
                "kn[run=second, subject=\"{}\"] top 3",
                SUBJECT.replace('\\', "\\\\").replace('"', "\\\"")
            ))
        ),
    ] {
        let response = served.get(&address);
        let page = response.text();
        assert_eq!(response.status, 200, "{address}: {page}");
        for taken in ["<script>alert", "<img src=x", "onload=\"x", "<i>model", "<u>", "</textarea><"] {
            let taken = page
                .find(taken)
                .map(|at| &page[page.floor_char_boundary(at.saturating_sub(80))..page.ceil_char_boundary(at + 80)]);
            // The one end of the editor is its own.
            let is_own = taken.is_some_and(|text| text.contains("</textarea></div>"));
            assert!(taken.is_none() || is_own, "{address}: {taken:?}");
        }
    }
    // What is shown has a sign in the place of what turns the writing; what is sent back is what it was.
    let page = served.page(&format!("/relation/{relation}?run={run}"));
    // Figures are drawn elsewhere.
    let page: String =
        page.split("<svg").map(|part| part.split_once("</svg>").map_or(part, |(_, after)| after)).collect();
    let shown = page.split('>').filter_map(|rest| rest.split('<').next());
    assert_eq!(shown.filter(|text| text.contains('\u{202e}')).collect::<Vec<_>>(), [""; 0]);
    assert!(page.contains("\u{fffd}"), "{page}");
    // What such pages link to is there.
    let page = served.page(&format!("/languages?run={run}"));
    let link = page
        .split("href=\"")
        .find(|rest| rest.contains("&amp;a=en"))
        .and_then(|rest| rest.split('"').next())
        .expect("a link");
    assert_eq!(served.get(&link.replace("&amp;", "&")).status, 200, "{link}");
}

#[test]
fn statements_of_all_sorts_never_fail_the_server() {
    let made = crate::served::stores::capitals();
    let served = Served::of(&[&made.path]);
    for statement in [
        "",
        " ",
        ";",
        "\0",
        "kn;kn",
        "\u{202e}kn",
        "<script>",
        "kn[subject=\"<script>\"]",
        "kn plot",
        "plot",
        "explain",
        "$a",
        "kn[lang=$l]",
        "𝕜𝕟",
    ] {
        let response = served.get(&format!("/q?q={}", encoded(statement)));
        assert!([200, 400, 404].contains(&response.status), "{statement:?}: {}", response.status);
        assert!(!response.text().contains("<script>\"") && response.text().contains("</html>"), "{statement:?}");
    }
    let long = "kn | ".repeat(900) + "kn by layer";
    assert_eq!(served.get(&format!("/q?q={}", encoded(&long))).status, 200);
}
