//! Errors of the libraries on their way to the command line.

use super::{CliError, StatementText};

impl From<kndb_import::ImportRunError> for CliError {
    fn from(error: kndb_import::ImportRunError) -> Self {
        match error {
            kndb_import::ImportRunError::Import(error) => Self::Import(error),
            kndb_import::ImportRunError::Storage(error) => Self::Store(error),
            other => Self::ImportRun(other),
        }
    }
}

impl From<kndb_report::Error> for CliError {
    fn from(error: kndb_report::Error) -> Self {
        match error {
            kndb_report::Error::Query { statement, error } => {
                let statement = StatementText { origin: "statement".into(), text: statement, ..Default::default() };
                Self::Query { error, statement }
            }
            kndb_report::Error::Storage(error) => Self::Store(error),
            other => Self::Report(other),
        }
    }
}

#[cfg(feature = "sql")]
impl From<kndb_sql::SqlError> for CliError {
    fn from(error: kndb_sql::SqlError) -> Self {
        match error {
            kndb_sql::SqlError::Query { error, text } => {
                let statement = StatementText { origin: "kndb('…')".into(), text, ..Default::default() };
                Self::Query { error, statement }
            }
            kndb_sql::SqlError::Storage(error) => Self::Store(error),
            kndb_sql::SqlError::Interrupted => Self::Stopped,
            error => Self::Sql(error),
        }
    }
}

#[cfg(feature = "parquet")]
impl From<kndb_export::ExportError> for CliError {
    fn from(error: kndb_export::ExportError) -> Self {
        match error {
            kndb_export::ExportError::Storage(error) => Self::Store(error),
            error => Self::Export(error),
        }
    }
}
