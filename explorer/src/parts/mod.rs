//! What pages share.

pub(crate) mod chips;
pub(crate) mod choice;
pub(crate) mod fact_name;
pub(crate) mod figure;
pub(crate) mod layer_neuron;
pub(crate) mod link;
pub(crate) mod matrix;
pub(crate) mod numbers;
pub(crate) mod row;
pub(crate) mod sets;
pub(crate) mod slider;
pub(crate) mod source;
pub(crate) mod statement;
pub(crate) mod table;
pub(crate) mod value;

use maud::{Markup, html};

use crate::view::View;

/// A label in a language: what reads it aloud, breaks it and chooses its letters has to know which.
pub(crate) fn label(text: &str, language: &str) -> Markup {
    html! { bdi lang=(language.replace('_', "-")) { (text) } }
}

/// Notes and remarks beside what they are of.
pub(crate) fn notes<T: ToString>(notes: &[T]) -> Markup {
    html! { @for note in notes { p.note { (sentence(&note.to_string())) } } }
}

/// With a full stop.
pub(crate) fn sentence(text: &str) -> String {
    let ends = text.ends_with(['.', '!', '?', ':']);
    if ends { text.to_owned() } else { format!("{text}.") }
}

/// `1 fact`, `1,234 facts`
pub(crate) fn counted(count: u64, one: &str, several: &str) -> String {
    format!("{} {}", value::whole(count), if count == 1 { one } else { several })
}

/// Parameters of this page that a form keeps, all but those that it sets.
pub(crate) fn kept(view: &View<'_>, but: &[&str]) -> Markup {
    let kept = view.address.parameters().iter().filter(|(name, _)| !but.contains(&name.as_str()));
    html! { @for (name, value) in kept { input type="hidden" name=(name) value=(value); } }
}
