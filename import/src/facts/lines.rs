//! The rows of one facts file.

use std::collections::HashMap;
use std::path::Path;

use kndb_storage::{CandidatesRow, FactRow, TemplateRow};
use serde::Deserialize;
use serde::de::{DeserializeOwned, IgnoredAny};

use super::{FactsFile, FactsItem, Kind};
use crate::error::ImportError;
use crate::json::{Cursor, TopMap, parse_error};
use crate::mapped::Mapped;

/// A line of mLAMA and of LAMA T-REx.
#[derive(Deserialize)]
struct FactLine {
    uuid: String,
    sub_label: String,
    obj_label: String,
    sub_uri: Option<String>,
    obj_uri: Option<String>,
    predicate_id: Option<String>,
}

#[derive(Deserialize)]
struct TemplateLine {
    relation: String,
    template: String,
}

#[derive(Deserialize)]
struct PatternLine {
    pattern: String,
}

#[derive(Deserialize)]
struct CandidateLists {
    subjects: Vec<String>,
    objects: Vec<String>,
}

/// Reader of one file.
pub(super) struct RowReader {
    file: FactsFile,
    rows: Rows,
}

enum Rows {
    Lines {
        cursor: Cursor,
        read: u64,
    },
    Candidates(TopMap),
    /// An empty file has no rows.
    Nothing,
}

impl RowReader {
    pub fn open(file: FactsFile) -> Result<Self, ImportError> {
        if file.size == 0 {
            return Ok(Self { file, rows: Rows::Nothing });
        }
        let cursor = Cursor::new(Mapped::open(&file.path, "rows of facts")?);
        let rows = match file.kind {
            Kind::Candidates => Rows::Candidates(TopMap::new(cursor)),
            _ => Rows::Lines { cursor, read: 0 },
        };
        Ok(Self { file, rows })
    }

    pub fn bytes_read(&self) -> u64 {
        match &self.rows {
            Rows::Lines { cursor, .. } => cursor.position as u64,
            Rows::Candidates(map) => map.cursor.position as u64,
            Rows::Nothing => 0,
        }
    }

    pub fn place(&self) -> String {
        match &self.rows {
            Rows::Lines { read, .. } => format!("{}, line {read}", self.file.path.display()),
            _ => self.file.path.display().to_string(),
        }
    }

    pub fn next_item(&mut self) -> Result<Option<FactsItem>, ImportError> {
        let language = self.file.language.clone();
        match &mut self.rows {
            Rows::Nothing => Ok(None),
            Rows::Candidates(map) => {
                let member = map.next::<CandidateLists>()?;
                Ok(member.map(|member| {
                    let CandidateLists { subjects, objects } = member.value;
                    FactsItem::Candidates(CandidatesRow { relation: member.key, language, subjects, objects })
                }))
            }
            Rows::Lines { cursor, read } => match self.file.kind {
                Kind::Templates => Ok(line::<TemplateLine>(cursor, read)?.map(|line| {
                    FactsItem::Template(TemplateRow { relation: line.relation, language, text: line.template })
                })),
                Kind::Patterns => Ok(line::<PatternLine>(cursor, read)?.map(|line| {
                    let relation = self.file.relation.clone();
                    FactsItem::Template(TemplateRow { relation, language, text: line.pattern })
                })),
                _ => Ok(line::<FactLine>(cursor, read)?.map(|line| {
                    FactsItem::Fact(FactRow {
                        id: line.uuid,
                        relation: line.predicate_id.unwrap_or_else(|| self.file.relation.clone()),
                        language,
                        subject: line.sub_label,
                        object: line.obj_label,
                        subject_uri: line.sub_uri,
                        object_uri: line.obj_uri,
                    })
                })),
            },
        }
    }
}

/// The next line that is not blank.
fn line<T: DeserializeOwned>(cursor: &mut Cursor, read: &mut u64) -> Result<Option<T>, ImportError> {
    loop {
        let rest = &cursor.file.bytes()[cursor.position..cursor.end];
        if rest.is_empty() {
            return Ok(None);
        }
        let start = cursor.position;
        let length = rest.iter().position(|&byte| byte == b'\n').unwrap_or(rest.len());
        let text = &rest[..length];
        *read += 1;
        let parsed = match text.iter().all(u8::is_ascii_whitespace) {
            true => None,
            false => Some(serde_json::from_slice(text)),
        };
        let end = start + length;
        cursor.position = (end + 1).min(cursor.end);
        match parsed {
            None => {}
            Some(Ok(row)) => return Ok(Some(row)),
            Some(Err(error)) => {
                return Err(match parse_error(&cursor.file, start, end, &error) {
                    ImportError::Truncated { at, .. } => {
                        ImportError::Truncated { at, complete: *read - 1, unit: "lines" }
                    }
                    other => other,
                });
            }
        }
    }
}

/// The names of the fields of a file's first row.
pub(super) fn first_row(path: &Path) -> Result<Vec<String>, ImportError> {
    let mut cursor = Cursor::new(Mapped::open(path, "rows of facts")?);
    let row = line::<HashMap<String, IgnoredAny>>(&mut cursor, &mut 0)?;
    let mut fields: Vec<_> = row.into_iter().flatten().map(|(name, _)| name).collect();
    fields.sort();
    Ok(fields)
}
