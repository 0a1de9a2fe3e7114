//! The form in which a statement is written.

use maud::{Markup, html};

use crate::frame::store_field;
use crate::problem::Result;
use crate::view::View;

/// The form, with a text in it.
///
/// # Errors
/// When the store cannot be read.
pub(super) fn form(view: &View<'_>, text: &str) -> Result<Markup> {
    let runs: Vec<&str> = view.snapshot.runs().map(|run| run.spec.name.as_str()).collect();
    let labelled = view.snapshot.label_counts().into_iter().filter(|(_, labels)| *labels > 0);
    let languages: Vec<&str> = labelled.map(|(language, _)| view.snapshot.language_name(language)).collect();
    let lines = text.lines().count().clamp(2, 12);
    Ok(html! {
        form.ask method="get" action="/q" {
            (store_field(view))
            label for="q" { "Statement" }
            div.editor {
                textarea #q name="q" rows=(lines) dir="ltr" spellcheck="false" autocapitalize="off" autocomplete="off"
                    aria-describedby="q-keys" placeholder="kn[lang=en] by layer" { (text) }
            }
            p.of #q-keys data-scripted hidden {
                kbd { "Enter" } " asks, " kbd { "Shift Enter" } " begins a line, " kbd { "Ctrl Space" } " shows what may come next, " kbd { "Tab" } " takes it and " kbd { "Esc" } " puts it away."
            }
            div.beside-each-other {
                @if runs.len() > 1 { (choice("run", "Run where none is named", "none", &runs, view.parameter("run"))) }
                @if languages.len() > 1 { (choice("labels", "Labels in", "the statement's language", &languages, view.parameter("labels"))) }
                button.main type="submit" { "Ask" }
            }
        }
    })
}

fn choice(name: &str, label: &str, nothing: &str, all: &[&str], shown: Option<&str>) -> Markup {
    html! {
        span.choice {
            label for=(name) { (label) } " "
            select id=(name) name=(name) {
                option value="" selected[shown.is_none()] { (nothing) }
                @for one in all { option value=(one) selected[shown == Some(*one)] { (one) } }
            }
        }
    }
}
