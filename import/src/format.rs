//! The contract of a format, the list of all of them, and how a file's format is found.
//!
//! To add a format, write its file in `formats`, implement [`Format`] and [`Source`], and list it in [`all`].

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use kndb_storage::Entry;

use crate::bytes::json::excerpt;
use crate::error::ImportError;
use crate::formats;
use crate::options::Options;

/// How much of a file the formats see to recognise it.
const HEAD: usize = 64 << 10;

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
        &formats::npy::Npy,
        &formats::npz::Npz,
        #[cfg(feature = "parquet")]
        &formats::parquet::Parquet,
        #[cfg(feature = "parquet")]
        &formats::arrow::Arrow,
        &formats::safetensors::Safetensors,
        &formats::kn::Kn,
        &formats::amig::Amig,
        &formats::eleutherai::Eleutherai,
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

/// What the formats look at to recognise a file.
pub(crate) struct Probe {
    /// File name in lower case.
    pub name: String,
    /// The first bytes.
    pub head: Vec<u8>,
}

impl Probe {
    pub fn has_extension(&self, extension: &str) -> bool {
        Path::new(&self.name).extension().is_some_and(|found| found == extension)
    }

    /// The first bytes that are not white space, after a byte order mark.
    pub fn tokens(&self) -> impl Iterator<Item = u8> {
        let text = self.head.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&self.head);
        text.iter().copied().filter(|byte| !byte.is_ascii_whitespace())
    }
}

/// The format a file is recognised as.
pub(crate) fn detect(path: &Path) -> Result<&'static dyn Format, ImportError> {
    let probe = probe(path)?;
    if probe.head.is_empty() {
        return Err(ImportError::Empty {
            file: path.to_owned(),
            expected: "attribution scores or neuron sets".to_owned(),
        });
    }
    let found = all().iter().copied().find(|format| format.recognises(&probe));
    found.ok_or_else(|| ImportError::UnknownFormat {
        file: path.to_owned(),
        found: format!("starts with `{}`", excerpt(&probe.head)),
        known: known(),
    })
}

fn probe(path: &Path) -> Result<Probe, ImportError> {
    let io = |doing| move |source| ImportError::Io { file: PathBuf::from(path), doing, source };
    let mut head = Vec::new();
    let file = File::open(path).map_err(io("open"))?;
    file.take(HEAD as u64).read_to_end(&mut head).map_err(io("read"))?;
    let name = path.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
    Ok(Probe { name, head })
}
