//! The section of what the models know: without it, findings about facts say nothing of knowledge.

use kndb_storage::Snapshot;
use kndb_wording::knowledge as words;
use maud::html;

use super::table::table;
use super::{Section, Shown};
use crate::error::Result;

/// The section.
pub fn section(snapshot: &Snapshot, shown: &[Shown]) -> Result<Section> {
    let mut parts = Vec::new();
    for Shown { run, kept, .. } in shown {
        let holds = snapshot.holds(run.id)?;
        // A run of groups has no scores of its own: its facts are those of the run it was made from.
        if holds.attributed > 0 {
            let knows = snapshot.knowledge(run.id, |fact, _| kept.takes(fact))?;
            let rows: Vec<Vec<String>> = words::rows(&knows).into_iter().map(Vec::from).collect();
            parts.push(html! {
                h3 { "Run " (run.spec.name) }
                @if knows.is_known() { (table(&words::COLUMNS, &rows)) }
                @for note in words::notes(&knows) { p.remark { (sentence(&note)) } }
            });
        }
    }
    let body = html! {
        p {
            "p is the probability of the right object on the prompt, as it was measured when the fact was attributed; of an object of several "
            "tokens it is the product of the tokens' probabilities. Where it is small, scores tell what moves a small number. An answer is right if "
            "the right object is the model's first; one of several tokens, if each of them is behind the right ones before it, so that the model, "
            "answering token by token, would say it."
        }
        @if parts.is_empty() { p.nothing { "The store has no run with scores or neuron sets." } }
        @for part in &parts { (part) }
    };
    Ok(Section { id: "knowledge".into(), heading: "What the models know".into(), body })
}

/// A note with a capital letter, if it begins with a small one, and a full stop.
fn sentence(note: &str) -> String {
    let mut letters = note.chars();
    let first = letters.next().map(|first| first.to_ascii_uppercase());
    first.into_iter().chain(letters).chain(['.']).collect()
}
