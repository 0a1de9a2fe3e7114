//! What is looked at: a run that has the fact, its languages, a threshold.

use kndb_storage::{Content, FactId, PartKind, Run, RunId};
use maud::{Markup, html};

use crate::parts::chips::{Chip, chips};
use crate::parts::source::Source;
use crate::parts::{kept, link};
use crate::problem::{Problem, Result};
use crate::view::View;

/// Languages that are drawn beside each other, and have a column each.
pub(super) const DRAWN: usize = 6;

/// A language in which a run has entries of the fact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Held {
    pub(super) language: String,
    pub(super) prompts: usize,
    pub(super) has_scores: bool,
}

/// What the address chooses, and what there is.
pub(super) struct Choice<'v> {
    pub(super) id: &'v str,
    pub(super) fact: FactId,
    /// Runs that have something of the fact.
    runs: Vec<&'v Run>,
    /// The one that is looked at.
    pub(super) run: Option<&'v Run>,
    /// Languages in which it has scores or neuron sets, those that are named in the address first.
    pub(super) held: Vec<Held>,
    /// Languages that are compared: those that are named, if several are, else all.
    pub(super) compared: Vec<String>,
    pub(super) tau: Option<f64>,
    named: Option<String>,
}

impl<'v> Choice<'v> {
    pub(super) fn of(view: &'v View<'v>, fact: FactId, id: &'v str) -> Result<Self> {
        let mut runs = Vec::new();
        for run in view.snapshot.runs() {
            if has(view, run.id, fact)? {
                runs.push(run);
            }
        }
        let named: Vec<&str> = named(view)?;
        let run = match view.parameter("run") {
            Some(name) => Some(view.run_named(name)?),
            None => runs.first().copied(),
        };
        let mut held = match run {
            Some(run) => held(view, run.id, fact)?,
            None => Vec::new(),
        };
        let is_there = |language: &str| held.iter().any(|held| held.language == language);
        let there: Vec<String> =
            named.iter().filter(|language| is_there(language)).map(|name| (*name).to_owned()).collect();
        held.sort_by_key(|held| there.iter().position(|name| *name == held.language).unwrap_or(usize::MAX));
        let compared = if there.len() > 1 { there } else { held.iter().map(|held| held.language.clone()).collect() };
        let first = named.first().map(|name| (*name).to_owned());
        // A run that is named and lacks the fact is shown, and says so.
        let run = run.filter(|_| !runs.is_empty());
        Ok(Self { id, fact, runs, run, held, compared, tau: view.tau()?, named: first })
    }

    /// The language whose labels come first.
    pub(super) fn first(&self) -> Option<&str> {
        self.named.as_deref()
    }

    /// The language that is asked where it can be one alone.
    pub(super) fn main(&self) -> Option<&str> {
        self.compared.first().map(String::as_str)
    }

    /// The languages that are drawn.
    pub(super) fn drawn(&self) -> &[String] {
        &self.compared[..self.compared.len().min(DRAWN)]
    }

    /// Whether a threshold applies to anything.
    pub(super) fn has_scores(&self) -> bool {
        self.held.iter().any(|held| held.has_scores)
    }

    /// Whether one of the languages asked the fact with several prompts.
    pub(super) fn has_prompts(&self) -> bool {
        self.held.iter().any(|held| held.prompts > 1)
    }

    /// Languages that a statement has to name; none where all languages of the fact are meant.
    pub(super) fn among<'l>(&self, languages: &'l [String]) -> &'l [String] {
        if languages.len() < self.held.len() { languages } else { &[] }
    }

    /// What tells rows by fact and neuron apart, and by what they are ordered. Where the run has several prompts in a language that is asked, a
    /// pair may have several scores, whatever this fact has; where it has neuron sets alone, there is no score.
    pub(super) fn rows(&self, view: &View<'_>, languages: &[String]) -> String {
        let Some(run) = self.run else { return String::new() };
        let is_asked = |language| {
            languages.is_empty() || languages.iter().any(|name| name == view.snapshot.language_name(language))
        };
        let slots = view.snapshot.slots_of(run.id).0.filter(|slot| is_asked(slot.language));
        let prompts: Vec<_> = slots.map(|slot| slot.language).collect();
        let has_prompts = prompts.windows(2).any(|two| two[0] == two[1]);
        let has_scores = view.snapshot.languages_with(run.id, Content::Scores).into_iter().any(is_asked);
        format!(
            "by fact, neuron, lang{}{}",
            if has_prompts { ", prompt" } else { "" },
            if has_scores { " order by score" } else { "" }
        )
    }

    /// A source of the run that is looked at, above the threshold.
    pub(super) fn source(&self, view: &View<'_>, word: &'static str) -> Source {
        let source = self.run.map_or_else(|| Source::new(word), |run| Source::of_run(view, word, run));
        source.tau(self.tau.filter(|_| self.has_scores()))
    }

    /// The same of this fact.
    pub(super) fn of_fact(&self, view: &View<'_>, word: &'static str) -> Source {
        self.source(view, word).is("fact", self.id)
    }

    /// Whether the run that is looked at, since it was named, has nothing of the fact.
    pub(super) fn is_lacking(&self) -> bool {
        self.run.is_some_and(|shown| self.runs.iter().all(|run| run.id != shown.id))
    }

    /// Names of the runs that have scores or neuron sets of the fact.
    pub(super) fn attributed(&self, view: &View<'_>) -> Result<Vec<&str>> {
        let mut names = Vec::new();
        for run in &self.runs {
            if !held(view, run.id, self.fact)?.is_empty() {
                names.push(run.spec.name.as_str());
            }
        }
        Ok(names)
    }

    pub(super) fn runs(&self, view: &View<'_>) -> Markup {
        let chip = |run: &&Run| {
            let link = link::fact(view, self.id).with("run", &run.spec.name).maybe("lang", self.first());
            let link = link.maybe("tau", self.tau);
            let is_shown = self.run.is_some_and(|shown| shown.id == run.id);
            Chip::new(run.spec.name.clone(), link).shown(is_shown)
        };
        chips("Run", &self.runs.iter().map(chip).collect::<Vec<_>>())
    }

    /// One language first; and, where there are many, those that shall be compared.
    pub(super) fn languages(&self, view: &View<'_>) -> Markup {
        if self.held.len() < 2 {
            return html! {};
        }
        let mut names: Vec<&str> = self.held.iter().map(|held| held.language.as_str()).collect();
        names.sort_unstable();
        let here = || link::here(view).without("neurons.page").without("neurons.sort");
        let is_one = view.address.all("lang").count() < 2;
        let chip = |name: &&str| {
            Chip::new(*name, here().with("lang", name)).shown(is_one && self.named.as_deref() == Some(name))
        };
        html! {
            (chips("Language first", &names.iter().map(chip).collect::<Vec<_>>()))
            @if self.held.len() > 2 {
                details.choose open[!is_one] {
                    summary { "Compare some of the " (self.held.len()) " languages" }
                    form method="get" action=(view.address.path) {
                        (kept(view, &["lang", "neurons.page", "neurons.sort"]))
                        fieldset {
                            legend.hidden { "Languages to compare" }
                            @for name in &names {
                                label { input type="checkbox" name="lang" value=(name) checked[!is_one && self.compared.iter().any(|of| of == name)]; " " bdi { (name) } }
                            }
                        }
                        button type="submit" { "Compare" }
                    }
                }
            }
        }
    }
}

/// Languages that the address names: each has to be one of the store.
fn named<'v>(view: &'v View<'v>) -> Result<Vec<&'v str>> {
    let mut found = Vec::new();
    for name in view.address.all("lang") {
        let Some(language) = view.snapshot.language(name) else {
            let known: Vec<&str> = view.snapshot.languages().map(|(_, name)| name).collect();
            let near = kndb_query::nearest(name, known.iter().copied());
            let near = near.map(|near| format!(": did you mean {near:?}?")).unwrap_or_default();
            return Err(Problem::parameter("lang", name, format!("a language of the store{near}")));
        };
        let name = view.snapshot.language_name(language);
        if !found.contains(&name) {
            found.push(name);
        }
    }
    Ok(found)
}

/// Whether a run has anything of a fact.
fn has(view: &View<'_>, run: RunId, fact: FactId) -> Result<bool> {
    let (attributions, groups) = view.snapshot.slots_of(run);
    for slot in attributions {
        for part in view.snapshot.parts(slot)? {
            if part.find(fact)?.is_some() {
                return Ok(true);
            }
        }
    }
    for slot in groups {
        for part in view.snapshot.group_parts(slot)? {
            if part.find(fact)?.is_some() {
                return Ok(true);
            }
        }
    }
    Ok(false)
}

/// The languages in which a run has scores or neuron sets of a fact, in the order of the store.
fn held(view: &View<'_>, run: RunId, fact: FactId) -> Result<Vec<Held>> {
    let mut all: Vec<Held> = Vec::new();
    for slot in view.snapshot.slots_of(run).0 {
        for part in view.snapshot.parts(slot)? {
            if part.find(fact)?.is_none() {
                continue;
            }
            let language = view.snapshot.language_name(slot.language);
            let has_scores = part.part.kind() == PartKind::Scores;
            match all.last_mut().filter(|last| last.language == language) {
                Some(last) => {
                    last.prompts += 1;
                    last.has_scores |= has_scores;
                }
                None => all.push(Held { language: language.to_owned(), prompts: 1, has_scores }),
            }
        }
    }
    Ok(all)
}
