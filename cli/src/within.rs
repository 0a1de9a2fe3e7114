//! What `--only` and `--without` mean: sets of the query language, with the values of their parameters.

use kndb_query::{QueryError, Within};

use crate::args::WithinArgs;
use crate::error::{CliError, Result, StatementText};
use crate::session::parameters::Values;

/// The sets of a command.
///
/// # Errors
/// When one cannot be read, lacks a value, or is no set; when a value is given that none uses.
pub fn within(args: &WithinArgs) -> Result<Within> {
    let mut values = Values::given(&args.parameter);
    let mut bound = |sets: &[String]| sets.iter().map(|set| in_set(&mut values, set)).collect::<Result<Vec<_>>>();
    let (only, without) = (bound(&args.only)?, bound(&args.without)?);
    values.check_used().map_err(|error| refused(error, ""))?;
    Within::read(&only, &without).map_err(|(error, text)| refused(*error, &text))
}

/// An error about a set, with its text.
pub fn refused(error: QueryError, set: &str) -> CliError {
    let statement = StatementText { origin: "set".into(), text: set.to_owned(), ..StatementText::default() };
    CliError::Query { error: Box::new(error), statement }
}

/// A set with the values of its parameters, as text.
fn in_set(values: &mut Values, set: &str) -> Result<String> {
    let bound = kndb_query::within::set(set).and_then(|_| values.in_text(set));
    bound.map_err(|error| refused(error, set))
}

/// The texts of sets, as studies keep them.
#[cfg(feature = "attribute")]
pub fn texts(sets: &[kndb_query::Query]) -> Vec<String> {
    sets.iter().map(ToString::to_string).collect()
}
