//! What is said of a file's entries besides their scores, and by what: options, folders, metadata, rows.
//!
//! Everything that says something must agree. Where nothing says a language it is the default, and that is
//! noted; where a name only hints at one, nothing is guessed.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;
use std::path::{Path, PathBuf};

use kndb_storage::language;

use crate::error::{ImportError, Location, Place};
use crate::format::Account;
use crate::options::{DEFAULT_LANGUAGE, Options};
use crate::source::folders::{self, Folder};
use crate::source::given::{Key, Named};
use crate::source::languages::{language_inside, language_of_list, language_of_text};
use crate::source::roles::Role;

/// What [`Options::language`] is called.
const LANGUAGE_OPTION: &str = "the option for the language";

/// Where something is, for messages only.
pub(crate) type At<'a> = &'a dyn Fn() -> Box<Location>;

/// Something that is said, and by what.
#[derive(Clone, Debug)]
struct Said<T> {
    value: T,
    by: String,
}

/// What may say a language, where nothing surely does.
#[derive(Clone, Debug)]
struct Hint {
    /// What it is, in words.
    why: String,
    /// The name by which it can be left out, if it can be.
    name: Option<String>,
}

/// What one row, array or record says of itself: each with the words for what says it (``column `lang` ``).
#[derive(Clone, Copy, Default)]
pub(crate) struct Row<'a> {
    pub language: Option<(&'a str, &'a str)>,
    pub prompt: Option<(u16, &'a str)>,
    pub relation: Option<(&'a str, &'a str)>,
    pub run: Option<(&'a str, &'a str)>,
}

/// What is said of all entries of a file.
#[derive(Clone, Debug, Default)]
pub(crate) struct Told {
    language: Option<Said<String>>,
    prompt: Option<Said<u16>>,
    relation: Option<Said<String>>,
    run: Option<Said<String>>,
    /// A name that may be a language's or something else's.
    hint: Option<Hint>,
    /// The last language that a row named, as it was written and as it is stored.
    recent: Option<(String, String)>,
    /// What said the language of all entries, for the summary.
    language_by: String,
    /// Languages of entries, and what said them.
    languages: BTreeMap<String, BTreeSet<String>>,
    not_used: Vec<String>,
    /// Lists of fact ids that were read.
    ids: Vec<PathBuf>,
    /// Whether an option says the language or the prompt.
    by_option: bool,
    /// Whether what says a relation is to be left out, whatever it is.
    without_relation: bool,
}

impl Told {
    /// What the options and the file's path say; `folders` is how many of the path's last folders were chosen
    /// by whoever named the file, so that their names mean something.
    pub fn of(path: &Path, folders: usize, options: &Options) -> Result<Self, ImportError> {
        let at = || Box::new(Location { file: path.to_owned(), place: Place::File });
        let by_option = options.language.is_some() || options.prompt.is_some();
        // `relation` stands for the field of formats that have one of another name, too.
        let without_relation = options.ignore.iter().any(|name| name == Role::Relation.name());
        let mut told = Self { by_option, without_relation, ..Self::default() };
        if let Some(language) = &options.language {
            told.language(language, LANGUAGE_OPTION, &at)?;
        }
        if let Some(prompt) = options.prompt {
            told.prompt = Some(Said { value: prompt, by: "the option for the prompt".to_owned() });
        }
        if let Some(run) = &options.run {
            told.run = Some(Said { value: run.clone(), by: "the name of the run to import into".to_owned() });
        }
        for folder in folders::of(path, folders).map_err(|problem| unexpected(&at, problem))? {
            match folder {
                Folder::Says { name, .. } | Folder::Unknown { name, .. } | Folder::Hint { name, .. }
                    if ignored(options, &name) => {}
                Folder::Says { role, value, name } => told.all(role, &value, &format!("the folder `{name}`"), &at)?,
                Folder::Unknown { name, hint } => {
                    told.not_used.push(format!("folder {name}"));
                    told.hint = told.hint.take().or(hint.map(|why| Hint { why, name: Some(name) }));
                }
                Folder::Hint { name, why } => told.hint = told.hint.take().or(Some(Hint { why, name: Some(name) })),
            }
        }
        Ok(told)
    }

    /// Takes what something says of all entries of the file.
    pub fn all(&mut self, role: Role, value: &str, by: &str, at: At<'_>) -> Result<(), ImportError> {
        match role {
            Role::Language => self.language(value, by, at),
            Role::Prompt => {
                let number = prompt_number(value).ok_or_else(|| bad_prompt(at, value, by))?;
                agree("prompt", &mut self.prompt, number, by, at)
            }
            Role::Relation => agree("relation", &mut self.relation, value.to_owned(), by, at),
            Role::Run => agree("run", &mut self.run, value.to_owned(), by, at),
            Role::Probability | Role::Answer | Role::Rank | Role::Tokens => Ok(()),
            Role::Fact | Role::Layer | Role::Neuron | Role::Score | Role::Unknown => Err(ImportError::Unexpected {
                at: at(),
                found: format!("{by}, which would be the {} of every row", role.name()),
                expected: format!("the {} in the file itself: put it there as a column", role.name()),
            }),
        }
    }

    fn language(&mut self, value: &str, by: &str, at: At<'_>) -> Result<(), ImportError> {
        let code = code(value, by, at)?;
        if self.language.is_none() {
            self.language_by = source(by, value, &code);
        }
        agree("language", &mut self.language, code, by, at)
    }

    /// Something that is there and not used, for the summary.
    pub fn not_used(&mut self, what: String) {
        if !self.not_used.contains(&what) {
            self.not_used.push(what);
        }
    }

    /// A list of fact ids that the entries are named by.
    pub fn ids_from(&mut self, list: &Path) {
        self.ids.push(list.to_owned());
    }

    /// What was not used, and what said the languages of the entries.
    pub fn account(&self) -> Account {
        let (not_used, languages, ids) = (self.not_used.clone(), self.languages.clone(), self.ids.clone());
        Account { not_used, languages, ids, ..Account::default() }
    }

    fn note_language(&mut self, code: &str, by: String) {
        match self.languages.get_mut(code) {
            Some(known) => _ = known.insert(by),
            None => _ = self.languages.insert(code.to_owned(), BTreeSet::from([by])),
        }
    }

    /// The language that is said of all entries.
    pub fn said_language(&self) -> Option<&str> {
        self.language.as_ref().map(|said| &*said.value)
    }

    /// Metadata that no format reads, and in it perhaps a language: `config` with `{"language": "zh"}`.
    pub fn hint_of_metadata(&mut self, key: &str, text: &str) {
        let found = match Role::of(key) {
            Some(Role::Language) => Some(text.to_owned()),
            _ => serde_json::from_str(text).ok().and_then(|json| language_inside(&json)),
        };
        let found = found.filter(|found| !language::same(found, DEFAULT_LANGUAGE));
        let found = found.filter(|found| language::parse(found).is_ok() || language::named(found).is_some());
        self.hint_of_found(key, found, "the metadata");
    }

    /// [`Self::hint_of_metadata`] for what people write: a text that is a language, or the name of a file or data set with
    /// one in it, hints, too. `within` says where the text stands.
    pub fn hint_of_text(&mut self, key: &str, text: &str, within: &str) {
        self.hint_of_metadata(key, text);
        if self.hint.is_none() {
            self.hint_of_found(key, language_of_text(key, text), within);
        }
    }

    /// [`Self::hint_of_text`] for a list: in labels of objects or in tokens one word is easily a language, so all are to be.
    pub fn hint_of_list(&mut self, key: &str, texts: &[String], within: &str) {
        texts.iter().for_each(|text| self.hint_of_metadata(key, text));
        self.hint_of_found(key, language_of_list(key, texts.iter().map(String::as_str), true), within);
    }

    fn hint_of_found(&mut self, key: &str, found: Option<String>, within: &str) {
        if let Some(found) = found.filter(|_| self.hint.is_none()) {
            let why = format!("`{key}` in {within}, in which `{found}` may be one");
            self.hint = Some(Hint { why, name: Some(key.to_owned()) });
        }
    }

    /// Whether an option says the language or the prompt.
    pub fn has_option(&self) -> bool {
        self.by_option
    }

    /// A file's name hints at a language; only where nothing else says one does it matter.
    pub fn hint_of_name(&mut self, path: &Path) {
        if self.hint.is_none() {
            self.hint = folders::hint_of_name(path).map(|why| Hint { why, name: None });
        }
    }

    /// The key of an entry, once everything that says something of it agrees.
    pub fn named(&mut self, fact: String, row: Row<'_>, at: At<'_>) -> Result<Named, ImportError> {
        if let Some(problem) = unusable_id(&fact) {
            return Err(ImportError::Data { at: at(), problem });
        }
        let (language, default_language) = self.language_of(row.language, at)?;
        let prompt = match row.prompt {
            Some((prompt, by)) => {
                check("prompt", self.prompt.as_ref(), &prompt, by, at)?;
                prompt
            }
            None => self.prompt.as_ref().map_or(0, |said| said.value),
        };
        let relation = match row.relation {
            _ if self.without_relation => None,
            Some((relation, by)) => {
                check("relation", self.relation.as_ref(), relation, by, at)?;
                Some(relation.to_owned())
            }
            None => self.relation.as_ref().map(|said| said.value.clone()),
        };
        if let Some((run, by)) = row.run {
            check("run", self.run.as_ref(), run, by, at)?;
        }
        Ok(Named { key: Key { fact, language, prompt }, relation, default_language })
    }

    /// The language of an entry, and whether it is the default.
    pub fn language_of(&mut self, row: Option<(&str, &str)>, at: At<'_>) -> Result<(String, bool), ImportError> {
        let Some((text, by)) = row else {
            return match (&self.language, &self.hint) {
                (Some(said), _) => {
                    let code = said.value.clone();
                    self.note_language(&code, self.language_by.clone());
                    Ok((code, false))
                }
                (None, Some(hint)) => Err(ImportError::Unexpected {
                    at: at(),
                    found: format!("nothing that says the language, but {}", hint.why),
                    expected: hint.expected(),
                }),
                (None, None) => Ok((DEFAULT_LANGUAGE.to_owned(), true)),
            };
        };
        if let Some((_, known)) = self.recent.as_ref().filter(|(written, _)| written == text) {
            return Ok((known.clone(), false));
        }
        let code = code(text, by, at)?;
        check("language", self.language.as_ref(), &code, by, at)?;
        self.recent = Some((text.to_owned(), code.clone()));
        self.note_language(&code, source(by, text, &code));
        Ok((code, false))
    }
}

impl Hint {
    /// What is expected instead, in words.
    fn expected(&self) -> String {
        let said = "the language to be said: by the option for it, by a folder such as `language=zh`, or in the file";
        match &self.name {
            Some(name) => format!("{said}; or that `{name}` is named as one to leave out"),
            None => said.to_owned(),
        }
    }
}

/// What keeps the store from taking a fact's id, in words.
fn unusable_id(fact: &str) -> Option<String> {
    const LONGEST: usize = 1_000;
    let shown = crate::bytes::json::excerpt(fact.as_bytes());
    let found = if fact.chars().any(char::is_control) {
        format!("the fact id `{shown}` with a line break or another control character")
    } else if fact.len() > LONGEST {
        format!("the fact id `{shown}` of {} bytes", fact.len())
    } else if fact.is_empty() {
        "an empty fact id".to_owned()
    } else {
        return None;
    };
    Some(format!("found {found}; expected 1 to 1,000 bytes of text without control characters"))
}

fn code(text: &str, by: &str, at: At<'_>) -> Result<String, ImportError> {
    language::parse(text).map_err(|problem| ImportError::Data { at: at(), problem: format!("{by}: {problem}") })
}

/// What says a language, and how, where the store writes it with another code.
fn source(by: &str, text: &str, code: &str) -> String {
    let primary = |text: &str| text.trim().split(['-', '_']).next().unwrap_or_default().to_ascii_lowercase();
    if primary(text) == primary(code) { by.to_owned() } else { format!("{by}, which says `{}`", text.trim()) }
}

/// Whether the user said that something is not to be used.
pub(crate) fn ignored(options: &Options, name: &str) -> bool {
    let key = name.split('=').next().unwrap_or_default();
    options.ignore.iter().any(|ignored| ignored == name || ignored == key)
}

/// A whole number that a prompt can have; `3.0` is 3.
pub(crate) fn prompt_number(text: &str) -> Option<u16> {
    let whole = text.trim().split_once('.').map_or(text.trim(), |(whole, rest)| {
        if !rest.is_empty() && rest.bytes().all(|byte| byte == b'0') { whole } else { "" }
    });
    whole.parse().ok().filter(|_| whole.bytes().all(|byte| byte.is_ascii_digit()))
}

pub(crate) fn bad_prompt(at: At<'_>, found: impl Display, by: &str) -> ImportError {
    ImportError::Unexpected {
        at: at(),
        found: format!("prompt {found} in {by}"),
        expected: "the number of a prompt, 0 to 65535".to_owned(),
    }
}

fn unexpected(at: At<'_>, (found, expected): (String, String)) -> ImportError {
    ImportError::Unexpected { at: at(), found, expected }
}

/// Notes what is said, or checks that it is what was said before.
fn agree<T: PartialEq + Display>(
    what: &'static str,
    known: &mut Option<Said<T>>,
    value: T,
    by: &str,
    at: At<'_>,
) -> Result<(), ImportError> {
    check(what, known.as_ref(), &value, by, at)?;
    if known.is_none() {
        *known = Some(Said { value, by: by.to_owned() });
    }
    Ok(())
}

fn check<T, V>(what: &'static str, known: Option<&Said<T>>, value: &V, by: &str, at: At<'_>) -> Result<(), ImportError>
where
    T: Display + PartialEq + std::borrow::Borrow<V>,
    V: PartialEq + Display + ?Sized,
{
    match known {
        Some(said) if said.value.borrow() != value => Err(ImportError::Disagree {
            at: at(),
            what,
            first: said.value.to_string().into(),
            first_by: said.by.as_str().into(),
            second: value.to_string().into(),
            second_by: by.into(),
        }),
        _ => Ok(()),
    }
}
