//! Which neuron is looked at, in which run, and above which threshold.

use kndb_storage::{Content, Run};

use crate::parts::source::Source;
use crate::problem::{Problem, Result};
use crate::view::View;

/// A neuron of a run.
pub(super) struct Place<'v> {
    pub(super) run: &'v Run,
    pub(super) layer: u32,
    pub(super) unit: u32,
    pub(super) tau: Option<f64>,
    /// Languages in which the run has scores or neuron sets.
    pub(super) languages: Vec<String>,
    /// Whether a threshold applies to anything.
    pub(super) has_scores: bool,
    /// The language that the address names.
    pub(super) named: Option<String>,
    /// Runs of degenerate groups of the same model, this one among them if it has any.
    pub(super) searched: Vec<&'v Run>,
}

impl<'v> Place<'v> {
    pub(super) fn of(view: &'v View<'v>) -> Result<Self> {
        let run = view.run_named(view.segment(1))?;
        let shape = run.spec.shape;
        let text = view.segment(2);
        let numbers = text.split_once(':').and_then(|(layer, unit)| Some((number(layer)?, number(unit)?)));
        let Some((layer, unit)) = numbers else {
            return Err(Problem::NotFound {
                found: format!(
                    "found neuron {:?}, expected a layer and a unit",
                    text.chars().take(100).collect::<String>()
                ),
                hint: Some("write them as in `9:852`: unit 852 of layer 9, both from 0 on".into()),
            });
        };
        if layer >= u64::from(shape.layers) || unit >= u64::from(shape.width) {
            let (last, end) = (shape.layers - 1, shape.width - 1);
            return Err(Problem::NotFound {
                found: format!(
                    "run {:?} is of model {:?}, {shape}: it has no neuron {layer}:{unit}",
                    run.spec.name, run.spec.model
                ),
                hint: Some(format!("its layers are 0 to {last}, and the units of each 0 to {end}")),
            });
        }
        let languages = view.snapshot.languages_with(run.id, Content::Attributions);
        let languages: Vec<String> =
            languages.into_iter().map(|language| view.snapshot.language_name(language).to_owned()).collect();
        let of_model = |other: &&Run| other.spec.model == run.spec.model;
        Ok(Self {
            run,
            // Below the shape's numbers, which are of 32 bits.
            layer: layer as u32,
            unit: unit as u32,
            tau: view.tau()?,
            named: named(view, run, &languages)?,
            languages,
            has_scores: !view.snapshot.languages_with(run.id, Content::Scores).is_empty(),
            searched: view.snapshot.runs_with(Content::Groups).filter(of_model).collect(),
        })
    }

    /// Whether the run itself has degenerate groups.
    pub(super) fn has_groups(&self) -> bool {
        self.searched.iter().any(|run| run.id == self.run.id)
    }

    /// `kn` of the run, above the threshold.
    pub(super) fn kn(&self, view: &View<'_>) -> Source {
        Source::of_run(view, "kn", self.run).tau(self.tau.filter(|_| self.has_scores))
    }

    /// `neurons(9:852)`
    pub(super) fn neurons(&self) -> String {
        format!("neurons({}:{})", self.layer, self.unit)
    }
}

/// A whole number without a sign.
fn number(text: &str) -> Option<u64> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

/// The language that the address names: one that the run has.
fn named(view: &View<'_>, run: &Run, languages: &[String]) -> Result<Option<String>> {
    let Some(name) = view.parameter("lang") else { return Ok(None) };
    let known = view.snapshot.language(name).map(|language| view.snapshot.language_name(language));
    if let Some(language) = languages.iter().find(|language| known == Some(language)) {
        return Ok(Some(language.clone()));
    }
    let near = kndb_query::nearest(name, languages.iter().map(String::as_str));
    let near = near.map(|near| format!(": did you mean {near:?}?")).unwrap_or_default();
    Err(Problem::parameter("lang", name, format!("a language that run {:?} has{near}", run.spec.name)))
}
