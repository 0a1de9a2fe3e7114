//! What the Tab key offers: keywords, condition keys, names that are in the store, dot commands,
//! file names.
//!
//! It guesses from the text before the cursor and never parses; a wrong guess costs one more Tab.

use kndb_query::{ConditionKey, Dimension, Direction, Listed, Measure, SourceKind, ValueKind};
use rustyline::Context;
use rustyline::completion::{Completer, FilenameCompleter, Pair};
use rustyline::highlight::Highlighter;
use rustyline::hint::Hinter;
use rustyline::validate::Validator;

use crate::output::Mode;
use crate::session::{DOT_COMMANDS, Names, takes_file};

/// Words of the language that are neither a source, nor a key, nor a dimension.
const KEYWORDS: &[&str] = &[
    "let",
    "drop",
    "explain",
    "analyze",
    "by",
    "having",
    "order",
    "top",
    "plot",
    "and",
    "in",
    "of",
    "neurons",
    "similarity",
    "between",
    "against",
    "chance",
];

/// The editor's helper: completion, and nothing else.
pub struct Helper {
    /// What there is to name.
    pub names: Names,
    /// Whether the line goes on with a statement, so that no dot command can begin.
    pub statement_begun: bool,
    files: FilenameCompleter,
}

impl Helper {
    /// A helper that knows these names.
    pub fn new(names: Names) -> Self {
        Self { names, statement_begun: false, files: FilenameCompleter::new() }
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
        if !self.statement_begun
            && let Some((command, _)) = before.trim_start().split_once(char::is_whitespace)
            && takes_file(command)
        {
            return self.files.complete_path(line, cursor);
        }
        let (start, words) = complete(before, self.statement_begun, &self.names);
        let pairs = words.into_iter().map(|word| Pair { display: word.clone(), replacement: word });
        Ok((start, pairs.collect()))
    }
}

/// Where the word at the end of `before` starts, and what it may become.
fn complete(before: &str, statement_begun: bool, names: &Names) -> (usize, Vec<String>) {
    let trimmed = before.trim_start();
    if !statement_begun && trimmed.starts_with('.') {
        return complete_dot(before, trimmed, names);
    }
    let start = before
        .rfind(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '-' | '@' | '"')))
        .map_or(0, |place| place + before[place..].chars().next().map_or(1, char::len_utf8));
    let word = &before[start..];
    let candidates = match value_of(&before[..start]) {
        Some(key) => values(key, names),
        None if word.starts_with('@') => names.sets.iter().map(|set| format!("@{set}")).collect(),
        None if let Some(source) = in_brackets(&before[..start]) => {
            let keys = ConditionKey::ALL.iter().filter(|key| source.is_none_or(|source| key.suits(source)));
            words(keys.map(|key| key.word()))
        }
        None => {
            let sources = SourceKind::ALL.iter().map(|source| source.word());
            let dimensions = Dimension::ALL.iter().map(|dimension| dimension.word());
            let measures = Measure::ALL.iter().map(|measure| measure.word());
            let directions = Direction::ALL.iter().map(|direction| direction.word());
            let keywords = KEYWORDS.iter().copied();
            words(sources.chain(keywords).chain(dimensions).chain(measures).chain(directions))
        }
    };
    (start, matching(word, candidates))
}

fn complete_dot(before: &str, trimmed: &str, names: &Names) -> (usize, Vec<String>) {
    let Some((command, argument)) = trimmed.split_once(char::is_whitespace) else {
        let commands = words(DOT_COMMANDS.iter().map(|(name, ..)| *name));
        return (before.len() - trimmed.len(), matching(trimmed, commands));
    };
    let argument = argument.trim_start();
    let candidates = match command {
        ".mode" => words(<Mode as clap::ValueEnum>::value_variants().iter().map(|mode| mode.name())),
        ".timer" | ".headers" => words(["on", "off"].into_iter()),
        ".run" => names.runs.clone(),
        ".labels" => names.languages.clone(),
        _ => Vec::new(),
    };
    (before.len() - argument.len(), matching(argument, candidates))
}

/// The key whose value is being written: after `key=`, or within `key in (`.
fn value_of(before: &str) -> Option<ConditionKey> {
    let list = before.rfind('(').filter(|open| !before[*open..].contains(')'));
    let head = match list {
        Some(open) => {
            let head = before[..open].trim_end();
            let cut = head.len().checked_sub(2)?;
            let keyword = head.get(cut..)?;
            if !keyword.eq_ignore_ascii_case("in") {
                return None;
            }
            &head[..cut]
        }
        None => before.trim_end().strip_suffix(['=', '~'])?,
    };
    let key = head.trim_end();
    let start = key
        .rfind(|c: char| !c.is_alphabetic())
        .map_or(0, |place| place + key[place..].chars().next().map_or(1, char::len_utf8));
    ConditionKey::from_word(&key[start..])
}

/// What may stand behind a key, as far as the store or the language lists it.
fn values(key: ConditionKey, names: &Names) -> Vec<String> {
    match key.row().value {
        ValueKind::Names { of: Listed::Languages, .. } => quoted(&names.languages),
        ValueKind::Names { of: Listed::Relations, .. } => quoted(&names.relations),
        ValueKind::Names { of: Listed::Runs, .. } => quoted(&names.runs),
        ValueKind::OneOf(known) => words(known.iter().copied()),
        ValueKind::Names { of: Listed::Nothing, .. } | ValueKind::Whole { .. } | ValueKind::Number(_) => Vec::new(),
    }
}

/// The source in whose brackets the text ends, if that is one: `None` outside of brackets, `Some(None)` behind another word.
fn in_brackets(before: &str) -> Option<Option<SourceKind>> {
    let open = before.rfind('[').filter(|open| !before[*open..].contains(']'))?;
    let source = before[..open].trim_end();
    let start = source.rfind(|c: char| !c.is_ascii_alphabetic()).map_or(0, |place| place + 1);
    Some(source.get(start..).and_then(SourceKind::from_word))
}

fn words<'w>(words: impl Iterator<Item = &'w str>) -> Vec<String> {
    words.map(str::to_owned).collect()
}

/// Names as they stand in a statement: quoted unless they are plain words.
fn quoted(names: &[String]) -> Vec<String> {
    let plain = |name: &str| name.chars().all(|c| c.is_alphanumeric() || c == '_');
    let spell = |name: &String| match plain(name) {
        true => name.clone(),
        false => format!("\"{}\"", name.replace('\\', "\\\\").replace('"', "\\\"")),
    };
    names.iter().map(spell).collect()
}

/// The candidates that begin with `word`, in any case and whether or not its quote is typed.
fn matching(word: &str, mut candidates: Vec<String>) -> Vec<String> {
    let wanted = word.trim_start_matches('"').to_lowercase();
    candidates.retain(|candidate| candidate.trim_start_matches('"').to_lowercase().starts_with(&wanted));
    candidates.sort();
    candidates.dedup();
    candidates
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names() -> Names {
        let list = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        Names {
            languages: list(&["en", "zh"]),
            relations: list(&["P36", "P37", "P103"]),
            runs: list(&["bert", "m-bert 2"]),
            sets: list(&["capitals"]),
        }
    }

    fn offered(before: &str) -> Vec<String> {
        complete(before, false, &names()).1
    }

    #[test]
    fn values_come_from_the_store() {
        assert_eq!(offered("kn[lang="), ["en", "zh"]);
        assert_eq!(offered("kn[lang in (en, z"), ["zh"]);
        assert_eq!(offered("kn[lang=en, relation=P3"), ["P36", "P37"]);
        assert_eq!(offered("kn[run=m"), ["\"m-bert 2\""]);
        assert_eq!(offered("kn[run=\"m"), ["\"m-bert 2\""]);
        assert_eq!(offered("@c"), ["@capitals"]);
        assert!(offered("kn[tau=").is_empty());
    }

    #[test]
    fn words_depend_on_the_place() {
        assert_eq!(offered("kn[la"), ["lang", "layer"]);
        assert_eq!(offered("kn & facts ["), ["fact", "object", "relation", "subject"]);
        assert_eq!(offered("dkn[lang=en, t"), ["t_high", "t_low"]);
        assert_eq!(offered("kn[lang=en, t"), ["tau"]);
        assert_eq!(offered("KN[lang=en] & LI"), ["likn"]);
        assert_eq!(offered("(kn[lang=en] - kn[lang=zh]) by rel"), ["relation"]);
        assert_eq!(offered("neurons("), offered(""));
    }

    #[test]
    fn dot_commands_and_their_arguments() {
        assert_eq!(offered(".ru"), [".run", ".runs"]);
        assert_eq!(offered(" .mode js"), ["json", "jsonl"]);
        assert_eq!(offered(".run b"), ["bert"]);
        assert_eq!(offered(".timer "), ["off", "on"]);
        let (start, words) = complete(".ru", true, &names());
        assert_eq!((start, words), (1, vec!["run".to_owned()]));
    }

    #[test]
    fn text_of_any_script_is_cut_at_its_characters() {
        let (start, _) = complete("kn[subject=\"日本\"] b", false, &names());
        assert_eq!(start, "kn[subject=\"日本\"] ".len());
        complete("，", false, &names());
        complete("日本(", false, &names());
    }
}
