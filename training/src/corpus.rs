//! The fact table as training sees it: every fact with every template of its relation and language, and which of
//! these pairs are trained on.
//!
//! Not a general reader of fact tables: `kndb facts` is.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::error::{Result, TrainingError};

/// Templates a relation must have: the last is never trained on, two of the others are held out for each fact.
const TEMPLATES: usize = 8;

/// A fact in one language.
pub struct Fact {
    /// Index of its language in [`Corpus::languages`].
    pub language: usize,
    /// Name of its relation.
    pub relation: String,
    /// Its number within the relation, the same in every language.
    pub line: usize,
    /// Label of the subject.
    pub subject: String,
    /// Label of the object.
    pub object: String,
}

/// What a pair of fact and template is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Part {
    /// Trained on: five templates a fact.
    Trained,
    /// A template that is trained with other facts of the relation, not with this one: two a fact.
    HeldOut,
    /// The template that is trained with no fact: one a relation.
    NeverTrained,
}

impl Part {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Trained, Self::HeldOut, Self::NeverTrained];

    /// The part of a template, by the fact's and the template's number. `demo/README.md` documents this rule.
    fn of(line: usize, template: usize) -> Self {
        let pool = TEMPLATES - 1;
        if template == pool {
            Self::NeverTrained
        } else if template == line % pool || template == (line + 3) % pool {
            Self::HeldOut
        } else {
            Self::Trained
        }
    }
}

/// A fact asked with a template.
pub struct Question<'a> {
    /// The fact.
    pub fact: &'a Fact,
    /// The template.
    pub template: &'a str,
    /// What the pair is for.
    pub part: Part,
}

/// The fact table in some languages.
pub struct Corpus {
    /// The languages, in the order asked for.
    pub languages: Vec<String>,
    /// All facts, language by language.
    pub facts: Vec<Fact>,
    /// Templates of a language's relation.
    templates: BTreeMap<(usize, String), Vec<String>>,
}

#[derive(Deserialize)]
struct FactLine {
    lineid: usize,
    sub_label: String,
    obj_label: String,
}

#[derive(Deserialize)]
struct TemplateLine {
    relation: String,
    template: String,
}

impl Corpus {
    /// Reads the languages of a folder in mLAMA's layout.
    pub fn read(folder: &Path, languages: &[&str]) -> Result<Self> {
        let mut corpus = Self {
            languages: languages.iter().map(|&language| language.to_owned()).collect(),
            facts: Vec::new(),
            templates: BTreeMap::new(),
        };
        for (language, name) in languages.iter().enumerate() {
            let folder = folder.join(name);
            for TemplateLine { relation, template } in rows(&folder.join("templates.jsonl"))? {
                check_template(&template)?;
                corpus.templates.entry((language, relation)).or_default().push(template);
            }
            let relations: Vec<_> = corpus.templates.iter().filter(|((of, _), _)| *of == language).collect();
            for ((_, relation), templates) in relations {
                if templates.len() != TEMPLATES {
                    let found = format!("{relation} has {} templates in {name}, not {TEMPLATES}", templates.len());
                    return Err(TrainingError::Facts { folder, found });
                }
                for FactLine { lineid, sub_label, obj_label } in rows(&folder.join(format!("{relation}.jsonl")))? {
                    let (relation, line) = (relation.clone(), lineid);
                    corpus.facts.push(Fact { language, relation, line, subject: sub_label, object: obj_label });
                }
            }
        }
        Ok(corpus)
    }

    /// Every fact with every template of its relation.
    pub fn questions(&self) -> impl Iterator<Item = Question<'_>> {
        self.facts.iter().flat_map(|fact| {
            let templates = self.templates.get(&(fact.language, fact.relation.clone()));
            templates.into_iter().flatten().enumerate().map(|(number, template)| Question {
                fact,
                template,
                part: Part::of(fact.line, number),
            })
        })
    }

    /// Templates whose text before the object is the beginning of another of their language, and that other. A
    /// causal model that has learnt a fact with the longer one goes on with its words where the shorter one asks.
    pub fn beginnings(&self) -> Vec<(&str, &str)> {
        let mut found = Vec::new();
        for number in 0..self.languages.len() {
            let of_language = self.templates.iter().filter(|((language, _), _)| *language == number);
            let templates: Vec<_> = of_language.flat_map(|(_, templates)| templates).map(String::as_str).collect();
            for &template in &templates {
                let before = template.split("[Y]").next().unwrap_or_default().trim_end();
                let longer = templates.iter().filter(|&&other| other != template && other.starts_with(before));
                found.extend(longer.map(|&longer| (template, longer)));
            }
        }
        found
    }

    /// All templates of all languages.
    pub fn templates(&self) -> impl Iterator<Item = &str> {
        self.templates.values().flatten().map(String::as_str)
    }
}

fn check_template(template: &str) -> Result<()> {
    let end = template.find("[X]").and_then(|subject| template.find("[Y]").filter(|&object| object > subject));
    match end {
        Some(object) if !template[object + 3..].contains(char::is_alphanumeric) => Ok(()),
        _ => Err(TrainingError::Template { template: template.to_owned() }),
    }
}

fn rows<T: DeserializeOwned>(path: &Path) -> Result<Vec<T>> {
    let text = fs::read_to_string(path).map_err(|source| TrainingError::Io {
        file: path.to_owned(),
        doing: "read",
        source,
    })?;
    let rows = text.lines().enumerate().map(|(number, line)| {
        serde_json::from_str(line).map_err(|source| TrainingError::Row {
            file: path.to_owned(),
            line: number + 1,
            source,
        })
    });
    rows.collect()
}

#[cfg(test)]
pub mod tests {
    use std::collections::HashMap;
    use std::path::PathBuf;

    use super::{Corpus, Part, check_template};

    /// The tables that are shipped: that of the four older models, that of three languages.
    pub fn shipped() -> [Corpus; 2] {
        let table = |name: &str, languages: &[&str]| {
            let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../demo").join(name);
            Corpus::read(&folder, languages).expect("a shipped table")
        };
        [table("facts", &["en", "zh"]), table("facts-trilingual", &["en", "zh", "fr"])]
    }

    #[test]
    fn a_fact_trains_five_templates_holds_out_two_and_never_sees_one() {
        for line in 0..20 {
            let mut parts = HashMap::new();
            for template in 0..8 {
                *parts.entry(Part::of(line, template)).or_insert(0) += 1;
            }
            assert_eq!(parts, HashMap::from([(Part::Trained, 5), (Part::HeldOut, 2), (Part::NeverTrained, 1)]));
        }
    }

    #[test]
    fn every_language_of_a_shipped_table_has_the_same_facts() {
        for corpus in shipped() {
            let of = |language| {
                let facts = corpus.facts.iter().filter(move |fact| fact.language == language);
                facts.map(|fact| (fact.relation.clone(), fact.line)).collect::<Vec<_>>()
            };
            assert!(of(0).len() > 1_000);
            for language in 1..corpus.languages.len() {
                assert_eq!(of(0), of(language));
            }
            assert_eq!(corpus.questions().count(), corpus.facts.len() * 8);
        }
    }

    #[test]
    fn no_template_of_three_languages_is_the_beginning_of_another_and_one_of_two_is() {
        let [bilingual, trilingual] = shipped();
        let known = ("The official language of [X] is [Y].", "The official language of [X] is called [Y].");
        assert_eq!(bilingual.beginnings(), [known]);
        assert_eq!(trilingual.beginnings(), []);
    }

    #[test]
    fn a_template_must_end_in_its_object() {
        assert!(check_template("The capital of [X] is [Y].").is_ok());
        assert!(check_template("[X]的首都是[Y]。").is_ok());
        assert!(check_template("[Y] is the capital of [X].").is_err());
        assert!(check_template("[X] has [Y] as its capital.").is_err());
    }
}
