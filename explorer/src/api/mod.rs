//! Answers for programs: one address a file.

mod complete;
mod facts;
mod neurons;
mod openapi;
mod query;
mod sending;

use axum::routing::get;
use serde_json::{Value, json};

use crate::problem::{Problem, Result};
use crate::server::{Routes, json};
use crate::view::View;
pub(crate) use openapi::addresses::{ALL, Address as Described, Answer, Kind, Parameter};

/// Which answer is at which address.
pub(crate) fn routes() -> Routes {
    Routes::default()
        .route("/api/complete", json(complete::answer))
        .route("/api/facts", json(facts::answer))
        .route("/api/neurons", json(neurons::answer))
        .route("/api/openapi.json", json(openapi::answer))
        .route("/api/query", get(query::answer))
}

/// Refuses parameters that an address does not have: one that is misspelt would choose nothing, without a word.
pub(crate) fn must_be_known(view: &View<'_>) -> Result<()> {
    let Some(address) = ALL.iter().find(|address| address.path == view.address.path) else { return Ok(()) };
    let names: Vec<&str> = address.parameters.iter().map(|parameter| parameter.name).collect();
    match view.address.parameters().iter().find(|(name, _)| !names.contains(&name.as_str())) {
        None => Ok(()),
        Some((name, value)) => {
            let near = kndb_query::nearest(name, names.iter().copied());
            let near = near.map(|near| format!("; did you mean {near}?")).unwrap_or_default();
            Err(Problem::parameter(name, value, format!("one of the parameters {}{near}", names.join(", "))))
        }
    }
}

/// A problem as programs read it: `{"error": {"code", "reason", "hint", "statement", "span", "labels"}}`. Spans are bytes of the statement.
pub(crate) fn told(problem: &Problem) -> Value {
    let error = problem.query_error();
    let span = |span: kndb_query::Span| json!([span.range().start, span.range().end]);
    let labels: Vec<Value> = error
        .map(|error| error.labels.iter().map(|label| json!({"span": span(label.span), "text": label.text})).collect())
        .unwrap_or_default();
    json!({"error": {
        "code": problem.code(),
        "reason": problem.to_string(),
        "hint": problem.hint(),
        "statement": problem.statement(),
        "span": error.and_then(|error| error.span).map(span),
        "labels": labels,
    }})
}
