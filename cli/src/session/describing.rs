//! `.describe`: what the store holds; or the columns of an answer, what kind of values they hold, and an example of each.

use kndb_query::{ColumnKind, Query, Settings, Sink, Statement, Value};
use kndb_report::Answer;
use kndb_storage::Store;

use super::listing::{text, write};
use crate::error::{CliError, Result, StatementText};
use crate::overview::Overview;

/// Says what the store holds.
pub fn store(store: &Store, sink: &mut dyn Sink) -> Result<()> {
    let overview = Overview::of(store)?;
    let labels: Vec<String> = overview.labels.iter().map(|(code, count)| format!("{code} {count}")).collect();
    let runs: Vec<&str> = overview.runs.iter().map(|it| it.run.spec.name.as_str()).collect();
    let sets: Vec<String> = overview.saved_sets.iter().map(|(name, ..)| format!("@{name}")).collect();
    let rows = [
        ("store", store.path().display().to_string()),
        ("facts", overview.facts.to_string()),
        ("labels", labels.join(", ")),
        ("relations", overview.relations_shown.join(", ")),
        ("templates", overview.templates.to_string()),
        ("runs", runs.join(", ")),
        ("saved sets", sets.join(", ")),
    ];
    let or_null = |shown: String| if shown.is_empty() { Value::Null } else { text(&shown) };
    let rows = rows.into_iter().map(|(what, shown)| vec![text(what), or_null(shown)]);
    write(&[("what", ColumnKind::Text), ("is", ColumnKind::Text)], rows, sink)
}

/// Describes the answer of a statement; its first row is found for it.
///
/// # Errors
/// When the statement cannot be answered, or has no rows.
pub fn statement(store: &Store, settings: &Settings, statement: &str, sink: &mut dyn Sink) -> Result<()> {
    let in_query = |error: kndb_query::QueryError| {
        let place = StatementText { origin: "statement".into(), text: statement.into(), ..Default::default() };
        CliError::Query { error: Box::new(error), statement: place }
    };
    let query = query(kndb_query::parse(statement).map_err(in_query)?).map_err(in_query)?;
    let mut answer = Answer::default();
    kndb_query::execute(store, settings, &Statement::Query(query), &mut answer).map_err(in_query)?;
    let example = |at: usize| match answer.rows.first().map(|row| &row[at]) {
        None | Some(Value::Null) => Value::Null,
        Some(value) => text(&spelled(value)),
    };
    let columns = answer.columns.iter().enumerate();
    let rows = columns.map(|(at, column)| vec![text(column.name), text(kind(column.kind)), example(at)]);
    write(&[("column", ColumnKind::Text), ("values", ColumnKind::Text), ("example", ColumnKind::Text)], rows, sink)
}

/// The query of a statement, for one row.
fn query(statement: Statement) -> Result<Query, kndb_query::QueryError> {
    match statement {
        Statement::Query(query) => {
            let top = Some(kndb_query::Top { count: kndb_query::Given::Value(1), per: Vec::new(), span: query.span });
            Ok(Query { top, plot: false, ..query })
        }
        Statement::Explain { span, .. }
        | Statement::Let { span, .. }
        | Statement::Drop { span, .. }
        | Statement::Attach { span, .. }
        | Statement::Detach { span, .. } => {
            let reason = "only a question has columns: a set, with or without `by`";
            Err(kndb_query::QueryError::kind(span, reason).hint("for example `.describe kn by layer`"))
        }
    }
}

fn kind(kind: ColumnKind) -> &'static str {
    match kind {
        ColumnKind::Text => "text",
        ColumnKind::Number | ColumnKind::Integer => "whole number",
        ColumnKind::Score => "score (32-bit)",
        ColumnKind::Ratio => "ratio (64-bit)",
    }
}

fn spelled(value: &Value<'_>) -> String {
    match value {
        Value::Null => String::new(),
        Value::Text(text) | Value::Spelled(text) => text.clone().into_owned(),
        Value::Integer(number) => number.to_string(),
        Value::Score(score) => format!("{score:?}"),
        Value::Ratio(ratio) => format!("{ratio:?}"),
    }
}
