//! What can go wrong in a study: what was found, what was expected, where. The command adds the hints.

use crate::model::Refusal;
use kndb_query::QueryError;
use kndb_storage::Shape;

/// Errors of a study. A single fact that cannot be asked is none: it is counted and reported.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StudyError {
    /// The store could not be read.
    #[error(transparent)]
    Storage(#[from] kndb_storage::Error),
    /// A statement that the study needs could not be answered.
    #[error("{source}, in `{}`", shortened(statement))]
    Query {
        /// The statement.
        statement: String,
        /// Why.
        source: Box<QueryError>,
    },
    /// The store does not have something by this name.
    #[error("there is no {what} {name:?}; the store has {}", listed(known))]
    Unknown {
        /// `run`, `language` or `relation`.
        what: &'static str,
        /// The name.
        name: String,
        /// The names there are.
        known: Vec<String>,
    },
    /// An option has a value that makes no sense.
    #[error("{option} is {found}; expected {expected}")]
    Option {
        /// The option.
        option: &'static str,
        /// Its value.
        found: String,
        /// What would do.
        expected: &'static str,
    },
    /// The model is not the one the run is of.
    #[error("the model has {model}, run {run:?} was made with {expected}: it is of another model")]
    Shape {
        /// The run.
        run: String,
        /// The run's shape.
        expected: Shape,
        /// The model's.
        model: Shape,
    },
    /// No fact is left to study.
    #[error("no fact is left to study{}", reasons(left_out))]
    NoFacts {
        /// Why facts were left out, and how many.
        left_out: Vec<(String, u64)>,
        /// The conditions that were given, on facts and on sets: weaker ones leave more.
        conditions: Vec<String>,
        /// The sets that the study was kept to.
        sets: Vec<String>,
    },
    /// No fact is left to edit.
    #[error("no fact is left to study{}", reasons(left_out))]
    NoEdits {
        /// Why facts were left out, and how many.
        left_out: Vec<(String, u64)>,
    },
    /// Every fact is of one relation, so none has an unrelated fact.
    #[error(
        "all {facts} facts with knowledge neurons in every language are of relation {relation}; \
         expected another {expected} in the run, to draw unrelated facts from"
    )]
    NoUnrelated {
        /// The relation.
        relation: String,
        /// How many facts.
        facts: usize,
        /// `relation`, or `fact` where facts of one relation are unrelated.
        expected: &'static str,
    },
    /// Every fact that can be put into words is of one relation.
    #[error(
        "all {facts} facts that can be asked are of relation {relation}; expected another relation, to draw unrelated facts from"
    )]
    OneRelation {
        /// The relation.
        relation: String,
        /// How many facts.
        facts: usize,
    },
    /// The run has no degenerate groups in a language.
    #[error("run {run:?} has no degenerate groups in {language}; it has them in {}", listed(known))]
    NoGroups {
        /// The run.
        run: String,
        /// The language.
        language: String,
        /// Languages in which it has some.
        known: Vec<String>,
    },
    /// A condition is on something that the run did not store.
    #[error(
        "run {run:?} does not say {expected}, so `{condition}` cannot be answered; expected a run of `kndb attribute`"
    )]
    NotMeasured {
        /// The run.
        run: String,
        /// The condition.
        condition: String,
        /// What it is on.
        expected: &'static str,
    },
    /// The model failed on a claim.
    #[error("the model failed on fact {fact} in {language}: {source}")]
    Model {
        /// The fact.
        fact: String,
        /// The claim's language.
        language: String,
        /// What it said.
        source: Refusal,
    },
    /// The model's answer is not what was asked for.
    #[error("the model's answer on fact {fact} in {language} is {found}; expected {expected}")]
    Answer {
        /// The fact.
        fact: String,
        /// The claim's language.
        language: String,
        /// What it said.
        found: String,
        /// What was asked for.
        expected: String,
    },
    /// A bug: the study panicked on a fact.
    #[error("a bug in kndb: a panic while {stage}, at fact {fact}: {message}")]
    Panicked {
        /// What was being done.
        stage: crate::watch::Stage,
        /// The fact.
        fact: String,
        /// What the panic said.
        message: String,
    },
    /// A file of edit requests that cannot be used.
    #[error("{place}: {found}; expected {expected}")]
    Requests {
        /// The record, its line and the key.
        place: String,
        /// What is there.
        found: String,
        /// What would do.
        expected: String,
    },
    /// Measurements that are to be gone on with were made otherwise.
    #[error(
        "{place} is of other settings: line {line}, of the method {method}, has {found}, now they are {expected}; expected rows of the same weights and \
         device, facts and templates, neurons, options and numbers of the method"
    )]
    OtherSettings {
        /// The file.
        place: String,
        /// The row's line, from 1.
        line: u64,
        /// The method it is of.
        method: String,
        /// The settings' hash there.
        found: String,
        /// The hash now.
        expected: String,
    },
    /// A row of such measurements that cannot be one of them.
    #[error("{place}, line {line}, column {column}: {found}; expected {expected}")]
    KeptRow {
        /// The file.
        place: String,
        /// The row's line, from 1.
        line: u64,
        /// The column.
        column: &'static str,
        /// What is there.
        found: String,
        /// What would do.
        expected: String,
    },
    /// What was measured could not be kept.
    #[error("what was measured could not be kept: {source}")]
    NotKept {
        /// Why.
        source: std::io::Error,
    },
    /// The stop flag was raised.
    #[error("stopped while {stage}, after {done} of {total}")]
    Stopped {
        /// What was being done.
        stage: crate::watch::Stage,
        /// How much of it was done.
        done: usize,
        /// How much there was to do.
        total: usize,
    },
}

fn listed(names: &[String]) -> String {
    match names.len() {
        0 => "none".into(),
        count if count > 12 => format!("{} and {} more", names[..12].join(", "), count - 12),
        _ => names.join(", "),
    }
}

/// The beginning of a statement: some list every fact.
fn shortened(statement: &str) -> String {
    const SHOWN: usize = 160;
    match statement.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &statement[..end]),
        None => statement.to_owned(),
    }
}

fn reasons(left_out: &[(String, u64)]) -> String {
    let reasons: Vec<String> = left_out.iter().map(|(reason, facts)| format!("{facts}: {reason}")).collect();
    if reasons.is_empty() { String::new() } else { format!(" (left out: {})", reasons.join("; ")) }
}
