//! `kndb DB …`: a store where a command is expected is asked, as by `kndb query DB …`.
//!
//! A word that is a command is that command, whatever lies in the folder: `./info` names a store of that name.

use std::ffi::OsString;

use clap::{ArgAction, Command, CommandFactory};
use kndb_storage::Store;

use super::Cli;

/// The command line, with `query` put in where a store stands in the place of the command.
pub fn with_command(mut line: Vec<OsString>) -> Vec<OsString> {
    let cli = Cli::command();
    if first(&line, &cli).is_some_and(|word| !is_command(&cli, word) && Store::looks_like_one(word)) {
        line.insert(1, "query".into());
    }
    line
}

/// The first word that is neither an option nor the value of one; options are those of `query`.
fn first<'l>(line: &'l [OsString], cli: &Command) -> Option<&'l OsString> {
    let mut words = line.iter().skip(1);
    while let Some(word) = words.next() {
        let text = word.to_string_lossy();
        if text == "--" {
            return words.next();
        }
        if !text.starts_with('-') {
            return Some(word);
        }
        if takes_next(cli, &text) {
            words.next();
        }
    }
    None
}

/// Whether an option has its value in the next word: `-m csv`, not `-mcsv` or `--mode=csv`.
fn takes_next(cli: &Command, option: &str) -> bool {
    let query = cli.find_subcommand("query").into_iter().flat_map(Command::get_arguments);
    let mut arguments = cli.get_arguments().chain(query);
    arguments.any(|argument| {
        let long = argument.get_long().is_some_and(|name| option.strip_prefix("--") == Some(name));
        let short =
            argument.get_short().is_some_and(|name| option.strip_prefix('-') == Some(name.to_string().as_str()));
        (long || short) && matches!(argument.get_action(), ArgAction::Set | ArgAction::Append)
    })
}

fn is_command(cli: &Command, word: &OsString) -> bool {
    word.to_str().is_some_and(|word| word == "help" || cli.find_subcommand(word).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given(line: &str) -> String {
        let line = with_command(line.split(' ').map(OsString::from).collect());
        line.iter().map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn a_store_in_the_place_of_the_command_is_asked() {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("KNDB"), "").expect("a file");
        let db = folder.path().display();
        for (line, expected) in [
            (format!("kndb {db}"), format!("kndb query {db}")),
            (format!("kndb {db} kn -m csv"), format!("kndb query {db} kn -m csv")),
            (format!("kndb --color never -m csv {db} kn"), format!("kndb query --color never -m csv {db} kn")),
            (format!("kndb --read-only {db}"), format!("kndb query --read-only {db}")),
            (format!("kndb -mcsv {db}"), format!("kndb query -mcsv {db}")),
        ] {
            assert_eq!(given(&line), expected);
        }
        for line in [
            format!("kndb info {db}"),
            format!("kndb query {db}"),
            format!("kndb --color always info {db}"),
            format!("kndb inof {db}"),
            format!("kndb help {db}"),
            "kndb nowhere.kndb".into(),
            "kndb --help".into(),
            "kndb".into(),
        ] {
            assert_eq!(given(&line), line);
        }
    }
}
