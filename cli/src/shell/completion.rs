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
    /// What answers SQL, where statements are of SQL.
    #[cfg(feature = "sql")]
    pub sql: Option<std::sync::Arc<kndb_sql::Sql>>,
    labels: RefCell<Labels>,
    files: FilenameCompleter,
}

impl Helper {
    /// A helper that knows these names.
    pub fn new(names: Names, store: Store, attached: Attached) -> Self {
        let (labels, files) = (RefCell::default(), FilenameCompleter::new());
        Self {
            names,
            store,
            attached,
            pending: String::new(),
            #[cfg(feature = "sql")]
            sql: None,
            labels,
            files,
        }
    }

    /// Where the word at the end of `before` starts, and what it may become.
    fn offered(&self, before: &str) -> (usize, Vec<String>) {
        self.offered_after(&self.pending, before)
    }

    /// The same with other lines before it.
    fn offered_after(&self, pending: &str, before: &str) -> (usize, Vec<String>) {
        let known = Known { names: &self.names, store: &self.store, attached: &self.attached };
        complete::offered(pending, before, known, &mut self.labels.borrow_mut())
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
            #[cfg(feature = "sql")]
            false if self.sql.is_some() => self.offered_in_sql(line, cursor),
            false => self.offered(before),
        };
        let pairs = words.into_iter().map(|word| Pair { display: word.clone(), replacement: word });
        Ok((start, pairs.collect()))
    }
}

#[cfg(feature = "sql")]
impl Helper {
    /// What may stand at the cursor of a statement of SQL.
    fn offered_in_sql(&self, line: &str, cursor: usize) -> (usize, Vec<String>) {
        use kndb_sql::Offered;
        let Some(sql) = &self.sql else { return (cursor, Vec::new()) };
        let before = format!("{}{}", self.pending, &line[..cursor]);
        let in_line = |at: usize| at.saturating_sub(self.pending.len());
        match sql.offers(&before, &line[cursor..]) {
            Offered::Words(start, words) => (in_line(start), words),
            Offered::Own(statement) => {
                let (start, words) = self.offered_after("", &statement);
                let typed = doubled(&statement[start..]);
                (cursor - typed.len(), words.iter().map(|word| doubled(word)).collect())
            }
            Offered::Value { column, start } => {
                let text = before[start..].replace("''", "'");
                let known = match column.as_str() {
                    "run" => self.names.runs.clone(),
                    "lang" => self.names.languages.clone(),
                    "relation" => self.names.relations.clone(),
                    "subject" | "object" => self.labels.borrow_mut().beginning(&self.store, column == "subject", &text),
                    _ => Vec::new(),
                };
                let words = matching(&text, known);
                (in_line(start), words.iter().map(|word| format!("{}'", doubled(word))).collect())
            }
        }
    }
}

/// As it stands in a text of SQL.
#[cfg(feature = "sql")]
fn doubled(text: &str) -> String {
    text.replace('\'', "''")
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

    #[cfg(feature = "sql")]
    #[test]
    fn statements_of_sql_have_their_own() {
        let mut fixture = fixture();
        let sql = kndb_sql::Sql::new(&fixture.helper.store, kndb_sql::Settings::default()).expect("SQL");
        fixture.helper.names.languages = vec!["en".into(), "zh".into()];
        fixture.helper.sql = Some(std::sync::Arc::new(sql));
        let history = rustyline::history::DefaultHistory::new();
        let complete = |helper: &Helper, line: &str, cursor: usize| {
            let (start, pairs) = helper.complete(line, cursor, &Context::new(&history)).expect("completion");
            let words = pairs.into_iter().map(|pair| pair.replacement);
            words.map(|word| format!("{}{word}{}", &line[..start], &line[cursor..])).collect::<Vec<_>>()
        };
        let at_end = |helper: &Helper, line: &str| complete(helper, line, line.len());
        assert_eq!(at_end(&fixture.helper, "SELECT * FROM sc"), ["SELECT * FROM scores"]);
        assert_eq!(complete(&fixture.helper, "SELECT sh FROM scores", 9), ["SELECT share FROM scores"]);
        assert_eq!(at_end(&fixture.helper, "FROM likn('lan"), ["FROM likn('lang"]);
        assert_eq!(at_end(&fixture.helper, "FROM kndb('kn[relation=cap"), ["FROM kndb('kn[relation=capital"]);
        assert_eq!(at_end(&fixture.helper, "FROM kn('subject=\"Côte d"), ["FROM kn('subject=\"Côte d''Ivoire\""]);
        assert_eq!(at_end(&fixture.helper, "WHERE lang IN ('en', 'z"), ["WHERE lang IN ('en', 'zh'"]);
        assert_eq!(at_end(&fixture.helper, "WHERE subject = 'Côte d"), ["WHERE subject = 'Côte d''Ivoire'"]);
        assert_eq!(at_end(&fixture.helper, ".mode js"), [".mode json", ".mode jsonl"]);
        fixture.helper.pending = "SELECT *\nFROM scores s\n".into();
        assert_eq!(at_end(&fixture.helper, "WHERE s.sh"), ["WHERE s.share"]);
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
