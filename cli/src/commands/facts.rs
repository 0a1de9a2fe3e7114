//! `kndb facts`: facts, labels, prompt templates and candidates into the store.

use std::io::Write;
use std::path::Path;
use std::time::Instant;

use kndb_import::facts::{FactsItem, FactsOptions, FactsReader, open, read_names};
use kndb_storage::{FactBatch, FactsAdded, RelationNameRow, Store};

use crate::args::FactsArgs;
use crate::commands::store_to_fill;
use crate::error::{CliError, Result};
use crate::interrupt::{Signals, end_at};
use crate::progress::Progress;
use crate::session::fact_listing;
use crate::terminal::Terminal;

/// Rows of one commit. A commit writes the whole dictionary anew, so few large ones are best; this
/// many take about 200 MB.
const BATCH_ROWS: usize = 1_000_000;

/// Runs it.
pub fn run(args: FactsArgs, terminal: &mut Terminal) -> Result<()> {
    if args.list {
        let snapshot = Store::open(&args.store)?.snapshot()?;
        return fact_listing::facts(&snapshot, &mut *args.mode.sink(true, &mut terminal.out));
    }
    let begun = Instant::now();
    let options = FactsOptions { format: args.format, language: args.lang };
    let readers = args.paths.iter().map(|path| open(path, &options));
    let readers: Vec<FactsReader> = readers.collect::<Result<_, _>>()?;
    let names: Vec<Vec<RelationNameRow>> = args.names.iter().map(|path| read_names(path)).collect::<Result<_, _>>()?;
    let names = names.concat();
    let store = store_to_fill(&args.store, terminal)?;
    let total = readers.iter().map(FactsReader::bytes_total).sum();
    let progress = Progress::new(total, terminal.messages_to_person && !args.quiet);
    // Facts come in whole commits, and those that are there already are no matter.
    end_at(Signals::Every, "interrupted: what was stored by now stays; the same command adds the rest");

    let mut added = FactsAdded::default();
    let mut batch = FactBatch { relation_names: names, ..FactBatch::default() };
    let mut bytes_before = 0;
    for mut reader in readers {
        let mut rows: u64 = 0;
        while let Some(item) = reader.next() {
            match item? {
                FactsItem::Fact(row) => batch.facts.push(row),
                FactsItem::Template(row) => batch.templates.push(row),
                FactsItem::Candidates(row) => batch.candidates.push(row),
            }
            rows += 1;
            if rows.is_multiple_of(1_000) {
                progress.at(bytes_before + reader.bytes_read(), &reader.place());
            }
            if batch.facts.len() == BATCH_ROWS {
                commit(&store, &mut batch, &mut added)?;
            }
        }
        bytes_before += reader.bytes_total();
    }
    commit(&store, &mut batch, &mut added)?;
    progress.clear();
    if args.quiet {
        return Ok(());
    }
    summary(&added, &args.store, begun, &mut terminal.out).map_err(CliError::Output)
}

/// Adds the facts of files or folders, without a word.
#[cfg(feature = "attribute")]
pub fn add(store: &Store, paths: &[std::path::PathBuf]) -> Result<FactsAdded> {
    let (mut added, mut batch) = (FactsAdded::default(), FactBatch::default());
    for path in paths {
        for item in open(path, &FactsOptions::default())? {
            match item? {
                FactsItem::Fact(row) => batch.facts.push(row),
                FactsItem::Template(row) => batch.templates.push(row),
                FactsItem::Candidates(row) => batch.candidates.push(row),
            }
        }
    }
    commit(store, &mut batch, &mut added)?;
    Ok(added)
}

fn commit(store: &Store, batch: &mut FactBatch, sum: &mut FactsAdded) -> Result<()> {
    let added = store.add_facts(std::mem::take(batch))?;
    sum.new_facts += added.new_facts;
    sum.new_labels += added.new_labels;
    sum.changed_labels += added.changed_labels;
    sum.same_labels += added.same_labels;
    sum.new_templates += added.new_templates;
    sum.candidate_lists += added.candidate_lists;
    sum.relation_names += added.relation_names;
    Ok(())
}

fn summary(added: &FactsAdded, path: &Path, begun: Instant, out: &mut dyn Write) -> std::io::Result<()> {
    let mut line = |name: &str, value: String| writeln!(out, "{name:<12} {value}");
    line("store", path.display().to_string())?;
    line("facts", format!("{} new", added.new_facts))?;
    line(
        "labels",
        format!("{} new, {} changed, {} as before", added.new_labels, added.changed_labels, added.same_labels),
    )?;
    line("templates", format!("{} new", added.new_templates))?;
    line("candidates", format!("{} lists", added.candidate_lists))?;
    if added.relation_names > 0 {
        line("names", format!("{} of relations", added.relation_names))?;
    }
    line("time", format!("{:.2} s", begun.elapsed().as_secs_f64()))
}
