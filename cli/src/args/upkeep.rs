//! The options of the commands that keep whole stores and runs: backups, names.

use std::path::PathBuf;

use clap::{Args, ValueHint};

/// `kndb rename-run`
#[derive(Debug, Args)]
#[command(after_help = "\
Groups that were searched in the run name it by its new name from then on. Refused while a job fills the run. Saved sets \
know runs by their numbers and stay right; the text they were made from stays as it was typed.")]
pub struct RenameRunArgs {
    /// The store's folder
    #[arg(value_name = "DB", value_hint = ValueHint::DirPath)]
    pub store: PathBuf,
    /// The run
    #[arg(value_name = "OLD")]
    pub old: String,
    /// Its new name
    #[arg(value_name = "NEW")]
    pub new: String,
}

/// `kndb backup`
#[derive(Debug, Args)]
#[command(after_help = "\
The copy is the store at one moment, whatever is written meanwhile, and opens as a store by itself. Every copied file is \
compared with its checksums before it counts. Into the folder of an earlier backup only new files are copied, and files that \
are gone go there, too; a backup that was interrupted goes on with the same command. To restore, copy or move the folder to the \
store's place.

EXAMPLES
  kndb backup my.kndb /mnt/backups/my.kndb")]
pub struct BackupArgs {
    /// The store's folder
    #[arg(value_name = "DB", value_hint = ValueHint::DirPath)]
    pub store: PathBuf,
    /// New or empty folder, or one of an earlier backup of this store
    #[arg(value_name = "TO", value_hint = ValueHint::DirPath)]
    pub to: PathBuf,
    /// No progress bar and no summary
    #[arg(short, long)]
    pub quiet: bool,
}
