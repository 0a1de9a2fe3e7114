//! What was probably meant by a command line that clap refuses: its own guesses go by spelling alone.

use std::path::Path;

use clap::error::{ContextKind, ContextValue, Error, ErrorKind};

/// Options of other programs, or of another command of kndb: the command (`""`: any), the options, what to write instead.
const MEANT: &[(&str, &[&str], &str)] = &[
    (
        "query",
        &["--format", "--output-format"],
        "--mode sets how results are written: table, csv, tsv, json, jsonl, markdown or line",
    ),
    (
        "query",
        &["--json", "--csv", "--tsv", "--jsonl", "--markdown", "--table"],
        "results are written so with --mode, as in `-m json`",
    ),
    (
        "query",
        &["-o", "--output", "--out"],
        "results go to standard output: write `> FILE` after the command, or `.output FILE` in a script",
    ),
    (
        "query",
        &["--lang", "--langs", "--language"],
        "languages are part of the statement, as in \"kn[lang=en]\"; --labels chooses the language of labels",
    ),
    (
        "query",
        &["--relation", "--relations", "--tau", "--layer", "--layers", "--prompt", "--fact", "--subject", "--where"],
        "conditions are part of the statement, as in \"kn[relation=P36, tau=0.3]\"",
    ),
    ("query", &["--limit", "--top", "-n"], "`top` is part of the statement, as in \"kn by neuron top 10\""),
    (
        "query",
        &["-q", "--query", "--execute", "-e", "--sql"],
        "the statement follows the store, or -c: `kndb query DB \"kn by layer\"`",
    ),
    (
        "import",
        &["--langs", "--language"],
        "one language is given to an import: --lang CODE; files may name more themselves",
    ),
    ("import", &["--shape"], "the shape is given as --layers N --width N"),
    ("import", &["--name"], "the run is named by --run NAME"),
    ("facts", &["--langs", "--language"], "one language is given to files that name none: --lang CODE"),
    ("facts", &["--run"], "facts belong to no run; `kndb import` takes scores, with --run NAME"),
    ("attribute", &["--gpu", "--cuda"], "--device cuda:0, in a build with libtorch"),
    ("attribute", &["--lang", "--language"], "--langs takes one language or several, as in `--langs en,zh`"),
    ("attribute", &["--relation"], "--relations takes one relation or several, as in `--relations P36,P19`"),
    (
        "attribute",
        &["--batch-size", "--batch_size"],
        "--batch N is the number of points of one pass, --threads N that of facts at a time",
    ),
    ("attribute", &["--name"], "the run is named by --run NAME"),
    ("", &["--db", "--store", "--database"], "the store's folder comes without an option, before everything else"),
    ("", &["--verbose", "-v"], "what there is to say is said; --quiet leaves it out where a command has it"),
    ("", &["--no-color", "--no-colour", "--colour"], "--color never, or NO_COLOR=1"),
];

/// The error with what was probably meant, where that is known. `line` is the command line without the program's name.
pub fn explained(mut error: Error, line: &[String]) -> Error {
    let Some(meant) = meant(&error, line) else { return error };
    // clap's guesses would stand beside it and contradict it.
    for kind in [ContextKind::SuggestedArg, ContextKind::SuggestedValue, ContextKind::SuggestedSubcommand] {
        error.remove(kind);
    }
    error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![meant.into()]));
    error
}

fn meant(error: &Error, line: &[String]) -> Option<String> {
    let mut words = line.iter().filter(|word| !word.starts_with('-'));
    let command = words.next()?;
    if error.kind() == ErrorKind::MissingRequiredArgument {
        // Of files alone the first was taken for the store.
        let first = words.next().filter(|word| Path::new(word).is_file())?;
        return Some(format!("{first} is a file; the store's folder comes before it: `kndb {command} DB {first}`"));
    }
    if error.kind() != ErrorKind::UnknownArgument {
        return None;
    }
    let Some(ContextValue::String(found)) = error.get(ContextKind::InvalidArg) else { return None };
    if found.starts_with('-') {
        let option = found.split('=').next().unwrap_or(found);
        let row = MEANT.iter().find(|(of, options, _)| (of.is_empty() || of == command) && options.contains(&option));
        return row.map(|(_, _, meant)| (*meant).to_owned());
    }
    if command != "query" {
        return None;
    }
    // The shell took the statement apart at its spaces.
    let words: Vec<&str> = line.iter().map(String::as_str).skip_while(|word| *word != "query").skip(1).collect();
    let (store, statement) = words.split_first()?;
    let statement: Vec<&str> = statement.iter().copied().take_while(|word| !word.starts_with("--")).collect();
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
        for (of, options, _) in MEANT {
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

    #[test]
    fn what_is_not_known_is_left_to_clap() {
        let told = told("query db --mod csv");
        assert!(told.contains("'--mode'"), "{told}");
    }
}
