//! `/api/facts?s=`: facts and relations that a text finds, as the search page shows them.

use serde_json::{Value, json};

use crate::parts::link;
use crate::problem::{Problem, Result};
use crate::view::View;

/// Facts of an answer, where the address says nothing.
const MOST: usize = 20;
/// The most of them.
const LIMIT: usize = 1_000;

/// `s` is the text; `limit` facts at most from the one after `offset` others on; `lang` the language of labels, else the one in which each was found.
pub(super) fn answer(view: &View<'_>) -> Result<Value> {
    let text = view.parameter("s").ok_or_else(|| Problem::parameter("s", "", "a text to look for"))?;
    let expected = format!("a whole number up to {LIMIT}");
    let most = view.parsed::<usize>("limit", &expected)?.unwrap_or(MOST);
    if most > LIMIT {
        return Err(Problem::parameter("limit", &most.to_string(), expected));
    }
    let from = view.parsed::<usize>("offset", "a whole number")?.unwrap_or(0);
    let asked = match view.parameter("lang") {
        None => None,
        Some(name) => {
            let known = || view.snapshot.languages().map(|(_, name)| name).collect::<Vec<_>>().join(", ");
            let language = view.snapshot.language(name);
            Some(language.ok_or_else(|| Problem::parameter("lang", name, format!("one of {}", known())))?)
        }
    };
    let found = view.find(text, from, most)?;
    let snapshot = &view.snapshot;
    let mut facts = Vec::new();
    for hit in &found.facts {
        let id = snapshot.external_id(hit.fact)?;
        let language = asked.or(hit.language).or_else(|| snapshot.language("en"));
        let label = match language {
            Some(language) => snapshot.label(hit.fact, language)?.map(|label| (label, Some(language))),
            None => None,
        };
        let label = match label {
            None => snapshot.any_label(hit.fact, None)?.map(|label| (label, None)),
            label => label,
        };
        let relation = snapshot.fact_relation(hit.fact)?;
        facts.push(json!({
            "fact": id,
            "subject": label.map(|((subject, _), _)| subject),
            "object": label.map(|((_, object), _)| object),
            "lang": label.and_then(|(_, language)| language).map(|language| snapshot.language_name(language)),
            "relation": relation.map(|relation| snapshot.relation_name(relation)),
            "relation_name": relation.and_then(|relation| snapshot.relation_called(relation, None)),
            "page": link::fact(view, id).to_string(),
        }));
    }
    let relation = |id: &kndb_storage::RelationId| {
        let name = snapshot.relation_name(*id);
        json!({"relation": name, "name": snapshot.relation_called(*id, None), "page": link::relation(view, name).to_string()})
    };
    let relations: Vec<Value> = found.relations.iter().map(relation).collect();
    Ok(json!({"commit": snapshot.epoch(), "count": found.count, "facts": facts, "relations": relations}))
}
