//! Degenerate groups of many facts into a run of a store: what `kndb dkn` does.
//!
//! Candidates are the best-scored knowledge neurons of an attribution run that is in the store already. What is found goes
//! into a run of its own, entry by entry, so that it can be interrupted and resumed as an attribution can.

use super::{Search, WeightConnections};
use crate::error::{Error, Result};
use crate::intervention::{Intervention, Variants};
use crate::job::{Filling, Item, Progress, Selection, Stored, Summary};
use crate::model::Model;
use crate::question::Skip;
use kndb_storage::{EntryData, Neuron, PartKind, Run, RunSpec, Snapshot, Store};
use std::num::NonZeroUsize;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

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
}

impl DegenerateJob {
    /// A job with its run's description. Thresholds of candidates (τ) are the source's.
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
        parameters.push(("candidates".into(), candidates.to_string()));
        parameters.extend(search.parameters());
        parameters.push(("config and tokenizer".into(), model.side_hash().into()));
        let kind = device.split(':').next().unwrap_or(device);
        parameters.push(("device".into(), kind.into()));
        let run = RunSpec {
            weights_hash: Some(model.weights_hash().to_owned()),
            method: search.name().to_owned(),
            parameters,
            tau: found.spec.tau,
            language_taus: found.spec.language_taus.clone(),
            ..RunSpec::new(run, found.spec.model.clone(), model.shape())
        };
        let source = source.to_owned();
        Ok(Self { run, source, search, candidates, selection: Selection::default(), threads: None })
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
        let snapshot = store.snapshot()?;
        let source = attributed_run(&snapshot, &self.source)?;
        let known = snapshot.run_named(&self.run.name).map(|run| run.id);
        let templates = self.selection.templates(&snapshot);
        let attributions = Stored::attributions(&snapshot, Some(source.id));
        let groups = Stored::groups(&snapshot, known);
        let work = self.selection.work(&snapshot, &templates, &groups, Some(&attributions))?;
        let filling = Filling { store, run: &self.run, known: known.is_some(), threads: self.threads };
        filling.fill(&snapshot, &work, stop, progress, begun, |item| {
            let text = templates.get(&(item.relation, item.language)).and_then(|texts| texts.get(&item.prompt));
            let Some(template) = text else { return Ok(Err(Skip::NoTemplate)) };
            let Some((subject, object)) = snapshot.label(item.fact, item.language)? else {
                return Ok(Err(Skip::NoLabel));
            };
            let question = match model.asking().question(template, subject, object) {
                Ok(question) => question,
                Err(skip) => return Ok(Err(skip)),
            };
            let candidates = self.candidates_of(&snapshot, &attributions, item)?;
            let variants = Variants::new(&model.network, &question)?;
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
            };
            Ok(Ok(EntryData::Groups(groups)))
        })
    }

    /// The best-scored knowledge neurons of an entry of the source.
    fn candidates_of(&self, snapshot: &Snapshot, attributions: &Stored<'_>, item: Item) -> Result<Vec<Neuron>> {
        let Some((part, local)) = attributions.find(&item)? else { return Ok(Vec::new()) };
        if part.part.kind() != PartKind::Scores {
            let mut found = Vec::new();
            part.part.grid(0)?.push_to(local, &mut found);
            if found.len() > self.candidates {
                return Err(Error::Option {
                    option: "candidates",
                    given: self.candidates.to_string(),
                    expected: format!(
                        "at least {}: run {:?} has sets without scores, so the best of the {} neurons of fact {} are not known",
                        found.len(),
                        self.source,
                        found.len(),
                        snapshot.external_id(item.fact)?,
                    ),
                });
            }
            return Ok(found.into_iter().map(Neuron).collect());
        }
        let scores = part.part.scores(local)?;
        let tau = self.run.tau_of(snapshot.language_name(item.language));
        let above = scores.above_share(tau, 0..scores.len());
        let count = above.min(self.candidates);
        // All that was kept passes, and more might have.
        if above == scores.len() && above < self.candidates && f64::from(scores.floor()) > tau * f64::from(scores.max())
        {
            return Err(Error::Option {
                option: "tau",
                given: tau.to_string(),
                expected: format!(
                    "a threshold above what run {:?} keeps: of fact {} only scores of at least {} are there",
                    self.source,
                    snapshot.external_id(item.fact)?,
                    scores.floor(),
                ),
            });
        }
        Ok((0..count).map(|rank| scores.neuron(rank)).collect())
    }
}

/// A run with scores or neuron sets.
fn attributed_run<'a>(snapshot: &'a Snapshot, name: &str) -> Result<&'a Run> {
    let attributed = |run: &&Run| snapshot.slots().any(|slot| slot.run == run.id);
    snapshot.run_named(name).filter(|run| attributed(run)).ok_or_else(|| {
        let names: Vec<&str> =
            snapshot.runs().filter(|run| attributed(run)).map(|run| run.spec.name.as_str()).collect();
        let expected = match names.is_empty() {
            true => "a run with scores; the store has none yet".to_owned(),
            false => format!("a run with scores: {}", names.join(", ")),
        };
        Error::Option { option: "run", given: name.to_owned(), expected }
    })
}
