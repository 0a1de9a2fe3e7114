//! The pages: one a file, or a folder, each a function from a [`View`](crate::view::View) to a [`Page`](crate::frame::Page).

mod home;
mod search;

use std::sync::Arc;

use axum::Router;

use crate::server::{Site, page};

/// Which page is at which address.
pub(crate) fn routes() -> Router<Arc<Site>> {
    Router::new().route("/", page(home::page)).route("/search", page(search::page))
}
