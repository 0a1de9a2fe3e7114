//! What both studies need: the run and its model, watching, and where reports go.

use std::fs::{File, OpenOptions};
use std::io::{BufWriter, Write};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use kndb_engine::{Model, Options, device};
use kndb_storage::{Content, Run, RunId, Snapshot, Store};
use kndb_study::engine_model::EngineModel;
use kndb_study::{LanguageModel, Progress as StudyProgress, Report, StudyError, Watch};

use crate::args::StudyArgs;
use crate::error::{CliError, Result};
use crate::interrupt::answer_at;
use crate::job::unknown_parts;
use crate::model;
use crate::progress::Progress;
use crate::terminal::Terminal;

/// What of a run a command reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reads {
    /// Scores or neuron sets.
    Attributions,
    /// Degenerate groups.
    Groups,
}

impl std::fmt::Display for Reads {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Attributions => "scores or neuron sets",
            Self::Groups => "degenerate groups",
        })
    }
}

impl Reads {
    fn content(self) -> Content {
        match self {
            Self::Attributions => Content::Attributions,
            Self::Groups => Content::Groups,
        }
    }

    /// Languages a run has such entries in.
    fn languages(self, snapshot: &Snapshot, run: RunId) -> Vec<String> {
        let languages = snapshot.languages_with(run, self.content()).into_iter();
        let mut languages: Vec<String> =
            languages.map(|language| snapshot.language_name(language).to_owned()).collect();
        languages.sort_unstable();
        languages
    }
}

/// The run of a name, which must have what is read: this can be known before a model is loaded.
pub fn named_run<'s>(snapshot: &'s Snapshot, name: &str, reads: Reads) -> Result<&'s Run> {
    let runs: Vec<&Run> = snapshot.runs_with(reads.content()).collect();
    let known = || runs.iter().map(|run| run.spec.name.clone()).collect();
    let found = runs.iter().copied().find(|run| run.spec.name == name);
    found.ok_or_else(|| CliError::NoSuchRun { run: name.into(), reads, runs: known() })
}

/// The run of a name; without one, the only run of the model that has what is read.
pub fn run_of<'s>(snapshot: &'s Snapshot, model: &Model, name: Option<&str>, reads: Reads) -> Result<&'s Run> {
    let candidates: Vec<&Run> = snapshot.runs_with(reads.content()).collect();
    let names = |runs: &[&Run]| runs.iter().map(|run| run.spec.name.clone()).collect();
    if let Some(name) = name {
        let run = named_run(snapshot, name, reads)?;
        model.must_be_of(run)?;
        return Ok(run);
    }
    // An imported run that does not know its model's weights may be of any model of that shape: it must be named.
    let is_own = |run: &&Run| run.spec.weights_hash.is_some() && model.must_be_of(run).is_ok();
    let own: Vec<&Run> = candidates.iter().copied().filter(is_own).collect();
    match (own.as_slice(), candidates.as_slice()) {
        ([run], _) => Ok(run),
        // The one run there is, which says why it is not the model's.
        ([], [other]) if other.spec.weights_hash.is_some() => {
            model.must_be_of(other).map(|()| *other).map_err(CliError::from)
        }
        (own, _) => Err(CliError::WhichRun { reads, runs: names(own), of_others: candidates.len() - own.len() }),
    }
}

/// A study about to begin.
pub struct Setting {
    pub store: Store,
    pub model: Model,
    pub run: Run,
    pub languages: Vec<String>,
}

impl Setting {
    /// Opens the store, loads the model, finds the run.
    pub fn of(args: &StudyArgs, reads: Reads, terminal: &mut Terminal) -> Result<Self> {
        device(&args.device)?;
        must_differ(&[("--json", args.json.as_deref()), ("--csv", args.csv.as_deref())])?;
        let store = crate::commands::opened(&args.store, terminal)?;
        let snapshot = store.snapshot()?;
        if let Some(run) = &args.run {
            named_run(&snapshot, run, reads)?;
        }
        let mut model = model::load(&args.model, &args.device, terminal)?;
        let run = run_of(&snapshot, &model, args.run.as_deref(), reads)?.clone();
        model.ask_as(&run.spec)?;
        if !run.finished {
            let name = &run.spec.name;
            let note = format!(
                "note: run {name:?} is not finished, so facts may be missing: the command that made it goes on"
            );
            writeln!(terminal.messages, "{note}").map_err(CliError::Output)?;
        }
        if let Some(losses) = snapshot.losses(run.id) {
            writeln!(terminal.messages, "note: {losses}").map_err(CliError::Output)?;
        }
        let languages = match args.langs.is_empty() {
            true => reads.languages(&snapshot, run.id),
            false => args.langs.clone(),
        };
        Ok(Self { store, model, run, languages })
    }

    /// Does the study, with a bar, and writes its report. A signal ends it in order.
    pub fn study<R: Report>(
        &self,
        args: &StudyArgs,
        options: &Options,
        terminal: &mut Terminal,
        study: impl FnOnce(&Store, &dyn LanguageModel, &Watch<'_>) -> Result<R, StudyError>,
    ) -> Result<()> {
        let StudyArgs { json, csv, quiet, threads, device, .. } = args;
        let (json, csv) = (json.as_deref(), csv.as_deref());
        let way = Way { json, csv, quiet: *quiet, threads: *threads, device, work: "claims", keeps: false };
        studied((&self.store, &self.model), options, &way, terminal, study).map(|_| ())
    }
}

/// How a study is done, and where its report goes.
pub struct Way<'a> {
    pub json: Option<&'a Path>,
    pub csv: Option<&'a Path>,
    pub quiet: bool,
    pub threads: Option<NonZeroUsize>,
    pub device: &'a str,
    /// What is finished when it is stopped: claims, facts, edits.
    pub work: &'static str,
    /// Whether what was measured is kept when it is stopped.
    pub keeps: bool,
}

/// Does a study, with a bar, and writes its report, which is returned. A signal ends it in order.
pub fn studied<R: Report>(
    (store, model): (&Store, &Model),
    options: &Options,
    way: &Way<'_>,
    terminal: &mut Terminal,
    study: impl FnOnce(&Store, &dyn LanguageModel, &Watch<'_>) -> Result<R, StudyError>,
) -> Result<R> {
    let model = EngineModel::new(model, options)?;
    for path in way.json.iter().chain(&way.csv) {
        must_be_writable(path)?;
    }
    let stop = Arc::new(AtomicBool::new(false));
    let bar = Progress::of_facts(terminal.messages_to_person && !way.quiet);
    let answer = {
        let bar = bar.clone();
        let kept = if way.keeps { "--csv keeps the others" } else { "a study keeps nothing" };
        let work = way.work;
        move || bar.say(&format!("finishing the {work} in work, then stopping; once more to stop now ({kept})"))
    };
    answer_at(Arc::clone(&stop), answer);
    let progress = |at: StudyProgress| bar.of(at.done as u64, at.total as u64, at.stage.to_string());
    let cores = std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
    // libtorch spreads one fact over the cores by itself.
    let threads = way.threads.unwrap_or(if way.device == "cpu" { cores } else { NonZeroUsize::MIN });
    let watch = Watch { threads, stop: &stop, progress: &progress };
    let done = study(store, &model, &watch);
    bar.clear();
    let report = done?;
    let unknown = unknown_parts(&model.unknown(), ["subject", "template"]);
    // That the run is open was told when it was found.
    let of_report = report.notes().into_iter().filter(|note| !note.contains("is not finished"));
    for note in of_report.chain(unknown) {
        writeln!(terminal.messages, "note: {note}").map_err(CliError::Output)?;
    }
    // The table first: whatever becomes of the files, it is there.
    if !way.quiet {
        report.write_table(&mut terminal.out).map_err(CliError::Output)?;
    }
    if let Some(path) = way.json {
        to_file(path, |out| report.write_json(out))?;
    }
    if let Some(path) = way.csv {
        to_file(path, |out| report.write_csv(out))?;
    }
    Ok(report)
}

/// The options of a preset, for a model.
pub fn engine_options(preset: &str, model: &Model) -> Result<Options> {
    let unknown = || kndb_engine::Error::Option {
        option: "preset",
        given: preset.to_owned(),
        expected: "a preset of the engine's".into(),
    };
    Ok(Options::preset(preset, model).ok_or_else(unknown)?)
}

/// The languages that were named; without one, all that have labels.
pub fn asked_languages(snapshot: &Snapshot, named: &[String]) -> Vec<String> {
    if !named.is_empty() {
        return named.to_vec();
    }
    let labelled = snapshot.label_counts().into_iter().map(|(language, _)| language);
    let mut languages: Vec<String> = labelled.map(|language| snapshot.language_name(language).to_owned()).collect();
    languages.sort_unstable();
    languages
}

/// Refuses options that name the same file, by whatever path: one result would take the place of the other, or of what is read.
pub fn must_differ(files: &[(&'static str, Option<&Path>)]) -> Result<()> {
    let named: Vec<(&'static str, &Path)> = files.iter().filter_map(|&(option, path)| Some((option, path?))).collect();
    for (at, &(other, path)) in named.iter().enumerate() {
        let same = named[..at].iter().find(|(_, before)| resolved(before) == resolved(path));
        if let Some(&(one, _)) = same {
            return Err(CliError::SameFile { one, other, path: path.to_owned() });
        }
    }
    Ok(())
}

/// Behind links; of a file that is not there its folder is.
fn resolved(path: &Path) -> PathBuf {
    let of_folder = || {
        let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        Some(parent.canonicalize().ok()?.join(path.file_name()?))
    };
    // What is in no folder that is there cannot be written, which is said later.
    path.canonicalize().ok().or_else(of_folder).unwrap_or_else(|| path.to_owned())
}

/// Refuses a file that cannot be written, before hours of work; what is in it stays.
pub fn must_be_writable(path: &Path) -> Result<()> {
    let there = path.exists();
    OpenOptions::new().create(true).append(true).open(path).map_err(CliError::file("write", path))?;
    match there {
        true => Ok(()),
        false => std::fs::remove_file(path).map_err(CliError::file("write", path)),
    }
}

fn to_file(path: &Path, write: impl FnOnce(&mut dyn Write) -> std::io::Result<()>) -> Result<()> {
    let written = File::create(path).and_then(|file| {
        let mut out = BufWriter::new(file);
        write(&mut out)?;
        out.flush()
    });
    written.map_err(CliError::file("write", path))
}
