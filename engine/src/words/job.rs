//! Scores of words of many prompts into a run of a store: what `kndb attribute --of words` does; and out of it again, with the tokens' text.
//!
//! As a job of attribution: the facts, in the same order, on several threads, committed fact by fact, gone on with where it was stopped.

use super::{WordOptions, WordScorer, WordScores};
use crate::error::{Error, Result};
use crate::job::{Item, Lacking, Progress, Selection, Stored, Summary, Templates, claimed};
use crate::model::{Model, as_recorded};
use crate::question::{Question, Skip, UnknownCounts};
use kndb_storage::{
    EntryData, Keep, LayerEvidence, Neuron, Origin, RunSpec, ScoreValues, Scores, Shape, Snapshot, Store, question_hash,
};
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Instant;

/// Tokens of the longest prompt that a run has place for, if the model has.
const LONGEST: usize = 4_096;

/// What runs call a model whose units are places of tokens: all runs of one name have one shape.
pub fn model_by_token(model: &str) -> String {
    format!("{model} by token")
}

/// Word importance in many prompts.
#[derive(Clone, Debug)]
pub struct WordJob {
    /// The run the scores go into.
    pub run: RunSpec,
    /// What is scored.
    pub selection: Selection,
    /// Threads that compute at a time; by default one a core.
    pub threads: Option<NonZeroUsize>,
    /// Whether entries whose labels or template have changed since they were made are computed anew, in the place of the old ones.
    pub replace_changed: bool,
}

/// A prompt of a run, with the scores that it has there.
#[derive(Clone, Debug, PartialEq)]
pub struct WordsOfPrompt {
    /// The fact's id.
    pub fact: String,
    /// The language.
    pub language: String,
    /// Number of the template.
    pub prompt: u16,
    /// The object, as it was asked.
    pub object: String,
    /// Each token of the input as text, and its score; none of special tokens and masks.
    pub tokens: Vec<(String, Option<f32>)>,
    /// The object's probability.
    pub probability: f32,
    /// What the integral misses.
    pub residual: f32,
}

impl WordJob {
    /// A job with the run's description. `device` is as in [`crate::device()`].
    ///
    /// # Errors
    /// A model without places for tokens.
    pub fn new(run: impl Into<String>, model: &Model, options: &WordOptions, device: &str) -> Result<Self> {
        let longest = model.network.max_tokens.min(LONGEST);
        let shape = Shape::new(1, longest as u32).ok_or_else(|| Error::Option {
            option: "model",
            given: format!("prompts of {longest} tokens"),
            expected: "longer ones".into(),
        })?;
        let kind = device.split(':').next().unwrap_or(device);
        let mut parameters = options.parameters();
        parameters.push(("architecture".into(), model.architecture().into()));
        parameters.extend(model.parameters());
        parameters.push(("device".into(), kind.into()));
        let run = RunSpec {
            weights_hash: Some(model.weights_hash().to_owned()),
            method: options.method.name().to_owned(),
            parameters,
            // A word that makes the object less probable is as important as one that makes it more so.
            keep: Keep::All,
            tau: 0.0,
            ..RunSpec::new(run, model_by_token(model.name()), shape)
        };
        Ok(Self { run, selection: Selection::default(), threads: None, replace_changed: false })
    }

    /// Does it; `progress`, `stop` and what becomes of the run are as in [`crate::job::Job::run`]. Also how many of the entries made now
    /// [miss](WordScores::misses) more than they may.
    ///
    /// # Errors
    /// As [`crate::job::Job::run`].
    pub fn run(
        &self,
        store: &Store,
        model: &Model,
        options: &WordOptions,
        stop: &AtomicBool,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<(Summary, u64)> {
        let begun = Instant::now();
        let scorer = WordScorer::new(model, options)?;
        // Before looking what is missing: nobody else may add to it from now on.
        let (_claim, snapshot) = claimed(store, &self.run.name, "kndb attribute")?;
        let (run, selection, replace_changed) = (&*self.run.name, &self.selection, self.replace_changed);
        let lacking = Lacking { store, snapshot: &snapshot, run, selection, replace_changed };
        let described = as_recorded(&self.run, lacking.stored());
        let (templates, work) = lacking.work()?;
        let longest = self.run.shape.width as usize;
        let missed = AtomicU64::new(0);
        let desk = Desk { snapshot: &snapshot, templates: &templates, scorer: &scorer, longest, missed: &missed };
        let filled = (&described, &work, UnknownCounts::default());
        let summary = lacking.fill(filled, (self.threads, begun), stop, progress, |item, unknown| {
            Ok(desk.scores(item, unknown)?.map(EntryData::Scores))
        })?;
        Ok((summary, missed.into_inner()))
    }

    /// The first prompts that are selected and in the run, `most` of them, as the store has them. One whose labels or template have changed since is
    /// left out: its tokens are not known any more.
    ///
    /// # Errors
    /// What reading a store may give.
    pub fn shown(&self, store: &Store, model: &Model, most: usize) -> Result<Vec<WordsOfPrompt>> {
        let snapshot = store.snapshot()?;
        let Some(run) = snapshot.run_named(&self.run.name) else { return Ok(Vec::new()) };
        let templates = self.selection.templates(&snapshot);
        let stored = Stored::attributions(&snapshot, Some(run.id))?;
        let nothing = Stored::attributions(&snapshot, None)?;
        let mut found = Vec::new();
        for item in self.selection.work(&snapshot, &templates, &nothing)?.items {
            if found.len() == most {
                break;
            }
            let Some((part, local)) = stored.find(&item)? else { continue };
            let Ok([template, subject, object]) = item.texts(&snapshot, &templates)? else { continue };
            let scores = part.part.scores(local)?;
            let asked = question_hash(template, subject, object, item.prompt.0);
            if scores.origin().and_then(|origin| origin.question) != Some(asked) {
                continue;
            }
            let Ok(question) = model.asking().question(template, subject, object) else { continue };
            let ids = question.steps.first().map_or(&[][..], |step| &step.ids);
            let text = |&id: &u32| model.tokenizer.decode(&[id]).ok().filter(|text| !text.is_empty());
            let mut tokens: Vec<(String, Option<f32>)> =
                ids.iter().map(|id| (text(id).unwrap_or_else(|| format!("#{id}")), None)).collect();
            for rank in 0..scores.len() {
                if let Some((_, score)) = tokens.get_mut(scores.neuron(rank).0 as usize) {
                    *score = Some(scores.score(rank));
                }
            }
            let (probability, residual) = scores
                .layers()
                .next()
                .map_or((f32::NAN, f32::NAN), |layer| (layer.evidence.probability, layer.evidence.residual));
            found.push(WordsOfPrompt {
                fact: snapshot.external_id(item.fact)?.to_owned(),
                language: snapshot.language_name(item.language).to_owned(),
                prompt: item.prompt.0,
                object: object.to_owned(),
                tokens,
                probability,
                residual,
            });
        }
        Ok(found)
    }
}

/// What a worker needs.
struct Desk<'a> {
    snapshot: &'a Snapshot,
    templates: &'a Templates<'a>,
    scorer: &'a WordScorer<'a>,
    longest: usize,
    /// Entries whose scores miss too much.
    missed: &'a AtomicU64,
}

impl Desk<'_> {
    fn scores(&self, item: Item, unknown: &UnknownCounts) -> Result<std::result::Result<Scores, Skip>> {
        let [template, subject, object] = match item.texts(self.snapshot, self.templates)? {
            Ok(texts) => texts,
            Err(skip) => return Ok(Err(skip)),
        };
        let question = match self.scorer.question(template, subject, object) {
            Ok(question) if is_longer(&question, self.longest) => return Ok(Err(Skip::TooLong)),
            Ok(question) => question,
            Err(skip) => return Ok(Err(skip)),
        };
        let found = self.scorer.scores(&question)?;
        if found.misses {
            self.missed.fetch_add(1, Ordering::Relaxed);
        }
        unknown.count(&question, self.snapshot.language_name(item.language));
        let answer = found.answer.and_then(|token| self.scorer.model.tokenizer.decode(&[token]).ok());
        let hash = question_hash(template, subject, object, item.prompt.0);
        let tokens = u16::try_from(question.steps.len()).ok();
        let origin = Origin { question: Some(hash), answer, rank: Some(found.rank), tokens };
        Ok(Ok(scores(&found, origin)))
    }
}

fn is_longer(question: &Question, longest: usize) -> bool {
    question.steps.first().is_some_and(|step| step.ids.len() > longest)
}

/// Scores as a writer hands them to a store: a word's place is its unit.
fn scores(found: &WordScores, origin: Origin) -> Scores {
    let evidence = LayerEvidence {
        probability: found.probability as f32,
        baseline: found.baseline as f32,
        residual: found.residual as f32,
    };
    let neurons = found.words.iter().map(|&place| Neuron(place as u32)).collect();
    let scores = found.scores.iter().map(|&score| score as f32).collect();
    // Nothing that there is is left out, whatever its score.
    let values = ScoreValues::Sparse { neurons, scores, floor: f32::NEG_INFINITY };
    Scores { values, evidence: vec![evidence], origin: Some(origin) }
}
