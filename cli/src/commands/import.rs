//! `kndb import`: files with scores, neuron sets or groups into a run.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use kndb_import::{Expanded, ImportJob, Options, Summary, expand_all, import};
use kndb_storage::{Keep, OnConflict, RunSpec, Shape, Store};

use crate::args::{ImportArgs, SpecArgs};
use crate::commands::store_to_fill;
use crate::error::{CliError, Result, in_a_line};
use crate::interrupt::end_unless;
use crate::overview::readable_bytes;
use crate::progress::Progress;
use crate::terminal::Terminal;

/// Runs it.
pub fn run(args: ImportArgs, terminal: &mut Terminal) -> Result<()> {
    #[cfg(feature = "parquet")]
    if super::bring_back::is_meant(&args)? {
        return super::bring_back::run(&args, terminal);
    }
    let run = args.run.clone().ok_or(CliError::NoRunNamed)?;
    let stored = if args.store.exists() {
        super::opened(&args.store, terminal)?.snapshot()?.run_named(&run).map(|run| run.spec.clone())
    } else {
        None
    };
    let with_tau: Vec<String> = args.spec.tau.iter().filter_map(|tau| tau.language.clone()).collect();
    let spec = describe(&run, args.spec, stored)?;
    let Expanded { inputs, mut passed_over } = expand_all(&args.files)?;
    let is_new = !args.store.exists();
    // Only now: a mistyped option makes no store.
    let store = store_to_fill(&args.store, terminal)?;
    let job = ImportJob {
        options: Options {
            format: args.format,
            language: args.lang,
            prompt: args.prompt,
            ids: args.ids,
            ig: args.ig,
            ignore: args.ignore,
            skip_invalid: args.skip_invalid,
            ..Options::new(spec.shape)
        },
        run: spec,
        on_conflict: match (args.replace, args.skip_existing) {
            (true, _) => OnConflict::Replace,
            (false, true) => OnConflict::Skip,
            (false, false) => OnConflict::Refuse,
        },
    };
    let total = inputs.iter().map(|input| input.size).sum();
    let bar = Progress::new(total, terminal.messages_to_person && !args.quiet);
    // Batches are durable one by one; only the end, when they are put in order, is not to be cut off.
    let finishing = Arc::new(AtomicBool::new(false));
    let end = "interrupted: what was stored by now stays; the same command goes on from there";
    let finish = "all is read; finishing, which takes seconds; once more to stop now";
    end_unless(Arc::clone(&finishing), end, finish);
    let done = import(&store, &inputs, &job, &mut |progress| {
        finishing.store(progress.bytes_read >= progress.bytes_total, Ordering::Relaxed);
        let name = progress.file.file_name().unwrap_or_default().to_string_lossy();
        let place = format!("{name}, {} of {}", progress.file_index + 1, progress.files);
        bar.at(progress.bytes_read, &place);
    });
    bar.clear();
    let summary = match done {
        Err(error) if is_new => {
            remove_if_empty(store, &args.store);
            return Err(error.into());
        }
        done => done?,
    };
    passed_over.extend(summary.without_entries.iter().map(|path| (path.clone(), "no entries in it")));
    if args.quiet {
        return Ok(());
    }
    write_summary(&summary, &passed_over, &job.run, &with_tau, &mut terminal.out).map_err(CliError::Output)
}

/// Takes a store away that this command made and in which nothing is: the same files would meet no store, either.
fn remove_if_empty(store: Store, path: &Path) {
    // Other commands register runs and facts before they do anything, so that a store in use is not empty.
    let is_empty = store
        .refresh()
        .is_ok_and(|now| now.runs().next().is_none() && now.relations().next().is_none() && now.fact_count() == 0);
    drop(store);
    if is_empty {
        // What went wrong first is what to tell.
        let _ = std::fs::remove_dir_all(path);
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
    if let Some(share) = given.prompt_share {
        (spec.prompt_share, spec.prompt_share_strict) = (share, false);
    }
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

/// Lists of ids that are shown.
const LISTS: usize = 5;
/// Columns, fields and folders that are shown of those that were not used.
const NOT_USED: usize = 20;

/// What was done, and what was understood of the files: a line for each thing that a file can say.
fn write_summary(
    summary: &Summary,
    passed_over: &[(PathBuf, &str)],
    run: &RunSpec,
    with_tau: &[String],
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut lines = vec![("run", run.name.clone()), ("files", summary.files.to_string()), ("facts", facts(summary))];
    let lists: Vec<_> = summary.ids.iter().map(|list| list.display().to_string()).collect();
    if !lists.is_empty() {
        lines.push(("ids", format!("from {}", listed(&lists, LISTS))));
    }
    lines.push(("entries", entries(summary)));
    lines.push(("language", languages(summary)));
    lines.push(("prompt", numbers(&summary.prompts)));
    lines.push(("holds", holds(summary)));
    let floor = summary
        .floors
        .map(|(least, most)| if least == most { format!("{least}") } else { format!("{least} to {most}") });
    lines.extend(floor.map(|floor| ("floor", format!("{floor}: lower scores are not known"))));
    if summary.scored > 0 {
        lines.push(("kept", kept(summary, run)));
        lines.push(("threshold", thresholds(run)));
    }
    if summary.measured > 0 {
        lines.push(("measured", format!("p, answers, ranks or tokens of {} entries", summary.measured)));
    }
    let idle: Vec<_> = with_tau.iter().filter(|language| !summary.languages.contains_key(*language)).cloned().collect();
    if !idle.is_empty() {
        let given: Vec<_> = summary.languages.keys().cloned().collect();
        let (idle, given) = (idle.join(", "), listed(&given, 8));
        lines.push(("note", format!("--tau {idle}: no entry of these files is in it; they are in {given}")));
    }
    if summary.lone_scores > 0 {
        let entries = match summary.lone_scores {
            1 => "1 entry has one score only: its".to_owned(),
            count => format!("{count} entries have one score only: their"),
        };
        lines.push(("note", format!("{entries} maximum is unknown, so no share of it can be asked")));
    }
    if summary.relations > 0 {
        lines.push(("relation", format!("as in the store, {} facts", summary.relations)));
    }
    if summary.duplicates > 0 {
        lines.push(("duplicates", summary.duplicates.to_string()));
    }
    for (reason, count) in &summary.invalid {
        lines.push(("not taken", format!("{count}: {reason}")));
    }
    let mut not_used: Vec<String> = summary.not_used.iter().cloned().collect();
    if not_used.len() > NOT_USED {
        let more = not_used.len() - NOT_USED;
        not_used.truncate(NOT_USED);
        not_used.push(format!("{more} more"));
    }
    if summary.relations_not_used > 0 {
        not_used.push(format!("the relation of {} facts that the store knows none of", summary.relations_not_used));
    }
    if !not_used.is_empty() {
        lines.push(("not used", not_used.join(", ")));
    }
    lines.extend(not_read(passed_over).map(|text| ("not read", text)));
    let (bytes, speed) = (readable_bytes(summary.bytes), summary.megabytes_per_second());
    lines.push(("read", format!("{bytes} in {:.2} s, {speed:.1} MB/s", summary.seconds)));
    lines.into_iter().try_for_each(|(name, value)| writeln!(out, "{name:<12} {}", in_a_line(&value)))
}

fn facts(summary: &Summary) -> String {
    match summary.unknown {
        0 => summary.facts.to_string(),
        unknown => format!("{}, {unknown} of them without labels in the store", summary.facts),
    }
}

fn entries(summary: &Summary) -> String {
    let others = [
        (summary.replaced, "replaced"),
        (summary.resumed, "there from an interrupted import"),
        (summary.skipped, "in the run already, passed over"),
    ];
    let others = others.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!(", {count} {what}"));
    format!("{} new{}", summary.new, others.collect::<String>())
}

/// `en 12, zh 12`, and whether the files say so.
fn languages(summary: &Summary) -> String {
    let all: Vec<_> = summary.languages.iter().map(|(code, count)| format!("{code} {count}")).collect();
    let all = all.join(", ");
    match summary.default_language {
        0 => format!("{all} ({})", said_by(&summary.language_by)),
        some if some == summary.entries => format!("{all} (default; nothing in the files says one)"),
        some => format!("{all} ({}; of {some} entries nothing says it: default)", said_by(&summary.language_by)),
    }
}

/// `by column `lang``; where languages are said by different things, which by what.
fn said_by(languages: &BTreeMap<String, BTreeSet<String>>) -> String {
    const SHOWN: usize = 8;
    let words = |by: &BTreeSet<String>| {
        let each: Vec<_> = by.iter().map(|by| by.replace("the option for the language", "--lang")).collect();
        listed(&each, 3)
    };
    let mut different: Vec<_> = languages.values().collect();
    different.dedup();
    if let [all] = different[..] {
        return format!("by {}", words(all));
    }
    let each: Vec<_> = languages.iter().map(|(code, by)| format!("{code} by {}", words(by))).collect();
    listed(&each, SHOWN)
}

/// The first so many, and how many more there are.
fn listed(all: &[String], most: usize) -> String {
    let more = all.len().saturating_sub(most);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("{}{more}", all[..all.len().min(most)].join(", "))
}

/// `0`, `0 to 3`, `0, 2, 5`; of many the first and the last.
fn numbers(prompts: &BTreeSet<u16>) -> String {
    let (Some(first), Some(last)) = (prompts.first(), prompts.last()) else {
        return "none".to_owned();
    };
    let span = usize::from(last - first) + 1;
    match prompts.len() {
        1 => first.to_string(),
        count if count == span => format!("{first} to {last}"),
        count if count > 8 => format!("{count} of {first} to {last}"),
        _ => prompts.iter().map(u16::to_string).collect::<Vec<_>>().join(", "),
    }
}

/// What the entries hold.
fn holds(summary: &Summary) -> String {
    let parts = [
        (summary.scored, format!("scores of {} entries ({} scores)", summary.scored, summary.scores)),
        (summary.sets, format!("neuron sets of {} entries ({} neurons)", summary.sets, summary.pairs)),
        (summary.groups, format!("{} degenerate groups", summary.groups)),
    ];
    let parts: Vec<_> = parts.into_iter().filter(|(count, _)| *count > 0).map(|(_, text)| text).collect();
    if parts.is_empty() { "nothing".to_owned() } else { parts.join(", ") }
}

/// What the run keeps of the scores.
fn kept(summary: &Summary, run: &RunSpec) -> String {
    let nothing = if matches!(run.keep, Keep::Share(_)) { summary.without_positive } else { 0 };
    match nothing {
        0 => run.keep.to_string(),
        all if all == summary.scored => format!("nothing is kept of {all} entries: all their scores are 0 or less"),
        some => format!("{}; nothing is kept of {some} entries: all their scores are 0 or less", run.keep),
    }
}

/// `τ 0.3, zh 0.2`
fn thresholds(run: &RunSpec) -> String {
    let languages = run.language_taus.iter().map(|(language, tau)| format!(", {language} {tau}"));
    format!("τ {}{}", run.tau, languages.collect::<String>())
}

/// What lies in the folders and was not read, by reason: the first names of each.
fn not_read(passed_over: &[(PathBuf, &str)]) -> impl Iterator<Item = String> {
    const SHOWN: usize = 5;
    let mut by_reason: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for (path, why) in passed_over {
        by_reason.entry(why).or_default().push(path.display().to_string());
    }
    by_reason.into_iter().map(|(why, paths)| format!("{} ({why})", listed(&paths, SHOWN)))
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
    fn a_summary_names_the_lists_of_ids_and_thresholds_without_entries() {
        let summary = Summary {
            entries: 2,
            languages: [("en".to_owned(), 2)].into(),
            ids: [PathBuf::from("a.npy.ids.txt")].into(),
            ..Summary::default()
        };
        let spec = described("--model m --layers 2 --width 8 --tau zh_CN=0.2 --tau en=0.3", None).expect("complete");
        let mut out = Vec::new();
        let with_tau = ["zh-CN".to_owned(), "en".to_owned()];
        write_summary(&summary, &[], &spec, &with_tau, &mut out).expect("written");
        let out = String::from_utf8(out).expect("text");
        assert!(out.contains("\nids          from a.npy.ids.txt\n"), "{out}");
        assert!(
            out.contains("\nnote         --tau zh-CN: no entry of these files is in it; they are in en\n"),
            "{out}"
        );
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
