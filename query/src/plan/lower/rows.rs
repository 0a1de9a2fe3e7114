//! A query in parentheses of a statement → a set whose members are to be found first.

use super::{Lowering, Model};
use crate::error::QueryError;
use crate::plan::kinds::{Kind, no_rows_of, of_rows, of_two_models};
use crate::plan::{RowSet, Set};
use crate::syntax::ast::{Dimension, Expr, Head, Query};
use crate::syntax::span::Span;
use kndb_storage::Shape;

/// Of facts alone, which no model numbers.
const ANY_SHAPE: Shape = Shape { layers: 1, width: 1 };

impl<'s> Lowering<'s> {
    /// What the rows of a query in parentheses are a set of.
    pub(super) fn kind_of_rows(&self, query: &Query) -> Result<Kind, QueryError> {
        match &query.head {
            Head::Set(expr) => of_rows(query, self.kind(expr)?),
            Head::Similarity { left, right, span } => {
                let by_fact =
                    query.by.first().is_some_and(|dim| dim.dimension == Dimension::Fact) && query.by.len() == 1;
                let of_pairs = self.kind(left)? == Kind::Pairs && self.kind(right)? == Kind::Pairs;
                if by_fact && of_pairs { Ok(Kind::Facts) } else { Err(no_rows_of(*span)) }
            }
            Head::Between { span, .. } => Err(no_rows_of(*span)),
        }
    }

    /// The query with its head planned; `model` is that of the neurons around it, where its rows have any.
    pub(super) fn rows(&mut self, query: &Query, model: Option<&Model>) -> Result<Box<RowSet<'s>>, QueryError> {
        let id = self.id();
        let expr = match &query.head {
            Head::Set(expr) => expr,
            Head::Similarity { left, right, span } => return self.similar(query, [left, right], *span),
            Head::Between { span, .. } => return Err(no_rows_of(*span)),
        };
        let (of, shape) = match (self.kind(expr)?, model) {
            (Kind::Pairs, Some(model)) => (Set::Pairs(self.pairs(expr, model)?), model.shape),
            (Kind::Neurons, Some(model)) => (Set::Neurons(self.neurons(expr, model)?), model.shape),
            _ => {
                let (of, own) = self.set(expr)?;
                (of, own.map_or(ANY_SHAPE, |model| model.shape))
            }
        };
        Ok(Box::new(RowSet { id, query: query.clone(), of, beside: None, shape }))
    }

    /// The facts of a similarity, whose sides may be of another model than what surrounds them.
    fn similar(&mut self, query: &Query, [l, r]: [&Expr; 2], span: Span) -> Result<Box<RowSet<'s>>, QueryError> {
        let id = self.id();
        let sides = (self.set_beside(l, Some(r))?, self.set_beside(r, Some(l))?);
        let ((left @ Set::Pairs(_), Some(model)), (Set::Pairs(right), Some(other))) = sides else {
            return Err(no_rows_of(span));
        };
        if !model.is(&other) {
            return Err(of_two_models(&model, &other, span));
        }
        Ok(Box::new(RowSet { id, query: query.clone(), of: left, beside: Some(right), shape: model.shape }))
    }
}
