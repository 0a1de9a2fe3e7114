//! What figures are asked to show: runs, languages, relations, a threshold; and the queries that say so.

use kndb_query::{SourceKind, Span, Text};
use kndb_storage::{Run, RunId, Slot, Snapshot, Store};

use crate::answer::Answer;
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
}

/// A run and the languages it has entries in.
#[derive(Clone, Debug)]
pub(super) struct RunLanguages {
    pub run: Run,
    pub languages: Vec<String>,
}

/// What a source is of: `groups` for degenerate ones, else scores or neuron sets.
pub(super) fn needs(kind: SourceKind) -> &'static str {
    if kind == SourceKind::Dkn { "degenerate groups" } else { "scores or neuron sets" }
}

/// Runs that have entries for a source, oldest first, with their languages in the order of the store.
pub(super) fn runs_with(snapshot: &Snapshot, kind: SourceKind) -> Vec<RunLanguages> {
    let slots: Vec<Slot> =
        if kind == SourceKind::Dkn { snapshot.group_slots().collect() } else { snapshot.slots().collect() };
    let languages = |run: RunId| {
        let mut of_run: Vec<_> = slots.iter().filter(|slot| slot.run == run).map(|slot| slot.language).collect();
        of_run.sort_unstable();
        of_run.dedup();
        of_run.into_iter().map(|language| snapshot.language_name(language).to_owned()).collect::<Vec<_>>()
    };
    let runs = snapshot.runs().map(|run| RunLanguages { run: run.clone(), languages: languages(run.id) });
    runs.filter(|run| !run.languages.is_empty()).collect()
}

/// Those of some runs that have entries for a source, in groups whose series by layer fit one figure.
pub(crate) fn figures_of(store: &Store, kind: SourceKind, names: &[String], most: usize) -> Result<Vec<Vec<String>>> {
    let with = runs_with(&*store.snapshot()?, kind);
    let mut figures: Vec<Vec<String>> = Vec::new();
    let mut room = 0;
    for name in names {
        let Some(run) = with.iter().find(|run| run.run.spec.name == *name) else { continue };
        let series = if kind == SourceKind::Likn { 1 } else { run.languages.len() };
        match figures.last_mut() {
            Some(last) if series <= room => last.push(name.clone()),
            _ => {
                figures.push(vec![name.clone()]);
                room = most;
            }
        }
        room = room.saturating_sub(series);
    }
    Ok(figures)
}

/// A source of one run with all its languages: `kn`, or `kn[run=a]` in a store of several runs.
pub(crate) fn whole_source(store: &Store, kind: SourceKind, run: &str) -> Result<String> {
    let snapshot = store.snapshot()?;
    let run = snapshot.run_named(run);
    Ok(run.map_or_else(|| kind.to_string(), |run| Selection::default().source(kind, &snapshot, run, &[])))
}

impl Selection {
    /// The selected runs, with those of their languages that are selected. A run, language or relation that is not there is
    /// told by the query engine, which knows what is.
    pub(super) fn runs(&self, store: &Store, snapshot: &Snapshot, kind: SourceKind) -> Result<Vec<RunLanguages>> {
        let there = runs_with(snapshot, kind);
        let mut chosen: Vec<RunLanguages> = Vec::new();
        for name in &self.runs {
            match there.iter().find(|there| there.run.spec.name == *name) {
                Some(run) if chosen.iter().any(|chosen| chosen.run.id == run.run.id) => {}
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
            run.languages =
                self.languages.iter().filter(|language| run.languages.contains(language)).cloned().collect();
        }
        Ok(chosen)
    }

    /// A source with the selection's conditions: `kn[run=a, lang=en, relation in (P36, P37), tau=0.4]`. The run is named
    /// where the store has several.
    pub(super) fn source(&self, kind: SourceKind, snapshot: &Snapshot, run: &Run, languages: &[String]) -> String {
        let mut conditions = Vec::new();
        if snapshot.runs().len() > 1 {
            conditions.push(format!("run={}", name_text(&run.spec.name)));
        }
        conditions.extend(choice("lang", languages));
        conditions.extend(choice("relation", &self.relations));
        conditions.extend(self.tau.map(|tau| format!("tau={tau}")));
        match conditions.is_empty() {
            true => kind.to_string(),
            false => format!("{kind}[{}]", conditions.join(", ")),
        }
    }

    /// What stands under a figure: threshold and relations.
    pub(super) fn note(&self, kind: SourceKind, runs: &[RunLanguages]) -> Option<String> {
        let mut parts = Vec::new();
        match (self.tau, runs) {
            _ if kind == SourceKind::Dkn => {}
            (Some(tau), _) => parts.push(format!("τ {tau}")),
            (None, [one]) => {
                let own = one.run.spec.language_taus.iter().filter(|(language, _)| one.languages.contains(language));
                let own: String = own.map(|(language, tau)| format!(", {language} {tau}")).collect();
                parts.push(format!("τ {}{own}", one.run.spec.tau));
            }
            (None, _) => parts.push("each run with its own τ".into()),
        }
        if let [one] = runs {
            parts.insert(0, format!("run {}", one.run.spec.name));
        }
        if !self.relations.is_empty() {
            parts.push(format!("relations {}", self.relations.join(", ")));
        }
        let sentence = parts.join("; ");
        let (first, rest) = sentence.split_at_checked(1).unwrap_or_default();
        (!sentence.is_empty()).then(|| match first {
            // A sentence that begins with τ keeps it: a capital one would be another letter.
            "" => format!("{sentence}."),
            first => format!("{}{rest}.", first.to_ascii_uppercase()),
        })
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
