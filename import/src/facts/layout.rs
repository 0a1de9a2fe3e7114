//! Which files of a folder hold facts, and as which data set.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use super::lines::first_row;
use super::{FactsFile, FactsFormat, FactsOptions, Kind};
use crate::error::ImportError;

/// mLAMA's folder of candidates.
const CANDIDATES: &str = "TREx_multilingual_objects";
/// mLAMA's templates.
const TEMPLATES: &str = "templates.jsonl";
/// LAMA's templates; they stand in the folder above the facts.
const RELATIONS: &str = "relations.jsonl";
/// LAMA's folder of facts.
const TREX: &str = "TREx";
/// The language of data sets that have one.
const ENGLISH: &str = "en";

/// The files to read, in the order of their paths, and what they were taken for.
pub(super) fn files(path: &Path, options: &FactsOptions) -> Result<(FactsFormat, Vec<FactsFile>), ImportError> {
    if !path.exists() {
        return Err(ImportError::NothingMatched {
            pattern: path.display().to_string(),
            expected: "a file or folder of mLAMA, LAMA or ParaRel".to_owned(),
        });
    }
    let layout = Layout { root: path, options };
    let (format, files) = if path.is_dir() { layout.folder()? } else { layout.single()? };
    match options.format {
        Some(asked) if asked != format => Err(layout.unknown(&format!("holds {format} data, not {asked}"))),
        _ if files.is_empty() => Err(layout.unknown("holds no rows of facts")),
        _ => Ok((format, files)),
    }
}

struct Layout<'a> {
    root: &'a Path,
    options: &'a FactsOptions,
}

type Found = Result<(FactsFormat, Vec<FactsFile>), ImportError>;

impl Layout<'_> {
    fn unknown(&self, found: &str) -> ImportError {
        ImportError::UnknownFormat { file: self.root.to_owned(), found: found.to_owned(), known: FactsFormat::known() }
    }

    fn folder(&self) -> Found {
        let folders = list(self.root, |path| path.is_dir())?;
        let languages: Vec<_> = folders.iter().filter(|folder| folder.join(TEMPLATES).is_file()).collect();
        let candidates = folders.iter().find(|folder| folder.ends_with(CANDIDATES));
        if !languages.is_empty() || candidates.is_some() {
            if self.options.language.is_some() {
                return Err(self.unknown(
                    "is a folder of languages, which are named by its folders: give one of those to name its \
                     language yourself",
                ));
            }
            let mut files = Vec::new();
            for folder in languages {
                files.extend(self.language(folder)?);
            }
            files.extend(candidates.map(|folder| self.candidates(folder)).transpose()?.unwrap_or_default());
            return Ok((FactsFormat::Mlama, files));
        }
        if self.root.ends_with(CANDIDATES) {
            return Ok((FactsFormat::Mlama, self.candidates(self.root)?));
        }
        if self.root.join(TEMPLATES).is_file() {
            return Ok((FactsFormat::Mlama, self.language(self.root)?));
        }
        if self.root.join(TREX).is_dir() {
            return Ok((FactsFormat::Lama, self.lama(&self.root.join(TREX))?));
        }
        let files = list(self.root, |path| is_jsonl(path) && !path.ends_with(RELATIONS))?;
        let Some(first) = files.iter().find(|path| size(path).is_ok_and(|size| size > 0)) else {
            return Err(self.unknown("holds no `.jsonl` files"));
        };
        match self.recognise(first)? {
            (FactsFormat::Lama, _) => Ok((FactsFormat::Lama, self.lama(self.root)?)),
            (format, kind) => {
                let files = files.iter().map(|path| self.file(path, format, kind));
                Ok((format, files.collect::<Result<_, _>>()?))
            }
        }
    }

    fn single(&self) -> Found {
        if self.root.extension() == Some(OsStr::new("json")) {
            return Ok((FactsFormat::Mlama, vec![self.candidate_file(self.root)?]));
        }
        let (format, kind) = self.recognise(self.root)?;
        Ok((format, vec![self.file(self.root, format, kind)?]))
    }

    /// What the fields of a file's first row show it to be.
    fn recognise(&self, path: &Path) -> Result<(FactsFormat, Kind), ImportError> {
        let fields = first_row(path)?;
        let has = |name: &str| fields.iter().any(|field| field == name);
        if has("pattern") {
            Ok((FactsFormat::Pararel, Kind::Patterns))
        } else if has("relation") && has("template") {
            let lama = path.ends_with(RELATIONS);
            Ok((if lama { FactsFormat::Lama } else { FactsFormat::Mlama }, Kind::Templates))
        } else if has("predicate_id") {
            Ok((FactsFormat::Lama, Kind::Facts))
        } else if has("uuid") && has("sub_label") && has("obj_label") {
            // An mLAMA row asked for as LAMA is one: older copies of LAMA have no `predicate_id`.
            Ok((self.options.format.unwrap_or(FactsFormat::Mlama), Kind::Facts))
        } else {
            Err(ImportError::UnknownFormat {
                file: path.to_owned(),
                found: format!("starts with a row of the fields {}", fields.join(", ")),
                known: FactsFormat::known(),
            })
        }
    }

    /// A language of mLAMA.
    fn language(&self, folder: &Path) -> Result<Vec<FactsFile>, ImportError> {
        let files = list(folder, is_jsonl)?;
        let kind = |path: &Path| if path.ends_with(TEMPLATES) { Kind::Templates } else { Kind::Facts };
        files.iter().map(|path| self.file(path, FactsFormat::Mlama, kind(path))).collect()
    }

    fn candidates(&self, folder: &Path) -> Result<Vec<FactsFile>, ImportError> {
        let files = list(folder, |path| path.extension() == Some(OsStr::new("json")))?;
        files.iter().map(|path| self.candidate_file(path)).collect()
    }

    fn candidate_file(&self, path: &Path) -> Result<FactsFile, ImportError> {
        let language = self.options.language.clone().unwrap_or_else(|| stem(path));
        let kind = Kind::Candidates;
        Ok(FactsFile { path: path.to_owned(), size: size(path)?, kind, relation: String::new(), language })
    }

    /// LAMA's facts with the templates beside them or above.
    fn lama(&self, folder: &Path) -> Result<Vec<FactsFile>, ImportError> {
        let facts = list(folder, |path| is_jsonl(path) && !path.ends_with(RELATIONS))?;
        let mut files = Vec::with_capacity(facts.len() + 1);
        for path in &facts {
            files.push(self.file(path, FactsFormat::Lama, Kind::Facts)?);
        }
        let above = folder.parent().filter(|_| folder.ends_with(TREX));
        let places = [Some(folder), above].into_iter().flatten().map(|folder| folder.join(RELATIONS));
        if let Some(templates) = places.into_iter().find(|path| path.is_file()) {
            files.push(self.file(&templates, FactsFormat::Lama, Kind::Templates)?);
        }
        Ok(files)
    }

    fn file(&self, path: &Path, format: FactsFormat, kind: Kind) -> Result<FactsFile, ImportError> {
        let language = match (&self.options.language, format) {
            (Some(language), _) => language.clone(),
            (None, FactsFormat::Mlama) => self.folder_name(path)?,
            (None, _) => ENGLISH.to_owned(),
        };
        Ok(FactsFile { path: path.to_owned(), size: size(path)?, kind, relation: stem(path), language })
    }

    /// The name of the folder a file is in, which is mLAMA's language.
    fn folder_name(&self, path: &Path) -> Result<String, ImportError> {
        let full = fs::canonicalize(path).map_err(|source| failed(path, source))?;
        let name = full.parent().and_then(Path::file_name);
        name.map(|name| name.to_string_lossy().into_owned())
            .ok_or_else(|| self.unknown("is in no folder whose name would be its language: name the language"))
    }
}

fn failed(path: &Path, source: std::io::Error) -> ImportError {
    ImportError::Io { file: path.to_owned(), doing: "read", source }
}

/// A folder's entries of one kind, sorted, hidden ones left out.
fn list(folder: &Path, wanted: impl Fn(&Path) -> bool) -> Result<Vec<PathBuf>, ImportError> {
    let entries = fs::read_dir(folder).map_err(|source| failed(folder, source))?;
    let paths = entries.map(|entry| entry.map(|entry| entry.path())).collect::<Result<Vec<_>, _>>();
    let mut paths = paths.map_err(|source| failed(folder, source))?;
    paths.retain(|path| wanted(path) && !stem(path).starts_with('.'));
    paths.sort();
    Ok(paths)
}

fn is_jsonl(path: &Path) -> bool {
    path.is_file() && path.extension() == Some(OsStr::new("jsonl"))
}

fn size(path: &Path) -> Result<u64, ImportError> {
    fs::metadata(path).map(|metadata| metadata.len()).map_err(|source| failed(path, source))
}

fn stem(path: &Path) -> String {
    path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}
