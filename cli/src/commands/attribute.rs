//! `kndb attribute`: scores of the store's facts, computed with a model.

mod words;

use std::num::NonZeroUsize;
use std::path::Path;

use kndb_engine::config::Config;
use kndb_engine::job::Job;
use kndb_engine::methods::SCORERS;
use kndb_engine::{MethodOptions, Metric, Model, Options};
use kndb_storage::{PRESETS, RunSpec};

use super::asking::Begun;
use crate::args::{AttributeArgs, KeptArgs, LayerList, MethodArgs, Of};
use crate::error::{CliError, Result};
use crate::job::watched;
use crate::knowledge;
use crate::model;
use crate::terminal::Terminal;

/// Runs it.
pub fn run(args: AttributeArgs, terminal: &mut Terminal) -> Result<()> {
    if args.method.of == Of::Words {
        return words::run(args, terminal);
    }
    // Everything that can be wrong without the model is found before it is loaded.
    must_apply(&args.method)?;
    let named = (args.run.as_ref(), "kndb attribute");
    let begun = Begun::of(&args.job, args.selection, args.method.foil.as_ref(), named, terminal)?;
    if let Some(LayerList(layers)) = &args.method.layers {
        must_have_layers(&args.job.model, layers)?;
    }
    let mut model = model::load(&args.job.model, &args.job.device, terminal)?;
    if args.method.bos {
        model.ask_with_bos()?;
    }
    let options = options(&args.method, &model)?;
    let model_name = args.job.model_name.clone().unwrap_or_else(|| model.name().to_owned());
    let run = args.run.unwrap_or_else(|| {
        let named = args.method.method.map(|scorer| scorer.name);
        let method = options.preset.or(named).unwrap_or_else(|| options.method.build().name());
        let target = args.method.target.map_or_else(String::new, |target| format!("-{}", target.name()));
        let bos = if args.method.bos { "-bos" } else { "" };
        format!("{model_name}-{method}{target}{bos}")
    });
    let mut job = Job::new(run, &model, &options, &args.job.device);
    job.run.model = model_name;
    keep(&args.kept, &mut job.run);
    job.selection.clone_from(&begun.selection);
    job.replace_changed = args.job.replace_changed;
    job.threads = args.job.threads();

    let (store, shown) = (&begun.store, begun.shown(&args.job, terminal));
    watched(&job.run, &model, &shown, terminal, |stop, progress| job.run(store, &model, &options, stop, progress))?;
    if !shown.summary {
        return Ok(());
    }
    let snapshot = store.snapshot()?;
    let Some(run) = snapshot.run_named(&job.run.name) else { return Ok(()) };
    let knows = snapshot.knowledge(run.id, |_, _| true)?;
    knowledge::write(&run.spec.name, &knows, knowledge::ROWS, &mut terminal.out, terminal.columns)
}

/// Refuses layers that the model's configuration does not have.
fn must_have_layers(model: &Path, asked: &[usize]) -> Result<()> {
    // Loading tells better what is wrong with a folder, and where a cache's snapshot is.
    let Ok(config) = Config::of_model(model) else { return Ok(()) };
    let Some(count) = config.layers()? else { return Ok(()) };
    match asked.iter().find(|&&layer| layer >= count) {
        None => Ok(()),
        Some(outside) => Err(CliError::Engine(kndb_engine::Error::Option {
            option: "layers",
            given: outside.to_string(),
            expected: format!("layers of {}: 0 to {}", model.display(), count - 1),
        })),
    }
}

/// Refuses options that the method does not know.
fn must_apply(given: &MethodArgs) -> Result<()> {
    let scorer = given.method.unwrap_or(&SCORERS[0]);
    if given.word_baseline.is_some() {
        return Err(CliError::NotForMethod { option: "--word-baseline", method: "--of neurons".into() });
    }
    let options = [
        ("--baseline", given.baseline.is_some()),
        ("--rules", given.rules.is_some()),
        ("--anchors", given.anchors.is_some()),
        ("--monotone", given.monotone.is_some()),
        ("--rule", given.rule.is_some()),
        ("--steps", given.steps.is_some()),
        ("--factor", given.factor.is_some()),
        ("--normalise", given.normalise.is_some()),
        ("--tolerance", given.tolerance.is_some()),
        ("--orders", given.orders.is_some()),
        ("--seed", given.seed.is_some()),
        ("--value-neurons", given.value_neurons.is_some()),
        ("--target", given.target.is_some()),
        ("--foil", given.foil.is_some()),
        ("--site", given.site.is_some()),
        ("--batch", given.batch.is_some()),
    ];
    let foreign = |&(option, given): &(&str, bool)| given && !scorer.takes(option.trim_start_matches('-'));
    if let Some((option, _)) = options.into_iter().find(foreign) {
        return Err(CliError::NotForMethod { option, method: format!("the method {}", scorer.name) });
    }
    // What the engine refuses, too, but with the model loaded.
    let difference = given.target == Some(Metric::LogitDifference);
    match (&given.foil, difference) {
        (Some(_), false) => {
            Err(CliError::NotForMethod { option: "--foil", method: "another target than logit-difference".into() })
        }
        (None, true) => Err(CliError::Engine(kndb_engine::Error::Option {
            option: "foil",
            given: "missing".into(),
            expected: "an object, or drawn, for --target logit-difference".into(),
        })),
        _ => Ok(()),
    }
}

/// The preset or the method, with what the options change.
fn options(given: &MethodArgs, model: &Model) -> Result<Options> {
    let preset = given.preset.unwrap_or(&PRESETS[0]).name;
    let begun = Options::preset(preset, model).ok_or_else(|| kndb_engine::Error::Option {
        option: "preset",
        given: preset.to_owned(),
        expected: "a name of the engine's".into(),
    })?;
    let mut options = begun.clone();
    if let Some(method) = given.method {
        options.method = (method.build)();
    }
    if let MethodOptions::IntegratedGradients(integral) = &mut options.method {
        integral.baseline = given.baseline.unwrap_or(integral.baseline);
        integral.rule = given.rule.unwrap_or(integral.rule);
        integral.steps = given.steps.unwrap_or(integral.steps);
        integral.factor = given.factor.unwrap_or(integral.factor);
        integral.normalise = given.normalise.unwrap_or(integral.normalise);
        integral.tolerance = given.tolerance.unwrap_or(integral.tolerance);
    }
    if let MethodOptions::Discretized(method) = &mut options.method {
        method.baseline = given.baseline.unwrap_or(method.baseline);
        method.anchors = given.anchors.unwrap_or(method.anchors);
        method.monotone = given.monotone.unwrap_or(method.monotone);
        method.rule = given.rule.unwrap_or(method.rule);
        method.steps = given.steps.unwrap_or(method.steps);
    }
    if let MethodOptions::GradientActivation(method) = &mut options.method {
        method.baseline = given.baseline.unwrap_or(method.baseline);
    }
    if let MethodOptions::RelevancePatching(method) = &mut options.method {
        method.baseline = given.baseline.unwrap_or(method.baseline);
        method.rules = given.rules.unwrap_or(method.rules);
    }
    if let MethodOptions::QueryNeurons(query) = &mut options.method {
        query.value_neurons = given.value_neurons.map_or(query.value_neurons, NonZeroUsize::get);
    }
    if let MethodOptions::ShapleySampling(shapley) = &mut options.method {
        shapley.orders = given.orders.map_or(shapley.orders, NonZeroUsize::get);
        shapley.seed = given.seed.unwrap_or(shapley.seed);
    }
    options.site = given.site.unwrap_or(options.site);
    options.metric = given.target.filter(|target| *target != options.metric());
    options.foil.clone_from(&given.foil);
    if let Some(layers) = &given.layers {
        options.layers.clone_from(&layers.0);
    }
    if options != begun {
        options.preset = None;
    }
    options.batch = given.batch.map(NonZeroUsize::get);
    Ok(options)
}

/// What is kept, and the thresholds of queries. Other thresholds than a preset's are not that preset.
fn keep(given: &KeptArgs, run: &mut RunSpec) {
    run.keep = given.keep.unwrap_or(run.keep);
    run.score_type = given.score_type.unwrap_or(run.score_type);
    let before = run.clone();
    for tau in &given.tau {
        tau.apply(&mut run.tau, &mut run.language_taus);
    }
    if let Some(share) = given.prompt_share {
        (run.prompt_share, run.prompt_share_strict) = (share, false);
    }
    if *run != before {
        run.preset = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::{Cli, Command};
    use clap::Parser;

    fn parsed(options: &str) -> AttributeArgs {
        let line = format!("kndb attribute db --model m {options}");
        match Cli::try_parse_from(line.split_whitespace()).expect("a valid line").command {
            Command::Attribute(args) => *args,
            other => panic!("parsed as {other:?}"),
        }
    }

    #[test]
    fn options_of_integrals_are_refused_for_other_methods() {
        for (option, method) in [
            ("--steps 5", "activation"),
            ("--normalise", "ablation"),
            ("--tolerance 0", "gradient-activation"),
            ("--site pre", "log-probability"),
            ("--batch 3", "activation"),
            ("--target logit", "activation"),
            ("--rules norms", "gradient-activation"),
            ("--steps 3", "relp"),
            ("--foil drawn", "log-probability"),
            ("--anchors greedy", "sequential-integrated-gradients"),
            ("--monotone share", "sequential-integrated-gradients"),
            ("--baseline zero", "sequential-integrated-gradients"),
            ("--tolerance 0", "discretized-integrated-gradients"),
        ] {
            let args = parsed(&format!("--method {method} {option}"));
            let told = must_apply(&args.method).expect_err("does not apply").to_string();
            assert!(told.contains(method) && told.contains(option.split(' ').next().expect("a word")), "{told}");
        }
        assert!(must_apply(&parsed("--method ablation --batch 3 --site pre").method).is_ok());
        assert!(must_apply(&parsed("--preset kn --steps 5").method).is_ok());
        let paired = "--method relp --baseline word-mean --rules norms --target logit-difference --foil drawn";
        assert!(must_apply(&parsed(paired).method).is_ok());
    }

    #[test]
    fn other_thresholds_than_a_preset_s_drop_its_name() {
        let shape = kndb_storage::Shape::new(2, 4).expect("a shape");
        let preset = RunSpec { preset: Some("kn".into()), ..RunSpec::new("r", "m", shape) };
        let with = |options: &str| {
            let mut spec = preset.clone();
            keep(&parsed(options).kept, &mut spec);
            spec
        };
        assert_eq!(with("--keep top:5 --tau 0.3").preset.as_deref(), Some("kn"));
        assert_eq!(with("--tau zh=0.1").preset, None);
        assert_eq!(with("--tau zh=0.1").language_taus, [("zh".to_owned(), 0.1)]);
        assert_eq!(with("--prompt-share 0.5").preset, None);
    }
}
