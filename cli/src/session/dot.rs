//! Dot commands: what they are called, what they take, and how a line is read as one.

use std::io::{self, Write};
use std::path::PathBuf;

use super::parameters::ParameterCommand;
use crate::error::{CliError, Result};
use crate::output::Mode;

/// A dot command with its argument and what it does.
type Described = (&'static str, &'static str, &'static str);

/// Every dot command, in the groups and the order of `.help`.
const GROUPS: &[(&str, &[Described])] = &[
    (
        "What there is",
        &[
            (".runs", "", "list the runs"),
            (".schema", "", "list what statements can name: languages, relations, runs, saved sets"),
            (
                ".describe",
                "[STATEMENT]",
                "the columns of an answer, with an example; without one, what the store holds",
            ),
        ],
    ),
    (
        "Which store, and what is meant",
        &[
            (".open", "DB", "another store, in the place of this one"),
            (".attach", "DB NAME", "a store beside this one, for reading: `NAME::kn`; as `attach 'DB' as NAME;`"),
            (".detach", "NAME", "forget it; as `detach NAME;`"),
            (".stores", "", "list the store that is open, and those beside it"),
            (".refresh", "", "read the catalogue anew; commits of others are seen without it"),
            (".run", "[NAME|-]", "the run meant where a statement names none; - for none"),
            (".labels", "CODE|-", "language of labels; - for English, else any"),
            (".parameter", "[set …]", "values of $name: set NAME VALUE; several VALUEs are a list; list, clear"),
        ],
    ),
    (
        "How results look",
        &[
            (".mode", "[MODE]", "table, box, csv, tsv, json, jsonl, markdown, line"),
            (".headers", "on|off", "header of table, box, csv and tsv"),
            (".maxrows", "N|off", "on a terminal only the first and the last of more than N rows; 0 is off"),
            (".width", "[N …]", "widths of the columns of tables, 0 for as wide as it is; without any, of all"),
            (".maxwidth", "N|off", "cells of a line of a table; without it those of the terminal; 0 is off"),
            (".timer", "on|off", "tell the time each statement took"),
        ],
    ),
    (
        "Where from, where to",
        &[
            (".read", "FILE", "run a script"),
            (".output", "[FILE]", "where results go: FILE, written anew, or back to standard output"),
            (".once", "FILE", "the next result goes to FILE"),
        ],
    ),
    (
        "The shell",
        &[
            (".show", "", "these settings as they are"),
            (".help", "", "list these commands"),
            (".quit", "", "leave; .exit and Ctrl-D too"),
        ],
    ),
];

/// Every dot command, in the order of `.help`.
pub fn dot_commands() -> impl Iterator<Item = Described> + Clone {
    GROUPS.iter().flat_map(|(_, commands)| commands.iter().copied())
}

/// A dot command, read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DotCommand {
    /// `.help`
    Help,
    /// `.mode`: set it, or tell it.
    Mode(Option<Mode>),
    /// `.headers`
    Headers(bool),
    /// `.maxrows`: how many; `None` for all.
    MaxRows(Option<usize>),
    /// `.width`: of each column; 0 for as wide as it is.
    Width(Vec<usize>),
    /// `.maxwidth`: of a line; `None` for as many as it needs.
    MaxWidth(Option<usize>),
    /// `.output`: a file, or where results went at first.
    Output(Option<PathBuf>),
    /// `.once`
    Once(PathBuf),
    /// `.open`
    Open(PathBuf),
    /// `.attach`: a store's folder, and the name it is asked by.
    Attach(PathBuf, String),
    /// `.detach`
    Detach(String),
    /// `.stores`
    Stores,
    /// `.read`
    Read(PathBuf),
    /// `.run`: set it, or tell it.
    Run(Option<String>),
    /// `.labels`
    Labels(Option<String>),
    /// `.parameter`
    Parameter(ParameterCommand),
    /// `.describe`: a statement, or the store.
    Describe(Option<String>),
    /// `.runs`
    Runs,
    /// `.schema`
    Schema,
    /// `.show`
    Show,
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
        let name = name.to_ascii_lowercase();
        let argument = if name == ".describe" { argument.trim() } else { unquoted(argument.trim()) };
        if name == ".exit" {
            return Self::read(".quit", argument);
        }
        let Some((name, ..)) = dot_commands().find(|(known, ..)| *known == name) else {
            let known = dot_commands().map(|(known, ..)| known);
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
        let count = argument.parse::<usize>().ok();
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
            (".maxrows" | ".maxwidth", _) => match (switch, count) {
                (Some(false), _) | (_, Some(0)) if name == ".maxrows" => Self::MaxRows(None),
                (Some(false), _) | (_, Some(0)) => Self::MaxWidth(None),
                (_, Some(count)) if name == ".maxrows" => Self::MaxRows(Some(count)),
                (_, Some(count)) => Self::MaxWidth(Some(count)),
                _ => return wrong("a number, or off"),
            },
            (".width", list) => {
                let widths = list.split([' ', ',']).filter(|width| !width.is_empty()).map(str::parse);
                match widths.collect::<std::result::Result<Vec<usize>, _>>() {
                    Ok(widths) => Self::Width(widths),
                    Err(_) => return wrong("a number for each column"),
                }
            }
            (".output", "" | "stdout") => Self::Output(None),
            (".output", path) => Self::Output(Some(at_home(path))),
            (".once" | ".read", "") => return wrong("a file"),
            (".once", path) => Self::Once(at_home(path)),
            (".read", path) => Self::Read(at_home(path)),
            (".open", "") => return wrong("a store"),
            (".open", path) => Self::Open(at_home(path)),
            (".attach", both) => match stores_name(both) {
                Some((path, name)) => Self::Attach(at_home(unquoted(path)), name.to_owned()),
                None => return wrong("a store and a name"),
            },
            (".detach", "") => return wrong("the name of an attached store"),
            (".detach", name) => Self::Detach(name.to_owned()),
            (".run", "") => Self::Run(None),
            (".run", run) => Self::Run(Some(run.to_owned())),
            (".labels", "") => return wrong("a language or -"),
            (".labels", _) => Self::Labels(unless_dash()),
            (".parameter", _) => match ParameterCommand::parse(argument) {
                Ok(command) => Self::Parameter(command),
                Err(expected) => return wrong(expected),
            },
            (".describe", statement) => {
                Self::Describe(Some(statement).filter(|text| !text.is_empty()).map(str::to_owned))
            }
            (_, some) if !some.is_empty() => return wrong("nothing"),
            (".help", _) => Self::Help,
            (".runs", _) => Self::Runs,
            (".schema", _) => Self::Schema,
            (".stores", _) => Self::Stores,
            (".show", _) => Self::Show,
            (".refresh", _) => Self::Refresh,
            _ => Self::Quit,
        })
    }
}

/// What a line without a dot is, where no statement begins with its first word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Undotted {
    /// A dot command that is understood without its dot: it is what people type first, and can mean nothing else.
    Understood(String),
    /// A dot command that lacks its dot, with the name it has.
    LacksDot(&'static str),
    /// A command of other shells.
    Elsewhere(&'static str),
}

/// Understood without a dot.
const UNDERSTOOD: [&str; 4] = ["help", "quit", "exit", "describe"];

/// Words of other shells, and what to do here.
const ELSEWHERE: [(&str, &str); 2] = [
    (
        "use",
        "`.open DB` opens another store, `attach 'DB' as name;` one beside it, `.run NAME` says which run is meant",
    ),
    ("show", "`.runs` and `.schema` list what there is, `.show` the settings of the shell"),
];

/// What a line is that is no statement for want of a dot. Of lines like `run = …`, which are mistakes of the language, nothing.
pub fn undotted(line: &str) -> Option<Undotted> {
    let line = line.trim().trim_end_matches(';').trim_end();
    let (word, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
    let is = |known: &str| known.eq_ignore_ascii_case(word);
    if rest.trim_start().starts_with(['=', '[', '&', '|']) {
        return None;
    }
    if let Some(word) = UNDERSTOOD.into_iter().find(|known| is(known)) {
        // Of `help entries` the help is what there is.
        let command = if word == "help" { ".help".to_owned() } else { format!(".{word} {rest}").trim_end().to_owned() };
        let takes = matches!(word, "describe" | "help") || rest.is_empty();
        return takes.then_some(Undotted::Understood(command));
    }
    if let Some((_, instead)) = ELSEWHERE.into_iter().find(|(known, _)| is(known)) {
        return Some(Undotted::Elsewhere(instead));
    }
    // These are statements.
    let begins = ["attach", "detach"].into_iter().any(is);
    let (name, argument, _) = dot_commands().find(|(name, ..)| is(&name[1..]) && !begins)?;
    let fits = rest.is_empty() || (!argument.is_empty() && !rest.trim_start().starts_with('('));
    fits.then_some(Undotted::LacksDot(name))
}

/// The error for a line that lacks its dot.
pub fn needs_dot(line: &str, command: &str) -> CliError {
    let start = line.len() - line.trim_start().len();
    let rest = line[start + command.len() - 1..].trim_end().trim_end_matches(';').trim_end();
    no_statement(line, format!("commands of the shell begin with a dot: `{command}{rest}`"))
}

/// The error for a line whose first word begins no statement.
pub fn no_statement(line: &str, hint: String) -> CliError {
    let start = line.len() - line.trim_start().len();
    let word = line[start..].find(|c: char| c.is_whitespace() || c == ';').map_or(line.len(), |end| start + end);
    let span = kndb_query::Span::new(start, word);
    let error = kndb_query::QueryError::name(span, format!("expected a set, found `{}`", &line[start..word]));
    CliError::Query { error: Box::new(error.hint(hint)), statement: crate::error::StatementText::default() }
}

/// Whether the argument of a dot command is a path.
pub fn takes_path(command: &str) -> bool {
    matches!(command, ".read" | ".output" | ".once" | ".open" | ".attach")
}

/// Writes the text of `.help`, for lines of so many cells, with a statement as an example.
pub fn write_help(line: usize, sample: &str, out: &mut dyn Write) -> io::Result<()> {
    let names = dot_commands().map(|(name, argument, _)| name.len() + argument.chars().count() + 1);
    let names = names.max().unwrap_or(0) + 2;
    for (group, commands) in GROUPS {
        writeln!(out, "{group}")?;
        for (name, argument, does) in *commands {
            let mut head = format!("  {name} {argument}");
            for does in wrapped(does, line.saturating_sub(names + 2).max(20)) {
                writeln!(out, "{head:<names$}  {does}")?;
                head.clear();
            }
        }
    }
    writeln!(out, "\nA statement ends with `;`, for instance:\n  {sample}")?;
    out.flush()
}

/// A text in lines of so many characters, parted at its spaces.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        match lines.last_mut() {
            Some(line) if line.is_empty() => line.push_str(word),
            Some(line) if line.chars().count() + 1 + word.chars().count() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

/// A path and the name behind it, with or without `as` between them.
fn stores_name(argument: &str) -> Option<(&str, &str)> {
    let (path, name) = argument.rsplit_once(char::is_whitespace)?;
    let path = path.trim_end();
    let path = match path.rsplit_once(char::is_whitespace) {
        Some((path, word)) if word.eq_ignore_ascii_case("as") => path.trim_end(),
        _ => path,
    };
    Some((path, name))
}

/// A file name may be quoted, to hold spaces at its ends.
fn unquoted(argument: &str) -> &str {
    ['"', '\''].into_iter().find_map(|quote| argument.strip_prefix(quote)?.strip_suffix(quote)).unwrap_or(argument)
}

/// A path, with the home folder for `~`: here no shell has put it in.
pub(super) fn at_home(path: &str) -> PathBuf {
    match (path.strip_prefix("~/"), std::env::home_dir()) {
        (Some(rest), Some(home)) => home.join(rest),
        _ => path.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::Language;

    #[test]
    fn every_command_of_the_help_is_read() {
        for (name, argument, _) in dot_commands() {
            let example = match argument {
                "on|off" => "on",
                "[MODE]" => "csv",
                "N|off" | "[N …]" => "40",
                "" => "",
                "[set …]" => "set l en",
                "DB NAME" => "some thing",
                _ => "something",
            };
            let line = format!("{name} {example}");
            assert!(DotCommand::parse(&line).is_ok(), "{line}");
        }
    }

    #[test]
    fn the_help_is_no_wider_than_its_lines() {
        for width in [60, 80, 100] {
            let mut out = Vec::new();
            write_help(width, Language::default().sample(), &mut out).expect("to memory");
            let text = String::from_utf8(out).expect("UTF-8");
            assert!(text.lines().all(|line| line.chars().count() <= width), "{text}");
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
        assert_eq!(read(".describe kn[subject=\"日本\"];"), DotCommand::Describe(Some("kn[subject=\"日本\"]".into())));
    }

    #[test]
    fn a_store_is_attached_by_its_path_and_a_name() {
        let read = |line| DotCommand::parse(line).expect("a dot command");
        let attach = |path: &str| DotCommand::Attach(path.into(), "b".into());
        assert_eq!(read(".attach other.kndb b"), attach("other.kndb"));
        assert_eq!(read(".attach 'my other.kndb' AS b;"), attach("my other.kndb"));
        assert_eq!(read(".attach my other.kndb b"), attach("my other.kndb"));
        let told = |line| DotCommand::parse(line).expect_err("a mistake").to_string();
        assert_eq!(told(".attach other.kndb"), ".attach takes a store and a name, not \"other.kndb\"");
        assert_eq!(told(".detach"), ".detach takes the name of an attached store, not nothing");
    }

    #[test]
    fn numbers_may_be_switched_off() {
        let read = |line| DotCommand::parse(line).expect("a dot command");
        assert_eq!(read(".maxrows 40"), DotCommand::MaxRows(Some(40)));
        assert_eq!(read(".maxrows off"), DotCommand::MaxRows(None));
        assert_eq!(read(".maxrows 0"), DotCommand::MaxRows(None));
        assert_eq!(read(".maxwidth 60"), DotCommand::MaxWidth(Some(60)));
        assert_eq!(read(".width 10 0, 20"), DotCommand::Width(vec![10, 0, 20]));
        assert_eq!(read(".width"), DotCommand::Width(Vec::new()));
    }

    #[test]
    fn mistakes_say_what_was_found_and_expected() {
        let told = |line| DotCommand::parse(line).expect_err("a mistake").to_string();
        assert_eq!(told(".timer maybe"), ".timer takes on or off, not \"maybe\"");
        assert_eq!(told(".read"), ".read takes a file, not nothing");
        assert_eq!(told(".open"), ".open takes a store, not nothing");
        assert_eq!(told(".maxrows few"), ".maxrows takes a number, or off, not \"few\"");
        assert_eq!(told(".maxrows on"), ".maxrows takes a number, or off, not \"on\"");
        assert_eq!(told(".width -3"), ".width takes a number for each column, not \"-3\"");
        assert_eq!(told(".quit now"), ".quit takes nothing, not \"now\"");
        assert_eq!(told(".mod csv"), "there is no dot command .mod");
        let hint = DotCommand::parse(".mod csv").expect_err("a mistake").hint();
        assert_eq!(hint.as_deref(), Some("did you mean .mode? `.help` lists all"));
    }

    #[test]
    fn what_people_type_first_needs_no_dot() {
        let understood = |line: &str| Some(Undotted::Understood(line.into()));
        assert_eq!(undotted("help;"), understood(".help"));
        assert_eq!(undotted("help entries"), understood(".help"));
        assert_eq!(undotted("  EXIT"), understood(".exit"));
        assert_eq!(undotted("describe kn by layer;"), understood(".describe kn by layer"));
        assert_eq!(undotted("mode csv"), Some(Undotted::LacksDot(".mode")));
        assert!(matches!(undotted("use other.kndb"), Some(Undotted::Elsewhere(_))));
        for statement in [
            "attach other.kndb as b",
            "detach b",
            "kn by layer",
            "facts of kn",
            "run=first",
            "run = first",
            "quit now",
            "runs now",
        ] {
            assert_eq!(undotted(statement), None, "{statement}");
        }
    }
}
