//! From the options of `kndb edit` and `kndb edit-bench` to methods of the engine.

mod checks;
mod keys;

use kndb_engine::edit::{
    ContextOptions, Divisor, EditMethod as Method, EssenceRead, EssenceText, FineTune, KeyStatistics, Memit,
    RewriteNeurons, Rome, ScaleNeurons, VectorOptions, contexts,
};
use kndb_engine::{Error, Model};

pub(in crate::commands) use self::checks::{check, check_numbers, told};
pub(in crate::commands) use self::keys::{Keys, statistics};
use crate::args::{DivisorArg, EditMethod, KlAt, ValueArgs, WeightArgs};
use crate::error::{CliError, Result};

/// What is done, and how it is told.
pub(in crate::commands) struct Built {
    pub method: Box<dyn Method>,
    /// Its numbers, for the model's card.
    pub numbers: Vec<String>,
    pub contexts: Vec<String>,
    pub essence: Option<EssenceText>,
    pub notes: Vec<String>,
}

/// Name as it is typed.
pub(in crate::commands) fn name(method: EditMethod) -> String {
    use clap::ValueEnum;
    method.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned())
}

/// Whether it changes the value vectors of chosen neurons.
pub(in crate::commands) fn by_neurons(method: EditMethod) -> bool {
    matches!(method, EditMethod::Rewrite | EditMethod::Suppress | EditMethod::Enhance | EditMethod::Scale)
}

/// Whether it puts another object in the place of the fact's.
pub(in crate::commands) fn takes_object(method: EditMethod) -> bool {
    !matches!(method, EditMethod::Suppress | EditMethod::Enhance | EditMethod::Scale)
}

/// A method, with what it reads of texts; `keys` are the [`statistics`] of all methods that are built.
pub(in crate::commands) fn built(
    method: EditMethod,
    (v, w): (&ValueArgs, &WeightArgs),
    model: &Model,
    keys: &Keys,
) -> Result<Built> {
    let preset = w.preset.as_deref();
    let plain = |method: Box<dyn Method>, numbers: Vec<String>| Built {
        method,
        numbers,
        contexts: Vec::new(),
        essence: None,
        notes: Vec::new(),
    };
    let scaled = |factor| plain(Box::new(ScaleNeurons { factor }), vec![format!("factor {factor}")]);
    match method {
        EditMethod::Suppress => Ok(scaled(0.0)),
        EditMethod::Enhance => Ok(scaled(2.0)),
        EditMethod::Scale => Ok(scaled(v.factor.unwrap_or(1.0))),
        EditMethod::Rewrite => {
            let usual = RewriteNeurons::default();
            let (forget, learn) = (v.forget.unwrap_or(usual.forget), v.learn.unwrap_or(usual.learn));
            Ok(plain(
                Box::new(RewriteNeurons { forget, learn }),
                vec![format!("λ1 = {forget}"), format!("λ2 = {learn}")],
            ))
        }
        EditMethod::Ft | EditMethod::FtL => {
            let bounded = method == EditMethod::FtL;
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
            let mut method = rome(w)?;
            method.vector = vector(w, method.vector);
            method.ridge = w.ridge.unwrap_or(method.ridge);
            method.divisor = match w.divisor {
                Some(DivisorArg::Prompt) => Divisor::Prompt,
                Some(DivisorArg::Mean) | None => Divisor::Mean,
            };
            let layer = method.layer_of(&model.network)?;
            let (statistics, mut notes) = (keys.found.clone(), Vec::new());
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
            let mut method = memit(w)?;
            method.must_fit(&model.network)?;
            method.vector = vector(w, method.vector);
            method.ridge = w.ridge.unwrap_or(method.ridge);
            method.weight = w.weight.unwrap_or(method.weight);
            let (first, last) = method.layers_of(&model.network)?;
            let (statistics, mut notes) = (keys.found.clone(), Vec::new());
            if statistics.is_none() && w.weight.is_none() {
                // Against the identity λ leaves next to nothing of any change.
                return Err(CliError::Edit(format!(
                    "memit's λ, {}, is for C of a text, and without --corpus or --statistics C is the identity; give one of them, or --weight NUMBER, such as 1",
                    method.weight
                )));
            }
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
    let ridge = if ridge == 0.0 { String::new() } else { format!(", ridge {ridge}") };
    match statistics {
        None => format!("C is the identity{ridge}"),
        Some(statistics) => format!("C of {}{ridge}", statistics.told()),
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

fn rome(w: &WeightArgs) -> Result<Rome> {
    let mut method = w.preset.as_deref().map_or_else(|| Ok(Rome::default()), Rome::preset)?;
    method.layer = w.layer.or(method.layer);
    Ok(method)
}

fn memit(w: &WeightArgs) -> Result<Memit> {
    let mut method = w.preset.as_deref().map_or_else(|| Ok(Memit::default()), Memit::preset)?;
    method.layers = w.layers.or(method.layers);
    Ok(method)
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
        let lines = read
            .trim_start_matches('\u{feff}')
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty())
            .map(str::to_owned);
        let texts: Vec<String> = lines.collect();
        if texts.is_empty() {
            return Err(CliError::Edit(format!(
                "{} has no contexts; expected texts, one a line, or --context-lengths none",
                path.display()
            )));
        }
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
    if texts.is_empty() {
        return Err(CliError::Edit(
            "the model says no text of those lengths; expected longer ones (--context-lengths 5:10,10:10), --contexts FILE, or --context-lengths none".into(),
        ));
    }
    let told = format!("{} contexts said by the model, seed {}", texts.len(), options.seed);
    Ok((texts, told))
}
