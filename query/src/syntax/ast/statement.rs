//! Statements: what can be asked, saved, named.

use super::{Expr, Name, Query, Text};
use crate::syntax::span::Span;

/// One statement.
#[derive(Clone, Debug, PartialEq)]
pub enum Statement {
    /// `let NAME = expr`: save a set.
    Let {
        /// The name to save it under.
        name: Name,
        /// The set.
        set: Expr,
        /// The whole statement.
        span: Span,
    },
    /// `drop NAME`: remove a saved set.
    Drop {
        /// The name it was saved under.
        name: Name,
        /// The whole statement.
        span: Span,
    },
    /// `attach PATH as name`: name a store, for reading beside the one in hand.
    Attach {
        /// The store's folder.
        path: Text,
        /// The name its sets are asked for by.
        name: Name,
        /// The whole statement.
        span: Span,
    },
    /// `detach name`: forget the name.
    Detach {
        /// The name.
        name: Name,
        /// The whole statement.
        span: Span,
    },
    /// A query, to be answered.
    Query(Query),
    /// `explain [analyze] query`.
    Explain {
        /// Run the query too, and say what it cost.
        analyze: bool,
        /// The query to explain.
        query: Query,
        /// The whole statement.
        span: Span,
    },
}

impl Statement {
    /// Whether the rows are to be drawn: `… plot`. [`crate::execute`] delivers them either way.
    pub fn wants_plot(&self) -> bool {
        matches!(self, Self::Query(query) if query.plot)
    }
}
