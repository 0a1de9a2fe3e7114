//! `--only`, `--without` and `-p` wherever sets are taken, with the demo's models.

#![cfg(feature = "attribute")]

mod environment;

use environment::{Environment, demo_model};
use serde_json::Value;

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

fn rows(environment: &Environment, statement: &str) -> Vec<Value> {
    environment.ok(&["query", "db", statement, "-m", "jsonl"]).out.lines().map(json).collect()
}

fn refused(environment: &Environment, arguments: &[&str], code: i32, words: &[&str]) {
    let ran = environment.run(arguments);
    assert_eq!(ran.code, Some(code), "{ran:?}");
    for word in words {
        assert!(ran.messages.contains(word), "{word:?} is not in {}", ran.messages);
    }
}

/// Everything a search finds is kept.
const ALL: [&str; 4] = ["--keep-high", "0.001", "--keep-low", "1"];

#[test]
fn a_search_is_kept_to_sets_and_goes_on_with_the_same_alone() {
    let environment = Environment::with_run(&["P36"], 6);
    let model = demo_model("bilingual-masked");
    let search = |run: &str, extra: &[&str]| {
        environment.run(&[&["dkn", "db", "--model", &model, "--run", run], &ALL[..], extra].concat())
    };
    let common = "kn[lang=$l] by neuron having facts >= 3";
    let own = ["--without", common, "-p", "l=en"];
    assert_eq!(search("own", &own).code, Some(0));
    let of_all = "dkn[run=all, t_low=1, t_high=0.001]";
    assert_eq!(search("all", &[]).code, Some(0));
    let common = common.replace("$l", "en");
    let with_common = rows(&environment, &format!("{of_all} & ({common})")).len();
    assert!(with_common > 0, "the common neurons are in groups where nothing takes them out");
    let left = rows(&environment, "dkn[run=own, t_low=1, t_high=0.001]").len();
    assert!(left > 0);
    assert!(rows(&environment, &format!("dkn[run=own, t_low=1, t_high=0.001] & ({common})")).is_empty());

    let again = search("own", &own);
    assert!(again.out.contains("entries      0 new, 12 already there\n"), "{again:?}");
    let left_out = search("own", &[]);
    assert!(left_out.out.contains("entries      0 new, 12 already there\n"), "as the run was begun: {left_out:?}");
    let other = search("own", &["--without", "kn[lang=zh] by neuron having facts >= 3"]);
    assert_eq!(other.code, Some(1), "{other:?}");
    assert!(other.messages.contains("without=kn[run=amig, lang=en] by neuron"), "{other:?}");
    let more = search("all", &["--only", "neurons(3:*)"]);
    assert!(more.code == Some(1) && more.messages.contains("only=neurons(3:*)"), "{more:?}");
    let known = environment.ok(&["info", "db", "--json"]).out;
    assert!(known.contains("\"without\": \"kn[run=amig, lang=en] by neuron having facts >= 3\""), "{known}");
}

#[test]
fn facts_are_chosen_by_a_set_of_facts_and_neurons_by_pairs() {
    let environment = Environment::with_run(&["P36"], 6);
    let model = demo_model("bilingual-masked");
    let facts: Vec<String> =
        rows(&environment, "facts of kn top 2").iter().map(|row| row["fact"].to_string()).collect();
    let of_two = format!("facts[fact in ({})]", facts.join(", "));
    let search = |run: &str, extra: &[&str]| {
        environment.run(&[&["dkn", "db", "--model", &model, "--run", run], &ALL[..], extra].concat())
    };
    let ran = search("two", &["--only", &of_two]);
    assert!(ran.out.contains("facts        2\n") && ran.out.contains("entries      4 new\n"), "{ran:?}");
    let ran = search("others", &["--without", &of_two, "--limit", "3"]);
    assert!(ran.out.contains("facts        3\n"), "the limit counts the facts that are left: {ran:?}");
    let ran = search("chinese", &["--only", "kn[lang=zh, tau=0.5]", "--langs", "en"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(rows(&environment, "dkn[run=chinese, t_low=1, t_high=0.001] - kn[lang=zh, tau=0.5]").is_empty());

    environment.ok(&["query", "db", &format!("let some = {of_two}")]);
    assert_eq!(search("saved", &["--only", "@some"]).code, Some(0));
    environment.ok(&["query", "db", "let some = (facts of kn top 3)"]);
    let changed = search("saved", &["--only", "@some"]);
    assert_eq!(changed.code, Some(1), "{changed:?}");
    assert!(changed.messages.contains("other members of its sets (only `@some`)"), "{changed:?}");
    let nothing = search("none", &["--only", "facts - facts"]);
    assert!(nothing.code == Some(1) && nothing.messages.contains("kept to the sets that were given"), "{nothing:?}");
    for (set, words) in [
        ("entries", ["entries are of facts", "facts of entries"]),
        ("kn by layer", ["are no set", "by neuron"]),
        ("let a = kn", ["`let` is no set", "kn[lang=en]"]),
    ] {
        refused(&environment, &["dkn", "db", "--model", &model, "--run", "wrong", "--only", set], 1, &words);
    }
}

#[test]
fn a_fact_check_is_kept_to_sets_of_facts_and_counts_the_neurons_that_are_left() {
    let environment = Environment::with_run(&["P30", "P361"], 20);
    let model = demo_model("bilingual-masked");
    environment.ok(&["dkn", "db", "--model", &model, "--keep-low", "1", "--keep-high", "0", "--quiet"]);
    let check = |extra: &[&str]| {
        let common =
            ["fact-check", "db", "--model", &model, "--draws", "50", "--where", "t_high=0.01", "--json", "a.json"];
        environment.run(&[&common[..], &["--where", "t_low=1"], extra].concat())
    };
    let kept = |environment: &Environment| -> Vec<Value> {
        let report = json(&environment.read("a.json"));
        let languages = report["languages"].as_array().expect("languages").clone();
        let relations =
            languages.iter().flat_map(|language| language["relations"].as_array().expect("relations").clone());
        relations.flat_map(|relation| relation["kept"].as_array().expect("neurons").clone()).collect()
    };
    let ran = check(&["--only", "facts[relation=P30]"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(ran.out.contains("only what is in facts[relation=P30]"), "{ran:?}");
    assert!(ran.out.contains("not among the facts that were chosen"), "{ran:?}");
    let report = json(&environment.read("a.json"));
    assert_eq!(report["options"]["only"], serde_json::json!(["facts[relation=P30]"]));
    assert!(report["rows"].as_array().expect("rows").iter().all(|row| row["relation"] == "P30"));
    for statement in report["statements"].as_array().expect("statements") {
        environment.ok(&["query", "db", statement["text"].as_str().expect("a text")]);
    }
    assert!(kept(&environment).iter().any(|neuron| neuron["layer"] != 3), "of several layers");
    assert_eq!(check(&["--only", "neurons(3:*)"]).code, Some(0));
    let last = kept(&environment);
    assert!(!last.is_empty() && last.iter().all(|neuron| neuron["layer"] == 3), "{last:?}");
    let released = check(&["--only", "neurons(3:*)", "--preset", "amig-code"]);
    assert_eq!(released.code, Some(2), "{released:?}");
    assert!(released.messages.contains("expected sets of facts"), "{released:?}");
    assert_eq!(check(&["--without", "facts[relation=P361]", "--preset", "amig-code"]).code, Some(0));
}

#[test]
fn an_edit_study_and_a_probe_take_rows_and_parameters() {
    let environment = Environment::with_run(&["P30", "P361"], 12);
    let model = demo_model("bilingual-masked");
    let study = |extra: &[&str]| {
        let common = ["edit-study", "db", "--model", &model, "--draws", "50", "--json", "a.json"];
        let ran = environment.run(&[&common[..], extra].concat());
        assert_eq!(ran.code, Some(0), "{ran:?}");
        (ran.out, json(&environment.read("a.json")))
    };
    let (text, report) = study(&["--without", "kn[relation=$r] by neuron having facts >= 30%", "-p", "r=P30"]);
    assert!(text.contains("without what is in kn[relation=P30] by neuron having facts >= 30%"), "{text}");
    let first = report["statements"][0]["text"].as_str().expect("a text");
    assert!(first.ends_with(" - (kn[run=amig, relation=P30] by neuron having facts >= 30%)"), "{first}");
    let no_value = ["edit-study", "db", "--model", &model, "--only", "kn[relation=$r]"];
    refused(&environment, &no_value, 1, &["the parameter $r has no value"]);
    refused(&environment, &[&no_value[..], &["-p", "r=P30", "-p", "s=1"]].concat(), 1, &["$s"]);

    let fact = rows(&environment, "facts of kn top 1")[0]["fact"].as_str().expect("an id").to_owned();
    let probe = |set: &str, extra: &[&str]| {
        let common = ["probe", "db", "--model", &model, "--fact", &fact, "--langs", "en", "--json", "--suppress", set];
        json(&environment.ok(&[&common[..], extra].concat()).out)["changes"][0]["neurons"].clone()
    };
    let expected = probe("kn[lang=en, rank<=3]", &[]);
    assert_eq!(probe("kn[lang=$l, rank<=$n]", &["-p", "l=en", "-p", "n=3"]), expected);
    assert_eq!(probe("kn[lang=en] by neuron top 4", &[]).as_array().map(Vec::len), Some(4));
    assert_eq!(probe("kn[lang=en] by fact, neuron", &[]), probe("kn[lang=en]", &[]));
    let unused = ["probe", "db", "--model", &model, "--fact", &fact, "--suppress", "kn", "-p", "l=en"];
    refused(&environment, &unused, 1, &["$l"]);
}

#[test]
fn figures_and_the_page_are_kept_to_sets() {
    let environment = Environment::with_demo();
    let within = ["--only", "neurons(9..11:*)", "--without", "kn by neuron having facts >= $n", "-p", "n=30%"];
    let plain = "(kn[lang=en] & (neurons(9..11:*)) - (kn[run=synthetic] by neuron having facts >= 30%)) by layer";
    let drawn = environment.ok(&[&["plot", "demo", "kn", "--langs", "en"], &within[..]].concat());
    assert!(drawn.messages.contains(&format!("query: {plain}\n")), "{drawn:?}");
    for figure in ["likn", "dkn", "heatmap", "overlap"] {
        environment.ok(&[&["plot", "demo", figure], &within[..]].concat());
    }
    let statement = environment.run(&["plot", "demo", "kn by layer", "--only", "neurons(9:*)"]);
    assert_eq!(statement.code, Some(2), "{statement:?}");
    assert!(statement.messages.contains("write it into the statement"), "{statement:?}");
    let given = environment.ok(&["plot", "demo", "kn[lang=$l] by layer", "-p", "l=en"]);
    assert!(given.messages.contains("query: kn[lang=en] by layer\n"), "{given:?}");

    let page = environment.ok(&[&["report", "demo"], &within[..]].concat()).out;
    let (head, rest) = page.split_once("<main>").expect("a page");
    let said = "Not everything is shown: only `neurons(9..11:*)`; without `kn by neuron having facts &gt;= 30%`.";
    assert!(head.contains(said), "{head}");
    assert!(
        rest.contains("- (kn[run=synthetic] by neuron having facts &gt;= 30%)) by neuron order by facts top 20"),
        "{rest}"
    );
    assert!(!rest.contains("Not answered"), "{rest}");
}
