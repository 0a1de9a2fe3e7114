//! The measurements: each edit made, and the edited model asked.

use super::item::Item;
use super::known::{self, Known};
use super::options::BenchOptions;
use super::plan::Plan;
use super::row::BenchRow;
use super::settings::Settings;
use super::units::{Unit, units};
use super::{Editor, Kept, NewFact};
use crate::asking::{Answer, Asking};
use crate::error::StudyError;
use crate::model::LanguageModel;
use crate::streams::key;
use crate::watch::{Stage, Watch, for_each};
use std::sync::{Mutex, PoisonError};

/// A bench that is being held.
pub(super) struct Editing<'a> {
    pub model: &'a dyn LanguageModel,
    pub editors: &'a [&'a dyn Editor],
    pub plan: &'a Plan,
    pub options: &'a BenchOptions,
    pub settings: &'a Settings,
}

/// What was measured, now or before.
pub(super) struct Measured {
    /// In the order of methods, numbers of edits, facts and languages.
    pub rows: Vec<BenchRow>,
    /// Why edits could not be made or asked.
    pub refused: Vec<String>,
    /// Rows that were there already.
    pub used: usize,
    /// Rows that were there of edits that are not whole, and were made again.
    pub again: usize,
}

/// Every edit's rows. What is kept of whole edits is not measured again.
pub(super) fn measure(
    editing: &Editing<'_>,
    Kept { place, known, keep }: Kept<'_>,
    watch: &Watch<'_>,
) -> Result<Measured, StudyError> {
    let units = units(editing.editors.len(), editing.plan, editing.options);
    let Known { units: known, used, again } = known::known(editing, &units, (place, known))?;
    let units: Vec<(Unit, Option<Vec<BenchRow>>)> = units.into_iter().zip(known).collect();
    let one_at_a_time = Mutex::new(());
    let fact_of = |(unit, _): &(Unit, _)| {
        let first = unit.items.first();
        first.map_or_else(String::new, |&item| editing.id(item).to_owned())
    };
    let results = for_each(watch, Stage::EditingFacts, &units, fact_of, |(unit, known)| {
        if let Some(rows) = known {
            return Ok(Ok(rows.clone()));
        }
        match editing.unit(unit)? {
            Ok(rows) => {
                let _one = one_at_a_time.lock().unwrap_or_else(PoisonError::into_inner);
                keep(&rows).map_err(|source| StudyError::NotKept { source })?;
                Ok(Ok(rows))
            }
            Err(reason) => Ok(Err(unit.told(editing.editors, &reason))),
        }
    });
    let mut measured = Measured { rows: Vec::new(), refused: Vec::new(), used, again };
    for result in results? {
        match result {
            Ok(rows) => measured.rows.extend(rows),
            Err(reason) => measured.refused.push(reason),
        }
    }
    Ok(measured)
}

impl Unit {
    /// What is said of one that cannot be made or asked.
    fn told(&self, editors: &[&dyn Editor], reason: &str) -> String {
        match (self.methods(editors).first(), self.edits) {
            (Some(method), 0 | 1) => format!("{method}: {reason}"),
            (Some(method), edits) => format!("{method} of {edits} facts in one network: {reason}"),
            (None, _) => reason.to_owned(),
        }
    }
}

impl Editing<'_> {
    pub(super) fn id(&self, item: usize) -> &str {
        &self.plan.items[item].own.fact
    }

    fn unit(&self, unit: &Unit) -> Answer<Vec<BenchRow>> {
        let methods = unit.methods(self.editors);
        let Some(editor) = unit.editor else { return self.rows(unit, &methods[0], self.model, (None, None)) };
        let facts: Vec<NewFact<'_>> =
            unit.items.iter().map(|&item| self.new_fact(editor, &self.plan.items[item])).collect();
        let ids: Vec<&str> = facts.iter().map(|fact| fact.fact).collect();
        let seed = key(self.options.seed, "random direction", &ids);
        let asking = Asking { model: self.model, fact: facts.first().map_or("", |fact| fact.fact) };
        let claim = self.plan.items[unit.items[0]].own.claim(0);
        let edited = match asking.refused(&claim, self.editors[editor].edit(&facts, seed))? {
            Ok(edited) => edited,
            Err(reason) => return Ok(Err(reason)),
        };
        let costs = (Some(edited.seconds), Some(edited.bytes));
        let mut rows = match self.rows(unit, &methods[0], &*edited.model, costs)? {
            Ok(rows) => rows,
            Err(reason) => return Ok(Err(reason)),
        };
        Ok(self.rows(unit, &methods[1], &*edited.random, (None, None))?.map(|control| {
            rows.extend(control);
            rows
        }))
    }

    fn new_fact<'f>(&'f self, editor: usize, item: &'f Item) -> NewFact<'f> {
        let by_neurons = self.editors[editor].by_neurons();
        NewFact {
            fact: &item.own.fact,
            claim: item.own.claim(0),
            object: item.target.claim(0).object,
            neurons: if by_neurons { &item.neurons } else { &[] },
            random: if by_neurons { &item.random } else { &[] },
        }
    }

    fn rows(
        &self,
        unit: &Unit,
        method: &str,
        edited: &dyn LanguageModel,
        (seconds, bytes): (Option<f64>, Option<u64>),
    ) -> Answer<Vec<BenchRow>> {
        let mut rows = Vec::with_capacity(unit.items.len() * self.options.languages.len());
        for &item in &unit.items {
            for language in 0..self.options.languages.len() {
                match self.row((method, unit.edits), edited, &self.plan.items[item], language)? {
                    Ok(row) => rows.push(BenchRow { seconds, bytes, ..row }),
                    Err(reason) => return Ok(Err(format!("{reason} ({})", self.options.languages[language]))),
                }
            }
        }
        Ok(Ok(rows))
    }
}
