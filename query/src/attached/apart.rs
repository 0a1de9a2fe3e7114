//! Takes a statement apart: the largest parts that are of one attached store each, and the rest, of the store in hand.
//!
//! `a::kn[lang=en] & a::kn[lang=zh] - kn` asks store `a` for `kn[lang=en] & kn[lang=zh]`, once. Numbers of neurons are of no store.

use crate::syntax::ast::{Expr, ExprKind, Head, Name, Query, Statement};

/// Whose a set is.
#[derive(Clone, Debug, PartialEq)]
enum Whose {
    /// Nobody's: neurons by number.
    Nobodys,
    InHand,
    Of(Name),
    Several,
}

impl Whose {
    fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Nobodys, other) => other,
            (this, Self::Nobodys) => this,
            (Self::InHand, Self::InHand) => Self::InHand,
            (Self::Of(store), Self::Of(other)) if store.text == other.text => Self::Of(store),
            _ => Self::Several,
        }
    }
}

/// A query, taken apart.
pub(crate) enum Apart {
    /// All of it is of one attached store: the query as that store is asked.
    Of(Name, Query),
    /// [`ExprKind::Attached`] where a part is one store's.
    Parts(Query),
}

/// Takes a query apart.
pub(crate) fn query(query: &Query) -> Apart {
    let (head, whose) = head(&query.head);
    match whose {
        Whose::Of(store) => Apart::Of(store, Query { head, ..query.clone() }),
        _ => Apart::Parts(Query { head, ..query.clone() }),
    }
}

/// Takes a set apart. One that is all of an attached store is one [`ExprKind::Attached`].
pub(crate) fn set(expr: &Expr) -> Expr {
    let (expr, whose) = stripped(expr);
    wrapped(expr, &whose)
}

/// The names of attached stores in a statement, each once.
pub(crate) fn names_in(statement: &Statement) -> Vec<Name> {
    let mut names = Vec::new();
    match statement {
        Statement::Let { set, .. } => of_set(set, &mut names),
        Statement::Query(query) | Statement::Explain { query, .. } => of_head(&query.head, &mut names),
        Statement::Drop { .. } | Statement::Attach { .. } | Statement::Detach { .. } => {}
    }
    names
}

fn of_head(head: &Head, names: &mut Vec<Name>) {
    match head {
        Head::Set(set) | Head::Between { set, .. } => of_set(set, names),
        Head::Similarity { left, right, .. } => [left, right].into_iter().for_each(|side| of_set(side, names)),
    }
}

fn of_set(expr: &Expr, names: &mut Vec<Name>) {
    if let ExprKind::Attached { store, .. } = &expr.kind
        && !names.iter().any(|name| name.text == store.text)
    {
        names.push(store.clone());
    }
    expr.parts().for_each(|part| of_set(part, names));
}

/// A head without the names of stores, if it is of one alone; else with the parts of each.
fn head(head: &Head) -> (Head, Whose) {
    match head {
        Head::Set(set) => {
            let (set, whose) = stripped(set);
            (Head::Set(set), whose)
        }
        Head::Between { set, dim, span } => {
            let (set, whose) = stripped(set);
            // A set that cannot be taken apart as a whole says so of the store in hand.
            (Head::Between { set, dim: *dim, span: *span }, whose)
        }
        Head::Similarity { left, right, span } => {
            let ([left, right], whose) = both([left, right]);
            (Head::Similarity { left, right, span: *span }, whose)
        }
    }
}

/// Two sets without the names of stores, if they are of one alone; else the parts of each are wrapped.
fn both(sides: [&Expr; 2]) -> ([Expr; 2], Whose) {
    let [(left, of_left), (right, of_right)] = sides.map(stripped);
    let whose = of_left.clone().and(of_right.clone());
    if whose == Whose::Several {
        return ([wrapped(left, &of_left), wrapped(right, &of_right)], whose);
    }
    ([left, right], whose)
}

/// A set of one attached store alone, named as such.
fn wrapped(expr: Expr, whose: &Whose) -> Expr {
    let Whose::Of(store) = whose else { return expr };
    let span = expr.span;
    Expr { kind: ExprKind::Attached { store: store.clone(), of: Box::new(expr) }, span }
}

/// A set without the name of its store, if it is of one alone.
fn stripped(expr: &Expr) -> (Expr, Whose) {
    let span = expr.span;
    let (kind, whose) = match &expr.kind {
        ExprKind::Attached { store, of } => return ((**of).clone(), Whose::Of(store.clone())),
        ExprKind::Neurons(_) | ExprKind::OpenNeurons(_) => return (expr.clone(), Whose::Nobodys),
        ExprKind::Source(_) | ExprKind::Saved(_) => return (expr.clone(), Whose::InHand),
        ExprKind::NeuronsOf(of) => {
            let (of, whose) = stripped(of);
            (ExprKind::NeuronsOf(Box::new(of)), whose)
        }
        ExprKind::FactsOf(of) => {
            let (of, whose) = stripped(of);
            (ExprKind::FactsOf(Box::new(of)), whose)
        }
        ExprKind::Binary { op, op_span, left, right } => {
            let ([left, right], whose) = both([left, right]);
            (ExprKind::Binary { op: *op, op_span: *op_span, left: Box::new(left), right: Box::new(right) }, whose)
        }
        ExprKind::Rows(query) => {
            let (head, whose) = head(&query.head);
            (ExprKind::Rows(Box::new(Query { head, ..(**query).clone() })), whose)
        }
    };
    (Expr { kind, span }, whose)
}
