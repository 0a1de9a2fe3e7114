//! A word where a condition names a run, a language, a relation or a fact that the store does not have: else its answer would be empty without one.

use super::pushed::names_in;
use crate::pin::Notes;
use datafusion::logical_expr::Expr;
use kndb_query::nearest;
use kndb_storage::Snapshot;
use std::collections::BTreeSet;

/// Names that are shown of those that there are, and of those that there are not.
const SHOWN: usize = 12;

/// Looks at the conditions of a scan.
pub(crate) fn look(conditions: &[Expr], snapshot: &Snapshot, notes: &Notes) -> kndb_storage::Result<()> {
    for (column, names) in conditions.iter().filter_map(names_in) {
        let known: BTreeSet<&str> = match column {
            "run" => snapshot.runs().map(|run| run.spec.name.as_str()).collect(),
            "lang" => snapshot.languages().map(|(_, code)| code).collect(),
            "relation" => snapshot.relations().map(|(_, id)| id).collect(),
            "fact" => {
                let mut unknown = Vec::new();
                for name in names {
                    if snapshot.fact(name)?.is_none() {
                        unknown.push(name);
                    }
                }
                if !unknown.is_empty() {
                    notes.add(format!("there is no fact {} in the store", listed(&unknown)));
                }
                continue;
            }
            _ => continue,
        };
        let unknown: Vec<&str> = names.into_iter().filter(|name| !known.contains(name)).collect();
        let Some(&first) = unknown.first() else { continue };
        let what = if column == "lang" { "language" } else { column };
        let near = nearest(first, known.iter().copied()).map(|near| format!("; did you mean {near:?}?"));
        let known: Vec<&str> = known.into_iter().collect();
        let near = near.unwrap_or_default();
        notes.add(format!("there is no {what} {}; the store has {}{near}", listed(&unknown), listed(&known)));
    }
    Ok(())
}

fn listed(names: &[&str]) -> String {
    let more = names.len().saturating_sub(SHOWN);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    let shown = names.iter().take(SHOWN).map(|name| format!("{name:?}")).collect::<Vec<_>>().join(", ");
    if names.is_empty() { "none".to_owned() } else { format!("{shown}{more}") }
}
