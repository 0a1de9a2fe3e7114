//! Which facts are edited to which objects.

use super::item::Item;
use super::options::{AT_MOST_FACTS, BenchOptions};
use super::source::{Candidates, EditSource};
use crate::askable::askable;
use crate::asking::{Answer, Asking};
use crate::error::StudyError;
use crate::model::LanguageModel;
use crate::output::counted;
use crate::questions::{LeftOut, Question, leave_out};
use crate::watch::{Stage, Watch, for_each};

/// A measure, and whether a fact has something to be asked for it.
type Has = (&'static str, fn(&Item) -> bool);

/// The facts that are edited.
pub(super) struct Plan {
    /// In the order of their ids.
    pub items: Vec<Item>,
    left_out: LeftOut,
}

impl Plan {
    /// Keeps the facts that the model can be asked in every language, with both objects, up to the limit; finds what is asked beside each, and asks
    /// the unedited model all of it.
    pub(super) fn new(
        candidates: Candidates<'_>,
        model: &dyn LanguageModel,
        options: &BenchOptions,
        watch: &Watch<'_>,
    ) -> Result<Self, StudyError> {
        let Candidates { source, waiting, left_out } = candidates;
        let (source, mut plan) = (&*source, Self { items: Vec::new(), left_out });
        let can_be_asked = |at: usize| -> Answer<()> {
            let both = (&source.questions()[at], source.target(at));
            for (language, name) in options.languages.iter().enumerate() {
                if let Err(reason) = fits(model, both, language, options)? {
                    return Ok(Err(format!("{reason} ({name})")));
                }
            }
            Ok(Ok(()))
        };
        let drawn = (options.seed, options.limit);
        let (kept, refused) = askable(source.questions(), waiting, drawn, watch, can_be_asked)?;
        refused.into_iter().for_each(|reason| plan.leave_out(reason));
        if kept.is_empty() {
            return Err(StudyError::NoEdits { left_out: plan.left_out() });
        }
        if let Some(least) = options.edits.first().filter(|&&least| least > kept.len()) {
            let why: Vec<String> = plan.left_out.iter().map(|(reason, count)| format!("{count}: {reason}")).collect();
            let why = if why.is_empty() { String::new() } else { format!(" (left out: {})", why.join("; ")) };
            let found = format!("{least} with {} left to study{why}", counted(kept.len(), "fact"));
            return Err(StudyError::Option { option: "edits", found, expected: AT_MOST_FACTS });
        }
        plan.prepare(source, &kept, model, options, watch)?;
        Ok(plan)
    }

    fn prepare(
        &mut self,
        source: &dyn EditSource,
        kept: &[usize],
        model: &dyn LanguageModel,
        options: &BenchOptions,
        watch: &Watch<'_>,
    ) -> Result<(), StudyError> {
        let fact_of = |&at: &usize| source.questions()[at].fact.clone();
        let prepared = for_each(watch, Stage::Asking, kept, fact_of, |&at| Item::new(source, at, model, options))?;
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
        let fact_of = |item: &Item| item.own.fact.clone();
        for_each(watch, Stage::Asking, &self.items, fact_of, |item| {
            for (language, before) in item.before.iter().enumerate() {
                let (own, new) = (&item.own, &item.target);
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

    /// By measure, how many facts have something to be asked for it, where it is neither all nor none.
    pub(super) fn facts_with(&self) -> Vec<(&'static str, usize)> {
        let of: [Has; 5] = [
            ("paraphrase", |item| !item.paraphrases.is_empty()),
            ("neighbourhood", |item| !item.neighbours[0].is_empty()),
            ("relation", |item| !item.neighbours[1].is_empty()),
            ("unrelated", |item| !item.unrelated.is_empty()),
            ("portability", |item| !item.portability.is_empty()),
        ];
        // Of requests there is no relation, and of a store's facts no portability: no item has them.
        let counted =
            of.into_iter().map(|(measure, has)| (measure, self.items.iter().filter(|item| has(item)).count()));
        counted.filter(|&(_, facts)| facts > 0 && facts < self.items.len()).collect()
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
