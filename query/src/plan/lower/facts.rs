//! Sets of facts, and the entries that facts choose.

use super::{Lowering, model_of};
use crate::error::QueryError;
use crate::plan::kinds::{Kind, entries_elsewhere, rows_of_entries};
use crate::plan::names::no_run;
use crate::plan::saved::Members;
use crate::plan::unpaired::{Together, note_extents, note_facts_without_entries, note_unpaired};
use crate::plan::{Entries, Facts, Set};
use crate::syntax::ast::{Expr, ExprKind, SetOp};

impl<'s> Lowering<'s> {
    /// `entries[…]`, perhaps of chosen facts. Runs of several models go together: there are no neurons.
    pub(super) fn entries(&mut self, expr: &Expr) -> Result<Entries<'s>, QueryError> {
        match &expr.kind {
            ExprKind::Source(source) => {
                let runs = self.names.runs(source)?;
                let model = runs.first().map(|run| model_of(run)).ok_or_else(|| no_run(source.span))?;
                Ok(Entries::Source(Box::new(self.source(source, &model)?)))
            }
            ExprKind::Binary { op, left, right, .. } => {
                let id = self.id();
                let (of, other) = if self.kind(left)? == Kind::Entries { (left, right) } else { (right, left) };
                let (entries, facts) = (Box::new(self.entries(of)?), self.facts(other)?);
                let keep = *op == SetOp::Intersection;
                if keep {
                    let (names, text) = ((&self.names, &self.extents), other.to_string());
                    note_facts_without_entries(names, other.span, &text, &entries, &facts)?;
                }
                Ok(Entries::WithFacts { id, entries, facts, keep })
            }
            ExprKind::Attached { store, .. } => Err(entries_elsewhere(store, expr)),
            _ => Err(rows_of_entries(expr)),
        }
    }

    pub(super) fn facts(&mut self, expr: &Expr) -> Result<Facts<'s>, QueryError> {
        let id = self.id();
        match &expr.kind {
            ExprKind::Source(source) => {
                let facts = self.names.facts(source)?.unwrap_or_else(|| self.names.snapshot.facts());
                Ok(Facts::Known { id, text: expr.to_string(), facts })
            }
            ExprKind::Rows(query) => Ok(Facts::Rows(self.rows(query, None)?)),
            ExprKind::FactsOf(of) if self.kind(of)? == Kind::Entries => match &of.kind {
                // The members of these rows are their facts.
                ExprKind::Rows(query) => Ok(Facts::Rows(self.rows(query, None)?)),
                _ => Ok(Facts::OfEntries { id, entries: Box::new(self.entries(of)?) }),
            },
            ExprKind::FactsOf(of) => match self.set(of)? {
                (Set::Pairs(pairs), Some(model)) => Ok(Facts::Of { id, pairs: Box::new(pairs), shape: model.shape }),
                _ => Err(QueryError::kind(expr.span, "expected a set of pairs")),
            },
            ExprKind::Binary { op, op_span, left, right } => {
                let (left, right) = (Box::new(self.facts(left)?), Box::new(self.facts(right)?));
                let of = |facts| self.extents.of_facts(facts, self.names.snapshot);
                if let (Facts::Of { pairs, .. }, Facts::Of { pairs: others, .. }) = (&*left, &*right) {
                    note_unpaired((&self.names, &self.extents), Together::Op(*op), *op_span, pairs, others)?;
                } else if let (Some(left), Some(right)) = (of(&left)?, of(&right)?) {
                    note_extents(&self.names, Together::Op(*op), *op_span, left, right);
                }
                Ok(Facts::Binary { id, op: *op, left, right })
            }
            ExprKind::Saved(name) => match &self.saved(name)?.1 {
                Members::Facts(facts) => Ok(Facts::Known { id, text: format!("@{}", name.text), facts: facts.clone() }),
                _ => Err(QueryError::kind(expr.span, "expected a set of facts")),
            },
            ExprKind::Attached { .. } => match &self.foreign_node(expr, id)?.members {
                Members::Facts(facts) => Ok(Facts::Known { id, text: expr.to_string(), facts: facts.clone() }),
                _ => Err(QueryError::kind(expr.span, "expected a set of facts")),
            },
            ExprKind::Neurons(_) | ExprKind::OpenNeurons(_) | ExprKind::NeuronsOf(_) => {
                Err(QueryError::kind(expr.span, "expected a set of facts"))
            }
        }
    }
}
