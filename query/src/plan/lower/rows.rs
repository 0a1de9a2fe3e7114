//! A query in parentheses of a statement → a set whose members are to be found first.

use super::{Lowering, Model};
use crate::error::QueryError;
use crate::plan::kinds::{Kind, no_rows_of, of_rows};
use crate::plan::{RowSet, Set};
use crate::syntax::ast::{Expr, Head, Query};
use kndb_storage::Shape;

/// Of facts alone, which no model numbers.
const ANY_SHAPE: Shape = Shape { layers: 1, width: 1 };

impl<'s> Lowering<'s> {
    /// What the rows of a query in parentheses are a set of.
    pub(super) fn kind_of_rows(&self, query: &Query) -> Result<Kind, QueryError> {
        of_rows(query, self.kind(head(query)?)?)
    }

    /// The query with its head planned; `model` is that of the neurons around it, where its rows have any.
    pub(super) fn rows(&mut self, query: &Query, model: Option<&Model>) -> Result<Box<RowSet<'s>>, QueryError> {
        let (id, expr) = (self.id(), head(query)?);
        let (of, shape) = match (self.kind(expr)?, model) {
            (Kind::Pairs, Some(model)) => (Set::Pairs(self.pairs(expr, model)?), model.shape),
            (Kind::Neurons, Some(model)) => (Set::Neurons(self.neurons(expr, model)?), model.shape),
            _ => {
                let (of, own) = self.set(expr)?;
                (of, own.map_or(ANY_SHAPE, |model| model.shape))
            }
        };
        Ok(Box::new(RowSet { id, query: query.clone(), of, shape }))
    }
}

fn head(query: &Query) -> Result<&Expr, QueryError> {
    match &query.head {
        Head::Set(expr) => Ok(expr),
        Head::Similarity { span, .. } | Head::Between { span, .. } => Err(no_rows_of(*span)),
    }
}
