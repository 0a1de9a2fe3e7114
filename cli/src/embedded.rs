//! For programs that have the command inside, as the Python package has: what it says and how it shows answers, as text.

#[cfg(feature = "explorer")]
mod pages;

use std::sync::Arc;

use kndb_query::{Batch, Column, QueryError, Sink};
use kndb_storage::{Snapshot, Store};

use crate::error::{CliError, StatementText};
use crate::output::{FirstAndLast, Format, Layout, Mode};
use crate::relations::Named;
use crate::session::listing;

#[cfg(feature = "explorer")]
pub use pages::Pages;

/// What went wrong, for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// A sentence: what was found and what was expected.
    pub reason: String,
    /// What to do about it, where that is known.
    pub hint: Option<String>,
    /// All of it as the command writes it: the reason, the place in the statement, the hint.
    pub drawn: String,
}

/// An error of a statement, its place drawn into its text.
pub fn told_of_query(error: QueryError, statement: &str) -> Told {
    let statement = StatementText { origin: "query".into(), text: statement.into(), offset: 0, lines_before: 0 };
    told(&CliError::Query { error: Box::new(error), statement })
}

/// An error of the store.
pub fn told_of_store(error: kndb_storage::Error) -> Told {
    told(&CliError::Store(error))
}

/// An error of files of facts.
pub fn told_of_files(error: kndb_import::ImportError) -> Told {
    told(&CliError::Import(error))
}

/// An error of an export, or of its way back.
#[cfg(feature = "parquet")]
pub fn told_of_export(error: kndb_export::ExportError) -> Told {
    told(&error.into())
}

fn told(error: &CliError) -> Told {
    let mut drawn = Vec::new();
    // A vector takes all.
    let _ = error.report(false, &mut drawn);
    let drawn = String::from_utf8_lossy(&drawn).trim_end().to_owned();
    let drawn = drawn.strip_prefix("error: ").unwrap_or(&drawn).to_owned();
    let (hint, own) = (error.hint(), own_hint(error));
    // The hint is the last thing that is drawn.
    let drawn = match (&hint, &own) {
        (Some(hint), Some(own)) => {
            drawn.strip_suffix(hint.as_str()).map_or(drawn.clone(), |before| format!("{before}{own}"))
        }
        (None, Some(own)) => format!("{drawn}\nhint: {own}"),
        (_, None) => drawn,
    };
    Told { reason: error.to_string(), hint: own.or(hint), drawn }
}

/// What to do about an error where there is no command line to give options on.
fn own_hint(error: &CliError) -> Option<String> {
    use kndb_storage::Error as Store;
    #[cfg(feature = "parquet")]
    if let CliError::Export(error) = error {
        return match error {
            kndb_export::ExportError::NotEmpty { .. } => {
                Some("name a folder that is not there yet: an export changes none".into())
            }
            kndb_export::ExportError::StoreNotEmpty { .. } => {
                Some("name a store that is not there yet; db.merge(path) then brings its runs into another".into())
            }
            _ => None,
        };
    }
    let CliError::Store(error) = error else { return None };
    Some(match error {
        Store::FactExists { .. } => {
            "if_exists=\"replace\" of db.run(…) puts the new entry in the old one's place, \"skip\" keeps the old one"
                .into()
        }
        Store::RunClaimed { .. } => {
            "wait until it has ended, then open the run again, or give another name: db.run(\"other\", …)".into()
        }
        Store::RunDiffers { .. } => {
            "give the run's own parameters, or another name for another run: db.run(\"other\", …)".into()
        }
        Store::NotAStore { path, .. } if !kndb_storage::Store::has_all_but_a_marker(path) => {
            "name the store's own folder, in which a file KNDB lies; kndb.create(path) makes an empty store".into()
        }
        _ => return None,
    })
}

/// An answer as the shell shows it on a terminal: a table of the first and the last of its rows, `most` of them, in lines of so many cells.
///
/// # Errors
/// When the store's file of facts is damaged.
pub fn table(
    (columns, batches): (&[Column], &[Batch]),
    snapshot: Arc<Snapshot>,
    most: usize,
    line: usize,
) -> Result<String, QueryError> {
    let mut out = Vec::new();
    let sink = Mode::Table.laid_out(Layout { line: Some(line), ..Layout::with_headers(true) }, &mut out);
    let mut sink = Named::new(Box::new(FirstAndLast::new(sink, most)), snapshot, None);
    sink.columns(columns).map_err(QueryError::output)?;
    for batch in batches {
        if sink.batch(batch, &mut || true)?.map_err(QueryError::output)?.is_break() {
            break;
        }
    }
    sink.end().map_err(QueryError::output)?;
    drop(sink);
    // There are no modes here.
    Ok(String::from_utf8_lossy(&out).replace("`.mode line` shows all", "`.df()` and `.fetchall()` have all"))
}

/// The same of an answer in SQL.
///
/// # Errors
/// None but those of memory.
#[cfg(feature = "sql")]
pub fn sql_table(
    schema: &kndb_sql::arrow::datatypes::Schema,
    batches: &[kndb_sql::arrow::array::RecordBatch],
    most: usize,
    line: usize,
) -> std::io::Result<String> {
    use crate::session::sql_values::{columns, each_row};
    let mut out = Vec::new();
    let sink = Mode::Table.laid_out(Layout { line: Some(line), ..Layout::with_headers(true) }, &mut out);
    let mut sink = FirstAndLast::new(sink, most);
    sink.columns(&columns(schema))?;
    for batch in batches {
        if each_row(batch, &mut |row| sink.row(row))?.is_break() {
            break;
        }
    }
    sink.end()?;
    drop(sink);
    // There are no modes here.
    Ok(String::from_utf8_lossy(&out).replace("`.mode line` shows all", "`.df()` and `.fetchall()` have all"))
}

/// The runs of a store, as `kndb runs --json` writes them.
///
/// # Errors
/// Damage of the store.
pub fn runs(store: &Store) -> Result<String, Told> {
    let mut out = Vec::new();
    listing::runs(store, &mut *Mode::Json.sink(true, &mut out)).map_err(|error| told(&error))?;
    Ok(String::from_utf8_lossy(&out).into_owned())
}

/// Which scores a run keeps, as `--keep` reads it: all, share:0.01, top:100 or signed:share:0.01.
///
/// # Errors
/// What was expected.
pub fn keep(rule: &str) -> Result<kndb_storage::Keep, String> {
    crate::args::keep(rule)
}

/// Precision of kept scores: f32, f16 or bf16.
///
/// # Errors
/// What was expected.
pub fn score_type(name: &str) -> Result<kndb_storage::ScoreType, String> {
    crate::args::score_type(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hints_name_no_option_of_the_command() {
        let fact = kndb_storage::Error::FactExists {
            run: "r".into(),
            fact: "f".into(),
            language: "en".into(),
            prompt: 0,
            count: 1,
        };
        let told = told_of_store(fact);
        let hint = told.hint.expect("a hint");
        assert!(hint.contains("if_exists") && !hint.contains("--"), "{hint}");
        assert!(told.drawn.ends_with(&hint) && !told.drawn.contains("--"), "{}", told.drawn);
        let folder = tempfile::tempdir().expect("a folder");
        let told = told_of_store(Store::open(folder.path().join("none")).map(drop).expect_err("no store"));
        assert!(!told.drawn.contains("kndb init"), "{}", told.drawn);
    }
}
