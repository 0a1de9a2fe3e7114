//! Further conditions of a selection, as the query language reads them: what they change in the words under a figure, and in
//! the layers that it shows.
//!
//! Not for checking names: a query with the conditions does that.

use kndb_query::{Condition, ConditionKey, SourceKind, Statement};
use kndb_storage::Run;

use crate::answer::in_query;
use crate::error::{Error, Result};

/// Conditions that were read.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Conditions {
    conditions: Vec<Condition>,
}

impl Conditions {
    /// Reads conditions as they stand in the brackets of a source: each text one condition or more, separated by commas.
    pub(super) fn read(kind: SourceKind, texts: &[String]) -> Result<Self> {
        let mut conditions = Vec::new();
        for text in texts {
            let statement = format!("{kind}[{text}]");
            let read = kndb_query::parse(&statement).map_err(|error| in_query(&statement, error))?;
            let Statement::Query(query) = read else { return Err(Error::NotACondition { text: text.clone() }) };
            let plain = query.by.is_empty() && query.having.is_empty() && query.order.is_empty() && query.top.is_none();
            match query.only_source() {
                Some(source) if plain && source.kind == kind => {
                    conditions.extend(source.conditions.iter().cloned());
                }
                _ => return Err(Error::NotACondition { text: text.clone() }),
            }
        }
        Ok(Self { conditions })
    }

    fn on(&self, key: ConditionKey) -> impl Iterator<Item = &Condition> {
        self.conditions.iter().filter(move |condition| condition.key == key)
    }

    /// Whether the layers that are asked for have this one.
    pub(super) fn has_layer(&self, layer: u32) -> bool {
        self.on(ConditionKey::Layer)
            .filter_map(Condition::intervals)
            .all(|layers| layers.iter().any(|some| (some.first..=some.last).contains(&layer)))
    }

    /// Whether they say which signs count.
    pub(super) fn has_sign(&self) -> bool {
        self.on(ConditionKey::Sign).next().is_some()
    }

    /// The threshold in place of each run's own.
    pub(super) fn tau(&self) -> Option<f64> {
        self.on(ConditionKey::Tau).find_map(|condition| Some(condition.number()?.1.value))
    }

    /// The thresholds that tell which of a run's groups are degenerate: `t_low 0.3, t_high 0.25`. `None` for a run whose groups
    /// are answered as they were found.
    pub(super) fn group_thresholds(&self, run: &Run) -> Option<String> {
        let parameter = |name: &str| run.spec.parameters.iter().find(|(key, _)| key == name).map(|(_, value)| value);
        // A search says all four; a parameter of an import is free text, and may be called `t_low`.
        parameter("keep_low").and(parameter("keep_high"))?;
        let (mut low, mut high) = (parameter("t_low")?.clone(), parameter("t_high")?.clone());
        for (key, threshold) in [(ConditionKey::TLow, &mut low), (ConditionKey::THigh, &mut high)] {
            if let Some((_, share)) = self.on(key).filter_map(Condition::number).last() {
                *threshold = share.to_string();
            }
        }
        Some(format!("t_low {low}, t_high {high}"))
    }
}
