//! The measurements: each edit made, and the edited model asked.

use super::item::Item;
use super::options::BenchOptions;
use super::plan::Plan;
use super::row::BenchRow;
use super::settings::Settings;
use super::units::{Unit, units};
use super::{Editor, NewFact};
use crate::asking::{Answer, Asking};
use crate::error::StudyError;
use crate::model::LanguageModel;
use crate::streams::key;
use crate::watch::{Stage, Watch, for_each};
use std::collections::BTreeMap;
use std::io;
use std::sync::{Mutex, PoisonError};

/// A bench that is being held.
pub(super) struct Editing<'a> {
    pub model: &'a dyn LanguageModel,
    pub editors: &'a [&'a dyn Editor],
    pub plan: &'a Plan,
    pub options: &'a BenchOptions,
    pub settings: &'a Settings,
}

/// Known rows by method, number of edits, fact and language: of rows that come twice (an edit that was cut short was made again) the last.
type Known = BTreeMap<(String, usize, String, String), BenchRow>;

/// Every edit's rows, in the order of methods, numbers of edits, facts and languages. Also the reasons of what could not be measured.
pub(super) fn measure(
    editing: &Editing<'_>,
    known: Vec<BenchRow>,
    keep: &(dyn Fn(&[BenchRow]) -> io::Result<()> + Sync),
    watch: &Watch<'_>,
) -> Result<(Vec<BenchRow>, Vec<String>), StudyError> {
    let of_row = |row: BenchRow| ((row.method.clone(), row.edits, row.fact.clone(), row.language.clone()), row);
    let known: Known = known.into_iter().map(of_row).collect();
    let units = units(editing.editors.len(), editing.plan, editing.options);
    let one_at_a_time = Mutex::new(());
    let fact_of = |unit: &Unit| unit.items.first().map_or_else(String::new, |&item| editing.id(item).to_owned());
    let results = for_each(watch, Stage::EditingFacts, &units, fact_of, |unit| {
        if let Some(rows) = editing.known(unit, &known) {
            return Ok(Ok(rows));
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
    let (mut rows, mut refused) = (Vec::new(), Vec::new());
    for result in results? {
        match result {
            Ok(measured) => rows.extend(measured),
            Err(reason) => refused.push(reason),
        }
    }
    Ok((rows, refused))
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
    fn id(&self, item: usize) -> &str {
        &self.plan.items[item].own.fact
    }

    /// The rows of a unit, if all are known.
    fn known(&self, unit: &Unit, known: &Known) -> Option<Vec<BenchRow>> {
        let mut rows = Vec::new();
        for method in unit.methods(self.editors) {
            for &item in &unit.items {
                for language in &self.options.languages {
                    let of = (method.clone(), unit.edits, self.id(item).to_owned(), language.clone());
                    rows.push(known.get(&of)?.clone());
                }
            }
        }
        Some(rows)
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
