//! Scores of another F than the probability: parity with PyTorch in float64 on a tiny model of every architecture, and what is refused.
//!
//! The golden values are made by `fixtures/targets.py`, which shares no code with the engine.

#[macro_use]
#[path = "goldens/architectures.rs"]
mod architectures;
#[path = "goldens/reading.rs"]
mod reading;

use kndb_engine::methods::RelevancePatching;
use kndb_engine::nn::Rules;
use kndb_engine::{Attribution, FoilRule, MethodOptions, Metric, Model, Options, Question, Skip};
use reading::{PROMISED, difference, golden, load, numbers};
use serde_json::Value;

/// Error of a logit in float32, as a share of the largest of the model's: what F(w̄) − F(w′) may be off by.
const NOISE: f64 = 5e-6;

fn options(model: &Model, method: &str, metric: Metric, tolerance: f64) -> Options {
    let mut options = Options::preset("amig", model).expect("a preset");
    // `relp`, or `relp` with the rules that are in force.
    let (name, rules) = method.split_once(' ').map_or((method, None), |(name, rules)| (name, Some(rules)));
    if let Some(method) = MethodOptions::named(name) {
        options.method = method;
    }
    if let (MethodOptions::RelevancePatching(relp), Some(rules)) = (&mut options.method, rules) {
        let on = |name: &str| rules.split(',').any(|rule| rule == name);
        let [norms, activations, products, attention] = ["norms", "activations", "products", "attention"].map(on);
        relp.rules = Rules { norms, activations, products, attention };
    }
    if let MethodOptions::IntegratedGradients(integral) = &mut options.method {
        integral.tolerance = tolerance;
    }
    let foil = (metric == Metric::LogitDifference).then_some(FoilRule::Drawn);
    Options { metric: Some(metric), foil, ..options }
}

fn text<'a>(question: &'a Value, field: &str) -> &'a str {
    question[field].as_str().expect("a text")
}

fn asked(attribution: &Attribution<'_>, golden: &Value, against: bool) -> Question {
    let [template, subject, object, foil] = ["template", "subject", "object", "foil"].map(|field| text(golden, field));
    let question = attribution.question(template, subject, object).expect("can be asked");
    if !against {
        return question;
    }
    let question = attribution.against(question, template, subject, foil).expect("the foil parts from the object");
    let found = question.foil.expect("was set");
    assert_eq!((found.step as u64, u64::from(found.token)), (number(golden, "parted"), number(golden, "foil_token")));
    question
}

fn number(value: &Value, field: &str) -> u64 {
    value[field].as_u64().expect("a whole number")
}

fn check(name: &str) {
    let model = load(name);
    let mut compared = 0;
    for question in golden(name, "targets.json")["questions"].as_array().expect("questions") {
        for (metric_name, methods) in question["methods"].as_object().expect("metrics") {
            let (_, metric) = Metric::NAMED.into_iter().find(|(known, _)| known == metric_name).expect("a metric");
            let value = question["values"][metric_name].as_f64().expect("a number");
            for (method, expected) in methods.as_object().expect("methods") {
                for tolerance in [0.0, kndb_engine::preset::TOLERANCE] {
                    let what = format!("{name}, {method} of {metric_name}, {}", text(question, "object"));
                    let options = options(&model, method, metric, tolerance);
                    let attribution = Attribution::new(&model, &options).expect("the options fit");
                    let asked = asked(&attribution, question, metric == Metric::LogitDifference);
                    let found = attribution.scores(&asked).expect("finite").expect("can be scored");
                    let apart = difference(found.scores.iter().map(|&s| f64::from(s)), &numbers(&expected["scores"]));
                    assert!(apart < PROMISED, "{what}: scores differ by {apart:e}");
                    let scale = value.abs().max(10.0);
                    assert!((found.value - value).abs() < NOISE * scale, "{what}: F is {}, not {value}", found.value);
                    compared += 1;
                    if expected.get("baseline").is_none() {
                        continue;
                    }
                    let each = numbers(&expected["baseline"]).into_iter().zip(numbers(&expected["residual"]));
                    for (evidence, (baseline, residual)) in found.evidence.iter().zip(each) {
                        assert!(
                            (f64::from(evidence.probability) - found.probability).abs() < 1e-6,
                            "{what}: p stays p"
                        );
                        let apart = (f64::from(evidence.baseline) - baseline).abs();
                        assert!(apart < NOISE * baseline.abs().max(10.0), "{what}: F(w′) is off by {apart:e}");
                        let apart = (f64::from(evidence.residual) - residual).abs();
                        // The points that are left out for the tolerance are in the residual, too.
                        let allowed = 2.0 * NOISE * scale + 144.0 * tolerance;
                        assert!(apart < allowed, "{what}: the residual is off by {apart:e}");
                    }
                }
            }
        }
    }
    assert_eq!(compared, 2 * 3 * 5 * 2, "{name}");
}

every_architecture!(check);

#[test]
fn relp_without_rules_is_gradient_times_activation() {
    for name in ["bert", "gemma3"] {
        let model = load(name);
        let of = |method: MethodOptions| {
            let options =
                Options { method, metric: Some(Metric::LogProbability), ..options(&model, "amig", Metric::Logit, 0.0) };
            let attribution = Attribution::new(&model, &options).expect("the options fit");
            let question = attribution.question("[X] is a city in [Y] .", "Nairobi", "Kenya").expect("can be asked");
            attribution.scores(&question).expect("finite").expect("can be scored").scores
        };
        let relp =
            |rules| of(MethodOptions::RelevancePatching(RelevancePatching { rules, ..RelevancePatching::USUAL }));
        let plain = of(MethodOptions::named("gradient-activation").expect("a method"));
        assert_eq!(relp(Rules::EXACT), plain, "{name}");
        assert_ne!(relp(Rules::ALL), plain, "{name}");
    }
}

#[test]
fn a_foil_must_part_from_the_object_in_the_same_prompt() {
    let template = "[X] is a city in [Y] .";
    for name in ["bert", "gpt2"] {
        let model = load(name);
        let asking = model.asking();
        let question = || asking.question(template, "Nairobi", "Kenya").expect("can be asked");
        let against = |foil| asking.against(question(), template, "Nairobi", foil);
        assert_eq!(against("Kenya"), Err(Skip::NoFoil), "{name}: the object itself");
        assert_eq!(against("Kenes").map(|found| found.foil.expect("set").step), Ok(1), "{name}");
        // A masked model has as many masks as the object has tokens: of another number it is another prompt.
        let one_token = against("Paris").map(|found| found.foil.expect("set").step);
        assert_eq!(one_token, if name == "bert" { Err(Skip::NoFoil) } else { Ok(0) }, "{name}");
        let whole = asking.against(
            asking.question(template, "Nairobi", "Ken").expect("can be asked"),
            template,
            "Nairobi",
            "Kenya",
        );
        assert_eq!(whole, Err(Skip::NoFoil), "{name}: one is the beginning of the other");
    }
}

#[test]
fn targets_that_mean_nothing_are_refused() {
    let model = load("bert");
    let amig = || Options::preset("amig", &model).expect("a preset");
    let told = |options: &Options| match Attribution::new(&model, options) {
        Ok(_) => panic!("{options:?} was taken"),
        Err(error) => error.to_string(),
    };
    let metric = Some(Metric::LogitDifference);
    assert_eq!(
        told(&Options { metric, ..amig() }),
        "foil is missing; expected `drawn` or an object, which `logit-difference` sets the right one against"
    );
    let foil = Some(FoilRule::Drawn);
    let without = told(&Options { foil: foil.clone(), ..amig() });
    assert_eq!(without, "foil is given; expected nothing unless the target is `logit-difference`");
    for method in ["activation", "log-probability"] {
        let method = MethodOptions::named(method).expect("a method");
        let told = told(&Options { method, metric: Some(Metric::Logit), ..amig() });
        assert!(told.starts_with("target is logit; expected nothing for the method"), "{told}");
    }
    let released = Options { metric, foil: foil.clone(), ..Options::preset("amig-code", &model).expect("a preset") };
    assert!(told(&released).contains("amig-code"), "{}", told(&released));
    // Without a foil a difference has no score, and no zeros in its place.
    let options = Options { metric, foil, ..amig() };
    let attribution = Attribution::new(&model, &options).expect("the options fit");
    let question = attribution.question("The capital of [X] is [Y] .", "France", "Paris").expect("can be asked");
    assert_eq!(attribution.scores(&question).expect("no error"), Err(Skip::NoFoil));
}

#[test]
fn runs_say_what_f_is_unless_it_is_the_probability() {
    let model = load("bert");
    let amig = Options::preset("amig", &model).expect("a preset");
    let named = |options: &Options| -> Vec<(String, String)> {
        let all = options.parameters();
        all.into_iter().filter(|(name, _)| name == "target" || name.starts_with("foil")).collect()
    };
    assert_eq!(named(&amig), []);
    assert_eq!(named(&Options { metric: Some(Metric::Probability), ..amig.clone() }), []);
    let own = |pairs: &[(&str, &str)]| -> Vec<(String, String)> {
        pairs.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect()
    };
    assert_eq!(named(&Options { metric: Some(Metric::Logit), ..amig.clone() }), own(&[("target", "logit")]));
    let metric = Some(Metric::LogitDifference);
    let drawn = Options { metric, foil: Some(FoilRule::from("drawn")), ..amig.clone() };
    let by = ("foils drawn by", "xxh3 of both facts");
    assert_eq!(named(&drawn), own(&[("target", "logit-difference"), ("foil", "drawn"), by]));
    let one = Options { metric, foil: Some(FoilRule::from("Q90")), ..amig };
    assert_eq!(named(&one), own(&[("target", "logit-difference"), ("foil", "Q90")]));
}
