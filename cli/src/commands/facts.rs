//! `kndb facts`: facts, labels, prompt templates and candidates into the store.

mod changes;
mod told;

use std::collections::BTreeSet;
use std::io::Write;
use std::time::Instant;

use kndb_import::ImportError;
use kndb_import::facts::{FactsItem, FactsOptions, FactsReader, open, read_names};
use kndb_storage::{FactBatch, FactsAdded, RelationNameRow, Store};

use crate::args::FactsArgs;
use crate::commands::store_to_fill;
use crate::error::{CliError, Result};
use crate::interrupt::end_at;
use crate::progress::Progress;
use crate::session::fact_listing;
use crate::terminal::Terminal;
use told::Told;

/// Rows of one commit. A commit writes the whole dictionary anew, so few large ones are best; this
/// many take about 200 MB.
const BATCH_ROWS: usize = 1_000_000;

/// Runs it.
pub fn run(args: FactsArgs, terminal: &mut Terminal) -> Result<()> {
    if args.list {
        let snapshot = super::opened(&args.store, terminal)?.snapshot()?;
        return fact_listing::facts(&snapshot, &mut *args.mode.sink(true, &mut terminal.out));
    }
    let begun = Instant::now();
    let options = FactsOptions { format: args.format, language: args.lang, skip_invalid: args.skip_invalid };
    let readers = args.paths.iter().map(|path| open(path, &options));
    let readers: Vec<FactsReader> = readers.collect::<Result<_, _>>()?;
    let names: Vec<Vec<RelationNameRow>> = args.names.iter().map(|path| read_names(path)).collect::<Result<_, _>>()?;
    let store = store_to_fill(&args.store, terminal)?;
    let total = readers.iter().map(FactsReader::bytes_total).sum();
    let progress = Progress::new(total, terminal.messages_to_person && !args.quiet);
    // Facts come in whole commits, and those that are there already are no matter.
    end_at("interrupted: what was stored by now stays; the same command adds the rest");

    let mut intake = Intake::new(&store);
    let mut told = Told::default();
    let mut bytes_before = 0;
    let mut earlier: Option<FactsReader> = None;
    for (path, reader) in args.paths.into_iter().zip(readers) {
        // Two paths of one command that disagree are a mistake, not a correction.
        let mut reader = match earlier.take() {
            Some(earlier) => reader.after(earlier),
            None => reader,
        };
        let mut rows: u64 = 0;
        while let Some(item) = reader.next() {
            let item = item.map_err(of_row)?;
            told.item(&item);
            intake.take(item)?;
            rows += 1;
            if rows.is_multiple_of(1_000) {
                progress.at(bytes_before + reader.bytes_read(), &reader.place());
            }
        }
        bytes_before += reader.bytes_total();
        told.path(path, reader.format(), reader.understood());
        earlier = Some(reader);
    }
    // Last, so that a name that the user gives takes the place of one in the data.
    intake.batch.relation_names.extend(names.concat());
    intake.commit()?;
    progress.clear();
    if args.quiet {
        return Ok(());
    }
    let changed: Vec<String> = intake.changed.into_iter().collect();
    let out = &mut terminal.out;
    writeln!(out, "{:<12} {}", "store", args.store.display()).map_err(CliError::Output)?;
    told.write(&intake.added, &changed, begun.elapsed(), out).map_err(CliError::Output)
}

/// Tells a row that can be passed over from a file that cannot be read.
fn of_row(error: ImportError) -> CliError {
    match error {
        ImportError::Data { .. } | ImportError::Json { .. } => CliError::InvalidRow(error),
        error => CliError::Import(error),
    }
}

/// Adds the facts of files or folders, without a word.
#[cfg(feature = "attribute")]
pub fn add(store: &Store, paths: &[std::path::PathBuf]) -> Result<FactsAdded> {
    let mut intake = Intake::new(store);
    for path in paths {
        for item in open(path, &FactsOptions::default())? {
            intake.take(item?)?;
        }
    }
    intake.commit()?;
    Ok(intake.added)
}

/// Rows on their way into a store.
struct Intake<'a> {
    store: &'a Store,
    batch: FactBatch,
    added: FactsAdded,
    /// Runs whose scores were made with labels that are changed.
    changed: BTreeSet<String>,
}

impl<'a> Intake<'a> {
    fn new(store: &'a Store) -> Self {
        let (batch, added) = (FactBatch::default(), FactsAdded::default());
        Self { store, batch, added, changed: BTreeSet::new() }
    }

    fn take(&mut self, item: FactsItem) -> Result<()> {
        match item {
            FactsItem::Fact(row) => self.batch.facts.push(row),
            FactsItem::Template(row) => self.batch.templates.push(row),
            FactsItem::Candidates(row) => self.batch.candidates.push(row),
            FactsItem::RelationName(row) => self.batch.relation_names.push(row),
        }
        if self.batch.facts.len() == BATCH_ROWS { self.commit() } else { Ok(()) }
    }

    fn commit(&mut self) -> Result<()> {
        let batch = std::mem::take(&mut self.batch);
        self.changed.extend(changes::runs_of_changed(&*self.store.snapshot()?, &batch.facts)?);
        let (added, sum) = (self.store.add_facts(batch)?, &mut self.added);
        sum.new_facts += added.new_facts;
        sum.new_labels += added.new_labels;
        sum.changed_labels += added.changed_labels;
        sum.same_labels += added.same_labels;
        sum.new_templates += added.new_templates;
        sum.candidate_lists += added.candidate_lists;
        sum.relation_names += added.relation_names;
        Ok(())
    }
}
