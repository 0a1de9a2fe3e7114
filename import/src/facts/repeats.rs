//! Rows that say again what a fact or a list is, in other words: which of them is right is not for a reader to say.

use std::path::PathBuf;

use super::FactsItem;
use super::rows::FileRows;
use crate::error::ImportError;
use crate::mapped::Mapped;
use crate::source::seen::{Repeat, Seen};

/// Bits of a position for the byte in a file; those above number the file.
const BYTES: u32 = 40;

/// What the rows of all inputs of a command said: 40 bytes or so a fact and language, and as many for what is said
/// of the fact in every language.
#[derive(Default)]
pub(super) struct Repeats {
    seen: Seen,
    /// Files read, in their order; the last is the one that is read.
    files: Vec<PathBuf>,
}

impl Repeats {
    pub fn file(&mut self, path: PathBuf) {
        self.files.push(path);
    }

    /// Refuses an item that says of a fact or a relation what an earlier one says otherwise.
    pub fn check(&mut self, item: &FactsItem, rows: &FileRows) -> Result<(), ImportError> {
        match item {
            FactsItem::Fact(row) => {
                let (id, language) = (&*row.id, Some(&*row.language));
                self.one("labels of the fact", id, language, &[&row.subject, &row.object], rows)?;
                self.one("relation of the fact", id, None, &[&row.relation], rows)?;
                // What is not said does not disagree.
                for (what, uri) in
                    [("subject's id of the fact", &row.subject_uri), ("object's id of the fact", &row.object_uri)]
                {
                    if let Some(uri) = uri {
                        self.one(what, id, None, &[uri], rows)?;
                    }
                }
                Ok(())
            }
            FactsItem::Candidates(row) => {
                let content = [row.subjects.join("\0"), row.objects.join("\0")];
                let content = content.each_ref().map(String::as_str);
                self.one("candidates of the relation", &row.relation, Some(&row.language), &content, rows)
            }
            FactsItem::RelationName(row) => {
                self.one("name of the relation", &row.relation, Some(&row.language), &[&row.name], rows)
            }
            // A relation has many templates.
            FactsItem::Template(_) => Ok(()),
        }
    }

    /// Notes one thing that is said of an id, and refuses it if it was said otherwise.
    fn one(
        &mut self,
        what: &str,
        id: &str,
        language: Option<&str>,
        content: &[&str],
        rows: &FileRows,
    ) -> Result<(), ImportError> {
        let key = [what, id, language.unwrap_or_default()].join("\0");
        let file = (self.files.len() as u64).saturating_sub(1);
        let position = file << BYTES | (rows.begun() as u64 & ((1 << BYTES) - 1));
        match self.seen.note(key.as_bytes(), content.join("\0\0").as_bytes(), position) {
            Repeat::New | Repeat::Same => Ok(()),
            Repeat::Different(first) => {
                let place = self.place(first)?;
                let language = language.map_or_else(String::new, |language| format!(" in {language}"));
                Err(ImportError::Unexpected {
                    at: rows.mapped().at_byte(rows.begun()),
                    found: format!("other {what} `{id}`{language} than at {place}"),
                    expected: "one row, or equal ones; take out the one that is wrong".to_owned(),
                })
            }
        }
    }

    /// A position in words.
    fn place(&self, position: u64) -> Result<String, ImportError> {
        let Some(path) = self.files.get((position >> BYTES) as usize) else { return Ok("an earlier place".to_owned()) };
        let file = Mapped::unpacked(path, "rows of facts")?;
        Ok(file.at_byte((position & ((1 << BYTES) - 1)) as usize).to_string())
    }
}
