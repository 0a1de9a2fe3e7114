//! The demo's facts: five relations over sixty countries, in English and Chinese.
//!
//! The facts are real; only the scores of the demo are made up.

use kndb_storage::{FactBatch, FactRow, TemplateRow};

/// Code, then English and Chinese names of country, capital, language, currency and continent.
const COUNTRIES: &str = include_str!("countries.tsv");

/// Languages of the labels, in the order of the table's columns.
pub const LANGUAGES: [&str; 2] = ["en", "zh"];

/// A relation between two columns of the table, with its prompts.
struct Relation {
    name: &'static str,
    subject: Concept,
    object: Concept,
    templates: [&'static str; 2],
}

#[derive(Clone, Copy)]
enum Concept {
    Country = 0,
    Capital = 1,
    Language = 2,
    Currency = 3,
    Continent = 4,
}

const RELATIONS: [Relation; 5] = [
    Relation {
        name: "P36",
        subject: Concept::Country,
        object: Concept::Capital,
        templates: ["The capital of [X] is [Y] .", "[X]的首都是[Y]。"],
    },
    Relation {
        name: "P1376",
        subject: Concept::Capital,
        object: Concept::Country,
        templates: ["[X] is the capital of [Y] .", "[X]是[Y]的首都。"],
    },
    Relation {
        name: "P37",
        subject: Concept::Country,
        object: Concept::Language,
        templates: ["The official language of [X] is [Y] .", "[X]的官方语言是[Y]。"],
    },
    Relation {
        name: "P38",
        subject: Concept::Country,
        object: Concept::Currency,
        templates: ["The currency of [X] is [Y] .", "[X]的货币是[Y]。"],
    },
    Relation {
        name: "P30",
        subject: Concept::Country,
        object: Concept::Continent,
        templates: ["[X] is located in [Y] .", "[X]位于[Y]。"],
    },
];

/// A fact as the generator of scores sees it.
pub struct DemoFact {
    /// External id, such as `P36-FR`.
    pub id: String,
    /// Its relation, counted.
    pub relation: usize,
}

/// All facts of the demo.
pub fn facts() -> Vec<DemoFact> {
    let codes = || COUNTRIES.lines().filter_map(|line| line.split('\t').next());
    let of_relation = |(relation, name): (usize, &Relation)| {
        let name = name.name;
        codes().map(|code| DemoFact { id: id(name, code), relation }).collect::<Vec<_>>()
    };
    RELATIONS.iter().enumerate().flat_map(of_relation).collect()
}

/// Their labels in both languages, and the prompts.
pub fn batch() -> FactBatch {
    let mut batch = FactBatch::default();
    for relation in &RELATIONS {
        for (index, language) in LANGUAGES.iter().enumerate() {
            batch.templates.push(TemplateRow {
                relation: relation.name.into(),
                language: (*language).into(),
                text: relation.templates[index].into(),
            });
            for line in COUNTRIES.lines() {
                let columns: Vec<&str> = line.split('\t').collect();
                let label = |concept: Concept| columns[1 + 2 * concept as usize + index].to_owned();
                batch.facts.push(FactRow {
                    id: id(relation.name, columns[0]),
                    relation: relation.name.into(),
                    language: (*language).into(),
                    subject: label(relation.subject),
                    object: label(relation.object),
                    subject_uri: None,
                    object_uri: None,
                });
            }
        }
    }
    batch
}

/// Number of relations.
pub fn relation_count() -> usize {
    RELATIONS.len()
}

fn id(relation: &str, code: &str) -> String {
    format!("{relation}-{code}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_complete_in_both_languages() {
        for line in COUNTRIES.lines() {
            let columns: Vec<&str> = line.split('\t').collect();
            assert_eq!(columns.len(), 11, "{line}");
            assert!(columns.iter().all(|label| !label.is_empty()), "{line}");
        }
        let batch = batch();
        assert_eq!(batch.facts.len(), facts().len() * LANGUAGES.len());
        let paris = batch.facts.iter().filter(|row| row.id == "P36-FR");
        let objects: Vec<&str> = paris.map(|row| row.object.as_str()).collect();
        assert_eq!(objects, ["Paris", "巴黎"]);
    }
}
