//! `kndb report`: one self-contained page about a store.

use std::fs::OpenOptions;
use std::path::Path;

use kndb_report::{Experiment, PageOptions};
use kndb_storage::Store;

use crate::args::PageArgs;
use crate::error::{CliError, Result};
use crate::terminal::Terminal;

/// Runs it.
pub fn run(args: PageArgs, terminal: &mut Terminal) -> Result<()> {
    let experiments = args.include.iter().map(|path| included(path)).collect::<Result<_>>()?;
    let store = Store::open(&args.store)?;
    // A page takes a while: a file that cannot be written is told before.
    let place = args.output.as_deref().map(Place::reserved).transpose()?;
    let options = PageOptions { title: args.title, date: args.date, runs: args.run, experiments };
    let page = kndb_report::page(&store, &options)?;
    let Some(place) = place else {
        return terminal.out.write_all(page.as_bytes()).map_err(CliError::Output);
    };
    let path = place.written(&page)?;
    writeln!(terminal.messages, "wrote {}", path.display()).map_err(CliError::Output)
}

/// A file that is going to be written; as it was until then, and gone if it was new and nothing came of it.
struct Place<'a> {
    path: &'a Path,
    is_new: bool,
}

impl<'a> Place<'a> {
    /// Makes sure that the file can be written.
    fn reserved(path: &'a Path) -> Result<Self> {
        let is_new = !path.exists();
        OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .open(path)
            .map_err(CliError::file("write", path))?;
        Ok(Self { path, is_new })
    }

    fn written(mut self, page: &str) -> Result<&'a Path> {
        std::fs::write(self.path, page).map_err(CliError::file("write", self.path))?;
        self.is_new = false;
        Ok(self.path)
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        if self.is_new {
            // The error that led here is the one to tell.
            let _ = std::fs::remove_file(self.path);
        }
    }
}

/// A file's contents, under its name without the folder.
fn included(path: &Path) -> Result<Experiment> {
    let contents = std::fs::read_to_string(path).map_err(CliError::file("read", path))?;
    let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy();
    Ok(Experiment::read(&name, &contents)?)
}
