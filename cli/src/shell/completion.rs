//! What the Tab key offers: what may stand at the cursor, names and labels that are in the store, dot commands, file names.
//!
//! It guesses from the text before the cursor and never parses; a wrong guess costs one more Tab.

use std::cell::RefCell;

use kndb_query::{Attached, ConditionKey, Direction, Listed, SourceKind, ValueKind};
use kndb_storage::Store;
use rustyline::Context;
use rustyline::completion::{Completer, FilenameCompleter, Pair};
use rustyline::highlight::Highlighter;
use rustyline::hint::Hinter;
use rustyline::validate::Validator;

use super::labels::Labels;
use super::position::{Clauses, Place, place, store_at, word_start};
use crate::output::Mode;
use crate::session::{Names, dot_commands, listing, takes_path};

/// Words that a statement may begin with, besides those of a set.
const BEGINNINGS: &[&str] = &["let", "drop", "explain", "attach", "detach", "similarity"];

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
        let start = word_start(before);
        let said = format!("{}{}", self.pending, &before[..start]);
        let here = place(&said);
        if let Some(name) = store_at(&said) {
            return (start, self.offered_of(name, here, &before[start..]));
        }
        if let Place::Value(key @ (ConditionKey::Subject | ConditionKey::Object)) = here {
            let word = before[start..].trim_start_matches('"');
            let subject = key == ConditionKey::Subject;
            return (start, quoted(&self.labels.borrow_mut().beginning(&self.store, subject, word)));
        }
        let stores = self.attached.list().into_iter().map(|(name, _)| name);
        let stores: Vec<String> = match here {
            Place::Start | Place::AfterExplain | Place::Set => stores.map(|name| format!("{name}::")).collect(),
            Place::Store => stores.collect(),
            _ => Vec::new(),
        };
        let mut candidates = candidates(here, &self.names);
        candidates.extend(stores);
        (start, matching(&before[start..], candidates))
    }

    /// The same of a set of an attached store; nothing if there is none of that name.
    fn offered_of(&self, name: &str, here: Place, word: &str) -> Vec<String> {
        let Ok(store) = self.attached.store(name) else { return Vec::new() };
        if let Place::Value(key @ (ConditionKey::Subject | ConditionKey::Object)) = here {
            let subject = key == ConditionKey::Subject;
            return quoted(&self.labels.borrow_mut().beginning(&store, subject, word.trim_start_matches('"')));
        }
        let names = listing::names(&store).unwrap_or_default();
        let candidates = match here {
            Place::Start | Place::AfterExplain | Place::Set => {
                let sets = names.sets.iter().map(|set| format!("@{set}"));
                words(SourceKind::ALL.iter().map(|source| source.word())).into_iter().chain(sets).collect()
            }
            here => candidates(here, &names),
        };
        matching(word, candidates)
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

/// What may stand somewhere, but for labels.
fn candidates(place: Place, names: &Names) -> Vec<String> {
    let dimensions = |clauses: Clauses| clauses.rows().dimensions().iter().map(|dimension| dimension.word());
    let measures = |clauses: Clauses| clauses.rows().measures().iter().map(|measure| measure.word());
    let directions = || Direction::ALL.iter().map(|direction| direction.word());
    let sets = || names.sets.iter().map(|set| format!("@{set}"));
    let set = || {
        let sources = SourceKind::ALL.iter().map(|source| source.word()).chain(["neurons"]);
        words(sources).into_iter().chain(sets())
    };
    match place {
        Place::Start => set().chain(words(BEGINNINGS.iter().copied())).collect(),
        Place::AfterExplain => set().chain(words(["analyze", "similarity"].into_iter())).collect(),
        Place::Set => set().collect(),
        Place::AfterKind(clauses) => words(clauses.missing().into_iter().chain(["of"])),
        Place::Clause(clauses) => words(clauses.missing().into_iter()),
        Place::Key(source) => {
            let keys = ConditionKey::ALL.iter().filter(|key| source.is_none_or(|source| key.suits(source)));
            words(keys.map(|key| key.word()))
        }
        Place::Comparison => words(["in"].into_iter()),
        Place::Value(key) => values(key, names),
        Place::Dimension(clauses) => words(dimensions(clauses)),
        Place::Between => words(["lang", "relation", "run", "prompt"].into_iter()),
        Place::By => words(["by"].into_iter()),
        Place::OrderKey(clauses) => words(dimensions(clauses).chain(measures(clauses))),
        Place::AfterOrderKey(clauses) => words(directions().chain(clauses.missing())),
        Place::Measure(clauses) => words(measures(clauses)),
        Place::SavedSet => sets().collect(),
        Place::Store | Place::Unknown => Vec::new(),
    }
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
    use crate::session::testing::store_of;

    /// A helper on a store of two facts.
    struct Fixture {
        helper: Helper,
        _folder: tempfile::TempDir,
    }

    fn fixture() -> Fixture {
        let (store, folder) = store_of(&[("f1", "France", "Paris"), ("f2", "Côte d'Ivoire", "Yamoussoukro")]);
        let list = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        let names = Names {
            languages: list(&["en", "zh"]),
            relations: list(&["P36", "P37", "P103", "capital"]),
            runs: list(&["bert", "m-bert 2"]),
            sets: list(&["capitals"]),
        };
        Fixture { helper: Helper::new(names, store, Attached::default()), _folder: folder }
    }

    fn offered(before: &str) -> Vec<String> {
        let fixture = fixture();
        let history = rustyline::history::DefaultHistory::new();
        let found = fixture.helper.complete(before, before.len(), &Context::new(&history)).expect("completion");
        found.1.into_iter().map(|pair| pair.replacement).collect()
    }

    #[test]
    fn values_come_from_the_store() {
        assert_eq!(offered("kn[lang="), ["en", "zh"]);
        assert_eq!(offered("kn[lang in (en, z"), ["zh"]);
        assert_eq!(offered("kn[lang=en, relation=P3"), ["P36", "P37"]);
        assert_eq!(offered("kn[relation=cap"), ["capital"]);
        assert_eq!(offered("kn[run=m"), ["\"m-bert 2\""]);
        assert_eq!(offered("kn[run=\"m"), ["\"m-bert 2\""]);
        assert_eq!(offered("kn[sign=n"), ["negative"]);
        assert_eq!(offered("@c"), ["@capitals"]);
        assert!(offered("kn[tau=").is_empty());
    }

    #[test]
    fn names_and_labels_of_an_attached_store_are_its_own() {
        let fixture = fixture();
        let (other, folder) = store_of(&[("f1", "Peru", "Lima")]);
        fixture.helper.attached.attach(&fixture.helper.store, "a", folder.path().join("store")).expect("attaches");
        let offered = |before: &str| fixture.helper.offered(before).1;
        assert_eq!(offered("kn & a::"), ["dkn", "entries", "facts", "kn", "likn"]);
        assert_eq!(offered("kn & a"), ["a::"]);
        assert_eq!(offered("detach "), ["a"]);
        assert_eq!(offered("a::facts[subject="), ["Peru"]);
        assert_eq!(offered("a::kn[la"), ["lang", "langs", "layer"]);
        assert!(offered("b::").is_empty() && offered("a::kn[run=").is_empty());
        drop(other);
    }

    #[test]
    fn labels_of_subjects_and_objects_come_from_the_store() {
        assert_eq!(offered("facts[subject="), ["\"Côte d'Ivoire\"", "France"]);
        assert_eq!(offered("facts[subject=\"Côte d"), ["\"Côte d'Ivoire\""]);
        assert_eq!(offered("kn[object in (Paris, ya"), ["Yamoussoukro"]);
        assert!(offered("kn[object=France").is_empty());
    }

    #[test]
    fn words_depend_on_the_place() {
        assert_eq!(offered("kn[la"), ["lang", "langs", "layer"]);
        assert_eq!(offered("kn & facts ["), ["fact", "object", "relation", "subject"]);
        assert_eq!(offered("dkn[lang=en, t"), ["t_high", "t_low", "tokens"]);
        assert_eq!(offered("entries[o"), ["object", "object_rank"]);
        assert_eq!(offered("facts of entries[lang=en, p"), ["p", "prompt"]);
        assert_eq!(offered("entries[correct="), ["no", "yes"]);
        assert_eq!(offered("facts of ent"), ["entries"]);
        assert_eq!(offered("kn[lang=en, t"), ["tau", "tokens"]);
        assert_eq!(offered("KN[lang=en] & LI"), ["likn"]);
        assert_eq!(offered("(kn[lang=en] - kn[lang=zh]) by rel"), ["relation"]);
        assert_eq!(offered("kn by layer o"), ["order"]);
        assert_eq!(offered("kn by layer order by pairs d"), ["desc"]);
        assert_eq!(offered("facts o"), ["of", "order"]);
        assert_eq!(offered("entries by lang having "), ["correct", "entries", "facts", "median", "p"]);
        assert_eq!(offered("entries[lang=en] & facts of likn by lang having e"), ["entries"]);
        assert_eq!(offered("entries having r"), ["rank", "residual"]);
        assert_eq!(offered("entries & fa"), ["facts"]);
        assert_eq!(offered("kn by la"), ["lang", "layer"]);
        assert!(offered("kn by g").is_empty() && offered("dkn by g") == ["group"]);
        assert!(offered("kn kn").is_empty() && offered("neurons(").is_empty());
    }

    #[test]
    fn a_statement_goes_on_over_lines() {
        let mut fixture = fixture();
        fixture.helper.pending = "kn[lang=en]\n".into();
        assert_eq!(fixture.helper.offered("by la").1, ["lang", "layer"]);
        let history = rustyline::history::DefaultHistory::new();
        let (start, words) = fixture.helper.complete(".ru", 3, &Context::new(&history)).expect("completion");
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
