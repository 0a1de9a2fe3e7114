//! Reads the catalogue's records.

use super::{Catalogue, RECORD_VERSION, SET_VERSION, SetRecord, Waiting};
use crate::error::{Error, Result};
use crate::ids::{FactId, FileId, RunId};
use crate::keys::{DROPPED_FACTS, DROPPED_RELATIONS, Table, read_relation_name_key, read_unsealed_key, split_key};
use crate::lost;
use crate::opening::sled_error;
use crate::records::{Counters, RunRecord, StoreId};
use roaring::RoaringBitmap;
use serde::de::DeserializeOwned;
use std::path::Path;

/// Where records are.
pub(super) trait Records {
    /// Those whose key begins so, in the order of their keys.
    fn beginning(&self, prefix: &[u8]) -> impl Iterator<Item = sled::Result<(sled::IVec, sled::IVec)>>;
}

impl Records for sled::Db {
    fn beginning(&self, prefix: &[u8]) -> impl Iterator<Item = sled::Result<(sled::IVec, sled::IVec)>> {
        self.scan_prefix(prefix)
    }
}

/// Records on their way into a [`Catalogue`].
pub(super) struct Reading<'a, R> {
    /// For messages.
    pub path: &'a Path,
    pub records: &'a R,
}

impl<R: Records> Reading<'_, R> {
    pub(super) fn catalogue(&self) -> Result<Catalogue> {
        let mut now = Catalogue::default();
        if let Some((_, counters)) = self.records::<Counters>(Table::Counters)?.pop() {
            now.counters = counters;
        }
        for (key, record) in self.records::<RunRecord>(Table::Runs)? {
            let id = RunId(self.number(&key)?);
            let run = record.run(id, self.path)?;
            now.runs.insert(id, run);
        }
        for (key, records) in self.records(Table::Lost)? {
            let run = RunId(self.number(&key)?);
            let of_run = lost::of_records(records, self.path)?;
            now.lost.insert(run, of_run);
        }
        now.languages = self.numbered(Table::Languages)?;
        now.relations = self.numbered(Table::Relations)?;
        for (key, record) in self.records(Table::Files)? {
            let id = key.try_into().map(u64::from_be_bytes).map_err(|key| self.bad_key(&key))?;
            now.files.insert(FileId(id), record);
        }
        for (key, sum) in self.records(Table::Sums)? {
            let id = key.try_into().map(u64::from_be_bytes).map_err(|key| self.bad_key(&key))?;
            now.sums.insert(FileId(id), sum);
        }
        for (key, record) in self.records(Table::Jobs)? {
            let job = self.number(&key)?;
            now.jobs.insert(job, record);
        }
        for (key, id) in self.records(Table::NewFacts)? {
            let fact = FactId(self.number(&key)?);
            now.new_facts.insert(fact, id);
        }
        for (_, value) in self.values(Table::SetHeads)? {
            let record = match value.split_first() {
                Some((&SET_VERSION, record)) => bincode::deserialize(record),
                Some((&RECORD_VERSION, record)) => {
                    bincode::deserialize(record).map(|set| SetRecord { set, file: None })
                }
                other => {
                    let found = format!("version {:?}", other.map(|(version, _)| version));
                    return Err(Error::corrupt(self.path, "record of a saved set", found, "version 1 or 2"));
                }
            };
            let record = record
                .map_err(|e| Error::corrupt(self.path, "record of a saved set", e, "what docs/format.md says"))?;
            now.sets.insert(record.set.name.clone(), record);
        }
        if let Some((_, id)) = self.records::<StoreId>(Table::Identity)?.pop() {
            now.store = Some(id);
        }
        for (key, name) in self.records(Table::RelationNames)? {
            let (relation, language) = read_relation_name_key(&key).ok_or_else(|| self.bad_key(&key))?;
            now.relation_names.insert((relation, language), name);
        }
        for (key, bytes) in self.values(Table::Dropped)? {
            let numbers = self.bitmap("dropped facts and relations", &bytes)?;
            match key.as_slice() {
                DROPPED_FACTS => now.dropped_facts = numbers,
                DROPPED_RELATIONS => now.dropped_relations = numbers,
                _ => return Err(self.bad_key(&key)),
            }
        }
        for (key, bytes) in self.values(Table::Tombstones)? {
            let (file, part) = key.split_at_checked(8).ok_or_else(|| self.bad_key(&key))?;
            let file = file.try_into().map(u64::from_be_bytes).map_err(|_| self.bad_key(&key))?;
            let locals = self.bitmap("tombstones", &bytes)?;
            let part = self.number(part)?;
            now.tombstones.insert((FileId(file), part), locals);
        }
        for (key, payload) in self.values(Table::Unsealed)? {
            let at = read_unsealed_key(&key).ok_or_else(|| self.bad_key(&key))?;
            now.unsealed.insert(at, Waiting::Own(payload.into()));
        }
        now.check_numbers(self.path)?;
        Ok(now)
    }

    /// Names by number, from 0 without gaps: one that is gone would give its number to the next.
    fn numbered(&self, table: Table) -> Result<Vec<String>> {
        let records = self.records::<String>(table)?;
        let numbers = records.iter().map(|(key, _)| key.iter().fold(0, |number, &byte| number << 8 | u64::from(byte)));
        if let Some((expected, found)) = (0..).zip(numbers).find(|(expected, found)| expected != found) {
            return Err(Error::corrupt(self.path, format!("numbers of table {table:?}"), found, expected));
        }
        Ok(records.into_iter().map(|(_, name)| name).collect())
    }

    fn bitmap(&self, what: &str, bytes: &[u8]) -> Result<RoaringBitmap> {
        RoaringBitmap::deserialize_from(bytes).map_err(|e| Error::corrupt(self.path, what, e, "a roaring bitmap"))
    }

    fn bad_key(&self, key: &[u8]) -> Error {
        Error::corrupt(self.path, "catalogue key", format!("{key:02x?}"), "a key of docs/format.md")
    }

    fn number(&self, key: &[u8]) -> Result<u32> {
        let key = key.try_into().map_err(|_| self.bad_key(key))?;
        Ok(u32::from_be_bytes(key))
    }

    /// Keys (without table, length and piece number) and whole values of a table, in key order.
    fn values(&self, table: Table) -> Result<Vec<(Vec<u8>, Vec<u8>)>> {
        self.values_of(&[table as u8])
    }

    pub(super) fn values_of(&self, prefix: &[u8]) -> Result<Vec<(Vec<u8>, Vec<u8>)>> {
        let mut values: Vec<(Vec<u8>, Vec<u8>)> = Vec::new();
        let mut pieces = 0;
        for entry in self.records.beginning(prefix) {
            let (key, piece) = entry.map_err(|source| sled_error(self.path, source))?;
            let (own, number) = split_key(&key).ok_or_else(|| self.bad_key(&key))?;
            match values.last_mut() {
                Some((before, value)) if number == pieces && number > 0 && before == own => {
                    value.extend_from_slice(&piece);
                }
                _ if number == 0 => values.push((own.to_vec(), piece.to_vec())),
                _ => return Err(self.bad_key(&key)),
            }
            pieces = number + 1;
        }
        Ok(values)
    }

    fn records<T: DeserializeOwned>(&self, table: Table) -> Result<Vec<(Vec<u8>, T)>> {
        let records = self.values(table)?.into_iter().map(|(key, value)| {
            let bad = |found: String| {
                let expected = format!("version {RECORD_VERSION}");
                Error::corrupt(self.path, format!("record of table {table:?}"), found, expected)
            };
            match value.split_first() {
                Some((&RECORD_VERSION, record)) => {
                    bincode::deserialize(record).map(|record| (key, record)).map_err(|e| bad(e.to_string()))
                }
                other => Err(bad(format!("version {:?}", other.map(|(version, _)| version)))),
            }
        });
        records.collect()
    }
}
