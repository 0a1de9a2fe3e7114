//! The server: connections, and what each request goes through.
//!
//! Connections are hyper's; routes are axum's. What reads a store runs on threads of its own, as many at once as [`limits`] allow, and ends when
//! its client is gone, when it takes too long, or when the server is asked to stop.

mod answering;
mod assets;
mod connection;
pub(crate) mod etag;
mod guard;
pub(crate) mod limits;
mod routes;
pub(crate) mod stop;

use std::io;
use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::middleware::from_fn_with_state;
use axum::routing::get;
use hyper_util::server::graceful::GracefulShutdown;
use tokio::sync::Semaphore;

pub(crate) use answering::{Reply, json, page};
pub(crate) use assets::address as asset_address;
use guard::Hosts;
use limits::Places;
pub(crate) use limits::{EndOnDrop, For, Limits};
pub(crate) use routes::Routes;
use stop::Stop;

use crate::models::Models;
use crate::stores::Explorer;
use crate::{api, frame, pages};

/// How stores are shown.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// A name by which the server is asked for, beside its address.
    pub host: Option<String>,
    /// What requests may take.
    pub limits: Limits,
    /// Models whose files are at hand, for the words that neurons promote; `None` for programs that cannot read any.
    pub models: Option<Models>,
}

/// All that requests share.
pub(crate) struct Site {
    pub(crate) explorer: Explorer,
    pub(crate) places: Places,
    pub(crate) stop: Stop,
    hosts: Hosts,
}

/// Stack of each thread, in bytes. A statement that joins a thousand sets takes 2 MiB to be planned, which is all that a thread has otherwise: it
/// would end the process. What is not used takes no memory.
const STACK: usize = 16 << 20;

/// How long answers may take to end when the server is asked to.
const LEAVE: Duration = Duration::from_secs(2);

/// Serves stores to whoever connects, until `stop` is asked: what is being answered then is ended. It blocks, and needs no runtime.
///
/// # Errors
/// When threads cannot be had, or the listener fails.
pub fn serve(explorer: Explorer, listener: TcpListener, stop: &Stop) -> io::Result<()> {
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    let runtime = runtime.enable_all().thread_name("explorer").thread_stack_size(STACK).build()?;
    let served = runtime.block_on(accept(explorer, listener, stop));
    // A thread that reads a store looks for its end; one that does not come to it is left alone.
    runtime.shutdown_timeout(LEAVE);
    served
}

async fn accept(explorer: Explorer, listener: TcpListener, stop: &Stop) -> io::Result<()> {
    listener.set_nonblocking(true)?;
    let listener = tokio::net::TcpListener::from_std(listener)?;
    let hosts = Hosts::new(listener.local_addr()?, explorer.options.host.clone());
    let limits = explorer.options.limits.clone();
    let places = Places::new(&limits);
    let site = Arc::new(Site { explorer, places, stop: stop.clone(), hosts });
    tokio::task::spawn_blocking({
        let site = Arc::clone(&site);
        // The search finds them ready.
        move || site.explorer.stores.iter().for_each(|shown| shown.labels.get_ready(&shown.store, &site.stop))
    });
    let router = router(site);
    let connections = Arc::new(Semaphore::new(limits.connections));
    let graceful = GracefulShutdown::new();
    loop {
        let accepted = async {
            let place = Arc::clone(&connections).acquire_owned().await;
            (place, listener.accept().await)
        };
        let (place, accepted) = tokio::select! {
            accepted = accepted => accepted,
            () = stop.asked() => break,
        };
        match accepted {
            Ok((stream, _)) => {
                let served = connection::serve(stream, router.clone(), &limits, &graceful);
                tokio::spawn(async move {
                    served.await;
                    drop(place);
                });
            }
            // One that was gone before it was taken, or no free handle: the others go on.
            Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
        }
    }
    // Whoever does not end in time is left.
    let _ = tokio::time::timeout(LEAVE, graceful.shutdown()).await;
    Ok(())
}

/// All addresses.
pub(crate) fn routes() -> Routes {
    pages::routes().merge(api::routes()).route("/assets/{name}", get(assets::asset))
}

fn router(site: Arc<Site>) -> Router {
    routes().into_router().fallback(nothing).layer(from_fn_with_state(Arc::clone(&site), guard::guard)).with_state(site)
}

/// An address at which nothing is.
async fn nothing(request: Request) -> axum::response::Response {
    let path: String = request.uri().path().chars().take(200).collect();
    let problem = crate::problem::Problem::NotFound {
        found: format!("there is no page at {path}"),
        hint: Some("the search box finds facts and relations; / is the start page".into()),
    };
    Reply::html(problem.status(), frame::without_store(&problem)).response()
}
