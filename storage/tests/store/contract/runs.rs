//! Runs: a name stands for one model, one method and one set of parameters.

use crate::toy::{Toy, scores, spec};
use kndb_storage::{Error, Keep, RunSpec, ScoreType, Shape};

#[test]
fn the_same_description_opens_the_same_run() {
    let toy = Toy::new();
    let full = RunSpec {
        weights_hash: Some("abc".into()),
        preset: Some("amig".into()),
        parameters: vec![("steps".into(), "20".into()), ("rule".into(), "midpoint".into())],
        language_taus: vec![("zh".into(), 0.2)],
        prompt_share: 0.7,
        ..spec("first")
    };
    let run = toy.store.open_run(full.clone()).expect("new").run().clone();
    assert_eq!(run.spec, full);
    let other = toy.store.open_run(spec("second")).expect("new").run().clone();
    assert_ne!(run.id, other.id);
    assert_eq!(toy.fresh().open_run(full).expect("the same").run(), &run);
    assert_eq!(toy.fresh().snapshot().expect("reads").runs().cloned().collect::<Vec<_>>(), [run, other]);
}

#[test]
fn each_parameter_that_differs_is_refused_by_name() {
    let toy = Toy::new();
    let stored = RunSpec { weights_hash: Some("abc".into()), ..spec("first") };
    toy.store.open_run(stored.clone()).expect("new");
    type Change = fn(&mut RunSpec);
    let changes: [(&str, Change); 12] = [
        ("model", |s| s.model = "other".into()),
        ("shape", |s| s.shape = Shape::new(3, 41).expect("small")),
        ("weights hash", |s| s.weights_hash = None),
        ("method", |s| s.method = "activation".into()),
        ("preset", |s| s.preset = Some("kn".into())),
        ("parameter", |s| s.parameters = vec![("steps".into(), "21".into())]),
        ("keep", |s| s.keep = Keep::Share(0.02)),
        ("score type", |s| s.score_type = ScoreType::F16),
        ("tau", |s| s.tau = 0.31),
        ("tau", |s| s.language_taus = vec![("zh".into(), 0.1)]),
        ("prompt share", |s| s.prompt_share = 0.5),
        ("prompt share", |s| s.prompt_share_strict = true),
    ];
    for (expected, change) in changes {
        let mut given = stored.clone();
        change(&mut given);
        match toy.fresh().open_run(given) {
            Err(Error::RunDiffers { run, field, .. }) => assert_eq!((run.as_str(), field), ("first", expected)),
            other => panic!("{expected}: {:?}", other.map(|writer| writer.run().clone())),
        }
    }
    let error = toy.store.open_run(RunSpec { tau: 0.5, ..stored }).err().expect("another tau");
    assert!(error.to_string().contains("run \"first\" is already there with tau 0.3, not 0.5"), "{error}");
}

#[test]
fn one_model_name_has_one_shape() {
    let toy = Toy::new();
    toy.store.open_run(spec("first")).expect("new");
    let other = RunSpec { shape: Shape::new(4, 40).expect("small"), ..spec("second") };
    let error = toy.store.open_run(other.clone()).err().expect("another shape");
    assert!(matches!(error, Error::RunParameter { field: "shape", .. }), "{error}");
    assert!(error.to_string().contains("3 layers × 40 as in run \"first\""), "{error}");
    toy.store.open_run(RunSpec { model: "another".into(), ..other }).expect("another model");
    assert_eq!(toy.fresh().snapshot().expect("reads").runs().len(), 2);
}

#[test]
fn parameters_out_of_range_are_refused_and_make_no_run() {
    let toy = Toy::new();
    for tau in [-0.1, 1.0, 3.0, f64::NAN, f64::INFINITY] {
        refused(&toy, RunSpec { tau, ..spec("bad") }, "tau");
        refused(&toy, RunSpec { language_taus: vec![("en".into(), tau)], ..spec("bad") }, "tau");
    }
    for share in [-0.1, 1.1, f64::NAN] {
        refused(&toy, RunSpec { prompt_share: share, ..spec("bad") }, "prompt share");
    }
    refused(&toy, RunSpec { prompt_share: 1.0, prompt_share_strict: true, ..spec("bad") }, "prompt share");
    for keep in [Keep::Share(0.0), Keep::Share(-1.0), Keep::Share(1.5), Keep::Share(f64::NAN), Keep::Top(0)] {
        refused(&toy, RunSpec { keep, ..spec("bad") }, "keep");
    }
    refused(&toy, RunSpec { model: String::new(), ..spec("bad") }, "model");
    for name in ["", "two\nlines", "tab\tbed"] {
        let error = toy.store.open_run(spec(name)).err().expect("a bad name");
        assert!(matches!(error, Error::Name { .. }), "{name:?}: {error}");
    }
    assert_eq!(toy.fresh().snapshot().expect("reads").runs().len(), 0);
}

fn refused(toy: &Toy, spec: RunSpec, expected: &str) {
    match toy.store.open_run(spec) {
        Err(Error::RunParameter { field, .. }) => assert_eq!(field, expected),
        other => panic!("{expected}: {:?}", other.map(|writer| writer.run().clone())),
    }
}

#[test]
fn a_run_is_finished_until_more_comes() {
    let toy = Toy::new();
    let finished = || toy.fresh().snapshot().expect("reads").run_named("first").expect("a run").finished;
    let run = toy.store.open_run(spec("first")).expect("new");
    run.append(scores("f1", "en", 1)).expect("appends");
    assert!(!finished());
    run.finish().expect("finishes");
    assert!(finished());
    assert_eq!(toy.fresh().snapshot().expect("reads").unsealed(), (0, 0), "finishing seals");
    let run = toy.store.open_run(spec("first")).expect("the same");
    assert!(finished(), "opening changes nothing");
    run.append(scores("f2", "en", 2)).expect("appends");
    assert!(!finished());
}
