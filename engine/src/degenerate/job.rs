//! Degenerate groups of many facts into a run of a store: what `kndb dkn` does.
//!
//! Candidates are the best-scored knowledge neurons of an attribution run that is in the store already. What is found goes
//! into a run of its own, entry by entry, so that it can be interrupted and resumed as an attribution can.

use super::choice::Choice;
use super::{Search, WeightConnections};
use crate::error::{Error, Result};
use crate::intervention::{Intervention, Variants};
use crate::job::{Filling, Item, Progress, Selection, Stored, Summary, Templates, claimed, question_of};
use crate::model::{Model, as_recorded};
use crate::question::{Skip, UnknownCounts};
use kndb_storage::{Content, EntryData, Neuron, OnConflict, PartKind, Run, RunSpec, Snapshot, Store, question_hash};
use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Instant;
use xxhash_rust::xxh3::xxh3_128;

/// The parameter that keeps [`identity`] of the source.
pub const SOURCE_SCORES: &str = "source scores";
/// How far, relatively, one probability may differ between devices and versions.
const SAME_PROBABILITY: f32 = 1e-3;

/// A search for degenerate groups among the knowledge neurons of a run.
#[derive(Clone, Debug)]
pub struct DegenerateJob {
    /// The run the groups go into; [`DegenerateJob::new`] describes it.
    pub run: RunSpec,
    /// The attribution run whose knowledge neurons are candidates.
    pub source: String,
    /// How groups are found.
    pub search: Search,
    /// Most candidates of a fact, the best-scored first; 20 in the paper.
    pub candidates: usize,
    /// Which of the source's entries are searched.
    pub selection: Selection,
    /// Threads that compute; by default one a core.
    pub threads: Option<NonZeroUsize>,
    /// Which facts, and which of their neurons; all without it. [`DegenerateJob::choosing`] sets it.
    pub(super) choice: Option<Arc<dyn Choice>>,
}

impl DegenerateJob {
    /// A job with its run's description. Thresholds of candidates (τ) are the source's, but for NTC as released.
    ///
    /// # Errors
    /// No such source run; one of another model; options that cannot be carried out.
    pub fn new(
        run: impl Into<String>,
        snapshot: &Snapshot,
        source: &str,
        model: &Model,
        search: Search,
        candidates: usize,
        device: &str,
    ) -> Result<Self> {
        match &search {
            Search::Suppression(suppression) => suppression.check()?,
            Search::Clustering(clustering) => clustering.check()?,
            Search::Released(_) => {}
        }
        if candidates < 2 {
            return Err(Error::Option {
                option: "candidates",
                given: candidates.to_string(),
                expected: "at least 2: a group has two neurons or more".into(),
            });
        }
        let found = attributed_run(snapshot, source)?;
        model.must_be_of(found)?;
        let mut parameters = vec![("source".to_owned(), source.to_owned())];
        parameters.push((SOURCE_SCORES.into(), identity(&found.spec)));
        parameters.push(("candidates".into(), candidates.to_string()));
        // Where the source has no scores there are no candidates, so nothing is known there of groups either.
        parameters.extend(found.spec.parameters.iter().find(|(name, _)| name == "layers").cloned());
        parameters.extend(search.parameters());
        parameters.extend(model.parameters_as(&found.spec));
        let kind = device.split(':').next().unwrap_or(device);
        parameters.push(("device".into(), kind.into()));
        let mut run = RunSpec {
            weights_hash: Some(model.weights_hash().to_owned()),
            method: search.name().to_owned(),
            parameters,
            tau: found.spec.tau,
            language_taus: found.spec.language_taus.clone(),
            prompt_share: found.spec.prompt_share,
            prompt_share_strict: found.spec.prompt_share_strict,
            ..RunSpec::new(run, found.spec.model.clone(), model.shape())
        };
        if let Search::Released(released) = &search {
            run.preset = Some(search.name().to_owned());
            (run.tau, run.language_taus) = (released.tau, Vec::new());
        }
        let source = source.to_owned();
        Ok(Self { run, source, search, candidates, selection: Selection::default(), threads: None, choice: None })
    }

    /// Does it, as [`crate::job::Job::run`] does.
    ///
    /// # Errors
    /// Names the store does not have, a run of the same name with other parameters, knowledge neurons that were not kept.
    /// What was committed before an error stays.
    pub fn run(
        &self,
        store: &Store,
        model: &Model,
        stop: &AtomicBool,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<Summary> {
        let begun = Instant::now();
        // Before looking what is missing: nobody else may add to it from now on.
        let (_claim, snapshot) = claimed(store, &self.run.name, "kndb dkn")?;
        let source = attributed_run(&snapshot, &self.source)?;
        let stored_run = snapshot.run_named(&self.run.name);
        let known = stored_run.map(|run| run.id);
        let described = as_recorded(&self.run, stored_run);
        let templates = self.selection.templates(&snapshot);
        let attributions = Stored::attributions(&snapshot, Some(source.id))?;
        let groups = Stored::groups(&snapshot, known)?;
        let takes = |fact| self.takes(fact);
        let work = self.selection.work_among(&snapshot, &templates, &groups, &attributions, &takes)?;
        // Other prompts' entries decide, too, where neurons must be found in several.
        let all_templates = Selection::default().templates(&snapshot);
        let asked_alike = is_gold(&source.spec);
        let asking = model.asking_as(&source.spec)?;
        let work_of = |now: &Snapshot, other: &Selection| {
            let groups = Stored::groups(now, now.run_named(&self.run.name).map(|run| run.id))?;
            let attributions = Stored::attributions(now, Some(source.id))?;
            other.work_among(now, &other.templates(now), &groups, &attributions, &takes)
        };
        let filling = Filling {
            store,
            run: &described,
            known: known.is_some(),
            threads: self.threads,
            selection: &self.selection,
            on_conflict: OnConflict::Refuse,
            work_of: &work_of,
        };
        let unknown = UnknownCounts::default();
        let mut summary = filling.fill(&snapshot, &work, stop, progress, begun, |item| {
            let texts = item.texts(&snapshot, &templates)?;
            if texts.is_ok() && self.asked_otherwise(&snapshot, &all_templates, &attributions, &item)? {
                return Ok(Err(Skip::Changed));
            }
            let asked = texts.map(|[template, subject, object]| {
                let hash = question_hash(template, subject, object, item.prompt.0);
                asking.question(template, subject, object).map(|question| (question, hash))
            });
            let (question, asked) = match asked.flatten() {
                Ok(asked) => asked,
                Err(skip) => return Ok(Err(skip)),
            };
            let variants = Variants::new(&model.network, &question)?;
            let p = variants.probabilities(&[Vec::new()])?.first().map_or(0.0, |&p| p as f32);
            if p < f32::MIN_POSITIVE {
                return Ok(Err(Skip::TooUnlikely));
            }
            if asked_alike && !attributed_at(p, &attributions, &item)? {
                return Ok(Err(Skip::Changed));
            }
            let candidates = self.candidates_of(&snapshot, &attributions, item)?;
            let mut suppressed = |sets: &[Vec<Neuron>]| {
                let lists = |set: &Vec<Neuron>| match set.is_empty() {
                    true => Vec::new(),
                    false => vec![Intervention::suppress(set.clone())],
                };
                variants.probabilities(&sets.iter().map(lists).collect::<Vec<_>>())
            };
            let groups = match &self.search {
                Search::Suppression(search) => search.groups(&candidates, &mut suppressed)?,
                Search::Clustering(search) => {
                    let connections = WeightConnections::of(&model.network, &candidates);
                    search.groups(&candidates, &connections, &mut suppressed)?
                }
                Search::Released(search) => {
                    let connections = WeightConnections::as_released(&model.network, &candidates);
                    search.groups(&candidates, &connections, &mut suppressed)?
                }
            };
            model.must_be_unchanged()?;
            unknown.count(&question, snapshot.language_name(item.language));
            Ok(Ok(EntryData::Searched { groups, question: asked }))
        })?;
        summary.unknown = unknown.into_parts();
        Ok(summary)
    }

    /// Whether any of the entries that candidates come from says that it was made from other labels, or another template,
    /// than the store has now.
    fn asked_otherwise(
        &self,
        snapshot: &Snapshot,
        templates: &Templates<'_>,
        attributions: &Stored<'_>,
        item: &Item,
    ) -> Result<bool> {
        let several = self.run.prompt_share > 0.0;
        for prompt in attributions.prompts(item.language).filter(|&prompt| several || prompt == item.prompt) {
            let item = Item { prompt, ..*item };
            let Some((part, local)) = attributions.find(&item)? else { continue };
            let (Some(asked), Ok([template, subject, object])) =
                (question_of(part, local)?, item.texts(snapshot, templates)?)
            else {
                continue;
            };
            if asked != question_hash(template, subject, object, prompt.0) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The best-scored knowledge neurons of an entry of the source: above τ, and found in enough of the fact's prompts.
    fn candidates_of(&self, snapshot: &Snapshot, attributions: &Stored<'_>, item: Item) -> Result<Vec<Neuron>> {
        let above = |prompt| self.above_tau(snapshot, attributions, &Item { prompt, ..item });
        let Some(mut found) = above(item.prompt)? else { return Ok(Vec::new()) };
        if self.run.prompt_share > 0.0 {
            let (mut counts, mut prompts) = (BTreeMap::<Neuron, u32>::new(), 0);
            for prompt in attributions.prompts(item.language) {
                let Some(of_prompt) = above(prompt)? else { continue };
                prompts += 1;
                of_prompt.neurons.into_iter().for_each(|neuron| *counts.entry(neuron).or_default() += 1);
            }
            let shared = |neuron: &Neuron| self.run.is_shared(counts.get(neuron).copied().unwrap_or(0), prompts);
            found.neurons.retain(shared);
        }
        if let Some(choice) = &self.choice {
            choice.retain(item.fact, &mut found.neurons);
        }
        if !found.ranked && found.neurons.len() > self.candidates {
            return Err(Error::Option {
                option: "candidates",
                given: self.candidates.to_string(),
                expected: format!(
                    "at least {}: run {:?} has sets without scores, so the best of the {} neurons of fact {} are not known",
                    found.neurons.len(),
                    self.source,
                    found.neurons.len(),
                    snapshot.external_id(item.fact)?,
                ),
            });
        }
        found.neurons.truncate(self.candidates);
        Ok(found.neurons)
    }

    /// The knowledge neurons of an entry; `None` if the source does not have it.
    fn above_tau(&self, snapshot: &Snapshot, attributions: &Stored<'_>, item: &Item) -> Result<Option<Found>> {
        let Some((part, local)) = attributions.find(item)? else { return Ok(None) };
        if part.part.kind() != PartKind::Scores {
            let mut neurons = Vec::new();
            part.part.grid(0)?.push_to(local, &mut neurons);
            return Ok(Some(Found { neurons: neurons.into_iter().map(Neuron).collect(), ranked: false }));
        }
        let tau = self.run.tau_of(snapshot.language_name(item.language));
        let scores = part.part.scores_above(local, tau)?;
        let count = scores.above_share(tau, 0..scores.len());
        let all_there = scores.kept() as u64 == self.run.shape.neurons() || scores.knows_share(tau);
        // Of the best ones alone, those that are there are enough, unless some of them are not chosen.
        let enough = count >= self.candidates && self.run.prompt_share == 0.0 && self.choice.is_none();
        if count == scores.len() && !all_there && !enough {
            return Err(Error::Option {
                option: "run",
                given: self.source.clone(),
                expected: format!(
                    "a run that keeps the scores above its τ of {tau}: of fact {} it has only those of at least {}; attribute again \
                     and keep more",
                    snapshot.external_id(item.fact)?,
                    scores.floor(),
                ),
            });
        }
        Ok(Some(Found { neurons: (0..count).map(|rank| scores.neuron(rank)).collect(), ranked: true }))
    }
}

/// Knowledge neurons of an entry.
struct Found {
    neurons: Vec<Neuron>,
    /// Whether the best-scored come first.
    ranked: bool,
}

/// What a run's scores are: how they were made, and with which thresholds. Two runs of one name that differ in it are
/// different sources.
pub fn identity(spec: &RunSpec) -> String {
    // As it was written before runs said it themselves: identities are kept in stores.
    let share = if spec.prompt_share_strict { spec.prompt_share.next_up() } else { spec.prompt_share };
    let text = format!(
        "{:?} {:?} {:?} {:?} {} {:?} {}",
        spec.method, spec.preset, spec.parameters, spec.weights_hash, spec.tau, spec.language_taus, share
    );
    format!("xxh3-{:032x}", xxh3_128(text.as_bytes()))
}

/// Whether a run's questions are those that are asked here, so that its probabilities are, too.
fn is_gold(spec: &RunSpec) -> bool {
    spec.parameters.iter().any(|(name, value)| name == "continuation" && value == "gold")
}

/// Whether p is what the source kept of an entry, where it kept it.
fn attributed_at(p: f32, attributions: &Stored<'_>, item: &Item) -> Result<bool> {
    let Some((part, local)) = attributions.find(item)? else { return Ok(true) };
    if part.part.kind() != PartKind::Scores {
        return Ok(true);
    }
    let kept = part.part.head(local)?.layers().map(|layer| layer.evidence.probability).find(|p| p.is_finite());
    Ok(kept.is_none_or(|kept| (kept - p).abs() <= SAME_PROBABILITY * kept.max(p)))
}

/// A run with scores or neuron sets.
fn attributed_run<'a>(snapshot: &'a Snapshot, name: &str) -> Result<&'a Run> {
    let attributed = || snapshot.runs_with(Content::Attributions);
    attributed().find(|run| run.spec.name == name).ok_or_else(|| {
        let names: Vec<&str> = attributed().map(|run| run.spec.name.as_str()).collect();
        let expected = if names.is_empty() {
            "a run with scores; the store has none yet".to_owned()
        } else {
            format!("a run with scores: {}", names.join(", "))
        };
        Error::Option { option: "run", given: name.to_owned(), expected }
    })
}
