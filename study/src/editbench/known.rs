//! What was measured before: which edits are whole in it, and whether it can be what the plan says.

use super::csv::{KeptRow, cell};
use super::item::Item;
use super::measure::Editing;
use super::row::{BenchRow, mean};
use super::units::{UNEDITED, Unit};
use crate::error::StudyError;
use std::collections::BTreeMap;

/// p is a number of 32 bits at first, and may come out as little above 1.
const ROUNDING: f64 = 1e-6;

/// Rows by the numbers of the units that they are of.
pub(super) struct Known {
    /// Of edits that are whole.
    pub units: Vec<Option<Vec<BenchRow>>>,
    /// How many of these there are.
    pub used: usize,
    /// How many rows are of edits that are not whole, and are made again.
    pub again: usize,
}

/// What is wrong with a row.
#[derive(Debug)]
struct Wrong {
    column: &'static str,
    found: String,
    expected: String,
}

impl Wrong {
    fn new(column: &'static str, found: impl Into<String>, expected: impl Into<String>) -> Self {
        Self { column, found: found.into(), expected: expected.into() }
    }
}

/// The rows of a unit that have been found, in the order in which they are measured.
struct Found<'u> {
    methods: Vec<String>,
    unit: &'u Unit,
    rows: Vec<Option<KeptRow>>,
}

/// The rows, sorted into the units that they are of.
///
/// # Errors
/// Rows of other settings, with values that no measurement has, of facts, languages or numbers of edits that are not asked about, and two that
/// say different things of the same.
pub(super) fn known(
    editing: &Editing<'_>,
    units: &[Unit],
    (place, kept): (&str, Vec<KeptRow>),
) -> Result<Known, StudyError> {
    let languages = &editing.options.languages;
    let mut all: Vec<Found<'_>> = Vec::with_capacity(units.len());
    // The unit of a row, and its place there.
    let mut places = BTreeMap::new();
    for (number, unit) in units.iter().enumerate() {
        let methods = unit.methods(editing.editors);
        let mut count = 0;
        for method in &methods {
            for &item in &unit.items {
                for (language, name) in languages.iter().enumerate() {
                    let of = (method.clone(), unit.edits, editing.id(item), name.as_str());
                    places.insert(of, (number, count, item, language));
                    count += 1;
                }
            }
        }
        all.push(Found { methods, unit, rows: vec![None; count] });
    }
    for kept in kept {
        let line = kept.line;
        let told = |Wrong { column, found, expected }| StudyError::KeptRow {
            place: place.to_owned(),
            line,
            column,
            found,
            expected,
        };
        let row = &kept.row;
        editing.must_be_of_settings(row, (place, line))?.map_err(told)?;
        let of = (row.method.clone(), row.edits, row.fact.as_str(), row.language.as_str());
        let Some(&(number, at, item, language)) = places.get(&of) else { return Err(told(editing.unknown(row))) };
        let found = &mut all[number];
        let is_edited = found.methods.first().is_some_and(|first| *first == row.method) && found.unit.editor.is_some();
        check(row, &editing.plan.items[item], language, is_edited).map_err(told)?;
        found.take(at, kept).map_err(told)?;
    }
    let mut known = Known { units: Vec::with_capacity(all.len()), used: 0, again: 0 };
    for found in all {
        let there = found.rows.iter().flatten().count();
        let is_whole = there == found.rows.len();
        *(if is_whole { &mut known.used } else { &mut known.again }) += there;
        known.units.push(is_whole.then(|| found.rows.into_iter().flatten().map(|kept| kept.row).collect()));
    }
    Ok(known)
}

impl Found<'_> {
    /// A row may come twice where an edit was cut short and made again: its seconds may be others.
    fn take(&mut self, at: usize, kept: KeptRow) -> Result<(), Wrong> {
        if let Some(before) = &self.rows[at] {
            let without = |row: &BenchRow| BenchRow { seconds: None, ..row.clone() };
            let is_cut = self.rows.iter().any(Option::is_none);
            if without(&before.row) != without(&kept.row) {
                // It begins anew, and on some devices the last bits of numbers may be others.
                if !(is_cut && at == 0) {
                    let found = format!("another measurement of the same than in line {}", before.line);
                    return Err(Wrong::new("method", found, "each once, or the same again"));
                }
                self.rows.fill(None);
            }
        }
        self.rows[at] = Some(kept);
        Ok(())
    }
}

impl Editing<'_> {
    fn must_be_of_settings(&self, row: &BenchRow, (place, line): (&str, u64)) -> Result<Result<(), Wrong>, StudyError> {
        let method = cell(&row.method);
        let Some(expected) = self.settings.get(&row.method) else {
            let names: Vec<&str> = self.settings.keys().map(String::as_str).collect();
            let expected = format!("a method that takes part: {}", names.join(", "));
            return Ok(Err(Wrong::new("method", format!("{method:?}"), expected)));
        };
        if row.settings == *expected {
            return Ok(Ok(()));
        }
        let (found, expected) = (cell(&row.settings), expected.clone());
        Err(StudyError::OtherSettings { place: place.to_owned(), line, method, found, expected })
    }

    /// Why a row is of no edit that is made.
    fn unknown(&self, row: &BenchRow) -> Wrong {
        let BenchRow { method, edits, fact, language, .. } = row;
        let numbers = match method == UNEDITED {
            true => &[0][..],
            false => &self.options.edits,
        };
        if !numbers.contains(edits) {
            let numbers: Vec<String> = numbers.iter().map(usize::to_string).collect();
            return Wrong::new("edits", format!("{edits} of {method}"), numbers.join(" or "));
        }
        if !self.options.languages.contains(language) {
            let expected = self.options.languages.join(" or ");
            return Wrong::new("language", format!("{:?}", cell(language)), expected);
        }
        let facts = self.plan.items.len();
        let expected = match self.plan.items.iter().any(|item| item.own.fact == *fact) {
            true => format!("a fact that is in a group of {edits} edits in one network"),
            false => format!("one of the {facts} facts that are studied"),
        };
        Wrong::new("fact", format!("{:?}", cell(fact)), expected)
    }
}

/// Whether a row may be what is measured of an item. Only edits themselves have costs, not their controls.
fn check(row: &BenchRow, item: &Item, language: usize, is_edited: bool) -> Result<(), Wrong> {
    let text = |column, found: &str, expected: &str| match found == expected {
        true => Ok(()),
        false => {
            Err(Wrong::new(column, format!("{:?}", cell(found)), format!("{:?}, as the fact has it", cell(expected))))
        }
    };
    text("relation", &row.relation, &item.own.relation)?;
    text("target", &row.target, &item.target.fact)?;
    let same = |column, found: Option<f64>, expected: Option<f64>| match found == expected {
        true => Ok(()),
        false => {
            let now = format!(
                "{}, as the unedited model says now (a program that saved the file may have rounded it)",
                told(expected)
            );
            Err(Wrong::new(column, told(found), now))
        }
    };
    let [old, new] = item.before[language];
    same("old_before", Some(row.old_before), Some(old))?;
    same("new_before", Some(row.new_before), Some(new))?;
    if row.method == UNEDITED {
        same("old", Some(row.old), Some(old))?;
        same("new", Some(row.new), Some(new))?;
    }
    within("old", row.old, (0.0, 1.0))?;
    within("new", row.new, (0.0, 1.0))?;
    share("paraphrase", row.paraphrase, item.paraphrases.len())?;
    share("neighbourhood", row.neighbourhood, item.neighbours[0].len())?;
    share("same_relation", row.same_relation, item.neighbours[1].len())?;
    share("portability", row.portability, item.portability.len())?;
    let befores: Vec<f64> = item.unrelated.iter().map(|(_, before)| before[language]).collect();
    let unrelated = mean(&befores);
    // From p to 0, or to 1.
    both("unrelated", row.unrelated, unrelated.map(|before| (-before, 1.0 - before)))?;
    let answers: Vec<f64> = item.portability.iter().map(|of| of.before).collect();
    same("answer_before", row.answer_before, mean(&answers))?;
    both("answer", row.answer, row.answer_before.map(|_| (0.0, 1.0)))?;
    both("seconds", row.seconds, is_edited.then_some((0.0, f64::MAX)))?;
    match (row.bytes, is_edited) {
        (None, true) => Err(Wrong::new("bytes", "nothing", "a whole number: it is an edit")),
        (Some(bytes), false) => Err(Wrong::new("bytes", bytes.to_string(), "nothing: it is no edit")),
        _ => Ok(()),
    }
}

fn told(value: Option<f64>) -> String {
    // As short as can be: 1e300 and not its 300 zeros.
    value.map_or_else(|| "nothing".into(), |value| format!("{value:?}"))
}

fn within(column: &'static str, value: f64, (low, high): (f64, f64)) -> Result<(), Wrong> {
    if value.is_finite() && value >= low - ROUNDING && value <= high + ROUNDING {
        return Ok(());
    }
    let expected = match high == f64::MAX {
        true => "a number of 0 or more".into(),
        false => format!("a number from {low} to {high}"),
    };
    Err(Wrong::new(column, told(Some(value)), expected))
}

/// A number in the bounds; where there are none, nothing.
fn both(column: &'static str, value: Option<f64>, bounds: Option<(f64, f64)>) -> Result<(), Wrong> {
    match (value, bounds) {
        (None, None) => Ok(()),
        (Some(value), Some(bounds)) => within(column, value, bounds),
        (Some(_), None) => Err(Wrong::new(column, told(value), "nothing: it is not measured there")),
        (None, Some(_)) => Err(Wrong::new(column, "nothing", "a number: it is measured there")),
    }
}

/// How many of so many hold.
fn share(column: &'static str, value: Option<f64>, of: usize) -> Result<(), Wrong> {
    both(column, value, (of > 0).then_some((0.0, 1.0)))?;
    let Some(value) = value else { return Ok(()) };
    let held = value * of as f64;
    if (held - held.round()).abs() > ROUNDING * of as f64 {
        return Err(Wrong::new(column, told(Some(value)), format!("a share of {of}, the prompts that are asked")));
    }
    Ok(())
}
