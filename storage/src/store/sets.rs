//! Saved sets: each an immutable file, and a record that names it.

use super::{Store, check_name};
use crate::catalogue::{Catalogue, FileRecord, Locked, SavedSet};
use crate::error::{Error, Result};
use crate::files::building::Building;
use crate::files::container::{Checked, Container, ContainerWriter, Magic, Section};
use crate::files::mapped::Bytes;
use crate::files::{SET, file_path};
use crate::ids::FileId;
use crate::snapshot::Snapshot;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

impl Store {
    /// Saves a named set, replacing one of the same name.
    pub fn save_set(&self, set: &SavedSet, members: &[u8]) -> Result<()> {
        let mut writer = self.set_writer(&set.name)?;
        writer.push(members)?;
        writer.save(set)
    }

    /// A file for the members of a set of this name, written piece by piece. Nothing is saved before [`SetWriter::save`].
    ///
    /// # Errors
    /// When no set can have the name, or the store cannot be written.
    pub fn set_writer(&self, name: &str) -> Result<SetWriter> {
        check_name("set name", name)?;
        let building = self.building()?;
        let out = ContainerWriter::new(building.writer()?, Magic::Set);
        let mut out = out.map_err(Error::io("write", building.path()))?;
        out.begin().map_err(Error::io("write", building.path()))?;
        Ok(SetWriter { store: self.clone(), building, out })
    }

    /// A file of members, durable but nobody's.
    pub(super) fn build_set(&self, name: &str, members: &[u8]) -> Result<(Building, u64)> {
        let mut writer = self.set_writer(name)?;
        writer.push(members)?;
        writer.finish()
    }

    pub(super) fn put_set(
        &self,
        locked: &mut Locked,
        set: &SavedSet,
        (building, bytes): (Building, u64),
    ) -> Result<()> {
        let file = locked.next_file();
        building.rename(&file_path(self.path(), file, SET))?;
        locked.set_saved(set, file);
        locked.set_file(file, FileRecord::Set { bytes });
        Ok(())
    }

    /// The members of a saved set, as they were given to [`Store::save_set`].
    pub fn saved_set(&self, name: &str) -> Result<(SavedSet, Vec<u8>)> {
        self.saved_set_in(&*self.snapshot()?, name)
    }

    /// The same as of a snapshot of this store, which keeps the file also where the set was replaced since.
    ///
    /// # Errors
    /// As for [`Self::saved_set`]; of a store of format 1 also when the set was replaced, since nothing keeps its members.
    pub fn saved_set_in(&self, snapshot: &Snapshot, name: &str) -> Result<(SavedSet, Vec<u8>)> {
        let record = snapshot.catalogue.sets.get(name).ok_or_else(|| unknown_set(&snapshot.catalogue, name))?;
        let Some(file) = record.file else {
            // Format 1: members are in the catalogue.
            let (_gate, locked) = self.lock()?;
            if locked.now().sets.get(name) != Some(record) {
                return Err(unknown_set(locked.now(), name));
            }
            return Ok((record.set.clone(), locked.saved_members(name)?));
        };
        let bytes = match snapshot.catalogue.files.get(&FileId(file)) {
            Some(FileRecord::Set { bytes }) => *bytes,
            other => {
                let found = format!("file {file}: {other:?}");
                return Err(Error::corrupt(self.path(), format!("saved set @{name}"), found, "a file of members"));
            }
        };
        let sum = snapshot.catalogue.sums.get(&FileId(file)).copied();
        Ok((record.set.clone(), read_members(&file_path(self.path(), FileId(file), SET), bytes, sum)?))
    }

    /// Removes a saved set.
    pub fn drop_set(&self, name: &str) -> Result<()> {
        self.write(|locked| {
            // Nothing was prepared: what is there is looked at here.
            if !locked.now().sets.contains_key(name) {
                return Err(unknown_set(locked.now(), name));
            }
            locked.remove_saved(name);
            Ok(())
        })
    }
}

/// The members of a set on their way into a file: bytes as they will be read, in any pieces. Dropped, it leaves nothing.
pub struct SetWriter {
    store: Store,
    building: Building,
    out: ContainerWriter<BufWriter<File>>,
}

impl SetWriter {
    fn push(&mut self, members: &[u8]) -> Result<()> {
        self.out.push(members).map_err(Error::io("write", self.building.path()))
    }

    fn finish(mut self) -> Result<(Building, u64)> {
        let section = self.out.end();
        let (out, bytes) = self.out.finish(&section.to_bytes()).map_err(Error::io("write", self.building.path()))?;
        self.building.sync(out)?;
        Ok((self.building, bytes))
    }

    /// Makes the members durable and saves the set, replacing one of the same name.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn save(self, set: &SavedSet) -> Result<()> {
        check_name("set name", &set.name)?;
        let store = self.store.clone();
        let built = self.finish()?;
        // One of the same name may have come or gone since: the last one counts.
        store.write(|locked| store.put_set(locked, set, built))
    }
}

impl Write for SetWriter {
    fn write(&mut self, members: &[u8]) -> std::io::Result<usize> {
        self.out.push(members)?;
        Ok(members.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// The members in a file, whose length the manifest knows; compared with their checksum.
fn read_members(path: &Path, expected: u64, sum: Option<u64>) -> Result<Vec<u8>> {
    with_members(path, expected, sum, <[u8]>::to_vec)
}

/// Fails unless the members in a file can be read.
pub(crate) fn prove_members(path: &Path, expected: u64, sum: Option<u64>) -> Result<()> {
    with_members(path, expected, sum, |_| ())
}

fn with_members<T>(path: &Path, expected: u64, sum: Option<u64>, read: impl FnOnce(&[u8]) -> T) -> Result<T> {
    let bytes = Bytes::map(path)?.ok_or_else(|| Error::MissingFile { path: path.to_owned() })?;
    let container = Container::open(bytes, path, Magic::Set)?;
    if container.len() != expected {
        return Err(Error::corrupt(path, "file", format!("{} bytes", container.len()), expected));
    }
    container.must_be(sum)?;
    members_of(&container, read)
}

/// The members in a file, compared with their checksum.
pub(crate) fn members_of<T>(container: &Container, read: impl FnOnce(&[u8]) -> T) -> Result<T> {
    let path = container.path();
    let section = Section::from_bytes(container.directory())
        .ok_or_else(|| Error::corrupt(path, "directory", format!("{} bytes", container.directory().len()), "24"))?;
    container.check_bounds(section, "members")?;
    container.checked(&Checked::new(section), "members", |_| Ok(())).map(read)
}

fn unknown_set(catalogue: &Catalogue, name: &str) -> Error {
    Error::UnknownSet { name: name.to_owned(), known: catalogue.sets.keys().cloned().collect() }
}
