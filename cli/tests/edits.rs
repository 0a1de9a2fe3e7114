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
    std::fs::create_dir(environment.path("out")).expect("a folder");
    refused(&["--lang", "en", "--save", "out", "--method", "suppress"], &["out is there already"]);
    assert_eq!(std::fs::read_dir(environment.path("out")).expect("the folder").count(), 0, "nothing was written");
}
