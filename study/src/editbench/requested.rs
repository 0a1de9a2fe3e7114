//! Requests of a file as edits: each with its own new object, and its own prompts beside.

mod neurons;
mod wording;

use self::neurons::KnownNeurons;
use self::wording::{as_asked, edit, filled, whole};
use super::options::BenchOptions;
use super::requests::{OwnAnswer, Request, RequestForm, Requests, plain};
use super::source::{Beside, Candidates, EditSource};
use super::stored::drawn_unrelated;
use crate::error::StudyError;
use crate::pool::Pool;
use crate::questions::{LeftOut, Question, in_words, is_wanted, leave_out};
use crate::statements::Sets;
use kndb_storage::{Neuron, Snapshot};
use std::borrow::Cow;

/// Requests whose prompts have their subjects, with both objects.
struct Requested<'s> {
    records: Vec<&'s Request>,
    /// By request: its prompt with the old object, and with the new one.
    questions: Vec<Question>,
    targets: Vec<Question>,
    neurons: Vec<Vec<Neuron>>,
    /// The store's facts, from which unrelated ones are drawn, for a form that has no prompts of them.
    stored: Option<Stored>,
    language: &'s str,
    options: &'s BenchOptions,
}

/// Facts of the store in words.
struct Stored {
    questions: Vec<Question>,
    pool: Pool,
}

impl Stored {
    /// Facts of other relations and of other subjects than a request's; or why none can be told.
    fn unrelated(&self, (at, request): (usize, &Request), options: &BenchOptions) -> Result<Vec<&Question>, String> {
        let (relation, subject) = (request.relation.as_str(), request.subject.trim());
        if relation.is_empty() {
            return Err("no unrelated facts of the store: the request has no relation_id to tell them by".into());
        }
        // A store that calls relations otherwise has the edited fact among the others.
        if !self.pool.has_relation(relation) {
            let relation = plain(relation);
            return Err(format!(
                "no unrelated facts of the store: none of its facts has the request's relation {relation}"
            ));
        }
        let is_about_it = |other: usize| self.questions[other].claim(0).subject.trim() == subject;
        let drawn = drawn_unrelated(&self.pool, (at, &request.id, relation), is_about_it, options);
        Ok(drawn.into_iter().map(|other| &self.questions[other]).collect())
    }
}

/// The requests of the wanted relations.
pub(super) fn candidates<'s>(
    requests: &'s Requests,
    snapshot: &Snapshot,
    neurons: Option<&Sets>,
    options: &'s BenchOptions,
) -> Result<Candidates<'s>, StudyError> {
    requests.check_relations(&options.relations)?;
    let language = options.edit_language();
    let known = neurons.map(|sets| KnownNeurons::read(snapshot, language, sets)).transpose()?;
    let stored = match requests.form {
        RequestForm::CounterFact if snapshot.language(language).is_some() => {
            let (questions, _) = in_words(snapshot, &options.languages, options.prompt, &[])?;
            let pool = Pool::new(&questions, |_| true);
            // Of an empty store it is said once, of all requests.
            (!questions.is_empty()).then_some(Stored { questions, pool })
        }
        _ => None,
    };
    let (questions, targets) = (Vec::new(), Vec::new());
    let mut all = Requested { records: Vec::new(), questions, targets, neurons: Vec::new(), stored, language, options };
    let mut left_out = LeftOut::new();
    for request in requests.records.iter().filter(|of| is_wanted(&of.relation, &options.relations)) {
        let found = edit(request, language).and_then(|both| {
            let neurons = known.as_ref().map_or_else(|| Ok(Vec::new()), |known| known.of(request))?;
            Ok((both, neurons))
        });
        match found {
            Ok(([own, target], neurons)) => {
                all.records.push(request);
                all.questions.push(own);
                all.targets.push(target);
                all.neurons.push(neurons);
            }
            Err(reason) => leave_out(&mut left_out, reason),
        }
    }
    let waiting = (0..all.records.len()).collect();
    Ok(Candidates { source: Box::new(all), waiting, left_out })
}

impl EditSource for Requested<'_> {
    fn questions(&self) -> &[Question] {
        &self.questions
    }

    fn target(&self, at: usize) -> &Question {
        &self.targets[at]
    }

    fn neurons(&self, at: usize) -> Vec<Neuron> {
        self.neurons[at].clone()
    }

    fn beside(&self, at: usize) -> Result<Beside<'_>, StudyError> {
        let (request, own) = (self.records[at], &self.questions[at]);
        let mut dropped = Vec::new();
        let mut asked = |of: &OwnAnswer, what: &str| {
            // About something else: a `{}` in it is no place of the edit's subject.
            let prompt = as_asked(&of.prompt);
            let mut answers = of.answers.iter().map(|answer| answer.trim().to_owned());
            match answers.next().filter(|first| !first.is_empty() && !prompt.is_empty()) {
                Some(first) => {
                    let question = whole(own, self.language, &prompt, &first);
                    Some((Cow::Owned(question), answers.collect::<Vec<String>>()))
                }
                None => {
                    dropped.push(format!("{what} without a text or a right answer"));
                    None
                }
            }
        };
        let portability = request.portability.iter().filter_map(|of| asked(of, "a portability prompt")).collect();
        let neighbours = request.neighbours.iter().filter_map(|of| Some(asked(of, "a neighbour")?.0));
        let neighbours: Vec<Cow<'_, Question>> = neighbours.collect();
        let mut unrelated: Vec<Cow<'_, Question>> =
            request.unrelated.iter().filter_map(|of| Some(asked(of, "an unrelated prompt")?.0)).collect();
        if let Some(stored) = &self.stored {
            match stored.unrelated((at, request), self.options) {
                Ok(drawn) => unrelated.extend(drawn.into_iter().map(Cow::Borrowed)),
                Err(reason) => dropped.push(reason),
            }
        }
        // Of a subject that has the new object it would be right to answer it.
        let new = self.targets[at].claim(0).object;
        let (with_new, neighbours): (Vec<_>, Vec<_>) =
            neighbours.into_iter().partition(|neighbour| neighbour.claim(0).object == new);
        dropped.extend(with_new.iter().map(|_| "a neighbour whose own object is the new one".to_owned()));
        let old = own.claim(0).object;
        let mut paraphrases = Vec::new();
        for prompt in request.paraphrases.iter().map(|prompt| filled(prompt, &request.subject)) {
            match prompt.is_empty() {
                true => dropped.push("a paraphrase without a text".to_owned()),
                false => paraphrases.push(Cow::Owned(whole(own, self.language, &prompt, old))),
            }
        }
        Ok(Beside { paraphrases, neighbours: [neighbours, Vec::new()], unrelated, portability, dropped })
    }
}
