//! `/api`: the addresses of the explorer, for people who write programs.

use maud::{Markup, html};

use crate::api::{ALL, Answer, Described, Kind, Parameter};
use crate::frame::Page;
use crate::parts::link;
use crate::problem::Result;
use crate::view::View;

/// Makes it.
pub(crate) fn page(view: &View<'_>) -> Result<Page> {
    let (programs, pages): (Vec<&Described>, Vec<&Described>) =
        ALL.iter().partition(|address| matches!(address.answer, Answer::Json(_) | Answer::Rows));
    let example = "kn[lang=en] by layer";
    let body = html! {
        p.lead { "What pages show can be had by programs: every number is the answer of a statement, and " code { "/api/query" } " answers statements." }
        p { "For example " a href=(link::api_query(view, example, "csv")) { code { (link::api_query(view, example, "csv")) } } ". " a href=(link::to(view, "/api/openapi.json")) { "The same list as OpenAPI 3.1" } " is for tools." }
        section aria-labelledby="programs" { h2 #programs { "For programs" } @for address in programs { (described(address)) } }
        section aria-labelledby="pages" {
            h2 #pages { "Pages" }
            p { "The address of a page is all of its state: what it shows can be kept, sent and shown again." }
            @for address in pages { (described(address)) }
        }
    };
    Ok(Page::new("Addresses", body))
}

fn described(address: &Described) -> Markup {
    html! {
        h3 id=(address.name) { code { (address.path) } }
        p { (address.summary) }
        @if !address.parameters.is_empty() {
            div.scroll tabindex="0" role="region" aria-label={ "Parameters of " (address.path) } {
                table {
                    thead { tr { th scope="col" { "parameter" } th scope="col" { "value" } th scope="col" { "meaning" } } }
                    tbody {
                        @for parameter in address.parameters {
                            tr { th scope="row" { code { (parameter.name) } } td { (value(parameter)) } td { (parameter.about) } }
                        }
                    }
                }
            }
        }
    }
}

fn value(parameter: &Parameter) -> Markup {
    html! {
        @match parameter.kind {
            Kind::Text => "a text",
            Kind::Share => "a number, 0 ≤ n < 1",
            Kind::Whole(least) => { "a whole number from " (least) " on" },
            Kind::OneOf(all) => { @for (at, word) in all.iter().enumerate() { @if at > 0 { ", " } code { (word) } } },
        }
        @if parameter.several { "; several" }
        @if parameter.required && !parameter.in_path { "; needed" }
    }
}
