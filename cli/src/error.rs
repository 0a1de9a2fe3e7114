//! What goes wrong at the command line: the only place that adds hints and exit codes.
//!
//! Libraries say what was found and what was expected; here it is said what to do about it.

mod bug;
mod code;
#[cfg(feature = "parquet")]
mod export;
mod from;
mod hints;
mod names;
mod shown;

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use kndb_query::QueryError;

pub use bug::install_panic_hook;
pub use code::BUG;
pub use kndb_carets::StatementText;
pub use names::NameError;
pub use shown::in_a_line;

#[cfg(feature = "attribute")]
use crate::study::Reads;

/// Result of a command.
pub type Result<T, E = CliError> = std::result::Result<T, E>;

/// Everything that ends a command, or a line of the shell, with a message.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CliError {
    /// A statement could not be read or carried out.
    #[error("{error}")]
    Query {
        /// What the query library says.
        error: Box<QueryError>,
        /// The text its spans point into.
        statement: StatementText,
    },
    /// The store refused.
    #[error(transparent)]
    Store(#[from] kndb_storage::Error),
    /// Files could not be imported.
    #[error(transparent)]
    Import(#[from] kndb_import::ImportError),
    /// A store could not be exported, or an export not brought back.
    #[cfg(feature = "parquet")]
    #[error(transparent)]
    Export(kndb_export::ExportError),
    /// An SQL statement could not be answered.
    #[cfg(feature = "sql")]
    #[error(transparent)]
    Sql(kndb_sql::SqlError),
    /// Stores cannot be shown.
    #[cfg(feature = "explorer")]
    #[error("{0}")]
    Serve(String),
    /// Nobody can listen at an address.
    #[cfg(feature = "explorer")]
    #[error("{host}, port {port}, cannot be listened at: {source}")]
    Listen {
        /// Address or name.
        host: String,
        /// Port.
        port: u16,
        /// Why.
        source: io::Error,
    },
    /// A row of facts cannot be used.
    #[error(transparent)]
    InvalidRow(kndb_import::ImportError),
    /// Files are readable each, but not together or not into this run.
    #[error(transparent)]
    ImportRun(kndb_import::ImportRunError),
    /// Facts could not be attributed.
    #[cfg(feature = "attribute")]
    #[error(transparent)]
    Engine(kndb_engine::Error),
    /// An option that means nothing to the method that was chosen.
    #[cfg(feature = "attribute")]
    #[error("{option} means nothing to {method}")]
    NotForMethod {
        /// The option.
        option: &'static str,
        /// The method or protocol, as a phrase: "the method activation".
        method: String,
    },
    /// A store without facts that a model could be asked about.
    #[cfg(feature = "attribute")]
    #[error("{path} has no labels of facts, so there is nothing to ask a model", path = path.display())]
    NoFacts {
        /// The store.
        path: PathBuf,
    },
    /// No run was named, and it is not clear which is meant.
    #[cfg(feature = "attribute")]
    #[error("{}", which_run(*reads, runs, *of_others))]
    WhichRun {
        /// What is read of it.
        reads: Reads,
        /// The model's runs that have it.
        runs: Vec<String>,
        /// How many runs of other models have it.
        of_others: usize,
    },
    /// A run that is not there, or has nothing of what is read.
    #[cfg(feature = "attribute")]
    #[error("there is no run {run:?} with {reads}; the store has {}", listed(runs))]
    NoSuchRun {
        /// As given.
        run: String,
        /// What is read of it.
        reads: Reads,
        /// The runs that have it.
        runs: Vec<String>,
    },
    /// A run whose way of scoring has no name, where more is to be scored.
    #[cfg(feature = "attribute")]
    #[error(
        "the scores behind run {run:?} are of no named preset, or not there any more, so it is not known how to score statements alike"
    )]
    WhichScores {
        /// The run of degenerate groups.
        run: String,
    },
    /// Two results that were to go into one file.
    #[cfg(feature = "attribute")]
    #[error("{one} and {other} both name {path}; expected two files", path = path.display())]
    SameFile {
        /// An option.
        one: &'static str,
        /// Another one.
        other: &'static str,
        /// The file, as the second names it.
        path: PathBuf,
    },
    /// A study could not be done.
    #[cfg(feature = "attribute")]
    #[error(transparent)]
    Study(kndb_study::StudyError),
    /// Something else than a set of neurons, where neurons are to be changed.
    #[cfg(feature = "attribute")]
    #[error("`{set}` is no set of neurons")]
    NotNeurons {
        /// As given.
        set: String,
    },
    /// An edit that cannot be made, and what is missing.
    #[cfg(feature = "attribute")]
    #[error("{0}")]
    Edit(String),
    /// A fact that cannot be asked.
    #[cfg(feature = "attribute")]
    #[error("fact {fact:?} cannot be asked{}: {reason}", language.as_ref().map_or_else(String::new, |it| format!(" in {it:?}")))]
    CannotAsk {
        /// The fact's id.
        fact: String,
        /// The language, where it is of one.
        language: Option<String>,
        /// Why.
        reason: String,
    },
    /// Ctrl-C, and what is there by now.
    #[cfg(feature = "attribute")]
    #[error("interrupted: run {run:?} holds {stored} of the entries, {left} are left")]
    Interrupted {
        /// The run.
        run: String,
        /// Entries of the selection that are stored.
        stored: u64,
        /// Entries that are not.
        left: u64,
    },
    /// Sets that hold something else than when the run was begun.
    #[cfg(feature = "attribute")]
    #[error("run {run:?} was begun with other members of its sets ({sets}): they hold something else now")]
    SetsChanged {
        /// The run.
        run: String,
        /// The sets, in words.
        sets: String,
    },
    /// The run that groups were to go into holds scores.
    #[cfg(feature = "attribute")]
    #[error("run {run:?} holds scores, and degenerate groups go into a run of their own")]
    GroupsAmongScores {
        /// The run.
        run: String,
    },
    /// A job that could ask nothing of what was selected.
    #[cfg(feature = "attribute")]
    #[error("nothing was written to run {run:?}: {reasons}")]
    NothingWritten {
        /// The run.
        run: String,
        /// Why, with counts.
        reasons: String,
    },
    /// A name that is none, or several, of the store's.
    #[error(transparent)]
    Name(#[from] NameError),
    /// A figure or a report could not be made.
    #[error(transparent)]
    Report(kndb_report::Error),
    /// A picture of a kind that kndb does not draw.
    #[error("{path} names no kind of picture kndb draws: found {found}, expected a name that ends in {expected}", path = path.display())]
    PictureFormat {
        /// The file.
        path: PathBuf,
        /// Its extension, as a phrase.
        found: String,
        /// The extensions there are.
        expected: String,
    },
    /// An option that means nothing to the figure that was chosen.
    #[error("{option} means nothing to {figure}")]
    NotForFigure {
        /// The option.
        option: &'static str,
        /// The figure.
        figure: String,
        /// What to do instead.
        instead: &'static str,
    },
    /// A file or folder named by the user could not be used.
    #[error("cannot {action} {path}: {source}", path = path.display())]
    File {
        /// What was tried: "read", "write".
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
    /// Results or messages could not be written.
    #[error("cannot write results: {0}")]
    Output(io::Error),
    /// Standard input could not be read.
    #[error("cannot read {origin}: {source}")]
    Input {
        /// Which input.
        origin: String,
        /// The system's answer.
        source: io::Error,
    },
    /// A dot command that does not exist.
    #[error("there is no dot command {name}")]
    UnknownDotCommand {
        /// As typed.
        name: String,
        /// The most alike that exists.
        nearest: Option<&'static str>,
    },
    /// A dot command with a wrong argument.
    #[error("{command} takes {expected}, not {found}")]
    DotArgument {
        /// The dot command.
        command: &'static str,
        /// What it takes.
        expected: String,
        /// What was given.
        found: String,
    },
    /// Scripts that read each other without end.
    #[error("{path} is read at depth {depth}; scripts may read scripts to depth {depth} only", path = path.display())]
    ReadTooDeep {
        /// The file that was not read.
        path: PathBuf,
        /// The limit.
        depth: usize,
    },
    /// An answer that goes into one file, of no statement or of several.
    #[cfg(feature = "parquet")]
    #[error("--output takes the answer of one statement: expected one, after the store or after -c")]
    OneStatement,
    /// An import without a run.
    #[error("no run was named: expected --run NAME, the run that the files belong to")]
    NoRunNamed,
    /// An option of imports that means nothing to a folder of `kndb export`.
    #[cfg(feature = "parquet")]
    #[error("{option} means nothing to {path}, which `kndb export` wrote: it comes back whole, with its own runs", path = path.display())]
    NotForExport {
        /// What was given.
        option: &'static str,
        /// The folder.
        path: PathBuf,
    },
    /// A new run without what describes it.
    #[error("run {run:?} is not in the store, and {missing} not given")]
    RunNeeds {
        /// The run.
        run: String,
        /// The options missing, as a phrase with its verb: "--model is".
        missing: String,
    },
    /// A shape no model can have.
    #[error("--layers {layers} and --width {width} make no model: expected both above 0 and at most 2^32 neurons")]
    Shape {
        /// As given.
        layers: u32,
        /// As given.
        width: u32,
    },
    /// A statement where the store's folder belongs.
    #[error("`{statement}` is a statement, and stands where the store's folder belongs")]
    StatementFirst {
        /// As given.
        statement: String,
        /// The store that was given after it, if one was.
        store: Option<String>,
    },
    /// A command after the store.
    #[error("`{command}` is a command, and stands where a statement belongs")]
    CommandSecond {
        /// The command.
        command: String,
        /// The store that stands before it.
        store: String,
    },
    /// A run's name where the store's folder belongs, and the other way round.
    #[error("{given} is no store, and {store} is one: the store comes first")]
    StoreSecond {
        /// What stands in the store's place.
        given: String,
        /// The store.
        store: String,
    },
    /// A deletion that nobody confirmed.
    #[error("run {run:?} was not deleted: nobody confirmed it")]
    NotConfirmed {
        /// The run.
        run: String,
    },
    /// A repair that nobody confirmed.
    #[error("{path} was not repaired: nobody confirmed it", path = path.display())]
    NotRepaired {
        /// The store.
        path: PathBuf,
    },
    /// A store that is not sound.
    #[error("{path} is not sound: {problems} problem(s) found", path = path.display())]
    NotSound {
        /// The store.
        path: PathBuf,
        /// How many.
        problems: usize,
    },
    /// A statement was interrupted in the shell, which is told of already.
    #[error("interrupted")]
    Stopped,
    /// The line editor failed.
    #[error("the shell's line editor failed: {0}")]
    Editor(#[from] rustyline::error::ReadlineError),
    /// Errors that are on the screen already (`--keep-going`).
    #[error("{count} error(s), printed above")]
    Reported {
        /// How many.
        count: usize,
    },
}

impl From<kndb_plot::Error> for CliError {
    fn from(error: kndb_plot::Error) -> Self {
        Self::Report(error.into())
    }
}

#[cfg(feature = "attribute")]
impl From<kndb_engine::Error> for CliError {
    fn from(error: kndb_engine::Error) -> Self {
        match error {
            // Nothing can be replaced here: that error has a hint of its own.
            kndb_engine::Error::Storage(error) if !matches!(error, kndb_storage::Error::FactExists { .. }) => {
                Self::Store(error)
            }
            error => Self::Engine(error),
        }
    }
}

impl CliError {
    /// Wraps the failure of an action on a file the user named.
    pub fn file(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::File { action, path, source }
    }

    /// Whether whoever reads the results has gone away.
    pub fn is_closed_pipe(&self) -> bool {
        matches!(self, Self::Output(failure) if failure.kind() == io::ErrorKind::BrokenPipe)
    }

    /// Writes the error for a person: drawn into its statement where it has one.
    pub fn report(&self, color: bool, messages: &mut dyn Write) -> io::Result<()> {
        if self.is_closed_pipe() || matches!(self, Self::Reported { .. } | Self::Stopped) {
            return Ok(());
        }
        let paint = |code: &str, text: &str| match color {
            true => format!("\x1b[{code}m{text}\x1b[0m"),
            false => text.to_owned(),
        };
        writeln!(messages, "{} {}", paint("1;31", "error:"), shown::shown(&self.to_string()))?;
        if let Self::Query { error, statement } = self
            && let Some(drawing) = kndb_carets::draw(error, statement, color)
        {
            messages.write_all(&drawing)?;
        }
        if let Some(hint) = self.hint() {
            writeln!(messages, "{} {}", paint("1;36", "hint:"), shown::shown(&hint))?;
        }
        Ok(())
    }
}

#[cfg(feature = "attribute")]
fn which_run(reads: Reads, runs: &[String], of_others: usize) -> String {
    let others = match of_others {
        0 => String::new(),
        count => format!(" ({count} of other models)"),
    };
    match runs {
        [] => format!("the store has no run of this model with {reads}{others}"),
        runs => format!("the store has {} runs of this model with {reads}: {}", runs.len(), names::few(runs)),
    }
}

#[cfg(feature = "attribute")]
fn listed(runs: &[String]) -> String {
    names::few(runs)
}

#[cfg(feature = "attribute")]
impl From<kndb_study::StudyError> for CliError {
    fn from(error: kndb_study::StudyError) -> Self {
        match error {
            kndb_study::StudyError::Storage(error) => Self::Store(error),
            error => Self::Study(error),
        }
    }
}

#[cfg(test)]
mod tests;
