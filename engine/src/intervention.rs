//! What a prediction becomes when neurons are changed: suppressed, enhanced, set, or their value vectors rewritten.
//!
//! An [`Intervention`] changes activations in a forward pass; a [`Rewrite`] changes weights, in a copy of the network. The
//! network itself is never touched, so there is nothing to undo.

mod rewrite;
mod variants;

use crate::error::{Error, Result};
use kndb_storage::{Neuron, Shape};
use std::collections::BTreeMap;

pub use rewrite::Rewrite;
pub use variants::{Answer, Variants};

/// What becomes of an activation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Change {
    /// Multiplied: 0 suppresses, 2 enhances (methods.md §5).
    Scale(f32),
    /// Replaced.
    Set(f32),
}

/// At which tokens of the prompt.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Reach {
    /// The target position: the mask, or the last token. Scores are taken there.
    #[default]
    Target,
    /// Every token.
    All,
}

/// A change of some neurons' activations in a forward pass. Of several in a list, all are in force: each changes what the
/// ones before it left.
#[derive(Clone, Debug, PartialEq)]
pub struct Intervention {
    /// The neurons.
    pub neurons: Vec<Neuron>,
    /// What becomes of their activations.
    pub change: Change,
    /// At which tokens.
    pub reach: Reach,
}

impl Intervention {
    /// Suppression at the target position: activation × 0.
    pub fn suppress(neurons: Vec<Neuron>) -> Self {
        Self { neurons, change: Change::Scale(0.0), reach: Reach::Target }
    }

    /// Enhancement at the target position: activation × 2.
    pub fn enhance(neurons: Vec<Neuron>) -> Self {
        Self { neurons, change: Change::Scale(2.0), reach: Reach::Target }
    }
}

/// w → scale · w + shift: what a list of changes comes to.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Affine {
    scale: f32,
    shift: f32,
}

impl Affine {
    const SAME: Self = Self { scale: 1.0, shift: 0.0 };

    fn then(self, change: Change) -> Self {
        match change {
            Change::Scale(by) => Self { scale: by * self.scale, shift: by * self.shift },
            Change::Set(value) => Self { scale: 0.0, shift: value },
        }
    }

    fn of(self, w: f32) -> f32 {
        // Not 0 · w: an activation that overflowed must not come through.
        if self.scale == 0.0 { self.shift } else { self.scale * w + self.shift }
    }
}

/// The changed units of each layer.
type Layers = BTreeMap<usize, BTreeMap<usize, Affine>>;

/// A list of interventions, by layer.
#[derive(Clone, Debug, Default)]
struct Plan {
    /// At the target position.
    target: Layers,
    /// At all other tokens.
    elsewhere: Layers,
}

impl Plan {
    fn of(list: &[Intervention], shape: Shape) -> Result<Self> {
        let mut plan = Self::default();
        for intervention in list {
            for &neuron in &intervention.neurons {
                if u64::from(neuron.0) >= shape.neurons() {
                    return Err(Error::Option {
                        option: "neuron",
                        given: neuron.to_string(),
                        expected: format!("one of the model's {} neurons ({shape})", shape.neurons()),
                    });
                }
                let (layer, unit) = shape.split(neuron);
                let add = |layers: &mut Layers| {
                    let units = layers.entry(layer.0 as usize).or_default();
                    let affine = units.entry(unit as usize).or_insert(Affine::SAME);
                    *affine = affine.then(intervention.change);
                };
                add(&mut plan.target);
                if intervention.reach == Reach::All {
                    add(&mut plan.elsewhere);
                }
            }
        }
        Ok(plan)
    }

    /// The lowest layer that is changed.
    fn first(&self) -> Option<usize> {
        // What is changed elsewhere is changed at the target position, too.
        self.target.keys().next().copied()
    }
}
