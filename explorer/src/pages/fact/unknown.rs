//! What is said of an id that no fact has.

use crate::parts::value::visible;
use crate::problem::{Problem, Result};
use crate::view::View;

/// In larger stores ids are not compared letter by letter: nobody waits for a guess.
const COMPARED: u64 = 50_000;

/// That there is no such fact, and which may be meant.
pub(super) fn told(view: &View<'_>, id: &str) -> Result<Problem> {
    let short: String = visible(id).chars().take(200).collect();
    let found = match view.snapshot.fact_count() {
        0 => format!("there is no fact {short:?}: the store has no facts yet"),
        _ => format!("there is no fact {short:?} in the store"),
    };
    let meant = match by_text(view, id)? {
        Some(meant) => Some(meant),
        None => by_letters(view, id)?,
    };
    let hint = match meant {
        Some(meant) => format!("did you mean {meant}?"),
        None => "the search box finds facts by their labels in any language, too".to_owned(),
    };
    Ok(Problem::NotFound { found, hint: Some(hint) })
}

/// A fact of which this is a label, or a part of one or of its id.
fn by_text(view: &View<'_>, text: &str) -> Result<Option<String>> {
    let found = view.find(text, 0, 1)?;
    let Some(hit) = found.facts.first() else { return Ok(None) };
    named(view, view.snapshot.external_id(hit.fact)?).map(Some)
}

/// A fact with an id of nearly these letters.
fn by_letters(view: &View<'_>, id: &str) -> Result<Option<String>> {
    let facts = view.snapshot.facts();
    // As long as an id can be.
    if facts.len() > COMPARED || id.len() > 1_000 {
        return Ok(None);
    }
    let ids = facts.iter().map(|fact| view.snapshot.external_id(kndb_storage::FactId(fact)));
    let ids: Vec<&str> = ids.collect::<kndb_storage::Result<_>>()?;
    kndb_query::nearest(id, ids).map(|near| named(view, near)).transpose()
}

/// An id with the labels of its fact.
fn named(view: &View<'_>, id: &str) -> Result<String> {
    let label = match view.snapshot.fact(id)? {
        Some(fact) => view.snapshot.any_label(fact, None)?,
        None => None,
    };
    Ok(match label {
        Some((subject, object)) => format!("{id:?} ({} → {})", visible(subject), visible(object)),
        None => format!("{id:?}"),
    })
}
