//! A text as a statement, and what it may say that DataFusion does not understand: names of table functions in capitals, and lists as parameters.

use crate::error::SqlError;
use crate::functions::Function;
use datafusion::common::Result;
use datafusion::execution::SessionState;
use datafusion::sql::parser::Statement;
use datafusion::sql::sqlparser::ast::{
    Expr, LimitClause, ObjectName, ObjectNamePart, Query, Statement as SqlStatement, Value, Visit, Visitor,
    visit_expressions_mut, visit_relations_mut,
};
use kndb_query::{Argument, Parameters};
use std::collections::BTreeSet;
use std::ops::ControlFlow;

/// A statement, and the values that it can be given.
pub(crate) struct Read {
    pub statement: Statement,
    /// Those that were given, and the values of lists one by one, as `langs[1]`.
    pub parameters: Parameters,
    /// Names of lists that stand where several values may.
    pub lists: BTreeSet<String>,
}

impl Read {
    /// Reads a text.
    ///
    /// # Errors
    /// When it is no statement, or more than one.
    pub(crate) fn new(state: &SessionState, text: &str, parameters: &Parameters) -> Result<Self> {
        let statement = state.sql_to_statement(text, &state.config_options().sql_parser.dialect)?;
        let mut read = Self { statement, parameters: parameters.clone(), lists: BTreeSet::new() };
        let Some(statement) = inner(&mut read.statement) else { return Ok(read) };
        let _ = visit_relations_mut(statement, |name| {
            in_small_letters(name);
            ControlFlow::<()>::Continue(())
        });
        let mut counts = Counts(BTreeSet::new());
        let _ = statement.visit(&mut counts);
        for name in counts.0 {
            if let Some(Argument::Typed(text)) = parameters.get(&name) {
                read.parameters.set(name.as_str(), count(&name, text)?);
            }
        }
        let (lists, spread) = (&mut read.lists, &mut read.parameters);
        let _ = visit_expressions_mut(statement, |expr| {
            spread_lists(expr, parameters, lists, spread);
            ControlFlow::<()>::Continue(())
        });
        Ok(read)
    }
}

/// Names of parameters that stand for a number of rows. DataFusion does not say that it wants a number there.
struct Counts(BTreeSet<String>);

impl Visitor for Counts {
    type Break = ();

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<()> {
        let (limit, offset) = match &query.limit_clause {
            None => (None, None),
            Some(LimitClause::LimitOffset { limit, offset, .. }) => {
                (limit.as_ref(), offset.as_ref().map(|of| &of.value))
            }
            Some(LimitClause::OffsetCommaLimit { offset, limit }) => (Some(limit), Some(offset)),
        };
        self.0.extend(limit.into_iter().chain(offset).filter_map(placeholder).map(str::to_owned));
        ControlFlow::Continue(())
    }
}

fn placeholder(expr: &Expr) -> Option<&str> {
    let Expr::Value(value) = expr else { return None };
    let Value::Placeholder(name) = &value.value else { return None };
    name.strip_prefix('$')
}

/// A number of rows, as it was typed.
fn count(name: &str, text: &str) -> Result<Argument> {
    // Up to 2⁵³ a number is exact.
    match text.trim().parse::<u64>() {
        Ok(number) if number <= 1 << 53 => Ok(Argument::Number(number as f64)),
        _ => Err(SqlError::statement(
            format!("parameter ${name} is {text:?}, expected a whole number"),
            "it stands for a number of rows: LIMIT or OFFSET",
        )
        .into()),
    }
}

/// The statement of the language itself; what DataFusion adds to it has no questions in it.
fn inner(statement: &mut Statement) -> Option<&mut SqlStatement> {
    match statement {
        Statement::Statement(of) => Some(of),
        Statement::Explain(explain) => inner(&mut explain.statement),
        _ => None,
    }
}

/// `KN('…')` is `kn('…')`, as names without quotes are the same in capitals. Of functions DataFusion looks for the letters as they stand.
fn in_small_letters(name: &mut ObjectName) {
    if let [ObjectNamePart::Identifier(name)] = name.0.as_mut_slice()
        && name.quote_style.is_none()
        && Function::NAMES.iter().any(|function| function.eq_ignore_ascii_case(&name.value))
    {
        name.value.make_ascii_lowercase();
    }
}

/// `lang IN ($langs)`, with a list for `$langs`, as `lang IN ($langs[1], $langs[2], …)`.
fn spread_lists(expr: &mut Expr, given: &Parameters, lists: &mut BTreeSet<String>, spread: &mut Parameters) {
    let Expr::InList { list, negated, .. } = expr else { return };
    if !list.iter().any(|item| list_of(item, given).is_some()) {
        return;
    }
    let mut items = Vec::new();
    for item in std::mem::take(list) {
        let Some((name, values)) = list_of(&item, given) else {
            items.push(item);
            continue;
        };
        lists.insert(name.to_owned());
        for (at, value) in values.iter().enumerate() {
            let each = format!("{name}[{}]", at + 1);
            items.push(Expr::Value(Value::Placeholder(format!("${each}")).with_empty_span()));
            spread.set(each, value.clone());
        }
    }
    if items.is_empty() {
        // Nothing is among no values.
        *expr = Expr::Value(Value::Boolean(*negated).with_empty_span());
    } else {
        *list = items;
    }
}

/// The list that stands for a parameter, with its name.
fn list_of<'g>(item: &Expr, given: &'g Parameters) -> Option<(&'g str, &'g [Argument])> {
    let name = placeholder(item)?;
    let (name, value) = given.iter().find(|(known, _)| name == *known)?;
    match value {
        Argument::List(values) => Some((name, values)),
        _ => None,
    }
}
