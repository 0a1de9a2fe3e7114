//! What must not change scores: the size of a batch, what was asked before, and which other layers are scored.

use kndb_engine::preset::TOLERANCE;
use kndb_engine::{Attribution, FactScores, MethodOptions, Model, Options, Site, Skip, device};
use kndb_storage::PRESETS;
use std::num::NonZeroUsize;
use std::path::PathBuf;

const FACTS: [(&str, &str, &str); 2] =
    [("The capital of [X] is [Y] .", "France", "Paris"), ("[X] is a city in [Y] .", "Nairobi", "Kenya")];

fn load(name: &str) -> Model {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name);
    Model::load(folder, &device("cpu").expect("the CPU is there")).expect("the fixture loads")
}

fn preset(name: &str, model: &Model) -> Options {
    Options::preset(name, model).expect("a preset")
}

fn scores(model: &Model, options: &Options, (template, subject, object): (&str, &str, &str)) -> FactScores {
    let attribution = Attribution::new(model, options).expect("the options fit");
    let question = attribution.question(template, subject, object).expect("this can be asked");
    attribution.scores(&question).expect("finite scores").expect("this can be scored")
}

/// Largest difference, as a share of the largest score.
fn apart(found: &[f32], expected: &[f32]) -> f32 {
    assert_eq!(found.len(), expected.len());
    assert!(found.iter().all(|score| score.is_finite()), "{found:?}");
    let largest = expected.iter().fold(0.0f32, |largest, score| largest.max(score.abs()));
    found.iter().zip(expected).fold(0.0f32, |worst, (f, e)| worst.max((f - e).abs())) / largest
}

#[test]
fn the_size_of_a_batch_is_no_part_of_the_result() {
    for name in ["bert", "gpt2", "qwen3"] {
        let model = load(name);
        for method in ["amig", "kn"] {
            for fact in FACTS {
                let whole = scores(&model, &preset(method, &model), fact);
                for batch in [1, 3, 1000] {
                    let options = Options { batch: Some(batch), ..preset(method, &model) };
                    assert_eq!(scores(&model, &options, fact), whole, "{name}, {method}, passes of {batch} rows");
                }
            }
        }
    }
}

/// Prompts of several lengths, targets and numbers of steps.
const MANY: [(&str, &str, &str); 5] = [
    FACTS[1],
    ("[X] lies in [Y] .", "Nairobi", "Kenya"),
    ("The capital of [X] is [Y] .", "Kenya", "Nairobi"),
    ("[X] [Y]", "Paris", "France"),
    FACTS[0],
];

/// Scores of questions that are asked at the same time, each on a thread of its own, as a job asks them.
fn together(model: &Model, options: &Options, passes: usize) -> Vec<Result<FactScores, Skip>> {
    let attribution = Attribution::new(model, options).expect("the options fit");
    let attribution = attribution.sharing(NonZeroUsize::new(passes).expect("some"));
    let ask = |(template, subject, object): (&str, &str, &str)| {
        let question = attribution.question(template, subject, object)?;
        attribution.scores(&question).expect("finite scores")
    };
    std::thread::scope(|scope| {
        let threads = MANY.map(|fact| scope.spawn(move || ask(fact)));
        threads.into_iter().map(|thread| thread.join().expect("no panic")).collect()
    })
}

#[test]
fn questions_that_share_passes_get_the_scores_that_they_get_alone() {
    let methods =
        ["integrated-gradients", "discretized-integrated-gradients", "relp", "gradient-activation", "ablation"];
    let (mut asked, mut skipped) = (0, 0);
    for name in ["bert", "gpt2", "qwen3", "gemma2"] {
        let model = load(name);
        let usual = ["amig", "amig-paper", "kn", "amig-code"].map(|method| preset(method, &model));
        let others = methods.map(|method| Options {
            preset: None,
            method: MethodOptions::named(method).expect("a method"),
            metric: None,
            ..preset("kn", &model)
        });
        let site = if model.is_gated() { Site::Up } else { Site::Pre };
        let at_site = Options { site, ..others[0].clone() };
        for options in usual.into_iter().chain(others).chain([at_site]) {
            let alone: Vec<_> = MANY
                .into_iter()
                .map(|(template, subject, object)| {
                    let attribution = Attribution::new(&model, &options).expect("the options fit");
                    let question = attribution.question(template, subject, object)?;
                    attribution.scores(&question).expect("finite scores")
                })
                .collect();
            for (passes, batch) in [(1, None), (2, Some(25))] {
                let options = Options { batch, ..options.clone() };
                for (found, alone) in together(&model, &options, passes).iter().zip(&alone) {
                    let what = || format!("{name}, {:?}, passes of {batch:?}", options.method);
                    match (found, alone) {
                        (Ok(found), Ok(alone)) => {
                            asked += 1;
                            let apart = apart(&found.scores, &alone.scores);
                            // All of it, to the last bit.
                            assert!(found == alone, "{}: off by {apart:e}", what());
                        }
                        (found, alone) => {
                            skipped += 1;
                            assert_eq!(found.as_ref().err(), alone.as_ref().err(), "{}", what());
                        }
                    }
                }
            }
        }
    }
    assert!(asked > 5 * skipped, "{asked} asked, {skipped} skipped");
}

#[test]
fn the_same_question_gives_the_same_bits() {
    for name in ["bert", "gemma3"] {
        let model = load(name);
        for method in PRESETS.each_ref().map(|preset| preset.name) {
            let options = preset(method, &model);
            let attribution = Attribution::new(&model, &options).expect("the options fit");
            let ask = |(template, subject, object): (&str, &str, &str)| {
                let question = attribution.question(template, subject, object).expect("this can be asked");
                attribution.scores(&question).expect("finite scores")
            };
            let first = ask(FACTS[0]);
            ask(FACTS[1]).ok();
            assert_eq!(ask(FACTS[0]), first, "{name}, {method}");
        }
    }
}

#[test]
fn layers_are_scored_as_if_alone() {
    for name in ["bert", "llama"] {
        let model = load(name);
        let width = model.shape().width as usize;
        let of = |scores: &FactScores, layer: usize| scores.scores[layer * width..(layer + 1) * width].to_vec();
        for method in ["amig", "amig-code", "kn-eleuther"] {
            let all = scores(&model, &preset(method, &model), FACTS[1]);
            assert_eq!(all.evidence.len(), 3, "{name}, {method}");
            for layers in [vec![0], vec![1], vec![2, 0], vec![2, 2, 2]] {
                let options = Options { layers: layers.clone(), ..preset(method, &model) };
                let some = scores(&model, &options, FACTS[1]);
                assert_eq!(some.probability, all.probability);
                for layer in 0..3 {
                    let (found, evidence) = (of(&some, layer), &some.evidence[layer]);
                    if layers.contains(&layer) {
                        // The tolerance is a share of the largest score of the layers that are asked for.
                        let apart = apart(&found, &of(&all, layer));
                        let largest = |of: &[f32]| of.iter().fold(0.0f32, |largest, score| largest.max(score.abs()));
                        let share = largest(&of(&all, layer)) / largest(&all.scores);
                        let allowed = 2.0 * TOLERANCE as f32 / share;
                        assert!(apart <= allowed, "{name}, {method}, layer {layer} of {layers:?}: off by {apart:e}");
                        assert!((evidence.baseline - all.evidence[layer].baseline).abs() <= 1e-6);
                    } else {
                        assert!(found.iter().all(|&score| score == 0.0), "{name}, {method}, {layers:?}: layer {layer}");
                        assert_eq!((evidence.baseline, evidence.residual), (evidence.probability, 0.0));
                    }
                }
            }
        }
    }
}

#[test]
fn options_must_fit_the_model() {
    let (bert, llama) = (load("bert"), load("llama"));
    let error = |model: &Model, options: &Options| match Attribution::new(model, options) {
        Ok(_) => panic!("{options:?} was taken"),
        Err(error) => error.to_string(),
    };
    let outside = Options { layers: vec![0, 3], ..preset("kn", &bert) };
    assert_eq!(error(&bert, &outside), "layers is 3; expected layers of bert: 0 to 2");
    let pre = Options { site: Site::Pre, ..preset("kn", &llama) };
    assert!(error(&llama, &pre).contains("site is pre"), "{}", error(&llama, &pre));
    let mut few = preset("kn-eleuther", &bert);
    if let MethodOptions::IntegratedGradients(method) = &mut few.method {
        method.steps = 1;
    }
    assert_eq!(error(&bert, &few), "steps is 1; expected at least 2 for the inclusive rule, and at most 10000");
    assert!(Options::preset("unheard-of", &bert).is_none());
}

#[test]
fn presets_are_those_of_the_papers() {
    // methods.md §3; values before the non-linearity only where the codes hook GPT models, whose blocks are not gated.
    let sites = |name: &str| {
        let model = load(name);
        PRESETS.each_ref().map(|row| preset(row.name, &model).site.name())
    };
    assert_eq!(sites("bert"), ["activation"; 5]);
    assert_eq!(sites("gpt2"), ["activation", "activation", "pre", "activation", "pre"]);
    assert_eq!(sites("llama"), ["activation"; 5]);
    let bert = load("bert");
    let taus = PRESETS.each_ref().map(|row| preset(row.name, &bert).tau);
    assert_eq!(taus, [0.3, 0.3, 0.3, 0.2, 0.3]);
}
