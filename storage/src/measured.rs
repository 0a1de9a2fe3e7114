//! What was measured of an entry beside its scores: how likely the right object was, what the model answered, how well the scores
//! add up. Read from the head of its score block alone, and borrowed from there.

use crate::error::Result;
use crate::ids::FactId;
use crate::segment::PartKind;
use crate::snapshot::{LivePart, Slot, Snapshot};

/// What was measured of an entry; `None` where that was not stored.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Measured<'a> {
    /// The fact.
    pub fact: FactId,
    /// p: probability of the right object; of several tokens the product.
    pub probability: Option<f32>,
    /// F(w′), with the activations of one layer at their baseline, of the layer that costs most; F is p, or what the run says.
    pub baseline: Option<f32>,
    /// The model's own first answer, as its tokenizer writes it; of objects of one token.
    pub answer: Option<&'a str>,
    /// Rank of the right object among the model's answers, from 1; of several tokens the worst of theirs.
    pub rank: Option<u32>,
    /// Tokens of the object.
    pub tokens: Option<u16>,
    /// What Σ scores and F(w̄) − F(w′) differ by, in the layer where they differ most; never negative.
    pub residual: Option<f32>,
    /// The largest score.
    pub largest: Option<f32>,
    /// Scores that were kept, negative ones among them; of neuron sets without scores there are none.
    pub kept: Option<u64>,
}

impl<'a> LivePart<'a> {
    /// What was measured of an entry of scores or of a neuron set, of which nothing but the fact is known; not for degenerate groups.
    ///
    /// # Errors
    /// When what is read is damaged.
    pub fn measured(&self, fact: FactId, local: u32) -> Result<Measured<'a>> {
        let mut measured = Measured {
            fact,
            probability: None,
            baseline: None,
            answer: None,
            rank: None,
            tokens: None,
            residual: None,
            largest: None,
            kept: None,
        };
        if self.part.kind() != PartKind::Scores {
            return Ok(measured);
        }
        let head = self.part.head(local)?;
        let finite = |number: f32| Some(number).filter(|number| number.is_finite());
        for layer in head.layers() {
            let evidence = layer.evidence;
            // The same in every layer; a store from elsewhere may know it of some only.
            measured.probability = measured.probability.or(finite(evidence.probability));
            let (baseline, residual) = (finite(evidence.baseline), finite(evidence.residual.abs()));
            measured.baseline = least(measured.baseline, baseline);
            measured.residual = most(measured.residual, residual);
        }
        if let Some(origin) = head.origin_parts() {
            (measured.answer, measured.rank, measured.tokens) = (origin.answer, origin.rank, origin.tokens);
        }
        // Of no positive score it is 0, and not its negative.
        measured.largest = finite(head.max()).map(|max| max + 0.0);
        measured.kept = Some((head.kept() + head.kept_negative()) as u64);
        Ok(measured)
    }
}

fn least(a: Option<f32>, b: Option<f32>) -> Option<f32> {
    a.zip(b).map(|(a, b)| a.min(b)).or(a).or(b)
}

fn most(a: Option<f32>, b: Option<f32>) -> Option<f32> {
    a.zip(b).map(|(a, b)| a.max(b)).or(a).or(b)
}

impl Snapshot {
    /// What was measured of the entries of a slot that have scores and that `of` picks.
    ///
    /// # Errors
    /// When a file is missing or damaged.
    pub fn measured(&self, slot: Slot, of: impl Fn(FactId) -> bool) -> Result<Vec<Measured<'_>>> {
        let mut found = Vec::new();
        for live in self.parts(slot)?.into_iter().filter(|live| live.part.kind() == PartKind::Scores) {
            for (local, fact) in (0..).zip(live.part.facts()?) {
                let fact = FactId(u32::from_le_bytes(*fact));
                if live.is_live(local) && of(fact) {
                    found.push(live.measured(fact, local)?);
                }
            }
        }
        Ok(found)
    }
}
