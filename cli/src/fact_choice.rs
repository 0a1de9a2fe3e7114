//! The fact that `--fact` means: an id, or `SUBJECT/RELATION` where that is one fact.

use std::collections::BTreeSet;

use kndb_query::nearest;
use kndb_storage::{FactId, FoundRelation, LabelTest, LanguageId, RelationId, Snapshot};

use crate::error::{NameError, Result};

/// At most so many facts are listed.
const LISTED: usize = 12;

/// The fact of an id; else the one whose subject has the label before a `/`, in any language, and whose relation has the id or
/// name after it.
///
/// # Errors
/// When there is none, with the nearest label; or when there are several, with their objects and ids.
pub fn fact(snapshot: &Snapshot, given: &str) -> Result<FactId> {
    if let Some(fact) = snapshot.fact(given)? {
        return Ok(fact);
    }
    // Labels and names may have a `/` of their own: the last one that leaves a relation counts.
    let cuts: Vec<(&str, &str)> =
        given.match_indices('/').map(|(at, _)| (&given[..at], &given[at + 1..])).rev().collect();
    let relation = |text: &str| match snapshot.find_relation(text.trim()) {
        FoundRelation::One(id) => vec![id],
        FoundRelation::Several(ids) => ids,
        FoundRelation::None => Vec::new(),
    };
    let mut read =
        cuts.iter().map(|(subject, text)| (subject.trim(), relation(text))).filter(|(_, ids)| !ids.is_empty());
    let Some((subject, relations)) = read.next() else {
        if let Some((_, text)) = cuts.first() {
            crate::relations::id(snapshot, text)?;
        }
        return Err(unknown(snapshot, given).into());
    };
    let mut found = with_subject(snapshot, subject, &relations)?;
    // A label with a slash whose end is a relation's name by chance: the other cuts.
    while found.is_empty()
        && let Some((subject, relations)) = read.next()
    {
        found = with_subject(snapshot, subject, &relations)?;
    }
    match found.as_slice() {
        [one] => Ok(*one),
        [] => {
            let shown: Vec<String> = relations.iter().map(|&id| snapshot.relation_shown(id, None)).collect();
            let near = nearest_subject(snapshot, subject, &relations)?;
            Err(NameError::NoFactOf { subject: subject.to_owned(), relation: shown.join(", "), near }.into())
        }
        several => Err(NameError::SeveralFacts {
            given: given.to_owned(),
            count: several.len(),
            facts: several.iter().take(LISTED).map(|&fact| described(snapshot, fact)).collect::<Result<_>>()?,
        }
        .into()),
    }
}

/// Facts of some relations whose subject has a label.
fn with_subject(snapshot: &Snapshot, subject: &str, relations: &[RelationId]) -> Result<Vec<FactId>> {
    let mut found = Vec::new();
    for fact in snapshot.facts_with_subject(LabelTest::Is(subject))?.into_iter().map(FactId) {
        if snapshot.fact_relation(fact)?.is_some_and(|relation| relations.contains(&relation)) {
            found.push(fact);
        }
    }
    Ok(found)
}

/// The subject of a fact of these relations that is spelled most like the given one.
fn nearest_subject(snapshot: &Snapshot, subject: &str, relations: &[RelationId]) -> Result<Option<String>> {
    let languages: Vec<LanguageId> = snapshot.label_counts().into_iter().map(|(language, _)| language).collect();
    let mut subjects = BTreeSet::new();
    for &relation in relations {
        for fact in snapshot.facts_of_relation(relation)? {
            for &language in &languages {
                subjects.extend(snapshot.label(FactId(fact), language)?.map(|(subject, _)| subject));
            }
        }
    }
    Ok(nearest(subject, subjects.iter().copied()).map(str::to_owned))
}

/// `P36 (capital) "Berlin", --fact 1f…`
fn described(snapshot: &Snapshot, fact: FactId) -> Result<String> {
    let relation = snapshot.fact_relation(fact)?.map_or_else(String::new, |id| snapshot.relation_shown(id, None));
    let object = snapshot.any_label(fact, snapshot.language("en"))?.map_or("", |(_, object)| object);
    Ok(format!("{relation} {object:?}, --fact {}", snapshot.external_id(fact)?))
}

/// What is said of a text that is no id and no `SUBJECT/RELATION`.
fn unknown(snapshot: &Snapshot, given: &str) -> NameError {
    let relation = snapshot
        .facts_with_subject(LabelTest::Is(given))
        .ok()
        .and_then(|facts| facts.into_iter().find_map(|fact| snapshot.fact_relation(FactId(fact)).ok().flatten()));
    let instead = relation.map(|relation| format!("{given}/{}", snapshot.relation_name(relation)));
    NameError::NoFact { given: given.to_owned(), facts: snapshot.fact_count(), instead }
}
