//! `kndb import` of a folder that `kndb export` wrote: a store again.

use std::io::Write;
use std::path::Path;
use std::sync::atomic::Ordering;

use kndb_export::{bring_back, is_export};

use super::export::stop_at_signal;
use crate::args::ImportArgs;
use crate::error::{CliError, Result, in_a_line};
use crate::overview::readable_bytes;
use crate::progress::Progress;
use crate::terminal::Terminal;

/// Whether what is given is an export.
///
/// # Errors
/// When it is one, and something else is given that means nothing to it.
pub fn is_meant(args: &ImportArgs) -> Result<bool> {
    let Some(path) = args.files.iter().map(Path::new).find(|path| is_export(path)) else { return Ok(false) };
    let spec = &args.spec;
    let others = [
        ("another file", args.files.len() > 1),
        ("--run", args.run.is_some()),
        ("--format", args.format.is_some()),
        ("--lang", args.lang.is_some()),
        ("--prompt", args.prompt.is_some()),
        ("--ids", args.ids.is_some()),
        ("--ignore", !args.ignore.is_empty()),
        ("--skip-invalid", args.skip_invalid),
        ("--replace", args.replace),
        ("--skip-existing", args.skip_existing),
        ("--model", spec.model.is_some()),
        ("--layers", spec.layers.is_some()),
        ("--width", spec.width.is_some()),
        ("--method", spec.method.is_some()),
        ("--param", !spec.parameters.is_empty()),
        ("--preset", spec.preset.is_some()),
        ("--tau", !spec.tau.is_empty()),
        ("--prompt-share", spec.prompt_share.is_some()),
        ("--keep", spec.keep.is_some()),
        ("--score-type", spec.score_type.is_some()),
    ];
    match others.iter().find(|(_, given)| *given) {
        Some((option, _)) => Err(CliError::NotForExport { option, path: path.to_owned() }),
        None => Ok(true),
    }
}

/// Runs it.
pub fn run(args: &ImportArgs, terminal: &mut Terminal) -> Result<()> {
    super::must_be_writable(&args.store, terminal)?;
    let folder = Path::new(&args.files[0]);
    let bar = Progress::of_entries(terminal.messages_to_person && !args.quiet);
    let stop = stop_at_signal("interrupted: removing the store that was being made; once more to leave it");
    let done = bring_back(folder, &args.store, &mut |at| bar.of(at.entries, at.entries_total, String::new()), &|| {
        stop.load(Ordering::Relaxed)
    });
    bar.clear();
    let done = done?;
    for note in &done.notes {
        writeln!(terminal.messages, "note: {}", in_a_line(note)).map_err(CliError::Output)?;
    }
    if args.quiet {
        return Ok(());
    }
    writeln!(
        terminal.out,
        "facts: {}\nruns: {}\nentries: {}\nsaved sets: {}\nread: {}",
        done.facts,
        done.runs,
        done.entries,
        done.saved_sets,
        readable_bytes(done.bytes)
    )
    .map_err(CliError::Output)
}
