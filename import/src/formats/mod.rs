//! Formats of attribution files: one file a format, one trait, one list.
//!
//! To add a format, write its file, implement [`Format`] and [`Source`], and list it in [`all`].

mod amig;
#[cfg(feature = "parquet")]
mod arrow;
#[cfg(feature = "parquet")]
mod columns;
mod eleutherai;
#[cfg(feature = "parquet")]
mod ipc_claims;
mod kn;
mod npy;
mod npz;
#[cfg(feature = "parquet")]
mod parquet;
mod safetensors;
#[cfg(feature = "parquet")]
mod table;

use std::path::Path;

use kndb_storage::Entry;

use crate::error::ImportError;
use crate::options::Options;
use crate::reader::Probe;

/// A file format.
pub(crate) trait Format: Sync {
    /// Name, as an option gives it.
    fn name(&self) -> &'static str;

    /// What it is, in a few words.
    fn about(&self) -> &'static str;

    /// File name extensions to look for in a folder.
    fn extensions(&self) -> &'static [&'static str];

    /// Whether a file looks like it. The first format of [`all`] that says so reads the file.
    fn recognises(&self, probe: &Probe) -> bool;

    /// Opens a file, having checked what its header promises.
    fn open(&self, path: &Path, options: &Options) -> Result<Box<dyn Source>, ImportError>;
}

/// An open file that gives entries.
pub(crate) trait Source: Send {
    /// The next entry, `None` at the end.
    fn next_entry(&mut self) -> Result<Option<Entry>, ImportError>;

    /// Bytes of the file dealt with so far.
    fn bytes_read(&self) -> u64;

    /// Repeats dropped so far.
    fn duplicates(&self) -> u64;

    /// Where the source is.
    fn place(&self) -> String;
}

/// The formats, those recognised by magic bytes first.
pub(crate) fn all() -> &'static [&'static dyn Format] {
    &[
        &npy::Npy,
        &npz::Npz,
        #[cfg(feature = "parquet")]
        &parquet::Parquet,
        #[cfg(feature = "parquet")]
        &arrow::Arrow,
        &safetensors::Safetensors,
        &kn::Kn,
        &amig::Amig,
        &eleutherai::Eleutherai,
    ]
}

/// A format as documentation and command lines show it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FormatInfo {
    /// Name, as [`Options::format`] takes it.
    pub name: &'static str,
    /// What it is, in a few words.
    pub about: &'static str,
    /// File name extensions.
    pub extensions: &'static [&'static str],
}

/// The formats of attribution files that this build reads.
pub fn formats() -> Vec<FormatInfo> {
    let info = |format: &&dyn Format| FormatInfo {
        name: format.name(),
        about: format.about(),
        extensions: format.extensions(),
    };
    all().iter().map(info).collect()
}

pub(crate) fn by_name(name: &str) -> Result<&'static dyn Format, ImportError> {
    let found = all().iter().copied().find(|format| format.name() == name);
    found.ok_or_else(|| ImportError::UnknownFormatName { name: name.to_owned(), known: known() })
}

/// The formats' names, for messages.
pub(crate) fn known() -> String {
    let names: Vec<_> = all().iter().map(|format| format.name()).collect();
    names.join(", ")
}
