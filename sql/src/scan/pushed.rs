//! Conditions that a scan takes over: only those that it answers exactly as DataFusion would.
//!
//! A condition on what is the same for all rows of an entry is evaluated once for each entry; one on the layer or the neuron alone once
//! for each number that there can be. Bounds of scores, shares and ranks are places in an entry's sorted scores. Everything else stays with
//! DataFusion.

use super::table::{EntryTable, OF_ENTRY, of_entry};
use datafusion::arrow::datatypes::{DataType, Field, Schema};
use datafusion::common::{DFSchema, Result, ScalarValue};
use datafusion::logical_expr::execution_props::ExecutionProps;
use datafusion::logical_expr::physical_planning_context::PhysicalPlanningContext;
use datafusion::logical_expr::{Between, BinaryExpr, Expr, Operator};
use datafusion::optimizer::simplify_expressions::{ExprSimplifier, SimplifyContext};
use datafusion::physical_expr::{PhysicalExpr, create_physical_expr};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Conditions, all of which must hold.
#[derive(Clone, Debug, Default)]
pub(super) struct Pushed {
    /// On the columns of [`OF_ENTRY`].
    pub entry: Vec<Arc<dyn PhysicalExpr>>,
    /// On [`numbers`] of a column: the layer.
    pub layer: Vec<Arc<dyn PhysicalExpr>>,
    /// The same of the neuron.
    pub neuron: Vec<Arc<dyn PhysicalExpr>>,
    pub bounds: Vec<Bound>,
    /// Ids of the only facts that can be meant, where conditions name them.
    pub facts: Option<BTreeSet<String>>,
    /// How many conditions there are.
    pub count: usize,
}

/// A bound of a number that a score has.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Bound {
    pub of: Of,
    pub op: Op,
    pub value: f64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Of {
    Score,
    Share,
    Rank,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Op {
    Below,
    AtMost,
    Above,
    AtLeast,
}

impl Op {
    pub(super) fn holds(self, number: f64, bound: f64) -> bool {
        match self {
            Self::Below => number < bound,
            Self::AtMost => number <= bound,
            Self::Above => number > bound,
            Self::AtLeast => number >= bound,
        }
    }

    pub(super) fn sign(self) -> &'static str {
        match self {
            Self::Below => "<",
            Self::AtMost => "<=",
            Self::Above => ">",
            Self::AtLeast => ">=",
        }
    }

    /// The same with its sides exchanged.
    fn turned(self) -> Self {
        match self {
            Self::Below => Self::Above,
            Self::AtMost => Self::AtLeast,
            Self::Above => Self::Below,
            Self::AtLeast => Self::AtMost,
        }
    }
}

/// What a condition is about.
enum About {
    Entry,
    Layer,
    Neuron,
    Bounds(Vec<Bound>),
}

/// Whether the scan of a table takes a condition over.
pub(super) fn takes(table: EntryTable, condition: &Expr) -> bool {
    about(table, condition).is_some()
}

fn about(table: EntryTable, condition: &Expr) -> Option<About> {
    if table == EntryTable::Scores
        && let Some(bounds) = bounds(condition)
    {
        return Some(About::Bounds(bounds));
    }
    let columns: BTreeSet<&str> = condition.column_refs().into_iter().map(|column| column.name.as_str()).collect();
    // What names no column is the same for all entries: `lang IN (NULL)` becomes such a one.
    if !is_plain(condition) {
        return None;
    }
    let only = |name: &str| columns.iter().all(|column| *column == name);
    if columns.iter().all(|column| OF_ENTRY.contains(column)) {
        Some(About::Entry)
    } else if table.has_neurons() && only("layer") {
        Some(About::Layer)
    } else if table.has_neurons() && only("neuron") {
        Some(About::Neuron)
    } else {
        None
    }
}

/// Whether a condition can be evaluated where no row may be: whether no value makes it fail, and it is the same each time.
fn is_plain(expr: &Expr) -> bool {
    match expr {
        Expr::Column(_) | Expr::Literal(..) => true,
        Expr::BinaryExpr(BinaryExpr { left, op, right }) => {
            let is_of_truth = matches!(
                op,
                Operator::Eq
                    | Operator::NotEq
                    | Operator::Lt
                    | Operator::LtEq
                    | Operator::Gt
                    | Operator::GtEq
                    | Operator::IsDistinctFrom
                    | Operator::IsNotDistinctFrom
                    | Operator::And
                    | Operator::Or
            );
            is_of_truth && is_plain(left) && is_plain(right)
        }
        Expr::Not(of)
        | Expr::IsNull(of)
        | Expr::IsNotNull(of)
        | Expr::IsTrue(of)
        | Expr::IsFalse(of)
        | Expr::IsUnknown(of)
        | Expr::IsNotTrue(of)
        | Expr::IsNotFalse(of)
        | Expr::IsNotUnknown(of) => is_plain(of),
        Expr::Between(Between { expr, low, high, .. }) => [expr, low, high].into_iter().all(|of| is_plain(of)),
        Expr::InList(list) => is_plain(&list.expr) && list.list.iter().all(is_plain),
        Expr::Like(like) => like.escape_char.is_none() && is_plain(&like.expr) && is_plain(&like.pattern),
        // Of numbers to wider ones: those cannot fail.
        Expr::Cast(cast) => {
            let wider = matches!(cast.field.data_type(), DataType::Int64 | DataType::Float64);
            wider && matches!(cast.expr.as_ref(), Expr::Column(column) if is_number(&column.name))
        }
        _ => false,
    }
}

fn is_number(column: &str) -> bool {
    matches!(column, "prompt" | "layer" | "neuron")
}

/// A condition as bounds of one number.
fn bounds(condition: &Expr) -> Option<Vec<Bound>> {
    match condition {
        Expr::BinaryExpr(BinaryExpr { left, op, right }) => {
            let (of, value, turned) = match (number(left), value(right)) {
                (Some(of), Some(value)) => (of, value, false),
                _ => (number(right)?, value(left)?, true),
            };
            let ops: &[Op] = match op {
                Operator::Lt => &[Op::Below],
                Operator::LtEq => &[Op::AtMost],
                Operator::Gt => &[Op::Above],
                Operator::GtEq => &[Op::AtLeast],
                Operator::Eq => &[Op::AtLeast, Op::AtMost],
                _ => return None,
            };
            let op = |op: &Op| if turned { op.turned() } else { *op };
            Some(ops.iter().map(|each| Bound { of, op: op(each), value }).collect())
        }
        Expr::Between(Between { expr, negated: false, low, high }) => {
            let of = number(expr)?;
            let (low, high) = (value(low)?, value(high)?);
            Some(vec![Bound { of, op: Op::AtLeast, value: low }, Bound { of, op: Op::AtMost, value: high }])
        }
        _ => None,
    }
}

/// The number of a score that an expression is, whatever wider type it is given.
fn number(expr: &Expr) -> Option<Of> {
    let (column, wider) = match expr {
        Expr::Column(column) => (column, None),
        Expr::Cast(cast) => match cast.expr.as_ref() {
            Expr::Column(column) => (column, Some(cast.field.data_type())),
            _ => return None,
        },
        _ => return None,
    };
    let of = match column.name.as_str() {
        "score" => Of::Score,
        "share" => Of::Share,
        "rank" => Of::Rank,
        _ => return None,
    };
    let exact = match wider {
        None | Some(DataType::Float64) => true,
        Some(DataType::Int64) => of == Of::Rank,
        _ => false,
    };
    exact.then_some(of)
}

/// A value that numbers are compared with as numbers are. What −0 and NaN compare like is left to DataFusion.
fn value(expr: &Expr) -> Option<f64> {
    let Expr::Literal(value, _) = expr else { return None };
    let number = match value {
        ScalarValue::Int8(number) => number.map(f64::from),
        ScalarValue::Int16(number) => number.map(f64::from),
        ScalarValue::Int32(number) => number.map(f64::from),
        ScalarValue::Int64(number) => {
            number.filter(|number| number.unsigned_abs() < 1 << 52).map(|number| number as f64)
        }
        ScalarValue::UInt8(number) => number.map(f64::from),
        ScalarValue::UInt16(number) => number.map(f64::from),
        ScalarValue::UInt32(number) => number.map(f64::from),
        ScalarValue::Float32(number) => number.map(f64::from),
        ScalarValue::Float64(number) => *number,
        _ => None,
    }?;
    let is_negative_zero = number == 0.0 && number.is_sign_negative();
    (!number.is_nan() && !is_negative_zero).then_some(number)
}

impl Pushed {
    /// The conditions of a scan: those that it takes. DataFusion gives no others.
    pub(super) fn new(table: EntryTable, conditions: &[Expr]) -> Result<Self> {
        let mut pushed = Self { count: conditions.len(), ..Self::default() };
        let schemas = [Schema::new(of_entry()), numbers("layer"), numbers("neuron")];
        let [entry, layer, neuron] = schemas.map(DFSchema::try_from);
        let (entry, layer, neuron) = (entry?, layer?, neuron?);
        for condition in conditions {
            let physical = |schema: &DFSchema| physical(condition, schema);
            match about(table, condition) {
                Some(About::Entry) => {
                    pushed.entry.push(physical(&entry)?);
                    if let Some(("fact", names)) = names_in(condition) {
                        pushed.facts = Some(match pushed.facts.take() {
                            Some(facts) => facts.into_iter().filter(|fact| names.contains(fact.as_str())).collect(),
                            None => names.into_iter().map(str::to_owned).collect(),
                        });
                    }
                }
                Some(About::Layer) => pushed.layer.push(physical(&layer)?),
                Some(About::Neuron) => pushed.neuron.push(physical(&neuron)?),
                Some(About::Bounds(bounds)) => pushed.bounds.extend(bounds),
                None => return datafusion::common::internal_err!("{condition} was not taken over"),
            }
        }
        Ok(pushed)
    }

    /// The largest share that every row must reach, and above which whole rows can be looked for.
    pub(super) fn least_share(&self) -> Option<f64> {
        let least = |bound: &&Bound| bound.of == Of::Share && matches!(bound.op, Op::Above | Op::AtLeast);
        self.bounds.iter().filter(least).map(|bound| bound.value).reduce(f64::max)
    }
}

/// A condition that can be evaluated. It is made here, not by the session, which may be one of another library: of what that makes, columns cannot
/// be told.
fn physical(condition: &Expr, schema: &DFSchema) -> Result<Arc<dyn PhysicalExpr>> {
    let context = SimplifyContext::builder().with_schema(Arc::new(schema.clone())).build();
    let condition = ExprSimplifier::new(context).coerce(condition.clone(), schema)?;
    create_physical_expr(&condition, schema, &ExecutionProps::new(), &PhysicalPlanningContext::default())
}

/// The schema of a column of small numbers.
pub(super) fn numbers(name: &str) -> Schema {
    Schema::new(vec![Field::new(name, DataType::Int32, false)])
}

/// The texts that a condition lets a column be, where it is `column = 'text'` or `column IN ('text', …)`.
pub(super) fn names_in(condition: &Expr) -> Option<(&str, BTreeSet<&str>)> {
    match condition {
        Expr::BinaryExpr(BinaryExpr { left, op: Operator::Eq, right }) => {
            let (column, value) = match (left.as_ref(), right.as_ref()) {
                (Expr::Column(column), value) | (value, Expr::Column(column)) => (column, value),
                _ => return None,
            };
            Some((column.name.as_str(), BTreeSet::from([text_of(value)?])))
        }
        Expr::BinaryExpr(BinaryExpr { left, op: Operator::Or, right }) => {
            // DataFusion writes short lists so.
            let ((column, mut names), (other, more)) = (names_in(left)?, names_in(right)?);
            names.extend(more);
            (column == other).then_some((column, names))
        }
        Expr::InList(list) if !list.negated => match list.expr.as_ref() {
            Expr::Column(column) => Some((column.name.as_str(), list.list.iter().map(text_of).collect::<Option<_>>()?)),
            _ => None,
        },
        _ => None,
    }
}

fn text_of(expr: &Expr) -> Option<&str> {
    match expr {
        Expr::Literal(value, _) => value.try_as_str().flatten(),
        _ => None,
    }
}
