//! `kndb facts DB --list`: relations with what they are called, their facts, labels and templates.

use std::collections::BTreeMap;

use kndb_query::{ColumnKind, Sink, Value};
use kndb_storage::{FactId, LanguageId, PromptId, RelationId, Snapshot};

use super::listing::{text, write};
use crate::error::Result;

/// What a relation has in a language.
#[derive(Default)]
struct InLanguage<'s> {
    labels: u64,
    templates: BTreeMap<PromptId, &'s str>,
}

/// Writes one row a relation, language and template; a language without a template has one, and so has a relation without
/// labels and templates. Facts without relation come last.
pub fn facts(snapshot: &Snapshot, sink: &mut dyn Sink) -> Result<()> {
    let columns = [
        ("relation", ColumnKind::Text),
        ("name", ColumnKind::Text),
        ("facts", ColumnKind::Integer),
        ("lang", ColumnKind::Text),
        ("labels", ColumnKind::Integer),
        ("prompt", ColumnKind::Integer),
        ("template", ColumnKind::Text),
    ];
    let mut rows = Vec::new();
    for (id, relation) in snapshot.relations() {
        let facts = snapshot.facts_of_relation(id)?;
        let name = snapshot.relation_called(id, None).map_or(Value::Null, text);
        let head = [text(relation), name, Value::Integer(facts.len())];
        let mut row = |rest: [Value<'static>; 4]| rows.push(head.iter().cloned().chain(rest).collect());
        let languages = languages(snapshot, id)?;
        if languages.is_empty() {
            row([Value::Null, Value::Integer(0), Value::Null, Value::Null]);
        }
        for (language, has) in languages {
            let (code, labels) = (text(snapshot.language_name(language)), Value::Integer(has.labels));
            if has.templates.is_empty() {
                row([code.clone(), labels.clone(), Value::Null, Value::Null]);
            }
            for (prompt, template) in has.templates {
                row([code.clone(), labels.clone(), Value::Integer(prompt.0.into()), text(template)]);
            }
        }
    }
    let bare = snapshot.unlabelled_fact_count()?;
    if bare > 0 {
        let (facts, none) = (Value::Integer(bare), || Value::Null);
        rows.push(vec![none(), none(), facts, none(), Value::Integer(0), none(), none()]);
    }
    write(&columns, rows.into_iter(), sink)
}

/// Languages in which a relation has labels or templates, in the store's order.
fn languages<'s>(snapshot: &'s Snapshot, relation: RelationId) -> Result<BTreeMap<LanguageId, InLanguage<'s>>> {
    let facts = snapshot.facts_of_relation(relation)?;
    let mut languages: BTreeMap<LanguageId, InLanguage<'s>> = BTreeMap::new();
    for (language, _) in snapshot.label_counts() {
        let mut labels = 0;
        for fact in &facts {
            labels += u64::from(snapshot.label(FactId(fact), language)?.is_some());
        }
        if labels > 0 {
            languages.entry(language).or_default().labels = labels;
        }
    }
    for (_, language, prompt, template) in snapshot.templates().filter(|(of, ..)| *of == relation) {
        languages.entry(language).or_default().templates.insert(prompt, template);
    }
    Ok(languages)
}
