//! `kndb edit` and `kndb apply` with the demo's models.

#![cfg(feature = "attribute")]

mod environment;

use environment::{Environment, demo_model};
use serde_json::Value;

/// Of a report as JSON: p of the object before and after, in a language.
fn sides(report: &str, lang: &str) -> (f64, f64) {
    let report: Value = serde_json::from_str(report).unwrap_or_else(|error| panic!("{error}: {report}"));
    let languages = report["languages"].as_array().expect("languages");
    let of = languages.iter().find(|of| of["lang"] == lang).unwrap_or_else(|| panic!("no {lang} in {report}"));
    let p = |side: &str| of[side]["probability"].as_f64().expect("a probability");
    (p("before"), p("after"))
}

#[test]
fn an_edited_model_answers_as_it_did_when_it_was_edited() {
    let environment = Environment::with_run(&["P36"], 6);
    let model = demo_model("bilingual-masked");
    let edit =
        ["edit", "db", "--model", &model, "--fact", "Andorra/P36", "--lang", "en", "--method", "suppress", "--json"];
    let ran = environment.ok(&[&edit[..], &["--save", "edited", "--delta", "edit.safetensors"]].concat());
    let (before, after) = sides(&ran.out, "en");
    assert!(after < 0.99 * before, "{before} to {after}");

    // The folder is a model: asked again, it starts where the edit ended.
    let nothing = ["probe", "db", "--fact", "Andorra/P36", "--langs", "en", "--suppress", "kn[lang=en]", "--json"];
    let again = environment.run(&[&nothing[..], &["--model", "edited"]].concat());
    let card = environment.read("edited/README.md");
    for part in ["bilingual-masked", "Andorra", "suppress", "kn[lang=en]", "xxh3-", "`bert.encoder.layer."] {
        assert!(card.contains(part), "{part:?} is not in {card}");
    }
    // Its neurons are another model's: the store's run is of the weights before.
    assert_eq!(again.code, Some(2), "{again:?}");
    let fresh = environment.ok(&[
        "attribute",
        "db",
        "--model",
        "edited",
        "--run",
        "after",
        "--relations",
        "P36",
        "--limit",
        "6",
    ]);
    assert!(fresh.out.contains("after"), "{fresh:?}");
    let asked = environment.ok(&[
        "probe",
        "db",
        "--fact",
        "Andorra/P36",
        "--langs",
        "en",
        "--model",
        "edited",
        "--run",
        "after",
        "--scale",
        "1:kn[lang=en]",
        "--json",
    ]);
    let (now, _) = sides(&asked.out, "en");
    assert!((now - after).abs() <= 1e-6 * after.max(1e-3), "{now} is not {after}");

    let applied = environment.ok(&["apply", "edit.safetensors", "--model", &model, "--save", "again"]);
    assert!(applied.out.contains("wrote again (changed: bert.encoder.layer."), "{applied:?}");
    let bytes = |folder: &str| std::fs::read(environment.path(folder).join("model.safetensors")).expect("weights");
    assert!(bytes("edited") == bytes("again"), "the same model by both ways");
}

#[test]
fn a_rewritten_fact_says_what_became_of_the_new_object() {
    let environment = Environment::with_run(&["P36"], 6);
    let model = demo_model("bilingual-causal");
    let own = [
        "attribute",
        "db",
        "--model",
        &model,
        "--run",
        "causal",
        "--relations",
        "P36",
        "--langs",
        "en",
        "--limit",
        "4",
    ];
    environment.ok(&own);
    let edit =
        ["edit", "db", "--model", &model, "--fact", "Andorra/P36", "--lang", "en", "--to", "Paris", "--save", "edited"];
    let ran = environment.ok(&edit);
    for part in ["value vectors rewritten to \"Paris\"", "p(Paris)", "wrote edited (changed: transformer.h."] {
        assert!(ran.out.contains(part), "{part:?} is not in {}", ran.out);
    }
}

#[test]
fn mistakes_of_an_edit_are_told_before_anything_is_written() {
    let environment = Environment::with_run(&["P36"], 6);
    let model = demo_model("bilingual-masked");
    let refused = |extra: &[&str], words: &[&str]| {
        let ran = environment.run(&[&["edit", "db", "--model", &model, "--fact", "Andorra/P36"], extra].concat());
        assert_eq!(ran.code, Some(2), "{ran:?}");
        words.iter().for_each(|word| assert!(ran.messages.contains(word), "{word:?} is not in {}", ran.messages));
    };
    refused(&["--lang", "en", "--to", "Paris"], &["--save", "--delta"]);
    refused(&["--lang", "en", "--save", "out"], &["rewrite needs --to OBJECT"]);
    refused(&["--lang", "en", "--save", "out", "--method", "scale"], &["scale needs --factor NUMBER"]);
    refused(
        &["--lang", "en", "--save", "out", "--method", "suppress", "--to", "Paris"],
        &["--to means nothing to the method suppress"],
    );
    refused(&["--save", "out", "--method", "suppress"], &["--lang is missing", "en, zh"]);
    refused(
        &["--lang", "en", "--save", "out", "--method", "suppress", "--neurons", "kn[lang=en] - kn"],
        &["no neurons of this fact"],
    );
    refused(&["--lang", "en", "--save", "out", "--to", " "], &["--to is empty"]);
    refused(
        &["--lang", "en", "--save", "out", "--to", "Andorra la Vella"],
        &["is the object that the fact", "another one"],
    );
    refused(&["--lang", "en", "--to", "Paris", "--save", "x", "--delta", "x"], &["places of their own"]);
    refused(&["--lang", "en", "--to", "Paris", "--save", "x", "--delta", "x/d.safetensors"], &["places of their own"]);
    let nowhere = ["--lang", "en", "--to", "Paris", "--save", "no/x"];
    refused(&nowhere, &["no/x: cannot be written", "no is no folder; make it first"]);
    let missing = environment.run(&["apply", "no.safetensors", "--model", "m", "--save", "x"]);
    assert_eq!(missing.code, Some(1), "{missing:?}");
    assert!(
        missing.messages.contains("no.safetensors: is not there") && !missing.messages.contains("hint"),
        "{missing:?}"
    );
    std::fs::create_dir(environment.path("out")).expect("a folder");
    refused(&["--lang", "en", "--save", "out", "--method", "suppress"], &["out: is there already"]);
    assert_eq!(std::fs::read_dir(environment.path("out")).expect("the folder").count(), 0, "nothing was written");
}

/// Sentences that the demo's causal model was trained on in kind: a text for C.
const TEXT: &str = "The capital of France is Paris.\nThe capital of Spain is Madrid.\nItaly is a country in Europe.\n";

/// A store with the run that the other tests have, a text, and the demo's causal model.
fn causal() -> (Environment, String) {
    let environment = Environment::with_run(&["P36"], 6);
    environment.write("text.txt", TEXT);
    (environment, demo_model("bilingual-causal"))
}

/// p of the new object before and after, of a report as JSON.
fn new_object(report: &Value) -> (f64, f64) {
    let languages = report["languages"].as_array().expect("languages");
    let to = languages.iter().find_map(|of| of.get("to")).unwrap_or_else(|| panic!("no new object in {report}"));
    let p = |side: &str| to[side].as_f64().expect("a probability");
    (p("before"), p("after"))
}

#[test]
fn rome_makes_the_new_object_likely_and_its_statistics_are_kept() {
    let (environment, model) = causal();
    let edit = [
        "edit",
        "db",
        "--model",
        &model,
        "--fact",
        "Andorra/P36",
        "--lang",
        "en",
        "--to",
        "Paris",
        "--method",
        "rome",
        "--layer",
        "0",
        "--ridge",
        "0.05",
        "--statistics",
        "c.safetensors",
        "--json",
    ];
    let ran = environment.ok(&[&edit[..], &["--corpus", "text.txt", "--save", "edited"]].concat());
    let report: Value = serde_json::from_str(&ran.out).expect("JSON");
    let (before, after) = new_object(&report);
    assert!(after > 100.0 * before, "{before} to {after}");
    assert_eq!(report["edit"]["method"], "rome");
    let losses = report["edit"]["evidence"][0]["losses"].as_array().expect("losses");
    assert!((2..=20).contains(&losses.len()), "{losses:?}");
    assert_eq!(report["edit"]["contexts"].as_array().expect("contexts").len(), 20, "{report}");
    let card = environment.read("edited/README.md");
    for part in
        ["rome; layer 0, losses 20, rate 0.5", "C of text xxh3-", "seed 0", "- Context: ", "h.0.mlp.c_proj.weight"]
    {
        assert!(card.contains(part), "{part:?} is not in {card}");
    }
    // From the file, without the text: the same edit to the last bit.
    let again = environment.ok(&[&edit[..], &["--save", "again"]].concat());
    assert_eq!(new_object(&serde_json::from_str(&again.out).expect("JSON")), (before, after));
    let bytes = |folder: &str| std::fs::read(environment.path(folder).join("model.safetensors")).expect("weights");
    assert!(bytes("edited") == bytes("again"), "the same model both times");
    // Statistics of another model are not taken.
    let other = demo_model("bilingual-masked");
    let edit = edit.map(|word| if word == model { other.as_str() } else { word });
    let refused = environment.run(&[&edit[..], &["--save", "third"]].concat());
    assert_eq!(refused.code, Some(1), "{refused:?}");
    assert!(refused.messages.contains("holds statistics of weights"), "{}", refused.messages);
}

#[test]
fn memit_writes_the_facts_of_a_file_at_once() {
    let (environment, model) = causal();
    environment.write("new.tsv", "Andorra/P36\tParis\nAlbania/P36\tMadrid\n");
    let ran = environment.ok(&[
        "edit",
        "db",
        "--model",
        &model,
        "--facts",
        "new.tsv",
        "--lang",
        "en",
        "--method",
        "memit",
        "--layers",
        "0-1",
        "--weight",
        "1",
        "--context-lengths",
        "none",
        "--delta",
        "edit.safetensors",
        "--json",
    ]);
    let report: Value = serde_json::from_str(&ran.out).expect("JSON");
    let facts = report["facts"].as_array().expect("facts");
    assert_eq!(facts.len(), 2);
    for fact in facts {
        let (before, after) = new_object(fact);
        assert!(after > before, "{before} to {after} in {fact}");
    }
    assert!(report["notes"].to_string().contains("C is the identity"), "{report}");
    let text = environment.ok(&[
        "edit",
        "db",
        "--model",
        &model,
        "--facts",
        "new.tsv",
        "--lang",
        "en",
        "--method",
        "ft",
        "--steps",
        "2",
        "--delta",
        "ft.safetensors",
    ]);
    for part in ["ft: layer 1, steps 2, rate 0.0005", "loss ", "p(Paris) ", "p(Madrid) ", "wrote ft.safetensors"] {
        assert!(text.out.contains(part), "{part:?} is not in {}", text.out);
    }
}

#[test]
fn options_of_other_methods_and_wrong_files_of_facts_are_refused() {
    let (environment, model) = causal();
    let refused = |extra: &[&str], words: &[&str]| {
        let ran =
            environment.run(&[&["edit", "db", "--model", &model, "--lang", "en", "--save", "out"], extra].concat());
        assert_eq!(ran.code, Some(2), "{ran:?}");
        words.iter().for_each(|word| assert!(ran.messages.contains(word), "{word:?} is not in {}", ran.messages));
    };
    let rome = ["--fact", "Andorra/P36", "--to", "Paris", "--method", "rome"];
    let with = |more: &[&'static str]| [&rome[..], more].concat();
    refused(&with(&["--neurons", "kn[lang=en]"]), &["--neurons means nothing to the method rome"]);
    refused(&with(&["--bound", "1"]), &["--bound means nothing to the method rome"]);
    refused(&with(&["--layer", "9"]), &["layer is 9", "0 to 3"]);
    refused(&with(&["--preset", "gpt2-xl"]), &["layer is 17", "0 to 3"]);
    refused(&with(&["--preset", "bert"]), &["preset is bert", "gpt2-medium"]);
    refused(&with(&["--statistics", "none.safetensors"]), &["none.safetensors is not there", "--corpus"]);
    refused(&with(&["--corpus", "text.txt"]), &["cannot be told apart", "--ridge"]);
    refused(&with(&["--window", "8"]), &["--window means nothing to an edit without --corpus"]);
    refused(&["--fact", "Andorra/P36", "--method", "memit"], &["memit needs --to OBJECT"]);
    refused(&["--method", "rome", "--to", "Paris"], &["--fact", "--facts"]);
    environment.write("wrong.tsv", "Andorra/P36 Paris\n");
    refused(&["--facts", "wrong.tsv", "--method", "memit"], &["wrong.tsv, line 1", "a tab"]);
    environment.write("twice.tsv", "Andorra/P36\tParis\nAndorra/P36\tRome\n");
    refused(&["--facts", "twice.tsv", "--method", "memit"], &["twice.tsv, line 2", "each fact once"]);
    // One fact by its subject and by its id, behind a mark that Windows' editors write.
    let id = environment.ok(&["query", "db", "facts[subject=Andorra, relation=P36]", "-m", "csv"]).out;
    let id = id.lines().nth(1).and_then(|row| row.split(',').find(|cell| cell.len() == 36)).expect("an id").to_owned();
    environment.write("both.tsv", &format!("\u{feff}Andorra/P36\tParis\n{id}\tRome\n"));
    refused(&["--facts", "both.tsv", "--method", "ft"], &["both.tsv, line 2", "is the fact of line 1"]);
    environment.write("unknown.tsv", "Andorra/P36\tParis\nAndora/P36\tRome\n");
    refused(&["--facts", "unknown.tsv", "--method", "ft"], &["unknown.tsv, line 2", "\"Andora\""]);
    // Numbers that mean nothing, before anything is computed.
    refused(&with(&["--rate", "nan"]), &["--rate is NaN", "finite"]);
    refused(&with(&["--steps", "0"]), &["--steps is 0"]);
    refused(&with(&["--ridge", "0.5"]), &["--ridge means nothing to rome without --corpus"]);
    refused(&with(&["--kl-text", "is a"]), &["--kl-text is \"is a\"", "one [X]"]);
    refused(&["--fact", "Andorra/P36", "--to", "Paris", "--method", "memit"], &["C is the identity", "--weight"]);
    environment.write("empty.txt", "\u{feff}\n \n");
    refused(&with(&["--contexts", "empty.txt"]), &["empty.txt has no contexts", "--context-lengths none"]);
    refused(&with(&["--contexts", "empty.txt", "--seed", "3"]), &["--seed means nothing to an edit with --contexts"]);
    refused(&with(&["--delta", "./out"]), &["places of their own"]);
    assert!(!environment.path("out").exists(), "nothing was written");
}

#[test]
fn a_change_that_the_file_cannot_hold_or_that_learns_nothing_is_told_of() {
    let (environment, model) = causal();
    let fact = ["edit", "db", "--model", &model, "--lang", "en", "--fact", "Andorra/P36"];
    let scaled =
        environment.run(&[&fact[..], &["--method", "ft", "--to", "Paris", "--rate", "1e10", "--save", "out"]].concat());
    assert_eq!(scaled.code, Some(1), "{scaled:?}");
    assert!(scaled.messages.contains("which F16 of its file cannot hold"), "{}", scaled.messages);
    let still = ["--method", "rome", "--to", "Paris", "--steps", "1", "--context-lengths", "5:2"];
    let still = environment.run(&[&fact[..], &still[..], &["--delta", "d.safetensors"]].concat());
    assert!(still.messages.contains("did not become more probable"), "{still:?}");
}
