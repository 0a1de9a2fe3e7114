//! What people call relations: `capital` for `P36`.
//!
//! Names come with the data (`relations.jsonl` of LAMA, a file of the user's) and are stored by relation and language;
//! the properties of LAMA and mLAMA have English names that are [built in](built_in). An id of the store always wins
//! over a name, and a stored name over a built-in one. Not for the numbers of relations: those are the catalogue's.

mod built_in;

use crate::ids::RelationId;
use crate::language::same;
use crate::snapshot::Snapshot;

/// The language of built-in names, and of the name that is shown where there is none in the language asked for.
const ENGLISH: &str = "en";

/// A name of a relation in one language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RelationNameRow {
    /// The relation (`P36`); the store need not have it yet.
    pub relation: String,
    /// Language of the name.
    pub language: String,
    /// The name (`capital`).
    pub name: String,
}

/// The relations that a text means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FoundRelation {
    /// None of the store's.
    None,
    /// One: its id, or its name.
    One(RelationId),
    /// A name that several have; by id.
    Several(Vec<RelationId>),
}

impl Snapshot {
    /// What a relation is called: in the language asked for, else in English, stored or built in, else in any language.
    pub fn relation_called(&self, id: RelationId, language: Option<&str>) -> Option<&str> {
        let relation = self.relation_name(id);
        let stored =
            |language: &str| self.names_of_relation(relation).find(|(of, _)| same(of, language)).map(|(_, name)| name);
        language
            .and_then(stored)
            .or_else(|| stored(ENGLISH))
            .or_else(|| built_in::name_of(relation))
            .or_else(|| self.names_of_relation(relation).map(|(_, name)| name).next())
    }

    /// The English name that is built in for a relation, whatever is stored of it.
    pub fn built_in_relation_name(&self, id: RelationId) -> Option<&'static str> {
        built_in::name_of(self.relation_name(id))
    }

    /// A relation for people: `P36 (capital)`; the id alone where nothing else is known, or the name says the same.
    pub fn relation_shown(&self, id: RelationId, language: Option<&str>) -> String {
        let relation = self.relation_name(id);
        match self.relation_called(id, language) {
            Some(name) if folded(name) != folded(relation) => format!("{relation} ({name})"),
            _ => relation.to_owned(),
        }
    }

    /// The relation of a text: its id, exactly; else a stored name, else a built-in one. In names, upper and lower case are
    /// equal, and `_` stands for a space.
    pub fn find_relation(&self, text: &str) -> FoundRelation {
        if let Some(id) = self.relation(text) {
            return FoundRelation::One(id);
        }
        let wanted = folded(text);
        let called = |names: &dyn Fn(&str) -> bool| -> Vec<RelationId> {
            self.relations().filter(|(_, relation)| names(relation)).map(|(id, _)| id).collect()
        };
        let stored = called(&|relation| self.names_of_relation(relation).any(|(_, name)| folded(name) == wanted));
        let found = if stored.is_empty() {
            let meant = built_in::PROPERTIES
                .iter()
                .filter(|property| property.others.iter().chain([&property.name]).any(|name| folded(name) == wanted));
            let meant: Vec<&str> = meant.map(|property| property.id).collect();
            called(&|relation| meant.contains(&relation))
        } else {
            stored
        };
        match found.as_slice() {
            [] => FoundRelation::None,
            [one] => FoundRelation::One(*one),
            _ => FoundRelation::Several(found),
        }
    }

    /// Everything by which the store's relations are found, for suggestions: ids, stored names, built-in names.
    pub fn relation_words(&self) -> Vec<&str> {
        let ids: Vec<&str> = self.relations().map(|(_, relation)| relation).collect();
        let stored = ids.iter().flat_map(|relation| self.names_of_relation(relation).map(|(_, name)| name));
        let known = built_in::PROPERTIES.iter().filter(|property| ids.contains(&property.id));
        let built_in = known.flat_map(|property| property.others.iter().chain([&property.name]).copied());
        ids.iter().copied().chain(stored).chain(built_in).collect()
    }

    /// All stored names, of relations that the store does not have, too: id of the relation, language, name.
    pub fn all_names_of_relations(&self) -> impl Iterator<Item = (&str, &str, &str)> {
        let all = self.catalogue.relation_names.iter();
        all.map(|((relation, language), name)| (relation.as_str(), language.as_str(), name.as_str()))
    }

    /// Stored names of a relation, given by its id: language and name.
    pub fn names_of_relation(&self, relation: &str) -> impl Iterator<Item = (&str, &str)> {
        let from = (relation.to_owned(), String::new());
        let all = self.catalogue.relation_names.range(from..).take_while({
            let relation = relation.to_owned();
            move |((of, _), _)| *of == relation
        });
        all.map(|((_, language), name)| (language.as_str(), name.as_str()))
    }
}

/// A name as it is compared: lower case, spaces for `_`, single spaces.
fn folded(name: &str) -> String {
    let spaced = name.to_lowercase().replace('_', " ");
    spaced.split_whitespace().collect::<Vec<_>>().join(" ")
}
