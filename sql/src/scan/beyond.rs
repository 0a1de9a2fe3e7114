//! A word where a condition is about layers or neurons that no model of the store has.

use super::pushed::{Pushed, numbers};
use super::units::hold;
use crate::pin::Notes;
use datafusion::arrow::array::{ArrayRef, Int32Array, RecordBatch};
use datafusion::common::Result;
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_expr_common::physical_expr::fmt_sql;
use kndb_storage::Snapshot;
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
    Ok(())
}

fn spelled(condition: &Arc<dyn PhysicalExpr>) -> String {
    fmt_sql(condition.as_ref()).to_string()
}
