//! Facts by relation, and in how many of them each language has labels.

use kndb_query::Measure;
use kndb_storage::{FactId, LanguageId};
use maud::html;

use super::table::{broken, folded};
use super::{Parts, Perhaps, Section, Shown};
use crate::answer::{Answer, number, written};
use crate::error::Result;
use crate::figures;

/// More relations are a table alone.
const MOST_BARS: usize = 60;

impl Parts<'_> {
    /// The section of facts: a bar a relation, and a table with the labels of each language.
    ///
    /// # Errors
    /// When the store could not be read.
    pub fn facts(&self, shown: &[Shown]) -> Result<Perhaps> {
        let query = &asked(shown);
        let answer = Answer::of(self.store, query)?;
        let snapshot = self.snapshot;
        let languages: Vec<LanguageId> = snapshot.label_counts().into_iter().map(|(language, _)| language).collect();
        let mut columns = vec!["relation".to_owned(), "facts".to_owned()];
        columns.extend(languages.iter().map(|&language| format!("labels in {}", snapshot.language_name(language))));
        let (relation, facts) = (answer.column("relation"), answer.column("facts"));
        let mut rows = Vec::new();
        for row in &answer.rows {
            let cell = |column: Option<usize>| column.and_then(|column| row.get(column));
            let name = cell(relation).map(written).unwrap_or_default();
            let count = cell(facts).and_then(number).unwrap_or_default();
            let named = snapshot.relation(&name).map(|relation| snapshot.relation_shown(relation, None));
            let mut cells = vec![named.unwrap_or_else(|| name.clone()), count.to_string()];
            for &language in &languages {
                let labels = self.labels(&name, language, shown)?;
                cells.push(labels.map_or_else(|| "–".into(), |count| count.to_string()));
            }
            rows.push(cells);
        }
        if rows.is_empty() {
            let why = if snapshot.fact_count() > 0 { "the sets leave none" } else { "the store has no facts yet" };
            return Ok(Err(format!("facts by relation: {why}")));
        }
        let drawn = (2..=MOST_BARS).contains(&rows.len());
        let figure = drawn.then(|| {
            figures::of_statement(self.store, query, None, Some(Measure::Facts))
                .map(|of| of.titled("Facts by relation"))
        });
        let heading = "Facts of each relation, and how many of them have a subject and an object in each language";
        let table = html! {
            (broken(heading, &columns, &rows))
            (self.queries(&[query.to_owned()]))
        };
        let body = html! {
            @if let Some(figure) = figure { (self.figure(figure)?) }
            (folded(heading, rows.len(), &table))
        };
        Ok(Ok(Section { id: "facts".into(), heading: "Facts by relation".into(), body }))
    }

    /// Facts of a relation with labels in a language; `None` for facts without a relation.
    fn labels(&self, relation: &str, language: LanguageId, shown: &[Shown]) -> Result<Option<u64>> {
        let Some(relation) = self.snapshot.relation(relation) else { return Ok(None) };
        let mut count = 0;
        let beside: Vec<&Shown> = shown.iter().filter(|of| of.holds).collect();
        let is_left = |fact| beside.is_empty() || beside.iter().any(|of| of.kept.takes(fact));
        let facts = self.snapshot.facts_of_relation(relation)?;
        for fact in facts.into_iter().filter(|&fact| is_left(FactId(fact))) {
            count += u64::from(self.snapshot.label(FactId(fact), language)?.is_some());
        }
        Ok(Some(count))
    }
}

/// The facts that are left beside any of the runs.
fn asked(shown: &[Shown]) -> String {
    let mut sets: Vec<String> = shown.iter().filter(|of| of.holds).map(|of| of.kept.of_facts.around("facts")).collect();
    sets.dedup();
    match sets.as_slice() {
        [] => "facts by relation".to_owned(),
        [one] => format!("{one} by relation"),
        several => format!("({}) by relation", several.join(" | ")),
    }
}
