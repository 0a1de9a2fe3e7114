//! Targets and scorers from the command line, with the engine's tiny models and the demo's.

#![cfg(feature = "attribute")]

mod environment;

use environment::{Environment, demo_model, root};

fn model(name: &str) -> String {
    root().join("engine/tests/fixtures").join(name).display().to_string()
}

#[test]
fn scores_of_a_difference_of_logits_have_their_foils_and_their_units() {
    let environment = Environment::with_run(&["P36"], 12);
    let model = demo_model("bilingual-masked");
    let asked = ["attribute", "db", "--model", &model, "--prompts", "1", "--method", "relp"];
    let ran = environment.ok(&[&asked[..], &["--target", "logit-difference", "--foil", "drawn"]].concat());
    assert!(ran.out.contains("run          bilingual-masked-relp-logit-difference\n"), "{ran:?}");
    let info = environment.ok(&["info", "db", "--json"]).out;
    let info: serde_json::Value = serde_json::from_str(&info).expect("JSON");
    let run = info["runs"].as_array().expect("runs").iter().find(|run| run["method"] == "relp").expect("the run");
    let parameter = |name: &str| run["parameters"][name].as_str().unwrap_or_default().to_owned();
    assert_eq!((parameter("target"), parameter("foil")), ("logit-difference".into(), "drawn".into()), "{run}");
    // An object of the store, by its label; of two languages, each has its own.
    let one = environment
        .ok(&[&asked[..], &["--target", "logit-difference", "--foil", "Vienna", "--run", "vienna"]].concat());
    assert!(one.out.contains("no foil that the prompt sets against the object"), "Vienna itself has none: {one:?}");
    // The same run is gone on with, and not with another foil.
    let again = environment.ok(&[&asked[..], &["--target", "logit-difference", "--foil", "drawn"]].concat());
    assert!(again.out.contains("0 new"), "{again:?}");
    let other = [&asked[..], &["--target", "logit", "--run", "vienna"]].concat();
    let other = environment.run(&other);
    assert_eq!(other.code, Some(1), "{other:?}");
    assert!(other.messages.contains("target"), "{other:?}");
}

#[test]
fn targets_and_foils_that_mean_nothing_are_refused_before_a_model_is_loaded() {
    let environment = Environment::with_run(&["P36"], 4);
    let told = |options: &[&str]| {
        let ran = environment.run(&[&["attribute", "db", "--model", "nowhere"], options].concat());
        assert_eq!(ran.code, Some(2), "{ran:?}");
        ran.messages
    };
    assert!(told(&["--target", "logit-difference"]).contains("foil is missing"));
    assert!(told(&["--foil", "drawn"]).contains("--foil"));
    assert!(told(&["--method", "activation", "--target", "logit"]).contains("--target"));
    let unknown = told(&["--target", "logit-difference", "--foil", "Atlantis"]);
    assert!(unknown.contains("there is no object \"Atlantis\""), "{unknown}");
}

#[test]
fn every_scorer_makes_a_run_with_its_name_and_options() {
    let environment = Environment::with_run(&["P36"], 4);
    for (name, options, method) in [
        ("gpt2", &["--method", "query-neurons", "--value-neurons", "5"][..], "query-neurons"),
        ("llama", &["--method", "cett"], "cett"),
        ("llama", &["--method", "log-probability"], "log-probability"),
        ("llama", &["--method", "relp", "--rules", "norms,products", "--baseline", "word-mean"], "relp"),
        ("bert", &["--method", "relp", "--target", "log-probability"], "relp"),
        ("llama", &["--preset", "kn", "--site", "up"], "integrated-gradients"),
        ("gpt2", &["--method", "sequential-integrated-gradients", "--steps", "5"], "integrated-gradients"),
        (
            "bert",
            &["--method", "discretized-integrated-gradients", "--anchors", "max-count", "--monotone", "share"],
            "discretized-integrated-gradients",
        ),
    ] {
        let model = model(name);
        let run = format!("{name}{}", options.concat());
        let asked = ["attribute", "db", "--model", &model, "--langs", "en", "--prompts", "1", "--run", &run];
        let ran = environment.ok(&[&asked[..], options].concat());
        let info: serde_json::Value =
            serde_json::from_str(&environment.ok(&["info", "db", "--json"]).out).expect("JSON");
        let made = info["runs"].as_array().expect("runs").iter().find(|made| made["run"] == run.as_str());
        let made = made.unwrap_or_else(|| panic!("{ran:?}, {info}"));
        assert_eq!(made["method"], method, "{made}");
        for pair in options.chunks(2).filter(|pair| !["--method", "--preset", "--target"].contains(&pair[0])) {
            let parameter = pair[0].trim_start_matches('-').replace('-', " ");
            assert_eq!(made["parameters"][&parameter], pair[1], "{made}");
        }
    }
    let bert = model("bert");
    let told = |options: &[&str]| {
        let ran = environment.run(&[&["attribute", "db", "--model", &bert, "--run", "none"], options].concat());
        assert_eq!(ran.code, Some(2), "{ran:?}");
        ran.messages
    };
    assert!(told(&["--method", "query-neurons"]).contains("normalises its residual stream"));
    assert!(told(&["--site", "up"]).contains("are not gated"));
    assert!(told(&["--method", "cett", "--rules", "norms"]).contains("--rules means nothing to the method cett"));
}

#[test]
fn neurons_over_texts_are_runs_and_language_neurons_are_sets() {
    let environment = Environment::new();
    environment.write("en.txt", "The capital of France is Paris .\nNairobi is a city in Mali .\n");
    environment.write("zh.txt", "法国的首都是巴黎。\n巴黎是法国的首都。\n");
    let asked = [
        "activations",
        "db",
        "--model",
        &model("llama"),
        "--run",
        "tiny",
        "--window",
        "9",
        "--corpus",
        "en=en.txt",
        "--corpus",
        "zh=zh.txt",
        "--quantiles",
        "0.5",
        "--lape-top",
        "0.2",
        "--lape-filter",
        "0.5",
        "--lape-bar",
        "0.6",
    ];
    let ran = environment.ok(&asked);
    assert!(ran.out.contains("tiny-share, tiny-mean, tiny-mean-square, tiny-q0.5, tiny-lape\n"), "{ran:?}");
    assert!(ran.messages.contains("are few for language neurons"), "{ran:?}");
    let count = |query: &str| {
        let out = environment.ok(&["query", "db", "-m", "csv", query]).out;
        out.lines().count() - 1
    };
    // A fifth of 144 neurons is 29; a query combines the sets of the languages.
    let both = count("neurons of kn[run=tiny-lape]");
    let (en, zh) = (count("neurons of kn[run=tiny-lape, lang=en]"), count("neurons of kn[run=tiny-lape, lang=zh]"));
    assert!(en > 0 && zh > 0 && both <= 29, "{en} {zh} {both}");
    let own = count("neurons of kn[run=tiny-lape, lang=zh] - neurons of kn[run=tiny-lape, lang=en]");
    assert!(own <= zh && own + en == both, "{own} {en} {both}");
    // Nobody is active at more than all tokens.
    let shares = environment.ok(&["query", "db", "-m", "csv", "kn[run=tiny-share, lang=en, tau=0] top 1000"]).out;
    assert!(shares.lines().count() > 100, "{shares}");
    let again = environment.ok(&asked);
    assert!(again.out.contains("en           there already\n"), "{again:?}");
    let alone = environment.ok(&[
        "activations",
        "db",
        "--model",
        &model("llama"),
        "--run",
        "one",
        "--corpus",
        "en=en.txt",
        "--quiet",
    ]);
    assert_eq!(
        (alone.out.as_str(), alone.messages.as_str()),
        ("", "note: of one language there are no language neurons\n")
    );
    let told = |options: &[&str]| {
        let begun = ["activations", "db", "--model", &model("llama"), "--run", "none", "--corpus", "en=en.txt"];
        let ran = environment.run(&[&begun[..], options].concat());
        assert_ne!(ran.code, Some(0), "{ran:?}");
        ran.messages
    };
    assert!(told(&["--lape-top", "0.1"]).contains("--lape-top means nothing to a text of one language"));
    let none = ["--corpus", "zh=zh.txt", "--no-lape", "--lape-bar", "0.5"];
    assert!(told(&none).contains("--lape-bar means nothing to --no-lape"));
    let missing = told(&["--corpus", "zh=nowhere.txt"]);
    assert!(missing.contains("check the path") && !missing.contains("--model"), "{missing}");
}

#[test]
fn query_relevant_neurons_are_a_run_of_another() {
    let environment = Environment::with_run(&["P36", "P37"], 12);
    let ran = environment.ok(&["qrnca", "db", "--from", "amig"]);
    assert!(ran.out.starts_with("run          amig-qrnca\nen "), "{ran:?}");
    // At most twenty neurons a fact, and none of more than 0.3 of the facts.
    let out = environment.ok(&["query", "db", "-m", "csv", "kn[run=amig-qrnca, lang=en] by fact"]).out;
    assert!(out.lines().count() > 5, "{out}");
    let shared =
        environment.ok(&["query", "db", "-m", "csv", "kn[run=amig-qrnca, lang=en] by neuron having facts >= 9"]).out;
    assert_eq!(shared.lines().count(), 1, "{shared}");
    let nothing = environment.run(&["qrnca", "db", "--from", "ig"]);
    assert!(nothing.messages.contains("there is no run \"ig\""), "{nothing:?}");
}

#[test]
fn an_arena_has_tables_files_and_a_figure_and_is_the_same_again() {
    let environment = Environment::with_run(&["P36", "P37"], 12);
    let model = demo_model("bilingual-masked");
    let asked = ["arena", "db", "--model", &model, "--limit", "3", "--sizes", "1,10", "--draws", "50", "--langs", "en"];
    let ran = environment.ok(&[&asked[..], &["--json", "a.json", "--csv", "a.csv", "--figure", "a.svg"]].concat());
    // A model whose residual stream is normalised has no query neurons.
    assert!(ran.messages.contains("note: query-neurons takes no part: "), "{ran:?}");
    for part in ["of ablation's k best", "times faster than amig", "less amig", "relp", "cett", "3 facts in en"] {
        assert!(ran.out.contains(part), "{part:?} is not in {}", ran.out);
    }
    let report: serde_json::Value = serde_json::from_str(&environment.read("a.json")).expect("JSON");
    let cells = report["cells"].as_array().expect("cells");
    assert_eq!((cells.len(), report["rows"].as_array().map(Vec::len)), (7 * 2, Some(7 * 2 * 3)));
    // The neuron that does most by itself does at least as much as the one that any other scorer likes best.
    let change = |scorer: &str| {
        let of = cells.iter().find(|cell| cell["scorer"] == scorer && cell["size"] == 1).expect("a cell");
        of["suppress"]["related"]["value"].as_f64().expect("a number")
    };
    let exact = change("ablation");
    assert!(exact < 0.0, "{exact}");
    for scorer in ["amig", "relp", "gradient-activation", "activation", "log-probability", "cett"] {
        assert!(change(scorer) > exact - 1e-4, "{scorer}: {} before {exact}", change(scorer));
    }
    let relp = report["scorers"].as_array().expect("scorers").iter().find(|of| of["scorer"] == "relp").expect("RelP");
    assert_eq!(relp["parameters"]["rules"], "norms,activations,products,attention", "{relp}");
    let own = report["scorers"].as_array().expect("scorers").iter().find(|of| of["scorer"] == "ablation");
    let own = own.expect("ablation")["spearman"]["value"].as_f64().expect("a number");
    assert!((own - 1.0).abs() < 1e-9, "{own}");
    assert!(environment.read("a.svg").contains("suppressing the best neurons of each scorer"));
    environment.ok(&[&asked[..], &["--quiet", "--threads", "1", "--csv", "b.csv"]].concat());
    assert_eq!(environment.read("a.csv"), environment.read("b.csv"));
    let logits = [&asked[..], &["--methods", "relp,kn", "--target", "logit"]].concat();
    let ran = environment.ok(&logits);
    assert!(ran.out.contains("less relp") && !ran.out.contains("ablation"), "{ran:?}");
    assert!(ran.out.contains(" en | relp   | logit    |") && ran.out.contains(" en | kn     | logit    |"), "{ran:?}");
}

#[test]
fn an_arena_that_makes_no_sense_is_refused() {
    let environment = Environment::with_run(&["P36", "P37"], 4);
    let model = demo_model("bilingual-masked");
    let told = |options: &[&str]| {
        let ran = environment.run(&[&["arena", "db", "--model", &model], options].concat());
        assert_ne!(ran.code, Some(0), "{ran:?}");
        ran.messages
    };
    assert!(told(&["--figure", "a.svg"]).contains("--figure means nothing to several languages (en, zh)"));
    assert!(told(&["--figure", "a.gif", "--langs", "en"]).contains(".svg, .png or .pdf"));
    assert!(told(&["--methods", "query-neurons"]).contains("normalises its residual stream"));
    assert!(told(&["--methods", "relp,relp", "--langs", "en"]).contains("each once"));
    assert!(told(&["--methods", "lime"]).contains("lime"));
    assert!(told(&["--sizes", "3,1", "--langs", "en", "--methods", "relp"]).contains("ascending"));
    assert!(told(&["--relations", "P1"]).contains("P1"));
    let target = told(&["--methods", "activation,cett", "--target", "logit"]);
    assert!(target.contains("--target means nothing to the methods activation, cett"), "{target}");
    let sizes = told(&["--sizes", "1,5000", "--langs", "en", "--methods", "relp"]);
    assert!(sizes.contains("where 1024 is the largest that fits"), "{sizes}");
}
