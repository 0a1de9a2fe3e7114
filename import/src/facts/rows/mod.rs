//! What the rows of each data set mean, a file each.

mod bmlama;
mod candidates;
mod conceptnet;
mod counterfact;
mod facts;
mod google_re;
mod klar;
mod patterns;
mod squad;
mod templates;
mod zsre;

use std::collections::{HashMap, HashSet, VecDeque};

use kndb_storage::{FactRow, RelationNameRow, TemplateRow, language};

use super::FactsItem;
use super::id::fact_id;
use super::kind::Kind;
use super::layout::FactsFile;
use super::problem::Problem;
use super::records::Records;
use super::row::{Row, check_name};
use super::understood::{LanguageSource, Understood};
use crate::error::ImportError;
use crate::mapped::Mapped;

/// Where rows are put once they are read, and what is remembered between them.
pub(super) struct Desk {
    pub items: VecDeque<FactsItem>,
    pub notes: Understood,
    /// Templates and names that came already: data sets repeat them with every fact.
    said: HashSet<(String, String, String)>,
    references: bmlama::References,
    /// Fields that are none of the used ones (by their list) misspelt, with the sets of missing ones they were compared with.
    foreign: HashMap<String, Vec<(usize, u64)>>,
}

impl Desk {
    pub fn new(notes: Understood) -> Self {
        Self {
            items: VecDeque::new(),
            notes,
            said: HashSet::new(),
            references: bmlama::References::default(),
            foreign: HashMap::new(),
        }
    }

    /// Whether a field was found to be none of the missing ones of `used` (bits) misspelt.
    pub fn is_foreign(&self, field: &str, used: &'static [&'static str], missing: u64) -> bool {
        self.foreign.get(field).is_some_and(|known| known.contains(&(used.as_ptr() as usize, missing)))
    }

    /// Notes that a field is not used, and was meant for none of the missing ones.
    pub fn foreign(&mut self, field: &str, used: &'static [&'static str], missing: u64) {
        self.notes.unused_fields.insert(field.to_owned());
        self.foreign.entry(field.to_owned()).or_default().push((used.as_ptr() as usize, missing));
    }

    fn fact(&mut self, row: FactRow) {
        self.items.push_back(FactsItem::Fact(row));
    }

    /// A template that may have come before.
    fn template_once(&mut self, relation: &str, language: &str, text: String) {
        let key = (relation.to_owned(), language.to_owned(), text);
        if !self.said.contains(&key) {
            let (relation, language, text) = key.clone();
            self.said.insert(key);
            self.items.push_back(FactsItem::Template(TemplateRow { relation, language, text }));
        }
    }

    fn name(&mut self, relation: &str, language: &str, name: String) {
        let row = RelationNameRow { relation: relation.to_owned(), language: language.to_owned(), name };
        self.items.push_back(FactsItem::RelationName(row));
    }

    /// The id of a fact whose row has none.
    fn computed(&mut self, relation: &str, parts: &[&str]) -> String {
        self.notes.computed_ids += 1;
        fact_id(relation, parts)
    }
}

/// What a data set's rows mean.
type Meaning = fn(&Row<'_>, &FactsFile, &mut Desk) -> Result<(), Problem>;

/// Reader of one file.
pub(super) struct FileRows {
    pub file: FactsFile,
    reading: Reading,
}

enum Reading {
    Records(Records, Meaning),
    Candidates(candidates::Lists),
    Klar(klar::Samples),
    Bmlama(bmlama::Lines),
}

impl FileRows {
    pub fn open(file: FactsFile, desk: &mut Desk) -> Result<Self, ImportError> {
        let mapped = Mapped::unpacked(&file.path, "rows of facts")?;
        let records = |meaning: Meaning| Reading::Records(Records::new(mapped.clone(), file.rows.layout), meaning);
        let reading = match file.rows.kind {
            Kind::Facts => records(facts::read),
            Kind::Templates => records(templates::read),
            Kind::Patterns => records(patterns::read),
            Kind::CounterFact => records(counterfact::read),
            Kind::Zsre => records(zsre::read),
            Kind::GoogleRe => records(google_re::read),
            Kind::ConceptNet => records(conceptnet::read),
            Kind::Squad => records(squad::read),
            Kind::Candidates => Reading::Candidates(candidates::Lists::new(mapped)),
            Kind::Klar => Reading::Klar(klar::Samples::new(mapped)),
            Kind::Bmlama => Reading::Bmlama(bmlama::Lines::open(mapped, &file, desk)?),
        };
        Ok(Self { file, reading })
    }

    /// Puts what the next row says on the desk; false at the end.
    pub fn next(&mut self, desk: &mut Desk) -> Result<bool, Problem> {
        match &mut self.reading {
            Reading::Records(records, meaning) => {
                let Some(range) = records.next()? else { return Ok(false) };
                let (start, end) = (range.start, range.end);
                let row = Row::parse(&records.file().bytes()[range], start).map_err(|error| Problem::Json {
                    start,
                    end,
                    error,
                    complete: records.complete(),
                })?;
                meaning(&row, &self.file, desk)?;
                Ok(true)
            }
            Reading::Candidates(lists) => lists.next(&self.file, desk),
            Reading::Klar(samples) => samples.next(&self.file, desk),
            Reading::Bmlama(lines) => lines.next(&self.file, desk),
        }
    }

    pub fn mapped(&self) -> &Mapped {
        match &self.reading {
            Reading::Records(records, _) => records.file(),
            Reading::Candidates(lists) => lists.file(),
            Reading::Klar(samples) => samples.file(),
            Reading::Bmlama(lines) => lines.file(),
        }
    }

    /// Bytes of the file dealt with; of a packed file in proportion.
    pub fn bytes_read(&self) -> u64 {
        let position = match &self.reading {
            Reading::Records(records, _) => records.position(),
            Reading::Candidates(lists) => lists.position(),
            Reading::Klar(samples) => samples.position(),
            Reading::Bmlama(lines) => lines.position(),
        };
        let length = self.mapped().len().max(1);
        (self.file.size as u128 * position as u128 / u128::from(length)) as u64
    }

    /// First byte of the row that was read last.
    pub fn begun(&self) -> usize {
        match &self.reading {
            Reading::Records(records, _) => records.begun,
            Reading::Candidates(lists) => lists.begun,
            Reading::Klar(samples) => samples.begun(),
            Reading::Bmlama(lines) => lines.begun,
        }
    }

    pub fn place(&self) -> String {
        let path = self.file.path.display();
        match &self.reading {
            Reading::Records(records, _) => format!("{path}, {}", records.place()),
            Reading::Candidates(_) => path.to_string(),
            Reading::Klar(samples) => format!("{path}, {}", samples.place()),
            Reading::Bmlama(lines) => format!("{path}, line {}", lines.read),
        }
    }
}

/// The language of a row: its own field, else the file's.
fn language_of(row: &Row<'_>, file: &FactsFile, desk: &mut Desk) -> Result<String, Problem> {
    let mut own: Option<(String, &'static str, usize)> = None;
    for name in ["language", "lang"] {
        let Some(field) = row.field(name)?.filter(|field| !matches!(field.raw.get(), "null" | "\"\"")) else {
            continue;
        };
        let text = field.text()?;
        let code = language::parse(&text)
            .map_err(|wrong| Problem::at(field.at, format!("`{name}` is no language"), format!(": {wrong}")))?;
        match &own {
            Some((other, ..)) if *other != code => {
                let rest = format!(", `{other}` and `{code}`; expected one of them");
                return Err(Problem::at(field.at, "`language` and `lang` differ", rest));
            }
            _ => own = Some((code, name, field.at)),
        }
    }
    let (code, source) = match (own, &file.language) {
        (Some((code, name, at)), Some(said)) if said.source != LanguageSource::DataSet && said.code != code => {
            let rest = format!(", `{code}`, but {}", said.said());
            return Err(Problem::at(at, format!("`{name}` is another language"), rest));
        }
        (Some((code, ..)), _) => (code, LanguageSource::Field),
        (None, Some(said)) => (said.code.clone(), said.source),
        (None, None) => {
            let rest = format!("; the row has {}, and no folder says it", super::row::listed(row.names()));
            return Err(Problem::at(row.start, "no field `language`", rest));
        }
    };
    desk.notes.language(&code, source);
    Ok(code)
}

/// The relation of a row: its own field, else the folder's or the file's name.
fn relation_of(row: &Row<'_>, file: &FactsFile, names: &[&'static str]) -> Result<String, Problem> {
    let mut own: Option<(String, &'static str)> = None;
    for &name in names {
        let Some(text) = row.maybe_text(name)? else { continue };
        let at = row.need(name)?.at;
        check_name(&text, name, at)?;
        if let Some((other, by)) = own.as_ref().filter(|(other, _)| *other != text) {
            return Err(another_relation(&text, name, at, other, by));
        }
        agrees(&text, name, at, file)?;
        own = Some((text, name));
    }
    match own {
        Some((relation, _)) => Ok(relation),
        None => {
            check_name(&file.relation, "file name", row.start)?;
            Ok(file.relation.clone())
        }
    }
}

/// Refuses a row's relation that is not the one of its folder or file. A file's name is one of many things, a folder
/// `relation=P36` or a file `P36` is a relation.
pub(super) fn agrees(relation: &str, name: &str, at: usize, file: &FactsFile) -> Result<(), Problem> {
    let named = file.hive || (is_wikidata(&file.relation) && is_wikidata(relation));
    if named && file.relation != relation {
        return Err(another_relation(relation, name, at, &file.relation, if file.hive { "folder" } else { "file" }));
    }
    Ok(())
}

fn another_relation(relation: &str, name: &str, at: usize, other: &str, by: &str) -> Problem {
    let rest = format!(", `{relation}`, but the {by} says `{other}`");
    Problem::at(at, format!("`{name}` is another relation"), rest)
}

/// Whether a name is one of Wikidata's for a relation: `P36`.
pub(crate) fn is_wikidata(name: &str) -> bool {
    name.strip_prefix('P').is_some_and(|digits| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()))
}

/// A template as it is; one that no question can be made of is refused.
fn template(text: String, field: &str, at: usize) -> Result<String, Problem> {
    for slot in ["[X]", "[Y]"] {
        let times = text.matches(slot).count();
        if times != 1 {
            let reason = format!("`{field}` has {slot} {}", if times == 0 { "nowhere" } else { "more than once" });
            let rest = format!(
                ": {}; expected [X] for the subject and [Y] for the object",
                crate::json::excerpt(text.as_bytes())
            );
            return Err(Problem::at(at, reason, rest));
        }
    }
    Ok(text)
}
