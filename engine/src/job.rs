//! Scores of many facts into a run of a store: what `kndb attribute` does.
//!
//! Facts, labels and templates come from the store; every (fact, language, template) that the run does not hold yet is
//! asked of the model. Facts are computed on several threads, one thread a fact, share passes (`crate::shared`), and are appended in a fixed
//! order; the scores of a question do not depend on what was asked before or beside it. So a run that was interrupted and resumed holds what an
//! uninterrupted one holds, bit for bit. What cannot be asked is counted by reason, relation and language.

mod begun;
mod filling;
mod foils;
mod in_order;
mod lacking;
mod selection;
mod shard;

use crate::attribute::{Attribution, FactScores};
use crate::error::Result;
use crate::model::{Model, as_recorded};
use crate::preset::Options;
use crate::question::{Skip, UnknownCounts, UnknownParts};
use kndb_storage::{EntryData, LanguageId, Origin, RelationId, RunSpec, Snapshot, Store, question_hash};
use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

pub(crate) use begun::claimed;
pub(crate) use filling::Filling;
pub(crate) use foils::DRAWN_BY;
use foils::Foils;
pub(crate) use in_order::in_order;
pub(crate) use lacking::Lacking;
pub(crate) use selection::{Item, Stored, Templates, Work, question_of};
pub use selection::{Prompts, Selection, Shard};

/// An attribution of many facts.
#[derive(Clone, Debug)]
pub struct Job {
    /// The run the scores go into. [`Job::new`] describes it; what to keep and the thresholds of queries may be changed.
    pub run: RunSpec,
    /// What is attributed.
    pub selection: Selection,
    /// Threads that compute at a time; by default one a core.
    pub threads: Option<NonZeroUsize>,
    /// Whether entries whose labels or template have changed since they were made are computed anew, in the place of the old ones.
    pub replace_changed: bool,
}

/// Why, and of which facts, questions could not be asked.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SkipPlace {
    /// Why.
    pub reason: Skip,
    /// Their relation.
    pub relation: String,
    /// The language.
    pub language: String,
}

impl SkipPlace {
    fn of(snapshot: &Snapshot, reason: Skip, relation: RelationId, language: LanguageId) -> Self {
        let relation = snapshot.relation_name(relation).to_owned();
        Self { reason, relation, language: snapshot.language_name(language).to_owned() }
    }
}

/// How many questions could not be asked. A fact without label or template counts once a language.
pub type Skips = BTreeMap<SkipPlace, u64>;

/// How far a job is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Questions answered or skipped by now.
    pub done: u64,
    /// Questions in all, without those that were in the run already.
    pub total: u64,
    /// Questions skipped by now, those included that were no question at all.
    pub skipped: u64,
    /// Questions that are being asked at the same time: those that are finished after a stop.
    pub in_work: u64,
}

/// What a job did.
#[derive(Clone, Debug, PartialEq)]
pub struct Summary {
    /// Facts that were selected.
    pub facts: u64,
    /// Entries (fact, language, template) computed and stored.
    pub attributed: u64,
    /// Entries that were in the run already.
    pub already_there: u64,
    /// What could not be asked.
    pub skipped: Skips,
    /// Of the entries computed now, those whose prompts have parts that the tokenizer's vocabulary lacks.
    pub unknown: UnknownParts,
    /// Questions left because the job was stopped.
    pub left: u64,
    /// Whether it was stopped before everything was done.
    pub stopped: bool,
    /// Questions that earlier jobs of the run selected, beyond this one, and that are not in the run: it is not complete then.
    pub left_by_others: u64,
    /// Time from beginning to end.
    pub elapsed: Duration,
    /// Time spent on scores, summed over threads.
    pub computing: Duration,
}

impl Summary {
    /// Questions that could not be asked.
    pub fn skipped_in_all(&self) -> u64 {
        self.skipped.values().sum()
    }
}

impl Job {
    /// A job with the run's description: model, method, every parameter, thresholds. `device` is as in
    /// [`crate::device()`]; it is a parameter of the run, because the last bits of scores depend on it.
    pub fn new(run: impl Into<String>, model: &Model, options: &Options, device: &str) -> Self {
        let mut parameters = options.parameters();
        parameters.push(("architecture".into(), model.architecture().into()));
        parameters.extend(model.parameters());
        let kind = device.split(':').next().unwrap_or(device);
        parameters.push(("device".into(), kind.into()));
        let languages = options.language_taus.iter();
        let run = RunSpec {
            weights_hash: Some(model.weights_hash().to_owned()),
            method: options.method.build().name().to_owned(),
            preset: options.preset.map(str::to_owned),
            parameters,
            tau: options.tau,
            language_taus: languages.map(|&(language, tau)| (language.to_owned(), tau)).collect(),
            prompt_share: options.prompt_share,
            prompt_share_strict: options.prompt_share_strict,
            ..RunSpec::new(run, model.name(), model.shape())
        };
        Self { run, selection: Selection::default(), threads: None, replace_changed: false }
    }

    /// Does it. `progress` is called before the first question and after every one, and about twice a second while there is no news. After `stop`
    /// the facts in work are finished and committed; the same job goes on from there. When everything selected is in the
    /// run, here and by jobs that were interrupted before, the run is marked finished; more can still be added. A new run into which nothing came is removed.
    ///
    /// # Errors
    /// Options that do not fit the model, names the store does not have, a run of the same name with other parameters, or one
    /// that another job fills at this moment.
    /// What was committed before an error stays.
    pub fn run(
        &self,
        store: &Store,
        model: &Model,
        options: &Options,
        stop: &AtomicBool,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<Summary> {
        let begun = Instant::now();
        let threads = self.threads.or_else(|| std::thread::available_parallelism().ok()).unwrap_or(NonZeroUsize::MIN);
        let mut attribution = Attribution::new(model, options)?;
        if attribution.gains_by_sharing() {
            attribution = attribution.sharing(threads);
        }
        // Before looking what is missing: nobody else may add to it from now on.
        let (_claim, snapshot) = claimed(store, &self.run.name, "kndb attribute")?;
        let (run, selection, replace_changed) = (&*self.run.name, &self.selection, self.replace_changed);
        let lacking = Lacking { store, snapshot: &snapshot, run, selection, replace_changed };
        let described = as_recorded(&self.run, lacking.stored());
        let (templates, work) = lacking.work()?;
        let foils = options.foil.as_ref().map(|rule| Foils::new(&snapshot, &self.selection, rule)).transpose()?;
        let foils = foils.as_ref();
        let desk = Desk { snapshot: &snapshot, templates: &templates, attribution: &attribution, foils };
        let threads = NonZeroUsize::new(attribution.questions_at_once(threads));
        let filled = (&described, &work, UnknownCounts::default());
        let mut summary = lacking.fill(filled, (threads, begun), stop, progress, |item, unknown| {
            Ok(desk.scores(item, unknown)?.and_then(|(found, origin)| {
                match self.run.score_type.cannot_keep(&found.scores) {
                    None => Ok(EntryData::Scores(found.into_entry_scores(model.shape().layers, Some(origin)))),
                    Some(_) => Err(Skip::ScoreType),
                }
            }))
        })?;
        summary.computing = summary.computing.saturating_sub(attribution.waited());
        Ok(summary)
    }
}

/// What a worker needs.
struct Desk<'a> {
    snapshot: &'a Snapshot,
    templates: &'a Templates<'a>,
    attribution: &'a Attribution<'a>,
    foils: Option<&'a Foils<'a>>,
}

impl Desk<'_> {
    fn scores(&self, item: Item, unknown: &UnknownCounts) -> Result<std::result::Result<(FactScores, Origin), Skip>> {
        let [template, subject, object] = match item.texts(self.snapshot, self.templates)? {
            Ok(texts) => texts,
            Err(skip) => return Ok(Err(skip)),
        };
        let mut asked = self.attribution.question(template, subject, object);
        if let (Ok(question), Some(foils)) = (&asked, self.foils) {
            asked = foils.against(self.attribution, item, question.clone(), [template, subject])?;
        }
        match asked {
            Ok(question) => {
                let scores = self.attribution.scores(&question)?;
                if scores.is_ok() {
                    unknown.count(&question, self.snapshot.language_name(item.language));
                }
                let tokens = u16::try_from(question.steps.len()).ok();
                let asked = question_hash(template, subject, object, item.prompt.0);
                Ok(scores.map(|found| {
                    let answer = found.answer.and_then(|token| self.attribution.text_of(token));
                    let origin = Origin { question: Some(asked), answer, rank: found.rank, tokens };
                    (found, origin)
                }))
            }
            Err(skip) => Ok(Err(skip)),
        }
    }
}
