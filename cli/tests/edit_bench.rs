//! `kndb edit-bench` with the demo's models.

#![cfg(feature = "attribute")]

mod environment;

use environment::{Environment, demo_model};

/// The rows of a file without their seconds, by their order.
fn rows(text: &str) -> Vec<Vec<String>> {
    let mut lines = text.lines().map(|line| line.split(',').map(str::to_owned).collect::<Vec<_>>());
    let header = lines.next().expect("a header");
    let seconds = header.iter().position(|name| name == "seconds").expect("seconds");
    lines
        .map(|mut row| {
            row.remove(seconds);
            row
        })
        .collect()
}

#[test]
fn a_bench_goes_on_where_it_was_cut_whatever_the_threads() {
    let environment = Environment::with_run(&["P36", "P30"], 12);
    let model = demo_model("bilingual-masked");
    let bench = ["edit-bench", "db", "--model", &model, "--langs", "en,zh", "--relations", "P30", "--limit", "4"];
    let bench = [&bench[..], &["--methods", "rewrite,rome,ft-l", "--neighbours", "2", "--draws", "20"]].concat();
    let run = |options: &[&str]| environment.run(&[&bench[..], options].concat());
    let first = run(&["--csv", "b.csv", "--json", "b.json", "--figure", "b.svg", "--threads", "1", "--edits", "1,2"]);
    assert_eq!(first.code, Some(0), "{first:?}");
    for part in
        ["Edits of bilingual-masked in en, asked in en, zh: 4 facts", " en       | rome random ", "less rewrite"]
    {
        assert!(first.out.contains(part), "{part:?} is not in {}", first.out);
    }
    assert!(first.messages.contains("C is the identity"), "{first:?}");
    assert!(environment.read("b.svg").contains("neighbourhood, zh"));
    let whole = environment.read("b.csv");
    // The unedited model, and three methods with their controls, one fact and two facts a network; four facts in two languages.
    assert_eq!(rows(&whole).len(), (1 + 3 * 2 * 2) * 4 * 2);
    let json: serde_json::Value = serde_json::from_str(&environment.read("b.json")).expect("JSON");
    assert_eq!(json["methods"][1][0], "rome");
    assert!(json["methods"][1][1]["numbers"].as_str().is_some_and(|numbers| numbers.contains("C is the identity")));

    // Cut in the middle of a line, and gone on with by two threads.
    std::fs::write(environment.path("b.csv"), &whole.as_bytes()[..whole.len() / 2]).expect("a file");
    let again = run(&["--csv", "b.csv", "--threads", "2", "--edits", "1,2"]);
    assert!(again.code == Some(0) && again.messages.contains("measurements are there already"), "{again:?}");
    assert_eq!(rows(&environment.read("b.csv")), rows(&whole));

    // Of other settings, and of something else.
    let other = run(&["--csv", "b.csv", "--edits", "1,2", "--seed", "3"]);
    assert_eq!(other.code, Some(1), "{other:?}");
    assert!(other.messages.contains("of other settings") && other.messages.contains("another --csv FILE"), "{other:?}");
    assert_eq!(rows(&environment.read("b.csv")), rows(&whole), "what is refused stays");
    let strange = environment.run(&[&bench[..], &["--csv", "b.json"]].concat());
    assert!(
        strange.code == Some(2) && strange.messages.contains("expected a file of `kndb edit-bench`"),
        "{strange:?}"
    );
}

#[test]
fn methods_without_a_meaning_are_left_out_and_named_ones_refused() {
    let environment = Environment::with_run(&["P36", "P30"], 12);
    let model = demo_model("bilingual-masked");
    let bench = ["edit-bench", "db", "--model", &model, "--langs", "en", "--draws", "0"];
    let told = |options: &[&str], code: i32| {
        let ran = environment.run(&[&bench[..], options].concat());
        assert_eq!(ran.code, Some(code), "{ran:?}");
        ran.messages
    };
    let usual = told(&["--relations", "P30", "--limit", "1", "--neighbours", "1", "--steps", "2"], 0);
    assert!(usual.contains("memit takes no part") && usual.contains("normalises its residual stream"), "{usual}");
    assert!(told(&["--methods", "memit"], 2).contains("normalises its residual stream"));
    assert!(
        told(&["--methods", "rome,ft", "--bound", "0.1"], 2).contains("--bound means nothing to the methods rome, ft")
    );
    assert!(told(&["--methods", "rome", "--run", "none"], 2).contains("--run means nothing to the method rome"));
    assert!(told(&["--methods", "scale"], 2).contains("--factor NUMBER"));
    assert!(told(&["--methods", "rome", "--edits", "10,1"], 2).contains("ascending"));
    assert!(told(&["--csv", "x", "--json", "x"], 2).contains("--json and --csv both name x; expected two files"));
    assert!(told(&["--method", "rome"], 2).contains("--methods takes one method or several"));
    let causal = demo_model("bilingual-causal");
    let other = environment.run(&["edit-bench", "db", "--model", &causal, "--langs", "en", "--methods", "rewrite"]);
    assert!(other.code != Some(0) && other.messages.contains("bilingual"), "{other:?}");
}
