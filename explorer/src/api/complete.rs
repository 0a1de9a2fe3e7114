//! `/api/complete?before=`: what may be typed next in a statement, for editors.

use kndb_query::complete::{Known, Names, offered};
use serde_json::{Value, json};

use crate::problem::Result;
use crate::view::View;

/// Words of an answer.
const MOST: usize = 100;
/// Words that begin statements which are refused here.
const REFUSED: [&str; 4] = ["let", "drop", "attach", "detach"];

/// `before` is the text of the statement up to the cursor. `typed` is the word at its end as it is so far, and `words` are what it may become, in
/// order: each takes the place of `typed`. None where nothing is known.
pub(super) fn answer(view: &View<'_>) -> Result<Value> {
    let before = view.parameter("before").unwrap_or_default();
    // Quotes end on their line.
    let (pending, line) = before.split_at(before.rfind('\n').map_or(0, |at| at + 1));
    let names = Names::of(&view.snapshot);
    let known = Known { names: &names, store: &view.store, attached: &view.shown.attached };
    let (start, mut words) = view.shown.completion(|labels| offered(pending, line, known, labels));
    let said = before[..pending.len() + start].trim_end();
    if said.is_empty() || said.ends_with(';') {
        words.retain(|word| !REFUSED.contains(&word.as_str()));
    }
    let is_cut = words.len() > MOST;
    words.truncate(MOST);
    Ok(json!({"typed": line[start..], "words": words, "more": is_cut}))
}
