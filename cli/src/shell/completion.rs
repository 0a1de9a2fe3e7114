//! What the Tab key offers: what may stand at the cursor, as the query library knows it; dot commands, file names.

use std::cell::RefCell;

use kndb_query::Attached;
use kndb_query::complete::{self, Known, Labels, Names, matching};
use kndb_storage::Store;
use rustyline::Context;
use rustyline::completion::{Completer, FilenameCompleter, Pair};
use rustyline::highlight::Highlighter;
use rustyline::hint::Hinter;
use rustyline::validate::Validator;

use crate::output::Mode;
use crate::session::{dot_commands, takes_path};

/// The editor's helper: completion, and nothing else.
pub struct Helper {
    /// What there is to name.
    pub names: Names,
    /// The store whose labels are offered.
    pub store: Store,
    /// The stores that can be named beside it.
    attached: Attached,
    /// The lines of the statement before this one; while there are some, no dot command can begin.
    pub pending: String,
    labels: RefCell<Labels>,
    files: FilenameCompleter,
}

impl Helper {
    /// A helper that knows these names.
    pub fn new(names: Names, store: Store, attached: Attached) -> Self {
        let (labels, files) = (RefCell::default(), FilenameCompleter::new());
        Self { names, store, attached, pending: String::new(), labels, files }
    }

    /// Where the word at the end of `before` starts, and what it may become.
    fn offered(&self, before: &str) -> (usize, Vec<String>) {
        let known = Known { names: &self.names, store: &self.store, attached: &self.attached };
        complete::offered(&self.pending, before, known, &mut self.labels.borrow_mut())
    }
}

impl rustyline::Helper for Helper {}
impl Highlighter for Helper {}
impl Validator for Helper {}
impl Hinter for Helper {
    type Hint = String;
}

impl Completer for Helper {
    type Candidate = Pair;

    fn complete(&self, line: &str, cursor: usize, _: &Context<'_>) -> rustyline::Result<(usize, Vec<Pair>)> {
        let before = &line[..cursor];
        let trimmed = before.trim_start();
        let begins = self.pending.trim().is_empty();
        if begins
            && let Some((command, _)) = trimmed.split_once(char::is_whitespace)
            && takes_path(command)
        {
            return self.files.complete_path(line, cursor);
        }
        let (start, words) = match begins && trimmed.starts_with('.') {
            true => self.offered_after_dot(before),
            false => self.offered(before),
        };
        let pairs = words.into_iter().map(|word| Pair { display: word.clone(), replacement: word });
        Ok((start, pairs.collect()))
    }
}

impl Helper {
    /// The same for a dot command and its argument.
    fn offered_after_dot(&self, before: &str) -> (usize, Vec<String>) {
        let trimmed = before.trim_start();
        let Some((command, argument)) = trimmed.split_once(char::is_whitespace) else {
            let commands = words(dot_commands().map(|(name, ..)| name));
            return (before.len() - trimmed.len(), matching(trimmed, commands));
        };
        if command == ".describe" {
            let (start, words) = self.offered(argument);
            return (before.len() - argument.len() + start, words);
        }
        let argument = argument.trim_start();
        let candidates = match command {
            ".mode" => words(<Mode as clap::ValueEnum>::value_variants().iter().map(|mode| mode.name())),
            ".timer" | ".headers" => words(["on", "off"].into_iter()),
            ".maxrows" | ".maxwidth" => words(["off"].into_iter()),
            ".run" => self.names.runs.clone(),
            ".labels" => self.names.languages.clone(),
            ".detach" => self.attached.list().into_iter().map(|(name, _)| name).collect(),
            _ => Vec::new(),
        };
        (before.len() - argument.len(), matching(argument, candidates))
    }
}

fn words<'w>(words: impl Iterator<Item = &'w str>) -> Vec<String> {
    words.map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::testing::store_of;

    /// A helper on a store of two facts.
    struct Fixture {
        helper: Helper,
        _folder: tempfile::TempDir,
    }

    fn fixture() -> Fixture {
        let (store, folder) = store_of(&[("f1", "France", "Paris"), ("f2", "Côte d'Ivoire", "Yamoussoukro")]);
        let names = Names { runs: vec!["bert".into()], ..Names::of(&store.snapshot().expect("a snapshot")) };
        Fixture { helper: Helper::new(names, store, Attached::default()), _folder: folder }
    }

    fn completed(helper: &Helper, before: &str) -> (usize, Vec<String>) {
        let history = rustyline::history::DefaultHistory::new();
        let (start, pairs) = helper.complete(before, before.len(), &Context::new(&history)).expect("completion");
        (start, pairs.into_iter().map(|pair| pair.replacement).collect())
    }

    fn offered(before: &str) -> Vec<String> {
        completed(&fixture().helper, before).1
    }

    #[test]
    fn statements_are_completed_with_what_the_store_has() {
        assert_eq!(offered("kn by layer o"), ["order"]);
        assert_eq!(offered("kn[run="), ["bert"]);
        assert_eq!(offered("kn[relation="), ["P36", "capital"]);
        assert_eq!(offered("facts[subject=\"Côte d"), ["\"Côte d'Ivoire\""]);
    }

    #[test]
    fn a_statement_goes_on_over_lines() {
        let mut fixture = fixture();
        fixture.helper.pending = "kn[lang=en]\n".into();
        assert_eq!(completed(&fixture.helper, "by la").1, ["lang", "layer"]);
        let (start, words) = completed(&fixture.helper, ".ru");
        assert_eq!((start, words.len()), (1, 0));
    }

    #[test]
    fn dot_commands_and_their_arguments() {
        assert_eq!(offered(".ru"), [".run", ".runs"]);
        assert_eq!(offered(" .mode js"), ["json", "jsonl"]);
        assert_eq!(offered(".run b"), ["bert"]);
        assert_eq!(offered(".timer "), ["off", "on"]);
        assert_eq!(offered(".describe kn by la"), ["lang", "layer"]);
    }
}
