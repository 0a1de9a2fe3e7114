//! What a fact is called where it stands in a line: subject and object, in the language that is looked at.

use kndb_storage::LanguageId;
use maud::{Markup, html};

use super::{label, value};
use crate::problem::Result;
use crate::view::View;

/// The labels of a fact in a language, else in English, else in any; else its id.
pub(crate) fn fact_name(view: &View<'_>, id: &str, language: Option<&str>) -> Result<Markup> {
    let snapshot = &view.snapshot;
    let first = [language, Some("en")].into_iter().flatten().filter_map(|name| snapshot.language(name));
    let labelled = snapshot.label_counts().into_iter().map(|(language, _)| language);
    let languages: Vec<LanguageId> = first.chain(labelled).collect();
    if let Some(fact) = snapshot.fact(id)? {
        for language in languages {
            if let Some((subject, object)) = snapshot.label(fact, language)? {
                let name = snapshot.language_name(language);
                return Ok(html! {
                    (label(&value::visible(subject), name)) span.arrow { " → " } (label(&value::visible(object), name))
                });
            }
        }
    }
    Ok(html! { code { (value::visible(id)) } })
}
