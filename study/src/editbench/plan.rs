//! Which facts are edited to which objects.

use super::item::Item;
use super::options::BenchOptions;
use crate::askable::askable;
use crate::asking::{Answer, Asking};
use crate::error::StudyError;
use crate::model::LanguageModel;
use crate::pool::Pool;
use crate::questions::{LeftOut, Question, Wordings, in_words, is_wanted, leave_out};
use crate::statements::Sets;
use crate::streams::stream;
use crate::watch::{Stage, Watch, for_each};
use kndb_storage::{PromptId, Snapshot};
use rand::Rng;
use std::collections::{BTreeMap, BTreeSet};

/// Facts that can be put into words in every language, and those of them that are edited.
pub(super) struct Plan {
    pub questions: Vec<Question>,
    pub pool: Pool,
    /// Facts that may be studied, by their numbers, in the order of their ids once they were asked; with the fact whose object each gets.
    studied: Vec<(usize, usize)>,
    /// Those that are, in that order.
    pub items: Vec<Item>,
    left_out: LeftOut,
}

impl Plan {
    pub(super) fn new(snapshot: &Snapshot, neurons: Option<&Sets>, options: &BenchOptions) -> Result<Self, StudyError> {
        let (questions, mut left_out) = in_words(snapshot, &options.languages, options.prompt, &options.relations)?;
        let places: BTreeMap<&str, usize> = questions.iter().enumerate().map(|(at, q)| (q.fact.as_str(), at)).collect();
        let language = snapshot.language(options.edit_language());
        let mut objects = BTreeMap::new();
        let mut studied = Vec::new();
        for (at, question) in questions.iter().enumerate().filter(|(_, q)| is_wanted(&q.relation, &options.relations)) {
            if neurons.is_some_and(|sets| sets.get(&question.fact).is_none_or(Vec::is_empty)) {
                leave_out(&mut left_out, format!("no knowledge neurons ({})", options.edit_language()));
                continue;
            }
            if !objects.contains_key(&question.relation)
                && let (Some(relation), Some(language)) = (snapshot.relation(&question.relation), language)
            {
                objects.insert(question.relation.clone(), snapshot.objects(relation, language)?);
            }
            let wrong = objects.get(&question.relation).map(|all| all.false_of(&question.fact)).unwrap_or_default();
            let wrong: Vec<usize> = wrong.iter().filter_map(|(fact, _)| places.get(fact).copied()).collect();
            if wrong.is_empty() {
                leave_out(&mut left_out, "no other object in its relation");
                continue;
            }
            let place = stream(options.seed, "new object", &[&question.fact]).random_range(0..wrong.len());
            studied.push((at, wrong[place]));
        }
        let pool = Pool::new(&questions, |_| true);
        Ok(Self { questions, pool, studied, items: Vec::new(), left_out })
    }

    /// Keeps the facts that the model can be asked in every language, with both objects, up to the limit.
    pub(super) fn ask(
        &mut self,
        model: &dyn LanguageModel,
        options: &BenchOptions,
        watch: &Watch<'_>,
    ) -> Result<(), StudyError> {
        let targets: BTreeMap<usize, usize> = std::mem::take(&mut self.studied).into_iter().collect();
        let can_be_asked = |at: usize| -> Answer<()> {
            let (own, new) = (&self.questions[at], &self.questions[targets[&at]]);
            for (language, name) in options.languages.iter().enumerate() {
                if let Err(reason) = fits(model, (own, new), language, options)? {
                    return Ok(Err(format!("{reason} ({name})")));
                }
            }
            Ok(Ok(()))
        };
        let (waiting, drawn) = (targets.keys().copied().collect(), (options.seed, options.limit));
        let (kept, refused) = askable(&self.questions, waiting, drawn, watch, can_be_asked)?;
        self.studied = kept.into_iter().map(|at| (at, targets[&at])).collect();
        refused.into_iter().for_each(|reason| self.leave_out(reason));
        if self.studied.is_empty() {
            return Err(StudyError::NoFacts { left_out: self.left_out(), conditions: Vec::new(), sets: Vec::new() });
        }
        Ok(())
    }

    /// Finds what is asked beside each fact, and asks the unedited model all of it.
    pub(super) fn prepare(
        &mut self,
        snapshot: &Snapshot,
        (model, neurons): (&dyn LanguageModel, Option<&Sets>),
        options: &BenchOptions,
        watch: &Watch<'_>,
    ) -> Result<(), StudyError> {
        let others: BTreeSet<PromptId> = snapshot.templates().map(|(_, _, number, _)| number).collect();
        let others = others.into_iter().filter(|number| number.0 != options.prompt);
        let others: Vec<Wordings<'_>> =
            others.map(|number| Wordings::new(snapshot, &options.languages, number.0)).collect::<Result<_, _>>()?;
        let fact_of = |&(at, _): &(usize, usize)| self.questions[at].fact.clone();
        let (questions, pool) = (&self.questions, &self.pool);
        let prepared = for_each(watch, Stage::Asking, &self.studied, fact_of, |&(at, target)| {
            let mut paraphrases = Vec::new();
            for wordings in &others {
                paraphrases.extend(wordings.question(&questions[at].fact)?.ok());
            }
            let own = neurons.and_then(|sets| sets.get(&questions[at].fact).cloned()).unwrap_or_default();
            Item::new((questions, pool), (at, target), (paraphrases, own), model, options)
        })?;
        for (item, dropped) in prepared {
            dropped.into_iter().for_each(|reason| self.leave_out(reason));
            self.items.push(item);
        }
        Ok(())
    }

    /// Asks the unedited model again.
    ///
    /// # Errors
    /// Another answer than before, in any bit.
    pub(super) fn must_be_unchanged(&self, model: &dyn LanguageModel, watch: &Watch<'_>) -> Result<(), StudyError> {
        let fact_of = |item: &Item| self.questions[item.at].fact.clone();
        for_each(watch, Stage::Asking, &self.items, fact_of, |item| {
            for (language, before) in item.before.iter().enumerate() {
                let (own, new) = (&self.questions[item.at], &self.questions[item.target]);
                let now = asked(model, own, new, language)?;
                if now.as_ref().map(|now| now.map(f64::to_bits)) != Ok(before.map(f64::to_bits)) {
                    return Err(StudyError::Answer {
                        fact: own.fact.clone(),
                        language: own.claim(language).language.to_owned(),
                        found: format!("{now:?} after the edits"),
                        expected: format!("{before:?}, as before them: an edit has changed the unedited model, and what was measured, in a CSV too, cannot be trusted"),
                    });
                }
            }
            Ok(())
        })
        .map(|_| ())
    }

    /// By language, of how many facts the new object has another number of tokens.
    pub(super) fn other_tokens(&self, options: &BenchOptions) -> Vec<(String, usize)> {
        let of = |(at, language): (usize, &String)| {
            (language.clone(), self.items.iter().filter(|item| item.other_tokens[at]).count())
        };
        options.languages.iter().enumerate().map(of).collect()
    }

    pub(super) fn leave_out(&mut self, reason: String) {
        leave_out(&mut self.left_out, reason);
    }

    pub(super) fn left_out(&self) -> Vec<(String, u64)> {
        self.left_out.iter().map(|(reason, &facts)| (reason.clone(), facts)).collect()
    }
}

/// Whether a fact can be edited to its new object and asked about it in a language.
fn fits(
    model: &dyn LanguageModel,
    (own, new): (&Question, &Question),
    language: usize,
    options: &BenchOptions,
) -> Answer<()> {
    let claim = own.claim(language);
    if claim.object == new.claim(language).object {
        return Ok(Err("the new object has the old one's label".into()));
    }
    if let Err(reason) = asked(model, own, new, language)? {
        return Ok(Err(reason));
    }
    let asking = Asking { model, fact: &own.fact };
    if options.answered && asking.answers(&claim)? != Ok(true) {
        return Ok(Err("the object is not what the model answers".into()));
    }
    if options.matching_tokens && has_other_tokens(model, own, new, language)? {
        return Ok(Err("the new object has another number of tokens".into()));
    }
    Ok(Ok(()))
}

/// Whether the new object has another number of tokens than the old one; false of a model that knows none.
pub(super) fn has_other_tokens(
    model: &dyn LanguageModel,
    own: &Question,
    new: &Question,
    language: usize,
) -> Result<bool, StudyError> {
    let (asking, claim) = (Asking { model, fact: &own.fact }, own.claim(language));
    let new = crate::model::Claim { object: new.claim(language).object, ..claim };
    Ok(asking.object_tokens(&claim)? != asking.object_tokens(&new)?)
}

/// p of a question's own object and of another fact's, with the question's prompt.
pub(super) fn asked(model: &dyn LanguageModel, own: &Question, new: &Question, language: usize) -> Answer<[f64; 2]> {
    let claim = own.claim(language);
    let objects = [claim.object, new.claim(language).object];
    let found = Asking { model, fact: &own.fact }.candidates(&claim, &objects)?;
    Ok(found.and_then(|found| match found[..] {
        [Some(old), Some(new)] => Ok([old, new]),
        [None, _] => Err("the object cannot be asked about".into()),
        _ => Err("the new object cannot be asked about".into()),
    }))
}
