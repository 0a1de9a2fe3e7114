//! What keeps a figure or a report from being made.

use kndb_query::QueryError;

/// Result of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a figure or a report cannot be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A query behind a figure was refused.
    #[error("{error}")]
    Query {
        /// The query: spans of the error point into it.
        statement: String,
        /// What the query library says.
        #[source]
        error: Box<QueryError>,
    },
    /// The store could not be read.
    #[error(transparent)]
    Storage(#[from] kndb_storage::Error),
    /// The numbers could not be drawn.
    #[error(transparent)]
    Plot(#[from] kndb_plot::Error),
    /// A statement whose rows are no bars.
    #[error("{statement:?} cannot be drawn: found {found}, expected a query with one or two dimensions after `by`")]
    NotByQuery {
        /// The statement.
        statement: String,
        /// What it is instead.
        found: String,
    },
    /// Two rows that a figure of two dimensions cannot tell apart.
    #[error(
        "{statement:?} cannot be drawn: found two rows of {} and {}, expected names that tell rows apart; count by `fact`, \
         or by one dimension",
        .names[0], .names[1]
    )]
    SameNames {
        /// The statement.
        statement: String,
        /// The names of both rows.
        names: [String; 2],
    },
    /// A run for a statement in which nothing takes it.
    #[error(
        "{statement:?} is not asked of run {run:?}: found no source in it that takes a run and names none, expected `kn`, \
         `likn` or `dkn` without `run`"
    )]
    NoSourceFor {
        /// The statement.
        statement: String,
        /// The run.
        run: String,
    },
    /// A column that the answer does not have.
    #[error("the answer has no column {value:?} to draw: found {}, expected one of them", .known.join(", "))]
    NoColumn {
        /// The column asked for.
        value: String,
        /// Columns with numbers.
        known: Vec<String>,
    },
    /// A figure of one run, and no word on which.
    #[error("{figure} is of one run, and the store has {}: {}; expected --run to name one", .runs.len(), .runs.join(", "))]
    WhichRun {
        /// The figure.
        figure: &'static str,
        /// The runs it could be of.
        runs: Vec<String>,
    },
    /// A run that is there, without what the figure is of.
    #[error("run {run:?} has no {expected}: found {there} with them, expected --run to name one of those")]
    RunWithout {
        /// The run.
        run: String,
        /// What it would need.
        expected: &'static str,
        /// The runs that have it, as text.
        there: String,
    },
    /// A result of an experiment that cannot be read.
    #[error("{name:?} cannot be included: {reason}; expected JSON, as its name ends in .json")]
    Include {
        /// The file's name.
        name: String,
        /// What is wrong with it, and where.
        reason: String,
    },
    /// A text that does more than to narrow a source down.
    #[error("found {text:?}, expected a condition as it stands in the brackets of a source: `layer in 7..11`")]
    NotACondition {
        /// The text.
        text: String,
    },
    /// Nothing in the store that a figure could be of.
    #[error("found no run with {expected} in the store, expected one at least to draw {figure}")]
    NoRun {
        /// The figure.
        figure: &'static str,
        /// What a run would need: `scores or neuron sets`.
        expected: &'static str,
    },
}
