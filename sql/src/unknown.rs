//! Names of tables and table functions that there are not: what to write instead. Of columns DataFusion says that itself.

use crate::error::SqlError;
use crate::functions::Function;
use datafusion::error::DataFusionError;
use datafusion::prelude::SessionContext;
use kndb_query::nearest;

/// An error of planning; where a name is not known, with the nearest that is.
pub(crate) fn told(error: DataFusionError, context: &SessionContext) -> SqlError {
    match SqlError::from(error) {
        SqlError::Statement { reason, hint } => {
            let near =
                table(&reason, context).or_else(|| function(&reason)).map(|near| format!("did you mean {near}?"));
            let hint = match (near, hint) {
                (Some(near), Some(hint)) => Some(format!("{near} {hint}")),
                (near, hint) => near.or(hint),
            };
            SqlError::Statement { reason, hint }
        }
        other => other,
    }
}

/// The nearest table of the same store, views among them, to one that there is not.
fn table(reason: &str, context: &SessionContext) -> Option<String> {
    let name = reason.strip_prefix("table '")?.split_once("' not found")?.0;
    let (before, name) = name.rsplit_once('.')?;
    let (catalog, schema) = before.split_once('.')?;
    let tables = context.catalog(catalog)?.schema(schema)?.table_names();
    nearest(name, tables.iter().map(String::as_str)).map(|near| format!("`{near}`"))
}

fn function(reason: &str) -> Option<String> {
    let name = reason.strip_prefix("table function '")?.split_once("' not found")?.0;
    nearest(name, Function::NAMES).map(|near| format!("`{near}('…')`"))
}
