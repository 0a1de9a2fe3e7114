//! What figures are asked to show: runs, languages, relations, a threshold; and the queries that say so.

use kndb_query::within::Found;
use kndb_query::{Settings, SourceKind, Span, Text, Within};
use kndb_storage::{Content, Run, RunId, Snapshot, Store};

use super::conditions::Conditions;
use super::depth::DepthAxis;
use crate::answer::{Answer, in_query};
use crate::error::{Error, Result};

/// What a figure shows. Empty lists mean everything.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Selection {
    /// Names of runs.
    pub runs: Vec<String>,
    /// Codes of languages.
    pub languages: Vec<String>,
    /// Names of relations.
    pub relations: Vec<String>,
    /// Threshold as a share of a fact's maximum; each run's own without it.
    pub tau: Option<f64>,
    /// Further conditions, as they stand in the brackets of a source: `layer in 7..11`.
    pub conditions: Vec<String>,
    /// Sets that the neurons are kept to, and that are taken out of them.
    pub within: Within,
    /// What the axis of a figure by layer is.
    pub axis: DepthAxis,
}

/// A run and the languages it has entries in.
#[derive(Clone, Debug)]
pub(super) struct RunLanguages {
    pub run: Run,
    pub languages: Vec<String>,
    /// The languages it is asked for: those without entries are among them.
    pub asked: Vec<String>,
    pub has: Contents,
}

/// Whether a run has scores, to which thresholds apply, and neuron sets, which are as they were imported.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Contents {
    pub scores: bool,
    pub sets: bool,
}

impl Contents {
    pub(crate) fn of(snapshot: &Snapshot, run: RunId) -> Self {
        let has = |content| !snapshot.languages_with(run, content).is_empty();
        Self { scores: has(Content::Scores), sets: has(Content::Sets) }
    }

    /// What is said of a run's neurons beside its thresholds, or in their place.
    pub(crate) fn written(self, thresholds: String) -> String {
        match (self.scores, self.sets) {
            (true, true) => format!("{thresholds}; {SETS}"),
            (false, true) => SETS.to_owned(),
            (_, false) => thresholds,
        }
    }
}

/// Said where no threshold was applied.
const SETS: &str = "sets as imported";

/// What a source is of: `groups` for degenerate ones, else scores or neuron sets.
pub(super) fn needs(kind: SourceKind) -> &'static str {
    if kind == SourceKind::Dkn { "degenerate groups" } else { "scores or neuron sets" }
}

/// Runs that have entries for a source, oldest first, with their languages in the order of the store.
pub(super) fn runs_with(snapshot: &Snapshot, kind: SourceKind) -> Vec<RunLanguages> {
    let content = if kind == SourceKind::Dkn { Content::Groups } else { Content::Attributions };
    let runs = snapshot.runs_with(content).map(|run| {
        let languages = snapshot.languages_with(run.id, content).into_iter();
        let languages: Vec<_> = languages.map(|language| snapshot.language_name(language).to_owned()).collect();
        RunLanguages { run: run.clone(), asked: languages.clone(), languages, has: Contents::of(snapshot, run.id) }
    });
    runs.collect()
}

/// The languages a run has entries for a source in.
pub(crate) fn languages_of(snapshot: &Snapshot, kind: SourceKind, run: RunId) -> Vec<String> {
    let run = runs_with(snapshot, kind).into_iter().find(|with| with.run.id == run);
    run.map(|run| run.languages).unwrap_or_default()
}

/// Those of some runs that have entries for a source, in groups whose series by layer fit one figure. A run of more languages
/// than that has figures of its own.
pub(crate) fn figures_of(store: &Store, kind: SourceKind, names: &[String], most: usize) -> Result<Vec<Selection>> {
    let with = runs_with(&*store.snapshot()?, kind);
    let mut figures: Vec<Selection> = Vec::new();
    let mut room = 0;
    for name in names {
        let Some(run) = with.iter().find(|run| run.run.spec.name == *name) else { continue };
        let series = if kind == SourceKind::Likn { 1 } else { run.languages.len() };
        let one = Selection { runs: vec![name.clone()], ..Selection::default() };
        if series > most {
            let of = |languages: &[String]| Selection { languages: languages.to_vec(), ..one.clone() };
            figures.extend(run.languages.chunks(most).map(of));
            room = 0;
            continue;
        }
        match figures.last_mut() {
            Some(last) if series <= room => last.runs.push(name.clone()),
            _ => {
                figures.push(one);
                room = most;
            }
        }
        room = room.saturating_sub(series);
    }
    Ok(figures)
}

/// A source of one run with all its languages: `kn`, or `kn[run=a]` in a store of several runs.
pub(crate) fn whole_source(store: &Store, kind: SourceKind, run: &str, within: &Within) -> Result<String> {
    let snapshot = store.snapshot()?;
    let run = snapshot.run_named(run);
    let all = Selection { within: within.clone(), ..Selection::default() };
    Ok(run.map_or_else(|| kind.to_string(), |run| all.source(kind, &snapshot, run, &[])))
}

/// The sets, found beside a run.
pub(crate) fn found(store: &Store, settings: &Settings, within: &Within, run: &Run) -> Result<Found> {
    within.found(store, settings, run).map_err(|(error, statement)| in_query(&statement, *error))
}

impl Selection {
    /// Without what is named twice.
    pub(super) fn distinct(&self) -> Self {
        let once = |names: &[String]| {
            let first = |(at, name): (usize, &String)| (!names[..at].contains(name)).then(|| name.clone());
            names.iter().enumerate().filter_map(first).collect()
        };
        let (runs, languages, relations) = (once(&self.runs), once(&self.languages), once(&self.relations));
        let (conditions, within) = (once(&self.conditions), self.within.clone());
        Self { runs, languages, relations, tau: self.tau, conditions, within, axis: self.axis }
    }

    /// The further conditions, read.
    pub(super) fn conditions(&self, kind: SourceKind) -> Result<Conditions> {
        Conditions::read(kind, &self.conditions)
    }

    /// The selected runs, with those of their languages that are selected. A run, language or relation that is not there is
    /// told by the query engine, which knows what is.
    pub(super) fn runs(&self, store: &Store, snapshot: &Snapshot, kind: SourceKind) -> Result<Vec<RunLanguages>> {
        let there = runs_with(snapshot, kind);
        let mut chosen: Vec<RunLanguages> = Vec::new();
        for name in &self.runs {
            match there.iter().find(|there| there.run.spec.name == *name) {
                Some(run) => chosen.push(run.clone()),
                None => {
                    Answer::of(store, &format!("{kind}[run={}] by layer", name_text(name)))?;
                    let names: Vec<&str> = there.iter().map(|there| there.run.spec.name.as_str()).collect();
                    let there = if names.is_empty() { "no run".into() } else { names.join(", ") };
                    return Err(Error::RunWithout { run: name.clone(), expected: needs(kind), there });
                }
            }
        }
        if self.runs.is_empty() {
            chosen = there;
        }
        if self.languages.is_empty() {
            return Ok(chosen);
        }
        let has = |language: &String| chosen.iter().any(|run| run.languages.contains(language));
        if let (Some(missing), Some(first)) = (self.languages.iter().find(|language| !has(language)), chosen.first()) {
            let (run, language) = (name_text(&first.run.spec.name), name_text(missing));
            Answer::of(store, &format!("{kind}[run={run}, lang={language}] by layer"))?;
        }
        for run in &mut chosen {
            run.asked.clone_from(&self.languages);
            run.languages =
                self.languages.iter().filter(|language| run.languages.contains(language)).cloned().collect();
        }
        Ok(chosen)
    }

    /// The neurons that are selected: [`Self::alone`], with the sets around it.
    pub(super) fn source(&self, kind: SourceKind, snapshot: &Snapshot, run: &Run, languages: &[String]) -> String {
        self.within.beside(snapshot, run).around(&self.alone(kind, snapshot, run, languages))
    }

    /// A source with the selection's conditions: `kn[run=a, lang=en, relation in (P36, P37), tau=0.4]`. The run is named
    /// where the store has several.
    pub(super) fn alone(&self, kind: SourceKind, snapshot: &Snapshot, run: &Run, languages: &[String]) -> String {
        let mut conditions = Vec::new();
        if snapshot.runs().len() > 1 {
            conditions.push(format!("run={}", name_text(&run.spec.name)));
        }
        conditions.extend(choice("lang", languages));
        conditions.extend(choice("relation", &self.relations));
        conditions.extend(self.tau.map(|tau| format!("tau={tau}")));
        conditions.extend(self.conditions.iter().cloned());
        match conditions.is_empty() {
            true => kind.to_string(),
            false => format!("{kind}[{}]", conditions.join(", ")),
        }
    }

    /// What stands under a figure: thresholds, relations, further conditions.
    pub(super) fn note(
        &self,
        snapshot: &Snapshot,
        kind: SourceKind,
        runs: &[RunLanguages],
        conditions: &Conditions,
    ) -> Option<String> {
        let mut parts = Vec::new();
        match (self.tau.or(conditions.tau()), runs) {
            _ if kind == SourceKind::Dkn => parts.push(group_thresholds(runs, conditions)),
            (Some(tau), _) => parts.push(format!("τ {tau}")),
            (None, [one]) => {
                let own = one.run.spec.language_taus.iter().filter(|(language, _)| one.languages.contains(language));
                let own: String = own.map(|(language, tau)| format!(", {language} {tau}")).collect();
                parts.push(one.has.written(format!("τ {}{own}", one.run.spec.tau)));
            }
            (None, several) => {
                let own = several.iter().fold(Contents::default(), |all, run| Contents {
                    scores: all.scores | run.has.scores,
                    sets: all.sets | run.has.sets,
                });
                parts.push(own.written("each run with its own τ".into()));
            }
        }
        if let [one] = runs {
            parts.insert(0, format!("run {}", one.run.spec.name));
        }
        if !self.relations.is_empty() {
            let shown = |relation: &String| match snapshot.relation(relation) {
                Some(id) => snapshot.relation_shown(id, None),
                None => relation.clone(),
            };
            parts.push(format!("relations {}", self.relations.iter().map(shown).collect::<Vec<_>>().join(", ")));
        }
        if !self.conditions.is_empty() {
            parts.push(format!("where {}", self.conditions.join(", ")));
        }
        parts.extend((!self.within.is_empty()).then(|| self.within.to_string()));
        let sentence = parts.join("; ");
        let (first, rest) = sentence.split_at_checked(1).unwrap_or_default();
        (!sentence.is_empty()).then(|| match first {
            // A sentence that begins with τ keeps it: a capital one would be another letter.
            "" => format!("{sentence}."),
            first => format!("{}{rest}.", first.to_ascii_uppercase()),
        })
    }
}

/// The thresholds under which groups count as degenerate, run by run where they differ.
fn group_thresholds(runs: &[RunLanguages], conditions: &Conditions) -> String {
    let of = |run: &RunLanguages| {
        conditions.group_thresholds(&run.run).unwrap_or_else(|| "groups as they were found, no thresholds".into())
    };
    let all: Vec<String> = runs.iter().map(of).collect();
    match all.as_slice() {
        [one] => one.clone(),
        [first, others @ ..] if others.iter().all(|other| other == first) => format!("each run with {first}"),
        _ => {
            let named = runs.iter().zip(&all).map(|(run, of)| format!("run {} with {of}", run.run.spec.name));
            named.collect::<Vec<_>>().join("; ")
        }
    }
}

/// A name as it stands in a statement: quoted where it must be.
pub(crate) fn name_text(name: &str) -> String {
    Text { text: name.to_owned(), span: Span::default() }.to_string()
}

fn choice(key: &str, names: &[String]) -> Option<String> {
    match names {
        [] => None,
        [one] => Some(format!("{key}={}", name_text(one))),
        several => {
            let names: Vec<String> = several.iter().map(|name| name_text(name)).collect();
            Some(format!("{key} in ({})", names.join(", ")))
        }
    }
}

/// How runs are told apart in a legend: by model, by run where two have the same model, not at all where there is one.
pub(super) fn run_label(run: &Run, runs: &[RunLanguages]) -> Option<String> {
    let of_model = runs.iter().filter(|other| other.run.spec.model == run.spec.model).count();
    match (runs.len(), of_model) {
        (1, _) => None,
        (_, 1) => Some(run.spec.model.clone()),
        _ => Some(format!("{} ({})", run.spec.model, run.spec.name)),
    }
}
