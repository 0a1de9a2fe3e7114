//! The files that others make and `kndb import` reads: a folder for each run, language and prompt, and in it files of one format.
//!
//! Each holds less than a store: what a format cannot hold is refused where an import would take it for something else, and told of
//! where it is only missing.

mod arrays;
mod clickhouse;
mod json;
mod lape;
mod npz;
mod safetensors;
mod zip;

use crate::error::{ExportError, Result};
use crate::folder::HalfMade;
use crate::format::{Exported, TableCount, Watch};
use crate::names::folder as folder_name;
use crate::out::Written;
use crate::rows::Source;
use crate::tabular::{AllFound, Found};
use kndb_query::{BatchSink, Parameters, Prepared, Settings};
use kndb_storage::Run;
use std::collections::BTreeSet;

pub(crate) use clickhouse::ClickHouse;
pub(crate) use json::{Amig, Eleuther};
pub(crate) use lape::Lape;
pub(crate) use npz::Npz;
pub(crate) use safetensors::Safetensors;

/// The entries of a run in a language with a prompt.
struct Place<'a, 's> {
    run: &'a Run,
    code: &'a str,
    prompt: u16,
    all: &'a AllFound<'s>,
    /// By relation and fact; scores or sets, and groups.
    entries: Vec<&'a Found<'s>>,
}

impl Place<'_, '_> {
    /// Its folder, with `/` at its end.
    fn folder(&self) -> Result<String> {
        let (run, lang) = (folder_name("run", Some(&self.run.spec.name))?, folder_name("lang", Some(self.code))?);
        Ok(format!("{run}/{lang}/prompt={}/", self.prompt))
    }

    fn unfit(&self, format: &'static str, found: &str, expected: &str) -> ExportError {
        ExportError::Unfit {
            what: format!("run {:?} in {}", self.run.spec.name, self.code),
            format,
            found: found.to_owned(),
            expected: expected.to_owned(),
        }
    }
}

/// Calls a function for each place of what is chosen that has entries.
fn each_place(
    source: &Source<'_>,
    watch: &mut Watch<'_>,
    mut call: impl FnMut(&Place<'_, '_>, &mut Watch<'_>) -> Result<()>,
) -> Result<()> {
    for run in &source.chosen.runs {
        for &language in &source.chosen.languages {
            watch.look()?;
            let all = AllFound::of(source, run, language)?;
            let prompts: BTreeSet<u16> = all.entries.iter().map(|entry| entry.prompt).collect();
            for prompt in prompts {
                let entries = all.entries.iter().filter(|entry| entry.prompt == prompt).collect();
                let code = source.snapshot.language_name(language);
                call(&Place { run, code, prompt, all: &all, entries }, watch)?;
            }
        }
    }
    Ok(())
}

/// Asks a statement of a run in a language, as of the commit that is exported.
fn asked(
    source: &Source<'_>,
    (run, code): (&Run, &str),
    format: &'static str,
    text: &str,
    sink: &mut dyn BatchSink,
) -> Result<()> {
    let statement = Prepared::new(source.store, Settings::default(), text);
    let done = statement.and_then(|statement| statement.stream_at(source.snapshot, &Parameters::default(), sink));
    done.map(drop).map_err(|error| ExportError::Unfit {
        what: format!("run {:?} in {code}", run.spec.name),
        format,
        found: error.to_string(),
        expected: format!("a run that answers `{text}` at its own threshold; --run chooses others"),
    })
}

/// A name as a statement has it.
fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('\\', "\\\\").replace('"', "\\\""))
}

/// Counts a file that is done.
fn count(exported: &mut Exported, what: &'static str, rows: u64, written: &Written) {
    let count: &mut TableCount = exported.tables.entry(what).or_default();
    count.files += 1;
    count.rows += rows;
    count.bytes += written.bytes;
}

/// Writes a text as a file of its own.
fn write_text(folder: &mut HalfMade, relative: &str, text: &str) -> Result<Written> {
    let mut out = folder.create(relative)?;
    let path = out.path().to_owned();
    std::io::Write::write_all(&mut out, text.as_bytes()).map_err(ExportError::io("write", &path))?;
    out.finish()
}
