//! Models whose folders are given, for the words that neurons promote.

use std::path::PathBuf;
use std::sync::Arc;

use kndb_engine::{Model, TokenWeight, device};
use kndb_explorer::{Models, Promoted, ValueVectors};
use kndb_storage::Run;

use crate::error::Result;

/// Loads them, on the CPU: a product of one row needs no more. What the engine notes of each is told to `tell`.
pub fn models(folders: &[PathBuf], tell: &mut dyn FnMut(&str) -> Result<()>) -> Result<Models> {
    let mut models: Vec<Arc<dyn ValueVectors>> = Vec::new();
    for folder in folders {
        let model = Model::load(folder, &device("cpu")?)?;
        model.notes().iter().try_for_each(|note| tell(note))?;
        models.push(Arc::new(Loaded(model)));
    }
    Ok(Models::new(models))
}

/// One that is loaded.
pub fn one(model: Model) -> Models {
    Models::new([Arc::new(Loaded(model)) as Arc<dyn ValueVectors>])
}

struct Loaded(Model);

impl ValueVectors for Loaded {
    fn name(&self) -> &str {
        self.0.name()
    }

    fn is_of(&self, run: &Run) -> std::result::Result<(), String> {
        self.0.must_be_of(run).map_err(|error| error.to_string())
    }

    fn promoted(&self, layer: u32, unit: u32, count: usize) -> std::result::Result<Promoted, String> {
        let found = self.0.promoted(layer, unit, count).map_err(|error| error.to_string())?;
        let pairs = |tokens: Vec<TokenWeight>| tokens.into_iter().map(|token| (token.text, token.weight)).collect();
        Ok(Promoted { raised: pairs(found.raised), lowered: pairs(found.lowered) })
    }
}
