//! Which files of a folder hold facts, and as which data set.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use super::kind::{Kind, Rows, Sniffed, sniff};
use super::language::{self, Spoken};
use super::place::Place;
use super::rows::is_wikidata;
use super::understood::{NotRead, Understood};
use super::walk::{Found, extension, stem};
use super::{FactsFormat, FactsOptions};
use crate::error::{ImportError, Location, Place as In};
use crate::format::are_of_facts;
use crate::mapped::Mapped;

/// LAMA's templates; they stand in the folder above the facts.
const RELATIONS: &str = "relations.jsonl";
/// LAMA's folder of facts.
const TREX: &str = "TREx";

/// A file of facts and how to read it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct FactsFile {
    pub path: PathBuf,
    pub size: u64,
    pub rows: Rows,
    /// Relation of rows that do not name theirs.
    pub relation: String,
    /// Whether a folder `relation=P36` names it, not the file.
    pub hive: bool,
    /// Language of rows that do not name theirs.
    pub language: Option<Spoken>,
}

/// The files to read, in the order of their paths, and what they were taken for.
pub(super) fn files(
    root: &Path,
    options: &FactsOptions,
) -> Result<(FactsFormat, Vec<FactsFile>, Understood), ImportError> {
    if !root.exists() {
        return Err(ImportError::NoFacts { path: root.to_owned(), found: "is not there".to_owned() });
    }
    let mut layout = Layout { root, options, notes: Understood::default() };
    let mut found = layout.sniffed()?;
    let format = layout.format(&found)?;
    layout.keep(&mut found, format);
    if found.is_empty() {
        return Err(layout.nothing());
    }
    if format == FactsFormat::Lama {
        found.extend(layout.templates_above(&found)?);
    }
    // Candidates come last, so that a folder's language stays together, and so do LAMA's templates.
    let last = |kind| kind == Kind::Candidates || (kind == Kind::Templates && format == FactsFormat::Lama);
    found.sort_by_key(|(_, rows)| last(rows.kind));
    for (path, _) in &found {
        layout.notes.unused_folders.extend(Place::of(root, path).not_used());
    }
    let files = found.into_iter().map(|(path, rows)| layout.file(path, rows, format)).collect::<Result<Vec<_>, _>>()?;
    layout.notes.files = files.len() as u64;
    Ok((format, files, layout.notes))
}

/// A file that is known for something else than facts.
fn not_facts(path: &Path) -> Option<ImportError> {
    let told = |what, instead| Some(ImportError::Foreign { file: path.to_owned(), what, instead });
    let mut head = Vec::new();
    fs::File::open(path).ok()?.take(4096).read_to_end(&mut head).ok()?;
    let line = head.split(|&byte| byte == b'\n').next().unwrap_or_default();
    let line = String::from_utf8_lossy(line);
    let names: Vec<_> = line.split([',', ';', '\t']).map(|name| name.trim().trim_matches(['"', '\u{feff}'])).collect();
    if names.len() > 1 && are_of_facts(names.iter().copied()) {
        return told(
            "CSV of facts, which is not read",
            "write JSON lines, in pandas `df.to_json(path, orient=\"records\", lines=True)`; templates are rows with \
             `relation`, `template` and `lang`",
        );
    }
    let is_scores = [&b"\x93NUMPY"[..], b"PAR1", b"ARROW1", b"PK\x03\x04"].iter().any(|magic| head.starts_with(magic))
        || (names.contains(&"layer") && names.contains(&"neuron"))
        || head.get(4..9) == Some(b"\0\0\0\0{");
    if is_scores {
        return told("scores or neurons, as it looks, not facts", "`kndb import DB FILE --run NAME` takes those");
    }
    None
}

struct Layout<'a> {
    root: &'a Path,
    options: &'a FactsOptions,
    notes: Understood,
}

type Sorted = Vec<(PathBuf, Rows)>;

impl Layout<'_> {
    /// All files that have rows.
    fn sniffed(&mut self) -> Result<Sorted, ImportError> {
        let Found { files, not_read } = Found::at(self.root)?;
        self.notes.not_read = not_read;
        let single = self.root.is_file();
        let mut rows = Vec::with_capacity(files.len());
        for path in files {
            if fs::metadata(&path).map_err(|source| failed(&path, source))?.len() == 0 {
                self.leave(path, "empty");
                continue;
            }
            // In a folder only data that is alike is taken for what was asked for.
            let format = self.options.format.filter(|_| single);
            match sniff(&path, Mapped::unpacked(&path, "rows of facts")?, format)? {
                Sniffed::Empty => self.leave(path, "empty"),
                Sniffed::Rows(found) => rows.push((path, found)),
                // A folder may hold other JSON: descriptions, settings.
                Sniffed::Unknown(_) if !single && extension(&path).as_deref() == Some("json") => {
                    self.leave(path, "JSON, but no facts");
                }
                Sniffed::Unknown(found) => {
                    if let Some(error) = not_facts(&path) {
                        return Err(error);
                    }
                    return Err(ImportError::UnknownFacts { path, found, sought: Kind::SOUGHT });
                }
            }
        }
        Ok(rows)
    }

    fn leave(&mut self, path: PathBuf, why: &str) {
        self.notes.not_read.push(NotRead { path, why: why.to_owned() });
    }

    fn nothing(&self) -> ImportError {
        let names: Vec<_> = self.notes.not_read.iter().map(|left| (self.relative(&left.path), &*left.why)).collect();
        let found = match names.as_slice() {
            [] => "is empty".to_owned(),
            [(name, why)] if name.is_empty() => format!("is {why}"),
            names => {
                let shown: Vec<_> = names.iter().take(3).map(|(name, why)| format!("{name} ({why})")).collect();
                let more = if names.len() > 3 { format!(" and {} more", names.len() - 3) } else { String::new() };
                format!("has no rows of facts, only {}{more}", shown.join(", "))
            }
        };
        ImportError::NoFacts { path: self.root.to_owned(), found }
    }

    fn relative(&self, path: &Path) -> String {
        path.strip_prefix(self.root).unwrap_or(path).display().to_string()
    }

    /// The one data set that the files are of.
    fn format(&self, found: &Sorted) -> Result<FactsFormat, ImportError> {
        let mut formats: Vec<(FactsFormat, &Path)> = Vec::new();
        // Templates stand beside facts of either LAMA: the facts say whose they are.
        let facts = found.iter().any(|(_, rows)| rows.kind == Kind::Facts);
        for (path, rows) in found.iter().filter(|(_, rows)| !facts || rows.kind != Kind::Templates) {
            let format = self.natural(path, rows)?;
            if !formats.iter().any(|(known, _)| *known == format) {
                formats.push((format, path));
            }
        }
        // Patterns of some languages make mParaRel of all.
        if formats.iter().any(|(format, _)| *format == FactsFormat::Mpararel) {
            formats.retain(|(format, _)| *format != FactsFormat::Pararel);
        }
        let shown = || {
            let each = formats.iter().map(|(format, path)| match self.relative(path).as_str() {
                "" => format.name().to_owned(),
                path => format!("{format} ({path})"),
            });
            each.collect::<Vec<_>>().join(", ")
        };
        match (self.options.format, formats.as_slice()) {
            (Some(asked), _) if found.iter().any(|(_, rows)| rows.kind.formats().contains(&asked)) => Ok(asked),
            (_, []) => Err(self.nothing()),
            (Some(asked), _) => Err(ImportError::UnknownFacts {
                path: self.root.to_owned(),
                found: format!("holds {} data, not {asked}", shown()),
                sought: Kind::SOUGHT,
            }),
            (None, &[(format, _)]) => Ok(format),
            (None, _) => Err(ImportError::AmbiguousFacts {
                path: self.root.to_owned(),
                found: format!("holds several data sets: {}", shown()),
            }),
        }
    }

    /// The data set a file is of, as it looks by itself.
    fn natural(&self, path: &Path, rows: &Rows) -> Result<FactsFormat, ImportError> {
        Ok(match rows.kind {
            Kind::Facts if rows.has("predicate_id") => FactsFormat::Lama,
            Kind::Facts if rows.has("uuid") => FactsFormat::Mlama,
            Kind::Facts => FactsFormat::Mpararel,
            Kind::Templates if path.ends_with(RELATIONS) || rows.has("label") => FactsFormat::Lama,
            Kind::Patterns if rows.has("checked-by-human") || language::is_said(self.root, path, rows)? => {
                FactsFormat::Mpararel
            }
            kind => kind.formats()[0],
        })
    }

    /// Leaves the files of other data sets alone.
    fn keep(&mut self, found: &mut Sorted, format: FactsFormat) {
        for (path, rows) in std::mem::take(found) {
            if rows.kind.formats().contains(&format) {
                found.push((path, rows));
            } else {
                self.leave(path, "another data set");
            }
        }
    }

    /// LAMA's templates, where only its folder of facts was named.
    fn templates_above(&mut self, found: &Sorted) -> Result<Option<(PathBuf, Rows)>, ImportError> {
        if !self.root.is_dir() || found.iter().any(|(_, rows)| rows.kind == Kind::Templates) {
            return Ok(None);
        }
        let full = fs::canonicalize(self.root).map_err(|source| failed(self.root, source))?;
        if !full.ends_with(TREX) {
            return Ok(None);
        }
        for ending in ["", ".gz", ".zst"] {
            let path = self.root.join("..").join(format!("{RELATIONS}{ending}"));
            if !path.is_file() {
                continue;
            }
            match sniff(&path, Mapped::unpacked(&path, "rows of templates")?, None)? {
                Sniffed::Rows(rows) if rows.kind == Kind::Templates => return Ok(Some((path, rows))),
                Sniffed::Empty => self.leave(path, "empty"),
                Sniffed::Rows(_) | Sniffed::Unknown(_) => self.leave(path, "no templates"),
            }
        }
        Ok(None)
    }

    fn file(&self, path: PathBuf, rows: Rows, format: FactsFormat) -> Result<FactsFile, ImportError> {
        let size = fs::metadata(&path).map_err(|source| failed(&path, source))?.len();
        let language = match rows.kind {
            // Nothing is read of it.
            Kind::Squad => None,
            _ => language::of_file(self.root, &path, &rows, format, self.options)?,
        };
        if language.is_none() && rows.kind != Kind::Squad && !rows.say_language() {
            return Err(language::missing(&path, format));
        }
        let folder = Place::of(self.root, &path).relation(&rows)?;
        let hive = folder.is_some();
        let own = stem(&path);
        if let Some(folder) =
            folder.as_ref().filter(|folder| **folder != own && is_wikidata(folder) && is_wikidata(&own))
        {
            return Err(ImportError::Unexpected {
                at: Box::new(Location { file: path, place: In::File }),
                found: format!("the relation `{folder}` by the folder, and `{own}` by the file's name"),
                expected: "one relation".to_owned(),
            });
        }
        let relation = folder.unwrap_or(own);
        Ok(FactsFile { path, size, rows, relation, hive, language })
    }
}

fn failed(path: &Path, source: std::io::Error) -> ImportError {
    ImportError::Io { file: path.to_owned(), doing: "read", source }
}
