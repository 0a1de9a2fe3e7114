//! The engine's edits as editors of a bench.

use super::{EngineModel, failed};
use crate::editbench::{Edited, Editor, NewFact};
use crate::model::Refusal;
use crate::streams::stream;
use kndb_engine::edit::{EditMethod, EditRequest, EssenceText, FactText, ValueVectors};
use kndb_engine::transformer::Transformer;
use kndb_engine::{Error, Model, Options};
use kndb_storage::Neuron;
use rand::Rng;
use rand::seq::SliceRandom;
use std::time::Instant;

/// A method of the engine, with what its requests are made of.
///
/// Weights are edited in memory and not rounded to the type of the model's file. The control of a method that goes by neurons is the same edit of
/// random ones; of the others the same change of the same weights with what it writes turned ([`ValueVectors::turned`]).
pub struct EngineEditor<'a> {
    /// Its name in tables.
    pub name: String,
    /// The model that is edited.
    pub model: &'a Model,
    /// The method.
    pub method: Box<dyn EditMethod>,
    /// Texts before prompts, for methods that go by them.
    pub contexts: Vec<String>,
    /// A text about the subject whose continuation is to stay.
    pub essence: Option<EssenceText>,
    /// The method's numbers, as they are told.
    pub numbers: Vec<String>,
    /// How edited networks would be attributed; none is.
    pub options: &'a Options,
}

impl EngineEditor<'_> {
    fn requests(
        &self,
        facts: &[NewFact<'_>],
        neurons: fn(&NewFact<'_>) -> Vec<Neuron>,
    ) -> Result<Vec<EditRequest>, Refusal> {
        let request = |fact: &NewFact<'_>| {
            let claim = fact.claim;
            let text = FactText {
                name: fact.fact,
                template: claim.template,
                subject: claim.subject,
                object: claim.object,
                to: fact.object,
            };
            EditRequest::of(&self.model.asking(), text, &self.contexts, self.essence.as_ref(), neurons(fact))
        };
        facts.iter().map(|fact| request(fact).map_err(cannot)).collect()
    }

    fn vectors(&self, requests: &[EditRequest]) -> Result<ValueVectors, Refusal> {
        let edited = self.method.edit(&self.model.network, requests, &|| false).map_err(cannot)?;
        Ok(edited.vectors)
    }

    fn turned(&self, vectors: &ValueVectors, seed: u64) -> Result<ValueVectors, Refusal> {
        let mut stream = stream(seed, "turned", &[]);
        let mut order: Vec<usize> = (0..self.model.network.hidden()).collect();
        order.shuffle(&mut stream);
        let signs: Vec<f32> = order.iter().map(|_| if stream.random_bool(0.5) { 1.0 } else { -1.0 }).collect();
        vectors.turned(&self.model.network, &order, &signs).map_err(failed)
    }

    fn asked(&self, network: Transformer) -> Box<EngineModel<'_>> {
        Box::new(EngineModel::edited(self.model, network, self.options))
    }
}

impl Editor for EngineEditor<'_> {
    fn name(&self) -> &str {
        &self.name
    }

    fn by_neurons(&self) -> bool {
        self.method.needs().neurons
    }

    fn parameters(&self) -> Vec<(String, String)> {
        let mut all = vec![("numbers".to_owned(), self.numbers.join(", "))];
        all.extend(
            self.essence
                .as_ref()
                .map(|text| ("continuation".to_owned(), format!("{} ({:?})", text.template, text.read))),
        );
        all.extend((!self.contexts.is_empty()).then(|| ("contexts".to_owned(), self.contexts.join("\n"))));
        all
    }

    fn edit(&self, facts: &[NewFact<'_>], seed: u64) -> Result<Edited<'_>, Refusal> {
        let network = &self.model.network;
        let begun = Instant::now();
        let vectors = self.vectors(&self.requests(facts, |fact| fact.neurons.to_vec())?)?;
        let edited = vectors.apply(network);
        let (seconds, bytes) = (begun.elapsed().as_secs_f64(), vectors.bytes_held(network));
        let control = match self.by_neurons() {
            true => self.vectors(&self.requests(facts, |fact| fact.random.to_vec())?)?,
            false => self.turned(&vectors, seed)?,
        };
        let random = self.asked(control.apply(network));
        Ok(Edited { model: self.asked(edited), random, seconds, bytes })
    }
}

/// A fact that a method cannot edit is counted; anything else ends the bench. Reasons are counted together, so the fact is not named.
fn cannot(error: Error) -> Refusal {
    match error {
        Error::CannotEdit { reason, .. } => Refusal::cannot_ask(reason),
        // Many edits in one network may end so: that is a result, and not the end of the bench.
        Error::NotFinite { what, .. } => Refusal::cannot_ask(format!("{what} is no finite number")),
        error => failed(error),
    }
}
