//! The saved sets of the exported store, with the facts and runs of the new one.

use super::check::Checked;
use super::facts::whole;
use super::rows::{Row, Rows};
use crate::error::{ExportError, Result};
use crate::manifest::{Manifest, SavedOf};
use crate::table::SAVED;
use kndb_storage::{SavedSet, Snapshot, Store};
use roaring::RoaringBitmap;
use std::collections::{BTreeMap, BTreeSet};

/// Saves them; how many.
pub(super) fn read(manifest: &Manifest, files: &Checked<'_>, store: &Store) -> Result<u64> {
    let mut rows = whole(files, &SAVED)?;
    let snapshot = store.snapshot()?;
    let mut seen = BTreeSet::new();
    for set in &manifest.saved_sets {
        let path = files.of_table(&SAVED, None).unwrap_or_default().0;
        if !["pairs", "neurons", "facts"].contains(&set.kind.as_str()) {
            let found = format!("@{}, a set of {:?}", set.name, set.kind);
            return Err(ExportError::differs(&path, found, "pairs, neurons or facts"));
        }
        if !seen.insert(set.name.as_str()) {
            return Err(ExportError::differs(&path, format!("@{} twice", set.name), "each saved set once"));
        }
        let mut runs = Vec::new();
        for name in &set.runs {
            let run = snapshot.run_named(name).ok_or_else(|| {
                ExportError::differs(&path, format!("@{} of run {name:?}", set.name), "a run of the manifest")
            })?;
            runs.push(run.id.0);
        }
        runs.sort_unstable();
        let (members, bytes) = members(set, &mut rows, &snapshot)?;
        if members != set.members {
            let found = format!("{members} members of @{}", set.name);
            return Err(ExportError::differs(&path, found, format!("{}, as the manifest says", set.members)));
        }
        let SavedOf { name, text, kind, saved, .. } = set.clone();
        store.save_set(&SavedSet { name, text, kind, runs, members, saved }, &bytes)?;
    }
    rows.must_be_at_end()?;
    Ok(manifest.saved_sets.len() as u64)
}

/// The members of a set, counted, in the form in which stores have them.
fn members(set: &SavedOf, rows: &mut Rows, snapshot: &Snapshot) -> Result<(u64, Vec<u8>)> {
    let shape = set.runs.first().and_then(|name| snapshot.run_named(name)).map(|run| run.spec.shape);
    let neuron = |row: Row<'_>| -> Result<u32> {
        let neuron: u32 = row.has_number("neuron")?;
        match shape.filter(|shape| u64::from(neuron) >= shape.neurons()) {
            Some(shape) => Err(row.wrong(format!("neuron {neuron}"), format!("one of {shape}"))),
            None => Ok(neuron),
        }
    };
    let fact = |row: Row<'_>| -> Result<u32> {
        let id = row.has_text("fact")?;
        let fact = snapshot.fact(id)?;
        fact.map(|fact| fact.0).ok_or_else(|| row.wrong(format!("fact {id:?}"), "a fact of the export"))
    };
    let (mut pairs, mut plain) = (BTreeMap::<u32, RoaringBitmap>::new(), RoaringBitmap::new());
    let mut count = 0;
    while let Some(row) = rows.peek().filter(|row| row.text("set") == Some(&set.name)) {
        let is_new = match set.kind.as_str() {
            "pairs" => pairs.entry(fact(row)?).or_default().insert(neuron(row)?),
            "neurons" => plain.insert(neuron(row)?),
            "facts" => plain.insert(fact(row)?),
            other => return Err(row.wrong(format!("a set of {other:?}"), "pairs, neurons or facts")),
        };
        if !is_new {
            return Err(row.wrong("a member again", "each member once"));
        }
        count += 1;
        rows.advance()?;
    }
    let mut bytes = Vec::new();
    let push = |bitmap: &RoaringBitmap, bytes: &mut Vec<u8>| {
        // To memory, which does not fail.
        let _ = bitmap.serialize_into(bytes);
    };
    if set.kind == "pairs" {
        bytes.extend((pairs.len() as u64).to_le_bytes());
        for (fact, neurons) in &pairs {
            bytes.extend(fact.to_le_bytes());
            push(neurons, &mut bytes);
        }
    } else {
        push(&plain, &mut bytes);
    }
    Ok((count, bytes))
}
