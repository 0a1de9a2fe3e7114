//! The kinds of sets, and what is said where they do not go together.

use crate::error::{LONGEST_QUOTE, QueryError, quoted};
use crate::plan::lower::Model;
use crate::syntax::ast::{Dimension, Expr, ExprKind, Name, Query, SetOp};
use crate::syntax::span::Span;

/// The three kinds of sets, and entries, which are chosen by facts alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Pairs,
    Neurons,
    Facts,
    Entries,
}

impl Kind {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Pairs => "pairs",
            Self::Neurons => "neurons",
            Self::Facts => "facts",
            Self::Entries => "entries",
        }
    }
}

/// `neurons of` or `facts of` something else than pairs.
pub(crate) fn not_of(what: &str, kind: Kind, expr: &Expr) -> QueryError {
    let reason = format!("`{what} of` takes a set of pairs, and this is a set of {}", kind.name());
    if kind == Kind::Entries {
        return QueryError::kind(expr.span, "entries are of facts, and have no neurons")
            .hint("choose neurons by their facts: `neurons of (kn[…] & facts of entries[…])`");
    }
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
        (Kind::Facts | Kind::Entries, _) | (_, Kind::Facts | Kind::Entries) => {
            let reason = "`similarity` compares two sets of pairs or two of neurons, and this is a set of";
            let (kind, expr) = if matches!(left, Kind::Facts | Kind::Entries) { (left, l) } else { (right, r) };
            QueryError::kind(expr.span, format!("{reason} {}", kind.name())).hint(hint)
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
            "neurons filter pairs: `pairs & neurons`, `pairs - neurons`; or compare neurons with neurons: `neurons of (…)`"
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

/// Entries beside an operator, or something, that does not go with them.
pub(crate) fn entries_mixed([left, right]: [Kind; 2], op: SetOp, [l, r]: [&Expr; 2]) -> QueryError {
    let (entries, other, kind) = if left == Kind::Entries { (l, r, right) } else { (r, l, left) };
    let short = |expr: &Expr| quoted(expr.to_string(), LONGEST_QUOTE / 2);
    let of_facts = |facts: String| format!("choose them by facts: `{} & {facts}`", short(entries));
    if matches!(entries.kind, ExprKind::Rows(_)) {
        let reason = format!("`{op}` combines sets, and these are rows of what was measured");
        let inner = short(entries);
        return QueryError::kind(entries.span, reason).hint(format!("their facts are a set: `facts of {inner}`"));
    }
    match kind {
        Kind::Entries => {
            let reason = format!("`{op}` combines sets, and entries are rows of what was measured");
            let (a, b) = (short(l), short(r));
            QueryError::kind(entries.span, reason)
                .hint(format!("their facts are sets: `facts of {a} {op} facts of {b}`"))
        }
        Kind::Facts => {
            let reason = match op {
                SetOp::Difference => "entries cannot be taken away from facts".to_owned(),
                _ => format!("`{op}` joins members of one kind, and what was measured of a fact is none"),
            };
            let (facts, text) = (short(entries), short(other));
            QueryError::kind(entries.span, reason).hint(match op {
                SetOp::Difference => format!("their facts can: `{text} - facts of {facts}`"),
                _ => format!(
                    "facts choose entries by `&` and `-`: `{facts} & {text}`; facts alone are `facts of {facts}`"
                ),
            })
        }
        Kind::Pairs | Kind::Neurons => {
            let reason = format!("entries are of facts, and have no neurons that `{op}` could combine with others");
            QueryError::kind(entries.span, reason).hint(match (kind, op) {
                (Kind::Pairs, SetOp::Difference) if left == Kind::Entries => {
                    format!("leave facts out: `{} - facts of {}`", short(entries), factor(other))
                }
                (Kind::Pairs, _) if left == Kind::Entries => of_facts(format!("facts of {}", factor(other))),
                (Kind::Pairs, _) => {
                    format!("choose pairs by facts: `{} {op} facts of {}`", short(other), short(entries))
                }
                _ => of_facts("facts of (kn[…] & neurons(…))".to_owned()),
            })
        }
    }
}

/// A set as it stands behind `facts of`.
fn factor(expr: &Expr) -> String {
    let text = quoted(expr.to_string(), LONGEST_QUOTE / 2);
    if matches!(expr.kind, ExprKind::Binary { .. }) { format!("({text})") } else { text }
}

/// Entries where a set is to be saved.
pub(crate) fn entries_not_saved(expr: &Expr) -> QueryError {
    QueryError::kind(expr.span, "`let` saves a set, and entries are rows of what was measured")
        .hint("their facts are a set: `let name = facts of entries[…]`")
}

/// Rows of entries, where entries are to be listed or counted.
pub(crate) fn rows_of_entries(expr: &Expr) -> QueryError {
    QueryError::kind(expr.span, "rows of entries cannot be listed or counted once more").hint(
        "put the conditions in brackets: `entries[p>=0.1] by relation`; the facts of these rows are `facts of (…)`",
    )
}

/// Entries of an attached store beside facts of another one, or where a set is wanted.
pub(crate) fn entries_elsewhere(store: &Name, expr: &Expr) -> QueryError {
    let reason = "entries of an attached store are no set, and are chosen by facts of that store alone";
    let within = format!("`{store}::(entries[…] & facts[…])`");
    QueryError::kind(expr.span, reason).hint(format!(
        "their facts are a set that any facts go with: `facts of {store}::entries[…] & facts[…]`; within the store: {within}"
    ))
}

/// What the rows of a query in parentheses are a set of, where its head is a set of some kind.
pub(crate) fn of_rows(query: &Query, of: Kind) -> Result<Kind, QueryError> {
    use Dimension::{Fact, Layer, Neuron};
    let has = |dimension| query.by.iter().any(|dim| dim.dimension == dimension);
    let makes_none = query.by.iter().find(|dim| !matches!(dim.dimension, Fact | Layer | Neuron));
    // A neuron is a layer and a unit, so `layer` beside it says nothing new.
    let layer = query.by.iter().find(|dim| dim.dimension == Layer && !has(Neuron));
    let Some(dim) = makes_none.or(layer) else {
        return Ok(match (has(Fact), has(Neuron)) {
            (false, false) => of,
            (true, true) => Kind::Pairs,
            (true, false) => Kind::Facts,
            (false, true) => Kind::Neurons,
        });
    };
    let dims: Vec<&str> = query.by.iter().map(|dim| dim.dimension.word()).collect();
    let reason = format!("rows `by {}` are no set", dims.join(", "));
    Err(QueryError::kind(dim.span, reason).hint(format!(
        "`by neuron` makes a set of neurons, `by fact` one of facts, `by fact, neuron` one of pairs; a set is counted behind its parentheses: `(…) by {}`",
        dims.join(", ")
    )))
}

/// A similarity whose rows should be a set.
pub(crate) fn no_rows_of(span: Span) -> QueryError {
    QueryError::kind(span, "`similarity` answers with rows, and is not a set").hint(
        "rows of two sets of pairs `by fact` are one of facts: `(similarity(a, b) by fact having similarity >= 0.5)`",
    )
}

/// Two sides whose neurons have nothing to do with each other.
pub(crate) fn of_two_models(left: &Model, right: &Model, span: Span) -> QueryError {
    let (left, right) = left.told_apart(right);
    let reason = format!("the left side is of {left} and the right side of {right}: their neurons are different units");
    QueryError::kind(span, reason).hint("compare runs of one model")
}
