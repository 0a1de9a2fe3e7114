//! Names of relations from a file of the user's: tab-separated, CSV, JSON lines, or one JSON object.

use std::collections::BTreeMap;
use std::path::Path;

use kndb_storage::{RelationNameRow, language};
use serde::Deserialize;

use super::near;
use super::rows::is_wikidata;
use crate::error::{ImportError, Location, Place};
use crate::json::{Members, excerpt};
use crate::mapped::Mapped;
use crate::source::roles::Role;

/// Language of a name whose file does not say one.
const ENGLISH: &str = "en";
/// A list of names is short: a larger file is something else.
const MOST_BYTES: u64 = 16 << 20;
/// What a file of names is.
const EXPECTED: &str = "relation and name, as in `P36<TAB>capital` or `P36,capital`, perhaps with a language; \
                        JSON lines such as {\"relation\": \"P36\", \"name\": \"capital\", \"lang\": \"en\"}; or one \
                        object {\"P36\": \"capital\"} or {\"P36\": {\"en\": \"capital\", \"zh\": \"首都\"}}";

/// Reads names of relations. Told apart by the first character and the first line:
///
/// - `relation<TAB>name` or `relation<TAB>name<TAB>language` a line, or the same as CSV; a first line of column names
///   (`relation`, `name` or `label`, `lang` or `language`) may stand above, and further columns then count for nothing;
/// - JSON lines with `relation`, `name` or `label`, and perhaps `lang` or `language`: LAMA's `relations.jsonl` is one;
/// - one JSON object from relations to names, or to objects from languages to names.
///
/// Names of fields and columns are read in any letter case; one that is close to them and none is refused. A name
/// without a language is English.
///
/// The file may be packed (`.gz`, `.zst`).
///
/// # Errors
/// When a line lacks a field, or two lines give a relation different names in one language.
pub fn read_names(path: &Path) -> Result<Vec<RelationNameRow>, ImportError> {
    let whole = |found: String| unexpected(path, Place::File, found, EXPECTED);
    let file = Mapped::unpacked(path, EXPECTED)?;
    if file.len() > MOST_BYTES {
        return Err(whole(format!("{} bytes", file.len())));
    }
    let text = std::str::from_utf8(file.bytes()).map_err(|error| {
        unexpected(path, Place::Byte(error.valid_up_to() as u64), "bytes that are no UTF-8", "text")
    })?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut names = Names { path, names: BTreeMap::new() };
    match text.trim_start().chars().next() {
        None => return Err(ImportError::Empty { file: path.to_owned(), expected: EXPECTED.to_owned() }),
        Some('{') => names.json(text)?,
        Some('[') => return Err(whole("a JSON array".into())),
        Some(_) => names.table(text)?,
    }
    if names.names.is_empty() {
        return Err(ImportError::Empty { file: path.to_owned(), expected: format!("{EXPECTED}; it has no entries") });
    }
    let row = |((relation, language), (name, _)): ((String, String), (String, u64))| RelationNameRow {
        relation,
        language,
        name,
    };
    Ok(names.names.into_iter().map(row).collect())
}

fn unexpected(path: &Path, place: Place, found: impl Into<String>, expected: &str) -> ImportError {
    let at = Box::new(Location { file: path.to_owned(), place });
    ImportError::Unexpected { at, found: found.into(), expected: expected.to_owned() }
}

/// Names by relation and language, each with its line.
struct Names<'p> {
    path: &'p Path,
    names: BTreeMap<(String, String), (String, u64)>,
}

/// What a field or a column of a name is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Relation,
    Name,
    Language,
}

impl Part {
    const NAMES: [&str; 2] = ["name", "label"];

    /// The part of a name that [`Self::of`] recommends.
    fn named(name: &str) -> Self {
        match name {
            "relation" => Self::Relation,
            "language" => Self::Language,
            _ => Self::Name,
        }
    }

    /// The part that a field's name says, in any letter case; the error is the name that was surely meant.
    fn of(field: &str) -> Result<Option<Self>, &'static str> {
        let field = field.trim();
        match Role::of(field) {
            Some(Role::Relation) => return Ok(Some(Self::Relation)),
            Some(Role::Language) => return Ok(Some(Self::Language)),
            _ if Self::NAMES.iter().any(|name| field.eq_ignore_ascii_case(name)) => return Ok(Some(Self::Name)),
            _ => {}
        }
        match (Role::near(field), near::meant(field, ["relation", "language", "label", "name"])) {
            (Some(Role::Language), _) => Err("language"),
            (_, Some(meant)) => Err(meant),
            // A `relation_type` is of its own; a `relatoin` is not.
            (Some(Role::Relation), None) => Err("relation"),
            _ => Ok(None),
        }
    }
}

/// Whether a key is a line's, not a relation of a mapping. Some relations are named like languages.
fn is_of_a_line(key: &str) -> bool {
    matches!(Part::of(key), Ok(Some(Part::Relation | Part::Name)) | Err("relation"))
}

/// A line of JSON.
#[derive(Default)]
struct Line {
    relation: Option<String>,
    name: Option<String>,
    language: Option<String>,
}

impl Line {
    /// A line's fields; the error is what was found.
    fn of(text: &str) -> Result<Self, (String, u64)> {
        let no_name = |error: serde_json::Error| {
            (format!("a line that is no name of a relation ({error})"), error.column() as u64)
        };
        let Members(fields) = serde_json::from_str::<Members<&serde_json::value::RawValue>>(text).map_err(no_name)?;
        let mut line = Self::default();
        let mut near = Vec::new();
        for (field, value) in fields {
            let part = match Part::of(&field) {
                Ok(Some(part)) => part,
                Ok(None) => continue,
                Err(meant) => {
                    near.push((field, meant));
                    continue;
                }
            };
            let value: Option<String> = serde_json::from_str(value.get())
                .map_err(|_| (format!("`{field}` that is no text: {}", excerpt(value.get().as_bytes())), 1))?;
            let known = match part {
                Part::Relation => &mut line.relation,
                Part::Name => &mut line.name,
                Part::Language => &mut line.language,
            };
            match (known.as_ref(), value) {
                (Some(other), Some(value)) if *other != value => {
                    return Err((format!("`{other}`, and `{value}` by the field `{field}`"), 1));
                }
                (_, Some(value)) => *known = Some(value),
                (_, None) => {}
            }
        }
        let missing = |part: Part| match part {
            Part::Relation => line.relation.is_none(),
            Part::Name => line.name.is_none(),
            Part::Language => line.language.is_none(),
        };
        match near.iter().find(|(_, meant)| missing(Part::named(meant))) {
            Some((field, meant)) => Err((format!("the field `{field}`, which may be meant as `{meant}`"), 1)),
            None => Ok(line),
        }
    }
}

/// What a relation is called: in English, or by language.
#[derive(Deserialize)]
#[serde(untagged)]
enum Called {
    English(String),
    ByLanguage(Members<String>),
}

impl Names<'_> {
    fn at(&self, line: u64) -> Place {
        Place::TextRow(line)
    }

    fn add(&mut self, line: u64, relation: &str, name: &str, language: Option<&str>) -> Result<(), ImportError> {
        let language = match language.map(str::trim).filter(|language| !language.is_empty()) {
            Some(text) => language::parse(text).map_err(|wrong| {
                unexpected(self.path, self.at(line), format!("a language of a name: {wrong}"), EXPECTED)
            })?,
            None => ENGLISH.to_owned(),
        };
        let wrong = |found| unexpected(self.path, self.at(line), found, EXPECTED);
        let (relation, name) = (id_of(relation.trim()).map_err(wrong)?, name.trim());
        if is_wikidata(name) && !is_wikidata(relation) {
            let found = format!("the name `{name}` of a relation `{relation}`, which may be the other way round");
            return Err(wrong(found));
        }
        for (field, value) in [("relation", relation), ("name", name)] {
            if value.is_empty() {
                return Err(unexpected(self.path, self.at(line), format!("an empty {field}"), EXPECTED));
            }
        }
        match self.names.entry((relation.to_owned(), language.clone())) {
            std::collections::btree_map::Entry::Vacant(place) => {
                place.insert((name.to_owned(), line));
                Ok(())
            }
            std::collections::btree_map::Entry::Occupied(known) if known.get().0 == name => Ok(()),
            std::collections::btree_map::Entry::Occupied(known) => {
                let (other, first) = known.get();
                let found = format!("the name {name:?} of {relation} ({language}), which line {first} calls {other:?}");
                Err(unexpected(self.path, Place::TextRow(line), found, "one name a relation and language"))
            }
        }
    }

    fn json(&mut self, text: &str) -> Result<(), ImportError> {
        // One object that spans the file is a mapping, unless it is a single line of the other form.
        if let Ok(Members(relations)) = serde_json::from_str::<Members<Called>>(text)
            && !relations.iter().any(|(key, _)| is_of_a_line(key))
        {
            for (relation, called) in relations {
                match called {
                    Called::English(name) => self.add(1, &relation, &name, None)?,
                    Called::ByLanguage(Members(names)) => {
                        for (language, name) in names {
                            self.add(1, &relation, &name, Some(&language))?;
                        }
                    }
                }
            }
            return Ok(());
        }
        for (number, line) in (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty()) {
            let wrong = |(found, column)| unexpected(self.path, Place::Line { line: number, column }, found, EXPECTED);
            let read = Line::of(line).map_err(wrong)?;
            let length = line.trim_end().len();
            let missing = |field: &str| {
                let found =
                    format!("a line that is no name of a relation (missing field `{field}` at line 1 column {length})");
                wrong((found, length as u64))
            };
            let relation = read.relation.ok_or_else(|| missing("relation"))?;
            let name = read.name.ok_or_else(|| missing("name"))?;
            self.add(number, &relation, &name, read.language.as_deref())?;
        }
        Ok(())
    }

    fn table(&mut self, text: &str) -> Result<(), ImportError> {
        let first = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
        let tabs = first.contains('\t');
        let mut reader = csv::ReaderBuilder::new()
            .delimiter(if tabs { b'\t' } else { b',' })
            // A name may begin with a quotation mark; in CSV it is doubled.
            .quoting(!tabs)
            .has_headers(false)
            .flexible(true)
            .from_reader(text.as_bytes());
        let mut columns = None;
        for record in reader.records() {
            let record = record.map_err(|error| {
                let line = error.position().map_or(1, csv::Position::line);
                unexpected(self.path, self.at(line), error.to_string(), EXPECTED)
            })?;
            let line = record.position().map_or(1, csv::Position::line);
            let columns = match &columns {
                Some(columns) => columns,
                None => {
                    let headed = Columns::headed(&record)
                        .map_err(|found| unexpected(self.path, self.at(line), found, EXPECTED))?;
                    let is_head = headed.is_some();
                    let columns =
                        columns.insert(headed.unwrap_or(Columns { relation: 0, name: 1, language: Some(2), most: 3 }));
                    if is_head {
                        continue;
                    }
                    columns
                }
            };
            let (Some(relation), Some(name)) = (record.get(columns.relation), record.get(columns.name)) else {
                let found = format!("{} field{}", record.len(), if record.len() == 1 { "" } else { "s" });
                return Err(unexpected(self.path, self.at(line), found, EXPECTED));
            };
            if record.len() > columns.most {
                return Err(unexpected(self.path, self.at(line), format!("{} fields", record.len()), EXPECTED));
            }
            let language = columns.language.and_then(|at| record.get(at));
            self.add(line, relation, name, language)?;
        }
        Ok(())
    }
}

/// The id of a relation, which Wikidata's query service writes as an address; the error is what was found.
fn id_of(relation: &str) -> Result<&str, String> {
    let address = relation.strip_prefix('<').and_then(|text| text.strip_suffix('>')).unwrap_or(relation);
    let Some((scheme, path)) = address.split_once("://") else { return Ok(relation) };
    let path = path.strip_prefix("www.").unwrap_or(path).strip_prefix("wikidata.org/");
    let id = ["entity/", "prop/direct/", "prop/", "wiki/Property:"]
        .iter()
        .find_map(|kind| path?.strip_prefix(kind))
        .filter(|id| matches!(scheme, "http" | "https") && is_wikidata(id));
    id.ok_or_else(|| format!("the address `{relation}` as a relation, which is none of Wikidata's properties"))
}

/// What the column of relations is called in tables of others, such as those of Wikidata's query service.
const RELATIONS: [&str; 11] =
    ["property", "propertyid", "pid", "pids", "p", "predicate", "rel", "relid", "id", "wikidata", "wikidataid"];
/// What the column of names is called there.
const CALLED: [&str; 8] =
    ["propertylabel", "plabel", "predicatelabel", "relationlabel", "relationname", "propertyname", "title", "text"];

/// Where the fields of a table stand.
struct Columns {
    relation: usize,
    name: usize,
    language: Option<usize>,
    /// Fields of a line at most.
    most: usize,
}

impl Columns {
    /// Those of a line of column names, if it is one; the error is what was found.
    fn headed(record: &csv::StringRecord) -> Result<Option<Self>, String> {
        let parts: Vec<_> = record.iter().map(Part::of).collect();
        let other = |part: Part, names: &[&str]| {
            let named = |field: &str| names.contains(&&*Role::words(field).concat());
            record.iter().position(named).filter(|_| !parts.contains(&Ok(Some(part))))
        };
        let at = |part: Part| match part {
            Part::Relation => other(part, &RELATIONS),
            Part::Name => other(part, &CALLED),
            Part::Language => None,
        };
        let at = |part: Part| parts.iter().position(|found| *found == Ok(Some(part))).or_else(|| at(part));
        let near = |part: Part| {
            let found =
                parts.iter().zip(record).find(|(found, _)| found.is_err_and(|meant| Part::named(meant) == part));
            found.map(|(_, field)| format!("the column `{field}`, which is near to the name of one that is missing"))
        };
        let is_there = |part: Part| at(part).is_some() || near(part).is_some();
        if !is_there(Part::Relation) || !is_there(Part::Name) {
            // No relation is called `label`, but for Wikidata's own.
            let is_head =
                parts.contains(&Ok(Some(Part::Name))) && !record.iter().any(|field| is_wikidata(field.trim()));
            let is_called = |name: &str| Part::NAMES.iter().any(|known| known.eq_ignore_ascii_case(name.trim()));
            return if is_head && record.iter().take(2).any(is_called) {
                Err(format!(
                    "a first line `{}`, which names columns, but none of them `relation`",
                    record.iter().collect::<Vec<_>>().join(", ")
                ))
            } else {
                Ok(None)
            };
        }
        let missing = [Part::Relation, Part::Name, Part::Language].into_iter().filter(|part| at(*part).is_none());
        if let Some(found) = missing.into_iter().find_map(near) {
            return Err(found);
        }
        let twice =
            parts.iter().enumerate().find(|(at, part)| matches!(part, Ok(Some(_))) && parts[..*at].contains(part));
        if let Some((at, _)) = twice {
            return Err(format!("the column `{}`, and another that says the same", &record[at]));
        }
        let (Some(relation), Some(name)) = (at(Part::Relation), at(Part::Name)) else { return Ok(None) };
        Ok(Some(Self { relation, name, language: at(Part::Language), most: record.len() }))
    }
}
