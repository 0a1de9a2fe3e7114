//! Saved sets: each an immutable file, and a record that names it.

use super::{Store, check_name};
use crate::catalogue::{Catalogue, FileRecord, Locked, SavedSet};
use crate::error::{Error, Result};
use crate::files::building::Building;
use crate::files::container::{Checked, Container, ContainerWriter, Magic, Section};
use crate::files::mapped::Bytes;
use crate::files::{SET, file_path};
use crate::ids::FileId;

impl Store {
    /// Saves a named set, replacing one of the same name.
    pub fn save_set(&self, set: &SavedSet, members: &[u8]) -> Result<()> {
        check_name("set name", &set.name)?;
        let built = self.build_set(members)?;
        self.write(|locked| self.put_set(locked, set, built))
    }

    /// A file of members, durable but nobody's.
    pub(super) fn build_set(&self, members: &[u8]) -> Result<(Building, u64)> {
        let building = self.building()?;
        let write = || {
            let mut writer =
                ContainerWriter::new(building.writer()?, Magic::Set).map_err(Error::io("write", building.path()))?;
            let section = writer.section(members).map_err(Error::io("write", building.path()))?;
            writer.finish(&section.to_bytes()).map_err(Error::io("write", building.path()))
        };
        let (out, bytes) = write()?;
        building.sync(out)?;
        Ok((building, bytes))
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
        // Held until the file is read: it may be replaced meanwhile.
        let snapshot = self.snapshot()?;
        let record = snapshot.catalogue.sets.get(name).ok_or_else(|| unknown_set(&snapshot.catalogue, name))?;
        let Some(file) = record.file else {
            // Format 1: members are in the catalogue.
            let (_gate, locked) = self.lock()?;
            return Ok((record.set.clone(), locked.saved_members(name)?));
        };
        let bytes = match snapshot.catalogue.files.get(&FileId(file)) {
            Some(FileRecord::Set { bytes }) => *bytes,
            other => {
                let found = format!("file {file}: {other:?}");
                return Err(Error::corrupt(self.path(), format!("saved set @{name}"), found, "a file of members"));
            }
        };
        Ok((record.set.clone(), read_members(&file_path(self.path(), FileId(file), SET), bytes)?))
    }

    /// Removes a saved set.
    pub fn drop_set(&self, name: &str) -> Result<()> {
        self.write(|locked| {
            if !locked.now().sets.contains_key(name) {
                return Err(unknown_set(locked.now(), name));
            }
            locked.remove_saved(name);
            Ok(())
        })
    }
}

/// The members in a file, whose length the manifest knows; compared with their checksum.
pub(crate) fn read_members(path: &std::path::Path, expected: u64) -> Result<Vec<u8>> {
    let bytes = Bytes::map(path)?.ok_or_else(|| Error::MissingFile { path: path.to_owned() })?;
    let container = Container::open(bytes, path, Magic::Set)?;
    if container.len() != expected {
        return Err(Error::corrupt(path, "file", format!("{} bytes", container.len()), expected));
    }
    let section = Section::from_bytes(container.directory())
        .ok_or_else(|| Error::corrupt(path, "directory", format!("{} bytes", container.directory().len()), "24"))?;
    container.check_bounds(section, "members")?;
    container.checked(&Checked::new(section), "members", |_| Ok(())).map(<[u8]>::to_vec)
}

fn unknown_set(catalogue: &Catalogue, name: &str) -> Error {
    Error::UnknownSet { name: name.to_owned(), known: catalogue.sets.keys().cloned().collect() }
}
