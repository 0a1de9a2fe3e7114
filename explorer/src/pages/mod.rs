//! The pages: one a file, or a folder, each a function from a [`View`](crate::view::View) to a [`Page`](crate::frame::Page).

mod api;
mod fact;
mod home;
mod languages;
mod layers;
mod neuron;
mod query;
mod relation;
mod runs;
mod search;
mod two;

use crate::server::{Routes, page};

/// Which page is at which address.
pub(crate) fn routes() -> Routes {
    Routes::default()
        .route("/", page(home::page))
        .route("/api", page(api::page))
        .route("/search", page(search::page))
        .route("/fact/{id}", page(fact::page))
        .route("/neuron/{run}/{neuron}", page(neuron::page))
        .route("/languages", page(languages::page))
        .route("/layers", page(layers::page))
        .route("/q", page(query::page))
        .route("/relation/{id}", page(relation::page))
        .route("/runs", page(runs::page))
}

/// What is said while a threshold is moved, where the numbers are in tables.
fn said_tau(tau: Option<f64>) -> String {
    tau.map_or_else(|| "Shown for the run's own τ.".to_owned(), |tau| format!("Shown for τ {tau}."))
}
