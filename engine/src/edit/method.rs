//! What all ways to edit facts have in common.

use super::request::must_have;
use super::{EditRequest, ValueVectors};
use crate::error::{Error, Result};
use crate::transformer::Transformer;

/// A way to change what a network says of facts, by new value vectors.
///
/// A network that other edits have changed already is edited like any other: what comes out is to be put into that one, and
/// [`ValueVectors::then`] joins both.
pub trait EditMethod: Send + Sync {
    /// Its name, as `--method` takes it.
    fn name(&self) -> &'static str;

    /// What requests have to say for it.
    fn needs(&self) -> Needs;

    /// Refuses a network that the method's equations do not hold for, or that lacks its layers: what can be known before any fact is.
    ///
    /// # Errors
    /// What does not fit, and what to take instead.
    fn must_fit(&self, _network: &Transformer) -> Result<()> {
        Ok(())
    }

    /// The new value vectors; `network` stays as it is. A method that edits one fact at a time takes several one after the other, each with
    /// the network that the ones before it left. `interrupt` is looked at now and then: when it says so, the edit ends.
    ///
    /// # Errors
    /// A request without what the method needs; a neuron or a token the network does not have; an architecture that the method's
    /// equations do not hold for; numbers that are not finite; [`Error::Stopped`] where `interrupt` said so.
    fn edit(
        &self,
        network: &Transformer,
        requests: &[EditRequest],
        interrupt: &(dyn Fn() -> bool + Sync),
    ) -> Result<Edited>;
}

/// What a method needs of a request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Needs {
    /// Neurons, whose value vectors it changes.
    pub neurons: bool,
    /// Another object.
    pub object: bool,
    /// The prompt behind other texts.
    pub contexts: bool,
    /// A text about the subject whose continuation is to stay.
    pub essence: bool,
}

impl Needs {
    /// Refuses a request that lacks neurons or an object; without contexts or a text whose continuation stays there is less to go by, but enough.
    ///
    /// # Errors
    /// What is missing.
    pub(crate) fn must_be_met(
        self,
        method: &'static str,
        network: &Transformer,
        requests: &[EditRequest],
    ) -> Result<()> {
        let missing = |what: &str, request: &EditRequest| Error::CannotEdit {
            what: request.name.clone(),
            reason: format!("the method {method} needs {what}"),
        };
        for request in requests {
            if self.neurons && request.neurons.is_empty() {
                return Err(missing("neurons, and the request has none", request));
            }
            if self.object && (request.new.is_empty() || request.prompts.is_empty()) {
                return Err(missing("another object, and the request has none", request));
            }
            must_have(network.vocabulary(), request)?;
        }
        Ok(())
    }
}

/// What came of an edit.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Edited {
    /// The new value vectors.
    pub vectors: ValueVectors,
    /// How each request went, where the method has something to say of it, in their order; of methods without steps nothing.
    pub evidence: Vec<Evidence>,
}

/// How an edit of one request went.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Evidence {
    /// The layer whose output was optimised, or that was trained.
    pub layer: usize,
    /// The loss before each step, and behind the last one that was taken.
    pub losses: Vec<Loss>,
    /// k*: what the layer's second matrix reads at the subject's last token, the mean over contexts, `[width]`.
    pub key: Vec<f64>,
    /// v*, or z* of MEMIT: what was optimised, `[hidden]`.
    pub value: Vec<f64>,
    /// The same before.
    pub value_before: Vec<f64>,
}

/// A loss and its parts.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Loss {
    /// Mean of −ln p of the new object's tokens.
    pub new_object: f64,
    /// What holds the subject's own continuation: factor × KL(edited ‖ unedited).
    pub essence: f64,
    /// What holds the change small.
    pub decay: f64,
}

impl Loss {
    /// Their sum.
    pub fn total(&self) -> f64 {
        self.new_object + self.essence + self.decay
    }
}

/// Refuses to go on where somebody asked for an end.
///
/// # Errors
/// [`Error::Stopped`].
pub(crate) fn go_on(interrupt: &(dyn Fn() -> bool + Sync)) -> Result<()> {
    if interrupt() { Err(Error::Stopped) } else { Ok(()) }
}
