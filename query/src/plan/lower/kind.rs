//! Of what kind an expression is, before anything of it is planned.

use super::Lowering;
use crate::error::QueryError;
use crate::plan::kinds::{Kind, entries_mixed, mixed, not_of};
use crate::syntax::ast::{Expr, ExprKind, SetOp, SourceKind};

impl Lowering<'_> {
    /// The kind of an expression.
    pub(crate) fn kind(&self, expr: &Expr) -> Result<Kind, QueryError> {
        Ok(match &expr.kind {
            ExprKind::Source(source) if source.kind == SourceKind::Facts => Kind::Facts,
            ExprKind::Source(source) if source.kind == SourceKind::Entries => Kind::Entries,
            ExprKind::Source(_) => Kind::Pairs,
            ExprKind::Neurons(_) | ExprKind::OpenNeurons(_) => Kind::Neurons,
            ExprKind::Saved(name) => self.saved(name)?.1.kind(),
            // Entries alone are not found beforehand.
            ExprKind::Attached { .. } => self.foreign(expr).map_or(Kind::Entries, |set| set.members.kind()),
            ExprKind::Rows(query) => self.kind_of_rows(query)?,
            ExprKind::NeuronsOf(of) => match self.kind(of)? {
                Kind::Pairs => Kind::Neurons,
                other => return Err(not_of("neurons", other, of)),
            },
            ExprKind::FactsOf(of) => match self.kind(of)? {
                Kind::Pairs | Kind::Entries => Kind::Facts,
                other => return Err(not_of("facts", other, of)),
            },
            ExprKind::Binary { op, op_span, left, right } => {
                let (l, r) = (self.kind(left)?, self.kind(right)?);
                match (l, *op, r) {
                    // Facts choose entries, as they choose pairs.
                    (Kind::Entries, SetOp::Intersection | SetOp::Difference, Kind::Facts) if !is_rows(left) => l,
                    (Kind::Facts, SetOp::Intersection, Kind::Entries) if !is_rows(right) => r,
                    (Kind::Entries, ..) | (.., Kind::Entries) => return Err(entries_mixed([l, r], *op, [left, right])),
                    _ if l == r => l,
                    (Kind::Pairs, SetOp::Intersection, _) | (_, SetOp::Intersection, Kind::Pairs) => Kind::Pairs,
                    (Kind::Pairs, SetOp::Difference, _) => Kind::Pairs,
                    _ => return Err(mixed(l, *op, r, *op_span, left, right)),
                }
            }
        })
    }
}

fn is_rows(expr: &Expr) -> bool {
    matches!(expr.kind, ExprKind::Rows(_))
}
