//! What stands under every figure and table: the queries that give its numbers.

use kndb_query::ErrorKind;
use kndb_storage::Store;
use maud::{Markup, PreEscaped, html};

use super::table::table;
use crate::answer::{Answer, written};
use crate::error::{Error, Result};
use crate::figures::Illustration;

/// More queries than these are folded away.
const OPEN: usize = 3;

/// Queries, each to be copied as a whole.
pub fn queries(queries: &[String]) -> Markup {
    let all = html! { @for query in queries { pre.query { code { (query) } } } };
    html! {
        @if queries.len() > OPEN {
            details { summary { "The " (queries.len()) " queries behind it" } (all) }
        } @else { (all) }
    }
}

/// A figure with its queries; or why there is none.
pub fn figure(illustration: Result<Illustration>) -> Result<Markup> {
    let illustration = match refused(illustration)? {
        Ok(illustration) => illustration,
        Err(told) => return Ok(told),
    };
    let svg = match illustration.figure.as_ref().map(|figure| figure.svg()).transpose() {
        Ok(svg) => svg,
        Err(error) => return Ok(html! { p.nothing { "Not drawn: " (error) "." } (queries(&illustration.queries)) }),
    };
    Ok(html! {
        @if let Some(svg) = svg { figure { (PreEscaped(svg)) } } @else { p.nothing { "The answer is empty." } }
        @for remark in &illustration.remarks { p.remark { (remark) "." } }
        (queries(&illustration.queries))
    })
}

/// The answer of a query as a table, with the query; or why there is none.
pub fn answer(store: &Store, query: &str) -> Result<Markup> {
    let mut answer = match refused(Answer::of(store, query))? {
        Ok(answer) => answer,
        Err(told) => return Ok(told),
    };
    let snapshot = store.snapshot()?;
    answer.name_relations(&snapshot, None);
    let columns: Vec<&str> = answer.columns.iter().map(|column| column.name).collect();
    let rows: Vec<Vec<String>> = answer.rows.iter().map(|row| row.iter().map(written).collect()).collect();
    Ok(html! {
        (table(&columns, &rows))
        @for note in &answer.notes { p.remark { (note.to_string()) "." } }
        (queries(&[query.to_owned()]))
    })
}

/// Tells a refusal (`Err` within) from a store that cannot be read.
fn refused<T>(result: Result<T>) -> Result<Result<T, Markup>> {
    match result {
        Ok(value) => Ok(Ok(value)),
        Err(Error::Query { statement, error }) if !matches!(error.kind, ErrorKind::Storage | ErrorKind::Output) => {
            let told = html! { p.nothing { "Not answered: " (error) "." } (queries(&[statement])) };
            Ok(Err(told))
        }
        Err(error @ (Error::NoRun { .. } | Error::RunWithout { .. } | Error::Plot(_))) => {
            Ok(Err(html! { p.nothing { "Not drawn: " (error) "." } }))
        }
        Err(error) => Err(error),
    }
}
