//! The scores of pairs, for sets that have them.

use crate::error::QueryError;
use crate::plan::{Access, Cell, PartAccess, Source};
use crate::run::eval::Worker;
use crate::run::signed;
use kndb_storage::PartKind;

impl<'s> Worker<'_, 's> {
    /// The scores of a fact's neurons, for a source with one run, language and prompt: neurons ascending.
    pub(crate) fn scored(
        &mut self,
        source: &Source<'s>,
        fact: u32,
        out: &mut Vec<(u32, f32)>,
    ) -> Result<(), QueryError> {
        let [cell] = source.cells.as_slice() else { return Ok(()) };
        let [prompt] = cell.prompts.as_slice() else { return Ok(()) };
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
        out.sort_unstable_by_key(|&(neuron, _)| neuron);
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
