//! The formats there are, and an export in any of them.
//!
//! To add a format, write its file, implement [`Format`], and list it in [`all`].

use crate::choice::Choice;
use crate::error::Result;
use crate::folder::HalfMade;
use crate::foreign::{Amig, ClickHouse, Eleuther, Lape, Npz, Safetensors};
use crate::rows::Source;
use crate::sinks::{Arrow, Csv, Parquet};
use crate::tabular::Tabular;
use kndb_storage::Store;
use std::collections::BTreeMap;
use std::path::Path;

/// A format of exports.
pub(crate) trait Format: Sync {
    /// Its name, as an option gives it.
    fn name(&self) -> &'static str;

    /// What it is, in a few words.
    fn about(&self) -> &'static str;

    /// Writes what is chosen into a folder that is being made.
    fn write(&self, source: &Source<'_>, folder: &mut HalfMade, watch: &mut Watch<'_>) -> Result<Exported>;
}

/// The formats.
fn all() -> &'static [&'static dyn Format] {
    &[&Tabular(&Parquet), &Tabular(&Arrow), &Tabular(&Csv), &Npz, &Safetensors, &Eleuther, &Amig, &Lape, &ClickHouse]
}

/// A format as documentation and command lines show it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FormatInfo {
    /// Name, as an option gives it.
    pub name: &'static str,
    /// What it is.
    pub about: &'static str,
}

/// Every format that can be written.
pub fn formats() -> impl ExactSizeIterator<Item = FormatInfo> {
    all().iter().map(|format| FormatInfo { name: format.name(), about: format.about() })
}

/// What is exported, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExportJob {
    /// Name of the format.
    pub format: String,
    /// What is chosen.
    pub choice: Choice,
}

impl ExportJob {
    /// Everything, in a format of [`formats`].
    pub fn new(format: impl Into<String>) -> Self {
        Self { format: format.into(), choice: Choice::default() }
    }
}

/// How far an export has come, or its way back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// (fact, language, prompt)s dealt with.
    pub entries: u64,
    /// All that there are, about.
    pub entries_total: u64,
    /// Rows written by now, or read.
    pub rows: u64,
}

/// What a table, or a kind of files, came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TableCount {
    /// Its files.
    pub files: u64,
    /// Their rows.
    pub rows: u64,
    /// Their bytes.
    pub bytes: u64,
}

/// What was exported.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Exported {
    /// By table.
    pub tables: BTreeMap<&'static str, TableCount>,
    /// What to know beside that, in sentences.
    pub notes: Vec<String>,
}

/// Who is told of progress, and asked whether to stop.
pub(crate) struct Watch<'a> {
    pub progress: Progress,
    tell: &'a mut dyn FnMut(Progress),
    stop: &'a dyn Fn() -> bool,
}

impl<'a> Watch<'a> {
    pub(crate) fn new(tell: &'a mut dyn FnMut(Progress), stop: &'a dyn Fn() -> bool) -> Self {
        Self { progress: Progress::default(), tell, stop }
    }

    /// Tells how far it is.
    ///
    /// # Errors
    /// [`crate::ExportError::Stopped`] if it is not to go on.
    pub(crate) fn look(&mut self) -> Result<()> {
        (self.tell)(self.progress);
        if (self.stop)() { Err(crate::ExportError::Stopped) } else { Ok(()) }
    }
}

/// Writes a store, or what is chosen of it, into a new folder, which is there whole in the end or not at all. `stop` is asked every
/// few entries.
///
/// # Errors
/// When the folder is not empty, something that is chosen is not there or cannot be held by the format, the store is damaged, or the
/// system refuses. Then nothing is left.
pub fn export(
    store: &Store,
    to: &Path,
    job: &ExportJob,
    tell: &mut dyn FnMut(Progress),
    stop: &dyn Fn() -> bool,
) -> Result<Exported> {
    let format = all().iter().find(|format| format.name() == job.format);
    let format = format.ok_or_else(|| crate::ExportError::UnknownFormat {
        given: job.format.clone(),
        known: formats().map(|format| format.name).collect::<Vec<_>>().join(", "),
    })?;
    let snapshot = store.snapshot()?;
    let chosen = job.choice.of(&snapshot)?;
    if kndb_storage::is_within(to, store.path()) {
        let found = "the store's own folder, or one in it".to_owned();
        return Err(crate::ExportError::NotEmpty { path: to.to_owned(), found });
    }
    let mut folder = HalfMade::begin(to)?;
    let source = Source { store, snapshot: &snapshot, chosen };
    let mut watch = Watch::new(tell, stop);
    let mut done = format.write(&source, &mut folder, &mut watch)?;
    // Whatever the format: facts are missing in all of them.
    let lost = source.chosen.runs.iter().filter_map(|run| snapshot.losses(run.id));
    done.notes.extend(lost.map(|losses| losses.to_string()));
    watch.look()?;
    folder.publish()?;
    Ok(done)
}
