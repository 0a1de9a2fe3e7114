//! A session: takes lines, a `Write` for results and one for messages, and knows no terminal.
//!
//! `-c`, `-f`, standard input and the shell all feed one. Statements may span lines; a dot command
//! is a line of its own, where no statement has begun.

mod dot;
mod drawing;
pub mod fact_listing;
mod input;
pub mod listing;
pub mod parameters;

use std::fs::File;
use std::io::{self, BufRead, BufWriter, Write};
use std::path::Path;
use std::time::Instant;

use kndb_query::{ErrorKind, Interrupt, Outcome, Settings, Sink};
use kndb_report::Answer;
use kndb_storage::Store;

use crate::error::{CliError, Result, StatementText};
use crate::machine;
use crate::output::{Delivered, Delivery, Mode};
use crate::overview::notes_of_runs;
use crate::relations::Named;
use dot::DotCommand;
use parameters::{ParameterCommand, Values};

pub use dot::{DOT_COMMANDS, takes_file};
pub use drawing::FIGURE_WIDTH;
pub use input::Input;
pub use listing::Names;

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

/// An open store, with the settings that dot commands change.
pub struct Session {
    store: Store,
    settings: Settings,
    /// Values of parameters.
    pub parameters: Values,
    /// How results are written.
    pub mode: Mode,
    /// Whether table, csv and tsv have a header.
    pub headers: bool,
    /// Whether each statement's time is told.
    pub timer: bool,
    /// Whether empty results and saved sets are told of, as in a shell.
    pub talkative: bool,
    /// Whether drawn errors are coloured.
    pub color: bool,
    /// What happens on an error.
    pub on_error: OnError,
    output: Option<BufWriter<File>>,
    depth: usize,
    errors: usize,
}

impl Session {
    /// A session on an open store, as for a script: it stops at the first error and says little.
    pub fn new(store: Store) -> Self {
        Self {
            store,
            settings: machine::settings(),
            parameters: Values::default(),
            mode: Mode::default(),
            headers: true,
            timer: false,
            talkative: false,
            color: false,
            on_error: OnError::Stop,
            output: None,
            depth: 0,
            errors: 0,
        }
    }

    /// The names the store knows; none if it cannot be read, for a Tab must not fail.
    pub fn names(&self) -> Names {
        listing::names(&self.store).unwrap_or_default()
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
        let mut input = Input::new(origin);
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
            && let Some(command) = dot::without_dot(line)
        {
            let place = input.skip(line);
            let done = match command {
                // In the shell these can mean nothing else.
                ".quit" | ".exit" if self.talkative => Ok(Flow::Quit),
                ".help" if self.talkative => self.dot(DotCommand::Help, streams),
                command => Err(dot::needs_dot(line, command)),
            };
            return self.settle(done, place, streams);
        }
        input.push(line);
        if kndb_query::is_complete(input.text()) {
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
        for range in kndb_query::split(&whole.text) {
            let text = &whole.text[range.clone()];
            let done = self.statement(text, streams).map(|()| Flow::Continue);
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
        let in_query = |error: kndb_query::QueryError| CliError::Query {
            error: Box::new(error),
            statement: StatementText::default(),
        };
        let statement = kndb_query::parse(text).map_err(in_query)?;
        let statement = self.parameters.bind(&statement).map_err(in_query)?;
        self.settings.interrupt.clear();
        let begun = Instant::now();
        let out: &mut dyn Write = match &mut self.output {
            Some(file) => file,
            None => streams.out,
        };
        let plotted = drawing::plotted(&statement);
        let mut answer = Answer::default();
        let sink: Box<dyn Sink + '_> = match plotted {
            Some(_) => Box::new(&mut answer),
            // What programs read keeps the ids that statements of any store understand.
            None if self.mode.is_for_people() => {
                let plain = self.mode.sink(self.headers, out);
                Box::new(Named::new(plain, self.store.snapshot()?, self.settings.language.clone()))
            }
            None => self.mode.sink(self.headers, out),
        };
        let mut delivery = Delivery::new(sink, &self.settings.interrupt);
        let outcome = kndb_query::execute(&self.store, &self.settings, &statement, &mut delivery);
        if outcome.as_ref().is_err_and(|error| error.kind == ErrorKind::Interrupted) {
            let delivered = delivery.finish_early().map_err(CliError::Output)?;
            out.flush().map_err(CliError::Output)?;
            let shown = plotted.is_none() && delivered.rows > 0;
            let rest = if shown { ": the rows above are not all" } else { "" };
            let told = format!("interrupted{rest}\n");
            streams.messages.write_all(told.as_bytes()).map_err(CliError::Output)?;
            return Err(CliError::Stopped);
        }
        let delivered = delivery.finish().map_err(CliError::Output)?;
        let outcome = outcome.map_err(in_query)?;
        if let Some(query) = plotted {
            match drawing::bars(&self.store, &self.settings, query, &answer)? {
                Some(bars) => out.write_all(bars.as_bytes()).map_err(CliError::Output)?,
                None => writeln!(streams.messages, "nothing to draw: the answer is empty").map_err(CliError::Output)?,
            }
        }
        if let Outcome::Explained(tree) = &outcome {
            writeln!(out, "{}", tree.trim_end()).map_err(CliError::Output)?;
        }
        out.flush().map_err(CliError::Output)?;
        self.tell(&outcome, &delivered, begun, streams.messages).map_err(CliError::Output)
    }

    /// What a person wants to know besides the rows.
    fn tell(
        &self,
        outcome: &Outcome,
        delivered: &Delivered,
        begun: Instant,
        messages: &mut dyn Write,
    ) -> io::Result<()> {
        // In one piece: a pager shows it before the rows.
        let mut told = String::new();
        for note in &delivered.notes {
            told += &format!("note: {note}\n");
        }
        if self.talkative {
            match outcome {
                Outcome::Rows { rows: 1 } => told += "(1 row)\n",
                Outcome::Rows { rows } => told += &format!("({rows} rows)\n"),
                Outcome::Explained(_) => {}
                Outcome::Saved { name, members } => told += &format!("saved @{name}: {members} members\n"),
                Outcome::Dropped { name } => told += &format!("dropped @{name}\n"),
            }
        }
        if self.timer {
            let took = begun.elapsed().as_secs_f64() * 1e3;
            told += &format!("time: {took:.3} ms\n");
        }
        messages.write_all(told.as_bytes())?;
        messages.flush()
    }

    fn dot(&mut self, command: DotCommand, streams: &mut Streams<'_>) -> Result<Flow> {
        let messages = &mut *streams.messages;
        match command {
            DotCommand::Quit => return Ok(Flow::Quit),
            DotCommand::Help => dot::write_help(streams.out).map_err(CliError::Output)?,
            DotCommand::Mode(Some(mode)) => self.mode = mode,
            DotCommand::Mode(None) => {
                writeln!(messages, "mode: {}", self.mode.name()).map_err(CliError::Output)?;
            }
            DotCommand::Timer(on) => self.timer = on,
            DotCommand::Headers(on) => self.headers = on,
            DotCommand::Read(path) => return self.read(&path, streams),
            DotCommand::Output(None) => self.output = None,
            DotCommand::Output(Some(path)) => {
                let file = File::create(&path).map_err(CliError::file("write", &path))?;
                self.output = Some(BufWriter::new(file));
            }
            DotCommand::Refresh => drop(self.store.refresh()?),
            DotCommand::Run(name) => self.default_run(name, messages)?,
            DotCommand::Labels(language) => self.set_labels(language),
            DotCommand::Parameter(ParameterCommand::Set { name, values }) => self.parameters.set(&name, values),
            DotCommand::Parameter(ParameterCommand::Clear) => self.parameters.clear(),
            DotCommand::Parameter(ParameterCommand::List) => {
                let out: &mut dyn Write = match &mut self.output {
                    Some(file) => file,
                    None => streams.out,
                };
                self.parameters.list(out).map_err(CliError::Output)?;
            }
            DotCommand::Runs => {
                for note in notes_of_runs(&*self.store.snapshot()?, self.store.path())? {
                    writeln!(messages, "note: {note}").map_err(CliError::Output)?;
                }
                self.list(listing::runs, streams)?;
            }
            DotCommand::Schema => self.list(listing::schema, streams)?,
        }
        Ok(Flow::Continue)
    }

    fn read(&mut self, path: &Path, streams: &mut Streams<'_>) -> Result<Flow> {
        if self.depth == READ_DEPTH {
            return Err(CliError::ReadTooDeep { path: path.to_owned(), depth: READ_DEPTH });
        }
        let file = File::open(path).map_err(CliError::file("read", path))?;
        self.depth += 1;
        let done = self.script(&path.display().to_string(), io::BufReader::new(file), streams);
        self.depth -= 1;
        done
    }

    fn default_run(&mut self, name: Option<String>, messages: &mut dyn Write) -> Result<()> {
        match name.as_deref() {
            None => match self.settings.run.as_deref() {
                Some(run) => writeln!(messages, "default run: {run}"),
                None => writeln!(messages, "no default run"),
            }
            .map_err(CliError::Output),
            Some("-") => {
                self.settings.run = None;
                Ok(())
            }
            Some(name) => self.set_run(name),
        }
    }

    fn list(&mut self, listing: fn(&Store, &mut dyn Sink) -> Result<()>, streams: &mut Streams<'_>) -> Result<()> {
        let out: &mut dyn Write = match &mut self.output {
            Some(file) => file,
            None => streams.out,
        };
        self.settings.interrupt.clear();
        let mut delivery = Delivery::new(self.mode.sink(self.headers, out), &self.settings.interrupt);
        let listed = listing(&self.store, &mut delivery);
        delivery.finish().map_err(CliError::Output)?;
        listed
    }
}

#[cfg(test)]
mod tests;
