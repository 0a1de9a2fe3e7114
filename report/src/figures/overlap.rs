//! How alike languages are: Jaccard's index, fact by fact, then the mean.

use kndb_plot::{Caption, Figure, Matrix, Unit};
use kndb_query::SourceKind;
use kndb_storage::Store;

use super::Illustration;
use super::heat_map::one_run;
use super::selection::Selection;
use crate::answer::{Answer, number};
use crate::error::Result;

/// Draws the similarity of each language of one run to each other: n(n + 1)/2 questions for n languages.
///
/// # Errors
/// When it is not clear which run is meant, or a query is refused; [`kndb_plot::Error::TooMany`], before anything is asked,
/// when the run has more languages than `most`.
pub fn overlap(store: &Store, selection: &Selection, most: Option<usize>) -> Result<Illustration> {
    let (snapshot, selection) = (store.snapshot()?, &selection.distinct());
    let conditions = selection.conditions(SourceKind::Kn)?;
    let run = one_run(store, &snapshot, selection, "an overlap matrix")?;
    let names = run.languages.clone();
    let title = format!("Overlap of languages: {}", run.run.spec.model);
    if let Some(most) = most.filter(|most| names.len() > *most) {
        return Err(kndb_plot::Error::TooMany { title, what: "names", found: names.len(), most }.into());
    }
    let source = |at: usize| selection.source(SourceKind::Kn, &snapshot, &run.run, &names[at..=at]);
    let mut values = vec![vec![None; names.len()]; names.len()];
    let (mut queries, mut alone, mut remarks) = (Vec::new(), Vec::new(), Vec::new());
    for left in 0..names.len() {
        for right in left..names.len() {
            let query = format!("similarity({}, {})", source(left), source(right));
            let answer = Answer::of(store, &query)?;
            answer.add_notes(&mut remarks);
            let value = |name| {
                let column = answer.column(name)?;
                answer.rows.first()?.get(column).and_then(number)
            };
            values[left][right] = value("similarity");
            values[right][left] = values[left][right];
            if let Some(unpaired) = value("unpaired").filter(|unpaired| *unpaired > 0.0) {
                alone.push(format!("{} and {} {unpaired}", names[left], names[right]));
            }
            queries.push(query);
        }
    }
    if !alone.is_empty() {
        remarks.push(format!("facts that have only one of two languages are not compared: {}", alone.join(", ")));
    }
    let known = values.iter().flatten().any(Option::is_some);
    let mut notes: Vec<String> =
        selection.note(&snapshot, SourceKind::Kn, std::slice::from_ref(&run), &conditions).into_iter().collect();
    notes.push("Jaccard index of a fact's neurons in two languages, then the mean over facts.".into());
    let figure = known.then(|| {
        Figure::Matrix(Matrix {
            caption: Caption { title, notes, sources: Vec::new() },
            names: names.clone(),
            value_axis: "similarity".into(),
            values,
            unit: Unit::Ratio,
        })
    });
    Ok(Illustration::new(figure, queries, remarks))
}
