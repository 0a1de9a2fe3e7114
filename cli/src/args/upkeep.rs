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

/// `kndb verify`
#[derive(Debug, Args)]
#[command(after_help = "\
--repair takes out of the store what is damaged, and names it: entries whose scores are damaged, saved sets, labels. What can be \
rebuilt is rebuilt without a loss: sets of neurons from whole scores, the catalogue from the manifest, the manifest from the \
catalogue. It says first what it is going to do, and asks. Damaged files stay in the store's folder `damaged`, and its file `repairs` \
says what was lost. Without damage it changes nothing.")]
pub struct VerifyArgs {
    /// The store's folder
    #[arg(value_name = "DB", value_hint = ValueHint::DirPath)]
    pub store: PathBuf,
    /// Drop what is damaged, and rebuild what can be
    #[arg(long)]
    pub repair: bool,
    /// With --repair: do not ask
    #[arg(short, long, requires = "repair")]
    pub yes: bool,
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

/// `kndb merge`
#[derive(Debug, Args)]
#[command(after_help = "\
Runs of one name must have the same parameters, and get the entries of all stores; runs of other names stand side by side. \
Facts are matched by their ids, languages and relations by name. What two stores say differently is refused before anything is \
written: an entry, a label, a template. A run that is open in one is open after. Saved sets are not merged. The same command \
goes on where it was interrupted.

EXAMPLES
  kndb merge all.kndb machine-1.kndb machine-2.kndb")]
pub struct MergeArgs {
    /// The store to merge into; made where there is none
    #[arg(value_name = "INTO", value_hint = ValueHint::DirPath)]
    pub into: PathBuf,
    /// The stores to take from; they stay as they are
    #[arg(value_name = "FROM", required = true, value_hint = ValueHint::DirPath)]
    pub from: Vec<PathBuf>,
    /// No progress bar and no summary
    #[arg(short, long)]
    pub quiet: bool,
}

/// `kndb copy-run`
#[derive(Debug, Args)]
#[command(after_help = "\
The facts of the run come along, with labels, templates and candidates. Where the other store has a run of that name with the \
same parameters it gets what it lacks; what the stores say differently is refused before anything is written. The same command \
goes on where it was interrupted.

EXAMPLES
  kndb copy-run my.kndb bert-amig other.kndb --as bert-amig-of-may")]
pub struct CopyRunArgs {
    /// The store's folder
    #[arg(value_name = "DB", value_hint = ValueHint::DirPath)]
    pub store: PathBuf,
    /// The run
    #[arg(value_name = "RUN")]
    pub run: String,
    /// The other store; made where there is none
    #[arg(value_name = "TO", value_hint = ValueHint::DirPath)]
    pub to: PathBuf,
    /// Name of the run there [default: the same]
    #[arg(long = "as", value_name = "NAME")]
    pub name: Option<String>,
    /// No progress bar and no summary
    #[arg(short, long)]
    pub quiet: bool,
}
