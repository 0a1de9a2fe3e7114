//! The contract of a format, the list of all of them, and how a file's format is found.
//!
//! To add a format, write its file in `formats`, implement [`Format`] and [`Source`], and list it in [`all`].

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use crate::bytes::foreign::{Foreign, foreign};
use crate::bytes::json::excerpt;
use crate::bytes::packed::Packing;
use crate::error::{ImportError, Location, Place};
use crate::formats::records::{fields_of, other_orient};
use crate::options::Options;
use crate::source::given::Given;
use crate::source::told::Told;

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

    /// Whether a file may be packed (gzip, Zstandard): text is, binary formats pack themselves.
    fn reads_packed(&self) -> bool {
        false
    }

    /// Whether a file looks like it. The first format of [`all`] that says so reads the file.
    fn recognises(&self, probe: &Probe) -> bool;

    /// Opens a file, having checked what its header promises.
    fn open(&self, path: &Path, context: &Context<'_>) -> Result<Box<dyn Source>, ImportError>;
}

/// How a file is to be read, and what is known of it beforehand.
pub(crate) struct Context<'a> {
    pub options: &'a Options,
    /// How many of the path's last folders were chosen by whoever named the file.
    pub folders: usize,
}

impl Context<'_> {
    /// What the options and the path say of the file's entries.
    pub fn told(&self, path: &Path) -> Result<Told, ImportError> {
        Told::of(path, self.folders, self.options)
    }
}

/// What a file holds that did not become an entry of its own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Account {
    /// Facts, neurons and groups dropped because they are given more than once.
    pub duplicates: u64,
    /// Rows and facts that could not be used, by reason.
    pub invalid: BTreeMap<String, u64>,
    /// Columns, arrays, metadata and folders that say nothing kndb reads.
    pub not_used: Vec<String>,
    /// Lists of fact ids that the entries are named by.
    pub ids: Vec<PathBuf>,
    /// Languages of entries, and what said each of them, in words; what has the default is not among them.
    pub languages: BTreeMap<String, BTreeSet<String>>,
}

/// An open file that gives entries.
pub(crate) trait Source: Send {
    /// The next entry, `None` at the end.
    fn next_entry(&mut self) -> Result<Option<Given>, ImportError>;

    /// Bytes of the file dealt with so far.
    fn bytes_read(&self) -> u64;

    /// What was not used or not taken so far.
    fn account(&self) -> Account;

    /// Where the source is.
    fn place(&self) -> String;
}

/// The formats, those recognised by magic bytes first.
pub(crate) fn all() -> &'static [&'static dyn Format] {
    &[
        &crate::formats::npy::Npy,
        &crate::formats::npz::Npz,
        #[cfg(feature = "parquet")]
        &crate::formats::parquet::Parquet,
        #[cfg(feature = "parquet")]
        &crate::formats::arrow::Arrow,
        &crate::formats::safetensors::Safetensors,
        &crate::formats::records::Records,
        &crate::formats::kn::Kn,
        &crate::formats::kn_bag::KnBag,
        &crate::formats::amig::Amig,
        &crate::formats::eleutherai::Eleutherai,
        &crate::formats::csv::Csv,
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
    /// Whether files may be packed: `.gz`, `.zst`.
    pub packed: bool,
}

/// The formats of attribution files that this build reads.
pub fn formats() -> Vec<FormatInfo> {
    let info = |format: &&dyn Format| FormatInfo {
        name: format.name(),
        about: format.about(),
        extensions: format.extensions(),
        packed: format.reads_packed(),
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
    let missing = if cfg!(feature = "parquet") { "" } else { " (this kndb was built without parquet and arrow)" };
    format!("{}{missing}", names.join(", "))
}

/// Whether a text is a file name extension of some format, or of packed files.
pub(crate) fn is_extension(text: &str) -> bool {
    let known = |format: &&dyn Format| format.extensions().iter().any(|known| known.eq_ignore_ascii_case(text));
    all().iter().any(known) || Packing::EXTENSIONS.iter().any(|known| known.eq_ignore_ascii_case(text))
}

/// Whether a folder's file of this name (in lower case) is one of some format.
pub(crate) fn is_of_a_format(name: &str) -> bool {
    let has = |name: &str, format: &&dyn Format| {
        Path::new(name).extension().is_some_and(|found| format.extensions().iter().any(|known| found == *known))
    };
    let inner = Packing::EXTENSIONS.iter().find_map(|packed| name.strip_suffix(packed)?.strip_suffix('.'));
    let packed = inner.is_some_and(|inner| all().iter().any(|format| format.reads_packed() && has(inner, format)));
    packed || all().iter().any(|format| has(name, format))
}

/// What the formats look at to recognise a file.
pub(crate) struct Probe {
    /// File name in lower case, without what says that it is packed.
    pub name: String,
    /// The first bytes, unpacked.
    pub head: Vec<u8>,
    pub packing: Option<Packing>,
}

impl Probe {
    pub fn has_extension(&self, extension: &str) -> bool {
        Path::new(&self.name).extension().is_some_and(|found| found == extension)
    }

    /// The first bytes, without a byte order mark and white space before them.
    pub fn text(&self) -> &[u8] {
        self.head.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&self.head).trim_ascii_start()
    }

    /// The first bytes that are not white space, after a byte order mark.
    pub fn tokens(&self) -> impl Iterator<Item = u8> {
        self.text().iter().copied().filter(|byte| !byte.is_ascii_whitespace())
    }
}

/// The format a file is recognised as.
pub(crate) fn detect(path: &Path) -> Result<&'static dyn Format, ImportError> {
    let probe = probe(path)?;
    let is_list = probe.tokens().eq(*b"[]");
    if is_list || probe.tokens().next().is_none() {
        let expected = "attribution scores or neuron sets";
        let expected = if is_list { format!("{expected}; its list has no entries") } else { expected.to_owned() };
        return Err(ImportError::Empty { file: path.to_owned(), expected });
    }
    must_not_be_foreign(path, &probe)?;
    let found = all().iter().copied().find(|format| format.recognises(&probe));
    // Formats that look at no more than the first bytes take such a file for theirs.
    let easily = found.is_none_or(|found| ["amig", "eleutherai"].contains(&found.name()));
    if let Some(orient) = other_orient(&probe).filter(|_| easily) {
        return Err(ImportError::Unexpected {
            at: Box::new(Location { file: path.to_owned(), place: Place::File }),
            found: format!("JSON of a table as `to_json(orient=\"{orient}\")` of pandas writes it"),
            expected: "an object a row: `to_json(path, orient=\"records\", lines=True)`; or `to_parquet(path)`"
                .to_owned(),
        });
    }
    let fields = fields_of(&probe);
    if found.is_none() && are_of_facts(fields.iter().map(String::as_str)) {
        return Err(facts_not_scores(path));
    }
    found.ok_or_else(|| ImportError::UnknownFormat { file: path.to_owned(), found: found_in(&probe), known: known() })
}

/// Whether names of columns or fields are those of facts: labels and templates.
pub(crate) fn are_of_facts<'a>(mut names: impl Iterator<Item = &'a str>) -> bool {
    names.any(|name| ["sub_label", "obj_label", "template", "pattern", "masked_sentences"].contains(&name))
}

/// Facts where scores belong.
pub(crate) fn facts_not_scores(path: &Path) -> ImportError {
    ImportError::Foreign {
        file: path.to_owned(),
        what: "a file of facts, not of scores",
        instead: "`kndb facts DB PATH` takes facts, labels and templates",
    }
}

/// What a file begins with, for the rest of a sentence.
fn found_in(probe: &Probe) -> String {
    const SHOWN: usize = 12;
    let names = fields_of(probe);
    if names.is_empty() {
        return format!("starts with `{}`", excerpt(&probe.head));
    }
    let shown: Vec<_> = names.iter().take(SHOWN).map(|name| format!("`{}`", excerpt(name.as_bytes()))).collect();
    let more = names.len().saturating_sub(SHOWN);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!(
        "has JSON objects with the fields {}{more}, where a table has `fact`, `layer`, `neuron` and perhaps `score`",
        shown.join(", ")
    )
}

/// An error if a file is something else by its first bytes, whatever it is called.
fn must_not_be_foreign(path: &Path, probe: &Probe) -> Result<(), ImportError> {
    match foreign(&probe.head) {
        None => Ok(()),
        Some(Foreign { what, instead }) => Err(ImportError::Foreign { file: path.to_owned(), what, instead }),
    }
}

/// [`must_not_be_foreign`] for a file that is not read otherwise.
pub(crate) fn must_be_known(path: &Path) -> Result<(), ImportError> {
    probe(path).map_or(Ok(()), |probe| must_not_be_foreign(path, &probe))
}

/// An error if a file is something else, or packed though this format is read only as it is.
pub(crate) fn check_start(path: &Path, format: &dyn Format) -> Result<(), ImportError> {
    let probe = probe(path)?;
    must_not_be_foreign(path, &probe)?;
    match probe.packing.filter(|_| !format.reads_packed()) {
        None => Ok(()),
        Some(packing) => Err(ImportError::Unexpected {
            at: Box::new(Location { file: path.to_owned(), place: Place::File }),
            found: format!("{} packed with {}", format.name(), packing.name()),
            expected: "the file itself: unpack it first".to_owned(),
        }),
    }
}

fn probe(path: &Path) -> Result<Probe, ImportError> {
    let io = |doing| move |source| ImportError::Io { file: PathBuf::from(path), doing, source };
    let mut head = Vec::new();
    let file = File::open(path).map_err(io("open"))?;
    file.take(HEAD as u64).read_to_end(&mut head).map_err(io("read"))?;
    let mut name = path.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
    let packing = Packing::of(&head);
    if let Some(packing) = packing {
        head = packing.head(&head, HEAD);
        let inner = Packing::EXTENSIONS.iter().find_map(|packed| name.strip_suffix(packed)?.strip_suffix('.'));
        name = inner.unwrap_or(&name).to_owned();
    }
    Ok(Probe { name, head, packing })
}
