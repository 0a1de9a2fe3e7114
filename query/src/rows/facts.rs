//! What a result says of a fact: its id, relation, subject and object.

use crate::error::QueryError;
use crate::result::Value;
use kndb_storage::{FactId, LanguageId, Snapshot};
use std::borrow::Cow;
use std::sync::Arc;

/// What tells two subjects, objects or relations apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Identity<'s> {
    Uri(&'s str),
    Name(&'s str),
}

/// Names facts in the language of a statement.
#[derive(Clone, Copy)]
pub(crate) struct FactNames<'s> {
    pub snapshot: &'s Arc<Snapshot>,
    pub language: Option<LanguageId>,
}

fn text_or_null(text: Option<&str>) -> Value<'_> {
    text.map_or(Value::Null, |text| Value::Text(Cow::Borrowed(text)))
}

impl<'s> FactNames<'s> {
    pub(crate) fn id(&self, fact: u32) -> Result<Value<'s>, QueryError> {
        let id = self.snapshot.external_id(FactId(fact)).map_err(QueryError::storage)?;
        Ok(Value::Text(Cow::Borrowed(id)))
    }

    pub(crate) fn relation(&self, fact: u32) -> Result<Value<'s>, QueryError> {
        Ok(text_or_null(self.relation_name(fact)?))
    }

    pub(crate) fn relation_name(&self, fact: u32) -> Result<Option<&'s str>, QueryError> {
        let relation = self.snapshot.fact_relation(FactId(fact)).map_err(QueryError::storage)?;
        Ok(relation.map(|relation| self.snapshot.relation_name(relation)))
    }

    /// Subject and object.
    pub(crate) fn labels(&self, fact: u32) -> Result<(Value<'s>, Value<'s>), QueryError> {
        let label = self.snapshot.any_label(FactId(fact), self.language).map_err(QueryError::storage)?;
        Ok((text_or_null(label.map(|(subject, _)| subject)), text_or_null(label.map(|(_, object)| object))))
    }

    /// What tells two subjects (or objects) apart: the language-independent id, else the label.
    pub(crate) fn identity(&self, fact: u32, subject: bool) -> Result<Option<Identity<'s>>, QueryError> {
        let (subject_uri, object_uri) = self.snapshot.uris(FactId(fact)).map_err(QueryError::storage)?;
        if let Some(uri) = if subject { subject_uri } else { object_uri } {
            return Ok(Some(Identity::Uri(uri)));
        }
        let label = self.snapshot.any_label(FactId(fact), self.language).map_err(QueryError::storage)?;
        Ok(label.map(|(s, o)| Identity::Name(if subject { s } else { o })))
    }
}
