//! A word where a condition is about layers or neurons that no model of the store has, or about shares and ranks that no score in it can have.

use super::pushed::{Bound, Of, Op, Pushed, numbers};
use super::units::hold;
use crate::pin::Notes;
use datafusion::arrow::array::{ArrayRef, Int32Array, RecordBatch};
use datafusion::common::Result;
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_expr_common::physical_expr::fmt_sql;
use kndb_storage::{Keep, Snapshot};
use std::sync::Arc;

/// Looks at the conditions of a scan.
pub(super) fn look(pushed: &Pushed, snapshot: &Snapshot, notes: &Notes) -> Result<()> {
    let most = |of: fn(&kndb_storage::Shape) -> u32| snapshot.runs().map(|run| of(&run.spec.shape)).max();
    for (column, conditions, count, what) in [
        ("layer", &pushed.layer, most(|shape| shape.layers), "the layers of the models"),
        ("neuron", &pushed.neuron, most(|shape| shape.width), "the neurons of a layer"),
    ] {
        let Some(count) = count.filter(|_| !conditions.is_empty()) else { continue };
        let all: ArrayRef = Arc::new(Int32Array::from_iter_values(0..i32::try_from(count).unwrap_or(i32::MAX)));
        let batch = RecordBatch::try_new(Arc::new(numbers(column)), vec![all])?;
        for condition in conditions {
            if !hold(&[Arc::clone(condition)], &batch)?.contains(&true) {
                let last = count.saturating_sub(1);
                notes.add(format!("no row is left by `{}`: {what} are 0 to {last}", spelled(condition)));
            }
        }
    }
    let least = least_kept(snapshot);
    for bound in &pushed.bounds {
        told(*bound, least).into_iter().for_each(|note| notes.add(note));
    }
    Ok(())
}

/// The least share that any run keeps; `None` where one keeps by another rule, or keeps negative scores, too.
fn least_kept(snapshot: &Snapshot) -> Option<f64> {
    let kept = snapshot.runs().map(|run| match run.spec.keep {
        Keep::Share(share) => Some(share),
        _ => None,
    });
    kept.reduce(|least, share| Some(least?.min(share?)))?
}

/// What is to be known of a bound that next to no score, or none, is within.
fn told(Bound { of, op, value }: Bound, least: Option<f64>) -> Option<String> {
    let is_from_above = matches!(op, Op::Below | Op::AtMost);
    let spelled = |of: &str| format!("{of} {} {value}", op.sign());
    match of {
        Of::Rank if is_from_above && !op.holds(1.0, value) => {
            Some(format!("no row is left by `{}`: ranks are numbered from 1", spelled("rank")))
        }
        Of::Share if !is_from_above && !op.holds(1.0, value) => {
            Some(format!("no row is left by `{}`: a share of the largest score is 1 at most", spelled("share")))
        }
        // Rounded as they are kept, a few may lie below.
        Of::Share if is_from_above => least.filter(|&least| value <= least).map(|least| {
            let asked = spelled("share");
            format!(
                "next to none of the scores that `{asked}` asks for are kept: of each fact's only those from {least} of its largest on are; `floor` in \
                 `entries` says from where on all are"
            )
        }),
        _ => None,
    }
}

fn spelled(condition: &Arc<dyn PhysicalExpr>) -> String {
    fmt_sql(condition.as_ref()).to_string()
}
