//! `kndb import`: files with scores, neuron sets or groups into a run.

use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use kndb_import::{ImportJob, Options, Summary, expand, import};
use kndb_storage::{OnConflict, RunSpec, Shape, Store};

use crate::args::{ImportArgs, SpecArgs};
use crate::commands::store_to_fill;
use crate::error::{CliError, Result};
use crate::interrupt::{Signals, end_unless};
use crate::overview::{RunOverview, readable_bytes};
use crate::progress::Progress;
use crate::terminal::Terminal;

/// Runs it.
pub fn run(args: ImportArgs, terminal: &mut Terminal) -> Result<()> {
    let stored = match args.store.exists() {
        true => Store::open(&args.store)?.snapshot()?.run_named(&args.run).map(|run| run.spec.clone()),
        false => None,
    };
    let is_new = stored.is_none();
    let spec = describe(&args.run, args.spec, stored)?;
    let inputs = expand(&args.files)?;
    // Only now: a mistyped option makes no store.
    let store = store_to_fill(&args.store, terminal)?;
    let job = ImportJob {
        options: Options {
            format: args.format,
            language: args.lang,
            prompt: args.prompt,
            ids: args.ids,
            ig: args.ig,
            ..Options::new(spec.shape)
        },
        run: spec,
        on_conflict: match args.replace {
            true => OnConflict::Replace,
            false => OnConflict::Refuse,
        },
    };
    let total = inputs.iter().map(|input| input.size).sum();
    let bar = Progress::new(total, terminal.messages_to_person && !args.quiet);
    // Batches are durable one by one; only the end, when they are put in order, is not to be cut off.
    let finishing = Arc::new(AtomicBool::new(false));
    let end = "interrupted: what was stored by now stays; the same command goes on from there";
    let finish = "all is read; finishing, which takes seconds; once more to stop now";
    end_unless(Arc::clone(&finishing), Signals::Every, end, finish);
    let done = import(&store, &inputs, &job, &mut |progress| {
        finishing.store(progress.bytes_read >= progress.bytes_total, Ordering::Relaxed);
        let name = progress.file.file_name().unwrap_or_default().to_string_lossy();
        let place = format!("{name}, {} of {}", progress.file_index + 1, progress.files);
        bar.at(progress.bytes_read, &place);
    });
    bar.clear();
    match done {
        Ok(_) if args.quiet => Ok(()),
        Ok(summary) => write_summary(&summary, &job.run.name, &mut terminal.out).map_err(CliError::Output),
        Err(error) => {
            if is_new {
                // Else a mistyped shape would stay, and the corrected command be refused for it.
                drop_if_empty(&store, &job.run.name)?;
            }
            Err(error.into())
        }
    }
}

/// What the run is to be: as stored or as by default, with what the options say.
fn describe(run: &str, given: SpecArgs, stored: Option<RunSpec>) -> Result<RunSpec> {
    let shape = match (given.layers, given.width, &stored) {
        (None, None, Some(stored)) => stored.shape,
        (layers, width, stored) => {
            let (layers, width) = match stored {
                Some(stored) => (layers.unwrap_or(stored.shape.layers), width.unwrap_or(stored.shape.width)),
                None => (layers.unwrap_or(0), width.unwrap_or(0)),
            };
            let missing = [
                ("--model", given.model.is_none() && stored.is_none()),
                ("--layers", given.layers.is_none() && stored.is_none()),
                ("--width", given.width.is_none() && stored.is_none()),
            ];
            must_be_given(run, &missing)?;
            Shape::new(layers, width).ok_or(CliError::Shape { layers, width })?
        }
    };
    let mut spec = stored.unwrap_or_else(|| RunSpec::new(run, "", shape));
    spec.shape = shape;
    if let Some(model) = given.model {
        spec.model = model;
    }
    if let Some(method) = given.method {
        spec.method = method;
    }
    if !given.parameters.is_empty() {
        let parameters = given.parameters.into_iter();
        spec.parameters = parameters.map(|it| (it.key, it.value)).collect();
    }
    if let Some(preset) = given.preset {
        preset.apply(&mut spec);
    }
    for tau in given.tau {
        tau.apply(&mut spec.tau, &mut spec.language_taus);
    }
    spec.prompt_share = given.prompt_share.unwrap_or(spec.prompt_share);
    spec.keep = given.keep.unwrap_or(spec.keep);
    spec.score_type = given.score_type.unwrap_or(spec.score_type);
    Ok(spec)
}

fn must_be_given(run: &str, options: &[(&str, bool)]) -> Result<()> {
    let missing = options.iter().filter(|(_, missing)| *missing);
    let missing: Vec<&str> = missing.map(|(option, _)| *option).collect();
    let missing = match &missing[..] {
        [] => return Ok(()),
        [one] => format!("{one} is"),
        [first @ .., last] => format!("{} and {last} are", first.join(", ")),
    };
    Err(CliError::RunNeeds { run: run.to_owned(), missing })
}

fn drop_if_empty(store: &Store, run: &str) -> Result<()> {
    let runs = RunOverview::all(&*store.snapshot()?);
    let empty = |it: &RunOverview| it.run.spec.name == run && it.entries == 0 && it.groups == 0;
    if runs.iter().any(empty) {
        store.drop_run(run)?;
    }
    Ok(())
}

fn write_summary(summary: &Summary, run: &str, out: &mut dyn Write) -> io::Result<()> {
    let mut line = |name: &str, value: String| writeln!(out, "{name:<12} {value}");
    line("run", run.to_owned())?;
    line("files", summary.files.to_string())?;
    line(
        "facts",
        match summary.unknown {
            0 => summary.facts.to_string(),
            unknown => format!("{}, {unknown} of them without labels in the store", summary.facts),
        },
    )?;
    let mut entries = format!("{} new", summary.new);
    if summary.replaced > 0 {
        entries += &format!(", {} replaced", summary.replaced);
    }
    if summary.resumed > 0 {
        entries += &format!(", {} there from an interrupted import", summary.resumed);
    }
    line("entries", entries)?;
    for (name, count) in [
        ("pairs", summary.pairs),
        ("scores", summary.scores),
        ("groups", summary.groups),
        ("duplicates", summary.duplicates),
    ] {
        if count > 0 {
            line(name, count.to_string())?;
        }
    }
    line(
        "read",
        format!(
            "{} in {:.2} s, {:.1} MB/s",
            readable_bytes(summary.bytes),
            summary.seconds,
            summary.megabytes_per_second()
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::{Cli, Command};
    use clap::Parser;

    fn described(options: &str, stored: Option<RunSpec>) -> Result<RunSpec> {
        let line = format!("kndb import db file --run r {options}");
        match Cli::try_parse_from(line.split_whitespace()).expect("a valid line").command {
            Command::Import(args) => describe("r", args.spec, stored),
            other => panic!("parsed as {other:?}"),
        }
    }

    #[test]
    fn a_new_run_needs_a_model_and_its_shape() {
        let told = described("--layers 12", None).expect_err("incomplete").to_string();
        assert_eq!(told, "run \"r\" is not in the store, and --model and --width are not given");
        assert!(described("--model m --layers 0 --width 8", None).is_err());
        let spec = described("--model m --layers 12 --width 8", None).expect("complete");
        assert_eq!((spec.model.as_str(), spec.shape.layers, spec.tau), ("m", 12, 0.3));
    }

    #[test]
    fn thresholds_given_win_over_the_preset_s() {
        let options = "--model m --layers 2 --width 8 --preset amig --tau fr=0.25 --tau zh=0.1";
        let spec = described(options, None).expect("complete");
        assert_eq!(spec.preset.as_deref(), Some("amig"));
        assert_eq!(spec.tau, 0.3);
        assert_eq!(spec.language_taus, [("fr".to_owned(), 0.25), ("zh".to_owned(), 0.1)]);
    }

    #[test]
    fn a_run_that_is_there_is_taken_as_it_is() {
        let shape = Shape::new(2, 8).expect("a shape");
        let stored = RunSpec { tau: 0.25, ..RunSpec::new("r", "m", shape) };
        let spec = described("", Some(stored.clone())).expect("complete");
        assert_eq!(spec, stored);
        let spec = described("--width 9", Some(stored)).expect("complete");
        assert_eq!(spec.shape.width, 9, "the store refuses it, by name");
    }
}
