//! `kndb dkn` and `kndb probe` with the demo's models.

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

#[test]
fn groups_are_searched_once_and_answer_other_thresholds_without_the_model() {
    let environment = Environment::with_run(&["P36"], 6);
    let model = demo_model("bilingual-masked");
    let search = ["dkn", "db", "--model", &model, "--t-high", "0.1", "--keep-high", "0.01", "--keep-low", "1"];
    let ran = environment.ok(&search);
    for line in ["run          amig-dkn\n", "facts        6\n", "entries      12 new\n"] {
        assert!(ran.out.contains(line), "{line:?} is not in {}", ran.out);
    }
    let again = environment.ok(&search);
    assert!(again.out.contains("entries      0 new, 12 already there\n"), "{again:?}");
    assert!(again.out.contains("kept as evidence\n"), "{again:?}");
    // What is left out is as the run was begun; what is given must agree.
    let plain = environment.ok(&["dkn", "db", "--model", &model]);
    assert!(plain.out.contains("entries      0 new, 12 already there\n"), "{plain:?}");
    let other = environment.run(&["dkn", "db", "--model", &model, "--t-high", "0.3"]);
    assert_eq!(other.code, Some(1), "{other:?}");
    assert!(other.messages.contains("t_high=0.1") && other.messages.contains("t_high=0.3"), "{other:?}");

    let count = |statement: &str| {
        rows(&environment, statement).iter().map(|row| row["pairs"].as_u64().expect("a count")).sum::<u64>()
    };
    let (few, some, many) =
        (count("dkn by lang"), count("dkn[t_high=0.05] by lang"), count("dkn[t_low=1, t_high=0.01] by lang"));
    assert!(few <= some && some < many, "{few}, {some}, {many}");
    assert!(count("kn by lang") > 0, "scores and groups are runs of their own, and nothing has to be said of them");
    let beyond = environment.run(&["query", "db", "dkn[t_high=0.001] by lang"]);
    assert_eq!(beyond.code, Some(1), "{beyond:?}");
    assert!(beyond.messages.contains("0.01"), "{beyond:?}");
    for row in rows(&environment, "dkn[t_low=1, t_high=0.01] by group top 3") {
        let number = |name: &str| row[name].as_f64().unwrap_or_else(|| panic!("no {name} in {row}"));
        assert!(number("p_all") < number("p") * 0.99, "{row}");
    }
}

#[test]
fn clusters_are_a_run_of_their_own() {
    let environment = Environment::with_run(&["P36"], 4);
    let model = demo_model("bilingual-masked");
    let ran = environment.ok(&["dkn", "db", "--model", &model, "--method", "clustering", "--within", "1"]);
    assert!(ran.out.contains("run          amig-ntc\n"), "{ran:?}");
    assert!(!rows(&environment, "dkn by lang").is_empty());
}

#[test]
fn the_released_clustering_takes_every_candidate_and_says_what_its_scores_should_be() {
    let environment = Environment::with_run(&["P36"], 4);
    let model = demo_model("bilingual-causal");
    let ten = [
        "attribute",
        "db",
        "--model",
        &model,
        "--preset",
        "amig-code",
        "--steps",
        "10",
        "--run",
        "ten",
        "--limit",
        "4",
    ];
    environment.ok(&[&ten[..], &["--relations", "P36", "--langs", "en", "--prompts", "1"]].concat());
    let ran = environment.ok(&["dkn", "db", "--model", &model, "--from", "ten", "--preset", "ntc-code"]);
    assert!(ran.out.contains("run          ten-ntc-code\n") && !ran.messages.contains("note:"), "{ran:?}");
    let known = environment.ok(&["info", "db", "--json"]);
    for part in ["\"ntc-code\"", "\"persistence_quantile\""] {
        assert!(known.out.contains(part), "{known:?}");
    }

    let other = demo_model("bilingual-masked");
    let ran = environment.ok(&["dkn", "db", "--model", &other, "--from", "amig", "--preset", "ntc-code"]);
    assert!(ran.messages.contains("rule gauss-legendre"), "{ran:?}");
    let within = environment.run(&["dkn", "db", "--model", &model, "--preset", "ntc-code", "--within", "0.1"]);
    assert_eq!(within.code, Some(2), "{within:?}");
    assert!(within.messages.contains("--within") && within.messages.contains("the preset ntc-code"), "{within:?}");
}

#[test]
fn mistakes_of_a_search_are_named() {
    let environment = Environment::with_run(&["P36"], 2);
    let refused = |model: &str, extra: &[&str], code: i32, words: &[&str]| {
        let model = demo_model(model);
        let ran = environment.run(&[&["dkn", "db", "--model", &model], extra].concat());
        assert_eq!(ran.code, Some(code), "{ran:?}");
        for word in words {
            assert!(ran.messages.contains(word), "{word:?} is not in {}", ran.messages);
        }
    };
    refused("bilingual-masked", &["--from", "amigo"], 2, &["amigo", "amig"]);
    refused("bilingual-causal", &[], 2, &["weights", "run \"amig\""]);
    std::fs::create_dir(environment.path("other")).expect("a folder");
    for file in ["config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json"] {
        let text = std::fs::read(std::path::Path::new(&demo_model("bilingual-masked")).join(file)).expect("the model");
        std::fs::write(environment.path("other").join(file), text).expect("copied");
    }
    let config = environment.read("other/config.json");
    assert!(config.contains("layer_norm_eps"), "{config}");
    let config = config.replacen("\"layer_norm_eps\": 1e-12", "\"layer_norm_eps\": 0.5", 1);
    environment.write("other/config.json", &config);
    let changed = environment.run(&["dkn", "db", "--model", "other"]);
    assert_eq!(changed.code, Some(2), "{changed:?}");
    assert!(changed.messages.contains("config and tokenizer"), "{changed:?}");
    refused("bilingual-masked", &["--size", "5"], 2, &["size", "2 to 4"]);
    refused("bilingual-masked", &["--span", "2"], 2, &["--span", "suppression"]);
    refused("bilingual-masked", &["--method", "clustering", "--t-low", "0.1"], 2, &["--t-low", "clustering"]);
    refused("bilingual-masked", &["--keep-low", "0.1"], 2, &["keep_low", "t_low"]);
}

#[test]
fn a_probe_shows_both_sides_and_changes_nothing() {
    let environment = Environment::with_run(&["P36"], 6);
    let model = demo_model("bilingual-masked");
    let fact = rows(&environment, "facts of kn top 1")[0]["fact"].as_str().expect("an id").to_owned();
    let probe = |extra: &[&str]| {
        json(&environment.ok(&[&["probe", "db", "--model", &model, "--fact", &fact, "--json"], extra].concat()).out)
    };
    let probed = probe(&["--suppress", "kn[lang=en]"]);
    let own = rows(&environment, &format!("kn[lang=en, fact=\"{fact}\"]")).len();
    assert_eq!(probed["changes"][0]["neurons"].as_array().map(Vec::len), Some(own), "the fact's own neurons");
    let languages = probed["languages"].as_array().expect("languages");
    assert_eq!(languages.len(), 2);
    let number = |value: &Value| value.as_f64().expect("a number");
    let english = &languages[0];
    let (before, after) = (number(&english["before"]["probability"]), number(&english["after"]["probability"]));
    assert!(after < before, "its knowledge neurons are suppressed: {before} → {after}");
    assert_eq!(english["before"]["answers"][0]["answer"], english["object"], "the model knows it");

    let nothing = probe(&["--suppress", "kn[lang=en] - kn[lang=en]", "--langs", "en"]);
    let sides = (&nothing["languages"][0]["before"], &nothing["languages"][0]["after"]);
    assert_eq!(sides.0, sides.1);
    let written = probe(&["--suppress", "kn[lang=en] -- its own", "--langs", "en"]);
    assert_eq!(written["changes"][0]["neurons"], probed["changes"][0]["neurons"]);
    // A query in parentheses is a set: three neurons, whichever the fact, and pairs, of which the fact's own are meant.
    let common = probe(&["--suppress", "(kn[lang=en] by neuron top 3)", "--langs", "en"]);
    assert_eq!(common["changes"][0]["neurons"].as_array().map(Vec::len), Some(3));
    let of_pairs = probe(&["--suppress", "(kn[lang=en] by fact, neuron)", "--langs", "en"]);
    assert_eq!(of_pairs["changes"][0]["neurons"], probed["changes"][0]["neurons"]);
    let everything = probe(&["--suppress", "neurons(0..3:*)", "--all-positions", "--langs", "en"]);
    assert!(number(&everything["languages"][0]["after"]["probability"]) < 0.5 * before);
    let both = probe(&["--suppress", "neurons(3:*)", "--set", "0.5:neurons(2:7)", "--langs", "en", "--top", "2"]);
    assert_eq!(both["changes"].as_array().map(Vec::len), Some(2));
    assert_eq!(both["languages"][0]["after"]["answers"].as_array().map(Vec::len), Some(2));

    // Runs of other models do not matter to this one's sets.
    environment.write("sets.json", r#"{"a": [[0, 1], [3, 2]]}"#);
    let import = ["import", "db", "sets.json", "--run", "sets", "--model", "other", "--layers", "4", "--width", "512"];
    environment.ok(&import);
    assert_eq!(probe(&["--suppress", "kn[lang=en]"])["changes"], probed["changes"]);
    let numbered = probe(&["--suppress", "neurons(3:1)", "--langs", "en,en"]);
    assert_eq!(numbered["changes"][0]["neurons"], serde_json::json!([[3, 1]]));
    assert_eq!(numbered["languages"].as_array().map(Vec::len), Some(1));

    let rewritten = probe(&["--rewrite", "kn[lang=en]", "--to", "Vienna", "--langs", "en"]);
    let new = &rewritten["languages"][0]["to"];
    assert!(number(&new["after"]) > 10.0 * number(&new["before"]), "{new}");

    let text = environment.ok(&["probe", "db", "--model", &model, "--fact", &fact, "--suppress", "kn[lang=en]"]).out;
    for part in [&fact, "suppressed (×0)", "before", "after", "answer 5"] {
        assert!(text.contains(part), "{part:?} is not in {text}");
    }
}

#[test]
fn a_probe_says_that_its_run_has_nothing_of_a_relation() {
    let environment = Environment::with_run(&["P36"], 3);
    let model = demo_model("bilingual-masked");
    // Facts of another relation, of which the run has nothing.
    let languages = std::fs::read_to_string("../demo/facts/en/P37.jsonl").expect("facts of the demo");
    environment.write("en/P37.jsonl", &languages);
    environment.ok(&["facts", "db", "en"]);
    let fact = rows(&environment, "facts[relation=P37] top 1")[0]["fact"].as_str().expect("an id").to_owned();
    let probe = ["probe", "db", "--model", &model, "--fact", &fact, "--langs", "en", "--suppress", "kn[lang=en]"];
    let ran = environment.ok(&probe);
    let nothing = "run \"amig\" has nothing of P37 (official language) in en with prompt 0, so what its model knows of it is not known";
    assert!(ran.out.ends_with(&format!("{nothing}\n")), "{ran:?}");
    assert!(!ran.out.contains("was not stored"), "{ran:?}");
    let told = json(&environment.ok(&[&probe[..], &["--json"]].concat()).out);
    let notes: Vec<&str> = told["notes"].as_array().expect("notes").iter().filter_map(Value::as_str).collect();
    assert!(notes.contains(&"`kn[lang=en]` has no neurons of this fact, so it changes nothing"), "{notes:?}");
    assert_eq!(notes.last(), Some(&nothing), "{notes:?}");
    assert_eq!(told["languages"][0]["before"], told["languages"][0]["after"]);
}

#[test]
fn a_fact_is_named_by_its_subject_and_relation() {
    let environment = Environment::with_run(&["P36", "P37"], 3);
    let model = demo_model("bilingual-masked");
    let capitals = rows(&environment, "facts[relation=P36] top 2");
    let (first, other) = (&capitals[0], capitals[1]["object"].as_str().expect("a text"));
    let text = |name: &str| first[name].as_str().expect("a text").to_owned();
    let (id, subject) = (text("fact"), text("subject"));
    let probe =
        |fact: &str| environment.run(&["probe", "db", "--model", &model, "--fact", fact, "--suppress", "neurons(3:1)"]);
    for relation in ["P36", "capital", " Capital "] {
        let ran = probe(&format!("{subject}/{relation}"));
        assert!(ran.out.starts_with(&format!("fact {id}, P36 (capital)\n")), "{ran:?}");
    }
    // The same words in another fact: a second one with the subject of the first.
    let twin = serde_json::json!({"uuid": "twin/1", "sub_label": subject, "obj_label": other});
    environment.write("en/P36.jsonl", &twin.to_string());
    environment.ok(&["facts", "db", "en/P36.jsonl", "--format", "mlama", "--lang", "en"]);
    let refused = |fact: &str, words: &[&str]| {
        let ran = probe(fact);
        assert!(matches!(ran.code, Some(1 | 2)), "{ran:?}");
        for word in words {
            assert!(ran.messages.contains(word), "{word:?} is not in {}", ran.messages);
        }
    };
    refused(&format!("{subject}/P36"), &["is 2 facts", &id, &text("object"), "twin/1", other]);
    assert!(probe("twin/1").out.starts_with("fact twin/1, P36 (capital)\n"), "an id with a slash is an id");
    refused(&format!("{}x/capital", subject), &["no fact of P36 (capital)", &format!("did you mean {subject:?}?")]);
    refused(&format!("{subject}/capitol"), &["no relation \"capitol\"", "did you mean \"capital\"?"]);
    refused(&subject, &["has the id", &format!("--fact '{subject}/P3")]);
}

#[test]
fn mistakes_of_a_probe_are_named() {
    let environment = Environment::with_run(&["P36"], 2);
    let fact = rows(&environment, "facts of kn top 1")[0]["fact"].as_str().expect("an id").to_owned();
    let refused = |model: &str, fact: &str, extra: &[&str], code: i32, words: &[&str]| {
        let model = demo_model(model);
        let ran = environment.run(&[&["probe", "db", "--model", &model, "--fact", fact], extra].concat());
        assert_eq!(ran.code, Some(code), "{ran:?}");
        for word in words {
            assert!(ran.messages.contains(word), "{word:?} is not in {}", ran.messages);
        }
    };
    let masked = "bilingual-masked";
    refused(masked, &fact, &[], 2, &["--suppress"]);
    refused(masked, &fact, &["--rewrite", "kn"], 2, &["--to"]);
    refused(masked, &fact, &["--suppress", "kn by layer"], 2, &["no set of neurons", "hint:"]);
    refused(masked, &fact, &["--suppress", "kn top 3"], 2, &["no set of neurons", "rank<=5"]);
    refused(masked, &fact, &["--suppress", "facts"], 2, &["no set of neurons"]);
    refused(masked, &fact, &["--suppress", "kn[lang=fr]"], 1, &["fr", "en"]);
    refused(masked, &fact, &["--scale", "x:kn"], 2, &["0.5:kn"]);
    refused(masked, "nobody", &["--suppress", "kn"], 1, &["nobody", "has the id", "France/capital"]);
    refused(masked, &fact, &["--suppress", "kn", "--langs", "fr"], 1, &["fr"]);
    refused(masked, &fact, &["--suppress", "kn", "--prompt", "80"], 1, &["template 80"]);
    refused("bilingual-causal", &fact, &["--suppress", "kn[run=amig]"], 2, &["weights"]);
    refused("bilingual-causal", &fact, &["--suppress", "neurons(9:1)"], 1, &["layer"]);
}
