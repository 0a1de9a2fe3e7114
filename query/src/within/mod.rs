//! Sets that a question is kept to, and sets that are taken out of it: what `--only` and `--without` mean, wherever they are given.
//!
//! As text around a set, where a statement is asked ([`Within::around`]); as members, where neurons come from elsewhere
//! ([`Within::found`]). Not for sets that are part of a statement: there one writes `&` and `-`.

mod found;
mod members;
mod runs;

pub use found::{Allowed, Found};
pub use members::{Members, NeuronsOfFacts, members};
pub use runs::RunsMeant;

use crate::error::QueryError;
use crate::syntax::ast::{Query, Statement};
use crate::syntax::parser::parse;
use kndb_storage::{Run, Snapshot};
use std::fmt;

/// Sets around a question. Of pairs, each fact's own neurons are meant; neurons choose neurons, facts choose facts.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Within {
    /// What is kept is in all of these.
    pub only: Vec<Query>,
    /// And in none of these.
    pub without: Vec<Query>,
}

/// An error about a set that was given, and the text that its places are in.
pub type AboutSet = (Box<QueryError>, String);

/// A text that is a set by itself. Rows need no parentheses there: `kn by neuron top 10`. Of what kind it is shows where it is planned.
///
/// # Errors
/// When it cannot be read, or is another statement than a query.
pub fn set(text: &str) -> Result<Query, QueryError> {
    let (what, span) = match parse(text)? {
        Statement::Query(query) if query.plot => ("a figure", query.span),
        Statement::Query(query) => return Ok(query),
        Statement::Let { span, .. } => ("`let`", span),
        Statement::Drop { span, .. } => ("`drop`", span),
        Statement::Explain { span, .. } => ("`explain`", span),
        Statement::Attach { span, .. } => ("`attach`", span),
        Statement::Detach { span, .. } => ("`detach`", span),
    };
    let hint = "a set of pairs, neurons or facts, as in `kn[lang=en]` or `kn by neuron having facts >= 30%`; `@name` is one that `let` saved";
    Err(QueryError::kind(span, format!("{what} is no set")).hint(hint))
}

impl Within {
    /// Reads sets; the second of an error is the text that it is about.
    ///
    /// # Errors
    /// As [`set`], of the first that is none.
    pub fn read(only: &[String], without: &[String]) -> Result<Self, AboutSet> {
        let read = |texts: &[String]| -> Result<Vec<Query>, AboutSet> {
            texts.iter().map(|text| set(text).map_err(|error| (Box::new(error), text.clone()))).collect()
        };
        Ok(Self { only: read(only)?, without: read(without)? })
    }

    /// Whether there is no set, so that everything is meant.
    pub fn is_empty(&self) -> bool {
        self.only.is_empty() && self.without.is_empty()
    }

    /// A set, kept to these: `(kn & (kn[lang=zh]) - (neurons(9:*)))`; as it is where there are none.
    pub fn around(&self, set: &str) -> String {
        if self.is_empty() {
            return set.to_owned();
        }
        let part = |op: char, sets: &[Query]| sets.iter().map(|of| format!(" {op} ({of})")).collect::<String>();
        format!("({set}{}{})", part('&', &self.only), part('-', &self.without))
    }

    /// The same with the runs that are meant beside a run, in sources that name none.
    #[must_use]
    pub fn beside(&self, snapshot: &Snapshot, run: &Run) -> Self {
        if self.is_empty() {
            return Self::default();
        }
        let runs = RunsMeant::beside(snapshot, run);
        let named = |sets: &[Query]| sets.iter().map(|set| set.in_runs(&runs)).collect();
        Self { only: named(&self.only), without: named(&self.without) }
    }
}

/// ``only `kn[lang=zh]`; without `neurons(9:*)` ``
impl fmt::Display for Within {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sets = [("only", &self.only), ("without", &self.without)];
        let said = sets.into_iter().flat_map(|(word, sets)| sets.iter().map(move |set| format!("{word} `{set}`")));
        f.write_str(&said.collect::<Vec<_>>().join("; "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_stand_in_parentheses_around_a_set() {
        let texts = |texts: &[&str]| texts.iter().map(|&text| text.to_owned()).collect::<Vec<_>>();
        let within = Within::read(&texts(&["kn by neuron top 3"]), &texts(&["kn[lang=zh] | @common", "facts"]));
        let within = within.expect("sets");
        let around = within.around("likn");
        assert_eq!(around, "(likn & (kn by neuron top 3) - (kn[lang=zh] | @common) - (facts))");
        parse(&around).expect("a statement");
        assert_eq!(within.to_string(), "only `kn by neuron top 3`; without `kn[lang=zh] | @common`; without `facts`");
        assert_eq!(Within::default().around("likn"), "likn");
    }

    #[test]
    fn other_statements_are_no_sets() {
        for text in ["let a = kn", "drop @a", "explain kn", "kn by layer plot", "kn["] {
            let (error, of) = Within::read(&[], &[text.to_owned()]).expect_err("no set");
            assert_eq!(of, text);
            assert!(error.span.is_some(), "{error:?}");
        }
    }
}
