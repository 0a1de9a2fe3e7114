//! Expressions: operators, sources, neurons by number, saved sets.

use super::{Parser, Result};
use crate::error::QueryError;
use crate::mistakes::clauses as mistakes;
use crate::syntax::ast::{Expr, ExprKind, Head, Name, NeuronRange, OpenRange, SetOp, Source, SourceKind};
use crate::syntax::lexer::TokenKind;
use crate::syntax::span::Span;

/// An expression and the height of its tree.
pub(super) struct Grown {
    pub(super) expr: Expr,
    pub(super) height: usize,
}

impl Parser<'_> {
    /// An expression.
    pub(super) fn set(&mut self) -> Result<Expr> {
        Ok(self.alternatives()?.expr)
    }

    /// Terms joined by the loosest operators.
    pub(super) fn alternatives(&mut self) -> Result<Grown> {
        let mut left = self.term()?;
        while let Some(op @ (SetOp::Union | SetOp::SymmetricDifference)) = self.operator() {
            let op_span = self.span();
            self.bump();
            let right = self.term()?;
            left = self.join(op, op_span, left, right)?;
        }
        Ok(left)
    }

    fn term(&mut self) -> Result<Grown> {
        let mut left = self.factor()?;
        while let Some(op @ (SetOp::Intersection | SetOp::Difference)) = self.operator() {
            let op_span = self.span();
            self.bump();
            let right = self.factor()?;
            left = self.join(op, op_span, left, right)?;
        }
        Ok(left)
    }

    fn operator(&self) -> Option<SetOp> {
        SetOp::from_word(self.sign())
    }

    fn join(&self, op: SetOp, op_span: Span, left: Grown, right: Grown) -> Result<Grown> {
        let height = left.height.max(right.height) + 1;
        self.check_height(height)?;
        let span = left.expr.span.to(right.expr.span);
        let kind = ExprKind::Binary { op, op_span, left: Box::new(left.expr), right: Box::new(right.expr) };
        Ok(Grown { expr: Expr { kind, span }, height })
    }

    pub(super) fn factor(&mut self) -> Result<Grown> {
        self.descend()?;
        let start = self.span();
        let grown = if self.eat_sign("(") {
            self.parenthesised(start)?
        } else if self.at_store() {
            self.of_store()?
        } else if self.at_word("neurons") {
            self.bump();
            if self.eat_word("of") { self.projection(start, ExprKind::NeuronsOf)? } else { self.neurons(start)? }
        } else if self.at_word("facts") && self.text_of(self.ahead(1)).eq_ignore_ascii_case("of") {
            self.bump();
            self.bump();
            self.projection(start, ExprKind::FactsOf)?
        } else if let Some(kind) = self.word().and_then(SourceKind::from_word) {
            self.bump();
            self.source(kind, start)?
        } else if *self.kind() == TokenKind::Saved {
            let text = self.token_text()[1..].to_owned();
            self.bump();
            leaf(ExprKind::Saved(Name { text, span: start }), start)
        } else {
            return Err(mistakes::not_a_set(self));
        };
        self.depth -= 1;
        Ok(grown)
    }

    fn parenthesised(&mut self, open: Span) -> Result<Grown> {
        if self.at_sign(")") {
            return Err(self.unexpected("a set within the parentheses"));
        }
        let start = self.span();
        if self.at_word("similarity") {
            let (head, height) = self.similarity()?;
            if self.clause().is_none() {
                return Err(mistakes::similarity_is_no_set(start));
            }
            return self.rows(open, start, (head, height));
        }
        let mut inner = self.alternatives()?;
        if self.clause().is_some() {
            return self.rows(open, start, (Head::Set(inner.expr), inner.height));
        }
        if !self.at_sign(")") {
            let error = self.unclosed(open, "an operator (`|`, `^`, `&`, `-`) or `)`");
            return Err(mistakes::in_parentheses(self, error));
        }
        inner.expr.span = open.to(self.span());
        self.bump();
        Ok(inner)
    }

    /// The clauses of a query in parentheses, whose rows are the members of a set.
    fn rows(&mut self, open: Span, start: Span, (head, height): (Head, usize)) -> Result<Grown> {
        let height = height + 1;
        self.check_height(height)?;
        let query = self.clauses(head, start)?;
        if query.plot {
            let reason = "`plot` draws rows, and a query in parentheses is a set";
            return Err(QueryError::syntax(self.previous_span(), reason).hint("leave `plot` out"));
        }
        if !self.at_sign(")") {
            let error = self.unclosed(open, "a clause or `)`");
            return Err(mistakes::after_clauses(self, &query).unwrap_or(error));
        }
        let span = open.to(self.span());
        self.bump();
        Ok(Grown { expr: Expr { kind: ExprKind::Rows(Box::new(query)), span }, height })
    }

    fn projection(&mut self, start: Span, kind: fn(Box<Expr>) -> ExprKind) -> Result<Grown> {
        let inner = self.factor()?;
        let span = start.to(inner.expr.span);
        let height = inner.height + 1;
        self.check_height(height)?;
        let kind = kind(Box::new(inner.expr));
        Ok(Grown { expr: Expr { kind, span }, height })
    }

    fn source(&mut self, kind: SourceKind, start: Span) -> Result<Grown> {
        if self.at_sign("(") || *self.kind() == TokenKind::Word {
            mistakes::after_source(self, kind)?;
        }
        let conditions = if self.at_sign("[") { self.conditions(kind)? } else { Vec::new() };
        let span = start.to(self.previous_span());
        let source = Source { kind, conditions, span };
        Ok(leaf(ExprKind::Source(source), span))
    }

    /// The ranges after `neurons`.
    fn neurons(&mut self, start: Span) -> Result<Grown> {
        let open = self.span();
        if !self.eat_sign("(") {
            return Err(mistakes::after_neurons(self));
        }
        if self.at_sign(")") {
            return Err(self.unexpected("neurons such as `9:852`"));
        }
        let mut ranges = vec![self.neuron_range()?];
        while self.eat_sign(",") {
            ranges.push(self.neuron_range()?);
        }
        if !self.at_sign(")") {
            return Err(self.unclosed(open, "`,` or `)`"));
        }
        let span = start.to(self.span());
        self.bump();
        let closed: Option<Vec<NeuronRange>> = ranges.iter().map(OpenRange::closed).collect();
        Ok(leaf(closed.map_or_else(|| ExprKind::OpenNeurons(ranges), ExprKind::Neurons), span))
    }

    /// `9:852`, `11:500..520`, `7..9:*`, `$layer:$unit`.
    fn neuron_range(&mut self) -> Result<OpenRange> {
        if self.at_sign("*") {
            let reason = "neurons are given by layer, and `*` is no layer";
            return Err(QueryError::syntax(self.span(), reason).hint("write the layers as an interval: `0..11:5`"));
        }
        let layers = self.numbers("a layer")?;
        if !self.eat_sign(":") {
            let expected = format!("`:` and a unit after layer {layers}");
            return Err(self
                .unexpected(&expected)
                .hint(format!("unit 852 of the layer is `{layers}:852`, all its units are `{layers}:*`")));
        }
        let units = if self.eat_sign("*") { None } else { Some(self.numbers("a unit")?) };
        let span = layers.span.to(self.previous_span());
        Ok(OpenRange { layers, units, span })
    }
}

fn leaf(kind: ExprKind, span: Span) -> Grown {
    Grown { expr: Expr { kind, span }, height: 1 }
}
