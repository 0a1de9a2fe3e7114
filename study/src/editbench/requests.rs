//! Edit requests as they are published: what shall be edited, and what is asked beside it, in a file.
//!
//! | form | told by | published as |
//! |---|---|---|
//! | CounterFact | `requested_rewrite` | `counterfact.json`, `multi_counterfact.json` (Meng et al. 2022, 2023) |
//! | ZsRE | `subject`, `src`, `alt`, `answers` or `loc`, and no key of EasyEdit | `zsre_mend_eval.json` (Levy et al. 2017, as Mitchell et al. 2022 and Meng et al. ask it) |
//! | EasyEdit | `subject`, `prompt` or `src`, `target_new` or `alt` | KnowEdit and the files of EasyEdit (Zhang et al. 2024) |
//!
//! A file is a JSON array of records or one record after the other, all of one form. Nothing is guessed: a key that is missing, comes twice or has a
//! value of another kind is an error with its place. Not for asking: a text may still be one that a model cannot be asked.

mod counterfact;
mod easyedit;
mod node;
#[cfg(test)]
mod tests;
mod zsre;

pub(super) use self::node::plain;
use self::node::{Fields, Node, nodes};
use crate::error::StudyError;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// A published form of edit requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RequestForm {
    /// With prompts about other subjects of which the old object is true.
    CounterFact,
    /// Questions, each with one about something else.
    Zsre,
    /// With prompts about other things, and about what follows from the edit, each with its own answer.
    EasyEdit,
}

impl std::fmt::Display for RequestForm {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::CounterFact => "CounterFact",
            Self::Zsre => "ZsRE",
            Self::EasyEdit => "EasyEdit",
        })
    }
}

/// What a file of another kind is told.
const FORMS: &str = "`requested_rewrite` (CounterFact), `subject`, `src`, `alt`, and `answers` or `loc` (ZsRE), or `subject`, `prompt` or `src`, \
                     and `target_new` or `alt` (EasyEdit)";

impl RequestForm {
    fn of(record: &Fields<'_>) -> Result<Self, StudyError> {
        let has = |name: &str| record.has(name);
        let is_of_zsre = || has("src") && has("alt") && (has("answers") || zsre::LOC.iter().any(|name| has(name)));
        match () {
            () if has("requested_rewrite") => Ok(Self::CounterFact),
            () if has("subject") && is_of_zsre() && !record.names().any(easyedit::is_own) => Ok(Self::Zsre),
            () if has("subject") && (has("prompt") || has("src")) && (has("target_new") || has("alt")) => {
                Ok(Self::EasyEdit)
            }
            () => Err(record.lacks(FORMS)),
        }
    }

    /// Keys of a record that are read.
    fn read(self) -> &'static [&'static str] {
        match self {
            Self::CounterFact => counterfact::READ,
            Self::Zsre => zsre::READ,
            Self::EasyEdit => easyedit::READ,
        }
    }
}

/// A file's requests; a copy shares them.
#[derive(Clone, Debug, PartialEq)]
pub struct Requests {
    pub(super) form: RequestForm,
    pub(super) records: Arc<Vec<Request>>,
    /// Keys that are not read, by their places in a record.
    pub(super) unread: BTreeSet<String>,
}

/// A request. Texts are as they stand in the file.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Request {
    /// `case_id`, or the record's number from 0, which is what released codes take for it.
    pub id: String,
    /// `relation_id`; empty where the form has none.
    pub relation: String,
    pub subject: String,
    /// With `{}` for the subject, or with the subject in it.
    pub prompt: String,
    /// Where the form may leave it out, and does, nothing.
    pub old: Option<String>,
    pub new: String,
    /// Prompts in other words.
    pub paraphrases: Vec<String>,
    /// Prompts about other subjects of which the old object is true.
    pub neighbours: Vec<OwnAnswer>,
    /// Prompts about other things.
    pub unrelated: Vec<OwnAnswer>,
    /// Prompts about what follows from the edit.
    pub portability: Vec<OwnAnswer>,
}

/// A prompt with right answers of its own, the first of which is the one that p is asked of.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct OwnAnswer {
    pub prompt: String,
    pub answers: Vec<String>,
}

impl Requests {
    /// The longest file that is read, in bytes: it is held in memory. CounterFact has 45 MB.
    pub const MOST_BYTES: u64 = 1 << 30;

    /// The requests of a file.
    ///
    /// # Errors
    /// [`StudyError::Requests`] for what is none of the published forms, or damaged: with the record, its line and the key.
    pub fn read(bytes: &[u8]) -> Result<Self, StudyError> {
        let (mut form, mut records, mut unread) = (None, Vec::new(), BTreeSet::new());
        // By id the number of the record that has it.
        let mut ids = BTreeMap::new();
        let mut has_ids = None;
        for (number, node) in nodes(bytes)?.into_iter().enumerate() {
            let record = node.fields()?;
            let own = RequestForm::of(&record)?;
            let of_file = *form.get_or_insert(own);
            if of_file != own {
                let expected = format!("one of the form {of_file}, as the records before it");
                return Err(node.wrong(format!("a record of the form {own}"), expected));
            }
            let mut request = match own {
                RequestForm::CounterFact => counterfact::request(&record, &mut unread),
                RequestForm::Zsre => zsre::request(&record, &mut unread),
                RequestForm::EasyEdit => easyedit::request(&record, &mut unread),
            }?;
            let id = record.get("case_id").map(Node::number_or_text).transpose()?;
            let is_given = id.is_some();
            if *has_ids.get_or_insert(is_given) != is_given {
                let (found, expected) = match is_given {
                    true => ("a `case_id`", "none, as in the records before it"),
                    false => ("no `case_id`", "one, as in the records before it"),
                };
                return Err(node.wrong(found, expected));
            }
            request.id = id.unwrap_or_else(|| number.to_string());
            if let Some(other) = ids.insert(request.id.clone(), number + 1) {
                let found = format!("`case_id` {}, which record {other} has", plain(&request.id));
                return Err(node.wrong(found, "each once"));
            }
            record.note_unread(own.read(), &mut unread);
            records.push(request);
        }
        let form = form.ok_or_else(|| StudyError::Requests {
            place: "the file".into(),
            found: "no record".into(),
            expected: "a JSON array of records, or a record a line".into(),
        })?;
        Ok(Self { form, records: Arc::new(records), unread })
    }

    /// Which form it has.
    pub fn form(&self) -> RequestForm {
        self.form
    }

    /// How many records there are.
    pub fn len(&self) -> usize {
        self.records.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    /// Whether some record has prompts about what follows from its edit.
    pub fn has_portability(&self) -> bool {
        self.records.iter().any(|request| !request.portability.is_empty())
    }

    /// Which keys are not read, in words.
    pub(super) fn told_unread(&self) -> Option<String> {
        const SHOWN: usize = 12;
        let mut names: Vec<String> = self.unread.iter().take(SHOWN).map(|name| plain(name)).collect();
        let more = self.unread.len().saturating_sub(SHOWN);
        names.extend((more > 0).then(|| format!("and {more} more")));
        (!names.is_empty()).then(|| format!("keys of the requests that are not read: {}", names.join(", ")))
    }

    /// Refuses relations that no record has, and relations of a form that has none.
    ///
    /// # Errors
    /// [`StudyError::Requests`] with the relations there are.
    pub fn check_relations(&self, relations: &[String]) -> Result<(), StudyError> {
        let there: BTreeSet<&str> = self.records.iter().map(|request| request.relation.as_str()).collect();
        let Some(missing) = relations.iter().find(|relation| !there.contains(relation.as_str())) else { return Ok(()) };
        let expected = match self.form {
            RequestForm::CounterFact => {
                format!("some of {}", there.into_iter().map(plain).collect::<Vec<_>>().join(", "))
            }
            form => format!("no relations: records of the form {form} name none"),
        };
        Err(StudyError::Requests { place: "relations of the requests".into(), found: missing.clone(), expected })
    }
}

/// A form, how many records, and not their texts: what a report says of its requests.
impl serde::Serialize for Requests {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeStruct;
        let mut fields = serializer.serialize_struct("Requests", 2)?;
        fields.serialize_field("form", &self.form.to_string())?;
        fields.serialize_field("records", &self.records.len())?;
        fields.end()
    }
}
