//! `kndb attribute --of words` with the engine's tiny models and the demo's.

#![cfg(feature = "attribute")]

mod environment;

use environment::{Environment, demo_model, root};

fn model(name: &str) -> String {
    root().join("engine/tests/fixtures").join(name).display().to_string()
}

#[test]
fn words_are_scored_drawn_asked_for_and_not_computed_twice() {
    let environment = Environment::with_run(&["P36"], 3);
    let model = demo_model("bilingual-masked");
    let asked = ["attribute", "db", "--model", &model, "--of", "words", "--langs", "en", "--prompts", "1"];
    let ran = environment.ok(&[&asked[..], &["--limit", "2"]].concat());
    for line in [
        "run          bilingual-masked-word-integrated-gradients\n",
        "model        bilingual-masked by token (bert, 1 layer",
        "entries      2 new\n",
        " [en, prompt 0] → ",
        "  [CLS]",
        "█",
    ] {
        assert!(ran.out.contains(line), "{line}: {ran:?}");
    }
    // What is drawn is what the query beside it answers.
    let query = ran.messages.lines().find_map(|line| line.strip_prefix("query: ")).expect("the query");
    let query = query.split("; ").next().expect("a query");
    let rows = environment.ok(&["query", "db", query, "-m", "csv"]).out;
    let best: f64 = rows
        .lines()
        .nth(1)
        .and_then(|row| row.split(',').find(|cell| cell.contains('.'))?.parse().ok())
        .unwrap_or_else(|| panic!("a score: {rows}"));
    assert!(ran.out.contains(&format!("{best:.4}")), "{best}: {ran:?}");
    // The scores of a prompt add up to what the object gains by its words, to the rule's error.
    let entries = environment
        .ok(&["query", "db", "entries[run=\"bilingual-masked-word-integrated-gradients\"]", "-m", "csv"])
        .out;
    let place = entries.lines().next().and_then(|head| head.split(',').position(|name| name == "residual"));
    let place = place.unwrap_or_else(|| panic!("no residuals: {entries}"));
    let residuals: Vec<f64> =
        entries.lines().skip(1).filter_map(|row| row.split(',').nth(place)?.parse().ok()).collect();
    // Of p from nothing to .8 and .9, by 20 points.
    assert!(residuals.len() == 2 && residuals.iter().all(|residual| residual.abs() < 0.02), "{entries}");

    let again = environment.ok(&[&asked[..], &["--limit", "2"]].concat());
    assert!(again.out.contains("0 new, 2 already there") && again.out.contains('█'), "{again:?}");
    assert!(environment.ok(&asked).out.contains("1 new, 2 already there"));
    // Nobody takes a token for a neuron.
    let both = environment.run(&["query", "db", "kn[run=*] by layer"]);
    assert!(both.code == Some(1) && both.messages.contains("their neurons are different units"), "{both:?}");
}

#[test]
fn sequential_and_discretized_ones_are_runs_of_their_own() {
    let environment = Environment::with_run(&["P36"], 2);
    let asked = ["attribute", "db", "--of", "words", "--langs", "en", "--prompts", "1", "--model"];
    let info = |run: &str| -> serde_json::Value {
        let info: serde_json::Value =
            serde_json::from_str(&environment.ok(&["info", "db", "--json"]).out).expect("JSON");
        let runs = info["runs"].as_array().expect("runs").clone();
        runs.into_iter().find(|known| known["run"] == run).expect("the run")
    };
    let gpt2 = model("gpt2");
    environment.ok(&[&asked[..], &[&gpt2, "--method", "sequential-integrated-gradients", "--steps", "4"]].concat());
    let run = info("gpt2-word-sequential-integrated-gradients");
    assert_eq!(
        (&run["method"], &run["parameters"]["of"]),
        (&"word-sequential-integrated-gradients".into(), &"words".into())
    );
    assert_eq!((&run["parameters"]["steps"], &run["parameters"]["baseline"]), (&"4".into(), &"mask".into()), "{run}");
    let bert = model("bert");
    let through = ["--method", "discretized-integrated-gradients", "--anchors", "max-count", "--word-baseline", "pad"];
    let ran = environment.ok(&[&asked[..], &[&bert], &through].concat());
    assert!(ran.out.contains("bert-word-discretized-integrated-gradients"), "{ran:?}");
    let run = info("bert-word-discretized-integrated-gradients");
    for (name, value) in [
        ("anchors", "max-count"),
        ("monotone", "share"),
        ("path-words", "30"),
        ("neighbours", "500"),
        ("baseline", "pad"),
    ] {
        assert_eq!(run["parameters"][name], value, "{run}");
    }
}

#[test]
fn options_of_neurons_are_refused_for_words_and_the_other_way_round() {
    let environment = Environment::with_run(&["P36"], 2);
    let told = |options: &[&str]| {
        let ran = environment.run(&[&["attribute", "db", "--model", "nowhere"], options].concat());
        assert_eq!(ran.code, Some(2), "{ran:?}");
        ran.messages
    };
    assert!(told(&["--of", "words", "--layers", "0"]).contains("--layers means nothing to --of words"));
    assert!(told(&["--of", "words", "--preset", "kn"]).contains("--preset means nothing to --of words"));
    assert!(told(&["--of", "words", "--anchors", "greedy"]).contains("--anchors means nothing to --of words"));
    assert!(told(&["--of", "words", "--method", "relp"]).contains("method is relp; expected of words sequential-"));
    assert!(told(&["--word-baseline", "zero"]).contains("--word-baseline means nothing to --of neurons"));
}
