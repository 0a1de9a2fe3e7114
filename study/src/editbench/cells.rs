//! Means over facts, with intervals, and what differs between methods, fact by fact.

use super::Editor;
use super::csv::Columns;
use super::options::BenchOptions;
use super::row::BenchRow;
use super::units::{UNEDITED, control_of};
use crate::statistics::{Estimate, Resampled, mean};
use serde::Serialize;
use std::collections::BTreeMap;

/// One method, number of edits and language.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Cell {
    /// The method.
    pub method: String,
    /// Facts edited in one network; 0 of the unedited one.
    pub edits: usize,
    /// Language it was asked in.
    pub language: String,
    /// Facts that were asked.
    pub facts: usize,
    /// Share with p(new) > p(old).
    pub efficacy: Estimate,
    /// Mean of p(new) − p(old).
    pub magnitude: Estimate,
    /// Share whose first answer is the new object.
    pub first: Estimate,
    /// Mean share of other templates with p(new) > p(old).
    pub paraphrase: Estimate,
    /// Mean share of facts with the same old object that keep it.
    pub neighbourhood: Estimate,
    /// Mean share of prompts about what follows whose right answer is the model's first; of requests that have some.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub portability: Option<Estimate>,
    /// Mean share of facts with other objects that keep theirs.
    pub same_relation: Estimate,
    /// Mean change of p of unrelated facts.
    pub unrelated: Estimate,
    /// Less the method's control.
    pub less_random: Option<Versus>,
    /// Less the first method; of the first itself nothing.
    pub less_first: Option<Versus>,
    /// Mean seconds of an edit, for each of its facts.
    pub seconds: Option<f64>,
    /// Mean bytes that an edited network holds beside the unedited one.
    pub bytes: Option<f64>,
}

/// A method less another one, over the facts that both could be asked of.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Versus {
    /// Of efficacy.
    pub efficacy: Estimate,
    /// Of the magnitude.
    pub magnitude: Estimate,
    /// Of paraphrases.
    pub paraphrase: Estimate,
    /// Of neighbours.
    pub neighbourhood: Estimate,
    /// Of what follows; of requests that have some.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub portability: Option<Estimate>,
}

/// What is averaged of a row; the first five are compared.
const MEASURES: [fn(&BenchRow) -> Option<f64>; 8] = [
    |row| Some(f64::from(u8::from(row.new > row.old))),
    |row| Some(row.new - row.old),
    |row| row.paraphrase,
    |row| row.neighbourhood,
    |row| row.portability,
    |row| Some(f64::from(u8::from(row.first))),
    |row| row.same_relation,
    |row| row.unrelated,
];

/// Measures that are compared between methods.
const COMPARED: usize = 5;

/// The rows of a method by their facts.
type ByFact<'r> = BTreeMap<&'r str, &'r BenchRow>;

/// By language, number of edits and method. The facts of a language and number are drawn the same for all methods.
pub(super) fn cells(rows: &[BenchRow], editors: &[&dyn Editor], options: &BenchOptions) -> Vec<Cell> {
    let mut groups = BTreeMap::<(String, usize, String), ByFact<'_>>::new();
    for row in rows {
        groups.entry((row.language.clone(), row.edits, row.method.clone())).or_default().insert(&row.fact, row);
    }
    let mut methods = Vec::new();
    for editor in editors {
        methods.extend([editor.name().to_owned(), control_of(editor.name())]);
    }
    let mut cells = Vec::new();
    for language in &options.languages {
        let of = |edits: usize, method: &str| groups.get(&(language.clone(), edits, method.to_owned()));
        cells.extend(of(0, UNEDITED).map(|rows| cell(rows, (None, None), (rows, language, 0, UNEDITED), options)));
        for &edits in &options.edits {
            let all: Vec<&ByFact<'_>> = methods.iter().filter_map(|method| of(edits, method)).collect();
            // Every fact that some method could be asked about.
            let facts: ByFact<'_> = all.iter().flat_map(|rows| rows.iter().map(|(&fact, &row)| (fact, row))).collect();
            let first = methods.first().and_then(|method| of(edits, method));
            for (number, method) in methods.iter().enumerate() {
                let Some(rows) = of(edits, method) else { continue };
                let is_control = number % 2 == 1;
                let control = of(edits, &control_of(method));
                let other = first.filter(|_| number > 0 && !is_control);
                cells.push(cell(&facts, (control, other), (rows, language, edits, method), options));
            }
        }
    }
    cells
}

fn cell(
    facts: &ByFact<'_>,
    (control, first): (Option<&ByFact<'_>>, Option<&ByFact<'_>>),
    (rows, language, edits, method): (&ByFact<'_>, &str, usize, &str),
    options: &BenchOptions,
) -> Cell {
    let of = |rows: &ByFact<'_>, fact: &str, measure: fn(&BenchRow) -> Option<f64>| {
        rows.get(fact).and_then(|row| measure(row)).unwrap_or(f64::NAN)
    };
    let column = |measure| facts.keys().map(|fact| of(rows, fact, measure)).collect::<Vec<f64>>();
    let mut columns: Vec<Vec<f64>> = MEASURES.iter().map(|&measure| column(measure)).collect();
    for other in control.iter().chain(&first) {
        for &measure in &MEASURES[..COMPARED] {
            let less = facts.keys().map(|fact| of(rows, fact, measure) - of(other, fact, measure));
            columns.push(less.collect());
        }
    }
    let statistics = |weights: &[u32]| columns.iter().map(|values| mean(values, weights)).collect();
    let purpose = ["edit bench", language, &edits.to_string()];
    let drawn = options.bootstrap.resample(options.seed, &purpose, facts.len(), statistics);
    let estimate = |drawn: &Resampled, at: usize| {
        let facts = columns[at].iter().filter(|value| !value.is_nan()).count();
        drawn.estimate(at).of_facts(facts)
    };
    let at = |number: usize| estimate(&drawn, number);
    let ported = |number: usize| (options.columns() == Columns::WithPortability).then(|| at(number));
    let versus = |from: usize| Versus {
        efficacy: at(from),
        magnitude: at(from + 1),
        paraphrase: at(from + 2),
        neighbourhood: at(from + 3),
        portability: ported(from + 4),
    };
    let costs = |of: fn(&BenchRow) -> Option<f64>| {
        let all: Vec<f64> = rows.values().filter_map(|row| of(row)).collect();
        (!all.is_empty()).then(|| mean(&all, &vec![1; all.len()]))
    };
    let after_control = MEASURES.len() + if control.is_some() { COMPARED } else { 0 };
    Cell {
        method: method.to_owned(),
        edits,
        language: language.to_owned(),
        facts: rows.len(),
        efficacy: at(0),
        magnitude: at(1),
        paraphrase: at(2),
        neighbourhood: at(3),
        portability: ported(4),
        first: at(5),
        same_relation: at(6),
        unrelated: at(7),
        less_random: control.map(|_| versus(MEASURES.len())),
        less_first: first.map(|_| versus(after_control)),
        seconds: costs(|row| Some(row.seconds? / row.edits as f64)),
        bytes: costs(|row| row.bytes.map(|bytes| bytes as f64)),
    }
}
