//! What a result says of a fact: its id, relation, subject and object.

use super::Value;
use super::elsewhere::Elsewhere;
use crate::error::QueryError;
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
    /// What other stores say, where a statement names any.
    pub elsewhere: Option<&'s Arc<Elsewhere>>,
}

/// The same, kept.
#[derive(Clone)]
pub(crate) struct KeptNames {
    snapshot: Arc<Snapshot>,
    language: Option<LanguageId>,
    elsewhere: Option<Arc<Elsewhere>>,
}

impl KeptNames {
    pub(crate) fn names(&self) -> FactNames<'_> {
        FactNames { snapshot: &self.snapshot, language: self.language, elsewhere: self.elsewhere.as_ref() }
    }
}

/// Subject and object.
type Labels<'s> = (&'s str, &'s str);

fn text_or_null(text: Option<&str>) -> Value<'_> {
    text.map_or(Value::Null, |text| Value::Text(Cow::Borrowed(text)))
}

impl<'s> FactNames<'s> {
    pub(crate) fn kept(self) -> KeptNames {
        let (snapshot, elsewhere) = (Arc::clone(self.snapshot), self.elsewhere.cloned());
        KeptNames { snapshot, language: self.language, elsewhere }
    }

    /// The first that a store says of a fact: the one that it is numbered by, and others that are named beside it.
    fn ask<T>(
        self,
        fact: u32,
        of_labels: bool,
        ask: impl Fn(&'s Snapshot, FactId) -> kndb_storage::Result<Option<T>>,
    ) -> Result<Option<T>, QueryError> {
        let found = match self.elsewhere {
            None => ask(self.snapshot, FactId(fact)),
            Some(elsewhere) => elsewhere.ask(self.snapshot, fact, of_labels, ask),
        };
        found.map_err(QueryError::storage)
    }

    pub(crate) fn external_id(self, fact: u32) -> Result<&'s str, QueryError> {
        let (snapshot, fact) = match self.elsewhere.and_then(|elsewhere| elsewhere.home(fact)) {
            Some(home) => home,
            None => (self.snapshot, FactId(fact)),
        };
        snapshot.external_id(fact).map_err(QueryError::storage)
    }

    pub(crate) fn id(&self, fact: u32) -> Result<Value<'s>, QueryError> {
        Ok(Value::Text(Cow::Borrowed(self.external_id(fact)?)))
    }

    pub(crate) fn relation(&self, fact: u32) -> Result<Value<'s>, QueryError> {
        Ok(text_or_null(self.relation_name(fact)?))
    }

    pub(crate) fn relation_name(&self, fact: u32) -> Result<Option<&'s str>, QueryError> {
        self.ask(fact, false, |snapshot, fact| {
            Ok(snapshot.fact_relation(fact)?.map(|relation| snapshot.relation_name(relation)))
        })
    }

    pub(crate) fn label(self, fact: u32) -> Result<Option<Labels<'s>>, QueryError> {
        let own = self.snapshot;
        self.ask(fact, true, |snapshot, fact| {
            // The languages of another store have other numbers.
            let language = if std::ptr::eq(snapshot, Arc::as_ptr(own)) {
                self.language
            } else {
                self.language.and_then(|language| snapshot.language(own.language_name(language)))
            };
            snapshot.any_label(fact, language)
        })
    }

    /// Subject and object.
    pub(crate) fn labels(&self, fact: u32) -> Result<(Value<'s>, Value<'s>), QueryError> {
        let label = self.label(fact)?;
        Ok((text_or_null(label.map(|(subject, _)| subject)), text_or_null(label.map(|(_, object)| object))))
    }

    /// What tells two subjects (or objects) apart: the language-independent id, else the label.
    pub(crate) fn identity(&self, fact: u32, subject: bool) -> Result<Option<Identity<'s>>, QueryError> {
        let uri = self.ask(fact, true, |snapshot, fact| {
            let (subject_uri, object_uri) = snapshot.uris(fact)?;
            Ok(if subject { subject_uri } else { object_uri })
        })?;
        if let Some(uri) = uri {
            return Ok(Some(Identity::Uri(uri)));
        }
        Ok(self.label(fact)?.map(|(s, o)| Identity::Name(if subject { s } else { o })))
    }
}
