//! The facts that `--fact` or `--facts` name.

use std::path::Path;

use super::method::takes_object;
use crate::args::EditArgs;
use crate::error::{CliError, Result};

/// A fact as it was given, with the object that it shall have.
pub(super) struct Wanted {
    pub(super) fact: String,
    pub(super) to: Option<String>,
    /// Where in a file.
    pub(super) line: Option<usize>,
}

/// What was asked for.
pub(super) fn wanted(args: &EditArgs) -> Result<Vec<Wanted>> {
    if let Some(fact) = &args.fact {
        return Ok(vec![Wanted { fact: fact.clone(), to: args.to.clone(), line: None }]);
    }
    let Some(path) = &args.facts else { return Ok(Vec::new()) };
    of_file(path, takes_object(args.method))
}

/// `FACT<TAB>OBJECT` a line; of methods that take no object, the fact alone.
fn of_file(path: &Path, with_object: bool) -> Result<Vec<Wanted>> {
    let text = std::fs::read_to_string(path)
        .map_err(|source| CliError::Engine(kndb_engine::Error::Text { path: path.to_owned(), source }))?;
    // Windows' editors begin a file with a mark.
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let mut all: Vec<Wanted> = Vec::new();
    for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let wrong = |expected: &str| {
            CliError::Edit(format!("{}, line {}: expected {expected}, found {line:?}", path.display(), number + 1))
        };
        let mut cells = line.split('\t').map(str::trim);
        let fact = cells.next().filter(|fact| !fact.is_empty()).ok_or_else(|| wrong("a fact"))?;
        let object = cells.next().filter(|object| !object.is_empty()).map(str::to_owned);
        if object.is_some() != with_object || cells.next().is_some() {
            return Err(wrong(if with_object {
                "a fact, a tab, and the object it shall have"
            } else {
                "a fact alone, as the method takes no object"
            }));
        }
        if all.iter().any(|known| known.fact == fact) {
            return Err(wrong("each fact once"));
        }
        all.push(Wanted { fact: fact.to_owned(), to: object, line: Some(number + 1) });
    }
    match all.is_empty() {
        true => Err(CliError::Edit(format!("{} has no facts", path.display()))),
        false => Ok(all),
    }
}
