//! `kndb query`: one statement, scripts, or the shell; all of them feed one session.

use std::fs::File;
use std::io::{self, BufReader};
use std::path::Path;

use kndb_query::QueryError;
use kndb_storage::{Options, Store};

use clap::CommandFactory;

use crate::args::{Cli, QueryArgs};
use crate::error::{CliError, Result, StatementText};
use crate::interrupt::end_at;
use crate::session::ahead::Ahead;
use crate::session::parameters::Values;
use crate::session::{Flow, Language, OnError, Session, Streams};
use crate::shell;
use crate::terminal::Terminal;

/// Runs it.
pub fn run(args: QueryArgs, terminal: &mut Terminal) -> Result<()> {
    run_in(Language::Kndb, args, terminal)
}

/// The same in a language: `kndb sql`, too.
pub fn run_in(language: Language, args: QueryArgs, terminal: &mut Terminal) -> Result<()> {
    let mut session = Session::new(opened(&args, terminal)?);
    session.language = language;
    session.color = terminal.color;
    session.read_only = terminal.read_only;
    session.display.terminal = terminal.columns;
    session.parameters = Values::given(&args.parameter);

    for (name, path) in &args.attach {
        session.attach(name, path)?;
    }

    #[cfg(feature = "sql")]
    if language == Language::Sql
        && args.command.iter().chain(&args.statement).any(|text| language.split(text).is_empty())
    {
        let reason = "found a text without a statement, expected one of SQL".to_owned();
        let hint = Some("as in `kndb sql DB \"SELECT * FROM runs\"`".to_owned());
        return Err(kndb_sql::SqlError::Statement { reason, hint }.into());
    }
    let statement = args.statement.clone().filter(|text| text != "-");
    // A script may be empty, a statement that somebody wrote is not meant to be.
    let is_own = language == Language::Kndb;
    for blank in args.command.iter().chain(&statement).filter(|text| is_own && text.trim().is_empty()) {
        let statement = StatementText { origin: "statement".into(), ..StatementText::default() };
        kndb_query::parse(blank).map_err(|error| CliError::Query { error: Box::new(error), statement })?;
    }
    if let Some(word) = statement.as_deref().map(str::trim)
        && is_own
        && is_command(word)
        && kndb_query::parse(word).is_err()
    {
        let store = args.store.display().to_string();
        return Err(CliError::CommandSecond { command: word.to_owned(), store });
    }
    let is_script = !args.command.is_empty() || !args.file.is_empty() || statement.is_some();
    let is_shell = !is_script && terminal.reads_from_person;
    if is_script && is_own {
        check_ahead(&session, &args, statement.as_deref())?;
    }
    begin(&mut session, &args, is_shell, terminal)?;
    set(&mut session, &args)?;
    if is_shell {
        return shell::run(session, &args.store, terminal);
    }
    #[cfg(feature = "parquet")]
    if let Some(path) = &args.output {
        return into_file(&mut session, &args, statement.as_deref(), path, terminal);
    }
    // A statement changes nothing, or all it does at once.
    end_at("interrupted: the answers above are not all");
    let mut streams = Streams { out: &mut terminal.out, messages: &mut terminal.messages };
    if !args.command.is_empty() {
        for text in &args.command {
            if session.script("command", text.as_bytes(), &mut streams)? == Flow::Quit {
                break;
            }
        }
    } else if !args.file.is_empty() {
        for path in &args.file {
            if script_file(&mut session, path, &mut streams)? == Flow::Quit {
                break;
            }
        }
    } else if let Some(statement) = statement {
        session.script("statement", statement.as_bytes(), &mut streams)?;
    } else {
        session.script("standard input", io::stdin().lock(), &mut streams)?;
    }
    match session.errors() {
        0 => session.parameters.check_used().map_err(unused),
        count => Err(CliError::Reported { count }),
    }
}

/// Writes the answer of the one statement into a file.
#[cfg(feature = "parquet")]
fn into_file(
    session: &mut Session,
    args: &QueryArgs,
    statement: Option<&str>,
    path: &Path,
    terminal: &mut Terminal,
) -> Result<()> {
    let text = match (args.command.as_slice(), statement) {
        ([one], None) => one,
        ([], Some(one)) => one,
        _ => return Err(CliError::OneStatement),
    };
    let interrupt = session.interrupt();
    let line = "interrupted: the file is not written";
    crate::interrupt::answer_at(std::sync::Arc::default(), move || {
        interrupt.set();
        crate::interrupt::say(line);
    });
    let place = StatementText { origin: "statement".into(), text: text.to_owned(), ..StatementText::default() };
    session.write_file(text, path, &mut terminal.messages).map_err(|error| match error {
        CliError::Query { error, .. } => CliError::Query { error, statement: place },
        other => other,
    })?;
    session.parameters.check_used().map_err(unused)
}

/// Refuses a value that no statement uses before the first one runs, for it may change the store. Of what is piped it is said at the end.
fn check_ahead(session: &Session, args: &QueryArgs, statement: Option<&str>) -> Result<()> {
    if session.parameters.is_empty() {
        return Ok(());
    }
    let mut ahead = Ahead::default();
    args.init.iter().for_each(|path| ahead.file(path));
    if !args.command.is_empty() {
        args.command.iter().for_each(|text| ahead.script(text.as_bytes()));
    } else if !args.file.is_empty() {
        args.file.iter().for_each(|path| ahead.file(path));
    } else if let Some(statement) = statement {
        ahead.script(statement.as_bytes());
    }
    match ahead.used() {
        Some(used) => session.parameters.check_used_by(&used).map_err(unused),
        None => Ok(()),
    }
}

fn unused(error: QueryError) -> CliError {
    CliError::Query { error: Box::new(error), statement: StatementText::default() }
}

/// Whether a word is one of kndb's commands.
fn is_command(word: &str) -> bool {
    Cli::command().find_subcommand(word).is_some()
}

/// Reads the file that a session begins with: the rc file, only in the shell, or the one that was asked for. Its mistakes are told,
/// and keep nobody from their work.
fn begin(session: &mut Session, args: &QueryArgs, is_shell: bool, terminal: &mut Terminal) -> Result<()> {
    let rc = if is_shell && !args.no_rc { shell::rc_file() } else { None };
    let Some(path) = args.init.clone().or(rc) else { return Ok(()) };
    let on_error = std::mem::replace(&mut session.on_error, OnError::GoOn);
    let mut streams = Streams { out: &mut terminal.out, messages: &mut terminal.messages };
    let read = script_file(session, &path, &mut streams);
    session.on_error = on_error;
    match read {
        // Nobody asked for it.
        Err(error) if args.init.is_none() => error.report(session.color, streams.messages).map_err(CliError::Output),
        read => read.map(drop),
    }
}

/// What the command line says wins over what the rc file set.
fn set(session: &mut Session, args: &QueryArgs) -> Result<()> {
    if let Some(mode) = args.mode {
        session.display.mode = mode;
    }
    session.display.headers &= !args.no_headers;
    session.timer |= args.timer;
    if args.keep_going {
        session.on_error = OnError::GoOn;
    }
    if let Some(run) = &args.run {
        session.set_run(run)?;
    }
    if args.labels.is_some() {
        session.set_labels(args.labels.clone());
    }
    if let Some(bytes) = args.memory {
        session.set_memory(bytes);
    }
    Ok(())
}

/// The store; what stands in its place by mistake is told for what it is.
fn opened(args: &QueryArgs, terminal: &Terminal) -> Result<Store> {
    let options = Options { read_only: terminal.read_only, ..Options::default() };
    let error = match Store::open_with(&args.store, options) {
        Ok(store) => return Ok(store),
        Err(error) => error,
    };
    let statement = args.store.to_string_lossy().into_owned();
    if args.store.exists() || kndb_query::parse(&statement).is_err() {
        return Err(error.into());
    }
    // A folder of that name would have been taken for the store, so this can only be meant as a statement.
    let store = args.statement.clone().filter(|path| Store::open(path).is_ok());
    Err(CliError::StatementFirst { statement, store })
}

fn script_file(session: &mut Session, path: &Path, streams: &mut Streams<'_>) -> Result<Flow> {
    if path == Path::new("-") {
        return session.script("standard input", io::stdin().lock(), streams);
    }
    let file = File::open(path).map_err(CliError::file("read", path))?;
    let origin = path.display().to_string();
    session.script(&origin, BufReader::new(file), streams)
}
