//! What a prediction becomes when neurons are changed.

use crate::error::{Error, Result};
use crate::model::Model;
use crate::question::{Question, Step};
use crate::transformer::to_host;
use burn::tensor::{Tensor, TensorData};
use kndb_storage::Neuron;

/// A change of some neurons' activations at the target position, in one forward pass; the weights stay as they are.
#[derive(Clone, Debug, PartialEq)]
pub struct Intervention {
    /// The neurons.
    pub neurons: Vec<Neuron>,
    /// What their activations are multiplied with: 0 suppresses, 2 enhances (methods.md §5).
    pub factor: f32,
}

impl Intervention {
    /// Suppression: activation × 0.
    pub fn suppress(neurons: Vec<Neuron>) -> Self {
        Self { neurons, factor: 0.0 }
    }

    /// By layer, what each unit is multiplied with; nothing where no unit of the layer is changed.
    fn factors(&self, model: &Model) -> Result<Vec<Option<Vec<f32>>>> {
        let shape = model.shape();
        let mut layers = vec![None; shape.layers as usize];
        for &neuron in &self.neurons {
            if u64::from(neuron.0) >= shape.neurons() {
                return Err(Error::Option {
                    option: "neuron",
                    given: neuron.to_string(),
                    expected: format!("one of the {} neurons of {}", shape.neurons(), model.name()),
                });
            }
            let (layer, unit) = shape.split(neuron);
            let units = layers[layer.0 as usize].get_or_insert_with(|| vec![1.0; shape.width as usize]);
            units[unit as usize] = self.factor;
        }
        Ok(layers)
    }
}

impl Model {
    /// The probability of a question's object, with an intervention at the target position of each step.
    ///
    /// # Errors
    /// A neuron the model does not have.
    pub fn probability(&self, question: &Question, intervention: &Intervention) -> Result<f64> {
        let factors = intervention.factors(self)?;
        Ok(question.steps.iter().map(|step| self.step_probability(step, &factors)).product())
    }

    fn step_probability(&self, step: &Step, factors: &[Option<Vec<f32>>]) -> f64 {
        let device = self.network.device();
        let (tokens, width) = (step.ids.len(), self.network.width());
        let last = self.network.pass(&step.ids, step.position, |layer, neurons| match &factors[layer] {
            None => neurons,
            Some(units) => {
                let mut all = vec![1.0; tokens * width];
                all[step.position * width..(step.position + 1) * width].copy_from_slice(units);
                neurons * Tensor::<2>::from_data(TensorData::new(all, [tokens, width]), &device)
            }
        });
        let (p, _) = self.network.head.forward(last, step.target as usize);
        f64::from(to_host(p)[0])
    }
}
