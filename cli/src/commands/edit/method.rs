//! From the options of `kndb edit` to a method of the engine.

use std::sync::Arc;

use kndb_engine::edit::{
    ContextOptions, Divisor, EditMethod as Method, EssenceRead, EssenceText, FineTune, KeyStatistics, Memit,
    RewriteNeurons, Rome, ScaleNeurons, TextOptions, VectorOptions, contexts,
};
use kndb_engine::{Error, Model};

use crate::args::{DivisorArg, EditArgs, EditMethod, KlAt, WeightArgs};
use crate::error::{CliError, Result};

/// What is done, and how it is told.
pub(super) struct Built {
    pub method: Box<dyn Method>,
    /// Its numbers, for the model's card.
    pub numbers: Vec<String>,
    pub contexts: Vec<String>,
    pub essence: Option<EssenceText>,
    pub notes: Vec<String>,
}

/// Name as it is typed.
pub(super) fn name(method: EditMethod) -> String {
    use clap::ValueEnum;
    method.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned())
}

/// Whether it changes the value vectors of chosen neurons.
pub(super) fn by_neurons(method: EditMethod) -> bool {
    matches!(method, EditMethod::Rewrite | EditMethod::Suppress | EditMethod::Enhance | EditMethod::Scale)
}

/// Whether it puts another object in the place of the fact's.
pub(super) fn takes_object(method: EditMethod) -> bool {
    !matches!(method, EditMethod::Suppress | EditMethod::Enhance | EditMethod::Scale)
}

/// Refuses options of other methods, and a method without what it needs.
pub(super) fn check(args: &EditArgs) -> Result<()> {
    use EditMethod::{Ft, FtL, Memit as M, Rewrite, Rome as R, Scale};
    let kind = args.method;
    let is = |some: &[EditMethod]| some.contains(&kind);
    let w = &args.weights;
    let (found, trained, optimised) = (is(&[R, M]), is(&[Ft, FtL]), is(&[R, M, Ft, FtL]));
    let given = [
        ("--to", args.to.is_some(), takes_object(kind)),
        ("--neurons", args.neurons.is_some(), by_neurons(kind)),
        ("--forget", args.forget.is_some(), is(&[Rewrite])),
        ("--learn", args.learn.is_some(), is(&[Rewrite])),
        ("--factor", args.factor.is_some(), is(&[Scale])),
        ("--preset", w.preset.is_some(), optimised),
        ("--layer", w.layer.is_some(), is(&[R]) || trained),
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
    if let Some((option, ..)) = given.iter().find(|(_, given, meant)| *given && !meant) {
        return Err(CliError::NotForMethod { option, method: format!("the method {}", name(kind)) });
    }
    let missing = match kind {
        kind if takes_object(kind) && args.to.is_none() && args.facts.is_none() => {
            Some("--to OBJECT, the object that takes the place of the fact's")
        }
        Scale if args.factor.is_none() => Some("--factor NUMBER, what the value vectors are multiplied by"),
        _ => None,
    };
    if let Some(missing) = missing {
        return Err(CliError::Edit(format!("the method {} needs {missing}", name(kind))));
    }
    let number = |value: Option<f32>| value.is_none_or(f32::is_finite);
    if ![args.factor, args.forget, args.learn].into_iter().all(number) {
        return Err(CliError::Edit("expected finite numbers for --factor, --forget and --learn".into()));
    }
    let orphan = [("--corpus-tokens", w.corpus_tokens.is_some()), ("--window", w.window.is_some())];
    if let Some((option, _)) = orphan.iter().find(|(_, given)| *given && w.corpus.is_none()) {
        return Err(CliError::NotForMethod { option, method: "an edit without --corpus".into() });
    }
    Ok(())
}

/// The method, with what it reads of texts.
pub(super) fn built(args: &EditArgs, model: &Model, progress: &mut dyn FnMut(u64, u64)) -> Result<Built> {
    let w = &args.weights;
    let preset = w.preset.as_deref();
    let plain = |method: Box<dyn Method>, numbers: Vec<String>| Built {
        method,
        numbers,
        contexts: Vec::new(),
        essence: None,
        notes: Vec::new(),
    };
    let scaled = |factor| plain(Box::new(ScaleNeurons { factor }), vec![format!("factor {factor}")]);
    match args.method {
        EditMethod::Suppress => Ok(scaled(0.0)),
        EditMethod::Enhance => Ok(scaled(2.0)),
        EditMethod::Scale => Ok(scaled(args.factor.unwrap_or(1.0))),
        EditMethod::Rewrite => {
            let usual = RewriteNeurons::default();
            let (forget, learn) = (args.forget.unwrap_or(usual.forget), args.learn.unwrap_or(usual.learn));
            Ok(plain(
                Box::new(RewriteNeurons { forget, learn }),
                vec![format!("λ1 = {forget}"), format!("λ2 = {learn}")],
            ))
        }
        EditMethod::Ft | EditMethod::FtL => {
            let bounded = args.method == EditMethod::FtL;
            let usual = if bounded { FineTune::bounded() } else { FineTune::default() };
            let mut method = preset.map_or(Ok(usual), |preset| FineTune::preset(preset, bounded))?;
            method.layer = w.layer.or(method.layer);
            method.steps = w.steps.unwrap_or(method.steps);
            method.rate = w.rate.unwrap_or(method.rate);
            method.decay = w.decay.unwrap_or(method.decay);
            method.enough = w.enough.unwrap_or(method.enough);
            method.bound = if bounded { w.bound.or(method.bound) } else { None };
            let mut numbers = vec![
                format!("layer {}", method.layer_of(&model.network)?),
                format!("steps {}", method.steps),
                format!("rate {}", method.rate),
                format!("decay {}", method.decay),
                format!("enough {}", method.enough),
            ];
            numbers.extend(method.bound.map(|bound| format!("bound {bound}")));
            Ok(plain(Box::new(method), numbers))
        }
        EditMethod::Rome => {
            let mut method = preset.map_or_else(|| Ok(Rome::default()), Rome::preset)?;
            method.layer = w.layer.or(method.layer);
            method.vector = vector(w, method.vector);
            method.ridge = w.ridge.unwrap_or(method.ridge);
            method.divisor = match w.divisor {
                Some(DivisorArg::Prompt) => Divisor::Prompt,
                Some(DivisorArg::Mean) | None => Divisor::Mean,
            };
            let layer = method.layer_of(&model.network)?;
            let (statistics, mut notes) = statistics(w, model, &[layer], progress)?;
            let mut numbers = vec![format!("layer {layer}")];
            numbers.extend(of_vector(&method.vector));
            let key = if method.divisor == Divisor::Mean { "the mean of keys" } else { "the prompt's own key" };
            numbers.push(format!("v* for {key}"));
            numbers.push(of_c(statistics.as_deref(), method.ridge));
            method.statistics = statistics;
            let (contexts, told) = texts(w, model, ContextOptions::rome(), &mut notes)?;
            numbers.push(told);
            Ok(Built { method: Box::new(method), numbers, contexts, essence: Some(essence(w)), notes })
        }
        EditMethod::Memit => {
            let mut method = preset.map_or_else(|| Ok(Memit::default()), Memit::preset)?;
            method.layers = w.layers.or(method.layers);
            method.vector = vector(w, method.vector);
            method.ridge = w.ridge.unwrap_or(method.ridge);
            method.weight = w.weight.unwrap_or(method.weight);
            let (first, last) = method.layers_of(&model.network)?;
            let all: Vec<usize> = (first..=last).collect();
            let (statistics, mut notes) = statistics(w, model, &all, progress)?;
            let mut numbers = vec![format!("layers {first} to {last}")];
            numbers.extend(of_vector(&method.vector));
            numbers.push(format!("λ = {}", method.weight));
            numbers.push(of_c(statistics.as_deref(), method.ridge));
            method.statistics = statistics;
            let (contexts, told) = texts(w, model, ContextOptions::memit(), &mut notes)?;
            numbers.push(told);
            Ok(Built { method: Box::new(method), numbers, contexts, essence: Some(essence(w)), notes })
        }
    }
}

fn vector(w: &WeightArgs, usual: VectorOptions) -> VectorOptions {
    VectorOptions {
        steps: w.steps.unwrap_or(usual.steps),
        rate: w.rate.unwrap_or(usual.rate),
        decay: w.decay.unwrap_or(usual.decay),
        clamp: w.clamp.unwrap_or(usual.clamp),
        essence: w.kl_factor.unwrap_or(usual.essence),
        enough: w.enough.unwrap_or(usual.enough),
    }
}

fn of_vector(options: &VectorOptions) -> Vec<String> {
    let VectorOptions { steps, rate, decay, clamp, essence, enough } = options;
    vec![
        format!("losses {steps}"),
        format!("rate {rate}"),
        format!("decay {decay}"),
        format!("clamp {clamp}"),
        format!("KL factor {essence}"),
        format!("enough {enough}"),
    ]
}

fn of_c(statistics: Option<&KeyStatistics>, ridge: f64) -> String {
    match statistics {
        None => "C is the identity".into(),
        Some(statistics) => {
            let ridge = if ridge == 0.0 { String::new() } else { format!(", ridge {ridge}") };
            format!("C of {}{ridge}", statistics.told())
        }
    }
}

fn essence(w: &WeightArgs) -> EssenceText {
    let usual = EssenceText::default();
    let read = match w.kl_at {
        Some(KlAt::End) => EssenceRead::End,
        Some(KlAt::Subject) | None => EssenceRead::Subject,
    };
    EssenceText { template: w.kl_text.clone().unwrap_or(usual.template), read }
}

/// C of some layers: of a file, of a text, or none, and what there is to say of it.
fn statistics(
    w: &WeightArgs,
    model: &Model,
    layers: &[usize],
    progress: &mut dyn FnMut(u64, u64),
) -> Result<(Option<Arc<KeyStatistics>>, Vec<String>)> {
    if let Some(path) = w.statistics.as_ref().filter(|path| path.exists()) {
        let found = KeyStatistics::read(path, model)?;
        let mut notes = Vec::new();
        if w.corpus.is_some() {
            notes.push(format!("C is that of {}; --corpus was not read", path.display()));
        }
        return Ok((Some(Arc::new(found)), notes));
    }
    let Some(corpus) = &w.corpus else {
        if let Some(path) = &w.statistics {
            return Err(CliError::Edit(format!("{} is not there; give --corpus FILE to make it", path.display())));
        }
        let note = "without --corpus or --statistics C is the identity: keys of other texts are not held";
        return Ok((None, vec![note.into()]));
    };
    let usual = TextOptions::default();
    let options = TextOptions {
        window: w.window.unwrap_or(usual.window),
        tokens: w.corpus_tokens.map(std::num::NonZeroUsize::get),
    };
    let found = KeyStatistics::of_text(model, corpus, layers, options, &|| false, progress)?;
    if let Some(path) = &w.statistics {
        found.write(path)?;
    }
    Ok((Some(Arc::new(found)), Vec::new()))
}

/// The texts before prompts, and how they came about.
fn texts(
    w: &WeightArgs,
    model: &Model,
    usual: ContextOptions,
    notes: &mut Vec<String>,
) -> Result<(Vec<String>, String)> {
    if let Some(path) = &w.contexts {
        let read = std::fs::read_to_string(path);
        let read = read.map_err(|source| CliError::Engine(Error::Text { path: path.clone(), source }))?;
        let lines = read.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned);
        let texts: Vec<String> = lines.collect();
        let told = format!("{} contexts given", texts.len());
        return Ok((texts, told));
    }
    let mut options = usual;
    if let Some(lengths) = &w.context_lengths {
        options.lengths = lengths.0.clone();
    }
    options.seed = w.seed.unwrap_or(options.seed);
    if options.lengths.is_empty() {
        return Ok((Vec::new(), "no contexts".into()));
    }
    if !model.is_causal() && w.context_lengths.is_none() {
        notes.push("a masked model says no texts: the prompt stands alone; --contexts FILE gives some".into());
        return Ok((Vec::new(), "no contexts".into()));
    }
    let texts = contexts(&model.network, &model.asking(), &options, &|| false)?;
    let told = format!("{} contexts said by the model, seed {}", texts.len(), options.seed);
    Ok((texts, told))
}
