//! `kndb attribute` with the engine's tiny models.

#![cfg(feature = "attribute")]

mod environment;

use environment::{Environment, Ran, root};
use serde_json::Value;

const FACTS: [(&str, &str, &str, &str); 4] = [
    ("f1", "en", "France", "Paris"),
    ("f1", "zh", "法国", "巴黎"),
    ("f2", "en", "Kenya", "Nairobi"),
    ("f2", "zh", "肯尼亚", "東京"),
];

fn model(name: &str) -> String {
    root().join("engine/tests/fixtures").join(name).display().to_string()
}

/// A store with two facts in two languages; `f2`'s Chinese object is not in BERT's vocabulary.
fn with_facts() -> Environment {
    let environment = Environment::new();
    for (language, template) in [("en", "The capital of [X] is [Y] ."), ("zh", "[X]的首都是[Y]。")] {
        std::fs::create_dir(environment.path(language)).expect("a folder");
        let rows = FACTS.iter().filter(|row| row.1 == language).map(|(id, _, subject, object)| {
            serde_json::json!({"uuid": id, "lineid": 0, "sub_uri": id, "sub_label": subject, "obj_uri": id, "obj_label": object})
        });
        let rows: Vec<String> = rows.map(|row| row.to_string()).collect();
        environment.write(&format!("{language}/P36.jsonl"), &rows.join("\n"));
        let template = serde_json::json!({"relation": "P36", "template": template});
        environment.write(&format!("{language}/templates.jsonl"), &template.to_string());
    }
    environment.ok(&["init", "db"]);
    environment.ok(&["facts", "db", "en", "zh"]);
    environment
}

fn attribute(environment: &Environment, weights: &str, extra: &[&str]) -> Ran {
    let weights = model(weights);
    environment.run(&[&["attribute", "db", "--model", &weights], extra].concat())
}

fn runs(environment: &Environment) -> Value {
    let info: Value = serde_json::from_str(&environment.ok(&["info", "db", "--json"]).out).expect("JSON");
    info["runs"].clone()
}

#[test]
fn facts_are_attributed_asked_for_and_not_computed_twice() {
    let environment = with_facts();
    let ran = attribute(&environment, "bert", &[]);
    assert_eq!((ran.code, ran.messages.as_str()), (Some(0), ""), "{ran:?}");
    for line in [
        "run          bert-amig\n",
        "model        bert (bert, 3 layers × 48)\n",
        "facts        2\n",
        "entries      3 new\n",
        "skipped      1\n",
        "P36 (capital)  zh 1  object not in the model's vocabulary\n",
    ] {
        assert!(ran.out.contains(line), "{line:?} is not in {}", ran.out);
    }
    let run = &runs(&environment)[0];
    assert_eq!((&run["preset"], &run["method"]), (&"amig".into(), &"integrated-gradients".into()));
    assert_eq!((&run["finished"], &run["entries"]), (&true.into(), &3.into()));
    let neurons = environment.ok(&["query", "db", "kn by lang", "-m", "jsonl"]).out;
    assert_eq!(neurons.lines().count(), 2, "{neurons}");
    // Every entry has a p, and of the summary and of `info` it is the same table.
    let known: Vec<_> = run["knows"].as_array().expect("a list").iter().filter(|it| it["relation"].is_null()).collect();
    let counts: Vec<_> = known.iter().map(|it| (&it["language"], &it["entries"], &it["with_p"])).collect();
    assert_eq!(counts, [(&"en".into(), &2.into(), &2.into()), (&"zh".into(), &1.into(), &1.into())]);
    let table = ran.out.split("what the model of run").nth(1).expect("what the model knows");
    assert!(table.contains("| median p | p >= 0.1 | answered right"), "{table}");
    assert!(environment.ok(&["info", "db"]).out.contains(table), "{table}");

    let again = attribute(&environment, "bert", &[]);
    assert!(again.out.contains("entries      0 new, 3 already there\n"), "{again:?}");
    assert_eq!(attribute(&environment, "bert", &["--quiet"]).out, "");
}

#[test]
fn a_changed_option_drops_the_preset_s_name_and_only_that() {
    let environment = with_facts();
    let part = ["--langs", "en", "--limit", "1"];
    for (extra, preset, name) in [
        (&["--preset", "kn"][..], Some("kn"), "gpt2-kn"),
        (&["--preset", "kn", "--steps", "20", "--batch", "3", "--run", "same"], Some("kn"), "same"),
        (&["--preset", "kn", "--steps", "5"], None, "gpt2-integrated-gradients"),
        (&["--preset", "kn", "--tau", "0.25", "--run", "tau"], None, "tau"),
        (&["--method", "ablation", "--layers", "0,2", "--model-name", "toy"], None, "toy-ablation"),
        (&["--preset", "amig-paper", "--normalise=no", "--run", "sums"], None, "sums"),
    ] {
        let ran = attribute(&environment, "gpt2", &[&part, extra].concat());
        assert!(ran.out.contains(&format!("run          {name}\n")), "{ran:?}");
        assert!(ran.out.contains("entries      1 new\n"), "{ran:?}");
        let runs = runs(&environment);
        let run = runs.as_array().and_then(|runs| runs.iter().find(|run| run["run"] == name)).expect("the run");
        assert_eq!(run["preset"].as_str(), preset, "{run}");
    }
    let runs = runs(&environment);
    let run = |name: &str| runs.as_array().and_then(|runs| runs.iter().find(|run| run["run"] == name)).expect("a run");
    let steps = &run("gpt2-integrated-gradients")["parameters"];
    assert_eq!((&steps["steps"], &steps["baseline"], &steps["rule"]), (&"5".into(), &"zero".into(), &"left".into()));
    assert_eq!(run("gpt2-integrated-gradients")["prompt_share"], 0.7);
    assert_eq!(run("toy-ablation")["parameters"]["layers"], "0,2");
    assert_eq!(run("sums")["parameters"]["normalise"], "no");
}

#[test]
fn p_is_stored_with_the_scores_of_every_method() {
    let environment = with_facts();
    let p = |option: &str, method: &str| {
        let ran = attribute(&environment, "bert", &[option, method, "--run", method]);
        assert_eq!(ran.code, Some(0), "{ran:?}");
        let info = runs(&environment);
        let run = info.as_array().expect("runs").iter().find(|run| run["run"] == method).expect("the run").clone();
        run["knows"]
            .as_array()
            .expect("a list")
            .iter()
            .map(|it| it["median_p"].as_f64().expect("p"))
            .collect::<Vec<_>>()
    };
    let by_path = p("--preset", "amig");
    assert!(!by_path.is_empty());
    for method in ["activation", "ablation"] {
        for (found, expected) in p("--method", method).iter().zip(&by_path) {
            assert!((found - expected).abs() <= 1e-6 * expected, "{method}: {found} for {expected}");
        }
    }
}

#[test]
fn mistakes_are_named_with_what_to_do() {
    let environment = with_facts();
    let refused = |extra: &[&str], code: i32, words: &[&str]| {
        let ran = attribute(&environment, "bert", extra);
        assert_eq!(ran.code, Some(code), "{ran:?}");
        for word in words {
            assert!(ran.messages.contains(word), "{word:?} is not in {}", ran.messages);
        }
    };
    refused(&["--method", "activation", "--rule", "left"], 2, &["--rule", "activation", "hint: "]);
    refused(&["--method", "activation", "--preset", "kn"], 2, &["cannot be used with"]);
    refused(&["--langs", "en,fr"], 2, &["fr", "en, zh"]);
    refused(&["--relations", "P1"], 2, &["P1", "P36"]);
    refused(&["--layers", "1-3"], 2, &["layers is 3", "0 to 2"]);
    refused(&["--device", "warp"], 1, &["warp", "hint: --device cpu"]);
    refused(&["--preset", "amig-paper", "--steps", "0"], 2, &["'0' for '--steps <N>'", "at least 1"]);
    assert_eq!(runs(&environment), serde_json::json!([]));

    assert_eq!(attribute(&environment, "bert", &["--run", "r"]).code, Some(0));
    refused(&["--run", "r", "--preset", "kn"], 1, &["another run name", "kndb info"]);

    std::fs::create_dir(environment.path("t5")).expect("a folder");
    environment.write("t5/config.json", r#"{"model_type": "t5"}"#);
    let unknown = environment.run(&["attribute", "db", "--model", "t5"]);
    assert_eq!(unknown.code, Some(1), "{unknown:?}");
    assert!(unknown.messages.contains("`t5`") && unknown.messages.contains("expected one of bert, "), "{unknown:?}");
    assert!(unknown.messages.contains("hint: "), "{unknown:?}");
    let nowhere = environment.run(&["attribute", "db", "--model", "nowhere"]);
    assert!(nowhere.messages.contains("config.json, tokenizer.json"), "{nowhere:?}");

    environment.ok(&["init", "empty"]);
    let empty = environment.run(&["attribute", "empty", "--model", &model("bert")]);
    assert_eq!(empty.code, Some(1), "{empty:?}");
    assert!(empty.messages.contains("hint: `kndb facts empty"), "{empty:?}");
}

/// A head beside a tied configuration: all zeros here, so that every answer is as likely as any other.
#[test]
fn what_the_model_folder_does_not_say_alone_is_noted() {
    let environment = with_facts();
    std::fs::create_dir(environment.path("gpt2")).expect("a folder");
    for file in ["config.json", "tokenizer.json", "model.safetensors"] {
        std::fs::copy(format!("{}/{file}", model("gpt2")), environment.path("gpt2").join(file)).expect("a copy");
    }
    let plain = environment.ok(&["attribute", "db", "--model", "gpt2", "--langs", "en", "--run", "plain"]);
    assert!(!plain.messages.contains("note: "), "{plain:?}");
    add_head(&environment.path("gpt2/model.safetensors"));
    for quiet in [&[] as &[&str], &["-q"]] {
        let own =
            environment.ok(&[&["attribute", "db", "--model", "gpt2", "--langs", "en", "--run", "own"], quiet].concat());
        assert!(own.messages.contains("note: config.json says that the head is the embedding"), "{own:?}");
        assert!(own.messages.contains("`lm_head.weight`"), "{own:?}");
    }
}

/// Adds a tensor to a safetensors file: its header is JSON behind its length.
fn add_head(path: &std::path::Path) {
    let file = std::fs::read(path).expect("weights");
    let size = u64::from_le_bytes(file[..8].try_into().expect("eight bytes")) as usize;
    let (header, data) = file[8..].split_at(size);
    let mut header: Value = serde_json::from_slice(header).expect("JSON");
    let shape = header["transformer.wte.weight"]["shape"].clone();
    let sizes = shape.as_array().expect("a shape").iter().map(|size| size.as_u64().expect("a size") as usize);
    let zeros = vec![0; 4 * sizes.product::<usize>()];
    let offsets = [data.len(), data.len() + zeros.len()];
    header["lm_head.weight"] = serde_json::json!({"dtype": "F32", "shape": shape, "data_offsets": offsets});
    let header = header.to_string();
    let length = (header.len() as u64).to_le_bytes();
    std::fs::write(path, [&length, header.as_bytes(), data, &zeros].concat()).expect("weights");
}

#[test]
fn a_beginning_of_sequence_before_prompts_is_another_run() {
    let environment = with_facts();
    let part = ["--langs", "en", "--limit", "1"];
    attribute(&environment, "gpt2", &part);
    let with = attribute(&environment, "gpt2", &[&part[..], &["--bos"]].concat());
    assert!(with.out.contains("run          gpt2-amig-bos\n") && with.out.contains("entries      1 new\n"), "{with:?}");
    let all = runs(&environment);
    let bos = |name: &str| {
        let run = all.as_array().and_then(|runs| runs.iter().find(|run| run["run"] == name)).expect("the run");
        run["parameters"]["bos"].clone()
    };
    assert_eq!((bos("gpt2-amig"), bos("gpt2-amig-bos")), (Value::Null, "put before".into()));
    let mixed = attribute(&environment, "gpt2", &[&part[..], &["--bos", "--run", "gpt2-amig"]].concat());
    assert!(mixed.code != Some(0) && mixed.messages.contains("bos"), "{mixed:?}");
    for (weights, reason) in [("llama", "adds it already"), ("bert", "masked")] {
        let refused = attribute(&environment, weights, &[&part[..], &["--bos"]].concat());
        assert!(refused.code == Some(2) && refused.messages.contains(reason), "{refused:?}");
    }
    // What is about the run's facts asks in the same way: else their probabilities would have changed.
    let weights = model("gpt2");
    let searched = environment.ok(&["dkn", "db", "--model", &weights, "--from", "gpt2-amig-bos", "--run", "groups"]);
    assert!(searched.out.contains("entries      1 new\n"), "{searched:?}");
    let probe = ["probe", "db", "--model", &weights, "--fact", "f1", "--langs", "en", "--suppress", "neurons(0:0)"];
    let probed = |run: &str| environment.ok(&[&probe[..], &["--run", run]].concat());
    let (plain, begun) = (probed("gpt2-amig"), probed("gpt2-amig-bos"));
    assert!(begun.messages.contains("beginning-of-sequence token") && plain.messages.is_empty(), "{begun:?}");
    assert_ne!(plain.out, begun.out);
}

#[test]
fn subjects_that_the_tokenizer_does_not_know_are_counted() {
    let environment = with_facts();
    std::fs::create_dir_all(environment.path("more/en")).expect("a folder");
    let fact = serde_json::json!({
        "uuid": "f3", "lineid": 0, "sub_uri": "f3", "sub_label": "Ωmega", "obj_uri": "f3", "obj_label": "Paris",
    });
    environment.write("more/en/P36.jsonl", &fact.to_string());
    environment.ok(&["facts", "db", "more/en/P36.jsonl", "--format", "mlama", "--lang", "en"]);
    let ran = attribute(&environment, "bert", &["--langs", "en"]);
    assert!(ran.out.contains("note         subject partly unknown to the tokenizer: 1 prompt (en 1)\n"), "{ran:?}");
    let again = attribute(&environment, "bert", &["--langs", "en"]);
    assert!(!again.out.contains("unknown"), "nothing was asked: {again:?}");
    let weights = model("bert");
    let searched = environment.ok(&["dkn", "db", "--model", &weights, "--from", "bert-amig", "--run", "groups"]);
    assert!(
        searched.out.contains("note         subject partly unknown to the tokenizer: 1 prompt (en 1)\n"),
        "{searched:?}"
    );
    let probe = ["probe", "db", "--model", &weights, "--langs", "en", "--suppress", "neurons(0:0)", "--fact"];
    let probed = environment.ok(&[&probe[..], &["f3"]].concat());
    assert_eq!(probed.messages, "note: the subject is partly unknown to the tokenizer (en)\n");
    assert_eq!(environment.ok(&[&probe[..], &["f1"]].concat()).messages, "");
}

#[test]
fn templates_that_the_tokenizer_does_not_know_are_counted() {
    let environment = with_facts();
    std::fs::create_dir_all(environment.path("more/en")).expect("a folder");
    let fact = serde_json::json!({
        "uuid": "f3", "lineid": 0, "sub_uri": "f3", "sub_label": "France", "obj_uri": "f3", "obj_label": "Paris",
    });
    environment.write("more/en/P17.jsonl", &fact.to_string());
    let template = serde_json::json!({"relation": "P17", "template": "Ω [X] Ω [Y] ."});
    environment.write("more/en/templates.jsonl", &template.to_string());
    environment.ok(&["facts", "db", "more/en"]);
    let ran = attribute(&environment, "bert", &["--langs", "en"]);
    assert!(ran.out.contains("note         template partly unknown to the tokenizer: 1 prompt (en 1)\n"), "{ran:?}");
    assert!(!ran.out.contains("subject partly"), "{ran:?}");
}

/// The model knows no word of Chinese.
#[test]
fn a_job_that_can_ask_nothing_says_why_and_fails_also_when_it_is_quiet() {
    let environment = Environment::with_run(&["P36"], 3);
    let model = environment::demo_model("english-masked");
    let arguments = ["attribute", "db", "--model", &model, "--run", "none", "--langs", "zh", "--quiet"];
    let told = environment.run(&arguments);
    assert_eq!((told.code, told.out.as_str()), (Some(1), ""), "{told:?}");
    let expected = "error: nothing was written to run \"none\": ";
    assert!(told.messages.starts_with(expected) && told.messages.contains(" could not be asked ("), "{told:?}");
    assert!(!environment.ok(&["runs", "db"]).out.contains("none"));
}

#[test]
fn entries_that_were_asked_with_other_labels_are_counted_until_they_are_asked_anew() {
    let environment = with_facts();
    assert_eq!(attribute(&environment, "bert", &["--run", "r", "--quiet"]).code, Some(0));
    assert_eq!(runs(&environment)[0]["asked_with_other_labels"], serde_json::json!({}));
    let path = "en/P36.jsonl";
    let text = std::fs::read_to_string(environment.path(path)).expect("facts");
    environment.write(path, &text.replacen(FACTS[0].3, "Rome", 1));
    environment.ok(&["facts", "db", "en"]);
    assert_eq!(runs(&environment)[0]["asked_with_other_labels"], serde_json::json!({"en": 1}));
    for command in [&["info", "db"][..], &["runs", "db"], &["query", "db", "-c", ".runs"]] {
        let told = environment.ok(command).messages;
        assert!(told.contains("note: run \"r\": 1 entry was asked with other labels"), "{told}");
    }
    assert_eq!(attribute(&environment, "bert", &["--run", "r", "--quiet", "--replace-changed"]).code, Some(0));
    assert_eq!(environment.ok(&["runs", "db"]).messages, "");
}

#[test]
fn groups_that_were_found_before_labels_changed_are_told_of_after_their_source_was_asked_anew() {
    let environment = with_facts();
    assert_eq!(attribute(&environment, "bert", &["--run", "r", "--quiet"]).code, Some(0));
    environment.ok(&["dkn", "db", "--model", &model("bert"), "--from", "r", "--run", "groups", "--quiet"]);
    let path = "en/P36.jsonl";
    let text = std::fs::read_to_string(environment.path(path)).expect("facts");
    environment.write(path, &text.replacen(FACTS[0].3, "Rome", 1));
    environment.ok(&["facts", "db", "en"]);
    assert_eq!(attribute(&environment, "bert", &["--run", "r", "--quiet", "--replace-changed"]).code, Some(0));
    let told = environment.ok(&["runs", "db"]).messages;
    let expected = "note: run \"groups\": 1 entry was asked with other labels, or another template, than the store has now (en 1); drop the run";
    assert!(told.starts_with(expected) && told.lines().count() == 1, "{told}");
    let asked = environment.ok(&["query", "db", "dkn[lang=en, run=groups]"]).messages;
    assert!(
        asked.contains("1 of these facts had other labels when groups were searched for in run \"groups\" (en)"),
        "{asked}"
    );
    environment.ok(&["drop-run", "db", "groups", "--yes"]);
    environment.ok(&["dkn", "db", "--model", &model("bert"), "--from", "r", "--run", "groups", "--quiet"]);
    assert_eq!(environment.ok(&["runs", "db"]).messages, "");
}

#[test]
fn a_run_that_a_killed_command_left_empty_is_named_with_the_way_out() {
    let environment = Environment::with_run(&["P36"], 2);
    let store = kndb_storage::Store::open(environment.path("db")).expect("a store");
    let shape = store.snapshot().expect("a snapshot").run_named("amig").expect("the run").spec.shape;
    store.open_run(kndb_storage::RunSpec::new("left", "other", shape)).expect("a run");
    for command in ["info", "runs", "verify"] {
        let told = environment.ok(&[command, "db"]);
        assert!(told.messages.contains("note: run \"left\" is empty and open"), "{told:?}");
        assert!(told.messages.contains("`kndb drop-run db \"left\"` removes it"), "{told:?}");
    }
    // An import of other parameters takes its place.
    environment.write("sets.json", r#"{"f1": [[0, 1]]}"#);
    let shape = ["--layers", "2", "--width", "4"];
    environment.ok(&[&["import", "db", "sets.json", "--run", "left", "--model", "m"], &shape[..]].concat());
    assert_eq!(environment.ok(&["runs", "db"]).messages, "");
}

#[test]
fn notes_on_a_set_of_neurons_are_told_by_a_probe() {
    let environment = Environment::with_run(&["P36"], 2);
    let model = environment::demo_model("bilingual-masked");
    let probe = ["probe", "db", "--model", &model, "--fact", "Albania/P36", "--suppress"];
    let told = environment.ok(&[&probe[..], &["kn[relation=P37]"]].concat());
    assert!(told.messages.contains("note: the store has no fact of relation \"P37\"\n"), "{told:?}");
}
