//! `kndb activations`: statistics of neurons over texts, and language neurons.

use std::io::Write;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use kndb_engine::corpus::{CorpusJob, CorpusSummary, Lape};
use kndb_engine::device;

use crate::args::ActivationsArgs;
use crate::error::{CliError, Result};
use crate::interrupt::answer_at;
use crate::model;
use crate::progress::Progress;
use crate::terminal::Terminal;

/// Runs it.
pub fn run(args: ActivationsArgs, terminal: &mut Terminal) -> Result<()> {
    must_choose(&args)?;
    device(&args.device)?;
    let store = super::store_to_fill(&args.store, terminal)?;
    let mut model = model::load(&args.model, &args.device, terminal)?;
    if args.bos {
        model.ask_with_bos()?;
    }
    let model_name = args.model_name.unwrap_or_else(|| model.name().to_owned());
    let usual = Lape::default();
    let lape = Lape {
        top: args.lape_top.unwrap_or(usual.top),
        filter: args.lape_filter.unwrap_or(usual.filter),
        bar: args.lape_bar.unwrap_or(usual.bar),
    };
    let alone = args.corpus.len() < 2;
    if alone && !args.no_lape {
        writeln!(terminal.messages, "note: of one language there are no language neurons").map_err(CliError::Output)?;
    }
    let job = CorpusJob {
        name: args.run.unwrap_or_else(|| format!("{model_name}-activations")),
        model: model_name,
        corpora: args.corpus,
        window: args.window,
        tokens: args.tokens.map(NonZeroUsize::get),
        quantiles: args.quantiles.0,
        lape: (!args.no_lape && !alone).then_some(lape),
        // libtorch spreads one window over the cores by itself.
        threads: args.threads.or_else(|| (args.device != "cpu").then_some(NonZeroUsize::MIN)),
        device: args.device,
    };
    let stop = Arc::new(AtomicBool::new(false));
    let bar = Progress::of_tokens(terminal.messages_to_person && !args.quiet);
    let answer = {
        let bar = bar.clone();
        move || bar.say("stopping; languages that are done stay")
    };
    answer_at(Arc::clone(&stop), answer);
    let done = job.run(&store, &model, &stop, &mut |at| {
        let message = if stop.load(Ordering::Relaxed) { "stopping" } else { at.language };
        bar.of(at.done, at.total, message.to_owned());
    });
    bar.clear();
    let summary = done?;
    if let Some(note) = few_tokens(&summary) {
        writeln!(terminal.messages, "note: {note}").map_err(CliError::Output)?;
    }
    if !args.quiet {
        write_summary(&summary, &mut terminal.out).map_err(CliError::Output)?;
    }
    if summary.stopped {
        let stored = summary.read.len() as u64;
        let left = job.corpora.len() as u64 - stored;
        return Err(CliError::Interrupted { run: job.name, stored, left });
    }
    Ok(())
}

/// Fewer tokens than this make a neuron's share of active tokens too coarse to rank by: LAPE keeps a hundredth of all neurons by the entropy of
/// those shares. At 10,000 tokens a share of .1 is known to ±.003.
const FEW_TOKENS: u64 = 10_000;

/// What is said of language neurons from a short text.
fn few_tokens(summary: &CorpusSummary) -> Option<String> {
    summary.language_neurons.as_ref()?;
    let read = summary.read.iter().filter(|(_, tokens)| *tokens > 0);
    let (language, tokens) = read.min_by_key(|(_, tokens)| *tokens)?;
    (*tokens < FEW_TOKENS).then(|| {
        format!(
            "{tokens} tokens of {language} are few for language neurons: shares of active tokens go in steps of 1/{tokens}, and chance ranks \
             them; give {FEW_TOKENS} or more"
        )
    })
}

/// Refuses options of language neurons where there are to be none.
fn must_choose(args: &ActivationsArgs) -> Result<()> {
    let options = [("--lape-top", args.lape_top), ("--lape-filter", args.lape_filter), ("--lape-bar", args.lape_bar)];
    let Some((option, _)) = options.into_iter().find(|(_, given)| given.is_some()) else { return Ok(()) };
    match () {
        () if args.no_lape => Err(CliError::NotForMethod { option, method: "--no-lape".into() }),
        () if args.corpus.len() < 2 => {
            let method = "a text of one language, which has no language neurons".into();
            Err(CliError::NotForMethod { option, method })
        }
        () => Ok(()),
    }
}

fn write_summary(summary: &CorpusSummary, out: &mut dyn Write) -> std::io::Result<()> {
    for (language, tokens) in &summary.read {
        match tokens {
            0 => writeln!(out, "{language:<12} there already")?,
            tokens => writeln!(out, "{language:<12} {tokens} tokens")?,
        }
    }
    if summary.stopped {
        return Ok(());
    }
    writeln!(out, "{:<12} {}", "runs", summary.runs.join(", "))?;
    if let Some(found) = &summary.language_neurons {
        let each: Vec<String> = summary
            .read
            .iter()
            .zip(&found.of_language)
            .map(|((language, _), neurons)| format!("{language} {}", neurons.len()))
            .collect();
        writeln!(out, "{:<12} {} neurons: {}", "languages", found.chosen.len(), each.join(", "))?;
    }
    Ok(())
}
