//! Asking each system, and what it answered as rows of text in one order: a set of rows has none of its own.

use crate::Failed;
use crate::questions::Question;
use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::DataType;
use datafusion::arrow::util::display::array_value_to_string;
use datafusion::prelude::{ParquetReadOptions, SessionContext};
use kndb::{Cell, Database};
use kndb_sql::Sql;
use std::path::Path;

/// Rows as text, sorted.
pub type Rows = Vec<Vec<String>>;

/// Asks kndb in its own language; of the answer the columns that SQL has, too, without layers in which there is nothing.
///
/// # Errors
/// When the store refuses, or the answer has no such column.
pub fn kndb(db: &Database, question: &Question) -> Result<Rows, Failed> {
    let answer = db.query(&question.kndb)?;
    let names = answer.names();
    let at = |wanted: &&str| names.iter().position(|name| name == wanted).ok_or_else(|| format!("no column {wanted}"));
    let places = question.columns.iter().map(at).collect::<Result<Vec<_>, _>>()?;
    let pairs = names.iter().position(|name| *name == "pairs");
    let filled = |row: &Vec<Cell>| pairs.is_none_or(|pairs| row[pairs] != Cell::Integer(0));
    let shown = |cell: &Cell| match cell {
        Cell::Text(text) => Ok(text.clone()),
        Cell::Integer(number) => Ok(number.to_string()),
        other => Err(format!("found {other:?}, expected a text or a whole number")),
    };
    let rows = answer.to_rows()?;
    let rows = rows.iter().filter(|row| filled(row)).map(|row| places.iter().map(|&at| shown(&row[at])).collect());
    Ok(sorted(rows.collect::<Result<Rows, String>>()?))
}

/// Asks SQL over the store itself.
///
/// # Errors
/// When it cannot be answered.
pub fn sql(sql: &Sql, text: &str) -> Result<Rows, Failed> {
    let batches = sql.query(text)?.collect::<Result<Vec<_>, _>>()?;
    rows(&batches)
}

/// Asks SQL over an export: [`register`] comes first. Whether this process or a cluster works is the context's business.
///
/// # Errors
/// When it cannot be answered.
pub async fn export(context: &SessionContext, text: &str) -> Result<Rows, Failed> {
    let batches = context.sql(text).await?.collect().await?;
    rows(&batches)
}

/// Gives a context the tables `scores` and `entries` of an export in Parquet.
///
/// # Errors
/// When the files cannot be read.
pub async fn register(context: &SessionContext, folder: &Path) -> Result<(), Failed> {
    let at = |name: &str| folder.join(name).into_os_string().into_string().map_err(|_| "the path is no UTF-8");
    let parts = ["run", "lang", "relation"].map(|name| (name.to_owned(), DataType::Utf8));
    let options = ParquetReadOptions::default().table_partition_cols(parts.to_vec());
    context.register_parquet("scores", at("scores")?, options).await?;
    context.register_parquet("entries", at("entries.parquet")?, ParquetReadOptions::default()).await?;
    Ok(())
}

fn rows(batches: &[RecordBatch]) -> Result<Rows, Failed> {
    let mut rows = Rows::new();
    for batch in batches {
        for row in 0..batch.num_rows() {
            let cells = batch.columns().iter().map(|column| array_value_to_string(column, row));
            rows.push(cells.collect::<Result<_, _>>()?);
        }
    }
    Ok(sorted(rows))
}

fn sorted(mut rows: Rows) -> Rows {
    rows.sort_unstable();
    rows
}
