//! Facts of a damaged store: their names, and a dictionary of what can still be read.

use super::Changes;
use crate::catalogue::{Catalogue, FileRecord};
use crate::dictionary::build::Draft;
use crate::dictionary::read::Dictionary;
use crate::error::{Error, Result};
use crate::files::garbage::path_of;
use crate::files::mapped::Bytes;
use crate::ids::FactId;
use crate::snapshot::agree;
use crate::stop::Stop;
use crate::upkeep::prove::prove;
use std::path::Path;

/// External ids of facts.
pub(super) struct Names {
    ids: Vec<String>,
    next: u32,
}

impl Names {
    /// For messages.
    pub(super) fn of(&self, fact: FactId) -> String {
        self.ids.get(fact.0 as usize).map_or_else(|| format!("number {fact}"), |id| format!("{id:?}"))
    }

    /// Whether it is a fact of the store.
    pub(super) fn has(&self, fact: FactId) -> bool {
        fact.0 < self.next
    }
}

/// Looks at the dictionary; where it is damaged, the draft of another is among the changes.
pub(super) fn look(store: &Path, catalogue: &Catalogue, changes: &mut Changes) -> Result<Names> {
    let mut ids = Vec::new();
    let found = catalogue.files.iter().find(|(_, record)| matches!(record, FileRecord::Dictionary { .. }));
    if let Some((&file, record @ &FileRecord::Dictionary { facts, bytes })) = found {
        let path = path_of(store, file, record);
        let mapped = Bytes::map(&path)?.ok_or_else(|| Error::MissingFile { path: path.clone() })?;
        let dictionary = Dictionary::open(mapped, &path)?;
        agree(&path, (dictionary.len(), dictionary.size()), (facts, bytes), "facts")?;
        let sum = catalogue.sums.get(&file).copied();
        // Another dictionary in its place says nothing of these facts.
        dictionary.must_be(sum)?;
        ids = dictionary.proved_ids()?;
        if let Err(damage) = prove(&path, record, sum, &Stop::default()) {
            let (draft, lost) = Draft::salvage(&dictionary, &ids, &catalogue.languages);
            if lost.is_empty() {
                changes.repair.rebuilt.push(format!("order of the facts' ids: {damage}"));
            }
            changes.repair.lost.extend(lost.into_iter().map(|lost| format!("{lost}: {damage}")));
            let dropped = catalogue.dropped_facts.clone();
            changes.dictionary = Some((file, Draft { dropped, ..draft }));
        }
    }
    // Facts that are not in it follow, by number.
    ids.extend(catalogue.new_facts.values().cloned());
    Ok(Names { ids, next: catalogue.counters.next_fact })
}
