//! Effects of many facts into a run of a store: what `kndb trace` does.
//!
//! As a job of attribution: the facts, in the same order, on several threads, committed fact by fact, gone on with where it was stopped. The units
//! of its run are roles of tokens, named by the parameter [`UNITS`]; its model is called by another name than that of runs of neurons, so that
//! nobody takes one for the other.

use super::noise::{Draws, GENERATOR, NoiseLevel, deviation};
use super::{Effects, Places, Tracer, Tracing};
use crate::error::{Error, Result};
use crate::job::{Item, Lacking, Progress, Selection, Stored, Summary, Templates, Work, claimed};
use crate::model::{Model, as_recorded};
use crate::question::{Question, Skip, UnknownCounts};
use crate::trace::Roles;
use kndb_storage::{
    EntryData, Keep, LayerEvidence, Neuron, Origin, Run, RunSpec, ScoreValues, Scores, Shape, Snapshot, Store, UNITS,
    question_hash,
};
use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

/// The method of such runs.
pub const METHOD: &str = "causal-tracing";
/// The parameter that keeps how strong the noise is.
const NOISE: &str = "noise";
/// That of the standard deviation of the embeddings of the subjects' tokens.
const SIGMA: &str = "sigma";

/// What runs call a model whose units are roles: all runs of one name have one shape.
pub fn model_by_role(model: &str) -> String {
    format!("{model} by role")
}

/// Tracing of many facts.
#[derive(Clone, Debug)]
pub struct TraceJob {
    /// The run the effects go into. [`TraceJob::new`] describes it but for σ, which is known when the facts are.
    pub run: RunSpec,
    /// What is traced.
    pub selection: Selection,
    /// Threads that compute at a time; by default one a core.
    pub threads: Option<NonZeroUsize>,
    /// Whether entries whose labels or template have changed since they were made are computed anew, in the place of the old ones.
    pub replace_changed: bool,
}

impl TraceJob {
    /// A job with the run's description. `device` is as in [`crate::device()`].
    ///
    /// # Errors
    /// A model of more layers than can be addressed.
    pub fn new(run: impl Into<String>, model: &Model, tracing: &Tracing, device: &str) -> Result<Self> {
        let roles = Roles::of(model.is_causal()).names();
        let own = model.shape();
        let shape = Shape::new(own.layers, roles.len() as u32).ok_or_else(|| Error::Option {
            option: "model",
            given: format!("{} layers", own.layers),
            expected: "fewer".into(),
        })?;
        let kind = device.split(':').next().unwrap_or(device);
        let named = [
            (UNITS, roles.join(",")),
            ("restore", tracing.restore.name().to_owned()),
            ("window", tracing.window.to_string()),
            (NOISE, tracing.noise.shown()),
            ("draws", tracing.draws.to_string()),
            ("seed", tracing.seed.to_string()),
            ("generator", GENERATOR.to_owned()),
            ("architecture", model.architecture().to_owned()),
        ];
        let mut parameters: Vec<_> = named.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        parameters.extend(model.parameters());
        parameters.push(("device".into(), kind.into()));
        let run = RunSpec {
            weights_hash: Some(model.weights_hash().to_owned()),
            method: METHOD.to_owned(),
            parameters,
            // Effects below 0 are effects, and one of exactly 0 is not the lack of one.
            keep: Keep::All,
            tau: 0.0,
            ..RunSpec::new(run, model_by_role(model.name()), shape)
        };
        Ok(Self { run, selection: Selection::default(), threads: None, replace_changed: false })
    }

    /// Does it; `progress`, `stop` and what becomes of the run are as in [`crate::job::Job::run`]. σ is that of the embeddings of the subjects' tokens
    /// over all questions that are selected, on whichever machine; a run that is there keeps the one it was begun with.
    ///
    /// # Errors
    /// As [`crate::job::Job::run`].
    pub fn run(
        &self,
        store: &Store,
        model: &Model,
        tracing: &Tracing,
        stop: &AtomicBool,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<Summary> {
        let begun = Instant::now();
        let tracer = Tracer::new(model, tracing)?;
        // Before looking what is missing: nobody else may add to it from now on.
        let (_claim, snapshot) = claimed(store, &self.run.name, "kndb trace")?;
        let (run, selection, replace_changed) = (&*self.run.name, &self.selection, self.replace_changed);
        let lacking = Lacking { store, snapshot: &snapshot, run, selection, replace_changed };
        let (templates, work) = lacking.work()?;
        let mut desk = Desk { snapshot: &snapshot, templates: &templates, tracer: &tracer, draws: None };
        let (sigma, described) = self.described(lacking.stored(), tracing, &desk)?;
        let deviation = tracing.noise.deviation(sigma);
        desk.draws = Some(Draws { seed: tracing.seed, count: tracing.draws, deviation });
        let filled = (&described, &work, UnknownCounts::default());
        lacking.fill(filled, (self.threads, begun), stop, progress, |item, unknown| {
            Ok(desk.effects(item, unknown)?.map(EntryData::Scores))
        })
    }

    /// σ, and the run with it: as it is recorded where the run is there, else of what is selected.
    fn described(&self, stored: Option<&Run>, tracing: &Tracing, desk: &Desk<'_>) -> Result<(f64, RunSpec)> {
        let mut run = as_recorded(&self.run, stored);
        let recorded = stored.and_then(|stored| {
            let sigma = stored.spec.parameters.iter().find(|(name, _)| name == SIGMA)?;
            sigma.1.parse().ok()
        });
        let sigma = match recorded {
            Some(sigma) => sigma,
            // Facts that cannot be asked are told of as those of other jobs are, not here.
            None if matches!(tracing.noise, NoiseLevel::Absolute(_)) => 0.0,
            None => self.sigma(desk)?,
        };
        if matches!(tracing.noise, NoiseLevel::Multiple(_)) {
            let at = run.parameters.iter().position(|(name, _)| name == NOISE).map_or(0, |at| at + 1);
            run.parameters.insert(at, (SIGMA.to_owned(), sigma.to_string()));
        }
        Ok((sigma, run))
    }

    /// σ of all that is selected, in all shards: what is in the run already, and what cannot be asked, neither adds to it nor changes it by being
    /// skipped.
    fn sigma(&self, desk: &Desk<'_>) -> Result<f64> {
        let whole = Selection { shard: None, ..self.selection.clone() };
        let nothing = Stored::attributions(desk.snapshot, None)?;
        let Work { items, .. } = whole.work(desk.snapshot, desk.templates, &nothing)?;
        let mut counts: BTreeMap<u32, u64> = BTreeMap::new();
        for item in items {
            if let Ok((question, places, _)) = desk.question(item)? {
                let ids = question.steps.first().map_or(&[][..], |step| &step.ids);
                for &token in ids.iter().take(places.subject().end).skip(places.subject().start) {
                    *counts.entry(token).or_default() += 1;
                }
            }
        }
        // Where nothing can be asked, the job says why.
        if counts.is_empty() { Ok(0.0) } else { deviation(&desk.tracer.model.network, &counts) }
    }
}

/// What a worker needs.
struct Desk<'a> {
    snapshot: &'a Snapshot,
    templates: &'a Templates<'a>,
    tracer: &'a Tracer<'a>,
    /// Known once σ is.
    draws: Option<Draws>,
}

impl Desk<'_> {
    /// The question of an item, with the hash of what it was made from.
    fn question(&self, item: Item) -> Result<std::result::Result<(Question, Places, u64), Skip>> {
        let [template, subject, object] = match item.texts(self.snapshot, self.templates)? {
            Ok(texts) => texts,
            Err(skip) => return Ok(Err(skip)),
        };
        let asked = self.tracer.question(template, subject, object);
        let hash = || question_hash(template, subject, object, item.prompt.0);
        Ok(asked.map(|(question, places)| (question, places, hash())))
    }

    fn effects(&self, item: Item, unknown: &UnknownCounts) -> Result<std::result::Result<Scores, Skip>> {
        let (question, places, hash) = match self.question(item)? {
            Ok(asked) => asked,
            Err(skip) => return Ok(Err(skip)),
        };
        let values = places.subject().len() * self.tracer.model.network.hidden();
        let (fact, language) = (self.snapshot.external_id(item.fact)?, self.snapshot.language_name(item.language));
        let noise = self.draws.map_or_else(Vec::new, |draws| draws.of(fact, language, item.prompt.0, values));
        let found = self.tracer.effects(&question, &places, &noise)?;
        unknown.count(&question, language);
        let answer = found.answer.and_then(|token| self.tracer.model.tokenizer.decode(&[token]).ok());
        let tokens = u16::try_from(question.steps.len()).ok();
        let origin = Origin { question: Some(hash), answer, rank: Some(found.rank), tokens };
        Ok(Ok(self.scores(found, origin)))
    }

    /// Effects as a writer hands them to a store. A role that no token has has none.
    fn scores(&self, found: Effects, origin: Origin) -> Scores {
        let layers = self.tracer.model.shape().layers as usize;
        let known = (0..).zip(&found.indirect).filter_map(|(unit, effect)| Some((Neuron(unit), (*effect)? as f32)));
        let (neurons, scores) = known.unzip();
        let evidence = LayerEvidence {
            probability: found.probability as f32,
            baseline: found.corrupted as f32,
            residual: f32::NAN,
        };
        // Nothing that there is is left out, whatever its score.
        let values = ScoreValues::Sparse { neurons, scores, floor: f32::NEG_INFINITY };
        Scores { values, evidence: vec![evidence; layers], origin: Some(origin) }
    }
}
