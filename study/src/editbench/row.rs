//! What is asked of an edited model about one fact in one language.

use super::item::{Item, Ported};
use super::measure::Editing;
use super::plan::asked;
use crate::asking::{Answer, Asking};
use crate::error::StudyError;
use crate::model::{Claim, LanguageModel};
use crate::questions::Question;
use serde::{Deserialize, Serialize};

/// One fact in one language, after one edit of it, alone or among others.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BenchRow {
    /// The editor; `unedited`; or an editor and ` random`: its control.
    pub method: String,
    /// Facts that were edited in the network: 0 of the unedited one.
    pub edits: usize,
    /// The fact.
    pub fact: String,
    /// Its relation.
    pub relation: String,
    /// Language it was asked in.
    pub language: String,
    /// The fact whose object is the new one.
    pub target: String,
    /// p(old object) before.
    pub old_before: f64,
    /// p(new object) before.
    pub new_before: f64,
    /// p(old object) after.
    pub old: f64,
    /// p(new object) after.
    pub new: f64,
    /// Whether the new object is the model's first answer.
    pub first: bool,
    /// Share of the other templates with p(new) > p(old).
    pub paraphrase: Option<f64>,
    /// Share of the facts with the same old object that keep p(old) > p(new).
    pub neighbourhood: Option<f64>,
    /// Share of the relation's facts with other objects that keep p(own) > p(new).
    pub same_relation: Option<f64>,
    /// Mean change of p(own) of facts of other relations.
    pub unrelated: Option<f64>,
    /// Seconds of the edit, of all facts that it is of; of controls none.
    pub seconds: Option<f64>,
    /// Bytes that the edited network holds beside the unedited one; of controls none.
    pub bytes: Option<u64>,
    /// Hash of everything that decides the measurement.
    pub settings: String,
    /// Share of the prompts about what follows whose right answer is the model's first; of requests that have some.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub portability: Option<f64>,
    /// Mean p of their right answers before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer_before: Option<f64>,
    /// Mean p of their right answers after.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<f64>,
}

/// Why there is no row.
enum Ended {
    /// The edited model cannot be asked.
    Cannot(String),
    Failed(StudyError),
}

impl From<StudyError> for Ended {
    fn from(error: StudyError) -> Self {
        Self::Failed(error)
    }
}

impl Editing<'_> {
    /// Of a model that was edited by a method, among so many facts.
    pub(super) fn row(
        &self,
        of: (&str, usize),
        edited: &dyn LanguageModel,
        item: &Item,
        language: usize,
    ) -> Answer<BenchRow> {
        match self.asked(of, edited, item, language) {
            Ok(row) => Ok(Ok(row)),
            Err(Ended::Cannot(reason)) => Ok(Err(reason)),
            Err(Ended::Failed(error)) => Err(error),
        }
    }

    fn asked(
        &self,
        (method, edits): (&str, usize),
        edited: &dyn LanguageModel,
        item: &Item,
        language: usize,
    ) -> Result<BenchRow, Ended> {
        let (own, target) = (&item.own, &item.target);
        let both = |question: &Question, object_of: &Question| {
            // The unedited model was asked the same, so there is nothing else that it can be.
            asked(edited, question, object_of, language)?
                .map_err(|_| Ended::Cannot("the edited model gives no finite probability".into()))
        };
        let share = |all: &mut dyn Iterator<Item = &Question>, holds: fn([f64; 2]) -> bool| {
            let held = all.map(|question| Ok(f64::from(u8::from(holds(both(question, target)?)))));
            Ok::<_, Ended>(mean(&held.collect::<Result<Vec<f64>, Ended>>()?))
        };
        let (new_wins, old_wins) = (|[old, new]: [f64; 2]| new > old, |[old, new]: [f64; 2]| old > new);
        let [same, others] = &item.neighbours;
        let change = |(other, before): &(Question, Vec<f64>)| {
            let [own, _] = both(other, other)?;
            Ok(own - before[language])
        };
        let is_right = |ported: &Ported| {
            let claim = ported.question.claim(language);
            let objects = std::iter::once(claim.object).chain(ported.others.iter().map(String::as_str));
            for object in objects {
                let asking = Asking { model: edited, fact: &own.fact };
                // Another name of the answer that cannot be asked is not what the model says.
                if asking.answers(&Claim { object, ..claim })? == Ok(true) {
                    return Ok(1.0);
                }
            }
            Ok(0.0)
        };
        let p_of = |ported: &Ported| Ok(both(&ported.question, &ported.question)?[0]);
        let portability = item.portability.iter();
        let answer = portability.clone().map(p_of).collect::<Result<Vec<f64>, Ended>>()?;
        let right = portability.clone().map(is_right).collect::<Result<Vec<f64>, Ended>>()?;
        let answer_before: Vec<f64> = portability.map(|ported| ported.before).collect();
        let claim = Claim { object: target.claim(language).object, ..own.claim(language) };
        let ([old_before, new_before], [old, new]) = (item.before[language], both(own, target)?);
        Ok(BenchRow {
            method: method.to_owned(),
            edits,
            fact: own.fact.clone(),
            relation: own.relation.clone(),
            language: self.options.languages[language].clone(),
            target: target.fact.clone(),
            old_before,
            new_before,
            old,
            new,
            first: Asking { model: edited, fact: &own.fact }.answers(&claim)?.map_err(Ended::Cannot)?,
            paraphrase: share(&mut item.paraphrases.iter(), new_wins)?,
            neighbourhood: share(&mut same.iter(), old_wins)?,
            same_relation: share(&mut others.iter(), old_wins)?,
            unrelated: mean(&item.unrelated.iter().map(change).collect::<Result<Vec<f64>, Ended>>()?),
            seconds: None,
            bytes: None,
            settings: self.settings.get(method).cloned().unwrap_or_default(),
            portability: mean(&right),
            answer_before: mean(&answer_before),
            answer: mean(&answer),
        })
    }
}

/// Of nothing there is none.
pub(super) fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}
