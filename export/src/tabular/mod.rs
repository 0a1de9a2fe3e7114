//! A store as tables in a folder, with a manifest: the same for every format of tables.
//!
//! | module | what it writes |
//! |---|---|
//! | [`files`] | files of tables, and what the manifest says of them |
//! | [`found`] | the entries of a run in a language, in the order of their files |
//! | [`entries`] | `entries`, `scores`, `sets`, `groups` |
//!
//! What has no entries is made by [`crate::rows`].

mod entries;
mod files;
mod found;

use crate::error::Result;
use crate::folder::HalfMade;
use crate::format::{Exported, Format, Watch};
use crate::manifest::{FORMAT, MANIFEST, Manifest, StoreOf, VERSION};
use crate::rows::{RunCount, SavedSets, Source, rows_of, run_rows, saved_rows};
use crate::sinks::Sink;
use crate::table::{CANDIDATES, FACTS, LABELS, RELATION_NAMES, RUNS, SAVED, TABLES, TEMPLATES, Table};
use entries::Entries;
pub(crate) use files::path_of;
use files::{Files, Watched};
pub(crate) use found::{AllFound, Found};
use std::io::Write;

/// The tables of what a store says of facts and relations, in the order in which they are written.
const ABOUT_FACTS: [&Table; 5] = [&FACTS, &LABELS, &TEMPLATES, &CANDIDATES, &RELATION_NAMES];

/// Tables in the files of a sink.
pub(crate) struct Tabular(pub &'static dyn Sink);

impl Format for Tabular {
    fn name(&self) -> &'static str {
        self.0.name()
    }

    fn about(&self) -> &'static str {
        match self.0.name() {
            "parquet" => "tables by run, language and relation; `kndb import` makes a store of it again",
            "arrow" => "the same tables as Arrow IPC files (Feather 2)",
            _ => "the same tables as text",
        }
    }

    fn write(&self, source: &Source<'_>, folder: &mut HalfMade, watch: &mut Watch<'_>) -> Result<Exported> {
        let mut files = Files::new(folder, self.0);
        let mut exported = Exported::default();
        for table in ABOUT_FACTS {
            let mut file = Watched(files.begin(table, None)?, watch);
            rows_of(table, source, &mut file)?;
            let written = files.end(file.0)?;
            watch.progress.rows += written;
        }
        let mut entries = Entries::begin(source, &mut files)?;
        entries.write(&mut files, watch)?;
        let runs = entries.finish(&mut files)?;
        let counts = runs.iter().map(|run| RunCount { entries: run.rows.entries, scores: run.rows.scores });
        let mut file = files.begin(&RUNS, None)?;
        run_rows(source, &counts.collect::<Vec<_>>(), &mut file)?;
        files.end(file)?;
        let mut file = files.begin(&SAVED, None)?;
        let SavedSets { sets: saved_sets, notes } = saved_rows(source, &mut file)?;
        files.end(file)?;
        exported.notes.extend(notes);
        let snapshot = source.snapshot;
        let chosen = &source.chosen;
        let relations = snapshot.relations().filter(|(id, _)| chosen.has_relation(Some(*id)));
        let manifest = Manifest {
            format: FORMAT.to_owned(),
            version: VERSION,
            tool: concat!("kndb ", env!("CARGO_PKG_VERSION")).to_owned(),
            tables: self.0.name().to_owned(),
            store: StoreOf { id: snapshot.store_id(), format: source.store.format(), complete: chosen.is_all },
            languages: chosen.languages.iter().map(|&id| snapshot.language_name(id).to_owned()).collect(),
            relations: relations.map(|(_, name)| name.to_owned()).collect(),
            runs,
            saved_sets,
            files: files.done(),
        };
        for table in TABLES {
            exported.tables.entry(table.name).or_default();
        }
        for file in &manifest.files {
            let name = TABLES.iter().map(|table| table.name).find(|name| *name == file.table).unwrap_or_default();
            let count = exported.tables.entry(name).or_default();
            count.files += 1;
            count.rows += file.rows;
            count.bytes += file.bytes;
        }
        write_manifest(&manifest, folder)?;
        Ok(exported)
    }
}

fn write_manifest(manifest: &Manifest, folder: &mut HalfMade) -> Result<()> {
    let mut out = folder.create(MANIFEST)?;
    let path = out.path().to_owned();
    let text = manifest.to_text().map_err(crate::ExportError::writing(&path))?;
    out.write_all(text.as_bytes()).map_err(crate::ExportError::io("write", &path))?;
    out.finish().map(drop)
}
