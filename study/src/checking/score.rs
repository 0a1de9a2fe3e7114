//! Statements put to the model: scores and activations of the kept neurons, probabilities, its own answers.

use super::options::{CheckOptions, Detector};
use super::plan::{LanguagePlan, RelationPlan, Statements};
use crate::asking::{Answer, Asking};
use crate::error::StudyError;
use crate::model::{Claim, LanguageModel};
use crate::watch::{Stage, Watch, for_each};
use serde::Serialize;

/// Something of the statement with the right object and of that with the wrong one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Pair<T> {
    /// With the right object.
    pub right: T,
    /// With the wrong object.
    pub wrong: T,
}

impl<T: Copy> Pair<T> {
    /// The same of both.
    pub fn map<U>(self, mut of: impl FnMut(T) -> U) -> Pair<U> {
        Pair { right: of(self.right), wrong: of(self.wrong) }
    }
}

/// Part of a relation's facts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Part {
    /// Where neurons are counted and λ is learnt.
    First,
    /// Where detectors are judged.
    Second,
}

/// One fact in one language. What no detector needed was not measured.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CheckRow {
    /// Language of the statements.
    pub language: String,
    /// The relation.
    pub relation: String,
    /// The fact.
    pub fact: String,
    /// Which part it is in.
    pub part: Part,
    /// Label of the subject.
    pub subject: String,
    /// Labels of the objects.
    pub object: Pair<String>,
    /// Mean attribution scores of the kept neurons.
    pub attribution: Option<Pair<f64>>,
    /// Mean activations of the kept neurons.
    pub activation: Option<Pair<f64>>,
    /// p(object).
    pub probability: Option<Pair<f64>>,
    /// Whether the object is the model's own answer.
    pub answer: Option<Pair<bool>>,
    /// p(object) as a share of the sum over all candidates.
    pub candidate_share: Option<Pair<f64>>,
    /// Whether no candidate is more probable than the object.
    pub candidate_answer: Option<Pair<bool>>,
}

pub(crate) struct Scoring<'a> {
    pub model: &'a dyn LanguageModel,
    pub options: &'a CheckOptions,
}

/// What was measured, and why the rest could not be.
pub(crate) struct Scored {
    pub rows: Vec<CheckRow>,
    pub refused: Vec<String>,
}

struct Job<'p> {
    plan: &'p RelationPlan,
    fact: &'p Statements,
    part: Part,
}

impl Scoring<'_> {
    pub(crate) fn language(&self, plan: &LanguagePlan, watch: &Watch<'_>) -> Result<Scored, StudyError> {
        let learning = self.options.has(&[Detector::AttributionLearnt, Detector::ActivationLearnt]);
        let learn_from = if learning { self.options.learn_from.unwrap_or(usize::MAX) } else { 0 };
        let mut jobs = Vec::new();
        for plan in plan.relations.iter().filter(|plan| plan.left_out_because.is_none()) {
            // The order of the parts is random already.
            jobs.extend(plan.first.iter().take(learn_from).map(|fact| Job { plan, fact, part: Part::First }));
            jobs.extend(plan.second.iter().map(|fact| Job { plan, fact, part: Part::Second }));
        }
        let (mut rows, mut refused) = (Vec::new(), Vec::new());
        let fact_of = |job: &Job<'_>| job.fact.question.fact.clone();
        for result in for_each(watch, Stage::Scoring, &jobs, fact_of, |job| self.fact(job))? {
            match result {
                Ok(row) => rows.push(row),
                Err(reason) => refused.push(reason),
            }
        }
        Ok(Scored { rows, refused })
    }

    fn fact(&self, job: &Job<'_>) -> Answer<CheckRow> {
        let Statements { question, wrong } = job.fact;
        let right = question.claim(0);
        let claims = Pair { right, wrong: Claim { object: wrong, ..right } };
        let asking = Asking { model: self.model, fact: &question.fact };
        let mut row = CheckRow {
            language: right.language.to_owned(),
            relation: question.relation.clone(),
            fact: question.fact.clone(),
            part: job.part,
            subject: right.subject.to_owned(),
            object: Pair { right: right.object.to_owned(), wrong: wrong.clone() },
            attribution: None,
            activation: None,
            probability: None,
            answer: None,
            candidate_share: None,
            candidate_answer: None,
        };
        let measured = self.neurons(&mut row, job, asking, claims)?;
        let measured = match (measured, job.part) {
            (Ok(()), Part::Second) => self.own_answers(&mut row, job, asking, claims)?,
            (measured, _) => measured,
        };
        Ok(measured.map(|()| row))
    }

    fn neurons(&self, row: &mut CheckRow, job: &Job<'_>, asking: Asking<'_>, claims: Pair<Claim<'_>>) -> Answer<()> {
        let is_second = job.part == Part::Second;
        let attribution = [Detector::AttributionLearnt, Detector::AttributionFixed];
        let attribution = if is_second { &attribution[..] } else { &attribution[..1] };
        if self.options.has(attribution) {
            match both(claims, |claim| asking.mean_score(claim, &job.plan.neurons))? {
                Ok(pair) => row.attribution = Some(pair),
                Err(reason) => return Ok(Err(reason)),
            }
        }
        if self.options.has(&[Detector::ActivationLearnt]) {
            match both(claims, |claim| asking.mean_activation(claim, &job.plan.neurons))? {
                Ok(pair) => row.activation = Some(pair),
                Err(reason) => return Ok(Err(reason)),
            }
        }
        Ok(Ok(()))
    }

    fn own_answers(
        &self,
        row: &mut CheckRow,
        job: &Job<'_>,
        asking: Asking<'_>,
        claims: Pair<Claim<'_>>,
    ) -> Answer<()> {
        if self.options.has(&[Detector::Vocabulary]) {
            match both(claims, |claim| asking.answers(claim))? {
                Ok(pair) => row.answer = Some(pair),
                Err(reason) => return Ok(Err(reason)),
            }
        }
        if self.options.has(&[Detector::Candidates]) {
            return self.among_candidates(row, job, asking, claims);
        }
        if self.options.has(&[Detector::Vocabulary]) {
            let untouched = [Vec::new()];
            match both(claims, |claim| Ok(asking.probabilities(claim, &untouched)?.map(|p| p[0])))? {
                Ok(pair) => row.probability = Some(pair),
                Err(reason) => return Ok(Err(reason)),
            }
        }
        Ok(Ok(()))
    }

    fn among_candidates(
        &self,
        row: &mut CheckRow,
        job: &Job<'_>,
        asking: Asking<'_>,
        claims: Pair<Claim<'_>>,
    ) -> Answer<()> {
        let objects: Vec<&str> = job.plan.candidates.iter().map(String::as_str).collect();
        let candidates = match asking.candidates(&claims.right, &objects)? {
            Ok(candidates) => candidates,
            Err(reason) => return Ok(Err(reason)),
        };
        let of =
            |claim: Claim<'_>| objects.iter().position(|object| *object == claim.object).and_then(|at| candidates[at]);
        let Pair { right: Some(right), wrong: Some(wrong) } = claims.map(of) else {
            return Ok(Err("the right or the wrong object cannot be asked about".into()));
        };
        let pair = Pair { right, wrong };
        let known = || candidates.iter().flatten().copied();
        let (sum, most) = (known().sum::<f64>(), known().fold(0.0, f64::max));
        if sum == 0.0 {
            return Ok(Err("every candidate has probability 0".into()));
        }
        row.probability = Some(pair);
        row.candidate_share = Some(pair.map(|p| p / sum));
        row.candidate_answer = Some(pair.map(|p| p >= most));
        Ok(Ok(()))
    }
}

/// Asks about the right object, then about the wrong one.
fn both<'c, T>(claims: Pair<Claim<'c>>, ask: impl Fn(&Claim<'c>) -> Answer<T>) -> Answer<Pair<T>> {
    let right = match ask(&claims.right)? {
        Ok(right) => right,
        Err(reason) => return Ok(Err(reason)),
    };
    Ok(ask(&claims.wrong)?.map(|wrong| Pair { right, wrong }))
}
