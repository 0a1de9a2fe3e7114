//! A store made of an export: everything is checked before anything is believed, and the store is there whole in the end or not at all.
//!
//! | module | what it does |
//! |---|---|
//! | [`check`] | the folder's files against the manifest |
//! | [`rows`] | tables read, of the columns that they must have |
//! | [`facts`] | what the store said about facts |
//! | [`entries`], [`parts`] | what its runs held |
//! | [`saved`] | its saved sets |

mod check;
mod entries;
mod facts;
mod parts;
mod rows;
mod saved;

use crate::error::{ExportError, Result};
use crate::folder::HalfMade;
use crate::format::{Progress, Watch};
use crate::manifest::{MANIFEST, Manifest, RunOf};
use check::Checked;
use kndb_storage::{OnConflict, RunWriter, Store};
use std::path::Path;

/// The store in a folder that is being made.
const STORE: &str = "store";

/// What came back.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BroughtBack {
    /// Facts.
    pub facts: u64,
    /// Runs.
    pub runs: u64,
    /// (fact, language, prompt)s with scores, neuron sets or groups.
    pub entries: u64,
    /// Saved sets.
    pub saved_sets: u64,
    /// Bytes of the export.
    pub bytes: u64,
    /// What to know beside that, in sentences.
    pub notes: Vec<String>,
}

/// Whether a folder is an export, by its manifest.
pub fn is_export(folder: &Path) -> bool {
    folder.join(MANIFEST).is_file()
}

/// Makes a store of an export in Parquet, which answers every statement as the exported one did. The store must not be there yet, or be
/// empty.
///
/// # Errors
/// When a file of the export is missing, is one too many, or is not as the manifest says; when the store is not empty, or the
/// system refuses. Then nothing is left.
pub fn bring_back(
    folder: &Path,
    to: &Path,
    tell: &mut dyn FnMut(Progress),
    stop: &dyn Fn() -> bool,
) -> Result<BroughtBack> {
    if kndb_storage::is_within(to, folder) {
        let found = "the export itself, or a folder in it".to_owned();
        return Err(ExportError::StoreNotEmpty { path: to.to_owned(), found });
    }
    let manifest = Manifest::read(folder)?;
    must_be_empty(to, to)?;
    let mut watch = Watch::new(tell, stop);
    let files = Checked::of(folder, &manifest, &mut watch)?;
    let half = HalfMade::beside(to)?;
    let path = half.path().join(STORE);
    let store = Store::create(&path)?;
    let mut back = BroughtBack { runs: manifest.runs.len() as u64, bytes: files.bytes(), ..BroughtBack::default() };
    let facts = facts::read(&manifest, &files)?;
    back.facts = facts.facts.len() as u64;
    store.restore_facts(&facts)?;
    drop(facts);
    watch.look()?;
    let writers = begin_runs(&store, folder, &manifest)?;
    back.entries = entries::read(&manifest, &files, &writers, &mut watch)?;
    for (writer, run) in writers.into_iter().zip(&manifest.runs) {
        watch.look()?;
        back.notes.extend(half_done(&writer, run, manifest.store.complete)?);
        // Of a run that was open, what waits stays so.
        if run.is_finished() {
            writer.finish()?;
        }
        back.notes.extend(run.lost.clone());
    }
    back.saved_sets = saved::read(&manifest, &files, &store)?;
    if !manifest.store.complete {
        back.notes.push("the export is of a part of a store: of some runs, languages or relations".to_owned());
    }
    drop(store);
    // Looked at again: another may have filled the store meanwhile. Whoever fills one registers a run or facts before anything else.
    let replaced = must_be_empty(to, to)?;
    half.publish_inner(STORE, replaced, |moved| must_be_empty(moved, to).map(drop))?;
    Ok(back)
}

/// Begins anew what was begun and not finished, in a store that is to be the exported one again; what to know of it. Which entries an import had
/// stored is not in an export: they are in its way, as those of others are.
fn half_done(writer: &RunWriter, run: &RunOf, complete: bool) -> Result<Option<String>> {
    let what = match run.half_done.len() {
        0 => return Ok(None),
        1 => "an import or attribution that was".to_owned(),
        count => format!("{count} imports or attributions that were"),
    };
    let begun = if complete {
        for signature in &run.half_done {
            writer.job(signature, OnConflict::Refuse)?;
        }
        "the same attribution goes on, the same import with --skip-existing"
    } else {
        "of a part of a store it is not known what is left of it"
    };
    Ok(Some(format!("run {:?} had {what} not finished; what was stored by then is here: {begun}", run.name)))
}

/// Opens the runs, in the order of the exported store.
fn begin_runs(store: &Store, folder: &Path, manifest: &Manifest) -> Result<Vec<RunWriter>> {
    let mut writers = Vec::new();
    for run in &manifest.runs {
        let known = run.to_run().ok_or_else(|| {
            let found = format!("run {:?} of a shape that no model has", run.name);
            ExportError::differs(&folder.join(MANIFEST), found, "layers × width of at most 2^32 neurons")
        })?;
        writers.push(store.restore_run(&known)?);
    }
    Ok(writers)
}

/// Fails unless nothing is at a path, or an empty folder, or a store without anything; whether there is something to be replaced. Errors are about
/// the path that the user gave.
fn must_be_empty(to: &Path, given: &Path) -> Result<bool> {
    let taken = |found: String| Err(ExportError::StoreNotEmpty { path: given.to_owned(), found });
    if crate::folder::must_be_free(to).is_ok() {
        return Ok(false);
    }
    let store = match Store::open_read_only(to) {
        Ok(store) => store,
        Err(kndb_storage::Error::NotAStore { found, .. }) => return taken(found),
        Err(error) => return Err(error.into()),
    };
    let now = store.snapshot()?;
    let (runs, facts) = (now.runs().len(), now.fact_count());
    if runs > 0 || facts > 0 || now.relations().len() > 0 || now.languages().len() > 0 {
        return taken(format!("a store of {runs} runs and {facts} facts"));
    }
    Ok(true)
}
