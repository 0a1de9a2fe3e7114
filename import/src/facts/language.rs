//! The language of a file: as given, by a folder's or the file's name, or by its data set.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use kndb_storage::language;

use super::kind::Kind;
use super::understood::LanguageSource;
use super::walk::stem;
use super::{FactsFormat, FactsOptions};
use crate::error::ImportError;

/// Keys of folders such as `lang=zh`.
const KEYS: [&str; 2] = ["lang", "language"];

/// A language and what said it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Spoken {
    pub code: String,
    pub source: LanguageSource,
    /// What said it, for messages: the folder `zh`.
    by: String,
}

impl Spoken {
    fn new(code: &str, source: LanguageSource, by: String) -> Self {
        Self { code: language::canonical(code).into_owned(), source, by }
    }

    /// The folder `zh` says `zh`.
    pub fn said(&self) -> String {
        format!("{} says `{}`", self.by, self.code)
    }
}

/// The language of a file below `root`; `None` where nothing says it.
pub(super) fn of_file(
    root: &Path,
    path: &Path,
    kind: Kind,
    format: FactsFormat,
    options: &FactsOptions,
) -> Result<Option<Spoken>, ImportError> {
    let given = match &options.language {
        Some(text) => Some(given(path, text)?),
        None => None,
    };
    let found = Place::of(root, path).language(kind, given.is_none())?;
    match (given, found) {
        (Some(given), Some(found)) if given.code != found.code => Err(differ(path, &given, &found)),
        (Some(given), _) => Ok(Some(given)),
        (None, Some(found)) => Ok(Some(found)),
        (None, None) if format.is_english() => {
            Ok(Some(Spoken::new("en", LanguageSource::DataSet, format!("the data set {format}"))))
        }
        (None, None) => Ok(None),
    }
}

/// Whether a folder's or a file's name says a language.
pub(super) fn is_said(root: &Path, path: &Path, kind: Kind) -> Result<bool, ImportError> {
    Ok(Place::of(root, path).language(kind, false)?.is_some())
}

/// The relation of a Hive folder such as `relation=P36`.
pub(super) fn relation(root: &Path, path: &Path) -> Option<String> {
    let place = Place::of(root, path);
    place.pairs().find(|(key, _)| key.eq_ignore_ascii_case("relation")).map(|(_, value)| value)
}

/// No source says the language.
pub(super) fn missing(path: &Path, format: FactsFormat) -> ImportError {
    let folder = path.canonicalize().ok().and_then(|path| Some(path.parent()?.file_name()?.to_owned()));
    let found = folder.map_or_else(String::new, |name| {
        let name = name.to_string_lossy();
        match language::named(&name) {
            Some(code) => format!(", and its folder `{name}` is not a code, which is `{code}`"),
            None => format!(", and its folder `{name}` is no language"),
        }
    });
    ImportError::NoLanguage { path: path.to_owned(), found: format!("{format} has many languages{found}") }
}

fn given(path: &Path, text: &str) -> Result<Spoken, ImportError> {
    let code = language::parse(text).map_err(|wrong| ImportError::NoLanguage {
        path: path.to_owned(),
        found: format!("the language that was given cannot be read: {wrong}"),
    })?;
    Ok(Spoken::new(&code, LanguageSource::Given, "the language that was given".to_owned()))
}

fn differ(path: &Path, one: &Spoken, other: &Spoken) -> ImportError {
    ImportError::TwoLanguages { path: path.to_owned(), one: one.said(), other: other.said() }
}

/// Where a file lies: the names of the folders it is in.
struct Place {
    path: PathBuf,
    /// Folders that a plain name is taken from, the nearest first. A folder that is a link has two names.
    near: Vec<Vec<PathBuf>>,
    /// All paths to the file.
    paths: Vec<PathBuf>,
}

impl Place {
    fn of(root: &Path, path: &Path) -> Self {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let absolute = |path: &Path| path.canonicalize().ok();
        let mut nearest = vec![folder.to_owned()];
        nearest.extend(absolute(folder));
        if path.is_symlink() {
            nearest.extend(absolute(path).and_then(|target| Some(target.parent()?.to_owned())));
        }
        let mut paths = nearest.clone();
        paths.push(path.to_owned());
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
        Self { path: path.to_owned(), near, paths }
    }

    /// Keys and values of folders such as `lang=zh`, anywhere on the way to the file.
    fn pairs(&self) -> impl Iterator<Item = (String, String)> {
        let names = self.paths.iter().flat_map(|path| path.iter());
        names.filter_map(|name| {
            let (key, value) = name.to_str()?.split_once('=')?;
            Some((key.to_owned(), value.to_owned()))
        })
    }

    /// What names say; `strict`: a name that was meant as a language and is no code is an error.
    fn language(&self, kind: Kind, strict: bool) -> Result<Option<Spoken>, ImportError> {
        let mut found: Option<Spoken> = None;
        for (key, value) in self.pairs().filter(|(key, _)| KEYS.iter().any(|known| key.eq_ignore_ascii_case(known))) {
            match language::parse(&value) {
                Ok(code) => {
                    let by = format!("the folder `{key}={value}`");
                    self.also(&mut found, Spoken::new(&code, LanguageSource::Folder, by))?;
                }
                Err(wrong) if strict => {
                    return Err(ImportError::NoLanguage {
                        path: self.path.clone(),
                        found: format!("the folder `{key}={value}` names no language: {wrong}"),
                    });
                }
                Err(_) => {}
            }
        }
        let own = stem(&self.path);
        if matches!(kind, Kind::Candidates | Kind::Bmlama) && self.is_language(&own, &self.path) {
            self.also(&mut found, Spoken::new(&own, LanguageSource::File, format!("the file's name `{own}`")))?;
            return Ok(found);
        }
        for level in &self.near {
            let mut spoke = false;
            for folder in level {
                let Some(name) = folder.file_name().and_then(OsStr::to_str) else { continue };
                if self.is_language(name, folder) {
                    let spoken = Spoken::new(name, LanguageSource::Folder, format!("the folder `{name}`"));
                    self.also(&mut found, spoken)?;
                    spoke = true;
                } else if let Some(code) = language::named(name).filter(|_| strict) {
                    return Err(ImportError::NoLanguage {
                        path: self.path.clone(),
                        found: format!("the folder `{name}` is named as a language, but not by its code, `{code}`"),
                    });
                }
            }
            if spoke {
                break;
            }
        }
        Ok(found)
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

    /// A known code, or one that looks like it beside known ones: `war` and `sh` beside `vi` are languages.
    fn is_language(&self, name: &str, path: &Path) -> bool {
        if language::is_known(name) {
            return true;
        }
        let primary = name.split(['-', '_']).next().unwrap_or_default();
        if !matches!(primary.len(), 2 | 3) || language::parse(name).is_err() {
            return false;
        }
        let Ok(full) = path.canonicalize() else { return false };
        let beside = full.parent().and_then(|above| above.read_dir().ok());
        let mut names = beside.into_iter().flatten().flatten().map(|entry| stem(&entry.path()));
        names.any(|other| other != name && language::is_known(&other))
    }
}
