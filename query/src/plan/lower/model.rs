//! Whose neurons a set has: neurons of one model are the same by layer and number, those of another are other units.

use kndb_storage::{Run, Shape};

/// The model whose neurons an expression speaks of, and a run that says so.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Model {
    pub name: String,
    pub shape: Shape,
    pub(super) run: String,
    /// Hash of the weights, where the run says it.
    pub(super) weights: Option<String>,
    /// The attached store that the run is of.
    pub(super) store: Option<String>,
}

impl Model {
    /// Whether neurons are the same by layer and number. In one store a model has one shape; two stores may disagree.
    pub(crate) fn is(&self, other: &Self) -> bool {
        self.name == other.name && self.shape == other.shape
    }

    /// The same, of an attached store.
    pub(crate) fn of_store(self, name: &str) -> Self {
        Self { store: Some(name.to_owned()), ..self }
    }

    /// The run that says so.
    pub(super) fn run(&self) -> String {
        let store = self.store.as_ref().map_or_else(String::new, |store| format!(" of store {store}"));
        format!("run {:?}{store}", self.run)
    }

    /// Two models by name, and by shape where that is what they differ in.
    pub(crate) fn told_apart(&self, other: &Self) -> (String, String) {
        // In one store another name says enough.
        let by_name = self.name != other.name && self.store == other.store;
        let told = |model: &Self| {
            let (name, Shape { layers, width }) = (&model.name, model.shape);
            if self.shape == other.shape || by_name {
                format!("model {name:?}")
            } else {
                format!("model {name:?} ({layers} layers of {width} neurons)")
            }
        };
        (told(self), told(other))
    }
}

/// The model of a run.
pub(crate) fn model_of(run: &Run) -> Model {
    let (name, run_name, weights) = (run.spec.model.clone(), run.spec.name.clone(), run.spec.weights_hash.clone());
    Model { name, shape: run.spec.shape, run: run_name, weights, store: None }
}
