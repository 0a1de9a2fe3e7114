//! Rows that say again what a fact or a list is, in other words: which of them is right is not for a reader to say.

use std::path::PathBuf;

use super::FactsItem;
use super::rows::FileRows;
use crate::error::ImportError;
use crate::mapped::Mapped;
use crate::source::seen::{Repeat, Seen};

/// Bits of a position for the byte in a file; those above number the file.
const BYTES: u32 = 40;

/// What the rows of one input said: 40 bytes or so a fact and language.
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

    /// Refuses an item that differs from an earlier one of the same fact, or relation, and language.
    pub fn check(&mut self, item: &FactsItem, rows: &FileRows) -> Result<(), ImportError> {
        let (key, content, what) = match item {
            FactsItem::Fact(row) => {
                let content = [&*row.subject, &*row.object].join("\0");
                (["f", &row.id, &row.language].join("\0"), content, ("labels of the fact", &row.id, &row.language))
            }
            FactsItem::Candidates(row) => {
                let content = [row.subjects.join("\0"), row.objects.join("\0")].join("\0\0");
                (
                    ["c", &row.relation, &row.language].join("\0"),
                    content,
                    ("candidates of the relation", &row.relation, &row.language),
                )
            }
            // A relation has many templates, and data sets repeat its name with every one.
            FactsItem::Template(_) | FactsItem::RelationName(_) => return Ok(()),
        };
        let file = (self.files.len() as u64).saturating_sub(1);
        let position = file << BYTES | (rows.begun() as u64 & ((1 << BYTES) - 1));
        match self.seen.note(key.as_bytes(), content.as_bytes(), position) {
            Repeat::New | Repeat::Same => Ok(()),
            Repeat::Different(first) => {
                let place = self.place(first)?;
                Err(ImportError::Unexpected {
                    at: rows.mapped().at_byte(rows.begun()),
                    found: format!("other {} `{}` in {} than at {place}", what.0, what.1, what.2),
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
