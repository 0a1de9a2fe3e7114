//! A session: takes lines, a `Write` for results and one for messages, and knows no terminal.
//!
//! `-c`, `-f`, standard input and the shell all feed one. Statements may span lines; a dot command
//! is a line of its own, where no statement has begun.

pub mod ahead;
mod describing;
pub mod display;
mod doing;
mod dot;
mod drawing;
pub mod fact_listing;
#[cfg(feature = "parquet")]
mod file;
mod input;
pub mod listing;
pub mod parameters;
#[cfg(feature = "sql")]
mod sql;
#[cfg(feature = "sql")]
pub use sql::values as sql_values;

use std::fs::File;
use std::io::{self, BufRead, BufWriter, Write};
use std::path::PathBuf;
use std::time::Instant;

use kndb_query::complete::Names;
use kndb_query::{Attached, ErrorKind, Interrupt, Outcome, Query, QueryError, Settings, Statement};
use kndb_report::Answer;
use kndb_storage::Store;

use crate::error::{CliError, Result, StatementText};
use crate::machine;
use crate::output::{Delivered, Delivery, Format, Rows};
use dot::{DotCommand, Undotted};
use parameters::Values;

pub use display::Display;
pub use dot::{dot_commands, takes_path};
pub use drawing::FIGURE_WIDTH;
pub use input::{Input, Language};

/// How deep scripts may `.read` scripts.
const READ_DEPTH: usize = 16;

/// Whether to go on reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flow {
    /// More lines are welcome.
    Continue,
    /// `.quit`
    Quit,
}

/// What a session does with an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnError {
    /// Returns it: the script stops.
    Stop,
    /// Writes it to the messages and goes on.
    GoOn,
}

/// Where results and messages go.
pub struct Streams<'a> {
    /// Results.
    pub out: &'a mut dyn Write,
    /// Everything else.
    pub messages: &'a mut dyn Write,
}

/// A file that results go to.
struct OutputFile {
    path: PathBuf,
    file: BufWriter<File>,
}

impl OutputFile {
    fn create(path: PathBuf) -> Result<Self> {
        let file = File::create(&path).map_err(CliError::file("write", &path))?;
        Ok(Self { path, file: BufWriter::new(file) })
    }
}

/// An open store, with the settings that dot commands change.
pub struct Session {
    store: Store,
    settings: Settings,
    /// The language of its statements.
    pub language: Language,
    /// What answers SQL, once something was asked.
    #[cfg(feature = "sql")]
    sql: Option<std::sync::Arc<kndb_sql::Sql>>,
    /// Values of parameters.
    pub parameters: Values,
    /// Whether stores may not be changed.
    pub read_only: bool,
    /// How results are shown.
    pub display: Display,
    /// Whether each statement's time is told.
    pub timer: bool,
    /// Whether empty results and saved sets are told of, as in a shell.
    pub talkative: bool,
    /// Whether drawn errors are coloured.
    pub color: bool,
    /// What happens on an error.
    pub on_error: OnError,
    output: Option<OutputFile>,
    /// Where the next result goes.
    once: Option<OutputFile>,
    depth: usize,
    errors: usize,
}

impl Session {
    /// A session on an open store, as for a script: it stops at the first error and says little.
    pub fn new(store: Store) -> Self {
        Self {
            store,
            settings: machine::settings(),
            language: Language::default(),
            #[cfg(feature = "sql")]
            sql: None,
            parameters: Values::default(),
            read_only: false,
            display: Display::default(),
            timer: false,
            talkative: false,
            color: false,
            on_error: OnError::Stop,
            output: None,
            once: None,
            depth: 0,
            errors: 0,
        }
    }

    /// The store that is open.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// The names the store knows; none if it cannot be read, for a Tab must not fail.
    pub fn names(&self) -> Names {
        self.store.snapshot().map(|snapshot| Names::of(&snapshot)).unwrap_or_default()
    }

    /// Sets the run meant where a statement names none; the store must have it.
    pub fn set_run(&mut self, name: &str) -> Result<()> {
        listing::must_have_run(&self.store, name)?;
        self.settings.run = Some(name.to_owned());
        Ok(())
    }

    /// Sets the language of labels.
    pub fn set_labels(&mut self, language: Option<String>) {
        self.settings.language = language;
    }

    /// Sets the memory that a statement may take, in bytes.
    pub fn set_memory(&mut self, bytes: u64) {
        self.settings.memory = Some(bytes);
    }

    /// Names a store for reading beside the one that is open.
    pub fn attach(&mut self, name: &str, path: &std::path::Path) -> Result<()> {
        self.settings.attached.attach(&self.store, name, path).map_err(in_query)
    }

    /// The stores that statements can name beside the one that is open.
    pub fn attached(&self) -> &Attached {
        &self.settings.attached
    }

    /// Stops the statement that is running, and the script that it stands in.
    pub fn interrupt(&self) -> Interrupt {
        self.settings.interrupt.clone()
    }

    /// Errors that were written to the messages so far.
    pub fn errors(&self) -> usize {
        self.errors
    }

    /// Runs a whole script, line by line.
    pub fn script(&mut self, origin: &str, mut lines: impl BufRead, streams: &mut Streams<'_>) -> Result<Flow> {
        let mut input = Input::of(origin, self.language);
        let mut line = String::new();
        let mut first = true;
        loop {
            line.clear();
            let read =
                lines.read_line(&mut line).map_err(|source| CliError::Input { origin: origin.to_owned(), source })?;
            if read == 0 {
                return self.finish(&mut input, streams);
            }
            // Editors of Windows begin a file with a byte order mark, before a dot command too.
            if std::mem::take(&mut first) && line.starts_with('\u{FEFF}') {
                line.remove(0);
            }
            if self.line(&mut input, &line, streams)? == Flow::Quit {
                return Ok(Flow::Quit);
            }
        }
    }

    /// Takes one line: runs the statements it completes, or the dot command it is.
    pub fn line(&mut self, input: &mut Input, line: &str, streams: &mut Streams<'_>) -> Result<Flow> {
        if input.is_blank() && line.trim_start().starts_with('.') {
            let place = input.skip(line);
            let done = DotCommand::parse(line.trim()).and_then(|it| self.dot(it, streams));
            return self.settle(done, place, streams);
        }
        if input.is_blank()
            && let Some(undotted) = dot::undotted(line).filter(|word| self.language.takes_undotted(word))
        {
            let place = input.skip(line);
            let done = match undotted {
                Undotted::Understood(command) => DotCommand::parse(&command).and_then(|it| self.dot(it, streams)),
                Undotted::LacksDot(command) => Err(dot::needs_dot(line, command)),
                Undotted::Elsewhere(instead) => Err(dot::no_statement(line, instead.to_owned())),
            };
            return self.settle(done, place, streams);
        }
        input.push(line);
        if self.language.is_complete(input.text()) {
            return self.statements(input, streams);
        }
        Ok(Flow::Continue)
    }

    /// Runs the last statement, which the end of the input ends.
    pub fn finish(&mut self, input: &mut Input, streams: &mut Streams<'_>) -> Result<Flow> {
        self.statements(input, streams)
    }

    fn statements(&mut self, input: &mut Input, streams: &mut Streams<'_>) -> Result<Flow> {
        let whole = input.take();
        for range in self.language.split(&whole.text) {
            let text = &whole.text[range.clone()];
            let done = match self.language {
                Language::Kndb => self.statement(text, streams),
                #[cfg(feature = "sql")]
                Language::Sql => self.sql_statement(text, streams),
            };
            let done = done.map(|()| Flow::Continue);
            let place = StatementText { offset: range.start, ..whole.clone() };
            if self.settle(done, place, streams)? == Flow::Quit {
                return Ok(Flow::Quit);
            }
        }
        Ok(Flow::Continue)
    }

    /// Gives an error its place, then returns it or writes it, as the session is set to.
    fn settle(&mut self, done: Result<Flow>, place: StatementText, streams: &mut Streams<'_>) -> Result<Flow> {
        let error = match done {
            Ok(flow) => return Ok(flow),
            // One from a script that was `.read` has its place already.
            Err(CliError::Query { error, statement }) if statement.text.is_empty() => {
                CliError::Query { error, statement: place }
            }
            Err(other) => other,
        };
        if error.is_closed_pipe() || matches!(error, CliError::Stopped) || self.on_error == OnError::Stop {
            return Err(error);
        }
        self.errors += 1;
        error.report(self.color, streams.messages).map_err(CliError::Output)?;
        Ok(Flow::Continue)
    }

    fn statement(&mut self, text: &str, streams: &mut Streams<'_>) -> Result<()> {
        let statement = kndb_query::parse(text).map_err(in_query)?;
        let statement = at_home(self.parameters.bind(&statement).map_err(in_query)?);
        self.settings.interrupt.clear();
        let begun = Instant::now();
        let mut once = self.once.take();
        let (display, out) = destination([&mut once, &mut self.output], &self.display, streams.out);
        let plotted = drawing::plotted(&statement);
        let mut answer = Answer::default();
        let sink: Box<dyn Format + '_> = match plotted {
            Some(_) => Box::new(Rows(&mut answer)),
            None => display.answers(self.store.snapshot()?, self.settings.language.clone(), out),
        };
        let mut delivery = Delivery::new(sink, &self.settings.interrupt);
        let outcome = kndb_query::stream(&self.store, &self.settings, &statement, &mut delivery);
        let is_stopped = outcome.as_ref().is_err_and(|error| error.kind == ErrorKind::Interrupted);
        let delivered =
            if is_stopped { delivery.finish_early() } else { delivery.finish() }.map_err(CliError::Output)?;
        // All may have been found, and its printing stopped.
        if is_stopped || delivered.interrupted {
            out.flush().map_err(CliError::Output)?;
            return Err(stopped(plotted, &delivered, streams.messages));
        }
        let outcome = outcome.map_err(in_query)?;
        let mut remarks = Vec::new();
        if let Some(query) = plotted {
            let drawn = match drawing::bars(&self.store, &self.settings, query, &answer, display.figure()) {
                Err(error) if is_interrupt(&error) => return Err(stopped(plotted, &delivered, streams.messages)),
                drawn => drawn?,
            };
            match drawn.bars {
                Some(bars) => out.write_all(bars.as_bytes()).map_err(CliError::Output)?,
                None => writeln!(streams.messages, "nothing to draw: the answer is empty").map_err(CliError::Output)?,
            }
            remarks = drawn.remarks;
        }
        if let Outcome::Explained(tree) = &outcome {
            writeln!(out, "{}", tree.trim_end()).map_err(CliError::Output)?;
        }
        out.flush().map_err(CliError::Output)?;
        let most = display.rows().filter(|_| plotted.is_none());
        self.tell(&outcome, most, &delivered, &remarks, begun, streams.messages).map_err(CliError::Output)
    }

    /// What a person wants to know besides the rows, of which `most` are shown, or besides the bars in their place, with their remarks.
    fn tell(
        &self,
        outcome: &Outcome,
        most: Option<usize>,
        delivered: &Delivered,
        remarks: &[String],
        begun: Instant,
        messages: &mut dyn Write,
    ) -> io::Result<()> {
        // In one piece: a pager shows it before the rows.
        let mut told = String::new();
        let notes: Vec<String> = delivered.notes.iter().map(ToString::to_string).collect();
        let further = remarks.iter().filter(|remark| !notes.contains(remark));
        for note in notes.iter().chain(further) {
            told += &format!("note: {note}\n");
        }
        let hidden = most.filter(|most| delivered.rows > *most as u64);
        if self.talkative || hidden.is_some() {
            match outcome {
                Outcome::Rows { rows } if let Some(most) = hidden => {
                    told += &format!("({rows} rows, {most} shown; `.maxrows off` shows all)\n");
                }
                Outcome::Rows { rows: 1 } => told += "(1 row)\n",
                Outcome::Rows { rows } => told += &format!("({rows} rows)\n"),
                Outcome::Explained(_) => {}
                Outcome::Saved { name, members } => told += &format!("saved @{name}: {members} members\n"),
                Outcome::Dropped { name } => told += &format!("dropped @{name}\n"),
                Outcome::Attached { name } => told += &format!("attached as {name}: its sets are {name}::kn, …\n"),
                Outcome::Detached { name } => told += &format!("detached {name}\n"),
            }
        }
        if self.timer {
            let took = begun.elapsed().as_secs_f64() * 1e3;
            told += &format!("time: {took:.3} ms\n");
        }
        messages.write_all(told.as_bytes())?;
        messages.flush()
    }
}

fn is_interrupt(error: &CliError) -> bool {
    matches!(error, CliError::Query { error, .. } if error.kind == ErrorKind::Interrupted)
}

/// Where an answer goes, and how it looks there: to the file of one answer, else to that of all, else to `out`.
fn destination<'o>(
    files: [&'o mut Option<OutputFile>; 2],
    display: &Display,
    out: &'o mut dyn Write,
) -> (Display, &'o mut dyn Write) {
    match files.into_iter().find_map(Option::as_mut) {
        Some(output) => (display.in_a_file(), &mut output.file),
        None => (display.clone(), out),
    }
}

/// A statement whose path may begin with `~`: here no shell has put the home folder in.
fn at_home(statement: Statement) -> Statement {
    match statement {
        Statement::Attach { mut path, name, span } => {
            path.text = dot::at_home(&path.text).to_string_lossy().into_owned();
            Statement::Attach { path, name, span }
        }
        other => other,
    }
}

fn in_query(error: QueryError) -> CliError {
    CliError::Query { error: Box::new(error), statement: StatementText::default() }
}

/// Tells that a statement was interrupted; the error that ends the script which it stands in.
fn stopped(plotted: Option<&Query>, delivered: &Delivered, messages: &mut dyn Write) -> CliError {
    let shown = plotted.is_none() && delivered.rows > 0;
    let rest = if shown { ": the rows above are not all" } else { "" };
    // In one piece, as in `tell`.
    match messages.write_all(format!("interrupted{rest}\n").as_bytes()) {
        Ok(()) => CliError::Stopped,
        Err(failure) => CliError::Output(failure),
    }
}

#[cfg(test)]
pub mod testing;
#[cfg(test)]
mod tests;
