//! What a query asks about, for callers that show it beside its rows: the run it is of, and whether it asks for every layer.
//!
//! Not for answering: a plan looks its names up itself.

use crate::error::QueryError;
use crate::plan::names::{Resolver, Settings};
use crate::plan::scored::scored_layers;
use crate::syntax::ast::{Condition, Expr, ExprKind, Head, Query, Source, SourceKind, Test, Text};
use crate::syntax::conditions::ConditionKey;
use kndb_storage::Store;

impl Query {
    /// The query with `run=` in every source that takes a run and names none, so that it gives the same rows wherever it is
    /// asked. Sources of attached stores have runs of their own. `None` where there is no such source.
    pub fn in_run(&self, run: &str) -> Option<Self> {
        let mut query = self.clone();
        let every = |kind| (kind != SourceKind::Facts).then_some(run);
        let named = match &mut query.head {
            Head::Set(expr) => name_run(expr, &every),
            Head::Similarity { left, right, .. } => name_run(left, &every) | name_run(right, &every),
            Head::Between { set, .. } => name_run(set, &every),
        };
        named.then_some(query)
    }

    /// The source that is all of the query's set, if it is one.
    pub fn only_source(&self) -> Option<&Source> {
        match &self.head {
            Head::Set(Expr { kind: ExprKind::Source(source), .. }) => Some(source),
            _ => None,
        }
    }
}

/// Writes the run that is meant into the sources below that name none, by their kind; whether there was one.
pub(crate) fn name_run<'r>(expr: &mut Expr, meant: &dyn Fn(SourceKind) -> Option<&'r str>) -> bool {
    let mut named = false;
    expr.for_each_own_source_mut(&mut |source| {
        if let Some(run) = meant(source.kind).filter(|_| source.condition(ConditionKey::Run).is_none()) {
            let span = source.span;
            let test = Test::Names(vec![Text { text: run.to_owned(), span }]);
            source.conditions.insert(0, Condition { key: ConditionKey::Run, test, span });
            named = true;
        }
    });
    named
}

/// The number of layers of the model, where a query surely asks for all of them: its set is one source of neurons without
/// `layer`, and no run left layers out. A layer without a row has no neuron of it then.
///
/// # Errors
/// As [`crate::execute`], when the source's runs are not in the store.
pub fn layers_asked(store: &Store, settings: &Settings, query: &Query) -> Result<Option<u32>, QueryError> {
    let Some(source) =
        query.only_source().filter(|source| !matches!(source.kind, SourceKind::Facts | SourceKind::Entries))
    else {
        return Ok(None);
    };
    if source.intervals(ConditionKey::Layer).is_some() {
        return Ok(None);
    }
    let snapshot = store.snapshot().map_err(QueryError::storage)?;
    let runs = Resolver::new(&snapshot, settings).runs(source)?;
    if runs.iter().any(|run| scored_layers(run).is_some()) {
        return Ok(None);
    }
    Ok(runs.iter().map(|run| run.spec.shape.layers).max())
}
