//! Completeness evidence: how far sums of scores are from the change of probability they should add up to.
//!
//! Integrated gradients promise Σ scores = F(w̄) − F(w′) for every layer of every fact; what is left is the residual. It is
//! stored with the scores, so it is read here and not computed again. Costs one pass over the headers of all score blocks.

use kndb_storage::{FactId, LanguageId, PartKind, PromptId, RunId, Snapshot};

use crate::error::Result;

/// Residuals of one layer of one run.
#[derive(Clone, Debug, PartialEq)]
pub struct LayerResiduals {
    /// The layer, from 0.
    pub layer: u32,
    /// |Σ scores − (F(w̄) − F(w′))|.
    pub absolute: Distribution,
    /// The same, divided by |F(w̄) − F(w′)|; entries whose F does not change are not counted, nor, where F is a probability, those whose
    /// object has several tokens: their scores add up over the tokens, while their probabilities are products. There is nothing to describe
    /// where no entry is left.
    pub relative: Option<Distribution>,
}

/// Some numbers, described.
#[derive(Clone, Debug, PartialEq)]
pub struct Distribution {
    /// How many.
    pub count: u64,
    /// The least number that half of all do not exceed.
    pub median: f64,
    /// The least number that 95 of 100 do not exceed.
    pub percentile_95: f64,
    /// The largest.
    pub worst: f64,
    /// Whose it is.
    pub worst_of: Place,
}

/// An entry of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The fact.
    pub fact: FactId,
    /// The language.
    pub language: LanguageId,
    /// The prompt.
    pub prompt: PromptId,
}

/// Residuals of a run by layer, of the facts that are taken; empty where none were stored (imports, neuron sets).
///
/// # Errors
/// When a file of the store is damaged.
pub fn completeness(snapshot: &Snapshot, run: RunId, takes: &dyn Fn(FactId) -> bool) -> Result<Vec<LayerResiduals>> {
    let spec = snapshot.run(run).map(|run| &run.spec);
    let layers = spec.map_or(0, |spec| spec.shape.layers as usize);
    // F(w̄) is stored where F is p. Else the sum and the residual say how far F moved, where the sum is not of quotients.
    let of_p = spec.is_none_or(|spec| spec.target().is_none());
    let divided =
        spec.is_some_and(|spec| spec.parameters.iter().any(|(name, value)| name == "normalise" && value != "no"));
    let (mut absolute, mut relative) = (vec![Numbers::default(); layers], vec![Numbers::default(); layers]);
    for slot in snapshot.slots().filter(|slot| slot.run == run) {
        for live in snapshot.parts(slot)?.into_iter().filter(|live| live.part.kind() == PartKind::Scores) {
            for (local, fact) in (0..).zip(live.part.facts()?) {
                if !live.is_live(local) || !takes(FactId(u32::from_le_bytes(*fact))) {
                    continue;
                }
                let place =
                    Place { fact: FactId(u32::from_le_bytes(*fact)), language: slot.language, prompt: slot.prompt };
                let head = live.part.head(local)?;
                let several = head.origin().and_then(|origin| origin.tokens).is_some_and(|tokens| tokens > 1);
                for (layer, summary) in head.layers().enumerate().take(layers) {
                    let evidence = summary.evidence;
                    let residual = f64::from(evidence.residual).abs();
                    let change = match of_p {
                        true => f64::from(evidence.probability) - f64::from(evidence.baseline),
                        false if divided => f64::NAN,
                        false => f64::from(summary.sum) - f64::from(evidence.residual),
                    };
                    let change = change.abs();
                    absolute[layer].add(residual, place);
                    if change > 0.0 && !(several && of_p) {
                        relative[layer].add(residual / change, place);
                    }
                }
            }
        }
    }
    let layers = absolute.into_iter().zip(relative).zip(0..);
    Ok(layers
        .filter_map(|((absolute, relative), layer)| {
            Some(LayerResiduals { layer, absolute: absolute.described()?, relative: relative.described() })
        })
        .collect())
}

/// Numbers on the way to being described; those that are not known (NaN) are left out.
#[derive(Clone, Default)]
struct Numbers {
    all: Vec<f32>,
    worst: Option<(f64, Place)>,
}

impl Numbers {
    fn add(&mut self, number: f64, place: Place) {
        if !number.is_finite() {
            return;
        }
        self.all.push(number as f32);
        if self.worst.is_none_or(|(worst, _)| number > worst) {
            self.worst = Some((number, place));
        }
    }

    fn described(mut self) -> Option<Distribution> {
        let (worst, worst_of) = self.worst?;
        self.all.sort_unstable_by(f32::total_cmp);
        let rank = |share: f64| (share * self.all.len() as f64).ceil() as usize;
        let quantile = |share: f64| self.all.get(rank(share).max(1) - 1).copied().map_or(worst, f64::from);
        Some(Distribution {
            count: self.all.len() as u64,
            median: quantile(0.5),
            percentile_95: quantile(0.95),
            worst,
            worst_of,
        })
    }
}
