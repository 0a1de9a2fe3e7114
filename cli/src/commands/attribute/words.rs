//! `kndb attribute --of words`: how much each token of a prompt adds to the probability of the object.

use std::io::{self, Write};
use std::num::NonZeroUsize;

use kndb_engine::methods::{Anchors, Monotone, Scorer};
use kndb_engine::words::{MISSED, WordBaseline, WordJob, WordMethod, WordOptions, WordsOfPrompt, model_by_token};
use unicode_width::UnicodeWidthStr;

use super::super::asking::Begun;
use crate::args::{AttributeArgs, MethodArgs};
use crate::error::{CliError, Result};
use crate::job::watched;
use crate::model;
use crate::terminal::Terminal;

/// Prompts that are drawn.
const DRAWN: usize = 5;

/// Points are doubled up to so many times their usual number: 320 on a straight path, 48 on each segment of a discretized one. What still misses
/// then has a step that a rule for smooth functions will not find, and an hour would not help.
const MOST: usize = 16;

/// Cells of the longest bar.
const BAR: usize = 24;

/// Runs it.
pub fn run(args: AttributeArgs, terminal: &mut Terminal) -> Result<()> {
    // Everything that can be wrong without the model is found before it is loaded.
    must_apply(&args)?;
    let options = options(&args.method)?;
    let begun = Begun::of(&args.job, args.selection, None, (args.run.as_ref(), "kndb attribute"), terminal)?;
    let mut model = model::load(&args.job.model, &args.job.device, terminal)?;
    if args.method.bos {
        model.ask_with_bos()?;
    }
    let model_name = args.job.model_name.clone().unwrap_or_else(|| model.name().to_owned());
    let run = args.run.unwrap_or_else(|| {
        let bos = if args.method.bos { "-bos" } else { "" };
        format!("{model_name}-{}{bos}", options.method.name())
    });
    let mut job = WordJob::new(run, &model, &options, &args.job.device)?;
    job.run.model = model_by_token(&model_name);
    job.selection = begun.selection.clone();
    job.replace_changed = args.job.replace_changed;
    job.threads = args.job.threads();

    let (store, shown) = (&begun.store, begun.shown(&args.job, terminal));
    let mut missed = 0;
    watched(&job.run, &model, &shown, terminal, |stop, progress| {
        let (summary, count) = job.run(store, &model, &options, stop, progress)?;
        missed = count;
        Ok(summary)
    })?;
    if missed > 0 {
        let note = format!(
            "note: in {missed} of the prompts scores miss more than {} % of what they should add up to: see their residuals (`entries[…]`); more --steps make them smaller",
            100.0 * MISSED
        );
        writeln!(terminal.messages, "{note}").map_err(CliError::Output)?;
    }
    if !shown.summary {
        return Ok(());
    }
    let drawn = job.shown(store, &model, DRAWN)?;
    for prompt in &drawn {
        draw(prompt, &mut terminal.out).map_err(CliError::Output)?;
    }
    let Some(first) = drawn.first() else { return Ok(()) };
    let query = format!(
        "kn[run={:?}, lang={}, fact={:?}, prompt={}, sign=any]",
        job.run.name, first.language, first.fact, first.prompt
    );
    writeln!(terminal.messages, "query: {query}; a neuron is a token's place in the prompt").map_err(CliError::Output)
}

/// The methods of words.
fn method(given: &MethodArgs) -> Option<WordMethod> {
    match given.method.map(|scorer: &Scorer| scorer.name) {
        None => Some(WordMethod::Integrated),
        Some("sequential-integrated-gradients") => Some(WordMethod::Sequential),
        Some("discretized-integrated-gradients") => Some(WordMethod::Discretized {
            anchors: given.anchors.unwrap_or(Anchors::Greedy),
            // As published: embeddings are given to the last bit, so nothing jumps.
            monotone: given.monotone.unwrap_or(Monotone::Share),
        }),
        Some(_) => None,
    }
}

/// What `--method` may name here.
const METHODS: &str =
    "sequential-integrated-gradients or discretized-integrated-gradients, or no --method for integrated gradients";

fn options(given: &MethodArgs) -> Result<WordOptions> {
    let Some(method) = method(given) else {
        return Err(CliError::Engine(kndb_engine::Error::Option {
            option: "method",
            given: given.method.map_or("", |scorer| scorer.name).to_owned(),
            expected: format!("of words {METHODS}"),
        }));
    };
    let begun = WordOptions::of(method);
    Ok(WordOptions {
        baseline: given.word_baseline.unwrap_or(WordBaseline::Mask),
        rule: given.rule.unwrap_or(begun.rule),
        steps: given.steps.unwrap_or(begun.steps),
        most_steps: given.steps.is_none().then_some(MOST * begun.steps),
        batch: given.batch.map(NonZeroUsize::get),
        ..begun
    })
}

/// Refuses what says something of neurons.
fn must_apply(args: &AttributeArgs) -> Result<()> {
    let (given, kept) = (&args.method, &args.kept);
    let path = matches!(method(given), Some(WordMethod::Discretized { .. }) | None);
    let foreign = [
        ("--preset", given.preset.is_some()),
        ("--target", given.target.is_some()),
        ("--foil", given.foil.is_some()),
        ("--rules", given.rules.is_some()),
        ("--baseline", given.baseline.is_some()),
        ("--anchors", given.anchors.is_some() && !path),
        ("--monotone", given.monotone.is_some() && !path),
        ("--factor", given.factor.is_some()),
        ("--normalise", given.normalise.is_some()),
        ("--tolerance", given.tolerance.is_some()),
        ("--orders", given.orders.is_some()),
        ("--value-neurons", given.value_neurons.is_some()),
        ("--seed", given.seed.is_some()),
        ("--site", given.site.is_some()),
        ("--layers", given.layers.is_some()),
        ("--keep", kept.keep.is_some()),
        ("--score-type", kept.score_type.is_some()),
        ("--tau", !kept.tau.is_empty()),
        ("--prompt-share", kept.prompt_share.is_some()),
    ];
    match foreign.into_iter().find(|&(_, given)| given) {
        None => Ok(()),
        Some((option, _)) => {
            let method = given.method.map_or("integrated-gradients", |scorer| scorer.name);
            Err(CliError::NotForMethod { option, method: format!("--of words by {method}") })
        }
    }
}

/// A prompt's tokens below each other, with their scores and bars: full ones for what makes the object more probable, shaded ones for the contrary.
fn draw(prompt: &WordsOfPrompt, out: &mut dyn Write) -> io::Result<()> {
    let WordsOfPrompt { fact, language, prompt: number, object, .. } = prompt;
    writeln!(out, "{fact} [{language}, prompt {number}] → {object}")?;
    let sum: f32 = prompt.tokens.iter().filter_map(|(_, score)| *score).sum();
    let due = sum - prompt.residual;
    writeln!(
        out,
        "p {:.4}; scores add up to {sum:.4}, for F − F′ {due:.4} (residual {:.1e})",
        prompt.probability, prompt.residual
    )?;
    let text = |token: &str| token.trim().replace(char::is_control, " ");
    let widest = prompt.tokens.iter().map(|(token, _)| text(token).width()).max().unwrap_or(0);
    let largest =
        prompt.tokens.iter().filter_map(|(_, score)| *score).fold(0.0f32, |most, score| most.max(score.abs()));
    for (token, score) in &prompt.tokens {
        let token = text(token);
        let space = " ".repeat(widest - token.width());
        match score {
            None => writeln!(out, "  {token}{space}        –")?,
            Some(score) => {
                let length = if largest > 0.0 { (score.abs() / largest * BAR as f32).round() as usize } else { 0 };
                let bar = if *score < 0.0 { "░" } else { "█" }.repeat(length);
                writeln!(out, "{}", format!("  {token}{space} {score:>8.4} {bar}").trim_end())?;
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prompt_is_drawn_with_bars_of_its_largest_score() {
        let token = |text: &str, score| (text.to_owned(), score);
        let prompt = WordsOfPrompt {
            fact: "f1".into(),
            language: "zh".into(),
            prompt: 2,
            object: "巴黎".into(),
            tokens: vec![
                token("[CLS]", None),
                token("法国", Some(0.5)),
                token(" is", Some(-0.25)),
                token("a", Some(0.001)),
            ],
            probability: 0.75,
            residual: -2e-5,
        };
        let mut out = Vec::new();
        draw(&prompt, &mut out).expect("written");
        let full = "█".repeat(24);
        let half = "░".repeat(12);
        let expected = format!(
            "f1 [zh, prompt 2] → 巴黎\np 0.7500; scores add up to 0.2510, for F − F′ 0.2510 (residual -2.0e-5)\n  [CLS]        –\n  法国    0.5000 {full}\n  is     -0.2500 {half}\n  a       0.0010\n"
        );
        assert_eq!(String::from_utf8(out).expect("UTF-8"), expected);
    }
}
