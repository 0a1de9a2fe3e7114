//! `kndb edit-bench`: ways to edit facts against each other on the same facts.

mod figure;
mod kept;
mod requests;

use std::io::Write;
use std::path::Path;

use kndb_engine::{Model, Options, device};
use kndb_plot::{Bars, Look};
use kndb_storage::{RunSpec, Snapshot};
use kndb_study::editbench::{BenchOptions, Editor, Kept, Requests, Subject, bench};
use kndb_study::engine_model::EngineEditor;

use self::kept::KeptRows;
use super::edit::method::{built, by_neurons, check_numbers, name, statistics, told};
use super::plot::picture::{self, Picture};
use crate::args::{EditBenchArgs, EditMethod};
use crate::error::{CliError, Result};
use crate::model;
use crate::progress::Progress;
use crate::relations;
use crate::study::{Reads, Way, asked_languages, engine_options, must_be_writable, must_differ, run_of, studied};
use crate::terminal::Terminal;

/// Runs it.
pub fn run(args: EditBenchArgs, terminal: &mut Terminal) -> Result<()> {
    // Everything that can be wrong without the model is found before it is loaded.
    let mut methods = args.taking_part();
    must_apply(&args, &methods)?;
    device(&args.worked.device)?;
    let pictures = args.figure.iter().map(|path| Picture::named(path)).collect::<Result<Vec<_>>>()?;
    must_differ(&files(&args))?;
    let requests = args.requests.as_deref().map(|path| requests::read(path, &args)).transpose()?;
    let store = super::opened(&args.store, terminal)?;
    let snapshot = store.snapshot()?;
    if requests.is_none() && snapshot.label_counts().is_empty() {
        return Err(CliError::NoFacts { path: args.store });
    }
    let mut options = options(&args, requests, &snapshot)?;
    options.check_edits()?;
    if args.lang.as_ref().is_some_and(|lang| !args.facts.langs.is_empty() && !args.facts.langs.contains(lang)) {
        let note = format!("note: facts are edited in {}, and asked in it, too", options.edit_language());
        writeln!(terminal.messages, "{note}").map_err(CliError::Output)?;
    }
    let rows = args.csv.as_deref().map(|path| KeptRows::read(path, options.columns())).transpose()?;
    let mut model = model::load(&args.model, &args.worked.device, terminal)?;
    if let Some(run) = run_edited(&args, &snapshot, &model, &mut methods, terminal)? {
        if args.facts.bos && !kndb_engine::model::is_asked_with_bos(&run) {
            let method = format!("neurons of run {:?}, which was made without it", run.name);
            return Err(CliError::NotForMethod { option: "--bos", method });
        }
        model.ask_as(&run)?;
        options.run = Some(run.name);
    } else if args.facts.bos {
        model.ask_with_bos()?;
    }
    if options.requests.is_some() && !model.is_causal() {
        let note = "note: prompts of --requests end where their objects stand: a masked model is asked with its masks at the end, without a full stop behind";
        writeln!(terminal.messages, "{note}").map_err(CliError::Output)?;
    }
    // A snapshot keeps the files it reads.
    drop(snapshot);
    // Edited networks are asked, and not attributed.
    let unused = engine_options("amig", &model)?;
    let editors = editors(&args, &methods, (&model, &unused), terminal)?;
    if !pictures.is_empty() && editors.len() > Bars::MOST_SERIES {
        let method = format!("{} methods: at most {} have colours of their own", editors.len(), Bars::MOST_SERIES);
        return Err(CliError::NotForMethod { option: "--figure", method });
    }
    let editors: Vec<&dyn Editor> = editors.iter().map(|editor| editor as &dyn Editor).collect();
    for path in args.figure.iter() {
        must_be_writable(path)?;
    }
    let way = Way {
        json: args.json.as_deref(),
        csv: None,
        quiet: args.worked.quiet,
        threads: args.worked.threads,
        device: &args.worked.device,
        work: "edits",
        keeps: rows.is_some(),
    };
    let known = rows.as_ref().map(KeptRows::rows).unwrap_or_default();
    let place = rows.as_ref().map(KeptRows::place).unwrap_or_default();
    // Another device's last bits may be others.
    let identity = format!("{} {}", model.identity(), args.worked.device);
    let report = studied((&store, &model), &unused, &way, terminal, |store, asked, watch| {
        let subject = Subject { model: asked, name: model.name(), identity: &identity };
        let keep = |measured: &[_]| rows.as_ref().map_or(Ok(()), |rows| rows.append(measured));
        bench(store, subject, &editors, &options, Kept { place: &place, known, keep: &keep }, watch)
    })?;
    if let Some(rows) = rows {
        rows.finish(&report)?;
    }
    if let Some(letters) = picture::write(&pictures, &figure::of(&report), &Look::default())? {
        writeln!(terminal.messages, "note: {letters}").map_err(CliError::Output)?;
    }
    Ok(())
}

/// What is written, and what is read.
fn files(args: &EditBenchArgs) -> [(&'static str, Option<&Path>); 7] {
    let weights = &args.weights;
    [
        ("--json", args.json.as_deref()),
        ("--csv", args.csv.as_deref()),
        ("--figure", args.figure.as_deref()),
        ("--statistics", weights.statistics.as_deref()),
        ("--requests", args.requests.as_deref()),
        ("--corpus", weights.corpus.as_deref()),
        ("--contexts", weights.contexts.as_deref()),
    ]
}

/// Refuses what no method that takes part goes by.
fn must_apply(args: &EditBenchArgs, methods: &[EditMethod]) -> Result<()> {
    check_numbers(methods, &args.values, &args.weights)?;
    if args.run.is_some() && !methods.iter().any(|&method| by_neurons(method)) {
        let names: Vec<String> = methods.iter().map(|&method| name(method)).collect();
        return Err(CliError::NotForMethod { option: "--run", method: told(&names) });
    }
    Ok(())
}

fn options(args: &EditBenchArgs, requests: Option<Requests>, snapshot: &Snapshot) -> Result<BenchOptions> {
    let mut languages = match requests {
        Some(_) => args.facts.langs.clone(),
        None => asked_languages(snapshot, &args.facts.langs),
    };
    // The first is the one that facts are edited in.
    if let Some(lang) = &args.lang {
        languages.retain(|language| language != lang);
        languages.insert(0, lang.clone());
    }
    let mut options = BenchOptions::new(languages);
    options.relations = match requests {
        // They may be of no fact of the store.
        Some(_) => args.facts.relations.clone(),
        None => relations::ids(snapshot, &args.facts.relations)?,
    };
    options.neighbours = match requests {
        Some(_) => args.neighbours,
        None => Some(args.neighbours.unwrap_or(BenchOptions::USUAL_NEIGHBOURS)),
    };
    options.requests = requests;
    options.limit = args.limit();
    options.answered = args.facts.answered;
    options.matching_tokens = args.matching_tokens;
    options.edits.clone_from(&args.edits);
    options.prompt = args.facts.prompt;
    options.seed = args.weights.seed.unwrap_or(0);
    options.bootstrap.draws = args.draws;
    Ok(options)
}

/// The run whose neurons are edited. Where there is none, of the usual methods those that go by neurons are left out, which is said; named ones
/// are refused.
fn run_edited(
    args: &EditBenchArgs,
    snapshot: &Snapshot,
    model: &Model,
    methods: &mut Vec<EditMethod>,
    terminal: &mut Terminal,
) -> Result<Option<RunSpec>> {
    let names: Vec<String> = methods.iter().filter(|&&method| by_neurons(method)).map(|&method| name(method)).collect();
    if names.is_empty() {
        return Ok(None);
    }
    match run_of(snapshot, model, args.run.as_deref(), Reads::Attributions) {
        Ok(run) => Ok(Some(run.spec.clone())),
        Err(error) if args.methods.is_empty() && args.run.is_none() => {
            methods.retain(|&method| !by_neurons(method));
            let note = format!("note: {} take no part: {error}", names.join(", "));
            writeln!(terminal.messages, "{note}").map_err(CliError::Output)?;
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

/// Those that take part. Of the usual ones, what has no meaning for the model is left out, which is said; named, it is refused.
fn editors<'m>(
    args: &EditBenchArgs,
    methods: &[EditMethod],
    (model, options): (&'m Model, &'m Options),
    terminal: &mut Terminal,
) -> Result<Vec<EngineEditor<'m>>> {
    let bar = Progress::of_tokens(terminal.messages_to_person && !args.worked.quiet);
    let progress = &mut |done, all| bar.of(done, all, "reading the text".into());
    let keys = statistics(methods, &args.weights, model, progress);
    bar.clear();
    let keys = keys?;
    let mut notes = keys.notes.clone();
    let mut editors = Vec::with_capacity(methods.len());
    for &method in methods {
        match built(method, (&args.values, &args.weights), model, &keys) {
            Ok(built) => {
                notes.extend(built.notes.into_iter().filter(|note| !keys.notes.contains(note)));
                editors.push(EngineEditor {
                    name: name(method),
                    model,
                    method: built.method,
                    contexts: built.contexts,
                    essence: built.essence,
                    numbers: built.numbers,
                    options,
                });
            }
            Err(error) if args.methods.is_empty() => notes.push(format!("{} takes no part: {error}", name(method))),
            Err(error) => return Err(error),
        }
    }
    notes.dedup();
    for note in notes {
        writeln!(terminal.messages, "note: {note}").map_err(CliError::Output)?;
    }
    Ok(editors)
}
