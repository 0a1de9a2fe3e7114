//! `/search?s=`: facts and relations by labels in every language, by ids, by names.

use maud::{Markup, html};

use crate::frame::Page;
use crate::labels::Hit;
use crate::parts::{self, counted, link, value};
use crate::problem::{Problem, Result};
use crate::view::View;

/// Facts of a page.
const PAGE: usize = 50;

/// Makes it.
pub(crate) fn page(view: &View<'_>) -> Result<Page> {
    let Some(text) = view.parameter("s") else {
        let body = html! {
            p { "Type a part of a subject or an object in any language, a relation (" code { "P36" } ", " code { "capital" } "), or an id into the box above." }
        };
        return Ok(Page::new("Search", body));
    };
    let expected = "a whole number from 1 on";
    let page = view.parsed::<usize>("page", expected)?.unwrap_or(1);
    let from = page.checked_sub(1).ok_or_else(|| Problem::parameter("page", "0", expected))?.saturating_mul(PAGE);
    // One more than is shown tells whether there is another page.
    let found = view.find(text, from, PAGE + 1)?;
    let relations = found.relations.iter().map(|&id| {
        let (name, shown) = (view.snapshot.relation_name(id), view.snapshot.relation_shown(id, None));
        html! { li { a href=(link::relation(view, name)) { bdi { (shown) } } } }
    });
    let relations: Vec<Markup> = relations.collect();
    let is_more = found.facts.len() > PAGE;
    let to = |page: usize| link::search(view, text).with("page", page);
    let body = html! {
        p.lead role="status" { (sentence(text, found.count, from)) }
        @if !relations.is_empty() && page == 1 {
            section aria-labelledby="relations" { h2 #relations { "Relations" } ul.found { @for relation in &relations { (relation) } } }
        }
        @if !found.facts.is_empty() {
            section aria-labelledby="facts" {
                h2 #facts { "Facts" }
                ol.found start=(from + 1) {
                    @for hit in found.facts.iter().take(PAGE) { li { (fact(view, *hit)?) } }
                }
                @if page > 1 || is_more {
                    nav.pages aria-label="Pages of facts" {
                        @if page > 1 { a href=(to(page - 1)) rel="prev" { "Before" } " " }
                        span { "Page " (page) }
                        @if is_more { " " a href=(to(page + 1)) rel="next" { "Next" } }
                    }
                }
            }
        }
    };
    Ok(Page::new(format!("Search: {text}"), body))
}

fn sentence(text: &str, count: Option<u64>, from: usize) -> String {
    match count {
        Some(0) => {
            format!("No fact has {text:?} in a label of any language, in its ids or in the name of its relation.")
        }
        Some(count) if from as u64 >= count => {
            format!("{} found, and this page is behind the last.", counted(count, "fact", "facts"))
        }
        Some(count) => format!("{} found, the nearest first.", counted(count, "fact", "facts")),
        None => "Very many facts found, the nearest first; more letters make them fewer.".to_owned(),
    }
}

/// A fact in a line: its labels in the language in which it was found, and in English beside.
pub(crate) fn fact(view: &View<'_>, hit: Hit) -> Result<Markup> {
    let snapshot = &view.snapshot;
    let id = snapshot.external_id(hit.fact)?;
    let english = snapshot.language("en");
    let shown = hit.language.or(english);
    let in_language = match shown {
        Some(language) => snapshot.label(hit.fact, language)?.map(|label| (label, language)),
        None => None,
    };
    let any = snapshot.any_label(hit.fact, shown)?;
    let beside = match english.filter(|english| in_language.is_some_and(|(_, language)| language != *english)) {
        Some(english) => snapshot.label(hit.fact, english)?,
        None => None,
    };
    let relation = snapshot.fact_relation(hit.fact)?.map(|relation| snapshot.relation_shown(relation, None));
    let arrow = html! { span.arrow { " → " } };
    Ok(html! {
        a href=(link::fact(view, id)) {
            @match (in_language, any) {
                (Some(((subject, object), language)), _) => {
                    @let name = snapshot.language_name(language);
                    (parts::label(subject, name)) (arrow) (parts::label(object, name))
                }
                (None, Some((subject, object))) => { bdi { (subject) } (arrow) bdi { (object) } }
                (None, None) => { code { (value::visible(id)) } }
            }
        }
        @if let Some((subject, object)) = beside { " " span.beside { (parts::label(subject, "en")) " → " (parts::label(object, "en")) } }
        @if let Some(relation) = relation { " " span.relation { (relation) } }
    })
}
