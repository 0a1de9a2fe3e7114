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

/// Refuses parameters that an address does not have, and several values where one is meant: what is misspelt or passed over would choose
/// nothing, without a word.
pub(crate) fn must_be_known(view: &View<'_>) -> Result<()> {
    let Some(address) = ALL.iter().find(|address| address.is_at(&view.address.path)) else { return Ok(()) };
    let given = view.address.parameters();
    for (name, value) in given {
        // Of one of several tables of a page: `neurons.sort`.
        let of_table =
            address.answer == Answer::Page && matches!(name.rsplit_once('.'), Some((_, "sort" | "page" | "rows")));
        let Some(known) = address.parameters.iter().find(|known| known.name == *name || of_table) else {
            let names: Vec<&str> =
                address.parameters.iter().filter(|known| !known.in_path).map(|known| known.name).collect();
            let near = kndb_query::nearest(name, names.iter().copied());
            let near = near.map(|near| format!("; did you mean {near}?")).unwrap_or_default();
            return Err(Problem::parameter(name, value, format!("one of the parameters {}{near}", names.join(", "))));
        };
        let others = given.iter().filter(|(other, text)| other == name && !text.is_empty() && text != value).count();
        if !known.several && !value.is_empty() && others > 0 {
            return Err(Problem::parameter(name, value, format!("one value, found {}", others + 1)));
        }
    }
    Ok(())
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
