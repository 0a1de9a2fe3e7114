//! Dot commands: what they are called, what they take, and how a line is read as one.

use std::io::{self, Write};
use std::path::PathBuf;

use super::parameters::ParameterCommand;
use crate::error::{CliError, Result};
use crate::output::Mode;

/// Every dot command with its argument and what it does, in the order of `.help`.
pub const DOT_COMMANDS: &[(&str, &str, &str)] = &[
    (".help", "", "list these commands"),
    (".mode", "[MODE]", "how results are written: table, csv, tsv, json, jsonl, markdown, line"),
    (".headers", "on|off", "header of table, csv and tsv"),
    (".output", "[FILE]", "where results go: FILE, written anew, or back to standard output"),
    (".read", "FILE", "run a script"),
    (".run", "[NAME|-]", "the run meant where a statement names none; - for none"),
    (".labels", "CODE|-", "language of labels; - for English, else any"),
    (".parameter", "[set …]", "values of $name: set NAME VALUE; several VALUEs are a list; list, clear"),
    (".runs", "", "list the runs"),
    (".schema", "", "list what statements can name: languages, relations, runs, saved sets"),
    (".timer", "on|off", "tell the time each statement took"),
    (".refresh", "", "read the catalogue anew; commits of others are seen without it"),
    (".quit", "", "leave; .exit and Ctrl-D too"),
];

/// A dot command, read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DotCommand {
    /// `.help`
    Help,
    /// `.mode`: set it, or tell it.
    Mode(Option<Mode>),
    /// `.headers`
    Headers(bool),
    /// `.output`: a file, or where results went at first.
    Output(Option<PathBuf>),
    /// `.read`
    Read(PathBuf),
    /// `.run`: set it, or tell it.
    Run(Option<String>),
    /// `.labels`
    Labels(Option<String>),
    /// `.parameter`
    Parameter(ParameterCommand),
    /// `.runs`
    Runs,
    /// `.schema`
    Schema,
    /// `.timer`
    Timer(bool),
    /// `.refresh`
    Refresh,
    /// `.quit`, `.exit`
    Quit,
}

impl DotCommand {
    /// Reads a line that starts with a dot.
    pub fn parse(line: &str) -> Result<Self> {
        let line = line.trim_end_matches(|c: char| c == ';' || c.is_whitespace());
        let (name, argument) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
        let argument = unquoted(argument.trim());
        let name = name.to_ascii_lowercase();
        if name == ".exit" {
            return Self::read(".quit", argument);
        }
        let Some((name, ..)) = DOT_COMMANDS.iter().find(|(known, ..)| *known == name) else {
            let known = DOT_COMMANDS.iter().map(|(known, ..)| *known);
            return Err(CliError::UnknownDotCommand { nearest: kndb_query::nearest(&name, known), name });
        };
        Self::read(name, argument)
    }

    fn read(name: &'static str, argument: &str) -> Result<Self> {
        let wrong = |expected: &str| {
            let found = match argument {
                "" => "nothing".to_owned(),
                some => format!("{some:?}"),
            };
            Err(CliError::DotArgument { command: name, expected: expected.to_owned(), found })
        };
        let switch = match argument.to_ascii_lowercase().as_str() {
            "on" => Some(true),
            "off" => Some(false),
            _ => None,
        };
        let unless_dash = || (argument != "-").then(|| argument.to_owned());
        Ok(match (name, argument) {
            (".mode", "") => Self::Mode(None),
            (".mode", mode) => match Mode::from_name(mode) {
                Some(mode) => Self::Mode(Some(mode)),
                None => return wrong("a mode"),
            },
            (".headers" | ".timer", _) => match switch {
                Some(on) if name == ".timer" => Self::Timer(on),
                Some(on) => Self::Headers(on),
                None => return wrong("on or off"),
            },
            (".output", "" | "stdout") => Self::Output(None),
            (".output", path) => Self::Output(Some(path.into())),
            (".read", "") => return wrong("a file"),
            (".read", path) => Self::Read(path.into()),
            (".run", "") => Self::Run(None),
            (".run", run) => Self::Run(Some(run.to_owned())),
            (".labels", "") => return wrong("a language or -"),
            (".labels", _) => Self::Labels(unless_dash()),
            (".parameter", _) => match ParameterCommand::parse(argument) {
                Ok(command) => Self::Parameter(command),
                Err(expected) => return wrong(expected),
            },
            (_, some) if !some.is_empty() => return wrong("nothing"),
            (".help", _) => Self::Help,
            (".runs", _) => Self::Runs,
            (".schema", _) => Self::Schema,
            (".refresh", _) => Self::Refresh,
            _ => Self::Quit,
        })
    }
}

/// The dot command that a line is without its dot. No statement begins with such a word.
pub fn without_dot(line: &str) -> Option<&'static str> {
    let line = line.trim().trim_end_matches(';').trim_end();
    let (word, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
    let same = |known: &str| known[1..].eq_ignore_ascii_case(word);
    let (name, argument, _) = DOT_COMMANDS.iter().find(|(name, ..)| same(name)).copied().or_else(|| {
        let other = if same(".exit") { ".exit" } else { "" };
        (!other.is_empty()).then_some((other, "", ""))
    })?;
    // `run = …` and the like are mistakes of the language.
    let fits = rest.is_empty() || (!argument.is_empty() && !rest.trim_start().starts_with(['=', '[', '(', '&', '|']));
    fits.then_some(name)
}

/// The error for such a line.
pub fn needs_dot(line: &str, command: &str) -> CliError {
    let start = line.len() - line.trim_start().len();
    let word = command.len() - 1;
    let found = &line[start..start + word];
    let rest = line[start + word..].trim_end().trim_end_matches(';').trim_end();
    let error = kndb_query::QueryError::name(
        kndb_query::Span::new(start, start + word),
        format!("expected a set, found `{found}`"),
    );
    CliError::Query {
        error: Box::new(error.hint(format!("commands of the shell begin with a dot: `{command}{rest}`"))),
        statement: crate::error::StatementText::default(),
    }
}

/// Whether the argument of a dot command is a file name.
pub fn takes_file(command: &str) -> bool {
    matches!(command, ".read" | ".output")
}

/// Writes the text of `.help`.
pub fn write_help(out: &mut dyn Write) -> io::Result<()> {
    for (name, argument, does) in DOT_COMMANDS {
        writeln!(out, "{:<21} {does}", format!("{name} {argument}"))?;
    }
    writeln!(out, "\nA statement ends with `;`, for instance: kn[lang=en] & kn[lang=zh] by layer;")?;
    out.flush()
}

/// A file name may be quoted, to hold spaces at its ends.
fn unquoted(argument: &str) -> &str {
    ['"', '\''].into_iter().find_map(|quote| argument.strip_prefix(quote)?.strip_suffix(quote)).unwrap_or(argument)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_of_the_help_is_read() {
        for (name, argument, _) in DOT_COMMANDS {
            let example = match *argument {
                "on|off" => "on",
                "[MODE]" => "csv",
                "" => "",
                "[set …]" => "set l en",
                _ => "something",
            };
            let line = format!("{name} {example}");
            assert!(DotCommand::parse(&line).is_ok(), "{line}");
        }
    }

    #[test]
    fn file_names_may_be_quoted_and_a_semicolon_does_no_harm() {
        let read = |line| DotCommand::parse(line).expect("a dot command");
        assert_eq!(read(".read 'a b.knq';"), DotCommand::Read("a b.knq".into()));
        assert_eq!(read(".READ a b.knq"), DotCommand::Read("a b.knq".into()));
        assert_eq!(read(".exit"), DotCommand::Quit);
        assert_eq!(read(".output stdout"), DotCommand::Output(None));
        assert_eq!(read(".labels -"), DotCommand::Labels(None));
    }

    #[test]
    fn mistakes_say_what_was_found_and_expected() {
        let told = |line| DotCommand::parse(line).expect_err("a mistake").to_string();
        assert_eq!(told(".timer maybe"), ".timer takes on or off, not \"maybe\"");
        assert_eq!(told(".read"), ".read takes a file, not nothing");
        assert_eq!(told(".quit now"), ".quit takes nothing, not \"now\"");
        assert_eq!(told(".mod csv"), "there is no dot command .mod");
        let hint = DotCommand::parse(".mod csv").expect_err("a mistake").hint();
        assert_eq!(hint.as_deref(), Some("did you mean .mode? `.help` lists all"));
    }
}
