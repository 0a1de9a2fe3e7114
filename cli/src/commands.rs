//! One command a file; here they are told apart, and their errors reported.

#[cfg(feature = "attribute")]
mod activations;
#[cfg(feature = "attribute")]
mod arena;
#[cfg(feature = "attribute")]
mod asking;
#[cfg(feature = "attribute")]
mod attribute;
mod backup;
#[cfg(feature = "parquet")]
mod bring_back;
mod compact;
mod completions;
mod copy_run;
mod demo;
#[cfg(feature = "attribute")]
mod dkn;
mod drop_facts;
mod drop_run;
#[cfg(feature = "attribute")]
mod edit;
#[cfg(feature = "attribute")]
mod edit_bench;
#[cfg(feature = "attribute")]
mod edit_study;
#[cfg(feature = "parquet")]
mod export;
#[cfg(feature = "attribute")]
mod fact_check;
mod facts;
mod import;
mod info;
mod init;
mod man;
mod merge;
mod plot;
#[cfg(feature = "attribute")]
mod probe;
#[cfg(feature = "attribute")]
mod qrnca;
mod query;
mod rename_run;
mod report;
mod runs;
#[cfg(feature = "explorer")]
pub mod serve;
#[cfg(feature = "attribute")]
mod trace;
mod upgrade;
mod verify;

use std::io::Write;
use std::path::Path;

use kndb_storage::{Options, Store};

use crate::args::Command;
use crate::error::{CliError, Result};
use crate::interrupt::end_at;
use crate::terminal::Terminal;

/// Runs a command; returns the process's exit code.
pub fn run(command: Command, mut terminal: Terminal) -> u8 {
    // Until the command says more: while a model is loaded, for instance.
    end_at(at_signal(&command));
    let done = dispatch(command, &mut terminal);
    let flushed = terminal.out.flush().map_err(CliError::Output);
    match done.and(flushed) {
        Ok(()) => 0,
        Err(error) => {
            // Nothing can be done if stderr is gone as well.
            let _ = error.report(terminal.color, &mut terminal.messages);
            error.exit_code()
        }
    }
}

/// What is said when a signal ends a command before it has anything to finish.
fn at_signal(command: &Command) -> &'static str {
    match command {
        Command::Query(_) => "interrupted: the answers above are not all",
        #[cfg(feature = "sql")]
        Command::Sql(_) => "interrupted: the answers above are not all",
        Command::Plot(_) => "interrupted: the figure is not drawn",
        Command::Report(_) => "interrupted: the page is not written",
        Command::Verify(args) if args.repair => {
            "interrupted: the repair may not be complete; give the same command again"
        }
        Command::Verify(_) => "interrupted: not all is checked",
        Command::Compact(_) => "interrupted: what was merged by now stays, and nothing is lost",
        Command::Backup(_) => "interrupted: the backup is what it was before; the same command goes on",
        Command::Merge(_) | Command::CopyRun(_) => {
            "interrupted: what was copied by now stays; the same command goes on"
        }
        Command::Demo(_) => "interrupted: the demo is not complete; delete its folder to begin anew",
        Command::Facts(_) | Command::Import(_) => "interrupted: nothing was stored yet",
        #[cfg(feature = "attribute")]
        Command::Attribute(_) | Command::Trace(_) | Command::Dkn(_) | Command::Activations(_) => {
            "interrupted: nothing was computed yet"
        }
        #[cfg(feature = "attribute")]
        Command::Qrnca(_) => "interrupted: the run is not whole; the same command makes it again",
        #[cfg(feature = "attribute")]
        Command::Edit(_) | Command::Apply(_) => {
            "interrupted: the edited model was not kept; what was being written ends in .part and can be deleted"
        }
        #[cfg(feature = "attribute")]
        Command::EditBench(_) => {
            "interrupted: what --csv has stays, and the same command goes on; the store is as it was"
        }
        #[cfg(feature = "attribute")]
        Command::Probe(_) | Command::EditStudy(_) | Command::FactCheck(_) | Command::Arena(_) => {
            "interrupted: nothing was written, and the store is as it was"
        }
        _ => "interrupted",
    }
}

fn dispatch(command: Command, terminal: &mut Terminal) -> Result<()> {
    match command {
        Command::Init(args) => init::run(args, terminal),
        Command::Query(args) => query::run(args, terminal),
        #[cfg(feature = "sql")]
        Command::Sql(args) => query::run_in(crate::session::Language::Sql, *args, terminal),
        Command::Plot(args) => plot::run(*args, terminal),
        Command::Report(args) => report::run(args, terminal),
        #[cfg(feature = "explorer")]
        Command::Serve(args) => serve::run(args, terminal),
        Command::Completions(args) => completions::run(args, terminal),
        Command::Man(args) => man::run(args, terminal),
        Command::Info(args) => info::run(args, terminal),
        Command::Runs(args) => runs::run(args, terminal),
        Command::Compact(args) => compact::run(args, terminal),
        Command::Verify(args) => verify::run(args, terminal),
        Command::Backup(args) => backup::run(args, terminal),
        #[cfg(feature = "parquet")]
        Command::Export(args) => export::run(args, terminal),
        Command::Merge(args) => merge::run(args, terminal),
        Command::CopyRun(args) => copy_run::run(args, terminal),
        Command::RenameRun(args) => rename_run::run(args, terminal),
        Command::Upgrade(args) => upgrade::run(args, terminal),
        Command::DropRun(args) => drop_run::run(args, terminal),
        Command::DropFacts(args) => drop_facts::run(args, terminal),
        Command::Demo(args) => demo::run(args, terminal),
        Command::Facts(args) => facts::run(args, terminal),
        Command::Import(args) => import::run(*args, terminal),
        #[cfg(feature = "attribute")]
        Command::Attribute(args) => attribute::run(*args, terminal),
        #[cfg(feature = "attribute")]
        Command::Trace(args) => trace::run(*args, terminal),
        #[cfg(feature = "attribute")]
        Command::Dkn(args) => dkn::run(*args, terminal),
        #[cfg(feature = "attribute")]
        Command::Qrnca(args) => qrnca::run(args, terminal),
        #[cfg(feature = "attribute")]
        Command::Activations(args) => activations::run(*args, terminal),
        #[cfg(feature = "attribute")]
        Command::Probe(args) => probe::run(*args, terminal),
        #[cfg(feature = "attribute")]
        Command::Edit(args) => edit::run(*args, terminal),
        #[cfg(feature = "attribute")]
        Command::Apply(args) => edit::apply(args, terminal),
        #[cfg(feature = "attribute")]
        Command::EditStudy(args) => edit_study::run(*args, terminal),
        #[cfg(feature = "attribute")]
        Command::FactCheck(args) => fact_check::run(*args, terminal),
        #[cfg(feature = "attribute")]
        Command::Arena(args) => arena::run(*args, terminal),
        #[cfg(feature = "attribute")]
        Command::EditBench(args) => edit_bench::run(*args, terminal),
    }
}

/// Fails under `--read-only`: for stores that are made, and those that another one is written into.
fn must_be_writable(path: &Path, terminal: &Terminal) -> Result<()> {
    if terminal.read_only {
        return Err(kndb_storage::Error::ReadOnly { path: path.to_owned() }.into());
    }
    Ok(())
}

/// A store that is there.
pub fn opened(path: &Path, terminal: &Terminal) -> Result<Store> {
    let options = Options { read_only: terminal.read_only, ..Options::default() };
    Ok(Store::open_with(path, options)?)
}

/// The store to write into; where there is nothing yet, a new one, which is said.
fn store_to_fill(path: &Path, terminal: &mut Terminal) -> Result<Store> {
    if path.exists() {
        return opened(path, terminal);
    }
    must_be_writable(path, terminal)?;
    let store = match Store::create(path) {
        // Another process was faster.
        Err(kndb_storage::Error::AlreadyThere { .. }) => return opened(path, terminal),
        created => created?,
    };
    writeln!(terminal.messages, "made a new store at {}", path.display()).map_err(CliError::Output)?;
    Ok(store)
}
