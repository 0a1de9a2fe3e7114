//! Which options mean something to which methods.

use super::{by_neurons, name, takes_object};
use crate::args::{EditArgs, EditMethod, ValueArgs, WeightArgs};
use crate::error::{CliError, Result};

/// Refuses options of other methods, and a method without what it needs.
pub(in crate::commands) fn check(args: &EditArgs) -> Result<()> {
    let kind = args.method;
    let given =
        [("--to", args.to.is_some(), takes_object(kind)), ("--neurons", args.neurons.is_some(), by_neurons(kind))];
    must_be_meant(&[kind], &given)?;
    if takes_object(kind) && args.to.is_none() && args.facts.is_none() {
        let missing = "--to OBJECT, the object that takes the place of the fact's";
        return Err(CliError::Edit(format!("the method {} needs {missing}", name(kind))));
    }
    if args.weights.seed.is_some() && args.weights.contexts.is_some() {
        return Err(CliError::NotForMethod {
            option: "--seed",
            method: "an edit with --contexts, which draws none".into(),
        });
    }
    check_numbers(&[kind], &args.values, &args.weights)
}

/// Refuses numbers that none of some methods goes by, and a method without those that it needs.
pub(in crate::commands) fn check_numbers(methods: &[EditMethod], v: &ValueArgs, w: &WeightArgs) -> Result<()> {
    use EditMethod::{Ft, FtL, Memit as M, Rewrite, Rome as R, Scale};
    let is = |some: &[EditMethod]| methods.iter().any(|method| some.contains(method));
    let (found, optimised) = (is(&[R, M]), is(&[R, M, Ft, FtL]));
    let given = [
        ("--forget", v.forget.is_some(), is(&[Rewrite])),
        ("--learn", v.learn.is_some(), is(&[Rewrite])),
        ("--factor", v.factor.is_some(), is(&[Scale])),
        ("--preset", w.preset.is_some(), optimised),
        ("--layer", w.layer.is_some(), is(&[R, Ft, FtL])),
        ("--layers", w.layers.is_some(), is(&[M])),
        ("--corpus", w.corpus.is_some(), found),
        ("--corpus-tokens", w.corpus_tokens.is_some(), found),
        ("--window", w.window.is_some(), found),
        ("--statistics", w.statistics.is_some(), found),
        ("--ridge", w.ridge.is_some(), found),
        ("--weight", w.weight.is_some(), is(&[M])),
        ("--steps", w.steps.is_some(), optimised),
        ("--rate", w.rate.is_some(), optimised),
        ("--decay", w.decay.is_some(), optimised),
        ("--clamp", w.clamp.is_some(), found),
        ("--enough", w.enough.is_some(), optimised),
        ("--bound", w.bound.is_some(), is(&[FtL])),
        ("--kl-factor", w.kl_factor.is_some(), found),
        ("--kl-text", w.kl_text.is_some(), found),
        ("--kl-at", w.kl_at.is_some(), found),
        ("--divisor", w.divisor.is_some(), is(&[R])),
        ("--contexts", w.contexts.is_some(), found),
        ("--context-lengths", w.context_lengths.is_some(), found),
        ("--seed", w.seed.is_some(), found),
    ];
    must_be_meant(methods, &given)?;
    if is(&[Scale]) && v.factor.is_none() {
        let missing = "--factor NUMBER, what the value vectors are multiplied by";
        return Err(CliError::Edit(format!("the method {} needs {missing}", name(Scale))));
    }
    let amounts = [
        ("--ridge", w.ridge),
        ("--weight", w.weight),
        ("--rate", w.rate),
        ("--decay", w.decay),
        ("--clamp", w.clamp),
        ("--enough", w.enough),
        ("--bound", w.bound),
        ("--kl-factor", w.kl_factor),
    ];
    if let Some((option, Some(value))) =
        amounts.into_iter().find(|(_, value)| value.is_some_and(|value| !value.is_finite() || value < 0.0))
    {
        return Err(CliError::Edit(format!("{option} is {value}; expected a finite number of 0 or more")));
    }
    if w.weight == Some(0.0) {
        return Err(CliError::Edit("--weight is 0; expected a number above 0".into()));
    }
    if w.steps == Some(0) {
        return Err(CliError::Edit("--steps is 0; expected 1 or more".into()));
    }
    if let Some(text) = w.kl_text.as_ref().filter(|text| text.matches("[X]").count() != 1 || text.contains("[Y]")) {
        return Err(CliError::Edit(format!(
            "--kl-text is {text:?}; expected a text with one [X], the subject, and no [Y]"
        )));
    }
    if is(&[R]) && !is(&[M]) && w.ridge.is_some() && w.corpus.is_none() && w.statistics.is_none() {
        let method = "rome without --corpus or --statistics, where C is the identity".into();
        return Err(CliError::NotForMethod { option: "--ridge", method });
    }
    let number = |value: Option<f32>| value.is_none_or(f32::is_finite);
    if ![v.factor, v.forget, v.learn].into_iter().all(number) {
        return Err(CliError::Edit("expected finite numbers for --factor, --forget and --learn".into()));
    }
    let orphan = [("--corpus-tokens", w.corpus_tokens.is_some()), ("--window", w.window.is_some())];
    if let Some((option, _)) = orphan.iter().find(|(_, given)| *given && w.corpus.is_none()) {
        return Err(CliError::NotForMethod { option, method: "an edit without --corpus".into() });
    }
    Ok(())
}

/// Refuses what was given and is not meant: an option, whether it was given, and whether some of the methods goes by it.
fn must_be_meant(methods: &[EditMethod], given: &[(&'static str, bool, bool)]) -> Result<()> {
    let Some((option, ..)) = given.iter().find(|(_, given, meant)| *given && !meant) else { return Ok(()) };
    let names: Vec<String> = methods.iter().map(|&method| name(method)).collect();
    Err(CliError::NotForMethod { option, method: told(&names) })
}

/// Methods as a phrase.
pub(in crate::commands) fn told(names: &[impl AsRef<str>]) -> String {
    let names: Vec<&str> = names.iter().map(AsRef::as_ref).collect();
    match names[..] {
        [one] => format!("the method {one}"),
        _ => format!("the methods {}", names.join(", ")),
    }
}
