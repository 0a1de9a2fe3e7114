//! `saved_sets`: members of the sets that were saved with `let`. Of a part of a store none are exported: they may be about the rest.

use super::{RowSink, Source};
use crate::error::{ExportError, Result};
use crate::manifest::SavedOf;
use crate::table::Cell;
use kndb_storage::{FactId, RunId, SavedSet};
use roaring::RoaringBitmap;
use std::io::{self, Read};

/// The sets that have rows, and notes about those that have none.
#[derive(Default)]
pub(crate) struct SavedSets {
    pub sets: Vec<SavedOf>,
    pub notes: Vec<String>,
}

pub(crate) fn rows(source: &Source<'_>, sink: &mut dyn RowSink) -> Result<SavedSets> {
    let mut saved = SavedSets::default();
    let sets: Vec<&SavedSet> = source.snapshot.saved_sets().collect();
    if !source.chosen.is_all {
        if !sets.is_empty() {
            saved.notes.push(format!("{} saved sets are left out: they are of the whole store", sets.len()));
        }
        return Ok(saved);
    }
    for set in sets {
        let runs: Option<Vec<String>> = set.runs.iter().map(|&run| name(source, run)).collect();
        let Some(runs) = runs else {
            saved.notes.push(format!("@{} is left out: a run that it was made from is gone", set.name));
            continue;
        };
        let (_, bytes) = source.store.saved_set_in(source.snapshot, &set.name)?;
        let members = members(source, &set.name, &set.kind, &bytes, sink)?;
        let SavedSet { name, text, kind, saved: at, .. } = set.clone();
        saved.sets.push(SavedOf { name, text, kind, runs, members, saved: at });
    }
    Ok(saved)
}

fn name(source: &Source<'_>, run: u32) -> Option<String> {
    source.snapshot.run(RunId(run)).map(|run| run.spec.name.clone())
}

/// Writes the members of a set; how many.
fn members(source: &Source<'_>, name: &str, kind: &str, bytes: &[u8], sink: &mut dyn RowSink) -> Result<u64> {
    let damaged = |error: io::Error| ExportError::Unfit {
        what: format!("the saved set @{name}"),
        format: "tables",
        found: format!("members that cannot be read ({error})"),
        expected: format!("a set as `let` saves it: `drop {name}`, or make it again"),
    };
    let set = Cell::Text(name);
    let fact = |number: u32| -> Result<Option<&str>> {
        // One that was forgotten since is in no answer.
        let known = source.snapshot.facts().contains(number);
        Ok(if known { Some(source.snapshot.external_id(FactId(number))?) } else { None })
    };
    let mut count = 0;
    if kind == "pairs" {
        let mut rest = bytes;
        let mut number = [0; 8];
        rest.read_exact(&mut number).map_err(damaged)?;
        for _ in 0..u64::from_le_bytes(number) {
            let mut of = [0; 4];
            rest.read_exact(&mut of).map_err(damaged)?;
            let neurons = RoaringBitmap::deserialize_from(&mut rest).map_err(damaged)?;
            let Some(id) = fact(u32::from_le_bytes(of))? else { continue };
            count += neurons.len();
            for neuron in neurons {
                sink.row(&[set, Cell::Text(id), Cell::Long(neuron.into())])?;
            }
        }
        return Ok(count);
    }
    for member in RoaringBitmap::deserialize_from(bytes).map_err(damaged)? {
        if kind == "neurons" {
            sink.row(&[set, Cell::Null, Cell::Long(member.into())])?;
        } else if let Some(id) = fact(member)? {
            sink.row(&[set, Cell::Text(id), Cell::Null])?;
        } else {
            continue;
        }
        count += 1;
    }
    Ok(count)
}
