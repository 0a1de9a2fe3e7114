//! Where a file of facts lies, and what the names on the way to it say.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use kndb_storage::language;

use super::kind::{Kind, Rows};
use super::language::{Spoken, differ};
use super::near;
use super::rows::is_wikidata;
use super::understood::LanguageSource;
use super::walk::stem;
use crate::error::{ImportError, Location, Place as In};
use crate::source::folders::{has_language_beside, hint_inside, may_be_language, unsure, value_of};
use crate::source::roles::Role;

/// The names of the folders a file is in.
pub(super) struct Place {
    path: PathBuf,
    /// Folders that a plain name is taken from, the nearest first. A folder that is a link has two names.
    near: Vec<Vec<PathBuf>>,
    /// All paths to the folder of the file.
    folders: Vec<PathBuf>,
    /// How many of `near` lie within the folder that was given: what stands beside these does, too.
    within: usize,
    /// Whether the file lies in the folder that was given, and was not given itself.
    is_below: bool,
}

impl Place {
    pub fn of(root: &Path, path: &Path) -> Self {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let absolute = |path: &Path| path.canonicalize().ok();
        let mut nearest = vec![folder.to_owned()];
        nearest.extend(absolute(folder));
        if path.is_symlink() {
            nearest.extend(absolute(path).and_then(|target| Some(target.parent()?.to_owned())));
        }
        let folders = nearest.clone();
        let mut near = vec![nearest];
        // A file that was named itself is in one folder; what is above it says nothing.
        if root != path {
            let mut inside = folder;
            while inside != root {
                let Some(above) = inside.parent() else { break };
                near.push([Some(above.to_owned()), absolute(above)].into_iter().flatten().collect());
                inside = above;
            }
        }
        let within = near.len() - 1;
        Self { path: path.to_owned(), near, folders, within, is_below: root != path }
    }

    /// Keys and values of folders such as `lang=zh`, anywhere on the way to the file, each once.
    fn pairs(&self) -> Vec<(String, String)> {
        let names = self.folders.iter().flat_map(|path| path.iter());
        let mut pairs: Vec<(String, String)> = Vec::new();
        for (key, value) in names.filter_map(|name| name.to_str()?.split_once('=')) {
            if !pairs.iter().any(|(known, other)| known == key && other == value) {
                pairs.push((key.to_owned(), value.to_owned()));
            }
        }
        pairs
    }

    /// The relation of a folder such as `relation=P36`.
    pub fn relation(&self, rows: &Rows) -> Result<Option<String>, ImportError> {
        let mut found: Option<(String, String)> = None;
        let pairs = self.pairs();
        for (key, value) in &pairs {
            let name = format!("{key}={value}");
            if Role::of(key) != Some(Role::Relation) {
                if near_role(key) == Some(Role::Relation) {
                    return Err(self.unexpected(misspelt(&name, Role::Relation)));
                }
                continue;
            }
            let value = value_of(Role::Relation, value, &name).map_err(|wrong| self.unexpected(wrong))?;
            match &found {
                Some((other, by)) if *other != value => {
                    let wrong = format!("the folders `{by}` and `{name}`, which say two relations");
                    return Err(self.unexpected((wrong, "one relation".to_owned())));
                }
                _ => found = Some((value, name)),
            }
        }
        let named_by_rows = rows.has("predicate_id") || rows.has("relation") || rows.has("relation_id");
        let lost = pairs.iter().find(|(key, value)| Role::of(key).is_none() && is_wikidata(value));
        match lost.filter(|_| found.is_none() && !named_by_rows) {
            Some((key, value)) => Err(self.unexpected(unknown(&format!("{key}={value}"), Role::Relation))),
            None => Ok(found.map(|(value, _)| value)),
        }
    }

    /// Folders `key=value` that say what facts have no place for: `run=ig`, `prompt=2`, `split=train`.
    pub fn not_used(&self) -> impl Iterator<Item = String> {
        let used = |key: &str| matches!(Role::of(key), Some(Role::Language | Role::Relation));
        self.pairs().into_iter().filter(move |(key, _)| !used(key)).map(|(key, value)| format!("{key}={value}"))
    }

    /// What names say of the language, and a folder that may be one, in words. `strict`: a name that was meant as a
    /// language and is no code is an error, and so is one that may be a language where `rows` say none themselves.
    pub fn language(&self, rows: &Rows, strict: bool) -> Result<(Option<Spoken>, Option<String>), ImportError> {
        let mut found = None;
        let pairs = self.pairs();
        for (key, value) in &pairs {
            match self.said(key, value) {
                Ok(Some(spoken)) => self.also(&mut found, spoken)?,
                Err(wrong) if strict => return Err(wrong),
                Ok(None) | Err(_) => {}
            }
        }
        let own = stem(&self.path);
        if matches!(rows.kind, Kind::Candidates | Kind::Bmlama) && is_language(&own, self.beside()) {
            self.also(&mut found, Spoken::new(&own, LanguageSource::File, format!("the file's name `{own}`")))?;
            return Ok((found, None));
        }
        let unsure = self.plain(&mut found, strict)?;
        let lost = |(key, value): &&(String, String)| Role::of(key).is_none() && may_be_language(value);
        match pairs.iter().find(lost).filter(|_| strict && found.is_none() && !rows.say_language()) {
            Some((key, value)) => Err(self.no_language(unknown(&format!("{key}={value}"), Role::Language))),
            None => Ok((found, unsure)),
        }
    }

    /// The file, if what stands beside it was given, too.
    fn beside(&self) -> Option<&Path> {
        self.is_below.then_some(&*self.path)
    }

    /// What folders named as a language say, the nearest of them.
    fn plain(&self, found: &mut Option<Spoken>, strict: bool) -> Result<Option<String>, ImportError> {
        let mut hint = None;
        for (at, level) in self.near.iter().enumerate() {
            let mut spoke = false;
            for folder in level {
                let Some(name) = folder.file_name().and_then(OsStr::to_str) else { continue };
                let inside = Some(&**folder).filter(|_| at < self.within);
                if is_language(name, inside) {
                    if language::is_ambiguous(name) && !inside.is_some_and(has_language_beside) {
                        hint = hint.or_else(|| Some(unsure(name)));
                        continue;
                    }
                    let spoken = Spoken::new(name, LanguageSource::Folder, format!("the folder `{name}`"));
                    self.also(found, spoken)?;
                    spoke = true;
                } else if let Some(code) = language::named(name).filter(|_| strict) {
                    return Err(ImportError::NoLanguage {
                        path: self.path.clone(),
                        found: format!("the folder `{name}` is named as a language, but not by its code, `{code}`"),
                    });
                } else {
                    hint = hint.or_else(|| hint_inside(name));
                }
            }
            if spoke {
                break;
            }
        }
        Ok(hint)
    }

    /// The language that a folder `key=value` says.
    fn said(&self, key: &str, value: &str) -> Result<Option<Spoken>, ImportError> {
        let name = format!("{key}={value}");
        if Role::of(key) != Some(Role::Language) {
            return match near_role(key) {
                Some(Role::Language) => Err(self.no_language(misspelt(&name, Role::Language))),
                _ => Ok(None),
            };
        }
        let value = value_of(Role::Language, value, &name).map_err(|wrong| self.no_language(wrong))?;
        match language::parse(&value) {
            Ok(code) => Ok(Some(Spoken::new(&code, LanguageSource::Folder, format!("the folder `{name}`")))),
            Err(wrong) => Err(ImportError::NoLanguage {
                path: self.path.clone(),
                found: format!("the folder `{name}` names no language: {wrong}"),
            }),
        }
    }

    fn no_language(&self, (found, expected): (String, String)) -> ImportError {
        ImportError::NoLanguage { path: self.path.clone(), found: format!("found {found}; expected {expected}") }
    }

    fn unexpected(&self, (found, expected): (String, String)) -> ImportError {
        let at = Box::new(Location { file: self.path.clone(), place: In::File });
        ImportError::Unexpected { at, found, expected }
    }

    fn also(&self, found: &mut Option<Spoken>, spoken: Spoken) -> Result<(), ImportError> {
        match found {
            Some(before) if before.code != spoken.code => Err(differ(&self.path, before, &spoken)),
            Some(_) => Ok(()),
            None => {
                *found = Some(spoken);
                Ok(())
            }
        }
    }
}

/// The role of a language or a relation that a key is close to.
fn near_role(key: &str) -> Option<Role> {
    let by_parts = || match near::meant(key, ["language", "relation", "predicate_id"])? {
        "language" => Some(Role::Language),
        _ => Some(Role::Relation),
    };
    if Role::of(key).is_some() { None } else { Role::near(key).or_else(by_parts) }
}

fn misspelt(name: &str, role: Role) -> (String, String) {
    let role = role.name();
    (
        format!("the folder `{name}`, whose key is no known one but close to `{role}`"),
        format!("`{role}=…`, or a folder without `=`"),
    )
}

/// A value that looks like what no key says.
fn unknown(name: &str, role: Role) -> (String, String) {
    let role = role.name();
    (format!("the folder `{name}`, whose key is no known one and whose value may be a {role}"), format!("`{role}=…`"))
}

/// A known code, or one that looks like it beside sure ones: `war` and `sh` beside `vi` are languages. `beside`: the
/// folder or file, if what stands next to it was given, too. All codes of two letters are known, but for Serbo-Croatian's,
/// which was withdrawn.
fn is_language(name: &str, beside: Option<&Path>) -> bool {
    if language::is_known(name) {
        return true;
    }
    let primary = name.split(['-', '_']).next().unwrap_or_default();
    let may_be = primary.len() == 3 || primary.eq_ignore_ascii_case("sh");
    if !may_be || language::parse(name).is_err() {
        return false;
    }
    let Some(full) = beside.and_then(|path| path.canonicalize().ok()) else { return false };
    let beside = full.parent().and_then(|above| above.read_dir().ok());
    let mut names = beside.into_iter().flatten().flatten().map(|entry| stem(&entry.path()));
    names.any(|other| other != name && language::is_surely(&other))
}
