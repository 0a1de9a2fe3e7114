//! `entries[…]`: what was measured of each fact, language, prompt and run; listed, or counted by dimensions.
//!
//! Entries are no set of pairs: they have no neurons, and nothing is combined with them. What is a set are their facts.

mod grouped;
mod listing;

pub(crate) use grouped::grouped;
pub(crate) use listing::{check, listing};

use crate::error::QueryError;
use crate::plan::{PartAccess, Source};
use crate::run::domain::{Execution, of_cells, without};
use kndb_storage::{FactId, LanguageId, Measured, PromptId, RunId, Snapshot};

/// Where entries are.
struct Place<'p, 's> {
    language: LanguageId,
    prompt: PromptId,
    run: RunId,
    parts: &'p [PartAccess<'s>],
}

/// An entry: where it is, by number, and what was measured of it.
#[derive(Clone, Copy, Debug)]
struct Entry<'s> {
    place: u32,
    of: Measured<'s>,
}

impl Entry<'_> {
    /// Whether the model's first answer is the right object; `None` where that is not known.
    fn is_correct(&self) -> Option<bool> {
        self.of.rank.map(|rank| rank == 1)
    }
}

/// Where the entries of a source are: by language, prompt and run, as they are called.
fn places<'p, 's>(source: &'p Source<'s>, snapshot: &Snapshot) -> Vec<Place<'p, 's>> {
    let mut places: Vec<Place<'_, '_>> = Vec::new();
    for cell in &source.cells {
        places.extend(cell.prompts.iter().map(|prompt| Place {
            language: cell.language,
            prompt: prompt.prompt,
            run: cell.run,
            parts: &prompt.parts,
        }));
    }
    places.sort_by_key(|place| {
        (
            snapshot.language_name(place.language),
            place.prompt,
            snapshot.run(place.run).map(|run| run.spec.name.as_str()),
        )
    });
    places
}

/// Calls `each` with the entries of every fact, facts ascending, until it says stop.
fn for_each_fact<'s>(
    execution: &mut Execution<'s>,
    source: &Source<'s>,
    places: &[Place<'_, 's>],
    mut each: impl FnMut(u32, &[Entry<'s>]) -> Result<bool, QueryError>,
) -> Result<(), QueryError> {
    let facts = without(of_cells(source)?, source.facts.as_ref());
    let interrupt = &execution.memory.interrupt;
    let mut worker = execution.worker();
    let mut entries = Vec::new();
    for fact in facts {
        interrupt.check()?;
        let begun = worker.begun();
        entries.clear();
        for (place, at) in places.iter().zip(0..) {
            if let Some((part, local)) = worker.locate(place.parts, fact) {
                let of = part.live.measured(FactId(fact), local).map_err(QueryError::storage)?;
                entries.push(Entry { place: at, of });
            }
        }
        worker.counted(source.id, entries.len() as u64, begun);
        if !each(fact, &entries)? {
            break;
        }
    }
    Ok(())
}
