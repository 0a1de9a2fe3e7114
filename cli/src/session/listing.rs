//! `.runs` and `.schema`: what a statement can name, as rows like any other result.

use std::borrow::Cow;

use kndb_query::complete::Names;
use kndb_query::{Attached, Column, ColumnKind, Sink, Value};
use kndb_storage::Store;

use crate::error::{CliError, Result};
use crate::overview::RunOverview;

/// Writes the runs of a store.
pub fn runs(store: &Store, sink: &mut dyn Sink) -> Result<()> {
    let columns = [
        ("run", ColumnKind::Text),
        ("model", ColumnKind::Text),
        ("layers", ColumnKind::Integer),
        ("width", ColumnKind::Integer),
        ("method", ColumnKind::Text),
        ("preset", ColumnKind::Text),
        ("tau", ColumnKind::Text),
        ("share", ColumnKind::Text),
        ("keeps", ColumnKind::Text),
        ("type", ColumnKind::Text),
        ("languages", ColumnKind::Text),
        ("entries", ColumnKind::Integer),
        ("kept", ColumnKind::Integer),
        ("groups", ColumnKind::Integer),
        ("state", ColumnKind::Text),
    ];
    let rows = RunOverview::all(&*store.snapshot()?)?.into_iter().map(|overview| {
        let spec = &overview.run.spec;
        // A run of sets or groups alone keeps no scores and has no threshold, whatever it was opened with.
        let of_scores = |shown: String| if overview.scored { text(&shown) } else { Value::Null };
        vec![
            text(&spec.name),
            text(&spec.model),
            Value::Integer(spec.shape.layers.into()),
            Value::Integer(spec.shape.width.into()),
            text(&spec.method),
            spec.preset.as_deref().map_or(Value::Null, text),
            of_scores(overview.taus()),
            text(&spec.prompt_share_shown()),
            overview.keeps().as_deref().map_or(Value::Null, text),
            of_scores(spec.score_type.to_string()),
            text(&overview.language_list()),
            Value::Integer(overview.entries),
            Value::Integer(overview.kept),
            Value::Integer(overview.groups),
            text(if overview.run.finished { "finished" } else { "open" }),
        ]
    });
    write(&columns, rows, sink)
}

/// Writes the store that is open, and those that are attached.
pub fn stores(store: &Store, attached: &Attached, sink: &mut dyn Sink) -> Result<()> {
    let columns = [
        ("name", ColumnKind::Text),
        ("store", ColumnKind::Text),
        ("facts", ColumnKind::Integer),
        ("runs", ColumnKind::Text),
    ];
    let mut all = vec![(Value::Null, store.clone())];
    for (name, _) in attached.list() {
        let store = attached.store(&name).map_err(super::in_query)?;
        all.push((text(&name), store));
    }
    let row = |(name, store): (Value<'static>, Store)| -> Result<Vec<Value<'static>>> {
        let snapshot = store.snapshot()?;
        let runs: Vec<&str> = snapshot.runs().map(|run| run.spec.name.as_str()).collect();
        let runs = if runs.is_empty() { Value::Null } else { text(&runs.join(", ")) };
        Ok(vec![name, text(&store.path().display().to_string()), Value::Integer(snapshot.fact_count()), runs])
    };
    let rows = all.into_iter().map(row).collect::<Result<Vec<_>>>()?;
    write(&columns, rows.into_iter(), sink)
}

/// Writes the names a statement can use.
pub fn schema(store: &Store, sink: &mut dyn Sink) -> Result<()> {
    let snapshot = store.snapshot()?;
    let names = Names::of(&snapshot);
    let columns = [("kind", ColumnKind::Text), ("name", ColumnKind::Text), ("called", ColumnKind::Text)];
    let of_kind = |kind: &'static str, names: Vec<String>| {
        names.into_iter().map(move |name| vec![Value::Text(kind.into()), Value::Text(name.into()), Value::Null])
    };
    let relations = snapshot.relations().map(|(id, name)| {
        let called = snapshot.relation_called(id, None).map_or(Value::Null, text);
        vec![Value::Text("relation".into()), text(name), called]
    });
    let rows = of_kind("language", names.languages)
        .chain(relations)
        .chain(of_kind("run", names.runs))
        .chain(of_kind("saved set", names.sets));
    write(&columns, rows, sink)
}

/// Fails, naming the runs there are, unless the store has this one.
pub fn must_have_run(store: &Store, name: &str) -> Result<()> {
    let known = Names::of(&*store.snapshot()?).runs;
    if known.iter().any(|run| run == name) {
        return Ok(());
    }
    Err(CliError::Store(kndb_storage::Error::UnknownRun { name: name.to_owned(), known }))
}

/// A text as a value of its own.
pub fn text(text: &str) -> Value<'static> {
    Value::Text(Cow::Owned(text.to_owned()))
}

/// Writes rows into a sink.
pub fn write(
    columns: &[(&'static str, ColumnKind)],
    rows: impl Iterator<Item = Vec<Value<'static>>>,
    sink: &mut dyn Sink,
) -> Result<()> {
    let columns: Vec<Column> = columns.iter().map(|&(name, kind)| Column { name, kind }).collect();
    sink.columns(&columns).map_err(CliError::Output)?;
    for row in rows {
        if sink.row(&row).map_err(CliError::Output)?.is_break() {
            return Ok(());
        }
    }
    sink.end().map_err(CliError::Output)
}
