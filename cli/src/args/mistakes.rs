//! What was probably meant by a command line that clap refuses: its own guesses go by spelling alone.

mod tables;

use std::path::Path;

use clap::CommandFactory;
use clap::builder::StyledStr;
use clap::error::{ContextKind, ContextValue, Error, ErrorKind};

use super::Cli;
use tables::{COMMANDS, LISTS, OPTIONS};

/// The error with what was probably meant, where that is known. `line` is the command line without the program's name.
pub fn explained(mut error: Error, line: &[String]) -> Error {
    let Some(meant) = meant(&error, line) else {
        if error.kind() == ErrorKind::UnknownArgument {
            // "To pass it as a value, use --": nobody means that.
            error.remove(ContextKind::Suggested);
        }
        return error;
    };
    if error.get(ContextKind::SuggestedArg).is_some()
        && let Some(usage) = usage(line)
    {
        // In the usage, too, stands the option that was guessed.
        error.insert(ContextKind::Usage, ContextValue::StyledStr(usage));
    }
    // clap's guesses would stand beside it and contradict it.
    for kind in [ContextKind::SuggestedArg, ContextKind::SuggestedValue, ContextKind::SuggestedSubcommand] {
        error.remove(kind);
    }
    error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![meant.into()]));
    error
}

/// How the command of a line is used, whatever was given to it.
fn usage(line: &[String]) -> Option<StyledStr> {
    let mut cli = Cli::command();
    cli.build();
    let name = line.iter().find(|word| !word.starts_with('-'))?;
    Some(cli.find_subcommand_mut(name)?.render_usage())
}

fn meant(error: &Error, line: &[String]) -> Option<String> {
    let mut words = line.iter().map(String::as_str).filter(|word| !word.starts_with('-'));
    let command = words.next()?;
    let found = |kind| match error.get(kind) {
        Some(ContextValue::String(found)) => Some(found.as_str()),
        _ => None,
    };
    match error.kind() {
        ErrorKind::InvalidSubcommand => {
            let found = found(ContextKind::InvalidSubcommand)?;
            let word = found.to_ascii_lowercase();
            let row = COMMANDS.iter().find(|(names, _)| names.contains(&word.as_str()));
            row.map(|(_, meant)| (*meant).to_owned()).or_else(|| no_store(found))
        }
        ErrorKind::MissingRequiredArgument => missing(command, line, words.next()),
        ErrorKind::UnknownArgument => {
            let found = found(ContextKind::InvalidArg)?;
            if found.starts_with('-') { option(command, line, found) } else { position(command, line, found) }
        }
        _ => None,
    }
}

/// A path where a command or a store is expected, and there is no store.
fn no_store(word: &str) -> Option<String> {
    let path = Path::new(word);
    let what = if path.is_file() { "a file" } else { "a folder" };
    if path.exists() {
        return Some(format!("{word} is {what}, and no store: `kndb DB` opens one, in whose folder a file KNDB lies"));
    }
    let is_path = word.contains(std::path::MAIN_SEPARATOR) || path.extension().is_some();
    is_path.then(|| format!("there is no store {word}; `kndb init {word}` makes an empty one"))
}

/// A required argument is missing: an option or a file has taken its place, mostly.
fn missing(command: &str, line: &[String], first: Option<&str>) -> Option<String> {
    let has_value = |option: &str| line.iter().any(|word| word == option || word.starts_with(&format!("{option}=")));
    if command == "probe" && has_value("--model") && has_value("--fact") {
        return Some(
            "say which neurons are changed, as in --suppress 'kn[lang=en]' or --suppress 'neurons(9:852)'".into(),
        );
    }
    let first = first?;
    let path = Path::new(first);
    let is_store = path.join("KNDB").is_file();
    if let [.., option, last] = line
        && option.starts_with('-')
        && last == first
        && is_store
    {
        return Some(format!(
            "{first} is taken for the value of {option}; the store comes first: `kndb {command} {first} …`"
        ));
    }
    // Of files alone the first was taken for the store.
    let what = if path.is_file() { "file" } else { "folder, and no store" };
    ((path.is_file() || path.is_dir()) && !is_store && !matches!(command, "init" | "demo"))
        .then(|| format!("{first} is a {what}; the store's folder comes before it: `kndb {command} DB {first}`"))
}

/// An option that the command does not have.
fn option(command: &str, line: &[String], found: &str) -> Option<String> {
    let option = found.split('=').next().unwrap_or(found);
    let row = OPTIONS.iter().find(|(of, options, _)| (of.is_empty() || *of == command) && options.contains(&option));
    if let Some((_, _, meant)) = row {
        return Some((*meant).to_owned());
    }
    // clap names a negative number by its first digit.
    let at =
        line.iter().position(|word| word.starts_with(found) && word[1..].starts_with(|c: char| c.is_ascii_digit()))?;
    let before = at.checked_sub(1).and_then(|before| line.get(before)).filter(|word| word.starts_with("--"))?;
    Some(format!("{before} takes no negative number, found {}", line[at]))
}

/// A further argument, which nothing takes.
fn position(command: &str, line: &[String], found: &str) -> Option<String> {
    let at = line.iter().rposition(|word| word == found)?;
    let begin = line[..at].iter().rposition(|word| word.starts_with('-'));
    if let Some(option) = begin.map(|begin| &line[begin]).filter(|option| LISTS.contains(&option.as_str())) {
        let values = line[begin? + 1..].iter().take_while(|word| !word.starts_with('-'));
        let values: Vec<&str> = values.map(|value| value.trim_end_matches(',')).collect();
        return Some(format!("several values are written with commas and no blanks: `{option} {}`", values.join(",")));
    }
    let path = Path::new(found);
    let ends_in =
        |ends: &[&str]| path.extension().is_some_and(|end| ends.iter().any(|it| end.eq_ignore_ascii_case(it)));
    match command {
        "query" => Some(statement(line, found)?),
        "plot" if ends_in(&["svg", "png"]) => Some(format!("a picture is written with -o: `-o {found}`")),
        "report" if ends_in(&["html", "htm"]) => Some(format!("the page is written with -o: `-o {found}`")),
        "report" => Some(format!("the page is written with -o, a run chosen with --run: `--run {found}`")),
        "probe" if !path.exists() && found.contains('/') => Some(format!("the fact is given as `--fact '{found}'`")),
        "attribute" | "trace" | "dkn" | "probe" | "edit" | "edit-study" | "fact-check" | "arena" | "edit-bench"
        | "activations"
            if path.is_dir() || !found.contains(',') =>
        {
            Some(format!("the model's folder is given with --model: `--model {found}`"))
        }
        _ => None,
    }
}

/// A statement of several arguments: the shell took it apart at its spaces, or there are two.
fn statement(line: &[String], found: &str) -> Option<String> {
    let words: Vec<&str> = line.iter().map(String::as_str).skip_while(|word| *word != "query").skip(1).collect();
    let (store, statement) = words.split_first()?;
    let statement: Vec<&str> = statement.iter().copied().take_while(|word| !word.starts_with("--")).collect();
    if found.contains(char::is_whitespace) {
        return Some(format!(
            "several statements are one argument, with `;` between: `kndb query {store} \"{}\"`",
            statement.join("; ")
        ));
    }
    Some(format!("a statement is one argument, in quotes: `kndb query {store} \"{}\"`", statement.join(" ")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::Cli;
    use clap::{CommandFactory, Parser};

    fn told(line: &str) -> String {
        let words: Vec<String> = line.split(' ').map(str::to_owned).collect();
        let error = Cli::try_parse_from([&["kndb".to_owned()], &words[..]].concat()).expect_err("a mistake");
        explained(error, &words).render().to_string()
    }

    #[test]
    fn every_option_of_the_table_is_unknown_to_its_command() {
        let cli = Cli::command();
        for (of, options, _) in OPTIONS {
            let commands = cli.get_subcommands().filter(|command| of.is_empty() || command.get_name() == *of);
            for command in commands {
                for argument in command.get_arguments() {
                    let long = argument.get_long().map(|name| format!("--{name}"));
                    let short = argument.get_short().map(|name| format!("-{name}"));
                    for name in [long, short].into_iter().flatten() {
                        assert!(!options.contains(&name.as_str()), "{name} of {}", command.get_name());
                    }
                }
            }
        }
    }

    #[test]
    fn options_of_other_programs_are_known_by_what_they_mean() {
        assert!(told("query db kn --format csv").contains("--mode sets how results are written"));
        assert!(told("query db kn --limit=3").contains("`top` is part of the statement"));
        assert!(told("import db f --db x").contains("without an option"));
    }

    #[test]
    fn an_unquoted_statement_is_put_in_quotes() {
        let told = told("query db kn by layer");
        assert!(told.contains("`kndb query db \"kn by layer\"`"), "{told}");
    }

    #[cfg(feature = "attribute")]
    #[test]
    fn values_of_a_list_are_one_argument() {
        assert!(told("attribute db --model m --langs en, zh").contains("`--langs en,zh`"));
        assert!(told("attribute db --langs en zh fr --model m").contains("`--langs en,zh,fr`"));
    }

    #[cfg(feature = "attribute")]
    #[test]
    fn negative_numbers_are_no_options() {
        for (option, number) in [("--limit", "-5"), ("--tau", "-0.3")] {
            let told = told(&format!("attribute db --model m {option} {number}"));
            assert!(told.contains(&format!("{option} takes no negative number, found {number}")), "{told}");
            assert!(!told.contains("use '--"), "{told}");
        }
    }

    #[test]
    fn a_path_without_a_store_is_told_for_what_it_is() {
        assert!(
            told("nowhere.kndb")
                .contains("there is no store nowhere.kndb; `kndb init nowhere.kndb` makes an empty one")
        );
        assert!(told("src/main.rs kn").contains("src/main.rs is a file, and no store"));
        assert!(told("inof db").contains("'info'"));
    }

    #[test]
    fn commands_of_other_programs_are_known_by_what_they_mean() {
        let cli = Cli::command();
        for (names, meant) in COMMANDS {
            for name in *names {
                assert!(cli.find_subcommand(name).is_none(), "{name}");
                assert!(told(&format!("{name} db")).contains(meant), "{name}");
            }
        }
    }

    #[test]
    fn what_is_not_known_is_left_to_clap() {
        let told = told("query db --mod csv");
        assert!(told.contains("'--mode'"), "{told}");
    }
}
