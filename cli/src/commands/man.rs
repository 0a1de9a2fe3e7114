//! `kndb man`: the manual page, or one a command.

use clap::CommandFactory;
use clap_mangen::Man;

use crate::args::{Cli, ManArgs};
use crate::error::{CliError, Result};
use crate::terminal::Terminal;

/// Runs it.
pub fn run(args: ManArgs, terminal: &mut Terminal) -> Result<()> {
    match args.folder {
        None => Man::new(Cli::command()).render(&mut terminal.out).map_err(CliError::Output),
        Some(folder) => {
            std::fs::create_dir_all(&folder).map_err(CliError::file("create", &folder))?;
            clap_mangen::generate_to(Cli::command(), &folder).map_err(CliError::file("write manual pages to", &folder))
        }
    }
}
