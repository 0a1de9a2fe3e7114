//! The edits themselves: probabilities before and after, of a fact and of an unrelated one.

use super::facts::{NeuronSets, Plan};
use super::options::{Draws, EditOptions, Sequence};
use crate::asking::{Answer, Asking};
use crate::error::StudyError;
use crate::model::{Change, Edit, LanguageModel};
use crate::pool::Pool;
use crate::questions::Question;
use crate::statements::Sets;
use crate::streams::stream;
use crate::watch::{Stage, Watch, for_each};
use kndb_storage::Neuron;
use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};
use std::collections::BTreeMap;
use std::fmt;

/// Whose neurons are edited.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Method {
    /// The language-independent neurons L.
    Likn,
    /// The neurons of another language.
    Mono {
        /// That language.
        source: String,
    },
    /// The neurons of all languages, one after the other.
    Sequential,
    /// Random neurons of the layers of L: the control.
    Random,
    /// The language-independent neurons of another fact of the same relation, on this fact: the sharper control.
    OtherLikn,
    /// L on that other fact.
    LiknOnOther,
}

impl Method {
    /// The paper's name, without the source language.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Likn => "LIKN",
            Self::Mono { .. } => "Mono-KN",
            Self::Sequential => "Seq-KN",
            Self::Random => "random",
            Self::OtherLikn => "other's LIKN",
            Self::LiknOnOther => "LIKN on other",
        }
    }

    /// The methods of a language, in the order of the tables.
    pub(crate) fn all(language: &str, languages: &[String]) -> Vec<Self> {
        let others = languages.iter().filter(|other| *other != language);
        let mono = others.map(|source| Self::Mono { source: source.clone() });
        let controls = [Self::Sequential, Self::Random, Self::OtherLikn, Self::LiknOnOther];
        std::iter::once(Self::Likn).chain(mono).chain(controls).collect()
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Mono { source } => write!(f, "Mono-KN {source}"),
            other => f.write_str(other.name()),
        }
    }
}

/// As its name and, of Mono-KN, the source: the two columns of the CSV.
impl Serialize for Method {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let source = match self {
            Self::Mono { source } => Some(source.as_str()),
            _ => None,
        };
        let mut fields = serializer.serialize_struct("Method", 2)?;
        fields.serialize_field("name", self.name())?;
        fields.serialize_field("source", &source)?;
        fields.end()
    }
}

/// Relative changes of probability: (after − before) / before.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Changes {
    /// Of the fact whose neurons were edited.
    pub related: f64,
    /// Of the unrelated fact.
    pub unrelated: f64,
}

/// One fact in one language by one method.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct EditRow {
    /// The fact.
    pub fact: String,
    /// Its relation.
    pub relation: String,
    /// Language it was asked in.
    pub language: String,
    /// Whose neurons were edited.
    pub method: Method,
    /// How many different neurons that were.
    pub neurons: usize,
    /// p(object) before; of `LIKN on other` the other fact's.
    pub probability: f64,
    /// The other fact of the same relation, of the methods that have one.
    pub other_fact: Option<String>,
    /// The unrelated fact.
    pub unrelated_fact: String,
    /// Its relation.
    pub unrelated_relation: String,
    /// Its p(object) before.
    pub unrelated_probability: f64,
    /// With the neurons suppressed.
    pub suppress: Changes,
    /// With the neurons enhanced.
    pub enhance: Changes,
}

/// Unrelated facts that are tried before a fact is given up: a model may be unable to be asked some.
const TRIES: usize = 50;

/// Measures every studied fact in every language. Also the reasons of what could not be measured.
pub(crate) fn measure(
    model: &dyn LanguageModel,
    (sets, controls): (&NeuronSets, &Sets),
    plan: &Plan,
    options: &EditOptions,
    watch: &Watch<'_>,
) -> Result<(Vec<EditRow>, Vec<String>), StudyError> {
    let languages = 0..options.languages.len();
    let of_fact = |&fact: &usize| languages.clone().map(move |language| (fact, language));
    let jobs: Vec<(usize, usize)> = plan.studied.iter().flat_map(of_fact).collect();
    let measuring = Measuring { model, sets, controls, plan, options };
    let fact_of = |&(fact, _): &(usize, usize)| plan.questions[fact].fact.clone();
    let results = for_each(watch, Stage::Editing, &jobs, fact_of, |&(fact, language)| measuring.fact(fact, language))?;
    let (mut rows, mut refused) = (Vec::new(), Vec::new());
    for result in results {
        match result {
            Ok(measured) => rows.extend(measured),
            Err(reason) => refused.push(reason),
        }
    }
    Ok((rows, refused))
}

struct Measuring<'a> {
    model: &'a dyn LanguageModel,
    sets: &'a NeuronSets,
    /// Random neurons, of the studied facts that have an L.
    controls: &'a Sets,
    plan: &'a Plan,
    options: &'a EditOptions,
}

/// Another fact of the same relation, with p untouched and with L suppressed and enhanced.
struct OtherFact<'a> {
    question: &'a Question,
    probabilities: Vec<f64>,
}

/// A method with the neurons it edits, one list an edit.
struct Planned<'a> {
    method: Method,
    neurons: Vec<Vec<Neuron>>,
    pool: &'a Pool,
}

impl Measuring<'_> {
    fn fact(&self, at: usize, language: usize) -> Answer<Vec<EditRow>> {
        let (question, options) = (&self.plan.questions[at], self.options);
        let methods = Method::all(&options.languages[language], &options.languages).into_iter();
        let other = self.other(at, language)?;
        // L on the other fact was measured with it; its unrelated change is that of L.
        let methods = methods.filter(|method| *method != Method::LiknOnOther);
        let methods = methods.filter(|method| *method != Method::OtherLikn || other.is_some());
        let planned = methods.map(|method| {
            let pool = self.plan.pool(&method, &options.languages);
            let of = if let (Method::OtherLikn, Some(other)) = (&method, &other) { other.question } else { question };
            Planned { neurons: self.neurons(&method, of), pool, method }
        });
        let planned: Vec<Planned<'_>> = planned.filter(|planned| planned.pool.contains(at)).collect();
        let related = match self.probabilities(question, language, &planned)? {
            Ok(related) => related,
            Err(reason) => return Ok(Err(format!("{reason} ({})", options.languages[language]))),
        };
        // Methods that share a draw are asked together.
        let sharing = match options.protocol.draws {
            Draws::Shared => planned.len().max(1),
            Draws::PerMethod => 1,
        };
        let mut rows = Vec::with_capacity(planned.len());
        for (number, planned) in planned.chunks(sharing).enumerate() {
            let Some((unrelated, asked)) = self.unrelated(at, language, planned)? else {
                let language = &options.languages[language];
                return Ok(Err(format!("no unrelated fact that can be asked in {TRIES} draws ({language})")));
            };
            for (place, planned) in planned.iter().enumerate() {
                let changes = |variant: usize| Changes {
                    related: change(&related, number * sharing + place, variant),
                    unrelated: change(&asked, place, variant),
                };
                rows.push(EditRow {
                    fact: question.fact.clone(),
                    relation: question.relation.clone(),
                    language: options.languages[language].clone(),
                    method: planned.method.clone(),
                    neurons: distinct(&planned.neurons),
                    probability: related[0],
                    other_fact: other.as_ref().filter(|_| planned.method == Method::OtherLikn).map(OtherFact::id),
                    unrelated_fact: unrelated.fact.clone(),
                    unrelated_relation: unrelated.relation.clone(),
                    unrelated_probability: asked[0],
                    suppress: changes(0),
                    enhance: changes(1),
                });
            }
        }
        let likn = rows.iter().find(|row| row.method == Method::Likn);
        if let (Some(other), Some(likn)) = (&other, likn) {
            rows.push(other.row(likn));
        }
        Ok(Ok(rows))
    }

    /// A random other fact of the relation that has an L of its own, under the edits of this fact's L. `None` where there is none that
    /// can be asked. The draws are the same in every language.
    fn other(&self, at: usize, language: usize) -> Result<Option<OtherFact<'_>>, StudyError> {
        let question = &self.plan.questions[at];
        let pool = self.plan.pool(&Method::Likn, &self.options.languages);
        if !pool.contains(at) {
            return Ok(None);
        }
        let planned = Planned { method: Method::Likn, neurons: self.neurons(&Method::Likn, question), pool };
        let mut stream = stream(self.options.seed, "other of the relation", &[&question.fact]);
        for _ in 0..TRIES {
            let drawn = pool.draw_related(&mut stream, at, &question.relation);
            let Some(question) = drawn.map(|drawn| &self.plan.questions[drawn]) else { return Ok(None) };
            if let Ok(probabilities) = self.probabilities(question, language, std::slice::from_ref(&planned))?
                && probabilities[0] > 0.0
            {
                return Ok(Some(OtherFact { question, probabilities }));
            }
        }
        Ok(None)
    }

    /// p untouched, then p suppressed and enhanced for each method.
    fn probabilities(&self, question: &Question, language: usize, planned: &[Planned<'_>]) -> Answer<Vec<f64>> {
        let changed = |neurons: &[Vec<Neuron>], change| {
            neurons.iter().map(|neurons| Edit { neurons: neurons.clone(), change }).collect::<Vec<_>>()
        };
        let both =
            |planned: &Planned<'_>| [Change::SUPPRESS, Change::ENHANCE].map(|change| changed(&planned.neurons, change));
        let edits: Vec<Vec<Edit>> = std::iter::once(Vec::new()).chain(planned.iter().flat_map(both)).collect();
        Asking { model: self.model, fact: &question.fact }.probabilities(&question.claim(language), &edits)
    }

    /// An unrelated fact with its probabilities. The draws are the same in every language.
    fn unrelated(
        &self,
        at: usize,
        language: usize,
        planned: &[Planned<'_>],
    ) -> Result<Option<(&Question, Vec<f64>)>, StudyError> {
        let (question, protocol) = (&self.plan.questions[at], &self.options.protocol);
        let Some(first) = planned.first() else { return Ok(None) };
        let method = first.method.to_string();
        let about = match protocol.draws {
            Draws::Shared => vec![question.fact.as_str()],
            Draws::PerMethod => vec![question.fact.as_str(), method.as_str()],
        };
        let mut stream = stream(self.options.seed, "unrelated", &about);
        for _ in 0..TRIES {
            let drawn = first.pool.draw(&mut stream, at, &question.relation, protocol.unrelated);
            let Some(unrelated) = drawn.map(|drawn| &self.plan.questions[drawn]) else { return Ok(None) };
            if let Ok(asked) = self.probabilities(unrelated, language, planned)?
                && asked[0] > 0.0
            {
                return Ok(Some((unrelated, asked)));
            }
        }
        Ok(None)
    }

    fn neurons(&self, method: &Method, question: &Question) -> Vec<Vec<Neuron>> {
        let of = |sets: &BTreeMap<String, Vec<Neuron>>| sets.get(&question.fact).cloned().unwrap_or_default();
        let languages = &self.options.languages;
        match method {
            // Of the other fact, it is the question that is another.
            Method::Likn | Method::OtherLikn | Method::LiknOnOther => vec![of(&self.sets.likn)],
            Method::Mono { source } => {
                let place = languages.iter().position(|language| language == source);
                vec![place.map(|place| of(&self.sets.kn[place])).unwrap_or_default()]
            }
            Method::Sequential => match self.options.protocol.sequence {
                Sequence::InForce => self.sets.kn.iter().map(of).collect(),
                Sequence::LastOnly => self.sets.kn.last().map(of).into_iter().collect(),
            },
            Method::Random => vec![of(self.controls)],
        }
    }
}

impl OtherFact<'_> {
    fn id(&self) -> String {
        self.question.fact.clone()
    }

    /// What the fact's L did to the other fact, beside what it did to the same unrelated fact.
    fn row(&self, likn: &EditRow) -> EditRow {
        let changes =
            |variant: usize, of_likn: Changes| Changes { related: change(&self.probabilities, 0, variant), ..of_likn };
        EditRow {
            method: Method::LiknOnOther,
            probability: self.probabilities[0],
            other_fact: Some(self.id()),
            suppress: changes(0, likn.suppress),
            enhance: changes(1, likn.enhance),
            ..likn.clone()
        }
    }
}

/// (after − before) / before; `variant` 0 is suppressed, 1 enhanced.
fn change(probabilities: &[f64], method: usize, variant: usize) -> f64 {
    let before = probabilities[0];
    (probabilities[1 + 2 * method + variant] - before) / before
}

fn distinct(neurons: &[Vec<Neuron>]) -> usize {
    let mut all = neurons.concat();
    all.sort_unstable();
    all.dedup();
    all.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_other_language_is_a_source() {
        let languages = ["en", "zh", "de"].map(str::to_owned);
        let names: Vec<String> = Method::all("zh", &languages).iter().map(Method::to_string).collect();
        assert_eq!(names, ["LIKN", "Mono-KN en", "Mono-KN de", "Seq-KN", "random", "other's LIKN", "LIKN on other"]);
    }
}
