//! Columns of names: ids, and the texts that they stand for.

use super::KeptNames;
use super::buffer::Buffer;
use super::dictionary::Dictionary;
use crate::error::QueryError;
use kndb_storage::{LanguageId, RunId};
use std::fmt;
use std::sync::{Arc, OnceLock};

/// What the ids of a column are numbers of, and what is shown of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IdsOf {
    /// Facts (`FactId`), shown by their ids in the data.
    Fact,
    /// Facts, of which the relation is shown.
    Relation,
    /// Facts, of which the subject's label is shown.
    Subject,
    /// Facts, of which the object's label is shown.
    Object,
    /// Languages (`LanguageId`), shown by their codes.
    Language,
    /// Runs (`RunId`), shown by their names.
    Run,
    /// Texts of this column alone: an id means nothing outside of it.
    Text,
}

/// A column of names. A text is made or looked up when it is asked for: what nobody prints costs an id a row.
#[derive(Clone)]
pub struct Texts {
    ids: Buffer<u32>,
    names: Names,
    made: OnceLock<Dictionary>,
}

/// Who knows what an id stands for.
#[derive(Clone)]
pub(crate) enum Names {
    Store(IdsOf, KeptNames),
    Known(Arc<Vec<String>>),
}

/// The id of what has no name.
pub(crate) const NO_ID: u32 = u32::MAX;

impl Texts {
    pub(crate) fn new(ids: Buffer<u32>, names: Names) -> Self {
        Self { ids, names, made: OnceLock::new() }
    }

    /// What the ids are numbers of.
    pub fn ids_of(&self) -> IdsOf {
        match &self.names {
            Names::Store(named, ..) => *named,
            Names::Known(_) => IdsOf::Text,
        }
    }

    /// An id a row, `u32::MAX` where there is none. They are those of the store ([`kndb_storage::Snapshot`]); for
    /// relations, subjects and objects they are those of facts. Facts that an attached store alone has are numbered behind
    /// the store's own ([`kndb_storage::Snapshot::end_of_facts`]), for this statement; of a question to one attached store, ids
    /// are that store's.
    pub fn ids(&self) -> &Buffer<u32> {
        &self.ids
    }

    /// How many rows.
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    /// The text of a row, looked up.
    ///
    /// # Errors
    /// When the store's file of facts is damaged.
    ///
    /// # Panics
    /// When there is no such row.
    pub fn text(&self, row: usize) -> Result<Option<&str>, QueryError> {
        self.names.text(self.ids[row])
    }

    /// All of them as a dictionary, made the first time. Labels, ids and names that the store lacks are null.
    ///
    /// # Errors
    /// As for [`Self::text`]; when the texts of the batch take more than 2 GB.
    pub fn dictionary(&self) -> Result<&Dictionary, QueryError> {
        if let Some(made) = self.made.get() {
            return Ok(made);
        }
        let made = Dictionary::of(&self.ids, |id| self.names.text(id))?;
        // Where another thread was faster, its own is the same.
        Ok(self.made.get_or_init(|| made))
    }
}

impl Names {
    fn text(&self, id: u32) -> Result<Option<&str>, QueryError> {
        if id == NO_ID {
            return Ok(None);
        }
        let (named, names) = match self {
            Self::Known(texts) => return Ok(texts.get(id as usize).map(String::as_str)),
            Self::Store(named, names) => (*named, names.names()),
        };
        Ok(match named {
            IdsOf::Fact => Some(names.external_id(id)?),
            IdsOf::Relation => names.relation_name(id)?,
            IdsOf::Subject => names.label(id)?.map(|(subject, _)| subject),
            IdsOf::Object => names.label(id)?.map(|(_, object)| object),
            IdsOf::Language => u16::try_from(id).ok().map(|id| names.snapshot.language_name(LanguageId(id))),
            IdsOf::Run => names.snapshot.run(RunId(id)).map(|run| run.spec.name.as_str()),
            IdsOf::Text => None,
        })
    }
}

impl fmt::Debug for Texts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Texts").field("named", &self.ids_of()).field("ids", &self.ids).finish_non_exhaustive()
    }
}
