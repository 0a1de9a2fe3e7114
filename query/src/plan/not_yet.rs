//! TEMPORARY: forms that can be read and not yet be answered are refused here, before anything else is done.
//!
//! Whoever makes one work takes its line out; with the last one this file goes. Nothing else may depend on it.

use crate::error::QueryError;
use crate::syntax::ast::{Expr, ExprKind, Head, SourceKind, Statement};

/// Refuses what cannot be answered yet.
pub(crate) fn check(statement: &Statement) -> Result<(), QueryError> {
    let head = match statement {
        Statement::Let { set, .. } => return check_set(set),
        Statement::Drop { .. } => return Ok(()),
        Statement::Query(query) | Statement::Explain { query, .. } => &query.head,
    };
    match head {
        Head::Set(set) | Head::Between { set, .. } => check_set(set),
        Head::Similarity { left, right, .. } => check_set(left).and_then(|()| check_set(right)),
    }
}

fn check_set(set: &Expr) -> Result<(), QueryError> {
    match &set.kind {
        ExprKind::Source(source) if source.kind == SourceKind::Entries => Err(not_yet(source)),
        _ => set.parts().try_for_each(check_set),
    }
}

/// The refusal of `entries`.
pub(crate) fn not_yet(source: &crate::syntax::ast::Source) -> QueryError {
    QueryError::syntax(source.span, "`entries` can be read, and not be answered yet")
}
