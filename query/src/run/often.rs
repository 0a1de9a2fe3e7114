//! `langs`, `runs`: the pairs of a fact that enough languages, or runs, have found.
//!
//! A language has found a pair if it is a pair of that language in any of the runs, that is, with enough of the prompts there. A
//! percentage is one of the languages asked for in which the fact has an entry, and so for runs.

use crate::error::QueryError;
use crate::plan::{NodeId, Source};
use crate::run::eval::Worker;

/// The neurons of the fact that was looked at last.
#[derive(Default)]
pub(super) struct Often {
    of: Option<(NodeId, u32)>,
    /// Ascending.
    neurons: Vec<u32>,
}

impl<'s> Worker<'_, 's> {
    /// The neurons of a fact that enough languages and runs of a source have found, ascending.
    pub(super) fn often(&mut self, source: &Source<'s>, fact: u32) -> Result<&[u32], QueryError> {
        if self.often.of != Some((source.id, fact)) {
            self.often.of = None;
            let mut neurons = std::mem::take(&mut self.often.neurons);
            neurons.clear();
            self.find_often(source, fact, &mut neurons)?;
            self.often = Often { of: Some((source.id, fact)), neurons };
        }
        Ok(&self.often.neurons)
    }

    fn find_often(&mut self, source: &Source<'s>, fact: u32, kept: &mut Vec<u32>) -> Result<(), QueryError> {
        let (mut languages, mut runs) = (Vec::new(), Vec::new());
        // By neuron: the language and the run of each cell that has it.
        let mut found: Vec<(u32, u32, u32)> = Vec::new();
        let mut one = Vec::new();
        for cell in &source.cells {
            let mut prompts = cell.prompts.iter();
            if !prompts.any(|prompt| self.locate(&prompt.parts, fact).is_some()) {
                continue;
            }
            let (language, run) = (u32::from(cell.language.0), cell.run.0);
            languages.push(language);
            runs.push(run);
            one.clear();
            self.of_cell(source, cell, fact, &mut one)?;
            found.extend(one.iter().map(|&neuron| (neuron, language, run)));
        }
        let all = [distinct(&mut languages), distinct(&mut runs)];
        found.sort_unstable();
        for places in found.chunk_by(|a, b| a.0 == b.0) {
            languages.clear();
            languages.extend(places.iter().map(|place| place.1));
            runs.clear();
            runs.extend(places.iter().map(|place| place.2));
            let counts = [distinct(&mut languages), distinct(&mut runs)];
            let enough =
                |at: usize| [source.langs, source.runs][at].is_none_or(|quota| quota.accepts(counts[at], all[at]));
            if enough(0) && enough(1) {
                kept.push(places[0].0);
            }
        }
        Ok(())
    }
}

fn distinct(numbers: &mut Vec<u32>) -> u32 {
    numbers.sort_unstable();
    numbers.dedup();
    numbers.len() as u32
}
