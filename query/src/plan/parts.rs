//! Sets that hold only some neurons of a layer because they were cut to them: drawn from whole layers, sets at random have less in
//! common than such sets must have.
//!
//! Not about sets that are found to be small: those are drawn as small as they are.

use crate::plan::Pairs;
use crate::syntax::ast::{Dimension, Expr, ExprKind, Head, Query, SetOp, Statement, Units};
use crate::syntax::parser::parse;
use kndb_storage::Shape;
use roaring::RoaringBitmap;

/// Whether a set was cut to some neurons of a layer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum PartsOfLayers {
    /// To whole layers at most.
    #[default]
    None,
    /// Of a saved set it may not be known.
    Unknown,
    Some,
}

impl PartsOfLayers {
    /// What is said of it beside what chance gives.
    pub(crate) fn note(self) -> Option<&'static str> {
        match self {
            Self::None => None,
            Self::Unknown => Some(
                "a saved set may have been cut to some neurons of a layer, and chance draws from all of them: what it expects is too little then",
            ),
            Self::Some => Some(
                "the sets are cut to some neurons of a layer, and chance draws from all of them: what it expects is too little here",
            ),
        }
    }

    /// Of a set that is cut to these neurons.
    pub(crate) fn of_neurons(set: &RoaringBitmap, shape: Shape) -> Self {
        let part = (0..shape.layers).any(|layer| {
            let first = u64::from(layer) * u64::from(shape.width);
            let last = first + u64::from(shape.width) - 1;
            let count = set.range_cardinality(first as u32..=last as u32);
            count > 0 && count < u64::from(shape.width)
        });
        if part { Self::Some } else { Self::None }
    }

    /// Of a set of pairs whose filters have been pushed down.
    pub(crate) fn of_pairs(pairs: &Pairs<'_>, shape: Shape) -> Self {
        let of = |filter: &Option<super::NeuronFilter>| {
            filter.as_ref().map_or(Self::None, |filter| Self::of_neurons(&filter.set, shape))
        };
        match pairs {
            Pairs::Source(source) => of(&source.neurons),
            Pairs::Saved(saved) => of(&saved.neurons).max(saved.parts),
            Pairs::Rows { neurons, .. } => of(neurons),
            // What is taken away does not say where the rest lies.
            Pairs::Binary { op: SetOp::Difference, left, .. } => Self::of_pairs(left, shape),
            Pairs::Binary { left, right, .. } => Self::of_pairs(left, shape).max(Self::of_pairs(right, shape)),
            Pairs::WithNeurons { pairs, .. } | Pairs::WithFacts { pairs, .. } => Self::of_pairs(pairs, shape),
        }
    }

    /// Of a saved set, by the text that it was saved with.
    pub(crate) fn of_text(text: &str, shape: Shape) -> Self {
        match parse(text) {
            Ok(Statement::Query(Query { head: Head::Set(expr), .. })) => Self::of_expr(&expr, shape),
            _ => Self::Unknown,
        }
    }

    fn of_expr(expr: &Expr, shape: Shape) -> Self {
        match &expr.kind {
            ExprKind::Source(_) | ExprKind::FactsOf(_) => Self::None,
            ExprKind::Saved(_) | ExprKind::OpenNeurons(_) => Self::Unknown,
            ExprKind::Attached { of, .. } => Self::of_expr(of, shape),
            ExprKind::Neurons(ranges) => {
                let every = |units| match units {
                    Units::Every => true,
                    Units::Within(units) => units.first == 0 && units.last + 1 >= shape.width,
                };
                if ranges.iter().all(|range| every(range.units)) { Self::None } else { Self::Some }
            }
            ExprKind::NeuronsOf(of) => Self::of_expr(of, shape),
            ExprKind::Rows(query) => match &query.head {
                Head::Set(of) => Self::of_expr(of, shape),
                Head::Similarity { .. } | Head::Between { .. } => Self::Unknown,
            },
            ExprKind::Binary { op, left, right, .. } => {
                let [of_left, of_right] = [left, right].map(|side| Self::of_expr(side, shape));
                match (of_neurons(left), of_neurons(right)) {
                    (false, false) if *op == SetOp::Difference => of_left,
                    (false, false) | (true, true) => of_left.max(of_right),
                    // Neurons that are found, and not named by number, are hardly ever a whole layer.
                    (true, false) => of_right.max(of_left.max(found(left))),
                    (false, true) => of_left.max(of_right.max(found(right))),
                }
            }
        }
    }
}

fn found(neurons: &Expr) -> PartsOfLayers {
    match neurons.kind {
        ExprKind::Neurons(_) => PartsOfLayers::None,
        _ => PartsOfLayers::Unknown,
    }
}

/// Whether an expression is surely a set of neurons. Of a saved one it does not matter.
fn of_neurons(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Neurons(_) | ExprKind::OpenNeurons(_) | ExprKind::NeuronsOf(_) => true,
        ExprKind::Source(_) | ExprKind::FactsOf(_) | ExprKind::Saved(_) => false,
        ExprKind::Attached { of, .. } => of_neurons(of),
        ExprKind::Binary { left, right, .. } => of_neurons(left) && of_neurons(right),
        ExprKind::Rows(query) => match &query.head {
            Head::Set(of) if query.by.is_empty() => of_neurons(of),
            _ => query.by.iter().all(|dim| matches!(dim.dimension, Dimension::Layer | Dimension::Neuron)),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_of_a_saved_set_says_whether_it_was_cut() {
        let shape = Shape { layers: 12, width: 1_000 };
        use PartsOfLayers::{None, Some, Unknown};
        for (text, parts) in [
            ("kn[lang=en] & kn[lang=zh]", None),
            ("kn & neurons(9:*, 3:0..999)", None),
            ("kn & facts of (kn & neurons(9:852))", None),
            ("kn - (kn & neurons(9:852))", None),
            ("(kn by neuron having facts > 30%)", None),
            ("kn & neurons(9:1..20)", Some),
            ("(kn - neurons(9:1..20) by fact, neuron)", Some),
            ("neurons(9:1..20) | neurons of kn", Some),
            ("neurons of (kn & neurons(9:1))", Some),
            ("kn - (kn by neuron having facts > 30%)", Unknown),
            ("neurons of kn[lang=en] & kn[lang=zh]", Unknown),
            ("kn & @other", Unknown),
            ("what an older kndb understood", Unknown),
        ] {
            assert_eq!(PartsOfLayers::of_text(text, shape), parts, "{text}");
        }
    }
}
