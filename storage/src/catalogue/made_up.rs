//! Records that were made up, read without sled.

use super::reading::{Reading, Records};
use crate::error::Result;
use std::collections::BTreeMap;
use std::path::Path;

/// Records in memory.
type MadeUp = BTreeMap<Vec<u8>, Vec<u8>>;

impl Records for MadeUp {
    fn beginning(&self, prefix: &[u8]) -> impl Iterator<Item = sled::Result<(sled::IVec, sled::IVec)>> {
        let found = self.range(prefix.to_vec()..).take_while(move |(key, _)| key.starts_with(prefix));
        found.map(|(key, value)| Ok((key.as_slice().into(), value.as_slice().into())))
    }
}

/// Records one after the other: the length of the key in one byte, that of the value in two, key, value. What is cut short is not there.
fn records(mut bytes: &[u8]) -> MadeUp {
    let mut found = MadeUp::new();
    while let Some((&[key, low, high], rest)) = bytes.split_first_chunk() {
        let (Some((key, rest)), value) = (rest.split_at_checked(key.into()), u16::from_le_bytes([low, high])) else {
            break;
        };
        let Some((value, rest)) = rest.split_at_checked(value.into()) else { break };
        found.insert(key.to_vec(), value.to_vec());
        bytes = rest;
    }
    found
}

/// Reads a catalogue of records that were made up.
///
/// # Errors
/// When they are refused.
pub(crate) fn read(bytes: &[u8]) -> Result<()> {
    let found = Reading { path: Path::new("catalogue"), records: &records(bytes) }.catalogue()?;
    found.says_the_same(&found);
    // What a snapshot asks first; there is no dictionary.
    let _ = found.check_facts(Path::new("catalogue"), 0);
    for (name, run) in found.runs.values().map(|run| (&run.spec.name, run.id)) {
        assert!(found.run_named(name).is_some(), "run {} has a name", run.0);
        found.lost_with(run, &found.lost.get(&run).cloned().unwrap_or_default());
    }
    Ok(())
}
