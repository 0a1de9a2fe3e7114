//! `role`: what a run's units are called, where they are no neurons ([`kndb_storage::UNITS`]).

use crate::error::QueryError;
use crate::plan::Pairs;
use crate::plan::names::listing;
use crate::plan::visit::Node;
use crate::syntax::span::Span;
use kndb_storage::{Run, Snapshot};
use std::collections::BTreeSet;

/// The names of the units of some runs, which must be the same; `span` is what needs them.
pub(crate) fn names_of<'r>(runs: impl IntoIterator<Item = &'r Run>, span: Span) -> Result<Vec<String>, QueryError> {
    let mut found: Option<(&Run, Vec<&str>)> = None;
    for run in runs {
        let Some(names) = run.spec.units() else {
            let reason = format!("run {:?} has no roles: its units are neurons", run.spec.name);
            return Err(QueryError::missing(span, reason)
                .hint("`kndb trace` makes runs by role; neurons are split by `neuron`"));
        };
        match &found {
            Some((first, known)) if *known != names => {
                let runs = listing([first, run].map(|run| run.spec.name.as_str()));
                let reason =
                    format!("runs {runs} have other roles each: {} and {}", known.join(", "), names.join(", "));
                return Err(QueryError::missing(span, reason).hint("ask for one of them: `run=\"…\"`"));
            }
            Some(_) => {}
            None => found = Some((run, names)),
        }
    }
    Ok(found.map_or_else(Vec::new, |(_, names)| names.into_iter().map(str::to_owned).collect()))
}

/// The names of the units that a set has pairs of.
pub(crate) fn roles_of(pairs: &Pairs<'_>, snapshot: &Snapshot, span: Span) -> Result<Vec<String>, QueryError> {
    let names = names_of(runs_of(pairs, snapshot), span)?;
    if names.is_empty() {
        let reason = "`role` needs a set that still knows its runs";
        return Err(QueryError::kind(span, reason).hint("write `kn[run=\"…\"] by layer, role`"));
    }
    Ok(names)
}

/// The same for a listing, which shows them where there are some.
pub(crate) fn shown_of(pairs: &Pairs<'_>, snapshot: &Snapshot) -> Vec<String> {
    names_of(runs_of(pairs, snapshot), Span::new(0, 0)).unwrap_or_default()
}

fn runs_of<'r>(pairs: &Pairs<'_>, snapshot: &'r Snapshot) -> Vec<&'r Run> {
    let cells = Node::Pairs(pairs).sources().flat_map(|source| &source.cells);
    let runs: BTreeSet<u32> = cells.map(|cell| cell.run.0).collect();
    runs.into_iter().filter_map(|run| snapshot.run(kndb_storage::RunId(run))).collect()
}
