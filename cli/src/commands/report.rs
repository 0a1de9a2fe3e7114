//! `kndb report`: one self-contained page about a store.

use std::fs::OpenOptions;
use std::path::Path;

use kndb_report::{Experiment, PageOptions};

use crate::args::PageArgs;
use crate::error::{CliError, Result};
use crate::terminal::Terminal;
use crate::within::within;

/// Runs it.
pub fn run(args: PageArgs, terminal: &mut Terminal) -> Result<()> {
    let within = within(&args.within)?;
    let experiments = args.include.iter().map(|path| included(path)).collect::<Result<_>>()?;
    let store = super::opened(&args.store, terminal)?;
    // A page takes a while: a file that cannot be written is told before.
    args.output.as_deref().map(must_be_writable).transpose()?;
    let options = PageOptions { title: args.title, date: args.date, runs: args.run, within, experiments };
    let page = kndb_report::page(&store, &options)?;
    let Some(path) = args.output else {
        return terminal.out.write_all(page.as_bytes()).map_err(CliError::Output);
    };
    std::fs::write(&path, page).map_err(CliError::file("write", &path))?;
    writeln!(terminal.messages, "wrote {}", path.display()).map_err(CliError::Output)
}

/// Makes sure that a file can be written; what is there stays, and what is not there is not left behind.
fn must_be_writable(path: &Path) -> Result<()> {
    let is_new = !path.exists();
    let opened = OpenOptions::new().write(true).create(true).truncate(false).open(path);
    opened.map_err(CliError::file("write", path))?;
    if is_new { std::fs::remove_file(path).map_err(CliError::file("write", path)) } else { Ok(()) }
}

/// A file's contents, under its name without the folder.
fn included(path: &Path) -> Result<Experiment> {
    let contents = std::fs::read_to_string(path).map_err(CliError::file("read", path))?;
    let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy();
    Ok(Experiment::read(&name, &contents)?)
}
