//! `score` in rows by fact and neuron: that of the pair in the one language, prompt and run that its row is of.

use super::eval::Refused;
use super::keys::Naming;
use super::rows::Row;
use super::sets::{Pairs, Where};
use super::table::Cell;
use super::world::{Attribution, Key, rounded};
use kndb_query::{Dimension, Query};
use kndb_storage::Shape;
use std::collections::{BTreeMap, BTreeSet};

/// What tells the places of scores apart.
const PLACES: [Dimension; 3] = [Dimension::Lang, Dimension::Prompt, Dimension::Run];

fn names(query: &Query, dimension: Dimension) -> bool {
    query.by.iter().any(|dim| dim.dimension == dimension)
}

/// Language, prompt and run, as far as rows name them.
type Part<'a> = (Option<&'a str>, Option<u16>, Option<usize>);

/// Refuses rows of several scores, or of none.
pub fn check(query: &Query, pairs: &Pairs, naming: &Naming) -> Result<(), Refused> {
    if !names(query, Dimension::Fact) || !names(query, Dimension::Neuron) {
        return Err("a score is one of a pair".into());
    }
    if !PLACES.iter().any(|dim| names(query, *dim)) {
        return pairs.scores.as_ref().map(drop).ok_or_else(|| "these pairs have no score, or several".into());
    }
    let found = pairs.found.as_ref().filter(|_| pairs.groups.is_none());
    let slots: Vec<&Where> = found.ok_or("these pairs have no scores")?.keys().collect();
    let of_slots = |key: &Key| slots.contains(&&(key.run, key.language.clone(), key.prompt));
    let mut entries = naming.world.entries.iter().filter(|(key, _)| of_slots(key)).map(|(_, of)| of).peekable();
    if entries.peek().is_some() && entries.all(|of| matches!(of, Attribution::Set(_))) {
        return Err("sets have no scores".into());
    }
    let mut parts: BTreeMap<Part<'_>, BTreeSet<&Where>> = BTreeMap::new();
    for slot in slots {
        let part = (
            names(query, Dimension::Lang).then_some(slot.1.as_str()),
            names(query, Dimension::Prompt).then_some(slot.2),
            names(query, Dimension::Run).then_some(slot.0),
        );
        parts.entry(part).or_default().insert(slot);
    }
    if parts.values().any(|slots| slots.len() > 1) {
        return Err("rows of several scores".into());
    }
    Ok(())
}

/// The score of a row's pair.
pub fn add(row: &mut Row, query: &Query, pairs: &Pairs, shape: Shape, naming: &Naming) {
    let (Some(fact), Some(layer), Some(unit)) = (row.key.fact, row.key.layer, row.key.unit) else { return };
    let neuron = layer * shape.width + unit;
    let score = if PLACES.iter().any(|dim| names(query, *dim)) {
        let of_row = |slot: &Where| {
            (!names(query, Dimension::Lang) || row.key.lang.as_ref() == Some(&slot.1))
                && (!names(query, Dimension::Prompt) || row.key.prompt == Some(slot.2))
                && (!names(query, Dimension::Run) || row.key.run.as_ref() == Some(&naming.world.runs[slot.0].name))
        };
        pairs.found.iter().flat_map(BTreeMap::keys).find(|slot| of_row(slot)).and_then(|slot| {
            let key = Key { run: slot.0, language: slot.1.clone(), prompt: slot.2, fact };
            let Attribution::Scores(scores) = naming.world.entries.get(&key)? else { return None };
            Some(rounded(*scores.of.get(&neuron)?, naming.world.runs[slot.0].score_type))
        })
    } else {
        pairs.scores.as_ref().and_then(|scores| scores.get(&(fact, neuron)).copied())
    };
    row.measures.insert("score", score.map_or(Cell::Null, Cell::Score));
}
