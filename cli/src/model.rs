//! Models as commands load them: what the engine notes is told.

use std::io::Write;
use std::path::Path;

use kndb_engine::{Model, device};

use crate::error::{CliError, Result};
use crate::terminal::Terminal;

/// Loads a model onto a device, and writes its notes.
pub fn load(folder: &Path, on: &str, terminal: &mut Terminal) -> Result<Model> {
    let model = Model::load(folder, &device(on)?)?;
    for note in model.notes() {
        writeln!(terminal.messages, "note: {note}").map_err(CliError::Output)?;
    }
    Ok(model)
}
