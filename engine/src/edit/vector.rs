//! The vector that makes a network name another object: v* of ROME, z* of MEMIT.

use super::adam::Adam;
use super::method::{Loss, go_on};
use super::tail::Tail;
use crate::error::{Error, Result};

/// How it is looked for. The defaults are those of ROME's released code for gpt2-xl (`hparams/ROME/gpt2-xl.json`).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct VectorOptions {
    /// Losses that are computed; there is one step of Adam less, as behind the last loss none is taken (`v_num_grad_steps`).
    pub steps: usize,
    /// Adam's rate (`v_lr`).
    pub rate: f64,
    /// What ‖δ‖/‖v‖² is multiplied with in the loss (`v_weight_decay`).
    pub decay: f64,
    /// δ is no longer than this times ‖v‖ (`clamp_norm_factor`).
    pub clamp: f64,
    /// What the divergence of the subject's own continuation is multiplied with (`kl_factor`).
    pub essence: f64,
    /// A loss below this ends it; 0.05 in the released code, which names it nowhere.
    pub enough: f64,
}

impl Default for VectorOptions {
    fn default() -> Self {
        Self { steps: 20, rate: 0.5, decay: 0.5, clamp: 4.0, essence: 0.0625, enough: 0.05 }
    }
}

impl VectorOptions {
    /// Refuses numbers that mean nothing.
    ///
    /// # Errors
    /// No steps; numbers that are negative or not finite.
    pub(super) fn check(&self) -> Result<()> {
        let wrong = |option, given: String, expected: &str| Error::Option { option, given, expected: expected.into() };
        if self.steps == 0 {
            return Err(wrong("steps", "0".into(), "1 or more"));
        }
        let all = [
            ("rate", self.rate),
            ("decay", self.decay),
            ("clamp", self.clamp),
            ("kl-factor", self.essence),
            ("enough", self.enough),
        ];
        match all.into_iter().find(|(_, value)| !value.is_finite() || *value < 0.0) {
            None => Ok(()),
            Some((option, value)) => Err(wrong(option, value.to_string(), "a number of 0 or more")),
        }
    }
}

/// What was found.
pub(super) struct Found {
    /// v at the subject's last token of the first prompt, without an edit.
    pub before: Vec<f64>,
    /// What is to be added to it.
    pub added: Vec<f64>,
    /// By step.
    pub losses: Vec<Loss>,
}

impl Found {
    /// v* = v + δ.
    pub fn value(&self) -> Vec<f64> {
        self.before.iter().zip(&self.added).map(|(before, added)| before + added).collect()
    }
}

/// Looks for δ, which is added at the subject's last token of every sentence (Meng et al., NeurIPS 2022, eq. 4, as the released code has it):
/// the loss is the mean of −ln p of the new object's tokens + factor · KL(edited ‖ unedited) of the subject's own continuation
/// + decay · ‖δ‖/‖v‖².
pub(super) fn found(
    tail: &mut Tail<'_>,
    options: &VectorOptions,
    interrupt: &(dyn Fn() -> bool + Sync),
) -> Result<Found> {
    options.check()?;
    let before = tail.base_at_subject();
    let size = norm(&before);
    if size == 0.0 || !size.is_finite() {
        return Err(Error::CannotEdit {
            what: "the subject".into(),
            reason: format!("the vector to be changed has length {size}, so nothing can be held near it"),
        });
    }
    let mut added = vec![0.0; before.len()];
    let mut adam = Adam::new(added.len(), options.rate);
    let mut losses = Vec::with_capacity(options.steps);
    for step in 0..options.steps {
        go_on(interrupt)?;
        let last = step + 1 == options.steps;
        let passed = tail.pass(tail.with_added(&added), !last)?;
        let long = norm(&added);
        let loss = Loss { decay: options.decay * long / (size * size), ..passed.loss };
        losses.push(loss);
        let Some(gradient) = passed.gradient.filter(|_| loss.total() >= options.enough) else { break };
        let gradient = tail.summed(gradient);
        // The length has no slope at 0; as PyTorch does, it is taken for 0 there.
        let pull = if long > 0.0 { options.decay / (size * size * long) } else { 0.0 };
        let pulled: Vec<f64> = gradient.iter().zip(&added).map(|(slope, own)| slope + pull * own).collect();
        adam.step(&mut added, pulled);
        let (long, most) = (norm(&added), options.clamp * size);
        if long > most {
            added.iter_mut().for_each(|value| *value *= most / long);
        }
    }
    Ok(Found { before, added, losses })
}

/// ‖x‖.
pub(super) fn norm(x: &[f64]) -> f64 {
    x.iter().map(|value| value * value).sum::<f64>().sqrt()
}
