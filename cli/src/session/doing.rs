//! What dot commands do.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

use kndb_query::{Settings, Sink};
use kndb_storage::{Options, Store};

use super::display::MaxWidth;
use super::dot::{self, DotCommand};
use super::parameters::ParameterCommand;
use super::{
    FIGURE_WIDTH, Flow, OutputFile, READ_DEPTH, Session, Streams, describing, destination, is_interrupt, listing,
    stopped,
};
use crate::error::{CliError, Result};
use crate::output::Delivery;
use crate::overview::notes_of_runs;

impl Session {
    pub(super) fn dot(&mut self, command: DotCommand, streams: &mut Streams<'_>) -> Result<Flow> {
        let messages = &mut *streams.messages;
        match command {
            DotCommand::Quit => return Ok(Flow::Quit),
            DotCommand::Help => {
                let line = self.display.line().unwrap_or(FIGURE_WIDTH);
                dot::write_help(line, self.language.sample(), streams.out).map_err(CliError::Output)?;
            }
            DotCommand::Mode(Some(mode)) => self.display.mode = mode,
            DotCommand::Mode(None) => {
                writeln!(messages, "mode: {}", self.display.mode.name()).map_err(CliError::Output)?;
            }
            DotCommand::Timer(on) => self.timer = on,
            DotCommand::Headers(on) => self.display.headers = on,
            DotCommand::MaxRows(most) => self.display.max_rows = most,
            DotCommand::Width(widths) => self.display.widths = widths,
            DotCommand::MaxWidth(cells) => self.display.max_width = cells.map_or(MaxWidth::Off, MaxWidth::Cells),
            DotCommand::Read(path) => return self.read(&path, streams),
            DotCommand::Output(None) => self.output = None,
            DotCommand::Output(Some(path)) => self.output = Some(OutputFile::create(path)?),
            DotCommand::Once(path) => self.once = Some(OutputFile::create(path)?),
            DotCommand::Open(path) => self.open(&path, messages)?,
            DotCommand::Attach(path, name) => {
                self.attach(&name, &path)?;
                if self.talkative {
                    writeln!(messages, "attached as {name}: its sets are {name}::kn, …").map_err(CliError::Output)?;
                }
            }
            DotCommand::Detach(name) => {
                self.settings.attached.detach(&name).map_err(super::in_query)?;
                if self.talkative {
                    writeln!(messages, "detached {name}").map_err(CliError::Output)?;
                }
            }
            DotCommand::Stores => {
                self.list(|store, settings, sink| listing::stores(store, &settings.attached, sink), streams)?;
            }
            DotCommand::Refresh => drop(self.store.refresh()?),
            DotCommand::Run(name) => self.default_run(name, messages)?,
            DotCommand::Labels(language) => self.set_labels(language),
            DotCommand::Parameter(ParameterCommand::Set { name, values }) => self.parameters.set(&name, values),
            DotCommand::Parameter(ParameterCommand::Clear) => self.parameters.clear(),
            DotCommand::Parameter(ParameterCommand::List) => {
                let out: &mut dyn Write = match &mut self.output {
                    Some(output) => &mut output.file,
                    None => streams.out,
                };
                self.parameters.list(out).map_err(CliError::Output)?;
            }
            DotCommand::Runs => {
                for note in notes_of_runs(&*self.store.snapshot()?, self.store.path())? {
                    writeln!(messages, "note: {note}").map_err(CliError::Output)?;
                }
                self.list(|store, _, sink| listing::runs(store, sink), streams)?;
            }
            DotCommand::Schema => self.list(|store, _, sink| listing::schema(store, sink), streams)?,
            DotCommand::Describe(None) => self.list(|store, _, sink| describing::store(store, sink), streams)?,
            DotCommand::Describe(Some(statement)) => {
                self.list(|store, settings, sink| describing::statement(store, settings, &statement, sink), streams)?;
            }
            DotCommand::Show => self.show(streams.out).map_err(CliError::Output)?,
        }
        Ok(Flow::Continue)
    }

    /// Opens another store; this one stays if that fails.
    fn open(&mut self, path: &Path, messages: &mut dyn Write) -> Result<()> {
        let options = Options { read_only: self.read_only, ..Options::default() };
        self.store = Store::open_with(path, options)?;
        #[cfg(feature = "sql")]
        {
            self.sql = None;
        }
        let beside = self.settings.attached.list();
        if !beside.is_empty() {
            let names: Vec<&str> = beside.iter().map(|(name, _)| name.as_str()).collect();
            writeln!(messages, "note: detached {}, which stood beside the store that was open", names.join(", "))
                .map_err(CliError::Output)?;
            self.settings.attached.clear();
        }
        let gone = self.settings.run.take_if(|run| listing::must_have_run(&self.store, run).is_err());
        if let Some(run) = gone {
            writeln!(messages, "note: it has no run {run:?}, so there is no default run").map_err(CliError::Output)?;
        }
        if self.talkative {
            writeln!(messages, "opened {}", path.display()).map_err(CliError::Output)?;
        }
        Ok(())
    }

    /// The settings as they are.
    fn show(&self, out: &mut dyn Write) -> io::Result<()> {
        let or_none = |text: &Option<String>| text.clone().unwrap_or_else(|| "none".into());
        let file = |file: &Option<OutputFile>| file.as_ref().map(|output| output.path.display().to_string());
        writeln!(out, "store: {}", self.store.path().display())?;
        for (name, path) in self.settings.attached.list() {
            writeln!(out, "attached: {} as {name}", path.display())?;
        }
        writeln!(out, "run: {}", or_none(&self.settings.run))?;
        writeln!(out, "labels: {}", or_none(&self.settings.language))?;
        self.display.tell(out)?;
        writeln!(out, "timer: {}", if self.timer { "on" } else { "off" })?;
        writeln!(out, "output: {}", file(&self.output).unwrap_or_else(|| "stdout".into()))?;
        if let Some(once) = file(&self.once) {
            writeln!(out, "once: {once}")?;
        }
        out.flush()
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

    fn list(
        &mut self,
        listing: impl FnOnce(&Store, &Settings, &mut dyn Sink) -> Result<()>,
        streams: &mut Streams<'_>,
    ) -> Result<()> {
        self.settings.interrupt.clear();
        let mut once = self.once.take();
        let (display, out) = destination([&mut once, &mut self.output], &self.display, streams.out);
        let mut delivery = Delivery::new(display.sink(out), &self.settings.interrupt);
        let listed = listing(&self.store, &self.settings, &mut delivery);
        let delivered = delivery.finish().map_err(CliError::Output)?;
        match listed {
            Err(error) if is_interrupt(&error) => Err(stopped(None, &delivered, streams.messages)),
            Ok(()) if delivered.interrupted => Err(stopped(None, &delivered, streams.messages)),
            listed => listed,
        }
    }
}
