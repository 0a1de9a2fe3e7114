//! What stands around each page: the head with the search box and the ways on, where one is, and from which commit the numbers are.

use axum::http::StatusCode;
use maud::{DOCTYPE, Markup, html};

use crate::parts::link::{self, Link};
use crate::parts::statement;
use crate::parts::value::visible;
use crate::problem::Problem;
use crate::server::{asset_address, etag};
use crate::view::View;

/// What a page gives to be framed.
#[derive(Debug)]
pub(crate) struct Page {
    /// Its name: the first heading, and the title of the window.
    pub(crate) title: Markup,
    /// The same as plain text.
    pub(crate) name: String,
    /// The pages above it, the nearest last.
    pub(crate) above: Vec<(String, Link)>,
    /// All else.
    pub(crate) body: Markup,
    /// 200, or what is said where only a part of it could be made.
    pub(crate) status: StatusCode,
}

impl Page {
    /// A page right below the begin.
    pub(crate) fn new(name: impl Into<String>, body: Markup) -> Self {
        let name = visible(&name.into());
        Self { title: html! { (name) }, name, above: Vec::new(), body, status: StatusCode::OK }
    }

    /// The same with a heading of more than plain text: a label with its language.
    pub(crate) fn titled(self, title: Markup) -> Self {
        Self { title, ..self }
    }

    /// The same with another status.
    pub(crate) fn with_status(self, status: StatusCode) -> Self {
        Self { status, ..self }
    }

    /// The same below another page.
    pub(crate) fn below(mut self, name: impl Into<String>, link: Link) -> Self {
        self.above.push((name.into(), link));
        self
    }
}

/// The whole page.
pub(crate) fn page(view: &View<'_>, page: &Page) -> Markup {
    let is_home = view.address.path == "/";
    document(
        if is_home { "kndb" } else { &page.name },
        Some(view),
        html! {
            @if !is_home {
                nav.above aria-label="Where this is" {
                    ol {
                        li { a href=(link::home(view)) { "Home" } }
                        @for (name, link) in &page.above { li { a href=(link) dir="auto" { (name) } } }
                        li aria-current="page" dir="auto" { (page.name) }
                    }
                }
            }
            h1 dir="auto" { (page.title) }
            (page.body)
        },
    )
}

/// What went wrong with a page of a store.
pub(crate) fn problem(view: &View<'_>, problem: &Problem) -> Markup {
    document(
        "Not answered",
        Some(view),
        html! {
            h1 { (problem_heading(problem)) }
            (told(problem))
            p { a href=(link::home(view)) { "To the start" } }
        },
    )
}

/// What went wrong where it is not known of which store.
pub(crate) fn without_store(problem: &Problem) -> Markup {
    document(
        "Not answered",
        None,
        html! {
            h1 { (problem_heading(problem)) }
            (told(problem))
            p { a href="/" { "To the start" } }
        },
    )
}

fn problem_heading(problem: &Problem) -> &'static str {
    match problem.status().as_u16() {
        404 => "Not there",
        503 => "Not in time",
        500.. => "It failed",
        _ => "Not answered",
    }
}

/// An error as a part of a page: the sentence, its place in the statement, what to do.
pub(crate) fn told(problem: &Problem) -> Markup {
    html! {
        div.problem role="alert" {
            p.reason { (problem.to_string()) }
            @if let Some(text) = problem.statement() { (statement::drawn(text, problem.query_error())) }
            @if let Some(hint) = problem.hint() { p.hint { (hint) } }
        }
    }
}

fn document(title: &str, view: Option<&View<'_>>, main: Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) @if title != "kndb" { " · kndb" } }
                link rel="icon" href=(asset_address("icon.svg")) type="image/svg+xml";
                link rel="stylesheet" href=(asset_address("style.css"));
                script src=(asset_address("explorer.js")) defer {}
            }
            body {
                a.skip href="#main" { "To the content" }
                header.site { div.wide { (head(view)) } }
                main #main tabindex="-1" { div.wide { (main) } }
                footer.site { div.wide { (foot(view)) } }
            }
        }
    }
}

fn head(view: Option<&View<'_>>) -> Markup {
    let home = view.map_or_else(Link::plain_home, link::home);
    html! {
        a.brand href=(home) { "kndb" }
        @if let Some(view) = view {
            form.search role="search" action="/search" {
                (store_field(view))
                label.hidden for="s" { "Search facts, relations and ids" }
                input #s type="search" name="s" dir="auto" autocomplete="off" spellcheck="false"
                    placeholder="France, 法国, P36, an id …" value=[searched(view)] aria-keyshortcuts="/";
                button type="submit" { "Search" }
            }
            nav.site aria-label="Pages" {
                ul {
                    @for (name, link) in link::main(view) {
                        li { a href=(link) aria-current=[link.is_of(view).then_some("page")] { (name) } }
                    }
                }
            }
            @if view.explorer.stores.len() > 1 { (stores(view)) }
        }
    }
}

fn searched<'v>(view: &'v View<'_>) -> Option<&'v str> {
    (view.address.path == "/search").then(|| view.parameter("s")).flatten()
}

/// For forms: the store, where there are several.
pub(crate) fn store_field(view: &View<'_>) -> Markup {
    html! { @if let Some(name) = view.parameter("store") { input type="hidden" name="store" value=(name); } }
}

fn stores(view: &View<'_>) -> Markup {
    html! {
        nav.stores aria-label="Stores" {
            ul {
                @for shown in &view.explorer.stores {
                    li {
                        a href=(Link::to("/").with("store", &shown.name))
                            aria-current=[(shown.name == view.shown.name).then_some("true")] { (shown.name) }
                    }
                }
            }
        }
    }
}

fn foot(view: Option<&View<'_>>) -> Markup {
    html! {
        @if let Some(view) = view {
            p {
                "Store " b { (view.shown.name) } " at " code { (view.store.path().display()) } ", commit "
                span #commit data-tag=(etag::tag(view)) { (view.snapshot.epoch()) } "."
                span #newer hidden { " " a href=(link::here(view)) { "There are newer entries: show them" } }
            }
        }
        p { "kndb " (env!("CARGO_PKG_VERSION")) ", read only, nothing leaves this machine." @if let Some(view) = view { " " a href=(link::to(view, "/api")) { "For programs" } } }
    }
}
