//! Sets of neurons.

use super::{Lowering, Model};
use crate::error::QueryError;
use crate::plan::parts::PartsOfLayers;
use crate::plan::ranges::neurons_in;
use crate::plan::saved::Members;
use crate::plan::{NeuronFilter, Neurons};
use crate::syntax::ast::{Expr, ExprKind};

impl<'s> Lowering<'s> {
    pub(super) fn neurons(&mut self, expr: &Expr, model: &Model) -> Result<Neurons<'s>, QueryError> {
        let id = self.id();
        match &expr.kind {
            ExprKind::Neurons(ranges) => {
                let neurons = NeuronFilter::new(neurons_in(ranges, model)?, model.shape);
                let parts = PartsOfLayers::of_neurons(&neurons.set, model.shape);
                Ok(Neurons::Known { id, text: expr.to_string(), neurons, parts })
            }
            ExprKind::NeuronsOf(of) => Ok(Neurons::Of { id, pairs: Box::new(self.pairs(of, model)?) }),
            ExprKind::Rows(query) => Ok(Neurons::Rows(self.rows(query, Some(model))?)),
            ExprKind::Binary { op, left, right, .. } => {
                let left = Box::new(self.neurons(left, model)?);
                Ok(Neurons::Binary { id, op: *op, left, right: Box::new(self.neurons(right, model)?) })
            }
            ExprKind::Saved(name) => match self.saved(name)? {
                (saved, Members::Neurons(set)) => {
                    let neurons = NeuronFilter::new(set.clone(), model.shape);
                    let parts = PartsOfLayers::of_text(&saved.text, model.shape);
                    Ok(Neurons::Known { id, text: format!("@{}", name.text), neurons, parts })
                }
                _ => Err(QueryError::kind(expr.span, "expected a set of neurons")),
            },
            ExprKind::Attached { .. } => {
                let set = self.foreign_node(expr, id)?;
                let Members::Neurons(members) = &set.members else {
                    return Err(QueryError::kind(expr.span, "expected a set of neurons"));
                };
                let neurons = NeuronFilter::new(members.clone(), model.shape);
                Ok(Neurons::Known { id, text: expr.to_string(), neurons, parts: set.parts })
            }
            // Values come before a plan does.
            ExprKind::OpenNeurons(_) => {
                Err(QueryError::missing(expr.span, "a parameter among these numbers has no value"))
            }
            ExprKind::Source(_) | ExprKind::FactsOf(_) => Err(QueryError::kind(expr.span, "expected a set of neurons")),
        }
    }
}
