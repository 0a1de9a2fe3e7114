//! Causal tracing: parity with hooks in float64 (`fixtures/tracing.py`), and jobs that fill a run by role.

#[path = "goldens/reading.rs"]
mod reading;
#[macro_use]
#[path = "goldens/architectures.rs"]
mod architectures;
mod store;

use kndb_engine::job::{Progress, Selection, Summary};
use kndb_engine::trace::{Effects, METHOD, NoiseLevel, Restore, TraceJob, Tracer, Tracing};
use kndb_engine::{Model, Skip};
use kndb_storage::Keep;
use reading::{PROMISED, difference, golden, load, numbers};
use serde_json::Value;
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicBool, Ordering};
use store::Facts;

/// The noise of `fixtures/tracing.py`.
fn noise(amplitude: f64, draws: usize, tokens: usize, hidden: usize) -> Vec<Vec<f32>> {
    let value = |d: usize, i: usize, j: usize| {
        (amplitude * (0.7 + 1.3 * d as f64 + 2.1 * i as f64 + 0.37 * j as f64).sin()) as f32
    };
    (0..draws).map(|d| (0..tokens).flat_map(|i| (0..hidden).map(move |j| value(d, i, j))).collect()).collect()
}

fn tracing(restore: Restore, window: usize) -> Tracing {
    Tracing { window, draws: 2, ..Tracing::of(restore) }
}

fn effects(model: &Model, tracing: &Tracing, question: &Value, amplitude: f64) -> Effects {
    let text = |field: &str| question[field].as_str().expect("a text");
    let tracer = Tracer::new(model, tracing).expect("the options fit");
    let (asked, places) = tracer.question(text("template"), text("subject"), text("object")).expect("can be asked");
    let noise = noise(amplitude, tracing.draws, places.subject().len(), model.network.hidden());
    tracer.effects(&asked, &places, &noise).expect("finite")
}

fn check(name: &str) {
    let (model, golden) = (load(name), golden(name, "tracing.json"));
    let amplitude = golden["amplitude"].as_f64().expect("a number");
    let mut compared = 0;
    for question in golden["questions"].as_array().expect("questions") {
        let text = |field: &str| question[field].as_str().expect("a text");
        let what = format!("{name}, {} {}", text("template"), text("subject"));
        let with = tracing(Restore::Hidden, 1);
        let tracer = Tracer::new(&model, &with).expect("the options fit");
        let roles: Vec<&str> = golden["roles"].as_array().expect("names").iter().filter_map(Value::as_str).collect();
        assert_eq!(tracer.roles().names(), roles);
        let (_, places) = tracer.question(text("template"), text("subject"), text("object")).expect("can be asked");
        let subject: Vec<usize> = numbers(&question["tokens"]).into_iter().map(|at| at as usize).collect();
        assert_eq!([places.subject().start, places.subject().end], subject[..], "{what}");
        for (kind, expected) in question["effects"].as_object().expect("effects") {
            let (restore, window) = kind.split_once(' ').expect("a kind and a window");
            let restore = Restore::NAMED.iter().find(|(known, _)| *known == restore).expect("a kind").1;
            let found = effects(&model, &tracing(restore, window.parse().expect("a number")), question, amplitude);
            let p = [found.probability, found.corrupted];
            let apart = difference(p, &[numbers(&question["probability"]), numbers(&question["corrupted"])].concat());
            assert!(apart < PROMISED, "{what}: p and p* differ by {apart:e}");
            let expected: Vec<Option<f64>> = expected
                .as_array()
                .expect("layers")
                .iter()
                .flat_map(|row| row.as_array().expect("roles"))
                .map(Value::as_f64)
                .collect();
            assert_eq!(
                found.indirect.iter().map(Option::is_some).collect::<Vec<_>>(),
                expected.iter().map(Option::is_some).collect::<Vec<_>>(),
                "{what}: other roles"
            );
            let apart = difference(
                found.indirect.iter().flatten().copied(),
                &expected.into_iter().flatten().collect::<Vec<_>>(),
            );
            assert!(apart < PROMISED, "{what}, {kind}: effects differ by {apart:e}");
            compared += 1;
        }
    }
    assert!(compared > 0, "nothing was compared");
}

every_architecture!(check);

#[test]
fn effects_do_not_depend_on_the_rows_of_a_pass_nor_on_what_was_asked_before() {
    for name in ["gpt2", "llama", "gemma2", "bert"] {
        let (model, golden) = (load(name), golden(name, "tracing.json"));
        let question = &golden["questions"][1];
        for restore in Restore::NAMED.map(|(_, restore)| restore) {
            let with = |batch| Tracing { batch, draws: 5, window: 2, ..Tracing::of(restore) };
            let bits = |tracing: &Tracing| -> Vec<Option<u64>> {
                effects(&model, tracing, question, 0.3).indirect.iter().map(|effect| effect.map(f64::to_bits)).collect()
            };
            let expected = bits(&with(None));
            assert!(expected.iter().flatten().any(|&bits| f64::from_bits(bits) != 0.0));
            for batch in [Some(1), Some(40), Some(100_000), None] {
                assert_eq!(bits(&with(batch)), expected, "{name}, {restore:?}, {batch:?}");
            }
        }
    }
}

#[test]
fn the_network_s_answers_are_bit_for_bit_the_same_after_the_study() {
    for name in ["gpt2", "bert"] {
        let (model, golden) = (load(name), golden(name, "tracing.json"));
        let question = &golden["questions"][0];
        let tracer = tracing(Restore::Attention, 1);
        let asked = Tracer::new(&model, &tracer).expect("the options fit");
        let text = |field: &str| question[field].as_str().expect("a text");
        let (asked, _) = asked.question(text("template"), text("subject"), text("object")).expect("can be asked");
        let bits = || -> Vec<u32> {
            let step = &asked.steps[0];
            model.network.logits(&step.ids, step.position).into_iter().map(f32::to_bits).collect()
        };
        let before = bits();
        for (_, restore) in Restore::NAMED {
            effects(&model, &tracing(restore, 2), question, 0.5);
        }
        assert_eq!(bits(), before, "{name}");
    }
}

#[test]
fn what_lies_above_the_subject_restores_p_and_what_cannot_matter_restores_nothing() {
    let (model, golden) = (load("gpt2"), golden("gpt2", "tracing.json"));
    for question in golden["questions"].as_array().expect("questions") {
        let found = effects(&model, &tracing(Restore::Hidden, 1), question, 0.4);
        let roles = kndb_engine::trace::Roles::of(true).names();
        let of = |layer: usize, role: &str| {
            let role = roles.iter().position(|name| *name == role).expect("a role");
            found.indirect[layer * roles.len() + role]
        };
        let last = model.shape().layers as usize - 1;
        let total = found.probability - found.corrupted;
        let whole = of(last, "last").expect("every prompt has a last token");
        assert!((whole - total).abs() < 1e-6, "the last layer's state at the last token is all that the head reads");
        for role in ["first-subject", "after"] {
            // Unless the token is the last one, too.
            if let Some(effect) = of(last, role).filter(|effect| (effect - whole).abs() > 1e-9) {
                assert!(effect.abs() < 1e-7, "{role} of the last layer is read by nobody: {effect}");
            }
        }
    }
}

fn job(model: &Model, tracing: &Tracing) -> TraceJob {
    let mut job = TraceJob::new("run", model, tracing, "cpu").expect("a shape");
    job.threads = NonZeroUsize::new(2);
    job
}

fn run(job: &TraceJob, facts: &Facts, model: &Model, tracing: &Tracing) -> Summary {
    job.run(&facts.store, model, tracing, &AtomicBool::new(false), &mut |_| {}).expect("the job runs")
}

#[test]
fn a_run_is_by_role_with_p_p_star_and_every_effect() {
    for name in ["gpt2", "bert"] {
        let (facts, model) = (Facts::new(), store::model(name));
        let tracing = tracing(Restore::Hidden, 1);
        let summary = run(&job(&model, &tracing), &facts, &model, &tracing);
        assert!(summary.attributed > 5);
        let snapshot = facts.store.snapshot().expect("a snapshot");
        let spec = &snapshot.run_named("run").expect("the run").spec;
        let roles = kndb_engine::trace::Roles::of(model.is_causal()).names();
        assert_eq!(
            (spec.method.as_str(), spec.keep, spec.model.as_str()),
            (METHOD, Keep::All, format!("{name} by role").as_str())
        );
        assert_eq!((spec.units().as_deref(), spec.shape.width as usize), (Some(roles), roles.len()));
        let contents = facts.contents("run");
        assert_eq!(contents.len() as u64, summary.attributed);
        let parameter = |name: &str| {
            let found = spec.parameters.iter().find(|(known, _)| known == name);
            found.map(|(_, value)| value.parse::<f64>().expect("a number")).expect("the parameter")
        };
        let deviation = 3.0 * parameter("sigma");
        let draws = kndb_engine::trace::Draws { seed: 1, count: 2, deviation };
        let tracer = Tracer::new(&model, &tracing).expect("the options fit");
        for ((fact, language, prompt), (scores, evidence)) in &contents {
            let label = store::LABELS.iter().find(|label| label.0 == fact && label.2 == language).expect("a label");
            let mut templates = store::TEMPLATES.iter().filter(|it| (it.0, it.1) == (label.1, language.as_str()));
            let template = templates.nth(usize::from(*prompt)).expect("a template").2;
            let (question, places) = tracer.question(template, label.3, label.4).expect("can be asked");
            let noise = draws.of(fact, language, *prompt, places.subject().len() * model.network.hidden());
            let expected = tracer.effects(&question, &places, &noise).expect("finite");
            let mut stored = vec![None; expected.indirect.len()];
            scores.iter().for_each(|&(unit, bits)| stored[unit as usize] = Some(f32::from_bits(bits)));
            let effects: Vec<Option<f32>> =
                expected.indirect.iter().map(|effect| effect.map(|effect| effect as f32)).collect();
            assert_eq!(stored, effects, "{name} {fact} {language}");
            for [p, corrupted, residual] in evidence.iter().map(|layer| layer.map(f32::from_bits)) {
                assert_eq!((p, corrupted), (expected.probability as f32, expected.corrupted as f32));
                assert!(residual.is_nan(), "there is no integral");
            }
        }
    }
}

#[test]
fn sigma_is_the_deviation_of_the_subjects_embeddings_and_stays_that_of_the_run() {
    let (facts, model) = (Facts::new(), store::model("gpt2"));
    let tracing = tracing(Restore::Hidden, 1);
    let in_languages = |languages: &[&str]| Selection {
        languages: languages.iter().map(|&name| name.to_owned()).collect(),
        ..Selection::default()
    };
    let english = TraceJob { selection: in_languages(&["en"]), ..job(&model, &tracing) };
    run(&english, &facts, &model, &tracing);
    let sigma = || {
        let snapshot = facts.store.snapshot().expect("a snapshot");
        let spec = &snapshot.run_named("run").expect("the run").spec;
        spec.parameters.iter().find(|(name, _)| name == "sigma").expect("a sigma").1.clone()
    };
    let first = sigma();
    // By the questions themselves, one value at a time.
    let tracer = Tracer::new(&model, &tracing).expect("the options fit");
    let words = kndb_engine::transformer::to_host(
        model.network.embedding.tokens.select(&(0..model.network.vocabulary() as u32).collect::<Vec<_>>()),
    );
    let mut values: Vec<f64> = Vec::new();
    for label in store::LABELS.iter().filter(|label| label.2 == "en") {
        for template in store::TEMPLATES.iter().filter(|template| (template.0, template.1) == (label.1, "en")) {
            let Ok((question, places)) = tracer.question(template.2, label.3, label.4) else { continue };
            for &token in &question.steps[0].ids[places.subject()] {
                let hidden = model.network.hidden();
                let row = token as usize * hidden;
                values.extend(words[row..row + hidden].iter().map(|&value| f64::from(value)));
            }
        }
    }
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    let expected = (squares / (values.len() - 1) as f64).sqrt();
    let found: f64 = first.parse().expect("a number");
    assert!((found - expected).abs() < 1e-9 * expected, "{found} and {expected}");

    // More languages are added to the run that there is.
    let all = TraceJob { selection: in_languages(&["en", "zh"]), ..english };
    let summary = run(&all, &facts, &model, &tracing);
    assert!(summary.attributed > 0 && summary.already_there > 0);
    assert_eq!(sigma(), first);
    let other = Facts::new();
    run(&TraceJob { selection: in_languages(&["zh"]), ..all }, &other, &model, &tracing);
    let snapshot = other.store.snapshot().expect("a snapshot");
    let spec = &snapshot.run_named("run").expect("the run").spec;
    assert!(spec.parameters.iter().all(|parameter| *parameter != ("sigma".to_owned(), first.clone())));
}

#[test]
fn a_job_that_was_stopped_goes_on_to_the_same_contents_on_any_number_of_threads() {
    let model = store::model("gpt2");
    let tracing = tracing(Restore::FeedForward, 2);
    let whole = Facts::many();
    let one = TraceJob { threads: NonZeroUsize::new(1), ..job(&model, &tracing) };
    assert_eq!(run(&one, &whole, &model, &tracing).attributed, 180);

    let parts = Facts::many();
    let three = TraceJob { threads: NonZeroUsize::new(3), ..one };
    let stop = AtomicBool::new(false);
    let mut progress = |progress: Progress| stop.store(progress.done >= 40, Ordering::Relaxed);
    let summary = three.run(&parts.store, &model, &tracing, &stop, &mut progress).expect("the job runs");
    assert!(summary.stopped && summary.left > 0);
    let rest = run(&three, &parts, &model, &tracing);
    assert_eq!((rest.already_there, rest.stopped), (summary.attributed, false));
    assert_eq!(parts.contents("run"), whole.contents("run"));
    assert!(parts.store.snapshot().expect("a snapshot").run_named("run").expect("the run").finished);
}

#[test]
fn other_options_than_the_run_s_and_what_cannot_be_traced_are_refused_with_words() {
    let (facts, model) = (Facts::new(), store::model("gpt2"));
    let first = tracing(Restore::Hidden, 1);
    run(&job(&model, &first), &facts, &model, &first);
    let refused = |tracing: &Tracing| {
        let stop = AtomicBool::new(false);
        job(&model, tracing).run(&facts.store, &model, tracing, &stop, &mut |_| {}).expect_err("is refused").to_string()
    };
    let others = [
        Tracing { seed: 2, ..first.clone() },
        Tracing { draws: 3, ..first.clone() },
        Tracing { noise: NoiseLevel::Multiple(2.0), ..first.clone() },
        Tracing { noise: NoiseLevel::Absolute(0.1), ..first.clone() },
        tracing(Restore::Hidden, 2),
        tracing(Restore::Attention, 1),
    ];
    for other in &others {
        assert!(refused(other).contains("already there with"), "{}", refused(other));
    }
    assert_eq!(refused(&Tracing { draws: 0, ..first.clone() }), "draws is 0; expected 1 to 10000");
    assert!(refused(&Tracing { noise: NoiseLevel::Multiple(0.0), ..first.clone() }).contains("nothing is corrupted"));
    assert!(refused(&Tracing { window: 0, ..first.clone() }).starts_with("window is 0"));

    let tracer = Tracer::new(&model, &first).expect("the options fit");
    assert_eq!(tracer.question("The capital is [Y] .", "France", "Paris"), Err(Skip::Template), "no subject");
    assert_eq!(tracer.question("[Y] is the capital of [X] .", "France", "Paris"), Err(Skip::SubjectAfterObject));
    assert!(Skip::NoSubject.to_string().contains("subject"));

    // It is no run of the model's neurons.
    let snapshot = facts.store.snapshot().expect("a snapshot");
    let told = model.must_be_of(snapshot.run_named("run").expect("the run")).expect_err("of other units").to_string();
    assert!(told.contains("with shape"), "{told}");
}
