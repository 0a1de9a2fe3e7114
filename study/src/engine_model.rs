//! The engine's models as models under study.
//!
//! Only with the feature `engine`: studies of other models (another engine, recorded answers) need neither burn nor this.

mod editor;
mod scorer;

pub use editor::EngineEditor;
pub use scorer::EngineScorer;

use crate::model::{Change, Claim, Edit, LanguageModel, Refusal};
use kndb_engine::nn::Distribution;
use kndb_engine::transformer::Transformer;
use kndb_engine::{Attribution, Intervention, Model, Options, Question, Reach, Skip, UnknownParts, Variants};
use kndb_storage::{Neuron, Shape};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

/// A loaded model, and the method that scores its neurons.
pub struct EngineModel<'a> {
    model: &'a Model,
    options: &'a Options,
    /// In the place of the model's own, where it was edited.
    edited: Option<Transformer>,
    /// Subjects asked so far, and templates, that the tokenizer's vocabulary lacks parts of, with their languages.
    unknown: Mutex<[BTreeSet<(String, String)>; 2]>,
}

impl<'a> EngineModel<'a> {
    /// `options` say how [`LanguageModel::scores`] attributes; they should be those of the run under study.
    ///
    /// # Errors
    /// Options that do not fit the model.
    pub fn new(model: &'a Model, options: &'a Options) -> kndb_engine::Result<Self> {
        Attribution::new(model, options)?;
        Ok(Self { model, options, edited: None, unknown: Mutex::default() })
    }

    /// The same model with another network, to be asked; its neurons are not scored.
    fn edited(model: &'a Model, network: Transformer, options: &'a Options) -> Self {
        Self { model, options, edited: Some(network), unknown: Mutex::default() }
    }

    fn network(&self) -> &Transformer {
        self.edited.as_ref().unwrap_or(&self.model.network)
    }

    /// The subjects and the templates asked by now, each once, that have parts which the tokenizer's vocabulary lacks.
    pub fn unknown(&self) -> UnknownParts {
        let unknown = self.unknown.lock().unwrap_or_else(PoisonError::into_inner);
        let [subjects, templates] = unknown.each_ref().map(|texts| {
            let mut counts = BTreeMap::new();
            texts.iter().for_each(|(language, _)| *counts.entry(language.clone()).or_default() += 1);
            counts
        });
        UnknownParts { subjects, templates }
    }

    fn question(&self, claim: &Claim<'_>) -> Result<Question, Refusal> {
        let asked = self.model.asking().question(claim.template, claim.subject, claim.object);
        let question = asked.map_err(|skip| Refusal::cannot_ask(skip.to_string()))?;
        let parts = [(question.unknown_subject, claim.subject), (question.unknown_template, claim.template)];
        if parts.iter().any(|(is_unknown, _)| *is_unknown) {
            let mut unknown = self.unknown.lock().unwrap_or_else(PoisonError::into_inner);
            for (texts, (_, text)) in unknown.iter_mut().zip(parts).filter(|(_, (is_unknown, _))| *is_unknown) {
                texts.insert((claim.language.to_owned(), text.to_owned()));
            }
        }
        Ok(question)
    }
}

/// A token of one of several objects.
struct Target {
    object: usize,
    token: u32,
}

/// A model that overflows on one claim is counted; anything else ends the study.
fn failed(error: kndb_engine::Error) -> Refusal {
    match error {
        kndb_engine::Error::NotFinite { .. } => Refusal::cannot_ask(Skip::NotFinite.to_string()),
        error => Refusal::failed(error),
    }
}

fn intervention(edit: &Edit) -> Intervention {
    let change = match edit.change {
        Change::Scale(factor) => kndb_engine::Change::Scale(factor),
        Change::Set(value) => kndb_engine::Change::Set(value),
    };
    Intervention { neurons: edit.neurons.clone(), change, reach: Reach::Target }
}

impl EngineModel<'_> {
    /// What was found, unless the weights were written to meanwhile.
    fn of_one_model<T>(&self, found: T) -> Result<T, Refusal> {
        self.model.must_be_unchanged().map_err(failed)?;
        Ok(found)
    }
}

impl LanguageModel for EngineModel<'_> {
    fn shape(&self) -> Shape {
        self.model.shape()
    }

    fn probabilities(&self, claim: &Claim<'_>, edits: &[Vec<Edit>]) -> Result<Vec<f64>, Refusal> {
        let question = self.question(claim)?;
        let lists: Vec<Vec<Intervention>> = edits.iter().map(|list| list.iter().map(intervention).collect()).collect();
        let variants = Variants::new(self.network(), &question).map_err(failed)?;
        let found = variants.probabilities(&lists).map_err(failed)?;
        self.of_one_model(found)
    }

    fn candidates(&self, claim: &Claim<'_>, objects: &[&str]) -> Result<Vec<Option<f64>>, Refusal> {
        // Most objects are asked with the same prompt: its logits answer for all of them, one prompt at a time.
        let mut found: Vec<Option<f64>> = Vec::with_capacity(objects.len());
        let mut prompts: BTreeMap<(Vec<u32>, usize), Vec<Target>> = BTreeMap::new();
        for (at, object) in objects.iter().enumerate() {
            let question = self.question(&Claim { object, ..*claim }).ok();
            found.push(question.is_some().then_some(1.0));
            for step in question.into_iter().flat_map(|question| question.steps) {
                prompts.entry((step.ids, step.position)).or_default().push(Target { object: at, token: step.target });
            }
        }
        for ((ids, position), targets) in prompts {
            let logits = self.network().logits(&ids, position);
            let total = Distribution::of(&logits);
            for Target { object, token } in targets {
                let p = total.probability(logits[token as usize]);
                found[object] = found[object].map(|product| product * p).filter(|product| product.is_finite());
            }
        }
        self.of_one_model(found)
    }

    fn scores(&self, claim: &Claim<'_>, neurons: &[Neuron]) -> Result<Vec<f32>, Refusal> {
        if self.edited.is_some() {
            return Err(Refusal::failed(
                "neurons of an edited network are not scored; save it with kndb edit --save, and attribute it",
            ));
        }
        // Layers are attributed each by itself, so the others need not be.
        let mut options = self.options.clone();
        options.layers = neurons.iter().map(|&neuron| self.model.shape().split(neuron).0.0 as usize).collect();
        options.layers.sort_unstable();
        options.layers.dedup();
        if options.layers.is_empty() {
            return Ok(Vec::new());
        }
        let attribution = Attribution::new(self.model, &options).map_err(failed)?;
        let question = attribution.question(claim.template, claim.subject, claim.object);
        let question = question.map_err(|skip| Refusal::cannot_ask(skip.to_string()))?;
        let found = attribution.scores(&question).map_err(failed)?;
        let found = found.map_err(|skip| Refusal::cannot_ask(skip.to_string()))?;
        Ok(neurons.iter().map(|neuron| found.scores[neuron.0 as usize]).collect())
    }

    fn activations(&self, claim: &Claim<'_>, neurons: &[Neuron]) -> Result<Vec<f32>, Refusal> {
        let question = self.question(claim)?;
        let Some(last) = question.steps.last() else { return Err(Refusal::cannot_ask("an object without tokens")) };
        let network = self.network();
        let mut ids = last.ids.clone();
        // The statement with its object: in the place of the mask, or after the prompt.
        let position = if self.model.is_causal() {
            ids.push(last.target);
            ids.len() - 1
        } else {
            ids[last.position] = last.target;
            last.position
        };
        if ids.len() > network.max_tokens {
            return Err(Refusal::cannot_ask("prompt and object are longer than the model can read"));
        }
        let layers = network.neurons(&[&ids], position, |trace| trace.neurons.clone());
        let width = self.model.shape().width as usize;
        let at = |neuron: &Neuron| layers[neuron.0 as usize / width][0][neuron.0 as usize % width];
        let found: Vec<f32> = neurons.iter().map(at).collect();
        match found.iter().all(|value| value.is_finite()) {
            true => self.of_one_model(found),
            false => Err(Refusal::cannot_ask(Skip::NotFinite.to_string())),
        }
    }

    fn object_tokens(&self, claim: &Claim<'_>) -> Result<Option<usize>, Refusal> {
        Ok(Some(self.question(claim)?.steps.len()))
    }

    fn answers(&self, claim: &Claim<'_>) -> Result<bool, Refusal> {
        let question = self.question(claim)?;
        let answered = Variants::new(self.network(), &question).map_err(failed)?.is_answered();
        self.of_one_model(answered)
    }
}
