//! The engine's methods as scorers of an arena.

use super::failed;
use crate::arena::Scorer;
use crate::model::{Claim, Refusal};
use kndb_engine::{Attribution, Model, Options};
use kndb_storage::TARGET;

/// A method of the engine, for an arena.
pub struct EngineScorer<'a> {
    name: String,
    model: &'a Model,
    options: Options,
}

impl<'a> EngineScorer<'a> {
    /// A model's neurons by a method, with its name in tables.
    ///
    /// # Errors
    /// Options that do not fit the model, or a method that has no meaning for it.
    pub fn new(name: impl Into<String>, model: &'a Model, options: Options) -> kndb_engine::Result<Self> {
        Attribution::new(model, &options)?;
        Ok(Self { name: name.into(), model, options })
    }
}

impl Scorer for EngineScorer<'_> {
    fn name(&self) -> &str {
        &self.name
    }

    fn parameters(&self) -> Vec<(String, String)> {
        let mut all = self.options.parameters();
        let method = self.options.method.build().name();
        let has_target = all.iter().any(|(name, _)| name == TARGET);
        // Runs do not say it of the probability, as there was nothing else once.
        if !has_target && kndb_engine::methods::Scorer::named(method).is_some_and(|scorer| scorer.takes(TARGET)) {
            all.push((TARGET.to_owned(), self.options.metric().name().to_owned()));
        }
        all
    }

    fn scores(&self, claim: &Claim<'_>) -> Result<Vec<f32>, Refusal> {
        let attribution = Attribution::new(self.model, &self.options).map_err(failed)?;
        let question = attribution.question(claim.template, claim.subject, claim.object);
        let question = question.map_err(|skip| Refusal::cannot_ask(skip.to_string()))?;
        let found = attribution.scores(&question).map_err(failed)?;
        Ok(found.map_err(|skip| Refusal::cannot_ask(skip.to_string()))?.scores)
    }
}
