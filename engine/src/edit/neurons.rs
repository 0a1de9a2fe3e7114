//! Edits of a fact's neurons: value vectors scaled, or rewritten from one object to another.

use super::method::{EditMethod, Edited, Needs, go_on};
use super::{EditRequest, ValueVectors};
use crate::error::Result;
use crate::intervention::Rewrite;
use crate::transformer::Transformer;

/// The value vectors of a fact's neurons, times a factor (Dai et al., ACL 2022, §4.2, there of activations): 0 suppresses, 2 enhances.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ScaleNeurons {
    /// What they are multiplied with.
    pub factor: f32,
}

impl EditMethod for ScaleNeurons {
    fn name(&self) -> &'static str {
        match self.factor {
            0.0 => "suppress",
            2.0 => "enhance",
            _ => "scale",
        }
    }

    fn needs(&self) -> Needs {
        Needs { neurons: true, ..Needs::default() }
    }

    fn edit(
        &self,
        network: &Transformer,
        requests: &[EditRequest],
        interrupt: &(dyn Fn() -> bool + Sync),
    ) -> Result<Edited> {
        self.needs().must_be_met(self.name(), network, requests)?;
        one_by_one(network, requests, interrupt, |network, request| {
            ValueVectors::scaled(network, &request.neurons, self.factor)
        })
    }
}

/// The value vectors of a fact's neurons, moved from its object to another ([`Rewrite`]).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RewriteNeurons {
    /// λ1; 1 in the paper.
    pub forget: f32,
    /// λ2; 8 in the paper.
    pub learn: f32,
}

impl Default for RewriteNeurons {
    fn default() -> Self {
        Self { forget: 1.0, learn: 8.0 }
    }
}

impl EditMethod for RewriteNeurons {
    fn name(&self) -> &'static str {
        "rewrite"
    }

    fn needs(&self) -> Needs {
        Needs { neurons: true, object: true, ..Needs::default() }
    }

    fn edit(
        &self,
        network: &Transformer,
        requests: &[EditRequest],
        interrupt: &(dyn Fn() -> bool + Sync),
    ) -> Result<Edited> {
        self.needs().must_be_met(self.name(), network, requests)?;
        one_by_one(network, requests, interrupt, |network, request| {
            let (old, new) = (request.old.clone(), request.new.clone());
            let rewrite =
                Rewrite { forget: self.forget, learn: self.learn, ..Rewrite::new(request.neurons.clone(), old, new) };
            rewrite.value_vectors(network)
        })
    }
}

/// Each request with the network that the ones before it left.
fn one_by_one(
    network: &Transformer,
    requests: &[EditRequest],
    interrupt: &(dyn Fn() -> bool + Sync),
    edit: impl Fn(&Transformer, &EditRequest) -> Result<ValueVectors>,
) -> Result<Edited> {
    let (mut network, mut all) = (network.clone(), ValueVectors::default());
    for (number, request) in requests.iter().enumerate() {
        go_on(interrupt)?;
        let vectors = edit(&network, request)?;
        if number + 1 < requests.len() {
            network = vectors.apply(&network);
        }
        all = all.then(vectors);
    }
    Ok(Edited { vectors: all, evidence: Vec::new() })
}
