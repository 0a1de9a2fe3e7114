//! A fact that is edited, and what is asked beside it.

use super::options::BenchOptions;
use super::plan::{asked, has_other_tokens};
use crate::control::anywhere;
use crate::editing::Unrelated;
use crate::error::StudyError;
use crate::model::LanguageModel;
use crate::pool::Pool;
use crate::questions::Question;
use crate::streams::{key, stream};
use kndb_storage::Neuron;
use std::collections::HashSet;

/// A fact that is edited.
pub(super) struct Item {
    /// Its number.
    pub at: usize,
    /// That of the fact whose object it gets.
    pub target: usize,
    /// By language: p of the old and of the new object, of the unedited model.
    pub before: Vec<[f64; 2]>,
    /// By language: whether the new object has another number of tokens.
    pub other_tokens: Vec<bool>,
    /// Facts of the relation with the same old object, and with others.
    pub neighbours: [Vec<usize>; 2],
    /// Facts of other relations, with p of their own objects before by language.
    pub unrelated: Vec<(usize, Vec<f64>)>,
    /// The fact in the relation's other templates.
    pub paraphrases: Vec<Question>,
    /// Its neurons.
    pub neurons: Vec<Neuron>,
    /// As many random ones.
    pub random: Vec<Neuron>,
}

impl Item {
    /// Also why some of what would have been asked cannot be.
    pub(super) fn new(
        (questions, pool): (&[Question], &Pool),
        (at, target): (usize, usize),
        (paraphrases, neurons): (Vec<Question>, Vec<Neuron>),
        model: &dyn LanguageModel,
        options: &BenchOptions,
    ) -> Result<(Self, Vec<String>), StudyError> {
        let (own, new) = (&questions[at], &questions[target]);
        let languages = 0..options.languages.len();
        let (mut before, mut other_tokens, mut dropped) = (Vec::new(), Vec::new(), Vec::new());
        for language in languages.clone() {
            match asked(model, own, new, language)? {
                Ok(both) => before.push(both),
                Err(found) => {
                    let (fact, language) = (own.fact.clone(), options.languages[language].clone());
                    let expected = "the answer that it gave a moment ago".into();
                    return Err(StudyError::Answer { fact, language, found, expected });
                }
            }
            other_tokens.push(has_other_tokens(model, own, new, language)?);
        }
        // What cannot be asked of the unedited model in some language is asked of none.
        let mut can_be_asked = |question: &Question, object_of: &Question, what: &str| {
            for language in languages.clone() {
                if let Err(reason) = asked(model, question, object_of, language)? {
                    dropped.push(format!("{what} that cannot be asked: {reason} ({})", options.languages[language]));
                    return Ok(false);
                }
            }
            Ok::<bool, StudyError>(true)
        };
        let mut kept = Vec::new();
        for paraphrase in paraphrases {
            if can_be_asked(&paraphrase, new, "a paraphrase")? {
                kept.push(paraphrase);
            }
        }
        let mut neighbours = [Vec::new(), Vec::new()];
        for (kept, of) in neighbours.iter_mut().zip(self::neighbours(questions, (at, target), options)) {
            for other in of {
                if kept.len() < options.neighbours && can_be_asked(&questions[other], new, "a neighbour")? {
                    kept.push(other);
                }
            }
        }
        let mut unrelated = Vec::new();
        for other in self::unrelated((questions, pool), at, options) {
            let question = &questions[other];
            if can_be_asked(question, question, "an unrelated fact")? {
                let before = languages.clone().map(|language| asked(model, question, question, language));
                let before: Vec<f64> = before
                    .map(|found| Ok(found?.map_or(f64::NAN, |[own, _]| own)))
                    .collect::<Result<_, StudyError>>()?;
                unrelated.push((other, before));
            }
        }
        let random = anywhere(&neurons, model.shape(), options.seed, &own.fact);
        let item = Self { at, target, before, other_tokens, neighbours, unrelated, paraphrases: kept, neurons, random };
        Ok((item, dropped))
    }
}

/// Facts of the relation with the same object in the language of the edit, and with others, but none with the new one: in an order by the seed.
fn neighbours(questions: &[Question], (at, target): (usize, usize), options: &BenchOptions) -> [Vec<usize>; 2] {
    let object = |at: usize| questions[at].claim(0).object;
    let own = &questions[at];
    let has_new = |other: usize| {
        let same = |language| questions[other].claim(language).object == questions[target].claim(language).object;
        (0..options.languages.len()).any(same)
    };
    // Of a subject that has the new object, too, it would be right to answer it.
    let of_relation = questions.iter().enumerate().filter(|(_, question)| question.relation == own.relation);
    let with_new: HashSet<&str> =
        of_relation.filter(|&(other, _)| has_new(other)).map(|(_, question)| question.claim(0).subject).collect();
    let of_relation = |&other: &usize| {
        other != at
            && questions[other].relation == own.relation
            && questions[other].claim(0).subject != own.claim(0).subject
            && !with_new.contains(questions[other].claim(0).subject)
    };
    let mut all: Vec<usize> = (0..questions.len()).filter(of_relation).collect();
    all.sort_by_cached_key(|&other| key(options.seed, "neighbour", &[&own.fact, &questions[other].fact]));
    let (same, others) = all.into_iter().partition(|&it| object(it) == object(at));
    [same, others]
}

/// Facts of other relations, each once; fewer where there are no more.
fn unrelated((questions, pool): (&[Question], &Pool), at: usize, options: &BenchOptions) -> Vec<usize> {
    let own = &questions[at];
    let mut stream = stream(options.seed, "unrelated", &[&own.fact]);
    let mut drawn = Vec::new();
    // Some come again: a few more draws than facts.
    for _ in 0..4 * options.neighbours {
        let Some(other) = pool.draw(&mut stream, at, &own.relation, Unrelated::OtherRelation) else { break };
        if drawn.len() < options.neighbours && !drawn.contains(&other) {
            drawn.push(other);
        }
    }
    drawn
}
