//! Stores beside the one in hand: `attach PATH as name`, `detach name`, and `name::` before a set.

use super::sets::Grown;
use super::{Parser, Result};
use crate::error::QueryError;
use crate::mistakes::stores as mistakes;
use crate::syntax::ast::{Expr, ExprKind, Name, SourceKind, Statement, Text};
use crate::syntax::lexer::TokenKind;
use crate::syntax::span::Span;

/// Words that begin something else where a store's name could stand.
const RESERVED: &[&str] = &[
    "kn",
    "likn",
    "dkn",
    "facts",
    "entries",
    "neurons",
    "similarity",
    "let",
    "drop",
    "explain",
    "analyze",
    "attach",
    "detach",
    "as",
    "of",
    "by",
    "against",
    "having",
    "order",
    "top",
    "per",
    "plot",
    "between",
];

/// Fails where a store cannot have the name; says why.
pub(crate) fn check_store_name(name: &str) -> std::result::Result<(), String> {
    let letters = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if name.is_empty() || name.starts_with(|c: char| c.is_ascii_digit()) || !name.chars().all(letters) {
        return Err(format!(
            "{name:?} cannot be the name of a store: it has letters a-z, digits and `_`, no digit first"
        ));
    }
    match RESERVED.iter().find(|word| word.eq_ignore_ascii_case(name)) {
        Some(word) => Err(format!("`{word}` is a word of the language, and cannot be the name of a store")),
        None => Ok(()),
    }
}

impl Parser<'_> {
    /// What follows `attach`.
    pub(super) fn attach(&mut self, start: Span) -> Result<Statement> {
        let span = self.span();
        let TokenKind::Text(text) = self.kind() else {
            return Err(self.unexpected("the path of a store after `attach`").hint(mistakes::ATTACH));
        };
        let path = Text { text: text.clone(), span };
        self.bump();
        if !self.eat_word("as") {
            return Err(self.unexpected("`as` and a name after the path").hint(mistakes::ATTACH));
        }
        let name = self.new_name("as")?;
        check_store_name(&name.text).map_err(|reason| {
            QueryError::name(name.span, reason).hint(format!("choose another: `attach {path} as {}_store`", name.text))
        })?;
        let span = start.to(self.previous_span());
        Ok(Statement::Attach { path, name, span })
    }

    /// What follows `detach`.
    pub(super) fn detach(&mut self, start: Span) -> Result<Statement> {
        let name = self.new_name("detach")?;
        let span = start.to(self.previous_span());
        Ok(Statement::Detach { name, span })
    }

    /// Whether `name::` stands here.
    pub(super) fn at_store(&self) -> bool {
        *self.kind() == TokenKind::Word && self.ahead(1).kind == TokenKind::Sign("::")
    }

    /// `name::kn[…]`, `name::@saved`, `name::(…)`.
    pub(super) fn of_store(&mut self) -> Result<Grown> {
        let store = Name { text: self.token_text().to_owned(), span: self.span() };
        self.bump();
        self.bump();
        let of_source = self.word().is_some_and(|word| SourceKind::from_word(word).is_some());
        let projected = of_source && self.text_of(self.ahead(1)).eq_ignore_ascii_case("of");
        let is_set = (of_source && !projected) || *self.kind() == TokenKind::Saved || self.at_sign("(");
        if !is_set || self.at_store() {
            return Err(mistakes::after_store(self, &store));
        }
        let inner = self.factor()?;
        if let Some(within) = store_in(&inner.expr) {
            return Err(mistakes::within_store(&store, within));
        }
        let span = store.span.to(inner.expr.span);
        let height = inner.height + 1;
        self.check_height(height)?;
        Ok(Grown { expr: Expr { kind: ExprKind::Attached { store, of: Box::new(inner.expr) }, span }, height })
    }
}

/// A store that an expression names.
fn store_in(expr: &Expr) -> Option<&Name> {
    match &expr.kind {
        ExprKind::Attached { store, .. } => Some(store),
        _ => expr.parts().find_map(store_in),
    }
}
