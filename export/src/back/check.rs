//! The files of an export against its manifest: none missing, none too many, none changed.

use crate::error::{ExportError, Result};
use crate::format::Watch;
use crate::manifest::{FileOf, MANIFEST, Manifest, Partition};
use crate::table::{TABLES, Table};
use crate::tabular::path_of;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};
use xxhash_rust::xxh3::Xxh3Default;

/// The only tables that are read back.
const TABLES_READ: &str = "parquet";
/// Names that are shown of those that are missing, or too many.
const SHOWN: usize = 5;
/// Bytes that are read at a time.
const BUFFER: usize = 1 << 20;

/// Files that are what the manifest says, by table and partition.
pub(super) struct Checked<'m> {
    folder: PathBuf,
    files: BTreeMap<(&'static str, Option<&'m Partition>), &'m FileOf>,
}

impl<'m> Checked<'m> {
    /// Checks all of them, byte by byte.
    pub(super) fn of(folder: &Path, manifest: &'m Manifest, watch: &mut Watch<'_>) -> Result<Self> {
        let at = folder.join(MANIFEST);
        let wrong = |found: String, expected: &str| Err(ExportError::differs(&at, found, expected));
        if manifest.tables != TABLES_READ {
            return wrong(
                format!("tables as {}", manifest.tables),
                "tables as parquet: the other formats are for reading elsewhere; export the store again",
            );
        }
        let mut files = BTreeMap::new();
        for file in &manifest.files {
            let table = TABLES.into_iter().find(|table| table.name == file.table);
            let Some(table) = table.filter(|table| table.partitioned == file.partition.is_some()) else {
                return wrong(format!("file {:?} of table {:?}", file.path, file.table), "a file of a table");
            };
            // So a path is never one that leads elsewhere.
            let path = path_of(table, file.partition.as_ref(), TABLES_READ)?;
            if path != file.path {
                return wrong(format!("file {:?}", file.path), &format!("{path:?}, by its table and partition"));
            }
            if files.insert((table.name, file.partition.as_ref()), file).is_some() {
                return wrong(format!("file {:?} twice", file.path), "each file once");
            }
        }
        for table in TABLES.iter().filter(|table| !table.partitioned) {
            if !files.contains_key(&(table.name, None)) {
                return wrong(format!("no file of table {:?}", table.name), "one");
            }
        }
        same_files(folder, manifest)?;
        let checked = Self { folder: folder.to_owned(), files };
        for file in &manifest.files {
            watch.look()?;
            checked.same_bytes(file)?;
        }
        Ok(checked)
    }

    /// Bytes of all files.
    pub(super) fn bytes(&self) -> u64 {
        self.files.values().map(|file| file.bytes).sum()
    }

    /// The file of a table, if there is one for the partition: its path, and how many rows it has.
    pub(super) fn of_table(&self, table: &Table, partition: Option<&Partition>) -> Option<(PathBuf, u64)> {
        let file = self.files.get(&(table.name, partition))?;
        Some((self.folder.join(&file.path), file.rows))
    }

    /// Partitions of a table.
    pub(super) fn partitions(&self, table: &Table) -> BTreeSet<&'m Partition> {
        let all = self.files.keys().filter(|(name, _)| *name == table.name);
        all.filter_map(|(_, partition)| *partition).collect()
    }

    fn same_bytes(&self, file: &FileOf) -> Result<()> {
        let path = self.folder.join(&file.path);
        let mut opened = File::open(&path).map_err(ExportError::io("open", &path))?;
        let (mut hash, mut bytes) = (Xxh3Default::new(), 0);
        let mut buffer = vec![0; BUFFER];
        loop {
            let read = opened.read(&mut buffer).map_err(ExportError::io("read", &path))?;
            if read == 0 {
                break;
            }
            bytes += read as u64;
            hash.update(&buffer[..read]);
        }
        if bytes != file.bytes {
            return Err(ExportError::differs(
                &path,
                format!("{bytes} bytes"),
                format!("{}, as {MANIFEST} says", file.bytes),
            ));
        }
        let found = format!("{:016x}", hash.digest());
        if found != file.xxh3 {
            let expected = format!("{}, as {MANIFEST} says: the file was changed", file.xxh3);
            return Err(ExportError::differs(&path, format!("checksum {found}"), expected));
        }
        Ok(())
    }
}

/// Fails unless the folder has the files of the manifest and no other.
fn same_files(folder: &Path, manifest: &Manifest) -> Result<()> {
    let mut there = BTreeSet::new();
    walk(folder, "", &mut there)?;
    let mut listed: BTreeSet<String> = manifest.files.iter().map(|file| file.path.clone()).collect();
    listed.insert(MANIFEST.to_owned());
    let missing: Vec<&String> = listed.difference(&there).collect();
    let extra: Vec<&String> = there.difference(&listed).collect();
    for (names, found, expected) in [
        (missing, "no", "every file that the manifest lists"),
        (extra, "besides", "the files that the manifest lists, and no other"),
    ] {
        if !names.is_empty() {
            let more = names.len().saturating_sub(SHOWN);
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            let shown: Vec<String> = names.iter().take(SHOWN).map(|name| format!("{name:?}")).collect();
            return Err(ExportError::differs(folder, format!("{found} {}{more}", shown.join(", ")), expected));
        }
    }
    Ok(())
}

fn walk(folder: &Path, below: &str, files: &mut BTreeSet<String>) -> Result<()> {
    for entry in fs::read_dir(folder).map_err(ExportError::io("list", folder))? {
        let entry = entry.map_err(ExportError::io("list", folder))?;
        let name = format!("{below}{}", entry.file_name().to_string_lossy());
        let kind = entry.file_type().map_err(ExportError::io("look at", &entry.path()))?;
        if kind.is_dir() {
            walk(&entry.path(), &format!("{name}/"), files)?;
        } else if kind.is_file() {
            files.insert(name);
        } else {
            return Err(ExportError::differs(&entry.path(), "a link, or no plain file", "files and folders"));
        }
    }
    Ok(())
}
