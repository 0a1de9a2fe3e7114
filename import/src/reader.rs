//! One attribution file as an iterator of entries, whatever its format.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use kndb_storage::Entry;

use crate::error::ImportError;
use crate::formats::{self, Format, Source};
use crate::json::excerpt;
use crate::options::Options;

/// How much of a file the formats see to recognise it.
const HEAD: usize = 64 << 10;

/// Reader of one file's entries, in the file's order.
///
/// Memory is bounded by the largest single fact, not by the file. After an error it gives nothing more.
pub struct Reader {
    format: &'static str,
    source: Box<dyn Source>,
    failed: bool,
}

impl Reader {
    /// Name of the format the file is read as.
    pub fn format(&self) -> &'static str {
        self.format
    }

    /// Bytes of the file that have been dealt with.
    pub fn bytes_read(&self) -> u64 {
        self.source.bytes_read()
    }

    /// Facts, neurons and groups dropped because the file gives them more than once.
    pub fn duplicates(&self) -> u64 {
        self.source.duplicates()
    }

    /// Where the reader is, for progress and messages.
    pub fn place(&self) -> String {
        self.source.place()
    }
}

impl Iterator for Reader {
    type Item = Result<Entry, ImportError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.failed {
            return None;
        }
        let item = self.source.next_entry().transpose();
        self.failed = matches!(item, Some(Err(_)));
        item
    }
}

/// Opens a file in the format the options name, or in the one its content shows.
pub fn open(path: &Path, options: &Options) -> Result<Reader, ImportError> {
    let format = match &options.format {
        Some(name) => formats::by_name(name)?,
        None => detect(path)?,
    };
    let source = format.open(path, options)?;
    Ok(Reader { format: format.name(), source, failed: false })
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

fn detect(path: &Path) -> Result<&'static dyn Format, ImportError> {
    let probe = probe(path)?;
    if probe.head.is_empty() {
        return Err(ImportError::Empty {
            file: path.to_owned(),
            expected: "attribution scores or neuron sets".to_owned(),
        });
    }
    let found = formats::all().iter().copied().find(|format| format.recognises(&probe));
    found.ok_or_else(|| ImportError::UnknownFormat {
        file: path.to_owned(),
        found: format!("starts with `{}`", excerpt(&probe.head)),
        known: formats::known(),
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
