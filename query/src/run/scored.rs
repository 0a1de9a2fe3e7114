//! The scores of pairs, for sets that have them.

use crate::error::QueryError;
use crate::plan::{Access, Cell, DENSE_LIMIT, PartAccess, PromptParts};
use crate::run::eval::Worker;
use crate::run::signed;
use kndb_storage::PartKind;

impl<'s> Worker<'_, 's> {
    /// The scores of a fact's neurons in one run, language and prompt; NaN where there is none.
    pub(crate) fn scores_of(
        &mut self,
        of: (&Cell<'s>, &PromptParts<'s>),
        fact: u32,
        neurons: &[u32],
        out: &mut Vec<f32>,
    ) -> Result<(), QueryError> {
        out.clear();
        let mut scores = std::mem::take(&mut self.scores);
        scores.clear();
        self.scored(of, fact, &mut scores)?;
        if self.shape.neurons() > DENSE_LIMIT {
            scores.sort_unstable_by_key(|&(neuron, _)| neuron);
            let score = |neuron| scores.binary_search_by_key(neuron, |&(of, _)| of).map_or(f32::NAN, |at| scores[at].1);
            out.extend(neurons.iter().map(score));
        } else {
            // A place for each neuron of the model, all of them NaN between two facts: nothing is sorted.
            let by_neuron = &mut self.score_of;
            by_neuron.resize(self.shape.neurons() as usize, f32::NAN);
            // A damaged file may name a neuron that the model does not have.
            let set = |by_neuron: &mut [f32], neuron: u32, score: f32| {
                if let Some(place) = by_neuron.get_mut(neuron as usize) {
                    *place = score;
                }
            };
            scores.iter().for_each(|&(neuron, score)| set(by_neuron, neuron, score));
            out.extend(neurons.iter().map(|&neuron| by_neuron.get(neuron as usize).copied().unwrap_or(f32::NAN)));
            scores.iter().for_each(|&(neuron, _)| set(by_neuron, neuron, f32::NAN));
        }
        self.scores = scores;
        Ok(())
    }

    /// The scores of a fact, each neuron once.
    fn scored(
        &mut self,
        (cell, prompt): (&Cell<'s>, &PromptParts<'s>),
        fact: u32,
        out: &mut Vec<(u32, f32)>,
    ) -> Result<(), QueryError> {
        let Some((part, local)) = self.locate(&prompt.parts, fact) else { return Ok(()) };
        if part.live.part.kind() != PartKind::Scores {
            return Ok(());
        }
        if let Access::Signed = part.access {
            out.append(&mut self.signed(cell, part, local)?);
        } else {
            let scores = part.live.part.scores_above(local, cell.cut.tau).map_err(QueryError::storage)?;
            let count = self.prefix(cell, part, local, &scores)?.min(scores.len());
            out.extend((0..count).map(|rank| (scores.neuron(rank).0, scores.score(rank))));
        }
        Ok(())
    }

    /// The scores of one entry that pass where not only positive ones count, strongest first.
    pub(super) fn signed(
        &self,
        cell: &Cell<'s>,
        part: &PartAccess<'s>,
        local: u32,
    ) -> Result<Vec<(u32, f32)>, QueryError> {
        let scores = part.live.part.scores(local).map_err(QueryError::storage)?;
        let passing = signed::passing(cell.cut, &scores, self.shape);
        passing.ok_or_else(|| signed::below_floor(self.snapshot, cell, part, local, &scores, self.shape))
    }
}
