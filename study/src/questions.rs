//! Facts put into words: labels and templates of the store as claims, language by language.
//!
//! Facts that lack a label or a template are left out with the reason, and counted. Not for asking.

use crate::error::StudyError;
use crate::model::Claim;
use kndb_storage::{FactId, LanguageId, PromptId, RelationId, Run, Snapshot};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// A fact that can be put into words in every language of a study.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Question {
    /// External id.
    pub fact: String,
    /// Relation.
    pub relation: String,
    /// Template, subject and object by language, in the study's order.
    wordings: Vec<Wording>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Wording {
    language: String,
    template: String,
    subject: String,
    object: String,
}

impl Question {
    /// In one language; with its id and relation, and its template, subject and object.
    pub(crate) fn in_one(language: &str, (fact, relation): (&str, &str), words: [&str; 3]) -> Self {
        let [template, subject, object] = words.map(str::to_owned);
        let wordings = vec![Wording { language: language.to_owned(), template, subject, object }];
        Self { fact: fact.to_owned(), relation: relation.to_owned(), wordings }
    }

    /// The claim in the language with this number.
    pub(crate) fn claim(&self, language: usize) -> Claim<'_> {
        let Wording { language, template, subject, object } = &self.wordings[language];
        Claim { language, template, subject, object }
    }

    pub(crate) fn lower_case_objects(&mut self) {
        for wording in &mut self.wordings {
            wording.object = wording.object.to_lowercase();
        }
    }
}

/// Why facts were left out, and how many for each reason.
pub(crate) type LeftOut = BTreeMap<String, u64>;

/// Counts one more fact.
pub(crate) fn leave_out(left_out: &mut LeftOut, reason: impl Into<String>) {
    *left_out.entry(reason.into()).or_default() += 1;
}

/// Words facts in some languages with one prompt.
pub(crate) struct Wordings<'s> {
    snapshot: &'s Snapshot,
    languages: Vec<LanguageId>,
    prompt: u16,
    templates: HashMap<(RelationId, LanguageId), &'s str>,
}

impl<'s> Wordings<'s> {
    pub(crate) fn new(snapshot: &'s Snapshot, languages: &[String], prompt: u16) -> Result<Self, StudyError> {
        let id = |name: &String| {
            let known = || snapshot.languages().map(|(_, name)| name.to_owned()).collect();
            let unknown = || StudyError::Unknown { what: "language", name: name.clone(), known: known() };
            snapshot.language(name).ok_or_else(unknown)
        };
        let of_prompt = snapshot.templates().filter(|(_, _, number, _)| *number == PromptId(prompt));
        let templates = of_prompt.map(|(relation, language, _, text)| ((relation, language), text)).collect();
        Ok(Self { snapshot, languages: languages.iter().map(id).collect::<Result<_, _>>()?, prompt, templates })
    }

    /// The fact in words; `Ok(Err)` says what is missing.
    pub(crate) fn question(&self, id: &str) -> Result<Result<Question, String>, StudyError> {
        let snapshot = self.snapshot;
        let Some(fact) = snapshot.fact(id)? else { return Ok(Err("not a fact of the store".into())) };
        let Some(relation) = snapshot.fact_relation(fact)? else { return Ok(Err("no relation and no labels".into())) };
        let mut wordings = Vec::with_capacity(self.languages.len());
        for &language in &self.languages {
            let name = snapshot.language_name(language);
            let Some((subject, object)) = snapshot.label(fact, language)? else {
                return Ok(Err(format!("no label in {name}")));
            };
            let Some(&template) = self.templates.get(&(relation, language)) else {
                let relation = snapshot.relation_name(relation);
                return Ok(Err(format!("no prompt {} of {relation} in {name}", self.prompt)));
            };
            let [language, template, subject, object] = [name, template, subject, object].map(str::to_owned);
            wordings.push(Wording { language, template, subject, object });
        }
        let relation = snapshot.relation_name(relation).to_owned();
        Ok(Ok(Question { fact: id.to_owned(), relation, wordings }))
    }
}

/// Whether facts of a relation are studied: of those that are named, of all where none is.
pub(crate) fn is_wanted(relation: &str, relations: &[String]) -> bool {
    relations.is_empty() || relations.iter().any(|named| named == relation)
}

/// Every fact of the store that can be put into words, by relation and then by id; what the others of the wanted relations lack is counted.
pub(crate) fn in_words(
    snapshot: &Snapshot,
    languages: &[String],
    prompt: u16,
    relations: &[String],
) -> Result<(Vec<Question>, LeftOut), StudyError> {
    let wordings = Wordings::new(snapshot, languages, prompt)?;
    let (mut questions, mut left_out) = (Vec::new(), LeftOut::new());
    for fact in snapshot.facts() {
        let fact = FactId(fact);
        match wordings.question(snapshot.external_id(fact)?)? {
            Ok(question) => questions.push(question),
            Err(reason) => {
                let relation = snapshot.fact_relation(fact)?.map(|relation| snapshot.relation_name(relation));
                if relation.is_none_or(|relation| is_wanted(relation, relations)) {
                    leave_out(&mut left_out, reason);
                }
            }
        }
    }
    questions.sort_by(|a, b| (&a.relation, &a.fact).cmp(&(&b.relation, &b.fact)));
    Ok((questions, left_out))
}

/// Refuses no language, and one that is given twice.
pub(crate) fn check_languages(languages: &[String]) -> Result<(), StudyError> {
    let once: BTreeSet<&String> = languages.iter().collect();
    if !languages.is_empty() && once.len() == languages.len() {
        return Ok(());
    }
    let (found, expected) = (languages.join(", "), "one language or more, each once");
    Err(StudyError::Option { option: "languages", found, expected })
}

/// The run by its name.
pub(crate) fn run<'s>(snapshot: &'s Snapshot, name: &str) -> Result<&'s Run, StudyError> {
    let known = || snapshot.runs().map(|run| run.spec.name.clone()).collect();
    snapshot.run_named(name).ok_or_else(|| StudyError::Unknown { what: "run", name: name.to_owned(), known: known() })
}

/// Refuses relations that the store does not have.
pub(crate) fn check_relations(snapshot: &Snapshot, relations: &[String]) -> Result<(), StudyError> {
    let known = || snapshot.relations().map(|(_, name)| name.to_owned()).collect();
    match relations.iter().find(|name| snapshot.relation(name).is_none()) {
        Some(name) => Err(StudyError::Unknown { what: "relation", name: name.clone(), known: known() }),
        None => Ok(()),
    }
}
