//! `kndb trace` with the engine's tiny models and the demo's.

#![cfg(feature = "attribute")]

mod environment;

use environment::{Environment, demo_model, root};

fn model(name: &str) -> String {
    root().join("engine/tests/fixtures").join(name).display().to_string()
}

#[test]
fn facts_are_traced_told_asked_for_drawn_and_not_computed_twice() {
    let environment = Environment::with_run(&["P36"], 6);
    let model = demo_model("bilingual-masked");
    let asked = ["trace", "db", "--model", &model, "--langs", "en", "--prompts", "1", "--draws", "3", "--limit", "4"];
    let ran = environment.ok(&asked);
    for line in [
        "run          bilingual-masked-trace-hidden\n",
        "model        bilingual-masked by role (bert, 4 layers × 7)\n",
        "entries      4 new\n",
        "the median of 4 entries\n",
        "the median with the subject corrupted\n",
        "the mean of p − p*\n",
        "mean indirect effect by layer and role\n",
    ] {
        assert!(ran.out.contains(line), "{line}: {ran:?}");
    }
    assert!(ran.out.contains("first-subject") && ran.out.contains("target"), "{ran:?}");
    // The table is what the query beside it answers.
    let query = ran.messages.lines().find_map(|line| line.strip_prefix("query: ")).expect("the query").to_owned();
    let rows = environment.ok(&["query", "db", &query, "-m", "csv"]).out;
    let mean: f64 = rows
        .lines()
        .find(|row| row.starts_with("3,target,"))
        .and_then(|row| row.rsplit(',').next()?.parse().ok())
        .expect("the effect of the last layer at the mask");
    assert!(ran.out.contains(&format!("{mean:.4}")), "{mean}: {ran:?}");
    // In the last layer the mask's state is all that the head reads: its effect is the total one.
    assert!(ran.out.contains(&format!("total effect {mean:.4}, ")), "{mean}: {ran:?}");

    assert!(environment.ok(&asked).out.contains("0 new, 4 already there"));
    let more = ["trace", "db", "--model", &model, "--langs", "en", "--prompts", "1", "--draws", "3"];
    assert!(environment.ok(&more).out.contains("2 new, 4 already there"));

    let drawn =
        environment.ok(&["plot", "db", "heatmap", "--run", "bilingual-masked-trace-hidden", "-o", "effects.svg"]);
    assert!(drawn.messages.contains("by layer, role order by layer, role, mean"), "{drawn:?}");
    let svg = environment.read("effects.svg");
    assert!(svg.contains("last-subject") && svg.contains("Mean indirect effect of restoring hidden states"), "{svg}");

    // Neither is taken for the other.
    let of_neurons = environment.run(&["query", "db", "kn[run=amig] by role"]);
    assert!(of_neurons.code == Some(1) && of_neurons.messages.contains("has no roles"), "{of_neurons:?}");
    let both = environment.run(&["query", "db", "kn[run=*] by layer"]);
    assert!(both.code == Some(1) && both.messages.contains("their neurons are different units"), "{both:?}");
}

#[test]
fn windows_of_other_results_are_runs_of_their_own() {
    let environment = Environment::with_run(&["P36"], 3);
    let model = model("gpt2");
    let asked = ["trace", "db", "--model", &model, "--langs", "en", "--prompts", "1", "--draws", "2"];
    let wide = environment.ok(&[&asked[..], &["--restore", "attention"]].concat());
    assert!(wide.messages.contains("windows of 10 layers hold all 3 of gpt2"), "{wide:?}");
    let ran = environment
        .ok(&[&asked[..], &["--restore", "feed-forward", "--window", "2", "--noise", "absolute:0.5"]].concat());
    assert!(
        ran.out.contains("run          gpt2-trace-feed-forward\n") && !ran.messages.contains("note: windows"),
        "{ran:?}"
    );
    let info: serde_json::Value = serde_json::from_str(&environment.ok(&["info", "db", "--json"]).out).expect("JSON");
    let run = info["runs"].as_array().expect("runs").iter().find(|run| run["run"] == "gpt2-trace-feed-forward");
    let parameters = &run.expect("the run")["parameters"];
    for (name, value) in [("restore", "feed-forward"), ("window", "2"), ("noise", "0.5"), ("draws", "2"), ("seed", "1")]
    {
        assert_eq!(parameters[name], value, "{parameters}");
    }
    assert!(parameters["sigma"].is_null(), "{parameters}");
    // The same run is gone on with, and not with other draws.
    let other = environment.run(&[&asked[..8], &["--draws", "4", "--restore", "attention"]].concat());
    assert!(other.code == Some(1) && other.messages.contains("draws"), "{other:?}");
}

#[test]
fn mistakes_are_told_before_a_model_is_loaded() {
    let environment = Environment::with_run(&["P36"], 3);
    let told = |options: &[&str]| {
        let ran = environment.run(&[&["trace", "db", "--model", "nowhere"], options].concat());
        assert_ne!(ran.code, Some(0), "{ran:?}");
        ran.messages
    };
    assert!(told(&["--noise", "s3"]).contains("as in absolute:0.1"));
    assert!(told(&["--langs", "xx"]).contains("there is no language \"xx\""));
    assert!(told(&["--kind", "mlp"]).contains("--restore"));
    assert!(told(&["--draws", "0"]).contains("--draws"));
}
