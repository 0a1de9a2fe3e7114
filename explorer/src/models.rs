//! What neurons write, in words: asked of whoever has a model's files, since this crate reads stores alone.

use std::fmt;
use std::sync::Arc;

use kndb_storage::Run;

/// A model whose files are at hand.
pub trait ValueVectors: Send + Sync {
    /// Its name.
    fn name(&self) -> &str;

    /// # Errors
    /// Why the neurons of a run are none of this model's.
    fn is_of(&self, run: &Run) -> Result<(), String>;

    /// The tokens whose logits a neuron's value vector raises and lowers most, `count` of each.
    ///
    /// # Errors
    /// Why there are none.
    fn promoted(&self, layer: u32, unit: u32, count: usize) -> Result<Promoted, String>;
}

/// Tokens, and by how much the neuron moves the logit of each for every 1 of its activation.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Promoted {
    /// The most first.
    pub raised: Vec<(String, f32)>,
    /// The most first.
    pub lowered: Vec<(String, f32)>,
}

/// Models whose files are at hand.
#[derive(Clone, Default)]
pub struct Models(Vec<Arc<dyn ValueVectors>>);

impl Models {
    /// Those.
    pub fn new(models: impl IntoIterator<Item = Arc<dyn ValueVectors>>) -> Self {
        Self(models.into_iter().collect())
    }

    /// Of each model that none of these runs is of, a sentence: why.
    pub(crate) fn of_none(&self, runs: &[&Run]) -> Vec<String> {
        let told = |model: &Arc<dyn ValueVectors>| {
            let mut first = None;
            for run in runs {
                match model.is_of(run) {
                    Ok(()) => return None,
                    Err(why) => first = first.or(Some(why)),
                }
            }
            let why = first.map(|why| format!(": {why}")).unwrap_or_default();
            Some(format!("no run of these stores is of the model {}{why}", model.name()))
        };
        self.0.iter().filter_map(told).collect()
    }

    /// The model of a run; where none is, why each is not.
    pub(crate) fn of(&self, run: &Run) -> Result<&dyn ValueVectors, Vec<String>> {
        let mut refused = Vec::new();
        for model in &self.0 {
            match model.is_of(run) {
                Ok(()) => return Ok(&**model),
                Err(why) => refused.push(why),
            }
        }
        Err(refused)
    }
}

impl fmt::Debug for Models {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|model| model.name())).finish()
    }
}
