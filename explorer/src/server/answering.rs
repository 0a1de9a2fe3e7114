//! From a request to its answer: a place, a thread, the view, the page; and what is said where that fails.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use axum::http::{StatusCode, Uri};
use axum::response::Response;
use axum::routing::{MethodRouter, get};
use kndb_query::{ErrorKind, Interrupt};
use maud::Markup;
use serde_json::Value;

use super::{EndOnDrop, For, Site, etag};
use crate::api;
use crate::frame::{self, Page};
use crate::problem::{Problem, Result};
use crate::view::{Address, View};

/// A page, made of a view: the right side of a line in `pages::routes`.
pub(crate) fn page(of: fn(&View<'_>) -> Result<Page>) -> MethodRouter<Arc<Site>> {
    made(
        move |view| {
            api::must_be_known(view)?;
            let page = of(view)?;
            Ok(Reply::html(page.status, frame::page(view, &page)))
        },
        |view, problem| Reply::html(problem.status(), frame::problem(view, problem)),
        |problem| Reply::html(problem.status(), frame::without_store(problem)),
    )
}

/// An answer for programs, made of a view: the right side of a line in `api::routes`.
pub(crate) fn json(of: fn(&View<'_>) -> Result<Value>) -> MethodRouter<Arc<Site>> {
    made(
        move |view| {
            api::must_be_known(view)?;
            Ok(Reply::json(StatusCode::OK, &of(view)?))
        },
        |_, problem| Reply::json(problem.status(), &api::told(problem)),
        |problem| Reply::json(problem.status(), &api::told(problem)),
    )
}

/// An answer that is whole before it is sent.
#[derive(Debug)]
pub(crate) struct Reply {
    status: StatusCode,
    content_type: &'static str,
    body: Vec<u8>,
    of: Option<Commit>,
}

/// What an answer is of.
#[derive(Debug)]
struct Commit {
    tag: String,
    number: u64,
}

impl Reply {
    pub(crate) fn html(status: StatusCode, page: Markup) -> Self {
        let body = page.into_string().into_bytes();
        Self { status, content_type: "text/html; charset=utf-8", body, of: None }
    }

    pub(crate) fn json(status: StatusCode, value: &Value) -> Self {
        let mut body = value.to_string().into_bytes();
        body.push(b'\n');
        Self { status, content_type: "application/json", body, of: None }
    }

    pub(crate) fn response(self) -> Response {
        let mut response = Response::new(Body::from(self.body));
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        if self.status != StatusCode::NOT_MODIFIED {
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(self.content_type));
        }
        // A browser asks each time, and mostly hears that nothing has changed.
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
        if let Some(of) = self.of {
            if let Ok(tag) = HeaderValue::from_str(&of.tag) {
                headers.insert(header::ETAG, tag);
            }
            headers.insert(COMMIT, HeaderValue::from(of.number));
        }
        if self.status == StatusCode::SERVICE_UNAVAILABLE {
            headers.insert(header::RETRY_AFTER, HeaderValue::from_static("5"));
        }
        response
    }
}

/// The commit that an answer is of: the script compares it with that of its page.
const COMMIT: HeaderName = HeaderName::from_static("kndb-commit");

type Make = dyn Fn(&View<'_>) -> Result<Reply> + Send + Sync;
/// What is said of a problem: beside the store that was asked, and where that is not known.
type Tell = (fn(&View<'_>, &Problem) -> Reply, fn(&Problem) -> Reply);

fn made(
    make: impl Fn(&View<'_>) -> Result<Reply> + Send + Sync + 'static,
    beside: fn(&View<'_>, &Problem) -> Reply,
    alone: fn(&Problem) -> Reply,
) -> MethodRouter<Arc<Site>> {
    let make: Arc<Make> = Arc::new(make);
    get(move |State(site): State<Arc<Site>>, request: Request| {
        let make = Arc::clone(&make);
        async move {
            let (uri, headers) = (request.uri().clone(), request.headers().clone());
            match answered(site, uri, headers, make, (beside, alone)).await {
                Ok(reply) => reply,
                Err(problem) => alone(&problem),
            }
            .response()
        }
    })
}

async fn answered(site: Arc<Site>, uri: Uri, headers: HeaderMap, make: Arc<Make>, tell: Tell) -> Result<Reply> {
    let limits = site.explorer.options.limits.clone();
    let place = site.places.take(For::Page, &limits).await?;
    let interrupt = Interrupt::default();
    let _end = EndOnDrop(interrupt.clone());
    let mut thread = tokio::task::spawn_blocking({
        let (site, interrupt) = (Arc::clone(&site), interrupt.clone());
        move || {
            let reply = reply(&site, &uri, &headers, interrupt, &*make, tell);
            drop(place);
            reply
        }
    });
    let over = tokio::select! {
        reply = &mut thread => return reply.unwrap_or(Err(Problem::Bug)),
        () = tokio::time::sleep(limits.page) => Problem::TooLong { seconds: limits.page.as_secs() },
        () = site.stop.asked() => Problem::Ending,
    };
    // The thread comes to its end by itself, since nobody waits for it any more; until then it keeps its place.
    Err(over)
}

/// The answer of a view.
fn reply(
    site: &Site,
    uri: &Uri,
    headers: &HeaderMap,
    interrupt: Interrupt,
    make: &Make,
    (beside, alone): Tell,
) -> Result<Reply> {
    let address = Address::of(uri)?;
    let view = match View::new(&site.explorer, address, interrupt) {
        Ok(view) => view,
        Err(problem) => return Ok(alone(&problem)),
    };
    let of = Commit { tag: etag::tag(&view), number: view.snapshot.epoch() };
    if etag::is_known(headers, &of.tag) {
        return Ok(Reply { status: StatusCode::NOT_MODIFIED, content_type: "", body: Vec::new(), of: Some(of) });
    }
    Ok(match make(&view) {
        Ok(reply) => Reply { of: Some(of), ..reply },
        Err(problem) => {
            let is_ended = problem.query_error().is_some_and(|error| error.kind == ErrorKind::Interrupted);
            let seconds = site.explorer.options.limits.page.as_secs();
            beside(&view, &if is_ended { Problem::TooLong { seconds } } else { problem })
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::limits::Limits;
    use crate::server::stop::Stop;
    use crate::server::{Hosts, Options, Places};
    use crate::stores::Explorer;
    use std::sync::mpsc::{Receiver, channel};
    use std::time::{Duration, Instant};

    const TELL: Tell = (
        |_, problem| Reply::json(problem.status(), &api::told(problem)),
        |problem| Reply::json(problem.status(), &api::told(problem)),
    );

    fn site(page: Duration) -> (tempfile::TempDir, Arc<Site>) {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("store");
        kndb_storage::Store::create(&path).expect("a store");
        let limits = Limits { page, pages: 1, ..Limits::default() };
        let explorer =
            Explorer::open(&[path], Options { limits: limits.clone(), ..Options::default() }).expect("a store");
        let hosts = Hosts::new(([127, 0, 0, 1], 80).into(), None);
        (folder, Arc::new(Site { explorer, places: Places::new(&limits), stop: Stop::default(), hosts }))
    }

    /// A page that is made until it is interrupted, and tells when it begins and when it ends.
    fn endless() -> (Arc<Make>, Receiver<&'static str>) {
        let (sender, told) = channel();
        let sender = std::sync::Mutex::new(sender);
        let make = move |view: &View<'_>| {
            let sender = sender.lock().expect("a sender");
            let _ = sender.send("begun");
            let begun = Instant::now();
            while !view.interrupt.is_set() {
                assert!(begun.elapsed() < Duration::from_secs(60), "nobody interrupts");
                std::thread::sleep(Duration::from_millis(1));
            }
            let _ = sender.send("ended");
            Err(Problem::Bug)
        };
        (Arc::new(make), told)
    }

    async fn ask(site: &Arc<Site>, make: Arc<Make>) -> Result<Reply> {
        answered(Arc::clone(site), Uri::from_static("/"), HeaderMap::new(), make, TELL).await
    }

    fn runtime() -> tokio::runtime::Runtime {
        tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime")
    }

    #[test]
    fn a_page_that_takes_too_long_is_ended_and_told_so_and_its_place_is_free_again() {
        let (_folder, site) = site(Duration::from_millis(50));
        let (make, told) = endless();
        runtime().block_on(async {
            let over = ask(&site, make).await.expect_err("too long");
            assert!(matches!(over, Problem::TooLong { .. }), "{over}");
            let next = ask(&site, Arc::new(|_: &View<'_>| Ok(Reply::html(StatusCode::OK, maud::html! {})))).await;
            assert_eq!(next.expect("the one place").status, StatusCode::OK);
        });
        assert_eq!(told.iter().take(2).collect::<Vec<_>>(), ["begun", "ended"]);
    }

    #[test]
    fn a_page_that_nobody_waits_for_is_ended() {
        let (_folder, site) = site(Duration::from_secs(60));
        let (make, told) = endless();
        runtime().block_on(async {
            let asked = tokio::spawn({
                let site = Arc::clone(&site);
                async move { ask(&site, make).await.is_ok() }
            });
            let told = tokio::task::spawn_blocking(move || {
                let begun = told.recv();
                (begun, told)
            });
            let (begun, told) = told.await.expect("no panic");
            assert_eq!(begun, Ok("begun"));
            // As hyper does when a connection breaks off.
            asked.abort();
            let ended = tokio::task::spawn_blocking(move || told.recv());
            assert_eq!(ended.await.expect("no panic"), Ok("ended"));
        });
    }

    #[test]
    fn what_is_made_when_the_server_stops_is_ended() {
        let (_folder, site) = site(Duration::from_secs(60));
        let (make, told) = endless();
        site.stop.ask();
        let over = runtime().block_on(ask(&site, make)).expect_err("it stops");
        assert!(matches!(over, Problem::Ending), "{over}");
        assert_eq!(told.iter().last(), Some("ended"));
    }

    #[test]
    fn a_panic_is_told_as_a_bug_and_the_next_page_is_made() {
        let (_folder, site) = site(Duration::from_secs(60));
        runtime().block_on(async {
            let bug = ask(&site, Arc::new(|_: &View<'_>| panic!("a page of this test"))).await.expect_err("a panic");
            assert!(matches!(bug, Problem::Bug), "{bug}");
            let next = ask(&site, Arc::new(|_: &View<'_>| Ok(Reply::html(StatusCode::OK, maud::html! {})))).await;
            assert_eq!(next.expect("a page").status, StatusCode::OK);
        });
    }
}
