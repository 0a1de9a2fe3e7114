//! A fact that is edited, and what is asked beside it.

use super::options::BenchOptions;
use super::plan::{asked, has_other_tokens};
use super::source::EditSource;
use crate::control::anywhere;
use crate::error::StudyError;
use crate::model::LanguageModel;
use crate::questions::Question;
use kndb_storage::Neuron;

/// A fact that is edited.
pub(super) struct Item {
    /// The fact as it is.
    pub own: Question,
    /// The fact whose object it gets.
    pub target: Question,
    /// By language: p of the old and of the new object, of the unedited model.
    pub before: Vec<[f64; 2]>,
    /// By language: whether the new object has another number of tokens.
    pub other_tokens: Vec<bool>,
    /// Facts of the relation with the same old object, and with others.
    pub neighbours: [Vec<Question>; 2],
    /// Facts of other relations, with p of their own objects before by language.
    pub unrelated: Vec<(Question, Vec<f64>)>,
    /// The fact in the relation's other templates.
    pub paraphrases: Vec<Question>,
    /// What follows from the edit.
    pub portability: Vec<Ported>,
    /// Its neurons.
    pub neurons: Vec<Neuron>,
    /// As many random ones.
    pub random: Vec<Neuron>,
}

/// A prompt about what follows from an edit. Requests have it, and are asked in one language.
pub(super) struct Ported {
    /// With the first of the right answers as its object.
    pub question: Question,
    /// The other right answers.
    pub others: Vec<String>,
    /// p of the first, of the unedited model.
    pub before: f64,
}

impl Item {
    /// Also why some of what would have been asked cannot be.
    pub(super) fn new(
        source: &dyn EditSource,
        at: usize,
        model: &dyn LanguageModel,
        options: &BenchOptions,
    ) -> Result<(Self, Vec<String>), StudyError> {
        let (own, new) = (&source.questions()[at], source.target(at));
        let beside = source.beside(at)?;
        let languages = 0..options.languages.len();
        let (mut before, mut other_tokens, mut dropped) = (Vec::new(), Vec::new(), beside.dropped);
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
        let mut paraphrases = Vec::new();
        for paraphrase in beside.paraphrases {
            if can_be_asked(&paraphrase, new, "a paraphrase")? {
                paraphrases.push(paraphrase.into_owned());
            }
        }
        let mut neighbours = [Vec::new(), Vec::new()];
        for (kept, of) in neighbours.iter_mut().zip(beside.neighbours) {
            for other in of {
                if options.neighbours.is_none_or(|most| kept.len() < most) && can_be_asked(&other, new, "a neighbour")?
                {
                    kept.push(other.into_owned());
                }
            }
        }
        let mut unrelated = Vec::new();
        for other in beside.unrelated {
            if options.neighbours.is_none_or(|most| unrelated.len() < most)
                && can_be_asked(&other, &other, "an unrelated fact")?
            {
                let before = languages.clone().map(|language| asked(model, &other, &other, language));
                let before: Vec<f64> = before
                    .map(|found| Ok(found?.map_or(f64::NAN, |[own, _]| own)))
                    .collect::<Result<_, StudyError>>()?;
                unrelated.push((other.into_owned(), before));
            }
        }
        let mut portability = Vec::new();
        for (question, others) in beside.portability {
            if can_be_asked(&question, &question, "a portability prompt")? {
                let before = asked(model, &question, &question, 0)?.map_or(f64::NAN, |[own, _]| own);
                portability.push(Ported { question: question.into_owned(), others, before });
            }
        }
        let neurons = source.neurons(at);
        let random = anywhere(&neurons, model.shape(), options.seed, &own.fact);
        let (own, target) = (own.clone(), new.clone());
        let item = Self {
            own,
            target,
            before,
            other_tokens,
            neighbours,
            unrelated,
            paraphrases,
            portability,
            neurons,
            random,
        };
        Ok((item, dropped))
    }
}
