//! The three kinds of sets, and what is said where they do not go together.

use crate::error::QueryError;
use crate::syntax::ast::{Expr, SetOp};
use crate::syntax::span::Span;

/// The three kinds of sets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Pairs,
    Neurons,
    Facts,
}

impl Kind {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Pairs => "pairs",
            Self::Neurons => "neurons",
            Self::Facts => "facts",
        }
    }
}

/// `neurons of` or `facts of` something else than pairs.
pub(crate) fn not_of(what: &str, kind: Kind, expr: &Expr) -> QueryError {
    let reason = format!("`{what} of` takes a set of pairs, and this is a set of {}", kind.name());
    QueryError::kind(expr.span, reason).hint(if kind.name() == what {
        format!("leave `{what} of` out")
    } else {
        format!("combine it with pairs first: `{what} of (kn[…] & …)`")
    })
}

/// Sides of `similarity` that cannot be compared.
pub(crate) fn not_compared([left, right]: [Kind; 2], [l, r]: [&Expr; 2], span: Span) -> QueryError {
    let hint = "write `similarity(kn[…], kn[…])`, or `similarity(neurons of …, neurons of …)`";
    match (left, right) {
        (Kind::Facts, _) | (_, Kind::Facts) => {
            let reason = "`similarity` compares two sets of pairs or two of neurons, and this is a set of facts";
            QueryError::kind(if left == Kind::Facts { l.span } else { r.span }, reason).hint(hint)
        }
        _ => {
            let reason = "`similarity` compares two sets of one kind";
            QueryError::kind(span, reason)
                .label(l.span, format!("a set of {}", left.name()))
                .label(r.span, format!("a set of {}", right.name()))
                .hint("turn the pairs into neurons: `neurons of (…)`")
        }
    }
}

/// A set that `between` cannot take apart.
pub(crate) fn not_taken_apart(kind: Kind, expr: &Expr) -> QueryError {
    let reason = format!("`between` compares the parts of a set of pairs, and this is a set of {}", kind.name());
    QueryError::kind(expr.span, reason).hint("write `similarity(kn[…]) between lang`")
}

/// An operator between kinds that it does not combine.
pub(crate) fn mixed(left: Kind, op: SetOp, right: Kind, span: Span, l: &Expr, r: &Expr) -> QueryError {
    let reason = format!("`{op}` cannot combine a set of {} with a set of {}", left.name(), right.name());
    let hint = match (left, right) {
        (Kind::Pairs, Kind::Neurons) | (Kind::Neurons, Kind::Pairs) => {
            "neurons filter pairs with `&`; or compare neurons with neurons: `neurons of (…)`"
        }
        (Kind::Pairs, Kind::Facts) | (Kind::Facts, Kind::Pairs) => {
            "facts filter pairs: `pairs & facts`, `pairs - facts`; or compare facts with facts: `facts of (…)`"
        }
        _ => "both filter pairs: `kn[…] & neurons(…) & facts[…]`",
    };
    QueryError::kind(span, reason)
        .label(l.span, format!("a set of {}", left.name()))
        .label(r.span, format!("a set of {}", right.name()))
        .hint(hint)
}
