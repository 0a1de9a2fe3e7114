//! mLAMA's candidates: one object, by relation two lists of labels.

use kndb_storage::CandidatesRow;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::{Desk, agrees};
use crate::facts::FactsItem;
use crate::facts::layout::FactsFile;
use crate::facts::problem::Problem;
use crate::facts::row::{Row, check_name};
use crate::json::{Cursor, TopMap};
use crate::mapped::Mapped;

#[derive(Deserialize)]
struct Labels(Vec<String>);

/// The lists of a file.
pub(super) struct Lists {
    members: TopMap,
    /// First byte of the last ones.
    pub begun: usize,
}

impl Lists {
    pub fn new(file: Mapped) -> Self {
        Self { members: TopMap::new(Cursor::new(file)), begun: 0 }
    }

    pub fn file(&self) -> &Mapped {
        &self.members.cursor.file
    }

    pub fn position(&self) -> usize {
        self.members.cursor.position
    }

    pub fn next(&mut self, file: &FactsFile, desk: &mut Desk) -> Result<bool, Problem> {
        let Some(member) = self.members.next::<Box<RawValue>>()? else { return Ok(false) };
        let (start, relation) = (member.value_at, member.key);
        self.begun = start;
        check_name(&relation, "relation", member.key_at)?;
        agrees(&relation, "relation", member.key_at, file)?;
        let text = member.value.get().as_bytes();
        let row = Row::parse(text, start).map_err(|error| {
            let complete = (0, "relations");
            Problem::Json { start, end: start + text.len(), error, complete }
        })?;
        row.check(&["subjects", "objects"], desk)?;
        let (subjects, objects) = (labels(&row, "subjects")?, labels(&row, "objects")?);
        // The file has a language, or it would not have been opened.
        let Some(language) = &file.language else { return Ok(true) };
        desk.notes.language(&language.code, language.source);
        let language = language.code.clone();
        desk.items.push_back(FactsItem::Candidates(CandidatesRow { relation, language, subjects, objects }));
        Ok(true)
    }
}

fn labels(row: &Row<'_>, name: &'static str) -> Result<Vec<String>, Problem> {
    let field = row.need(name)?;
    let Labels(labels) = field.parse("a list of texts")?;
    if labels.iter().any(|label| label.trim().is_empty()) {
        return Err(Problem::at(field.at, format!("`{name}` has an empty label"), "; expected a list of texts"));
    }
    Ok(labels)
}
