//! Names of relations from a file of the user's: tab-separated, CSV, JSON lines, or one JSON object.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use kndb_storage::RelationNameRow;
use serde::Deserialize;
use serde::de::{MapAccess, Visitor};

use crate::error::{ImportError, Location, Place};

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
/// A name without a language is English.
///
/// # Errors
/// When a line lacks a field, or two lines give a relation different names in one language.
pub fn read_names(path: &Path) -> Result<Vec<RelationNameRow>, ImportError> {
    let io = |doing| move |source| ImportError::Io { file: path.to_owned(), doing, source };
    let length = std::fs::metadata(path).map_err(io("open"))?.len();
    let whole = |found: String| unexpected(path, Place::File, found, EXPECTED);
    if length > MOST_BYTES {
        return Err(whole(format!("{length} bytes")));
    }
    let bytes = std::fs::read(path).map_err(io("read"))?;
    let text = std::str::from_utf8(&bytes).map_err(|error| {
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

/// A line of JSON.
#[derive(Deserialize)]
struct Line {
    relation: String,
    #[serde(alias = "label")]
    name: String,
    #[serde(alias = "language")]
    lang: Option<String>,
}

/// Members of a JSON object in their order, those of one key twice included.
struct Members<V>(Vec<(String, V)>);

/// What a relation is called: in English, or by language.
#[derive(Deserialize)]
#[serde(untagged)]
enum Called {
    English(String),
    ByLanguage(Members<String>),
}

impl<'de, V: Deserialize<'de>> Deserialize<'de> for Members<V> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InOrder<V>(std::marker::PhantomData<V>);
        impl<'de, V: Deserialize<'de>> Visitor<'de> for InOrder<V> {
            type Value = Members<V>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(InOrder(std::marker::PhantomData))
    }
}

impl Names<'_> {
    fn at(&self, line: u64) -> Place {
        Place::Line { line, column: 1 }
    }

    fn add(&mut self, line: u64, relation: &str, name: &str, language: Option<&str>) -> Result<(), ImportError> {
        let language = language.map(str::trim).filter(|language| !language.is_empty()).unwrap_or(ENGLISH);
        let (relation, name) = (relation.trim(), name.trim());
        for (field, value) in [("relation", relation), ("name", name)] {
            if value.is_empty() {
                return Err(unexpected(self.path, self.at(line), format!("an empty {field}"), EXPECTED));
            }
        }
        match self.names.entry((relation.to_owned(), language.to_owned())) {
            std::collections::btree_map::Entry::Vacant(place) => {
                place.insert((name.to_owned(), line));
                Ok(())
            }
            std::collections::btree_map::Entry::Occupied(known) if known.get().0 == name => Ok(()),
            std::collections::btree_map::Entry::Occupied(known) => {
                let (other, first) = known.get();
                let found = format!("the name {name:?} of {relation} ({language}), which line {first} calls {other:?}");
                Err(unexpected(self.path, Place::Line { line, column: 1 }, found, "one name a relation and language"))
            }
        }
    }

    fn json(&mut self, text: &str) -> Result<(), ImportError> {
        // One object that spans the file is a mapping, unless it is a single line of the other form.
        if serde_json::from_str::<Line>(text).is_err()
            && let Ok(Members(relations)) = serde_json::from_str::<Members<Called>>(text)
            && !relations.iter().any(|(key, _)| key == "relation")
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
            let read: Line = serde_json::from_str(line).map_err(|error| {
                let found = format!("a line that is no name of a relation ({error})");
                unexpected(self.path, Place::Line { line: number, column: error.column() as u64 }, found, EXPECTED)
            })?;
            self.add(number, &read.relation, &read.name, read.lang.as_deref())?;
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
                    let headed = Columns::headed(&record);
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

/// Where the fields of a table stand.
struct Columns {
    relation: usize,
    name: usize,
    language: Option<usize>,
    /// Fields of a line at most.
    most: usize,
}

impl Columns {
    /// Those of a line of column names, if it is one.
    fn headed(record: &csv::StringRecord) -> Option<Self> {
        let at = |names: &[&str]| {
            record.iter().position(|field| names.iter().any(|name| field.trim().eq_ignore_ascii_case(name)))
        };
        let relation = at(&["relation"])?;
        let name = at(&["name", "label"])?;
        Some(Self { relation, name, language: at(&["lang", "language"]), most: record.len() })
    }
}
