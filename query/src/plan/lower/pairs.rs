//! Sets of pairs.

use super::{Lowering, Model};
use crate::error::QueryError;
use crate::plan::kinds::{Kind, entries_mixed};
use crate::plan::parts::PartsOfLayers;
use crate::plan::saved::Members;
use crate::plan::scored::{check_neurons, note_saved};
use crate::plan::unpaired::{Together, note_foreign_facts, note_unpaired};
use crate::plan::{KnownFrom, Pairs, SavedPairs};
use crate::syntax::ast::{Expr, ExprKind, SetOp};
use kndb_storage::{Run, RunId};
use std::sync::Arc;

impl<'s> Lowering<'s> {
    pub(crate) fn pairs(&mut self, expr: &Expr, model: &Model) -> Result<Pairs<'s>, QueryError> {
        match &expr.kind {
            ExprKind::Source(source) => Ok(Pairs::Source(Box::new(self.source(source, model)?))),
            ExprKind::Saved(name) => {
                let id = self.id();
                let (set, members) = self.saved(name)?;
                let pairs = match members {
                    Members::Pairs(pairs) => Arc::clone(pairs),
                    Members::Neurons(_) | Members::Facts(_) => Arc::default(),
                };
                let parts = PartsOfLayers::of_text(&set.text, model.shape);
                let (name, runs) = (name.text.clone(), set.runs.iter().map(|&run| RunId(run)).collect::<Vec<_>>());
                self.runs.extend(runs);
                let (asked, attributed, neurons, facts) = (None, None, None, None);
                let from = KnownFrom::Saved(name);
                Ok(Pairs::Saved(SavedPairs { id, from, pairs, asked, attributed, parts, neurons, facts }))
            }
            ExprKind::Attached { .. } => {
                let id = self.id();
                let set = self.foreign_node(expr, id)?;
                let pairs = match &set.members {
                    Members::Pairs(pairs) => Arc::clone(pairs),
                    Members::Neurons(_) | Members::Facts(_) => Arc::default(),
                };
                let from = KnownFrom::Attached { text: expr.to_string(), drawn: Arc::new(set.drawn.clone()) };
                let (asked, attributed) = (set.asked.clone(), set.attributed.clone());
                let (neurons, facts, parts) = (None, None, set.parts);
                Ok(Pairs::Saved(SavedPairs { id, from, pairs, asked, attributed, parts, neurons, facts }))
            }
            ExprKind::Rows(query) => {
                Ok(Pairs::Rows { rows: self.rows(query, Some(model))?, neurons: None, facts: None })
            }
            ExprKind::Binary { op, op_span, left, right } => {
                let id = self.id();
                let before = self.runs.len();
                let (l, r) = (self.kind(left)?, self.kind(right)?);
                // `neurons & pairs` and `facts & pairs` are the same filters the other way round.
                let (pairs, other) = if l == Kind::Pairs { (left, right) } else { (right, left) };
                let inner = Box::new(self.pairs(pairs, model)?);
                Ok(match if l == Kind::Pairs { r } else { l } {
                    Kind::Pairs => {
                        let right = Box::new(self.pairs(other, model)?);
                        note_unpaired((&self.names, &self.extents), Together::Op(*op), *op_span, &inner, &right)?;
                        Pairs::Binary { id, op: *op, left: inner, right }
                    }
                    // `kind` has refused entries beside an operator.
                    Kind::Entries => return Err(entries_mixed([l, r], *op, [left, right])),
                    Kind::Neurons => {
                        let keep = *op == SetOp::Intersection;
                        // What is taken away may lie anywhere.
                        if keep {
                            self.check_scored(other, before)?;
                        }
                        Pairs::WithNeurons { id, pairs: inner, neurons: self.neurons(other, model)?, keep }
                    }
                    Kind::Facts => {
                        let keep = *op == SetOp::Intersection;
                        let facts = self.facts(other)?;
                        if keep {
                            note_foreign_facts(
                                (&self.names, &self.extents),
                                other.span,
                                &other.to_string(),
                                &inner,
                                &facts,
                            )?;
                        }
                        Pairs::WithFacts { id, pairs: inner, facts, keep }
                    }
                })
            }
            // `kind` has said that this expression is a set of pairs.
            ExprKind::NeuronsOf(_) | ExprKind::FactsOf(_) | ExprKind::Neurons(_) | ExprKind::OpenNeurons(_) => {
                Err(QueryError::kind(expr.span, "expected a set of pairs"))
            }
        }
    }

    /// Whether the runs that sources have named since `before` know anything of the neurons they are filtered by.
    fn check_scored(&self, neurons: &Expr, before: usize) -> Result<(), QueryError> {
        let runs: Vec<&Run> = self.runs[before..].iter().filter_map(|&run| self.names.snapshot.run(run)).collect();
        if let ExprKind::Saved(name) = &neurons.kind
            && let Members::Neurons(set) = &self.saved(name)?.1
        {
            note_saved(&name.text, name.span, set, &runs, &self.names.notes);
        }
        check_neurons(neurons, &runs)
    }
}
